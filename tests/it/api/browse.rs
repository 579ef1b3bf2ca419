//! Finding requests, and who may find and bid on them.

use mazad::domain::time::Span;
use mazad::flows::catalogue;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

/// The titles that a query finds, in order.
async fn titles(app: &TestApp, who: &Person, query: &str) -> Vec<String> {
    let list = app.get(Some(&who.token), &format!("{REQUESTS}?{query}")).await.expect(200);
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

/// What a merchant deals in and where.
async fn deals_in(app: &TestApp, who: &Person, specializations: Value, areas: Value) {
    let body = json!({"business_name": "Somebody", "specializations": specializations, "business_hours": {},
        "service_areas": areas});
    app.put(Some(&who.token), "/api/v1/users/merchant-profile", &body).await.expect(200);
    // Another business name is another business.
    app.tamper("UPDATE merchant_profiles SET verified_at = 1").await;
}

#[actix_web::test]
async fn admins_find_everybodys_requests() {
    let app = TestApp::start().await;
    let (one, other) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let admin = app.admin("0504444444").await;
    Open::publish(&app, &one, json!({"title": "Bumper"})).await;
    Open::publish(&app, &other, json!({"title": "Headlight", "bidding_duration_s": 600})).await;
    for (query, wanted) in [
        ("", vec!["Headlight", "Bumper"]),
        ("q=headlight", vec!["Headlight"]),
        ("sort=closing_soon&limit=1", vec!["Headlight"]),
        ("status=cancelled", vec![]),
    ] {
        assert_eq!(titles(&app, &admin, query).await, wanted, "{query}");
    }
    assert_eq!(titles(&app, &one, "").await, ["Bumper"]);
    app.stop().await;
}

#[actix_web::test]
async fn administrators_alone_are_told_whose_a_request_is() {
    let app = TestApp::start().await;
    let (one, other) = (app.person("0501111111", "customer").await, app.person("0502222222", "customer").await);
    let (admin, merchant) = (app.admin("0504444444").await, app.merchant("0503333333").await);
    let open = Open::publish(&app, &one, json!({"title": "Bumper"})).await;
    Open::publish(&app, &other, json!({"title": "Headlight"})).await;
    app.tamper("UPDATE users SET name = 'Sara' WHERE phone = '+966501111111'").await;
    let list = app.get(Some(&admin.token), REQUESTS).await.expect(200);
    let owners: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|row| &row["customer"]["id"]).collect();
    assert_eq!(owners, [other.id.as_str(), one.id.as_str()]);
    let path = format!("{REQUESTS}/{}", open.id);
    let whole = app.get(Some(&admin.token), &path).await.expect(200);
    for customer in [&list["data"][1]["customer"], &whole["customer"]] {
        assert_eq!(*customer, json!({"id": one.id, "name": "Sara"}));
    }
    for person in [&one, &merchant] {
        let list = app.get(Some(&person.token), REQUESTS).await.expect(200);
        let whole = app.get(Some(&person.token), &path).await.expect(200);
        for body in [&list["data"][0], &whole] {
            assert!(body.is_object() && body.get("customer").is_none(), "{body}");
        }
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_vehicle_that_is_renamed_is_found_by_its_new_name() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    Open::publish(&app, &owner, json!({"title": "Bumper"})).await;
    // As if the catalogue of the version before had called it so.
    for change in [
        "UPDATE vehicle_models SET name_en = 'Zamri' WHERE id = 101",
        "UPDATE request_texts SET words = 'qqbumper qqzamri qqtoyota'",
        "UPDATE catalogue_versions SET digest = x'00'",
    ] {
        app.tamper(change).await;
    }
    assert_eq!(titles(&app, &owner, "q=zamri").await, ["Bumper"]);
    catalogue::load(&app.running.app.db, app.clock.now()).await.unwrap();
    assert_eq!(titles(&app, &owner, "q=zamri").await, Vec::<String>::new());
    assert_eq!(titles(&app, &owner, "q=camry").await, ["Bumper"]);
    app.stop().await;
}

#[actix_web::test]
async fn both_sides_search_in_both_languages() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let part = |name: &str| json!([{"part_name": name, "quantity": 1}]);
    let arabic = json!({"title": "صدّام أمامي", "description": "أبيض", "items": part("الصدام"), "city": "جدة"});
    Open::publish(&app, &owner, arabic).await;
    let english = json!({"title": "Headlight", "description": "left, CX-5", "items": part("Lamp 81150-06D40"),
        "city": "Riyadh", "bidding_duration_s": 600});
    Open::publish(&app, &owner, english).await;
    for (query, wanted) in [
        ("q=صدام", vec!["صدّام أمامي"]),
        ("q=الصَّدام", vec!["صدّام أمامي"]),
        ("q=head", vec!["Headlight"]),
        ("q=HEADLIGHT%20left", vec!["Headlight"]),
        ("q=81150-06D40", vec!["Headlight"]),
        ("q=8115006d40", vec!["Headlight"]),
        ("q=كامري", vec!["Headlight", "صدّام أمامي"]),
        ("q=toyota", vec!["Headlight", "صدّام أمامي"]),
        ("q=toyota%20صدام", vec!["صدّام أمامي"]),
        ("q=windscreen", vec![]),
        ("part_name=lamp", vec!["Headlight"]),
        ("part_name=headlight", vec![]),
        ("q=left&part_name=lamp", vec!["Headlight"]),
        ("city=Jeddah", vec!["صدّام أمامي"]),
        ("city=الرياض", vec!["Headlight"]),
        ("brand_id=1&model_id=101", vec!["Headlight", "صدّام أمامي"]),
        ("model_id=102", vec![]),
        ("closing_within_s=900", vec!["Headlight"]),
        ("closing_within_s=7200", vec!["Headlight", "صدّام أمامي"]),
        ("sort=closing_soon", vec!["Headlight", "صدّام أمامي"]),
        ("status=cancelled", vec![]),
    ] {
        assert_eq!(titles(&app, &merchant, query).await, wanted, "{query}");
        assert_eq!(titles(&app, &owner, query).await, wanted, "{query}");
    }
    let stranger = app.person("0502222222", "customer").await;
    assert!(titles(&app, &stranger, "q=toyota").await.is_empty(), "somebody else's");
    app.stop().await;
}

