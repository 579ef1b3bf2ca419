//! The front door of every auction: permits before mailboxes.
//!
//! actix mailboxes do not bound what `send` puts into them, so the bound stands here: so many commands per auction,
//! so many in all. Who finds no permit is told at once and comes back later; nothing waits in a line without end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use actix::Addr;
use actix::MailboxError;
use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::actors::auction::Act;
use crate::actors::auction::AuctionActor;
use crate::actors::cluster::Cluster;
use crate::actors::directory::AuctionHandle;
use crate::actors::directory::Directory;
use crate::actors::journal::LastCommit;
use crate::actors::letter;
use crate::actors::registry;
use crate::actors::registry::Adopt;
use crate::actors::registry::Publish;
use crate::actors::registry::Registry;
use crate::actors::registry::TakeOver;
use crate::actors::registry::Wake;
use crate::clock::Clock;
use crate::domain::auction::board::Happened;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;
use crate::drivers::peer::PeerError;
use crate::drivers::peer::Subject;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal::Hash;
use crate::persistence::journal::Hold;
use crate::persistence::nodes;
use crate::persistence::replay::Folded;
use crate::trace;
use crate::trace::Span;

/// What a command led to, once it is durable.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The auction.
    pub request: RequestId,
    /// Place of the command's first event in the journal; the last event's where nothing was due.
    pub seq: i64,
    /// When it was decided.
    pub at: UnixMicros,
    /// Hash of that first entry: the journal's head right after it.
    pub hash: Hash,
    /// The command's events, its own first, then what it caused.
    pub happened: Vec<Happened>,
    /// The deadline after them.
    pub closes_at: UnixMicros,
    /// Whether this is the answer to a repeated command.
    pub replayed: bool,
}

impl Receipt {
    pub(super) fn nothing(request: RequestId, seq: i64, at: UnixMicros, hash: Hash) -> Self {
        Self { request, seq, at, hash, happened: Vec::new(), closes_at: at, replayed: false }
    }

    pub(super) fn add(&mut self, happened: Happened, hash: Hash, closes_at: UnixMicros) {
        if self.happened.is_empty() {
            self.seq = happened.seq;
            self.hash = hash;
        }
        self.closes_at = closes_at;
        self.happened.push(happened);
    }
}

/// Why a command has no receipt.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommandError {
    /// A business "no".
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The auction has too much to do; nothing was decided.
    #[error("the auction has too much to do")]
    Busy,
    /// The engine has too much to do; nothing was decided.
    #[error("the engine has too much to do")]
    Overloaded,
    /// Nothing can be written at present; nothing was decided.
    #[error("nothing can be written at present")]
    Unwritable,
    /// The process goes down; nothing was decided, and its successor will decide.
    #[error("the server goes down")]
    Stopping,
    /// Another process writes this auction, or will in a moment; nothing was decided.
    #[error("another process writes this auction")]
    Moved,
    /// Nobody knows whether it was committed. The same idempotency key gives the truth.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// The database did not answer before anything was decided.
    #[error("the database did not answer: {0}")]
    Store(StoreError),
}

/// The front door. Cheap to clone.
#[derive(Clone)]
pub struct Admission {
    directory: Arc<Directory>,
    registry: Addr<Registry>,
    permits: Arc<Semaphore>,
    last_commit: LastCommit,
    refused: Arc<Refused>,
    stopping: Arc<AtomicBool>,
    elsewhere: Option<Elsewhere>,
}

/// What leads to auctions that other processes write.
#[derive(Clone)]
struct Elsewhere {
    cluster: Cluster,
    db: Db,
    clock: Clock,
}

/// Commands that found no permit, and the most that had one.
#[derive(Debug, Default)]
struct Refused {
    busy: AtomicU64,
    overloaded: AtomicU64,
    in_flight: HighWater,
    of_one: HighWater,
}

/// How the engine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Auctions in memory.
    pub auctions: usize,
    /// Those of them that another process writes.
    pub followed: usize,
    /// Commands that wait for their answer.
    pub in_flight: Level,
    /// The same of one auction; what is used now is not asked of each.
    pub of_one: Level,
    /// Commands refused because their auction had too much to do.
    pub busy: u64,
    /// Commands refused because the engine had too much to do.
    pub overloaded: u64,
    /// What the registry says; `None` where it does not answer.
    pub registry: Option<registry::Observation>,
}

impl Admission {
    /// A door to the auctions of this registry, shut while nothing can be written.
    #[must_use]
    pub fn new(directory: Arc<Directory>, registry: Addr<Registry>, last_commit: LastCommit) -> Self {
        let permits = Arc::new(Semaphore::new(limits::COMMANDS_IN_FLIGHT_MAX));
        let (refused, stopping) = (Arc::default(), Arc::default());
        Self { directory, registry, permits, last_commit, refused, stopping, elsewhere: None }
    }

