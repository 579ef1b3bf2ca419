//! Two servers on one database and one Redis: what one does, the other knows.

use std::time::Duration;
use std::time::Instant;

use futures_util::StreamExt as _;
use mazad::clock::Clock;
use mazad::config;
use mazad::config::Config;
use mazad::config::Rates;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::redis::bus::wait_until;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::mariadb::Database;
use crate::support::mariadb::MariaDb;
use crate::support::open_request::Open;
use crate::support::redis::RedisServer;
use crate::watching::missing;

/// Two servers. People sign in, publish and bid at the first.
struct Pair {
    one: TestApp,
    two: TestApp,
    _database: Database,
}

impl Pair {
    /// `redis`: none, or the settings of one.
    async fn start(redis: Option<config::Redis>, set: impl Fn(&mut Config)) -> Self {
        let database = MariaDb::shared().fresh_database().await;
        // The schema first: on a busy machine it takes longer than a server has patience for.
        let options = StoreOptions { url: database.url.clone(), readers: 1 };
        let begun = Instant::now();
        loop {
            match Db::open(&options).await {
                Ok(db) => break db.close().await,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
            }
        }
        let set = |config: &mut Config| {
            config.database.url.clone_from(&database.url);
            "127.0.0.1:0".clone_into(&mut config.cluster.address);
            if let Some(redis) = &redis {
                config.redis = redis.clone();
            }
            set(config);
        };
        // With another clock than the database's a server has no part in anything.
        let one = TestApp::start_with(Clock::System, set).await;
        let keys = one.running.app.config.auth.key_dir.clone();
        let two = TestApp::start_with(Clock::System, |config| {
            set(config);
            config.auth.key_dir = keys;
        })
        .await;
        let pair = Self { one, two, _database: database };
        if redis.is_some() {
            pair.hear_each_other().await;
        }
        pair
    }

    async fn hear_each_other(&self) {
        for app in [&self.one, &self.two] {
            let redis = app.running.app.bus.redis().unwrap();
            wait_until(|| redis.answers()).await;
        }
    }

    async fn stop(self) {
        self.two.stop().await;
        self.one.stop().await;
    }
}

/// A socket in the room of a request, by a ticket.
struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Watcher {
    async fn enter(app: &TestApp, ticket: &str, open: &Open) -> Result<Self, u16> {
        let at =
            app.url(&format!("/api/v1/bidding/requests/{}/live?ticket={ticket}", open.id)).replacen("http", "ws", 1);
        match tokio_tungstenite::connect_async(at).await {
            Ok((mut socket, _)) => {
                // The snapshot: from here on it is in the room.
                assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))));
                Ok(Self(socket))
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The code that it is closed with, and when.
    async fn end(mut self) -> (u16, Instant) {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("nobody closes it");
            if let Message::Close(Some(frame)) = next.unwrap().unwrap() {
                return (frame.code.into(), Instant::now());
            }
        }
    }
}

async fn ticket(app: &TestApp, who: &Person) -> String {
    let given = app.post(Some(&who.token), "/api/v1/auth/tickets", &json!({})).await.expect(201);
    given["ticket"].as_str().unwrap().to_owned()
}

