//! Buckets that processes share: one script in Redis, by Redis' clock.
//!
//! Redis is asked once for a call, for its address' bucket and its account's together. What it refused is remembered
//! until the wait is over, so that a flood costs neither Redis nor the tokens a look. Buckets expire when they are full
//! again, which is as if they had never been used; a Redis that forgot everything has full ones.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use redis::Script;

use crate::drivers::rate_limiter::Said;
use crate::drivers::rate_limiter::Size;
use crate::drivers::redis::Redis;
use crate::limits;

/// Longer than any wait: a bucket is refilled by at least one call a minute.
const WAITS_FOR: Duration = Duration::from_mins(1);

/// One bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bucket {
    /// `address` or `user`.
    pub of: &'static str,
    /// The class of calls.
    pub class: &'static str,
    /// Whose.
    pub key: u128,
}

pub(super) struct SharedBuckets {
    redis: Redis,
    script: Script,
    /// Until when those that were empty stay so.
    empty: moka::sync::Cache<Bucket, Instant>,
    fallbacks: AtomicU64,
}

impl SharedBuckets {
    pub(super) fn new(redis: Redis) -> Self {
        Self {
            redis,
            script: Script::new(include_str!("shared.lua")),
            empty: moka::sync::Cache::builder()
                .max_capacity(limits::RATE_KEYS_MAX as u64)
                .time_to_live(WAITS_FOR)
                .build(),
            fallbacks: AtomicU64::new(0),
        }
    }

    /// Whether it is worth asking. Where it is not, whoever wanted to know answers by itself.
    pub(super) fn answer(&self) -> bool {
        let answers = self.redis.answers();
        if !answers {
            self.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
        answers
    }

    /// Calls that this process judged by itself.
    pub(super) fn fallbacks(&self) -> u64 {
        self.fallbacks.load(Ordering::Relaxed)
    }

    /// How long a bucket is known to stay empty.
    pub(super) fn wait(&self, bucket: &Bucket) -> Option<Duration> {
        let until = self.empty.get(bucket)?;
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Takes one call from each, up to the first that is empty. `None`: Redis did not say.
    pub(super) async fn take(&self, buckets: &[(Bucket, Size)]) -> Option<Vec<Said>> {
        let mut call = self.script.prepare_invoke();
        for (Bucket { of, class, key }, size) in buckets {
            call.key(self.redis.name(&format!("rate:{class}:{of}:{key:x}")));
            call.arg(micros(size.per_call)).arg(size.quota);
        }
        let said: Option<Vec<i64>> = self.redis.ask(async |mut to| call.invoke_async(&mut to).await).await;
        let Some(said) = said else {
            self.fallbacks.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let said = said.into_iter().zip(buckets).map(|(said, (bucket, size))| {
            let span = Duration::from_micros(said.unsigned_abs());
            if said < 0 {
                self.empty.insert(*bucket, Instant::now() + span);
                return Err(span);
            }
            let spent = said.unsigned_abs().div_ceil(micros(size.per_call));
            Ok(size.quota.saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX)))
        });
        Some(said.collect())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX).max(1)
}
