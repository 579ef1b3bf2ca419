//! From notices that nobody looked at yet to deliveries: what is read for it, and the one transaction that writes it.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;

use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::notice_plan::Delivery;
use crate::domain::notice_plan::Reach;
use crate::domain::notice_plan::Wishes;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::devices;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::padded;
use crate::persistence::preferences;
use crate::persistence::wake::Work;

const SELECT_PEOPLE: &str = "SELECT u.id, u.phone_verified_at, u.email, u.suspended_at, (SELECT MAX(n.place) FROM notices n \
                             WHERE n.user_id = u.id) AS place FROM users u WHERE u.id IN ";
const INTO_DELIVERIES: &str = "INSERT INTO notice_deliveries (notice_id, channel, device_id, user_id, state, attempts, due_at, \
                               updated_at) ";

statements! {
    SELECT_NEW_NOTICES = both(
        "SELECT id, user_id, facts FROM notices WHERE state = 'new' ORDER BY id LIMIT ?"
    );
    SELECT_WHOSE_DIGEST_IS_DUE = both(
        "SELECT DISTINCT user_id FROM notice_deliveries WHERE state = 'held' AND due_at <= ? LIMIT ?"
    );
    SELECT_HELD = both(
        "SELECT d.notice_id, d.channel, n.facts FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE \
         d.user_id = ? AND d.state = 'held' AND d.due_at <= ? ORDER BY d.notice_id, d.channel"
    );
    DELETE_HELD = both("DELETE FROM notice_deliveries WHERE user_id = ? AND state = 'held' AND due_at <= ?");
    INSERT_DIGEST = both(
        "INSERT INTO notices (id, user_id, kind, facts, state, created_at) VALUES (?, ?, ?, ?, 'planned', ?)"
    );
}

row! {
    /// A notice that nobody looked at yet.
    pub struct New {
        /// Its id.
        pub id: NoticeId,
        /// To whom.
        pub user_id: UserId,
        /// What `notice_json` reads.
        pub facts: String,
    }
}

row! {
    struct PersonRow {
        id: UserId,
        phone_verified_at: Option<UnixMicros>,
        email: Option<String>,
        suspended_at: Option<UnixMicros>,
        place: Option<i64>,
    }
}

row! {
    /// A notice that waits for a digest.
    pub struct Held {
        /// The notice.
        pub notice_id: NoticeId,
        /// The word of the channel.
        pub channel: String,
        /// What `notice_json` reads.
        pub facts: String,
    }
}

/// Somebody who is to be told something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Whether they are; nothing goes out to them then.
    pub is_suspended: bool,
    /// How they can be reached; not at all while they are suspended or after they were erased.
    pub reach: Reach,
    /// What they chose.
    pub wishes: Wishes,
    /// The last place of their list.
    pub place: i64,
}

/// A notice with its place in its owner's list, and the ways that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The notice.
    pub id: NoticeId,
    /// Whose.
    pub user: UserId,
    /// Its place; none where its owner is not there any more.
    pub place: Option<i64>,
    /// The ways.
    pub deliveries: Vec<Delivery>,
}

/// The oldest notices that nobody looked at yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_new(db: &Db, limit: u32) -> Result<Vec<New>, StoreError> {
    all!(db, New, SELECT_NEW_NOTICES, i64::from(limit))
}

/// Whether there is a notice that nobody looked at yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_any_new(db: &Db) -> Result<bool, StoreError> {
    list_new(db, 1).await.map(|first| !first.is_empty())
}

/// Those of these people who have an account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_people(db: &Db, users: &[UserId]) -> Result<BTreeMap<UserId, Person>, StoreError> {
    if users.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut wishes = preferences::list(db, users).await?;
    let mut devices: BTreeMap<UserId, Vec<_>> = BTreeMap::new();
    for device in devices::list_of(db, users).await? {
        devices.entry(device.user_id).or_default().push(device.id);
    }
    let rows = all_of!(db, PersonRow, SELECT_PEOPLE, users.iter().map(|user| user.0))?;
    let person = |row: PersonRow| {
        let reach = match row.suspended_at {
            Some(_) => Reach::default(),
            None => Reach {
                devices: devices.remove(&row.id).unwrap_or_default(),
                phone: row.phone_verified_at.is_some(),
                email: row.email.is_some(),
            },
        };
        let wishes = wishes.remove(&row.id).unwrap_or_default();
        let is_suspended = row.suspended_at.is_some();
        (row.id, Person { is_suspended, reach, wishes, place: row.place.unwrap_or(0) })
    };
    Ok(rows.into_iter().map(person).collect())
}

