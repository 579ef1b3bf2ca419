//! Sends what is due by short message, letter and push.
//!
//! One loop for each way, so that a provider that hangs holds up its own messages alone. It wakes when something was planned
//! (`persistence/wake.rs`), when the next delivery is due, and now and then. A delivery is claimed, handed over and settled; who
//! dies in between leaves a claim that runs out, and whoever finds it hands the message over again under the same reference, by
//! which a provider knows it. A provider that does not work is left alone by its breaker: what is for it waits, and no attempt of
//! it is counted (docs/decisions/0025).

mod attempt;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::actors::subjects::Subjects;
use crate::clock::Clock;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::message::Device;
use crate::domain::notice::Channel;
use crate::domain::notice::Notice;
use crate::domain::notice_plan;
use crate::domain::notice_plan::Now;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::drivers::breaker::Breakers;
use crate::drivers::email::Email;
use crate::drivers::push::Push;
use crate::drivers::sms::Sms;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::devices;
use crate::persistence::devices::Listed;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::planning;
use crate::persistence::sending;
use crate::persistence::sending::Job;
use crate::persistence::sending::Outcome;
use crate::persistence::sending::Settled;
use crate::persistence::told;
use crate::persistence::wake::Work;
use crate::wire::notice::Text;

/// How often it is looked whether anything is due of which nobody said so.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The next look is no sooner where this one led to nothing, though something is due.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How often the backlog is counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// The ways that lead out.
const WAYS: [Channel; 3] = [Channel::Push, Channel::Sms, Channel::Email];

/// Deliveries by way, provider and what became of them.
pub type Outcomes = Family<[(&'static str, String); 3], Counter>;

/// The ways out.
#[derive(Clone)]
pub struct Ways {
    /// Short messages.
    pub sms: Sms,
    /// Letters.
    pub email: Email,
    /// Pushes.
    pub push: Push,
}

/// Who sends. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    db: Db,
    clock: Clock,
    ways: Ways,
    /// Where the application is, for links.
    base: Arc<str>,
    breakers: Breakers,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    outcomes: Outcomes,
    waiting: [AtomicI64; WAYS.len()],
    oldest: [AtomicI64; WAYS.len()],
    dead: AtomicI64,
    unplanned_since: AtomicI64,
}

/// What waits for a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The way.
    pub channel: Channel,
    /// How many deliveries.
    pub deliveries: i64,
    /// For how long the first of them has been due.
    pub overdue: Span,
}

/// What waits to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// For each way.
    pub ways: [Waiting; WAYS.len()],
    /// How many deliveries were given up.
    pub dead: i64,
    /// For how long the first notice waits of which nobody decided yet by which ways it goes.
    pub unplanned: Span,
}

/// A delivery that was claimed, with what it needs.
struct Taken {
    job: Job,
    /// Until when it is ours.
    until: UnixMicros,
    /// The notice and what it says; `None` where it cannot be read.
    told: Option<(Notice, Text)>,
    /// The device to push to, while its owner has it.
    device: Option<Device>,
    /// What is to be done with it, after all.
    then: Now,
    /// Whether the provider's breaker was asked.
    allowed: bool,
}

/// What a look led to.
enum Looked {
    /// Something was sent or given up.
    Ended,
    /// Nothing was; look again after so long, or when somebody says that there is something.
    Nothing { pause: Duration },
}

