//! Cash and bank transfers, and the audit of all.

use serde_json::json;

use crate::payments::PAYMENTS;
use crate::payments::Trade;
use crate::payments::sums;
use crate::support::app::TestApp;

#[actix_web::test]
async fn cash_is_confirmed_by_the_merchant_when_the_parts_are_on_their_way() {
    let trade = Trade::of(TestApp::start().await).await;
    let without_key = json!({"order_id": trade.order, "method": "cash_on_delivery"});
    let refused = trade.app.post(Some(&trade.customer.token), PAYMENTS, &without_key).await;
    assert_eq!((refused.status, refused.problem()), (400, "idempotency_key_required"));
    let begun = trade.begin("cash_on_delivery", "k").await.expect(201);
    assert_eq!(
        (&begun["amount"], &begun["status"], &begun["currency"]),
        (&json!("1000.00"), &json!("pending"), &json!("SAR"))
    );
    assert_eq!(trade.begin("cash_on_delivery", "k").await.expect(201), begun, "the same when repeated");
    let id = begun["id"].as_str().unwrap();
    let second = trade.begin("bank_transfer", "other").await;
    assert_eq!((second.problem(), &second.body["payment_id"]), ("payment_exists", &begun["id"]));

    for who in [&trade.customer, &trade.admin] {
        assert_eq!(trade.confirm(who, id).await.problem(), "payment_not_yours");
    }
    let early = trade.confirm(&trade.merchant, id).await;
    assert_eq!((early.problem(), &early.body["state"]), ("order_not_payable", &json!("pending_confirmation")));
    for step in ["confirm", "prepare", "ship"] {
        trade.step(step).await;
    }
    trade.confirm(&trade.merchant, id).await.expect(200);
    assert_eq!(trade.sums(id).await, sums("paid", "1000.00", "0.00"));
    assert!(trade.audit().await.unwrap().contains("whole: 1 orders, paid 1000.00 SAR"));
    trade.app.stop().await;
}

#[actix_web::test]
async fn fifty_refunds_at_once_never_give_back_more_than_came_in() {
    let trade = Trade::of(TestApp::start().await).await;
    let id = trade.begun("bank_transfer").await;
    assert_eq!(trade.refund(&trade.merchant, &id, None, "early").await.problem(), "not_paid");
    assert_eq!(trade.confirm(&trade.merchant, &id).await.problem(), "payment_not_yours");
    trade.confirm(&trade.admin, &id).await.expect(200);
    assert_eq!(trade.refund(&trade.customer, &id, None, "own").await.problem(), "payment_not_yours");
    let keys: Vec<String> = (0..50).map(|number| format!("r{number}")).collect();
    let all = keys.iter().map(|key| trade.refund(&trade.merchant, &id, Some("30.00"), key));
    let all = futures_util::future::join_all(all).await;
    let done = all.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 33, "33 × 30 = 990 of 1 000");
    for refused in all.iter().filter(|answer| answer.status != 200) {
        assert_eq!((refused.problem(), &refused.body["max_amount"]), ("refund_too_large", &json!("10.00")));
    }
    assert_eq!(trade.sums(&id).await, sums("paid", "1000.00", "990.00"));
    let key = &keys[all.iter().position(|answer| answer.status == 200).unwrap()];
    trade.refund(&trade.merchant, &id, Some("30.00"), key).await.expect(200);
    assert_eq!(trade.sums(&id).await.2, "990.00", "a repeated call gives nothing more back");
    trade.refund(&trade.admin, &id, None, "rest").await.expect(200);
    assert_eq!(trade.sums(&id).await, sums("refunded", "1000.00", "1000.00"));
    assert!(trade.audit().await.unwrap().contains("refunded 1000.00 SAR"));
    // All went back: the order may be paid again.
    trade.begin("cash_on_delivery", "again").await.expect(201);
    trade.app.stop().await;
}

#[actix_web::test]
async fn others_do_not_see_a_payment_and_an_order_that_ended_is_not_paid() {
    let trade = Trade::of(TestApp::start().await).await;
    let id = trade.begun("bank_transfer").await;
    let other = trade.app.person("0504444444", "customer").await;
    let rival = trade.app.merchant("0505555555").await;
    for who in [&other, &rival] {
        assert_eq!(trade.app.get(Some(&who.token), &format!("{PAYMENTS}/{id}")).await.problem(), "unknown_payment");
        assert_eq!(trade.confirm(who, &id).await.problem(), "unknown_payment");
        assert_eq!(trade.refund(who, &id, None, "k").await.problem(), "unknown_payment");
    }
    let foreign = json!({"order_id": trade.order, "method": "bank_transfer"});
    assert_eq!(trade.send(&other, PAYMENTS, "k", &foreign).await.problem(), "unknown_order");
    assert_eq!(trade.methods(&other).await.problem(), "unknown_order");
    assert_eq!(
        trade.methods(&trade.customer).await.expect(200),
        json!({"data": ["cash_on_delivery", "bank_transfer"]})
    );
    assert_eq!(trade.begin("card", "c").await.problem(), "payment_method_unavailable");
    trade.cancel().await.expect(200);
    assert_eq!(trade.sums(&id).await, sums("voided", "0.00", "0.00"));
    assert_eq!(trade.begin("cash_on_delivery", "late").await.problem(), "order_not_payable");
    trade.app.stop().await;
}

#[actix_web::test]
async fn the_audit_names_the_row_that_was_touched() {
    let trade = Trade::of(TestApp::start().await).await;
    let id = trade.begun("bank_transfer").await;
    trade.confirm(&trade.admin, &id).await.expect(200);
    trade.refund(&trade.merchant, &id, Some("250.00"), "part").await.expect(200);
    let whole = trade.audit().await.unwrap();
    assert!(whole.contains("manual: 1 payments, captured 1000.00 SAR, refunded 250.00 SAR"), "{whole}");
    assert!(whole.contains("paid 750.00 SAR"), "{whole}");
    for (change, back, named) in [
        ("UPDATE payments SET captured = captured - 1", "UPDATE payments SET captured = captured + 1", &id),
        ("UPDATE payments SET refunded = 0", "UPDATE payments SET refunded = 25000", &id),
        ("UPDATE payments SET state = 'failed'", "UPDATE payments SET state = 'paid'", &id),
        ("UPDATE payments SET amount = amount + 1", "UPDATE payments SET amount = amount - 1", &id),
        (
            "UPDATE payment_moves SET amount = amount + 1 WHERE seq = 2",
            "UPDATE payment_moves SET amount = amount - 1 WHERE seq = 2",
            &id,
        ),
        ("UPDATE order_accounts SET paid = paid + 1", "UPDATE order_accounts SET paid = paid - 1", &trade.order),
        ("UPDATE order_accounts SET order_id = order_id + 1", "UPDATE order_accounts SET order_id = order_id - 1", &id),
        ("UPDATE orders SET total = total + 1", "UPDATE orders SET total = total - 1", &id),
    ] {
        trade.app.tamper(change).await;
        let found = trade.audit().await.expect_err(change);
        assert!(found.contains(named.as_str()), "{change}: {found}");
        trade.app.tamper(back).await;
        trade.audit().await.unwrap_or_else(|error| panic!("{back}: {error}"));
    }
    trade.app.stop().await;
}
