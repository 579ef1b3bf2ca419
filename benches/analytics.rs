//! How long analytics takes over 1 000 000 bids on 100 000 requests of two years, on a `SQLite` file and on a `MariaDB` server of
//! its own: the dashboard, the analytics of requests with and without filters, a merchant's page, a price band; one caller and two
//! at once.
//!
//! `cargo bench --bench analytics`. The directory is the system's temporary one; `TMPDIR` names another disk.
//! `ANALYTICS_BENCH_REQUESTS` sets another number of requests, of ten bids each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench fails by panicking"
)]

use std::time::Duration;
use std::time::Instant;

use hdrhistogram::Histogram;
use mazad::domain::analytics::calendar::Day;
use mazad::domain::analytics::course::Standing;
use mazad::domain::analytics::facts::Facts;
use mazad::domain::ids::OrderId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::time::UnixMicros;
use mazad::flows::analytics::Analytics;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::analytics::changes::Uncounted;
use mazad::persistence::analytics::facts;
use mazad::persistence::analytics::facts::Counted;
use mazad::persistence::analytics::facts::Deal;
use mazad::persistence::analytics::people;
use mazad::persistence::analytics::prices;
use mazad::persistence::analytics::sums;
use mazad::persistence::analytics::sums::Filter;
use sqlx::AssertSqlSafe;

use crate::support::mariadb::MariaDb;

#[path = "../tests/it/support"]
#[expect(dead_code, clippy::pedantic, reason = "it is a part of the tests, which use the rest")]
mod support {
    pub(crate) mod mariadb;
    pub(crate) mod process;
}

const FIRST_DAY: i64 = 20_000;
const DAYS: i64 = 730;
const MERCHANTS: i64 = 3_001;
const BIDS: i64 = 10;
const BATCH: usize = 250;
const AT: UnixMicros = UnixMicros(1_800_000_000_000_000);

/// Tests of all targets run a bench as well, to see that it works; `cargo bench` alone says that it is to measure.
fn measures() -> bool {
    std::env::args().any(|word| word == "--bench")
}

fn requests() -> i64 {
    let usual = if measures() { 100_000 } else { 2_000 };
    std::env::var("ANALYTICS_BENCH_REQUESTS").map_or(usual, |number| number.parse().expect("a number"))
}

fn rounds() -> usize {
    if measures() { 500 } else { 1 }
}

fn id(number: i64) -> RequestId {
    RequestId((1 << 60) + number)
}

/// A request, its bids and what was sold. Some parts are asked for often, most of two thousand seldom.
fn counted(number: i64) -> Counted {
    let parts = [format!("part {}", number % 50), format!("part {}", 50 + number * 7_919 % 2_000)];
    let merchant = |bid: i64| UserId(1 + (number * 13 + bid * 37) % MERCHANTS);
    let landed = |bid: i64| 10_000 + (number * 31 + bid * 1_709) % 9_000;
    let (state, order) = match number % 10 {
        0 => ("bidding_open", None),
        1 => ("expired", None),
        2 | 3 => ("accepted", Some("shipped")),
        _ => ("accepted", Some("completed")),
    };
    let chosen = order.map(|_| landed(0));
    let request = id(number);
    let facts = Facts {
        request,
        customer: UserId(10_000 + number % 5_000),
        day: Day(FIRST_DAY + number * DAYS / requests()),
        brand: 1 + number % 14,
        city: Some(format!("city {}", number % 20)),
        parts: parts.iter().cloned().collect(),
        state: state.to_owned(),
        seq: BIDS + 3,
        bids: BIDS,
        landed: (0..BIDS).map(landed).sum(),
        response_s: Some(number * 7 % 20_000),
        first_landed: Some(landed(1)),
        median_landed: Some(landed(2)),
        chosen_landed: chosen,
        choice_s: chosen.map(|_| 3_600),
        order_state: order.map(str::to_owned),
        revenue: chosen.filter(|_| order == Some("completed")).unwrap_or(0),
        customer_stars: chosen.map(|_| 1 + number % 5),
        merchant_stars: None,
    };
    let standing = |bid: i64| Standing {
        merchant: merchant(bid),
        rank: Some(bid + 1),
        bids: BIDS,
        won: bid == 0 && order.is_some(),
        gap_permille: chosen.map(|chosen| (landed(bid) - chosen) * 1_000 / chosen),
        response_s: bid * 60,
    };
    let deal = |(line_no, part): (i64, &String)| Deal {
        order: OrderId(request.0),
        line_no,
        merchant: merchant(0),
        part: part.clone(),
        brand: facts.brand,
        unit_price: landed(line_no),
        completed_at: AT,
    };
    let standings = if state == "bidding_open" { Vec::new() } else { (0..BIDS).map(standing).collect() };
    let deals = if order == Some("completed") { (0..).zip(&parts).map(deal).collect() } else { Vec::new() };
    Counted { request, mark: 1, at: AT, standings, deals, facts: Some(facts) }
}

