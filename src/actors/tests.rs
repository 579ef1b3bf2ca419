//! Auctions, registry and journal together, on a real `SQLite` file and a clock that is moved by hand.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use actix::Actor;
use actix::Addr;
use actix::Context;
use actix::Handler;
use sqlx::Connection;
use tempfile::TempDir;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::actors::auction::AlarmDue;
use crate::actors::auction::AuctionActor;
use crate::actors::broadcaster::Publish;
use crate::actors::directory::Directory;
use crate::actors::journal::Journal;
use crate::actors::journal::LastCommit;
use crate::actors::journal::Observe;
use crate::actors::registry::Registry;
use crate::actors::scheduler::Scheduler;
use crate::actors::scheduler::SweepDue;
use crate::clock::Clock;
use crate::domain::auction::board::State;
use crate::domain::auction::command::Bidder;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Line;
use crate::domain::auction::command::Offer;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::event::Event;
use crate::domain::auction::terms::LotItem;
use crate::domain::auction::terms::Rules;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::journal;

const START: UnixMicros = UnixMicros(1_800_000_000_000_000);
const MINUTES_10: Span = Span::secs(600);

/// Hears what an auction publishes, and looks at once whether it is durable.
struct Listener {
    db: Db,
    heard: Arc<Mutex<Vec<Publish>>>,
    too_early: Arc<Mutex<Vec<i64>>>,
}

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<Publish> for Listener {
    type Result = actix::ResponseFuture<()>;

    fn handle(&mut self, publish: Publish, _: &mut Self::Context) -> Self::Result {
        let (db, too_early) = (self.db.clone(), Arc::clone(&self.too_early));
        self.heard.lock().unwrap().push(publish.clone());
        Box::pin(async move {
            let last = publish.happened.last().unwrap().seq;
            let durable = journal::find_head(&db, publish.request).await.unwrap().unwrap().seq;
            if durable < last {
                too_early.lock().unwrap().push(last);
            }
        })
    }
}

/// A small engine of its own on its own database file.
pub(super) struct House {
    dir: TempDir,
    pub(super) db: Db,
    pub(super) clock: Clock,
    directory: Arc<Directory>,
    pub(super) admission: Admission,
    journal: Addr<Journal>,
    last_commit: LastCommit,
    heard: Arc<Mutex<Vec<Publish>>>,
    too_early: Arc<Mutex<Vec<i64>>>,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap(), Clock::manual(START)).await
    }

    async fn on(dir: TempDir, clock: Clock) -> Self {
        let url = format!("sqlite://{}", dir.path().join("mazad.sqlite").display());
        let db = Db::open(&StoreOptions { url, readers: 2 }).await.unwrap();
        let last_commit = LastCommit::default();
        let journal = Journal::new(db.clone(), clock.clone(), last_commit.clone()).start();
        let (heard, too_early) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let listener =
            Listener { db: db.clone(), heard: Arc::clone(&heard), too_early: Arc::clone(&too_early) }.start();
        let directory = Arc::new(Directory::default());
        let here = actix::Arbiter::current();
        let registry = Registry::new(
            Arc::clone(&directory),
            db.clone(),
            clock.clone(),
            journal.clone(),
            vec![listener.recipient()],
            vec![here],
        );
        let admission = Admission::new(Arc::clone(&directory), registry.start(), last_commit.clone());
        Self { dir, db, clock, directory, admission, journal, last_commit, heard, too_early }
    }

    async fn auction(&self, id: i64) -> RequestId {
        self.admission.publish(terms(id, self.clock.now())).await.unwrap();
        let request = RequestId(id);
        self.admission.command(request, Command::Tick).await.unwrap();
        request
    }

    async fn bid(&self, request: RequestId, merchant: i64, riyals: i64) -> Result<Receipt, CommandError> {
        self.admission.command(request, place(request, merchant, riyals, self.clock.now())).await
    }

    async fn with_sql(&self, sql: &'static str) {
        let path = self.dir.path().join("mazad.sqlite");
        let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Waits for something that other actors bring about, without a clock: each turn lets them run.
    async fn until(&self, mut holds: impl FnMut() -> bool) {
        for _ in 0..100_000 {
            if holds() {
                return;
            }
            tokio::task::yield_now().await;
            tokio::task::spawn_blocking(|| {}).await.unwrap();
        }
        panic!("it never came about");
    }
}

fn terms(id: i64, now: UnixMicros) -> Terms {
    Terms {
        request: RequestId(id),
        owner: UserId(1),
        items: (1..=3).map(|n| LotItem { id: ItemId(id * 10 + n), quantity: 1, condition: None }).collect(),
        rules: Rules { bids_per_second: 1_000, bids_per_merchant: 10_000, ..Rules::USUAL },
        opens_at: now,
        closes_at: now.plus(MINUTES_10),
        alias_seed: 42,
    }
}

