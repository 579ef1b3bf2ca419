//! Cards: the gateway is asked, never believed; what it says twice, late or unclearly does no harm.

use mazad::limits;
use serde_json::Value;
use serde_json::json;

use crate::payments::PAYMENTS;
use crate::payments::Trade;
use crate::payments::sums;
use crate::payments::text;
use crate::support::app::TestApp;
use crate::support::moyasar::Moyasar;
use crate::support::moyasar::Trouble;

async fn trade(gateway: &Moyasar) -> Trade {
    Trade::of(TestApp::configured(|config| gateway.configure(config)).await).await
}

#[actix_web::test]
async fn a_card_is_charged_on_the_gateways_page() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let methods = trade.methods(&trade.customer).await.expect(200);
    assert_eq!(methods["data"], json!(["cash_on_delivery", "bank_transfer", "card"]));
    let begun = trade.begin("card", "k").await.expect(201);
    let id = text(&begun["id"]);
    let invoice = gateway.invoice_of(&id);
    assert_eq!(begun["redirect_url"], json!(format!("https://checkout.example/{invoice}")));
    assert_eq!(trade.begin("card", "k").await.expect(201), begun);
    assert_eq!(gateway.books().invoices.len(), 1);
    gateway.attempt(&invoice, "failed");
    assert_eq!(trade.knock(&gateway.event("e1", "payment_faild", &invoice)).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("pending", "0.00", "0.00"), "the page takes another attempt");
    gateway.attempt(&invoice, "paid");
    assert_eq!(trade.sums(&id).await.0, "pending");
    assert_eq!(trade.knock(&gateway.event("e2", "payment_paid", &invoice)).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "0.00"));
    assert!(trade.audit().await.unwrap().contains("moyasar: 1 payments, captured 1000.00 SAR, refunded 0.00 SAR"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn notices_in_any_order_and_number_change_nothing_more() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "paid");
    let kinds = ["payment_paid", "payment_authorized", "payment_failed", "payment_captured", "payment_abandoned"];
    let events: Vec<Value> =
        (0..25).map(|at| gateway.event(&format!("event-{at}"), kinds[at % kinds.len()], &invoice)).collect();
    for round in 0..4 {
        // Each round in another order, all at once.
        let order = (0..events.len()).map(|at| &events[(at * [1, 7, 11, 24][round]) % events.len()]);
        let answers = futures_util::future::join_all(order.map(|event| trade.knock(event))).await;
        assert!(answers.iter().all(|answer| answer.status == 204), "{answers:?}");
    }
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "0.00"));
    let audit = trade.audit().await.unwrap();
    assert!(audit.contains("captured 1000.00 SAR") && audit.contains("paid 1000.00 SAR"), "{audit}");
    // What it told of the refund is behind what it tells now.
    trade.refund(&trade.merchant, &id, Some("400.00"), "r").await.expect(200);
    for event in &events {
        trade.knock(event).await;
    }
    trade.knock(&gateway.event("late", "payment_paid", &invoice)).await;
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "400.00"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn nobody_else_knocks_and_no_body_is_believed() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    let good = gateway.event("e", "payment_paid", &invoice);
    let with = |field: &str, value: Value| {
        let mut event = good.clone();
        event[field] = value;
        event
    };
    for forged in [
        with("secret_token", json!("another")),
        with("secret_token", json!("")),
        with("secret_token", Value::Null),
        with("secret_token", json!(["the webhook's secret of the tests"])),
        with("id", json!("")),
        with("id", json!("x".repeat(65))),
        with("id", json!("a\nb")),
        with("data", json!("paid")),
        json!([]),
    ] {
        let refused = trade.knock(&forged).await;
        assert_eq!((refused.status, refused.problem()), (401, "webhook_refused"), "{forged}");
    }
    let elsewhere = trade.app.post(None, &format!("{PAYMENTS}/webhooks/elsewhere"), &good).await;
    assert_eq!((elsewhere.status, elsewhere.problem()), (404, "unknown_gateway"));
    // The right secret and a lie: the gateway knows better.
    assert_eq!(trade.knock(&good).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("pending", "0.00", "0.00"));
    // Of nothing that is ours.
    for (event, invoice) in [("x1", "invoice-9999"), ("x2", "../payments"), ("x3", "")] {
        assert_eq!(trade.knock(&gateway.event(event, "payment_paid", invoice)).await.status, 204);
    }
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn sums_that_cannot_be_are_not_taken_over() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "paid");
    gateway.books().invoices.get_mut(&invoice).unwrap()["amount"] = json!(99_999);
    assert_eq!(trade.knock(&gateway.event("e1", "payment_paid", &invoice)).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("pending", "0.00", "0.00"), "another amount");
    gateway.books().invoices.get_mut(&invoice).unwrap()["amount"] = json!(100_000);
    gateway.attempt(&invoice, "paid");
    assert_eq!(trade.knock(&gateway.event("e2", "payment_paid", &invoice)).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("pending", "0.00", "0.00"), "paid twice");
    assert!(trade.audit().await.unwrap().contains("paid 0.00 SAR"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_gateway_that_does_not_say_clearly_is_asked_again() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    gateway.books().trouble = Trouble::After;
    let begun = trade.begin("card", "k").await.expect(201);
    let id = text(&begun["id"]);
    assert_eq!((&begun["status"], &begun["redirect_url"]), (&json!("unknown"), &Value::Null));
    assert_eq!(trade.begin("card", "again").await.problem(), "payment_exists", "not failed: no second payment");
    trade.sweep(61).await;
    assert_eq!(trade.sums(&id).await.0, "unknown", "it is still in trouble");
    gateway.books().trouble = Trouble::None;
    trade.sweep(61).await;
    let read = trade.read(&id).await;
    let invoice = gateway.invoice_of(&id);
    assert_eq!(read["redirect_url"], json!(format!("https://checkout.example/{invoice}")));
    // The webhook is lost: the sweeper finds that it was paid.
    gateway.attempt(&invoice, "paid");
    gateway.books().trouble = Trouble::Before;
    let lost = trade.knock(&gateway.event("e", "payment_paid", &invoice)).await;
    assert_eq!((lost.status, lost.problem()), (503, "gateway_unavailable"), "it is to come again");
    trade.sweep(61).await;
    assert_eq!(trade.sums(&id).await.0, "pending");
    gateway.books().trouble = Trouble::None;
    trade.sweep(61).await;
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "0.00"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_gateway_that_is_down_for_an_hour_is_left_alone_and_costs_delay_alone() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "paid");
    gateway.books().trouble = Trouble::Before;
    gateway.books().asked = 0;
    for number in 0..20 {
        let lost = trade.knock(&gateway.event(&format!("e{number}"), "payment_paid", &invoice)).await;
        assert_eq!((lost.status, lost.problem()), (503, "gateway_unavailable"));
    }
    assert_eq!(gateway.books().asked, limits::BREAKER_FAILURES, "whoever comes later hears at once that it is down");
    for _ in 0..60 {
        trade.sweep(60).await;
    }
    assert!(gateway.books().asked < 30, "{}", gateway.books().asked);
    gateway.books().trouble = Trouble::None;
    trade.sweep(limits::BREAKER_SECS_MAX).await;
    let customer = trade.app.sign_in("0501111111").await;
    let read = trade.app.get(Some(&customer.token), &format!("{PAYMENTS}/{id}")).await.expect(200);
    assert_eq!((&read["status"], &read["captured"]), (&json!("paid"), &json!("1000.00")));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_webhook_finds_a_payment_whose_opening_was_never_answered() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    gateway.books().trouble = Trouble::After;
    let id = trade.begun("card").await;
    gateway.books().trouble = Trouble::None;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "paid");
    assert_eq!(trade.knock(&gateway.event("e", "payment_paid", &invoice)).await.status, 204);
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "0.00"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_gateway_that_says_no_leaves_the_order_to_be_paid_otherwise() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    gateway.books().trouble = Trouble::Refuses;
    let refused = trade.begin("card", "k").await;
    assert_eq!((refused.status, refused.problem()), (409, "payment_refused"));
    assert_eq!(gateway.books().invoices.len(), 0);
    trade.begin("cash_on_delivery", "cash").await.expect(201);
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn refunds_at_the_gateway_are_exact_under_races_and_unclear_answers() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    assert_eq!(trade.refund(&trade.merchant, &id, None, "early").await.problem(), "not_paid");
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "paid");
    trade.knock(&gateway.event("e", "payment_paid", &invoice)).await;
    let over = trade.refund(&trade.merchant, &id, Some("1000.01"), "over").await;
    assert_eq!((over.problem(), &over.body["max_amount"]), ("refund_too_large", &json!("1000.00")));

    let keys: Vec<String> = (0..50).map(|number| format!("r{number}")).collect();
    let all = keys.iter().map(|key| trade.refund(&trade.merchant, &id, Some("600.00"), key));
    let all = futures_util::future::join_all(all).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in all.iter().filter(|answer| answer.status != 200) {
        assert!(matches!(refused.problem(), "refund_under_way" | "refund_too_large"), "{refused:?}");
    }
    assert_eq!(gateway.books().refunds, 1);
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "600.00"));

    gateway.books().trouble = Trouble::None;
    let unclear = async |key: &str, amount: &str| {
        // The look before works, the refund itself is carried out and not answered for.
        gateway.books().trouble = Trouble::AfterRefund;
        let answer = trade.refund(&trade.merchant, &id, Some(amount), key).await.expect(200);
        gateway.books().trouble = Trouble::None;
        answer
    };
    assert_eq!(unclear("u", "100.00").await["refunded"], "600.00", "nobody knows yet");
    assert_eq!(trade.read(&id).await["refunds"][1]["status"], "asked");
    assert_eq!(trade.refund(&trade.merchant, &id, Some("1.00"), "v").await.problem(), "refund_under_way");
    trade.sweep(61).await;
    let read = trade.read(&id).await;
    assert_eq!((&read["refunded"], &read["refunds"][1]["status"]), (&json!("700.00"), &json!("done")));
    trade.refund(&trade.admin, &id, None, "rest").await.expect(200);
    assert_eq!(trade.sums(&id).await, sums("refunded", "1000.00", "1000.00"));
    assert!(trade.audit().await.unwrap().contains("moyasar: 1 payments, captured 1000.00 SAR, refunded 1000.00 SAR"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_refund_that_the_gateway_never_took_can_be_asked_for_again() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (id, _) = trade.paid_card(&gateway).await;
    gateway.books().trouble = Trouble::BeforeRefund;
    trade.refund(&trade.merchant, &id, Some("100.00"), "lost").await.expect(200);
    gateway.books().trouble = Trouble::None;
    trade.sweep(600).await;
    assert_eq!(trade.read(&id).await["refunds"][0]["status"], "asked", "ten minutes are not long enough to be sure");
    trade.sweep(86_400).await;
    let customer = trade.app.sign_in("0501111111").await;
    let merchant = trade.app.sign_in("0502222222").await;
    let read = trade.app.get(Some(&customer.token), &format!("{PAYMENTS}/{id}")).await.expect(200);
    assert_eq!((&read["refunds"][0]["status"], &read["refunded"]), (&json!("refused"), &json!("0.00")));
    trade.refund(&merchant, &id, Some("100.00"), "again").await.expect(200);
    assert_eq!(gateway.books().refunds, 1);
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn one_key_gives_back_once_also_when_its_first_attempt_broke_off() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (id, _) = trade.paid_card(&gateway).await;
    gateway.books().trouble = Trouble::AfterRefund;
    trade.refund(&trade.merchant, &id, Some("300.00"), "k").await.expect(200);
    gateway.books().trouble = Trouble::None;
    // As if the process had died before it answered.
    let broken = "UPDATE idempotency_keys SET status = NULL, reply = NULL, created_at = 0 WHERE route LIKE '%refund'";
    trade.app.tamper(broken).await;
    assert_eq!(trade.refund(&trade.merchant, &id, Some("300.00"), "k").await.expect(200)["refunded"], "0.00");
    trade.app.tamper(broken).await;
    trade.sweep(61).await;
    assert_eq!(trade.refund(&trade.merchant, &id, Some("300.00"), "k").await.expect(200)["refunded"], "300.00");
    assert_eq!(gateway.books().refunds, 1);
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "300.00"));
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_payment_that_was_begun_and_not_answered_for_is_the_answer_to_its_key() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let begun = trade.begin("card", "k").await.expect(201);
    trade.app.tamper("UPDATE idempotency_keys SET status = NULL, reply = NULL, created_at = 0").await;
    assert_eq!(trade.begin("card", "k").await.expect(201)["id"], begun["id"]);
    assert_eq!(gateway.books().invoices.len(), 1);
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn what_went_back_behind_our_back_is_not_taken_for_a_refund() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (id, invoice) = trade.paid_card(&gateway).await;
    // By hand, on the gateway's own pages.
    gateway.books().invoices.get_mut(&invoice).unwrap()["payments"][0]["refunded"] = json!(40_000);
    gateway.books().trouble = Trouble::BeforeRefund;
    trade.refund(&trade.merchant, &id, Some("300.00"), "k").await.expect(200);
    gateway.books().trouble = Trouble::None;
    trade.sweep(61).await;
    let read = trade.read(&id).await;
    assert_eq!((&read["refunded"], &read["refunds"][0]["status"]), (&json!("400.00"), &json!("asked")));
    assert_eq!(gateway.books().refunds, 0);
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn one_payment_that_makes_no_sense_keeps_no_other_waiting() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (odd, invoice) = trade.paid_card(&gateway).await;
    gateway.books().trouble = Trouble::AfterRefund;
    trade.refund(&trade.merchant, &odd, Some("100.00"), "k").await.expect(200);
    gateway.books().trouble = Trouble::None;
    gateway.books().invoices.get_mut(&invoice).unwrap()["amount"] = json!(99_999);
    let trade = trade.next().await;
    let begun = trade.begin("card", "second").await.expect(201);
    let other = text(&begun["id"]);
    gateway.attempt(&gateway.invoice_of(&other), "paid");
    trade.sweep(61).await;
    assert_eq!(trade.sums(&other).await, sums("paid", "1000.00", "0.00"));
    assert_eq!(trade.list(&trade.admin, "needs=look").await, odd);
    let read = trade.app.get(Some(&trade.admin.token), &format!("{PAYMENTS}/{odd}")).await.expect(200);
    assert_eq!(read["fault"], "amount_differs");
    assert_eq!(trade.read(&odd).await.get("fault"), None, "none of the customer's business");
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_part_of_what_was_asked_for_pays_nothing_and_can_go_back() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt_of(&invoice, "paid", 1);
    trade.knock(&gateway.event("e", "payment_paid", &invoice)).await;
    assert_eq!(trade.sums(&id).await, sums("pending", "0.01", "0.00"));
    assert_eq!(trade.list(&trade.admin, "needs=look").await, id);
    trade.audit().await.unwrap();
    trade.refund(&trade.admin, &id, None, "back").await.expect(200);
    assert_eq!(trade.sums(&id).await, sums("refunded", "0.01", "0.01"));
    trade.audit().await.unwrap();
    gateway.stop().await;
    trade.app.stop().await;
}
