//! By which ways notices go out, and when.

use mazad::domain::ids::RequestId;
use mazad::domain::ids::SessionId;
use mazad::domain::notice::Channel;
use mazad::domain::notice::Notice;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::persistence::planning;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::cancelled;
use crate::inbox::deliveries;
use crate::inbox::open_auctions;
use crate::inbox::planner;
use crate::inbox::tell;
use crate::support::app::TestApp;
use crate::support::store::behind;

fn way(channel: &str, state: &str, minutes: i64) -> (String, String, i64) {
    (channel.to_owned(), state.to_owned(), minutes)
}

/// Writes what is due: this planner or the server's own, whichever is faster.
async fn write_digests(app: &TestApp) {
    let db = &app.running.app.db;
    while !planning::list_due_digests(db, app.clock.now(), 1).await.unwrap().is_empty() {
        planner(app).write_digests().await.unwrap();
    }
}

#[actix_web::test]
async fn quiet_hours_delay_what_can_wait_and_the_phone_must_be_proven() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let (token, path) = (Some(who.token.as_str()), format!("{NOTIFICATIONS}/preferences"));
    // It is 15:00 in Riyadh.
    let wishes = json!({"events": [], "digest": "off", "quiet_hours": {"from": "14:00", "to": "16:30"}});
    app.put(token, &path, &wishes).await.expect(200);
    app.post(token, &format!("{NOTIFICATIONS}/devices"), &json!({"fcm_token": "a"})).await.expect(201);
    tell(&app, &who, &[cancelled(1)]).await;
    assert_eq!(deliveries(&app, &who).await, [way("push", "out", 90)]);
    let warning = Notice::SuspiciousSignIn { session: SessionId(1), at: app.clock.now() };
    tell(&app, &who, std::slice::from_ref(&warning)).await;
    let urgent = [way("push", "out", 90), way("push", "out", 0), way("sms", "out", 0)];
    assert_eq!(deliveries(&app, &who).await, urgent);
    app.tamper("UPDATE users SET phone_verified_at = NULL").await;
    app.tamper("DELETE FROM notice_deliveries").await;
    tell(&app, &who, &[warning]).await;
    assert_eq!(deliveries(&app, &who).await, [way("push", "out", 0)]);
    // Nothing leaves the house for who is suspended; the list has it.
    app.suspend(&who).await;
    tell(&app, &who, &[cancelled(2)]).await;
    assert_eq!(deliveries(&app, &who).await.len(), 1);
    app.stop().await;
}

#[actix_web::test]
async fn what_waited_for_the_morning_goes_out_only_where_it_still_means_something() {
    let app = TestApp::start().await;
    let who = app.merchant("0501111111").await;
    let (token, path) = (Some(who.token.as_str()), format!("{NOTIFICATIONS}/preferences"));
    let quiet = |to: &str| json!({"events": [], "digest": "off", "quiet_hours": {"from": "14:00", "to": to}});
    // It is 15:00 in Riyadh.
    app.put(token, &path, &quiet("16:30")).await.expect(200);
    app.post(token, &format!("{NOTIFICATIONS}/devices"), &json!({"fcm_token": "a"})).await.expect(201);
    let later = app.clock.now().plus(Span::hours(5));
    open_auctions(&app, 1..=2, later).await;
    let new = |number| Notice::NewRequest { request: RequestId(number), closes_at: later };
    tell(&app, &who, &[new(1), new(2), cancelled(3)]).await;
    assert_eq!(deliveries(&app, &who).await, vec![way("push", "out", 90); 3]);

    app.tamper("UPDATE auction_heads SET state = 'cancelled' WHERE auction_id = 2").await;
    let mut wishes = quiet("17:30");
    wishes["events"] = json!([{"type": "request_ended", "channels": {"push": false}}]);
    app.put(token, &path, &wishes).await.expect(200);
    let send = async || {
        app.clock.advance(Span::secs(5_400));
        // Another look may have claimed them: then it settles them.
        while deliveries_in(&app, "sending").await > 0
            || app.running.app.notifier.round(Channel::Push).await.unwrap() > 0
        {}
    };
    send().await;
    assert_eq!(
        deliveries(&app, &who).await,
        [way("push", "out", 60), way("push", "dropped", 0), way("push", "dropped", 0)]
    );
    assert_eq!(deliveries_in(&app, "waiting").await, 1);
    app.suspend(&who).await;
    send().await;
    assert_eq!(deliveries_in(&app, "dropped").await, 3);
    app.stop().await;
}

