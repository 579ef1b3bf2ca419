//! Passwords that are guessed: how many, from where, and who is kept out by it.

use futures_util::future::join_all;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

const PHONE: &str = "0501234567";
const EMAIL: &str = "sara@example.com";

async fn login(app: &TestApp, body: Value) -> Answer {
    app.post(None, "/api/v1/auth/login", &body).await
}

async fn by_phone(app: &TestApp, phone: &str, password: &str) -> Answer {
    login(app, json!({"phone": phone, "password": password})).await
}

/// Somebody with a phone and an address, who signed in from 127.0.0.1.
async fn resident() -> TestApp {
    let app = TestApp::start().await;
    let sara = app.person(PHONE, "customer").await;
    app.put(Some(&sara.token), "/api/v1/auth/profile", &json!({"email": EMAIL})).await.expect(200);
    app
}

#[actix_web::test]
async fn ten_wrong_passwords_lock_a_name_with_an_account_or_without() {
    let mut app = resident().await;
    app.move_to([127, 0, 0, 2]);
    let unknown = json!({"phone": "0509876543", "password": "wrong"});
    for body in [json!({"phone": PHONE, "password": "wrong"}), json!({"email": EMAIL, "password": "wrong"}), unknown] {
        for _ in 0..10 {
            assert_eq!(login(&app, body.clone()).await.problem(), "bad_credentials", "{body}");
        }
        let locked = login(&app, body.clone()).await;
        assert_eq!((locked.status, locked.problem()), (429, "too_many_tries"), "{body}");
        assert_eq!(locked.headers["retry-after"], "900", "{body}");
    }
    // Not even the right one is looked at, nor from elsewhere; a try that is not looked at does not lengthen the lock.
    app.clock.advance(Span::secs(600));
    assert_eq!(by_phone(&app, PHONE, PASSWORD).await.headers["retry-after"], "300");
    app.move_to([127, 0, 1, 3]);
    assert_eq!(by_phone(&app, "+966 50 123 4567", PASSWORD).await.problem(), "too_many_tries");
    app = app.restart().await;
    app.move_to([127, 0, 1, 3]);
    assert_eq!(by_phone(&app, PHONE, PASSWORD).await.problem(), "too_many_tries", "a restart forgives nothing");
    app.clock.advance(Span::secs(300));
    by_phone(&app, PHONE, PASSWORD).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_hundred_tries_at_once_are_ten() {
    let mut app = resident().await;
    app.move_to([127, 0, 0, 2]);
    let answers = join_all((0..100).map(|_| by_phone(&app, PHONE, "wrong"))).await;
    let count = |code: &str| answers.iter().filter(|answer| answer.body["code"] == code).count();
    // Those beyond the hasher's queue are not looked at either.
    assert_eq!(count("bad_credentials"), 10);
    assert_eq!(count("too_many_tries") + count("overloaded"), 90);
    assert_eq!(by_phone(&app, PHONE, PASSWORD).await.problem(), "too_many_tries");
    app.stop().await;
}

#[actix_web::test]
async fn right_passwords_are_no_tries() {
    let mut app = resident().await;
    app.move_to([127, 0, 0, 2]);
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(by_phone(&app, PHONE, "wrong").await.problem(), "bad_credentials");
        }
        by_phone(&app, PHONE, PASSWORD).await.expect(200);
    }
    for answer in join_all((0..12).map(|_| by_phone(&app, PHONE, PASSWORD))).await {
        answer.expect(200);
    }
    app.stop().await;
}

#[actix_web::test]
async fn nobody_is_locked_out_where_he_has_been_nor_by_who_goes_on_trying() {
    let mut app = resident().await;
    app.move_to([127, 0, 0, 2]);
    for _ in 0..20 {
        by_phone(&app, PHONE, "wrong").await;
    }
    assert_eq!(by_phone(&app, PHONE, PASSWORD).await.problem(), "too_many_tries");
    // At home the owner comes in, and has tries of her own.
    app.move_to([127, 0, 0, 1]);
    assert_eq!(by_phone(&app, PHONE, "wrong").await.problem(), "bad_credentials");
    by_phone(&app, PHONE, PASSWORD).await.expect(200);

    // Travelling, she proves by a code who she is; whoever goes on trying elsewhere does not matter there any more.
    app.move_to([127, 0, 0, 2]);
    for _ in 0..11 {
        by_phone(&app, PHONE, "wrong").await;
    }
    app.move_to([127, 9, 9, 9]);
    assert_eq!(by_phone(&app, PHONE, PASSWORD).await.problem(), "too_many_tries");
    app.clock.advance(Span::secs(61));
    app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": PHONE})).await.expect(202);
    let body = json!({"phone": PHONE, "otp_code": app.code_for(PHONE), "password": "another password"});
    assert_eq!(app.post(None, "/api/v1/auth/reset-password", &body).await.status, 204);
    app.move_to([127, 0, 0, 2]);
    for _ in 0..11 {
        by_phone(&app, PHONE, "wrong").await;
    }
    assert_eq!(by_phone(&app, PHONE, "another password").await.problem(), "too_many_tries");
    app.move_to([127, 9, 9, 9]);
    by_phone(&app, PHONE, "another password").await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn whoever_has_a_token_guesses_the_password_no_oftener() {
    let app = TestApp::start().await;
    let sara = app.person(PHONE, "customer").await;
    let token = Some(sara.token.as_str());
    let change = json!({"current_password": "wrong", "password": "another password"});
    for _ in 0..5 {
        assert_eq!(app.post(token, "/api/v1/auth/change-password", &change).await.fields(), ["current_password"]);
        let erase = app.request(Method::DELETE, token, "/api/v1/users/me").json(&json!({"password": "wrong"}));
        assert_eq!(app.send(erase).await.fields(), ["password"]);
    }
    assert_eq!(app.post(token, "/api/v1/auth/change-password", &change).await.problem(), "too_many_tries");
    let phone = json!({"phone": "0507777777", "password": PASSWORD});
    assert_eq!(app.post(token, "/api/v1/auth/change-phone", &phone).await.problem(), "too_many_tries");
    app.clock.advance(Span::secs(900));
    let token = app.sign_in(PHONE).await.token;
    let change = json!({"current_password": PASSWORD, "password": "another password"});
    assert_eq!(app.post(Some(&token), "/api/v1/auth/change-password", &change).await.status, 204);
    app.stop().await;
}
