//! From a deed to the letter in a mailbox and the push on a screen, and what becomes of those that are not taken.

use std::time::Duration;
use std::time::Instant;

use mazad::config::EmailTls;
use mazad::domain::ids::DeviceId;
use mazad::domain::ids::UserId;
use mazad::domain::notice::Channel;
use mazad::domain::time::Span;
use mazad::persistence::devices;
use mazad::persistence::devices::NewDevice;
use serde_json::Value;
use serde_json::json;

use crate::channels::letters::Mailbox;
use crate::channels::pushes;
use crate::channels::pushes::Call;
use crate::channels::pushes::Service;
use crate::deal::Deal;
use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::tell;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::store::behind;

/// How long it is waited for what is to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until this is so.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A closed auction of so many merchants, of whose end everybody was told.
async fn told(app: TestApp, prices: &[&str]) -> Deal {
    let deal = Deal::of(app, prices, json!({})).await;
    let sql = "SELECT COUNT(*) FROM notices WHERE kind = 'bidding_closed' AND state = 'planned'";
    let db = &deal.app.running.app.db;
    let all = i64::try_from(prices.len()).unwrap() + 1;
    until("the end is told", async || {
        let count: i64 = behind!(db, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap());
        (count == all).then_some(())
    })
    .await;
    deal
}

/// How somebody's delivery by a way stands, once it was tried.
async fn tried(app: &TestApp, who: &Person, channel: &str) -> (String, i64, String) {
    let user: UserId = who.id.parse().unwrap();
    let sql = "SELECT state, attempts, COALESCE(fault, '') FROM notice_deliveries WHERE user_id = ? AND channel = ? AND \
               attempts > 0 ORDER BY notice_id DESC LIMIT 1";
    let db = &app.running.app.db;
    until("a delivery was tried", async || {
        behind!(db, pool => sqlx::query_as(sql).bind(user.0).bind(channel).fetch_optional(pool).await.unwrap())
    })
    .await
}

/// The notification of this type in somebody's list, once it went out by this way.
async fn listed(app: &TestApp, who: &Person, kind: &str, channel: &str) -> Value {
    until("it went out", async || {
        let list = app.get(Some(&who.token), NOTIFICATIONS).await.expect(200);
        let mut all = list["data"].as_array().unwrap().iter();
        all.find(|one| one["type"] == kind && one["channels"].as_array().unwrap().contains(&json!(channel))).cloned()
    })
    .await
}

fn message_id(notice: &Value) -> String {
    format!("<{}@mazad.example>", notice["id"].as_str().unwrap())
}

#[actix_web::test]
async fn an_accepted_bid_is_a_letter_and_one_that_is_refused_comes_later_or_from_an_operator() {
    let mailbox = Mailbox::start(EmailTls::None);
    let settings = mailbox.settings.clone();
    let deal = told(TestApp::configured(|config| config.email = settings).await, &["100.00", "110.00", "120.00"]).await;
    let (app, [winner, delayed, refused]) = (&deal.app, &deal.merchants[..]) else { panic!() };
    let admin = app.admin("0509999999").await;
    let boss = Some(admin.token.as_str());
    let addresses = "UPDATE users SET email = CASE phone WHEN '+966533333300' THEN 'winner@example.com' WHEN '+966533333301' \
                     THEN '451@example.com' WHEN '+966533333302' THEN '554@example.com' ELSE email END";
    app.tamper(addresses).await;
    deal.accept(&deal.bids[0], "first").await.expect(201);

    let letter = until("a letter came", async || mailbox.try_next()).await;
    let notice = listed(app, winner, "accepted", "email").await;
    assert_eq!((&letter["to"], &letter["id"]), (&json!(["winner@example.com"]), &json!(message_id(&notice))));
    assert_eq!(letter["subject"], notice["title"]);
    let link = format!("/#/orders/{}", notice["data"]["order_id"].as_str().unwrap());
    for part in ["text", "html"] {
        let part = letter[part].as_str().unwrap();
        assert!(part.contains("100.00") && part.contains("Front bumper") && part.contains(&link), "{part}");
    }

    // A no for now: it waits, and comes under the same name.
    let wanted = ("waiting".to_owned(), 1, "the server answered 451".to_owned());
    assert_eq!(tried(app, delayed, "email").await, wanted);
    app.tamper("UPDATE users SET email = 'delayed@example.com' WHERE phone = '+966533333301'").await;
    // A no for good: an operator sees it without the address, and sends it again.
    let wanted = ("dead".to_owned(), 1, "the server answered 554".to_owned());
    assert_eq!(tried(app, refused, "email").await, wanted);
    assert_eq!(mailbox.try_next(), None, "nothing else was sent");
    let path = format!("{NOTIFICATIONS}/dead-letters");
    let dead = app.get(boss, &path).await.expect(200);
    assert!(!dead.to_string().contains("example.com"), "{dead}");
    let [dead] = &dead["data"].as_array().unwrap()[..] else { panic!("{dead}") };
    assert_eq!((&dead["channel"], &dead["provider"]), (&json!("email"), &json!("smtp")), "{dead}");
    assert_eq!((&dead["fault"], &dead["user_id"]), (&json!("the server answered 554"), &json!(refused.id)));
    app.tamper("UPDATE users SET email = 'mended@example.com' WHERE phone = '+966533333302'").await;
    let retry = format!("{path}/{}/retry", dead["id"].as_str().unwrap());
    assert_eq!(app.post(boss, &retry, &json!({})).await.status, 204);
    let letter = until("a letter came", async || mailbox.try_next()).await;
    let notice = listed(app, refused, "not_chosen", "email").await;
    assert_eq!((&letter["to"], &letter["id"]), (&json!(["mended@example.com"]), &json!(message_id(&notice))));
    assert_eq!(app.get(boss, &path).await.expect(200)["data"], json!([]));

    app.clock.advance(Span::secs(20));
    app.running.app.notifier.round(Channel::Email).await.unwrap();
    let letter = until("a letter came", async || mailbox.try_next()).await;
    let notice = listed(app, delayed, "not_chosen", "email").await;
    assert_eq!((&letter["to"], &letter["id"]), (&json!(["delayed@example.com"]), &json!(message_id(&notice))));
    assert_eq!(mailbox.try_next(), None, "each once");
    deal.app.stop().await;
}

