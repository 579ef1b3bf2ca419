//! Sessions with their refresh tokens.
//!
//! Whatever decides who gets in is one conditional UPDATE whose count of rows is the answer: two who come at the same
//! instant cannot both be told yes.

use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;

statements! {
    LOCK_ACCOUNT = both(
        "UPDATE users SET updated_at = updated_at WHERE id = ? AND password_hash = ? AND suspended_at IS NULL"
    );
    INSERT_SESSION = both(
        "INSERT INTO sessions (id, user_id, device, address, generation, created_at, last_used_at, expires_at) VALUES \
         (?, ?, ?, ?, 1, ?, ?, ?)"
    );
    // Sessions that ended count as well; they are forgotten some days after they could have lived at longest.
    SELECT_ACQUAINTANCE = both(
        "SELECT COUNT(*) AS all_of_them, CAST(COALESCE(SUM(CASE WHEN address LIKE ? AND COALESCE(device, '') = ? THEN 1 ELSE 0 \
         END), 0) AS SIGNED) AS alike FROM sessions WHERE user_id = ?"
    );
    SELECT_SURPLUS_SESSIONS_OF_USER = both(
        "SELECT id FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY created_at DESC, id \
         DESC LIMIT 100 OFFSET ?"
    );
    INSERT_REFRESH_TOKEN = both(
        "INSERT INTO refresh_tokens (token_digest, session_id, generation, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)"
    );
    SPEND_REFRESH_TOKEN = both(
        "UPDATE refresh_tokens SET used_at = ? WHERE token_digest = ? AND used_at IS NULL AND expires_at > ? AND \
         session_id IN (SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.revoked_at IS NULL AND \
         u.suspended_at IS NULL)"
    );
    SELECT_FAMILY_OF_REFRESH_TOKEN = both(
        "SELECT t.session_id, t.generation, t.expires_at, t.used_at, u.id AS user_id, u.kind, u.locale FROM \
         refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id WHERE t.token_digest = ?"
    );
    SELECT_UNUSED_SUCCESSOR = both(
        "SELECT generation FROM refresh_tokens WHERE token_digest = ? AND session_id = ? AND used_at IS NULL"
    );
    TOUCH_SESSION = both("UPDATE sessions SET generation = ?, last_used_at = ? WHERE id = ? AND revoked_at IS NULL");
    REVOKE_OWN_SESSION = both(
        "UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL AND \
         expires_at > ?"
    );
    SELECT_SESSIONS_OF_USER = both(
        "SELECT id, device, address, created_at, last_used_at, expires_at FROM sessions WHERE user_id = ? AND revoked_at \
         IS NULL AND expires_at > ? ORDER BY created_at DESC, id DESC LIMIT 100"
    );
    DELETE_OLD_SESSIONS = both("DELETE FROM sessions WHERE expires_at < ?");
    REVOKE_SESSION = both("UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE id = ? AND revoked_at IS NULL");
    REVOKE_SESSIONS_OF_USER = both(
        "UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE user_id = ? AND id <> ? AND revoked_at IS NULL"
    );
    SELECT_REVOKED_SESSIONS_OF_USER = both("SELECT id FROM sessions WHERE user_id = ? AND revoked_at = ?");
    SELECT_REVOKED_SESSIONS = both("SELECT id FROM sessions WHERE revoked_at > ?");
}

// ------------------------------------------------------------------ sessions

/// A sign-in that begins, with its first refresh token.
#[derive(Clone, Debug)]
pub struct NewFamily {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// The password's hash when the account was let in: a session may not begin with a password that was changed since.
    pub password_hash: String,
    /// What the client called itself.
    pub device: Option<String>,
    /// Where it came from.
    pub address: String,
    /// SHA-256 of the first token.
    pub token: [u8; 32],
    /// The absolute end; refreshing does not move it.
    pub expires_at: UnixMicros,
}

