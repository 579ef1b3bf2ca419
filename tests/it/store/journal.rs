//! The journal: what was written comes back, or is missed.

use mazad::domain::auction::board::State;
use mazad::domain::auction::event::{Event, ExpiryReason};
use mazad::domain::ids::{BidId, OrderId, RequestId, UserId};
use mazad::domain::order::OrderState;
use mazad::domain::tax;
use mazad::domain::time::{Span, UnixMicros};
use mazad::limits::CONFIRM_SECS;
use mazad::persistence::append::{AppendError, append_group};
use mazad::persistence::error::StoreError;
use mazad::persistence::journal::{self, Append, Entry};
use mazad::persistence::{Db, Page, StoreOptions, Tx, bids, orders, pulse};

use crate::store::events::every_event;
use crate::store::{Log, START, bid, each, key, placed, sqlite, tamper, write};

macro_rules! journal_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            journal::every_kind_of_event_comes_back_exactly
            journal::groups_of_every_size_are_whole
            journal::a_second_writer_is_refused_and_its_neighbours_are_not
            journal::an_entry_that_does_not_follow_is_refused_wherever_it_stands
            journal::a_bid_twice_in_a_group_leaves_its_last_version_and_all_lines
            journal::a_reentry_in_the_group_of_its_withdrawal_is_live
            journal::the_end_of_an_auction_turns_its_bids
            journal::an_accepted_bid_is_an_order_in_the_same_transaction
            journal::heads_say_where_auctions_stand
            journal::a_caller_that_leaves_does_not_tear_a_group
            journal::the_pulse_is_the_last_beat
        }
    };
}
pub(super) use journal_suite;

fn entries(appends: &[Append]) -> Vec<Entry> {
    appends.iter().flat_map(|append| append.entries.clone()).collect()
}

pub(super) async fn every_kind_of_event_comes_back_exactly(db: &Db) {
    let mut log = Log::new(1);
    // A log in the order of no real auction; versions are made distinct because lines are insert-only.
    let written = log.append(every_event());
    write(db, std::slice::from_ref(&written)).await;
    let read = journal::load(db, RequestId(1), 0).await.unwrap();
    assert_eq!(read, written.entries);
    let after = journal::load(db, RequestId(1), 20).await.unwrap();
    assert_eq!(after, written.entries[20..]);
    for entry in read {
        assert!(entry.payload.starts_with("{\"v\":1,\"kind\":\""), "{}", entry.payload);
        serde_json::from_str::<serde_json::Value>(&entry.payload).unwrap();
    }
    assert_eq!(journal::load(db, RequestId(2), 0).await.unwrap(), Vec::new(), "never published");
}

pub(super) async fn groups_of_every_size_are_whole(db: &Db) {
    let mut next = 0;
    for size in [1, 2, 3, 255, 256, 257] {
        let group: Vec<Append> = (0..size)
            .map(|_| {
                next += 1;
                let mut log = Log::new(next);
                log.append(vec![Event::Opened, placed(bid(10_000 + next, 5, 1, 20_000))])
            })
            .collect();
        write(db, &group).await;
        for append in &group {
            let request = append.head.request;
            assert_eq!(journal::load(db, request, 0).await.unwrap(), append.entries);
            let lines = bids::list_items_of_bid(db, BidId(10_000 + request.0)).await.unwrap();
            assert_eq!(lines.len(), 3, "{size}");
            assert_eq!(lines[2].quantity, 3);
        }
    }
    assert_eq!(journal::list_open_heads(db).await.unwrap().len(), 1 + 2 + 3 + 255 + 256 + 257);
}

pub(super) async fn a_second_writer_is_refused_and_its_neighbours_are_not(db: &Db) {
    let mut log = Log::new(1);
    let first = log.append(vec![Event::Opened]);
    write(db, std::slice::from_ref(&first)).await;
    let mut other = Log::new(2);
    let innocent = other.append(vec![placed(bid(9, 5, 1, 20_000))]);
    let mut stale = Log::new(1);
    let stale = stale.append(vec![Event::Opened]);
    let behind = other.append(vec![Event::Opened]);
    let outcomes = append_group(db, &[innocent.clone(), stale, behind.clone()]).await;
    assert_eq!(outcomes, [Ok(()), Err(AppendError::Superseded), Ok(())]);
    assert_eq!(journal::load(db, RequestId(1), 0).await.unwrap(), first.entries);
    assert_eq!(journal::find_head(db, RequestId(1)).await.unwrap(), Some(first.head));
    assert_eq!(journal::load(db, RequestId(2), 0).await.unwrap(), entries(&[innocent, behind]));
    assert!(bids::find_bid(db, BidId(9)).await.unwrap().is_some());
}