/// The next call that this service had, besides those for tokens.
async fn pushed(service: &Service, path: &str, calls: &mut Vec<Call>) -> Call {
    until("a push came", async || {
        calls.extend(service.calls());
        let at = calls.iter().position(|call| call.path == path)?;
        Some(calls.remove(at))
    })
    .await
}

async fn devices_of(app: &TestApp, who: &Person) -> usize {
    let list = app.get(Some(&who.token), &format!("{NOTIFICATIONS}/devices")).await.expect(200);
    list["data"].as_array().unwrap().len()
}

#[actix_web::test]
async fn an_accepted_bid_is_on_the_screens_and_a_device_that_is_gone_is_forgotten() {
    const FIREBASE: &str = "/v1/projects/mazad-test/messages:send";
    let (service, folder) = (Service::start(), tempfile::TempDir::new().unwrap());
    let mut settings = pushes::with_firebase(&service, &folder);
    settings.local_service.clone_from(&service.url);
    let deal = told(TestApp::configured(|config| config.push = settings).await, &["100.00", "110.00"]).await;
    let (app, [winner, loser]) = (&deal.app, &deal.merchants[..]) else { panic!() };
    let parts = &app.running.app;
    let (key, auth, device) = pushes::browser(format!("{}/send/abc", service.url));
    // The API takes no address on this machine.
    let new = NewDevice {
        id: DeviceId(parts.ids.next()),
        user: winner.id.parse().unwrap(),
        device,
        digest: [7; 32],
        name: None,
        at: app.clock.now(),
    };
    devices::put(&parts.db, &new, 20).await.unwrap();
    let (token, path) = (Some(loser.token.as_str()), format!("{NOTIFICATIONS}/devices"));
    app.post(token, &path, &json!({"fcm_token": "registration-token"})).await.expect(201);

    let mut calls = Vec::new();
    service.answer(200, None, r#"{"name":"projects/mazad-test/messages/0:15"}"#);
    deal.accept(&deal.bids[0], "first").await.expect(201);
    let call = pushed(&service, "/send/abc", &mut calls).await;
    let notice = listed(app, winner, "accepted", "push").await;
    assert_eq!(call.header("topic"), notice["id"]);
    let read = pushes::decrypt(&key, &auth, &call.body);
    assert_eq!((&read["title"], &read["body"], &read["lang"]), (&notice["title"], &notice["message"], &json!("en")));
    let call = pushed(&service, FIREBASE, &mut calls).await;
    let notice = listed(app, loser, "not_chosen", "push").await;
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(body["message"]["notification"], json!({"title": notice["title"], "body": notice["message"]}));
    assert_eq!(body["message"]["data"]["notice"], notice["id"]);

    // Neither is there any more: nothing is pushed to them from then on, and no operator is asked.
    let unregistered = json!({"error": {"code": 404, "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}]}});
    service.answer(404, None, &unregistered.to_string());
    for who in [winner, loser] {
        tell(app, who, &[cancelled(1)]).await;
        until("the device is gone", async || (devices_of(app, who).await == 0).then_some(())).await;
    }
    let admin = app.admin("0509999999").await;
    let (boss, letters) = (Some(admin.token.as_str()), format!("{NOTIFICATIONS}/dead-letters"));
    assert_eq!(app.get(boss, &letters).await.expect(200)["data"], json!([]));

    // A no to one message.
    app.post(token, &path, &json!({"fcm_token": "another-token"})).await.expect(201);
    service.answer(400, None, "{}");
    let told = tell(app, loser, &[cancelled(2)]).await;
    let dead = until("it is given up", async || {
        let letters = app.get(boss, &letters).await.expect(200);
        letters["data"].as_array().unwrap().first().cloned()
    })
    .await;
    assert!(dead["id"].as_str().unwrap().starts_with(&told[0]), "{dead}");
    assert_eq!((&dead["provider"], &dead["fault"]), (&json!("fcm"), &json!("status 400, no FcmError")));
    assert_eq!(devices_of(app, loser).await, 1);
    service.answer(200, None, r#"{"name":"projects/mazad-test/messages/0:16"}"#);
    calls.clear();
    drop(service.calls());
    let retry = format!("{letters}/{}/retry", dead["id"].as_str().unwrap());
    assert_eq!(app.post(boss, &retry, &json!({})).await.status, 204);
    let call = pushed(&service, FIREBASE, &mut calls).await;
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(
        (&body["message"]["token"], &body["message"]["data"]["notice"]),
        (&json!("another-token"), &json!(told[0]))
    );
    deal.app.stop().await;
}
