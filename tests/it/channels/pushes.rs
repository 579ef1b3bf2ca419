//! Pushes: to a stand-in for a browser's push service, decrypted by an implementation that is not ours (the npm package
//! `http_ece`), and to a stand-in for Firebase.

use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web;
use actix_web::web::Data;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use mazad::clock::Clock;
use mazad::config::Config;
use mazad::config::PushDriver;
use mazad::domain::message::Device;
use mazad::domain::message::PushText;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::drivers::push;
use mazad::drivers::push::Push;
use mazad::drivers::sending::NotSent;
use mazad::drivers::sending::Sent;
use serde_json::Value;
use serde_json::json;

use super::script;

/// A call that the stand-in had.
pub(super) struct Call {
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Book {
    calls: Vec<Call>,
    /// Status, `Retry-After` and body of the answer to whatever is pushed.
    answer: (u16, Option<u32>, String),
}

/// Takes whatever it is sent; a path that begins with `/token` is Google's, and gives out tokens for an hour.
pub(super) struct Service {
    pub(super) url: String,
    book: Arc<Mutex<Book>>,
    handle: ServerHandle,
}

impl Service {
    pub(super) fn start() -> Self {
        let book = Arc::new(Mutex::new(Book { answer: (201, None, String::new()), ..Book::default() }));
        let data = Data::from(Arc::clone(&book));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(take)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let running = server.run();
        let handle = running.handle();
        actix::spawn(running);
        Self { url, book, handle }
    }

