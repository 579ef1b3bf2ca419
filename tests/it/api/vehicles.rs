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
    assert_eq!(made["vin"], "1HGCM82633A004353");
    assert_eq!(made["warnings"], json!(["vin_check_digit", "vin_year", "vin_maker"]));
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
        ("user_id", json!("usr_0000000000001")),
        ("full_name", json!("Rolls-Royce")),
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
    assert_eq!((&changed["full_name"], &changed["is_primary"]), (&json!("Toyota Corolla 2020"), &json!(false)));
    assert_eq!(app.delete(token, &path).await.status, 204);
    assert_eq!(app.get(token, &path).await.status, 404);
    for (query, field) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=x", "cursor"), ("colour=red", "colour")]
    {
        assert_eq!(app.get(token, &format!("{VEHICLES}?{query}")).await.fields(), [field]);
    }
    app.stop().await;
}

async fn primaries(app: &TestApp, token: Option<&str>) -> Vec<String> {
    let list = app.get(token, &format!("{VEHICLES}?limit=100")).await.expect(200);
    let all = list["data"].as_array().unwrap().iter().filter(|vehicle| vehicle["is_primary"] == true);
    all.map(|vehicle| vehicle["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn the_first_place_is_handed_on_and_never_empty() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let body = json!({"brand_id": 1, "model_id": 101, "year": 2019});
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(app.post(token, VEHICLES, &body).await.expect(201)["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(primaries(&app, token).await, [ids[0].as_str()], "the first");
    let path = |id: &str| format!("{VEHICLES}/{id}");
    app.put(token, &path(&ids[0]), &body).await.expect(200);
    assert_eq!(primaries(&app, token).await, [ids[0].as_str()], "a change that does not speak of it keeps it");
    let first = app.post(token, &format!("{}/primary", path(&ids[1])), &json!({})).await.expect(200);
    assert_eq!(first["is_primary"], true);
    assert_eq!(primaries(&app, token).await, [ids[1].as_str()]);
    assert_eq!(app.delete(token, &path(&ids[1])).await.status, 204);
    assert_eq!(primaries(&app, token).await, [ids[2].as_str()], "the newest of the others");
    assert_eq!(app.delete(token, &path(&ids[0])).await.status, 204);
    assert_eq!(primaries(&app, token).await, [ids[2].as_str()]);
    assert_eq!(app.delete(token, &path(&ids[2])).await.status, 204);
    assert!(primaries(&app, token).await.is_empty());
    let stranger = app.person("0502222222", "customer").await;
    let answer = app.post(Some(&stranger.token), &format!("{}/primary", path(&ids[0])), &json!({})).await;
    assert_eq!((answer.status, answer.problem()), (404, "unknown_vehicle"));
    app.stop().await;
}

#[actix_web::test]
async fn many_at_once_leave_exactly_one_first() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let body = |primary: bool| json!({"brand_id": 1, "model_id": 101, "year": 2019, "is_primary": primary});
    let make = (0..20).map(|number| {
        let (app, body) = (&app, body(number % 2 == 0));
        async move { app.post(token, VEHICLES, &body).await.expect(201)["id"].as_str().unwrap().to_owned() }
    });
    let ids = futures_util::future::join_all(make).await;
    assert_eq!(primaries(&app, token).await.len(), 1);
    let churn = ids.iter().enumerate().map(|(number, id)| {
        let (app, path, body) = (&app, format!("{VEHICLES}/{id}"), body(true));
        async move {
            match number % 3 {
                0 => app.delete(token, &path).await,
                1 => app.put(token, &path, &body).await,
                _ => app.post(token, &format!("{path}/primary"), &json!({})).await,
            }
        }
    });
    for answer in futures_util::future::join_all(churn).await {
        assert!([200, 204].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(primaries(&app, token).await.len(), 1);
    app.stop().await;
}

#[actix_web::test]
async fn a_wrong_vin_is_told_where_and_a_doubtful_one_is_kept() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let token = Some(owner.token.as_str());
    let body = |vin: &str, year: i64| json!({"brand_id": 1, "model_id": 101, "year": year, "vin": vin});
    for (vin, code, part) in [
        ("1HGCM8263IA004352", "character", "character 10 is 'I'"),
        ("1HGCM82633AO04352", "character", "character 12 is 'O'"),
        ("1M8GDM9AXKP0427888", "length", "has 18"),
    ] {
        let answer = app.post(token, VEHICLES, &body(vin, 2019)).await;
        assert_eq!((answer.fields(), &answer.body["errors"][0]["code"]), (vec!["vin"], &json!(code)), "{vin}");
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains(part), "{answer:?}");
    }
    for (vin, year, warnings) in [
        ("4T1BF1FK7EU123456", 2014, json!([])),
        ("4T1BF1FK7EU123456", 2016, json!(["vin_year"])),
        ("4T1BF1FK6EU123456", 2014, json!(["vin_check_digit"])),
    ] {
        let right = mazad::domain::vin::Vin::parse("4T1BF1FK7EU123456").unwrap().right_check_digit();
        assert_eq!(right, '7', "the example has the right check digit");
        assert_eq!(app.post(token, VEHICLES, &body(vin, year)).await.expect(201)["warnings"], warnings, "{vin} {year}");
    }
    app.stop().await;
}