/// What came of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Spent, now or a moment ago by the same caller; its successor is stored.
    Rotated {
        /// The account.
        user: UserId,
        /// Its kind.
        kind: UserKind,
        /// Its language.
        locale: String,
        /// The session.
        session: SessionId,
    },
    /// It was spent before: its session is revoked now.
    Reused {
        /// The session.
        session: SessionId,
    },
    /// Unknown, expired, or of a session that ended.
    Refused,
}

row! {
    struct FamilyRow {
        session_id: i64,
        generation: i64,
        expires_at: i64,
        used_at: Option<i64>,
        user_id: i64,
        kind: String,
        locale: String,
    }
}

/// Begins a session, tells the account where it comes from somewhere new, and answers which others had to end for it, because an account has at most `most`.
///
/// `None` when the account was suspended or got another password since it was let in: whoever ends all sessions of an
/// account writes to its row first, and this takes that row's lock.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin_family(
    db: &Db,
    new: &NewFamily,
    most: u32,
    moment: Moment<'_>,
) -> Result<Option<Vec<SessionId>>, StoreError> {
    let (session, user, at, until) = (new.session.0, new.user.0, moment.at.0, new.expires_at.0);
    let mut tx = db.begin().await?;
    if exec!(&mut tx, LOCK_ACCOUNT, user, new.password_hash.as_str())? == 0 {
        return Ok(None);
    }
    let (device, address) = (new.device.as_deref(), new.address.as_str());
    let known = one_in!(&mut tx, (i64, i64), SELECT_ACQUAINTANCE, network_of(address), device.unwrap_or(""), user)?;
    if known.is_some_and(|(all, alike)| all > 0 && alike == 0) {
        let notice = Notice::SuspiciousSignIn { session: new.session, at: moment.at };
        moment.tell(&mut tx, [(new.user, notice)]).await?;
    }
    exec!(&mut tx, INSERT_SESSION, session, user, device, address, at, at, until)?;
    exec!(&mut tx, INSERT_REFRESH_TOKEN, new.token.as_slice(), session, 1_i64, at, until)?;
    let surplus = all_in!(&mut tx, (i64,), SELECT_SURPLUS_SESSIONS_OF_USER, user, at, i64::from(most))?;
    for (id,) in &surplus {
        exec!(&mut tx, REVOKE_SESSION, at, "too many sessions", *id)?;
    }
    tx.commit().await?;
    Ok(Some(surplus.into_iter().map(|(id,)| SessionId(id)).collect()))
}

/// The addresses that count as one place: the first half of an address of version 4, the first two groups of one of version 6,
/// about what one provider has in one region. Cruder than a database of places, which grows old; it is a hint to its owner,
/// no lock, and a telephone that changes its cell must not cry wolf every day.
fn network_of(address: &str) -> String {
    let mark = if address.contains(':') { ':' } else { '.' };
    let mut pattern: String = address.split_inclusive(mark).take(2).collect();
    pattern.push('%');
    pattern
}