    /// Shuts the door for good: what comes from now on is told to come again, what was let in goes on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the process goes down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Resolves when everything that was let in has its answer, so that it is durable or was refused.
    pub async fn settled(&self) {
        // All permits at once are there when nobody has one; nobody closes this semaphore.
        let all = u32::try_from(limits::COMMANDS_IN_FLIGHT_MAX).unwrap_or(u32::MAX);
        drop(self.permits.acquire_many(all).await);
    }

    /// The same among the processes of a cluster.
    #[must_use]
    pub fn within(self, cluster: Cluster, db: Db, clock: Clock) -> Self {
        let elsewhere = (!cluster.is_alone()).then_some(Elsewhere { cluster, db, clock });
        Self { elsewhere, ..self }
    }

    /// All auctions in memory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Asks how the engine is doing. No side effect.
    pub async fn observe(&self) -> Observation {
        let followed = || self.directory.all().iter().filter(|handle| handle.hold().is_none()).count();
        Observation {
            auctions: self.directory.len(),
            followed: if self.elsewhere.is_some() { followed() } else { 0 },
            in_flight: self.refused.in_flight.level(self.in_flight(), limits::COMMANDS_IN_FLIGHT_MAX),
            of_one: self.refused.of_one.level(0, limits::AUCTION_IN_FLIGHT_MAX),
            busy: self.refused.busy.load(Ordering::Relaxed),
            overloaded: self.refused.overloaded.load(Ordering::Relaxed),
            registry: self.registry.send(registry::Observe).await.ok(),
        }
    }

    /// Has a command decided; resolves when what was decided is durable.
    ///
    /// # Errors
    /// See [`CommandError`]. `Busy`, `Overloaded`, `Unwritable` and `Stopping` mean that nothing was decided.
    pub async fn command(&self, request: RequestId, command: Command) -> Result<Receipt, CommandError> {
        let span = trace::here().map(|here| here.child("command"));
        let _in_all = self.enter()?;
        let handle = self.find(request).await?;
        let _here = self.enter_one(&handle)?;
        match handle.owner() {
            Some(owner) => act(owner, command, span).await,
            // On the heap: it is large, and rare where an auction has many bidders.
            None => Box::pin(self.hand_on(&handle, command, span)).await,
        }
    }

    /// Has a command decided by the process that writes the auction. What that committed is shown here when this returns:
    /// who has the answer must not read less, wherever it asks.
    async fn hand_on(
        &self,
        handle: &AuctionHandle,
        command: Command,
        span: Option<Span>,
    ) -> Result<Receipt, CommandError> {
        let Some(Elsewhere { cluster, db, .. }) = &self.elsewhere else { return Err(CommandError::Moved) };
        let Some((peers, _)) = cluster.around() else { return Err(CommandError::Moved) };
        let request = handle.request();
        let held = nodes::find_hold(db, request).await.map_err(CommandError::Store)?;
        let held = held.ok_or(CommandError::Refused(Refusal::UnknownRequest))?;
        let Some(address) = cluster.address_of(held.hold.node) else {
            // Nobody's, or a dead process', or this one's own from before.
            let handle = self.take_over(request).await?;
            return act(handle.owner().ok_or(CommandError::Moved)?, command, span).await;
        };
        cluster.count_handed_on();
        let letter = letter::write_command(request, command);
        let answered = tokio::select! {
            answered = peers.ask(&address, Subject::Command, letter) => answered,
            () = cluster.until_gone(held.hold.node) => Err(PeerError::Unclear),
        };
        let outcome = match answered {
            Ok(answer) => letter::read_outcome(&answer),
            Err(PeerError::Unheard) => Err(CommandError::Moved),
            Err(PeerError::Unclear) => Err(CommandError::OutcomeUnknown),
        };
        if let Ok(receipt) = &outcome {
            handle.catch_up(receipt.happened.last().map_or(receipt.seq, |happened| happened.seq)).await;
        }
        outcome
    }

    /// Decides a command that another process was asked for, if this one writes the auction; it is never handed on again.
    /// It is late or not by the clock here: the sender's was read before the way.
    ///
    /// # Errors
    /// [`CommandError::Moved`] where another process writes it; and as [`Self::command`].
    pub async fn command_here(&self, request: RequestId, mut command: Command) -> Result<Receipt, CommandError> {
        let Some(Elsewhere { cluster, db, clock }) = &self.elsewhere else { return Err(CommandError::Moved) };
        let _in_all = self.enter()?;
        let mut handle = self.find(request).await?;
        if handle.owner().is_none() {
            let held = nodes::find_hold(db, request).await.map_err(CommandError::Store)?;
            if held.is_none_or(|held| held.hold.node != cluster.number()) {
                return Err(CommandError::Moved);
            }
            handle = self.take_over(request).await?;
        }
        let _here = self.enter_one(&handle)?;
        let bids = stamp_anew(&mut command, clock.now());
        if let (Some(merchant), Some((_, bidders))) = (bids, cluster.around()) {
            // The room shows the customer who bids, and waits for nothing.
            bidders.learn_names(std::iter::once(merchant)).await.map_err(CommandError::Store)?;
        }
        act(handle.owner().ok_or(CommandError::Moved)?, command, None).await
    }

