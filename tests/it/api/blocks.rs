//! Merchants whom a customer blocks.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

const BLOCKS: &str = "/api/v1/users/blocks";

#[actix_web::test]
async fn a_blocked_merchant_neither_sees_nor_bids_from_that_instant_on() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (merchant, other) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let open = Open::publish(&app, &owner, json!({})).await;
    let token = Some(owner.token.as_str());
    // A bid puts the permission into the cache that the block must reach.
    let bid = open.bid(&app, &merchant, "k1", "100.00", json!({})).await.expect(201);
    let path = format!("/api/v1/bidding/bids/{}", bid["bid"]["id"].as_str().unwrap());

    assert_eq!(app.post(token, BLOCKS, &json!({"merchant_id": merchant.id})).await.status, 204);
    assert_eq!(app.post(token, BLOCKS, &json!({"merchant_id": merchant.id})).await.status, 204, "twice is once");
    let cheaper = json!({
        "items": [{"request_item_id": open.item, "quantity": 1, "unit_price": "90.00"}],
        "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash",
    });
    let revise = app.request(reqwest::Method::PUT, Some(&merchant.token), &path).header("Idempotency-Key", "k2");
    assert_eq!(app.send(revise.json(&cheaper)).await.problem(), "not_eligible");
    let them = Some(merchant.token.as_str());
    assert_eq!(app.get(them, &format!("{REQUESTS}/{}", open.id)).await.problem(), "unknown_request");
    assert_eq!(app.get(them, REQUESTS).await.expect(200)["data"], json!([]));
    open.bid(&app, &other, "k3", "95.00", json!({})).await.expect(201);
    // A customer blocks for itself alone.
    let stranger = app.person("0504444444", "customer").await;
    let elsewhere = Open::publish(&app, &stranger, json!({})).await;
    elsewhere.bid(&app, &merchant, "k4", "100.00", json!({})).await.expect(201);

    let list = app.get(token, BLOCKS).await.expect(200);
    assert_eq!((&list["data"][0]["merchant_id"], &list["data"][0]["name"]), (&json!(merchant.id), &json!("Somebody")));
    assert_eq!(app.delete(token, &format!("{BLOCKS}/{}", merchant.id)).await.status, 204);
    assert_eq!(app.delete(token, &format!("{BLOCKS}/{}", merchant.id)).await.problem(), "unknown_block");
    let revise = app.request(reqwest::Method::PUT, Some(&merchant.token), &path).header("Idempotency-Key", "k5");
    app.send(revise.json(&cheaper)).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn only_merchants_are_blocked_and_only_by_customers() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0502222222").await;
    let token = Some(owner.token.as_str());
    for unknown in [owner.id.as_str(), "usr_0000000000009"] {
        assert_eq!(app.post(token, BLOCKS, &json!({"merchant_id": unknown})).await.problem(), "unknown_user");
    }
    assert_eq!(app.post(token, BLOCKS, &json!({"merchant_id": "x"})).await.fields(), ["merchant_id"]);
    let body = json!({"merchant_id": merchant.id, "customer_id": merchant.id});
    assert_eq!(app.post(token, BLOCKS, &body).await.fields(), ["customer_id"]);
    let body = json!({"merchant_id": merchant.id});
    assert_eq!(app.post(Some(&merchant.token), BLOCKS, &body).await.problem(), "not_a_customer");
    let mut seen = Vec::new();
    for phone in ["0503333331", "0503333332", "0503333333"] {
        let merchant = app.merchant(phone).await;
        app.post(token, BLOCKS, &json!({"merchant_id": merchant.id})).await;
        seen.push(merchant.id);
    }
    let first = app.get(token, &format!("{BLOCKS}?limit=2")).await.expect(200);
    let rest = format!("{BLOCKS}?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = app.get(token, &rest).await.expect(200);
    let ids = [&first["data"][0], &first["data"][1], &second["data"][0]].map(|block| block["merchant_id"].clone());
    seen.reverse();
    assert_eq!((json!(ids), &second["next_cursor"]), (json!(seen), &json!(null)));
    app.stop().await;
}
