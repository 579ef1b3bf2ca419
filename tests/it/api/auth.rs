//! Getting in and out.

use mazad::domain::time::Span;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

const PHONE: &str = "0501234567";

async fn login(app: &TestApp, phone: &str, password: &str) -> Answer {
    app.post(None, "/api/v1/auth/login", &json!({"phone": phone, "password": password})).await
}

async fn register(app: &TestApp, phone: &str) -> Answer {
    let body = json!({"name": "Sara", "phone": phone, "password": PASSWORD, "type": "customer"});
    app.post(None, "/api/v1/auth/register", &body).await
}

async fn verify(app: &TestApp, user: &Value, code: &str) -> Answer {
    app.post(None, "/api/v1/auth/verify-otp", &json!({"user_id": user, "otp_code": code})).await
}

async fn resend(app: &TestApp, user: Value) -> Answer {
    app.post(None, "/api/v1/auth/resend-otp", &json!({"user_id": user})).await
}

fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[actix_web::test]
async fn from_registration_to_logout() {
    let app = TestApp::start().await;
    let registered = register(&app, "(050) 123-4567").await.expect(201);
    assert_eq!((&registered["expires_in"], &registered["message"]), (&json!(300), &json!("OTP sent successfully")));
    assert_eq!(login(&app, PHONE, PASSWORD).await.problem(), "phone_not_verified");

    let code = app.code_for(PHONE);
    assert_eq!(verify(&app, &registered["user_id"], &another(&code)).await.problem(), "otp_wrong");
    let arabic: String = code.chars().map(|c| char::from_u32(0x0660 + c.to_digit(10).unwrap()).unwrap()).collect();
    let entered = verify(&app, &registered["user_id"], &arabic).await.expect(200);
    assert_eq!((&entered["token_type"], &entered["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(entered["user"]["phone"], "+966501234567");
    assert_eq!(verify(&app, &registered["user_id"], &code).await.problem(), "otp_wrong", "a code serves once");

    let entered = login(&app, "٠٠٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", PASSWORD).await.expect(200);
    let token = entered["access_token"].as_str().unwrap();
    let me = app.get(Some(token), "/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["id"], &me["type"]), (&registered["user_id"], &json!("customer")));
    assert!(!me.to_string().contains("argon2"), "{me}");
    assert_eq!(app.post(Some(token), "/api/v1/auth/logout", &json!({})).await.status, 204);
    assert_eq!(app.get(Some(token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    let body = json!({"refresh_token": entered["refresh_token"]});
    assert_eq!(app.post(None, "/api/v1/auth/refresh", &body).await.problem(), "refresh_refused");
    app.stop().await;
}

#[actix_web::test]
async fn known_and_unknown_get_the_same_answers() {
    let app = TestApp::start().await;
    app.person(PHONE, "merchant").await;
    let same = |a: &Answer, b: &Answer| {
        assert_eq!((a.status, a.problem(), &a.body["detail"]), (b.status, b.problem(), &b.body["detail"]));
        let names = |answer: &Answer| answer.body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(a), names(b));
    };
    same(&login(&app, PHONE, "wrong password").await, &login(&app, "0509999999", "wrong password").await);
    same(&login(&app, PHONE, "wrong password").await, &login(&app, "nonsense", "wrong password").await);

    app.clock.advance(Span::secs(60));
    let known = register(&app, PHONE).await.expect(201);
    let unknown = register(&app, "0509999999").await.expect(201);
    assert_eq!(known["message"], unknown["message"]);
    assert_eq!(known["user_id"].as_str().unwrap().len(), unknown["user_id"].as_str().unwrap().len());
    same(&verify(&app, &known["user_id"], "000000").await, &verify(&app, &unknown["user_id"], "x").await);
    let again = |user: Value| resend(&app, user);
    same(&again(known["user_id"].clone()).await, &again(unknown["user_id"].clone()).await);
    app.clock.advance(Span::secs(60));
    again(known["user_id"].clone()).await.expect(200);
    again(unknown["user_id"].clone()).await.expect(200);
    // The one with the account was told by a message, and still signs in with the old password.
    login(&app, PHONE, PASSWORD).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn five_guesses_and_no_more_even_at_once() {
    let app = TestApp::start().await;
    let user = register(&app, PHONE).await.expect(201)["user_id"].clone();
    let code = app.code_for(PHONE);
    let wrong = another(&code);
    let guesses = (0..12).map(|_| verify(&app, &user, &wrong));
    for answer in futures_util::future::join_all(guesses).await {
        assert_eq!(answer.problem(), "otp_wrong");
    }
    assert_eq!(verify(&app, &user, &code).await.problem(), "otp_wrong", "the right code came too late");
    app.stop().await;
}

#[actix_web::test]
async fn a_code_ends_after_five_minutes_and_the_next_comes_after_one() {
    let app = TestApp::start().await;
    let user = register(&app, PHONE).await.expect(201)["user_id"].clone();
    let code = app.code_for(PHONE);
    let early = resend(&app, user.clone()).await;
    assert_eq!((early.status, early.problem()), (429, "otp_too_soon"));
    assert_eq!(early.headers["retry-after"], "60");
    app.clock.advance(Span::secs(300));
    assert_eq!(verify(&app, &user, &code).await.problem(), "otp_wrong", "too old");
    resend(&app, user.clone()).await.expect(200);
    verify(&app, &user, &app.code_for(PHONE)).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_refresh_token_serves_once_and_reuse_ends_the_session() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    let refresh = |token: String| {
        let app = &app;
        async move { app.post(None, "/api/v1/auth/refresh", &json!({"refresh_token": token})).await }
    };
    let answers = futures_util::future::join_all((0..10).map(|_| refresh(person.refresh.clone()))).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((lost.status, lost.problem()), (401, "refresh_refused"));
    }
    // One of ten was a thief: nobody goes on.
    let next = won[0].body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refresh(next).await.status, 401);
    assert_eq!(app.get(Some(&person.token), "/api/v1/auth/me").await.status, 401);
    app.stop().await;
}

#[actix_web::test]
async fn a_refresh_token_rolls_on() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    let mut refresh = person.refresh.clone();
    for _ in 0..3 {
        app.clock.advance(Span::secs(3_600));
        let pair = app.post(None, "/api/v1/auth/refresh", &json!({"refresh_token": refresh})).await.expect(200);
        app.get(pair["access_token"].as_str(), "/api/v1/auth/me").await.expect(200);
        refresh = pair["refresh_token"].as_str().unwrap().to_owned();
    }
    app.clock.advance(Span::secs(31 * 86_400));
    let answer = app.post(None, "/api/v1/auth/refresh", &json!({"refresh_token": refresh})).await;
    assert_eq!(answer.problem(), "refresh_refused", "thirty days are the end");
    app.stop().await;
}

#[actix_web::test]
async fn a_token_ends_on_time_and_a_forged_one_never_counts() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    let me = |token: String| {
        let app = &app;
        async move { app.get(Some(&token), "/api/v1/auth/me").await }
    };
    me(person.token.clone()).await.expect(200);
    let mut parts: Vec<String> = person.token.split('.').map(str::to_owned).collect();
    let cut = parts[2].clone();
    parts[2] = String::new();
    for forged in [String::new(), "a.b.c".to_owned(), parts.join("."), format!("{}x", person.token), cut] {
        assert_eq!(me(forged.clone()).await.problem(), "unauthenticated", "{forged}");
    }
    // A hit in the cache of checked signatures is judged by the clock like a miss.
    app.clock.advance(Span::secs(904));
    me(person.token.clone()).await.expect(200);
    app.clock.advance(Span::secs(1));
    assert_eq!(me(person.token.clone()).await.problem(), "token_expired");
    app.stop().await;
}