pub(super) async fn an_entry_that_does_not_follow_is_refused_wherever_it_stands(db: &Db) {
    let mut log = Log::new(1);
    let first = log.append(vec![Event::Opened, Event::Opened]);
    let again = [first.clone(), first.clone()];
    assert_eq!(append_group(db, &again).await, [Ok(()), Err(AppendError::Superseded)], "twice in a group");
    let gap = log.append(vec![Event::Opened]);
    let ahead = log.append(vec![Event::Opened]);
    for (stray, why) in [(&ahead, "one is missing"), (&first, "published twice")] {
        assert_eq!(append_group(db, std::slice::from_ref(stray)).await, [Err(AppendError::Superseded)], "{why}");
    }
    write(db, &[gap, ahead]).await;
    assert_eq!(journal::load(db, RequestId(1), 0).await.unwrap().len(), 4);
}

pub(super) async fn a_bid_twice_in_a_group_leaves_its_last_version_and_all_lines(db: &Db) {
    let mut log = Log::new(1);
    let mut third = bid(9, 5, 3, 18_000);
    third.offer.lines.truncate(1);
    let group = [
        log.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000))]),
        log.append(vec![Event::BidRevised { content: bid(9, 5, 2, 19_000), key: key(2) }]),
        log.append(vec![Event::BidRevised { content: third, key: key(3) }]),
        log.append(vec![Event::BidAutoCut { content: bid(9, 5, 4, 17_500) }]),
    ];
    write(db, &group).await;
    let bid = bids::find_bid(db, BidId(9)).await.unwrap().unwrap();
    assert_eq!((bid.version, bid.landed.0, bid.status.as_str()), (4, 17_500, "submitted"));
    assert_eq!((bid.placed_at.0 - START.0, bid.updated_at.0 - START.0), (2, 5));
    assert_eq!(bids::list_items_of_bid(db, BidId(9)).await.unwrap().len(), 1, "a cut has the lines before it");
    let head = journal::find_head(db, RequestId(1)).await.unwrap().unwrap();
    assert_eq!(head, group[3].head);
    assert_eq!(journal::load(db, RequestId(1), 0).await.unwrap(), entries(&group));
    assert_eq!(bids::find_own_floor(db, BidId(9), UserId(5)).await.unwrap().unwrap().0, 12_500);
    assert_eq!(bids::find_own_floor(db, BidId(9), UserId(6)).await.unwrap(), None, "another's floor");
}

pub(super) async fn a_reentry_in_the_group_of_its_withdrawal_is_live(db: &Db) {
    let mut log = Log::new(1);
    let gone = |bid, merchant| Event::BidWithdrawn {
        bid: BidId(bid),
        merchant: UserId(merchant),
        reason: String::new(),
        key: key(2),
    };
    let first = log.append(vec![placed(bid(9, 5, 1, 20_000)), placed(bid(8, 4, 1, 20_000))]);
    write(db, &[first]).await;
    let second =
        log.append(vec![gone(9, 5), placed(bid(9, 5, 2, 19_000)), gone(8, 4), placed(bid(7, 3, 1, 1_000)), gone(7, 3)]);
    write(db, &[second]).await;
    let mut statuses = Vec::new();
    for id in [9, 8, 7] {
        let bid = bids::find_bid(db, BidId(id)).await.unwrap().unwrap();
        statuses.push((bid.status, bid.placed_at.0 - START.0));
    }
    let expected = [("submitted", 1), ("withdrawn", 2), ("withdrawn", 6)];
    assert_eq!(statuses, expected.map(|(status, at)| (status.to_owned(), at)));
}

