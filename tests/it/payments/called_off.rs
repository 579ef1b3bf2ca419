//! What becomes of the money when an order is declined, cancelled or returned, or is paid twice.

use serde_json::json;

use crate::payments::PAYMENTS;
use crate::payments::Trade;
use crate::payments::sums;
use crate::payments::text;
use crate::support::app::TestApp;
use crate::support::moyasar::Moyasar;
use crate::support::moyasar::Trouble;

async fn trade(gateway: &Moyasar) -> Trade {
    let app = TestApp::configured(|config| {
        gateway.configure(config);
        // The rounds take longer than a quarter of an hour.
        config.auth.access_minutes = 1_440;
    });
    Trade::of(app.await).await
}

#[actix_web::test]
async fn an_unpaid_page_is_closed_with_the_order() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let id = trade.begun("card").await;
    let invoice = gateway.invoice_of(&id);
    gateway.attempt(&invoice, "failed");
    trade.cancel().await.expect(200);
    gateway.books().trouble = Trouble::Before;
    trade.sweep(0).await;
    assert_eq!(trade.sums(&id).await.0, "pending", "nobody knows yet that the page is closed");
    gateway.books().trouble = Trouble::None;
    trade.sweep(61).await;
    assert_eq!(gateway.books().invoices[&invoice]["status"], "canceled");
    assert_eq!(trade.sums(&id).await, sums("voided", "0.00", "0.00"));

    // What the bank only holds is let go.
    let trade = trade.next().await;
    let held = text(&trade.begin("card", "held").await.expect(201)["id"]);
    let invoice = gateway.invoice_of(&held);
    gateway.attempt(&invoice, "authorized");
    trade.cancel().await.expect(200);
    trade.sweep(0).await;
    assert_eq!(gateway.books().invoices[&invoice]["payments"][0]["status"], "voided");
    assert_eq!(trade.sums(&held).await, sums("voided", "0.00", "0.00"));

    // Of one that the gateway never answered for nobody has the address.
    let trade = trade.next().await;
    gateway.books().trouble = Trouble::After;
    let unknown = text(&trade.begin("card", "unknown").await.expect(201)["id"]);
    gateway.books().trouble = Trouble::None;
    trade.cancel().await.expect(200);
    let pages = gateway.books().invoices.len();
    trade.sweep(61).await;
    assert_eq!((trade.sums(&unknown).await.0.as_str(), gateway.books().invoices.len()), ("voided", pages));
    trade.audit().await.unwrap();
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_card_is_given_back_by_itself() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (id, _) = trade.paid_card(&gateway).await;
    trade.refund(&trade.merchant, &id, Some("100.00"), "part").await.expect(200);
    trade.step_by(&trade.merchant, "decline", &json!({"reason": "sold out"})).await.expect(200);
    assert_eq!(trade.read(&id).await["refund_due"], "900.00");
    assert_eq!(trade.list(&trade.admin, "needs=refund").await, id);
    let audit = trade.audit().await.unwrap();
    assert!(audit.contains("to go back: 900.00 SAR of 1 orders"), "{audit}");
    // The gateway answers nothing of use for a while.
    gateway.books().trouble = Trouble::AfterRefund;
    trade.sweep(0).await;
    gateway.books().trouble = Trouble::None;
    for _ in 0..3 {
        trade.sweep(61).await;
    }
    assert_eq!(trade.sums(&id).await, sums("refunded", "1000.00", "1000.00"));
    assert_eq!(trade.read(&id).await["refund_due"], "0.00");
    assert_eq!(gateway.books().refunds, 2);
    assert!(trade.list(&trade.admin, "needs=refund").await.is_empty());
    trade.audit().await.unwrap();
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn what_the_gateway_does_not_give_back_waits_for_a_person() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let (id, invoice) = trade.paid_card(&gateway).await;
    trade.cancel().await.expect(200);
    // It takes no refund of this charge.
    gateway.books().invoices.get_mut(&invoice).unwrap()["payments"][0]["status"] = json!("captured");
    trade.sweep(0).await;
    trade.sweep(61).await;
    assert_eq!(trade.list(&trade.admin, "needs=look").await, id);
    assert_eq!(trade.read(&id).await["refunds"].as_array().unwrap().len(), 1, "asked for once and not for ever");
    assert_eq!(trade.read(&id).await["refund_due"], "1000.00");
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn a_cancellation_and_a_payment_at_the_same_moment_leave_nothing_behind() {
    let gateway = Moyasar::start();
    let mut trade = trade(&gateway).await;
    let mut paid = 0;
    for round in 0..8 {
        let id = text(&trade.begin("card", &format!("k{round}")).await.expect(201)["id"]);
        let invoice = gateway.invoice_of(&id);
        let pay = async {
            gateway.attempt(&invoice, "paid");
            let event = gateway.event(&format!("e{round}"), "payment_paid", &invoice);
            assert_eq!(trade.knock(&event).await.status, 204);
        };
        let (_, cancelled, ()) = match round % 2 {
            0 => tokio::join!(pay, trade.cancel(), trade.sweep(61)),
            _ => {
                let (cancelled, (), ()) = tokio::join!(trade.cancel(), trade.sweep(61), pay);
                ((), cancelled, ())
            }
        };
        cancelled.expect(200);
        for _ in 0..3 {
            trade.sweep(61).await;
        }
        let (state, captured, refunded) = trade.sums(&id).await;
        assert_eq!(captured, refunded, "{state}");
        match state.as_str() {
            "refunded" => paid += 1,
            "voided" => assert_eq!(
                (captured.as_str(), &gateway.books().invoices[&invoice]["status"]),
                ("0.00", &json!("canceled"))
            ),
            other => panic!("{other}"),
        }
        assert_eq!(gateway.books().refunds, paid);
        trade.audit().await.unwrap();
        trade = trade.next().await;
    }
    assert!(paid > 0);
    gateway.stop().await;
    trade.app.stop().await;
}

