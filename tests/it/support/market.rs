//! Bidders of a running server, and the ledger of what it told them.

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

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

use crate::support::store::database_url;

/// Thousands of revisions by one merchant are no longer a market, but they are a load.
pub(crate) const LIMITS: [(&str, &str); 2] =
    [("MAZAD__AUCTION__BIDS_PER_SECOND", "100000"), ("MAZAD__AUCTION__BIDS_PER_MERCHANT", "10000000")];

/// A bid as it is sent, so that it can be sent again.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) key: String,
    body: Value,
    revises: bool,
}

/// What the clients know.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Hash of the receipt by idempotency key.
    pub(crate) acknowledged: HashMap<String, String>,
    /// Sent by this bidder, and nobody said that it was taken.
    pub(crate) unanswered: Vec<(usize, Sent)>,
}

/// One merchant's way.
#[derive(Clone, Default)]
pub(crate) struct Bidder {
    pub(crate) token: String,
    pub(crate) bid: Option<String>,
    sent: usize,
}

impl Bidder {
    /// Somebody who has not bid yet.
    pub(crate) fn new(token: String) -> Self {
        Self { token, ..Self::default() }
    }

    /// The version of the bid that was sent last.
    pub(crate) fn version(&self) -> usize {
        self.sent
    }

    /// The next bid of the bidder with this number. Each revision changes the notes alone, which is always legal.
    pub(crate) fn next(&mut self, at: usize, items: &[String]) -> Sent {
        self.sent += 1;
        let lines: Vec<Value> =
            items.iter().map(|item| json!({"request_item_id": item, "quantity": 1, "unit_price": "500.00"})).collect();
        let body = json!({"items": lines, "delivery_fee": "25.00", "delivery_hours": 24, "warranty_days": 30,
            "payment_terms": "on delivery", "notes": format!("offer {} of {at}", self.sent)});
        Sent { key: format!("{at}-{}", self.sent), body, revises: self.bid.is_some() }
    }
}

/// Everybody bidding at once.
pub(crate) struct Storm {
    acks: Arc<AtomicUsize>,
    tasks: Vec<tokio::task::JoinHandle<Bidder>>,
}

impl Storm {
    /// Resolves when so many bids were acknowledged.
    pub(crate) async fn until_acked(&self, bids: usize) {
        while self.acks.load(Ordering::SeqCst) < bids {
            tokio::task::yield_now().await;
        }
    }

    /// The bidders as they are when the last has given up.
    pub(crate) async fn over(self) -> Vec<Bidder> {
        let mut bidders = Vec::new();
        for task in self.tasks {
            bidders.push(task.await.unwrap());
        }
        bidders
    }
}

/// One open request and those who bid on it.
#[derive(Clone)]
pub(crate) struct Bazaar {
    pub(crate) request: String,
    pub(crate) items: Vec<String>,
    /// The owner's token.
    pub(crate) owner: String,
    pub(crate) bidders: Vec<Bidder>,
}

impl Bazaar {
    /// Opens a request on the server at `url` with its data in `dir`.
    pub(crate) async fn open(dir: &Path, url: &str, bidders: usize) -> Self {
        Self::open_on(&database_url(dir), dir, url, bidders).await
    }

