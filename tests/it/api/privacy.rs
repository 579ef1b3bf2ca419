//! To have one's data, and to have it erased.

use mazad::domain::ids::RequestId;
use mazad::domain::time::Span;
use mazad::flows::rollups::Pace;
use mazad::flows::rollups::Rollups;
use mazad::persistence::Db;
use mazad::persistence::audit;
use mazad::persistence::audit::Verdict;
use mazad::persistence::journal;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;

use crate::support::app::Answer;
use crate::support::app::PASSWORD;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::open_request::VEHICLES;
use crate::support::store::behind;

const EXPORT: &str = "/api/v1/users/export";

async fn erase(app: &TestApp, who: &Person, password: &str) -> Answer {
    let request = app.request(Method::DELETE, Some(&who.token), "/api/v1/users/me");
    app.send(request.json(&json!({"password": password}))).await
}

/// Every text of the database that has one of these words in it.
async fn hits(db: &Db, words: &[&str]) -> Vec<String> {
    let (columns, bytes) = match db {
        Db::Sqlite { .. } => (
            "SELECT t.name AS t, c.name AS c FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
            "BLOB",
        ),
        Db::MySql { .. } => (
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = DATABASE()",
            "BINARY",
        ),
    };
    let columns: Vec<(String, String)> = behind!(db, pool => sqlx::query_as(columns).fetch_all(pool).await.unwrap());
    assert!(columns.len() > 100, "{}", columns.len());
    let mut found = Vec::new();
    for (table, column) in columns {
        let text = format!("SELECT CAST(`{column}` AS {bytes}) FROM `{table}` WHERE `{column}` IS NOT NULL");
        let text = AssertSqlSafe(text).into_sql_str();
        let values: Vec<Vec<u8>> = behind!(db, pool => sqlx::query_scalar(text).fetch_all(pool).await.unwrap());
        for value in values {
            let value = String::from_utf8_lossy(&value).to_lowercase();
            for word in words.iter().filter(|word| value.contains(&word.to_lowercase())) {
                found.push(format!("{table}.{column}: {word} in {value}"));
            }
        }
    }
    found
}

async fn named(app: &TestApp, phone: &str, kind: &str, name: &str, email: &str) -> Person {
    let body = json!({"name": name, "phone": phone, "email": email, "password": PASSWORD, "type": kind});
    let registered = app.post(None, "/api/v1/auth/register", &body).await.expect(201);
    let body = json!({"user_id": registered["user_id"], "otp_code": app.code_for(phone)});
    let request = app.request(Method::POST, None, "/api/v1/auth/verify-otp").header("user-agent", "Zaynab's telephone");
    let entered = app.send(request.json(&body)).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Person {
        id: text(&entered["user"]["id"]),
        token: text(&entered["access_token"]),
        refresh: text(&entered["refresh_token"]),
    }
}

