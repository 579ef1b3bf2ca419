//! Finds, wakes and respawns auctions.
//!
//! Every actor of an auction is started here, from its journal, and dies without taking its name along: the next look-up
//! or the next attempt of the backoff builds a successor. Successors share what the auction published, so a room that
//! looks on notices nothing but the events that were committed meanwhile.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Actor;
use actix::ActorFutureExt;
use actix::Addr;
use actix::ArbiterHandle;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::Recipient;
use actix::ResponseActFuture;
use actix::ResponseFuture;
use actix::WrapFuture;
use tokio::sync::oneshot;

use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::actors::auction::AuctionActor;
use crate::actors::auction::Surroundings;
use crate::actors::auction::head_of;
use crate::actors::broadcaster;
use crate::actors::changed::Changed;
use crate::actors::cluster::Cluster;
use crate::actors::directory::AuctionHandle;
use crate::actors::directory::Desk;
use crate::actors::directory::Directory;
use crate::actors::directory::Shared;
use crate::actors::follower::Follower;
use crate::actors::journal::Append;
use crate::actors::journal::Journal;
use crate::actors::supervision::Backoff;
use crate::clock::Clock;
use crate::domain::auction::state::Auction;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::journal;
use crate::persistence::journal::Entry;
use crate::persistence::journal::GENESIS;
use crate::persistence::journal::Hold;
use crate::persistence::nodes;
use crate::persistence::replay;
use crate::persistence::replay::Folded;

// ------------------------------------------------------------------ what it hears

/// Asks for an auction that is not in memory. Sent by `Admission`.
#[derive(Message)]
#[rtype(result = "Result<Arc<AuctionHandle>, CommandError>")]
pub struct Wake {
    /// The auction.
    pub request: RequestId,
}

/// Has this process write an auction, unless another that lives does: then it is only shown here. Sent by `Admission`.
#[derive(Message)]
#[rtype(result = "Result<Arc<AuctionHandle>, CommandError>")]
pub struct TakeOver {
    /// The auction.
    pub request: RequestId,
}

/// Starts auctions that were folded already; the reply comes when each is found. Sent by `Admission` on start.
#[derive(Message)]
#[rtype(result = "Result<(), CommandError>")]
pub struct Adopt {
    /// The auctions, and by which right each is written. One that is in memory stays as it is.
    pub folded: Vec<(Folded, Hold)>,
    /// When the engine was last known to run.
    pub last_alive: Option<UnixMicros>,
}

/// Opens an auction: its first entry is durable when the reply comes. Sent by `Admission`.
#[derive(Message)]
#[rtype(result = "Result<Receipt, CommandError>")]
pub struct Publish(pub Terms);

/// An auction's actor is gone. Posted by its exit guard, also while unwinding.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AuctionDied {
    /// The auction.
    pub request: RequestId,
    /// Which of its actors.
    pub generation: u64,
}

/// Asks how the registry is doing. No side effect.
#[derive(Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// What the registry has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, actix::MessageResponse)]
pub struct Observation {
    /// Auctions' actors that died.
    pub died: u64,
    /// Auctions' actors that were started, first ones and successors.
    pub started: u64,
    /// Auctions that are being read from the journal now.
    pub waking: usize,
}

/// The next attempt to bring an auction back. Posted by the registry to itself.
#[derive(Message)]
#[rtype(result = "()")]
struct RespawnDue {
    request: RequestId,
}

/// How many auctions are in memory at most. Each has one append in flight, so this also bounds the journal's queue.
const AUCTIONS_MAX: usize = limits::JOURNAL_QUEUE_MAX;

/// Events that a successor repeats for a room that looks on; the room drops what it has shown.
const REPEATED: usize = limits::ROOM_BUFFER_FRAMES;

/// Somebody who waits for an auction to be awake.
type Awaiting = oneshot::Sender<Result<Arc<AuctionHandle>, CommandError>>;

// ------------------------------------------------------------------ who it is

/// The only one who starts auctions.
pub struct Registry {
    directory: Arc<Directory>,
    db: Db,
    clock: Clock,
    journal: Addr<Journal>,
    broadcasters: Vec<Recipient<broadcaster::Publish>>,
    arbiters: Vec<ArbiterHandle>,
    generations: u64,
    died: u64,
    waking: HashMap<RequestId, Vec<Awaiting>>,
    /// What auctions published whose actor died, for its successor.
    orphaned: HashMap<RequestId, Arc<Shared>>,
    backoffs: HashMap<RequestId, Backoff>,
    cluster: Cluster,
    changed: Changed,
}

