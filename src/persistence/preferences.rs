//! By which ways people want to be told what, where that is not the usual.

use std::collections::BTreeMap;

use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::domain::notice::Kind;
use crate::domain::notice_plan::Digest;
use crate::domain::notice_plan::QuietHours;
use crate::domain::notice_plan::Wishes;
use crate::domain::profile::DayMinute;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

const SELECT_PREFERENCES_OF: &str = "SELECT user_id, kind, channel, wanted FROM notice_preferences WHERE user_id IN ";
const SELECT_SETTINGS_OF: &str = "SELECT user_id, quiet_from, quiet_to, digest FROM notice_settings WHERE user_id IN ";

statements! {
    // Two changes of one account follow each other, so that neither leaves half of the other.
    LOCK_WHO_WISHES = per("SELECT id FROM users WHERE id = ?", "SELECT id FROM users WHERE id = ? FOR UPDATE");
    DELETE_PREFERENCES = both("DELETE FROM notice_preferences WHERE user_id = ?");
    INSERT_PREFERENCE = both("INSERT INTO notice_preferences (user_id, kind, channel, wanted) VALUES (?, ?, ?, ?)");
    DELETE_SETTINGS = both("DELETE FROM notice_settings WHERE user_id = ?");
    INSERT_SETTINGS = both(
        "INSERT INTO notice_settings (user_id, quiet_from, quiet_to, digest, updated_at) VALUES (?, ?, ?, ?, ?)"
    );
}

row! {
    struct PreferenceRow {
        user_id: UserId,
        kind: String,
        channel: String,
        wanted: i64,
    }
}

row! {
    struct SettingsRow {
        user_id: UserId,
        quiet_from: Option<i64>,
        quiet_to: Option<i64>,
        digest: String,
    }
}

/// What these people chose; who chose nothing is not among them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, users: &[UserId]) -> Result<BTreeMap<UserId, Wishes>, StoreError> {
    if users.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut all: BTreeMap<UserId, Wishes> = BTreeMap::new();
    for row in all_of!(db, SettingsRow, SELECT_SETTINGS_OF, users.iter().map(|user| user.0))? {
        let minute = |raw: Option<i64>| raw.and_then(|raw| u16::try_from(raw).ok()).map(DayMinute);
        let wishes = all.entry(row.user_id).or_default();
        let ends = minute(row.quiet_from).zip(minute(row.quiet_to));
        wishes.quiet = ends.and_then(|(from, to)| QuietHours::new(from, to));
        wishes.digest = Digest::find(&row.digest).unwrap_or_default();
    }
    for row in all_of!(db, PreferenceRow, SELECT_PREFERENCES_OF, users.iter().map(|user| user.0))? {
        // A kind that is not there any more, or may not be turned off any more, is passed over.
        if let (Some(kind), Some(channel)) = (Kind::find(&row.kind), Channel::find(&row.channel)) {
            let _ = all.entry(row.user_id).or_default().set(kind, channel, row.wanted != 0);
        }
    }
    Ok(all)
}

/// What one person chose.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, user: UserId) -> Result<Wishes, StoreError> {
    Ok(list(db, &[user]).await?.remove(&user).unwrap_or_default())
}

/// Puts these wishes in place of the earlier ones.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replace(db: &Db, user: UserId, wishes: &Wishes, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_WHO_WISHES, user.0)?;
    erase(&mut tx, user).await?;
    for (kind, channel, wanted) in wishes.differing() {
        exec!(&mut tx, INSERT_PREFERENCE, user.0, kind.word(), channel.word(), i64::from(wanted))?;
    }
    let minute = |minute: DayMinute| i64::from(minute.0);
    let (from, to) = (wishes.quiet.map(|quiet| minute(quiet.from())), wishes.quiet.map(|quiet| minute(quiet.to())));
    exec!(&mut tx, INSERT_SETTINGS, user.0, from, to, wishes.digest.word(), at.0)?;
    tx.commit().await
}

/// Erases what somebody chose.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn erase(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    exec!(tx, DELETE_PREFERENCES, user.0)?;
    exec!(tx, DELETE_SETTINGS, user.0).map(drop)
}
