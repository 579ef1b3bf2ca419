//! Sessions: refreshing, listing, ending.

use futures_util::future::join_all;
use mazad::domain::time::Span;
use mazad::flows::sign_in::Visitor;
use mazad::limits;
use mazad::persistence::users;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::TestApp;

const PHONE: &str = "0501234567";

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(None, "/api/v1/auth/refresh", &json!({"refresh_token": token})).await
}

#[actix_web::test]
async fn of_fifty_who_refresh_at_once_one_succeeds_and_then_nobody() {
    let app = TestApp::start().await;
    app.person(PHONE, "customer").await;
    for run in 0..10 {
        let person = app.sign_in(PHONE).await;
        let answers = join_all((0..50).map(|_| refresh(&app, &person.refresh))).await;
        let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1, "run {run}");
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!((lost.status, lost.problem()), (401, "refresh_refused"));
        }
        // One of fifty was a thief: nobody goes on, neither with what was won nor with the tokens of before.
        let next = won[0].body["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(&app, next).await.problem(), "refresh_refused");
        for token in [&person.token, won[0].body["access_token"].as_str().unwrap()] {
            assert_eq!(app.get(Some(token), "/api/v1/auth/me").await.problem(), "unauthenticated");
        }
    }
    app.stop().await;
}

async fn refresh_under(app: &TestApp, key: &str, token: &str) -> Answer {
    let call = app.request(Method::POST, None, "/api/v1/auth/refresh").header("idempotency-key", key);
    app.send(call.json(&json!({"refresh_token": token}))).await
}

#[actix_web::test]
async fn a_lost_answer_is_given_again_to_whom_it_belongs() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    // Fifty times at once or one after another: there is one successor, and nobody is sent away.
    let answers = join_all((0..50).map(|_| refresh_under(&app, "lost-1", &person.refresh))).await;
    let next = answers[0].body["refresh_token"].as_str().unwrap().to_owned();
    for answer in answers {
        assert_eq!(answer.expect(200)["refresh_token"], next.as_str());
    }
    app.clock.advance(Span::secs(119));
    let late = refresh_under(&app, "lost-1", &person.refresh).await.expect(200);
    assert_eq!(late["refresh_token"], next.as_str());
    app.get(late["access_token"].as_str(), "/api/v1/auth/me").await.expect(200);

    // The same at the next turn, and the turn before is over: whoever comes with it now has stolen it.
    let third = refresh_under(&app, "lost-2", &next).await.expect(200);
    assert_ne!(third["refresh_token"], next.as_str());
    assert_eq!(refresh_under(&app, "lost-1", &person.refresh).await.problem(), "refresh_refused");
    let third = third["refresh_token"].as_str().unwrap();
    assert_eq!(refresh_under(&app, "lost-3", third).await.problem(), "refresh_refused");
    app.stop().await;
}

#[actix_web::test]
async fn a_spent_token_is_theft_without_its_key_and_two_minutes_later() {
    let app = TestApp::start().await;
    app.person(PHONE, "customer").await;
    for (again, pause) in [(Some("another"), 0), (None, 0), (Some("mine"), 120)] {
        let person = app.sign_in(PHONE).await;
        let first = refresh_under(&app, "mine", &person.refresh).await.expect(200);
        app.clock.advance(Span::secs(pause));
        let second = match again {
            Some(key) => refresh_under(&app, key, &person.refresh).await,
            None => refresh(&app, &person.refresh).await,
        };
        assert_eq!(second.problem(), "refresh_refused", "{again:?} after {pause} s");
        let token = first["access_token"].as_str();
        assert_eq!(app.get(token, "/api/v1/auth/me").await.problem(), "unauthenticated", "{again:?} after {pause} s");
    }
    app.stop().await;
}

#[actix_web::test]
async fn one_sees_ones_sessions_and_ends_them() {
    let mut app = TestApp::start().await;
    let first = app.person(PHONE, "customer").await;
    app.clock.advance(Span::secs(10));
    let second = app.sign_in(PHONE).await;
    let stranger = app.person("0509999999", "customer").await;
    let list = app.get(Some(&second.token), "/api/v1/auth/sessions").await.expect(200);
    let rows = list["data"].as_array().unwrap();
    assert_eq!((rows.len(), &list["next_cursor"]), (2, &Value::Null));
    assert_eq!((&rows[0]["current"], &rows[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(rows[0]["address"], "127.0.0.1");
    assert!(!list.to_string().contains(&second.refresh));

    let path = format!("/api/v1/auth/sessions/{}", rows[1]["id"].as_str().unwrap());
    let foreign = app.delete(Some(&stranger.token), &path).await;
    assert_eq!((foreign.status, foreign.problem()), (404, "unknown_session"));
    app.get(Some(&first.token), "/api/v1/auth/me").await.expect(200);
    assert_eq!(app.delete(Some(&second.token), &path).await.status, 204);
    assert_eq!(app.delete(Some(&second.token), &path).await.problem(), "unknown_session");
    assert_eq!(app.get(Some(&first.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    assert_eq!(refresh(&app, &first.refresh).await.problem(), "refresh_refused");
    // It stays ended when everybody forgets.
    app = app.restart().await;
    assert_eq!(app.get(Some(&first.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    app.get(Some(&second.token), "/api/v1/auth/me").await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_session_more_than_the_most_ends_the_oldest() {
    let app = TestApp::start().await;
    let first = app.person(PHONE, "customer").await;
    let account = users::find_account(&app.running.app.db, first.id.parse().unwrap()).await.unwrap().unwrap();
    let visitor = Visitor { address: "192.0.2.1".parse().unwrap(), device: None, work: None };
    for _ in 1..limits::SESSIONS_PER_USER_MAX {
        app.clock.advance(Span::secs(1));
        app.running.app.tokens.begin(&account, &visitor).await.unwrap().unwrap();
    }
    app.get(Some(&first.token), "/api/v1/auth/me").await.expect(200);
    app.clock.advance(Span::secs(1));
    app.running.app.tokens.begin(&account, &visitor).await.unwrap().unwrap();
    assert_eq!(app.get(Some(&first.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    app.stop().await;
}

#[actix_web::test]
async fn who_was_let_in_with_an_old_password_gets_no_session() {
    let app = TestApp::start().await;
    let person = app.person(PHONE, "customer").await;
    let (db, id) = (&app.running.app.db, person.id.parse().unwrap());
    let visitor = Visitor { address: "192.0.2.1".parse().unwrap(), device: None, work: None };
    let before = users::find_account(db, id).await.unwrap().unwrap();
    users::reset_password(db, id, "$argon2id$another", app.clock.now()).await.unwrap();
    assert!(app.running.app.tokens.begin(&before, &visitor).await.unwrap().is_none());
    let after = users::find_account(db, id).await.unwrap().unwrap();
    assert!(app.running.app.tokens.begin(&after, &visitor).await.unwrap().is_some());
    app.stop().await;
}
