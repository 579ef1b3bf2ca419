//! What merchants and customers see of themselves, and what everybody sees of prices.

use mazad::domain::time::Span;
use serde_json::json;

use crate::analytics::accept;
use crate::analytics::assert_whole;
use crate::analytics::auction;
use crate::analytics::close;
use crate::analytics::complete;
use crate::analytics::count;
use crate::analytics::do_it;
use crate::analytics::get;
use crate::support::app::TestApp;

#[actix_web::test]
async fn a_merchant_and_a_customer_see_what_their_own_came_to() {
    let app = TestApp::start().await;
    let (customer, admin) = (app.person("0501111111", "customer").await, app.admin("0505555555").await);
    let merchants =
        [app.merchant("0503333331").await, app.merchant("0503333332").await, app.merchant("0503333333").await];
    let [one, two, three] = &merchants;
    // One wins with 100, two loses with 125.50, three takes its bid back; then one declines, and two is chosen.
    let (open, _) = auction(&app, &customer, &[], json!({})).await;
    app.clock.advance(Span::secs(10));
    let mut bids = Vec::new();
    for (who, price) in [(two, "130.00"), (one, "100.00"), (three, "200.00")] {
        let placed = open.bid(&app, who, "bid", price, json!({})).await.expect(201);
        bids.push(placed["bid"]["id"].as_str().unwrap().to_owned());
        app.clock.advance(Span::secs(10));
    }
    let revised = json!({"items": [{"request_item_id": open.item, "quantity": 1, "unit_price": "125.50"}],
        "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash"});
    let call = app.request(reqwest::Method::PUT, Some(&two.token), &format!("/api/v1/bidding/bids/{}", bids[0]));
    app.send(call.header("idempotency-key", "r").json(&revised)).await.expect(200);
    let call = app.request(reqwest::Method::DELETE, Some(&three.token), &format!("/api/v1/bidding/bids/{}", bids[2]));
    app.send(call.header("idempotency-key", "w").json(&json!({"reason": "sold"}))).await.expect(200);
    close(&app, &customer, &open).await;
    app.clock.advance(Span::secs(60));
    let first = accept(&app, &customer, &open, &bids[1]).await;
    count(&app).await;
    let own = async |number: usize| {
        let who = &merchants[number];
        get(&app, who, &format!("merchants/{}", who.id)).await.expect(200)
    };
    let (winner, loser, gone) = (own(0).await, own(1).await, own(2).await);
    assert_eq!(
        (&winner["won"], &winner["win_rate_permille"], &winner["price_gap_permille"]),
        (&json!(1), &json!(1_000), &json!(null))
    );
    assert_eq!((&loser["ranked_second"], &loser["price_gap_permille"]), (&json!(1), &json!(255)));
    assert_eq!((&winner["average_response_time_s"], &loser["average_response_time_s"]), (&json!(20), &json!(10)));
    assert_eq!((&gone["bids"], &gone["unranked"], &gone["average_competing_bids"]), (&json!(1), &json!(1), &json!(2)));
    assert_eq!(loser["average_competing_bids"], 1, "without its own");
    // Exactly what the bid itself tells its merchant.
    let bid = app.get(Some(&two.token), &format!("/api/v1/bidding/bids/{}", bids[0])).await.expect(200);
    assert_eq!(bid["outcome"]["gap_permille"], loser["price_gap_permille"]);

    let spent = get(&app, &customer, &format!("customers/{}", customer.id)).await.expect(200);
    let told = |name: &str| spent[name].clone();
    assert_eq!(
        (told("requests"), told("bids"), told("average_bids"), told("orders")),
        (json!(1), json!(3), json!(3), json!(1))
    );
    assert_eq!((told("saved_against_first"), told("saved_against_median")), (json!("30.00"), json!("25.50")));
    assert_eq!((told("average_choice_time_s"), told("spent")), (json!(60), json!("0.00")));
    assert_eq!(spent["by_month"][0]["month"], "2026-11");

    // After the decline it is as if the first had not been chosen.
    do_it(&app, one, &format!("/api/v1/orders/{first}/decline"), json!({"reason": "sold"})).await;
    count(&app).await;
    assert_eq!(own(0).await["bids"], 0, "it runs again");
    let second = accept(&app, &customer, &open, &bids[0]).await;
    complete(&app, &customer, two, &second).await;
    count(&app).await;
    assert_whole(&app).await;
    assert_eq!((&own(0).await["won"], &own(1).await["won"]), (&json!(0), &json!(1)));
    let spent = get(&app, &admin, &format!("customers/{}", customer.id)).await.expect(200);
    assert_eq!((&spent["spent"], &spent["completed_orders"]), (&json!("125.50"), &json!(1)));
    assert_eq!(
        get(&app, &customer, &format!("customers/{}?date_to=2026-11-21", customer.id)).await.expect(200)["requests"],
        0
    );

    // Others are not there, and neither is a customer among merchants.
    for (who, path) in [
        (two, format!("merchants/{}", one.id)),
        (&customer, format!("merchants/{}", one.id)),
        (two, format!("customers/{}", customer.id)),
        (&admin, format!("merchants/{}", customer.id)),
        (&admin, format!("customers/{}", one.id)),
        (&customer, format!("merchants/{}", customer.id)),
    ] {
        assert_eq!(get(&app, who, &path).await.problem(), "unknown_user", "{path}");
    }
    let table = get(&app, two, &format!("merchants/{}?format=csv", two.id)).await.expect(200);
    assert!(table.as_str().unwrap().contains("\r\n2026-11,1,1,1000,1,0,0,0,0,0,10,\r\n"), "{table}");
    let table = get(&app, &customer, &format!("customers/{}?format=csv", customer.id)).await.expect(200);
    assert!(table.as_str().unwrap().contains("\r\n2026-11,1,1,3,1,1,125.50,4.50,0.00,60\r\n"), "{table}");
    app.stop().await;
}

