//! What people are told, written with what made it true: whoever changes something says here, in the same transaction, who is to
//! hear of it. Either both are there after a crash or neither is. By which ways it reaches them is decided later.

use crate::domain::ids::NoticeId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::Sql;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::per;
use crate::persistence::wake::Work;

const INTO_NOTICES: &str =
    "INSERT INTO notices (id, user_id, kind, facts, request_id, order_id, once, state, created_at) ";
/// Who was told once is not told again. `MySQL` cannot name the key that it is about: where another one is taken, as an id that was
/// minted twice because the clock went back, null is refused there, and nothing is lost in silence.
const UNLESS_TOLD: Sql = per(
    " ON CONFLICT (user_id, once) DO NOTHING",
    " ON DUPLICATE KEY UPDATE id = IF(user_id = VALUES(user_id) AND once = VALUES(once), id, NULL)",
);

statements! {
    SELECT_ANNOUNCEMENTS = both(
        "SELECT request_id, ring, after_user FROM announcements ORDER BY request_id, ring LIMIT ?"
    );
    // Whoever was faster moved it on or ended it.
    MOVE_ANNOUNCEMENT = both(
        "UPDATE announcements SET after_user = ? WHERE request_id = ? AND ring = ? AND after_user = ?"
    );
    END_ANNOUNCEMENT = both("DELETE FROM announcements WHERE request_id = ? AND ring = ? AND after_user = ?");
}

/// When something happens, and where the ids come from of what is told of it.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The instant.
    pub at: UnixMicros,
    /// Ids for new things.
    pub ids: &'a IdMint,
}

impl Moment<'_> {
    /// Writes what these people are told of it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn tell(
        self,
        tx: &mut Tx,
        notices: impl IntoIterator<Item = (UserId, Notice)>,
    ) -> Result<(), StoreError> {
        tell(tx, &self.with_ids(notices), self.at).await
    }

    /// The same, but to nobody whom something with the same `once` was told before.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn tell_once(
        self,
        tx: &mut Tx,
        notices: impl IntoIterator<Item = (UserId, Notice)>,
        once: &str,
    ) -> Result<(), StoreError> {
        tell_once(tx, &self.with_ids(notices), once, self.at).await
    }

    fn with_ids(self, notices: impl IntoIterator<Item = (UserId, Notice)>) -> Vec<(NoticeId, UserId, Notice)> {
        notices.into_iter().map(|(user, notice)| (NoticeId(self.ids.next()), user, notice)).collect()
    }
}

/// Writes what these people are told.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn tell(tx: &mut Tx, notices: &[(NoticeId, UserId, Notice)], at: UnixMicros) -> Result<(), StoreError> {
    insert(tx, notices, None, at).await
}

/// Writes what these people are told, but to nobody whom something with the same `once` was told before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn tell_once(
    tx: &mut Tx,
    notices: &[(NoticeId, UserId, Notice)],
    once: &str,
    at: UnixMicros,
) -> Result<(), StoreError> {
    insert(tx, notices, Some(once), at).await
}

async fn insert(
    tx: &mut Tx,
    notices: &[(NoticeId, UserId, Notice)],
    once: Option<&str>,
    at: UnixMicros,
) -> Result<(), StoreError> {
    if !notices.is_empty() {
        tx.calls_for(Work::Planning);
    }
    for chunk in notices.chunks(limits::INSERT_ROWS_MAX) {
        let facts = chunk.iter().map(|(.., notice)| notice_json::write(notice)).collect::<Result<Vec<_>, _>>()?;
        macro_rules! on {
            ($connection:expr, $tail:expr, $kept:literal) => {{
                let mut query = sqlx::QueryBuilder::new(INTO_NOTICES);
                query.push_values(chunk.iter().zip(&facts), |mut row, ((id, user, notice), facts)| {
                    row.push_bind(id.0).push_bind(user.0).push_bind(notice.kind().word()).push_bind(facts.as_str());
                    row.push_bind(notice.request().map(|request| request.0));
                    row.push_bind(notice.order().map(|order| order.0));
                    row.push_bind(once).push_bind("new").push_bind(at.0);
                });
                if once.is_some() {
                    query.push($tail);
                }
                // On a file not kept prepared: texts of every length would drive those of the journal out. A server gives the
                // journal a connection of its own, and is slow to hear of what is not kept (sending.rs).
                query.build().persistent($kept).execute($connection).await.map(drop)
            }};
        }
        match &mut *tx {
            Tx::Sqlite(tx) => on!(&mut **tx, UNLESS_TOLD.sqlite, false),
            Tx::MySql(tx) => on!(&mut **tx, UNLESS_TOLD.mysql, true),
        }
        .map_err(|error| StoreError::of(error, INTO_NOTICES))?;
    }
    Ok(())
}

row! {
    /// A request of which the merchants in a ring are to hear: so many that whoever tells them goes through them in pages.
    /// Written in the transaction that publishes the request or widens its ring (`group`).
    pub struct Announcement {
        /// The request.
        pub request_id: RequestId,
        /// The number of the ring.
        pub ring: i64,
        /// All with ids up to this one were told.
        pub after_user: UserId,
    }
}

/// Announcements that are under way, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_announcements(db: &Db, limit: u32) -> Result<Vec<Announcement>, StoreError> {
    all!(db, Announcement, SELECT_ANNOUNCEMENTS, i64::from(limit))
}

/// Moves an announcement on behind a page that is told in this transaction; without a `next` it is over. `false` where somebody
/// else did that: then the page is not told.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn go_on(tx: &mut Tx, from: &Announcement, next: Option<UserId>) -> Result<bool, StoreError> {
    let Announcement { request_id, ring, after_user } = *from;
    let rows = match next {
        Some(next) => exec!(tx, MOVE_ANNOUNCEMENT, next.0, request_id.0, ring, after_user.0)?,
        None => exec!(tx, END_ANNOUNCEMENT, request_id.0, ring, after_user.0)?,
    };
    Ok(rows == 1)
}
