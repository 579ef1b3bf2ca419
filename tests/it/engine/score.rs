//! What rules §5 guarantees, for any bids; and the two books bid by bid.

use mazad::domain::auction::book::Book;
use mazad::domain::auction::naive::NaiveBook;
use mazad::domain::auction::ranking::Entry;
use mazad::domain::auction::ranking::Ranking;
use mazad::domain::auction::terms::Formula;
use mazad::domain::auction::terms::Rules;
use mazad::domain::auction::terms::Weights;
use mazad::domain::ids::BidId;
use mazad::domain::ids::UserId;
use mazad::limits::DELIVERY_HOURS_MAX;
use mazad::limits::LANDED_MAX_HALALAS;
use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;

use crate::engine::world::terms;

const LANDED_MAX: u64 = LANDED_MAX_HALALAS.unsigned_abs();

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let formula = prop_oneof![3 => Just(Formula::GuardedV1), 1 => Just(Formula::RelativeV1)];
    let weights = prop_oneof![
        4 => Just((50, 30)),
        1 => Just((100, 0)),
        1 => Just((0, 60)),
        1 => Just((1, 0)),
        2 => (0_u8..=100).prop_flat_map(|price| (Just(price), 0..=100 - price)),
    ];
    (formula, weights, prop_oneof![Just(336_i64), Just(72), Just(1)]).prop_map(
        |(formula, (price, merchant), horizon)| {
            let weights = Weights { price, merchant, delivery: 100 - price - merchant };
            Rules { formula, weights, horizon_hours: horizon, ..terms().rules }
        },
    )
}

/// Prices close together, so that ties and near ties are common, and both ends of the range.
fn landed() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 9_990_u64..10_010, 2 => 1_u64..20_000, 1 => Just(1), 1 => Just(LANDED_MAX), 1 => 1..=LANDED_MAX]
}

fn entries(most: usize) -> impl Strategy<Value = Vec<Entry>> {
    let hours = prop_oneof![4 => 22_i64..26, 1 => 1..=DELIVERY_HOURS_MAX];
    let rating = prop_oneof![4 => 3_999_i64..4_002, 1 => 0_i64..=5_000];
    let one = (landed(), hours, rating, 0_i64..3, 1_i64..4);
    proptest::collection::vec(one, 1..most).prop_map(|bids| {
        let entry = |((landed, delivery_hours, rating_milli, rated_orders, effective_seq), id)| Entry {
            merchant: UserId(id),
            bid: BidId(1_000 - id),
            landed,
            delivery_hours,
            rating_milli,
            rated_orders,
            effective_seq,
        };
        bids.into_iter().zip(1..).map(entry).collect()
    })
}

fn filled<R: Ranking>(rules: &Rules, entries: &[Entry]) -> R {
    let mut book = R::new(rules);
    for entry in entries {
        book.put(*entry);
    }
    book
}

fn rank<R: Ranking>(book: &R, merchant: UserId) -> u32 {
    book.standing(merchant).unwrap().0
}

fn assert_equal(fast: &Book, naive: &NaiveBook) {
    assert_eq!(fast.best(usize::MAX), naive.best(usize::MAX));
    assert_eq!(fast.best(2), naive.best(2));
    assert_eq!(fast.leader(), naive.leader());
    assert_eq!((fast.len(), fast.lowest()), (naive.len(), naive.lowest()));
    assert_eq!((fast.lower_median(), fast.reference()), (naive.lower_median(), naive.reference()));
    for (entry, _) in naive.best(usize::MAX) {
        assert_eq!(fast.standing(entry.merchant), naive.standing(entry.merchant));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_agree_after_every_step(
        rules in rules(),
        bids in entries(24),
        others in entries(24),
        gone in proptest::collection::vec(1_i64..24, 0..8),
    ) {
        let (mut fast, mut naive) = (Book::new(&rules), NaiveBook::new(&rules));
        for entry in bids.iter().chain(&others) {
            prop_assert_eq!(fast.leader_with(entry), naive.leader_with(entry));
            prop_assert_eq!(fast.leads_with(entry), naive.leads_with(entry));
            fast.put(*entry);
            naive.put(*entry);
            assert_equal(&fast, &naive);
        }
        for merchant in gone {
            fast.remove(UserId(merchant));
            naive.remove(UserId(merchant));
            assert_equal(&fast, &naive);
            for entry in &others {
                prop_assert_eq!(fast.leader_with(entry), naive.leader_with(entry));
            }
        }
    }

    #[test]
    fn the_order_of_arrival_in_memory_is_irrelevant(rules in rules(), bids in entries(24), turn in 0_usize..24) {
        let mut turned = bids.clone();
        turned.rotate_left(turn % bids.len());
        turned.reverse();
        prop_assert_eq!(
            filled::<Book>(&rules, &bids).best(usize::MAX),
            filled::<Book>(&rules, &turned).best(usize::MAX)
        );
    }

    #[test]
    fn cheaper_faster_or_better_rated_never_ranks_worse(
        rules in rules(),
        bids in entries(24),
        whose in 0_usize..24,
        cheaper in landed(),
        faster in 1_i64..=DELIVERY_HOURS_MAX,
        better in 0_i64..=5_000,
    ) {
        let own = bids[whose % bids.len()];
        let book = filled::<Book>(&rules, &bids);
        let before = rank(&book, own.merchant);
        for improved in [
            Entry { landed: cheaper.min(own.landed), ..own },
            Entry { delivery_hours: faster.min(own.delivery_hours), ..own },
            Entry { rating_milli: better.max(own.rating_milli), ..own },
        ] {
            let mut book = book.clone();
            book.put(improved);
            prop_assert!(rank(&book, own.merchant) <= before, "{own:?} to {improved:?}");
        }
    }

    #[test]
    fn the_price_to_lead_leads_and_a_halala_more_does_not(rules in rules(), bids in entries(16), whose in 0_usize..16) {
        let own = bids[whose % bids.len()];
        let book = filled::<Book>(&rules, &bids);
        let leads = |landed| book.leads_with(&Entry { landed, ..own });
        match book.highest_leading(&own, 1, LANDED_MAX) {
            Some(landed) => prop_assert!(leads(landed) && (landed == LANDED_MAX || !leads(landed + 1))),
            None => prop_assert!(!leads(1)),
        }
    }
}

/// Points never leave 0 … 100, and nothing overflows, where every number is at a bound.
#[test]
fn the_bounds_hold_at_the_bounds() {
    for price in [0, 1, 50, 99, 100] {
        let weights = Weights { price, merchant: 100 - price, delivery: 0 };
        let rules = Rules { weights, ..terms().rules };
        let at = |id, landed, rating_milli| Entry {
            merchant: UserId(id),
            bid: BidId(id),
            landed,
            delivery_hours: 1,
            rating_milli,
            rated_orders: i64::MAX,
            effective_seq: i64::MAX,
        };
        let extremes = [at(1, LANDED_MAX, 5_000), at(2, LANDED_MAX, 0), at(3, LANDED_MAX, 5_000), at(4, 1, 0)];
        let (fast, naive) = (filled::<Book>(&rules, &extremes), filled::<NaiveBook>(&rules, &extremes));
        assert_equal(&fast, &naive);
        for (_, score) in fast.best(usize::MAX) {
            for points in [score.price, score.merchant, score.delivery, score.total] {
                assert!((0..=100_000_000).contains(&points), "{score:?}");
            }
        }
    }
}
