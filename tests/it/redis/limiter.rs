//! One budget for two processes.

use std::time::Duration;
use std::time::Instant;

use mazad::clock::Clock;
use mazad::config;
use mazad::config::Class;
use mazad::config::Limits;
use mazad::config::Rates;
use mazad::domain::ids::UserId;
use mazad::drivers::bus::Bus;
use mazad::drivers::rate_limiter::RateLimiter;
use mazad::drivers::rate_limiter::Verdict;

use crate::redis::bus::wait_until;
use crate::support::redis::RedisServer;

const HERE: &str = "192.0.2.1";
/// Its bucket for `Class::Read`.
const BUCKET: &str = "test:rate:read:address:ffffc0000201";

fn limits(per_minute: u32, burst: u32) -> Limits {
    let rates =
        Rates { user_per_minute: per_minute, user_burst: burst, address_per_minute: per_minute, address_burst: burst };
    Limits { enabled: true, auth: rates, write: rates, read: rates, socket: rates }
}

/// A process' limiter, once its Redis answers.
async fn join(server: &RedisServer, limits: &Limits) -> RateLimiter {
    join_with(&server.settings(), limits).await
}

async fn join_with(settings: &config::Redis, limits: &Limits) -> RateLimiter {
    let (bus, link) = Bus::open(settings).unwrap();
    tokio::spawn(link.unwrap().run());
    let redis = bus.redis().unwrap().clone();
    wait_until(|| redis.answers()).await;
    RateLimiter::new(limits, &Clock::System, Some(redis))
}

async fn take(limiter: &RateLimiter, address: &str, user: Option<i64>) -> Vec<(&'static str, Verdict)> {
    let (told, asking) = limiter.charge(Class::Read, address.parse().unwrap(), || user.map(UserId));
    let told = match asking {
        Some(asking) => asking.await,
        None => told,
    };
    told.into_iter().flatten().collect()
}

async fn is_taken(limiter: &RateLimiter) -> bool {
    take(limiter, HERE, None).await[0].1.wait_secs.is_none()
}

#[tokio::test]
async fn shared_buckets_say_what_ones_own_do() {
    let server = RedisServer::start();
    let limits = limits(2, 3);
    let shared = join(&server, &limits).await;
    let alone = RateLimiter::new(&limits, &Clock::System, None);
    for call in 0..5 {
        let (one, other) = (take(&shared, HERE, Some(1)).await, take(&alone, HERE, Some(1)).await);
        assert_eq!(one, other, "call {call}");
    }
    // The address is empty now; somebody else's, and another class, are not.
    assert_eq!(take(&shared, "192.0.2.2", Some(2)).await[1].1.remaining, 2);
    let refused = take(&shared, "192.0.2.2", Some(1)).await;
    assert!(matches!(refused[..], [.., ("user", Verdict { wait_secs: Some(30), .. })]), "{refused:?}");
    assert_eq!(shared.fallbacks(), 0);
}

#[tokio::test]
async fn two_processes_share_one_budget_to_the_call() {
    let server = RedisServer::start();
    let slow = limits(1, 10);
    let (one, two) = (join(&server, &slow).await, join(&server, &slow).await);
    let mut taken = 0;
    for _ in 0..50 {
        taken += u32::from(is_taken(&one).await) + u32::from(is_taken(&two).await);
    }
    assert_eq!(taken, 10);
    let millis: i64 = server.say(&format!("PTTL {BUCKET}")).trim_start_matches(':').parse().unwrap();
    assert!((540_000..=600_000).contains(&millis), "{millis}: it expires when it is full again");
    // Who forgets everything gives each one bucketful, and no more.
    server.flushall();
    let third = join(&server, &slow).await;
    let mut again = 0;
    for _ in 0..50 {
        again += u32::from(is_taken(&third).await);
    }
    assert_eq!(again, 10);
}

#[tokio::test]
async fn a_budget_is_refilled_for_both_together() {
    let server = RedisServer::start();
    let fast = limits(3_000, 5);
    let (one, two) = (join(&server, &fast).await, join(&server, &fast).await);
    let begun = Instant::now();
    let mut taken = 0;
    while begun.elapsed() < Duration::from_secs(1) {
        taken += u32::from(is_taken(&one).await) + u32::from(is_taken(&two).await);
        tokio::task::yield_now().await;
    }
    // One each 20 ms, after the first five.
    let most = 5 + u32::try_from(begun.elapsed().as_millis() / 20).unwrap() + 1;
    assert!((10..=most).contains(&taken), "{taken} of {most}");
}

#[tokio::test]
async fn a_redis_that_set_its_clock_back_locks_nobody_out() {
    let server = RedisServer::start();
    let limiter = join(&server, &limits(60, 5)).await;
    assert_eq!(server.say(&format!("SET {BUCKET} 9000000000000000")), "+OK");
    let [(_, told)] = take(&limiter, HERE, None).await[..] else { panic!() };
    assert_eq!(told.wait_secs, Some(1), "empty, and not for years");
    // What is no bucket at all costs the one that asked an answer of Redis, and nobody a refusal.
    assert_eq!(server.say("HSET test:rate:read:address:ffffc0000212 a b"), ":1");
    let [(_, told)] = take(&limiter, "192.0.2.18", None).await[..] else { panic!() };
    assert_eq!((told.wait_secs, limiter.fallbacks()), (None, 1));
}

#[tokio::test]
async fn without_redis_each_judges_by_itself_and_at_once() {
    let mut server = RedisServer::start();
    let slow = limits(1, 10);
    let limiter = join_with(&server.usual_settings(), &slow).await;
    assert!(is_taken(&limiter).await);
    // None, unless this machine was very busy.
    let before = limiter.fallbacks();
    server.stop();
    let begun = Instant::now();
    let mut taken = before;
    for _ in 0..200 {
        taken += u64::from(is_taken(&limiter).await);
    }
    // Its own bucket was full. 200 waits of 50 ms would be ten seconds.
    assert_eq!((taken, limiter.fallbacks() - before), (10, 200));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    server.kill();
    server.restart();
    // Once it is there again, it judges; it forgot what was spent.
    let begun = Instant::now();
    while !is_taken(&limiter).await {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not asked again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(server.say(&format!("GET {BUCKET}")).starts_with('$'));
}
