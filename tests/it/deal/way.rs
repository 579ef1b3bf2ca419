//! The whole way, as both sides see it.

use mazad::persistence::Page;
use mazad::persistence::profiles;
use mazad::persistence::reviews;
use serde_json::json;

use crate::deal::Deal;
use crate::deal::auction;

#[actix_web::test]
async fn from_the_close_to_the_reviews() {
    let deal = Deal::closed(&["100.00", "125.50"]).await;
    let (app, customer) = (&deal.app, &deal.customer);
    let (winner, loser) = (&deal.merchants[0], &deal.merchants[1]);
    let path = format!("/api/v1/orders/requests/{}/accept", deal.open.id);
    assert_eq!(app.post(Some(&customer.token), &path, &json!({})).await.problem(), "idempotency_key_required");
    assert_eq!(deal.accept("bid_0000000000001", "none").await.problem(), "bid_not_eligible");

    let order = deal.accept(&deal.bids[0], "first").await.expect(201);
    let id = order["id"].as_str().unwrap();
    assert_eq!((&order["status"], &order["total"]), (&json!("pending_confirmation"), &json!("100.00")));
    assert_eq!((&order["vat"], &order["vat_percent"]), (&json!("13.04"), &json!(15)));
    assert_eq!(order["items"][0]["part_name"], "Bumper");
    assert_eq!(order["steps"], json!(["cancel"]));
    // The same bid again is the same order; another is refused and told which.
    assert_eq!(deal.accept(&deal.bids[0], "again").await.expect(201)["id"], order["id"]);
    let other = deal.accept(&deal.bids[1], "other").await;
    assert_eq!((other.status, other.problem()), (409, "already_accepted"));
    assert_eq!((&other.body["bid_id"], &other.body["order_id"]), (&json!(deal.bids[0]), &order["id"]));

    // Each learns its rank, the number of bids and its gap; the two sides learn each other's contact.
    let read = async |who, bid| app.get(Some(who), &format!("/api/v1/bidding/bids/{bid}")).await.expect(200);
    let lost = read(&loser.token, &deal.bids[1]).await;
    assert_eq!((&lost["status"], &lost["outcome"]["gap_permille"]), (&json!("rejected"), &json!(255)));
    assert_eq!(lost["outcome"], json!({"rank": 2, "bids": 2, "won": false, "gap_permille": 255}));
    assert_eq!(read(&winner.token, &deal.bids[0]).await["outcome"]["won"], true);
    assert!(read(&customer.token, &deal.bids[1]).await.get("outcome").is_none());
    assert_eq!(order["merchant"]["phone"], "+966533333300");
    assert!(order.get("customer").is_none());
    let theirs = deal.order(winner, id).await.expect(200);
    assert_eq!((&theirs["customer"]["phone"], &theirs["role"]), (&json!("+966501111111"), &json!("merchant")));
    assert_eq!(deal.order(loser, id).await.problem(), "unknown_order");

    assert_eq!(deal.step(customer, id, "review").await.problem(), "not_delivered");
    deal.deliver(id).await;
    deal.step(customer, id, "complete").await.expect(200);
    let history = deal.order(customer, id).await.expect(200)["history"].clone();
    let steps: Vec<_> = history.as_array().unwrap().iter().map(|step| (&step["step"], &step["actor"])).collect();
    let wanted = ["accept", "confirm", "prepare", "ship", "deliver", "complete"];
    assert_eq!(steps.iter().map(|(step, _)| step.as_str().unwrap()).collect::<Vec<_>>(), wanted);
    assert_eq!((steps[0].1, steps[1].1, steps[5].1), (&json!("customer"), &json!("merchant"), &json!("customer")));

    // Both review, once; contacts are taken out, and the rating follows.
    let path = format!("/api/v1/orders/{id}/review");
    let body = json!({"stars": 5, "comment": "fast, call him at 0501234567"});
    let written = app.post(Some(&customer.token), &path, &body).await.expect(201);
    assert_eq!(written["comment"], "fast, call him at •••");
    assert_eq!(app.post(Some(&customer.token), &path, &body).await.problem(), "already_reviewed");
    app.post(Some(&winner.token), &path, &json!({"stars": 2})).await.expect(201);
    // What merchants say of a customer is for those who deal with them.
    let said = format!("/api/v1/users/customers/{}/reviews", customer.id);
    for who in [winner, customer] {
        assert_eq!(app.get(Some(&who.token), &said).await.expect(200)["data"][0]["stars"], 2);
    }
    assert_eq!(app.get(Some(&loser.token), &said).await.problem(), "unknown_user");
    for (stars, field) in [(0, "stars"), (6, "stars"), (-1, "stars")] {
        assert_eq!(app.post(Some(&customer.token), &path, &json!({"stars": stars})).await.fields(), [field]);
    }
    assert_eq!(deal.order(winner, id).await.expect(200)["reviewed_by"], json!(["customer", "merchant"]));
    let face = format!("/api/v1/users/merchants/{}", winner.id);
    let shown = app.get(None, &face).await.expect(200);
    assert_eq!((&shown["rating_milli"], &shown["rated_orders"]), (&json!(3_750), &json!(1)));
    let listed = app.get(None, &format!("{face}/reviews")).await.expect(200);
    assert_eq!(listed["data"], json!([written]), "and not what the merchant said of the customer");
    let customer_page = format!("/api/v1/users/merchants/{}/reviews", customer.id);
    assert_eq!(app.get(None, &customer_page).await.problem(), "unknown_user");

    // Lists, by side and state.
    for (who, count) in [(customer, 1), (winner, 1), (loser, 0)] {
        let list = app.get(Some(&who.token), "/api/v1/orders?status=completed").await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), count);
    }
    let none = app.get(Some(&customer.token), "/api/v1/orders?status=shipped").await.expect(200);
    assert_eq!(none["data"], json!([]));
    assert_eq!(app.get(Some(&customer.token), "/api/v1/orders?status=lost").await.fields(), ["status"]);
    deal.app.stop().await;
}

