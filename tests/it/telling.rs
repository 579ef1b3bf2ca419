//! The server is killed with SIGKILL while bids come and people are told of them: nobody misses what is told at the end, and
//! nobody hears anything twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use mazad::domain::telling::Told;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::told;
use serde_json::Value;
use serde_json::json;

use crate::support::market::Bazaar;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;
use crate::support::store::behind;
use crate::support::store::database_url;

const BIDDERS: usize = 6;
const CYCLES: usize = 8;
/// How long it is waited for a notice that is to come.
const PATIENCE: Duration = Duration::from_secs(30);

async fn facts(db: &Db) -> Vec<(i64, Value)> {
    let sql = "SELECT user_id, facts FROM notices ORDER BY id";
    let rows: Vec<(i64, String)> = behind!(db, pool => sqlx::query_as(sql).fetch_all(pool).await.unwrap());
    rows.into_iter().map(|(user, facts)| (user, serde_json::from_str(&facts).unwrap())).collect()
}

/// What each bidder heard of its rank, in order, must lead from one rank to another: a notice that came twice would not.
fn check_ranks(all: &[(i64, Value)]) {
    let mut last: HashMap<i64, (String, u64)> = HashMap::new();
    for (user, notice) in all {
        let kind = notice["notice"].as_str().unwrap();
        if kind == "outbid" || kind == "rank_gained" {
            let new = (kind.to_owned(), notice["rank"].as_u64().unwrap());
            let before = last.insert(*user, new.clone());
            assert_ne!(before, Some(new), "{user} was told the same twice in a row");
        }
    }
}

/// Its owner calls the request off, at this server.
pub(crate) async fn call_off(market: &Bazaar, url: &str) {
    let cancel = format!("{url}/api/v1/orders/requests/{}/cancel", market.request);
    let answer = reqwest::Client::new().post(cancel).bearer_auth(&market.owner).header("idempotency-key", "over");
    let answer = answer.json(&json!({"reason": "over"})).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

#[actix::test]
async fn a_killed_server_tells_everything_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &LIMITS);
    let mut market = Arc::new(Bazaar::open(dir.path(), &server.url, BIDDERS).await);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    for cycle in 0..CYCLES {
        let client = reqwest::Client::new();
        let storm = market.storm(&client, &server.url, &ledger, |_| true);
        storm.until_acked(1 + cycle * 53 % 150).await;
        server.kill();
        let bidders = storm.over().await;
        server = Server::start(dir.path(), &LIMITS);
        let mut next = Bazaar { bidders, ..Bazaar::clone(&market) };
        let unanswered = std::mem::take(&mut ledger.lock().unwrap().unanswered);
        let client = reqwest::Client::new();
        for (at, sent) in unanswered {
            let told = next.send(&client, &server.url, &next.bidders[at], &sent).await;
            next.bidders[at].bid = Some(told.expect("the same key gets the truth").1);
        }
        market = Arc::new(next);
    }
    call_off(&market, &server.url).await;
    // Right behind the answer: nobody can have looked yet.
    server.kill();
    let server = Server::start(dir.path(), &LIMITS);

    let notices = assert_heard_once(&database_url(dir.path()), &market.request, BIDDERS).await;
    println!("{CYCLES} kills, {notices} notices, each once");
    drop(server);
}

/// Waits until everybody heard that the request was called off. So many bidders did, each once, and nobody was told the same
/// twice in a row. Tells how many notices there are.
pub(crate) async fn assert_heard_once(database: &str, request: &str, bidders: usize) -> usize {
    let db = Db::connect(&StoreOptions { url: database.to_owned(), readers: 1 }).await.unwrap();
    let since = Instant::now();
    let all = loop {
        let all = facts(&db).await;
        let over = all.iter().filter(|(_, notice)| notice["notice"] == "request_cancelled").count();
        if over >= bidders {
            break all;
        }
        assert!(since.elapsed() < PATIENCE, "{over} of {bidders} heard that it is over");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    check_ranks(&all);
    let request = request.parse().unwrap();
    let told: Told = told::find(&db, &[request]).await.unwrap().remove(&request).unwrap().told;
    let mut heard: HashMap<i64, usize> = HashMap::new();
    for (user, _) in all.iter().filter(|(_, notice)| notice["notice"] == "request_cancelled") {
        *heard.entry(*user).or_default() += 1;
    }
    let expected: HashMap<i64, usize> = told.bidders.keys().map(|user| (user.0, 1)).collect();
    assert_eq!((heard.len(), &heard), (bidders, &expected), "each bidder once");
    all.len()
}
