//! Where every auction is found, without asking anybody.
//!
//! The registry alone writes it; sessions and handlers read it under a lock that is held for a look-up. What an
//! auction publishes after a commit (its board, its next alarm) lies in its [`AuctionHandle`], so reading never
//! queues behind bidding.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use actix::Addr;
use actix::Recipient;
use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use crate::actors::admission::CommandError;
use crate::actors::auction::AuctionActor;
use crate::actors::auction::Look;
use crate::actors::auction::Looked;
use crate::actors::auction::PriceToLead;
use crate::actors::auction::ReadBoard;
use crate::actors::auction::Retire;
use crate::actors::broadcaster::Publish;
use crate::actors::cluster::Cluster;
use crate::actors::cluster::Following;
use crate::actors::follower::CatchUp;
use crate::actors::follower::Follower;
use crate::actors::follower::Hint;
use crate::actors::supervision::post;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::event::Event;
use crate::domain::auction::state::Auction;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::journal::Hold;

/// What an auction shows to everybody; outlives a death of its actor.
///
/// While nobody looks on, bids are committed without a board: ranking all rows for nobody was a third of the auction's
/// work. The first reader after a bid has one made, and what everybody sees is never older than what was answered.
pub struct Shared {
    /// What was published.
    pub(super) terms: Arc<Terms>,
    /// The last board that was made.
    pub(super) board: ArcSwap<Board>,
    /// Whether that is the board of the last commit.
    pub(super) fresh: AtomicBool,
    /// Whether a room looks on, so that events are posted to its broadcaster.
    pub(super) watched: AtomicBool,
    /// When the auction has something to do next, in Unix microseconds; `i64::MAX` when never.
    pub(super) alarm_at: AtomicI64,
    /// Whether it was looked up lately; asked where another process writes it.
    pub(super) looked_at: AtomicBool,
    /// Whether it is among those that changed.
    pub(super) noted: AtomicBool,
}

impl Shared {
    pub(super) fn new(board: Board) -> Self {
        Self {
            terms: Arc::clone(&board.terms),
            board: ArcSwap::from_pointee(board),
            fresh: AtomicBool::new(true),
            watched: AtomicBool::new(false),
            alarm_at: AtomicI64::new(i64::MAX),
            looked_at: AtomicBool::new(false),
            noted: AtomicBool::new(false),
        }
    }

    /// Of an auction that nobody has looked at yet: its board has no rows until somebody does.
    pub(super) fn unseen(outline: Board) -> Self {
        Self { fresh: AtomicBool::new(false), ..Self::new(outline) }
    }

    pub(super) fn publish(&self, board: Arc<Board>) {
        self.board.store(board);
        self.fresh.store(true, Ordering::SeqCst);
    }

    /// Takes note of a commit that led to this state: the last board is old, and a new one is made where a room looks on or
    /// more than a bid has moved.
    ///
    /// Called before anybody is answered: who has an answer must not read an older board. And `watched` is read after the
    /// board is marked: who sets it and then finds a fresh board will hear of this commit, see
    /// [`AuctionHandle::set_watched`].
    pub(super) fn moved_on(&self, state: &Auction, happened: &[Happened]) {
        self.fresh.store(false, Ordering::SeqCst);
        let moved = happened.iter().any(|happened| !is_bid(&happened.event));
        if moved || self.watched.load(Ordering::SeqCst) {
            self.publish(Arc::new(state.board()));
        }
    }

    /// The board of the last commit, made now if it was not made then.
    pub(super) fn fresh_board(&self, state: &Auction) -> Arc<Board> {
        if !self.fresh.load(Ordering::SeqCst) {
            self.publish(Arc::new(state.board()));
        }
        self.board.load_full()
    }

    /// Shows a room that looks on what happened up to this state.
    pub(super) fn show(&self, room: &Recipient<Publish>, state: &Auction, happened: Vec<Happened>) {
        if happened.is_empty() || !self.watched.load(Ordering::SeqCst) {
            return;
        }
        let request = self.terms.request;
        let publish = Publish { request, happened, board: self.fresh_board(state) };
        if room.try_send(publish).is_err() {
            // The room sees the gap with the next publish and sends snapshots.
            tracing::warn!(auction.id = %request, "auction: the broadcaster is full; the room will resynchronise");
        }
    }
}

/// Whether an event is about a bid alone and leaves state and deadline as they are.
const fn is_bid(event: &Event) -> bool {
    matches!(
        event,
        Event::BidPlaced { .. }
            | Event::BidRevised { .. }
            | Event::BidAutoCut { .. }
            | Event::BidTooLate { .. }
            | Event::BidWithdrawn { .. }
    )
}

/// Who stands behind a handle.
pub(super) enum Desk {
    /// This process writes the auction, by this right.
    Owner(Addr<AuctionActor>, Hold),
    /// Another does.
    Follower(Addr<Follower>),
}

/// One auction in memory.
pub struct AuctionHandle {
    pub(super) request: RequestId,
    pub(super) desk: Desk,
    pub(super) shared: Arc<Shared>,
    pub(super) permits: Arc<Semaphore>,
    pub(super) generation: u64,
    _following: Following,
}

impl AuctionHandle {
    pub(super) fn new(desk: Desk, shared: Arc<Shared>, generation: u64, cluster: &Cluster) -> Self {
        let request = shared.terms.request;
        let permits = Arc::new(Semaphore::new(limits::AUCTION_IN_FLIGHT_MAX));
        Self { request, desk, shared, permits, generation, _following: cluster.follow(request) }
    }