/// Rules §5, by hand: five imagined orders of 3.5 stars, then 5, 4 and 1.
#[actix_web::test]
async fn a_rating_is_smoothed_and_forgets_after_24_months() {
    let deal = Deal::closed(&["100.00"]).await;
    let (app, customer) = (&deal.app, &deal.customer);
    let merchant = deal.merchants[0].id.parse().unwrap();
    let rating = async || {
        let row = profiles::find_merchant_profile(&app.running.app.db, merchant).await.unwrap().unwrap();
        (row.rating_milli, row.rated_orders)
    };
    assert_eq!(rating().await, (3_500, 0));
    let (mut request, mut bid) = (deal.open.id.clone(), deal.bids[0].clone());
    for (stars, wanted) in [(5, 3_750), (4, (17_500 + 9_000) / 7), (1, (17_500 + 10_000) / 8)] {
        let order = crate::deal::accept(app, customer, &request, &bid, &format!("k{stars}")).await.expect(201);
        let id = order["id"].as_str().unwrap();
        deal.deliver(id).await;
        let review = json!({"stars": stars});
        app.post(Some(&customer.token), &format!("/api/v1/orders/{id}/review"), &review).await.expect(201);
        assert_eq!(rating().await.0, wanted, "{stars}");
        let (next, bids) = auction(app, customer, &deal.merchants, &["90.00"], json!({})).await;
        (request, bid) = (next.id, bids[0].clone());
    }
    // The next auction freezes the new rating: nothing stale is remembered.
    let page = Page { before: i64::MAX, limit: 10 };
    assert_eq!(reviews::list_about(&app.running.app.db, merchant, page).await.unwrap().len(), 3);
    let board = app.get(Some(&customer.token), &format!("/api/v1/orders/requests/{request}/scoreboard")).await;
    // M = 20 × 3.437 stars.
    assert_eq!(board.expect(200)["rows"][0]["score"]["merchant"], json!(68.74));
    let before = app.clock.now();
    app.clock.advance(mazad::domain::time::Span::secs(mazad::limits::RATING_SECS + 1));
    app.running.app.deals.sweep(before).await.unwrap();
    assert_eq!(rating().await, (3_500, 0), "24 months later");
    deal.app.stop().await;
}
