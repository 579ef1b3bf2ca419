//! The database server is killed with SIGKILL while bidders bid, and comes back: nothing acknowledged is lost, nothing doubled,
//! no legal bid is refused, every unanswered one resolves by its own key, and mazad goes on by itself.
//!
//! Twenty cycles in the suite; `MAZAD_CRASH_CYCLES=1000 cargo test --release --test it outage` runs as many as wanted.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use reqwest::Client;

use crate::support::mariadb::MariaDb;
use crate::support::market::Bazaar;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;
use crate::support::store;

const BIDDERS: usize = 8;
const CYCLES: usize = 20;
/// Readiness says so within this time, and it is over so long after the database is back; generous, for machines that build
/// something else meanwhile.
const NOTICED_WITHIN: Duration = Duration::from_secs(15);
const OVER_WITHIN: Duration = Duration::from_secs(30);
/// What a bidder may be told meanwhile.
const MEANWHILE: [&str; 3] = ["outcome_unknown", "unavailable", "overloaded"];

fn is_meanwhile(code: &str) -> bool {
    MEANWHILE.contains(&code)
}

async fn status(client: &Client, url: &str) -> u16 {
    client.get(url).send().await.unwrap().status().as_u16()
}

/// Waits until the server calls itself ready, or no longer.
async fn until(client: &Client, url: &str, wanted: u16, within: Duration) {
    let since = Instant::now();
    while status(client, &format!("{url}/health/ready")).await != wanted {
        assert!(since.elapsed() < within, "readiness is not {wanted} after {within:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[actix::test]
async fn a_killed_database_loses_nothing_that_was_acknowledged() {
    let cycles = std::env::var("MAZAD_CRASH_CYCLES").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let database = MariaDb::durable();
    let dir = tempfile::tempdir().unwrap();
    store::put_on(&database, dir.path());
    let server = Server::start(dir.path(), &LIMITS);
    let (client, url) = (Client::new(), server.url.clone());
    let mut market = Arc::new(Bazaar::open(dir.path(), &url, BIDDERS).await);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut resolved = 0;
    for cycle in 0..cycles {
        let storm = market.storm(&client, &url, &ledger, is_meanwhile);
        storm.until_acked(1 + cycle * 37 % 200).await;
        database.kill();
        let bidders = storm.over().await;
        until(&client, &url, 503, NOTICED_WITHIN).await;
        assert_eq!(status(&client, &format!("{url}/health/live")).await, 200, "the process itself is well");
        database.restart();
        until(&client, &url, 200, OVER_WITHIN).await;

        let mut next = Bazaar { bidders, ..Bazaar::clone(&market) };
        let unanswered = std::mem::take(&mut ledger.lock().unwrap().unanswered);
        for (at, sent) in unanswered {
            let asked = (&next.bidders[at], &sent);
            let (hash, bid) = next.insist(&client, &url, asked, OVER_WITHIN, is_meanwhile).await;
            next.bidders[at].bid = Some(bid);
            ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
            resolved += 1;
        }
        let acknowledged = ledger.lock().unwrap().acknowledged.clone();
        next.compare(dir.path(), &acknowledged).await;
        market = Arc::new(next);
    }
    let known = ledger.lock().unwrap().acknowledged.len();
    println!(
        "{cycles} kills of the database, {known} bids acknowledged, 0 lost, 0 doubled; {resolved} without an answer, each resolved \
         by its key"
    );
}
