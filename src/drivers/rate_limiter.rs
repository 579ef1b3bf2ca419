//! How often somebody may call: one bucket per address and per account, for each class of calls.
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
use std::net::IpAddr;
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
use crate::config::Class;
use crate::config::Limits;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::limits;

/// How often a shard looks for buckets that are full again.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// Locks of one store.
const SHARDS: usize = 16;

/// What a bucket says after a call was, or was not, taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Calls that it holds when it is full.
    pub quota: u32,
    /// How long an empty one takes to be full again, in seconds.
    pub window_secs: u64,
    /// Calls that are left.
    pub remaining: u32,
    /// When it is full again, in seconds.
    pub reset_secs: u64,
    /// How long to wait for the next call, in seconds; `None` where this one was taken.
    pub wait_secs: Option<u64>,
}

/// All buckets. One for the whole process.
pub struct RateLimiter {
    addresses: [Buckets; 4],
    users: [Buckets; 4],
    enabled: bool,
}

impl RateLimiter {
    /// Buckets as the settings say. The machine's clock is read as time that passed, so setting it moves nothing.
    #[must_use]
    pub fn new(settings: &Limits, clock: &Clock) -> Self {
        let time = Ticks::new(clock);
        let addresses = Class::ALL.map(|class| {
            let rates = settings.of(class);
            Buckets::new(rates.address_per_minute, rates.address_burst, &time)
        });
        let users = Class::ALL.map(|class| {
            let rates = settings.of(class);
            Buckets::new(rates.user_per_minute, rates.user_burst, &time)
        });
        Self { addresses, users, enabled: settings.enabled }
    }

    /// Takes one call from the bucket of an address, then one from that of an account; an empty one ends it. What they
    /// say, with the word for whose they are; nothing where rates are not limited.
    pub fn take(
        &self,
        class: Class,
        address: IpAddr,
        user: impl FnOnce() -> Option<UserId>,
    ) -> [Option<(&'static str, Verdict)>; 2] {
        if !self.enabled {
            return [None, None];
        }
        let at = place(class);
        let of_address = self.addresses[at].take(key_of(address));
        let user = if of_address.wait_secs.is_some() { None } else { user() };
        let of_user = user.map(|user| ("user", self.users[at].take(u128::from(user.0.unsigned_abs()))));
        [Some(("address", of_address)), of_user]
    }

    /// How many buckets are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses.iter().chain(&self.users).map(|buckets| buckets.store.len()).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const fn place(class: Class) -> usize {
    match class {
        Class::Auth => 0,
        Class::Write => 1,
        Class::Read => 2,
        Class::Socket => 3,
    }
}

/// An IPv6 customer gets a /64 and may use any address in it; an IPv4 address may come mapped into IPv6.
fn key_of(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits() & !u128::from(u64::MAX),
    }
}

// ------------------------------------------------------------------ buckets of one size

type Limiter = governor::RateLimiter<u128, Store, Ticks, StateInformationMiddleware>;

struct Buckets {
    limiter: Limiter,
    /// The limiter's own, which it does not show.
    store: Store,
    quota: u32,
    per_call: Duration,
}

impl Buckets {
    fn new(per_minute: u32, burst: u32, time: &Ticks) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let per_call = Duration::from_mins(1) / per_minute.max(1);
        // Only a period of zero is refused, and a minute is none.
        let quota = Quota::with_period(per_call.max(Duration::from_nanos(1)));
        let quota = quota.unwrap_or(Quota::per_minute(NonZeroU32::MIN)).allow_burst(burst);
        let store = Store::new(time.clone());
        let limiter = governor::RateLimiter::new(quota, store.clone(), time.clone());
        Self { limiter, store, quota: burst.get(), per_call }
    }

    fn take(&self, key: u128) -> Verdict {
        let window_secs = whole_secs_up(self.per_call * self.quota);
        let verdict = |remaining: u32, wait_secs| Verdict {
            quota: self.quota,
            window_secs,
            remaining,
            reset_secs: whole_secs_up(self.per_call * self.quota.saturating_sub(remaining)),
            wait_secs,
        };
        let taken: Result<StateSnapshot, _> = self.limiter.check_key(&key);
        match taken {
            Ok(after) => verdict(after.remaining_burst_capacity(), None),
            Err(until) => verdict(0, Some(whole_secs_up(until.wait_time_from(self.limiter.clock().elapsed())).max(1))),
        }
    }
}

