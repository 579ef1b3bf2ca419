//! The bid path in one process: admission → auction → journal → `SQLite`, without HTTP.
//!
//! Bids of three items, `synchronous=FULL`, 64 in flight. `many` spreads them over 100 auctions, `one` sends them all to one.
//! Compare with the bare group commit of the same rows at the same concurrency.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking; criterion's macros write no docs")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use actix::Actor;
use actix::Arbiter;
use actix::Context;
use actix::Handler;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use mazad::actors::admission::Admission;
use mazad::actors::broadcaster::Publish;
use mazad::actors::directory::Directory;
use mazad::actors::journal::Journal;
use mazad::actors::journal::LastCommit;
use mazad::actors::registry::Registry;
use mazad::clock::Clock;
use mazad::domain::auction::command::Bidder;
use mazad::domain::auction::command::Command;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::Offer;
use mazad::domain::auction::command::SendBid;
use mazad::domain::auction::terms::LotItem;
use mazad::domain::auction::terms::Rules;
use mazad::domain::auction::terms::Terms;
use mazad::domain::ids::BidId;
use mazad::domain::ids::ItemId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::money::AmountMinor;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;

const IN_FLIGHT: i64 = 64;

struct Deaf;

impl Actor for Deaf {
    type Context = Context<Self>;
}

impl Handler<Publish> for Deaf {
    type Result = ();

    fn handle(&mut self, publish: Publish, _: &mut Self::Context) {
        black_box(publish);
    }
}

async fn engine(dir: &tempfile::TempDir) -> Admission {
    let url = format!("sqlite://{}", dir.path().join("mazad.sqlite").display());
    let db = Db::open(&StoreOptions { url, readers: 2 }).await.unwrap();
    let directory = Arc::new(Directory::default());
    let last_commit = LastCommit::default();
    let journal = {
        let (db, last_commit) = (db.clone(), last_commit.clone());
        Journal::start_in_arbiter(&Arbiter::new().handle(), move |_| Journal::new(db, Clock::System, last_commit))
    };
    let auctions = vec![Arbiter::new().handle()];
    let rooms = vec![Deaf.start().recipient()];
    let registry = {
        let directory = Arc::clone(&directory);
        Registry::start_in_arbiter(&Arbiter::new().handle(), move |_| {
            Registry::new(directory, db, Clock::System, journal, rooms, auctions)
        })
    };
    Admission::new(directory, registry, last_commit)
}

fn terms(id: i64) -> Terms {
    let now = Clock::System.now();
    Terms {
        request: RequestId(id),
        owner: UserId(1),
        items: (1..=3).map(|n| LotItem { id: ItemId(id * 10 + n), quantity: 1, condition: None }).collect(),
        rules: Rules {
            soft_close: Span::secs(120),
            bids_per_second: 1_000_000,
            bids_per_merchant: 1_000_000,
            ..Rules::USUAL
        },
        opens_at: now,
        closes_at: now.plus(Span::hours(10)),
        alias_seed: 7,
    }
}

/// The `n`th bid of a merchant in an auction: the first places, the others cut the price.
fn command(request: i64, merchant: i64, n: i64, stamp: UnixMicros) -> Command {
    let unit = AmountMinor(1_000_000_000 - n * 2_000);
    let lines = (1..=3)
        .map(|item| Line { item: ItemId(request * 10 + item), quantity: 1, unit_price: unit, condition: None })
        .collect();
    let offer = Offer {
        lines,
        delivery_fee: AmountMinor(2_500),
        delivery_hours: 24,
        warranty_days: 90,
        payment_terms: "on delivery".to_owned(),
        notes: "genuine part, boxed, invoice included".to_owned(),
        expires_at: None,
    };
    let bidder = Bidder {
        user: UserId(merchant),
        merchant: true,
        verified: true,
        suspended: false,
        eligible: true,
        rating_milli: 4_200,
        rated_orders: 12,
    };
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&merchant.to_be_bytes());
    digest[8..].copy_from_slice(&n.to_be_bytes());
    let key = Key { key: digest, body: digest };
    let bid = BidId(request * 1_000_000 + merchant);
    if n == 0 {
        Command::Place(SendBid { bidder, bid, offer, floor: None, confirmed: true, key, stamp })
    } else {
        Command::Revise(SendBid { bidder, bid, offer, floor: None, confirmed: true, key, stamp })
    }
}

/// Runs `count` bids, 64 at a time; each task is one merchant who goes round the auctions. Returns all latencies.
async fn drive(admission: &Admission, auctions: i64, count: u64, rounds: &mut i64) -> (Duration, Vec<Duration>) {
    let each = i64::try_from(count).unwrap() / IN_FLIGHT + 1;
    let from = *rounds;
    *rounds += each;
    let start = Instant::now();
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|merchant| {
            let admission = admission.clone();
            actix::spawn(async move {
                let mut latencies = Vec::with_capacity(usize::try_from(each).unwrap());
                for round in from..from + each {
                    let (auction, n) = ((round + merchant) % auctions + 1, round / auctions);
                    let sent = Instant::now();
                    let stamp = Clock::System.now();
                    admission.command(RequestId(auction), command(auction, 100 + merchant, n, stamp)).await.unwrap();
                    latencies.push(sent.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let elapsed = start.elapsed();
    // As many as were asked for, at the rate of those that were made.
    let made = u32::try_from(latencies.len()).unwrap();
    (elapsed * u32::try_from(count).unwrap() / made, latencies)
}

fn bid_path(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bid_path");
    group.throughput(Throughput::Elements(1)).sample_size(10).measurement_time(Duration::from_secs(8));
    for (name, auctions) in [("many", 100), ("one", 1)] {
        let system = actix::System::new();
        let dir = tempfile::tempdir().unwrap();
        let admission = system.block_on(async {
            let admission = engine(&dir).await;
            for id in 1..=auctions {
                admission.publish(terms(id)).await.unwrap();
                admission.command(RequestId(id), Command::Tick).await.unwrap();
            }
            admission
        });
        let mut rounds = 0;
        let mut all = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let (elapsed, latencies) = system.block_on(drive(&admission, auctions, count, &mut rounds));
                all.extend(latencies);
                elapsed
            });
        });
        all.sort_unstable();
        let at = |share: usize| all.get(all.len() * share / 1_000).copied().unwrap_or_default();
        println!("bid_path/{name}: ack p50 {:?} p99 {:?} max {:?} over {} bids", at(500), at(990), at(999), all.len());
    }
    group.finish();
}

criterion_group!(benches, bid_path);
criterion_main!(benches);
