//! What customers and merchants say of themselves.

use serde_json::Value;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::open_request::Open;

const CUSTOMER: &str = "/api/v1/users/customer-profile";
const MERCHANT: &str = "/api/v1/users/merchant-profile";

fn address() -> Value {
    json!({
        "building_number": "٢٩٢٩", "street": " Prince  Mohammed ", "district": "العليا", "city": "الرياض",
        "postal_code": "13321", "additional_number": "8118", "short_address": "rrrd 2929",
    })
}

fn business() -> Value {
    json!({
        "business_name": "ورشة النور",
        "business_license": "١٠١٠١٢٣٤٥٦",
        "specializations": [{"brand_id": 1}, {"part_group": "brakes"}, {"brand_id": 1}],
        "business_hours": {
            "sunday": [{"opens": "08:00", "closes": "12:00"}, {"opens": "16:00", "closes": "24:00"}],
            "friday": [],
        },
        "service_areas": ["الرياض", "الخرج", "الـرياض"],
        "verification_documents": [{"kind": "vat_certificate", "number": "٣٠٠0", "expires_on": "2026-11-22"}],
    })
}

#[actix_web::test]
async fn a_customer_keeps_an_address_a_place_and_preferences() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let empty = app.get(token, CUSTOMER).await.expect(200);
    assert_eq!((&empty["national_address"], &empty["preferences"]["conditions"]), (&json!(null), &json!([])));
    let body = json!({
        "national_address": address(),
        "default_location": {"lat": "24.713552", "lng": "-0.5"},
        "preferences": {"conditions": ["used", "new_original", "used"], "visibility": "sealed", "prefers_pickup": true},
    });
    let kept = app.put(token, CUSTOMER, &body).await.expect(200);
    let wanted = json!({
        "building_number": "2929", "street": "Prince Mohammed", "district": "العليا", "city": "الرياض",
        "postal_code": "13321", "additional_number": "8118", "short_address": "RRRD2929",
    });
    assert_eq!(kept["national_address"], wanted);
    assert_eq!(kept["default_location"], json!({"lat": "24.713552", "lng": "-0.500000"}));
    assert_eq!(kept["preferences"]["conditions"], json!(["used", "new_original"]));
    assert_eq!(app.get(token, CUSTOMER).await.expect(200), kept);
    let cleared = app.put(token, CUSTOMER, &json!({})).await.expect(200);
    assert_eq!((&cleared["national_address"], &cleared["default_location"]), (&json!(null), &json!(null)));

    let merchant = app.person("0502222222", "merchant").await;
    assert_eq!(app.get(Some(&merchant.token), CUSTOMER).await.problem(), "not_a_customer");
    assert_eq!(app.put(Some(&merchant.token), CUSTOMER, &body).await.problem(), "not_a_customer");
    assert_eq!(app.get(None, CUSTOMER).await.problem(), "unauthenticated");
    app.stop().await;
}

#[actix_web::test]
async fn wrong_parts_of_a_profile_are_named() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.person("0502222222", "merchant").await;
    for (pointer, value, field) in [
        ("/national_address/building_number", json!("292"), "national_address.building_number"),
        ("/national_address/postal_code", json!("1332"), "national_address.postal_code"),
        ("/national_address/additional_number", json!("81180"), "national_address.additional_number"),
        ("/national_address/short_address", json!("RRR2929"), "national_address.short_address"),
        ("/national_address/street", json!(" \u{200b}"), "national_address.street"),
        ("/national_address/city", json!("x".repeat(121)), "national_address.city"),
        ("/default_location/lat", json!("90.1"), "default_location.lat"),
        ("/default_location/lng", json!(46.6), "default_location.lng"),
        ("/preferences/visibility", json!("shut"), "preferences.visibility"),
        ("/preferences/anything", json!(1), "preferences.anything"),
        ("/rating_milli", json!(5_000), "rating_milli"),
        ("/user_id", json!(merchant.id), "user_id"),
    ] {
        let mut body = json!({
            "national_address": address(), "default_location": {"lat": "24.7", "lng": "46.6"}, "preferences": {},
        });
        put(&mut body, pointer, value);
        assert_eq!(app.put(Some(&owner.token), CUSTOMER, &body).await.fields(), [field], "{body}");
    }
    for (pointer, value, field) in [
        ("/business_name", json!(""), "business_name"),
        ("/business_license", json!("101012345"), "business_license"),
        ("/specializations/0", json!({"brand_id": 999_999}), "specializations[0].brand_id"),
        ("/specializations/1", json!({"part_group": "wings"}), "specializations[1].part_group"),
        ("/specializations/1", json!({"part_group": "brakes", "brand_id": 1}), "specializations[1]"),
        ("/business_hours/sunday/0/opens", json!("8:00"), "business_hours.sunday[0].opens"),
        ("/business_hours/sunday/1/opens", json!("11:59"), "business_hours.sunday"),
        ("/business_hours/holiday", json!([]), "business_hours.holiday"),
        ("/service_areas/1", json!(""), "service_areas[1]"),
        ("/verification_documents/0/expires_on", json!("2026-11-21"), "verification_documents[0].expires_on"),
        ("/verification_documents/0/expires_on", json!("tomorrow"), "verification_documents[0].expires_on"),
        ("/verification_documents/0/kind", json!("passport"), "verification_documents[0].kind"),
        ("/verification_documents/0/number", json!(""), "verification_documents[0].number"),
        ("/is_verified", json!(true), "is_verified"),
        ("/verified_at", json!("2026-11-22T12:00:00Z"), "verified_at"),
        ("/verification", json!({"status": "verified"}), "verification"),
        ("/rating_milli", json!(5_000), "rating_milli"),
        ("/kind", json!("admin"), "kind"),
    ] {
        let mut body = business();
        put(&mut body, pointer, value);
        let answer = app.put(Some(&merchant.token), MERCHANT, &body).await;
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let profile = app.get(Some(&merchant.token), MERCHANT).await.expect(200);
    assert_eq!((&profile["verification"]["status"], &profile["rating_milli"]), (&json!("pending"), &json!(3_500)));
    app.stop().await;
}

