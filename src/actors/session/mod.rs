//! One socket: of a live room, or of somebody's own notifications.
//!
//! An ordinary actor on the http worker that accepted the connection. It hears the peer (decoded by `inbound`), asks
//! the same [`Bidding`] or [`Inbox`] that REST asks, and writes through the socket's [`Outlet`], which whoever looks after the
//! topic's sockets writes through as well. What is said here is the same for both topics; `room` and `feed` have what is their
//! own. Its heartbeat runs on a timer of its own: actix-web-actors' context polls its actor only while the socket is
//! writable, so there a peer that stopped reading is never noticed (measured).

pub mod feed;
mod inbound;
mod reading;
mod room;
pub mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix::ActorContext;
use actix::ActorFutureExt as _;
use actix::Addr;
use actix::AsyncContext;
use actix::Context;
use actix::Running;
use actix::WrapFuture as _;
use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::actors::bidding::Bidding;
use crate::actors::broadcaster;
use crate::actors::broadcaster::Broadcaster;
use crate::actors::broadcaster::Leave;
use crate::actors::feeds;
use crate::actors::inbox::Inbox;
use crate::actors::outlet::Outlet;
use crate::actors::session::feed::Progress;
use crate::actors::session::inbound::Heard;
use crate::actors::session::inbound::Inbound;
use crate::actors::session::reading::Reading;
use crate::actors::session::upgrade::Admitted;
use crate::actors::session::upgrade::Topic;
use crate::actors::supervision;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::limits;
use crate::wire::frame;
use crate::wire::frame::Ask;
use crate::wire::frame::CloseCode;
use crate::wire::frame::Pong;
use crate::wire::frame::Reply;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::value::Timestamp;

/// How long a socket may stay without saying who it is.
const AUTH_WITHIN: Duration = Duration::from_secs(5);
/// A Ping at least this often.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A socket outside its room learns after so long that its sign-in ended.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// A peer from which nothing came for so long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(40);

// ------------------------------------------------------------------ who it is

/// Who somebody proved to be, and until when the proof holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub kind: UserKind,
    /// The sign-in.
    pub session: SessionId,
    /// When the proof was issued.
    pub since: UnixMicros,
    /// When the proof ends.
    pub until: UnixMicros,
}

/// Who the bearer of an access token is; `None` when it proves nothing.
pub type Authenticate = Box<dyn Fn(&str) -> Option<Caller> + Send + Sync>;

/// Whether somebody who proved who they are may stay: their sign-in was not ended since.
pub type MayStay = Box<dyn Fn(&Caller) -> bool + Send + Sync>;

/// What sessions need of the world. One for all of them.
pub struct Surroundings {
    /// Bidding, with the door to the auctions.
    pub bidding: Bidding,
    /// What people were told, with whoever looks after its sockets.
    pub inbox: Inbox,
    /// The rooms' broadcasters.
    pub broadcasters: Vec<Addr<Broadcaster>>,
    /// Reads tokens. A closure, because tokens belong to a higher layer.
    pub authenticate: Authenticate,
    /// Asked again with every command: sign-ins end before their tokens do.
    pub may_stay: MayStay,
}

/// A socket that was just upgraded.
pub struct Upgraded {
    /// What its handshake said.
    pub admitted: Admitted,
    /// The socket.
    pub outlet: Arc<Outlet>,
    /// What its peer sent right behind the handshake.
    pub early: Bytes,
}

/// One socket.
pub struct Session {
    around: Arc<Surroundings>,
    topic: Topic,
    feed: Progress,
    caller: Option<Caller>,
    language: Language,
    outlet: Arc<Outlet>,
    inbound: Inbound,
    /// Whether bytes are waited for. Not while as many commands as may be wait for their answer.
    reading: bool,
    /// Whether it asked to be let in.
    joined: bool,
    in_flight: usize,
    heard_at: Instant,
    /// A Close frame went or came: nothing else is heard.
    closing: bool,
    /// Dropped with the session; that ends the connection.
    _over: oneshot::Sender<()>,
}

impl Session {
    /// Starts on the current arbiter. What is returned resolves when the session is over.
    #[must_use]
    pub fn begin(around: Arc<Surroundings>, socket: Upgraded) -> oneshot::Receiver<()> {
        let (over, ended) = oneshot::channel();
        let Upgraded { admitted: Admitted { topic, caller, language }, outlet, early } = socket;
        let mut inbound = Inbound::new();
        inbound.feed(early);
        Self::create(|ctx| {
            ctx.set_mailbox_capacity(limits::SESSION_MAILBOX);
            Self {
                around,
                topic,
                feed: Progress::default(),
                caller,
                language,
                outlet,
                inbound,
                reading: false,
                joined: false,
                in_flight: 0,
                heard_at: Instant::now(),
                closing: false,
                _over: over,
            }
        });
        ended
    }
}

// ------------------------------------------------------------------ how it lives

impl Actor for Session {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(PING_EVERY, Self::beat);
        if self.caller.is_some() {
            // Who proved itself in the handshake wants to come in; it need not ask.
            match self.topic {
                Topic::Room(request) => self.join_room(request, None, None, ctx),
                Topic::Feed => self.join_feed(None, None, ctx),
            }
        } else {
            ctx.run_later(AUTH_WITHIN, |this, _| {
                if this.caller.is_none() {
                    this.close(CloseCode::SignIn);
                }
            });
        }
        self.listen(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.outlet.kill();
        if let (true, Some(caller)) = (self.joined, self.caller) {
            let (user, outlet) = (caller.user, Arc::clone(&self.outlet));
            // A full mailbox loses it; the room drops the outlet at its next frame, the feeds with their next look.
            match self.topic {
                Topic::Room(request) => {
                    let leave = Leave { request, viewer: user, outlet };
                    supervision::post(broadcaster::of(&self.around.broadcasters, request), leave);
                }
                Topic::Feed => supervision::post(self.around.inbox.feeds(), feeds::Leave { user, outlet }),
            }
        }
        Running::Stop
    }
}

