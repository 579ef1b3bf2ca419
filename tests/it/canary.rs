//! Canaries: words that are put into every field, header, query and path of every call, to the real binary. Not one may
//! appear in what it writes, nor in `/metrics`. What there is to call, and every place in every body, is read from the
//! `OpenAPI` document: a route or a field that is new is covered by being documented.

use std::cell::Cell;

use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::document;
use crate::support::document::Operation;
use crate::support::server::Server;
use crate::support::store::behind;
use crate::support::store::database_url;

/// What every canary contains, in letters that survive any case.
const SIGN: &str = "canary";

/// Gives out canaries, each with a number of its own, so that a hit tells where it came from.
#[derive(Default)]
struct Cage {
    given: Cell<u32>,
}

impl Cage {
    fn word(&self) -> String {
        self.given.set(self.given.get() + 1);
        format!("{SIGN}{}x", self.given.get())
    }
}

/// A client of the running server that remembers every secret it was ever told.
struct Caller {
    url: String,
    client: reqwest::Client,
    cage: Cage,
    /// Tokens, codes, telephone numbers: what must not be written anywhere.
    secrets: Vec<String>,
    people: usize,
    /// Of who came last.
    password: String,
}

impl Caller {
    async fn json(&mut self, method: Method, path: &str, token: Option<&str>, body: &Value) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap_or_default();
        for name in ["access_token", "refresh_token", "ticket"] {
            self.secrets.extend(answer[name].as_str().map(str::to_owned));
        }
        answer
    }

    /// Registers somebody; the one-time code is taken from the log, which only the development driver writes it to.
    async fn person(&mut self, phone: &str, kind: &str, log: impl Fn() -> String) -> String {
        let (name, password) = (self.cage.word(), self.cage.word());
        self.password.clone_from(&password);
        let email = format!("{}@example.com", self.cage.word());
        self.secrets.push(format!("+966{}", phone.trim_start_matches('0')));
        self.secrets.push(phone.to_owned());
        let body = json!({"name": name, "phone": phone, "email": email, "password": password, "type": kind});
        let user = self.json(Method::POST, "/api/v1/auth/register", None, &body).await["user_id"].clone();
        self.people += 1;
        let code = loop {
            let text = log();
            let told: Vec<&str> = text.lines().filter(|line| line.contains("a short message")).collect();
            // A thread of its own writes the log: the line may come after the answer.
            if told.len() < self.people {
                tokio::task::yield_now().await;
                continue;
            }
            let line: Value = serde_json::from_str(told[self.people - 1]).unwrap();
            let digits = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
            break line["sms.text"].as_str().unwrap().split_whitespace().find(digits).unwrap().to_owned();
        };
        let body = json!({"user_id": user, "otp_code": code});
        let entered = self.json(Method::POST, "/api/v1/auth/verify-otp", None, &body).await;
        entered["access_token"].as_str().unwrap_or_else(|| panic!("{entered}")).to_owned()
    }

    /// One call with a canary wherever one fits, in the whole body or at one place of it alone: where nothing else is wrong
    /// with a body, more of the program looks at what is.
    async fn call(&self, operation: &Operation, token: Option<&str>, id: &str, place: Option<&str>) -> u16 {
        let word = || self.cage.word();
        let path = operation.path.replace("{id}", id);
        let query: Vec<String> = operation.query.iter().map(|name| format!("{name}={}", word())).collect();
        let query = [query.join("&"), format!("{}={}", word(), word())].join("&");
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}?{query}", self.url));
        for name in [
            "user-agent",
            "referer",
            "cookie",
            "origin",
            "idempotency-key",
            "accept-language",
            "x-anything",
            "x-forwarded-for",
            "if-none-match",
            "tracestate",
        ] {
            request = request.header(name, word());
        }
        request = match token {
            Some(token) => request.bearer_auth(token),
            None => request.bearer_auth(word()),
        };
        if let Some(schema) = &operation.body {
            request = request.json(&match place {
                Some(place) => document::likely_but(schema, place, &word()),
                None => document::sample(schema, &word),
            });
        }
        request.send().await.unwrap().status().as_u16()
    }
}

