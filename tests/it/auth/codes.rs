//! One-time codes: guesses that count, codes that are not sent, answers that tell nothing.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use mazad::domain::ids::UserId;
use mazad::domain::time::Span;
use mazad::domain::user::Phone;
use mazad::flows::tidy;
use mazad::limits;
use mazad::persistence::codes;
use mazad::persistence::codes::CodeOf;
use mazad::persistence::codes::Guess;
use mazad::persistence::codes::GuessRules;
use mazad::persistence::codes::NewCode;
use mazad::persistence::codes::Rate;
use mazad::persistence::codes::SendRules;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::START;
use crate::support::app::TestApp;
use mazad::clock::Clock;

async fn register(app: &TestApp, phone: &str) -> Answer {
    let body = json!({"name": "Sara", "phone": phone, "password": PASSWORD, "type": "customer"});
    app.post(None, "/api/v1/auth/register", &body).await
}

async fn verify(app: &TestApp, user: &Value, code: &str) -> Answer {
    app.post(None, "/api/v1/auth/verify-otp", &json!({"user_id": user, "otp_code": code})).await
}

async fn resend(app: &TestApp, user: &Value) -> Answer {
    app.post(None, "/api/v1/auth/resend-otp", &json!({"user_id": user})).await
}

async fn forgot(app: &TestApp, phone: &str) -> Answer {
    app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": phone})).await
}

fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

// ------------------------------------------------------------------ guessing

