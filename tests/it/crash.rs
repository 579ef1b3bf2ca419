//! The server is killed with SIGKILL while bidders bid, restarted, and what clients were told is compared with what
//! came back: nothing acknowledged lost, nothing doubled, every unanswered bid resolved by its own key.
//!
//! Twenty cycles in the suite; `make crash CYCLES=1000` runs as many as wanted.

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use mazad::cli::api_client::ApiClient;
use mazad::cli::market;
use mazad::cli::market::Market;
use mazad::cli::market::Part;
use mazad::cli::market::RequestSpec;
use mazad::config::Config;
use mazad::domain::auction::event::Event;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::journal;
use serde_json::Value;
use serde_json::json;

use crate::support::server::Server;
use crate::support::server::database_url;

const BIDDERS: usize = 8;
const CYCLES: usize = 20;
/// Thousands of revisions by one merchant are no longer a market, but they are a load.
const LIMITS: [(&str, &str); 2] =
    [("MAZAD__AUCTION__BIDS_PER_SECOND", "100000"), ("MAZAD__AUCTION__BIDS_PER_MERCHANT", "10000000")];

/// A bid as it is sent, so that it can be sent again.
#[derive(Clone)]
struct Sent {
    key: String,
    body: Value,
    revises: bool,
}

/// What the clients know.
#[derive(Default)]
struct Ledger {
    /// Hash of the receipt by idempotency key.
    acknowledged: HashMap<String, String>,
    /// Sent, and no answer came.
    unanswered: Vec<(usize, Sent)>,
}

/// One merchant's way through all cycles.
#[derive(Clone, Default)]
struct Bidder {
    token: String,
    bid: Option<String>,
    sent: usize,
}

struct Market1 {
    request: String,
    items: Vec<String>,
    bidders: Vec<Bidder>,
}

fn config(dir: &Path) -> Config {
    let mut config = Config::load(None).unwrap();
    config.database.url = database_url(dir);
    config.auth.key_dir = dir.to_owned();
    config
}

async fn open_market(dir: &Path, url: &str) -> Market1 {
    let people = Market::open(&config(dir)).await.unwrap();
    let owner = people.customers(1).await.unwrap().remove(0);
    let mut api = ApiClient::new(url.trim_start_matches("http://"), "crash");
    let vehicle = market::add_vehicle(&mut api, &owner.token, "Toyota", "Camry", 2020).await.unwrap();
    let parts = ["bumper", "lamp", "grille"].map(|name| Part { name: name.to_owned(), quantity: 1 }).to_vec();
    let spec = RequestSpec {
        title: "Front end".to_owned(),
        description: String::new(),
        parts,
        bidding_secs: 14 * 86_400,
        opens_at: None,
        soft_close_secs: None,
        visibility: "open",
        urgent: false,
    };
    let published = market::publish(&mut api, &owner.token, &vehicle, &spec).await.unwrap();
    let merchants = people.merchants(BIDDERS).await.unwrap();
    let bidders = merchants.into_iter().map(|m| Bidder { token: m.token, ..Bidder::default() }).collect();
    Market1 { request: published.request, items: published.items, bidders }
}

/// Sends one bid. `Ok` with the receipt's hash and the bid's id when the server acknowledged it; `Err` when nobody knows.
async fn send(
    client: &reqwest::Client,
    url: &str,
    market: &Market1,
    who: &Bidder,
    sent: &Sent,
) -> Result<(String, String), ()> {
    let request = match (&who.bid, sent.revises) {
        (Some(bid), true) => client.put(format!("{url}/api/v1/bidding/bids/{bid}")),
        (_, false) => client.post(format!("{url}/api/v1/bidding/requests/{}/bids", market.request)),
        (None, true) => unreachable!("a revision of no bid"),
    };
    let request = request.bearer_auth(&who.token).header("idempotency-key", &sent.key).json(&sent.body);
    let answer = request.send().await.map_err(|_| ())?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.map_err(|_| ())?;
    match status {
        200 | 201 => {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Ok((text(&body["receipt"]["hash"]), text(&body["bid"]["id"])))
        }
        503 => Err(()),
        _ => panic!("a legal bid was refused: {status} {body}"),
    }
}

/// Bids until the server is gone. Each revision changes the notes alone, which is always legal.
async fn bid_on(
    client: reqwest::Client,
    url: String,
    market: Arc<Market1>,
    at: usize,
    ledger: Arc<Mutex<Ledger>>,
    acks: Arc<AtomicUsize>,
) -> Bidder {
    let mut who = market.bidders[at].clone();
    loop {
        who.sent += 1;
        let lines: Vec<Value> = market
            .items
            .iter()
            .map(|item| json!({"request_item_id": item, "quantity": 1, "unit_price": "500.00"}))
            .collect();
        let body = json!({"items": lines, "delivery_fee": "25.00", "delivery_hours": 24, "warranty_days": 30,
            "payment_terms": "on delivery", "notes": format!("offer {} of {at}", who.sent)});
        let sent = Sent { key: format!("{at}-{}", who.sent), body, revises: who.bid.is_some() };
        match send(&client, &url, &market, &who, &sent).await {
            Ok((hash, bid)) => {
                who.bid = Some(bid);
                ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
                acks.fetch_add(1, Ordering::SeqCst);
            }
            Err(()) => {
                ledger.lock().unwrap().unanswered.push((at, sent));
                return who;
            }
        }
    }
}

/// Every acknowledged receipt is in the journal, once; no key had two effects. Loading verifies the chain of hashes.
async fn compare(dir: &Path, request: &str, ledger: &Mutex<Ledger>) -> usize {
    let db = Db::open(&StoreOptions { url: database_url(dir), readers: 1 }).await.unwrap();
    let entries = journal::load(&db, request.parse().unwrap(), 0).await.unwrap();
    let hex = |hash: &[u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hashes: HashSet<String> = entries.iter().map(|entry| hex(&entry.hash)).collect();
    let mut keys = HashSet::new();
    for entry in &entries {
        if let Event::BidPlaced { key, .. } | Event::BidRevised { key, .. } = &entry.event {
            assert!(keys.insert(key.key), "a key had two effects, the second in entry {}", entry.seq);
        }
    }
    let ledger = ledger.lock().unwrap();
    let lost: Vec<_> =
        ledger.acknowledged.iter().filter(|(_, hash)| !hashes.contains(*hash)).map(|(key, _)| key).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    ledger.acknowledged.len()
}

#[actix::test]
async fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let cycles = std::env::var("MAZAD_CRASH_CYCLES").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &LIMITS);
    let mut market = Arc::new(open_market(dir.path(), &server.url).await);
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
        known = compare(dir.path(), &market.request, &ledger).await;

        server = Server::start(dir.path(), &LIMITS);
        let next = Market1 { request: market.request.clone(), items: market.items.clone(), bidders };
        let unanswered = std::mem::take(&mut ledger.lock().unwrap().unanswered);
        let client = reqwest::Client::new();
        let mut bidders = next.bidders.clone();
        for (at, sent) in unanswered {
            let (hash, bid) =
                send(&client, &server.url, &next, &bidders[at], &sent).await.expect("the same key gets the truth");
            bidders[at].bid = Some(bid);
            ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
            resolved += 1;
        }
        market = Arc::new(Market1 { bidders, ..next });
    }
    server.kill();
    compare(dir.path(), &market.request, &ledger).await;
    println!(
        "{cycles} kills, {known} bids acknowledged, 0 lost, 0 doubled; {resolved} without an answer, each resolved by its key"
    );
}
