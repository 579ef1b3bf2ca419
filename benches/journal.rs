//! Bids a second through the journal's group commit, by group size: one bid of three items each, over 100 auctions, on
//! a `SQLite` file with synchronous=FULL and on a `MariaDB` server of its own. The yardstick is a bare group commit of the same
//! rows without a journal.
//!
//! `cargo bench --bench journal`. The directory is the system's temporary one; `TMPDIR` names another disk.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mazad::domain::auction::board::State;
use mazad::domain::auction::command::{Key, Line, Offer};
use mazad::domain::auction::event::{BidContent, Event};
use mazad::domain::ids::{BidId, ItemId, RequestId, UserId};
use mazad::domain::money::AmountMinor;
use mazad::domain::time::UnixMicros;
use mazad::persistence::append::append_group;
use mazad::persistence::journal::{self, Append, Entry, GENESIS, Hash, Head, Hold};
use mazad::persistence::{Db, StoreOptions};

use crate::support::mariadb::MariaDb;

#[path = "../tests/it/support"]
#[expect(dead_code, clippy::pedantic, reason = "it is a part of the tests, which use the rest")]
mod support {
    pub(crate) mod mariadb;
    pub(crate) mod process;
}

const AUCTIONS: i64 = 100;
const NOTE: &str = "genuine part, boxed, invoice included; delivery to the workshop before noon, returns accepted";

/// Makes bids as their auctions would.
struct Market {
    next: i64,
    heads: Vec<(i64, Hash)>,
}

impl Market {
    fn new() -> Self {
        Self { next: 0, heads: vec![(0, GENESIS); usize::try_from(AUCTIONS).unwrap_or(0)] }
    }

    fn event(&self) -> Event {
        let line = |n| Line { item: ItemId(n), quantity: n, unit_price: AmountMinor(4_000 + n), condition: None };
        let content = BidContent {
            bid: BidId(1_800_000_000_000_000_000 + self.next),
            merchant: UserId(1_700_000_000_000_000_000 + self.next * 7_919 % 1_000_003),
            version: 1,
            offer: Offer {
                lines: (1..=3).map(line).collect(),
                delivery_fee: AmountMinor(1_500),
                delivery_hours: 48,
                warranty_days: 90,
                payment_terms: "on delivery".to_owned(),
                notes: NOTE.to_owned(),
                expires_at: None,
            },
            landed: AmountMinor(12_345),
            floor: None,
            rating_milli: 4_200,
            rated_orders: 17,
            stamp: UnixMicros(1_900_000_000_000_000 + self.next),
            keeps_place: false,
        };
        Event::BidPlaced { content, key: Key { key: [7; 16], body: [9; 16] } }
    }

    fn append(&mut self) -> Append {
        self.next += 1;
        let event = self.event();
        let (request, at) = (self.next % AUCTIONS, UnixMicros(1_900_000_000_000_000 + self.next));
        let (seq, hash) = &mut self.heads[usize::try_from(request).unwrap_or(0)];
        *seq += 1;
        let request = RequestId(1_800_000_000_000_000_000 + request);
        let entry = Entry::seal(hash, request, *seq, at, event);
        *hash = entry.hash;
        let head = Head {
            request,
            owner: UserId(1),
            seq: *seq,
            hash: *hash,
            state: State::BiddingOpen,
            paused: false,
            opens_at: UnixMicros(1_900_000_000_000_000),
            closes_at: UnixMicros(1_900_003_600_000_000),
            review_until: None,
            total_bids: 1,
            live_bids: 1,
            best_landed: Some(AmountMinor(12_345)),
            updated_at: at,
        };
        Append { hold: Hold::ALONE, entries: vec![entry], head }
    }
}

async fn append(db: &Db, group: &[Append]) {
    append_group(db, group).await.into_iter().collect::<Result<(), _>>().expect("committed");
}

/// On a file and on a server, whose data lies on the same disk.
fn append_groups(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let server = MariaDb::durable();
    let database = runtime.block_on(server.fresh_database());
    let file = format!("sqlite://{}/bench.sqlite", dir.path().display());
    for (name, url) in [("append_group", file), ("append_group_mariadb", database.url.clone())] {
        let db = runtime.block_on(Db::open(&StoreOptions { url, readers: 1 })).expect("a database");
        let mut market = Market::new();
        let mut bench = criterion.benchmark_group(name);
        for size in [1_usize, 16, 64, 256] {
            bench.throughput(Throughput::Elements(u64::try_from(size).unwrap_or(0)));
            bench.bench_function(size.to_string(), |bencher| {
                bencher.to_async(&runtime).iter_batched(
                    || (0..size).map(|_| market.append()).collect::<Vec<_>>(),
                    |group| {
                        let db = &db;
                        async move { append(db, &group).await }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
        bench.finish();
    }
}

fn seal(criterion: &mut Criterion) {
    let market = Market::new();
    let event = market.event();
    criterion.bench_function("seal", |bencher| {
        bencher.iter_batched(
            || event.clone(),
            |event| black_box(Entry::seal(&GENESIS, RequestId(1), 1, UnixMicros(1), event)),
            BatchSize::SmallInput,
        );
    });
}

fn load(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}/bench.sqlite", dir.path().display());
    let db = runtime.block_on(Db::open(&StoreOptions { url, readers: 1 })).expect("a database");
    let mut market = Market::new();
    let group: Vec<_> = (0..100_000).map(|_| market.append()).collect();
    for chunk in group.chunks(256) {
        runtime.block_on(append(&db, chunk));
    }
    let mut bench = criterion.benchmark_group("load");
    bench.throughput(Throughput::Elements(1_000));
    bench.bench_function("1000", |bencher| {
        let db = &db;
        let request = group[0].head.request;
        bencher.to_async(&runtime).iter(|| async move {
            assert_eq!(journal::load(db, request, 0).await.expect("loaded").len(), 1_000);
        });
    });
    bench.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(std::time::Duration::from_secs(5));
    targets = append_groups, seal, load
}
criterion_main!(benches);