#[actix_web::test]
async fn whatever_is_typed_finds_something_or_nothing() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    Open::publish(&app, &owner, json!({})).await;
    for word in [
        "%22",
        "%22%22%22",
        "*",
        "a*",
        "-a",
        "%2Ba",
        "(",
        "NEAR(a%20b)",
        "a%20AND%20NOT%20b",
        "words:a",
        "%00",
        "a%00b",
        "%27%20OR%201=1--",
        "%E2%80%AE",
        "^a",
        "~a",
        "%F0%9F%9A%97",
        "{a}",
        "a%0Ab",
        "\u{24b6}",
        "%5C",
        "%25",
    ] {
        for name in ["q", "part_name"] {
            let found = app.get(Some(&owner.token), &format!("{REQUESTS}?{name}={word}")).await;
            assert_eq!(found.status, 200, "{name}={word}: {found:?}");
        }
    }
    let long = "x".repeat(121);
    for (query, field) in [
        (format!("q={long}"), "q"),
        (format!("part_name={long}"), "part_name"),
        (format!("city={long}"), "city"),
        ("city=-".to_owned(), "city"),
        ("status=gone".to_owned(), "status"),
        ("sort=price".to_owned(), "sort"),
        ("closing_within_s=0".to_owned(), "closing_within_s"),
        ("cursor=x".to_owned(), "cursor"),
        ("cursor=req_0000000000001&sort=closing_soon".to_owned(), "cursor"),
        ("colour=white".to_owned(), "colour"),
    ] {
        let told = app.get(Some(&owner.token), &format!("{REQUESTS}?{query}")).await;
        assert_eq!((told.status, told.fields()), (422, vec![field]), "{query:.60}");
    }
    let huge = app.get(Some(&owner.token), &format!("{REQUESTS}?q={}", "x".repeat(10_000))).await;
    assert_eq!(huge.status, 414);
    app.stop().await;
}

#[actix_web::test]
async fn pages_join_in_every_order() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    deals_in(&app, &merchant, json!([{"brand_id": 1}]), json!(["Riyadh"])).await;
    for (number, secs) in [(1, 3_000), (2, 1_000), (3, 2_000), (4, 4_000), (5, 1_000)] {
        // What is elsewhere lies between the merchant's own.
        let city = if number == 3 { "Jeddah" } else { "Riyadh" };
        let own = json!({"title": number.to_string(), "bidding_duration_s": secs, "city": city});
        Open::publish(&app, &owner, own).await;
    }
    for (who, sort, wanted) in [
        (&owner, "newest", ["5", "4", "3", "2", "1"].as_slice()),
        (&owner, "closing_soon", &["2", "5", "3", "1", "4"]),
        (&merchant, "newest", &["5", "4", "2", "1"]),
        (&merchant, "closing_soon", &["2", "5", "1", "4"]),
    ] {
        for limit in [1, 2, 3, 100] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("{REQUESTS}?sort={sort}&limit={limit}&cursor={cursor}");
                let page = app.get(Some(&who.token), &path).await.expect(200);
                let rows = page["data"].as_array().unwrap();
                assert!(rows.len() <= limit);
                seen.extend(rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()));
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(seen, wanted, "{sort} by {limit}");
        }
    }
    app.stop().await;
}

