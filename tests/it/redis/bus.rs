//! Hints between processes: two buses on one Redis.

use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use mazad::domain::ids::RequestId;
use mazad::drivers::bus::Bus;
use mazad::drivers::bus::BusState;
use mazad::drivers::bus::Heard;
use mazad::drivers::bus::Listener;
use mazad::drivers::bus::Topic;

use crate::support::redis::RedisServer;

const ROOM: RequestId = RequestId(77);

/// A process of the fleet, as far as the bus goes. Its link ends with the test.
struct Process {
    bus: Bus,
    heard: Listener,
}

impl Process {
    async fn join(server: &RedisServer) -> Self {
        let (bus, link) = Bus::open(&server.usual_settings()).unwrap();
        let mut heard = bus.listen();
        tokio::spawn(link.unwrap().run());
        assert_eq!(next(&mut heard).await, Heard::Doubtful, "what was said before is unknown");
        Self { bus, heard }
    }

    async fn next(&mut self) -> Heard {
        next(&mut self.heard).await
    }
}

async fn next(heard: &mut Listener) -> Heard {
    tokio::time::timeout(Duration::from_secs(10), heard.next()).await.expect("nothing is heard")
}

fn fleet(text: &'static str) -> Heard {
    Heard::Fleet { bytes: Bytes::from_static(text.as_bytes()) }
}

#[tokio::test]
async fn each_hears_the_others_and_not_itself() {
    let server = RedisServer::start();
    let (mut one, mut two) = (Process::join(&server).await, Process::join(&server).await);
    one.bus.publish(Topic::Fleet, Bytes::from_static(b"from one"));
    two.bus.publish(Topic::Fleet, Bytes::from_static(b"from two"));
    assert_eq!((one.next().await, two.next().await), (fleet("from two"), fleet("from one")));

    // A room is heard by those who follow it, from the moment on that they were told.
    one.bus.publish(Topic::Room(ROOM), Bytes::from_static(b"to nobody"));
    // One connection says things in their order: what was said before this is over.
    one.bus.publish(Topic::Fleet, Bytes::from_static(b"said"));
    assert_eq!(two.next().await, fleet("said"));
    two.bus.follow(ROOM);
    assert_eq!(two.next().await, Heard::Following { request: ROOM });
    for n in 0..1_000_u32 {
        one.bus.publish(Topic::Room(ROOM), Bytes::copy_from_slice(&n.to_be_bytes()));
    }
    for n in 0..1_000_u32 {
        let bytes = Bytes::copy_from_slice(&n.to_be_bytes());
        assert_eq!(two.next().await, Heard::Room { request: ROOM, bytes });
    }
    // Channels are no data.
    server.flushall();
    // Counted: who followed twice is there until it left twice.
    two.bus.follow(ROOM);
    two.bus.unfollow(ROOM);
    one.bus.publish(Topic::Room(ROOM), Bytes::from_static(b"still"));
    assert!(matches!(two.next().await, Heard::Room { .. }));
    two.bus.unfollow(ROOM);
    wait_until(|| server.say("PUBSUB CHANNELS test:room:*") == "*0").await;
    assert_eq!((one.bus.counts().published, one.bus.counts().dropped), (1_004, 0));
    assert_eq!((two.bus.counts().heard, one.bus.counts().heard), (1_003, 1));
}

#[tokio::test]
async fn what_is_too_long_or_too_much_is_dropped_and_counted() {
    let server = RedisServer::start();
    let (one, mut two) = (Process::join(&server).await, Process::join(&server).await);
    one.bus.publish(Topic::Fleet, Bytes::from(vec![0; 64 * 1_024 + 1]));
    assert_eq!(one.bus.counts().dropped, 1);
    // The link does not run while this loop does: what finds no room in its queue is lost, and this never waits.
    for _ in 0..5_000 {
        one.bus.publish(Topic::Fleet, Bytes::from_static(b"x"));
    }
    let dropped = one.bus.counts().dropped;
    assert!((3_900..4_500).contains(&dropped), "{dropped}");
    for _ in 0..5_001 - dropped {
        assert_eq!(two.next().await, fleet("x"));
    }
}