    pub(super) fn answer(&self, status: u16, after: Option<u32>, body: &str) {
        self.book.lock().unwrap().answer = (status, after, body.to_owned());
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.book.lock().unwrap().calls)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn take(book: Data<Mutex<Book>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut book = book.lock().unwrap();
    book.calls.push(Call { path: request.path().to_owned(), headers, body: body.to_vec() });
    if request.path() == "/token" {
        let token = format!("token {}", book.calls.len());
        return HttpResponse::Ok().json(json!({"access_token": token, "expires_in": 3_599, "token_type": "Bearer"}));
    }
    let (status, after, body) = &book.answer;
    let mut answer = HttpResponse::build(actix_web::http::StatusCode::from_u16(*status).unwrap());
    if let Some(after) = after {
        answer.insert_header(("Retry-After", after.to_string()));
    }
    answer.body(body.clone())
}

fn text() -> PushText {
    PushText {
        title: "تقدّم عليك عرض آخر".to_owned(),
        body: "تراجع عرضك إلى المركز \u{2068}2\u{2069}.".to_owned(),
        url: "https://mazad.example/#/room/req_1".to_owned(),
        tag: "outbid-req_1".to_owned(),
        urgent: true,
        ttl: Duration::from_mins(10),
        language: "ar",
    }
}

pub(super) fn settings() -> mazad::config::Push {
    let mut settings = Config::load(None).unwrap().push;
    settings.driver = PushDriver::Live;
    settings.vapid_key = push::new_key().unwrap().into();
    settings.contact = "mailto:operator@mazad.example".to_owned();
    settings
}

/// A browser: its private key and secret in base64url, and what it registers.
pub(super) fn browser(endpoint: String) -> (String, String, Device) {
    let made = Command::new("node").arg(script("decrypt.mjs")).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let word = |name: &str| made[name].as_str().unwrap().to_owned();
    let (p256dh, auth) = (BASE64.decode(word("p256dh")).unwrap(), BASE64.decode(word("auth")).unwrap());
    let device = Device::Web { endpoint, p256dh: p256dh.try_into().unwrap(), auth: auth.try_into().unwrap() };
    (word("key"), word("auth"), device)
}

/// What a browser with this key reads.
pub(super) fn decrypt(key: &str, auth: &str, body: &[u8]) -> Value {
    let given = json!({"key": key, "auth": auth, "body": BASE64.encode(body)}).to_string();
    let read = Command::new("node").arg(script("decrypt.mjs")).arg(given).output().unwrap();
    serde_json::from_slice(&read.stdout).unwrap()
}

/// Settings with credentials for this Firebase, in a folder.
pub(super) fn with_firebase(service: &Service, folder: &tempfile::TempDir) -> mazad::config::Push {
    let credentials = folder.path().join("firebase.json");
    let content = json!({
        "type": "service_account", "project_id": "mazad-test", "private_key": rsa_key(),
        "client_email": "mazad@mazad-test.iam.gserviceaccount.com", "token_uri": format!("{}/token", service.url),
    });
    std::fs::write(&credentials, content.to_string()).unwrap();
    let mut settings = settings();
    settings.fcm_credentials = credentials;
    settings.fcm_endpoint.clone_from(&service.url);
    settings
}

fn told(outcome: &Result<Sent, NotSent>) -> String {
    match outcome {
        Ok(Sent::Taken { reference }) => format!("taken {}", reference.as_deref().unwrap_or("-")),
        Err(NotSent::Later { after, .. }) => format!("later {}", after.map_or(0, |after| after.as_secs())),
        Err(NotSent::Never { .. }) => "never".to_owned(),
        Err(NotSent::Gone { .. }) => "gone".to_owned(),
        Err(NotSent::Misconfigured { .. }) => "misconfigured".to_owned(),
    }
}

#[actix_web::test]
async fn a_browser_reads_what_no_push_service_can() {
    let service = Service::start();
    let mut settings = settings();
    settings.local_service = service.url.clone();
    let clock = Clock::manual(UnixMicros(1_795_530_600_000_000));
    let push = Push::open(&settings, "", clock).unwrap();
    let (key, auth, device) = browser(format!("{}/send/abc", service.url));
    assert!(push.takes(&device));
    let outcome = push.deliver(&device, &text(), "ntc_0000000000007").await;
    assert_eq!(told(&outcome), "taken -", "{outcome:?}");

    let call = service.calls().pop().unwrap();
    assert_eq!(call.path, "/send/abc");
    for (name, wanted) in
        [("ttl", "600"), ("urgency", "high"), ("topic", "ntc_0000000000007"), ("content-encoding", "aes128gcm")]
    {
        assert_eq!(call.header(name), wanted, "{name}");
    }
    assert!(!call.body.windows(6).any(|part| part == b"outbid"), "in the clear");
    assert_eq!(
        decrypt(&key, &auth, &call.body),
        json!({
            "title": text().title, "body": text().body, "url": text().url, "tag": text().tag, "lang": "ar", "dir": "rtl",
        })
    );

    // RFC 8292: who we are, for this service and for half a day.
    let (token, public) = call.header("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(Some(public), push.public_key());
    let point = BASE64.decode(public).unwrap();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&[&service.url]);
    rules.validate_exp = false;
    let verifying = DecodingKey::from_ec_components(&x, &y).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &verifying, &rules).unwrap().claims;
    assert_eq!(claims["sub"], "mailto:operator@mazad.example");
    let life = claims["exp"].as_i64().unwrap() - 1_795_530_600;
    assert!((1..=86_400).contains(&life), "{life}");
}

#[actix_web::test]
async fn every_answer_of_a_push_service_is_understood() {
    let service = Service::start();
    let mut settings = settings();
    settings.local_service = service.url.clone();
    let push = Push::open(&settings, "", Clock::System).unwrap();
    let (_, _, device) = browser(format!("{}/send/abc", service.url));
    for (status, after, wanted) in [
        (200, None, "taken -"),
        (201, None, "taken -"),
        (202, None, "taken -"),
        (301, None, "never"),
        (400, None, "never"),
        (401, None, "misconfigured"),
        (403, None, "misconfigured"),
        (404, None, "gone"),
        (410, None, "gone"),
        (413, None, "never"),
        (429, Some(30), "later 30"),
        (429, None, "later 0"),
        (500, None, "later 0"),
        (503, Some(5), "later 5"),
    ] {
        service.answer(status, after, "what it says is for nobody");
        let outcome = push.deliver(&device, &text(), "ntc_1").await;
        assert_eq!(told(&outcome), wanted, "{status}");
        assert!(!format!("{outcome:?}").contains("for nobody"));
    }
    // A port that is taken and where nobody listens. A stand-in that was stopped still answers on connections it had.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    settings.local_service = format!("http://{}", nobody.local_addr().unwrap());
    let push = Push::open(&settings, "", Clock::System).unwrap();
    let (_, _, device) = browser(format!("{}/send/abc", settings.local_service));
    assert_eq!(told(&push.deliver(&device, &text(), "ntc_1").await), "later 0");
}

/// Addresses that somebody could register to have the server knock at its own neighbours. A listener on this machine sees
/// whether one is called.
#[actix_web::test]
async fn nobody_makes_the_server_call_its_neighbours() {
    let canary = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let port = canary.local_addr().unwrap().port();
    let push = Push::open(&settings(), "", Clock::System).unwrap();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "127.255.255.254",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "8.8.8.8",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
        "[ff02::1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "ip6-localhost",
        "metadata",
        "mazad",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "user@localhost",
        "push.example@127.0.0.1",
        "push.example:x@127.0.0.1",
    ];
    let (_, _, registered) = browser(String::new());
    let Device::Web { p256dh, auth, .. } = registered else { unreachable!() };
    let mut tried = 0;
    for host in hosts {
        for address in [
            format!("https://{host}/send"),
            format!("https://{host}:{port}/send"),
            format!("http://{host}:{port}/send"),
        ] {
            let device = Device::Web { endpoint: address.clone(), p256dh, auth };
            assert!(!push.takes(&device), "{address}");
            assert_eq!(told(&push.deliver(&device, &text(), "ntc_1").await), "gone", "{address}");
            tried += 1;
        }
    }
    for address in [
        "ftp://push.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/",
        "data:,x",
        "http://push.example/send",
        "https://push.example:22/send",
        "https://user:pass@push.example/",
        "https:///send",
        "//push.example",
        "push.example",
        "",
    ] {
        let device = Device::Web { endpoint: address.to_owned(), p256dh, auth };
        assert!(!push.takes(&device), "{address}");
        assert_eq!(told(&push.deliver(&device, &text(), "ntc_1").await), "gone", "{address}");
        tried += 1;
    }
    assert!(tried >= 60);
    assert_eq!(canary.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it was called");
    let device = Device::Web { endpoint: "https://fcm.googleapis.com/fcm/send/x".to_owned(), p256dh, auth };
    assert!(push.takes(&device));
    assert_eq!(push.provider(&device), "https://fcm.googleapis.com:443");
}

#[actix_web::test]
async fn firebase_is_asked_with_a_token_that_lasts() {
    let service = Service::start();
    let folder = tempfile::TempDir::new().unwrap();
    let settings = with_firebase(&service, &folder);
    let clock = Clock::manual(UnixMicros(1_795_530_600_000_000));
    let push = Push::open(&settings, "", clock.clone()).unwrap();
    let device = Device::Fcm { token: "registration-token".to_owned() };
    assert!(push.takes(&device) && push.provider(&device) == "fcm");

    service.answer(200, None, r#"{"name":"projects/mazad-test/messages/0:15"}"#);
    assert_eq!(told(&push.deliver(&device, &text(), "ntc_1").await), "taken 0:15");
    assert_eq!(told(&push.deliver(&device, &text(), "ntc_2").await), "taken 0:15");
    let calls = service.calls();
    let paths: Vec<_> = calls.iter().map(|call| call.path.as_str()).collect();
    let send = "/v1/projects/mazad-test/messages:send";
    assert_eq!(paths, ["/token", send, send], "one token for both");
    let form = String::from_utf8(calls[0].body.clone()).unwrap();
    let assertion = form.split("assertion=").nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64.decode(assertion.split('.').nth(1).unwrap()).unwrap()).unwrap();
    assert_eq!(claims["iss"], "mazad@mazad-test.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/firebase.messaging");
    assert_eq!(calls[1].header("authorization"), "Bearer token 1");
    let body: Value = serde_json::from_slice(&calls[1].body).unwrap();
    assert_eq!(body["message"]["token"], "registration-token");
    assert_eq!(body["message"]["notification"]["title"], text().title);
    assert_eq!(body["message"]["android"]["ttl"], "600s");
    assert_eq!(body["message"]["android"]["collapse_key"], "ntc_1");

    // Shortly before the hour is over another token is fetched; and after a 401.
    clock.advance(Span::secs(3_400));
    push.deliver(&device, &text(), "ntc_3").await.unwrap();
    assert_eq!(service.calls().iter().filter(|call| call.path == "/token").count(), 1);
    service.answer(401, None, r#"{"error":{"code":401,"status":"UNAUTHENTICATED"}}"#);
    assert_eq!(told(&push.deliver(&device, &text(), "ntc_4").await), "misconfigured");
    service.answer(200, None, r#"{"name":"projects/mazad-test/messages/1"}"#);
    assert_eq!(told(&push.deliver(&device, &text(), "ntc_4").await), "taken 1");
    assert_eq!(service.calls().iter().filter(|call| call.path == "/token").count(), 1);

    let shown = format!("{push:?} {device:?} {settings:?}");
    for hidden in ["PRIVATE KEY", "registration-token", "token 1"] {
        assert!(!shown.contains(hidden), "{hidden}");
    }
}

/// A key as Google gives one: RSA in PKCS#8, PEM.
fn rsa_key() -> String {
    use aws_lc_rs::encoding::AsDer as _;
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}
