//! Group commit: one transaction is in flight, what arrives meanwhile is the next group.
//!
//! No timer gathers a group: the time the disk takes does. An idle journal commits a single append at once; a busy one
//! fills its groups by itself. The queue is bounded by the number of auctions, each of which has one append in flight.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use actix::Actor;
use actix::ActorFutureExt;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::ResponseFuture;
use actix::WrapFuture;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::append;
use crate::persistence::append::AppendError;
use crate::persistence::append::Outcomes;
use crate::persistence::error::StoreError;
use crate::persistence::journal;

// ------------------------------------------------------------------ what it hears

/// Makes one auction's new entries durable. Sent by auctions, one at a time each.
///
/// `Ok` means committed.
#[derive(Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct Append(pub journal::Append);

/// Asks how the journal is doing. No side effect.
#[derive(Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// What the journal has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, actix::MessageResponse)]
pub struct Observation {
    /// Groups of which something was committed.
    pub groups: u64,
    /// Appends in them.
    pub appends: u64,
    /// Groups of which a part is unclear.
    pub unclear: u64,
    /// Appends that were refused because another writer had gone on.
    pub superseded: u64,
    /// Appends that wait.
    pub waiting: Level,
    /// Transactions by the number of their appends: at most 1, 2, 4 … 128, 256.
    pub sizes: [u64; 9],
}

/// Why an append is not known to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The commit failed or its answer was lost: the entries may be there or not, and only reading the journal tells.
    Unclear,
    /// They are certainly not there: another writer has gone on with this auction.
    Superseded,
}

// ------------------------------------------------------------------ who it is

/// Seconds of a transaction: a flush of a good disk takes a fraction of a millisecond, of a poor one tens.
const TOOK_BOUNDS: [f64; 11] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Seconds between a deadline and the decision that it has come.
const LATE_BOUNDS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// When something was last committed, and whether that still works. Read by readiness, and by admission before anything
/// is decided that could not be written.
#[derive(Clone, Debug, Default)]
pub struct LastCommit(Arc<Commits>);

#[derive(Debug)]
struct Commits {
    at: AtomicI64,
    failing: AtomicBool,
    /// The age of a commit is measured by the machine's own time, which nobody sets.
    begun: Instant,
    /// Since then, in milliseconds; `u64::MAX` before the first commit.
    last: AtomicU64,
    took: Histogram,
    lateness: Histogram,
}

impl Default for Commits {
    fn default() -> Self {
        let (at, failing) = (AtomicI64::new(0), AtomicBool::new(false));
        let last = AtomicU64::new(u64::MAX);
        let (took, lateness) = (Histogram::new(TOOK_BOUNDS), Histogram::new(LATE_BOUNDS));
        Self { at, failing, begun: Instant::now(), last, took, lateness }
    }
}

impl LastCommit {
    /// The instant in Unix microseconds; 0 before the first commit.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.0.at.load(Ordering::Relaxed)
    }

    /// How long ago that was, by a clock that nobody sets; `None` before the first commit.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let last = self.0.last.load(Ordering::Relaxed);
        (last < u64::MAX).then(|| self.0.begun.elapsed().saturating_sub(Duration::from_millis(last)))
    }

    /// How long the journal's transactions took, in seconds, and how long after their deadlines auctions closed.
    #[must_use]
    pub fn histograms(&self) -> (Histogram, Histogram) {
        (self.0.took.clone(), self.0.lateness.clone())
    }

    /// Whether the database refused the last attempt: a full disk, a foreign lock, a lost server.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.0.failing.load(Ordering::Relaxed)
    }

    /// Remembers a commit at this instant, in Unix microseconds.
    pub fn set(&self, micros: i64) {
        self.0.at.store(micros, Ordering::Relaxed);
        let since = u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.last.store(since, Ordering::Relaxed);
        self.0.failing.store(false, Ordering::Relaxed);
    }

    /// Remembers an attempt that began at this instant, in Unix microseconds, and failed, unless another has committed
    /// since: then the attempt waited for its turn in vain, and the database is well.
    pub fn fail(&self, since: i64) {
        if self.micros() <= since {
            self.0.failing.store(true, Ordering::Relaxed);
        }
    }
}

/// The one writer of auction events.
pub struct Journal {
    db: Db,
    clock: Clock,
    last_commit: LastCommit,
    waiting: VecDeque<Waiting>,
    most: HighWater,
    in_flight: bool,
    done: Observation,
}

