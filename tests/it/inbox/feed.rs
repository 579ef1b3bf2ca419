//! The live feed: one's own notifications over a socket.

use std::time::Duration;

use futures_util::SinkExt as _;
use futures_util::StreamExt as _;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::tell;
use crate::support::app::Person;
use crate::support::app::TestApp;

/// A socket of somebody's notifications.
pub(crate) struct Feed(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Feed {
    pub(crate) async fn open(app: &TestApp, query: &str, token: Option<&str>) -> Result<Self, u16> {
        let at = app.url(&format!("{NOTIFICATIONS}/live{query}")).replacen("http", "ws", 1);
        let mut request = at.into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Of somebody who proves who they are in the handshake, behind its first frame.
    pub(crate) async fn of(app: &TestApp, who: &Person) -> Self {
        let mut feed = Self::open(app, "", Some(&who.token)).await.unwrap();
        assert_eq!(feed.next().await["type"], "unread");
        feed
    }

    async fn message(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await;
        next.expect("the server says nothing").unwrap().unwrap()
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code that it is closed with.
    async fn end(&mut self) -> u16 {
        loop {
            if let Message::Close(close) = self.message().await {
                return close.unwrap().code.into();
            }
        }
    }

    async fn say(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The ids of the next notices, and how many are unread after them.
    pub(crate) async fn news(&mut self, count: usize) -> (Vec<String>, i64) {
        let mut ids = Vec::new();
        loop {
            let frame = self.next().await;
            match frame["type"].as_str().unwrap() {
                "notice" => ids.push(frame["notice"]["id"].as_str().unwrap().to_owned()),
                "unread" if ids.len() >= count => return (ids, frame["count"].as_i64().unwrap()),
                "unread" => {}
                other => panic!("{other}: {frame}"),
            }
        }
    }
}

#[actix_web::test]
async fn notices_come_by_themselves_in_order_and_to_their_owner_alone() {
    let app = TestApp::start().await;
    let (who, other) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let mut feed = Feed::open(&app, "", Some(&who.token)).await.unwrap();
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));
    let mut foreign = Feed::of(&app, &other).await;
    let told = tell(&app, &who, &[cancelled(1), cancelled(2)]).await;
    let (ids, unread) = feed.news(2).await;
    assert_eq!((&ids, unread), (&told, 2));
    let more = tell(&app, &who, &[cancelled(3)]).await;
    let frame = feed.next().await;
    let list = app.get(Some(&who.token), NOTIFICATIONS).await.expect(200);
    assert_eq!(frame, json!({"type": "notice", "notice": list["data"][0]}), "as the list shows it");
    assert_eq!(frame["notice"]["id"], more[0]);
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 3}));
    // Read on another device.
    app.post(Some(&who.token), &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 0}));
    let own = tell(&app, &other, &[cancelled(4)]).await;
    assert_eq!(foreign.news(1).await, (own, 1), "of the others it heard nothing");
    app.stop().await;
}

#[actix_web::test]
async fn a_page_names_its_language_and_is_told_where_a_notice_leads() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let (mut arabic, mut english) = (
        Feed::open(&app, "?lang=ar", Some(&who.token)).await.unwrap(),
        Feed::open(&app, "?lang=en", Some(&who.token)).await.unwrap(),
    );
    assert_eq!((&arabic.next().await["type"], &english.next().await["type"]), (&json!("unread"), &json!("unread")));
    tell(&app, &who, &[cancelled(1)]).await;
    let (one, other) = (arabic.next().await, english.next().await);
    let title = |frame: &Value| frame["notice"]["title"].as_str().unwrap().to_owned();
    assert!(title(&one).chars().any(|c| c > '\u{600}') && title(&other).is_ascii(), "{one} {other}");
    assert_eq!(other["notice"]["link"], format!("/#/room/{}", other["notice"]["data"]["request_id"].as_str().unwrap()));
    assert_eq!(Feed::open(&app, "?lang=fr", Some(&who.token)).await.err(), Some(422));
    app.stop().await;
}

