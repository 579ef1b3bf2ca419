//! What people are told, written with what made it true: whoever changes something says here, in the same transaction, who is to
//! hear of it. Either both are there after a crash or neither is. By which ways it reaches them is decided later.

use crate::domain::eligibility::Ring;
use crate::domain::ids::NoticeId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Sql;
use crate::persistence::Tx;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::per;

const INTO_NOTICES: &str =
    "INSERT INTO notices (id, user_id, kind, facts, request_id, order_id, once, state, created_at) ";
/// Who was told once is not told again.
const UNLESS_TOLD: Sql = per(" ON CONFLICT (user_id, once) DO NOTHING", " ON DUPLICATE KEY UPDATE id = id");

statements! {
    // A ring that is announced again stays as far as it came.
    INSERT_ANNOUNCEMENT = per(
        "INSERT INTO announcements (request_id, ring, after_user, created_at) VALUES (?, ?, 0, ?) ON CONFLICT (request_id, \
         ring) DO NOTHING",
        "INSERT INTO announcements (request_id, ring, after_user, created_at) VALUES (?, ?, 0, ?) ON DUPLICATE KEY UPDATE \
         ring = ring",
    );
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
    for chunk in notices.chunks(limits::INSERT_ROWS_MAX) {
        let facts = chunk.iter().map(|(.., notice)| notice_json::write(notice)).collect::<Result<Vec<_>, _>>()?;
        macro_rules! on {
            ($connection:expr, $tail:expr) => {{
                let mut query = sqlx::QueryBuilder::new(INTO_NOTICES);
                query.push_values(chunk.iter().zip(&facts), |mut row, ((id, user, notice), facts)| {
                    row.push_bind(id.0).push_bind(user.0).push_bind(notice.kind().word()).push_bind(facts.as_str());
                    row.push_bind(notice.request().map(|request| request.0));
                    row.push_bind(notice.order().map(|order| order.0));
                    row.push_bind(once).push_bind("new").push_bind(at.0);
                });
                query.push($tail);
                // Not kept prepared: texts of every length would drive those of the journal out.
                query.build().persistent(false).execute($connection).await.map(drop)
            }};
        }
        match &mut *tx {
            Tx::Sqlite(tx) => on!(&mut **tx, UNLESS_TOLD.sqlite),
            Tx::MySql(tx) => on!(&mut **tx, UNLESS_TOLD.mysql),
        }
        .map_err(|error| StoreError::of(error, INTO_NOTICES))?;
    }
    Ok(())
}

/// Says that the merchants whom a request reaches now are to hear of it. They may be thousands: whoever tells them goes
/// through them in pages.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn announce(tx: &mut Tx, request: RequestId, ring: Ring, at: UnixMicros) -> Result<(), StoreError> {
    exec!(tx, INSERT_ANNOUNCEMENT, request.0, i64::from(ring.number()), at.0).map(drop)
}