#[actix_web::test]
async fn a_hundred_guesses_at_once_are_five() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let rules = GuessRules { attempts: limits::OTP_ATTEMPTS_MAX, failures: 20, within: Span::hours(24) };
    let free = Rate { most: 1_000, within: Span::secs(1) };
    let sends = SendRules { phone: vec![], address: free, network: free, per_day: 1_000, free: None, prefix: None };
    for run in 0..20 {
        let new = NewCode {
            id: run,
            user: UserId(run),
            phone: Phone::parse(&format!("05012345{run:02}")).unwrap(),
            purpose: "register",
            stranger: None,
            digest: [7; 32],
            address: String::new(),
            network: String::new(),
            at: START,
            expires_at: START.plus(Span::secs(300)),
        };
        codes::book_code(db, None, &new, &sends).await.unwrap();
        let looked_at = AtomicU32::new(0);
        let guesses = (0..100).map(|guess| {
            let same = |_: UserId, stored: &[u8]| {
                looked_at.fetch_add(1, Ordering::SeqCst);
                // In every other run the fourth that is looked at is right.
                stored == [7; 32] && run % 2 == 1 && looked_at.load(Ordering::SeqCst) == 4
            };
            let of = if guess % 2 == 0 { CodeOf::User(UserId(run)) } else { CodeOf::Phone(&new.phone) };
            codes::guess_code(db, of, "register", rules, START, same)
        });
        let answers: Vec<Guess> = join_all(guesses).await.into_iter().map(Result::unwrap).collect();
        let right = answers.iter().filter(|answer| matches!(answer, Guess::Right(_))).count();
        let wanted = if run % 2 == 1 { (4, 1) } else { (5, 0) };
        assert_eq!((looked_at.load(Ordering::SeqCst), right), wanted, "run {run}");
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_hundred_requests_at_once_open_nothing() {
    let app = TestApp::start().await;
    let user = register(&app, "0501234567").await.expect(201)["user_id"].clone();
    let code = app.code_for("0501234567");
    let wrong = another(&code);
    for answer in join_all((0..100).map(|_| verify(&app, &user, &wrong))).await {
        assert_eq!(answer.problem(), "otp_wrong");
    }
    assert_eq!(verify(&app, &user, &code).await.problem(), "otp_wrong", "the right code came sixth");
    app.stop().await;
}

#[actix_web::test]
async fn a_right_code_serves_once_even_at_once() {
    let app = TestApp::start().await;
    let user = register(&app, "0501234567").await.expect(201)["user_id"].clone();
    let code = app.code_for("0501234567");
    let answers = join_all((0..20).map(|_| verify(&app, &user, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    app.stop().await;
}

#[actix_web::test]
async fn twenty_failures_end_a_day_of_guessing_whatever_the_codes_and_restarts() {
    let mut app = TestApp::start().await;
    let user = register(&app, "0501234567").await.expect(201)["user_id"].clone();
    for round in 0..4 {
        let wrong = another(&app.code_for("0501234567"));
        for _ in 0..5 {
            assert_eq!(verify(&app, &user, &wrong).await.problem(), "otp_wrong", "round {round}");
        }
        app.clock.advance(Span::secs(1_000));
        resend(&app, &user).await.expect(200);
    }
    let code = app.code_for("0501234567");
    let tired = verify(&app, &user, &code).await;
    assert_eq!((tired.status, tired.problem()), (429, "otp_exhausted"), "the right code of the day's fifth message");
    app = app.restart().await;
    assert_eq!(verify(&app, &user, &code).await.problem(), "otp_exhausted", "a restart forgives nothing");

    // Another way to the same phone is no way around.
    app.clock.advance(Span::secs(1_000));
    forgot(&app, "0501234567").await.expect(202);
    let body = json!({"phone": "0501234567", "otp_code": app.code_for("0501234567"), "password": "another password"});
    assert_eq!(app.post(None, "/api/v1/auth/reset-password", &body).await.problem(), "otp_exhausted");

    app.clock.advance(Span::secs(86_400));
    tidy::tidy(&app.running.app.db, &app.clock).await.unwrap();
    resend(&app, &user).await.expect(200);
    verify(&app, &user, &app.code_for("0501234567")).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn a_code_for_one_thing_does_no_other() {
    let app = TestApp::start().await;
    let user = register(&app, "0501234567").await.expect(201)["user_id"].clone();
    app.clock.advance(Span::secs(61));
    let registration = app.code_for("0501234567");
    forgot(&app, "0501234567").await.expect(202);
    let reset = app.code_for("0501234567");
    assert_eq!(verify(&app, &user, &reset).await.problem(), "otp_wrong");
    let body = json!({"phone": "0501234567", "otp_code": registration, "password": "another password"});
    assert_eq!(app.post(None, "/api/v1/auth/reset-password", &body).await.problem(), "otp_wrong");
    let other = register(&app, "0509999999").await.expect(201)["user_id"].clone();
    assert_eq!(verify(&app, &other, &registration).await.problem(), "otp_wrong", "nor for anybody else");
    verify(&app, &user, &registration).await.expect(200);
    app.stop().await;
}

// ------------------------------------------------------------------ sending

#[actix_web::test]
async fn a_phone_gets_one_a_minute_five_an_hour_ten_a_day() {
    let app = TestApp::start().await;
    let user = register(&app, "0501234567").await.expect(201)["user_id"].clone();
    let mut sent = vec![0];
    let mut waits = Vec::new();
    for minute in 1..24 * 60 {
        app.clock.advance(Span::secs(60));
        let answer = resend(&app, &user).await;
        match answer.status {
            200 => sent.push(minute),
            429 => waits.push(answer.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap()),
            _ => panic!("{answer:?}"),
        }
        if sent.len() == 10 {
            break;
        }
    }
    assert_eq!(sent, [0, 1, 2, 3, 4, 60, 61, 62, 63, 64]);
    assert_eq!(waits[0], 55 * 60, "the sixth comes an hour after the first");
    app.clock.advance(Span::secs(3_600));
    let full = resend(&app, &user).await;
    assert_eq!((full.status, full.problem()), (429, "otp_too_soon"));
    assert_eq!(full.headers["retry-after"], (86_400 - 64 * 60 - 3_600).to_string().as_str());
    app.clock.advance(Span::secs(86_400 - 64 * 60 - 3_600));
    resend(&app, &user).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn an_address_gets_ten_an_hour_and_its_network_thirty() {
    let mut app = TestApp::start_with(Clock::manual(START), |config| {
        (config.otp.per_address_hour, config.otp.per_network_hour) = (10, 30);
    })
    .await;
    let mut number = 0;
    for host in 1..=3 {
        app.move_to([127, 0, 0, host]);
        for _ in 0..10 {
            number += 1;
            register(&app, &format!("0501234{number:03}")).await.expect(201);
        }
        let full = register(&app, "0509999999").await;
        assert_eq!((full.status, full.problem()), (429, "too_many_codes"), "host {host}");
        assert_eq!(full.headers["retry-after"], "3600");
    }
    app.move_to([127, 0, 0, 4]);
    assert_eq!(register(&app, "0509999999").await.problem(), "too_many_codes", "the whole network");
    app.move_to([127, 0, 1, 1]);
    register(&app, "0509999999").await.expect(201);
    // Refused requests leave nothing behind, not even an account.
    assert_eq!(app.running.app.sign_in.codes().sms().kept().len(), 31);
    app.clock.advance(Span::secs(3_600));
    app.move_to([127, 0, 0, 4]);
    register(&app, "0508888888").await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn the_days_budget_the_switch_and_the_countries_hold() {
    let app = TestApp::start_with(Clock::manual(START), |config| {
        config.otp.daily_budget = 3;
        config.otp.countries = vec!["SA".to_owned(), "KW".to_owned()];
    })
    .await;
    let refused = register(&app, "+971501234567").await;
    assert_eq!(refused.fields(), ["phone"]);
    assert_eq!(refused.body["errors"][0]["code"], "country_not_served");
    assert_eq!(forgot(&app, "+971501234567").await.status, 202, "and in silence where everything is");
    let numbers: Vec<String> = (0..20).map(|number| format!("05012345{number:02}")).collect();
    let answers = join_all(numbers.iter().map(|phone| register(&app, phone))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3, "{answers:?}");
    for paused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((paused.status, paused.problem()), (503, "codes_paused"));
    }
    assert_eq!(app.running.app.sign_in.codes().sms().kept().len(), 3);
    app.clock.advance(Span::secs(12 * 3_600));
    register(&app, "+96551234567").await.expect(201);
    app.stop().await;

    let app = TestApp::start_with(Clock::manual(START), |config| config.otp.sending = false).await;
    assert_eq!(register(&app, "0501234567").await.problem(), "codes_paused");
    assert_eq!(forgot(&app, "0501234567").await.status, 202);
    assert!(app.running.app.sign_in.codes().sms().kept().is_empty());
    app.stop().await;
}

// ------------------------------------------------------------------ telling nothing

/// Everything of an answer that a stranger could compare.
fn seen(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut headers: Vec<String> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    headers.sort();
    let mut body = answer.body.clone();
    if let Some(id) = body.get_mut("user_id") {
        *id = json!(id.as_str().unwrap().len());
    }
    // It counts requests.
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status, headers, body)
}

#[actix_web::test]
async fn known_and_unknown_phones_look_alike() {
    let app = TestApp::start().await;
    let (known, unknown) = ("0501234567", "0509999999");
    app.person(known, "customer").await;
    app.clock.advance(Span::secs(61));
    let same = |a: &Answer, b: &Answer| assert_eq!(seen(a), seen(b));

    same(&forgot(&app, known).await, &forgot(&app, unknown).await);
    // At once again: still no difference, and nothing more is sent.
    same(&forgot(&app, known).await, &forgot(&app, unknown).await);
    let sms = || app.running.app.sign_in.codes().sms().kept().len();
    assert_eq!(sms(), 2, "one to register, one to reset");
    let reset = |phone: &str, code: &str| {
        let body = json!({"phone": phone, "otp_code": code, "password": "another password"});
        let app = &app;
        async move { app.post(None, "/api/v1/auth/reset-password", &body).await }
    };
    let wrong = another(&app.code_for(known));
    for _ in 0..7 {
        same(&reset(known, &wrong).await, &reset(unknown, &wrong).await);
    }
    app.clock.advance(Span::secs(61));
    let (a, b) = (register(&app, known).await, register(&app, unknown).await);
    same(&a, &b);
    let (a, b) = (a.body["user_id"].clone(), b.body["user_id"].clone());
    for _ in 0..7 {
        same(&verify(&app, &a, "000000").await, &verify(&app, &b, "x").await);
    }
    same(&resend(&app, &a).await, &resend(&app, &b).await);
    app.clock.advance(Span::secs(61));
    same(&resend(&app, &a).await, &resend(&app, &b).await);
    app.stop().await;
}