#[tokio::test]
async fn a_redis_that_dies_is_found_again_with_every_room() {
    let mut server = RedisServer::start();
    let (one, mut two) = (Process::join(&server).await, Process::join(&server).await);
    two.bus.follow(ROOM);
    assert_eq!(two.next().await, Heard::Following { request: ROOM });
    server.kill();
    assert_eq!(two.next().await, Heard::Doubtful);
    wait_until(|| one.bus.state() == BusState::Down && two.bus.state() == BusState::Down).await;
    one.bus.publish(Topic::Room(ROOM), Bytes::from_static(b"lost"));
    assert_eq!(one.bus.counts().dropped, 1);
    // What is followed meanwhile is followed afterwards.
    two.bus.follow(RequestId(78));
    server.restart();
    let mut followed = Vec::new();
    loop {
        match two.next().await {
            Heard::Following { request } => followed.push(request),
            Heard::Doubtful => break,
            Heard::Room { .. } | Heard::Fleet { .. } => panic!("out of nothing"),
        }
    }
    followed.sort();
    assert_eq!(followed, [ROOM, RequestId(78)]);
    wait_until(|| one.bus.state() == BusState::Up).await;
    one.bus.publish(Topic::Room(ROOM), Bytes::from_static(b"heard"));
    assert_eq!(two.next().await, Heard::Room { request: ROOM, bytes: Bytes::from_static(b"heard") });
}

#[tokio::test]
async fn a_link_that_is_half_open_is_left_by_its_silence() {
    let server = RedisServer::start();
    let mut one = Process::join(&server).await;
    let redis = one.bus.redis().unwrap().clone();
    wait_until(|| redis.answers()).await;
    server.stop();
    let stopped = Instant::now();
    // The first who asks waits a little, the next not at all.
    let ping = || redis.ask(async |mut to| redis_ping(&mut to).await);
    assert_eq!(ping().await, None);
    assert!((50..2_000).contains(&stopped.elapsed().as_millis()), "{:?}", stopped.elapsed());
    let asked = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(ping().await, None);
    }
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!((one.next().await, one.bus.state()), (Heard::Doubtful, BusState::Down));
    assert!((2..6).contains(&stopped.elapsed().as_secs()), "{:?}", stopped.elapsed());
    server.cont();
    assert_eq!(one.next().await, Heard::Doubtful);
    wait_until(|| redis.answers()).await;
    assert_eq!(ping().await.as_deref(), Some("PONG"));
}

#[tokio::test]
async fn a_short_stall_costs_no_connection() {
    let server = RedisServer::start();
    let mut one = Process::join(&server).await;
    let redis = one.bus.redis().unwrap().clone();
    wait_until(|| redis.answers()).await;
    server.stop();
    assert_eq!(redis.ask(async |mut to| redis_ping(&mut to).await).await, None);
    server.cont();
    wait_until(|| redis.answers()).await;
    let other = Process::join(&server).await;
    other.bus.publish(Topic::Fleet, Bytes::from_static(b"x"));
    assert_eq!(one.next().await, fleet("x"), "nothing was doubtful");
}

#[tokio::test]
async fn a_redis_that_is_not_there_yet_keeps_nobody_waiting() {
    let mut server = RedisServer::start();
    server.kill();
    let (bus, link) = Bus::open(&server.settings()).unwrap();
    let mut heard = bus.listen();
    tokio::spawn(link.unwrap().run());
    let asked = Instant::now();
    assert_eq!(bus.redis().unwrap().ask(async |mut to| redis_ping(&mut to).await).await, None);
    assert!(asked.elapsed() < Duration::from_secs(1));
    server.restart();
    assert_eq!(next(&mut heard).await, Heard::Doubtful);
    assert_eq!(bus.state(), BusState::Up);
}

async fn redis_ping(to: &mut ::redis::aio::MultiplexedConnection) -> ::redis::RedisResult<String> {
    ::redis::cmd("PING").query_async(to).await
}

/// Looks again until it is so.
pub(super) async fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never came to be");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