impl Session {
    /// Hears what has come, and then waits for more.
    ///
    /// While as many commands as may be wait for their answer nothing else is heard: what the peer sends meanwhile stays
    /// in the kernel, and its own writes wait when that is full. To refuse the ninth was rejected: a client that sends
    /// many at once would have to notice each refusal and repeat it.
    fn listen(&mut self, ctx: &mut Context<Self>) {
        while !self.closing {
            if self.in_flight >= limits::SESSION_IN_FLIGHT_MAX {
                return;
            }
            match self.inbound.next() {
                Ok(Some(heard)) => self.hear(heard, ctx),
                Ok(None) => break,
                Err(code) => self.close(code),
            }
        }
        if !std::mem::replace(&mut self.reading, true) {
            let reading = Reading(self.outlet.socket());
            ctx.spawn(reading.into_actor(self).map(Self::came));
        }
    }

    fn came(bytes: Option<Bytes>, this: &mut Self, ctx: &mut Context<Self>) {
        this.reading = false;
        let Some(bytes) = bytes else { return ctx.stop() };
        this.heard_at = Instant::now();
        // Behind a goodbye only the end of the stream is waited for.
        if !this.closing {
            this.inbound.feed(bytes);
        }
        this.listen(ctx);
    }

    /// Asks whether the peer lives and may stay, and again before it would be dead.
    fn beat(&mut self, ctx: &mut Context<Self>) {
        if !self.reading {
            // Whom nobody listens to cannot be silent.
            self.heard_at = Instant::now();
        }
        let silent = self.heard_at.elapsed();
        if silent >= DEAD_AFTER {
            self.outlet.kill();
            return ctx.stop();
        }
        if self.caller.is_some() && !self.may_stay() {
            self.close(CloseCode::SignIn);
        }
        if self.topic == Topic::Feed && !self.around.inbox.feeds().connected() {
            // Nobody says any more when there is something new.
            self.close(CloseCode::Restart);
        }
        self.outlet.send_if_idle(frame::ping());
        ctx.run_later(PING_EVERY.min(DEAD_AFTER.saturating_sub(silent)), Self::beat);
    }

    /// Asks whether it may stay, until it is in: from there on somebody else is told when it may not.
    fn look(&mut self, ctx: &mut Context<Self>) {
        if self.joined || self.closing {
            return;
        }
        if !self.may_stay() {
            return self.close(CloseCode::SignIn);
        }
        ctx.run_later(LOOK_EVERY, Self::look);
    }

    fn close(&mut self, code: CloseCode) {
        self.closing = true;
        self.outlet.close(code);
    }

    fn may_stay(&self) -> bool {
        let now = self.around.bidding.clock().now();
        self.caller.is_some_and(|caller| now < caller.until && (self.around.may_stay)(&caller))
    }
}

// ------------------------------------------------------------------ what it does

impl Session {
    fn hear(&mut self, heard: Heard, ctx: &mut Context<Self>) {
        match heard {
            Heard::Text(text) => self.answer(&text, ctx),
            Heard::Ping(payload) => {
                self.outlet.send_frame(frame::pong(&payload));
            }
            Heard::Pong => {}
            Heard::Close(code) => {
                self.closing = true;
                self.outlet.close_with(frame::close_echo(code));
            }
        }
    }

    fn answer(&mut self, text: &ByteString, ctx: &mut Context<Self>) {
        let (id, ask) = frame::read(text);
        match ask {
            Ok(Ask::Auth { token }) => self.authenticate(id, &token, ctx),
            Ok(Ask::Ping { t0 }) => {
                let t1 = Timestamp(self.around.bidding.clock().now());
                self.outlet.send_frame(frame::json(&Pong { r#type: "pong", id, t0, t1 }));
            }
            Ok(_) if !self.may_stay() => self.close(CloseCode::SignIn),
            Ok(ask) => match self.topic {
                Topic::Room(request) => self.ask_room(request, &ask, id, ctx),
                Topic::Feed => self.ask_feed(&ask, id, ctx),
            },
            Err(problem) => self.refuse(id, &problem),
        }
    }

    fn authenticate(&mut self, id: Option<&RawValue>, token: &str, ctx: &mut Context<Self>) {
        match (self.around.authenticate)(token) {
            // A later token of the same sign-in lengthens its stay.
            Some(caller) if self.caller.is_none_or(|known| known.session == caller.session) => {
                if self.caller.replace(caller).is_none() {
                    ctx.run_later(LOOK_EVERY, Self::look);
                }
                self.reply(id, &true);
            }
            _ => self.close(CloseCode::SignIn),
        }
    }

    fn answered(&mut self, ctx: &mut Context<Self>) {
        self.in_flight -= 1;
        self.listen(ctx);
    }

    fn reply<T: Serialize>(&self, id: Option<&RawValue>, ok: &T) {
        self.outlet.send_frame(frame::json(&Reply { r#type: "reply", id, ok: Some(ok), problem: None }));
    }

    fn refuse(&self, id: Option<&RawValue>, problem: &Problem) {
        let problem = problem.render(self.language, None);
        let reply = Reply::<bool> { r#type: "reply", id, ok: None, problem: Some(problem) };
        self.outlet.send_frame(frame::json(&reply));
    }
}

#[cfg(test)]
mod tests;
