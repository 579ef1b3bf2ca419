//! The figures of a small market, by hand.

use mazad::domain::time::Span;
use serde_json::json;

use crate::analytics::ANALYTICS;
use crate::analytics::accept;
use crate::analytics::assert_whole;
use crate::analytics::auction;
use crate::analytics::close;
use crate::analytics::complete;
use crate::analytics::count;
use crate::analytics::do_it;
use crate::analytics::get;
use crate::support::app::TestApp;
use crate::support::open_request::REQUESTS;

#[actix_web::test]
async fn what_a_market_came_to_is_told_to_its_administrators() {
    let app = TestApp::configured(|config| config.auth.access_minutes = 1_440).await;
    let (customer, admin) = (app.person("0501111111", "customer").await, app.admin("0505555555").await);
    let (one, two) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    // Before the first count nothing is known, and that is said.
    let empty = get(&app, &admin, "dashboard").await.expect(200);
    assert_eq!((&empty["total_requests"], &empty["average_bid_value"]), (&json!(0), &json!(null)));

    // 22 November: an order; first bid after 90 seconds.
    let (sold, _) = auction(&app, &customer, &[], json!({})).await;
    app.clock.advance(Span::secs(90));
    let mut bids = Vec::new();
    for (who, price) in [(&one, "100.00"), (&two, "125.50")] {
        let placed = sold.bid(&app, who, "bid", price, json!({})).await.expect(201);
        bids.push(placed["bid"]["id"].as_str().unwrap().to_owned());
    }
    close(&app, &customer, &sold).await;
    let order = accept(&app, &customer, &sold, &bids[0]).await;
    count(&app).await;
    let shown = get(&app, &admin, "dashboard").await.expect(200);
    assert_eq!((&shown["total_revenue"], &shown["completed_orders"]), (&json!("0.00"), &json!(0)));

    // What follows days later is booked to the day of the request.
    app.clock.advance(Span::hours(12));
    complete(&app, &customer, &one, &order).await;
    for (who, stars) in [(&customer, 5), (&one, 2)] {
        do_it(&app, who, &format!("/api/v1/orders/{order}/review"), json!({"stars": stars})).await;
    }
    // 23 November in Riyadh: one that is open with a withdrawn bid, a draft of another brand in Jeddah.
    let own = json!({"city": "الرياض", "items": [{"part_name": "Lamp  LEFT", "quantity": 1}, {"part_name": "bumper", "quantity": 1}]});
    let (_open, _) = auction(&app, &customer, &[], own).await;
    let vehicle = json!({"brand_id": 2, "model_id": 201, "year": 2019});
    let vehicle = do_it(&app, &customer, "/api/v1/users/vehicles", vehicle).await["id"].clone();
    let draft = json!({"vehicle_id": vehicle, "title": "A", "city": "Jeddah", "bidding_duration_s": 60,
        "items": [{"part_name": "Door", "quantity": 1}]});
    do_it(&app, &customer, REQUESTS, draft).await;
    count(&app).await;
    assert_eq!(assert_whole(&app).await, 3);

    let mut shown = get(&app, &admin, "dashboard").await.expect(200);
    assert!(shown.as_object_mut().unwrap().remove("as_of").unwrap().is_string());
    let wanted = json!({
        "total_requests": 3, "active_requests": 1, "total_bids": 2, "completed_orders": 1,
        "total_revenue": "100.00", "average_bid_value": "112.75",
        "merchant_satisfaction": 2_000, "customer_satisfaction": 5_000,
        "conversion_permille": 500, "answered_permille": 500, "contested_permille": 0, "cancellation_permille": 0,
        "average_response_time_s": 90, "median_response_within_s": 300,
        "by_day": [
            {"date": "2026-11-22", "requests": 1, "bids": 2, "orders": 1, "completed_orders": 1, "revenue": "100.00"},
            {"date": "2026-11-23", "requests": 2, "bids": 0, "orders": 0, "completed_orders": 0, "revenue": "0.00"},
        ],
        "currency": "SAR",
    });
    assert_eq!(shown, wanted);

    let requests = async |query: &str| get(&app, &admin, &format!("requests{query}")).await.expect(200);
    let all = requests("").await;
    assert_eq!(all["requests_by_day"], json!([{"date": "2026-11-22", "count": 1}, {"date": "2026-11-23", "count": 2}]));
    let parts = json!([{"part_name": "bumper", "count": 2}, {"part_name": "door", "count": 1}, {"part_name": "lamp left", "count": 1}]);
    assert_eq!((&all["popular_parts"], &all["average_response_time_s"]), (&parts, &json!(90)));
    let statuses = all["requests_by_status"].as_array().unwrap();
    let of = |word: &str| statuses.iter().find(|status| status["status"] == word).unwrap()["count"].clone();
    assert_eq!(
        (of("accepted"), of("bidding_open"), of("draft"), of("expired")),
        (1.into(), 1.into(), 1.into(), 0.into())
    );
    assert_eq!(all["answered_within"][1], json!({"within_s": 300, "count": 1}));
    for (query, days) in [
        ("?date_from=2026-11-23", json!([{"date": "2026-11-23", "count": 2}])),
        ("?date_to=2026-11-22", json!([{"date": "2026-11-22", "count": 1}])),
        ("?city=Riyadh&date_from=2026-11-23&date_to=2026-11-23", json!([{"date": "2026-11-23", "count": 1}])),
        ("?brand_id=2", json!([{"date": "2026-11-23", "count": 1}])),
        (
            "?part_name=BUMPER",
            all["requests_by_day"]
                .as_array()
                .map(|_| json!([{"date": "2026-11-22", "count": 1}, {"date": "2026-11-23", "count": 1}]))
                .unwrap(),
        ),
        ("?part_name=lamp,%20left&city=riyadh&brand_id=1", json!([{"date": "2026-11-23", "count": 1}])),
        ("?part_name=lamp", json!([])),
        ("?city=Abha", json!([])),
        ("?date_from=1999-01-01&date_to=2025-12-31", json!([])),
    ] {
        assert_eq!(requests(query).await["requests_by_day"], days, "{query}");
    }
    assert_eq!(requests("?city=jeddah").await["popular_parts"], json!([{"part_name": "door", "count": 1}]));
    assert_eq!(requests("?part_name=Door").await["popular_parts"], json!([{"part_name": "door", "count": 1}]));
    for (query, field) in [
        ("?date_from=yesterday", "date_from"),
        ("?date_from=2026-11-23&date_to=2026-11-22", "date_to"),
        ("?brand_id=0", "brand_id"),
        ("?city=", "city"),
        ("?part_name=-", "part_name"),
        ("?colour=red", "colour"),
    ] {
        assert_eq!(get(&app, &admin, &format!("requests{query}")).await.fields(), [field], "{query}");
    }

    // The same as a table, by either way of asking.
    let table = get(&app, &admin, "dashboard?format=csv").await;
    assert_eq!(table.kind, "text/csv; charset=utf-8; header=present");
    assert!(table.headers["content-disposition"].to_str().unwrap().contains("requests-by-day.csv"));
    let text = table.expect(200).as_str().unwrap().to_owned();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("date,requests,drafts,"), "{text}");
    assert!(lines[1].starts_with("2026-11-22,1,0,") && lines[2].starts_with("2026-11-23,2,1,"), "{text}");
    assert!(lines[1].contains(",225.50,") && lines[1].contains(",100.00,"), "{text}");
    let call = app.request(reqwest::Method::GET, Some(&admin.token), &format!("{ANALYTICS}/requests"));
    assert_eq!(app.send(call.header("accept", "text/csv")).await.expect(200), json!(text));
    let metrics = app.get(None, "/metrics").await.expect(200).to_string();
    assert!(metrics.contains("queue_bound{queue=\\\"analytics\\\"}"), "{metrics}");
    app.stop().await;
}