#[actix_web::test]
async fn an_erased_customer_is_nowhere_and_the_books_still_add_up() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let who = named(&app, "0507654321", "customer", "Zaynab Alqahtani", "zaynab@example.com").await;
    let (merchant, blocked) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let admin = app.admin("0509999999").await;
    let token = Some(who.token.as_str());
    let words = ["Zaynab", "Alqahtani", "507654321", "JTMHX05J0B4012345", "Olaya Lane", "RRRD2929", "24.713552"];
    assert_eq!(hits(db, &words[3..]).await.len(), 0);

    let address = json!({
        "building_number": "2929", "street": "Olaya Lane", "district": "Olaya", "city": "Riyadh",
        "postal_code": "13321", "additional_number": "8118", "short_address": "RRRD2929",
    });
    let profile = json!({"national_address": address, "default_location": {"lat": "24.713552", "lng": "46.6"}});
    app.put(token, "/api/v1/users/customer-profile", &profile).await.expect(200);
    let vehicle =
        json!({"brand_id": 1, "model_id": 109, "year": 2011, "vin": "JTMHX05J0B4012345", "custom_name": "Zaynab's"});
    let vehicle = app.post(token, VEHICLES, &vehicle).await.expect(201);
    app.post(token, "/api/v1/users/blocks", &json!({"merchant_id": blocked.id})).await;
    let telling = json!({
        "vehicle_id": vehicle["id"],
        "title": "For Zaynab Alqahtani", "description": "call 0507654321", "preferred_pickup": "Olaya Lane",
        "items": [
            {"part_name": "Bumper", "quantity": 1, "description": "for Zaynab"},
            {"part_name": "Key", "part_number": "JTMHX05J0B4012345", "quantity": 1},
            {"part_name": "Lamp for ZAYNAB ALQAHTANI", "quantity": 1},
        ],
    });
    let mut draft = telling.clone();
    draft["bidding_duration_s"] = json!(3_600);
    app.post(token, REQUESTS, &draft).await.expect(201);
    let mut published = telling;
    published["rules"] = json!({"allow_partial": true});
    let open = Open::publish(&app, &who, published).await;
    let pause = format!("{REQUESTS}/{}/pause", open.id);
    app.post(token, &pause, &json!({"reason": "ask at 050 765 4321 or zaynab@example.com"})).await.expect(200);
    app.post(token, &pause.replace("pause", "resume"), &json!({})).await.expect(200);
    open.bid(&app, &merchant, "k1", "100.00", json!({})).await.expect(201);
    let suspended = format!("/api/v1/users/{}/suspend", who.id);
    app.post(Some(&admin.token), &suspended, &json!({"reason": "Zaynab 0507654321 complained"})).await.expect(200);
    app.post(Some(&admin.token), &suspended.replace("suspend", "reinstate"), &json!({})).await.expect(200);
    let who = Person { token: app.sign_in("0507654321").await.token, ..who };
    let token = Some(who.token.as_str());
    assert!(hits(db, &words).await.len() > 12, "what is to be erased is there");

    let refused = erase(&app, &who, "another password").await;
    assert_eq!((refused.fields(), &refused.body["errors"][0]["code"]), (vec!["password"], &json!("wrong")));
    let refused = erase(&app, &who, PASSWORD).await;
    assert_eq!((refused.status, refused.problem(), &refused.body["open_requests"]), (409, "open_business", &json!(1)));
    app.get(token, "/api/v1/auth/me").await.expect(200);
    app.post(token, &format!("{REQUESTS}/{}/cancel", open.id), &json!({"reason": "no longer"})).await.expect(200);
    app.clock.advance(Span::secs(61));
    assert_eq!(app.post(token, "/api/v1/users/me/erasure-code", &json!({})).await.status, 204);
    let code = app.code_for("0507654321");
    let by_code = |code: &str| app.request(Method::DELETE, token, "/api/v1/users/me").json(&json!({"otp_code": code}));
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    assert_eq!(app.send(by_code(&wrong)).await.problem(), "otp_wrong");
    assert_eq!(app.send(by_code(&code)).await.status, 204);

    // The figures are counted anew a few seconds later, by the job that keeps them.
    Rollups::new(db, app.clock.clone()).round(Pace::FULL).await.unwrap();
    assert_eq!(hits(db, &words).await, Vec::<String>::new());
    assert_eq!(app.get(token, "/api/v1/auth/me").await.problem(), "unauthenticated");
    let login = json!({"phone": "0507654321", "password": PASSWORD});
    assert_eq!(app.post(None, "/api/v1/auth/login", &login).await.problem(), "bad_credentials");
    let reinstate = format!("/api/v1/users/{}/reinstate", who.id);
    assert_eq!(app.post(Some(&admin.token), &reinstate, &json!({})).await.problem(), "unknown_user", "for good");
    // The journal and the audit log verify, and the merchant still has its bid.
    let request: RequestId = open.id.parse().unwrap();
    assert!(journal::load(db, request, 0).await.unwrap().len() >= 5);
    assert!(matches!(audit::verify(db).await.unwrap(), Verdict::Whole { entries: 3, .. }));
    let bids = app.get(Some(&merchant.token), "/api/v1/bidding/bids").await.expect(200);
    assert_eq!(bids["data"][0]["landed"], "100.00", "{bids}");
    assert_eq!(bids["data"][0]["title"], Value::Null, "words of whoever is gone");
    // The number belongs to nobody now.
    app.clock.advance(Span::secs(3_600));
    app.person("0507654321", "merchant").await;
    app.stop().await;
}

