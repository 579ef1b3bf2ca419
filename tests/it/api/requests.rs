//! Part requests, from the draft to the end.

use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;

const REQUESTS: &str = "/api/v1/orders/requests";

async fn vehicle(app: &TestApp, owner: &Person) -> Value {
    let body = json!({"brand_id": 1, "model_id": 101, "year": 2019});
    app.post(Some(&owner.token), "/api/v1/users/vehicles", &body).await.expect(201)["id"].clone()
}

fn draft(vehicle: &Value) -> Value {
    json!({
        "vehicle_id": vehicle,
        "title": "Front bumper",
        "description": "White",
        "items": [{"part_name": "Bumper", "quantity": 1, "condition": "used"}, {"part_name": "Clip", "quantity": 8}],
        "bidding_duration_s": 3_600,
        "budget_max": "900.00",
    })
}

#[actix_web::test]
async fn a_draft_is_written_changed_and_deleted_by_its_customer_alone() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let stranger = app.person("0502222222", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let vehicle = vehicle(&app, &owner).await;
    let token = Some(owner.token.as_str());
    let made = app.post(token, REQUESTS, &draft(&vehicle)).await.expect(201);
    assert_eq!((&made["status"], &made["total_parts"]), (&json!("draft"), &json!(2)));
    assert_eq!((&made["budget_max"], &made["rules"]["weights"]["price"]), (&json!("900.00"), &json!(50)));
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    for other in [&stranger, &merchant] {
        let them = Some(other.token.as_str());
        let answer = app.get(them, &path).await;
        assert_eq!((answer.status, answer.problem()), (404, "unknown_request"));
        assert!(app.get(them, REQUESTS).await.expect(200)["data"].as_array().unwrap().is_empty());
    }
    let publish = format!("{path}/publish");
    assert_eq!(app.post(Some(&stranger.token), &publish, &json!({})).await.problem(), "unknown_request");
    let mut changed = draft(&vehicle);
    changed["title"] = json!("Rear bumper");
    assert_eq!(app.put(token, &path, &changed).await.expect(200)["title"], "Rear bumper");
    assert_eq!(app.delete(token, &path).await.status, 204);
    assert_eq!(app.get(token, &path).await.status, 404);
    app.stop().await;
}

