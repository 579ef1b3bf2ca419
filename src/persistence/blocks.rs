//! Merchants whom a customer does not want to hear from.

use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    SELECT_BLOCKS_OF_CUSTOMER = both(
        "SELECT b.merchant_id, COALESCE(m.business_name, u.name) AS name, b.created_at FROM merchant_blocks b JOIN users \
         u ON u.id = b.merchant_id LEFT JOIN merchant_profiles m ON m.user_id = b.merchant_id WHERE b.customer_id = ? AND \
         b.merchant_id < ? ORDER BY b.merchant_id DESC LIMIT ?"
    );
    COUNT_BLOCKS_OF_CUSTOMER = both("SELECT COUNT(*) FROM merchant_blocks WHERE customer_id = ?");
    SELECT_MERCHANT = both("SELECT user_id FROM merchant_profiles WHERE user_id = ?");
    INSERT_BLOCK = both("INSERT INTO merchant_blocks (customer_id, merchant_id, created_at) VALUES (?, ?, ?)");
    SELECT_OPEN_REQUESTS_OF_CUSTOMER = both(
        "SELECT auction_id FROM auction_heads WHERE owner_id = ? AND state IN ('published', 'bidding_open', \
         'bidding_closed', 'reviewing')"
    );
    SELECT_BLOCKS_SINCE = both("SELECT customer_id, merchant_id, created_at FROM merchant_blocks WHERE created_at > ?");
    DELETE_BLOCK = both("DELETE FROM merchant_blocks WHERE customer_id = ? AND merchant_id = ?");
}

row! {
    /// A merchant who is blocked.
    pub struct Block {
        /// The merchant; the cursor of the next page.
        pub merchant_id: UserId,
        /// What it is called.
        pub name: String,
        /// Since when.
        pub created_at: UnixMicros,
    }
}

row! {
    /// A customer who wants to hear from a merchant no more.
    pub struct Pair {
        /// The customer.
        pub customer_id: UserId,
        /// The merchant.
        pub merchant_id: UserId,
        /// Since when.
        pub created_at: UnixMicros,
    }
}

/// What became of a wish to block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Blocked, now or before.
    Yes,
    /// There is no such merchant.
    Unknown,
    /// The customer blocks too many already.
    TooMany,
}

/// A customer's blocks, the newest merchants first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, customer: UserId, page: Page) -> Result<Vec<Block>, StoreError> {
    all!(db, Block, SELECT_BLOCKS_OF_CUSTOMER, customer.0, page.before, i64::from(page.limit))
}

/// Blocks a merchant.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(
    db: &Db,
    customer: UserId,
    merchant: UserId,
    most: i64,
    at: UnixMicros,
) -> Result<Blocked, StoreError> {
    let mut tx = db.begin().await?;
    if one_in!(&mut tx, (i64,), SELECT_MERCHANT, merchant.0)?.is_none() {
        return Ok(Blocked::Unknown);
    }
    if one_in!(&mut tx, (i64,), COUNT_BLOCKS_OF_CUSTOMER, customer.0)?.is_some_and(|(count,)| count >= most) {
        return Ok(Blocked::TooMany);
    }
    match exec!(&mut tx, INSERT_BLOCK, customer.0, merchant.0, at.0) {
        Ok(_) => tx.commit().await.map(|()| Blocked::Yes),
        Err(StoreError::Duplicate { .. }) => Ok(Blocked::Yes),
        Err(error) => Err(error),
    }
}

/// Ends a block; `false` when there was none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(db: &Db, customer: UserId, merchant: UserId) -> Result<bool, StoreError> {
    Ok(exec_now!(db, DELETE_BLOCK, customer.0, merchant.0)? == 1)
}

/// Blocks that were made after `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_since(db: &Db, since: UnixMicros) -> Result<Vec<Pair>, StoreError> {
    all!(db, Pair, SELECT_BLOCKS_SINCE, since.0)
}

/// The customer's requests in which a block matters at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_open_requests(db: &Db, customer: UserId) -> Result<Vec<RequestId>, StoreError> {
    let rows = all!(db, (i64,), SELECT_OPEN_REQUESTS_OF_CUSTOMER, customer.0)?;
    Ok(rows.into_iter().map(|(id,)| RequestId(id)).collect())
}
