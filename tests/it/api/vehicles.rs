//! Vehicles and the catalogue.

use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;

const VEHICLES: &str = "/api/v1/users/vehicles";

#[actix_web::test]
async fn the_catalogue_names_a_vehicle_in_two_languages() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let brands = app.get(None, "/api/v1/catalog/brands?q=toy").await.expect(200);
    let brand = brands["data"][0]["id"].as_i64().unwrap();
    let models = app.get(None, &format!("/api/v1/catalog/brands/{brand}/models")).await.expect(200);
    let camry = models["data"].as_array().unwrap().iter().find(|model| model["name_en"] == "Camry").unwrap();
    let body = json!({"brand_id": brand, "model_id": camry["id"], "trim_id": 10104, "year": 2019,
        "vin": "1hgcm82633a004353", "custom_name": "  البيضاء "});
    let made = app.post(token, VEHICLES, &body).await.expect(201);
    assert_eq!(made["full_name"], "Toyota Camry GLE 2019");
    assert_eq!((&made["is_primary"], &made["custom_name"]), (&json!(true), &json!("البيضاء")));
    assert_eq!((&made["vin"], &made["warnings"]), (&json!("1HGCM82633A004353"), &json!(["vin_check_digit"])));
    let path = format!("{VEHICLES}/{}", made["id"].as_str().unwrap());
    let arabic = app.send(app.request(Method::GET, token, &path).header("accept-language", "ar")).await.expect(200);
    assert_eq!(arabic["full_name"], "تويوتا كامري GLE 2019");
    app.stop().await;
}

#[actix_web::test]
async fn wrong_vehicles_are_refused_field_by_field() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let valid = json!({"brand_id": 1, "model_id": 101, "year": 2019});
    for (field, value) in [
        ("model_id", json!(201)),
        ("year", json!(1950)),
        ("year", json!(2028)),
        ("year", json!(99_999_999_999_i64)),
        ("trim_id", json!(10201)),
        ("vin", json!("1HGCM82633A00435O")),
        ("mileage_km", json!(-1)),
        ("engine_type", json!("x".repeat(121))),
    ] {
        let mut body = valid.clone();
        body[field] = value;
        assert_eq!(app.post(token, VEHICLES, &body).await.fields(), [field], "{body}");
    }
    let merchant = app.person("0502222222", "merchant").await;
    let answer = app.post(Some(&merchant.token), VEHICLES, &valid).await;
    assert_eq!((answer.status, answer.problem()), (403, "not_a_customer"));
    app.stop().await;
}

#[actix_web::test]
async fn one_vehicle_is_primary_and_others_are_nobodys_business() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let body = |primary: bool| json!({"brand_id": 1, "model_id": 101, "year": 2019, "is_primary": primary});
    let mut ids = Vec::new();
    for primary in [false, false, true] {
        let made = app.post(token, VEHICLES, &body(primary)).await.expect(201);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let first = app.get(token, &format!("{VEHICLES}?limit=2")).await.expect(200);
    assert_eq!(first["data"][0]["id"], ids[2], "newest first");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = app.get(token, &format!("{VEHICLES}?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((second["data"].as_array().unwrap().len(), &second["next_cursor"]), (1, &json!(null)));
    let primary = |list: &serde_json::Value| {
        list["data"].as_array().unwrap().iter().filter(|vehicle| vehicle["is_primary"] == true).count()
    };
    assert_eq!(primary(&first) + primary(&second), 1);

    let stranger = app.person("0503333333", "customer").await;
    let path = format!("{VEHICLES}/{}", ids[0]);
    for id in [ids[0].as_str(), "veh_0000000000009", "veh_x", "1", "req_0000000000001"] {
        let path = format!("{VEHICLES}/{id}");
        let them = Some(stranger.token.as_str());
        let answers =
            [app.get(them, &path).await, app.put(them, &path, &body(true)).await, app.delete(them, &path).await];
        for answer in answers {
            assert_eq!((answer.status, answer.problem()), (404, "unknown_vehicle"), "{id}");
        }
    }
    let changed = app.put(token, &path, &json!({"brand_id": 1, "model_id": 102, "year": 2020})).await.expect(200);
    assert_eq!(changed["full_name"], "Toyota Corolla 2020");
    assert_eq!(app.delete(token, &path).await.status, 204);
    assert_eq!(app.get(token, &path).await.status, 404);
    for (query, field) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=x", "cursor"), ("colour=red", "colour")]
    {
        assert_eq!(app.get(token, &format!("{VEHICLES}?{query}")).await.fields(), [field]);
    }
    app.stop().await;
}
