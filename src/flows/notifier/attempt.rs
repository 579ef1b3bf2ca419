//! One attempt at a delivery: where it goes, and what its provider's answer means for it.

use std::time::Duration;

use crate::domain::message::Device;
use crate::domain::notice::Channel;
use crate::domain::notice::Notice;
use crate::domain::notice_plan::Now;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Email as Address;
use crate::domain::user::Phone;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::flows::notifier::Notifier;
use crate::flows::notifier::Taken;
use crate::limits;
use crate::persistence::sending::Job;
use crate::persistence::sending::Outcome;
use crate::persistence::sending::Settled;
use crate::wire::notice;
use crate::wire::notice::Text;
use crate::wire::problem::Language;

/// What a delivery goes to.
enum Target {
    Sms(Phone),
    Email(Address),
    Push(Device),
}

impl Notifier {
    /// Hands a delivery to its provider, once.
    pub(super) async fn attempt(&self, channel: Channel, taken: Taken) -> Settled {
        let target = target(channel, &taken.job, taken.device.as_ref());
        let (provider, outcome) = match (&taken.told, target, taken.then) {
            (None, ..) => (None, Outcome::Dead { fault: "unreadable".to_owned() }),
            (_, _, Now::Drop(why)) => (None, Outcome::Dropped { why }),
            (_, _, Now::Wait(due_at)) => (None, Outcome::Again { due_at, fault: None, counts: false }),
            (_, None, _) => (None, Outcome::Dead { fault: "no_address".to_owned() }),
            (Some(told), Some(target), Now::Send) => {
                let (provider, outcome) = self.deliver(&taken, told, &target).await;
                (Some(provider), outcome)
            }
        };
        self.note(channel, provider.as_deref(), &outcome);
        Settled { job: taken.job, until: taken.until, provider, outcome }
    }

    async fn deliver(&self, taken: &Taken, (notice, text): &(Notice, Text), target: &Target) -> (String, Outcome) {
        let Taken { job, allowed, .. } = taken;
        let provider = match target {
            Target::Sms(_) => self.ways.sms.provider().to_owned(),
            Target::Email(_) => self.ways.email.provider().to_owned(),
            Target::Push(device) => self.ways.push.provider(device),
        };
        let now = self.clock.now();
        let breaker = self.breakers.of(&provider);
        let later = || now.plus(Span::secs(limits::PROVIDER_PAUSE_SECS)).plus(jitter(job, limits::PROVIDER_PAUSE_SECS));
        if !*allowed && !breaker.allow(now) {
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
                let worth = notice.worth_until(job.created_at).since(now).max(Span::ZERO);
                let ttl = Duration::from_micros(worth.0.unsigned_abs());
                let push = notice::push(notice.kind(), text, &self.base, language(job), ttl);
                self.ways.push.deliver(device, &push, &reference).await
            }
        };
        breaker.settle((&sent).into(), self.clock.now());
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
}

/// Where it goes; `None` where that is no more.
fn target(channel: Channel, job: &Job, device: Option<&Device>) -> Option<Target> {
    match channel {
        Channel::Sms => {
            job.phone_verified_at?;
            Phone::parse(&job.phone).ok().map(Target::Sms)
        }
        Channel::Email => Address::parse(job.email.as_deref()?).ok().map(Target::Email),
        Channel::Push => device.cloned().map(Target::Push),
        Channel::InApp => None,
    }
}

/// The fault of what went to a device that is gone.
const GONE: &str = "gone";

pub(super) fn is_gone(outcome: &Outcome) -> bool {
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

pub(super) fn language(job: &Job) -> Language {
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
