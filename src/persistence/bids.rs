//! Bids as they stand, for reading. Written with the journal (`group`), never read by the engine.
//!
//! The floor of an automatic bid is a secret: one statement selects it, and that one demands its owner.

use std::collections::HashMap;

use crate::domain::ids::{BidId, ItemId, RequestId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::both;
use crate::persistence::error::StoreError;

/// The columns of [`Bid`]. A submitted bid of an auction that ended reads as its head says.
macro_rules! select_bids {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.request_id, b.merchant_id, b.version, b.landed, b.delivery_fee, b.delivery_hours, ",
            "b.warranty_days, b.payment_terms, b.notes, b.expires_at, ",
            status!(),
            " AS status, b.placed_at, b.updated_at FROM bids b JOIN auction_heads h ON h.auction_id = b.request_id ",
            $rest
        )
    };
}

macro_rules! status {
    () => {
        "CASE WHEN b.status = 'submitted' AND h.state = 'accepted' THEN 'rejected' WHEN b.status = 'submitted' AND \
         h.state IN ('expired', 'cancelled') THEN 'expired' ELSE b.status END"
    };
}

statements! {
    SELECT_BID = both(select_bids!("WHERE b.id = ?"));
    SELECT_BID_OF_MERCHANT_IN_REQUEST = both(select_bids!("WHERE b.merchant_id = ? AND b.request_id = ?"));
    SELECT_BIDS_OF_MERCHANT = both(concat!(
        select_bids!("WHERE b.merchant_id = ? AND b.id < ? AND (? = '' OR "),
        status!(),
        " = ?) ORDER BY b.id DESC LIMIT ?"
    ));
    SELECT_FLOOR_OF_OWN_BID = both("SELECT floor_landed FROM bids WHERE id = ? AND merchant_id = ?");
    SELECT_ITEMS_OF_BID = both(
        "SELECT line_no, item_id, quantity, unit_price, part_condition FROM bid_items WHERE bid_id = ? AND version = \
         (SELECT MAX(version) FROM bid_items WHERE bid_id = ? AND version <= ?) ORDER BY line_no",
    );
}

/// Bids by id.
const SELECT_BIDS_AMONG: &str = select_bids!("WHERE b.id IN ");
/// Names by user.
const SELECT_NAMES_AMONG: &str = "SELECT u.id, COALESCE(m.business_name, u.name) AS name FROM users u LEFT JOIN \
                                  merchant_profiles m ON m.user_id = u.id WHERE u.id IN ";

row! {
    /// A bid as it stands, without its floor.
    pub struct Bid {
        /// Its id; the cursor of the next page.
        pub id: BidId,
        /// The request.
        pub request_id: RequestId,
        /// The merchant.
        pub merchant_id: UserId,
        /// From 1.
        pub version: i64,
        /// Landed total.
        pub landed: AmountMinor,
        /// Delivery fee.
        pub delivery_fee: AmountMinor,
        /// Delivery, in hours.
        pub delivery_hours: i64,
        /// Warranty, in days.
        pub warranty_days: i64,
        /// Payment terms.
        pub payment_terms: String,
        /// Notes for the customer.
        pub notes: String,
        /// Until when the offer binds.
        pub expires_at: Option<UnixMicros>,
        /// The status' word.
        pub status: String,
        /// When it was first placed.
        pub placed_at: UnixMicros,
        /// When it last changed.
        pub updated_at: UnixMicros,
    }
}

row! {
    /// One line of a bid.
    pub struct BidLine {
        /// From 0, in the merchant's order.
        pub line_no: i64,
        /// The request's item.
        pub item_id: ItemId,
        /// Pieces offered.
        pub quantity: i64,
        /// Price of one piece, VAT included.
        pub unit_price: AmountMinor,
        /// The condition offered, as a word; `None` means the one that was asked for.
        pub part_condition: Option<String>,
    }
}

row! {
    struct NameRow {
        id: UserId,
        name: String,
    }
}

/// A bid.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_bid(db: &Db, bid: BidId) -> Result<Option<Bid>, StoreError> {
    one!(db, Bid, SELECT_BID, bid.0)
}

/// A merchant's bid in a request.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_bid_in(db: &Db, request: RequestId, merchant: UserId) -> Result<Option<Bid>, StoreError> {
    one!(db, Bid, SELECT_BID_OF_MERCHANT_IN_REQUEST, merchant.0, request.0)
}

/// The floor of a merchant's own bid; `None` without one, or when the bid is another's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_own_floor(db: &Db, bid: BidId, merchant: UserId) -> Result<Option<AmountMinor>, StoreError> {
    let row = one!(db, (Option<i64>,), SELECT_FLOOR_OF_OWN_BID, bid.0, merchant.0)?;
    Ok(row.and_then(|(floor,)| floor).map(AmountMinor))
}

/// A merchant's bids, newest first; `status` is a word. Sorts all bids of the merchant: an index in this order would
/// cost every bid a page of the WAL.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_bids_of_merchant(
    db: &Db,
    merchant: UserId,
    status: Option<&str>,
    page: Page,
) -> Result<Vec<Bid>, StoreError> {
    let status = status.unwrap_or("");
    all!(db, Bid, SELECT_BIDS_OF_MERCHANT, merchant.0, page.before, status, status, i64::from(page.limit))
}

/// Bids by id, in no order; for the rows of a board, at most `limits::PAGE_MAX` at a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_bids_among(db: &Db, bids: &[BidId]) -> Result<Vec<Bid>, StoreError> {
    if bids.is_empty() {
        return Ok(Vec::new());
    }
    all_of!(db, Bid, SELECT_BIDS_AMONG, bids.iter().map(|bid| bid.0))
}

/// The lines that hold for a version of a bid.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_items_of_bid(db: &Db, bid: BidId, version: i64) -> Result<Vec<BidLine>, StoreError> {
    all!(db, BidLine, SELECT_ITEMS_OF_BID, bid.0, bid.0, version)
}

/// What these users are called: the business' name, or the account's; at most `limits::PAGE_MAX` at a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn names_of(db: &Db, users: &[UserId]) -> Result<HashMap<UserId, String>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = all_of!(db, NameRow, SELECT_NAMES_AMONG, users.iter().map(|user| user.0))?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