#[actix_web::test]
async fn a_wrong_draft_names_its_fields() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let vehicle = vehicle(&app, &owner).await;
    let token = Some(owner.token.as_str());
    for (pointer, value, field) in [
        ("/vehicle_id", json!("veh_0000000000001"), "vehicle_id"),
        ("/vehicle_id", json!("req_0000000000001"), "vehicle_id"),
        ("/title", json!(" \u{200b} "), "title"),
        ("/items", json!([]), "items"),
        ("/items/0/quantity", json!(0), "items[0].quantity"),
        ("/items/1/quantity", json!(10_001), "items[1].quantity"),
        ("/items/0/condition", json!("broken"), "items[0].condition"),
        ("/bidding_duration_s", json!(59), "bidding_duration_s"),
        ("/bidding_duration_s", json!(1_209_601), "bidding_duration_s"),
        ("/budget_max", json!(900), "budget_max"),
        ("/budget_max", json!("900.001"), "budget_max"),
    ] {
        let mut body = draft(&vehicle);
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(app.post(token, REQUESTS, &body).await.fields(), [field], "{body}");
    }
    for (rules, field) in [
        (json!({"weights": {"price": 50, "merchant": 30, "delivery": 30}}), "rules.weights"),
        (json!({"min_bids": 0}), "rules.min_bids"),
        (json!({"visibility": "shut"}), "rules.visibility"),
        (json!({"secret": 1}), "rules.secret"),
    ] {
        let mut body = draft(&vehicle);
        body["rules"] = rules;
        assert_eq!(app.post(token, REQUESTS, &body).await.fields(), [field], "{body}");
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_published_request_is_open_to_merchants_and_run_by_its_customer() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    let vehicle = vehicle(&app, &owner).await;
    let token = Some(owner.token.as_str());
    let made = app.post(token, REQUESTS, &draft(&vehicle)).await.expect(201);
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    let order = |verb: &'static str, body: Value| {
        let (app, path) = (&app, format!("{path}/{verb}"));
        async move { app.post(token, &path, &body).await }
    };
    let published = order("publish", json!({})).await.expect(200);
    assert_eq!(published["request_id"], made["id"]);
    assert_eq!(order("publish", json!({})).await.status, 409, "once");
    assert_eq!(app.put(token, &path, &draft(&vehicle)).await.problem(), "not_a_draft");
    assert_eq!(app.delete(token, &path).await.problem(), "not_a_draft");

    // Opening is an event of its own, right after the publication.
    let mut seen = json!({"status": "published"});
    for _ in 0..1_000 {
        if seen["status"] != "published" {
            break;
        }
        seen = app.get(Some(&merchant.token), &path).await.expect(200);
    }
    assert_eq!((&seen["status"], &seen["total_bids"]), (&json!("bidding_open"), &json!(0)));
    assert!(seen.get("budget_max").is_none() && seen.get("invited").is_none(), "{seen}");
    assert_eq!(seen["vehicle"]["full_name"], "Toyota Camry 2019");
    let open = app.get(Some(&merchant.token), REQUESTS).await.expect(200);
    assert_eq!(open["data"][0]["id"], made["id"]);
    let before = published["closes_at"].as_str().unwrap().to_owned();

    let strange = app.post(Some(&merchant.token), &format!("{path}/pause"), &json!({"reason": "x"})).await;
    assert_eq!((strange.status, strange.problem()), (404, "unknown_request"));
    let paused = order("pause", json!({"reason": "photos are coming"})).await.expect(200);
    assert_eq!(paused["paused"], true);
    app.clock.advance(Span::secs(60));
    let resumed = order("resume", json!({})).await.expect(200);
    assert!(resumed["closes_at"].as_str().unwrap() > before.as_str(), "{resumed}");
    assert_eq!(order("extend", json!({"extend_by_s": 59})).await.problem(), "extension_refused");
    order("extend", json!({"extend_by_s": 60})).await.expect(200);
    assert_eq!(order("close", json!({})).await.problem(), "early_close_not_allowed");
    let cancelled = order("cancel", json!({"reason": "sold the car"})).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(order("cancel", json!({"reason": "again"})).await.problem(), "terminal");
    let mine = app.get(token, &format!("{REQUESTS}?status=cancelled")).await.expect(200);
    assert_eq!(mine["data"][0]["id"], made["id"]);
    app.stop().await;
}

#[actix_web::test]
async fn an_invitation_is_for_the_invited() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (asked, other) = (app.merchant("0503333333").await, app.merchant("0504444444").await);
    let mut body = draft(&vehicle(&app, &owner).await);
    body["rules"] = json!({"invite_only": true, "invited": [asked.id], "visibility": "sealed"});
    let made = app.post(Some(&owner.token), REQUESTS, &body).await.expect(201);
    assert_eq!(made["invited"], json!([asked.id]));
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    app.post(Some(&owner.token), &format!("{path}/publish"), &json!({})).await.expect(200);
    let seen = app.get(Some(&asked.token), &path).await.expect(200);
    assert_eq!(seen["total_bids"], json!(null), "sealed: not even how many");
    assert_eq!(app.get(Some(&other.token), &path).await.problem(), "unknown_request");
    assert!(app.get(Some(&other.token), REQUESTS).await.expect(200)["data"].as_array().unwrap().is_empty());
    app.stop().await;
}