struct Waiting {
    append: journal::Append,
    answer: oneshot::Sender<Result<(), Failure>>,
}

impl Journal {
    /// A journal on this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, last_commit: LastCommit) -> Self {
        let (waiting, most, done) = (VecDeque::new(), HighWater::default(), Observation::default());
        Self { db, clock, last_commit, waiting, most, in_flight: false, done }
    }
}

// ------------------------------------------------------------------ how it lives

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(limits::JOURNAL_QUEUE_MAX);
    }
}

// ------------------------------------------------------------------ what it does

impl Handler<Append> for Journal {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, Append(append): Append, ctx: &mut Self::Context) -> Self::Result {
        let (answer, answered) = oneshot::channel();
        self.waiting.push_back(Waiting { append, answer });
        self.most.saw(self.waiting.len());
        self.commit_next(ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(Failure::Unclear)) })
    }
}

impl Handler<Observe> for Journal {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        Observation { waiting: self.most.level(self.waiting.len(), limits::JOURNAL_QUEUE_MAX), ..self.done }
    }
}

impl Journal {
    fn commit_next(&mut self, ctx: &mut Context<Self>) {
        if self.in_flight || self.waiting.is_empty() {
            return;
        }
        let size = self.waiting.len().min(limits::GROUP_APPENDS_MAX);
        let (group, answers): (Vec<_>, Vec<_>) = self.waiting.drain(..size).map(|w| (w.append, w.answer)).unzip();
        self.in_flight = true;
        for late in group.iter().filter_map(lateness) {
            self.last_commit.0.lateness.observe(late.as_secs_f64());
        }
        let (db, since, begun) = (self.db.clone(), self.clock.now().0, Instant::now());
        let commit = async move { append::append_group(&db, &group).await };
        ctx.spawn(commit.into_actor(self).map(move |outcomes, this, ctx| {
            this.in_flight = false;
            this.last_commit.0.took.observe(begun.elapsed().as_secs_f64());
            this.note(&outcomes, since);
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                let outcome = outcome.map_err(|error| match error {
                    AppendError::Superseded => Failure::Superseded,
                    AppendError::Store(_) => Failure::Unclear,
                });
                // A receiver that is gone belongs to an auction that died; its successor reads the journal.
                let _ = answer.send(outcome);
            }
            this.commit_next(ctx);
        }));
    }

    /// Counts what became of a group that was begun at `since`.
    fn note(&mut self, outcomes: &Outcomes, since: i64) {
        let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        if committed > 0 {
            self.done.groups += 1;
            let at = usize::try_from(committed.next_power_of_two().ilog2()).unwrap_or(0);
            self.done.sizes[at.min(self.done.sizes.len() - 1)] += 1;
            self.done.appends += u64::try_from(committed).unwrap_or(0);
            self.last_commit.set(self.clock.now().0);
        }
        let superseded = outcomes.iter().filter(|outcome| **outcome == Err(AppendError::Superseded)).count();
        if superseded > 0 {
            self.done.superseded += u64::try_from(superseded).unwrap_or(0);
            tracing::warn!(superseded, "journal: another writer has gone on with auctions of this process");
        }
        let unclear = outcomes.iter().find_map(|outcome| match outcome {
            Err(AppendError::Store(error)) => Some(error),
            Ok(()) | Err(AppendError::Superseded) => None,
        });
        if let Some(error) = unclear {
            self.done.unclear += 1;
            // A row that is taken or missing is one auction's trouble; the database is well.
            if !matches!(error, StoreError::Duplicate { .. } | StoreError::Missing) {
                self.last_commit.fail(since);
            }
            let group = outcomes.len();
            tracing::error!(%error, group, "journal: the commit failed; its bids are answered outcome_unknown");
        }
    }
}

/// How long after its deadline an auction was closed, where that is what an append is about.
fn lateness(append: &journal::Append) -> Option<Duration> {
    let closed = |event: &Event| matches!(event, Event::Closed { cause: CloseCause::Deadline });
    let entry = append.entries.iter().find(|entry| closed(&entry.event))?;
    let late = entry.at.since(append.head.closes_at).0;
    Some(Duration::from_micros(u64::try_from(late).unwrap_or(0)))
}
