//! The calendar: wakes auctions whose own timer did not, and tells the database that the engine lives.
//!
//! Runs on an arbiter of its own. A flooded auction can delay its timer and those of its neighbours (actix drains a
//! mailbox before it looks at timers), and timers stand still while the machine sleeps; the sweeper reads the clock.

use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix::ActorFutureExt;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::WrapFuture;

use crate::actors::auction::AlarmDue;
use crate::actors::directory::Directory;
use crate::actors::journal::LastCommit;
use crate::actors::supervision::post;
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::idempotency;
use crate::persistence::pulse;

/// Looks for what is overdue. Posted by the scheduler's own timers and, with a clock that is moved by hand, by tests.
#[derive(Message)]
#[rtype(result = "usize")]
pub struct SweepDue;

/// How often the sweeper looks.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How often the engine gives a sign of life. It is also what notices within a second that nothing can be written, and
/// that it can again; the interruption rule counts gaps of ten seconds.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// The number in the sign of life of a process that shares its database with no other.
const ALONE: i64 = 1;

/// How often idempotency keys are forgotten that were kept long enough.
const FORGET_EVERY: Duration = Duration::from_mins(10);

/// The calendar.
pub struct Scheduler {
    directory: Arc<Directory>,
    db: Db,
    clock: Clock,
    last_commit: LastCommit,
    /// Of this process, in its sign of life.
    node: i64,
    beating: bool,
}

impl Scheduler {
    /// A calendar over these auctions.
    #[must_use]
    pub fn new(directory: Arc<Directory>, db: Db, clock: Clock, last_commit: LastCommit) -> Self {
        Self { directory, db, clock, last_commit, node: ALONE, beating: false }
    }

    /// The same in the process with this number.
    #[must_use]
    pub fn numbered(self, node: i64) -> Self {
        Self { node: node.max(ALONE), ..self }
    }

    fn sweep(&self) -> usize {
        let now = self.clock.now();
        let overdue = self.directory.all().into_iter().filter(|handle| handle.alarm_at() <= now);
        overdue.filter_map(|handle| handle.owner().map(|owner| post(owner, AlarmDue))).count()
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beating {
            return; // A slow database gets one beat at a time.
        }
        self.beating = true;
        let (db, node, now) = (self.db.clone(), self.node, self.clock.now());
        let beat = async move { pulse::beat(&db, node, now).await };
        ctx.spawn(beat.into_actor(self).map(move |outcome, this, _| {
            this.beating = false;
            match outcome {
                Ok(()) => this.last_commit.set(this.clock.now().0),
                Err(error) => {
                    this.last_commit.fail(now.0);
                    tracing::warn!(%error, "scheduler: no sign of life could be written");
                }
            }
        }));
    }

    fn forget(&mut self, ctx: &mut Context<Self>) {
        let (db, before) = (self.db.clone(), self.clock.now().minus(Span::secs(limits::KEY_KEPT_SECS)));
        let sweep = async move {
            if let Err(error) = idempotency::sweep(&db, before).await {
                tracing::warn!(%error, "scheduler: old idempotency keys could not be forgotten");
            }
        };
        ctx.spawn(sweep.into_actor(self));
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.beat(ctx);
        ctx.run_interval(SWEEP_EVERY, |this, _| {
            this.sweep();
        });
        ctx.run_interval(BEAT_EVERY, Self::beat);
        ctx.run_interval(FORGET_EVERY, Self::forget);
    }
}

impl Handler<SweepDue> for Scheduler {
    type Result = usize;

    fn handle(&mut self, _: SweepDue, _: &mut Self::Context) -> Self::Result {
        self.sweep()
    }
}
