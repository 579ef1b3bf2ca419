//! Leaves a provider alone that does not work, so that it costs delay and nothing else.
//!
//! One breaker for each provider: a push service is chosen by whoever registers a device, and one that never answers may not
//! hold up the others.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::limits;

/// The breaker of one provider. Closed it lets everything through; open, nothing until its time is over; then one attempt, which
/// decides.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Failures without a success between them.
    Closed { failures: u32 },
    /// Nothing goes through before `until`; `times` it opened without closing in between.
    Open { until: UnixMicros, times: u32 },
    /// One attempt is under way. Should it never be settled, another follows after `until`.
    Trial { until: UnixMicros, times: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether the provider is to be asked now. Who hears yes settles.
    #[must_use]
    pub fn allow(&self, now: UnixMicros) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed { .. } => true,
            State::Open { until, .. } | State::Trial { until, .. } if now < until => false,
            State::Open { times, .. } | State::Trial { times, .. } => {
                *state = State::Trial { until: now.plus(Span::secs(limits::BREAKER_TRIAL_SECS)), times };
                true
            }
        }
    }

    /// Whether the provider is left alone, but for an attempt now and then.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), State::Closed { .. })
    }

    /// Learns from an attempt.
    pub fn settle(&self, provider: Provider, now: UnixMicros) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match (provider, *state) {
            (Provider::Works, _) => State::default(),
            // What was under way when it opened says nothing new.
            (Provider::Ill | Provider::Needs { .. }, open @ State::Open { .. }) => open,
            (Provider::Ill, State::Closed { failures }) if failures + 1 < limits::BREAKER_FAILURES => {
                State::Closed { failures: failures + 1 }
            }
            (Provider::Ill | Provider::Needs { .. }, State::Closed { .. }) => open(provider, 1, now),
            (Provider::Ill | Provider::Needs { .. }, State::Trial { times, .. }) => {
                open(provider, times.saturating_add(1), now)
            }
        };
    }
}

/// What an attempt says of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// It answered; a refusal is an answer.
    Works,
    /// It was not reached, or has troubles of its own.
    Ill,
    /// No attempt helps before a time that it named, or before an operator acts.
    Needs {
        /// That time from now, if it named one.
        rest: Option<Duration>,
    },
}

impl From<&Result<Sent, NotSent>> for Provider {
    fn from(outcome: &Result<Sent, NotSent>) -> Self {
        match outcome {
            Ok(Sent::Taken { .. }) | Err(NotSent::Never { .. } | NotSent::Gone { .. }) => Self::Works,
            Err(NotSent::Later { after: None, .. }) => Self::Ill,
            Err(NotSent::Later { after: rest @ Some(_), .. }) => Self::Needs { rest: *rest },
            Err(NotSent::Misconfigured { .. }) => Self::Needs { rest: None },
        }
    }
}

/// Opens for the time that the provider names, within reason, or for one that doubles.
fn open(provider: Provider, times: u32, now: UnixMicros) -> State {
    let doubled = Span::secs(limits::BREAKER_SECS_MIN << times.saturating_sub(1).min(16));
    let named = match provider {
        Provider::Needs { rest } => rest.map(span_of),
        Provider::Works | Provider::Ill => None,
    };
    let wait = named.unwrap_or(doubled).min(Span::secs(limits::BREAKER_SECS_MAX));
    State::Open { until: now.plus(wait), times }
}

fn span_of(duration: Duration) -> Span {
    Span(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// The breakers of all providers, by name; those that were not asked for long are forgotten.
#[derive(Clone, Debug)]
pub struct Breakers(moka::sync::Cache<String, Arc<Breaker>>);

impl Default for Breakers {
    fn default() -> Self {
        let idle = Duration::from_secs(limits::BREAKER_IDLE_SECS);
        Self(moka::sync::Cache::builder().max_capacity(limits::BREAKERS_MAX).time_to_idle(idle).build())
    }
}

impl Breakers {
    /// The one of this provider.
    #[must_use]
    pub fn of(&self, provider: &str) -> Arc<Breaker> {
        self.0.get_with_by_ref(provider, Arc::default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> UnixMicros {
        UnixMicros(1_000_000 * secs)
    }

    fn broken(at_secs: i64) -> Breaker {
        let breaker = Breaker::default();
        for n in 0..limits::BREAKER_FAILURES {
            assert!(breaker.allow(at(at_secs)), "failure {n}");
            breaker.settle(Provider::Ill, at(at_secs));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let breaker = Breaker::default();
        for _ in 1..limits::BREAKER_FAILURES {
            breaker.settle(Provider::Ill, at(0));
        }
        breaker.settle(Provider::Works, at(0));
        breaker.settle(Provider::Ill, at(0));
        assert!(breaker.allow(at(0)) && !breaker.is_open());
        let breaker = broken(0);
        assert!(!breaker.allow(at(0)) && breaker.is_open());
    }

    #[test]
    fn after_its_time_one_attempt_decides_and_waits_double() {
        let breaker = broken(0);
        let first = limits::BREAKER_SECS_MIN;
        assert!(!breaker.allow(at(first - 1)));
        assert!(breaker.allow(at(first)));
        assert!(!breaker.allow(at(first)), "one attempt, not two");
        breaker.settle(Provider::Ill, at(first));
        assert!(!breaker.allow(at(3 * first - 1)) && breaker.allow(at(3 * first)));
        breaker.settle(Provider::Works, at(3 * first));
        assert!(breaker.allow(at(3 * first)) && breaker.allow(at(3 * first)));
    }

    #[test]
    fn an_hour_without_a_provider_is_a_few_attempts_and_then_soon_over() {
        let breaker = broken(0);
        let tried = (0..3_600).filter(|secs| {
            let allowed = breaker.allow(at(*secs));
            if allowed {
                breaker.settle(Provider::Ill, at(*secs));
            }
            allowed
        });
        let tried = tried.count();
        assert!((10..40).contains(&tried), "{tried}");
        assert!(breaker.allow(at(3_600 + limits::BREAKER_SECS_MAX)));
    }

    #[test]
    fn an_attempt_that_nobody_settles_is_followed_by_another() {
        let breaker = broken(0);
        assert!(breaker.allow(at(100)));
        assert!(
            !breaker.allow(at(99 + limits::BREAKER_TRIAL_SECS)) && breaker.allow(at(100 + limits::BREAKER_TRIAL_SECS))
        );
    }

    #[test]
    fn what_an_operator_must_mend_opens_it_at_once_and_so_does_a_named_time() {
        let breaker = Breaker::default();
        breaker.settle((&Err(NotSent::Misconfigured { why: "ER-01".to_owned() })).into(), at(0));
        assert!(!breaker.allow(at(0)));
        let breaker = Breaker::default();
        let later = NotSent::Later { why: String::new(), after: Some(Duration::from_secs(40)) };
        breaker.settle((&Err(later)).into(), at(0));
        assert!(!breaker.allow(at(39)) && breaker.allow(at(40)));
    }

    #[test]
    fn refusals_of_single_messages_leave_it_closed() {
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.settle((&Err(NotSent::never("ER-04"))).into(), at(0));
            breaker.settle((&Err(NotSent::Gone { why: String::new() })).into(), at(0));
        }
        assert!(breaker.allow(at(0)));
    }

    #[test]
    fn a_service_that_never_answers_holds_up_no_other() {
        let breakers = Breakers::default();
        for _ in 0..limits::BREAKER_FAILURES {
            breakers.of("https://push.example").settle(Provider::Ill, at(0));
        }
        assert!(!breakers.of("https://push.example").allow(at(0)) && breakers.of("fcm").allow(at(0)));
    }
}
