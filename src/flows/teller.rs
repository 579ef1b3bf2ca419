//! Tells people what is new in auctions: looks at those that changed, and writes notices where somebody stands otherwise than it
//! heard (`domain::telling`), together with what was told then (docs/decisions/0025).
//!
//! A look is no more often than once in `EVERY`, so however many bids come, each person is told the outcome. A crash
//! between a bid and its look loses nothing: what was told lies in the database, and the next look finds the same difference.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;

use crate::actors::admission::Admission;
use crate::actors::changed::Changed;
use crate::actors::cluster::Cluster;
use crate::actors::directory::AuctionHandle;
use crate::clock::Clock;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::State;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::telling;
use crate::domain::telling::Look;
use crate::domain::telling::Telling;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::flows::rollups::LastRound;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::orders;
use crate::persistence::outbox::Moment;
use crate::persistence::replay;
use crate::persistence::told;
use crate::persistence::told::Stored;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// After so many rounds everything is looked for in the database that a lost hint left untold.
const SWEEP_EVERY: u32 = 60;

/// Who tells people of auctions. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    db: Db,
    clock: Clock,
    ids: IdMint,
    admission: Admission,
    cluster: Cluster,
    changed: Changed,
    last: LastRound,
}

/// What it remembers from one round to the next.
#[derive(Debug, Default)]
pub struct Rounds {
    number: u32,
    /// Auctions of which there is more to tell from an instant on.
    later: BTreeSet<(UnixMicros, RequestId)>,
    /// Deadlines up to here are known to be near.
    near: Option<UnixMicros>,
}

/// An auction to look at, and what earlier looks of this round learned from it and did not need yet.
struct Due {
    handle: Arc<AuctionHandle>,
    own_ranks: HashMap<UserId, u32>,
}

impl Due {
    fn new(handle: Arc<AuctionHandle>) -> Self {
        Self { handle, own_ranks: HashMap::new() }
    }
}

impl Rounds {
    fn come_back(&mut self, at: UnixMicros, request: RequestId) {
        // What has no place here the sweep finds: what was told is behind the auction.
        if self.later.len() < limits::CHANGED_AUCTIONS_MAX {
            self.later.insert((at, request));
        }
    }

    fn take_due(&mut self, now: UnixMicros) -> Vec<RequestId> {
        let rest = self.later.split_off(&(now.plus(Span(1)), RequestId(i64::MIN)));
        std::mem::replace(&mut self.later, rest).into_iter().map(|(_, request)| request).collect()
    }
}

