//! What administrators may do, and that it is written down.

use std::time::Duration;
use std::time::Instant;

use mazad::persistence::audit;
use mazad::persistence::audit::Verdict;
use serde_json::Value;
use serde_json::json;

use crate::support::app::PASSWORD;
use crate::support::app::TestApp;
use crate::support::open_request::Open;

const USERS: &str = "/api/v1/users";

async fn actions(app: &TestApp, subject: &str) -> Vec<(String, Option<String>)> {
    let entries = audit::list_of(&app.running.app.db, subject).await.unwrap();
    entries.into_iter().map(|entry| (entry.action, entry.reason)).collect()
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn users_are_searched_filtered_and_paged() {
    let app = TestApp::start().await;
    let admin = app.admin("0509999999").await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0502222222").await;
    let waiting = app.person("0503333333", "merchant").await;
    let token = Some(admin.token.as_str());
    let body = json!({"business_name": "100% Brake_Shop", "business_license": "1010123456"});
    app.put(Some(&waiting.token), "/api/v1/users/merchant-profile", &body).await.expect(200);
    for (query, wanted) in [
        ("", vec![&waiting, &merchant, &customer, &admin]),
        ("?type=customer", vec![&customer]),
        ("?verification=pending", vec![&waiting]),
        ("?verification=verified", vec![&merchant]),
        ("?q=050%20222", vec![&merchant]),
        ("?q=%2B966502222222", vec![&merchant]),
        ("?q=%D9%A0%D9%A5%D9%A0%D9%A2%D9%A2%D9%A2", vec![&merchant]),
        ("?q=bRAKE_", vec![&waiting]),
        ("?q=brake%25", vec![]),
        ("?q=somebody&type=merchant", vec![&waiting, &merchant]),
        ("?status=suspended", vec![]),
    ] {
        let list = app.get(token, &format!("{USERS}{query}")).await.expect(200);
        let wanted: Vec<_> = wanted.into_iter().map(|person| person.id.as_str()).collect();
        assert_eq!(ids(&list), wanted, "{query}");
    }
    let first = app.get(token, &format!("{USERS}?limit=3")).await.expect(200);
    let rest = format!("{USERS}?limit=3&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&app.get(token, &rest).await.expect(200)), [admin.id.as_str()]);
    for (query, field) in [("?limit=0", "limit"), ("?cursor=1", "cursor"), ("?sort=x", "sort")] {
        assert_eq!(app.get(token, &format!("{USERS}{query}")).await.fields(), [field]);
    }
    assert_eq!(app.get(token, &format!("{USERS}?type=king")).await.problem(), "validation_failed");
    let detail = app.get(token, &format!("{USERS}/{}", waiting.id)).await.expect(200);
    assert_eq!(
        (&detail["phone"], &detail["merchant_profile"]["business_license"]),
        (&json!("+966503333333"), &json!("1010123456"))
    );
    assert!(!detail.to_string().contains("argon2"), "{detail}");
    app.stop().await;
}

#[actix_web::test]
async fn nobody_else_has_an_administrators_rights() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchant = app.merchant("0502222222").await;
    let reason = json!({"reason": "because"});
    for (who, code) in [(None, "unauthenticated"), (Some(&customer), "not_an_admin"), (Some(&merchant), "not_an_admin")]
    {
        let token = who.map(|person| person.token.as_str());
        assert_eq!(app.get(token, USERS).await.problem(), code);
        assert_eq!(app.get(token, &format!("{USERS}/{}", customer.id)).await.problem(), code);
        for path in [
            format!("{USERS}/{}/suspend", merchant.id),
            format!("{USERS}/{}/reinstate", merchant.id),
            format!("{USERS}/merchants/{}/verify", merchant.id),
            format!("{USERS}/merchants/{}/reject", merchant.id),
        ] {
            assert_eq!(app.post(token, &path, &reason).await.problem(), code, "{path}");
        }
    }
    assert_eq!(actions(&app, &merchant.id).await, []);
    app.stop().await;
}

#[actix_web::test]
async fn a_suspended_merchant_is_out_at_once_and_its_bids_are_struck() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let (merchant, rival) = (app.merchant("0502222222").await, app.merchant("0503333333").await);
    let admin = app.admin("0509999999").await;
    let open = Open::publish(&app, &owner, json!({})).await;
    let placed = open.bid(&app, &merchant, "k1", "90.00", json!({})).await.expect(201);
    open.bid(&app, &rival, "k1", "100.00", json!({})).await.expect(201);
    let token = Some(admin.token.as_str());
    let suspend = format!("{USERS}/{}/suspend", merchant.id);

    assert_eq!(app.post(token, &suspend, &json!({"reason": " "})).await.fields(), ["reason"]);
    assert_eq!(app.post(token, &suspend, &json!({"reason": "x", "until": "2030"})).await.fields(), ["until"]);
    assert_eq!(
        app.post(token, &format!("{USERS}/usr_0000000000009/suspend"), &json!({"reason": "x"})).await.problem(),
        "unknown_user"
    );
    assert_eq!(
        app.post(token, &format!("{USERS}/{}/suspend", admin.id), &json!({"reason": "x"})).await.problem(),
        "own_account"
    );
    let began = Instant::now();
    let body = json!({"reason": "sells  counterfeit parts"});
    let account = app.post(token, &suspend, &body).await.expect(200);
    assert_eq!(account["suspended_reason"], "sells counterfeit parts");
    assert_eq!(app.get(Some(&merchant.token), "/api/v1/auth/me").await.problem(), "unauthenticated");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    app.post(token, &suspend, &body).await.expect(200);

    let refresh = json!({"refresh_token": merchant.refresh});
    assert_eq!(app.post(None, "/api/v1/auth/refresh", &refresh).await.status, 401);
    let login = json!({"phone": "0502222222", "password": PASSWORD});
    assert_eq!(app.post(None, "/api/v1/auth/login", &login).await.problem(), "suspended");
    let board = app.get(Some(&owner.token), &format!("/api/v1/bidding/requests/{}/bids", open.id)).await.expect(200);
    assert_eq!(
        (board["data"].as_array().unwrap().len(), &board["data"][0]["merchant"]),
        (1, &json!(rival.id)),
        "{board}"
    );
    let struck: mazad::domain::ids::BidId = placed["bid"]["id"].as_str().unwrap().parse().unwrap();
    let struck = mazad::persistence::bids::find_bid(&app.running.app.db, struck).await.unwrap().unwrap();
    assert_eq!(struck.status, "disqualified");

    app.post(token, &format!("{USERS}/{}/reinstate", merchant.id), &json!({})).await.expect(200);
    app.post(None, "/api/v1/auth/login", &login).await.expect(200);
    let told: Vec<_> = actions(&app, &merchant.id).await;
    let told: Vec<_> = told.iter().map(|(action, reason)| (action.as_str(), reason.as_deref().unwrap())).collect();
    assert_eq!(told, [("user_suspended", "sells counterfeit parts"), ("user_reinstated", "")], "each once");
    assert!(matches!(audit::verify(&app.running.app.db).await.unwrap(), Verdict::Whole { entries: 2, .. }));
    app.stop().await;
}

