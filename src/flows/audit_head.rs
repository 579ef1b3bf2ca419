//! The last entry of the audit log, said in the server's log.
//!
//! The chain of hashes shows everything but that its end was cut off. Logs are kept by somebody else than the database, so
//! who cuts the one must find every line of the other: at the start, at the end, and within a minute of every entry.

use std::time::Duration;

use crate::persistence::Db;
use crate::persistence::audit;
use crate::persistence::audit::Head;
use crate::persistence::error::StoreError;
use crate::wire::value::Hex;

/// How often it is looked at. An entry that is cut out before was never told of, and stands in no answer either.
const EVERY: Duration = Duration::from_mins(1);

/// Says where the log ends, unless that is `said` already; answers where it ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn say(db: &Db, said: Option<Head>) -> Result<Head, StoreError> {
    let head = audit::head(db).await?;
    if said != Some(head) {
        tracing::info!(audit.entries = head.entries, audit.hash = %Hex(head.hash), "the audit log ends here");
    }
    Ok(head)
}

/// Says it whenever it changed, for as long as it is polled.
pub async fn keep_saying(db: Db, mut said: Head) {
    loop {
        tokio::time::sleep(EVERY).await;
        match say(&db, Some(said)).await {
            Ok(head) => said = head,
            Err(error) => tracing::warn!(%error, "where the audit log ends is not known"),
        }
    }
}
