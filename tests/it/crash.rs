//! The server is killed with SIGKILL while bidders bid, restarted, and what clients were told is compared with what
//! came back: nothing acknowledged lost, nothing doubled, every unanswered bid resolved by its own key.
//!
//! Twenty cycles in the suite; `make crash CYCLES=1000` runs as many as wanted.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;

const BIDDERS: usize = 8;
const CYCLES: usize = 20;
/// Bids until the server is gone.
async fn bid_on(
    client: reqwest::Client,
    url: String,
    market: Arc<Bazaar>,
    at: usize,
    ledger: Arc<Mutex<Ledger>>,
    acks: Arc<AtomicUsize>,
) -> Bidder {
    let mut who = market.bidders[at].clone();
    loop {
        let sent = who.next(at, &market.items);
        match market.send(&client, &url, &who, &sent).await {
            Ok((hash, bid)) => {
                who.bid = Some(bid);
                ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
                acks.fetch_add(1, Ordering::SeqCst);
            }
            Err(_) => {
                ledger.lock().unwrap().unanswered.push((at, sent));
                return who;
            }
        }
    }
}

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
        let acks = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..BIDDERS)
            .map(|at| {
                let (ledger, acks) = (Arc::clone(&ledger), Arc::clone(&acks));
                actix::spawn(bid_on(client.clone(), server.url.clone(), Arc::clone(&market), at, ledger, acks))
            })
            .collect();
        // Not after a time but after a number of acknowledgements, each cycle another, so that it hits every moment.
        let until = 1 + cycle * 37 % 200;
        while acks.load(Ordering::SeqCst) < until {
            tokio::task::yield_now().await;
        }
        server.kill();
        let mut bidders = Vec::new();
        for task in tasks {
            bidders.push(task.await.unwrap());
        }
        let acknowledged = ledger.lock().unwrap().acknowledged.clone();
        market.compare(dir.path(), &acknowledged).await;
        known = acknowledged.len();

        server = Server::start(dir.path(), &LIMITS);
        let mut next = Bazaar {
            items: market.items.clone(),
            request: market.request.clone(),
            owner: market.owner.clone(),
            bidders,
        };
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
