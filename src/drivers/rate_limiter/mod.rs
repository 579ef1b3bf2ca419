//! How often somebody may call: one bucket per address and per account, for each class of calls.
//!
//! A process that is alone has buckets of its own (`own.rs`). Where there is a Redis, processes share buckets there
//! (`shared.rs`), and their own are for when it does not answer: each then admits as much as all of them should, which is
//! the price of not refusing everybody.

mod own;
mod shared;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::clock::Clock;
use crate::config::Class;
use crate::config::Limits;
use crate::domain::ids::UserId;
use crate::drivers::rate_limiter::own::Buckets;
use crate::drivers::rate_limiter::own::Ticks;
use crate::drivers::rate_limiter::shared::Bucket;
use crate::drivers::rate_limiter::shared::SharedBuckets;
use crate::drivers::redis::Redis;

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

/// How fast and how deep.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Calls that it holds.
    quota: u32,
    /// What a call costs.
    per_call: Duration,
}

/// What a bucket says: calls that are left, or how long to wait for the next.
type Said = Result<u32, Duration>;

/// What the buckets of a call say, each with the word for whose it is: its address, then its account.
pub type Verdicts = [Option<(&'static str, Verdict)>; 2];

/// All buckets. One for the whole process; cheap to clone.
#[derive(Clone)]
pub struct RateLimiter {
    parts: Arc<Parts>,
}

struct Parts {
    addresses: [Buckets; 4],
    users: [Buckets; 4],
    enabled: bool,
    shared: Option<SharedBuckets>,
}

impl RateLimiter {
    /// Buckets as the settings say, shared where there is a Redis. The machine's clock is read as time that passed, so
    /// setting it moves nothing.
    #[must_use]
    pub fn new(settings: &Limits, clock: &Clock, redis: Option<Redis>) -> Self {
        let time = Ticks::new(clock);
        let addresses = Class::ALL.map(|class| {
            let rates = settings.of(class);
            Buckets::new(rates.address_per_minute, rates.address_burst, &time)
        });
        let users = Class::ALL.map(|class| {
            let rates = settings.of(class);
            Buckets::new(rates.user_per_minute, rates.user_burst, &time)
        });
        let shared = redis.map(SharedBuckets::new);
        Self { parts: Arc::new(Parts { addresses, users, enabled: settings.enabled, shared }) }
    }

    /// Takes one call from the bucket of an address, then one from that of an account; an empty one ends it. Nothing is
    /// said where rates are not limited, and where Redis must be asked: then the second part will say it.
    pub fn charge(
        &self,
        class: Class,
        address: IpAddr,
        user: impl FnOnce() -> Option<UserId>,
    ) -> (Verdicts, Option<BoxFuture<'static, Verdicts>>) {
        if !self.parts.enabled {
            return ([None, None], None);
        }
        let Some(shared) = self.parts.shared.as_ref().filter(|shared| shared.answer()) else {
            return (self.parts.take(class, address, user), None);
        };
        let of_address = self.parts.bucket_of_address(class, address);
        if let Some(refused) = refused(shared, &of_address) {
            return ([Some(refused), None], None);
        }
        let user = user();
        let of_user = user.map(|user| self.parts.bucket_of_user(class, user));
        if let Some(refused) = of_user.and_then(|of_user| refused(shared, &of_user)) {
            return ([None, Some(refused)], None);
        }
        let parts = Arc::clone(&self.parts);
        let asking = async move {
            match parts.ask(of_address, of_user).await {
                Some(verdicts) => verdicts,
                None => parts.take(class, address, || user),
            }
        };
        ([None, None], Some(asking.boxed()))
    }

    /// How many buckets are remembered here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.addresses.iter().chain(&self.parts.users).map(Buckets::len).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls that were judged by this process' own buckets because Redis did not answer.
    #[must_use]
    pub fn fallbacks(&self) -> u64 {
        self.parts.shared.as_ref().map_or(0, SharedBuckets::fallbacks)
    }
}

impl Parts {
    /// By this process' own buckets.
    fn take(&self, class: Class, address: IpAddr, user: impl FnOnce() -> Option<UserId>) -> Verdicts {
        let at = place(class);
        let of_address = self.addresses[at].take(key_of(address));
        let user = if of_address.wait_secs.is_some() { None } else { user() };
        let of_user = user.map(|user| ("user", self.users[at].take(key_of_user(user))));
        [Some(("address", of_address)), of_user]
    }

    fn bucket_of_address(&self, class: Class, address: IpAddr) -> (Bucket, Size) {
        let bucket = Bucket { of: "address", class: class.word(), key: key_of(address) };
        (bucket, self.addresses[place(class)].size)
    }

    fn bucket_of_user(&self, class: Class, user: UserId) -> (Bucket, Size) {
        let bucket = Bucket { of: "user", class: class.word(), key: key_of_user(user) };
        (bucket, self.users[place(class)].size)
    }

    /// By the buckets that processes share.
    async fn ask(&self, of_address: (Bucket, Size), of_user: Option<(Bucket, Size)>) -> Option<Verdicts> {
        let asked: Vec<(Bucket, Size)> = std::iter::once(of_address).chain(of_user).collect();
        let said = self.shared.as_ref()?.take(&asked).await?;
        let mut verdicts = said.into_iter().zip(&asked).map(|(said, (bucket, size))| (bucket.of, size.verdict(said)));
        Some([verdicts.next(), verdicts.next()])
    }
}

/// What is known without asking.
fn refused(shared: &SharedBuckets, (bucket, size): &(Bucket, Size)) -> Option<(&'static str, Verdict)> {
    shared.wait(bucket).map(|wait| (bucket.of, size.verdict(Err(wait))))
}

impl Size {
    fn verdict(self, said: Said) -> Verdict {
        let remaining = said.unwrap_or(0);
        Verdict {
            quota: self.quota,
            window_secs: whole_secs_up(self.per_call * self.quota),
            remaining,
            reset_secs: whole_secs_up(self.per_call * self.quota.saturating_sub(remaining)),
            wait_secs: said.err().map(|wait| whole_secs_up(wait).max(1)),
        }
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

fn key_of_user(user: UserId) -> u128 {
    u128::from(user.0.unsigned_abs())
}

/// Rounded up: a client that waits as told must not come too early.
fn whole_secs_up(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rates;
    use crate::domain::time::Span;
    use crate::domain::time::UnixMicros;

    const START: UnixMicros = UnixMicros(1_000_000);

    fn limiter(clock: &Clock) -> RateLimiter {
        let rates = Rates { user_per_minute: 60, user_burst: 3, address_per_minute: 30, address_burst: 2 };
        RateLimiter::new(&Limits { enabled: true, auth: rates, write: rates, read: rates, socket: rates }, clock, None)
    }

    const HERE: &str = "192.0.2.1";

    fn take(limiter: &RateLimiter, class: Class, address: &str, user: Option<i64>) -> Vec<(&'static str, Verdict)> {
        limiter.charge(class, address.parse().unwrap(), || user.map(UserId)).0.into_iter().flatten().collect()
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
        let asked = limiter.charge(Class::Auth, HERE.parse().unwrap(), || panic!("the token is not even looked at")).0;
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
    fn it_can_be_turned_off() {
        let clock = Clock::manual(START);
        let rates = Rates { user_per_minute: 1, user_burst: 1, address_per_minute: 1, address_burst: 1 };
        let off = Limits { enabled: false, auth: rates, write: rates, read: rates, socket: rates };
        let limiter = RateLimiter::new(&off, &clock, None);
        assert!(take(&limiter, Class::Auth, HERE, Some(1)).is_empty());
    }
}
