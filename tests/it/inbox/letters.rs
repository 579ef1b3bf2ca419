//! Messages that were given up: seen, tried again or dropped by an administrator.

use serde_json::Value;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::deliveries;
use crate::inbox::tell;
use crate::support::app::TestApp;

#[actix_web::test]
async fn what_was_given_up_is_tried_again_or_dropped() {
    let app = TestApp::start().await;
    let (who, admin) = (app.person("0501111111", "customer").await, app.admin("0509999999").await);
    let (token, boss) = (Some(who.token.as_str()), Some(admin.token.as_str()));
    let path = format!("{NOTIFICATIONS}/dead-letters");
    for token_of_device in ["a", "b"] {
        app.post(token, &format!("{NOTIFICATIONS}/devices"), &json!({"fcm_token": token_of_device})).await.expect(201);
    }
    tell(&app, &who, &[cancelled(1), cancelled(2)]).await;
    assert_eq!(app.get(boss, &path).await.expect(200)["data"], json!([]));
    let given_up =
        "UPDATE notice_deliveries SET state = 'dead', attempts = 9, fault = 'invalid_token', provider = 'fcm'";
    app.tamper(given_up).await;

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(boss, &format!("{path}?limit=1&cursor={cursor}")).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match &page["next_cursor"] {
            Value::String(next) => cursor.clone_from(next),
            _ => break,
        }
    }
    let all = app.get(boss, &path).await.expect(200);
    let ids: Vec<_> =
        all["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((seen.len(), &seen), (4, &ids));
    let letter = &all["data"][0];
    assert_eq!(
        (&letter["fault"], &letter["attempts"], &letter["provider"]),
        (&json!("invalid_token"), &json!(9), &json!("fcm"))
    );
    assert_eq!(
        (&letter["type"], &letter["channel"], &letter["user_id"]),
        (&json!("request_ended"), &json!("push"), &json!(who.id))
    );
    assert!(!all.to_string().contains("address"), "{all}");
    assert_eq!(app.get(boss, &format!("{path}?cursor=1")).await.fields(), ["cursor"]);

    let (first, second) = (format!("{path}/{}", ids[0]), format!("{path}/{}", ids[1]));
    assert_eq!(app.post(boss, &format!("{first}/retry"), &json!({})).await.status, 204);
    assert_eq!(app.post(boss, &format!("{first}/retry"), &json!({})).await.problem(), "unknown_dead_letter");
    assert_eq!(app.post(boss, &format!("{second}/drop"), &json!({})).await.status, 204);
    assert_eq!(app.post(boss, &format!("{second}/drop"), &json!({})).await.problem(), "unknown_dead_letter");
    assert_eq!(app.post(boss, &format!("{path}/nothing/drop"), &json!({})).await.problem(), "unknown_dead_letter");
    let states: Vec<String> = deliveries(&app, &who).await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states.iter().filter(|state| *state == "dead").count(), 2);
    assert_eq!(states.iter().filter(|state| *state == "out").count(), 1);
    let sql = "SELECT COUNT(*) FROM audit_log WHERE action IN ('dead_letter_retried', 'dead_letter_dropped')";
    let acts: i64 = crate::support::store::behind!(&app.running.app.db, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap());
    assert_eq!(acts, 2);
    app.stop().await;
}