#[actix_web::test]
async fn a_merchant_is_verified_or_rejected_with_a_reason_that_it_reads() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let merchant = app.person("0502222222", "merchant").await;
    let admin = app.admin("0509999999").await;
    let open = Open::publish(&app, &owner, json!({})).await;
    let token = Some(admin.token.as_str());
    let order = |verb: &str| format!("{USERS}/merchants/{}/{verb}", merchant.id);
    let reject = json!({"reason": "the licence has expired"});
    let told = app.post(token, &order("reject"), &reject).await.expect(200);
    assert_eq!(
        (&told["verification"]["status"], &told["verification"]["reason"]),
        (&json!("rejected"), &reject["reason"])
    );
    let own = app.get(Some(&merchant.token), "/api/v1/users/merchant-profile").await.expect(200);
    assert_eq!(own["verification"]["reason"], reject["reason"]);
    let bare = app.post(token, &order("verify"), &json!({})).await;
    assert_eq!(bare.problem(), "papers_missing");
    assert_eq!(bare.body["missing"], json!(["business_license", "verification_documents"]));
    assert_eq!(app.post(token, &order("verify"), &json!({"reason": " "})).await.fields(), ["reason"]);
    let profile = |papers: Value| {
        json!({"business_name": "Noor", "business_license": "1010123456",
        "verification_documents": papers})
    };
    let path = "/api/v1/users/merchant-profile";
    app.put(Some(&merchant.token), path, &profile(json!([]))).await.expect(200);
    let half = app.post(token, &order("verify"), &json!({})).await;
    assert_eq!((half.problem(), &half.body["missing"]), ("papers_missing", &json!(["verification_documents"])));
    let paper = json!([{"kind": "commercial_registration", "number": "1010123456", "expires_on": "2030-01-01"}]);
    app.put(Some(&merchant.token), path, &profile(paper)).await.expect(200);
    app.post(token, &order("verify"), &json!({})).await.expect(200);
    open.bid(&app, &merchant, "k1", "100.00", json!({})).await.expect(201);
    // Its bid stays, and it can place no other.
    app.post(token, &order("reject"), &reject).await.expect(200);
    let elsewhere = Open::publish(&app, &owner, json!({})).await;
    assert_eq!(elsewhere.bid(&app, &merchant, "k2", "100.00", json!({})).await.problem(), "not_verified");
    let board = app.get(Some(&owner.token), &format!("/api/v1/bidding/requests/{}/bids", open.id)).await.expect(200);
    assert_eq!(board["data"].as_array().unwrap().len(), 1);
    for other in [&owner.id, &admin.id, &"usr_0000000000009".to_owned()] {
        let path = format!("{USERS}/merchants/{other}/verify");
        assert_eq!(app.post(token, &path, &json!({})).await.problem(), "unknown_user", "{other}");
    }
    let words: Vec<_> = actions(&app, &merchant.id).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(words, ["merchant_rejected", "merchant_verified", "merchant_rejected"]);
    app.stop().await;
}

#[actix_web::test]
async fn an_order_to_somebodys_auction_is_written_down() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let admin = app.admin("0509999999").await;
    let (open, own) = (Open::publish(&app, &owner, json!({})).await, Open::publish(&app, &owner, json!({})).await);
    for (who, open) in [(&admin, &open), (&owner, &own)] {
        let path = format!("/api/v1/orders/requests/{}/cancel", open.id);
        app.post(Some(&who.token), &path, &json!({"reason": "complaint"})).await.expect(200);
    }
    assert_eq!(actions(&app, &open.id).await, [("auction_ordered".to_owned(), Some("cancel".to_owned()))]);
    assert_eq!(actions(&app, &own.id).await, [], "one's own");
    app.stop().await;
}
