//! Points (rules §5), in integers only: 100 points are 100 000 000 micro-points.
//!
//! With `N` = a million times the reference price in hundredths of a halala, the price points of a bid are
//! `min(100 points, N / landed)`: one 64-bit division, exact, and `N` is the same for every bid of a room.

use crate::domain::auction::event::Score;
use crate::domain::auction::terms::Formula;
use crate::domain::auction::terms::Weights;

/// A hundred points, in micro-points.
pub const FULL: u64 = 100_000_000;
/// From so many bids on, `guarded_v1` guards.
pub const GUARDED_FROM: usize = 3;

/// What price points are measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference(
    /// The reference price in hundredths of a halala, times a million. At most 10^19, see `limits`.
    pub u64,
);

impl Reference {
    /// The reference of a room of `count` bids with this lowest and lower median landed total, in halalas.
    #[must_use]
    pub const fn new(formula: Formula, count: usize, lowest: u64, lower_median: u64) -> Self {
        let lowest = lowest * 100;
        let hundredths = match formula {
            Formula::GuardedV1 if count >= GUARDED_FROM && lower_median * 60 > lowest => lower_median * 60,
            Formula::GuardedV1 | Formula::RelativeV1 => lowest,
        };
        Self(hundredths * 1_000_000)
    }

    /// Price points of a landed total in halalas, at least 1.
    #[must_use]
    pub fn price_points(self, landed: u64) -> u64 {
        self.0.checked_div(landed).map_or(FULL, |points| points.min(FULL))
    }
}

/// Merchant points of a rating in thousandths of a star, 0 … 5000.
#[must_use]
pub fn merchant_points(rating_milli: i64) -> u64 {
    u64::try_from(rating_milli).unwrap_or(0).min(5_000) * 20_000
}

/// Delivery points of so many hours within a horizon of hours.
#[must_use]
pub fn delivery_points(horizon: i64, hours: i64) -> u64 {
    let spared = u64::try_from(horizon.saturating_sub(hours)).unwrap_or(0);
    let horizon = u64::try_from(horizon).unwrap_or(0);
    (FULL * spared.min(horizon)).checked_div(horizon).unwrap_or(0)
}

/// The part of a hundred times the total that does not depend on prices.
#[must_use]
pub fn base(weights: Weights, merchant: u64, delivery: u64) -> u64 {
    u64::from(weights.merchant) * merchant + u64::from(weights.delivery) * delivery
}

/// The total of price points and a [`base`], in micro-points.
#[must_use]
pub fn total(weights: Weights, price: u64, base: u64) -> u64 {
    (u64::from(weights.price) * price + base) / 100
}

/// All points of one bid.
#[must_use]
pub fn score(weights: Weights, price: u64, merchant: u64, delivery: u64) -> Score {
    let signed = |points: u64| i64::try_from(points).unwrap_or(i64::MAX);
    Score {
        price: signed(price),
        merchant: signed(merchant),
        delivery: signed(delivery),
        total: signed(total(weights, price, base(weights, merchant, delivery))),
    }
}