pub(super) async fn the_end_of_an_auction_turns_its_bids(db: &Db) {
    let mut log = Log::new(1);
    let mut other = Log::new(2);
    let group = [
        log.append(vec![placed(bid(1, 1, 1, 9_000)), placed(bid(2, 2, 1, 9_000)), placed(bid(3, 3, 1, 9_000))]),
        other.append(vec![placed(bid(4, 1, 1, 9_000))]),
    ];
    write(db, &group).await;
    let statuses = async || {
        let mut statuses = Vec::new();
        for id in 1..=4 {
            statuses.push(bids::find_bid(db, BidId(id)).await.unwrap().unwrap().status);
        }
        statuses
    };
    let page = Page { before: i64::MAX, limit: 9 };
    let off = Event::BidDisqualified { bid: BidId(3), merchant: UserId(3), reason: String::new() };
    let accept =
        |bid, merchant| Event::Accepted { bid: BidId(bid), merchant: UserId(merchant), order: OrderId(70 + bid) };
    let mut end = async |events, state| {
        let mut append = log.append(events);
        append.head.state = state;
        write(db, &[append]).await;
    };
    end(vec![off, accept(1, 1)], State::Accepted).await;
    assert_eq!(statuses().await, ["accepted", "rejected", "disqualified", "submitted"]);
    let rejected = bids::list_bids_of_merchant(db, UserId(2), Some("rejected"), page).await.unwrap();
    assert_eq!(rejected.len(), 1, "the filter knows it too");
    let declined = Event::Declined { bid: BidId(1), merchant: UserId(1), reason: String::new(), until: UnixMicros(0) };
    end(vec![declined], State::Reviewing).await;
    assert_eq!(statuses().await, ["declined", "submitted", "disqualified", "submitted"]);
    let reason = ExpiryReason::NotChosen;
    end(vec![Event::Expired { reason }], State::Expired(reason)).await;
    assert_eq!(statuses().await, ["declined", "expired", "disqualified", "submitted"]);
}

pub(super) async fn an_accepted_bid_is_an_order_in_the_same_transaction(db: &Db) {
    let mut log = Log::new(1);
    let (first, cut) = (bid(9, 5, 1, 20_000), bid(9, 5, 2, 12_500));
    let whole: i64 = first.offer.lines.iter().map(|line| line.quantity * line.unit_price.0).sum();
    let fee = first.offer.delivery_fee.0;
    let accept = |order| Event::Accepted { bid: BidId(9), merchant: UserId(5), order: OrderId(order) };
    // Placed, cut and accepted in one group: the order is copied from what the group has written before.
    let group = [log.append(vec![placed(first), Event::BidAutoCut { content: cut }, accept(70)])];
    write(db, &group).await;
    let order = orders::find(db, OrderId(70)).await.unwrap().unwrap();
    assert_eq!((order.bid, order.merchant, order.state), (BidId(9), UserId(5), OrderState::PendingConfirmation));
    assert_eq!((order.items_total.0, order.delivery_fee.0, order.total.0), (whole, fee, 12_500));
    assert_eq!(order.discount.0, whole + fee - 12_500);
    assert_eq!((order.vat_percent, Some(order.vat)), (tax::VAT_PERCENT, tax::vat_within(order.total)));
    assert_eq!(order.confirm_by, order.created_at.plus(Span::secs(CONFIRM_SECS)));
    let lines = orders::list_lines(db, order.id).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.quantity * line.unit_price.0).sum::<i64>(), whole);
    let events = orders::list_events(db, order.id).await.unwrap();
    assert_eq!((events.len(), events[0].step.as_str(), events[0].actor.as_str()), (1, "accept", "customer"));
    assert_eq!(orders::find_live(db, RequestId(1)).await.unwrap(), Some(order));
    // Whatever came of the engine's check: a second live order takes its append with it, and no other.
    let neighbour = Log::new(2).append(vec![Event::Opened]);
    let outcomes = append_group(db, &[log.append(vec![accept(71)]), neighbour.clone()]).await;
    assert_eq!(outcomes, [Err(StoreError::Duplicate { key: "orders_live" }.into()), Ok(())]);
    assert_eq!(journal::load(db, RequestId(2), 0).await.unwrap(), neighbour.entries);
    assert_eq!(orders::find(db, OrderId(71)).await.unwrap(), None);
    assert_eq!(journal::load(db, RequestId(1), 0).await.unwrap().len(), 3);
}