fn place(request: RequestId, merchant: i64, riyals: i64, stamp: UnixMicros) -> Command {
    let lines = (1..=3).map(|n| Line {
        item: ItemId(request.0 * 10 + n),
        quantity: 1,
        unit_price: AmountMinor::sar(riyals),
        condition: None,
    });
    let mut key = [0; 16];
    key[..8].copy_from_slice(&merchant.to_be_bytes());
    Command::Place(SendBid {
        bidder: Bidder {
            user: UserId(merchant),
            merchant: true,
            verified: true,
            suspended: false,
            eligible: true,
            rating_milli: 4_000,
            rated_orders: 3,
        },
        bid: BidId(request.0 * 1_000_000 + merchant),
        offer: Offer {
            lines: lines.collect(),
            delivery_fee: AmountMinor::ZERO,
            delivery_hours: 24,
            warranty_days: 30,
            payment_terms: String::new(),
            notes: String::new(),
            expires_at: None,
        },
        floor: None,
        confirmed: true,
        key: Key { key, body: key },
        stamp,
    })
}

fn same_answer(a: &Receipt, b: &Receipt) -> bool {
    (a.seq, a.at, a.hash, a.closes_at, &a.happened) == (b.seq, b.at, b.hash, b.closes_at, &b.happened)
}

#[actix::test]
async fn what_arrives_during_a_commit_is_the_next_group() {
    let house = House::new().await;
    let mut requests = Vec::new();
    for id in 1..=8 {
        requests.push(house.auction(id).await);
    }
    let before = house.journal.send(Observe).await.unwrap();
    let bids = (0..64_i64).map(|n| house.bid(requests[usize::try_from(n % 8).unwrap()], 100 + n, 500 + n));
    let receipts = futures_util::future::join_all(bids).await;
    assert!(receipts.iter().all(Result::is_ok));
    let after = house.journal.send(Observe).await.unwrap();
    // Each auction commits its first bid alone and the other seven together; the journal groups over auctions.
    assert_eq!(after.appends - before.appends, 16);
    assert!(after.groups - before.groups <= 4, "{} groups", after.groups - before.groups);
}

#[actix::test]
async fn nothing_is_published_before_it_is_durable() {
    let house = House::new().await;
    let request = house.auction(1).await;
    house.admission.find(request).await.unwrap().set_watched(true);
    for n in 0..20 {
        house.bid(request, 100 + n, 900 - n).await.unwrap();
    }
    let heard = Arc::clone(&house.heard);
    house.until(move || heard.lock().unwrap().iter().map(|publish| publish.happened.len()).sum::<usize>() == 20).await;
    let seqs: Vec<i64> =
        house.heard.lock().unwrap().iter().flat_map(|publish| publish.happened.iter().map(|h| h.seq)).collect();
    assert_eq!(seqs, (3..23).collect::<Vec<_>>(), "gapless after the publication and the opening");
    assert!(house.too_early.lock().unwrap().is_empty());
}

