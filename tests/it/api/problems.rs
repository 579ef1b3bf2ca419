//! Whatever is sent, the answer is JSON that says what was wrong.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;

use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;

const REGISTER: &str = "/api/v1/auth/register";

#[actix_web::test]
async fn what_is_not_there_is_a_problem() {
    let app = TestApp::start().await;
    let unknown = app.get(None, "/api/v1/rockets/1").await;
    assert_eq!((unknown.status, unknown.problem()), (404, "service_not_found"));
    assert_eq!(unknown.body["error"], "Service not found");
    for path in ["/api/v1/auth/nothing", "/nothing", "/assets/../Cargo.toml", "/assets/no.js"] {
        let answer = app.get(None, path).await;
        assert_eq!((answer.status, answer.problem()), (404, "not_found"), "{path}");
    }
    let wrong_method = app.get(None, REGISTER).await;
    assert_eq!((wrong_method.status, wrong_method.problem()), (405, "method_not_allowed"));
    assert_eq!(wrong_method.headers["allow"], "OPTIONS, POST");
    let wrong_method = app.delete(None, "/api/v1/orders/requests").await;
    assert_eq!(
        (wrong_method.status, wrong_method.headers["allow"].to_str().unwrap()),
        (405, "GET, HEAD, OPTIONS, POST")
    );
    app.stop().await;
}

#[actix_web::test]
async fn a_bad_body_is_named_and_loses_nothing() {
    let app = TestApp::start().await;
    let raw = |kind: &'static str, body: String| {
        app.send(app.request(Method::POST, None, REGISTER).header("content-type", kind).body(body))
    };
    for (kind, body, status, code) in [
        ("application/json", "{".to_owned(), 400, "malformed_json"),
        ("application/json", String::new(), 400, "malformed_json"),
        ("application/json", "\u{feff}{}".to_owned(), 400, "malformed_json"),
        ("application/json", "[".repeat(1_000), 422, "validation_failed"),
        ("application/json; charset=utf-8", "[]".to_owned(), 422, "validation_failed"),
        ("text/plain", "{}".to_owned(), 415, "unsupported_media_type"),
        ("application/json", format!("\"{}\"", "x".repeat(70_000)), 413, "body_too_large"),
    ] {
        let answer = raw(kind, body.clone()).await;
        assert_eq!((answer.status, answer.problem()), (status, code), "{kind} {:.40}", body);
    }
    let valid = || json!({"name": "A", "phone": "0501234567", "password": "12345678", "type": "customer"});
    for (field, value) in [
        ("name", json!(1)),
        ("name", json!("")),
        ("name", json!("x".repeat(121))),
        ("phone", json!("+201001234567")),
        ("phone", json!(501_234_567_i64)),
        ("phone", json!(1e300)),
        ("password", json!("short")),
        ("email", json!("nobody")),
        ("type", json!("admin")),
        ("locale", json!("fr")),
        ("verified", json!(true)),
    ] {
        let mut body = valid();
        body[field] = value;
        let answer = app.post(None, REGISTER, &body).await;
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let mut incomplete = valid();
    incomplete.as_object_mut().unwrap().remove("type");
    let answer = app.post(None, REGISTER, &incomplete).await;
    assert_eq!((answer.fields(), &answer.body["errors"][0]["code"]), (vec!["type"], &json!("missing")));
    app.post(None, REGISTER, &valid()).await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn what_is_wrong_with_a_field_is_told_in_the_language_of_the_caller() {
    let app = TestApp::start().await;
    let body = json!({"name": "", "phone": "1", "password": "short", "type": "customer"});
    for (language, name, password) in [
        ("en", "1 to 120 characters", "at least 8 characters"),
        ("ar", "عدد الأحرف من 1 إلى 120", "عدد الأحرف 8 على الأقل"),
    ] {
        let call = app.request(Method::POST, None, REGISTER).header("accept-language", language);
        let answer = app.send(call.json(&body)).await;
        let said = |at: usize| answer.body["errors"][at]["message"].as_str().unwrap();
        assert_eq!((said(0), said(2)), (name, password));
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_body_without_a_length_is_bounded_too() {
    let app = TestApp::start().await;
    let address = app.running.address;
    let answer = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        let head = "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        socket.write_all(head.as_bytes()).unwrap();
        let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
        for _ in 0..9 {
            // The server may hang up before the end.
            if socket.write_all(chunk.as_bytes()).is_err() {
                break;
            }
        }
        let _ = socket.write_all(b"0\r\n\r\n");
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"code\":\"body_too_large\""), "{answer}");
    app.stop().await;
}

#[actix_web::test]
async fn the_title_is_in_the_callers_language_and_the_id_is_the_callers() {
    let app = TestApp::start().await;
    let request = app.request(Method::GET, None, "/api/v1/auth/me");
    let answer = app.send(request.header("accept-language", "ar-SA,en;q=0.5").header("x-request-id", "mine-1")).await;
    assert_eq!((answer.status, answer.problem()), (401, "unauthenticated"));
    assert_eq!(answer.body["title"], "سجّل الدخول أولًا");
    assert_eq!(answer.body["request_id"], "mine-1");
    assert_eq!(answer.headers["content-language"], "ar");
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    // An id that could break a log line is replaced.
    let request = app.request(Method::GET, None, "/api/v1/auth/me").header("x-request-id", "a b\"c");
    let answer = app.send(request).await;
    assert_ne!(answer.body["request_id"], "a b\"c");
    answer.problem();
    app.stop().await;
}

#[actix_web::test]
async fn the_page_the_document_and_health_are_there() {
    let app = TestApp::start().await;
    assert_eq!(app.get(None, "/health/live").await.expect(200), json!({"status": "live"}));
    let document = app.get(None, "/api/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/auth/register"]["post"].is_object(), "{}", document["paths"]);
    assert!(document["paths"]["/api/v1/auth/me"]["get"]["security"].is_array());
    let pages = app.get(None, "/api/docs/").await;
    assert!(pages.status == 200 && pages.kind.starts_with("text/html"), "{pages:?}");
    let page = app.get(None, "/").await;
    assert!(page.status == 200 && page.kind.starts_with("text/html"), "{page:?}");
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    app.stop().await;
}