/// Rounded up: a client that waits as told must not come too early.
fn whole_secs_up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

// ------------------------------------------------------------------ time

/// Time that passed since the limiter was made.
#[derive(Clone)]
struct Ticks {
    clock: Clock,
    start: Instant,
    origin: UnixMicros,
}

impl Ticks {
    fn new(clock: &Clock) -> Self {
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
    use crate::config::Rates;
    use crate::domain::time::Span;

    const START: UnixMicros = UnixMicros(1_000_000);

    fn limiter(clock: &Clock) -> RateLimiter {
        let rates = Rates { user_per_minute: 60, user_burst: 3, address_per_minute: 30, address_burst: 2 };
        RateLimiter::new(&Limits { enabled: true, auth: rates, write: rates, read: rates, socket: rates }, clock)
    }

    const HERE: &str = "192.0.2.1";

    fn take(limiter: &RateLimiter, class: Class, address: &str, user: Option<i64>) -> Vec<(&'static str, Verdict)> {
        limiter.take(class, address.parse().unwrap(), || user.map(UserId)).into_iter().flatten().collect()
    }

    #[test]
    fn a_bucket_empties_and_is_refilled() {
        let clock = Clock::manual(START);
        let limiter = limiter(&clock);
        let mut address = 0_u32;
        let mut take = |class, user| {
            address += 1;
            let [_, (_, verdict)] = take(&limiter, class, &format!("10.0.0.{address}"), Some(user))[..] else {
                panic!()
            };
            verdict
        };
        let first = take(Class::Read, 1);
        assert_eq!(first, Verdict { quota: 3, window_secs: 3, remaining: 2, reset_secs: 1, wait_secs: None });
        assert_eq!([take(Class::Read, 1).remaining, take(Class::Read, 1).remaining], [1, 0]);
        let refused = take(Class::Read, 1);
        assert_eq!((refused.remaining, refused.reset_secs, refused.wait_secs), (0, 3, Some(1)));
        assert_eq!(take(Class::Read, 2).remaining, 2, "somebody else's");
        assert_eq!(take(Class::Write, 1).remaining, 2, "of another class");
        clock.advance(Span(999_999));
        assert_eq!(take(Class::Read, 1).wait_secs, Some(1), "not yet");
        clock.advance(Span(1));
        assert_eq!(take(Class::Read, 1).wait_secs, None);
        clock.advance(Span::secs(3_600));
        assert_eq!(take(Class::Read, 1).remaining, 2, "full, and no fuller");
    }

    #[test]
    fn an_empty_address_charges_nobody() {
        let clock = Clock::manual(START);
        let limiter = limiter(&clock);
        for _ in 0..2 {
            assert_eq!(take(&limiter, Class::Auth, HERE, None).len(), 1);
        }
        let asked = limiter.take(Class::Auth, HERE.parse().unwrap(), || panic!("the token is not even looked at"));
        assert!(matches!(asked, [Some(("address", Verdict { wait_secs: Some(2), .. })), None]), "{asked:?}");
    }

    #[test]
    fn addresses_are_what_a_customer_has() {
        let clock = Clock::manual(START);
        let limiter = limiter(&clock);
        let left = |address: &str| take(&limiter, Class::Auth, address, None)[0].1.remaining;
        assert_eq!(left("192.0.2.1"), 1);
        assert_eq!(left("::ffff:192.0.2.1"), 0, "the same, mapped");
        assert_eq!(left("192.0.2.2"), 1);
        assert_eq!(left("2001:db8::1"), 1);
        assert_eq!(left("2001:db8::ffff:1"), 0, "the same /64");
        assert_eq!(left("2001:db8:0:1::1"), 1);
    }

    #[test]
    fn memory_has_an_end_and_strangers_share_what_is_beyond_it() {
        let clock = Clock::manual(START);
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

    #[test]
    fn it_can_be_turned_off() {
        let clock = Clock::manual(START);
        let mut limiter = limiter(&clock);
        limiter.enabled = false;
        assert!(take(&limiter, Class::Auth, HERE, Some(1)).is_empty());
    }
}
