//! Who may call what: every operation of the document and every message of the room, times eight roles. The expected
//! answers are in `matrix.txt`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::SinkExt as _;
use futures_util::StreamExt as _;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::inbox;
use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::document;
use crate::support::document::Operation;

const ROLES: [&str; 8] = ["anonymous", "owner", "other", "bidder", "merchant", "admin", "suspended", "expired"];
const REQUESTS: &str = "/api/v1/orders/requests";

/// A line of the table.
struct Row {
    name: String,
    id: String,
    wanted: Vec<String>,
    body: Option<String>,
}

/// The table's two halves: calls and messages.
fn table() -> (Vec<Row>, Vec<Row>) {
    let (mut calls, mut messages) = (Vec::new(), Vec::new());
    let mut on_socket = false;
    for line in include_str!("matrix.txt").lines() {
        on_socket |= line.starts_with("# message");
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (words, body) = line.find('{').map_or((line, None), |at| (&line[..at], Some(line[at..].to_owned())));
        let mut words = words.split_whitespace().map(str::to_owned);
        let (name, id) = (words.next().unwrap(), words.next().unwrap());
        let row = Row { name, id, wanted: words.collect(), body };
        assert_eq!(row.wanted.len(), ROLES.len(), "{line}");
        if on_socket { messages.push(row) } else { calls.push(row) }
    }
    (calls, messages)
}

/// A market with one person of each role.
struct Market {
    app: TestApp,
    people: BTreeMap<&'static str, Person>,
    /// A second sign-in of each, to be ended.
    spare: BTreeMap<&'static str, String>,
    vehicle: String,
    made: Cell<u32>,
}

/// What was made for one cell.
#[derive(Clone, Default)]
struct Fixture {
    id: String,
    bid: String,
    item: String,
    vehicle: String,
}

impl Market {
    async fn open() -> Self {
        // The clock moves by a minute now and then; tokens outlast that.
        let app = TestApp::configured(|config| config.auth.access_minutes = 1_440).await;
        let mut people = BTreeMap::new();
        people.insert("expired", app.person("0501111111", "customer").await);
        app.clock.advance(Span::secs(86_400 + 60));
        people.insert("owner", app.sign_in("0501111111").await);
        people.insert("other", app.person("0502222222", "customer").await);
        people.insert("bidder", app.merchant("0503333333").await);
        people.insert("merchant", app.merchant("0504444444").await);
        people.insert("admin", app.admin("0505555555").await);
        people.insert("suspended", app.merchant("0506666666").await);
        let mut spare = BTreeMap::new();
        for (role, number) in ["expired", "other", "bidder", "merchant", "admin", "suspended"].into_iter().zip(1..) {
            let phone = format!("050{}", number.to_string().repeat(7));
            let role = if role == "expired" { "owner" } else { role };
            spare.insert(role, app.sign_in(&phone).await.token);
        }
        app.suspend(&people["suspended"]).await;
        let token = Some(people["owner"].token.as_str());
        let body = json!({"brand_id": 1, "model_id": 101, "year": 2019});
        let vehicle =
            app.post(token, "/api/v1/users/vehicles", &body).await.expect(201)["id"].as_str().unwrap().to_owned();
        Self { app, people, spare, vehicle, made: Cell::new(0) }
    }

