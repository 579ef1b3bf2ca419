//! Group commit: one transaction is in flight, what arrives meanwhile is the next group.
//!
//! No timer gathers a group: the time the disk takes does. An idle journal commits a single append at once; a busy one
//! fills its groups by itself. The queue is bounded by the number of auctions, each of which has one append in flight.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use actix::Actor;
use actix::ActorFutureExt;
use actix::AsyncContext;
use actix::Context;
use actix::Handler;
use actix::Message;
use actix::ResponseFuture;
use actix::WrapFuture;
use tokio::sync::oneshot;

use crate::clock::Clock;
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
    /// Appends that wait now.
    pub waiting: usize,
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

/// When something was last committed, and whether that still works. Read by readiness, and by admission before anything
/// is decided that could not be written.
#[derive(Clone, Debug, Default)]
pub struct LastCommit(Arc<Commits>);

#[derive(Debug, Default)]
struct Commits {
    at: AtomicI64,
    failing: AtomicBool,
}

impl LastCommit {
    /// The instant in Unix microseconds; 0 before the first commit.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.0.at.load(Ordering::Relaxed)
    }

    /// Whether the database refused the last attempt: a full disk, a foreign lock, a lost server.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.0.failing.load(Ordering::Relaxed)
    }

    /// Remembers a commit at this instant, in Unix microseconds.
    pub fn set(&self, micros: i64) {
        self.0.at.store(micros, Ordering::Relaxed);
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
        Self { db, clock, last_commit, waiting: VecDeque::new(), in_flight: false, done: Observation::default() }
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
        self.commit_next(ctx);
        Box::pin(async move { answered.await.unwrap_or(Err(Failure::Unclear)) })
    }
}

impl Handler<Observe> for Journal {
    type Result = Observation;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        Observation { waiting: self.waiting.len(), ..self.done }
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
        let (db, since) = (self.db.clone(), self.clock.now().0);
        let commit = async move { append::append_group(&db, &group).await };
        ctx.spawn(commit.into_actor(self).map(move |outcomes, this, ctx| {
            this.in_flight = false;
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
