//! Stars, and what they make of a merchant's rating (rules §5). Integers only: thousandths of a star.

/// One to five stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

impl Stars {
    /// Reads a number of stars; `None` outside 1 … 5.
    #[must_use]
    pub fn new(count: i64) -> Option<Self> {
        u8::try_from(count).ok().filter(|count| (1..=5).contains(count)).map(Self)
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.0
    }

    /// In thousandths of a star.
    #[must_use]
    pub fn milli(self) -> i64 {
        i64::from(self.0) * 1_000
    }
}

/// Five imagined orders of 3.5 stars: a merchant's first review moves the rating, but does not make it.
const PRIOR_ORDERS: i64 = 5;
const PRIOR_MILLI: i64 = 3_500;

/// The smoothed rating of so many rated orders with this sum of stars, in thousandths of a star.
#[must_use]
pub const fn rating_milli(sum_milli: i64, orders: i64) -> i64 {
    (PRIOR_ORDERS * PRIOR_MILLI + sum_milli) / (PRIOR_ORDERS + orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_starts_at_nothing_and_one_review_is_not_everything() {
        assert_eq!(rating_milli(0, 0), 3_500);
        assert_eq!(rating_milli(5_000, 1), 3_750);
        assert_eq!(rating_milli(1_000, 1), 3_083);
        assert_eq!(rating_milli(500_000, 100), 4_928);
    }

    #[test]
    fn stars_are_one_to_five() {
        let read = |count| Stars::new(count).map(Stars::milli);
        assert_eq!([0, 1, 5, 6, -1, 257].map(read), [None, Some(1_000), Some(5_000), None, None, None]);
    }
}