/// A figure that is off by one is found, and made good.
#[actix_web::test]
async fn a_wrong_figure_is_found() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let (open, bids) = auction(&app, &customer, &[(&merchant, "100.00")], json!({})).await;
    close(&app, &customer, &open).await;
    let order = accept(&app, &customer, &open, &bids[0]).await;
    complete(&app, &customer, &merchant, &order).await;
    count(&app).await;
    assert_whole(&app).await;
    let db = &app.running.app.db;
    for (wrong, right) in [
        (
            "UPDATE request_sums SET bids = bids + 1 WHERE part_key = 'bumper' AND brand_id = 0",
            "UPDATE request_sums SET bids = bids - 1 WHERE part_key = 'bumper' AND brand_id = 0",
        ),
        (
            "UPDATE part_sums SET requests = requests + 1 WHERE grain = 3",
            "UPDATE part_sums SET requests = requests - 1 WHERE grain = 3",
        ),
        ("UPDATE bid_facts SET won = 0", "UPDATE bid_facts SET won = 1"),
        ("UPDATE deal_prices SET unit_price = unit_price + 1", "UPDATE deal_prices SET unit_price = unit_price - 1"),
        ("UPDATE bids SET landed = landed + 1", "UPDATE bids SET landed = landed - 1"),
        ("UPDATE orders SET total = total + 1", "UPDATE orders SET total = total - 1"),
    ] {
        app.tamper(wrong).await;
        assert!(mazad::cli::analytics::check(db).await.is_err(), "{wrong}");
        app.tamper(right).await;
        let told = mazad::cli::analytics::check(db).await.unwrap();
        assert!(told.starts_with("whole: 1 requests"), "{told}");
    }
    // Forgotten, and counted anew.
    mazad::persistence::analytics::facts::forget(db).await.unwrap();
    assert!(mazad::cli::analytics::check(db).await.is_ok());
    count(&app).await;
    assert_whole(&app).await;
    app.stop().await;
}
