//! Forgetting what has served: codes, tries, sign-ins and sessions that ended long ago, old notifications, files that
//! nothing shows.

use std::time::Duration;

use crate::actors::cluster::Cluster;
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::flows::files::Files;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::access;
use crate::persistence::codes;
use crate::persistence::error::StoreError;
use crate::persistence::identities;
use crate::persistence::inbox;
use crate::persistence::tries;

/// How often; rows that wait an hour longer harm nobody.
const EVERY: Duration = Duration::from_hours(1);

/// Forgets once an hour for as long as it is polled.
pub async fn keep_tidy(db: Db, clock: Clock, files: Files, cluster: Cluster) {
    loop {
        tokio::time::sleep(EVERY).await;
        if !cluster.leads() {
            continue;
        }
        if let Err(error) = tidy(&db, &clock).await {
            tracing::warn!(%error, "old codes and sessions could not be forgotten");
        }
        if let Err(error) = files.sweep().await {
            tracing::warn!(?error, "files that nothing shows could not be deleted");
        }
    }
}

/// Forgets once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn tidy(db: &Db, clock: &Clock) -> Result<(), StoreError> {
    let now = clock.now();
    let kept = Span::secs(limits::OTP_KEPT_SECS);
    codes::forget_codes(db, now.minus(kept)).await?;
    tries::forget_old(db, now.minus(Span::secs(limits::PASSWORD_TRIES_SECS))).await?;
    codes::forget_work(db, now).await?;
    identities::forget_logins(db, now.minus(kept)).await?;
    let notices_before = now.minus(Span::secs(limits::NOTICE_KEPT_SECS));
    // One batch after the other: none holds up the one connection that writes a file.
    while inbox::forget_before(db, notices_before, limits::NOTICES_FORGOTTEN_MAX).await? > 0 {}
    // A spent refresh token is remembered for as long as its session could have lived, and then some.
    access::forget_sessions(db, now.minus(kept)).await
}