#[actix::test]
async fn a_failed_commit_is_unknown_and_the_same_key_then_tells_the_truth() {
    let house = House::new().await;
    let request = house.auction(1).await;
    house.bid(request, 100, 900).await.unwrap();
    house.with_sql("CREATE TRIGGER broken BEFORE INSERT ON auction_events BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    let generation = house.directory.find(request).unwrap().generation;
    assert!(matches!(house.bid(request, 101, 800).await, Err(CommandError::OutcomeUnknown)));
    assert!(
        matches!(house.bid(request, 101, 800).await, Err(CommandError::Unwritable)),
        "what cannot be written is not decided, and the auction not rebuilt for it"
    );
    house.with_sql("DROP TRIGGER broken").await;
    let calendar =
        Scheduler::new(Arc::clone(&house.directory), house.db.clone(), house.clock.clone(), house.last_commit.clone());
    calendar.start();
    house.until(|| !house.last_commit.is_failing()).await;

    let directory = Arc::clone(&house.directory);
    house.until(move || directory.find(request).is_some_and(|handle| handle.generation > generation)).await;
    let board = house.directory.find(request).unwrap().last_board();
    assert_eq!(
        board.rows.iter().map(|row| row.merchant).collect::<Vec<_>>(),
        [UserId(100)],
        "what failed is not there"
    );
    let receipt = house.bid(request, 101, 800).await.unwrap();
    assert_eq!((receipt.seq, receipt.replayed), (4, false));
}

#[actix::test]
async fn a_repeated_key_gets_the_same_answer_before_and_after_a_restart() {
    let house = House::new().await;
    let request = house.auction(1).await;
    house.bid(request, 100, 900).await.unwrap();
    let first = house.bid(request, 101, 800).await.unwrap();
    house.bid(request, 102, 700).await.unwrap();
    let again = house.bid(request, 101, 800).await.unwrap();
    assert!(again.replayed && same_answer(&first, &again), "{first:?}\n{again:?}");

    let House { dir, clock, .. } = house;
    let house = House::on(dir, clock).await;
    let after = house.bid(request, 101, 800).await.unwrap();
    assert!(after.replayed && same_answer(&first, &after), "{first:?}\n{after:?}");
    assert_eq!(house.directory.find(request).unwrap().board().await.unwrap().live_bids, 3);
}

#[actix::test]
async fn a_panic_costs_one_auction_a_moment_and_its_neighbours_nothing() {
    let house = House::new().await;
    let (broken, neighbour) = (house.auction(1).await, house.auction(2).await);
    house.bid(broken, 100, 900).await.unwrap();
    let handle = house.directory.find(broken).unwrap();
    let generation = handle.generation;
    assert!(handle.owner().unwrap().send(Explode).await.is_err());
    house.bid(neighbour, 100, 900).await.unwrap();

    let directory = Arc::clone(&house.directory);
    house.until(move || directory.find(broken).is_some_and(|handle| handle.generation > generation)).await;
    assert_eq!(house.bid(broken, 101, 800).await.unwrap().happened[0].standing.unwrap().rank, 1);
    assert_eq!(house.directory.find(broken).unwrap().board().await.unwrap().live_bids, 2);
}

#[actix::test]
async fn the_deadline_is_judged_by_the_clock_though_no_timer_fired() {
    let house = House::new().await;
    let request = house.auction(1).await;
    house.clock.advance(Span(MINUTES_10.0 - 1));
    house.bid(request, 100, 900).await.unwrap();
    house.clock.advance(Span(1));
    let late = house.bid(request, 101, 800).await;
    assert!(matches!(&late, Err(CommandError::Refused(Refusal::TooLate { .. }))), "{late:?}");
    assert_eq!(
        house.directory.find(request).unwrap().last_board().state,
        State::BiddingOpen,
        "nobody has closed it yet"
    );
}

#[actix::test]
async fn deadlines_at_one_instant_share_commits() {
    const TOGETHER: i64 = 600;
    let house = House::new().await;
    futures_util::future::join_all((1..=TOGETHER).map(|id| house.auction(id))).await;
    let scheduler =
        Scheduler::new(Arc::clone(&house.directory), house.db.clone(), house.clock.clone(), house.last_commit.clone())
            .start();
    let before = house.journal.send(Observe).await.unwrap();
    house.clock.advance(MINUTES_10);
    scheduler.send(SweepDue).await.unwrap();
    let directory = Arc::clone(&house.directory);
    house
        .until(move || directory.all().iter().all(|handle| matches!(handle.last_board().state, State::Expired(_))))
        .await;
    let after = house.journal.send(Observe).await.unwrap();
    let (groups, appends) = (after.groups - before.groups, after.appends - before.appends);
    assert_eq!(appends, TOGETHER.unsigned_abs(), "each closes once");
    assert!(groups * 20 <= appends, "{appends} closes took {groups} commits");
}

#[actix::test]
async fn the_sweeper_closes_what_no_timer_closed_under_a_flood() {
    let house = House::new().await;
    let (flooded, quiet) = (house.auction(1).await, house.auction(2).await);
    house.bid(quiet, 100, 900).await.unwrap();
    let scheduler =
        Scheduler::new(Arc::clone(&house.directory), house.db.clone(), house.clock.clone(), house.last_commit.clone())
            .start();
    house.clock.advance(MINUTES_10);
    let flood = futures_util::future::join_all((0..200_i64).map(|n| house.bid(flooded, 100 + n, 900)));
    let sweep = scheduler.send(SweepDue);
    let (refused, swept) = tokio::join!(flood, sweep);
    assert_eq!(swept.unwrap(), 2);
    assert!(refused.iter().all(Result::is_err), "every bid of the flood came at the deadline");
    let directory = Arc::clone(&house.directory);
    house
        .until(move || {
            let state = |request| directory.find(request).map(|handle| handle.last_board().state);
            matches!(state(flooded), Some(State::Expired(_))) && state(quiet) == Some(State::Reviewing)
        })
        .await;
    let closes = |entries: Vec<journal::Entry>| {
        entries.iter().filter(|entry| matches!(entry.event, Event::Closed { .. })).count()
    };
    assert_eq!(closes(journal::load(&house.db, flooded, 0).await.unwrap()), 1);
    assert_eq!(closes(journal::load(&house.db, quiet, 0).await.unwrap()), 1);
}

#[actix::test]
async fn two_alarms_close_once() {
    let house = House::new().await;
    let request = house.auction(1).await;
    house.bid(request, 100, 900).await.unwrap();
    house.clock.advance(MINUTES_10);
    let handle = house.directory.find(request).unwrap();
    let owner = handle.owner().unwrap();
    let (a, b) = tokio::join!(owner.send(AlarmDue), owner.send(AlarmDue));
    a.and(b).unwrap();
    house.admission.command(request, Command::Tick).await.unwrap();
    let entries = journal::load(&house.db, request, 0).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| matches!(entry.event, Event::Closed { .. })).count(), 1);
}