#[actix_web::test]
async fn a_revised_bid_is_one_bid_wherever_its_customer_reads() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0503333333").await;
    for visibility in ["open", "sealed"] {
        let open = Open::publish(&app, &owner, json!({"rules": {"visibility": visibility}})).await;
        let bid = open.bid(&app, &merchant, visibility, "100.00", json!({})).await.expect(201);
        let path = format!("/api/v1/bidding/bids/{}", bid["bid"]["id"].as_str().unwrap());
        let cheaper = json!({"items": [{"request_item_id": open.item, "quantity": 1, "unit_price": "90.00"}],
            "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash"});
        let revision = app.request(Method::PUT, Some(&merchant.token), &path).header("idempotency-key", "cheaper");
        app.send(revision.json(&cheaper)).await.expect(200);
        let seen = app.get(Some(&owner.token), &format!("{REQUESTS}/{}", open.id)).await.expect(200);
        let listed = app.get(Some(&owner.token), REQUESTS).await.expect(200);
        assert_eq!((&listed["data"][0]["id"], &seen["total_bids"]), (&seen["id"], &json!(1)), "{visibility}");
        assert_eq!(listed["data"][0]["total_bids"], 1, "{visibility}");
    }
    app.stop().await;
}

#[actix_web::test]
async fn a_request_that_ended_is_posted_again_as_a_draft_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let invited = app.merchant("0503333333").await;
    let token = Some(owner.token.as_str());
    let mut body = draft(&vehicle(&app, &owner).await);
    body["rules"] = json!({"invited": [invited.id], "min_bids": 2});
    body["city"] = json!("Riyadh");
    body["opens_at"] = json!("2030-01-01T00:00:00Z");
    let old = app.post(token, REQUESTS, &body).await.expect(201);
    let path = format!("{REQUESTS}/{}", old["id"].as_str().unwrap());
    let repost = format!("{path}/repost");
    let early = app.post(token, &repost, &json!({})).await;
    assert_eq!((early.status, early.problem(), &early.body["state"]), (409, "wrong_state", &json!("draft")));
    app.post(token, &format!("{path}/publish"), &json!({})).await.expect(200);
    assert_eq!(app.post(token, &repost, &json!({})).await.problem(), "wrong_state");
    app.post(token, &format!("{path}/cancel"), &json!({"reason": "later"})).await.expect(200);
    let stranger = app.person("0502222222", "customer").await;
    assert_eq!(app.post(Some(&stranger.token), &repost, &json!({})).await.problem(), "unknown_request");

    let again = |key: &'static str| {
        let request = app.request(reqwest::Method::POST, token, &repost).header("idempotency-key", key);
        app.send(request.json(&json!({})))
    };
    let new = again("once").await.expect(201);
    assert_eq!(again("once").await.expect(201), new, "once");
    assert_ne!(new["id"], old["id"]);
    assert_eq!((&new["status"], &new["repost_of"]), (&json!("draft"), &old["id"]));
    for field in ["title", "description", "city", "rules", "invited", "budget_max", "bidding_duration_s"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    assert_eq!(new["opens_at"], Value::Null, "the old time is over");
    let items = |of: &Value| {
        let items = of["items"].as_array().unwrap().iter();
        items
            .map(|item| (item["part_name"].clone(), item["quantity"].clone(), item["condition"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(items(&new), items(&old));
    assert_ne!(new["items"][0]["id"], old["items"][0]["id"]);
    let mut changed = draft(&new["vehicle"]["id"]);
    changed["title"] = json!("Rear bumper");
    let path = format!("{REQUESTS}/{}", new["id"].as_str().unwrap());
    let changed = app.put(token, &path, &changed).await.expect(200);
    assert_eq!((&changed["title"], &changed["repost_of"]), (&json!("Rear bumper"), &old["id"]), "the link stays");
    app.post(token, &format!("{path}/publish"), &json!({})).await.expect(200);
    app.stop().await;
}

#[actix_web::test]
async fn every_field_of_a_draft_reads_back() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let body = json!({
        "vehicle_id": vehicle(&app, &owner).await,
        "title": "Brakes",
        "description": "front and rear",
        "items": [{"part_name": "Pads", "part_number": "04465-33471", "quantity": 2, "condition": "new_original",
            "part_group": "brakes", "description": "ceramic", "images": [], "estimated_price": "120.50"}],
        "preferred_pickup": "Olaya",
        "city": "Riyadh",
        "bidding_duration_s": 7_200,
        "opens_at": "2030-01-01T00:00:00.000000Z",
        "budget_min": "100.00",
        "budget_max": "900.00",
        "urgency_level": "urgent",
        "images": [],
        "rules": {"visibility": "rank_only", "weights": {"price": 60, "merchant": 20, "delivery": 20},
            "formula": "relative_v1", "soft_close_s": 90, "allow_partial": true, "allow_early_close": true, "min_bids": 2,
            "enforce_budget_max": true, "invite_only": false, "min_rating_milli": 4_000},
    });
    let made = app.post(token, REQUESTS, &body).await.expect(201);
    let read = app.get(token, &format!("{REQUESTS}/{}", made["id"].as_str().unwrap())).await.expect(200);
    for (name, value) in body.as_object().unwrap() {
        match name.as_str() {
            "vehicle_id" => assert_eq!(read["vehicle"]["id"], *value),
            "items" => {
                for (name, value) in value[0].as_object().unwrap() {
                    assert_eq!(read["items"][0][name], *value, "{name}");
                }
            }
            _ => assert_eq!(read[name], *value, "{name}"),
        }
    }
    for (rules, field) in [
        (json!({"soft_close_s": 1_801}), "rules.soft_close_s"),
        (json!({"soft_close_s": 1, "visibility": "sealed"}), "rules.soft_close_s"),
        (json!({"min_rating_milli": 5_001}), "rules.min_rating_milli"),
        (json!({"min_rating_milli": -1}), "rules.min_rating_milli"),
    ] {
        let mut wrong = body.clone();
        wrong["rules"] = rules;
        assert_eq!(app.post(token, REQUESTS, &wrong).await.fields(), [field]);
    }
    // Without a city it is that of the customer's address.
    let address = json!({"building_number": "2929", "street": "King Road", "district": "Naeem", "city": "جدة",
        "postal_code": "23513", "additional_number": "8118"});
    let profile = json!({"national_address": address, "preferences": {}});
    app.put(token, "/api/v1/users/customer-profile", &profile).await.expect(200);
    let mut homely = body;
    homely.as_object_mut().unwrap().remove("city");
    assert_eq!(app.post(token, REQUESTS, &homely).await.expect(201)["city"], "جدة");
    // Or that around the default location, which comes first.
    for (lat, lng, wanted) in [("24.71", "46.67", "Riyadh"), ("19.0", "50.0", "جدة")] {
        let profile =
            json!({"national_address": address, "default_location": {"lat": lat, "lng": lng}, "preferences": {}});
        app.put(token, "/api/v1/users/customer-profile", &profile).await.expect(200);
        assert_eq!(app.post(token, REQUESTS, &homely).await.expect(201)["city"], wanted);
    }
    app.stop().await;
}

#[actix_web::test]
async fn twenty_are_open_and_not_one_more_however_many_are_published_at_once() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let vehicle = vehicle(&app, &owner).await;
    let mut drafts = Vec::new();
    for _ in 0..30 {
        let made = app.post(token, REQUESTS, &draft(&vehicle)).await.expect(201);
        drafts.push(format!("{REQUESTS}/{}/publish", made["id"].as_str().unwrap()));
    }
    let nothing = json!({});
    let published = drafts.iter().map(|path| app.post(token, path, &nothing));
    let told = futures_util::future::join_all(published).await;
    let refused: Vec<_> = told.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!(refused.len(), 10, "{refused:?}");
    assert!(refused.iter().all(|answer| answer.status == 409 && answer.problem() == "too_many_open_requests"));
    app.stop().await;
}
