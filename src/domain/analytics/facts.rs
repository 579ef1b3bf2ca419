//! The facts of one request, and what they add to the sums of its day.

use std::collections::BTreeSet;

use crate::domain::analytics::calendar::Day;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The request.
    pub request: RequestId,
    /// Whose.
    pub customer: UserId,
    /// When it was written.
    pub day: Day,
    /// The brand of the car.
    pub brand: i64,
    /// Where the car is, in the form of `city::key`.
    pub city: Option<String>,
    /// The keys of its parts, each once.
    pub parts: BTreeSet<String>,
    /// The state's word, `draft` included.
    pub state: String,
    /// The journal's last entry; 0 without a journal.
    pub seq: i64,
    /// Bids ever placed, one a merchant.
    pub bids: i64,
    /// The sum of their landed totals, in halalas.
    pub landed: i64,
    /// From the opening to the first bid, in seconds.
    pub response_s: Option<i64>,
    /// The first bid's landed total when it was placed, in halalas.
    pub first_landed: Option<i64>,
    /// The lower median of the landed totals, in halalas.
    pub median_landed: Option<i64>,
    /// The accepted bid's landed total, in halalas.
    pub chosen_landed: Option<i64>,
    /// From the result to the choice, in seconds.
    pub choice_s: Option<i64>,
    /// Where its order stands, as a word; `None` without one that was not declined.
    pub order_state: Option<String>,
    /// What its order came to once that was completed, in halalas.
    pub revenue: i64,
    /// The stars that the customer gave.
    pub customer_stars: Option<i64>,
    /// The stars that the merchant gave.
    pub merchant_stars: Option<i64>,
}

macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// What is summed of requests.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Measures { $($(#[$doc])* pub $name: i64,)* }

        impl Measures {
            /// The names, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The values, in the order of the names.
            #[must_use]
            pub fn values(&self) -> Vec<i64> {
                vec![$(self.$name),*]
            }

            /// Reads the values in the order of the names.
            ///
            /// # Errors
            /// What `next` says.
            pub fn read<E>(mut next: impl FnMut() -> Result<i64, E>) -> Result<Self, E> {
                Ok(Self { $($name: next()?,)* })
            }

            /// These and so many times the others.
            #[must_use]
            pub const fn plus(self, others: &Self, times: i64) -> Self {
                Self { $($name: self.$name.saturating_add(others.$name.saturating_mul(times)),)* }
            }
        }
    };
}

measures! {
    /// Requests.
    requests
    /// Drafts.
    drafts
    /// Those in this state.
    published
    /// Those in this state.
    bidding_open
    /// Those in this state.
    bidding_closed
    /// Those in this state.
    reviewing
    /// Those in this state.
    accepted
    /// Those in this state.
    expired
    /// Those in this state, drafts that were cancelled among them.
    cancelled
    /// Those that were published.
    auctions
    /// Bids, one a merchant and request.
    bids
    /// Their landed totals, in halalas.
    landed
    /// Requests with a bid.
    answered
    /// The seconds from their opening to the first bid.
    response_s
    /// Those whose first bid came within a minute …
    within_1m
    /// … after that within five …
    within_5m
    /// … a quarter of an hour …
    within_15m
    /// … an hour …
    within_1h
    /// … four hours …
    within_4h
    /// … a day.
    within_1d
    /// Requests with three bids or more.
    contested
    /// Requests with an order.
    orders
    /// Those whose order was completed.
    completed
    /// Those whose order was cancelled.
    called_off
    /// What the completed orders came to, in halalas.
    revenue
    /// Stars that customers gave.
    customer_stars
    /// How many customers did.
    customer_reviews
    /// Stars that merchants gave.
    merchant_stars
    /// How many merchants did.
    merchant_reviews
}

/// The bounds of the measures `within_…`, in seconds.
pub const WITHIN_S: [i64; 6] = [60, 300, 900, 3_600, 14_400, 86_400];
/// So many bids make a contest.
const CONTEST_BIDS: i64 = 3;

impl Measures {
    /// How many first bids came within each of [`WITHIN_S`], those of the shorter ones included.
    #[must_use]
    pub fn answered_within(&self) -> [(i64, i64); 6] {
        let each = [self.within_1m, self.within_5m, self.within_15m, self.within_1h, self.within_4h, self.within_1d];
        let mut sum = 0;
        std::array::from_fn(|at| {
            sum += each[at];
            (WITHIN_S[at], sum)
        })
    }
}

