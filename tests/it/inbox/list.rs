//! The list: in the order in which notices came, read or not, and nobody else's.

use mazad::domain::time::Span;
use mazad::flows::tidy;
use mazad::limits;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::tell;
use crate::support::app::PASSWORD;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::store::behind;

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn what_one_was_told_is_listed_and_read() {
    let app = TestApp::start().await;
    let (who, other) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let open = Open::publish(&app, &who, json!({})).await;
    let request: mazad::domain::ids::RequestId = open.id.parse().unwrap();
    let (token, foreign) = (Some(who.token.as_str()), Some(other.token.as_str()));
    let before = app.get(token, NOTIFICATIONS).await.expect(200)["unread_count"].as_i64().unwrap();
    let told = tell(&app, &who, &[cancelled(1), cancelled(2), cancelled(request.0)]).await;

    let list = app.get(token, &format!("{NOTIFICATIONS}?limit=2")).await.expect(200);
    assert_eq!(ids(&list), [told[2].as_str(), &told[1]]);
    assert_eq!((&list["unread_count"], &list["next_cursor"]), (&json!(before + 3), &json!(told[1])));
    let first = &list["data"][0];
    assert_eq!((&first["type"], &first["channels"]), (&json!("request_ended"), &json!(["database"])));
    assert_eq!((&first["data"]["request_id"], &first["read_at"]), (&json!(open.id), &Value::Null));
    // The request's title is looked up when the notice is shown.
    let words = format!("{}{}", first["title"], first["message"]);
    assert!(words.contains("Front bumper"), "{first}");
    let in_arabic = app.request(Method::GET, token, NOTIFICATIONS).header("accept-language", "ar");
    assert_ne!(app.send(in_arabic).await.expect(200)["data"][0]["title"], first["title"]);
    let rest = app.get(token, &format!("{NOTIFICATIONS}?limit=1&cursor={}", told[1])).await.expect(200);
    assert_eq!(ids(&rest), [told[0].as_str()]);

    let path = |id: &str| format!("{NOTIFICATIONS}/{id}/read");
    assert_eq!(app.post(foreign, &path(&told[0]), &json!({})).await.problem(), "unknown_notification");
    assert_eq!(app.get(foreign, &format!("{NOTIFICATIONS}?cursor={}", told[1])).await.fields(), ["cursor"]);
    assert_eq!(app.get(foreign, NOTIFICATIONS).await.expect(200)["data"], json!([]));
    let read = app.post(token, &path(&told[1]), &json!({})).await.expect(200);
    assert_eq!(read, json!({"unread_count": before + 2}));
    app.clock.advance(Span::secs(60));
    app.post(token, &path(&told[1]), &json!({})).await.expect(200);
    let list = app.get(token, &format!("{NOTIFICATIONS}?limit=3")).await.expect(200);
    assert_eq!(list["data"][1]["read_at"], list["data"][1]["created_at"], "read once, and a minute before");
    let unread = app.get(token, &format!("{NOTIFICATIONS}?unread=true&limit=2")).await.expect(200);
    assert_eq!(ids(&unread), [told[2].as_str(), &told[0]]);

    // What came after the last that was seen stays unread.
    let body = json!({"up_to": told[1]});
    assert_eq!(app.post(foreign, &format!("{NOTIFICATIONS}/read-all"), &body).await.problem(), "unknown_notification");
    let read = app.post(token, &format!("{NOTIFICATIONS}/read-all"), &body).await.expect(200);
    assert_eq!(read, json!({"unread_count": 1}));
    let read = app.post(token, &format!("{NOTIFICATIONS}/read-all"), &json!({})).await.expect(200);
    assert_eq!(read, json!({"unread_count": 0}));
    app.stop().await;
}

#[actix_web::test]
async fn a_notice_that_was_minted_early_and_came_late_is_not_passed_over() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let token = Some(who.token.as_str());
    let user: mazad::domain::ids::UserId = who.id.parse().unwrap();
    let early = mazad::domain::ids::NoticeId(app.running.app.ids.next());
    let told = tell(&app, &who, &[cancelled(1)]).await;
    let mut tx = app.running.app.db.begin().await.unwrap();
    let row = [(early, user, cancelled(2))];
    mazad::persistence::outbox::tell(&mut tx, &row, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    crate::inbox::plan(&app).await;
    assert!(early.to_string() < told[0]);
    let list = app.get(token, NOTIFICATIONS).await.expect(200);
    assert_eq!(ids(&list), [early.to_string().as_str(), &told[0]], "the list is in the order of coming");
    let body = json!({"up_to": told[0]});
    let read = app.post(token, &format!("{NOTIFICATIONS}/read-all"), &body).await.expect(200);
    assert_eq!(read["unread_count"], 1, "nobody has seen the one that came late");
    app.stop().await;
}

#[actix_web::test]
async fn what_one_was_told_is_exported_and_erased_and_forgotten_in_the_end() {
    let app = TestApp::start().await;
    let (who, other) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let token = Some(who.token.as_str());
    let told = tell(&app, &who, &[cancelled(1)]).await;
    tell(&app, &other, &[cancelled(1)]).await;
    app.post(token, &format!("{NOTIFICATIONS}/devices"), &json!({"fcm_token": "a-token"})).await.expect(201);
    let wishes = json!({"events": [{"type": "payment", "channels": {"email": false}}], "digest": "daily",
        "quiet_hours": {"from": "22:00", "to": "07:00"}});
    app.put(token, &format!("{NOTIFICATIONS}/preferences"), &wishes).await.expect(200);
    let export = app.get(token, "/api/v1/users/export").await.expect(200);
    assert_eq!(export["notifications"][0]["id"], told[0]);
    assert_eq!(export["devices"][0]["address"], "a-token");
    let chosen = json!({"wishes": [{"type": "payment", "channel": "email", "wanted": false}],
        "quiet_hours": {"from": "22:00", "to": "07:00"}, "digest": "daily"});
    assert_eq!(export["notification_preferences"], chosen);

    let request = app.request(Method::DELETE, token, "/api/v1/users/me").json(&json!({"password": PASSWORD}));
    assert_eq!(app.send(request).await.status, 204);
    let db = &app.running.app.db;
    let user: mazad::domain::ids::UserId = who.id.parse().unwrap();
    for table in ["notices", "notice_deliveries", "devices", "notice_preferences", "notice_settings"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table} WHERE user_id = ?"));
        let left: i64 = behind!(db, pool => sqlx::query_scalar(sql).bind(user.0).fetch_one(pool).await.unwrap());
        assert_eq!(left, 0, "{table}");
    }

    let kept = || async {
        app.get(Some(&app.sign_in("0502222222").await.token), NOTIFICATIONS).await.expect(200)["data"]
            .as_array()
            .unwrap()
            .len()
    };
    app.clock.advance(Span::secs(limits::NOTICE_KEPT_SECS - 60));
    tidy::tidy(db, &app.clock).await.unwrap();
    assert_eq!(kept().await, 1);
    app.clock.advance(Span::secs(120));
    tidy::tidy(db, &app.clock).await.unwrap();
    assert_eq!(kept().await, 0);
    app.stop().await;
}
