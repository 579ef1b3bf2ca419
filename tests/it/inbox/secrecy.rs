//! Two worlds that differ only in what a sealed auction hides: a bidder is told the same in both.

use std::collections::BTreeMap;
use std::time::Duration;
use std::time::Instant;

use mazad::domain::time::Span;
use serde_json::Value;
use serde_json::json;

use crate::inbox::NOTIFICATIONS;
use crate::inbox::feed::Feed;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::store::behind;

/// How long it is waited for what is to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until everybody was told of everything up to now.
async fn told(app: &TestApp) {
    let sql = "SELECT (SELECT COUNT(*) FROM auction_heads h LEFT JOIN auction_told t ON t.auction_id = h.auction_id WHERE \
               COALESCE(t.seq, 0) < h.seq) + (SELECT COUNT(*) FROM announcements) + (SELECT COUNT(*) FROM \
               notices WHERE state = 'new')";
    let (db, since) = (&app.running.app.db, Instant::now());
    // Nobody hears more often than once a minute of the same.
    app.clock.advance(Span::secs(61));
    loop {
        let left: i64 = behind!(db, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap());
        if left == 0 {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{left} left to tell");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The same where ids are drawn anew: each becomes its number in the order in which they come.
fn numbered(value: &Value, known: &mut BTreeMap<String, usize>) -> Value {
    match value {
        Value::String(text) if text.len() == 17 && text.as_bytes()[3] == b'_' => {
            let next = known.len();
            json!(*known.entry(text.clone()).or_insert(next))
        }
        Value::Array(all) => all.iter().map(|one| numbered(one, known)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, one)| (name.clone(), numbered(one, known)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Everything that the first bidder is told until the customer has chosen: by its live feed, and in its list.
async fn world(visibility: &str, others: [&str; 2]) -> Vec<Value> {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let bidder = app.merchant("0503333331").await;
    let rivals = [app.merchant("0503333332").await, app.merchant("0503333333").await];
    let mut feed = Feed::of(&app, &bidder).await;
    let rules = json!({"rules": {"visibility": visibility, "allow_early_close": true}});
    let open = Open::publish(&app, &customer, rules).await;
    told(&app).await;
    open.bid(&app, &bidder, "bid", "100.00", json!({})).await.expect(201);
    told(&app).await;
    for (rival, price) in rivals.iter().zip(others) {
        open.bid(&app, rival, "bid", price, json!({})).await.expect(201);
        told(&app).await;
    }
    app.post(Some(&customer.token), &format!("{REQUESTS}/{}/close", open.id), &json!({})).await.expect(200);
    told(&app).await;
    let mut seen = Vec::new();
    loop {
        let frame = feed.next().await;
        let is_last = frame["notice"]["type"] == "bidding_closed";
        // How many are counted together is a matter of time.
        seen.extend(Some(frame["notice"].clone()).filter(|notice| !notice.is_null()));
        if is_last {
            break;
        }
    }
    for query in ["", "?unread=true", "?limit=1"] {
        seen.push(app.get(Some(&bidder.token), &format!("{NOTIFICATIONS}{query}")).await.expect(200));
    }
    let mut known = BTreeMap::new();
    let seen = seen.iter().map(|one| numbered(one, &mut known)).collect();
    app.stop().await;
    seen
}

#[actix_web::test]
async fn a_sealed_bidder_is_told_the_same_whatever_the_others_bid() {
    const BEHIND: [&str; 2] = ["120.00", "130.00"];
    const BEFORE: [&str; 2] = ["60.00", "90.00"];
    let one = world("sealed", BEHIND).await;
    assert!(one.len() >= 5, "{one:?}");
    assert_eq!(one, world("sealed", BEFORE).await);
    // Where ranks are shown the two worlds do differ.
    assert_ne!(world("rank_only", BEHIND).await, world("rank_only", BEFORE).await);
}