impl Registry {
    /// A registry that starts its auctions on `arbiters` and hands their events to `broadcasters`; neither is empty.
    #[must_use]
    pub fn new(
        directory: Arc<Directory>,
        db: Db,
        clock: Clock,
        journal: Addr<Journal>,
        broadcasters: Vec<Recipient<broadcaster::Publish>>,
        arbiters: Vec<ArbiterHandle>,
    ) -> Self {
        Self {
            directory,
            db,
            clock,
            journal,
            broadcasters,
            arbiters,
            generations: 0,
            died: 0,
            waking: HashMap::new(),
            orphaned: HashMap::new(),
            backoffs: HashMap::new(),
            cluster: Cluster::alone(),
            changed: Changed::default(),
        }
    }

    /// The same among the processes of a cluster.
    #[must_use]
    pub fn within(self, cluster: Cluster) -> Self {
        Self { cluster, ..self }
    }

    /// The same where somebody wants to hear which auctions changed.
    #[must_use]
    pub fn noting(self, changed: Changed) -> Self {
        Self { changed, ..self }
    }
}

// ------------------------------------------------------------------ how it lives

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::COMMANDS_IN_FLIGHT_MAX);
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Wake> for Registry {
    type Result = ResponseFuture<Result<Arc<AuctionHandle>, CommandError>>;

    fn handle(&mut self, Wake { request }: Wake, ctx: &mut Self::Context) -> Self::Result {
        if let Some(handle) = self.directory.find(request) {
            return Box::pin(async move { Ok(handle) });
        }
        let (answer, answered) = oneshot::channel();
        self.wake(request, false, Some(answer), ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(CommandError::Overloaded)) })
    }
}

impl Handler<TakeOver> for Registry {
    type Result = ResponseFuture<Result<Arc<AuctionHandle>, CommandError>>;

    fn handle(&mut self, TakeOver { request }: TakeOver, ctx: &mut Self::Context) -> Self::Result {
        if let Some(handle) = self.directory.find(request) {
            if handle.hold().is_some() {
                return Box::pin(async move { Ok(handle) });
            }
            // Rooms that look on go on with its successor.
            self.directory.remove(request);
            self.orphaned.insert(request, Arc::clone(&handle.shared));
            handle.retire();
        }
        let (answer, answered) = oneshot::channel();
        self.wake(request, true, Some(answer), ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(CommandError::Overloaded)) })
    }
}

impl Handler<Adopt> for Registry {
    type Result = ResponseActFuture<Self, Result<(), CommandError>>;

    fn handle(&mut self, Adopt { folded, last_alive }: Adopt, ctx: &mut Self::Context) -> Self::Result {
        let mut parts: Vec<Vec<Adopted>> = self.arbiters.iter().map(|_| Vec::new()).collect();
        for (folded, hold) in folded {
            let request = folded.state.terms().request;
            if self.directory.find(request).is_some() || self.waking.contains_key(&request) {
                continue;
            }
            self.generations += 1;
            let (around, generation) = (self.surroundings(request, ctx), self.generations);
            let at = place(parts.len(), request);
            parts[at].push(Adopted { folded, hold, around, generation, last_alive });
        }
        let started = self.arbiters.iter().zip(parts).map(|(arbiter, part)| {
            let (born, awaited) = oneshot::channel();
            // An arbiter that stops drops the sender.
            arbiter.spawn(async move {
                let _ = born.send(part.into_iter().map(start).collect::<Vec<_>>());
            });
            awaited
        });
        let started = futures_util::future::try_join_all(started);
        Box::pin(started.into_actor(self).map(|parts, this, ctx| {
            for handle in parts.map_err(|_| CommandError::Overloaded)?.into_iter().flatten() {
                this.woken(handle.request(), &Ok(handle), ctx);
            }
            Ok(())
        }))
    }
}

impl Handler<Publish> for Registry {
    type Result = ResponseFuture<Result<Receipt, CommandError>>;

    fn handle(&mut self, Publish(terms): Publish, ctx: &mut Self::Context) -> Self::Result {
        let now = self.clock.now();
        let request = terms.request;
        let event = match Auction::publish(terms.clone(), now) {
            Ok(event) => event,
            Err(refusal) => return Box::pin(async move { Err(CommandError::Refused(refusal)) }),
        };
        let Some(hold) = self.cluster.first_hold() else {
            return Box::pin(async { Err(CommandError::Unwritable) });
        };
        let state = Auction::published(terms, now);
        let entry = Entry::seal(&GENESIS, request, state.seq(), now, event);
        let head = head_of(&state.outline(), entry.hash, now);
        let mut receipt = Receipt::nothing(request, entry.seq, now, entry.hash);
        receipt.closes_at = head.closes_at;
        let append = self.journal.send(Append(journal::Append { hold, entries: vec![entry], head }));
        let registry = ctx.address();
        Box::pin(async move {
            match append.await {
                Ok(Ok(())) => {}
                // An id is published once: whoever was first, this call does not know whether it was itself.
                Ok(Err(_)) | Err(_) => return Err(CommandError::OutcomeUnknown),
            }
            // Waking it starts its clock; the publication stands even if that must be tried again.
            if let Ok(Err(error)) = registry.send(Wake { request }).await {
                tracing::warn!(auction.id = %request, %error, "registry: published, but not awake yet");
            }
            Ok(receipt)
        })
    }
}