    /// The auction.
    #[must_use]
    pub fn request(&self) -> RequestId {
        self.request
    }

    /// The actor that writes it; `None` where another process does.
    pub(super) fn owner(&self) -> Option<&Addr<AuctionActor>> {
        match &self.desk {
            Desk::Owner(addr, _) => Some(addr),
            Desk::Follower(_) => None,
        }
    }

    /// By which right this process writes it; `None` where another process does.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        match &self.desk {
            Desk::Owner(_, hold) => Some(*hold),
            Desk::Follower(_) => None,
        }
    }

    /// Whether its actor lives.
    pub(super) fn is_connected(&self) -> bool {
        match &self.desk {
            Desk::Owner(addr, _) => addr.connected(),
            Desk::Follower(addr) => addr.connected(),
        }
    }

    /// Its actor ends.
    pub fn retire(&self) {
        match &self.desk {
            Desk::Owner(addr, _) => post(addr, Retire),
            Desk::Follower(addr) => post(addr, Retire),
        }
    }

    /// There may be more of it in the journal than is shown here.
    pub fn hint(&self, seq: i64) {
        if let Desk::Follower(addr) = &self.desk {
            post(addr, Hint { seq });
        }
    }

    /// Waits until this entry is shown here. Where the journal cannot be read it is not waited for: a hint will come.
    pub(super) async fn catch_up(&self, seq: i64) {
        if let Desk::Follower(addr) = &self.desk {
            let _ = addr.send(CatchUp { seq }).await;
        }
    }

    /// What was published.
    #[must_use]
    pub fn terms(&self) -> &Arc<Terms> {
        &self.shared.terms
    }

    /// The ranked state after the last commit.
    ///
    /// # Errors
    /// [`CommandError::Busy`] when it must be made and the auction has too much to do.
    pub async fn board(&self) -> Result<Arc<Board>, CommandError> {
        if self.owner().is_some() && self.shared.fresh.load(Ordering::SeqCst) {
            return Ok(self.shared.board.load_full());
        }
        let _permit = self.permits.try_acquire().map_err(|_| CommandError::Busy)?;
        match &self.desk {
            Desk::Owner(addr, _) => addr.send(ReadBoard).await,
            // However fresh it looks: the process that writes may have answered somebody since.
            Desk::Follower(addr) => addr.send(ReadBoard).await,
        }
        .ok()
        .flatten()
        .ok_or(CommandError::Busy)
    }

    /// How it stands, and what its bidders know of that by the answers to their own bids since the last look. For the one that
    /// writes notices: it waits for each answer before it asks again, so it needs no permit, and no flood of bids keeps it out.
    pub async fn look(&self) -> Option<Looked> {
        // Before it is asked: what is committed from here on is noted anew.
        self.shared.noted.store(false, Ordering::SeqCst);
        match &self.desk {
            Desk::Owner(addr, _) => addr.send(Look).await.ok().flatten(),
            Desk::Follower(_) => self.board().await.ok().map(|board| Looked { board, own_ranks: HashMap::new() }),
        }
    }

    /// The last board that was made: that of the last commit while a room looks on or after the auction moved on, an
    /// older one where bids came and nobody asked.
    #[must_use]
    pub fn last_board(&self) -> Arc<Board> {
        self.shared.board.load_full()
    }

    /// Says whether a room looks on. Set before `board()` is read, so that nothing falls between the two.
    pub fn set_watched(&self, watched: bool) {
        self.shared.watched.store(watched, Ordering::SeqCst);
    }

    /// When the auction has something to do next.
    #[must_use]
    pub fn alarm_at(&self) -> UnixMicros {
        UnixMicros(self.shared.alarm_at.load(Ordering::Relaxed))
    }

    /// The highest landed total with which this merchant's live bid would be rank 1.
    ///
    /// # Errors
    /// [`CommandError::Busy`] when the auction has too much to do.
    pub async fn price_to_lead(&self, merchant: UserId) -> Result<Option<AmountMinor>, CommandError> {
        let _permit = self.permits.try_acquire().map_err(|_| CommandError::Busy)?;
        let ask = PriceToLead { merchant };
        match &self.desk {
            Desk::Owner(addr, _) => addr.send(ask).await,
            Desk::Follower(addr) => addr.send(ask).await,
        }
        .map_err(|_| CommandError::Busy)
    }
}

/// All auctions in memory.
#[derive(Default)]
pub struct Directory {
    auctions: RwLock<HashMap<RequestId, Arc<AuctionHandle>>>,
}

impl Directory {
    /// The auction, if it is in memory.
    #[must_use]
    pub fn find(&self, request: RequestId) -> Option<Arc<AuctionHandle>> {
        self.auctions.read().unwrap_or_else(PoisonError::into_inner).get(&request).cloned()
    }

    /// Every auction in memory.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<AuctionHandle>> {
        self.auctions.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many are in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.auctions.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none is in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn insert(&self, handle: Arc<AuctionHandle>) {
        self.auctions.write().unwrap_or_else(PoisonError::into_inner).insert(handle.request, handle);
    }

    pub(super) fn remove(&self, request: RequestId) -> Option<Arc<AuctionHandle>> {
        self.auctions.write().unwrap_or_else(PoisonError::into_inner).remove(&request)
    }
}