    fn next(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    fn token(&self, role: &str) -> Option<&str> {
        self.people.get(role).map(|person| person.token.as_str())
    }

    async fn post(&self, role: &str, path: &str, body: &Value) -> Value {
        let key = format!("fixture-{}", self.next());
        let request = self.app.request(Method::POST, self.token(role), path).header("idempotency-key", key);
        let answer = self.app.send(request.json(body)).await;
        assert!((200..300).contains(&answer.status), "{path} {body}: {answer:?}");
        answer.body
    }

    /// Makes what a line names for one cell.
    async fn make(&self, what: &str) -> Fixture {
        let mut fixture = Fixture { vehicle: self.vehicle.clone(), ..Fixture::default() };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match what {
            "-" | "verified" => {}
            "brand" => fixture.id = "1".to_owned(),
            "model" => fixture.id = "101".to_owned(),
            "vin" => fixture.id = "1HGCM82633A004352".to_owned(),
            "provider" => fixture.id = "nobody".to_owned(),
            "seller" => fixture.id = self.people["merchant"].id.clone(),
            "customer" | "newcomer" => {
                let kind = if what == "newcomer" { "merchant" } else { what };
                fixture.id = self.app.person(&format!("05{:08}", 80_000_000 + self.next()), kind).await.id;
            }
            "session" => {
                let token = self.app.sign_in("0501111111").await.token;
                let list = self.app.get(Some(&token), "/api/v1/auth/sessions").await.expect(200);
                let own = list["data"].as_array().unwrap().iter().find(|session| session["current"] == true);
                fixture.id = text(&own.unwrap()["id"]);
            }
            "block" => {
                fixture.id = self.people["merchant"].id.clone();
                self.post("owner", "/api/v1/users/blocks", &json!({"merchant_id": fixture.id})).await;
            }
            "vehicle" => {
                let body = json!({"brand_id": 1, "model_id": 101, "year": 2019});
                fixture.id = text(&self.post("owner", "/api/v1/users/vehicles", &body).await["id"]);
            }
            "notice" => {
                fixture.id = inbox::tell(&self.app, &self.people["owner"], &[inbox::cancelled(1)]).await.remove(0);
            }
            "device" => {
                let body = json!({"fcm_token": format!("device-{}", self.next())});
                fixture.id = text(&self.post("owner", "/api/v1/notifications/devices", &body).await["id"]);
            }
            "letter" => {
                let body = json!({"fcm_token": format!("device-{}", self.next())});
                self.post("owner", "/api/v1/notifications/devices", &body).await;
                let notice = inbox::tell(&self.app, &self.people["owner"], &[inbox::cancelled(1)]).await.remove(0);
                self.app.tamper("UPDATE notice_deliveries SET state = 'dead'").await;
                let list = self.app.get(self.token("admin"), "/api/v1/notifications/dead-letters?limit=100").await;
                let all = list.body["data"].as_array().unwrap();
                let own = all.iter().find(|letter| letter["notification_id"] == notice.as_str());
                fixture.id = text(&own.unwrap()["id"]);
            }
            "image" => fixture.id = self.upload("owner").await,
            "pending" => {
                let path = "/api/v1/files/presign";
                fixture.id = text(&self.post("owner", path, &json!({"name": "a.jpg", "bytes": 1})).await["id"]);
            }
            "draft" | "over" | "open" | "question" | "room" | "bid" | "shown" | "closed" | "order" | "payment"
            | "confirmed" | "preparing" | "shipped" | "delivered" => {
                let image = if what == "shown" { Some(self.upload("owner").await) } else { None };
                let invited = json!([self.people["bidder"].id, self.people["suspended"].id]);
                let body = json!({
                    "vehicle_id": self.vehicle, "title": "Bumper", "items": [{"part_name": "Bumper", "quantity": 1}],
                    "bidding_duration_s": 3_600, "rules": {"invite_only": true, "invited": invited, "allow_early_close": true},
                    "images": image.iter().collect::<Vec<_>>(),
                });
                let made = self.post("owner", REQUESTS, &body).await;
                fixture.id = text(&made["id"]);
                fixture.item = text(&made["items"][0]["id"]);
                if what == "over" {
                    self.post("owner", &format!("{REQUESTS}/{}/cancel", fixture.id), &json!({"reason": "over"})).await;
                } else if what != "draft" {
                    self.publish(&fixture.id).await;
                }
                if what == "question" {
                    let path = format!("/api/v1/bidding/requests/{}/questions", fixture.id);
                    fixture.id = text(&self.post("bidder", &path, &json!({"question": "Is it white?"})).await["id"]);
                }
                if !matches!(what, "draft" | "over" | "open" | "question" | "shown") {
                    let path = format!("/api/v1/bidding/requests/{}/bids", fixture.id);
                    let body = json!({"items": [{"request_item_id": fixture.item, "quantity": 1, "unit_price": "950.00"}],
                        "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash"});
                    fixture.bid = text(&self.post("bidder", &path, &body).await["bid"]["id"]);
                    if what == "bid" {
                        fixture.id.clone_from(&fixture.bid);
                    } else if what != "room" {
                        self.post("owner", &format!("{REQUESTS}/{}/close", fixture.id), &json!({})).await;
                        self.lead(&mut fixture, what).await;
                    }
                }
                if what == "payment" {
                    let body = json!({"order_id": fixture.id, "method": "bank_transfer"});
                    fixture.id = text(&self.post("owner", "/api/v1/payments", &body).await["id"]);
                }
                if let Some(image) = image {
                    fixture.id = image;
                }
            }
            other => panic!("nobody knows how to make {other:?}"),
        }
        fixture
    }

    /// Leads a closed request's order as far as it is asked for.
    async fn lead(&self, fixture: &mut Fixture, to: &str) {
        if to == "closed" {
            return;
        }
        let path = format!("{REQUESTS}/{}/accept", fixture.id);
        let order = self.post("owner", &path, &json!({"bid_id": fixture.bid})).await;
        fixture.id = order["id"].as_str().unwrap().to_owned();
        for (step, state) in
            [("confirm", "confirmed"), ("prepare", "preparing"), ("ship", "shipped"), ("deliver", "delivered")]
        {
            let at = self.app.get(self.token("owner"), &format!("/api/v1/orders/{}", fixture.id)).await;
            if to == "order" || to == "payment" || at.body["status"] == to {
                return;
            }
            let moved = self.post("bidder", &format!("/api/v1/orders/{}/{step}", fixture.id), &json!({})).await;
            assert_eq!(moved["status"], state);
        }
    }

    /// A small picture of somebody's.
    async fn upload(&self, role: &str) -> String {
        let request = self.app.request(Method::POST, self.token(role), "/api/v1/files");
        let answer = self.app.send(request.multipart(picture())).await;
        answer.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Opens the auction of a draft.
    async fn publish(&self, id: &str) {
        self.post("owner", &format!("{REQUESTS}/{id}/publish"), &json!({})).await;
    }

    /// Takes away what counts against a limit.
    async fn clear(&self, what: &str, fixture: &Fixture) {
        let token = self.token("owner");
        match what {
            "vehicle" => drop(self.app.delete(token, &format!("/api/v1/users/vehicles/{}", fixture.id)).await),
            // Another business name is another business: it had to be verified again.
            "verified" => self.app.tamper("UPDATE merchant_profiles SET verified_at = 1").await,
            "block" => drop(self.app.delete(token, &format!("/api/v1/users/blocks/{}", fixture.id)).await),
            "draft" | "open" | "room" | "bid" | "closed" | "question" | "shown" => {
                for status in ["published", "bidding_open", "reviewing"] {
                    let list = self.app.get(token, &format!("{REQUESTS}?status={status}&limit=100")).await;
                    for request in list.body["data"].as_array().into_iter().flatten() {
                        let path = format!("{REQUESTS}/{}/cancel", request["id"].as_str().unwrap());
                        self.app.post(token, &path, &json!({"reason": "over"})).await;
                    }
                }
            }
            _ => {}
        }
    }

    /// Puts this cell's things into a body. Somebody who registers anew is made only where the body asks for it.
    async fn fill(&self, body: &str, fixture: &Fixture, role: &str) -> Value {
        let number = self.next();
        let phone = format!("05{:08}", 70_000_000 + number);
        let mut body = body.replace("$vehicle", &fixture.vehicle).replace("$item", &fixture.item);
        body =
            body.replace("$bid", &fixture.bid).replace("$id", &fixture.id).replace("$key", &format!("cell-{number}"));
        body = body.replace("$token", self.token(role).unwrap_or("forged"));
        if body.contains("$refresh") {
            body = body.replace("$refresh", &self.app.person(&phone, "customer").await.refresh);
        }
        if body.contains("$user") {
            let new = json!({"name": "A", "phone": phone, "password": PASSWORD, "type": "customer"});
            let user = self.app.post(None, "/api/v1/auth/register", &new).await.expect(201)["user_id"].clone();
            body = body.replace("$user", user.as_str().unwrap()).replace("$code", &self.app.code_for(&phone));
            // The next code may be asked for after a minute.
            self.app.clock.advance(Span::secs(61));
        }
        serde_json::from_str(&body.replace("$phone", &phone)).unwrap()
    }

    /// Makes a call, and tells its status. What is not there for this caller must look like what is not there at all. What a
    /// role was refused is as it was, and `left` for the next.
    async fn call(&self, operation: &Operation, row: &Row, role: &'static str, left: &mut Option<Fixture>) -> String {
        let fixture = match left.take() {
            Some(fixture) => fixture,
            None => self.make(&row.id).await,
        };
        let answer = self.send(operation, row, role, &fixture).await;
        let mut told = answer.0.to_string();
        if answer.0 == 404 {
            let kind = fixture.id.split('_').next().unwrap();
            let nothing = Fixture { id: format!("{kind}_0000000000001"), ..fixture.clone() };
            if self.send(operation, row, role, &nothing).await != answer {
                told.push_str(", but not as for an id of nothing");
            }
        }
        if (400..500).contains(&answer.0) {
            *left = Some(fixture);
        } else {
            self.clear(&row.id, &fixture).await;
        }
        told
    }

    async fn send(&self, operation: &Operation, row: &Row, role: &'static str, fixture: &Fixture) -> (u16, Value) {
        let names = ["{id}", "{vin}", "{provider}", "{gateway}"];
        let mut path = names.iter().fold(operation.path.clone(), |path, name| path.replace(name, &fixture.id));
        if operation.id == "put_file_content" {
            // What is not signed by the server is no address.
            path.push_str("?expires=1&signature=0");
        }
        if operation.id == "get_prices" {
            path.push_str("?part_name=bumper&brand_id=1");
        }
        // An ended sign-in is this cell's own.
        let spare = self.spare.get(role).filter(|_| operation.id == "logout");
        let token = spare.map(String::as_str).or(self.token(role));
        if operation.id == "open_live" || operation.id == "open_feed" {
            return (self.knock(&path, token).await.map_or_else(|status| status, |_| 101), Value::Null);
        }
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let mut request = self.app.request(method.clone(), token, &path);
        if method != Method::GET {
            request = request.header("idempotency-key", format!("cell-{}", self.next()));
        }
        if let Some(body) = &row.body {
            request = request.json(&self.fill(body, fixture, role).await);
        }
        match operation.id.as_str() {
            "upload_file" => request = request.multipart(picture()),
            "put_file_content" => request = request.body("x"),
            _ => {}
        }
        let mut answer = self.app.send(request).await;
        if let Some(fields) = answer.body.as_object_mut() {
            fields.remove("request_id");
        }
        (answer.status, answer.body)
    }

    /// Opens a socket, or tells the status of the refusal.
    async fn knock(&self, path: &str, token: Option<&str>) -> Result<Socket, u16> {
        let mut request = self.app.url(path).replace("http://", "ws://").into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Says one thing on a socket of its own and tells what came of it.
    async fn say(&self, row: &Row, role: &'static str) -> String {
        let fixture = self.make(&row.id).await;
        let room = match row.id.as_str() {
            "bid" => {
                let bid = self.app.get(self.token("bidder"), &format!("/api/v1/bidding/bids/{}", fixture.id)).await;
                bid.body["request_id"].as_str().unwrap().to_owned()
            }
            _ => fixture.id.clone(),
        };
        let mut socket = self.knock(&format!("/api/v1/bidding/requests/{room}/live"), None).await.unwrap();
        let mut frame = self.fill(row.body.as_ref().unwrap(), &fixture, role).await;
        frame["type"] = json!(row.name);
        frame["id"] = json!("mine");
        if row.name != "auth"
            && let Some(token) = self.token(role)
        {
            let auth = json!({"type": "auth", "id": "auth", "token": token});
            let told =
                if row.name == "ping" && role == "expired" { "ok".to_owned() } else { ask(&mut socket, &auth).await };
            if told != "ok" {
                self.clear(&row.id, &fixture).await;
                return told;
            }
        }
        let told = ask(&mut socket, &frame).await;
        self.clear(&row.id, &fixture).await;
        told
    }
}

/// A form with a picture of one point.
fn picture() -> reqwest::multipart::Form {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(1, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let part = reqwest::multipart::Part::bytes(bytes.into_inner()).file_name("a.png");
    reqwest::multipart::Form::new().part("file", part)
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// `ok`, the code of the problem, or the code that the socket is closed with.
async fn ask(socket: &mut Socket, frame: &Value) -> String {
    socket.send(Message::text(frame.to_string())).await.unwrap();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let said: Value = serde_json::from_str(&text).unwrap();
                if said["id"] == frame["id"] {
                    return said["problem"]["code"].as_str().unwrap_or("ok").to_owned();
                }
            }
            Some(Ok(Message::Close(close))) => return close.map_or(0, |close| u16::from(close.code)).to_string(),
            Some(Ok(_)) => {}
            other => panic!("{frame}: {other:?}"),
        }
    }
}

#[actix_web::test]
async fn every_call_times_every_role() {
    let (calls, _) = table();
    let operations = document::operations();
    let named: BTreeSet<&str> = calls.iter().map(|row| row.name.as_str()).collect();
    let known: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
    assert_eq!(known.difference(&named).collect::<Vec<_>>(), Vec::<&&str>::new(), "calls without a line in matrix.txt");
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "lines without a call");
    let market = Market::open().await;
    let mut wrong = Vec::new();
    for row in &calls {
        let mut left = None;
        for (role, wanted) in ROLES.into_iter().zip(&row.wanted) {
            let status = market.call(&operations[&row.name], row, role, &mut left).await;
            if status != *wanted {
                wrong.push(format!("{} of {} by {role}: {status}, not {wanted}", row.name, row.id));
            }
        }
        if let Some(fixture) = left {
            market.clear(&row.id, &fixture).await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    market.app.stop().await;
}

#[actix_web::test]
async fn every_message_times_every_role() {
    let (_, messages) = table();
    let market = Market::open().await;
    // The server itself says what it knows.
    let fixture = market.make("open").await;
    let path = format!("/api/v1/bidding/requests/{}/live", fixture.id);
    let mut socket = market.knock(&path, market.token("owner")).await.unwrap();
    socket.send(Message::text(r#"{"type":"no such type","id":1}"#)).await.unwrap();
    let known = loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!() };
        let said: Value = serde_json::from_str(&text).unwrap();
        if said["id"] == 1 {
            break said["problem"]["errors"][0]["message"].as_str().unwrap().to_owned();
        }
    };
    let known: BTreeSet<&str> = known.trim_start_matches("one of ").split(", ").collect();
    assert_eq!(known, messages.iter().map(|row| row.name.as_str()).collect());
    let mut wrong = Vec::new();
    for row in &messages {
        for (role, wanted) in ROLES.into_iter().zip(&row.wanted) {
            let told = market.say(row, role).await;
            if told != *wanted {
                wrong.push(format!("{} by {role}: {told}, not {wanted}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    market.app.stop().await;
}