impl Handler<Observe> for Registry {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        Observation { died: self.died, started: self.generations, waking: self.waking.len() }
    }
}

impl Handler<AuctionDied> for Registry {
    type Result = ();

    fn handle(&mut self, died: AuctionDied, ctx: &mut Self::Context) {
        let AuctionDied { request, generation } = died;
        let Some(handle) = self.directory.find(request).filter(|handle| handle.generation == generation) else {
            return;
        };
        self.died += 1;
        self.directory.remove(request);
        let board = handle.last_board();
        let needless = board.state.is_terminal() || handle.hold().is_none();
        if needless && !handle.shared.watched.load(Ordering::SeqCst) {
            self.backoffs.remove(&request);
            return;
        }
        tracing::warn!(auction.id = %request, "registry: an auction died; it will be rebuilt from its journal");
        self.orphaned.insert(request, Arc::clone(&handle.shared));
        let wait = self.backoffs.entry(request).or_default().wait();
        respawn_later(ctx, request, wait);
    }
}

impl Handler<RespawnDue> for Registry {
    type Result = ();

    fn handle(&mut self, RespawnDue { request }: RespawnDue, ctx: &mut Self::Context) {
        if self.directory.find(request).is_none() {
            self.wake(request, false, None, ctx);
        }
    }
}

impl Registry {
    /// Starts an auction from its journal, to be written here if `here` or if it was before, and if it may be.
    fn wake(&mut self, request: RequestId, here: bool, answer: Option<Awaiting>, ctx: &mut Context<Self>) {
        if let Some(waiting) = self.waking.get_mut(&request) {
            waiting.extend(answer);
            return;
        }
        if self.directory.len() >= AUCTIONS_MAX {
            if let Some(answer) = answer {
                let _ = answer.send(Err(CommandError::Overloaded));
            }
            return;
        }
        self.waking.insert(request, answer.into_iter().collect());
        self.generations += 1;
        let birth = Birth { request, here, generation: self.generations, shared: self.orphaned.get(&request).cloned() };
        let around = self.surroundings(request, ctx);
        let (born, awaited) = oneshot::channel();
        let started = pick(&self.arbiters, request).spawn(async move {
            let _ = born.send(revive(birth, around).await);
        });
        let awaited = async move {
            if started { awaited.await.unwrap_or(Err(CommandError::Overloaded)) } else { Err(CommandError::Overloaded) }
        };
        ctx.spawn(awaited.into_actor(self).map(move |outcome, this, ctx| this.woken(request, &outcome, ctx)));
    }

    fn surroundings(&self, request: RequestId, ctx: &Context<Self>) -> Surroundings {
        Surroundings {
            db: self.db.clone(),
            clock: self.clock.clone(),
            journal: self.journal.clone(),
            broadcaster: pick(&self.broadcasters, request).clone(),
            registry: ctx.address().recipient(),
            cluster: self.cluster.clone(),
            changed: self.changed.clone(),
        }
    }

    fn woken(
        &mut self,
        request: RequestId,
        outcome: &Result<Arc<AuctionHandle>, CommandError>,
        ctx: &mut Context<Self>,
    ) {
        match outcome {
            // It may have died before its name was known; then nobody heard its death notice.
            Ok(handle) if !handle.is_connected() => {
                let wait = self.backoffs.entry(request).or_default().wait();
                respawn_later(ctx, request, wait);
            }
            Ok(handle) => {
                self.orphaned.remove(&request);
                self.directory.insert(Arc::clone(handle));
                // Only after a death: a context looks at all its timers whenever it wakes, and ten thousand of them made
                // a restart three seconds longer.
                if self.backoffs.contains_key(&request) {
                    ctx.run_later(Duration::from_mins(1), move |this, _| {
                        this.backoffs.remove(&request);
                    });
                }
            }
            Err(CommandError::Store(error)) => {
                tracing::error!(auction.id = %request, %error, "registry: the journal of an auction could not be read");
                let wait = self.backoffs.entry(request).or_default().wait().max(Duration::from_secs(1));
                respawn_later(ctx, request, wait);
            }
            Err(
                CommandError::Refused(_)
                | CommandError::Busy
                | CommandError::Overloaded
                | CommandError::Unwritable
                | CommandError::Stopping
                | CommandError::Moved
                | CommandError::OutcomeUnknown,
            ) => {}
        }
        for answer in self.waking.remove(&request).into_iter().flatten() {
            let _ = answer.send(outcome.clone());
        }
    }
}

