//! The sockets of people who have their notifications come by themselves: who they are, and who is to look again.
//!
//! What there is to send stands in the database, and each socket reads it behind what it sent last
//! (`session/feed.rs`). Here is only said whose list changed: at once by a hint, which may be lost, and by a look at the
//! lists of everybody here every two seconds, which is what is promised.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix::ActorFutureExt as _;
use actix::Addr;
use actix::AsyncContext as _;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::WrapFuture as _;

use crate::actors::broadcaster::CloseAll;
use crate::actors::broadcaster::Evict;
use crate::actors::outlet::Outlet;
use crate::actors::session::Session;
use crate::actors::session::feed::LookDue;
use crate::actors::supervision;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::inbox;
use crate::persistence::inbox::Head;
use crate::wire::frame;
use crate::wire::frame::CloseCode;

/// How often the lists of everybody here are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

// ------------------------------------------------------------------ what it hears

/// A socket wants to know when its owner's list changes. Sent by sessions; when the reply comes, hints reach it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Enter {
    /// Whose list.
    pub user: UserId,
    /// By which sign-in.
    pub session: SessionId,
    /// The way out, to say goodbye.
    pub outlet: Arc<Outlet>,
    /// Who is told.
    pub socket: Addr<Session>,
}

/// A socket ended. Posted by its session.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// Whose list.
    pub user: UserId,
    /// The way out.
    pub outlet: Arc<Outlet>,
}

/// These people's lists changed. Posted by whoever changed them, after the commit; where it is lost the next look sees it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Hint {
    /// Whose.
    pub users: Arc<[UserId]>,
}

/// Asks how the sockets are doing. No side effect.
#[derive(Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// What there is, and what was done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, actix::MessageResponse)]
pub struct Observation {
    /// People.
    pub people: usize,
    /// Their sockets.
    pub sockets: usize,
    /// Sockets that left because they did not keep up.
    pub slow: u64,
}

// ------------------------------------------------------------------ who it is

struct Seat {
    session: SessionId,
    outlet: Arc<Outlet>,
    socket: Addr<Session>,
}

/// Somebody with a socket here, and how their list stood when it was last looked at.
#[derive(Default)]
struct Person {
    seats: Vec<Seat>,
    seen: Option<(Option<i64>, Option<UnixMicros>)>,
}

impl Person {
    fn look(&self) {
        for seat in &self.seats {
            supervision::post(&seat.socket, LookDue);
        }
    }
}

/// Who looks after the sockets.
pub struct Feeds {
    db: Db,
    people: HashMap<UserId, Person>,
    slow: u64,
    looking: bool,
}

impl Feeds {
    /// Nobody's yet.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, people: HashMap::new(), slow: 0, looking: false }
    }

    /// Looks at everybody's list, unless a look is still under way.
    fn look(&mut self, ctx: &mut Context<Self>) {
        // Whose goodbye was lost.
        self.people.retain(|_, person| {
            person.seats.retain(|seat| seat.socket.connected());
            !person.seats.is_empty()
        });
        if self.people.is_empty() || std::mem::replace(&mut self.looking, true) {
            return;
        }
        let users: Vec<UserId> = self.people.keys().copied().collect();
        let heads = heads_of(self.db.clone(), users);
        ctx.spawn(heads.into_actor(self).map(|heads, this, _| {
            this.looking = false;
            match heads {
                Ok(heads) => heads.into_iter().for_each(|head| this.compare(&head)),
                Err(error) => tracing::warn!(%error, "whether there are new notifications is not known"),
            }
        }));
    }

    fn compare(&mut self, head: &Head) {
        let Some(person) = self.people.get_mut(&head.id) else { return };
        let now = (head.place, head.read_at);
        if person.seen.replace(now) != Some(now) {
            person.look();
        }
    }
}

async fn heads_of(db: Db, users: Vec<UserId>) -> Result<Vec<Head>, StoreError> {
    let mut heads = Vec::with_capacity(users.len());
    for some in users.chunks(limits::INSERT_ROWS_MAX) {
        heads.extend(inbox::list_heads(&db, some).await?);
    }
    Ok(heads)
}

// ------------------------------------------------------------------ how it lives

impl Actor for Feeds {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::FEEDS_MAILBOX);
        ctx.run_interval(LOOK_EVERY, Self::look);
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Enter> for Feeds {
    type Result = ();

    fn handle(&mut self, Enter { user, session, outlet, socket }: Enter, _: &mut Self::Context) {
        let seats = &mut self.people.entry(user).or_default().seats;
        // A socket that asks again is here already.
        if !seats.iter().any(|seat| Arc::ptr_eq(&seat.outlet, &outlet)) {
            seats.push(Seat { session, outlet, socket });
        }
    }
}

impl Handler<Leave> for Feeds {
    type Result = ();

    fn handle(&mut self, Leave { user, outlet }: Leave, _: &mut Self::Context) {
        self.slow += u64::from(outlet.was_slow());
        let Some(person) = self.people.get_mut(&user) else { return };
        person.seats.retain(|seat| !Arc::ptr_eq(&seat.outlet, &outlet));
        if person.seats.is_empty() {
            self.people.remove(&user);
        }
    }
}

impl Handler<Hint> for Feeds {
    type Result = ();

    fn handle(&mut self, Hint { users }: Hint, _: &mut Self::Context) {
        users.iter().filter_map(|user| self.people.get(user)).for_each(Person::look);
    }
}

impl Handler<Evict> for Feeds {
    type Result = ();

    fn handle(&mut self, Evict { sessions }: Evict, _: &mut Self::Context) {
        let seats = self.people.values().flat_map(|person| &person.seats);
        for seat in seats.filter(|seat| sessions.contains(&seat.session)) {
            seat.outlet.close(CloseCode::SignIn);
        }
    }
}

impl Handler<CloseAll> for Feeds {
    type Result = ();

    fn handle(&mut self, _: CloseAll, _: &mut Self::Context) {
        let random = RandomState::new();
        for (seat, told) in self.people.values().flat_map(|person| &person.seats).zip(0_u64..) {
            let spread = random.hash_one(told) % limits::RESTART_RETRY_MILLIS_SPREAD;
            seat.outlet.close_with(frame::restart(limits::RESTART_RETRY_MILLIS_MIN + spread));
        }
    }
}

impl Handler<Observe> for Feeds {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let sockets = self.people.values().map(|person| person.seats.len()).sum();
        Observation { people: self.people.len(), sockets, slow: self.slow }
    }
}
