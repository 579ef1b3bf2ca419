//! The store suite: the same tests on every database.

mod arrival;
mod audit;
mod events;
mod journal;
mod keys;
mod migrations;
mod nodes;
mod notices;
mod opening;
mod pages;
mod reads;
mod replay;
mod schema;
mod server;

use crate::support::mariadb::{Database, MariaDb};
use mazad::domain::auction::board::State;
use mazad::domain::auction::command::{Key, Line, Offer};
use mazad::domain::auction::event::{BidContent, Event};
use mazad::domain::ids::{BidId, ItemId, RequestId, UserId};
use mazad::domain::money::AmountMinor;
use mazad::domain::time::UnixMicros;
use mazad::persistence::append::{AppendError, append_group};
use mazad::persistence::journal::{Append, Entry, GENESIS, Hash, Head, Hold};
use mazad::persistence::{Db, StoreOptions};
use tempfile::TempDir;

/// A database of one test.
struct Store {
    db: Db,
    _place: Place,
}

/// What goes when the test ends.
enum Place {
    File(#[expect(dead_code, reason = "dropped")] TempDir),
    Server(#[expect(dead_code, reason = "dropped")] Database),
}

impl Store {
    async fn at(url: String, place: Place) -> Self {
        Self { db: Db::open(&StoreOptions { url, readers: 2 }).await.unwrap(), _place: place }
    }
}

async fn sqlite() -> Store {
    let dir = tempfile::tempdir().unwrap();
    Store::at(format!("sqlite://{}/store.sqlite", dir.path().display()), Place::File(dir)).await
}

async fn mariadb() -> Store {
    let database = MariaDb::shared().fresh_database().await;
    Store::at(database.url.clone(), Place::Server(database)).await
}

/// One of each kind.
async fn each() -> [Store; 2] {
    [sqlite().await, mariadb().await]
}

/// Writes a group, all of it.
async fn write(db: &Db, group: &[Append]) {
    let written: Result<(), AppendError> = append_group(db, group).await.into_iter().collect();
    written.unwrap();
}

/// Writes behind the store's back.
async fn tamper(db: &Db, sql: &'static str) -> u64 {
    match db {
        Db::Sqlite { w, .. } => sqlx::query(sql).execute(w).await.unwrap().rows_affected(),
        Db::MySql { pool, .. } => sqlx::query(sql).execute(pool).await.unwrap().rows_affected(),
    }
}

/// Every test of the suite, on one database.
macro_rules! store_suite {
    ($database:ident) => {
        mod $database {
            crate::store::journal::journal_suite!($database);
            crate::store::keys::keys_suite!($database);
            crate::store::notices::notices_suite!($database);
            crate::store::pages::pages_suite!($database);
            crate::store::reads::reads_suite!($database);
            crate::store::replay::replay_suite!($database);
        }
    };
}
store_suite!(sqlite);
store_suite!(mariadb);

/// The tests that a suite consists of.
macro_rules! on {
    ($database:ident: $($module:ident::$test:ident)*) => {$(
        #[tokio::test]
        async fn $test() {
            let store = crate::store::$database().await;
            crate::store::$module::$test(&store.db).await;
        }
    )*};
}
use on;

// ------------------------------------------------------------------ builders

const START: UnixMicros = UnixMicros(1_900_000_000_000_000);

/// The journal of one auction as its actor writes it.
struct Log {
    request: RequestId,
    seq: i64,
    hash: Hash,
}

impl Log {
    fn new(request: i64) -> Self {
        Self { request: RequestId(request), seq: 0, hash: GENESIS }
    }

    fn append(&mut self, events: Vec<Event>) -> Append {
        self.append_at(&[], events)
    }

    /// With so many microseconds after the start for each; the entry's number where there is none.
    fn append_at(&mut self, times: &[i64], events: Vec<Event>) -> Append {
        let mut entries = Vec::new();
        for (event, number) in events.into_iter().zip(0..) {
            self.seq += 1;
            let at = UnixMicros(START.0 + times.get(number).copied().unwrap_or(self.seq));
            let entry = Entry::seal(&self.hash, self.request, self.seq, at, event);
            self.hash = entry.hash;
            entries.push(entry);
        }
        Append { hold: Hold::ALONE, head: self.head(State::BiddingOpen), entries }
    }

    fn head(&self, state: State) -> Head {
        Head {
            request: self.request,
            owner: UserId(77),
            seq: self.seq,
            hash: self.hash,
            state,
            paused: false,
            opens_at: START,
            closes_at: UnixMicros(START.0 + 3_600_000_000),
            review_until: None,
            total_bids: 3,
            live_bids: 2,
            best_landed: Some(AmountMinor(9_900)),
            updated_at: UnixMicros(START.0 + self.seq),
        }
    }
}

fn bid(bid: i64, merchant: i64, version: u32, landed: i64) -> BidContent {
    let line =
        |number| Line { item: ItemId(number), quantity: number, unit_price: AmountMinor(landed), condition: None };
    BidContent {
        bid: BidId(bid),
        merchant: UserId(merchant),
        version,
        offer: Offer {
            lines: (1..=3).map(line).collect(),
            delivery_fee: AmountMinor(1_500),
            delivery_hours: 48,
            warranty_days: 90,
            payment_terms: "on delivery".to_owned(),
            notes: "ضمان الوكيل".to_owned(),
            expires_at: None,
        },
        landed: AmountMinor(landed),
        floor: Some(AmountMinor(landed - 5_000)),
        rating_milli: 4_200,
        rated_orders: 17,
        stamp: START,
        keeps_place: false,
    }
}

fn key(seed: u8) -> Key {
    Key { key: [seed; 16], body: [seed ^ 0xff; 16] }
}

fn placed(content: BidContent) -> Event {
    Event::BidPlaced { content, key: key(1) }
}
