//! A whole server in this process: a port of its own, a database of its own, short messages in memory.

use std::net::Ipv4Addr;

use mazad::boot;
use mazad::boot::Running;
use mazad::clock::Clock;
use mazad::config::Config;
use mazad::config::Limits;
use mazad::config::Rates;
use mazad::config::SmsDriver;
use mazad::domain::ids::UserId;
use mazad::domain::time::UnixMicros;
use mazad::domain::user::Phone;
use mazad::domain::user::UserKind;
use mazad::flows::password::Hasher;
use mazad::flows::sign_in::Visitor;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::users;
use mazad::persistence::users::NewAccount;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::store::behind;
use crate::support::store::database_url;

/// 2026-11-22T12:00:00Z.
pub(crate) const START: UnixMicros = UnixMicros(1_795_348_800_000_000);
/// What everybody here signs in with.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server and a client of it.
pub(crate) struct TestApp {
    pub(crate) running: Running,
    pub(crate) clock: Clock,
    client: reqwest::Client,
    dir: TempDir,
}

/// Somebody who is signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) refresh: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The problem's code; the answer must be a whole problem document.
    #[track_caller]
    pub(crate) fn problem(&self) -> &str {
        assert_eq!(self.kind, "application/problem+json", "{self:?}");
        for name in ["type", "title", "detail", "request_id"] {
            assert!(self.body[name].is_string(), "{name}: {self:?}");
        }
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert_eq!(self.headers["x-request-id"], self.body["request_id"].as_str().unwrap());
        self.body["code"].as_str().unwrap()
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub(crate) fn fields(&self) -> Vec<&str> {
        assert_eq!((self.status, self.problem()), (422, "validation_failed"), "{self:?}");
        self.body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect()
    }
}

