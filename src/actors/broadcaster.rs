//! Fan-out of committed events to everybody who looks on.
//!
//! Auctions post what they committed; passes then encode and write. Natural batching: a publish only gathers and asks for
//! a pass, and the pass runs when the mailbox is empty, so what arrives while one pass writes goes out together from the
//! next on. Nothing here waits: a socket that does not take its frames is its [`Outlet`]'s trouble.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix::Addr;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use bytes::Bytes;

use crate::actors::directory::AuctionHandle;
use crate::actors::outlet::Outlet;
use crate::actors::registry;
pub use crate::actors::room::BoardSource;
use crate::actors::room::Newcomer;
use crate::actors::room::Room;
use crate::clock::Clock;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::view::Class;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::limits;
use crate::wire::board::Names;
use crate::wire::frame::CloseCode;
use crate::wire::frame::Since;

// ------------------------------------------------------------------ what it hears

/// What an auction committed. Posted by the auction after the commit, never before; it may be lost when the mailbox is
/// full, and the room then sees the gap with the next one and sends snapshots.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct Publish {
    /// The auction.
    pub request: RequestId,
    /// Its new events, in order, without a gap.
    pub happened: Vec<Happened>,
    /// The board after them.
    pub board: Arc<Board>,
}

/// Lets a socket into a room, or brings it up to date. Sent by sessions, which have checked that it may.
///
/// When the reply comes the socket has been sent what it missed, or a snapshot.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join {
    /// The room.
    pub request: RequestId,
    /// What the viewer may see.
    pub class: Class,
    /// Who looks.
    pub viewer: UserId,
    /// By which sign-in.
    pub session: SessionId,
    /// Where its frames go.
    pub outlet: Arc<Outlet>,
    /// Where it stands, when it comes back.
    pub since: Option<Since>,
    /// Whether this socket is in the room already.
    pub again: bool,
    /// Where the room reads its board.
    pub source: Arc<dyn BoardSource>,
}

/// A socket ended. Posted by its session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// The room.
    pub request: RequestId,
    /// Who looked.
    pub viewer: UserId,
    /// The socket.
    pub outlet: Arc<Outlet>,
}

/// Something that is no event of the auction and has no `seq`, such as a question. Posted by `flows::questions` when it is
/// durable; where it is lost the list has it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Tell {
    /// The room.
    pub request: RequestId,
    /// The frame, the same for everybody.
    pub frame: Bytes,
}

/// The server goes down: everybody is told to reconnect. The reply comes when all have been told.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseAll;

/// Sign-ins ended before their time: their sockets are told to sign in again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Evict {
    /// The sign-ins.
    pub sessions: Arc<[SessionId]>,
}

/// A merchant may look on no more: in these rooms their sockets are told that the room is not theirs.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Expel {
    /// The merchant.
    pub viewer: UserId,
    /// The rooms; another broadcaster's are passed over.
    pub requests: Arc<[RequestId]>,
}

/// Asks how the rooms are doing. No side effect.
#[derive(Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// What a broadcaster has, and has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, actix::MessageResponse)]
pub struct Observation {
    /// Rooms.
    pub rooms: usize,
    /// Sockets in them.
    pub sockets: usize,
    /// Sockets that left because they did not keep up.
    pub slow: u64,
    /// Sign-ins whose sockets were closed because they ended, and merchants who were shown out of a room.
    pub evicted: u64,
}

/// A pass is due. Sent by the broadcaster to itself.
#[derive(Message)]
#[rtype(result = "()")]
struct PassDue;

// ------------------------------------------------------------------ who it is

/// How often empty rooms are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(20);
/// A room is kept for so long without anybody, so that a reconnect finds its buffer.
const EMPTY_FOR: Span = Span::secs(60);

/// Some of the rooms: an auction's broadcaster is chosen by its id.
pub struct Broadcaster {
    clock: Clock,
    names: Arc<dyn Names + Send + Sync>,
    rooms: HashMap<RequestId, Room>,
    /// Rooms where somebody has not had everything.
    dirty: HashSet<RequestId>,
    pass_due: bool,
    slow: u64,
    evicted: u64,
}

impl Broadcaster {
    /// A broadcaster without rooms.
    #[must_use]
    pub fn new(clock: Clock, names: Arc<dyn Names + Send + Sync>) -> Self {
        let (rooms, dirty) = (HashMap::new(), HashSet::new());
        Self { clock, names, rooms, dirty, pass_due: false, slow: 0, evicted: 0 }
    }
}

impl BoardSource for AuctionHandle {
    fn board(&self) -> Arc<Board> {
        Self::last_board(self)
    }

    fn set_watched(&self, watched: bool) {
        Self::set_watched(self, watched);
    }
}

