//! The order machine through the API: every state, step and side.

use mazad::domain::order;
use mazad::domain::order::Actor;
use mazad::domain::order::OrderState;
use mazad::domain::order::Step;
use mazad::domain::order::StepRefused;
use reqwest::Method;
use serde_json::json;

use crate::deal::Deal;
use crate::deal::body_of;
use crate::support::store::behind;

/// Puts an order into a state behind the server's back.
async fn put(deal: &Deal, order: &str, state: OrderState) {
    let id: mazad::domain::ids::OrderId = order.parse().unwrap();
    let set = "UPDATE orders SET state = ?, live = 1 WHERE id = ?";
    let rows = behind!(&deal.app.running.app.db, pool => {
        sqlx::query(set).bind(state.word()).bind(id.0).execute(pool).await.unwrap().rows_affected()
    });
    assert_eq!(rows, 1);
    deal.app.tamper("DELETE FROM invoices").await;
}

#[actix_web::test]
async fn every_state_times_every_step_times_every_side() {
    let (deal, order) = Deal::accepted(&["100.00"]).await;
    let admin = deal.app.admin("0505555555").await;
    let sides = [(Actor::Customer, &deal.customer), (Actor::Merchant, &deal.merchants[0]), (Actor::Admin, &admin)];
    let (mut taken, mut refused) = (0, 0);
    for state in OrderState::ALL {
        for step in Step::ALL {
            for (actor, who) in sides {
                put(&deal, &order, state).await;
                let answer = deal.step(who, &order, step.word()).await;
                let at = format!("{} {} by {}", state.word(), step.word(), actor.word());
                match order::take(state, step, actor) {
                    Ok(to) => {
                        assert_eq!((answer.status, &answer.body["status"]), (200, &json!(to.word())), "{at}");
                        assert_eq!(deal.stored(&order).await.state, to, "{at}");
                        let open: Vec<&str> = order::steps(to, actor).map(Step::word).collect();
                        assert_eq!(answer.body["steps"], json!(open), "{at}");
                        taken += 1;
                    }
                    Err(StepRefused::WrongState(_)) => {
                        assert_eq!((answer.status, answer.problem()), (409, "order_state"), "{at}");
                        assert_eq!(answer.body["state"], state.word(), "{at}");
                        refused += 1;
                    }
                    Err(StepRefused::NotYours) => {
                        assert_eq!((answer.status, answer.problem()), (403, "step_not_yours"), "{at}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert_eq!((taken, refused), (30, 330 - 30));
    // Each step that was taken is an event with its reason, and no other.
    let history = deal.order(&admin, &order).await.expect(200)["history"].clone();
    let history = history.as_array().unwrap();
    assert_eq!(history.len(), 1 + taken);
    for (at, event) in history.iter().enumerate() {
        assert_eq!(event["seq"], json!(at + 1));
        let reason = Step::find(event["step"].as_str().unwrap()).is_some_and(Step::needs_reason);
        assert_eq!(event["reason"].is_string(), reason, "{event}");
    }
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_step_needs_its_reason_and_a_repeated_one_is_answered_once() {
    let (deal, order) = Deal::accepted(&["100.00"]).await;
    let (app, merchant) = (&deal.app, &deal.merchants[0]);
    let path = |step: &str| format!("/api/v1/orders/{order}/{step}");
    for body in [json!({"reason": " \u{200b} "}), json!({"reason": "x".repeat(1_001)})] {
        assert_eq!(app.post(Some(&merchant.token), &path("decline"), &body).await.fields(), ["reason"]);
    }
    assert_eq!(app.post(Some(&merchant.token), &path("decline"), &json!({})).await.fields(), ["reason"]);
    let confirm = async |key: &str| {
        let call = app.request(Method::POST, Some(&merchant.token), &path("confirm"));
        app.send(call.header("idempotency-key", key).json(&body_of("confirm"))).await
    };
    let first = confirm("k1").await;
    let again = confirm("k1").await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert!(again.headers.contains_key("idempotency-replayed"));
    let other = confirm("k2").await;
    assert_eq!((other.problem(), &other.body["steps"]), ("order_state", &json!(["prepare", "cancel"])));
    assert_eq!(deal.order(merchant, &order).await.expect(200)["history"].as_array().unwrap().len(), 2);
    deal.app.stop().await;
}

#[actix_web::test]
async fn what_an_admin_does_to_an_order_is_in_the_audit_log() {
    let (deal, order) = Deal::accepted(&["100.00"]).await;
    let admin = deal.app.admin("0505555555").await;
    deal.step(&admin, &order, "cancel").await.expect(200);
    let entries = mazad::persistence::audit::list_of(&deal.app.running.app.db, &order).await.unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), entry.reason.as_deref())).collect();
    assert_eq!(told, [("order_decided", Some("cancel"))]);
    // The request stays accepted: one order, ever.
    assert_eq!(deal.status().await, "accepted");
    assert_eq!(deal.accept(&deal.bids[0], "again").await.expect(201)["status"], "cancelled");
    deal.app.stop().await;
}
