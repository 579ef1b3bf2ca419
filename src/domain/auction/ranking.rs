//! What an auction asks of its ranked bids. Two books answer: the fast one and the obvious one.

use std::cmp::Reverse;
use std::fmt::Debug;

use crate::domain::auction::event::Score;
use crate::domain::auction::score;
use crate::domain::auction::score::Reference;
use crate::domain::auction::terms::Rules;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;

/// What ranking needs to know of one live bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is; a merchant has at most one.
    pub merchant: UserId,
    /// The bid.
    pub bid: BidId,
    /// Landed total in halalas, at least 1.
    pub landed: u64,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// Frozen rating in thousandths of a star.
    pub rating_milli: i64,
    /// Frozen number of rated orders.
    pub rated_orders: i64,
    /// Sequence of the last improvement.
    pub effective_seq: i64,
}

/// Sorts ascending from the best bid to the worst; no two bids share it, since no two share an id.
pub type Place = (Reverse<u64>, u64, i64, Reverse<i64>, Reverse<i64>, i64, BidId);

impl Entry {
    /// Where a bid with this total, in micro-points, stands among others: the tie order of rules §5.
    #[must_use]
    pub const fn place(&self, total: u64) -> Place {
        (
            Reverse(total),
            self.landed,
            self.delivery_hours,
            Reverse(self.rating_milli),
            Reverse(self.rated_orders),
            self.effective_seq,
            self.bid,
        )
    }

    /// The part of a hundred times the total that does not depend on prices.
    #[must_use]
    pub fn base(&self, rules: &Rules) -> u64 {
        let merchant = score::merchant_points(self.rating_milli);
        let delivery = score::delivery_points(rules.horizon_hours, self.delivery_hours);
        score::base(rules.weights, merchant, delivery)
    }

    /// The points against a reference.
    #[must_use]
    pub fn score(&self, rules: &Rules, reference: Reference) -> Score {
        let merchant = score::merchant_points(self.rating_milli);
        let delivery = score::delivery_points(rules.horizon_hours, self.delivery_hours);
        score::score(rules.weights, reference.price_points(self.landed), merchant, delivery)
    }
}

/// The live bids of one auction, ranked by total and tie order.
///
/// `…_with(entry)` answers as if `entry` had been put, without putting it.
pub trait Ranking: Clone + Debug {
    /// An empty book under these rules.
    fn new(rules: &Rules) -> Self;
    /// Adds an entry, or replaces its merchant's.
    fn put(&mut self, entry: Entry);
    /// Takes a merchant's entry out, if there is one.
    fn remove(&mut self, merchant: UserId);
    /// How many bids there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The lowest landed total, in halalas.
    fn lowest(&self) -> Option<u64>;
    /// The lower median of the landed totals, in halalas.
    fn lower_median(&self) -> Option<u64>;
    /// What price points are measured against; `None` without bids.
    fn reference(&self) -> Option<Reference>;
    /// A merchant's rank, from 1, and points.
    fn standing(&self, merchant: UserId) -> Option<(u32, Score)>;
    /// Who is rank 1.
    fn leader(&self) -> Option<UserId>;
    /// Who would be rank 1.
    fn leader_with(&self, entry: &Entry) -> UserId;
    /// Whether `entry` would be rank 1.
    fn leads_with(&self, entry: &Entry) -> bool;
    /// The best bids, at most `most`, in order.
    fn best(&self, most: usize) -> Vec<(Entry, Score)>;

    /// The highest landed total in `least ..= most`, in halalas, with which `entry` would be rank 1.
    ///
    /// A lower price never worsens one's own rank (rules §5), so halving the range finds it.
    fn highest_leading(&self, entry: &Entry, least: u64, most: u64) -> Option<u64> {
        let leads = |landed| self.leads_with(&Entry { landed, ..*entry });
        if least > most || !leads(least) {
            return None;
        }
        let (mut leading, mut open) = (least, most);
        while leading < open {
            let middle = open - (open - leading) / 2;
            if leads(middle) {
                leading = middle;
            } else {
                open = middle - 1;
            }
        }
        Some(leading)
    }
}
