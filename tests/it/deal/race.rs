//! Fifty at once: however many accept, one order comes of a request.
//!
//! Twenty rounds in the suite; `MAZAD_ACCEPT_ROUNDS=1000 cargo test --release --test it race` runs as many as wanted.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use mazad::persistence::Db;
use serde_json::json;

use crate::deal::Deal;
use crate::deal::accept;
use crate::deal::auction;
use crate::support::app::Answer;
use crate::support::store::behind;

const AT_ONCE: usize = 50;
const ROUNDS: usize = 20;

async fn count(db: &Db, sql: &'static str) -> i64 {
    behind!(db, pool => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap())
}

/// Asks until there is an answer. A machine with too much to do says so; what it could not give back of the key then is the
/// key's until its lease ends, which it does not while the clock stands, so the next attempt takes another.
async fn insist(deal: &Deal, request: &str, bid: &str, key: &str) -> Answer {
    let mut key = key.to_owned();
    loop {
        let answer = accept(&deal.app, &deal.customer, request, bid, &key).await;
        if answer.status != 503 && answer.body["code"] != "key_in_progress" {
            return answer;
        }
        key.push('+');
    }
}

/// So many rounds with one market; how many were told of the order, and how many refused.
async fn play(rounds: usize) -> (usize, usize) {
    const PRICES: [&str; 3] = ["100.00", "110.00", "120.00"];
    let deal = Deal::closed(&PRICES).await;
    let (app, db) = (&deal.app, &deal.app.running.app.db);
    let (mut request, mut bids) = (deal.open.id.clone(), deal.bids.clone());
    let (mut made, mut refused) = (0, 0);
    for round in 0..rounds {
        if round > 0 {
            let next = auction(app, &deal.customer, &deal.merchants, &PRICES, json!({})).await;
            (request, bids) = (next.0.id, next.1);
        }
        let keys: Vec<String> = (0..AT_ONCE).map(|at| format!("r{round}-{}", at % 40)).collect();
        // Some repeat each other's key, most have their own; three bids compete, another is first in each round.
        let calls = keys.iter().zip(0..).map(|(key, at)| insist(&deal, &request, &bids[(at % 40 + round) % 3], key));
        let mut orders = BTreeSet::new();
        for answer in join_all(calls).await {
            if answer.status == 201 {
                orders.insert(answer.body["id"].as_str().unwrap().to_owned());
                made += 1;
            } else {
                assert_eq!(answer.problem(), "already_accepted", "{answer:?}");
                refused += 1;
            }
        }
        assert_eq!(orders.len(), 1, "round {round}: {orders:?}");
    }
    let wanted = i64::try_from(rounds).unwrap();
    assert_eq!(count(db, "SELECT COUNT(*) FROM orders").await, wanted);
    assert_eq!(count(db, "SELECT COUNT(DISTINCT request_id) FROM orders WHERE live = 1").await, wanted);
    assert_eq!(count(db, "SELECT COUNT(*) FROM order_lines").await, wanted);
    assert_eq!(count(db, "SELECT COUNT(*) FROM auction_events WHERE kind = 'accepted'").await, wanted);
    assert_eq!(count(db, "SELECT COUNT(*) FROM bids WHERE status = 'accepted'").await, wanted);
    deal.app.stop().await;
    (made, refused)
}

#[actix_web::test]
async fn of_fifty_acceptances_comes_one_order() {
    let rounds = std::env::var("MAZAD_ACCEPT_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (mut made, mut refused, mut left) = (0, 0, rounds);
    while left > 0 {
        // A customer has only so many vehicles.
        let some = left.min(40);
        let (told, not) = play(some).await;
        (made, refused, left) = (made + told, refused + not, left - some);
    }
    println!("{rounds} rounds of {AT_ONCE}: {made} told of the one order, {refused} refused, {rounds} orders");
}

#[actix_web::test]
async fn one_of_confirm_decline_and_cancel_wins() {
    let deal = Deal::closed(&["100.00", "110.00"]).await;
    let (app, db) = (&deal.app, &deal.app.running.app.db);
    let (mut request, mut bids) = (deal.open.id.clone(), deal.bids.clone());
    for round in 0..ROUNDS {
        let order = accept(app, &deal.customer, &request, &bids[0], &format!("r{round}")).await.expect(201);
        let id = order["id"].as_str().unwrap();
        let steps = ["confirm", "decline", "cancel"].into_iter().cycle().take(12);
        let calls = steps.map(|step| {
            let who = if step == "cancel" { &deal.customer } else { &deal.merchants[0] };
            deal.step(who, id, step)
        });
        let answers = join_all(calls).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        // A confirmed order may still be cancelled.
        let history = deal.order(&deal.customer, id).await.expect(200)["history"].clone();
        let steps: Vec<_> = history.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(steps.len(), 1 + won, "{steps:?}");
        assert!(matches!(steps[1..], ["confirm"] | ["decline"] | ["cancel"] | ["confirm", "cancel"]), "{steps:?}");
        let (next, next_bids) = auction(app, &deal.customer, &deal.merchants, &["100.00", "110.00"], json!({})).await;
        (request, bids) = (next.id, next_bids);
    }
    let doubled = "SELECT COUNT(*) FROM (SELECT request_id FROM orders WHERE live = 1 GROUP BY request_id HAVING COUNT(*) > 1) \
                   AS doubled";
    assert_eq!(count(db, doubled).await, 0);
    deal.app.stop().await;
}
