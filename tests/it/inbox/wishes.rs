//! What people choose, and the devices that they add.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mazad::drivers::push;
use serde_json::Value;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::deliveries;
use crate::inbox::tell;
use crate::support::app::TestApp;

fn event<'a>(preferences: &'a Value, kind: &str) -> &'a Value {
    preferences["events"].as_array().unwrap().iter().find(|event| event["type"] == kind).unwrap()
}

/// What `PushSubscription.toJSON()` gives.
fn subscription(endpoint: &str) -> Value {
    let mut point = [7; 65];
    point[0] = 4;
    json!({"endpoint": endpoint, "expirationTime": null,
        "keys": {"p256dh": BASE64_URL_SAFE_NO_PAD.encode(point), "auth": BASE64_URL_SAFE_NO_PAD.encode([9; 16])}})
}

#[actix_web::test]
async fn preferences_are_the_usual_but_for_what_was_chosen() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let (token, path) = (Some(who.token.as_str()), format!("{NOTIFICATIONS}/preferences"));
    let usual = app.get(token, &path).await.expect(200);
    assert_eq!((&usual["quiet_hours"], &usual["digest"]), (&Value::Null, &json!("off")));
    let outbid = event(&usual, "outbid");
    assert_eq!(outbid["channels"], json!({"database": true, "push": true, "sms": false, "email": false}));
    assert_eq!((&outbid["channels"], &outbid["urgent"]), (&outbid["usual"], &json!(true)));

    let wanted = json!({"events": [{"type": "outbid", "channels": {"push": false, "email": true, "database": true}}],
        "quiet_hours": {"from": "22:30", "to": "06:00"}, "digest": "hourly"});
    let chosen = app.put(token, &path, &wanted).await.expect(200);
    assert_eq!(chosen, app.get(token, &path).await.expect(200));
    let outbid = event(&chosen, "outbid");
    assert_eq!(outbid["channels"], json!({"database": true, "push": false, "sms": false, "email": true}));
    assert_eq!(chosen["quiet_hours"], json!({"from": "22:30", "to": "06:00"}));
    assert_eq!(event(&chosen, "payment"), event(&usual, "payment"));

    for (body, field) in [
        (
            json!({"events": [{"type": "outbid", "channels": {"database": false}}], "digest": "off"}),
            "events[0].channels.database",
        ),
        (
            json!({"events": [{"type": "suspicious_sign_in", "channels": {"sms": false}}], "digest": "off"}),
            "events[0].channels.sms",
        ),
        (json!({"events": [{"type": "pigeons", "channels": {}}], "digest": "off"}), "events[0].type"),
        (
            json!({"events": [{"type": "outbid", "channels": {"pigeon": true}}], "digest": "off"}),
            "events[0].channels.pigeon",
        ),
        (json!({"events": [], "digest": "weekly"}), "digest"),
        (json!({"events": [], "digest": "off", "quiet_hours": {"from": "25:00", "to": "06:00"}}), "quiet_hours.from"),
        (json!({"events": [], "digest": "off", "quiet_hours": {"from": "06:00", "to": "06:00"}}), "quiet_hours.to"),
        (
            json!({"events": [{"type": "outbid", "channels": {}}, {"type": "outbid", "channels": {}}], "digest": "off"}),
            "events[1].type",
        ),
    ] {
        assert_eq!(app.put(token, &path, &body).await.fields(), [field], "{body}");
    }
    assert_eq!(chosen, app.get(token, &path).await.expect(200), "what is refused changes nothing");
    let back = app.put(token, &path, &json!({"events": [], "digest": "off"})).await.expect(200);
    assert_eq!(back, usual);
    app.stop().await;
}

#[actix_web::test]
async fn browsers_are_given_the_key_or_told_that_there_is_none() {
    let path = format!("{NOTIFICATIONS}/push-key");
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    assert_eq!(app.get(Some(&who.token), &path).await.problem(), "push_off");
    app.stop().await;

    let key = push::new_key().unwrap();
    let app = TestApp::configured(|config| config.push.vapid_key = key.into()).await;
    let who = app.person("0501111111", "customer").await;
    let body = app.get(Some(&who.token), &path).await.expect(200);
    let point = BASE64_URL_SAFE_NO_PAD.decode(body["public_key"].as_str().unwrap()).unwrap();
    assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point, as browsers want it");
    assert_eq!(body["public_key"], app.running.app.notifier.push_key().unwrap());
    app.stop().await;
}

#[actix_web::test]
async fn a_device_is_whose_it_was_last_and_the_oldest_of_too_many_goes() {
    let app = TestApp::start().await;
    let (one, two) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let (first, second) = (Some(one.token.as_str()), Some(two.token.as_str()));
    let path = format!("{NOTIFICATIONS}/devices");
    let mut body = subscription("https://push.example.com/a");
    body["name"] = json!("Chrome");
    let made = app.post(first, &path, &body).await.expect(201);
    assert_eq!(
        (&made["platform"], &made["name"], &made["last_sent_at"]),
        (&json!("web"), &json!("Chrome"), &Value::Null)
    );
    let again = app.post(first, &path, &subscription("https://push.example.com/a")).await.expect(201);
    assert_eq!((&again["id"], &again["name"]), (&made["id"], &Value::Null), "renewed");

    // Somebody else signs in on it: what was on its way to the first is not theirs to read.
    // It is 15:00 in Riyadh: it waits.
    let quiet = json!({"events": [], "digest": "off", "quiet_hours": {"from": "14:00", "to": "16:30"}});
    app.put(first, &format!("{NOTIFICATIONS}/preferences"), &quiet).await.expect(200);
    tell(&app, &one, &[cancelled(1)]).await;
    assert_eq!(deliveries(&app, &one).await, [("push".to_owned(), "out".to_owned(), 90)]);
    let moved = app.post(second, &path, &body).await.expect(201);
    assert_ne!(moved["id"], made["id"]);
    assert_eq!(deliveries(&app, &one).await, []);
    assert_eq!(app.get(first, &path).await.expect(200)["data"], json!([]));
    let own = format!("{path}/{}", moved["id"].as_str().unwrap());
    assert_eq!(app.delete(first, &own).await.problem(), "unknown_device");
    assert_eq!(app.delete(second, &own).await.status, 204);
    assert_eq!(app.delete(second, &own).await.problem(), "unknown_device");

    for number in 0..=20 {
        app.post(second, &path, &json!({"fcm_token": format!("token-{number}"), "name": format!("{number}")}))
            .await
            .expect(201);
    }
    let list = app.get(second, &path).await.expect(200);
    let names: Vec<&str> = list["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names[0], names[19]), (20, "20", "1"));

    let mut wrong_point = subscription("https://push.example.com/b");
    wrong_point["keys"]["p256dh"] = json!("AAAA");
    let mut unknown = subscription("https://push.example.com/b");
    unknown["keys"]["extra"] = json!("AAAA");
    for (body, field) in [
        (subscription("http://push.example.com/b"), "endpoint"),
        (subscription("https://user@push.example.com/b"), "endpoint"),
        (subscription("push"), "endpoint"),
        (subscription(&format!("https://push.example.com/{}", "x".repeat(2_000))), "endpoint"),
        (wrong_point, "keys.p256dh"),
        (unknown, "keys.extra"),
        (json!({"fcm_token": ""}), "fcm_token"),
        (json!({"fcm_token": "a", "endpoint": "https://push.example.com/b"}), ""),
        (json!({}), ""),
    ] {
        assert_eq!(app.post(first, &path, &body).await.fields(), [field], "{body}");
    }
    app.stop().await;
}
