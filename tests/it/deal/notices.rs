//! Who is told what on the way of a deal, and that a restart neither loses nor doubles it.

use std::time::Duration;
use std::time::Instant;

use mazad::domain::ids::UserId;
use mazad::domain::time::Span;
use mazad::limits;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::deal::Deal;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::store::behind;

/// How long it is waited for a notice that is to come.
const PATIENCE: Duration = Duration::from_secs(20);

async fn stored(app: &TestApp, who: &Person) -> Vec<Value> {
    let user: UserId = who.id.parse().unwrap();
    let sql = "SELECT facts FROM notices WHERE user_id = ? ORDER BY id";
    let rows: Vec<(String,)> =
        behind!(&app.running.app.db, pool => sqlx::query_as(sql).bind(user.0).fetch_all(pool).await.unwrap());
    rows.into_iter().map(|(facts,)| serde_json::from_str(&facts).unwrap()).collect()
}

/// What somebody was told once this is among it.
async fn told_with(app: &TestApp, who: &Person, kind: &str) -> Vec<Value> {
    let since = Instant::now();
    loop {
        let all = stored(app, who).await;
        if all.iter().any(|notice| notice["notice"] == kind) {
            return all;
        }
        assert!(since.elapsed() < PATIENCE, "no {kind} among {all:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The one notice of a kind.
fn one<'a>(notices: &'a [Value], kind: &str) -> &'a Value {
    let mut of_kind = notices.iter().filter(|notice| notice["notice"] == kind);
    let one = of_kind.next().unwrap();
    assert!(of_kind.next().is_none(), "{kind} twice: {notices:?}");
    one
}

fn kinds(notices: &[Value]) -> Vec<&str> {
    notices.iter().map(|notice| notice["notice"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn everybody_hears_what_concerns_them_and_nothing_else() {
    let deal = Deal::closed(&["100.00", "110.00"]).await;
    let (app, customer, [winner, loser]) = (&deal.app, &deal.customer, &deal.merchants[..]) else { panic!() };
    let closed = told_with(app, loser, "bidding_closed").await;
    assert_eq!(one(&closed, "bidding_closed")["rank"], 2);
    let told = told_with(app, customer, "bidding_closed").await;
    assert_eq!(one(&told, "bidding_closed")["bids"], 2);

    let order = deal.accept(&deal.bids[0], "first").await.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(one(&told_with(app, winner, "accepted").await, "accepted")["total"], 10_000);
    let lost = told_with(app, loser, "not_chosen").await;
    assert_eq!(one(&lost, "not_chosen")["gap_hundredths"], 1_000, "ten percent more");

    deal.deliver(&order).await;
    let told = told_with(app, customer, "order_step").await;
    let steps: Vec<_> = told.iter().filter(|notice| notice["notice"] == "order_step").collect();
    let of = |name: &str| steps.iter().map(|step| step[name].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(of("step"), ["confirm", "prepare", "ship", "deliver"]);
    assert_eq!(of("by"), ["merchant"; 4]);
    deal.step(customer, &order, "review").await.expect(201);
    let reviewed = told_with(app, winner, "reviewed").await;
    assert_eq!(one(&reviewed, "reviewed")["stars"], 4);
    // The winner took every step itself, so it heard of none; and who lost hears no more of it.
    assert!(!kinds(&reviewed).contains(&"order_step"), "{reviewed:?}");
    assert_eq!(stored(app, loser).await, lost);
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_new_request_is_told_to_those_who_may_bid_and_a_question_to_its_customer() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let merchants = [app.merchant("0533333301").await, app.merchant("0533333302").await];
    let stranger = app.person("0533333303", "merchant").await;
    let open = Open::publish(&app, &customer, json!({})).await;
    for merchant in &merchants {
        assert_eq!(kinds(&told_with(&app, merchant, "new_request").await), ["new_request"]);
    }
    assert_eq!(stored(&app, &stranger).await, [] as [Value; 0], "it was never verified");

    let path = format!("/api/v1/bidding/requests/{}/questions", open.id);
    let asked = app.post(Some(&merchants[0].token), &path, &json!({"question": "Which side?"})).await.expect(201);
    let told = told_with(&app, &customer, "question_asked").await;
    assert!(!told[0].to_string().contains("side"), "{told:?}");
    let path = format!("/api/v1/bidding/questions/{}/answer", asked["id"].as_str().unwrap());
    app.post(Some(&customer.token), &path, &json!({"answer": "The left."})).await.expect(200);
    told_with(&app, &merchants[0], "question_answered").await;
    assert_eq!(kinds(&stored(&app, &merchants[1]).await), ["new_request"]);
    app.stop().await;
}

#[actix_web::test]
async fn a_restart_before_anybody_looked_loses_nothing_and_doubles_nothing() {
    let mut app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let [first, second] = [app.merchant("0533333301").await, app.merchant("0533333302").await];
    let open = Open::publish(&app, &customer, json!({})).await;
    open.bid(&app, &first, "bid", "100.00", json!({})).await.expect(201);
    // What was told of the first bid is there; of the second nothing may be.
    told_with(&app, &customer, "new_bid").await;
    open.bid(&app, &second, "bid", "90.00", json!({})).await.expect(201);
    app = app.restart().await;
    let outbid = told_with(&app, &first, "outbid").await;
    let outbid = one(&outbid, "outbid");
    assert_eq!((&outbid["rank"], &outbid["best"]), (&json!(2), &json!(9_000)));
    app = app.restart().await;
    let body = json!({"reason": "changed my mind"});
    app.post(Some(&customer.token), &format!("{REQUESTS}/{}/cancel", open.id), &body).await.expect(200);
    let all = told_with(&app, &first, "request_cancelled").await;
    let count = |kind: &str| kinds(&all).iter().filter(|one| **one == kind).count();
    assert_eq!((count("outbid"), count("request_cancelled")), (1, 1), "{all:?}");
    let all = told_with(&app, &second, "request_cancelled").await;
    assert!(!kinds(&all).contains(&"outbid"), "{all:?}");
    app.stop().await;
}

#[actix_web::test]
async fn a_deadline_that_came_near_while_nobody_looked_is_told_once() {
    let mut app = TestApp::start().await;
    let (customer, merchant) = (app.person("0501111111", "customer").await, app.merchant("0533333301").await);
    let open = Open::publish(&app, &customer, json!({})).await;
    open.bid(&app, &merchant, "bid", "100.00", json!({})).await.expect(201);
    // Whoever bids when little time is left knows that.
    told_with(&app, &customer, "new_bid").await;
    app.clock.advance(Span::secs(3_600 - limits::CLOSING_SOON_SECS + 60));
    told_with(&app, &merchant, "closing_soon").await;
    // As if it had died before: no journal says that a deadline comes near.
    let untold = ["DELETE FROM notices", "UPDATE auction_told SET told = REPLACE(told, 'true', 'false')"];
    app = app.restart_after(&untold).await;
    one(&told_with(&app, &merchant, "closing_soon").await, "closing_soon");
    app = app.restart().await;
    let customer = app.sign_in("0501111111").await;
    let body = json!({"reason": "changed my mind"});
    app.post(Some(&customer.token), &format!("{REQUESTS}/{}/cancel", open.id), &body).await.expect(200);
    one(&told_with(&app, &merchant, "request_cancelled").await, "closing_soon");
    app.stop().await;
}

/// The ranks with which bids were answered lie in the memory of the process that answered.
#[actix_web::test]
async fn who_was_overtaken_in_the_second_of_a_crash_hears_of_it() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let [first, second] = [app.merchant("0533333301").await, app.merchant("0533333302").await];
    let open = Open::publish(&app, &customer, json!({})).await;
    open.bid(&app, &first, "bid", "100.00", json!({})).await.expect(201);
    open.bid(&app, &second, "bid", "90.00", json!({})).await.expect(201);
    // As if nobody had looked before it died.
    let app = app.restart_after(&["DELETE FROM auction_told", "DELETE FROM notices"]).await;
    let all = told_with(&app, &first, "outbid").await;
    let outbid = one(&all, "outbid");
    assert_eq!((&outbid["rank"], &outbid["best"]), (&json!(2), &json!(9_000)));
    let all = stored(&app, &second).await;
    assert!(!kinds(&all).iter().any(|kind| ["outbid", "rank_gained"].contains(kind)), "it knows its rank: {all:?}");
    app.stop().await;
}

#[actix_web::test]
async fn a_customer_hears_that_an_admin_called_its_request_off_and_why() {
    let app = TestApp::start().await;
    let (customer, merchant) = (app.person("0501111111", "customer").await, app.merchant("0533333301").await);
    let admin = app.admin("0509999999").await;
    let cancel = async |who: &Person, open: &Open, reason: &str| {
        let path = format!("{REQUESTS}/{}/cancel", open.id);
        app.post(Some(&who.token), &path, &json!({"reason": reason})).await.expect(200);
    };
    let own = Open::publish(&app, &customer, json!({})).await;
    own.bid(&app, &merchant, "own", "100.00", json!({})).await.expect(201);
    cancel(&customer, &own, "changed my mind").await;
    told_with(&app, &merchant, "request_cancelled").await;
    let open = Open::publish(&app, &customer, json!({})).await;
    open.bid(&app, &merchant, "bid", "100.00", json!({})).await.expect(201);
    cancel(&admin, &open, "a stolen part").await;
    let told = told_with(&app, &customer, "request_called_off").await;
    let request: mazad::domain::ids::RequestId = open.id.parse().unwrap();
    // What somebody wrote is looked up when it is shown.
    assert_eq!(one(&told, "request_called_off"), &json!({"notice": "request_called_off", "request": request.0}));

    let shown = async |who: &Person| {
        let since = Instant::now();
        loop {
            let list = app.get(Some(&who.token), "/api/v1/notifications").await.expect(200);
            let is_ours =
                |one: &&Value| one["type"] == "request_ended" && one["data"]["request_id"] == open.id.as_str();
            if let Some(one) = list["data"].as_array().unwrap().iter().find(is_ours) {
                return one["message"].as_str().unwrap().to_owned();
            }
            assert!(since.elapsed() < PATIENCE, "{list}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(shown(&customer).await.contains("a stolen part"));
    assert!(!shown(&merchant).await.contains("a stolen part"));
    app.stop().await;
}

#[actix_web::test]
async fn a_sign_in_from_somewhere_new_is_told_and_one_from_home_is_not() {
    let mut app = TestApp::start().await;
    let person = app.person("0501111111", "customer").await;
    app.sign_in("0501111111").await;
    assert_eq!(stored(&app, &person).await, [] as [Value; 0]);
    // Another network, where this account never was.
    app.move_to([127, 99, 0, 1]);
    let abroad = app.sign_in("0501111111").await;
    assert_eq!(kinds(&stored(&app, &person).await), ["suspicious_sign_in"]);
    app.sign_in("0501111111").await;
    assert_eq!(kinds(&stored(&app, &person).await), ["suspicious_sign_in"], "known by now");
    // Who copied the token and who owns it both send it; the second ends the session, and a third changes nothing.
    for status in [200, 401, 401] {
        let body = json!({"refresh_token": abroad.refresh});
        assert_eq!(app.post(None, "/api/v1/auth/refresh", &body).await.status, status);
    }
    assert_eq!(kinds(&stored(&app, &person).await), ["suspicious_sign_in"; 2]);
    app.stop().await;
}

#[actix_web::test]
async fn money_that_comes_and_goes_is_told_to_whom_it_concerns() {
    let (deal, order) = Deal::accepted(&["100.00"]).await;
    let (app, customer, merchant) = (&deal.app, &deal.customer, &deal.merchants[0]);
    let call = async |who: &Person, path: &str, body: Value| {
        let call = app.request(Method::POST, Some(&who.token), path).header("idempotency-key", "once");
        app.send(call.json(&body)).await
    };
    deal.deliver(&order).await;
    let body = json!({"order_id": order, "method": "cash_on_delivery"});
    let payment = call(customer, "/api/v1/payments", body).await.expect(201);
    let path = format!("/api/v1/payments/{}/confirm", payment["id"].as_str().unwrap());
    call(merchant, &path, json!({})).await.expect(200);
    for who in [customer, merchant] {
        assert_eq!(one(&stored(app, who).await, "payment_received")["amount"], 10_000);
    }
    deal.app.stop().await;
}
