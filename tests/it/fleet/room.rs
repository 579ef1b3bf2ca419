//! What is seen is the same on every server.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt as _;
use serde_json::Value;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::Ground;
use super::Load;
use super::PATIENCE;
use super::insist;
use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::redis::RedisServer;

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Somebody in a room, and every event that was shown.
pub(super) struct Watcher {
    socket: Socket,
    epoch: Value,
    pub(super) seq: i64,
    pub(super) events: Vec<(i64, String)>,
    /// Whether a question was shown.
    asked: bool,
}

impl Watcher {
    pub(super) async fn enter(url: &str, bazaar: &Bazaar, token: &str) -> Self {
        let room = format!("{url}/api/v1/bidding/requests/{}/live", bazaar.request).replace("http://", "ws://");
        let mut call = room.into_client_request().unwrap();
        call.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let mut socket = tokio_tungstenite::connect_async(call).await.unwrap().0;
        let snapshot = frame(&mut socket).await;
        assert_eq!(snapshot["type"], "snapshot", "{snapshot}");
        let seq = snapshot["seq"].as_i64().unwrap();
        Self { socket, epoch: snapshot["epoch"].clone(), seq, events: Vec::new(), asked: false }
    }

    /// How long after it was there the journal's last entry is shown.
    async fn lag(&mut self, ground: &Ground) -> Duration {
        let last = ground.last_entry().await;
        let since = Instant::now();
        self.until(last).await;
        since.elapsed()
    }

    /// Looks on until somebody asks something; events meanwhile are counted.
    async fn until_question(&mut self) {
        while !self.asked {
            self.until(self.seq + 1).await;
        }
    }

    /// Looks on until this event, without a gap and without a snapshot in between.
    pub(super) async fn until(&mut self, seq: i64) {
        let since = Instant::now();
        while self.seq < seq {
            assert!(since.elapsed() < PATIENCE, "at {} of {seq}", self.seq);
            let frame = frame(&mut self.socket).await;
            assert_ne!(frame["type"], "snapshot", "the room began anew: {frame}");
            // Boards, questions and what concerns the viewer have no number of their own.
            let kind = frame["type"].as_str().unwrap();
            self.asked |= kind == "question.asked";
            if !kind.contains('.') || kind.starts_with("question.") {
                continue;
            }
            assert_eq!((frame["seq"].as_i64(), &frame["epoch"]), (Some(self.seq + 1), &self.epoch), "{frame}");
            self.seq += 1;
            self.events.push((self.seq, frame["type"].as_str().unwrap().to_owned()));
        }
    }
}

async fn frame(socket: &mut Socket) -> Value {
    loop {
        let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("the room says nothing");
        match next.expect("the socket ended").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[actix::test]
async fn watchers_on_both_see_one_gapless_sequence_and_everybody_reads_his_own_bid() {
    let ground = Ground::new().await;
    let (one, two) = (ground.start("one").await, ground.start("two").await);
    assert_eq!((one.number, two.number), (1, 2));
    let dir = ground.dir.path();
    let bazaar = Arc::new(Bazaar::open_on(&ground.database.url, dir, one.url(), 6).await);
    ground.watch_writers().await;
    assert_eq!(ground.owners().await, [one.number], "who publishes writes");
    let (here, there) = (&bazaar.bidders[4].token, &bazaar.bidders[5].token);
    let mut here = Watcher::enter(one.url(), &bazaar, here).await;
    let mut there = Watcher::enter(two.url(), &bazaar, there).await;
    let bidders = (0..4).map(|at| {
        let (bazaar, urls) = (Arc::clone(&bazaar), [one.url().to_owned(), two.url().to_owned()]);
        actix::spawn(async move {
            let client = reqwest::Client::new();
            let mut who = bazaar.bidders[at].clone();
            for _ in 0..10 {
                let sent = who.next(at, &bazaar.items);
                let (_, bid) = insist(&bazaar, &client, &urls[at % 2], &who, &sent).await;
                who.bid = Some(bid);
                read_own(&bazaar, &client, &urls, &who).await;
            }
        })
    });
    for bidder in bidders.collect::<Vec<_>>() {
        bidder.await.unwrap();
    }
    let last = here.seq + 40;
    here.until(last).await;
    there.until(last).await;
    assert_eq!(here.events, there.events);
    assert_eq!(ground.stale(&[("one", one.number), ("two", two.number)]).await, (vec![], 40));
    assert_eq!(ground.owners().await, [one.number], "who looks on or hands on does not write");
}

/// Whoever has an answer finds it on every server.
async fn read_own(bazaar: &Bazaar, client: &reqwest::Client, urls: &[String], who: &Bidder) {
    for url in urls {
        let board = format!("{url}/api/v1/bidding/requests/{}/bids", bazaar.request);
        let board: Value = client.get(board).bearer_auth(&who.token).send().await.unwrap().json().await.unwrap();
        assert_eq!(board["you"]["bid"]["version"], who.version(), "{board}");
    }
}

#[actix::test]
async fn redis_makes_it_fast_and_its_death_changes_nothing_else() {
    let mut redis = RedisServer::start();
    let ground = Ground::new().await;
    let url = redis.url();
    let env = [("MAZAD__REDIS__URL", url.as_str())];
    let (one, two) =
        (ground.start_at("one", "127.0.0.1:0", &env).await, ground.start_at("two", "127.0.0.1:0", &env).await);
    let bazaar = Arc::new(Bazaar::open_on(&ground.database.url, ground.dir.path(), one.url(), 4).await);
    let mut there = Watcher::enter(two.url(), &bazaar, &bazaar.owner).await;
    let load = Load::begin(&bazaar, &[one.url()]);
    load.until_acks(0, 10).await;
    // A question is no event and stands in no journal; the bus alone brings it.
    let ask = format!("{}/api/v1/bidding/requests/{}/questions", one.url(), bazaar.request);
    let asked = reqwest::Client::new().post(ask).bearer_auth(&bazaar.bidders[0].token);
    let asked = asked.header("idempotency-key", "q").json(&json!({"question": "new or used?"})).send().await.unwrap();
    assert_eq!(asked.status(), 201, "{:?}", asked.text().await);
    there.until_question().await;
    let median = |mut lags: Vec<Duration>| {
        lags.sort_unstable();
        lags[lags.len() / 2]
    };
    let mut fast = Vec::new();
    for _ in 0..20 {
        fast.push(there.lag(&ground).await);
    }
    redis.kill();
    load.until_acks(0, 20).await;
    let mut slow = Vec::new();
    for _ in 0..3 {
        slow.push(there.lag(&ground).await);
    }
    redis.restart();
    load.until_acks(0, 20).await;
    redis.stop();
    load.until_acks(0, 20).await;
    redis.cont();
    redis.flushall();
    load.until_acks(0, 20).await;
    // And by whom it is handed on.
    let mut who = bazaar.bidders[3].clone();
    let sent = who.next(3, &bazaar.items);
    insist(&bazaar, &reqwest::Client::new(), two.url(), &who, &sent).await;
    let (acknowledged, unclear) = load.settle(&ground, one.url()).await;
    assert_eq!(unclear, 0, "Redis is not on a bid's way");
    let last = ground.last_entry().await;
    there.until(last).await;
    let (fast, slow) = (median(fast), median(slow));
    assert!(fast < Duration::from_millis(500), "{fast:?}");
    println!("shown elsewhere after {fast:?} with Redis, {slow:?} without; {acknowledged} bids, none asked for again");
}
