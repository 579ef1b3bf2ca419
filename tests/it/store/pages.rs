//! A request's events in pages, as each class counts them.

use mazad::domain::auction::event::Event;
use mazad::domain::auction::event::ExtensionCause;
use mazad::domain::auction::terms::Visibility;
use mazad::domain::auction::view::Class;
use mazad::domain::time::UnixMicros;
use mazad::flows::events::Ask;
use mazad::flows::events::EventReader;
use mazad::persistence::Db;
use mazad::persistence::error::StoreError;

use super::Log;
use super::bid;
use super::key;
use super::placed;
use super::tamper;
use super::write;

macro_rules! pages_suite {
    ($database:ident) => {
        crate::store::on! { $database:
            pages::pages_join_to_what_a_class_may_see
        }
    };
}
pub(super) use pages_suite;

/// Twenty times a bid, its revision and an extension: 60 entries.
async fn market(db: &Db) -> Log {
    let mut log = Log::new(9);
    for n in 1..=20_u8 {
        let number = i64::from(n);
        let revised = Event::BidRevised { content: bid(number, number, 2, 9_000), key: key(n + 100) };
        let extended = Event::Extended { closes_at: UnixMicros(number), cause: ExtensionCause::SoftClose };
        let append = log.append(vec![placed(bid(number, number, 1, 10_000)), revised, extended]);
        write(db, &[append]).await;
    }
    log
}

/// Walks all pages: the numbers and what they belong to.
async fn walk(reader: &EventReader, visibility: Visibility, class: Class, limit: usize) -> Vec<(i64, i64)> {
    let request = Log::new(9).request;
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = reader.list(visibility, Ask { request, class, after }, limit).await.unwrap();
        assert!(page.shown.len() <= limit && (!page.more || page.shown.len() == limit));
        all.extend(page.shown.iter().map(|(number, entry)| (*number, entry.seq)));
        match page.shown.last() {
            Some((number, _)) if page.more => after = *number,
            Some(_) | None => return all,
        }
    }
}

pub(super) async fn pages_join_to_what_a_class_may_see(db: &Db) {
    market(db).await;
    for (visibility, class, shown) in [
        (Visibility::Open, Class::Merchants, vec![1, 2, 0]),
        (Visibility::Sealed, Class::Host, vec![1, 0]),
        (Visibility::RankOnly, Class::Merchants, vec![0]),
    ] {
        let wanted: Vec<i64> = (1..=60).filter(|seq| shown.contains(&(seq % 3))).collect();
        let wanted: Vec<(i64, i64)> = (1..).zip(wanted).collect();
        let reader = EventReader::new(db.clone());
        for limit in [1, 7, 20, 100] {
            assert_eq!(walk(&reader, visibility, class, limit).await, wanted, "{visibility:?} {class:?} by {limit}");
        }
        // From anywhere, also where no page ended before.
        let ask = Ask { request: Log::new(9).request, class, after: 13 };
        let page = EventReader::new(db.clone()).list(visibility, ask, 5).await.unwrap();
        let got: Vec<(i64, i64)> = page.shown.iter().map(|(number, entry)| (*number, entry.seq)).collect();
        assert_eq!(got, wanted[13..18]);
        let beyond = EventReader::new(db.clone()).list(visibility, Ask { after: 1_000, ..ask }, 5).await.unwrap();
        assert!(beyond.shown.is_empty() && !beyond.more);
    }
}

#[tokio::test]
async fn who_reads_on_makes_the_journal_read_that_page_alone() {
    let store = super::sqlite().await;
    let log = market(&store.db).await;
    let reader = EventReader::new(store.db.clone());
    let ask = Ask { request: log.request, class: Class::Merchants, after: 0 };
    assert!(reader.list(Visibility::Open, ask, 20).await.unwrap().more);
    // Whoever reads this entry again finds that it was changed.
    assert_eq!(tamper(&store.db, "UPDATE auction_events SET payload = '{}' WHERE seq = 3").await, 1);
    let next = Ask { after: 20, ..ask };
    assert_eq!(reader.list(Visibility::Open, next, 20).await.unwrap().shown[0].0, 21);
    let fresh = EventReader::new(store.db.clone()).list(Visibility::Open, next, 20).await;
    assert!(matches!(fresh, Err(StoreError::Corrupt { .. })), "{fresh:?}");
}