impl Facts {
    /// What this one request adds to every sum in which it is.
    #[must_use]
    pub fn measures(&self) -> Measures {
        let one = |holds: bool| i64::from(holds);
        let state = |word: &str| one(self.state == word);
        let order = |word: &str| one(self.order_state.as_deref() == Some(word));
        // In the shortest time alone.
        let within = |at: usize| {
            let least = at.checked_sub(1).map_or(-1, |before| WITHIN_S[before]);
            one(self.response_s.is_some_and(|secs| secs > least && secs <= WITHIN_S[at]))
        };
        Measures {
            requests: 1,
            drafts: state("draft"),
            published: state("published"),
            bidding_open: state("bidding_open"),
            bidding_closed: state("bidding_closed"),
            reviewing: state("reviewing"),
            accepted: state("accepted"),
            expired: state("expired"),
            cancelled: state("cancelled"),
            auctions: one(self.seq > 0),
            bids: self.bids,
            landed: self.landed,
            answered: one(self.response_s.is_some()),
            response_s: self.response_s.unwrap_or(0),
            within_1m: within(0),
            within_5m: within(1),
            within_15m: within(2),
            within_1h: within(3),
            within_4h: within(4),
            within_1d: within(5),
            contested: one(self.bids >= CONTEST_BIDS),
            orders: one(self.order_state.is_some()),
            completed: order("completed"),
            called_off: order("cancelled"),
            revenue: self.revenue,
            customer_stars: self.customer_stars.unwrap_or(0),
            customer_reviews: one(self.customer_stars.is_some()),
            merchant_stars: self.merchant_stars.unwrap_or(0),
            merchant_reviews: one(self.merchant_stars.is_some()),
        }
    }

    /// Whether nothing happens to it any more but what is told apart (`mark`): an order's steps and its reviews. An auction
    /// whose order was declined goes on, and the entry that says so may be yet to come.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self.state.as_str() {
            "accepted" => self.order_state.is_some(),
            "expired" | "cancelled" => true,
            _ => false,
        }
    }

    /// The places where it is summed, as part, city and brand: an empty text and brand 0 stand for all.
    #[must_use]
    pub fn places(&self) -> Vec<(&str, &str, i64)> {
        let parts = || std::iter::once("").chain(self.parts.iter().map(String::as_str));
        let places = self.areas().into_iter().flat_map(|(city, brand)| parts().map(move |part| (part, city, brand)));
        places.collect()
    }

    /// The same without parts.
    #[must_use]
    pub fn areas(&self) -> Vec<(&str, i64)> {
        let cities = std::iter::once("").chain(self.city.as_deref());
        cities.flat_map(|city| [(city, 0), (city, self.brand)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            request: RequestId(1),
            customer: UserId(2),
            day: Day(20_000),
            brand: 7,
            city: Some("riyadh".to_owned()),
            parts: ["bumper".to_owned(), "lamp".to_owned()].into(),
            state: "accepted".to_owned(),
            seq: 9,
            bids: 3,
            landed: 300,
            response_s: Some(61),
            first_landed: Some(110),
            median_landed: Some(100),
            chosen_landed: Some(90),
            choice_s: Some(5),
            order_state: Some("completed".to_owned()),
            revenue: 90,
            customer_stars: Some(5),
            merchant_stars: None,
        }
    }

    #[test]
    fn a_request_counts_once_in_each_of_its_places() {
        let facts = facts();
        let places = facts.places();
        assert_eq!(places.len(), 12);
        let distinct: BTreeSet<_> = places.iter().collect();
        assert_eq!(distinct.len(), 12, "{places:?}");
        assert!(places.contains(&("", "", 0)) && places.contains(&("lamp", "riyadh", 7)), "{places:?}");
        assert_eq!(Facts { city: None, parts: BTreeSet::new(), ..facts }.places(), [("", "", 0), ("", "", 7)]);
    }

    #[test]
    fn what_is_summed() {
        let of = facts().measures();
        assert_eq!((of.requests, of.accepted, of.auctions, of.orders, of.completed), (1, 1, 1, 1, 1));
        assert_eq!((of.within_1m, of.within_5m, of.within_15m, of.answered, of.response_s), (0, 1, 0, 1, 61));
        assert_eq!((of.contested, of.customer_stars, of.customer_reviews, of.merchant_reviews), (1, 5, 1, 0));
        let draft = Facts { state: "draft".to_owned(), seq: 0, order_state: None, response_s: None, ..facts() };
        let of = draft.measures();
        assert_eq!((of.drafts, of.auctions, of.orders, of.answered, of.within_1m), (1, 0, 0, 0, 0));
        let states = |of: &Measures| {
            of.drafts
                + of.published
                + of.bidding_open
                + of.bidding_closed
                + of.reviewing
                + of.accepted
                + of.expired
                + of.cancelled
        };
        for state in
            ["draft", "published", "bidding_open", "bidding_closed", "reviewing", "accepted", "expired", "cancelled"]
        {
            assert_eq!(states(&Facts { state: state.to_owned(), ..facts() }.measures()), 1, "{state}");
        }
        let told = facts().measures().plus(&Facts { response_s: Some(60), ..facts() }.measures(), 1).answered_within();
        assert_eq!(told, [(60, 1), (300, 2), (900, 2), (3_600, 2), (14_400, 2), (86_400, 2)]);
    }

    #[test]
    fn sums_and_their_names_go_together() {
        let of = facts().measures();
        let mut values = of.values().into_iter();
        assert_eq!(Measures::read(|| values.next().ok_or(())), Ok(of));
        assert_eq!(of.values().len(), Measures::NAMES.len());
        assert_eq!(of.plus(&of, -1), Measures::default());
    }

    #[test]
    fn what_may_still_change_is_not_settled() {
        let with = |state: &str, order: Option<&str>| {
            Facts { state: state.to_owned(), order_state: order.map(str::to_owned), ..facts() }.is_settled()
        };
        assert!(with("accepted", Some("shipped")) && with("expired", None) && with("cancelled", None));
        assert!(!with("accepted", None) && !with("reviewing", None) && !with("draft", None));
    }
}
