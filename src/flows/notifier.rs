//! Sends what is due by short message, letter and push.
//!
//! One loop for each way, so that a provider that hangs holds up its own messages alone. A delivery is claimed, handed over
//! and settled; who dies in between leaves a claim that runs out, and whoever finds it hands the message over again under the
//! same reference, by which a provider knows it. A provider that does not work is left alone by its breaker: what is for it
//! waits, and no attempt of it is counted (docs/decisions/0025).

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::actors::subjects::Subjects;
use crate::clock::Clock;
use crate::domain::message::Device;
use crate::domain::notice::Channel;
use crate::domain::notice::Notice;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Email as Address;
use crate::domain::user::Phone;
use crate::drivers::breaker::Breakers;
use crate::drivers::email::Email;
use crate::drivers::push::Push;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::drivers::sms::Sms;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::devices;
use crate::persistence::devices::Listed;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::sending;
use crate::persistence::sending::Job;
use crate::persistence::sending::Outcome;
use crate::persistence::sending::Settled;
use crate::wire::notice;
use crate::wire::problem::Language;

/// How often it is looked whether anything is due.
const EVERY: Duration = Duration::from_millis(500);
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

/// What a delivery goes to.
enum Target {
    Sms(Phone),
    Email(Address),
    Push(Device),
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

    /// What became of deliveries, counted.
    #[must_use]
    pub fn outcomes(&self) -> &Outcomes {
        &self.counts.outcomes
    }

    /// What waits, as it was counted last, and how many were given up.
    #[must_use]
    pub fn backlog(&self) -> ([Waiting; WAYS.len()], i64) {
        let now = self.clock.now();
        let all = std::array::from_fn(|at| {
            let since = UnixMicros(self.counts.oldest[at].load(Ordering::Relaxed));
            let overdue = if since.0 == 0 { Span::ZERO } else { now.since(since).max(Span::ZERO) };
            Waiting { channel: WAYS[at], deliveries: self.counts.waiting[at].load(Ordering::Relaxed), overdue }
        });
        (all, self.counts.dead.load(Ordering::Relaxed))
    }

    /// Sends for as long as it is polled.
    pub async fn keep(self) {
        let [push, sms, email] = WAYS;
        tokio::join!(self.keep_sending(push), self.keep_sending(sms), self.keep_sending(email), self.keep_counting());
    }

    async fn keep_sending(&self, channel: Channel) {
        loop {
            match self.round(channel).await {
                // There may be more.
                Ok(sent) if sent > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(channel = channel.word(), %error, "what is due could not be sent"),
            }
            tokio::time::sleep(EVERY).await;
        }
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
        let (backlog, dead) = sending::count(&self.db).await?;
        for (at, channel) in WAYS.into_iter().enumerate() {
            let of = backlog.iter().find(|of| of.channel == channel.word());
            self.counts.waiting[at].store(of.map_or(0, |of| of.waiting), Ordering::Relaxed);
            self.counts.oldest[at].store(of.map_or(0, |of| of.oldest.0), Ordering::Relaxed);
        }
        self.counts.dead.store(dead, Ordering::Relaxed);
        Ok(())
    }

    /// Sends what is due by a way, a page of it, and tells how many deliveries came to an end.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not settled is sent again.
    pub async fn round(&self, channel: Channel) -> Result<usize, StoreError> {
        let now = self.clock.now();
        // Where a provider is left alone one message shall find out whether it works again.
        let left_alone =
            self.only_provider(channel).map(|one| self.breakers.of(one)).filter(|breaker| breaker.is_open());
        let most = if left_alone.is_some() { 1 } else { limits::SENT_AT_ONCE_MAX };
        let due = sending::list_due(&self.db, channel, now, most).await?;
        // Asked only where there is something to send: a trial that nobody makes would keep the next one waiting.
        if due.is_empty() || left_alone.as_ref().is_some_and(|breaker| !breaker.allow(now)) {
            return Ok(0);
        }
        let until = now.plus(Span::secs(limits::SENDING_SECS_MAX));
        let jobs = sending::claim(&self.db, channel, due, now, until).await?;
        let settled = self.send(channel, jobs, left_alone.is_some()).await?;
        sending::settle(&self.db, channel, &settled, until, self.clock.now()).await?;
        Ok(settled.iter().filter(|one| !matches!(one.outcome, Outcome::Again { .. })).count())
    }