/// How long the second server took to close the room for two who signed out and for one who was blocked: one after the
/// other, because a look at the database that comes by chance helps the first alone.
async fn delays(pair: &Pair, opens_by_ticket_of: &TestApp) -> [Duration; 3] {
    let (one, two) = (&pair.one, &pair.two);
    let owner = one.person("0501111111", "customer").await;
    let leavers = [one.merchant("0502222222").await, one.merchant("0504444444").await];
    let blocked = one.merchant("0503333333").await;
    let open = Open::publish(one, &owner, json!({})).await;
    let socket = async |who| Watcher::enter(two, &ticket(opens_by_ticket_of, who).await, &open).await.unwrap();
    let (first, second, third) = (socket(&leavers[0]).await, socket(&leavers[1]).await, socket(&blocked).await);

    let mut delays = [Duration::ZERO; 3];
    for ((socket, leaver), delay) in [first, second].into_iter().zip(&leavers).zip(&mut delays) {
        let done = one.post(Some(&leaver.token), "/api/v1/auth/logout", &json!({})).await;
        assert_eq!(done.status, 204, "{done:?}");
        let left = Instant::now();
        let (code, at) = socket.end().await;
        assert_eq!(code, 4401);
        *delay = at.saturating_duration_since(left);
        assert_eq!(two.get(Some(&leaver.token), "/api/v1/auth/me").await.status, 401);
    }

    let path = format!("/api/v1/orders/requests/{}", open.id);
    assert_eq!(two.get(Some(&blocked.token), &path).await.status, 200);
    let done = one.post(Some(&owner.token), "/api/v1/users/blocks", &json!({"merchant_id": blocked.id})).await;
    assert_eq!(done.status, 204);
    let left = Instant::now();
    let (code, at) = third.end().await;
    assert_eq!(code, 4403);
    delays[2] = at.saturating_duration_since(left);
    // The permission that the second server remembered is gone, too.
    assert_eq!(open.bid(two, &blocked, "k1", "90.00", json!({})).await.problem(), "unknown_request");
    delays
}

#[actix_web::test]
async fn what_one_server_ends_the_other_ends_at_once() {
    let server = RedisServer::start();
    let pair = Pair::start(Some(server.settings()), |_| {}).await;
    for delay in delays(&pair, &pair.one).await {
        assert!(delay < Duration::from_millis(1_500), "{delay:?}: a look would take two seconds");
    }
    pair.stop().await;
}

#[actix_web::test]
async fn without_redis_it_ends_it_at_its_next_look() {
    let pair = Pair::start(None, |_| {}).await;
    for delay in delays(&pair, &pair.two).await {
        assert!(delay < Duration::from_secs(6), "{delay:?}: it looks every two seconds");
    }
    pair.stop().await;
}

#[actix_web::test]
async fn a_ticket_serves_once_in_the_whole_fleet() {
    let mut server = RedisServer::start();
    let pair = Pair::start(Some(server.settings()), |_| {}).await;
    let (one, two) = (&pair.one, &pair.two);
    let owner = one.person("0501111111", "customer").await;
    let open = Open::publish(one, &owner, json!({})).await;

    let given = ticket(one, &owner).await;
    // Who reads Redis learns neither the ticket nor who may use it where.
    let dump = server.say("KEYS test:ticket:*");
    assert_eq!(dump, "*1");
    assert!(Watcher::enter(two, &given, &open).await.is_ok());
    for app in [one, two] {
        assert_eq!(Watcher::enter(app, &given, &open).await.err(), Some(401));
    }
    // At the same time at both: one gets in.
    let given = ticket(two, &owner).await;
    let both = tokio::join!(Watcher::enter(one, &given, &open), Watcher::enter(two, &given, &open));
    assert_eq!(u32::from(both.0.is_ok()) + u32::from(both.1.is_ok()), 1);
    // What was forged serves nobody.
    let given = ticket(one, &owner).await;
    let key = server.say_all("KEYS test:ticket:*").into_iter().find(|line| line.starts_with("test:ticket:")).unwrap();
    server.say(&format!("SET {key} AAAA.{{}} KEEPTTL"));
    assert_eq!(Watcher::enter(two, &given, &open).await.err(), Some(401));

    // Without Redis it serves where it was given, once; what lay in Redis is lost, and another is given.
    let lost = ticket(one, &owner).await;
    server.kill();
    let given = ticket(one, &owner).await;
    assert_eq!(Watcher::enter(two, &given, &open).await.err(), Some(401));
    assert!(Watcher::enter(one, &given, &open).await.is_ok());
    for ticket in [&given, &lost] {
        assert_eq!(Watcher::enter(one, ticket, &open).await.err(), Some(401));
    }
    pair.stop().await;
}

