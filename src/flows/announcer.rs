//! Tells merchants of new requests: goes through those whom each reaches, a page at a time.
//!
//! A request can concern ten thousand merchants, and a hundred requests can be published in a minute. Nobody waits for the last of
//! a million notices: each page takes its turn on the writer of a file (`persistence/turns.rs`), and bids come before it. A page
//! is written when everything before it has been planned, so whoever was outbid does not hear of it behind all of them.

use std::time::Duration;

use crate::actors::cluster::Cluster;
use crate::clock::Clock;
use crate::domain::auction::board::State;
use crate::domain::eligibility::Ring;
use crate::domain::notice::Notice;
use crate::domain::time::UnixMicros;
use crate::flows::audience;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::outbox;
use crate::persistence::outbox::Announcement;
use crate::persistence::outbox::Moment;
use crate::persistence::planning;
use crate::persistence::requests;

/// How often it looks whether there is anything to announce.
const EVERY: Duration = Duration::from_secs(1);
/// How often it looks whether what was told before has been planned.
const PLANNED_EVERY: Duration = Duration::from_millis(10);

/// Who announces. Cheap to clone.
#[derive(Clone)]
pub struct Announcer {
    db: Db,
    clock: Clock,
    ids: IdMint,
}

impl Announcer {
    /// Announces the requests of this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint) -> Self {
        Self { db, clock, ids }
    }

    /// Announces for as long as it is polled, where this process leads. Where two believe to lead, the page of one counts.
    pub async fn keep(self, cluster: Cluster) {
        loop {
            let found = if cluster.leads() { self.round().await } else { Ok(0) };
            match found {
                Ok(0) => tokio::time::sleep(EVERY).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "new requests wait to be announced");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }

    /// Tells a page of the merchants of each announcement, and how many announcements there were.
    async fn round(&self) -> Result<usize, StoreError> {
        let announcements = outbox::list_announcements(&self.db, limits::ANNOUNCEMENTS_MAX).await?;
        for announcement in &announcements {
            while planning::is_any_new(&self.db).await? {
                tokio::time::sleep(PLANNED_EVERY).await;
            }
            self.announce(announcement, self.clock.now()).await?;
        }
        Ok(announcements.len())
    }

    async fn announce(&self, announcement: &Announcement, now: UnixMicros) -> Result<(), StoreError> {
        let Announcement { request_id, ring, after_user, .. } = *announcement;
        let request = requests::find_request(&self.db, request_id).await?;
        let head = journal::find_head(&self.db, request_id).await?;
        let open =
            head.filter(|head| matches!(head.state, State::Published | State::BiddingOpen) && head.closes_at > now);
        let (mut notices, mut next) = (Vec::new(), None);
        if let (Some(request), Some(head), Some(ring)) = (request, open, Ring::find(ring)) {
            let reached = audience::list_reached(&self.db, &request, ring, after_user, limits::ANNOUNCED_MAX).await?;
            let notice = Notice::NewRequest { request: request_id, closes_at: head.closes_at };
            notices = reached.found.into_iter().map(|user| (user, notice.clone())).collect();
            next = reached.next;
        }
        let mut tx = self.db.begin_in_turn().await?;
        if outbox::go_on(&mut tx, announcement, next).await? {
            Moment { at: now, ids: &self.ids }
                .tell_once(&mut tx, notices, &format!("new_request:{}", request_id.0))
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