#[actix_web::test]
async fn a_price_is_told_from_five_deals_of_three_merchants_on_and_moves_by_fives() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchants =
        [app.merchant("0503333331").await, app.merchant("0503333332").await, app.merchant("0503333333").await];
    let band = async || get(&app, &merchants[0], "prices?part_name=BUMPER&brand_id=1").await;
    let nothing = get(&app, &customer, "prices?part_name=wing&brand_id=1").await;
    for (number, price) in ["100.00", "300.00", "200.00", "500.00", "400.00", "1.00", "1.00"].into_iter().enumerate() {
        let merchant = &merchants[number % 3];
        let (open, bids) = auction(&app, &customer, &[(merchant, price)], json!({})).await;
        close(&app, &customer, &open).await;
        let order = accept(&app, &customer, &open, &bids[0]).await;
        complete(&app, &customer, merchant, &order).await;
        app.clock.advance(Span::secs(1));
        count(&app).await;
        let mut told = band().await;
        if number < 4 {
            // To the last byte as for a part that nobody ever asked for.
            assert_eq!((told.status, told.problem()), (404, "no_price_band"));
            let mut nothing = nothing.body.clone();
            told.body["request_id"] = nothing["request_id"].take();
            nothing["request_id"] = told.body["request_id"].clone();
            assert_eq!(told.body, nothing);
        } else {
            let wanted = json!({"part_name": "bumper", "brand_id": 1, "p25": "200.00", "p50": "300.00", "p75": "400.00", "currency": "SAR"});
            assert_eq!(told.expect(200), wanted, "{number}");
        }
    }
    assert_eq!(get(&app, &customer, "prices?part_name=bumper&brand_id=2").await.problem(), "no_price_band");
    assert_eq!(get(&app, &customer, "prices?brand_id=1").await.status, 422);
    assert_eq!(get(&app, &customer, "prices?part_name=-&brand_id=1").await.fields(), ["part_name"]);
    assert_whole(&app).await;
    app.stop().await;
}
