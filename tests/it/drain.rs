//! A server that is asked to stop, under load: what it acknowledged is there, nobody hears a false "no", and bidding goes on
//! with its successor.
//!
//! Five restarts in the suite; `make restarts CYCLES=50` runs as many as wanted.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use mazad::limits;
use reqwest::Client;
use tokio::sync::watch;

use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;

const BIDDERS: usize = 8;
const CYCLES: usize = 5;
/// What `Retry-After` says.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Acknowledgements between two restarts.
const BETWEEN: usize = 60;

/// What bidders heard.
#[derive(Default)]
struct Heard {
    ledger: Ledger,
    /// Since the successor answers.
    acks: usize,
    refusals: usize,
    first: Option<Instant>,
}

/// Bids until there is no server any more. What was not acknowledged is sent again under its key to the successor.
async fn bid_on(
    mut who: Bidder,
    at: usize,
    market: Arc<Bazaar>,
    mut url: watch::Receiver<Option<String>>,
    heard: Arc<Mutex<Heard>>,
) {
    let client = Client::new();
    let mut sent = who.next(at, &market.items);
    loop {
        let Some(here) = url.borrow_and_update().clone() else { return };
        match market.send(&client, &here, &who, &sent).await {
            Ok((hash, bid)) => {
                let mut heard = heard.lock().unwrap();
                heard.first.get_or_insert_with(Instant::now);
                heard.acks += 1;
                // The same key gives the same receipt, whoever gives it.
                let before = heard.ledger.acknowledged.insert(sent.key.clone(), hash.clone());
                assert!(before.is_none_or(|before| before == hash));
                who.bid = Some(bid);
                sent = who.next(at, &market.items);
            }
            Err(code) => {
                heard.lock().unwrap().refusals += usize::from(code == "stopping");
                // Refused or cut off: there is a successor soon, or the same server has time again when it said.
                if let Ok(Err(_)) = tokio::time::timeout(RETRY_AFTER, url.changed()).await {
                    return;
                }
            }
        }
    }
}

async fn apart<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn acknowledged(heard: &Mutex<Heard>, least: usize) {
    let begun = Instant::now();
    while heard.lock().unwrap().acks < least {
        assert!(begun.elapsed() < Duration::from_secs(60), "bidding does not go on");
        tokio::task::yield_now().await;
    }
}

#[actix::test]
async fn restarts_under_load_lose_nothing_and_refuse_nobody() {
    let cycles = std::env::var("MAZAD_RESTART_CYCLES").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path(), &LIMITS);
    let market = Arc::new(Bazaar::open(dir.path(), &server.url, BIDDERS).await);
    let heard = Arc::new(Mutex::new(Heard::default()));
    let (tell, url) = watch::channel(Some(server.url.clone()));
    let bidders: Vec<_> = market
        .bidders
        .iter()
        .cloned()
        .enumerate()
        .map(|(at, who)| actix::spawn(bid_on(who, at, Arc::clone(&market), url.clone(), Arc::clone(&heard))))
        .collect();
    let (mut stops, mut gaps) = (Vec::new(), Vec::new());
    for _ in 0..cycles {
        acknowledged(&heard, BETWEEN).await;
        let asked = Instant::now();
        apart(move || server.end()).await;
        stops.push(asked.elapsed());
        assert!(asked.elapsed() < Duration::from_secs(limits::STOP_SECS_MAX), "{:?}", asked.elapsed());
        {
            let mut heard = heard.lock().unwrap();
            (heard.acks, heard.first) = (0, None);
        }
        let data = dir.path().to_owned();
        server = apart(move || Server::start(&data, &LIMITS)).await;
        tell.send(Some(server.url.clone())).unwrap();
        acknowledged(&heard, 1).await;
        gaps.push(heard.lock().unwrap().first.unwrap().duration_since(asked));
    }
    acknowledged(&heard, BETWEEN).await;
    apart(move || server.end()).await;
    tell.send(None).unwrap();
    for bidder in bidders {
        bidder.await.unwrap();
    }
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    market.compare(dir.path(), &heard.ledger.acknowledged).await;
    gaps.sort();
    println!(
        "{cycles} restarts, {} bids acknowledged, 0 lost, 0 doubled, 0 false refusals ({} told to come again); gap p50 {:?}, \
         longest {:?}; longest stop {:?}",
        heard.ledger.acknowledged.len(),
        heard.refusals,
        gaps[gaps.len() / 2],
        gaps[gaps.len() - 1],
        stops.iter().max().unwrap(),
    );
}

#[actix::test]
async fn while_it_lingers_it_says_so_and_a_second_signal_ends_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let settings = [LIMITS.as_slice(), &[("MAZAD__HTTP__LINGER_SECONDS", "5")]].concat();
    let mut server = Server::start(dir.path(), &settings);
    let mut market = Bazaar::open(dir.path(), &server.url, 1).await;
    let client = Client::new();
    let items = market.items.clone();
    let first = market.bidders[0].next(0, &items);
    market.send(&client, &server.url, &market.bidders[0], &first).await.unwrap();
    server.signal("TERM");
    let asked = Instant::now();
    loop {
        let ready = client.get(format!("{}/health/ready", server.url)).send().await.unwrap();
        if ready.status() == 503 {
            let body: serde_json::Value = ready.json().await.unwrap();
            assert_eq!(body["failing"], serde_json::json!(["stopping"]));
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(2), "readiness goes on");
    }
    let second = market.bidders[0].next(0, &items);
    assert_eq!(market.send(&client, &server.url, &market.bidders[0], &second).await.unwrap_err(), "stopping");
    server.signal("INT");
    let status = apart(move || server.wait()).await;
    assert_eq!(status.code(), Some(1), "what was cut short is no success");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}