pub(super) async fn heads_say_where_auctions_stand(db: &Db) {
    let states = [
        State::Published,
        State::BiddingOpen,
        State::BiddingClosed,
        State::Reviewing,
        State::Accepted,
        State::Expired(ExpiryReason::NoBids),
        State::Expired(ExpiryReason::TooFewBids),
        State::Expired(ExpiryReason::NotChosen),
        State::Cancelled,
    ];
    for (request, state) in (1..).zip(states) {
        let mut log = Log::new(request);
        let mut append = log.append(vec![Event::Opened]);
        append.head.state = state;
        append.head.paused = request == 2;
        append.head.review_until = (request == 4).then_some(UnixMicros(5));
        append.head.best_landed = None;
        append.head.closes_at = UnixMicros(START.0 - request);
        write(db, std::slice::from_ref(&append)).await;
        assert_eq!(journal::find_head(db, RequestId(request)).await.unwrap(), Some(append.head));
    }
    let open: Vec<i64> = journal::list_open_heads(db).await.unwrap().iter().map(|head| head.request.0).collect();
    assert_eq!(open, [4, 3, 2, 1], "by deadline, without those that ended");
}

pub(super) async fn a_caller_that_leaves_does_not_tear_a_group(db: &Db) {
    let mut log = Log::new(1);
    let group = [log.append((1..=500).map(|id| placed(bid(id, id, 1, 9_000))).collect())];
    {
        let mut write = Box::pin(append_group(db, &group));
        // One poll starts the task; dropping the future right after is a client that hung up.
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    // One connection writes: each beat lets the group go first if it stands in line.
    let mut read = Vec::new();
    for _ in 0..1_000 {
        pulse::beat(db, 1, START).await.unwrap();
        read = journal::load(db, RequestId(1), 0).await.unwrap();
        assert!(read.is_empty() || read == group[0].entries, "{} of 500", read.len());
        if !read.is_empty() {
            break;
        }
    }
    assert_eq!(read.len(), 500, "the task goes on without its caller");
}

pub(super) async fn the_pulse_is_the_last_beat(db: &Db) {
    assert_eq!(pulse::last(db).await.unwrap(), None);
    pulse::beat(db, 1, UnixMicros(5)).await.unwrap();
    pulse::beat(db, 2, UnixMicros(9)).await.unwrap();
    assert_eq!(pulse::last(db).await.unwrap(), Some(UnixMicros(9)));
}

// ------------------------------------------------------------------ behind the store's back

/// What none may get away with, of an auction whose last entries are 2 and 3.
pub(super) const TAMPERINGS: [&str; 11] = [
    "UPDATE auction_events SET payload = replace(payload, '\"landed\":20000', '\"landed\":20001') WHERE seq = 2",
    "UPDATE auction_events SET payload = payload || ' ' WHERE seq = 3",
    "UPDATE auction_events SET at = at + 1 WHERE seq = 1",
    "UPDATE auction_events SET kind = 'closed' WHERE seq = 1",
    "UPDATE auction_events SET hash = x'0000000000000000000000000000000000000000000000000000000000000000' WHERE seq = 2",
    "UPDATE auction_events SET hash = x'00000000000000000000000000000000000000000000000000000000000000' WHERE seq = 3",
    "UPDATE auction_events SET seq = 4 WHERE seq = 3",
    "DELETE FROM auction_events WHERE seq = 1",
    "DELETE FROM auction_events WHERE seq = 2",
    "DELETE FROM auction_events WHERE seq = 3",
    "UPDATE auction_heads SET hash = x'0000000000000000000000000000000000000000000000000000000000000000'",
];

async fn tampered(db: &Db, sql: &'static str) -> Result<Vec<Entry>, StoreError> {
    let mut log = Log::new(1);
    let append = log.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000)), Event::Opened]);
    write(db, &[append]).await;
    assert!(tamper(db, sql).await > 0, "{sql}");
    journal::load(db, RequestId(1), 0).await
}

#[tokio::test]
async fn any_change_to_a_stored_entry_is_found() {
    for sql in TAMPERINGS {
        for store in each().await {
            let read = tampered(&store.db, sql).await;
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{sql}: {read:?}");
        }
    }
    for store in each().await {
        let read = tampered(&store.db, "UPDATE auction_heads SET updated_at = 0").await;
        assert!(read.is_ok(), "the reader is not merely refusing");
    }
}

