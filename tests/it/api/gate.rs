//! The gate through a real socket: rates, proxies, slow peers, metrics.

use std::time::Duration;
use std::time::Instant;

use mazad::config::Rates;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::app::Answer;
use crate::support::app::TestApp;

const ME: &str = "/api/v1/auth/me";
const LOGIN: &str = "/api/v1/auth/login";
const BRANDS: &str = "/api/v1/catalog/brands";

fn rates(user: u32, address: u32) -> Rates {
    Rates { user_per_minute: 60, user_burst: user, address_per_minute: 60, address_burst: address }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn an_account_and_an_address_have_their_rates() {
    let app = TestApp::configured(|config| config.limits.read = rates(3, 5)).await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let first = app.get(token, ME).await;
    assert_eq!(header(&first, "ratelimit-policy"), "\"read-address\";q=5;w=5, \"read-user\";q=3;w=3");
    assert_eq!(header(&first, "ratelimit"), "\"read-address\";r=4;t=1, \"read-user\";r=2;t=1");
    for _ in 0..2 {
        assert_eq!(app.get(token, ME).await.status, 200);
    }
    let refused = app.get(token, ME).await;
    assert_eq!((refused.status, refused.problem()), (429, "rate_limited"));
    assert_eq!((header(&refused, "retry-after"), &refused.body["limit"]), ("1", &json!("user")));
    assert!(header(&refused, "ratelimit").contains("\"read-user\";r=0;t=3"), "{refused:?}");
    // One call is left to the address; then nobody there gets an answer, known or not.
    assert_eq!(app.get(None, BRANDS).await.status, 200);
    for (token, path) in [(None, BRANDS), (token, ME), (None, "/nowhere"), (Some("forged"), ME)] {
        let refused = app.get(token, path).await;
        assert_eq!((refused.status, &refused.body["limit"]), (429, &json!("address")), "{path}");
    }
    // Another class is another bucket, and monitors and the page are never refused.
    assert_eq!(app.post(None, LOGIN, &json!({"phone": "0500000000", "password": "x"})).await.status, 401);
    for path in ["/health/live", "/health/ready", "/", "/api/openapi.json", "/metrics"] {
        let answer = app.get(None, path).await;
        assert_eq!((answer.status, header(&answer, "ratelimit")), (200, ""), "{path}");
    }
    let asset = app.get(None, "/assets/none.js").await;
    assert_eq!((asset.status, header(&asset, "ratelimit")), (404, ""));
    // No spelling of a path is another class' path.
    for path in ["/api/v1/%63atalog/brands", "/api/v1/catalog/brands?q=x"] {
        assert_eq!(app.get(None, path).await.status, 429, "{path}");
    }
    app.clock.advance(Span::secs(1));
    assert_eq!(app.get(None, BRANDS).await.status, 200);
    assert_eq!(app.get(None, BRANDS).await.status, 429);
    app.stop().await;
}

#[actix_web::test]
async fn guessing_passwords_is_slow_whatever_the_header_says() {
    let app = TestApp::configured(|config| config.limits.auth = rates(5, 5)).await;
    let body = json!({"phone": "0501111111", "password": "wrong wrong"});
    let mut refused = 0;
    for guess in 0..12 {
        let request = app.request(Method::POST, None, LOGIN).header("x-forwarded-for", format!("198.51.100.{guess}"));
        refused += u32::from(app.send(request.json(&body)).await.status == 429);
    }
    assert_eq!(refused, 7, "a header of the caller's own buys nothing");
    app.stop().await;
}

#[actix_web::test]
async fn a_trusted_proxy_tells_its_clients_apart_and_they_cannot_lie() {
    let app = TestApp::configured(|config| {
        config.limits.read = rates(5, 2);
        config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ask = async |forwarded: &str| {
        let request = app.request(Method::GET, None, BRANDS).header("x-forwarded-for", forwarded);
        app.send(request).await.status
    };
    for address in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
        assert_eq!([ask(address).await, ask(address).await, ask(address).await], [200, 200, 429], "{address}");
    }
    for lie in 3..9 {
        assert_eq!(ask(&format!("203.0.113.{lie}, 198.51.100.1")).await, 429, "what it wrote itself is ignored");
    }
    app.stop().await;
}

// ------------------------------------------------------------------ slow peers

/// Opens a connection, sends a head and then a byte in each pause. Answers what came back and after how long it ended.
async fn trickle(app: &TestApp, head: &str, byte: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(app.running.address).await.unwrap();
    let begun = Instant::now();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    let reading = async {
        let _ = read.read_to_end(&mut answer).await;
    };
    let writing = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if write.write_all(byte.as_bytes()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let patience = Duration::from_secs(20);
    tokio::select! {
        () = reading => {}
        () = writing => {}
        () = tokio::time::sleep(patience) => {}
    }
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

#[actix_web::test]
async fn a_peer_that_trickles_is_let_go() {
    let app = TestApp::configured(|config| {
        config.http.body_seconds = 1;
        config.http.head_seconds = 3;
    })
    .await;
    let owner = app.person("0501111111", "customer").await;
    let json = format!("Host: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n", owner.token);
    let post = |path: &str, more: &str| format!("POST {path} HTTP/1.1\r\n{json}{more}\r\n");
    let length = "Content-Length: 1000\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let keyed = "Content-Length: 1000\r\nIdempotency-Key: k\r\n";
    for (name, head, byte, wanted) in [
        ("a body", post("/api/v1/users/vehicles", length), "x", "HTTP/1.1 408"),
        ("a body in chunks", post("/api/v1/users/vehicles", chunked), "1\r\nx\r\n", "HTTP/1.1 408"),
        ("a body under a key", post("/api/v1/users/vehicles", keyed), "x", "HTTP/1.1 408"),
        ("a body that nobody reads", post("/api/v1/auth/tickets", length), "x", "HTTP/1.1 201"),
        ("chunks that nobody reads", post("/api/v1/auth/tickets", chunked), "1\r\nx\r\n", "HTTP/1.1 201"),
        ("a body for nobody", post("/nowhere", length), "x", "HTTP/1.1 404"),
        ("chunks for nobody", post("/nowhere", chunked), "1\r\nx\r\n", "HTTP/1.1 404"),
        ("a head", "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned(), "x", "HTTP/1.1 408"),
        (
            "a second head",
            "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\nX-Slow: ".to_owned(),
            "x",
            "HTTP/1.1 200",
        ),
    ] {
        let (answer, took) = trickle(&app, &head, byte).await;
        assert!(answer.starts_with(wanted), "{name}: {answer}");
        assert!(took < Duration::from_secs(15), "{name}: {took:?} {answer}");
    }
    app.stop().await;
}

// ------------------------------------------------------------------ metrics

#[actix_web::test]
async fn metrics_are_bounded_and_not_for_everybody() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    for path in ["/api/v1/orders/requests/req_0000000000001", "/api/v1/orders/requests/x", "/made-up/1", "/made-up/2"] {
        app.get(Some(&owner.token), path).await;
    }
    app.request(Method::from_bytes(b"BREW").unwrap(), None, "/coffee").send().await.unwrap();
    let told = app.get(None, "/metrics").await;
    assert!(told.kind.starts_with("application/openmetrics-text"), "{told:?}");
    let text = told.body.as_str().unwrap();
    for line in [
        r#"mazad_http_requests_total{route="/api/v1/orders/requests/{id}",method="GET",status="4xx"} 2"#,
        r#"mazad_http_requests_total{route="unmatched",method="any",status="4xx"} 3"#,
        r#"mazad_http_requests_total{route="/api/v1/auth/register",method="POST",status="2xx"} 1"#,
        "mazad_commands_busy_total 0",
        "mazad_room_sockets 0",
        "mazad_auctions 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("made-up") && !text.contains("BREW") && !text.contains(&owner.id), "{text}");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(value("process_resident_memory_bytes ") > 1e6 && value("process_open_fds ") > 5.0);
    let through = app.request(Method::GET, None, "/metrics").header("x-forwarded-for", "127.0.0.1");
    assert_eq!(app.send(through).await.problem(), "metrics_refused");
    app.stop().await;

    let token = "a token of many letters";
    let app = TestApp::configured(|config| config.metrics.token = token.into()).await;
    assert_eq!(app.get(None, "/metrics").await.problem(), "unauthenticated");
    assert_eq!(app.get(Some("a token of many lettery"), "/metrics").await.problem(), "unauthenticated");
    let through = app.request(Method::GET, Some(token), "/metrics").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(app.send(through).await.status, 200, "the token is enough, from anywhere");
    app.stop().await;
}

// ------------------------------------------------------------------ the router

#[actix_web::test]
async fn heads_options_and_slashes() {
    let app = TestApp::start().await;
    let whole = app.get(None, BRANDS).await;
    let head = app.request(Method::HEAD, None, BRANDS).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &whole.headers["content-length"]));
    assert!(head.bytes().await.unwrap().is_empty());
    assert_eq!(app.request(Method::HEAD, None, LOGIN).send().await.unwrap().status(), 405);
    let options = app.send(app.request(Method::OPTIONS, None, LOGIN)).await;
    assert_eq!((options.status, header(&options, "allow")), (204, "OPTIONS, POST"));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (path, location) in [
        ("/api/v1/auth/login/", "/api/v1/auth/login"),
        ("/api/v1/catalog/brands/?q=toy", "/api/v1/catalog/brands?q=toy"),
        ("/api/docs", "/api/docs/"),
    ] {
        let answer = client.post(app.url(path)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (308, location));
    }
    for path in ["//evil.example/", "/%2F%2Fevil.example/", "/api/v1/rockets/"] {
        let answer = client.get(app.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    app.stop().await;
}
