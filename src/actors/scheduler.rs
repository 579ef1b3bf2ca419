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
use crate::persistence::Db;
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

/// The calendar.
pub struct Scheduler {
    directory: Arc<Directory>,
    db: Db,
    clock: Clock,
    last_commit: LastCommit,
    beating: bool,
}

impl Scheduler {
    /// A calendar over these auctions.
    #[must_use]
    pub fn new(directory: Arc<Directory>, db: Db, clock: Clock, last_commit: LastCommit) -> Self {
        Self { directory, db, clock, last_commit, beating: false }
    }

    fn sweep(&self) -> usize {
        let now = self.clock.now();
        let overdue = self.directory.all().into_iter().filter(|handle| handle.alarm_at() <= now);
        overdue.map(|handle| post(&handle.addr, AlarmDue)).count()
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beating {
            return; // A slow database gets one beat at a time.
        }
        self.beating = true;
        let (db, now) = (self.db.clone(), self.clock.now());
        let beat = async move { pulse::beat(&db, now).await };
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
}

impl Actor for Scheduler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.beat(ctx);
        ctx.run_interval(SWEEP_EVERY, |this, _| {
            this.sweep();
        });
        ctx.run_interval(BEAT_EVERY, Self::beat);
    }
}

impl Handler<SweepDue> for Scheduler {
    type Result = usize;

    fn handle(&mut self, _: SweepDue, _: &mut Self::Context) -> Self::Result {
        self.sweep()
    }
}
