//! What time does to orders, and what a crash leaves half done.

use mazad::domain::auction::board::State;
use mazad::domain::auction::event::Event;
use mazad::domain::order::Actor;
use mazad::domain::order::OrderState;
use mazad::domain::order::Step;
use mazad::domain::time::Span;
use mazad::limits;
use mazad::persistence::journal;
use mazad::persistence::orders;
use mazad::persistence::orders::Taken;
use mazad::persistence::reminders;
use mazad::persistence::replay;
use serde_json::json;

use crate::deal::Deal;
use crate::support::app::TestApp;
use crate::support::open_request::REQUESTS;

async fn sweep(app: &TestApp) {
    app.running.app.deals.sweep(app.clock.now()).await.unwrap();
}

/// The market's own task sweeps at start; it needs a moment, and no more.
async fn reviewed_again(deal: &Deal) {
    for _ in 0..2_000 {
        if deal.status().await == "reviewing" {
            return;
        }
    }
    panic!("{}", deal.status().await);
}

#[actix_web::test]
async fn a_declined_order_leaves_room_for_the_next() {
    let (deal, first) = Deal::accepted(&["100.00", "110.00"]).await;
    deal.step(&deal.merchants[0], &first, "decline").await.expect(200);
    assert_eq!(deal.status().await, "reviewing");
    assert_eq!(deal.accept(&deal.bids[0], "declined").await.problem(), "bid_not_eligible");
    let own = deal.app.get(Some(&deal.merchants[0].token), "/api/v1/bidding/bids").await.expect(200);
    assert_eq!(own["data"][0]["status"], "declined");
    let title = deal.app.get(Some(&deal.customer.token), &format!("{REQUESTS}/{}", deal.open.id)).await.expect(200);
    let title = &title["title"];
    let sales = deal.app.get(Some(&deal.merchants[0].token), "/api/v1/orders").await.expect(200);
    assert_eq!((&own["data"][0]["title"], &sales["data"][0]["title"]), (title, title));
    assert_eq!(&deal.order(&deal.merchants[0], &first).await.expect(200)["title"], title);
    let second = deal.accept(&deal.bids[1], "second").await.expect(201);
    assert_ne!(second["id"], json!(first));
    assert_eq!(second["total"], "110.00");
    // Who was declined is no business of the other's any more.
    let seen = deal.order(&deal.customer, &first).await.expect(200);
    assert_eq!((&seen["status"], seen.get("merchant")), (&json!("declined"), None));
    assert_eq!(seen["history"][1]["reason"], "because");
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_crash_between_the_halves_of_a_decline_is_made_good() {
    let (mut deal, first) = Deal::accepted(&["100.00", "110.00"]).await;
    // The first half alone, as a server that dies right behind it leaves it.
    let order = deal.stored(&first).await;
    let (moment, by) = (deal.moment(), Some(order.merchant));
    let taken = Taken {
        order: &order,
        step: Step::Decline,
        to: OrderState::Declined,
        actor: Actor::Merchant,
        by,
        reason: Some("sold at noon"),
        moment,
    };
    assert!(orders::take(&deal.app.running.app.db, &taken, None, None).await.unwrap());
    assert_eq!(deal.status().await, "accepted");
    deal.app = deal.app.restart().await;
    reviewed_again(&deal).await;
    let entries = journal::load(&deal.app.running.app.db, deal.request(), 0).await.unwrap();
    let declined = entries.iter().find_map(|entry| match &entry.event {
        Event::Declined { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(declined, Some("sold at noon"));
    // Once: another sweep finds nothing.
    sweep(&deal.app).await;
    assert_eq!(journal::load(&deal.app.running.app.db, deal.request(), 0).await.unwrap().len(), entries.len());
    let second = deal.accept(&deal.bids[1], "second").await.expect(201);

    // The journal folds to the same state with orders in it, and names them.
    let db = &deal.app.running.app.db;
    let entries = journal::load(db, deal.request(), 0).await.unwrap();
    let named: Vec<String> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Accepted { order, .. } => Some(order.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(named, [first, second["id"].as_str().unwrap().to_owned()]);
    let (folded, _) = replay::fold_one(db, deal.request(), 0).await.unwrap().unwrap();
    let live = deal.app.running.app.admission.find(deal.request()).await.unwrap().board().await.unwrap();
    assert_eq!((folded.state.state(), &folded.state.board()), (State::Accepted, &*live));
    let board = format!("/api/v1/orders/requests/{}/scoreboard", deal.open.id);
    assert_eq!(deal.app.get(Some(&deal.customer.token), &board).await.expect(200)["equal"], true);
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_half_declined_order_is_finished_by_who_accepts_next() {
    let (deal, first) = Deal::accepted(&["100.00", "110.00"]).await;
    let order = deal.stored(&first).await;
    let (moment, by, to) = (deal.moment(), Some(order.merchant), OrderState::Declined);
    let (step, actor, reason) = (Step::Decline, Actor::Merchant, Some("sold"));
    let taken = Taken { order: &order, step, to, actor, by, reason, moment };
    assert!(orders::take(&deal.app.running.app.db, &taken, None, None).await.unwrap());
    let second = deal.accept(&deal.bids[1], "second").await.expect(201);
    assert_eq!(second["bid_id"], json!(deal.bids[1]));
    deal.app.stop().await;
}

#[actix_web::test]
async fn an_order_that_nobody_confirms_is_declined_after_two_reminders() {
    let (deal, order) = Deal::accepted(&["100.00", "110.00"]).await;
    let app = &deal.app;
    let reminded = async || -> Vec<(String, i64, bool)> {
        let rows = reminders::list_after(&app.running.app.db, 0, 100).await.unwrap();
        let merchant = deal.merchants[0].id.parse().unwrap();
        rows.into_iter().map(|row| (row.kind, row.percent, row.user_id == merchant)).collect()
    };
    let of = |percent| ("confirmation".to_owned(), percent, true);
    sweep(app).await;
    assert_eq!(reminded().await, []);
    app.clock.advance(Span::secs(limits::CONFIRM_SECS / 2));
    sweep(app).await;
    sweep(app).await;
    assert_eq!(reminded().await, [of(50)]);
    app.clock.advance(Span::secs(limits::CONFIRM_SECS * 4 / 10));
    sweep(app).await;
    assert_eq!(reminded().await, [of(50), of(90)]);
    app.clock.advance(Span::secs(limits::CONFIRM_SECS / 10 - 1));
    sweep(app).await;
    assert_eq!(deal.stored(&order).await.state, OrderState::PendingConfirmation, "not a second early");
    app.clock.advance(Span::secs(1));
    sweep(app).await;
    assert_eq!(deal.stored(&order).await.state, OrderState::Declined);
    let events = orders::list_events(&app.running.app.db, order.parse().unwrap()).await.unwrap();
    assert_eq!((events[1].actor.as_str(), events[1].step.as_str()), ("clock", "decline"));
    let head = journal::find_head(&app.running.app.db, deal.request()).await.unwrap().unwrap();
    assert_eq!(head.state, State::Reviewing, "and the customer chooses again");
    assert_eq!(head.review_until, Some(app.clock.now().plus(Span::secs(limits::REVIEW_SECS))));
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_customer_who_does_not_choose_is_reminded_twice_and_then_it_is_over() {
    let deal = Deal::closed(&["100.00"]).await;
    let app = &deal.app;
    let reminded = async || -> Vec<(String, i64)> {
        let rows = reminders::list_after(&app.running.app.db, 0, 100).await.unwrap();
        rows.into_iter().map(|row| (row.kind, row.percent)).collect()
    };
    // Who slept through both marks hears the later one.
    app.clock.advance(Span::secs(limits::REVIEW_SECS * 95 / 100));
    sweep(app).await;
    assert_eq!(reminded().await, [("review".to_owned(), 90)]);
    app.clock.advance(Span::secs(limits::REVIEW_SECS * 5 / 100));
    let command = mazad::domain::auction::command::Command::Tick;
    app.running.app.admission.command(deal.request(), command).await.unwrap();
    sweep(app).await;
    let head = journal::find_head(&app.running.app.db, deal.request()).await.unwrap().unwrap();
    assert_eq!(head.state.word(), "expired");
    assert_eq!(reminded().await.len(), 1);
    deal.app.stop().await;
}

#[actix_web::test]
async fn a_delivered_order_completes_by_itself() {
    let (deal, order) = Deal::accepted(&["100.00"]).await;
    deal.deliver(&order).await;
    let app = &deal.app;
    let delivered = deal.stored(&order).await.delivered_at;
    assert_eq!(delivered, Some(app.clock.now()));
    app.clock.advance(Span::secs(limits::COMPLETE_SECS - 1));
    sweep(app).await;
    assert_eq!(deal.stored(&order).await.state, OrderState::Delivered);
    app.clock.advance(Span::secs(1));
    sweep(app).await;
    assert_eq!(deal.stored(&order).await.state, OrderState::Completed);
    deal.app.stop().await;
}
