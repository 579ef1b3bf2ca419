//! The server is killed with SIGKILL while bidders bid, restarted, and what clients were told is compared with what
//! came back: nothing acknowledged lost, nothing doubled, every unanswered bid resolved by its own key.
//!
//! Twenty cycles in the suite; `make crash CYCLES=1000` runs as many as wanted.

use std::sync::Arc;
use std::sync::Mutex;

use crate::support::market::Bazaar;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;

const BIDDERS: usize = 8;
const CYCLES: usize = 20;

#[actix::test]
async fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let cycles = std::env::var("MAZAD_CRASH_CYCLES").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &LIMITS);
    let mut market = Arc::new(Bazaar::open(dir.path(), &server.url, BIDDERS).await);
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let (mut known, mut resolved) = (0, 0);
    for cycle in 0..cycles {
        let client = reqwest::Client::new();
        let storm = market.storm(&client, &server.url, &ledger, |_| true);
        // Not after a time but after a number of acknowledgements, each cycle another, so that it hits every moment.
        storm.until_acked(1 + cycle * 37 % 200).await;
        server.kill();
        let bidders = storm.over().await;
        let acknowledged = ledger.lock().unwrap().acknowledged.clone();
        market.compare(dir.path(), &acknowledged).await;
        known = acknowledged.len();

        server = Server::start(dir.path(), &LIMITS);
        let mut next = Bazaar { bidders, ..Bazaar::clone(&market) };
        let unanswered = std::mem::take(&mut ledger.lock().unwrap().unanswered);
        let client = reqwest::Client::new();
        for (at, sent) in unanswered {
            let told = next.send(&client, &server.url, &next.bidders[at], &sent).await;
            let (hash, bid) = told.expect("the same key gets the truth");
            next.bidders[at].bid = Some(bid);
            ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
            resolved += 1;
        }
        market = Arc::new(next);
    }
    server.kill();
    let acknowledged = ledger.lock().unwrap().acknowledged.clone();
    market.compare(dir.path(), &acknowledged).await;
    println!(
        "{cycles} kills, {known} bids acknowledged, 0 lost, 0 doubled; {resolved} without an answer, each resolved by its key"
    );
}