#[actix_web::test]
async fn the_ring_comes_to_the_merchant() {
    let app = TestApp::configured(|config| config.auth.access_minutes = 1_440).await;
    let owner = app.person("0501111111", "customer").await;
    let (near, far) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    deals_in(&app, &near, json!([{"part_group": "glass"}]), json!(["الرياض"])).await;
    deals_in(&app, &far, json!([]), json!(["Jeddah"])).await;
    let items = json!([{"part_name": "Bumper", "quantity": 1, "part_group": "body"}]);
    let open = Open::publish(&app, &owner, json!({"items": items, "city": "Riyadh"})).await;
    let path = format!("{REQUESTS}/{}", open.id);
    let refused = async |who: &Person, key: &str| {
        let answer = open.bid(&app, who, key, "900.00", json!({})).await;
        (answer.status, answer.problem().to_owned(), answer.body["reason"].clone())
    };
    assert_eq!(refused(&near, "a").await, (403, "not_eligible".to_owned(), json!("specialization")));
    assert_eq!(refused(&far, "b").await, (403, "not_eligible".to_owned(), json!("area")));
    assert!(titles(&app, &near, "").await.is_empty() && titles(&app, &far, "").await.is_empty());
    app.get(Some(&far.token), &path).await.expect(200);
    let bids = app.get(Some(&far.token), &format!("/api/v1/bidding/requests/{}/bids", open.id)).await;
    assert_eq!((bids.status, bids.problem()), (403, "not_eligible"));

    let widen = async |ring: i64| {
        app.clock.advance(Span::secs(901));
        for _ in 0..2_000 {
            if app.get(Some(&owner.token), &path).await.expect(200)["ring"] == ring {
                return;
            }
        }
        panic!("the ring does not reach {ring}");
    };
    widen(1).await;
    assert_eq!(titles(&app, &near, "").await, ["Front bumper"]);
    assert_eq!(refused(&far, "b").await.2, json!("area"), "a refusal is not remembered");
    open.bid(&app, &near, "a", "900.00", json!({})).await.expect(201);
    widen(2).await;
    open.bid(&app, &far, "b", "890.00", json!({})).await.expect(201);
    let seen = app.get(Some(&far.token), &path).await.expect(200);
    assert!(seen.get("ring").is_none(), "how few bid is the customer's to know: {seen}");
    let events = format!("/api/v1/bidding/requests/{}/events", open.id);
    let told = async |who: &Person| {
        let list = app.get(Some(&who.token), &events).await.expect(200);
        list["data"].as_array().unwrap().iter().filter(|event| event["type"] == "ring.widened").count()
    };
    assert_eq!((told(&owner).await, told(&far).await), (2, 0));
    app.stop().await;
}

#[actix_web::test]
async fn a_rating_may_be_asked_for_and_an_invitation_needs_none() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (asked, other) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    let rules = json!({"min_rating_milli": 3_501, "invited": [asked.id]});
    let open = Open::publish(&app, &owner, json!({"rules": rules})).await;
    assert_eq!(titles(&app, &asked, "").await, ["Front bumper"]);
    assert!(titles(&app, &other, "").await.is_empty());
    let refused = open.bid(&app, &other, "a", "900.00", json!({})).await;
    assert_eq!((refused.problem(), &refused.body["reason"]), ("not_eligible", &json!("rating")));
    open.bid(&app, &asked, "b", "900.00", json!({})).await.expect(201);
    // Who bids stays in, whatever its profile says later.
    deals_in(&app, &asked, json!([{"brand_id": 2}]), json!(["Abha"])).await;
    let block = json!({"merchant_id": asked.id});
    assert_eq!(titles(&app, &asked, "").await, ["Front bumper"]);
    app.post(Some(&owner.token), "/api/v1/users/blocks", &block).await;
    assert!(titles(&app, &asked, "").await.is_empty(), "blocked");
    app.stop().await;
}