/// The broadcaster of a room.
#[must_use]
pub fn of(all: &[Addr<Broadcaster>], request: RequestId) -> &Addr<Broadcaster> {
    registry::pick(all, request)
}

impl Broadcaster {
    /// Asks for a pass of this room.
    fn due(&mut self, request: RequestId, ctx: &mut Context<Self>) {
        self.dirty.insert(request);
        if !self.pass_due {
            self.pass_due = true;
            // Not to the mailbox but to the context, which polls its own futures when the mailbox is empty.
            ctx.notify(PassDue);
        }
    }
}

/// Differs between two lives of a room, also across restarts. Not a secret.
fn new_epoch() -> String {
    format!("{:016x}", RandomState::new().hash_one(0_u8))
}

/// When the next socket is to come back: they are spread, so that the successor is not met by all of them at once.
fn retry_ms(random: &RandomState, told: &mut u64) -> u64 {
    *told += 1;
    limits::RESTART_RETRY_MILLIS_MIN + random.hash_one(*told) % limits::RESTART_RETRY_MILLIS_SPREAD
}

// ------------------------------------------------------------------ how it lives

impl Actor for Broadcaster {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::BROADCASTER_MAILBOX);
        ctx.run_interval(SWEEP_EVERY, |this, _| {
            let before = this.clock.now().minus(EMPTY_FOR);
            this.rooms.retain(|_, room| !room.rest(before));
        });
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Publish> for Broadcaster {
    type Result = ();

    fn handle(&mut self, publish: Publish, ctx: &mut Self::Context) {
        // No room: everybody left since it was posted.
        let Some(room) = self.rooms.get_mut(&publish.request) else { return };
        let now = self.clock.now();
        if room.take(&publish.happened, publish.board, new_epoch, now) {
            room.flush(now);
            return;
        }
        self.due(publish.request, ctx);
    }
}

impl Handler<Tell> for Broadcaster {
    type Result = ();

    fn handle(&mut self, Tell { request, frame }: Tell, ctx: &mut Self::Context) {
        let Some(room) = self.rooms.get_mut(&request) else { return };
        let now = self.clock.now();
        if room.tell(&frame) {
            room.flush(now);
            return;
        }
        self.due(request, ctx);
    }
}

impl Handler<PassDue> for Broadcaster {
    type Result = ();

    fn handle(&mut self, _: PassDue, ctx: &mut Self::Context) {
        self.pass_due = false;
        let now = self.clock.now();
        for request in std::mem::take(&mut self.dirty) {
            // A large room is served in several passes, and others between them.
            if self.rooms.get_mut(&request).is_some_and(|room| !room.pass(now)) {
                self.due(request, ctx);
            }
        }
    }
}

impl Handler<Join> for Broadcaster {
    type Result = ();

    fn handle(&mut self, join: Join, _: &mut Self::Context) {
        let Join { request, class, viewer, session, outlet, since, again, source } = join;
        let names = &self.names;
        let room = self.rooms.entry(request).or_insert_with(|| Room::new(source, Arc::clone(names), new_epoch()));
        room.join(Newcomer { class, viewer, session, outlet, since, again }, self.clock.now());
    }
}

impl Handler<Leave> for Broadcaster {
    type Result = ();

    fn handle(&mut self, leave: Leave, _: &mut Self::Context) {
        self.slow += u64::from(leave.outlet.was_slow());
        if let Some(room) = self.rooms.get_mut(&leave.request) {
            room.leave(leave.viewer, &leave.outlet, self.clock.now());
        }
    }
}

impl Handler<Evict> for Broadcaster {
    type Result = ();

    fn handle(&mut self, Evict { sessions }: Evict, _: &mut Self::Context) {
        self.evicted += u64::try_from(sessions.len()).unwrap_or(u64::MAX);
        for room in self.rooms.values() {
            room.close(CloseCode::SignIn, |_, session| sessions.contains(&session));
        }
    }
}

impl Handler<Expel> for Broadcaster {
    type Result = ();

    fn handle(&mut self, Expel { viewer, requests }: Expel, _: &mut Self::Context) {
        for room in requests.iter().filter_map(|request| self.rooms.get(request)) {
            self.evicted += u64::from(room.close(CloseCode::NotYours, |who, _| who == viewer));
        }
    }
}

impl Handler<Observe> for Broadcaster {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let sockets = self.rooms.values().map(Room::sockets).sum();
        Observation { rooms: self.rooms.len(), sockets, slow: self.slow, evicted: self.evicted }
    }
}

impl Handler<CloseAll> for Broadcaster {
    type Result = ();

    fn handle(&mut self, _: CloseAll, _: &mut Self::Context) {
        let now = self.clock.now();
        let (random, mut told) = (RandomState::new(), 0);
        for room in self.rooms.values_mut() {
            room.flush(now);
            room.restart(|| retry_ms(&random, &mut told));
        }
    }
}
