//! Places, leases and claims, on every database.

use std::collections::HashSet;

use mazad::domain::auction::board::State;
use mazad::domain::ids::RequestId;
use mazad::domain::time::UnixMicros;
use mazad::persistence::append::{AppendError, append_group};
use mazad::persistence::error::StoreError;
use mazad::persistence::journal::{self, Append, Hold};
use mazad::persistence::{Db, nodes};

use super::{Log, bid, each, placed, tamper};

#[tokio::test]
async fn places_are_taken_renewed_lost_and_given_back() {
    for store in each().await {
        let db = &store.db;
        assert_eq!(nodes::take(db, 11, "a:1").await, Ok((1, None)));
        assert_eq!(nodes::take(db, 22, "b:1").await, Ok((2, None)));
        let live = || async { nodes::list(db).await.unwrap().iter().filter(|node| node.is_live()).count() };
        assert_eq!(live().await, 2);
        assert_eq!(nodes::renew(db, 1, 11).await, Ok(true));
        assert_eq!(nodes::renew(db, 1, 22).await, Ok(false), "another's life");

        // Nobody said for long that it lives; one of them says so again.
        tamper(db, "UPDATE nodes SET renewed_at = renewed_at - 6000000").await;
        assert_eq!(live().await, 0);
        assert_eq!(nodes::renew(db, 2, 22).await, Ok(true));
        assert_eq!(live().await, 1);
        assert_eq!(nodes::take(db, 33, "c:1").await, Ok((3, None)), "who is silent may still mint ids");

        // Who comes back at an address has outlived whoever was there.
        let (number, before) = nodes::take(db, 12, "a:1").await.unwrap();
        assert!(number == 1 && before.is_some_and(|at| at > UnixMicros(0)));
        assert_eq!(nodes::renew(db, 1, 11).await, Ok(false));

        nodes::leave(db, 2, 22).await.unwrap();
        assert_eq!(nodes::take(db, 44, "d:1").await, Ok((2, None)), "a number that was given back");
    }
}

#[tokio::test]
async fn many_who_come_at_once_get_a_number_each() {
    for store in each().await {
        let taken = (0..8).map(|boot| {
            let db = store.db.clone();
            tokio::spawn(async move { nodes::take(&db, boot, &format!("host-{boot}:1")).await.unwrap().0 })
        });
        let mut numbers = HashSet::new();
        for number in taken.collect::<Vec<_>>() {
            numbers.insert(number.await.unwrap());
        }
        assert_eq!(numbers, (1..=8).collect());
    }
}

async fn write(db: &Db, log: &mut Log, number: i64, hold: Hold) -> Result<(), AppendError> {
    let append = log.append(vec![placed(bid(number, number, 1, 10_000))]);
    append_group(db, &[Append { hold, ..append }]).await.remove(0)
}

#[tokio::test]
async fn an_auction_is_claimed_by_one_and_its_last_writer_is_refused() {
    for store in each().await {
        let db = &store.db;
        let mut log = Log::new(7);
        write(db, &mut log, 1, Hold { node: 1, fence: 1 }).await.unwrap();
        let held = nodes::list_open_holds(db).await.unwrap();
        let several = matches!(db, Db::MySql { .. });
        // A file has one writer, and no column for it in its hottest statement.
        assert_eq!(held[0].hold, if several { Hold { node: 1, fence: 1 } } else { Hold::ALONE });
        assert_eq!((held[0].request, held[0].seq, held[0].terminal), (RequestId(7), 1, false));

        let (two, three) = tokio::join!(nodes::claim(db, 2, &held), nodes::claim(db, 3, &held));
        let (two, three) = (two.unwrap(), three.unwrap());
        assert_eq!(two.len() + three.len(), 1, "one of two who saw the same");
        let now = two.first().or(three.first()).unwrap().hold;
        assert_eq!(now.fence, held[0].hold.fence + 1);
        assert_eq!(nodes::find_hold(db, RequestId(7)).await.unwrap().unwrap().hold, now);
        assert_eq!(nodes::list_holds(db, &[RequestId(7), RequestId(8)]).await.unwrap().len(), 1);
        assert!(nodes::claim(db, 4, &held).await.unwrap().is_empty(), "it changed hands since");
        if !several {
            continue;
        }

        // What the old one decides fits the journal; the fence alone is against it, and its neighbour's append goes in.
        let mut other = Log::new(8);
        let stale = Append { hold: Hold { node: 1, fence: 1 }, ..log.append(vec![placed(bid(2, 2, 1, 10_000))]) };
        let fresh = Append { hold: Hold { node: 1, fence: 1 }, ..other.append(vec![placed(bid(3, 3, 1, 10_000))]) };
        let outcomes = append_group(db, &[stale.clone(), fresh]).await;
        assert_eq!(outcomes, [Err(AppendError::Superseded), Ok(())]);
        assert_eq!(journal::load(db, RequestId(7), 0).await.unwrap().len(), 1);
        assert_eq!(append_group(db, &[Append { hold: now, ..stale }]).await, [Ok(())]);
        let kept = nodes::find_hold(db, RequestId(7)).await.unwrap().unwrap();
        assert_eq!((kept.hold, kept.seq), (now, 2), "an append leaves whose it is");

        assert_eq!(nodes::leave(db, now.node, 0).await, Ok(1));
        let left = nodes::find_hold(db, RequestId(7)).await.unwrap().unwrap();
        assert_eq!(left.hold, Hold { node: 0, fence: now.fence + 1 });
        assert_eq!(write(db, &mut log, 4, now).await, Err(AppendError::Superseded));
        assert_ne!(log.head(State::BiddingOpen).seq, left.seq);
        assert_eq!(nodes::find_hold(db, RequestId(9)).await, Ok::<_, StoreError>(None));
    }
}