/// Everybody here comes from one address, and faster than people.
fn lift(limits: &mut Limits) {
    let most = Rates {
        user_per_minute: 1_000_000,
        user_burst: 100_000,
        address_per_minute: 1_000_000,
        address_burst: 100_000,
    };
    *limits = Limits { enabled: true, auth: most, write: most, read: most, socket: most };
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn configured(set: impl FnOnce(&mut Config)) -> Self {
        Self::start_with(Clock::manual(START), set).await
    }

    /// With a clock of one's own and other settings.
    pub(crate) async fn start_with(clock: Clock, set: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::load(None).unwrap();
        config.http.address = "127.0.0.1:0".parse().unwrap();
        config.http.workers = 1;
        config.database.url = database_url(dir.path());
        config.auth.key_dir = dir.path().to_owned();
        config.files.path = dir.path().join("files");
        config.sms.driver = SmsDriver::Memory;
        // Everybody here comes from one address.
        (config.otp.per_address_hour, config.otp.per_network_hour) = (10_000, 10_000);
        (config.otp.work_after, config.otp.prefix_codes) = (0, 0);
        lift(&mut config.limits);
        set(&mut config);
        let running = boot::start_with(config, clock.clone()).await.unwrap();
        Self { running, clock, client: reqwest::Client::new(), dir }
    }

    /// Stops the server and starts another on the same database and key.
    pub(crate) async fn restart(self) -> Self {
        self.restart_after(&[]).await
    }

    /// The same, and writes to the database while nobody else does.
    pub(crate) async fn restart_after(self, statements: &[&'static str]) -> Self {
        let Self { running, clock, dir, .. } = self;
        let config = Config::clone(&running.app.config);
        running.stop().await;
        if !statements.is_empty() {
            let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
            let db = Db::connect(&options).await.unwrap();
            for sql in statements {
                behind!(&db, pool => sqlx::query(*sql).execute(pool).await.map(drop).unwrap());
            }
            db.close().await;
        }
        let running = boot::start_with(config, clock.clone()).await.unwrap();
        Self { running, clock, client: reqwest::Client::new(), dir }
    }

    /// Sends from another address of this machine.
    pub(crate) fn move_to(&mut self, address: [u8; 4]) {
        self.client = reqwest::Client::builder().local_address(std::net::IpAddr::from(address)).build().unwrap();
    }

    /// Writes behind the server's back.
    pub(crate) async fn tamper(&self, sql: &'static str) {
        behind!(&self.running.app.db, pool => sqlx::query(sql).execute(pool).await.map(drop).unwrap());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, kind, headers, body }
    }

    pub(crate) fn request(&self, method: Method, token: Option<&str>, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, self.url(path));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, token: Option<&str>, path: &str) -> Answer {
        self.send(self.request(Method::GET, token, path)).await
    }

    pub(crate) async fn post(&self, token: Option<&str>, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, token, path).json(body)).await
    }

    pub(crate) async fn put(&self, token: Option<&str>, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, token, path).json(body)).await
    }

    pub(crate) async fn delete(&self, token: Option<&str>, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, token, path)).await
    }

    /// The code that was last sent to a phone.
    pub(crate) fn code_for(&self, phone: &str) -> String {
        let text = self.running.app.sign_in.codes().sms().last_to(&Phone::parse(phone).unwrap()).unwrap();
        text.split_whitespace().find(|word| word.len() == 6 && word.parse::<u32>().is_ok()).unwrap().to_owned()
    }

    /// Registers, proves the phone, signs in.
    pub(crate) async fn person(&self, phone: &str, kind: &str) -> Person {
        let body = json!({"name": "Somebody", "phone": phone, "password": PASSWORD, "type": kind, "locale": "en"});
        let registered = self.post(None, "/api/v1/auth/register", &body).await.expect(201);
        let body = json!({"user_id": registered["user_id"], "otp_code": self.code_for(phone)});
        let entered = self.post(None, "/api/v1/auth/verify-otp", &body).await.expect(200);
        person(&entered)
    }

    /// Another sign-in of somebody who has an account.
    pub(crate) async fn sign_in(&self, phone: &str) -> Person {
        let body = json!({"phone": phone, "password": PASSWORD});
        person(&self.post(None, "/api/v1/auth/login", &body).await.expect(200))
    }

    /// An administrator, made behind the API's back as `mazad admin create` does.
    pub(crate) async fn admin(&self, phone: &str) -> Person {
        let app = &self.running.app;
        let id = UserId(app.ids.next());
        let account = NewAccount {
            id,
            kind: UserKind::Admin,
            name: "Admin".to_owned(),
            phone: Phone::parse(phone).unwrap(),
            email: None,
            password_hash: Hasher::new().hash(PASSWORD.to_owned()).await.unwrap(),
            locale: "ar",
            at: self.clock.now(),
        };
        users::insert_account(&app.db, &account).await.unwrap();
        users::mark_phone_verified(&app.db, id, self.clock.now()).await.unwrap();
        let account = users::find_account(&app.db, id).await.unwrap().unwrap();
        let visitor = Visitor { address: Ipv4Addr::LOCALHOST.into(), device: None, work: None };
        let pair = app.tokens.begin(&account, &visitor).await.unwrap().unwrap();
        Person { id: id.to_string(), token: pair.access, refresh: pair.refresh }
    }

    /// Suspends somebody whose token is still good.
    pub(crate) async fn suspend(&self, person: &Person) {
        let id: UserId = person.id.parse().unwrap();
        let mark = "UPDATE users SET suspended_at = 1 WHERE id = ?";
        let db = &self.running.app.db;
        let marked = behind!(db, pool => sqlx::query(mark).bind(id.0).execute(pool).await.unwrap().rows_affected());
        assert_eq!(marked, 1);
    }

    /// A merchant whom an admin verified.
    pub(crate) async fn merchant(&self, phone: &str) -> Person {
        let person = self.person(phone, "merchant").await;
        let id: UserId = person.id.parse().unwrap();
        users::mark_merchant_verified(&self.running.app.db, id, id, START).await.unwrap();
        person
    }
}

/// Who signed in with this answer.
pub(crate) fn person(entered: &Value) -> Person {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Person {
        id: text(&entered["user"]["id"]),
        token: text(&entered["access_token"]),
        refresh: text(&entered["refresh_token"]),
    }
}
