//! What is counted of one merchant and of one customer, by month.

use crate::domain::analytics::calendar::Day;
use crate::domain::ids::UserId;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    SELECT_MONTHS_OF_MERCHANT = both(
        "SELECT month, COUNT(*) AS bids, CAST(SUM(won) AS SIGNED) AS won, CAST(SUM(CASE WHEN place = 1 THEN 1 ELSE 0 END) AS \
         SIGNED) AS first, CAST(SUM(CASE WHEN place = 2 THEN 1 ELSE 0 END) AS SIGNED) AS second, CAST(SUM(CASE WHEN place = \
         3 THEN 1 ELSE 0 END) AS SIGNED) AS third, CAST(SUM(CASE WHEN place > 3 THEN 1 ELSE 0 END) AS SIGNED) AS behind, \
         CAST(SUM(CASE WHEN place IS NULL THEN 1 ELSE 0 END) AS SIGNED) AS unranked, CAST(SUM(bids) AS SIGNED) AS \
         competing, CAST(SUM(response_s) AS SIGNED) AS response_s, CAST(COALESCE(SUM(CASE WHEN won = 0 THEN gap_permille \
         END), 0) AS SIGNED) AS gaps, COUNT(CASE WHEN won = 0 THEN gap_permille END) AS gapped FROM bid_facts WHERE \
         merchant_id = ? AND day BETWEEN ? AND ? GROUP BY month ORDER BY month"
    );
    // What bids came to is told of once one was chosen: until then a customer may not know of it either.
    SELECT_MONTHS_OF_CUSTOMER = both(
        "SELECT month, COUNT(*) AS requests, CAST(SUM(CASE WHEN seq > 0 THEN 1 ELSE 0 END) AS SIGNED) AS auctions, \
         CAST(SUM(bids) AS SIGNED) AS bids, COUNT(order_state) AS orders, CAST(SUM(CASE WHEN order_state = 'completed' THEN \
         1 ELSE 0 END) AS SIGNED) AS completed, CAST(SUM(revenue) AS SIGNED) AS spent, CAST(COALESCE(SUM(CASE WHEN \
         order_state IS NOT NULL THEN chosen_landed END), 0) AS SIGNED) AS chosen, CAST(COALESCE(SUM(CASE WHEN order_state \
         IS NOT NULL AND chosen_landed IS NOT NULL THEN first_landed END), 0) AS SIGNED) AS first, CAST(COALESCE(SUM(CASE \
         WHEN order_state IS NOT NULL AND chosen_landed IS NOT NULL THEN median_landed END), 0) AS SIGNED) AS median, \
         CAST(COALESCE(SUM(choice_s), 0) AS SIGNED) AS choice_s, COUNT(choice_s) AS choices FROM request_facts WHERE \
         customer_id = ? AND state <> '' AND day BETWEEN ? AND ? GROUP BY month ORDER BY month"
    );
}

row! {
    /// A merchant's bids on the requests of a month, of those that ended with a result.
    pub struct MerchantMonth {
        /// Year × 12 + month − 1.
        pub month: i64,
        /// Bids.
        pub bids: i64,
        /// Those that were accepted.
        pub won: i64,
        /// Those that came out first …
        pub first: i64,
        /// … second …
        pub second: i64,
        /// … third …
        pub third: i64,
        /// … or behind that.
        pub behind: i64,
        /// Those that no longer counted.
        pub unranked: i64,
        /// Bids that were ranked, these among them.
        pub competing: i64,
        /// The seconds from the openings to these bids.
        pub response_s: i64,
        /// How far those that were not accepted lay above the one that was, in thousandths of that, summed.
        pub gaps: i64,
        /// How many those are.
        pub gapped: i64,
    }
}

row! {
    /// A customer's requests of a month. Amounts are in halalas.
    pub struct CustomerMonth {
        /// Year × 12 + month − 1.
        pub month: i64,
        /// Requests.
        pub requests: i64,
        /// Those that were published.
        pub auctions: i64,
        /// Bids on them.
        pub bids: i64,
        /// Orders that came of them.
        pub orders: i64,
        /// Those that were completed.
        pub completed: i64,
        /// What the completed ones came to.
        pub spent: i64,
        /// What the chosen bids come to …
        pub chosen: i64,
        /// … and the first bids of the same requests …
        pub first: i64,
        /// … and the bids in the middle.
        pub median: i64,
        /// The seconds from the results to the choices.
        pub choice_s: i64,
        /// How many choices there were.
        pub choices: i64,
    }
}

/// A merchant's months, in order, of the requests that were written on these days.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_merchant(
    db: &Db,
    merchant: UserId,
    (from, to): (Day, Day),
) -> Result<Vec<MerchantMonth>, StoreError> {
    all!(db, MerchantMonth, SELECT_MONTHS_OF_MERCHANT, merchant.0, from.0, to.0)
}

/// A customer's months, in order, of the requests that were written on these days.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_customer(
    db: &Db,
    customer: UserId,
    (from, to): (Day, Day),
) -> Result<Vec<CustomerMonth>, StoreError> {
    all!(db, CustomerMonth, SELECT_MONTHS_OF_CUSTOMER, customer.0, from.0, to.0)
}