    /// Who brings everything that goes this way; `None` where each device has its own.
    fn only_provider(&self, channel: Channel) -> Option<&'static str> {
        match channel {
            Channel::Sms => Some(self.ways.sms.provider()),
            Channel::Email => Some(self.ways.email.provider()),
            Channel::Push | Channel::InApp => None,
        }
    }

    async fn send(&self, channel: Channel, jobs: Vec<Job>, allowed: bool) -> Result<Vec<Settled>, StoreError> {
        let read = |job: Job| {
            let notice = notice_json::read(&job.facts);
            (job, notice)
        };
        let jobs: Vec<_> = jobs.into_iter().map(read).collect();
        let subjects = Subjects::read(&self.db, jobs.iter().filter_map(|(_, notice)| notice.as_ref().ok())).await?;
        let ids: Vec<_> = jobs.iter().map(|(job, _)| job.device_id).filter(|device| device.0 != 0).collect();
        let devices = if ids.is_empty() { Vec::new() } else { devices::list_by_id(&self.db, &ids).await? };
        let (subjects, devices) = (&subjects, &devices);
        let sent = stream::iter(jobs).map(|(job, notice)| async move {
            let is_own = |device: &&Listed| device.id == job.device_id && device.user_id == job.user_id;
            let device = || devices.iter().find(is_own).cloned()?.device().ok();
            let (provider, outcome) = match (notice, target(channel, &job, device)) {
                (Err(_), _) => (None, Outcome::Dead { fault: "unreadable".to_owned() }),
                (_, None) => (None, Outcome::Dead { fault: "no_address".to_owned() }),
                (Ok(notice), Some(target)) => {
                    let text = notice::render(&notice, &subjects.of(&notice), language(&job));
                    let (provider, outcome) = self.deliver(&job, &notice, &text, &target, allowed).await;
                    (Some(provider), outcome)
                }
            };
            self.note(channel, provider.as_deref(), &outcome);
            Settled { job, provider, outcome }
        });
        let at_once = usize::try_from(limits::SENT_AT_ONCE_MAX).unwrap_or(1);
        let settled: Vec<Settled> = sent.buffer_unordered(at_once).collect().await;
        for gone in settled.iter().filter(|one| one.job.device_id.0 != 0 && is_gone(&one.outcome)) {
            devices::delete(&self.db, gone.job.user_id, gone.job.device_id).await?;
        }
        Ok(settled)
    }

    async fn deliver(
        &self,
        job: &Job,
        notice: &Notice,
        text: &notice::Text,
        target: &Target,
        allowed: bool,
    ) -> (String, Outcome) {
        let provider = match target {
            Target::Sms(_) => self.ways.sms.provider().to_owned(),
            Target::Email(_) => self.ways.email.provider().to_owned(),
            Target::Push(device) => self.ways.push.provider(device),
        };
        let now = self.clock.now();
        let worth_until = notice.worth_until(job.created_at);
        if now >= worth_until {
            return (provider, Outcome::Dead { fault: "too_late".to_owned() });
        }
        let breaker = self.breakers.of(&provider);
        let later = || now.plus(Span::secs(limits::PROVIDER_PAUSE_SECS)).plus(jitter(job, limits::PROVIDER_PAUSE_SECS));
        if !allowed && !breaker.allow(now) {
            return (provider, Outcome::Again { due_at: later(), fault: None, counts: false });
        }
        let reference = job.notice_id.to_string();
        let sent = match target {
            Target::Sms(phone) => self.ways.sms.deliver(phone, &text.sms, &reference).await,
            Target::Email(address) => {
                let letter = notice::letter(text, &self.base, language(job));
                self.ways.email.deliver(address, &letter, &reference).await
            }
            Target::Push(device) => {
                let ttl = Duration::from_micros(worth_until.since(now).0.unsigned_abs());
                let push = notice::push(notice.kind(), text, &self.base, language(job), ttl);
                self.ways.push.deliver(device, &push, &reference).await
            }
        };
        breaker.settle(&sent, self.clock.now());
        let outcome = match sent {
            Ok(Sent::Taken { reference }) => Outcome::Sent { reference },
            Err(NotSent::Later { why, after }) => again(job, &why, after, self.clock.now(), breaker.is_open(), later()),
            Err(NotSent::Misconfigured { why }) => {
                tracing::error!(%provider, %why, "nothing goes out before somebody looks at the settings of this provider");
                Outcome::Again { due_at: later(), fault: Some(cut(&why)), counts: false }
            }
            Err(NotSent::Gone { .. }) => Outcome::Dead { fault: GONE.to_owned() },
            Err(NotSent::Never { why }) => Outcome::Dead { fault: cut(&why) },
        };
        (provider, outcome)
    }

    fn note(&self, channel: Channel, provider: Option<&str>, outcome: &Outcome) {
        let word = match outcome {
            Outcome::Sent { .. } => "sent",
            Outcome::Again { fault: None, .. } => return,
            Outcome::Again { .. } => "again",
            Outcome::Dead { .. } => "dead",
        };
        self.counts.outcomes.get_or_create(&labels(channel, provider.unwrap_or("none"), word)).inc();
    }
}

