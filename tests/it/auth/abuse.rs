//! Whoever has codes sent to be paid for them.

use mazad::config::Config;
use mazad::domain::time::Span;
use mazad::flows::work::zero_bits;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

fn body(phone: &str) -> Value {
    json!({"name": "Sara", "phone": phone, "password": PASSWORD, "type": "customer"})
}

async fn register(app: &TestApp, phone: &str) -> Answer {
    app.post(None, "/api/v1/auth/register", &body(phone)).await
}

async fn with_work(app: &TestApp, path: &str, body: &Value, answer: &str) -> Answer {
    app.send(app.request(reqwest::Method::POST, None, path).header("Work-Answer", answer).json(body)).await
}

async fn register_with(app: &TestApp, phone: &str, answer: &str) -> Answer {
    with_work(app, "/api/v1/auth/register", &body(phone), answer).await
}

/// As a client does it that knows the documentation alone.
fn solve(refused: &Answer) -> String {
    assert_eq!((refused.status, refused.problem()), (428, "work_needed"), "{refused:?}");
    assert_eq!(refused.body["expires_in"], 300);
    let (text, bits) = (refused.body["challenge"].as_str().unwrap(), refused.body["bits"].as_u64().unwrap());
    let mut answers = (0..1_000_000).map(|number: u32| format!("{text}.{number}"));
    answers.find(|answer| u64::from(zero_bits(answer.as_bytes())) >= bits).unwrap()
}

fn working(config: &mut Config) {
    (config.otp.work_after, config.otp.work_bits) = (3, 8);
}

#[actix_web::test]
async fn the_fourth_code_in_an_hour_costs_work() {
    let mut app = TestApp::configured(working).await;
    for number in 1..=3 {
        register(&app, &format!("050000000{number}")).await.expect(201);
    }
    let refused = register(&app, "0500000004").await;
    let answer = solve(&refused);
    assert_ne!(solve(&register(&app, "0500000004").await), answer, "each challenge is another");
    assert_eq!(register_with(&app, "0500000005", &answer).await.problem(), "work_needed", "another phone's");
    for junk in ["", "1", &answer[..answer.rfind('.').unwrap()]] {
        assert_eq!(register_with(&app, "0500000004", junk).await.problem(), "work_needed", "{junk}");
    }
    assert_eq!(app.running.app.sign_in.codes().sms().kept().len(), 3, "nothing was sent");
    let user = register_with(&app, "0500000004", &answer).await.expect(201)["user_id"].clone();
    app.clock.advance(Span::secs(61));
    let again = json!({"user_id": user});
    let path = "/api/v1/auth/resend-otp";
    assert_eq!(with_work(&app, path, &again, &answer).await.problem(), "work_needed", "it served");
    let late = solve(&app.post(None, path, &again).await);
    app.clock.advance(Span::secs(300));
    assert_eq!(with_work(&app, path, &again, &late).await.problem(), "work_needed", "too late");
    let fresh = solve(&app.post(None, path, &again).await);
    with_work(&app, path, &again, &fresh).await.expect(200);

    // The network counts, whatever the address; and the phone, whatever the network.
    app.move_to([127, 0, 0, 9]);
    solve(&register(&app, "0500000006").await);
    for (minute, network) in (1..=3).zip(1..) {
        app.clock.advance(Span::secs(61));
        app.move_to([127, 1, network, 1]);
        assert!([200, 201].contains(&register(&app, "0500000007").await.status), "minute {minute}");
    }
    app.move_to([127, 1, 77, 1]);
    app.clock.advance(Span::secs(61));
    solve(&register(&app, "0500000007").await);
    register(&app, "0500000008").await.expect(201);
    app.clock.advance(Span::secs(3_600));
    register(&app, "0500000007").await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn whether_work_is_needed_tells_nothing_of_accounts() {
    let mut app = TestApp::configured(working).await;
    app.person("0501111111", "customer").await;
    app.clock.advance(Span::secs(61));
    register(&app, "0500000002").await.expect(201);
    register(&app, "0500000003").await.expect(201);
    let (known, unknown) = (register(&app, "0501111111").await, register(&app, "0502222222").await);
    for refused in [&known, &unknown] {
        solve(refused);
    }
    let members = |answer: &Answer| answer.body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&known), members(&unknown));
    register_with(&app, "0501111111", &solve(&known)).await.expect(201);
    register_with(&app, "0502222222", &solve(&unknown)).await.expect(201);
    // A forgotten password goes to a phone that was proven, or nowhere: no work, and the answer is the same as ever.
    app.clock.advance(Span::secs(61));
    let before = app.running.app.sign_in.codes().sms().kept().len();
    for phone in ["0501111111", "0509999999"] {
        app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": phone})).await.expect(202);
    }
    assert_eq!(app.running.app.sign_in.codes().sms().kept().len(), before + 1);
    app.move_to([127, 5, 5, 5]);
    register(&app, "0503333333").await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn a_prefix_whose_codes_nobody_uses_gets_no_more() {
    let app = TestApp::configured(|config| config.otp.prefix_codes = 50).await;
    let number = |prefix: u32, number: u32| format!("0{prefix}{number:07}");
    // Nine of fifty are used, and then the rest is too old to be.
    for at in 0..9 {
        app.person(&number(50, at), "customer").await;
    }
    for at in 9..50 {
        register(&app, &number(50, at)).await.expect(201);
    }
    register(&app, &number(50, 50)).await.expect(201);
    app.clock.advance(Span::secs(301));
    let paused = register(&app, &number(50, 51)).await;
    assert_eq!((paused.status, paused.problem()), (503, "prefix_paused"));
    assert!(paused.headers.contains_key("retry-after"));
    // Also for a phone that has an account: the answer tells nothing. Its owner can set a password all the same.
    assert_eq!(register(&app, &number(50, 0)).await.problem(), "prefix_paused");
    app.post(None, "/api/v1/auth/forgot-password", &json!({"phone": number(50, 0)})).await.expect(202);
    let reset = json!({"phone": number(50, 0), "otp_code": app.code_for(&number(50, 0)), "password": "another one"});
    assert_eq!(app.post(None, "/api/v1/auth/reset-password", &reset).await.status, 204);
    // Another operator's phones and another country's are not concerned.
    register(&app, &number(53, 1)).await.expect(201);
    register(&app, "+971501234567").await.expect(201);
    let metrics = app.get(None, "/metrics").await.body;
    let metrics = metrics.as_str().unwrap();
    for line in [
        "mazad_one_time_codes_total{outcome=\"prefix_paused\"} 2",
        "mazad_one_time_codes_today 54",
        "mazad_one_time_codes_budget 5000",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line}\n{metrics}");
    }
    app.clock.advance(Span::secs(86_400));
    register(&app, &number(50, 51)).await.expect(201);
    app.stop().await;
}

#[actix_web::test]
async fn a_fifth_that_is_used_is_enough() {
    let app = TestApp::configured(|config| config.otp.prefix_codes = 50).await;
    for at in 0..10 {
        app.person(&format!("05000000{at:02}"), "customer").await;
    }
    for at in 10..50 {
        register(&app, &format!("05000000{at:02}")).await.expect(201);
    }
    app.clock.advance(Span::secs(301));
    register(&app, "0500000050").await.expect(201);
    app.stop().await;
}