async fn fill(db: &Db) {
    let bids = requests() * BIDS;
    let columns = "INSERT INTO bids (id, request_id, merchant_id, version, landed, delivery_fee, delivery_hours, \
                   warranty_days, payment_terms, notes, status, placed_at, updated_at)";
    let values = format!(
        "n + 1, {} + n, 1 + n % {MERCHANTS}, 1, 10000 + n % 9000, 1500, 48, 90, 'on delivery', 'genuine part, boxed', \
         'submitted', 1800000000000000, 1800000000000000",
        1_i64 << 60
    );
    match db {
        Db::Sqlite { w, .. } => {
            let text = format!(
                "{columns} WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {bids}) SELECT \
                 {values} FROM s"
            );
            sqlx::query(AssertSqlSafe(text)).execute(w).await.expect("bids");
        }
        Db::MySql { pool, .. } => {
            let text = format!("{columns} SELECT {values} FROM (SELECT seq AS n FROM seq_0_to_{}) AS s", bids - 1);
            sqlx::query(AssertSqlSafe(text)).execute(pool).await.expect("bids");
        }
    }
    let numbers: Vec<i64> = (0..requests()).collect();
    for chunk in numbers.chunks(BATCH) {
        let uncounted: Vec<Uncounted> = chunk
            .iter()
            .map(|number| Uncounted { request_id: id(*number), customer_id: UserId(1), brand_id: 1 })
            .collect();
        facts::take_up(db, &uncounted).await.expect("taken up");
        let counted: Vec<Counted> = chunk.iter().map(|number| counted(*number)).collect();
        facts::write(db, &counted).await.expect("written");
    }
}

fn filter() -> Filter {
    Filter { from: Day::FIRST, to: Day::LAST, part: String::new(), city: String::new(), brand: 0 }
}

/// What is asked, in turn: each call as its handler makes it.
async fn ask(analytics: &Analytics, what: &str, turn: usize) {
    // Two callers come to twice as many turns; the quarter of the last one still begins within the two years.
    let turn = i64::try_from(turn).expect("small") % 600;
    let filter = match what {
        "requests, a quarter" => Filter { from: Day(FIRST_DAY + turn), to: Day(FIRST_DAY + turn + 91), ..filter() },
        "requests, city and brand" => Filter { city: format!("city {}", turn % 20), brand: 1 + turn % 14, ..filter() },
        "requests, part" => Filter { part: format!("part {}", turn % 50), ..filter() },
        _ => filter(),
    };
    let days = (filter.from, filter.to);
    match what {
        "dashboard" => {
            let read =
                async |db: &Db| Ok((sums::sum(db, &filter).await?, sums::list_last_days(db, &filter, 30).await?.len()));
            let ((sum, days), _) = analytics.read(read).await.expect("read");
            assert_eq!((sum.requests, sum.bids, days), (requests(), requests() * BIDS, 30));
        }
        "merchant" => {
            let read = async |db: &Db| people::list_of_merchant(db, UserId(1 + turn), days).await;
            assert!(!analytics.read(read).await.expect("read").0.is_empty());
        }
        "prices" => {
            let part = format!("part {}", turn % 50);
            let read = async |db: &Db| prices::find_band(db, &part, 1 + turn % 14).await;
            let _ = analytics.read(read).await.expect("read");
        }
        _ => {
            let read = async |db: &Db| {
                let days = sums::list_days(db, &filter).await?.len();
                Ok((days, sums::list_popular(db, &filter, 20).await?.len()))
            };
            let ((days, popular), _) = analytics.read(read).await.expect("read");
            assert!(days > 0 && popular == 20, "{what}: {days} {popular}");
        }
    }
}

async fn measure(analytics: &Analytics, what: &'static str, callers: usize) -> Histogram<u64> {
    let mut all = Histogram::<u64>::new(3).expect("a histogram");
    let caller = |caller: usize| {
        let analytics = analytics.clone();
        tokio::spawn(async move {
            let mut took = Vec::with_capacity(rounds());
            for turn in 0..rounds() {
                let since = Instant::now();
                ask(&analytics, what, turn * callers + caller).await;
                took.push(since.elapsed());
            }
            took
        })
    };
    let running: Vec<_> = (0..callers).map(caller).collect();
    for caller in running {
        for took in caller.await.expect("a caller") {
            all.record(u64::try_from(took.as_micros()).expect("short")).expect("recorded");
        }
    }
    all
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let server = if measures() { MariaDb::durable() } else { MariaDb::start(&[]) };
    let database = runtime.block_on(server.fresh_database());
    let file = format!("sqlite://{}/bench.sqlite", dir.path().display());
    for (name, url) in [("SQLite", file), ("MariaDB", database.url.clone())] {
        runtime.block_on(async {
            let db = Db::open(&StoreOptions { url, readers: 2 }).await.expect("a database");
            let since = Instant::now();
            fill(&db).await;
            println!("{name}: {} bids, filled in {:.0?}", requests() * BIDS, since.elapsed());
            let analytics = Analytics::new(&db);
            for what in [
                "dashboard",
                "requests",
                "requests, a quarter",
                "requests, city and brand",
                "requests, part",
                "merchant",
                "prices",
            ] {
                for callers in [1, 2] {
                    let took = measure(&analytics, what, callers).await;
                    let at = |quantile: f64| Duration::from_micros(took.value_at_quantile(quantile));
                    println!(
                        "{name:8} {what:26} {callers} at once: p50 {:>8.2?}  p99 {:>8.2?}  most {:>8.2?}",
                        at(0.5),
                        at(0.99),
                        Duration::from_micros(took.max())
                    );
                }
            }
            db.close().await;
        });
    }
}