#[actix_web::test]
async fn a_sleeper_gets_what_it_missed() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let first = tell(&app, &who, &[cancelled(1)]).await;
    let missed = tell(&app, &who, &[cancelled(2), cancelled(3)]).await;
    let mut feed = Feed::of(&app, &who).await;
    feed.say(&json!({"type": "join", "id": 1, "since": first[0]})).await;
    assert_eq!(feed.news(2).await, (missed.clone(), 3));
    assert_eq!(feed.next().await, json!({"type": "reply", "id": 1, "ok": true}));
    // Nothing is missed: only the count is repeated.
    feed.say(&json!({"type": "join", "id": 2, "since": missed[1]})).await;
    assert_eq!(feed.next().await, json!({"type": "unread", "count": 3}));
    assert_eq!(feed.next().await["id"], 2);
    let many: Vec<_> = (10..70).map(cancelled).collect();
    tell(&app, &who, &many).await;
    let mut late = Feed::of(&app, &who).await;
    late.say(&json!({"type": "join", "id": 3, "since": missed[1]})).await;
    assert_eq!(late.next().await, json!({"type": "reload"}), "more than is repeated");
    assert_eq!(late.next().await, json!({"type": "unread", "count": 63}));
    assert_eq!(late.next().await["id"], 3);
    // A notice of somebody else's, or none: the list has what there is.
    late.say(&json!({"type": "join", "id": 4, "since": "ntc_0000000000001"})).await;
    assert_eq!(late.next().await, json!({"type": "reload"}));
    assert_eq!(late.next().await["type"], "unread");
    assert_eq!(late.next().await["id"], 4);
    let more = tell(&app, &who, &[cancelled(99)]).await;
    assert_eq!(late.news(1).await, (more, 64), "and it goes on");
    app.stop().await;
}

#[actix_web::test]
async fn the_ways_in_and_out_are_those_of_a_room() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let ticket = app.post(Some(&who.token), "/api/v1/auth/tickets", &json!({})).await.expect(201);
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut feed = Feed::open(&app, &query, None).await.unwrap();
    assert_eq!(feed.next().await["type"], "unread");
    assert_eq!(Feed::open(&app, &query, None).await.err(), Some(401), "a ticket opens one door once");

    let mut later = Feed::open(&app, "", None).await.unwrap();
    later.say(&json!({"type": "auth", "id": 1, "token": who.token})).await;
    assert_eq!(later.next().await, json!({"type": "reply", "id": 1, "ok": true}));
    for (frame, field) in [
        (
            json!({"type": "bid.withdraw", "id": 2, "idempotency_key": "k", "bid_id": "bid_0000000000001", "reason": "x"}),
            "type",
        ),
        (json!({"type": "join", "id": 2, "since": {"epoch": "x", "seq": 1}}), "since"),
    ] {
        later.say(&frame).await;
        let problem = later.next().await["problem"].clone();
        assert_eq!((&problem["code"], &problem["errors"][0]["field"]), (&json!("validation_failed"), &json!(field)));
    }
    later.say(&json!({"type": "ping", "t0": 1})).await;
    assert_eq!(later.next().await["t0"], 1);
    later.say(&json!({"type": "join", "id": 3})).await;
    assert_eq!(later.next().await["type"], "unread");
    assert_eq!(later.next().await["id"], 3);
    let mut forged = Feed::open(&app, "", None).await.unwrap();
    forged.say(&json!({"type": "auth", "token": "forged"})).await;
    assert_eq!(forged.end().await, 4401);

    let metrics = app.send(app.request(reqwest::Method::GET, None, "/metrics")).await.body;
    assert!(metrics.as_str().unwrap().contains("mazad_feed_sockets 2"), "{metrics}");
    let other = app.sign_in("0501111111").await;
    let mut stays = Feed::of(&app, &other).await;
    app.post(Some(&who.token), "/api/v1/auth/logout", &json!({})).await;
    assert_eq!((feed.end().await, later.end().await), (4401, 4401));
    let told = tell(&app, &other, &[cancelled(1)]).await;
    assert_eq!(stays.news(1).await, (told, 1), "another sign-in stays");
    let stopping = app.stop();
    let (code, ()) = futures_util::future::join(stays.end(), stopping).await;
    assert_eq!(code, 1012);
}