#[actix_web::test]
async fn no_payment_is_begun_behind_a_cancellation() {
    let mut trade = Trade::of(TestApp::start().await).await;
    for round in 0..12 {
        let key = format!("k{round}");
        let (begun, cancelled) = tokio::join!(trade.begin("bank_transfer", &key), trade.cancel());
        cancelled.expect(200);
        if begun.status == 201 {
            assert_eq!(trade.sums(&text(&begun.body["id"])).await.0, "voided");
        } else {
            assert_eq!(begun.problem(), "order_not_payable");
        }
        trade = trade.next().await;
    }
    trade.audit().await.unwrap();
    trade.app.stop().await;
}

#[actix_web::test]
async fn what_went_by_hand_is_owed_until_somebody_gives_it_back() {
    let trade = Trade::of(TestApp::start().await).await;
    let id = trade.begun("bank_transfer").await;
    trade.confirm(&trade.admin, &id).await.expect(200);
    for step in ["confirm", "prepare", "ship", "deliver"] {
        trade.step(step).await;
    }
    trade.step_by(&trade.customer, "return", &json!({"reason": "broken"})).await.expect(200);
    assert_eq!(trade.read(&id).await["refund_due"], "0.00", "nobody has taken the return yet");
    trade.step_by(&trade.merchant, "resolve", &json!({"reason": "taken back"})).await.expect(200);
    assert_eq!(trade.read(&id).await["refund_due"], "1000.00");
    for who in [&trade.customer, &trade.merchant, &trade.admin] {
        assert_eq!(trade.list(who, "needs=refund").await, id);
        assert_eq!(trade.list(who, &format!("order_id={}", trade.order)).await, id);
    }
    let stranger = trade.app.merchant("0509999999").await;
    assert!(trade.list(&stranger, "needs=refund").await.is_empty());
    let wrong = trade.app.get(Some(&trade.admin.token), &format!("{PAYMENTS}?needs=love")).await;
    assert_eq!(wrong.fields(), ["needs"]);
    trade.refund(&trade.merchant, &id, Some("400.00"), "part").await.expect(200);
    assert_eq!(trade.read(&id).await["refund_due"], "600.00");
    trade.refund(&trade.merchant, &id, None, "rest").await.expect(200);
    assert!(trade.list(&trade.admin, "needs=refund").await.is_empty());
    trade.audit().await.unwrap();

    // A transfer that arrives after the order was called off is not lost.
    let trade = trade.next().await;
    let late = text(&trade.begin("bank_transfer", "late").await.expect(201)["id"]);
    trade.cancel().await.expect(200);
    let key = "late";
    let path = format!("{PAYMENTS}/{late}/confirm");
    let seen = trade.send(&trade.admin, &path, key, &json!({})).await.expect(200);
    assert_eq!((&seen["status"], &seen["refund_due"]), (&json!("paid"), &json!("1000.00")));
    trade.audit().await.unwrap();
    trade.app.stop().await;
}

#[actix_web::test]
async fn an_order_that_was_paid_twice_gives_one_of_them_back() {
    let gateway = Moyasar::start();
    let trade = trade(&gateway).await;
    let card = trade.begun("card").await;
    let invoice = gateway.invoice_of(&card);
    // The page expires, the customer takes another way, and the bank says yes after all.
    gateway.books().invoices.get_mut(&invoice).unwrap()["status"] = json!("expired");
    trade.knock(&gateway.event("e1", "payment_expired", &invoice)).await;
    assert_eq!(trade.sums(&card).await.0, "failed");
    let transfer = trade.begun("bank_transfer").await;
    gateway.attempt(&invoice, "paid");
    trade.knock(&gateway.event("e2", "payment_paid", &invoice)).await;
    assert_eq!(trade.sums(&card).await, sums("paid", "1000.00", "0.00"));
    assert_eq!(trade.begin("cash_on_delivery", "third").await.problem(), "payment_exists");
    trade.sweep(61).await;
    assert_eq!(gateway.books().refunds, 0, "it is paid once");
    trade.confirm(&trade.admin, &transfer).await.expect(200);
    assert!(trade.audit().await.unwrap().contains("to go back: 1000.00 SAR of 1 orders"));
    trade.sweep(61).await;
    trade.sweep(61).await;
    assert_eq!(trade.sums(&card).await, sums("refunded", "1000.00", "1000.00"));
    assert_eq!(trade.read(&transfer).await["refund_due"], "0.00");
    assert!(trade.audit().await.unwrap().contains("whole: 1 orders, paid 1000.00 SAR"));
    gateway.stop().await;
    trade.app.stop().await;
}