    /// Shows the rooms of this request in other processes what is no event.
    pub fn tell_elsewhere(&self, request: RequestId, frame: &Bytes) {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.cluster.tell(request, frame);
        }
    }

    /// Has this process write an auction, unless another that lives does.
    ///
    /// # Errors
    /// When it cannot be read or claimed.
    pub async fn take_over(&self, request: RequestId) -> Result<Arc<AuctionHandle>, CommandError> {
        self.registry.send(TakeOver { request }).await.unwrap_or(Err(CommandError::Overloaded))
    }

    /// Counts a command that found no permit.
    fn refuse(&self, error: CommandError) -> CommandError {
        let counter = if matches!(error, CommandError::Busy) { &self.refused.busy } else { &self.refused.overloaded };
        counter.fetch_add(1, Ordering::Relaxed);
        error
    }

    /// Opens the auction of a request.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn publish(&self, terms: Terms) -> Result<Receipt, CommandError> {
        let _in_all = self.enter()?;
        self.registry.send(Publish(terms)).await.unwrap_or(Err(CommandError::Overloaded))
    }

    fn enter(&self) -> Result<SemaphorePermit<'_>, CommandError> {
        if self.is_stopping() {
            return Err(CommandError::Stopping);
        }
        // Decided in vain it would cost the auction its actor, and the caller would only hear that nobody knows.
        if self.last_commit.is_failing() {
            return Err(CommandError::Unwritable);
        }
        let permit = self.permits.try_acquire().map_err(|_| self.refuse(CommandError::Overloaded))?;
        self.refused.in_flight.saw(self.in_flight());
        Ok(permit)
    }

    fn enter_one<'a>(&self, handle: &'a AuctionHandle) -> Result<SemaphorePermit<'a>, CommandError> {
        let permit = handle.permits.try_acquire().map_err(|_| self.refuse(CommandError::Busy))?;
        self.refused.of_one.saw(limits::AUCTION_IN_FLIGHT_MAX - handle.permits.available_permits());
        Ok(permit)
    }

    fn in_flight(&self) -> usize {
        limits::COMMANDS_IN_FLIGHT_MAX - self.permits.available_permits()
    }

    /// The auction, read from the journal first if it is not in memory.
    ///
    /// # Errors
    /// `Refused(UnknownRequest)` where there is no such auction.
    pub async fn find(&self, request: RequestId) -> Result<Arc<AuctionHandle>, CommandError> {
        if let Some(handle) = self.directory.find(request) {
            if self.elsewhere.is_some() {
                handle.shared.looked_at.store(true, Ordering::Relaxed);
            }
            return Ok(handle);
        }
        self.registry.send(Wake { request }).await.unwrap_or(Err(CommandError::Overloaded))
    }

    /// Starts auctions that were folded from their journals after a downtime that began at `last_alive`, in their order.
    /// What each owes its bidders is decided before its own timer can close it.
    ///
    /// # Errors
    /// [`CommandError::Overloaded`] when the engine stops.
    pub async fn adopt(&self, folded: Vec<(Folded, Hold)>, last_alive: Option<UnixMicros>) -> Result<(), CommandError> {
        self.registry.send(Adopt { folded, last_alive }).await.unwrap_or(Err(CommandError::Overloaded))
    }
}

async fn act(owner: &Addr<AuctionActor>, command: Command, span: Option<Span>) -> Result<Receipt, CommandError> {
    match owner.send(Act(command, span)).await {
        Ok(outcome) => outcome,
        // The actor died with the message unread or undecided; only its journal knows.
        Err(MailboxError::Closed | MailboxError::Timeout) => Err(CommandError::OutcomeUnknown),
    }
}

/// Has a bid's command count as read at this instant. Answers the merchant whose bid it places or changes.
fn stamp_anew(command: &mut Command, now: UnixMicros) -> Option<UserId> {
    match command {
        Command::Place(SendBid { bidder, stamp, .. }) | Command::Revise(SendBid { bidder, stamp, .. }) => {
            *stamp = now;
            Some(bidder.user)
        }
        Command::Withdraw(withdraw) => {
            withdraw.stamp = now;
            None
        }
        Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Extend { .. }
        | Command::CloseEarly { .. }
        | Command::Cancel { .. }
        | Command::Accept { .. }
        | Command::Decline { .. }
        | Command::Disqualify { .. }
        | Command::Tick
        | Command::Recover { .. } => None,
    }
}