impl Notifier {
    /// Sends by these ways; `base` is the public address of the application.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ways: Ways, base: &str) -> Self {
        let counts = Counts::default();
        // From the start, so that alarms have something to look at.
        drop(counts.outcomes.get_or_create(&labels(Channel::Sms, ways.sms.provider(), "sent")));
        Self { db, clock, ways, base: base.into(), breakers: Breakers::default(), counts: Arc::new(counts) }
    }

    /// What browsers subscribe with, in base64url; `None` where nothing is pushed to browsers.
    #[must_use]
    pub fn push_key(&self) -> Option<&str> {
        self.ways.push.public_key()
    }

    /// What became of deliveries, counted.
    #[must_use]
    pub fn outcomes(&self) -> &Outcomes {
        &self.counts.outcomes
    }

    /// What waits, as it was counted last.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let now = self.clock.now();
        let age = |since: &AtomicI64| match since.load(Ordering::Relaxed) {
            0 => Span::ZERO,
            since => now.since(UnixMicros(since)).max(Span::ZERO),
        };
        let ways = std::array::from_fn(|at| Waiting {
            channel: WAYS[at],
            deliveries: self.counts.waiting[at].load(Ordering::Relaxed),
            overdue: age(&self.counts.oldest[at]),
        });
        let unplanned = age(&self.counts.unplanned_since);
        Backlog { ways, dead: self.counts.dead.load(Ordering::Relaxed), unplanned }
    }

    /// Sends for as long as it is polled.
    pub async fn keep(self) {
        let [push, sms, email] = WAYS;
        tokio::join!(self.keep_sending(push), self.keep_sending(sms), self.keep_sending(email), self.keep_counting());
    }

    async fn keep_sending(&self, channel: Channel) {
        let mut bell = self.db.bells().listen(Work::Sending(channel));
        loop {
            match self.look(channel).await {
                // There may be more.
                Ok(Looked::Ended) => {}
                Ok(Looked::Nothing { pause }) => bell.wait(pause).await,
                Err(error) => {
                    tracing::warn!(channel = channel.word(), %error, "what is due could not be sent");
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }
    }

    /// Sends what is due, if anything is: one question to the database where nothing is.
    async fn look(&self, channel: Channel) -> Result<Looked, StoreError> {
        let next = sending::next_due(&self.db, channel).await?;
        let wait = next.map_or(LOOK_EVERY, |at| {
            Duration::from_micros(at.since(self.clock.now()).max(Span::ZERO).0.unsigned_abs())
        });
        if wait.is_zero() && self.round(channel).await? > 0 {
            return Ok(Looked::Ended);
        }
        Ok(Looked::Nothing { pause: wait.clamp(AGAIN_AFTER, LOOK_EVERY) })
    }

    async fn keep_counting(&self) {
        loop {
            if let Err(error) = self.count().await {
                tracing::warn!(%error, "what waits to be sent could not be counted");
            }
            tokio::time::sleep(COUNT_EVERY).await;
        }
    }

    async fn count(&self) -> Result<(), StoreError> {
        let counted = sending::count(&self.db).await?;
        for (at, channel) in WAYS.into_iter().enumerate() {
            let of = counted.backlog.iter().find(|of| of.channel == channel.word());
            self.counts.waiting[at].store(of.map_or(0, |of| of.waiting), Ordering::Relaxed);
            self.counts.oldest[at].store(of.map_or(0, |of| of.oldest.0), Ordering::Relaxed);
        }
        self.counts.dead.store(counted.dead, Ordering::Relaxed);
        let unplanned_since = counted.unplanned_since.map_or(0, |since| since.0);
        self.counts.unplanned_since.store(unplanned_since, Ordering::Relaxed);
        Ok(())
    }

    /// Sends what is due by a way until nothing is, and tells how many deliveries came to an end. Others are begun as soon as some
    /// are over, so one that takes long holds up no other; what is over at the same moment is written down together.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not settled is sent again, under the same references.
    pub async fn round(&self, channel: Channel) -> Result<usize, StoreError> {
        let at_once = usize::try_from(limits::SENT_AT_ONCE_MAX).unwrap_or(1);
        let (mut under_way, mut ended, mut failed) = (FuturesUnordered::new(), 0, None);
        let mut is_more = true;
        loop {
            let free = at_once.saturating_sub(under_way.len());
            if is_more && free >= at_once.div_ceil(2) {
                let taken = self.take(channel, free).await.unwrap_or_else(|error| {
                    failed = Some(error);
                    Vec::new()
                });
                is_more = !taken.is_empty();
                under_way.extend(taken.into_iter().map(|one| self.attempt(channel, one)));
            }
            let Some(first) = under_way.next().await else { break };
            let mut over = vec![first];
            while let Some(Some(next)) = under_way.next().now_or_never() {
                over.push(next);
            }
            ended += over.iter().filter(|one| !matches!(one.outcome, Outcome::Again { .. })).count();
            if let Err(error) = self.settle(channel, &over).await {
                // What is under way is not broken off: the provider may have it by now.
                (is_more, failed) = (false, Some(error));
            }
        }
        failed.map_or(Ok(ended), Err)
    }

    /// Claims deliveries that are due and looks up what they need.
    async fn take(&self, channel: Channel, most: usize) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        // Where a provider is left alone one message shall find out whether it works again.
        let left_alone =
            self.only_provider(channel).map(|one| self.breakers.of(one)).filter(|breaker| breaker.is_open());
        let most = if left_alone.is_some() { 1 } else { u32::try_from(most).unwrap_or(1) };
        let due = sending::list_due(&self.db, channel, now, most).await?;
        // Asked only where there is something to send: a trial that nobody makes would keep the next one waiting.
        if due.is_empty() || left_alone.as_ref().is_some_and(|breaker| !breaker.allow(now)) {
            return Ok(Vec::new());
        }
        let until = now.plus(Span::secs(limits::SENDING_SECS_MAX));
        let jobs = sending::claim(&self.db, channel, due, now, until).await?;
        let ids: Vec<_> = jobs.iter().map(|job| job.device_id).filter(|device| device.0 != 0).collect();
        let devices = if ids.is_empty() { Vec::new() } else { devices::list_by_id(&self.db, &ids).await? };
        let notices: Vec<Option<Notice>> = jobs.iter().map(|job| notice_json::read(&job.facts).ok()).collect();
        let subjects = Subjects::read(&self.db, notices.iter().flatten()).await?;
        let users: BTreeSet<UserId> = jobs.iter().map(|job| job.user_id).collect();
        let people = planning::list_people(&self.db, &users.into_iter().collect::<Vec<_>>()).await?;
        let about: BTreeSet<RequestId> = notices.iter().flatten().filter_map(Notice::needs_open).collect();
        let open = told::list_open(&self.db, &about, now).await?;
        let read = |(job, notice): (Job, Option<Notice>)| {
            let is_own = |device: &&Listed| device.id == job.device_id && device.user_id == job.user_id;
            let device = devices.iter().find(is_own).cloned().and_then(|device| device.device().ok());
            let then = match (&notice, people.get(&job.user_id)) {
                (Some(_), Some(person)) if person.is_suspended => Now::Drop("suspended"),
                (Some(notice), _) if notice.needs_open().is_some_and(|request| !open.contains(&request)) => {
                    Now::Drop("too_late")
                }
                (Some(notice), Some(person)) => {
                    notice_plan::look_again(notice, channel, &person.wishes, job.created_at, now)
                }
                // Told by the attempt.
                (None, _) | (_, None) => Now::Send,
            };
            let told = notice.map(|notice| {
                let text = subjects.say(&notice, attempt::language(&job));
                (notice, text)
            });
            Taken { job, until, told, device, then, allowed: left_alone.is_some() }
        };
        Ok(jobs.into_iter().zip(notices).map(read).collect())
    }

    async fn settle(&self, channel: Channel, over: &[Settled]) -> Result<(), StoreError> {
        for one in over {
            if one.job.device_id.0 != 0 && attempt::is_gone(&one.outcome) {
                devices::delete(&self.db, one.job.user_id, one.job.device_id).await?;
            }
        }
        sending::settle(&self.db, channel, over, self.clock.now()).await
    }

    /// Who brings everything that goes this way; `None` where each device has its own.
    fn only_provider(&self, channel: Channel) -> Option<&'static str> {
        match channel {
            Channel::Sms => Some(self.ways.sms.provider()),
            Channel::Email => Some(self.ways.email.provider()),
            Channel::Push | Channel::InApp => None,
        }
    }

    fn note(&self, channel: Channel, provider: Option<&str>, outcome: &Outcome) {
        let word = match outcome {
            Outcome::Sent { .. } => "sent",
            Outcome::Again { fault: None, .. } => return,
            Outcome::Again { .. } => "again",
            Outcome::Dead { .. } => "dead",
            Outcome::Dropped { .. } => "dropped",
        };
        self.counts.outcomes.get_or_create(&labels(channel, provider.unwrap_or("none"), word)).inc();
    }
}

fn labels(channel: Channel, provider: &str, outcome: &str) -> [(&'static str, String); 3] {
    [("channel", channel.word().to_owned()), ("provider", provider.to_owned()), ("outcome", outcome.to_owned())]
}