#[actix::test]
async fn a_full_auction_says_busy_at_once() {
    let house = House::new().await;
    let request = house.auction(1).await;
    let answers = futures_util::future::join_all((0..600_i64).map(|n| house.bid(request, 100 + n, 900))).await;
    let busy = answers.iter().filter(|answer| matches!(answer, Err(CommandError::Busy))).count();
    let placed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((placed, busy), (256, 344));
    assert_eq!(house.directory.find(request).unwrap().board().await.unwrap().live_bids, 256);
}

/// Leaves four open auctions behind that end after 10, 20, 30 and 600 minutes, with a last sign of life at `alive`,
/// and starts anew after an hour.
async fn restarted_after_an_hour(alive: Span) -> (House, crate::flows::recover::Recovered) {
    let house = House::new().await;
    for (id, minutes) in [(1, 30), (2, 10), (3, 20), (4, 600)] {
        let mut terms = terms(id, START);
        terms.closes_at = START.plus(Span::secs(minutes * 60));
        house.admission.publish(terms).await.unwrap();
        house.admission.command(RequestId(id), Command::Tick).await.unwrap();
        house.bid(RequestId(id), 100, 900).await.unwrap();
    }
    let House { dir, clock, db, .. } = house;
    crate::persistence::pulse::beat(&db, 1, START.plus(alive)).await.unwrap();
    drop(db);
    clock.advance(Span::hours(1));
    let house = House::on(dir, clock).await;
    let recovered = crate::flows::recover::recover(&house.db, &house.admission, &house.clock).await.unwrap();
    (house, recovered)
}

#[actix::test]
async fn recovery_closes_what_fell_due_and_rearms_the_rest() {
    // Down for five seconds before the last of the passed deadlines: no interruption.
    let (house, recovered) = restarted_after_an_hour(Span::secs(30 * 60 - 5)).await;
    assert_eq!((recovered.auctions, recovered.due), (4, 3));
    let state = |id: i64| house.directory.find(RequestId(id)).unwrap().last_board().state;
    assert_eq!(
        [state(1), state(2), state(3), state(4)],
        [State::Reviewing, State::Reviewing, State::Reviewing, State::BiddingOpen]
    );
    house.bid(RequestId(4), 101, 800).await.unwrap();
}

#[actix::test]
async fn bidders_get_time_back_when_the_engine_was_down_before_their_deadline() {
    // Down for eleven seconds before the deadline of 30 minutes, well after those of 10 and 20.
    let (house, recovered) = restarted_after_an_hour(Span::secs(30 * 60 - 11)).await;
    assert_eq!((recovered.auctions, recovered.due), (4, 3));
    let board = |id: i64| house.directory.find(RequestId(id)).unwrap().last_board();
    assert_eq!(
        [board(1).state, board(2).state, board(3).state],
        [State::BiddingOpen, State::Reviewing, State::Reviewing]
    );
    assert_eq!(board(1).closes_at, START.plus(Span::secs(3_600 + 120)));
}

/// Makes an auction panic while it handles a message.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct Explode;

impl Handler<Explode> for AuctionActor {
    type Result = ();

    fn handle(&mut self, _: Explode, _: &mut Self::Context) {
        panic!("on purpose");
    }
}

/// The tests above never wait on the wall clock; this keeps them from hanging on a lost message.
#[actix::test]
async fn an_unknown_auction_is_refused_rather_than_awaited() {
    let house = House::new().await;
    let answer = tokio::time::timeout(Duration::from_secs(30), house.bid(RequestId(99), 100, 900)).await.unwrap();
    assert!(matches!(answer, Err(CommandError::Refused(Refusal::UnknownRequest))));
}
