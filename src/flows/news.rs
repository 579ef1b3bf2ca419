//! What other processes changed: heard of at once over the bus, and looked for in the database every two seconds.
//!
//! The look is what is promised: a session that ended and a merchant who was blocked are known here two seconds later,
//! with Redis or without. The bus makes it milliseconds. Where it may have lost something, what is remembered of
//! accounts is forgotten and the database is looked at at once.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::actors::bidders::Bidders;
use crate::actors::inbox::Inbox;
use crate::clock::Clock;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::drivers::bus::Heard;
use crate::drivers::bus::Listener;
use crate::flows::revoke::CLOCKS_DIFFER_BY;
use crate::flows::revoke::Revoker;
use crate::persistence::Db;
use crate::persistence::blocks;
use crate::persistence::error::StoreError;
use crate::wire::news::Told;

/// How often the database is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Follows what other processes do.
pub struct News {
    db: Db,
    clock: Clock,
    revoker: Revoker,
    bidders: Bidders,
    inbox: Inbox,
    /// Blocks that were acted on, by when they were made.
    acted_on: HashMap<(UserId, UserId), UnixMicros>,
    looked_at: UnixMicros,
}

impl News {
    /// From now on: who may look on is asked when somebody comes in.
    #[must_use]
    pub fn new(db: Db, clock: Clock, revoker: Revoker, bidders: Bidders, inbox: Inbox) -> Self {
        let looked_at = clock.now();
        Self { db, clock, revoker, bidders, inbox, acted_on: HashMap::new(), looked_at }
    }

    /// Keeps up for as long as it is polled.
    pub async fn follow(mut self, mut bus: Listener) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = bus.next() => match heard {
                    Heard::Fleet { bytes } => {
                        self.hear(&bytes).await;
                        continue;
                    }
                    Heard::Room { .. } | Heard::Following { .. } => continue,
                    Heard::Doubtful => self.bidders.forget_all(),
                },
                _ = looks.tick() => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "what other processes changed is not known");
            }
        }
    }

    async fn hear(&self, bytes: &[u8]) {
        match Told::read(bytes) {
            Some(Told::SessionsEnded { sessions }) => {
                self.revoker.note_here(sessions.into_iter().map(|id| id.0).collect()).await;
            }
            Some(Told::AccountChanged { user }) => self.bidders.forget_here(user.0),
            Some(Told::Expelled { merchant, requests }) => {
                self.expel(merchant.0, requests.into_iter().map(|id| id.0).collect()).await;
            }
            Some(Told::NoticesFor { users }) => {
                let users: Vec<UserId> = users.into_iter().map(|id| id.0).collect();
                self.inbox.changed_here(&users);
            }
            // A newer process speaks of what this one does not know.
            None => {}
        }
    }

    async fn expel(&self, merchant: UserId, requests: Vec<RequestId>) {
        self.bidders.forget_permission(merchant, &requests);
        self.revoker.expel_here(merchant, requests).await;
    }

    /// Looks once at what others wrote.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; the next look sees the same again.
    pub async fn look(&mut self) -> Result<(), StoreError> {
        self.revoker.catch_up().await?;
        let now = self.clock.now();
        let since = self.looked_at.minus(CLOCKS_DIFFER_BY);
        self.acted_on.retain(|_, at| *at > since);
        for block in blocks::list_since(&self.db, since).await? {
            let pair = (block.customer_id, block.merchant_id);
            if self.acted_on.get(&pair) == Some(&block.created_at) {
                continue;
            }
            let requests = blocks::list_open_requests(&self.db, block.customer_id).await?;
            self.expel(block.merchant_id, requests).await;
            self.acted_on.insert(pair, block.created_at);
        }
        self.looked_at = now;
        Ok(())
    }
}
