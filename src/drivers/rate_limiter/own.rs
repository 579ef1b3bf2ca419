//! Buckets of this process.
//!
//! The arithmetic is governor's (GCRA). Its own stores grow with every key they see, so the store is ours: bounded, in
//! shards, and forgetting buckets that are full again, which is as if they had never been used.
//!
//! Overflow: where a store holds [`limits::RATE_KEYS_MAX`] used buckets, a newcomer is charged to one bucket that the
//! newcomers of its shard share. So a flood from a million addresses throttles strangers, never somebody who was here
//! before, and never takes more memory.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use governor::Quota;
use governor::middleware::StateInformationMiddleware;
use governor::middleware::StateSnapshot;
use governor::nanos::Nanos;
use governor::state::StateStore;

use crate::clock::Clock;
use crate::domain::time::UnixMicros;
use crate::drivers::rate_limiter::Size;
use crate::drivers::rate_limiter::Verdict;
use crate::limits;

/// How often a shard looks for buckets that are full again.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// Locks of one store.
const SHARDS: usize = 16;

type Limiter = governor::RateLimiter<u128, Store, Ticks, StateInformationMiddleware>;

pub(super) struct Buckets {
    limiter: Limiter,
    /// The limiter's own, which it does not show.
    store: Store,
    pub(super) size: Size,
}

impl Buckets {
    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.store.len()
    }

    pub(super) fn new(per_minute: u32, burst: u32, time: &Ticks) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let per_call = Duration::from_mins(1) / per_minute.max(1);
        // Only a period of zero is refused, and a minute is none.
        let quota = Quota::with_period(per_call.max(Duration::from_nanos(1)));
        let quota = quota.unwrap_or(Quota::per_minute(NonZeroU32::MIN)).allow_burst(burst);
        let store = Store::new(time.clone());
        let limiter = governor::RateLimiter::new(quota, store.clone(), time.clone());
        Self { limiter, store, size: Size { quota: burst.get(), per_call } }
    }

    pub(super) fn take(&self, key: u128) -> Verdict {
        let taken: Result<StateSnapshot, _> = self.limiter.check_key(&key);
        let said = taken.map(|after| after.remaining_burst_capacity());
        self.size.verdict(said.map_err(|until| until.wait_time_from(self.limiter.clock().elapsed())))
    }
}

// ------------------------------------------------------------------ time

/// Time that passed since the limiter was made.
#[derive(Clone)]
pub(super) struct Ticks {
    clock: Clock,
    start: Instant,
    origin: UnixMicros,
}

impl Ticks {
    pub(super) fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), start: Instant::now(), origin: clock.now() }
    }

    fn elapsed(&self) -> Duration {
        match &self.clock {
            Clock::System => self.start.elapsed(),
            Clock::Manual(_) => {
                Duration::from_micros(u64::try_from(self.clock.now().since(self.origin).0).unwrap_or(0))
            }
        }
    }
}

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.elapsed()
    }
}

// ------------------------------------------------------------------ the store

#[derive(Clone)]
struct Store {
    parts: Arc<Parts>,
}

struct Parts {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    time: Ticks,
    most: usize,
}

/// Keys with the instant at which their bucket is full again, in nanoseconds.
#[derive(Default)]
struct Shard {
    full_at: HashMap<u128, u64>,
    /// The bucket that newcomers share when there is no room for one of their own.
    shared: Option<u64>,
    swept_at: Duration,
}

impl Shard {
    /// Forgets buckets that are full again. At most every ten seconds: under a flood it finds nothing.
    fn sweep(&mut self, now: Duration) {
        if now < self.swept_at + SWEEP_EVERY {
            return;
        }
        self.swept_at = now;
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.capacity() > 4 * self.full_at.len() {
            self.full_at.shrink_to(2 * self.full_at.len());
        }
    }
}

impl Store {
    fn new(time: Ticks) -> Self {
        Self::with_most(time, limits::RATE_KEYS_MAX / SHARDS)
    }

    fn with_most(time: Ticks, most: usize) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { parts: Arc::new(Parts { shards, hasher: RandomState::new(), time, most }) }
    }

    fn shard(&self, key: u128) -> MutexGuard<'_, Shard> {
        let at = usize::try_from(self.parts.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.parts.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn len(&self) -> usize {
        let shards = self.parts.shards.iter();
        shards.map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).full_at.len()).sum()
    }
}

impl StateStore for Store {
    type Key = u128;

    fn measure_and_replace<T, F, E>(&self, key: &u128, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut shard = self.shard(*key);
        if let Some(full_at) = shard.full_at.get_mut(key) {
            let (taken, next) = decide(Some((*full_at).into()))?;
            *full_at = next.into();
            return Ok(taken);
        }
        shard.sweep(self.parts.time.elapsed());
        if shard.full_at.len() >= self.parts.most {
            let (taken, next) = decide(shard.shared.map(Nanos::from))?;
            shard.shared = Some(next.into());
            return Ok(taken);
        }
        let (taken, next) = decide(None)?;
        shard.full_at.insert(*key, next.into());
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    #[test]
    fn memory_has_an_end_and_strangers_share_what_is_beyond_it() {
        let clock = Clock::manual(UnixMicros(1_000_000));
        let time = Ticks::new(&clock);
        let store = Store::with_most(time.clone(), 4);
        let quota = Quota::per_second(NonZeroU32::new(2).unwrap());
        let limiter = governor::RateLimiter::<_, _, _, StateInformationMiddleware>::new(quota, store.clone(), time);
        assert!(limiter.check_key(&0).is_ok());
        let taken = (1..10_000_u128).filter(|key| limiter.check_key(key).is_ok()).count();
        assert!(store.len() <= 4 * SHARDS);
        // Each has a bucket of its own, or one of two calls that a shard's newcomers share.
        assert!((4 * SHARDS - 1..=6 * SHARDS).contains(&taken), "{taken}");
        assert!(limiter.check_key(&0).is_ok(), "who was here before is not touched");
        clock.advance(Span::secs(11));
        let taken = (1..10_000_u128).filter(|key| limiter.check_key(key).is_ok()).count();
        assert!(taken >= 4 * SHARDS, "{taken}: full buckets make room");
        assert!(store.len() <= 4 * SHARDS);
    }
}