/// Puts a value where a pointer points, also where there is nothing yet.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => other[name] = value,
    }
}

#[actix_web::test]
async fn a_merchant_that_changes_its_name_or_licence_is_verified_again() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.person("0502222222", "merchant").await;
    let admin = app.admin("0509999999").await;
    let open = Open::publish(&app, &customer, json!({})).await;
    let token = Some(merchant.token.as_str());
    let kept = app.put(token, MERCHANT, &business()).await.expect(200);
    assert_eq!(kept["specializations"], json!([{"brand_id": 1}, {"part_group": "brakes"}]));
    assert_eq!(
        (&kept["business_license"], &kept["service_areas"]),
        (&json!("1010123456"), &json!(["الرياض", "الخرج"]))
    );
    assert_eq!(
        (&kept["verification"]["status"], &kept["sent_back_to_verification"]),
        (&json!("pending"), &json!(false))
    );
    let refused = open.bid(&app, &merchant, "k1", "100.00", json!({})).await;
    assert_eq!((refused.status, refused.problem()), (403, "not_verified"));
    let verify = format!("/api/v1/users/merchants/{}/verify", merchant.id);
    app.post(Some(&admin.token), &verify, &json!({})).await.expect(200);
    // At once, though a moment ago it was remembered as not verified.
    open.bid(&app, &merchant, "k2", "100.00", json!({})).await.expect(201);

    let mut other_hours = business();
    other_hours["business_hours"] = json!({});
    let kept = app.put(token, MERCHANT, &other_hours).await.expect(200);
    assert_eq!(
        (&kept["verification"]["status"], &kept["sent_back_to_verification"]),
        (&json!("verified"), &json!(false))
    );
    for (field, value) in [("business_name", json!("Another name")), ("business_license", json!(null))] {
        let mut changed = business();
        changed[field] = value;
        // Known as verified a moment ago.
        let twice = open.bid(&app, &merchant, &format!("{field}-before"), "90.00", json!({})).await;
        assert_eq!(twice.problem(), "already_bidding");
        let kept = app.put(token, MERCHANT, &changed).await.expect(200);
        let told = (&kept["verification"]["status"], &kept["sent_back_to_verification"]);
        assert_eq!(told, (&json!("pending"), &json!(true)), "{field}");
        let refused = open.bid(&app, &merchant, field, "90.00", json!({})).await;
        assert_eq!(refused.problem(), "not_verified", "{field}");
        app.post(Some(&admin.token), &verify, &json!({"reason": "papers seen at the counter"})).await.expect(200);
        // Back to what it was, which sends it back too.
        app.put(token, MERCHANT, &business()).await.expect(200);
        app.post(Some(&admin.token), &verify, &json!({})).await.expect(200);
    }
    app.stop().await;
}

#[actix_web::test]
async fn anybody_sees_a_verified_merchants_face_and_nothing_behind_it() {
    let app = TestApp::start().await;
    let merchant = app.person("0502222222", "merchant").await;
    let customer = app.person("0501111111", "customer").await;
    let admin = app.admin("0509999999").await;
    app.put(Some(&merchant.token), MERCHANT, &business()).await.expect(200);
    let path = format!("/api/v1/users/merchants/{}", merchant.id);
    for id in [merchant.id.as_str(), customer.id.as_str(), "usr_0000000000009", "x"] {
        let answer = app.get(None, &format!("/api/v1/users/merchants/{id}")).await;
        assert_eq!((answer.status, answer.problem()), (404, "unknown_user"), "{id}: not verified is not there");
    }
    app.post(Some(&admin.token), &format!("{path}/verify"), &json!({})).await.expect(200);
    let face = app.get(None, &path).await.expect(200);
    assert_eq!(
        (&face["name"], &face["city"], &face["rating_milli"]),
        (&json!("ورشة النور"), &json!("الرياض"), &json!(3_500))
    );
    assert_eq!(face["member_since"], "2026-11-22T12:00:00.000000Z");
    let text = face.to_string();
    for secret in ["502222222", "1010123456", "3000", "vat_certificate", "Somebody"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    app.post(Some(&admin.token), &format!("/api/v1/users/{}/suspend", merchant.id), &json!({"reason": "x"}))
        .await
        .expect(200);
    assert_eq!(app.get(None, &path).await.status, 404);
    app.stop().await;
}
