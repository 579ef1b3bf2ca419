//! Folding journals: many at a time gives what each gives alone, and finds what is wrong with any.

use mazad::domain::auction::command::Key;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::state::Auction;
use mazad::domain::auction::terms::{Formula, Terms, Visibility};
use mazad::domain::ids::RequestId;
use mazad::persistence::Db;
use mazad::persistence::error::StoreError;
use mazad::persistence::journal::{self, Append, Entry};
use mazad::persistence::replay::{self, Folded};

use crate::store::events::terms;
use crate::store::journal::TAMPERINGS;
use crate::store::{Log, bid, each, placed, sqlite, tamper, write};

macro_rules! replay_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            replay::auctions_fold_together_as_they_fold_alone
            replay::a_fold_repeats_its_last_events
        }
    };
}
pub(super) use replay_suite;

/// Published, opened, and so many bids by seven merchants.
fn history(request: i64, bids: i64) -> Append {
    let mut log = Log::new(request);
    let terms = Terms { request: RequestId(request), ..terms(Formula::GuardedV1, Visibility::Open, None) };
    let bid = |number: i64| {
        let merchant = number % 7;
        let version = u32::try_from(number / 7 + 1).unwrap();
        let content = bid(100 * request + merchant, merchant, version, 900_000 - number);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        let key = Key { key: bytes, body: bytes };
        if version == 1 { Event::BidPlaced { content, key } } else { Event::BidRevised { content, key } }
    };
    log.append([Event::Published(terms), Event::Opened].into_iter().chain((0..bids).map(bid)).collect())
}

fn alone(entries: &[Entry]) -> Auction {
    let Event::Published(terms) = &entries[0].event else { panic!("a journal begins with its terms") };
    let mut auction = Auction::published(terms.clone(), entries[0].at);
    for entry in &entries[1..] {
        auction.apply(&entry.event, entry.at);
    }
    auction
}

fn assert_same(folded: &Folded, entries: &[Entry]) {
    let auction = alone(entries);
    assert_eq!(folded.state.digest(), auction.digest());
    assert_eq!(folded.state.board(), auction.board());
    assert_eq!(folded.hash, entries.last().unwrap().hash);
}

pub(super) async fn auctions_fold_together_as_they_fold_alone(db: &Db) {
    // Of every size, also larger than a page, and more than a statement takes.
    let sizes: Vec<i64> = (0..70).map(|n| n * 5).chain([5_000, 2_046, 2_047, 0]).collect();
    let histories: Vec<Append> = (1..).zip(&sizes).map(|(request, bids)| history(request, *bids)).collect();
    for append in &histories {
        write(db, std::slice::from_ref(append)).await;
    }
    let mut heads = journal::list_open_heads(db).await.unwrap();
    heads.reverse();
    assert_eq!(heads.len(), sizes.len());
    assert_eq!(replay::batches(&heads).map(<[_]>::len).sum::<usize>(), heads.len());
    let mut seen = 0;
    for batch in replay::batches(&heads) {
        let folded = replay::fold_batch(db, batch).await.unwrap();
        assert_eq!(folded.len(), batch.len());
        for (head, folded) in batch.iter().zip(&folded) {
            assert_eq!(folded.state.terms().request, head.request, "in the order of the heads");
            assert_same(folded, &histories[usize::try_from(head.request.0).unwrap() - 1].entries);
            seen += 1;
        }
    }
    assert_eq!(seen, sizes.len());
}

pub(super) async fn a_fold_repeats_its_last_events(db: &Db) {
    let append = history(1, 3_000);
    write(db, std::slice::from_ref(&append)).await;
    for repeated in [0, 1, 256, 2_999] {
        let (folded, happened) = replay::fold_one(db, RequestId(1), repeated).await.unwrap().unwrap();
        assert_same(&folded, &append.entries);
        let last = &append.entries[append.entries.len() - repeated..];
        assert!(
            happened.iter().map(|happened| (happened.seq, &happened.event)).eq(last.iter().map(|e| (e.seq, &e.event)))
        );
    }
    assert!(replay::fold_one(db, RequestId(2), 0).await.unwrap().is_none(), "never published");
}

// ------------------------------------------------------------------ behind the store's back

#[tokio::test]
async fn a_change_to_one_of_many_is_found() {
    for sql in TAMPERINGS {
        for store in each().await {
            one_of_many_changed(&store.db, sql).await;
        }
    }
}

async fn one_of_many_changed(db: &Db, sql: &str) {
    let entries = |request| {
        let published = history(request, 0).entries[0].event.clone();
        Log::new(request).append(vec![published, placed(bid(request, 5, 1, 20_000)), Event::Opened])
    };
    let group: Vec<Append> = (1..=3).map(entries).collect();
    write(db, &group).await;
    let heads = journal::list_open_heads(db).await.unwrap();
    assert_eq!(replay::fold_batch(db, &heads).await.unwrap().len(), 3);
    let sql = format!("{sql} {} auction_id = 2", if sql.contains("WHERE") { "AND" } else { "WHERE" });
    assert!(tamper(db, Box::leak(sql.clone().into_boxed_str())).await > 0, "{sql}");
    let heads = journal::list_open_heads(db).await.unwrap();
    let read = replay::fold_batch(db, &heads).await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{sql}: {read:?}");
}

#[tokio::test]
async fn a_journal_that_does_not_begin_with_its_terms_is_damaged() {
    let store = sqlite().await;
    let append = Log::new(1).append(vec![placed(bid(9, 5, 1, 20_000))]);
    write(&store.db, &[append]).await;
    let read = replay::fold_one(&store.db, RequestId(1), 0).await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");
}
