//! Keeps the figures of analytics: counts requests that are new or have changed, a few at a time.
//!
//! One process does it, but two may for some seconds; a count that both write moves the sums once (decision 0027). Whatever
//! stops it, the next round goes on where the tables are.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::actors::cluster::Cluster;
use crate::clock::Clock;
use crate::domain::ids::RequestId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::analytics::changes;
use crate::persistence::analytics::facts;
use crate::persistence::error::StoreError;

/// How often it looks for changes.
const EVERY: Duration = Duration::from_secs(5);
/// Requests are taken up that are older than the newest by so many bits of an id, in case their transaction took longer: some
/// seventeen minutes.
const LATE_IDS: i64 = 1 << (20 + 22);

/// When the last round of this process began that came to its end, in microseconds; 0 before there was one.
pub type LastRound = Arc<AtomicI64>;

/// The job. Its readers are its own.
pub struct Rollups {
    db: Db,
    clock: Clock,
    /// Every request up to this id was taken up.
    taken_up: i64,
    last: LastRound,
}

/// How fast a round goes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// What takes bids is counted anew once in so long.
    pub open_every: Span,
    /// After each batch it rests so many times as long as that took.
    pub rest: u32,
}

impl Pace {
    /// Beside a market: at most a quarter of the time is spent, of one connection.
    pub const STEADY: Self = Self { open_every: Span::secs(limits::ROLLUP_OPEN_SECS), rest: 3 };
    /// All that there is, at once.
    pub const FULL: Self = Self { open_every: Span::ZERO, rest: 0 };
}

impl Rollups {
    /// A job over this database.
    #[must_use]
    pub fn new(db: &Db, clock: Clock) -> Self {
        Self { db: db.beside(1), clock, taken_up: 0, last: LastRound::default() }
    }

    /// When it last came round.
    #[must_use]
    pub fn last_round(&self) -> LastRound {
        Arc::clone(&self.last)
    }

    /// Counts for as long as it is polled, where this process leads.
    pub async fn keep(mut self, cluster: Cluster) {
        loop {
            if cluster.leads()
                && let Err(error) = self.round(Pace::STEADY).await
            {
                tracing::warn!(%error, "the figures of analytics are behind");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Counts everything that is new or has changed; tells how many requests that were.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was counted by then is kept.
    pub async fn round(&mut self, pace: Pace) -> Result<usize, StoreError> {
        let began = self.clock.now();
        self.take_up().await?;
        let counted_by = began.minus(pace.open_every);
        let (mut counted, mut after) = (0, RequestId(i64::MIN));
        loop {
            let since = Instant::now();
            let changed = changes::list_changed(&self.db, after, counted_by, limits::ROLLUP_BATCH).await?;
            let Some(last) = changed.last() else { break };
            after = *last;
            counted += changed.len();
            self.count(&changed, began).await?;
            tokio::time::sleep(since.elapsed() * pace.rest).await;
        }
        changes::keep_round(&self.db, began).await?;
        self.last.store(began.0, Ordering::Relaxed);
        Ok(counted)
    }

    async fn take_up(&mut self) -> Result<(), StoreError> {
        let newest = changes::last_request(&self.db).await?;
        let mut after = self.taken_up;
        loop {
            let rows = changes::list_uncounted(&self.db, after, limits::INSERT_ROWS_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = last.request_id.0;
            match facts::take_up(&self.db, &rows).await {
                // Another process is at it; what it leaves is found by the next round.
                Err(StoreError::Duplicate { .. }) => return Ok(()),
                done => done?,
            }
        }
        self.taken_up = self.taken_up.max(newest.saturating_sub(LATE_IDS));
        Ok(())
    }

    async fn count(&self, requests: &[RequestId], at: UnixMicros) -> Result<(), StoreError> {
        match self.count_at_once(requests, at).await {
            // One journal that cannot be read does not keep the others from being counted.
            Err(StoreError::Corrupt { .. }) if requests.len() > 1 => {
                for request in requests {
                    match self.count_at_once(&[*request], at).await {
                        Err(error @ StoreError::Corrupt { .. }) => tracing::error!(%error, %request, "not counted"),
                        done => done?,
                    }
                }
                Ok(())
            }
            done => done,
        }
    }

    async fn count_at_once(&self, requests: &[RequestId], at: UnixMicros) -> Result<(), StoreError> {
        let counted = changes::count(&self.db, requests, at).await?;
        facts::write(&self.db, &counted).await
    }
}
