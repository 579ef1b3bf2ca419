//! What analytics shows: right to the unit, whatever happened when, and nothing that an auction hides.

mod people;
mod random;
mod secrecy;
mod shown;

use mazad::flows::rollups::Pace;
use mazad::flows::rollups::Rollups;
use mazad::persistence::analytics::recount;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

const ANALYTICS: &str = "/api/v1/analytics";

/// Counts everything, as the job does when it comes round.
async fn count(app: &TestApp) {
    Rollups::new(&app.running.app.db, app.clock.clone()).round(Pace::FULL).await.unwrap();
}

/// Everything is counted, and equals its recount.
async fn assert_whole(app: &TestApp) -> u64 {
    let found = recount::compare(&app.running.app.db).await.unwrap();
    assert_eq!((found.fault, found.behind), (None, 0));
    found.requests
}

async fn get(app: &TestApp, who: &Person, path: &str) -> Answer {
    app.get(Some(&who.token), &format!("{ANALYTICS}/{path}")).await
}

async fn do_it(app: &TestApp, who: &Person, path: &str, body: Value) -> Value {
    let answer = app.post(Some(&who.token), path, &body).await;
    assert!((200..300).contains(&answer.status), "{path} {body}: {answer:?}");
    answer.body
}

/// A request for a bumper in Riyadh on which so much was bid.
async fn auction(app: &TestApp, customer: &Person, bidders: &[(&Person, &str)], own: Value) -> (Open, Vec<String>) {
    let mut with = json!({"city": "Riyadh", "rules": {"allow_early_close": true}});
    with.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let open = Open::publish(app, customer, with).await;
    let mut bids = Vec::new();
    for (who, price) in bidders {
        let placed = open.bid(app, who, "bid", price, json!({})).await.expect(201);
        bids.push(placed["bid"]["id"].as_str().unwrap().to_owned());
    }
    (open, bids)
}

async fn close(app: &TestApp, customer: &Person, open: &Open) {
    do_it(app, customer, &format!("{REQUESTS}/{}/close", open.id), json!({})).await;
}

/// Accepts a bid; tells the order.
async fn accept(app: &TestApp, customer: &Person, open: &Open, bid: &str) -> String {
    let call = app.request(reqwest::Method::POST, Some(&customer.token), &format!("{REQUESTS}/{}/accept", open.id));
    let order = app.send(call.header("idempotency-key", bid).json(&json!({"bid_id": bid}))).await.expect(201);
    order["id"].as_str().unwrap().to_owned()
}

/// Leads an order to its end.
async fn complete(app: &TestApp, customer: &Person, merchant: &Person, order: &str) {
    for step in ["confirm", "prepare", "ship", "deliver"] {
        do_it(app, merchant, &format!("/api/v1/orders/{order}/{step}"), json!({})).await;
    }
    do_it(app, customer, &format!("/api/v1/orders/{order}/complete"), json!({})).await;
}