fn labels(channel: Channel, provider: &str, outcome: &str) -> [(&'static str, String); 3] {
    [("channel", channel.word().to_owned()), ("provider", provider.to_owned()), ("outcome", outcome.to_owned())]
}

/// Where it goes; `None` where that is no more.
fn target(channel: Channel, job: &Job, device: impl FnOnce() -> Option<Device>) -> Option<Target> {
    match channel {
        Channel::Sms => {
            job.phone_verified_at?;
            Phone::parse(&job.phone).ok().map(Target::Sms)
        }
        Channel::Email => Address::parse(job.email.as_deref()?).ok().map(Target::Email),
        Channel::Push => device().map(Target::Push),
        Channel::InApp => None,
    }
}

/// The fault of what went to a device that is gone.
const GONE: &str = "gone";

fn is_gone(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Dead { fault } if fault == GONE)
}

/// What becomes of a delivery that its provider could not take. While the provider is left alone that is its fault and not
/// the message's, so it is not counted: an hour without it costs delay and no message.
fn again(job: &Job, why: &str, after: Option<Duration>, now: UnixMicros, is_open: bool, later: UnixMicros) -> Outcome {
    let fault = Some(cut(why));
    if is_open {
        return Outcome::Again { due_at: later, fault, counts: false };
    }
    if job.attempts + 1 >= limits::SENDING_ATTEMPTS_MAX {
        return Outcome::Dead { fault: cut(why) };
    }
    let doubled = limits::SENDING_PAUSE_SECS << job.attempts.clamp(0, 16);
    let pause = after.map_or(doubled, |after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
    let pause = pause.min(limits::SENDING_PAUSE_SECS_MAX);
    Outcome::Again { due_at: now.plus(Span::secs(pause)).plus(jitter(job, pause)), fault, counts: true }
}

/// Up to a quarter of a pause more, another for each message and attempt: what failed together does not come back together.
fn jitter(job: &Job, pause_secs: i64) -> Span {
    let mixed = job.notice_id.0.wrapping_add(job.attempts).wrapping_mul(0x5851_F42D_4C95_7F2D);
    let part = mixed.unsigned_abs() >> 54;
    Span((pause_secs.saturating_mul(1_000_000) / 4 / 512).saturating_mul(i64::try_from(part).unwrap_or(0)))
}

fn language(job: &Job) -> Language {
    if job.locale == "en" { Language::English } else { Language::Arabic }
}

/// As much of a fault as its column has room for.
fn cut(why: &str) -> String {
    why.chars().take(limits::FAULT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::ids::DeviceId;
    use crate::domain::ids::NoticeId;
    use crate::domain::ids::UserId;

    use super::*;

    fn job(id: i64, attempts: i64) -> Job {
        Job {
            notice_id: NoticeId(id),
            device_id: DeviceId(0),
            user_id: UserId(1),
            attempts,
            facts: String::new(),
            created_at: UnixMicros(0),
            locale: "ar".to_owned(),
            phone: String::new(),
            email: None,
            phone_verified_at: None,
        }
    }

    fn secs_of(outcome: &Outcome) -> i64 {
        let Outcome::Again { due_at, counts: true, .. } = outcome else { panic!("{outcome:?}") };
        due_at.0 / 1_000_000
    }

    #[test]
    fn pauses_grow_are_spread_and_end() {
        let try_again =
            |id, attempts, after| again(&job(id, attempts), "status 503", after, UnixMicros(0), false, UnixMicros(0));
        let mut last = 0;
        for attempts in 0..limits::SENDING_ATTEMPTS_MAX - 1 {
            let pause = secs_of(&try_again(7, attempts, None));
            let base = (limits::SENDING_PAUSE_SECS << attempts).min(limits::SENDING_PAUSE_SECS_MAX);
            assert!((base..=base + base / 4 + 1).contains(&pause), "{attempts}: {pause}");
            assert!(pause >= last);
            last = base;
        }
        let dead = try_again(7, limits::SENDING_ATTEMPTS_MAX - 1, None);
        assert_eq!(dead, Outcome::Dead { fault: "status 503".to_owned() });
        let different: std::collections::HashSet<_> =
            (0..50).map(|id| format!("{:?}", try_again(id << 12, 5, None))).collect();
        assert!(different.len() > 25, "{}", different.len());
        assert!((90..=113).contains(&secs_of(&try_again(7, 0, Some(Duration::from_secs(90))))));
    }

    #[test]
    fn while_a_provider_is_left_alone_nothing_is_counted() {
        let last = job(7, limits::SENDING_ATTEMPTS_MAX - 1);
        let outcome = again(&last, &"x".repeat(1_000), None, UnixMicros(5), true, UnixMicros(9));
        let Outcome::Again { due_at, fault, counts } = outcome else { panic!() };
        assert_eq!((due_at, counts, fault.unwrap().len()), (UnixMicros(9), false, limits::FAULT_CHARS_MAX));
    }
}