    /// The same on another database.
    pub(crate) async fn open_on(database: &str, dir: &Path, url: &str, bidders: usize) -> Self {
        let mut config = Config::load(None).unwrap();
        config.database.url = database.to_owned();
        config.auth.key_dir = dir.to_owned();
        let people = Market::open(&config).await.unwrap();
        let owner = people.customers(1).await.unwrap().remove(0);
        let mut api = ApiClient::new(url.trim_start_matches("http://"), "bazaar");
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
            photo: None,
        };
        let published = market::publish(&mut api, &owner.token, &vehicle, &spec).await.unwrap();
        let merchants = people.merchants(bidders).await.unwrap();
        let bidders = merchants.into_iter().map(|merchant| Bidder::new(merchant.token)).collect();
        Self { request: published.request, items: published.items, owner: owner.token, bidders }
    }

    /// The answer to one bid, unless the connection breaks.
    pub(crate) async fn answer(
        &self,
        client: &reqwest::Client,
        url: &str,
        who: &Bidder,
        sent: &Sent,
    ) -> reqwest::Result<reqwest::Response> {
        let request = match (&who.bid, sent.revises) {
            (Some(bid), true) => client.put(format!("{url}/api/v1/bidding/bids/{bid}")),
            (_, false) => client.post(format!("{url}/api/v1/bidding/requests/{}/bids", self.request)),
            (None, true) => unreachable!("a revision of no bid"),
        };
        request.bearer_auth(&who.token).header("idempotency-key", &sent.key).json(&sent.body).send().await
    }

    /// Sends one legal bid. `Ok` with the receipt's hash and the bid's id when the server acknowledged it; `Err` when
    /// nobody knows or nothing was decided: the problem's code, or that the connection broke.
    pub(crate) async fn send(
        &self,
        client: &reqwest::Client,
        url: &str,
        who: &Bidder,
        sent: &Sent,
    ) -> Result<(String, String), String> {
        let answer = self.answer(client, url, who, sent).await.map_err(|error| error.to_string())?;
        let (status, retry) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match status {
            200 | 201 => Ok((text(&body["receipt"]["hash"]), text(&body["bid"]["id"]))),
            503 => {
                assert!(retry, "when to come again is said: {body}");
                Err(text(&body["code"]))
            }
            _ => panic!("a legal bid was refused: {status} {body}"),
        }
    }

    /// Sends a bid under its own key until it is said what became of it: the truth, from the server alone. Until then only
    /// what is `expected` may be said, and not longer than `within`.
    pub(crate) async fn insist(
        &self,
        client: &reqwest::Client,
        url: &str,
        (who, sent): (&Bidder, &Sent),
        within: Duration,
        expected: fn(&str) -> bool,
    ) -> (String, String) {
        let since = Instant::now();
        loop {
            match self.send(client, url, who, sent).await {
                Ok(told) => return told,
                Err(code) => assert!(expected(&code) && since.elapsed() < within, "{code} after {:?}", since.elapsed()),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Has everybody bid at once, each until a bid is not acknowledged, for a reason that is `expected`.
    pub(crate) fn storm(
        self: &Arc<Self>,
        client: &reqwest::Client,
        url: &str,
        ledger: &Arc<Mutex<Ledger>>,
        expected: fn(&str) -> bool,
    ) -> Storm {
        let acks = Arc::<AtomicUsize>::default();
        let tasks = (0..self.bidders.len())
            .map(|at| {
                let (market, client, url) = (Arc::clone(self), client.clone(), url.to_owned());
                let (ledger, acks) = (Arc::clone(ledger), Arc::clone(&acks));
                actix::spawn(async move {
                    let mut who = market.bidders[at].clone();
                    loop {
                        let sent = who.next(at, &market.items);
                        match market.send(&client, &url, &who, &sent).await {
                            Ok((hash, bid)) => {
                                who.bid = Some(bid);
                                ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
                                acks.fetch_add(1, Ordering::SeqCst);
                            }
                            Err(code) => {
                                assert!(expected(&code), "{code}");
                                ledger.lock().unwrap().unanswered.push((at, sent));
                                return who;
                            }
                        }
                    }
                })
            })
            .collect();
        Storm { acks, tasks }
    }

    /// Every acknowledged receipt is in the journal, once; no key had two effects. Loading verifies the chain of hashes.
    pub(crate) async fn compare(&self, dir: &Path, acknowledged: &HashMap<String, String>) {
        self.compare_on(&database_url(dir), acknowledged).await;
    }

    /// The same on another database.
    pub(crate) async fn compare_on(&self, database: &str, acknowledged: &HashMap<String, String>) {
        let db = Db::open(&StoreOptions { url: database.to_owned(), readers: 1 }).await.unwrap();
        let entries = journal::load(&db, self.request.parse().unwrap(), 0).await.unwrap();
        let hex = |hash: &[u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hashes: HashSet<String> = entries.iter().map(|entry| hex(&entry.hash)).collect();
        let mut keys = HashSet::new();
        for entry in &entries {
            if let Event::BidPlaced { key, .. } | Event::BidRevised { key, .. } = &entry.event {
                assert!(keys.insert(key.key), "a key had two effects, the second in entry {}", entry.seq);
            }
        }
        let lost: Vec<_> =
            acknowledged.iter().filter(|(_, hash)| !hashes.contains(*hash)).map(|(key, _)| key).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
}