async fn deliveries_in(app: &TestApp, state: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM notice_deliveries WHERE state = ?";
    behind!(&app.running.app.db, pool => sqlx::query_scalar(sql).bind(state).fetch_one(pool).await.unwrap())
}

#[actix_web::test]
async fn new_requests_come_together_to_who_wants_it_so() {
    let app = TestApp::start().await;
    let who = app.merchant("0501111111").await;
    let (token, path) = (Some(who.token.as_str()), format!("{NOTIFICATIONS}/preferences"));
    let wishes = json!({"events": [], "digest": "hourly"});
    app.put(token, &path, &wishes).await.expect(200);
    app.post(token, &format!("{NOTIFICATIONS}/devices"), &json!({"fcm_token": "a"})).await.expect(201);
    let now = app.clock.now();
    let new = |number, closes_at: UnixMicros| Notice::NewRequest { request: RequestId(number), closes_at };
    let later = now.plus(Span::hours(5));
    open_auctions(&app, 1..=9, later).await;
    let mut all: Vec<Notice> = (1..=8).map(|number| new(number, later)).collect();
    // Over before anybody hears of it.
    all.push(new(9, now.plus(Span::secs(600))));
    tell(&app, &who, &all).await;
    assert_eq!(deliveries(&app, &who).await, vec![way("push", "held", 60); 8]);
    let list = app.get(token, NOTIFICATIONS).await.expect(200);
    assert_eq!(list["unread_count"], 9, "the list has each");
    // Called off while it waited.
    app.tamper("UPDATE auction_heads SET state = 'cancelled' WHERE auction_id = 8").await;

    app.clock.advance(Span::secs(3_599));
    assert_eq!(planner(&app).write_digests().await, Ok(0));
    app.clock.advance(Span::secs(1));
    write_digests(&app).await;
    assert_eq!(deliveries(&app, &who).await, [way("push", "out", 0)]);
    let sql = "SELECT facts FROM notices WHERE place IS NULL";
    let facts: Vec<String> =
        behind!(&app.running.app.db, pool => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap());
    assert_eq!(facts, [r#"{"notice":"digest","requests":[7,6,5,4,3],"count":7}"#]);
    let again = app.sign_in("0501111111").await;
    let list = app.get(Some(&again.token), NOTIFICATIONS).await.expect(200);
    assert_eq!(list["unread_count"], 9, "a digest says nothing new there");

    // Nothing to say where all of it is over.
    app.tamper("DELETE FROM notice_deliveries").await;
    tell(&app, &who, &[new(8, later)]).await;
    assert_eq!(deliveries(&app, &who).await, [way("push", "held", 60)]);
    app.clock.advance(Span::hours(1));
    write_digests(&app).await;
    assert_eq!(deliveries(&app, &who).await, []);
    app.stop().await;
}

#[actix_web::test]
async fn many_planners_plan_each_notice_once() {
    let app = TestApp::start().await;
    let mut people = Vec::new();
    for number in 0..4 {
        people.push(app.person(&format!("050111111{number}"), "customer").await);
    }
    let parts = &app.running.app;
    let mut tx = parts.db.begin().await.unwrap();
    let rows: Vec<_> = (0..400)
        .map(|number| {
            let user = people[number % 4].id.parse().unwrap();
            (mazad::domain::ids::NoticeId(parts.ids.next()), user, cancelled(number as i64 + 1))
        })
        .collect();
    mazad::persistence::outbox::tell(&mut tx, &rows, app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let planners = (0..4).map(|_| {
        let planner = planner(&app);
        async move {
            // Who is in another's way on a server starts again, as the server's own loop does.
            while !matches!(planner.plan_all().await, Ok(0)) {}
        }
    });
    futures_util::future::join_all(planners).await;
    crate::inbox::plan(&app).await;
    for person in &people {
        let list = app.get(Some(&person.token), &format!("{NOTIFICATIONS}?limit=100")).await.expect(200);
        assert_eq!((list["unread_count"].as_i64(), &list["next_cursor"]), (Some(100), &serde_json::Value::Null));
    }
    app.stop().await;
}
