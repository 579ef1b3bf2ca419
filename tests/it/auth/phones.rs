//! Another phone for an account.

use mazad::domain::time::Span;
use mazad::domain::user::Phone;
use mazad::persistence::audit;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::app::TestApp;

const OLD: &str = "0501234567";
const NEW: &str = "0507654321";

async fn ask(app: &TestApp, who: &Person, phone: &str, password: &str) -> Answer {
    let body = json!({"phone": phone, "password": password});
    app.post(Some(&who.token), "/api/v1/auth/change-phone", &body).await
}

async fn verify(app: &TestApp, who: &Person, code: &str) -> Answer {
    app.post(Some(&who.token), "/api/v1/auth/change-phone/verify", &json!({"otp_code": code})).await
}

fn told(app: &TestApp, phone: &str) -> Option<String> {
    app.running.app.sign_in.codes().sms().last_to(&Phone::parse(phone).unwrap())
}

#[actix_web::test]
async fn a_phone_is_changed_by_password_and_code() {
    let app = TestApp::start().await;
    let sara = app.person(OLD, "customer").await;
    let elsewhere = app.sign_in(OLD).await;
    assert_eq!(ask(&app, &sara, "12", PASSWORD).await.fields(), ["phone"]);
    assert_eq!(ask(&app, &sara, NEW, "wrong").await.fields(), ["password"]);
    assert_eq!(told(&app, NEW), None, "nothing before the password");
    assert_eq!(verify(&app, &sara, "000000").await.problem(), "otp_wrong", "nothing was asked for");

    // A forgotten password is under way at the old phone while it is changed.
    app.clock.advance(Span::secs(61));
    app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": OLD})).await.expect(202);
    let reset = app.code_for(OLD);
    assert_eq!(ask(&app, &sara, "٠٥٠ ٧٦٥ ٤٣٢١", PASSWORD).await.expect(202)["expires_in"], 300);
    let code = app.code_for(NEW);
    assert_eq!(
        verify(&app, &sara, &format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)).await.status,
        422
    );
    assert_eq!(app.get(Some(&sara.token), "/api/v1/auth/me").await.expect(200)["phone"], "+966501234567");
    assert_eq!(verify(&app, &sara, &code).await.status, 204);
    assert_eq!(verify(&app, &sara, &code).await.problem(), "otp_wrong", "it served");

    assert_eq!(app.get(Some(&sara.token), "/api/v1/auth/me").await.expect(200)["phone"], "+966507654321");
    assert_eq!(app.get(Some(&elsewhere.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    let warned = told(&app, OLD).unwrap();
    assert!(warned.contains("replaced") && !warned.contains("4321"), "{warned}");
    let login = |phone: &str| json!({"phone": phone, "password": PASSWORD});
    assert_eq!(app.post(None, "/api/v1/auth/login", &login(OLD)).await.problem(), "bad_credentials");
    app.post(None, "/api/v1/auth/login", &login(NEW)).await.expect(200);
    let body = json!({"phone": OLD, "otp_code": reset, "password": "somebody else's"});
    assert_eq!(app.post(None, "/api/v1/auth/reset-password", &body).await.problem(), "otp_wrong");
    let log = audit::list_of(&app.running.app.db, &sara.id).await.unwrap();
    assert_eq!(log.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["phone_changed"]);
    // The old number is free.
    app.clock.advance(Span::secs(61));
    app.person(OLD, "merchant").await;
    app.stop().await;
}

#[actix_web::test]
async fn a_phone_in_use_answers_as_if_it_were_not() {
    let app = TestApp::start().await;
    let sara = app.person(OLD, "customer").await;
    let ali = app.person(NEW, "merchant").await;
    app.clock.advance(Span::secs(61));
    let taken = ask(&app, &sara, NEW, PASSWORD).await;
    let free = ask(&app, &sara, "0508888888", PASSWORD).await;
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    assert_eq!((taken.status, &taken.body["message"]), (202, &free.body["message"]));
    assert!(told(&app, NEW).unwrap().contains("Sign in instead"), "its owner hears that, and no code");
    // Nor does the code for one phone prove another.
    app.clock.advance(Span::secs(61));
    let code = app.code_for("0508888888");
    ask(&app, &sara, NEW, PASSWORD).await.expect(202);
    assert_eq!(verify(&app, &sara, &code).await.problem(), "otp_wrong");
    for (who, phone) in [(&sara, "+966501234567"), (&ali, "+966507654321")] {
        assert_eq!(app.get(Some(&who.token), "/api/v1/auth/me").await.expect(200)["phone"], phone);
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_claim_that_was_never_proven_holds_no_phone() {
    let app = TestApp::start().await;
    let sara = app.person(OLD, "customer").await;
    let claim = json!({"name": "Squatter", "phone": NEW, "password": PASSWORD, "type": "customer"});
    let claimed: Value = app.post(None, "/api/v1/auth/register", &claim).await.expect(201);
    let stale = app.code_for(NEW);
    app.clock.advance(Span::secs(61));
    ask(&app, &sara, NEW, PASSWORD).await.expect(202);
    assert_eq!(verify(&app, &sara, &app.code_for(NEW)).await.status, 204);
    let body = json!({"user_id": claimed["user_id"], "otp_code": stale});
    assert_eq!(app.post(None, "/api/v1/auth/verify-otp", &body).await.problem(), "otp_wrong");
    app.stop().await;
}