/// Writes what was planned; `false` where another process was faster with any of it, and nothing was written then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn write(db: &Db, planned: &[Planned], at: UnixMicros) -> Result<bool, StoreError> {
    let mut tx = db.begin_in_turn().await?;
    let marked = match mark_planned(&mut tx, planned).await {
        Ok(marked) => marked,
        // Its owner got another notice, by another process.
        Err(StoreError::Duplicate { key: "notices_place" }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if usize::try_from(marked) != Ok(planned.len()) {
        return Ok(false);
    }
    insert_deliveries(&mut tx, planned, at).await?;
    tx.commit().await.map(|()| true)
}

/// One statement for the page: as many of their own would hold up the one connection that writes a file.
async fn mark_planned(tx: &mut Tx, planned: &[Planned]) -> Result<u64, StoreError> {
    macro_rules! on {
        ($connection:expr, $kept:literal) => {{
            let mut query = QueryBuilder::new("UPDATE notices SET state = 'planned', place = CASE id");
            for one in padded(planned) {
                query.push(" WHEN ").push_bind(one.id.0).push(" THEN ").push_bind(one.place);
            }
            let mut list = query.push(" END WHERE state = 'new' AND id IN (").separated(", ");
            for one in padded(planned) {
                list.push_bind(one.id.0);
            }
            list.push_unseparated(")");
            query.build().persistent($kept).execute($connection).await.map(|done| done.rows_affected())
        }};
    }
    match tx {
        Tx::Sqlite(tx) => on!(&mut **tx, false),
        Tx::MySql(tx) => on!(&mut **tx, true),
    }
    .map_err(|error| StoreError::of(error, "UPDATE notices "))
}

async fn insert_deliveries(tx: &mut Tx, planned: &[Planned], at: UnixMicros) -> Result<(), StoreError> {
    let ways = planned.iter().flat_map(|one| one.deliveries.iter().map(move |way| (one, way)));
    let ways: Vec<_> = ways.collect();
    for (_, way) in ways.iter().filter(|(_, way)| !way.held) {
        tx.calls_for(Work::Sending(way.channel));
    }
    for chunk in ways.chunks(limits::INSERT_ROWS_MAX) {
        macro_rules! on {
            ($connection:expr, $kept:literal) => {{
                let mut query = QueryBuilder::new(INTO_DELIVERIES);
                query.push_values(chunk, |mut row, (one, way)| {
                    row.push_bind(one.id.0).push_bind(way.channel.word());
                    row.push_bind(way.device.map_or(0, |device| device.0)).push_bind(one.user.0);
                    row.push_bind(if way.held { "held" } else { "waiting" }).push_bind(0_i64);
                    row.push_bind(way.due_at.0).push_bind(at.0);
                });
                query.build().persistent($kept).execute($connection).await.map(drop)
            }};
        }
        match &mut *tx {
            Tx::Sqlite(tx) => on!(&mut **tx, false),
            Tx::MySql(tx) => on!(&mut **tx, true),
        }
        .map_err(|error| StoreError::of(error, INTO_DELIVERIES))?;
    }
    Ok(())
}

// ------------------------------------------------------------------ digests

/// Some of those whose digest is due.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_due_digests(db: &Db, now: UnixMicros, limit: u32) -> Result<Vec<UserId>, StoreError> {
    let rows = all!(db, (i64,), SELECT_WHOSE_DIGEST_IS_DUE, now.0, i64::from(limit))?;
    Ok(rows.into_iter().map(|(user,)| UserId(user)).collect())
}

/// What waits for somebody's digest, in the order in which it came.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_held(db: &Db, user: UserId, now: UnixMicros) -> Result<Vec<Held>, StoreError> {
    all!(db, Held, SELECT_HELD, user.0, now.0)
}

/// A digest in place of what waited for it.
#[derive(Clone, Debug)]
pub struct NewDigest {
    /// Its notice's id.
    pub id: NoticeId,
    /// To whom.
    pub user: UserId,
    /// What it says; none where nothing of what waited is worth telling any more.
    pub notice: Option<Notice>,
    /// The ways that it takes.
    pub deliveries: Vec<Delivery>,
    /// What waited up to here …
    pub now: UnixMicros,
    /// … in so many rows.
    pub held: usize,
}

/// Writes a digest and forgets what waited for it; `false` where another process was faster, and nothing was written then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn write_digest(db: &Db, digest: NewDigest) -> Result<bool, StoreError> {
    let NewDigest { id, user, notice, deliveries, now, held } = digest;
    let mut tx = db.begin_in_turn().await?;
    if usize::try_from(exec!(&mut tx, DELETE_HELD, user.0, now.0)?) != Ok(held) {
        return Ok(false);
    }
    if let Some(notice) = notice {
        let facts = notice_json::write(&notice)?;
        exec!(&mut tx, INSERT_DIGEST, id.0, user.0, notice.kind().word(), facts, now.0)?;
        insert_deliveries(&mut tx, &[Planned { id, user, place: None, deliveries }], now).await?;
    }
    tx.commit().await.map(|()| true)
}
