//! Accounts and their profiles.

use crate::domain::ids::UserId;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    SELECT_BIDDER_FACTS_OF_USER = both(
        "SELECT u.kind, u.name, u.suspended_at, m.business_name, m.verified_at, COALESCE(m.rating_milli, 3500) AS \
         rating_milli, COALESCE(m.rated_orders, 0) AS rated_orders FROM users u LEFT JOIN merchant_profiles m ON \
         m.user_id = u.id WHERE u.id = ?",
    );
}

/// What the engine must know of the merchant who bids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidderFacts {
    /// Whether the account is a merchant's.
    pub merchant: bool,
    /// Whether an admin verified it.
    pub verified: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Rating in thousandths of a star, 0 … 5000, smoothed (rules §5).
    pub rating_milli: i64,
    /// Orders that were rated in the last 24 months.
    pub rated_orders: i64,
    /// The business' name, or the account's where there is none.
    pub name: String,
}

row! {
    struct BidderRow {
        kind: String,
        name: String,
        suspended_at: Option<i64>,
        business_name: Option<String>,
        verified_at: Option<i64>,
        rating_milli: i64,
        rated_orders: i64,
    }
}

/// What the engine must know of a bidder; `None` when there is no such account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_bidder_facts(db: &Db, user: UserId) -> Result<Option<BidderFacts>, StoreError> {
    let row = one!(db, BidderRow, SELECT_BIDDER_FACTS_OF_USER, user.0)?;
    Ok(row.map(|row| BidderFacts {
        merchant: row.kind == "merchant",
        verified: row.verified_at.is_some(),
        suspended: row.suspended_at.is_some(),
        rating_milli: row.rating_milli,
        rated_orders: row.rated_orders,
        name: row.business_name.unwrap_or(row.name),
    }))
}
