//! The live room from outside: real sockets, raw frames.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mazad::config::Environment;
use mazad::drivers::bus::Bus;
use mazad::flows::keys::Keys;
use mazad::flows::revoke::Revoker;
use mazad::flows::tokens::TokenError;
use mazad::flows::tokens::Tokens;
use mazad::limits;
use mazad::mint::IdMint;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::app::Person;
use crate::support::app::TestApp;

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

// ------------------------------------------------------------------ a client

/// A frame from a client: masked, as RFC 6455 asks.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [3, 1, 4, 1];
    let mut out = vec![first];
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | u8::try_from(short).unwrap()),
        medium @ 126..=65_535 => {
            out.push(0xfe);
            out.extend_from_slice(&u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            out.push(0xff);
            out.extend_from_slice(&u64::try_from(long).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

#[derive(Debug, PartialEq)]
enum Frame {
    Text(Value),
    Ping,
    Pong(Vec<u8>),
    Close(Option<u16>),
    End,
}

struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Socket {
    /// Sends a handshake and answers the status with the socket behind it.
    async fn knock(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> (u16, Self) {
        let mut stream = TcpStream::connect(app.running.address).await.unwrap();
        let mut lines = vec![
            ("Host", app.running.address.to_string()),
            ("Connection", "Upgrade".to_owned()),
            ("Upgrade", "websocket".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", BASE64_STANDARD.encode([7; 16])),
        ];
        for (name, value) in headers {
            lines.retain(|(known, _)| known != name);
            lines.push((name, (*value).to_owned()));
        }
        let lines: String = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        stream.write_all(format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes()).await.unwrap();
        let mut socket = Self { stream, buffer: Vec::new() };
        let end = loop {
            if let Some(at) = socket.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(socket.fill().await, "no answer to the handshake");
        };
        let head: Vec<u8> = socket.buffer.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), socket)
    }

    /// A socket of somebody who proves itself in the handshake.
    async fn of(app: &TestApp, room: &str, person: &Person) -> Self {
        let bearer = format!("Bearer {}", person.token);
        let (status, socket) = Self::knock(app, &live(room), &[("Authorization", &bearer)]).await;
        assert_eq!(status, 101);
        socket
    }

    async fn fill(&mut self) -> bool {
        let patience = Duration::from_secs(20);
        let read = tokio::time::timeout(patience, self.stream.read_buf(&mut self.buffer)).await;
        // A reset is an end too.
        read.expect("the server says nothing").unwrap_or(0) > 0
    }

    async fn frame(&mut self) -> Frame {
        loop {
            if let Some((frame, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                return frame;
            }
            if !self.fill().await {
                return Frame::End;
            }
        }
    }

    /// The next text frame; pings are passed over.
    async fn text(&mut self) -> Value {
        loop {
            match self.frame().await {
                Frame::Text(value) => return value,
                Frame::Ping => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next frame of this type; others are passed over.
    async fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.text().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Everything until the end; the code and the reason of the Close frame before it.
    async fn farewell(&mut self) -> (u16, String) {
        while self.fill().await {}
        let at = self.buffer.windows(2).rposition(|two| two[0] == CLOSE).expect("it says goodbye");
        let payload = &self.buffer[at + 2..];
        assert_eq!(payload.len(), usize::from(self.buffer[at + 1]), "nothing follows");
        (u16::from_be_bytes([payload[0], payload[1]]), String::from_utf8(payload[2..].to_vec()).unwrap())
    }

    async fn say(&mut self, frame: &Value) {
        self.send(&masked(TEXT, frame.to_string().as_bytes())).await;
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The same within five seconds: not by the heartbeat, which looks every fifteen.
    async fn end_soon(&mut self) -> Option<u16> {
        tokio::time::timeout(Duration::from_secs(5), self.end()).await.expect("closed at once")
    }

    /// The code that the server closes with, and then the end.
    async fn end(&mut self) -> Option<u16> {
        loop {
            match self.frame().await {
                Frame::Close(code) => {
                    assert_eq!(self.frame().await, Frame::End, "nothing follows a Close frame");
                    return code;
                }
                Frame::End => panic!("ended without a Close frame"),
                Frame::Text(_) | Frame::Ping | Frame::Pong(_) => {}
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (first, short) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let (start, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().unwrap()))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().unwrap())).unwrap()),
        short => (2, short),
    };
    let payload = bytes.get(start..start + length)?;
    let frame = match first {
        TEXT => Frame::Text(serde_json::from_slice(payload).unwrap()),
        PING => Frame::Ping,
        PONG => Frame::Pong(payload.to_vec()),
        CLOSE => Frame::Close(payload.get(..2).map(|code| u16::from_be_bytes(code.try_into().unwrap()))),
        other => panic!("opcode {other:#x}"),
    };
    Some((frame, start + length))
}

// ------------------------------------------------------------------ a market

fn live(room: &str) -> String {
    format!("/api/v1/bidding/requests/{room}/live")
}

struct Market {
    app: TestApp,
    owner: Person,
    room: String,
    item: String,
}

impl Market {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let owner = app.person("0501111111", "customer").await;
        let token = Some(owner.token.as_str());
        let vehicle = json!({"brand_id": 1, "model_id": 101, "year": 2019});
        let vehicle = app.post(token, "/api/v1/users/vehicles", &vehicle).await.expect(201)["id"].clone();
        let draft = json!({
            "vehicle_id": vehicle,
            "title": "Front bumper",
            "description": "White",
            "items": [{"part_name": "Bumper", "quantity": 1}],
            "bidding_duration_s": 3_600,
        });
        let made = app.post(token, "/api/v1/orders/requests", &draft).await.expect(201);
        let room = made["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/orders/requests/{room}");
        app.post(token, &format!("{path}/publish"), &json!({})).await.expect(200);
        let item = app.get(token, &path).await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        Self { app, owner, room, item }
    }

    fn offer(&self, price: &str) -> Value {
        json!({
            "items": [{"request_item_id": self.item, "quantity": 1, "unit_price": price}],
            "delivery_hours": 24,
            "warranty_days": 30,
            "payment_terms": "cash",
        })
    }

    async fn place(&self, who: &Person, key: &str, offer: &Value) -> crate::support::app::Answer {
        let path = format!("/api/v1/bidding/requests/{}/bids", self.room);
        let request = self.app.request(reqwest::Method::POST, Some(&who.token), &path);
        self.app.send(request.header("Idempotency-Key", key).json(offer)).await
    }
}

// ------------------------------------------------------------------ the room

#[actix_web::test]
async fn everybody_sees_the_ranking_move_and_both_wires_are_one() {
    let market = Market::open().await;
    let app = &market.app;
    let (one, two) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let mut host = Socket::of(app, &market.room, &market.owner).await;
    let snapshot = host.text().await;
    assert_eq!(
        (&snapshot["type"], &snapshot["state"], &snapshot["you"]["role"]),
        (&json!("snapshot"), &json!("bidding_open"), &json!("host"))
    );

    let ticket = app.post(Some(&one.token), "/api/v1/auth/tickets", &json!({})).await;
    let ticket = ticket.body["ticket"].as_str().unwrap().to_owned();
    let path = format!("{}?ticket={ticket}", live(&market.room));
    let (status, mut first) = Socket::knock(app, &path, &[]).await;
    assert_eq!(status, 101);
    assert_eq!(first.text().await["you"]["role"], "merchant");
    let (status, _) = Socket::knock(app, &path, &[]).await;
    assert_eq!(status, 401, "a ticket opens one door once");

    let (_, mut second) = Socket::knock(app, &live(&market.room), &[]).await;
    second.say(&json!({"type": "auth", "id": 1, "token": two.token})).await;
    assert_eq!(second.text().await, json!({"type": "reply", "id": 1, "ok": true}));
    second.say(&json!({"type": "join", "id": "j"})).await;
    assert_eq!(second.text().await["type"], "snapshot");
    assert_eq!(second.text().await, json!({"type": "reply", "id": "j", "ok": true}));

    let offer = market.offer("900.00");
    let placed = market.place(&one, "k1", &offer).await.expect(201);
    assert_eq!((&placed["rank"], &placed["bid"]["landed"]), (&json!(1), &json!("900.00")));
    let shown = host.wait_for("bid.placed").await;
    assert_eq!((&shown["bid"]["landed"], &shown["bid"]["merchant"]), (&json!("900.00"), &json!(one.id)));
    assert_eq!(shown["bid"]["merchant_name"], "Somebody");
    let shown = second.wait_for("bid.placed").await;
    assert_eq!((&shown["bid"]["rank"], &shown["bid"]["merchant"]), (&json!(1), &Value::Null));
    assert_eq!(shown["bid"]["merchant_name"], Value::Null);

    // The same key and body over the other wire is the same bid, and the same answer.
    first.say(&json!({"type": "bid.place", "id": 7, "idempotency_key": "k1", "bid": offer})).await;
    let reply = first.wait_for("reply").await;
    assert_eq!((&reply["id"], &reply["ok"]), (&json!(7), &placed));
    first.say(&json!({"type": "bid.place", "id": 8, "idempotency_key": "k1", "bid": market.offer("880.00")})).await;
    assert_eq!(first.wait_for("reply").await["problem"]["code"], "key_reused");

    second.say(&json!({"type": "bid.place", "id": 9, "idempotency_key": "k2", "bid": market.offer("800.00")})).await;
    let reply = second.wait_for("reply").await;
    assert_eq!(reply["ok"]["rank"], 1, "{reply}");
    let board = loop {
        let board = host.wait_for("board").await;
        if board["live_bids"] == 2 {
            break board;
        }
    };
    assert_eq!((&board["top"][0]["landed"], &board["top"][0]["merchant_name"]), (&json!("800.00"), &json!("Somebody")));
    let you = loop {
        let you = first.wait_for("you").await;
        if you["rank"] == 2 {
            break you;
        }
    };
    assert_eq!(you["bid"]["landed"], "900.00");

    // Revise and withdraw over the socket.
    let bid = placed["bid"]["id"].clone();
    let revision =
        json!({"type": "bid.revise", "id": 10, "idempotency_key": "k3", "bid_id": bid, "bid": market.offer("700.00")});
    first.say(&revision).await;
    assert_eq!(first.wait_for("reply").await["ok"]["bid"]["version"], 2);
    let revised = host.wait_for("bid.revised").await;
    let seq = revised["seq"].as_i64().unwrap();
    first
        .say(&json!({"type": "bid.withdraw", "id": 11, "idempotency_key": "k4", "bid_id": bid, "reason": "sold"}))
        .await;
    assert_eq!(first.wait_for("reply").await["ok"]["bid"]["status"], "withdrawn");
    let withdrawn = host.wait_for("bid.withdrawn").await;
    assert_eq!((withdrawn["seq"].as_i64(), &withdrawn["reason"]), (Some(seq + 1), &json!("sold")));

    // Who comes back with its place gets what it missed.
    let since = json!({"type": "join", "id": 12, "since": {"epoch": revised["epoch"], "seq": seq}});
    host.say(&since).await;
    assert_eq!(host.wait_for("bid.withdrawn").await["seq"], withdrawn["seq"]);
    market.app.stop().await;
}

#[actix_web::test]
async fn reads_show_what_the_room_shows() {
    let market = Market::open().await;
    let app = &market.app;
    let (one, two) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    market.place(&one, "k1", &market.offer("900.00")).await.expect(201);
    let bid = market.place(&two, "k1", &market.offer("800.00")).await.expect(201)["bid"]["id"].clone();
    let path = format!("/api/v1/bidding/requests/{}", market.room);
    let host = app.get(Some(&market.owner.token), &format!("{path}/bids?limit=1")).await.expect(200);
    assert_eq!((&host["data"][0]["landed"], &host["data"][0]["merchant_name"]), (&json!("800.00"), &json!("Somebody")));
    assert_eq!((&host["live_bids"], &host["next_cursor"]), (&json!(2), &json!("1")));
    let rest = app.get(Some(&market.owner.token), &format!("{path}/bids?limit=1&cursor=1")).await.expect(200);
    assert_eq!((&rest["data"][0]["rank"], &rest["next_cursor"]), (&json!(2), &Value::Null));
    let seen = app.get(Some(&one.token), &format!("{path}/bids")).await.expect(200);
    assert_eq!((&seen["you"]["rank"], &seen["data"][0]["merchant"]), (&json!(2), &Value::Null));
    let lead = app.get(Some(&one.token), &format!("{path}/price-to-lead")).await.expect(200);
    assert!(lead["landed"].is_string(), "{lead}");
    let events = app.get(Some(&one.token), &format!("{path}/events?after_seq=2")).await.expect(200);
    assert_eq!(events["data"][0]["bid"]["merchant_name"], Value::Null);
    let named = app.get(Some(&market.owner.token), &format!("{path}/events?after_seq=2&limit=1")).await.expect(200);
    assert_eq!((&named["data"][0]["bid"]["merchant_name"], &named["next_after_seq"]), (&json!("Somebody"), &json!(3)));
    let kinds: Vec<&str> = events["data"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["bid.placed", "bid.placed"]);
    let mine = app.get(Some(&one.token), "/api/v1/bidding/bids").await.expect(200);
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
    let other = format!("/api/v1/bidding/bids/{}", bid.as_str().unwrap());
    assert_eq!(app.get(Some(&one.token), &other).await.problem(), "unknown_bid");
    assert_eq!(app.get(Some(&two.token), &other).await.expect(200)["items"][0]["unit_price"], "800.00");
    assert_eq!(app.get(Some(&market.owner.token), &other).await.expect(200)["status"], "submitted");
    market.app.stop().await;
}

#[actix_web::test]
async fn more_commands_than_may_wait_are_all_answered() {
    let market = Market::open().await;
    let one = market.app.merchant("0502222222").await;
    let mut socket = Socket::of(&market.app, &market.room, &one).await;
    socket.wait_for("snapshot").await;
    let offer = market.offer("900.00");
    // One key, so that all but the first are repeats: what is counted here is not held back by the rate of bids.
    let all = 5 * limits::SESSION_IN_FLIGHT_MAX;
    let frames: Vec<u8> = (0..all)
        .map(|id| json!({"type": "bid.place", "id": id, "idempotency_key": "k1", "bid": offer}).to_string())
        .flat_map(|text| masked(TEXT, text.as_bytes()))
        .collect();
    socket.send(&frames).await;
    let mut answered = Vec::new();
    while answered.len() < all {
        let reply = socket.wait_for("reply").await;
        assert_eq!(reply["ok"]["bid"]["landed"], "900.00", "{reply}");
        answered.push(reply["id"].as_u64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..all as u64).collect::<Vec<_>>());
    socket.say(&json!({"type": "ping", "t0": 1})).await;
    assert_eq!(socket.wait_for("pong").await["t0"], 1, "it still listens");
    market.app.stop().await;
}

#[actix_web::test]
async fn who_speaks_before_the_answer_is_heard() {
    let market = Market::open().await;
    let mut stream = TcpStream::connect(market.app.running.address).await.unwrap();
    let (host, path, token) = (market.app.running.address, live(&market.room), &market.owner.token);
    let key = BASE64_STANDARD.encode([7; 16]);
    // An answer that is not read yet lies in front, and frames lie behind.
    let mut all = format!(
        "GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n\
         GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    .into_bytes();
    all.extend(masked(TEXT, json!({"type": "auth", "id": 1, "token": token}).to_string().as_bytes()));
    all.extend(masked(TEXT, br#"{"type":"join","id":2}"#));
    stream.write_all(&all).await.unwrap();
    let mut socket = Socket { stream, buffer: Vec::new() };
    let head = loop {
        let so_far = String::from_utf8_lossy(&socket.buffer).into_owned();
        if let Some(end) = so_far.find("101 Switching").and_then(|at| so_far[at..].find("\r\n\r\n").map(|n| at + n + 4))
        {
            break socket.buffer.drain(..end).collect::<Vec<u8>>();
        }
        assert!(socket.fill().await, "no answer to the handshake: {so_far}");
    };
    assert!(head.starts_with(b"HTTP/1.1 200"));
    assert_eq!(socket.text().await["id"], 1);
    socket.wait_for("snapshot").await;
    assert_eq!(socket.wait_for("reply").await["id"], 2);
    market.app.stop().await;
}

#[actix_web::test]
async fn a_bad_bid_is_told_what_is_wrong_over_either_wire() {
    let market = Market::open().await;
    let app = &market.app;
    let one = app.merchant("0502222222").await;
    let mut socket = Socket::of(app, &market.room, &one).await;
    socket.wait_for("snapshot").await;
    let mut number = market.offer("1");
    number["items"][0]["unit_price"] = json!(120.5);
    let mut unknown = market.offer("1.00");
    unknown["discount"] = json!("1.00");
    let cases = [
        (number, "validation_failed", "items[0].unit_price"),
        (unknown, "validation_failed", "discount"),
        (market.offer("0.001"), "validation_failed", "items[0].unit_price"),
        (market.offer("0.00"), "unit_price_out_of_range", "items[0].unit_price"),
    ];
    for (place, (offer, code, field)) in cases.iter().enumerate() {
        let answer = market.place(&one, &format!("k{place}"), offer).await;
        assert_eq!((answer.problem(), &answer.body["errors"][0]["field"]), (*code, &json!(field)));
        let frame = json!({"type": "bid.place", "id": place, "idempotency_key": format!("s{place}"), "bid": offer});
        socket.say(&frame).await;
        let problem = socket.wait_for("reply").await["problem"].clone();
        assert_eq!((&problem["code"], &problem["errors"]), (&answer.body["code"], &answer.body["errors"]));
    }
    for (text, code) in [
        ("nonsense", "malformed_json"),
        (r#"{"type":"dance","id":1}"#, "validation_failed"),
        (r#"{"type":"join","extra":1}"#, "validation_failed"),
        (r#"{"type":"bid.place","id":1,"idempotency_key":"k"}"#, "validation_failed"),
        (r#"{"type":"bid.place","id":1,"idempotency_key":"a b","bid":{}}"#, "validation_failed"),
        (r#"{"type":"join","id":{"a":1}}"#, "validation_failed"),
    ] {
        socket.send(&masked(TEXT, text.as_bytes())).await;
        assert_eq!(socket.wait_for("reply").await["problem"]["code"], code, "{text}");
    }
    socket.say(&json!({"type": "ping", "t0": 17})).await;
    assert_eq!(socket.wait_for("pong").await["t0"], 17);
    let missing = app
        .post(Some(&one.token), &format!("/api/v1/bidding/requests/{}/bids", market.room), &market.offer("5.00"))
        .await;
    assert_eq!((missing.status, missing.problem()), (400, "idempotency_key_required"));
    market.app.stop().await;
}

#[actix_web::test]
async fn the_door_opens_to_those_who_may() {
    let market = Market::open().await;
    let app = &market.app;
    let path = live(&market.room);
    let bearer = format!("Bearer {}", market.owner.token);
    let own = format!("http://{}", app.running.address);
    for (name, headers, wanted) in [
        ("no page at all", vec![("Authorization", bearer.as_str())], 101),
        ("our own page", vec![("Authorization", bearer.as_str()), ("Origin", own.as_str())], 101),
        ("a page from elsewhere", vec![("Origin", "https://evil.example")], 403),
        ("a page from nowhere", vec![("Origin", "null")], 403),
        ("version 7", vec![("Sec-WebSocket-Version", "7")], 400),
        ("a key of one character", vec![("Sec-WebSocket-Key", "x")], 400),
        ("no upgrade", vec![("Upgrade", "h2c")], 400),
        ("a token that proves nothing", vec![("Authorization", "Bearer x")], 401),
    ] {
        assert_eq!(Socket::knock(app, &path, &headers).await.0, wanted, "{name}");
    }
    let (_, mut refused) =
        Socket::knock(app, &path, &[("Origin", "https://evil.example"), ("Accept-Language", "en")]).await;
    while refused.fill().await {}
    let problem: Value = serde_json::from_slice(&refused.buffer).unwrap();
    assert_eq!(problem["code"], "origin_refused", "whole, and then the end");
    let stranger = app.person("0504444444", "customer").await;
    let raw = app.person("0505555555", "merchant").await;
    for (name, room, who, wanted) in [
        ("another customer", market.room.as_str(), &stranger, 4404),
        ("a merchant who is not verified", market.room.as_str(), &raw, 4403),
        ("no such room", "req_00000000000zz", &market.owner, 4404),
    ] {
        assert_eq!(Socket::of(app, room, who).await.end().await, Some(wanted), "{name}");
    }
    for first in [json!({"type": "join"}), json!({"type": "auth", "token": "x"})] {
        let (_, mut socket) = Socket::knock(app, &path, &[]).await;
        socket.say(&first).await;
        assert_eq!(socket.end().await, Some(4401), "{first}");
    }
    market.app.stop().await;
}

#[actix_web::test]
async fn what_breaks_the_protocol_ends_with_its_code() {
    let market = Market::open().await;
    let half = vec![b'x'; limits::CLIENT_FRAME_BYTES_MAX / 2 + 1];
    let cases: Vec<(&str, Vec<u8>, Option<u16>)> = vec![
        ("close is echoed", masked(CLOSE, &1001_u16.to_be_bytes()), Some(1001)),
        ("close without a code", masked(CLOSE, b""), None),
        ("close with a reserved code", masked(CLOSE, &1006_u16.to_be_bytes()), Some(1002)),
        ("unmasked", vec![TEXT, 1, b'x'], Some(1002)),
        ("reserved bit", masked(TEXT | 0x40, b"x"), Some(1002)),
        ("unknown opcode", masked(0x83, b"x"), Some(1002)),
        ("fragmented ping", masked(0x09, b""), Some(1002)),
        ("long ping", masked(PING, &[b'x'; 126]), Some(1002)),
        ("continuation of nothing", masked(0x80, b"x"), Some(1002)),
        ("binary", masked(0x82, b"x"), Some(1003)),
        ("not utf-8", masked(TEXT, &[0xff, 0xfe]), Some(1007)),
        ("too big", masked(TEXT, &vec![b'x'; 70_000]), Some(1009)),
        ("too big in pieces", [masked(0x01, &half), masked(0x80, &half)].concat(), Some(1009)),
        (
            "too many pieces",
            [masked(0x01, b""), masked(0x00, b"").repeat(limits::CLIENT_FRAGMENTS_MAX)].concat(),
            Some(1009),
        ),
    ];
    for (name, bytes, wanted) in cases {
        let mut socket = Socket::of(&market.app, &market.room, &market.owner).await;
        socket.wait_for("snapshot").await;
        socket.send(&bytes).await;
        assert_eq!(socket.end().await, wanted, "{name}");
    }
    let mut socket = Socket::of(&market.app, &market.room, &market.owner).await;
    socket.wait_for("snapshot").await;
    let pieces = [masked(0x01, br#"{"type":"pi"#), masked(PING, b"mid"), masked(0x80, br#"ng","t0":1}"#)].concat();
    for piece in pieces.chunks(5) {
        socket.send(piece).await;
    }
    let pong = loop {
        match socket.frame().await {
            Frame::Text(_) => {}
            other => break other,
        }
    };
    assert_eq!(pong, Frame::Pong(b"mid".to_vec()));
    assert_eq!(socket.wait_for("pong").await["t0"], 1);
    market.app.stop().await;
}

#[actix_web::test]
async fn a_reader_that_stops_is_let_go_and_told_why() {
    let market = Market::open().await;
    let socket = Socket::of(&market.app, &market.room, &market.owner).await;
    let (mut read, mut write) = socket.stream.into_split();
    // Each is answered by a pong of its size that nobody reads: the kernel's buffers fill, then ours.
    let flood = masked(PING, &[b'x'; 125]).repeat(1_000);
    for _ in 0..100 {
        if write.write_all(&flood).await.is_err() {
            break;
        }
    }
    let mut all = socket.buffer;
    // A reset after the last frame is fine.
    let _ = read.read_to_end(&mut all).await;
    let mut rest = &all[..];
    let mut last = None;
    while let Some((frame, length)) = parse(rest) {
        last = Some(frame);
        rest = &rest[length..];
    }
    assert!(rest.is_empty(), "torn at the end");
    assert_eq!(last, Some(Frame::Close(Some(4408))));
    market.app.stop().await;
}

#[actix_web::test]
async fn a_sign_in_that_ends_closes_its_sockets_and_no_others() {
    let market = Market::open().await;
    let app = &market.app;
    let other = app.sign_in("0501111111").await;
    let mut kept = Socket::of(app, &market.room, &other).await;
    let mut joined = Socket::of(app, &market.room, &market.owner).await;
    joined.wait_for("snapshot").await;
    kept.wait_for("snapshot").await;
    let (_, mut outside) = Socket::knock(app, &live(&market.room), &[]).await;
    outside.say(&json!({"type": "auth", "id": 1, "token": market.owner.token})).await;
    outside.wait_for("reply").await;

    app.post(Some(&market.owner.token), "/api/v1/auth/logout", &json!({})).await;
    assert_eq!(joined.end_soon().await, Some(4401));
    outside.say(&json!({"type": "join", "id": 2})).await;
    assert_eq!(outside.end().await, Some(4401), "asked with every command");
    kept.say(&json!({"type": "ping", "t0": 1})).await;
    kept.wait_for("pong").await;

    // A refresh token comes twice: whoever was in the room by it is out.
    let third = app.sign_in("0501111111").await;
    let mut thief = Socket::of(app, &market.room, &third).await;
    thief.wait_for("snapshot").await;
    let body = json!({"refresh_token": third.refresh});
    app.post(None, "/api/v1/auth/refresh", &body).await.expect(200);
    assert_eq!(app.post(None, "/api/v1/auth/refresh", &body).await.problem(), "refresh_refused");
    assert_eq!(thief.end_soon().await, Some(4401));
    kept.say(&json!({"type": "ping", "t0": 2})).await;
    kept.wait_for("pong").await;

    // Another process revokes the account: this one hears of it from the database.
    let (db, clock) = (app.running.app.db.clone(), app.clock.clone());
    let elsewhere = Revoker::open(db.clone(), clock.clone(), Vec::new(), None, Bus::alone()).await.unwrap();
    elsewhere.revoke_user(market.owner.id.parse().unwrap(), "suspended").await.unwrap();
    app.running.app.revoker.catch_up().await.unwrap();
    assert_eq!(kept.end_soon().await, Some(4401));
    for token in [&market.owner.token, &other.token] {
        assert_eq!(app.get(Some(token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    }
    // And so does one that starts only now.
    let claims = |revoker: Revoker| {
        let auth = &app.running.app.config.auth;
        let keys = Keys::open(auth, Environment::Development).unwrap();
        let ids = IdMint::new(clock.clone(), 0);
        Tokens::new(auth, keys, db.clone(), clock.clone(), revoker, ids, None).verify(&other.token)
    };
    assert_eq!(
        claims(Revoker::open(db.clone(), clock.clone(), Vec::new(), None, Bus::alone()).await.unwrap()),
        Err(TokenError::Invalid)
    );
    market.app.stop().await;
}

#[actix_web::test]
async fn a_suspended_merchant_leaves_the_room_within_seconds() {
    let market = Market::open().await;
    let app = &market.app;
    let (merchant, rival) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let admin = app.admin("0509999999").await;
    market.place(&merchant, "k1", &market.offer("90.00")).await.expect(201);
    market.place(&rival, "k1", &market.offer("100.00")).await.expect(201);
    let mut theirs = Socket::of(app, &market.room, &merchant).await;
    let mut others = Socket::of(app, &market.room, &rival).await;
    theirs.wait_for("snapshot").await;
    assert_eq!(others.wait_for("snapshot").await["you"]["rank"], 2);
    let began = std::time::Instant::now();
    let path = format!("/api/v1/users/{}/suspend", merchant.id);
    app.post(Some(&admin.token), &path, &json!({"reason": "counterfeit parts"})).await.expect(200);
    assert_eq!(theirs.end().await, Some(4401));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // The bid that led is struck before everybody's eyes, and why is not told.
    let struck = others.wait_for("bid.withdrawn").await;
    assert!(!struck.to_string().contains("counterfeit"), "{struck}");
    assert_eq!(market.place(&merchant, "k2", &market.offer("80.00")).await.problem(), "unauthenticated");
    market.app.stop().await;
}

#[actix_web::test]
async fn a_merchant_who_is_blocked_leaves_the_room_and_keeps_his_rank() {
    let market = Market::open().await;
    let app = &market.app;
    let (merchant, rival) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let bid = market.place(&merchant, "k1", &market.offer("90.00")).await.expect(201);
    market.place(&rival, "k1", &market.offer("100.00")).await.expect(201);
    let mut theirs = Socket::of(app, &market.room, &merchant).await;
    let mut others = Socket::of(app, &market.room, &rival).await;
    let mut owners = Socket::of(app, &market.room, &market.owner).await;
    for socket in [&mut theirs, &mut others, &mut owners] {
        socket.wait_for("snapshot").await;
    }
    let began = std::time::Instant::now();
    let body = json!({"merchant_id": merchant.id});
    assert_eq!(app.post(Some(&market.owner.token), "/api/v1/users/blocks", &body).await.status, 204);
    assert_eq!(theirs.end().await, Some(4403));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let mut again = Socket::of(app, &market.room, &merchant).await;
    assert_eq!(again.end().await, Some(4404), "to them there is no such room");

    // Nobody else notices: the bid stands, and the room goes on.
    let path = format!("/api/v1/bidding/requests/{}/bids", market.room);
    let board = app.get(Some(&market.owner.token), &path).await.expect(200);
    assert_eq!(board["data"][0]["bid"], bid["bid"]["id"], "{board}");
    for socket in [&mut others, &mut owners] {
        socket.say(&json!({"type": "ping", "t0": 1})).await;
        socket.wait_for("pong").await;
    }
    // It may be taken back all the same.
    let path = format!("/api/v1/bidding/bids/{}", bid["bid"]["id"].as_str().unwrap());
    let withdraw = app.request(reqwest::Method::DELETE, Some(&merchant.token), &path).header("Idempotency-Key", "k2");
    app.send(withdraw.json(&json!({"reason": "not welcome"}))).await.expect(200);
    market.app.stop().await;
}

#[actix_web::test]
async fn a_server_that_goes_down_says_so() {
    let market = Market::open().await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = Socket::of(&market.app, &market.room, &market.owner).await;
        socket.wait_for("snapshot").await;
        sockets.push(socket);
    }
    let farewell = async {
        let mut told = Vec::new();
        for socket in &mut sockets {
            told.push(socket.farewell().await);
        }
        told
    };
    let (told, ()) = tokio::join!(farewell, market.app.stop());
    let mut waits = Vec::new();
    for (code, reason) in &told {
        assert_eq!(*code, 1012);
        let millis: u64 = reason.strip_prefix("restart retry_ms=").unwrap().parse().unwrap();
        assert!((500..2_500).contains(&millis), "{reason}");
        waits.push(millis);
    }
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 1, "everybody would come back in the same instant: {told:?}");
}