#[actix_web::test]
async fn an_erased_merchant_leaves_its_amounts_behind() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let customer = app.person("0501111111", "customer").await;
    let who = named(&app, "0507654321", "merchant", "Zaynab Alqahtani", "zaynab@example.com").await;
    let admin = app.admin("0509999999").await;
    let profile = json!({
        "business_name": "Alqahtani Parts", "business_license": "4030123456", "service_areas": ["Unayzah"],
        "verification_documents": [{"kind": "owner_identity", "number": "1098765432"}],
    });
    app.put(Some(&who.token), "/api/v1/users/merchant-profile", &profile).await.expect(200);
    app.post(Some(&admin.token), &format!("/api/v1/users/merchants/{}/verify", who.id), &json!({})).await.expect(200);
    let open = Open::publish(&app, &customer, json!({})).await;
    let notes = json!({"notes": "call 0507654321 or zaynab@example.com", "payment_terms": "cash, +966 50 765 4321"});
    let placed = open.bid(&app, &who, "k1", "100.00", notes).await.expect(201);
    assert_eq!(hits(db, &["4030123456", "Unayzah", "1098765432"]).await.len(), 3);
    let refused = erase(&app, &who, PASSWORD).await;
    assert_eq!((refused.problem(), &refused.body["live_bids"]), ("open_business", &json!(1)));
    let withdraw = app.request(
        Method::DELETE,
        Some(&who.token),
        &format!("/api/v1/bidding/bids/{}", placed["bid"]["id"].as_str().unwrap()),
    );
    let withdraw = withdraw.header("Idempotency-Key", "k2").json(&json!({"reason": "ring 0507654321"}));
    app.send(withdraw).await.expect(200);
    assert_eq!(erase(&app, &who, PASSWORD).await.status, 204);
    let words = ["Zaynab", "Alqahtani", "507654321", "765 4321", "4030123456", "Unayzah", "1098765432"];
    assert_eq!(hits(db, &words).await, Vec::<String>::new());
    let request: RequestId = open.id.parse().unwrap();
    let entries = journal::load(db, request, 0).await.unwrap();
    assert!(entries.iter().any(|entry| entry.payload.contains("•••")), "contacts never went in");
    app.stop().await;
}

#[actix_web::test]
async fn an_export_has_everything_about_oneself_and_nothing_of_others() {
    let app = TestApp::start().await;
    let customer = named(&app, "0507654321", "customer", "Zaynab Alqahtani", "zaynab@example.com").await;
    let (merchant, rival) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let token = Some(customer.token.as_str());
    app.post(token, "/api/v1/users/blocks", &json!({"merchant_id": rival.id})).await;
    let open = Open::publish(&app, &customer, json!({"description": "white one"})).await;
    let floor = json!({"floor": "80.00", "notes": "as new"});
    open.bid(&app, &merchant, "k1", "100.00", floor).await.expect(201);
    for _ in 0..45 {
        let body = json!({"brand_id": 1, "model_id": 101, "year": 2019});
        app.post(token, VEHICLES, &body).await.expect(201);
    }

    assert_eq!(app.get(None, EXPORT).await.problem(), "unauthenticated");
    let answer = app.get(token, EXPORT).await;
    assert_eq!(
        (answer.kind.as_str(), &answer.headers["cache-control"]),
        ("application/json", &"no-store".parse().unwrap())
    );
    let all = answer.expect(200);
    let count = |name: &str| all[name].as_array().unwrap().len();
    assert_eq!(
        (&all["account"]["name"], &all["account"]["email"]),
        (&json!("Zaynab Alqahtani"), &json!("zaynab@example.com"))
    );
    assert_eq!((count("vehicles"), count("requests"), count("blocks"), count("sessions")), (46, 1, 1, 1));
    assert_eq!((count("bids"), count("invitations"), count("measures")), (0, 0, 0));
    assert_eq!(
        (&all["requests"][0]["description"], &all["requests"][0]["status"]),
        (&json!("white one"), &json!("bidding_open"))
    );
    assert_eq!(all["sessions"][0]["device"], "Zaynab's telephone");
    let text = all.to_string();
    for other in ["argon2", "as new", "80.00", "502222222"] {
        assert!(!text.contains(other), "{other}");
    }
    let theirs = app.get(Some(&merchant.token), EXPORT).await.expect(200);
    assert_eq!(
        (&theirs["bids"][0]["floor"], &theirs["bids"][0]["items"][0]["unit_price"]),
        (&json!("80.00"), &json!("100.00"))
    );
    assert!(!theirs.to_string().contains("Zaynab"));
    app.stop().await;
}