#[tokio::test]
async fn every_single_flipped_byte_of_a_payload_is_found() {
    let store = sqlite().await;
    let mut log = Log::new(1);
    let append = log.append(vec![placed(bid(9, 5, 1, 20_000))]);
    write(&store.db, std::slice::from_ref(&append)).await;
    let Db::Sqlite { w, .. } = &store.db else { panic!("a file") };
    let original = append.entries[0].payload.as_bytes();
    for place in 0..original.len() {
        let mut bytes = original.to_vec();
        bytes[place] ^= 1;
        let Ok(flipped) = String::from_utf8(bytes) else { continue };
        sqlx::query("UPDATE auction_events SET payload = ?").bind(flipped).execute(w).await.unwrap();
        let read = journal::load(&store.db, RequestId(1), 0).await;
        assert!(matches!(read, Err(StoreError::Corrupt { .. })), "byte {place}");
    }
    sqlx::query("UPDATE auction_events SET payload = ?").bind(&append.entries[0].payload).execute(w).await.unwrap();
    assert_eq!(journal::load(&store.db, RequestId(1), 0).await.unwrap(), append.entries);
}

#[tokio::test]
async fn a_full_disk_is_no_duplicate_and_the_writer_recovers() {
    let store = sqlite().await;
    let mut log = Log::new(1);
    let fits = log.append(vec![placed(bid(9, 5, 1, 20_000))]);
    write(&store.db, std::slice::from_ref(&fits)).await;
    tamper(&store.db, "PRAGMA max_page_count = 1").await;
    let mut full = Log { request: log.request, seq: log.seq, hash: log.hash };
    let group = [full.append((1..=500).map(|id| placed(bid(100 + id, id + 10, 1, 9_000))).collect())];
    let refused = append_group(&store.db, &group).await.remove(0);
    let Err(AppendError::Store(StoreError::Unavailable { detail })) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("disk is full"), "{detail}");
    assert_eq!(journal::load(&store.db, RequestId(1), 0).await.unwrap(), fits.entries);
    tamper(&store.db, "PRAGMA max_page_count = 1000000").await;
    write(&store.db, &group).await;
    assert_eq!(journal::load(&store.db, RequestId(1), 1).await.unwrap(), group[0].entries);
}

/// What a crash leaves: the WAL up to some byte, the rest never written.
#[tokio::test]
async fn a_group_torn_by_a_crash_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let open = async |name: &str| {
        let url = format!("sqlite://{}", file(name).display());
        Db::open(&StoreOptions { url, readers: 1 }).await.unwrap()
    };
    let db = open("whole").await;
    let mut log = Log::new(1);
    let first = log.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000))]);
    write(&db, std::slice::from_ref(&first)).await;
    let before = std::fs::metadata(file("whole-wal")).unwrap().len();
    let second = log.append((1..=100).map(|id| placed(bid(100 + id, 100 + id, 1, 9_000))).collect());
    write(&db, std::slice::from_ref(&second)).await;
    let wal = std::fs::read(file("whole-wal")).unwrap();
    let (before, after) = (usize::try_from(before).unwrap(), wal.len());
    assert!(after > before + 20_000, "the second group is in the WAL");
    for cut in [before, before + 1, before + 24, usize::midpoint(before, after), after - 4_096, after - 1, after] {
        std::fs::copy(file("whole"), file("torn")).unwrap();
        std::fs::write(file("torn-wal"), &wal[..cut]).unwrap();
        let torn = open("torn").await;
        let read = journal::load(&torn, RequestId(1), 0).await.unwrap();
        let (entries, head) = if cut == after { (102, &second.head) } else { (2, &first.head) };
        assert_eq!(read.len(), entries, "cut at {cut} of {before} … {after}");
        assert_eq!(journal::find_head(&torn, RequestId(1)).await.unwrap().as_ref(), Some(head));
        assert_eq!(bids::find_bid(&torn, BidId(101)).await.unwrap().is_some(), cut == after);
        torn.close().await;
        for name in ["torn", "torn-wal", "torn-shm"] {
            std::fs::remove_file(file(name)).ok();
        }
    }
}

/// A full disk or a failed read makes SQLite end a transaction by itself, without telling the driver.
#[tokio::test]
async fn a_writer_whose_transaction_ended_by_itself_is_replaced() {
    let store = sqlite().await;
    let mut tx = store.db.begin().await.unwrap();
    let Tx::Sqlite(inner) = &mut tx else { panic!("a file") };
    sqlx::raw_sql("ROLLBACK").execute(&mut **inner).await.unwrap();
    drop(tx);
    let group = [Log::new(1).append(vec![Event::Opened])];
    write(&store.db, &group).await;
    assert_eq!(journal::load(&store.db, RequestId(1), 0).await.unwrap(), group[0].entries);
}