fn respawn_later(ctx: &mut Context<Registry>, request: RequestId, wait: Duration) {
    ctx.notify_later(RespawnDue { request }, wait);
}

/// One of several, the same for the same auction.
pub(super) fn pick<T>(of: &[T], request: RequestId) -> &T {
    &of[place(of.len(), request)]
}

fn place(among: usize, request: RequestId) -> usize {
    usize::try_from(request.0.unsigned_abs()).unwrap_or(0) % among.max(1)
}

struct Birth {
    request: RequestId,
    here: bool,
    generation: u64,
    shared: Option<Arc<Shared>>,
}

/// Folds a journal and starts its actor on the arbiter that runs this.
async fn revive(birth: Birth, around: Surroundings) -> Result<Arc<AuctionHandle>, CommandError> {
    let Birth { request, here, generation, shared } = birth;
    // Before the journal is read: who held it until now may have added to it until then.
    let seat = take_seat(&around, request, here).await?;
    let repeated = if shared.is_some() { REPEATED } else { 0 };
    let found = replay::fold_one(&around.db, request, repeated).await.map_err(CommandError::Store)?;
    let Some((Folded { state, hash }, happened)) = found else {
        return Err(CommandError::Refused(Refusal::UnknownRequest));
    };
    let board = state.board();
    let shared = match shared {
        Some(shared) => {
            shared.publish(Arc::new(board));
            // What was committed while nobody could say so. A room drops what it has shown before.
            let _ = around.broadcaster.try_send(broadcaster::Publish {
                request,
                happened,
                board: shared.board.load_full(),
            });
            shared
        }
        None => Arc::new(Shared::new(board)),
    };
    let cluster = around.cluster.clone();
    let desk = match seat {
        Some((hold, last_alive)) => {
            let auction = AuctionActor::new(around, Arc::clone(&shared), hold, Folded { state, hash }, generation);
            Desk::Owner(auction.recovering(last_alive).start(), hold)
        }
        None => Desk::Follower(Follower::new(around, Arc::clone(&shared), state, hash, generation).start()),
    };
    Ok(Arc::new(AuctionHandle::new(desk, shared, generation, &cluster)))
}

/// By which right this process writes an auction, and when the process was last seen that did before and is gone; `None`
/// where another does. One that this process held before it claims anew, so that nothing counts that is still on its way.
async fn take_seat(
    around: &Surroundings,
    request: RequestId,
    here: bool,
) -> Result<Option<(Hold, Option<UnixMicros>)>, CommandError> {
    let cluster = &around.cluster;
    if cluster.is_alone() {
        return Ok(Some((Hold::ALONE, None)));
    }
    let held = nodes::find_hold(&around.db, request).await.map_err(CommandError::Store)?;
    let held = held.ok_or(CommandError::Refused(Refusal::UnknownRequest))?;
    let before = held.hold.node;
    let mine = before == cluster.number() && (here || !held.terminal);
    if !(mine || here && !cluster.is_live(before)) || cluster.trouble().is_some() {
        return Ok(None);
    }
    let claimed = nodes::claim(&around.db, cluster.number(), &[held]).await.map_err(CommandError::Store)?;
    Ok(claimed.first().map(|claimed| (claimed.hold, cluster.last_alive(before))))
}

/// An auction that was folded, and what it needs to live.
struct Adopted {
    folded: Folded,
    hold: Hold,
    around: Surroundings,
    generation: u64,
    last_alive: Option<UnixMicros>,
}

/// Starts its actor on the arbiter that runs this.
fn start(adopted: Adopted) -> Arc<AuctionHandle> {
    let Adopted { folded, hold, around, generation, last_alive } = adopted;
    let shared = Arc::new(Shared::unseen(folded.state.outline()));
    let cluster = around.cluster.clone();
    let auction = AuctionActor::new(around, Arc::clone(&shared), hold, folded, generation);
    let desk = Desk::Owner(auction.recovering(last_alive).start(), hold);
    Arc::new(AuctionHandle::new(desk, shared, generation, &cluster))
}