#[actix_web::test]
async fn one_account_has_one_budget_at_both() {
    let server = RedisServer::start();
    let few = Rates { user_per_minute: 1, user_burst: 6, address_per_minute: 60_000, address_burst: 1_000 };
    let pair = Pair::start(Some(server.settings()), |config| config.limits.read = few).await;
    let who = pair.one.person("0501111111", "customer").await;
    let mut statuses = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        for app in [&pair.one, &pair.two] {
            let answer = app.get(Some(&who.token), "/api/v1/users/vehicles").await;
            statuses.push(answer.status);
            last = Some(answer);
        }
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429, 429, 429, 429]);
    let last = last.unwrap();
    assert_eq!((last.problem(), &last.body["limit"]), ("rate_limited", &json!("user")));
    let wait: u64 = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert!(last.headers["ratelimit"].to_str().unwrap().contains(r#""read-user";r=0"#), "{:?}", last.headers);
    pair.stop().await;
}

#[actix_web::test]
async fn whatever_becomes_of_redis_calls_are_answered() {
    let mut server = RedisServer::start();
    let pair = Pair::start(Some(server.usual_settings()), |config| config.auction.bids_per_second = 1_000).await;
    let one = &pair.one;
    let owner = one.person("0501111111", "customer").await;
    let merchant = one.merchant("0502222222").await;
    let open = Open::publish(one, &owner, json!({})).await;
    let placed = open.bid(one, &merchant, "k0", "900.00", json!({})).await.expect(201);
    let bid = format!("/api/v1/bidding/bids/{}", placed["bid"]["id"].as_str().unwrap());
    let mut bids = 0;
    let mut slowest = Duration::ZERO;
    let mut round = async |count: usize| {
        for _ in 0..count {
            bids += 1;
            // Other notes are always legal.
            let offer = json!({
                "items": [{"request_item_id": open.item, "quantity": 1, "unit_price": "900.00"}],
                "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash", "notes": format!("{bids}"),
            });
            let begun = Instant::now();
            let revise = one.request(Method::PUT, Some(&merchant.token), &bid);
            let revise = revise.header("Idempotency-Key", format!("k{bids}")).json(&offer);
            one.send(revise).await.expect(200);
            for app in [&pair.one, &pair.two] {
                app.get(Some(&owner.token), "/api/v1/users/vehicles").await.expect(200);
            }
            slowest = slowest.max(begun.elapsed());
        }
    };
    round(5).await;
    server.flushall();
    round(5).await;
    server.stop();
    round(10).await;
    wait_until(|| !one.running.app.bus.state().is_up()).await;
    round(5).await;
    server.cont();
    pair.hear_each_other().await;
    round(5).await;
    server.kill();
    round(10).await;
    server.restart();
    pair.hear_each_other().await;
    round(5).await;
    assert!(one.running.app.limiter.fallbacks() > 0, "it was away");
    // A call waits 50 ms at most; the rest is for a busy machine.
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    // And the news go their way again.
    let owner = one.sign_in("0501111111").await;
    let socket = Watcher::enter(&pair.two, &ticket(&pair.two, &owner).await, &open).await.unwrap();
    one.post(Some(&owner.token), "/api/v1/auth/logout", &json!({})).await;
    let left = Instant::now();
    let (code, at) = socket.end().await;
    assert!(code == 4401 && at.saturating_duration_since(left) < Duration::from_millis(1_500));
    let metrics = one.send(one.request(Method::GET, None, "/metrics")).await.body;
    let metrics = metrics.as_str().unwrap();
    for line in ["mazad_redis_up 1", "mazad_rate_limit_fallbacks_total", "mazad_bus_published_total"] {
        assert!(metrics.contains(line), "{line}");
    }
    assert_eq!(missing(metrics), Vec::<String>::new());
    pair.stop().await;
}
