//! Two worlds that differ only in what an auction hides look the same to whoever may not know (P36).

use mazad::domain::time::Span;
use serde_json::Value;
use serde_json::json;

use crate::analytics::accept;
use crate::analytics::auction;
use crate::analytics::close;
use crate::analytics::complete;
use crate::analytics::count;
use crate::analytics::get;
use crate::support::app::Person;
use crate::support::app::TestApp;

/// What the first merchant sees of itself and of prices, and what it sees once everything is over.
async fn world(visibility: &str, others: [&str; 2]) -> (Vec<String>, Value) {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchants =
        [app.merchant("0503333331").await, app.merchant("0503333332").await, app.merchant("0503333333").await];
    let mut seen = Vec::new();
    let mut look = async |app: &TestApp, who: &Person| {
        app.clock.advance(Span::secs(61));
        count(app).await;
        for path in [
            format!("merchants/{}", who.id),
            format!("merchants/{}?format=csv", who.id),
            format!("merchants/{}?date_from=2026-11-22&date_to=2026-11-22", who.id),
            "prices?part_name=bumper&brand_id=1".to_owned(),
            "prices?part_name=lamp&brand_id=1".to_owned(),
        ] {
            let mut answer = get(app, who, &path).await;
            // A problem has the call's own number in it, which grows a digit now and then.
            let told = answer.headers.get("content-length").filter(|_| answer.status == 200);
            let length = told.map(|length| length.to_str().unwrap().to_owned());
            if let Some(fields) = answer.body.as_object_mut() {
                // Ids are drawn anew in each world.
                fields.remove("merchant_id");
                fields.remove("request_id");
            }
            seen.push(format!("{path} {} {length:?} {}", answer.status, answer.body).replace(&who.id, "me"));
        }
    };
    // Prices are told of lamps: five that were sold before.
    for number in 0..5 {
        let merchant = &merchants[number % 3];
        let own = json!({"items": [{"part_name": "Lamp", "quantity": 1}]});
        let (open, bids) = auction(&app, &customer, &[(merchant, "50.00")], own).await;
        close(&app, &customer, &open).await;
        let order = accept(&app, &customer, &open, &bids[0]).await;
        complete(&app, &customer, merchant, &order).await;
    }
    look(&app, &merchants[0]).await;
    let own = json!({"rules": {"visibility": visibility, "allow_early_close": true},
        "items": [{"part_name": "Lamp", "quantity": 1}]});
    let (open, mut bids) = auction(&app, &customer, &[(&merchants[0], "100.00")], own).await;
    look(&app, &merchants[0]).await;
    for (merchant, price) in merchants[1..].iter().zip(others) {
        let placed = open.bid(&app, merchant, "bid", price, json!({})).await.expect(201);
        bids.push(placed["bid"]["id"].as_str().unwrap().to_owned());
        look(&app, &merchants[0]).await;
    }
    close(&app, &customer, &open).await;
    // The customer chooses: the result is not told yet.
    look(&app, &merchants[0]).await;
    accept(&app, &customer, &open, &bids[0]).await;
    count(&app).await;
    let after = get(&app, &merchants[0], &format!("merchants/{}", merchants[0].id)).await.expect(200);
    app.stop().await;
    (seen, after)
}

#[actix_web::test]
async fn nobody_learns_from_figures_what_an_auction_hides() {
    for visibility in ["sealed", "rank_only"] {
        let (one, after_one) = world(visibility, ["120.00", "130.00"]).await;
        let (other, after_other) = world(visibility, ["60.00", "90.00"]).await;
        assert!(one.iter().any(|seen| seen.contains("\"p50\":\"50.00\"")), "{one:?}");
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "{visibility}");
        }
        // And at the end each learns its own rank: so the two worlds do differ.
        let ranks = |told: &Value| (told["ranked_first"].clone(), told["ranked_third"].clone());
        assert_eq!(ranks(&after_one).1, 0, "{visibility}");
        assert_eq!(ranks(&after_other).1, 1, "{visibility}");
    }
}