impl Teller {
    /// Tells of the auctions of this process.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, admission: Admission, cluster: Cluster, changed: Changed) -> Self {
        let last = Arc::new(AtomicI64::new(clock.now().0));
        Self { db, clock, ids, admission, cluster, changed, last }
    }

    /// When it last came round, or was made.
    #[must_use]
    pub fn last_round(&self) -> LastRound {
        Arc::clone(&self.last)
    }

    /// Looks for as long as it is polled.
    pub async fn keep(self) {
        let mut rounds = Rounds::default();
        loop {
            if let Err(error) = self.round(&mut rounds).await {
                tracing::warn!(%error, "people could not be told what is new; it is tried again");
                // What this round had taken from the list is found in the database.
                rounds.number = 0;
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Tells what is new by now.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not told then is told later.
    pub async fn round(&self, rounds: &mut Rounds) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut wanted: BTreeSet<RequestId> = self.changed.take().into_iter().collect();
        wanted.extend(rounds.take_due(now));
        let sweep = rounds.number.is_multiple_of(SWEEP_EVERY);
        rounds.number = rounds.number.wrapping_add(1);
        if sweep {
            // What a failed round or a server that died left untold is not found by its journal: a deadline comes near by itself.
            rounds.near = None;
        }
        wanted.extend(self.list_closing(rounds, now).await?);
        let mut due: VecDeque<Due> = VecDeque::new();
        for request in wanted {
            // An auction that is not in memory was let go because nothing happens in it, or another process has it.
            let handle = self.admission.directory().find(request).filter(|handle| handle.hold().is_some());
            due.extend(handle.map(Due::new));
        }
        if sweep {
            due.extend(self.find_untold().await?.into_iter().map(Due::new));
        }
        while !due.is_empty() {
            let batch: Vec<_> = due.drain(..due.len().min(limits::TELLINGS_MAX)).collect();
            due.extend(self.tell(batch, rounds, now).await?);
        }
        self.last.store(now.0, Ordering::Relaxed);
        Ok(())
    }

    /// Auctions of this process of which, as far as the database knows, there is something to tell. Those that ended are
    /// nobody's: whoever leads tells of them.
    async fn find_untold(&self) -> Result<Vec<Arc<AuctionHandle>>, StoreError> {
        let mut found = Vec::new();
        for request in told::list_untold(&self.db, limits::UNTOLD_MAX).await? {
            let handle = match self.admission.directory().find(request) {
                None if self.cluster.is_alone() || self.cluster.leads() => self.admission.find(request).await.ok(),
                known => known,
            };
            let mine = |handle: &Arc<AuctionHandle>| {
                handle.hold().is_some() || self.cluster.leads() && handle.last_board().state.is_terminal()
            };
            found.extend(handle.filter(mine));
        }
        Ok(found)
    }

    /// Auctions whose deadline has come near since the last round.
    async fn list_closing(&self, rounds: &mut Rounds, now: UnixMicros) -> Result<Vec<RequestId>, StoreError> {
        let to = now.plus(Span::secs(limits::CLOSING_SOON_SECS));
        let after = rounds.near.unwrap_or(now).min(to);
        let closing = told::list_closing(&self.db, (after, to), limits::UNTOLD_MAX).await?;
        let last = closing.last().filter(|_| closing.len() == limits::UNTOLD_MAX as usize);
        rounds.near = Some(last.map_or(to, |last| last.closes_at.minus(Span(1))));
        Ok(closing.into_iter().map(|closing| closing.auction_id).collect())
    }

    /// Looks at these and writes what is new, all or nothing. Answers with those of which there is more.
    async fn tell(&self, batch: Vec<Due>, rounds: &mut Rounds, now: UnixMicros) -> Result<Vec<Due>, StoreError> {
        let requests: Vec<RequestId> = batch.iter().map(|due| due.handle.request()).collect();
        let mut before = told::find(&self.db, &requests).await?;
        let looks = join_all(batch.iter().map(|due| due.handle.look())).await;
        let (mut more, mut room) = (Vec::new(), limits::NOTICES_TOLD_MAX);
        let mut new: Vec<(RequestId, Stored, Telling)> = Vec::new();
        for (Due { handle, mut own_ranks }, looked) in batch.into_iter().zip(looks) {
            let request = handle.request();
            let Some(looked) = looked else {
                rounds.come_back(now.plus(Span::secs(1)), request);
                continue;
            };
            own_ranks.extend(looked.own_ranks);
            let stored = before.remove(&request).unwrap_or_default();
            let telling = self.difference(&stored, &looked.board, &mut own_ranks, room, now).await?;
            room -= telling.notices.len().min(room);
            match telling.again_at {
                Some(at) if at > now => rounds.come_back(at, request),
                Some(_) => more.push(Due { handle, own_ranks }),
                None => {}
            }
            if telling.told != stored.told {
                new.push((request, stored, telling));
            }
        }
        self.write(&new, rounds, now).await?;
        Ok(more)
    }

    async fn difference(
        &self,
        stored: &Stored,
        board: &Board,
        own_ranks: &mut HashMap<UserId, u32>,
        most: usize,
        now: UnixMicros,
    ) -> Result<Telling, StoreError> {
        let request = board.terms.request;
        let (mut order, mut called_off_by) = (None, None);
        match board.state {
            State::Accepted => order = orders::find_live(&self.db, request).await?.map(|order| order.id),
            State::Cancelled if !stored.told.is_over() => {
                called_off_by = journal::find_cancellation(&self.db, request).await?.map(|(by, _)| by);
            }
            State::Published
            | State::BiddingOpen
            | State::BiddingClosed
            | State::Reviewing
            | State::Expired(_)
            | State::Cancelled => {}
        }
        let look = Look { board, answered: own_ranks, order, called_off_by, now, most };
        let unanswered = look.unanswered(&stored.told);
        if !unanswered.is_empty() {
            // They were answered by a process that died before it told anybody, or what was told was not written.
            own_ranks.extend(replay::own_ranks(&self.db, request, unanswered).await?);
        }
        Ok(telling::difference(&stored.told, Look { board, answered: own_ranks, order, called_off_by, now, most }))
    }

    async fn write(
        &self,
        new: &[(RequestId, Stored, Telling)],
        rounds: &mut Rounds,
        now: UnixMicros,
    ) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_in_turn().await?;
        let mut notices = Vec::new();
        for (request, stored, telling) in new {
            if told::write(&mut tx, *request, &telling.told, telling.done, stored.version, now).await? {
                notices.extend(telling.notices.iter().cloned());
            } else {
                // Another process told of it at this moment.
                rounds.come_back(now.plus(Span::secs(1)), *request);
            }
        }
        Moment { at: now, ids: &self.ids }.tell(&mut tx, notices).await?;
        tx.commit().await
    }
}