/// Spends one refresh token and stores its successor, or revokes the session of one that was spent before and tells its owner.
///
/// Whoever spent it less than `again` ago for the same successor, which nobody used since, did not get the answer: it is the
/// answer still.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rotate(
    db: &Db,
    spent: &[u8; 32],
    next: &[u8; 32],
    again: Span,
    moment: Moment<'_>,
) -> Result<Rotation, StoreError> {
    let now = moment.at;
    let mut tx = db.begin().await?;
    let won = exec!(&mut tx, SPEND_REFRESH_TOKEN, now.0, spent.as_slice(), now.0)? == 1;
    let Some(family) = one_in!(&mut tx, FamilyRow, SELECT_FAMILY_OF_REFRESH_TOKEN, spent.as_slice())? else {
        return Ok(Rotation::Refused);
    };
    let session = SessionId(family.session_id);
    let is_again = if won {
        false
    } else {
        let Some(used_at) = family.used_at else { return Ok(Rotation::Refused) };
        now < UnixMicros(used_at).plus(again)
            && one_in!(&mut tx, (i64,), SELECT_UNUSED_SUCCESSOR, next.as_slice(), session.0)?.is_some()
    };
    if !won && !is_again {
        // Told once: who sends a spent token again and again does not fill a list with it.
        if exec!(&mut tx, REVOKE_SESSION, now.0, "refresh token used twice", session.0)? > 0 {
            let notice = Notice::SuspiciousSignIn { session, at: now };
            moment.tell(&mut tx, [(UserId(family.user_id), notice)]).await?;
        }
        tx.commit().await?;
        return Ok(Rotation::Reused { session });
    }
    let kind = UserKind::find(&family.kind).ok_or_else(|| StoreError::corrupt("users.kind is no kind"))?;
    let generation = family.generation.saturating_add(1);
    if exec!(&mut tx, TOUCH_SESSION, generation, now.0, session.0)? == 0 {
        return Ok(Rotation::Refused);
    }
    if !is_again {
        exec!(&mut tx, INSERT_REFRESH_TOKEN, next.as_slice(), session.0, generation, now.0, family.expires_at)?;
    }
    tx.commit().await?;
    Ok(Rotation::Rotated { user: UserId(family.user_id), kind, locale: family.locale, session })
}

/// Ends a session; ending it twice changes nothing.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_session(
    db: &Db,
    session: SessionId,
    reason: &'static str,
    now: UnixMicros,
) -> Result<(), StoreError> {
    exec_now!(db, REVOKE_SESSION, now.0, reason, session.0).map(drop)
}

/// Ends one session of an account. Answers whether there was such a one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_own_session(
    db: &Db,
    user: UserId,
    session: SessionId,
    reason: &'static str,
    now: UnixMicros,
) -> Result<bool, StoreError> {
    Ok(exec_now!(db, REVOKE_OWN_SESSION, now.0, reason, session.0, user.0, now.0)? == 1)
}

row! {
    /// A session that goes on.
    pub struct LiveSession {
        /// Its id.
        pub id: SessionId,
        /// What the client called itself.
        pub device: Option<String>,
        /// Where it came from.
        pub address: Option<String>,
        /// When it began.
        pub created_at: UnixMicros,
        /// When it was last refreshed.
        pub last_used_at: UnixMicros,
        /// Its absolute end.
        pub expires_at: UnixMicros,
    }
}

/// The sessions of an account that go on, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_sessions(db: &Db, user: UserId, now: UnixMicros) -> Result<Vec<LiveSession>, StoreError> {
    all!(db, LiveSession, SELECT_SESSIONS_OF_USER, user.0, now.0)
}

/// Forgets sessions, with their refresh tokens, that expired before `before`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_sessions(db: &Db, before: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, DELETE_OLD_SESSIONS, before.0).map(drop)
}

/// Ends the sessions of an account, all or all but one, and tells which ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_sessions_of(
    db: &Db,
    user: UserId,
    keep: Option<SessionId>,
    reason: &'static str,
    now: UnixMicros,
) -> Result<Vec<SessionId>, StoreError> {
    // Ids begin at 1, so 0 keeps none.
    let keep = keep.map_or(0, |session| session.0);
    exec_now!(db, REVOKE_SESSIONS_OF_USER, now.0, reason, user.0, keep)?;
    let revoked = all!(db, (i64,), SELECT_REVOKED_SESSIONS_OF_USER, user.0, now.0)?;
    Ok(revoked.into_iter().map(|(id,)| SessionId(id)).collect())
}

/// The sessions that were revoked after `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_revoked_since(db: &Db, since: UnixMicros) -> Result<Vec<SessionId>, StoreError> {
    let revoked = all!(db, (i64,), SELECT_REVOKED_SESSIONS, since.0)?;
    Ok(revoked.into_iter().map(|(id,)| SessionId(id)).collect())
}
