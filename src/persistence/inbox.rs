//! The list of what somebody was told, in the order in which it came there: by `place`, not by id.

use sqlx::QueryBuilder;

use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;

/// Each of these people with the last place of their list and when they last read.
const SELECT_HEADS_OF: &str = "SELECT u.id, (SELECT MAX(n.place) FROM notices n WHERE n.user_id = u.id) AS place, (SELECT \
                               MAX(r.read_at) FROM notices r WHERE r.user_id = u.id) AS read_at FROM users u WHERE u.id IN ";
const SELECT_CHANNELS_OF: &str =
    "SELECT DISTINCT notice_id, channel FROM notice_deliveries WHERE state = 'sent' AND notice_id IN ";

statements! {
    SELECT_NOTICES_OF_USER = both(
        "SELECT id, place, kind, facts, created_at, read_at FROM notices WHERE user_id = ? AND place < ? AND (? = 0 OR \
         read_at IS NULL) ORDER BY place DESC LIMIT ?"
    );
    SELECT_NOTICES_AFTER = both(
        "SELECT id, place, kind, facts, created_at, read_at FROM notices WHERE user_id = ? AND place > ? ORDER BY place \
         LIMIT ?"
    );
    SELECT_PLACE = both("SELECT place FROM notices WHERE id = ? AND user_id = ? AND place IS NOT NULL");
    SELECT_LAST_PLACE = both("SELECT MAX(place) FROM notices WHERE user_id = ?");
    COUNT_UNREAD = both("SELECT COUNT(*) FROM notices WHERE user_id = ? AND read_at IS NULL AND place IS NOT NULL");
    MARK_READ = both("UPDATE notices SET read_at = ? WHERE id = ? AND user_id = ? AND read_at IS NULL");
    MARK_READ_UP_TO = both("UPDATE notices SET read_at = ? WHERE user_id = ? AND read_at IS NULL AND place <= ?");
    SELECT_OLD_NOTICES = both("SELECT id FROM notices WHERE created_at < ? ORDER BY created_at LIMIT ?");
    DELETE_DELIVERIES_OF_USER = both("DELETE FROM notice_deliveries WHERE user_id = ?");
    DELETE_NOTICES_OF_USER = both("DELETE FROM notices WHERE user_id = ?");
}

row! {
    /// A notice in somebody's list.
    pub struct Listed {
        /// Its id.
        pub id: NoticeId,
        /// Where it stands in the list; rises.
        pub place: i64,
        /// The word of its kind.
        pub kind: String,
        /// What `notice_json` reads.
        pub facts: String,
        /// When it was written.
        pub created_at: UnixMicros,
        /// When it was read.
        pub read_at: Option<UnixMicros>,
    }
}

row! {
    /// How somebody's list stands.
    pub struct Head {
        /// Whose.
        pub id: UserId,
        /// The last place.
        pub place: Option<i64>,
        /// When anything of it was last read.
        pub read_at: Option<UnixMicros>,
    }
}

/// A page of somebody's list, newest first; [`Page::before`] is a place.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, user: UserId, unread: bool, page: Page) -> Result<Vec<Listed>, StoreError> {
    let limit = i64::from(page.limit);
    all!(db, Listed, SELECT_NOTICES_OF_USER, user.0, page.before, i64::from(unread), limit)
}

/// What came behind a place, in order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_after(db: &Db, user: UserId, place: i64, limit: u32) -> Result<Vec<Listed>, StoreError> {
    all!(db, Listed, SELECT_NOTICES_AFTER, user.0, place, i64::from(limit))
}

/// Where a notice stands in its owner's list; none for another's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_place(db: &Db, user: UserId, notice: NoticeId) -> Result<Option<i64>, StoreError> {
    Ok(one!(db, (i64,), SELECT_PLACE, notice.0, user.0)?.map(|(place,)| place))
}

/// The last place of somebody's list; 0 where it is empty.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last_place(db: &Db, user: UserId) -> Result<i64, StoreError> {
    let row = one!(db, (Option<i64>,), SELECT_LAST_PLACE, user.0)?;
    Ok(row.and_then(|(place,)| place).unwrap_or(0))
}

/// How the lists of these people stand.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_heads(db: &Db, users: &[UserId]) -> Result<Vec<Head>, StoreError> {
    all_of!(db, Head, SELECT_HEADS_OF, users.iter().map(|user| user.0))
}

/// By which channels these notices went out, besides the list.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_channels(db: &Db, notices: &[NoticeId]) -> Result<Vec<(NoticeId, String)>, StoreError> {
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let rows = all_of!(db, (i64, String), SELECT_CHANNELS_OF, notices.iter().map(|notice| notice.0))?;
    Ok(rows.into_iter().map(|(notice, channel)| (NoticeId(notice), channel)).collect())
}

/// How many somebody has not read.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_unread(db: &Db, user: UserId) -> Result<i64, StoreError> {
    Ok(one!(db, (i64,), COUNT_UNREAD, user.0)?.map_or(0, |(count,)| count))
}

/// Marks one as read. What was read before stays read since then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_read(db: &Db, user: UserId, notice: NoticeId, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, MARK_READ, at.0, notice.0, user.0).map(drop)
}

/// Marks everything up to a place as read.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_read_up_to(db: &Db, user: UserId, place: i64, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, MARK_READ_UP_TO, at.0, user.0, place).map(drop)
}

/// Forgets the oldest notices from before an instant, with their deliveries, and tells how many: at most so many at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_before(db: &Db, before: UnixMicros, most: u32) -> Result<usize, StoreError> {
    let old: Vec<i64> =
        all!(db, (i64,), SELECT_OLD_NOTICES, before.0, i64::from(most))?.into_iter().map(|(id,)| id).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    for head in ["DELETE FROM notice_deliveries WHERE notice_id IN (", "DELETE FROM notices WHERE id IN ("] {
        macro_rules! on {
            ($connection:expr) => {{
                let mut query = QueryBuilder::new(head);
                let mut list = query.separated(", ");
                for id in &old {
                    list.push_bind(*id);
                }
                list.push_unseparated(")");
                query.build().persistent(false).execute($connection).await.map(drop)
            }};
        }
        match &mut tx {
            Tx::Sqlite(tx) => on!(&mut **tx),
            Tx::MySql(tx) => on!(&mut **tx),
        }?;
    }
    tx.commit().await?;
    Ok(old.len())
}

/// Erases what somebody was told.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn erase(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    exec!(tx, DELETE_DELIVERIES_OF_USER, user.0)?;
    exec!(tx, DELETE_NOTICES_OF_USER, user.0).map(drop)
}
