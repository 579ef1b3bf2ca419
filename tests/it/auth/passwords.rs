//! Passwords that are forgotten, reset and changed.

use mazad::domain::time::Span;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

const PHONE: &str = "0501234567";
const NEW: &str = "staple another horse";

async fn login(app: &TestApp, password: &str) -> Answer {
    app.post(None, "/api/v1/auth/login", &json!({"phone": PHONE, "password": password})).await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(None, "/api/v1/auth/refresh", &json!({"refresh_token": token})).await
}

async fn reset(app: &TestApp, code: &str, password: &str) -> Answer {
    let body = json!({"phone": "+966 50 123 4567", "otp_code": code, "password": password});
    app.post(None, "/api/v1/auth/reset-password", &body).await
}

#[actix_web::test]
async fn a_reset_password_ends_every_session() {
    let app = TestApp::start().await;
    let first = app.person(PHONE, "customer").await;
    let second = app.sign_in(PHONE).await;
    app.clock.advance(Span::secs(61));
    let answer = app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": "٠٥٠١٢٣٤٥٦٧"})).await.expect(202);
    assert_eq!(answer["expires_in"], 300);
    let code = app.code_for(PHONE);
    // A password that cannot be does not cost the code.
    assert_eq!(reset(&app, &code, "short").await.fields(), ["password"]);
    assert_eq!(reset(&app, &code, NEW).await.status, 204);
    assert_eq!(reset(&app, &code, "yet another one").await.problem(), "otp_wrong", "it served");
    for person in [&first, &second] {
        assert_eq!(app.get(Some(&person.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
        assert_eq!(refresh(&app, &person.refresh).await.problem(), "refresh_refused");
    }
    assert_eq!(login(&app, PASSWORD).await.problem(), "bad_credentials");
    login(&app, NEW).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_reset_proves_the_phone_of_who_never_entered_the_first_code() {
    let app = TestApp::start().await;
    let body = json!({"name": "Sara", "phone": PHONE, "password": PASSWORD, "type": "customer"});
    app.post(None, "/api/v1/auth/register", &body).await.expect(201);
    app.clock.advance(Span::secs(61));
    app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": PHONE})).await.expect(202);
    assert_eq!(reset(&app, &app.code_for(PHONE), NEW).await.status, 204);
    login(&app, NEW).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let other = app.person(PHONE, "customer").await;
    let own = app.sign_in(PHONE).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "password": new});
        let (app, token) = (&app, own.token.clone());
        async move { app.post(Some(&token), "/api/v1/auth/change-password", &body).await }
    };
    assert_eq!(change("not this one", NEW).await.fields(), ["current_password"]);
    assert_eq!(change(&"x".repeat(300), NEW).await.fields(), ["current_password"]);
    assert_eq!(change(PASSWORD, "short").await.fields(), ["password"]);
    assert_eq!(change(PASSWORD, NEW).await.status, 204);
    app.get(Some(&own.token), "/api/v1/auth/me").await.expect(200);
    refresh(&app, &own.refresh).await.expect(200);
    assert_eq!(app.get(Some(&other.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    assert_eq!(refresh(&app, &other.refresh).await.problem(), "refresh_refused");
    assert_eq!(login(&app, PASSWORD).await.problem(), "bad_credentials");
    login(&app, NEW).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_profile_is_changed_in_part_and_errors_speak_its_language() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    app.person("0509999999", "customer").await;
    let put = |token: &str, body: Value| {
        let (app, token) = (&app, token.to_owned());
        async move { app.put(Some(&token), "/api/v1/auth/profile", &body).await }
    };
    let me = put(&person.token, json!({"name": " Sara  A. ", "email": "Sara@Example.com"})).await.expect(200);
    assert_eq!(
        (&me["name"], &me["email"], &me["locale"]),
        (&json!("Sara A."), &json!("sara@example.com"), &json!("en"))
    );
    let by_email = json!({"email": "SARA@example.com", "password": PASSWORD});
    app.post(None, "/api/v1/auth/login", &by_email).await.expect(200);
    let other = app.sign_in("0509999999").await;
    let taken = put(&other.token, json!({"email": "sara@example.com"})).await;
    assert_eq!((taken.status, taken.problem(), &taken.body["errors"][0]["field"]), (409, "duplicate", &json!("email")));
    assert_eq!(put(&person.token, json!({"name": "", "email": "x"})).await.fields(), ["name", "email"]);
    for forbidden in ["phone", "type", "phone_verified", "id"] {
        assert_eq!(put(&person.token, json!({forbidden: "0508888888"})).await.fields(), [forbidden]);
    }
    // Arabic is what this account chooses; what a request asks for comes first.
    put(&person.token, json!({"locale": "ar"})).await.expect(200);
    let person = app.sign_in(PHONE).await;
    let unknown = "/api/v1/orders/requests/req_0000000000001";
    assert_eq!(app.get(Some(&person.token), unknown).await.headers["content-language"], "ar");
    let request = app.request(reqwest::Method::GET, Some(&person.token), unknown).header("accept-language", "en");
    assert_eq!(app.send(request).await.headers["content-language"], "en");
    assert_eq!(app.get(None, unknown).await.headers["content-language"], "en");
    put(&person.token, json!({"email": "", "locale": "en"})).await.expect(200);
    let person = app.sign_in(PHONE).await;
    assert_eq!(app.get(Some(&person.token), unknown).await.headers["content-language"], "en");
    assert_eq!(app.get(Some(&person.token), "/api/v1/auth/me").await.expect(200)["email"], Value::Null);
    app.stop().await;
}