#[actix_web::test]
async fn nothing_that_is_sent_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let env = [
        ("LOG_FORMAT", "json"),
        ("MAZAD__LOG__FILTER", "debug"),
        ("MAZAD__LIMITS__ENABLED", "false"),
        // Providers that are not there, so that their drivers say what went wrong.
        ("MAZAD__EMAIL__DRIVER", "smtp"),
        ("MAZAD__EMAIL__HOST", "localhost"),
        ("MAZAD__EMAIL__PORT", "1"),
        ("MAZAD__EMAIL__USER", "mazad"),
        ("MAZAD__EMAIL__PASSWORD", "canary of the mail server"),
        ("MAZAD__EMAIL__FROM", "mazad <notices@mazad.example>"),
        ("MAZAD__PUSH__DRIVER", "live"),
        ("MAZAD__PUSH__VAPID_KEY", VAPID_KEY),
        ("MAZAD__PUSH__CONTACT", "mailto:operator@mazad.example"),
    ];
    let server = Server::start(dir.path(), &env);
    let log = || std::fs::read_to_string(dir.path().join("server.log")).unwrap();
    let (url, client) = (server.url.clone(), reqwest::Client::new());
    let secrets = vec![VAPID_KEY.to_owned()];
    let mut caller = Caller { url, client, cage: Cage::default(), secrets, people: 0, password: String::new() };
    let customer = caller.person("0501234567", "customer", log).await;
    let merchant = caller.person("0502345678", "merchant", log).await;
    caller.person("0503456789", "customer", log).await;
    promote(dir.path()).await;
    let entry = json!({"phone": "0503456789", "password": caller.password});
    let boss = caller.json(Method::POST, "/api/v1/auth/login", None, &entry).await["access_token"].clone();
    let boss = boss.as_str().unwrap();
    let operations = document::operations();
    let mut answered = std::collections::BTreeMap::<u16, usize>::new();
    let mut places = std::collections::BTreeSet::new();
    for token in [None, Some(&*customer), Some(&*merchant), Some(boss)] {
        for operation in operations.values().filter(|operation| operation.id != "logout") {
            for id in ["req_0000000000001", "1", &caller.cage.word()] {
                *answered.entry(caller.call(operation, token, id, None).await).or_default() += 1;
            }
            for place in operation.body.iter().flat_map(document::leaves) {
                let status = caller.call(operation, token, "req_0000000000001", Some(&place)).await;
                *answered.entry(status).or_default() += 1;
                places.insert(format!("{} {place}", operation.id));
            }
        }
        // Broken in other ways: not JSON, not a route, not a method.
        for (method, path) in [("POST", "/api/v1/auth/login"), ("BREW", "/api/v1/auth/login"), ("GET", "/")] {
            let path = format!("{path}{}?{}", caller.cage.word(), caller.cage.word());
            let request = caller.client.request(method.parse().unwrap(), format!("{}{path}", caller.url));
            request.body(format!("{{\"{}", caller.cage.word())).send().await.unwrap();
        }
    }
    assert!(!answered.keys().any(|status| *status >= 500), "{answered:?}");
    // The reader of the document goes into objects and lists.
    for place in ["register /phone", "update_customer_profile /national_address/city", "place_bid /items/0/notes"] {
        assert!(places.contains(place), "{place}: {places:?}");
    }
    // A body that is taken, too: what is stored is not written to the log either.
    let vehicle = json!({"brand_id": 1, "model_id": 101, "year": 2019, "custom_name": caller.cage.word()});
    let made = caller.json(Method::POST, "/api/v1/users/vehicles", Some(&customer), &vehicle).await;
    let draft = json!({"vehicle_id": made["id"], "title": caller.cage.word(), "description": caller.cage.word(),
        "items": [{"part_name": caller.cage.word(), "quantity": 1}], "bidding_duration_s": 60});
    let made = caller.json(Method::POST, "/api/v1/orders/requests", Some(&customer), &draft).await;
    assert!(made["id"].is_string(), "{made}");
    tell_somebody(&mut caller, &customer, boss, &made, dir.path()).await;
    let metrics = caller.client.get(format!("{}/metrics", caller.url)).send().await.unwrap().text().await.unwrap();
    drop(server);
    let written = log();
    assert!(written.lines().filter(|line| line.contains("\"http.route\"")).count() > 200, "the log was on:\n{written}");
    for line in written.lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    for (place, text) in [("the log", &written), ("the metrics", &metrics)] {
        let hit = text.lines().find(|line| line.to_lowercase().contains(SIGN));
        assert!(hit.is_none(), "a canary in {place}: {hit:?}");
        for secret in &caller.secrets {
            let hit = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(hit.is_none(), "{secret} in {place}: {hit:?}");
        }
    }
}

/// A key as `mazad vapid-key` makes them.
const VAPID_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";

/// Has an administrator call a request off whose owner has an address and two devices, and waits until each way was tried.
async fn tell_somebody(caller: &mut Caller, owner: &str, admin: &str, draft: &Value, dir: &std::path::Path) {
    let devices = "/api/v1/notifications/devices";
    let (endpoint, token) = (format!("https://push.example/{}", caller.cage.word()), caller.cage.word());
    let (p256dh, auth) = (POINT, "BTBZMqHH6r4Tts7J_aSIgg");
    caller.secrets.extend([p256dh.to_owned(), auth.to_owned()]);
    let browser = json!({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}, "name": caller.cage.word()});
    for device in [browser, json!({"fcm_token": token, "name": caller.cage.word()})] {
        let made = caller.json(Method::POST, devices, Some(owner), &device).await;
        assert!(made["id"].is_string(), "{made}");
    }
    let request = format!("/api/v1/orders/requests/{}", draft["id"].as_str().unwrap());
    let published = caller.json(Method::POST, &format!("{request}/publish"), Some(owner), &json!({})).await;
    assert_eq!(published["status"], "bidding_open", "{published}");
    let reason = json!({"reason": caller.cage.word()});
    let over = caller.json(Method::POST, &format!("{request}/cancel"), Some(admin), &reason).await;
    assert_eq!(over["status"], "cancelled", "{over}");
    let db = Db::connect(&StoreOptions { url: database_url(dir), readers: 1 }).await.unwrap();
    let tried = "SELECT COUNT(*) FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE n.kind = 'request_ended' \
                 AND d.fault IS NOT NULL";
    let since = std::time::Instant::now();
    while behind!(&db, pool => sqlx::query_scalar::<_, i64>(tried).fetch_one(pool).await.unwrap()) < 3 {
        assert!(since.elapsed() < std::time::Duration::from_secs(60), "a letter and two pushes are tried");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// The public key of the example in RFC 8291.
const POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

/// Makes the last who registered an admin.
async fn promote(dir: &std::path::Path) {
    let options = StoreOptions { url: database_url(dir), readers: 1 };
    let db = Db::open(&options).await.unwrap();
    // MySQL does not read the table that it writes.
    let promote = "UPDATE users SET kind = 'admin' WHERE id = (SELECT id FROM (SELECT MAX(id) AS id FROM users) last)";
    behind!(&db, pool => sqlx::query(promote).execute(pool).await.map(drop).unwrap());
}
