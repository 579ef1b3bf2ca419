//! Lists of requests: newest first or the next to close first, narrowed, searched, for each side.

use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;
use crate::persistence::search::Wanted;

/// A page of [`ListedRequest`]s in four forms: `newest` first or the next to close (`closing`) first, searched or not. Binds: those of
/// `$seen`, those of `$whose`, then [`Filter`]'s in the order of `narrowed`, the pattern where there is one, the place, the
/// limit. `$whose` ends with two words: the state, twice for a customer and for admins, who also find what has no head, and as a
/// list for a merchant, so that what is open is found by its index among all that ended.
macro_rules! listing {
    ($seen:literal, $whose:expr, $searched:ident, $order:ident) => {
        listing!(
            @ $seen,
            concat!($whose, " AND (? = 0 OR r.brand_id = ?) AND (? = 0 OR r.model_id = ?) AND (? = '' OR r.city_key = ?) AND \
             (? = 0 OR (h.closes_at <= ? AND h.state IN ('published', 'bidding_open')))"),
            $searched,
            $order
        )
    };
    (@ $seen:literal, $narrowed:expr, anything, $order:ident) => {
        both(listing!(# $seen, $narrowed, "", $order))
    };
    (@ $seen:literal, $narrowed:expr, searched, $order:ident) => {
        per(
            listing!(
                # $seen, $narrowed,
                " AND r.id IN (SELECT rowid FROM request_texts WHERE request_texts MATCH ?)", $order
            ),
            listing!(
                # $seen, $narrowed,
                " AND r.id IN (SELECT request_id FROM request_texts WHERE MATCH (words) AGAINST (? IN BOOLEAN MODE))",
                $order
            ),
        )
    };
    (# $seen:literal, $narrowed:expr, $search:literal, $order:ident) => {
        concat!(
            "SELECT r.id, r.customer_id, r.vehicle_id, r.brand_id, r.model_id, r.title, r.urgency, r.rules, r.city, \
             r.part_groups, r.ring, r.created_at, COALESCE(h.state, CASE WHEN r.cancelled_at IS NULL THEN 'draft' ELSE \
             'cancelled' END) AS state, h.expiry, COALESCE(h.paused, 0) AS paused, h.opens_at, h.closes_at, \
             COALESCE(h.live_bids, 0) AS live_bids, h.best_landed, (SELECT COUNT(*) FROM part_request_items i WHERE \
             i.request_id = r.id) AS total_parts, ",
            $seen,
            " FROM part_requests r ",
            $narrowed,
            $search,
            listing!(= $order),
        )
    };
    (= newest) => {
        " AND r.id < ? ORDER BY r.id DESC LIMIT ?"
    };
    (= closing) => {
        " AND h.state IN ('published', 'bidding_open') AND (h.closes_at > ? OR (h.closes_at = ? AND r.id > ?)) ORDER BY \
         h.closes_at, r.id LIMIT ?"
    };
}

/// Drafts included, of whom `$whose` says.
macro_rules! of_side {
    ($whose:literal, $searched:ident, $order:ident) => {
        listing!(
            "0 AS invited, 1 AS has_bid",
            concat!(
                "LEFT JOIN auction_heads h ON h.auction_id = r.id WHERE ",
                $whose,
                "(? = '' OR COALESCE(h.state, CASE WHEN r.cancelled_at IS NULL THEN 'draft' ELSE 'cancelled' END) = ?)"
            ),
            $searched,
            $order
        )
    };
}
macro_rules! of_customer {
    ($searched:ident, $order:ident) => {
        of_side!("r.customer_id = ? AND ", $searched, $order)
    };
}
macro_rules! of_everybody {
    ($searched:ident, $order:ident) => {
        of_side!("", $searched, $order)
    };
}
macro_rules! for_merchant {
    ($searched:ident, $order:ident) => {
        listing!(
            "EXISTS (SELECT 1 FROM request_invites v WHERE v.request_id = r.id AND v.merchant_id = ?) AS invited, EXISTS \
             (SELECT 1 FROM bids b WHERE b.request_id = r.id AND b.merchant_id = ?) AS has_bid",
            "JOIN auction_heads h ON h.auction_id = r.id WHERE (r.invite_only = 0 OR EXISTS (SELECT 1 FROM request_invites \
             v WHERE v.request_id = r.id AND v.merchant_id = ?)) AND NOT EXISTS (SELECT 1 FROM merchant_blocks b WHERE \
             b.customer_id = r.customer_id AND b.merchant_id = ?) AND h.state IN (?, ?)",
            $searched,
            $order
        )
    };
}

statements! {
    NEWEST_OF_CUSTOMER = of_customer!(anything, newest);
    NEWEST_OF_CUSTOMER_WITH = of_customer!(searched, newest);
    CLOSING_OF_CUSTOMER = of_customer!(anything, closing);
    CLOSING_OF_CUSTOMER_WITH = of_customer!(searched, closing);
    NEWEST_FOR_MERCHANT = for_merchant!(anything, newest);
    NEWEST_FOR_MERCHANT_WITH = for_merchant!(searched, newest);
    CLOSING_FOR_MERCHANT = for_merchant!(anything, closing);
    CLOSING_FOR_MERCHANT_WITH = for_merchant!(searched, closing);
    NEWEST_OF_EVERYBODY = of_everybody!(anything, newest);
    NEWEST_OF_EVERYBODY_WITH = of_everybody!(searched, newest);
    CLOSING_OF_EVERYBODY = of_everybody!(anything, closing);
    CLOSING_OF_EVERYBODY_WITH = of_everybody!(searched, closing);
}

row! {
    /// A request in a list. `best_landed` and the counts are the engine's: what a viewer may know of them is decided
    /// by the visibility in `rules` before it is sent.
    pub struct ListedRequest {
        /// Its id; the cursor of the next page.
        pub id: RequestId,
        /// The customer.
        pub customer_id: UserId,
        /// The vehicle.
        pub vehicle_id: VehicleId,
        /// Its brand.
        pub brand_id: i64,
        /// Its model.
        pub model_id: i64,
        /// The title.
        pub title: String,
        /// The urgency's word.
        pub urgency: String,
        /// The rule set, a JSON object.
        pub rules: String,
        /// Where the car is.
        pub city: Option<String>,
        /// The groups of its items as words.
        pub part_groups: Option<String>,
        /// How far it reaches.
        pub ring: Option<i64>,
        /// When it was written.
        pub created_at: UnixMicros,
        /// The state's word, `draft` included.
        pub state: String,
        /// Why it expired, as a word.
        pub expiry: Option<String>,
        /// Whether bidding is paused.
        pub paused: bool,
        /// When bidding opens or opened.
        pub opens_at: Option<UnixMicros>,
        /// The deadline in force.
        pub closes_at: Option<UnixMicros>,
        /// Live bids.
        pub live_bids: i64,
        /// The lowest landed total.
        pub best_landed: Option<AmountMinor>,
        /// Items asked for.
        pub total_parts: i64,
        /// Whether the merchant who looks was asked by name.
        pub invited: bool,
        /// Whether the merchant who looks has bid.
        pub has_bid: bool,
    }
}

/// What a list leaves out. An empty text and `None` leave nothing out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only this state, as a word.
    pub state: &'a str,
    /// Only this brand.
    pub brand: Option<i64>,
    /// Only this model.
    pub model: Option<i64>,
    /// Only where the car is in this city, in the form of `domain::city::key`.
    pub city_key: &'a str,
    /// Only what takes bids and closes by then.
    pub closes_by: Option<UnixMicros>,
    /// Only what has these words.
    pub wanted: Option<&'a Wanted>,
}

/// Where a list begins, and with it its order. Both orders are total, and what a place names does not move while a list is
/// read, but for a deadline that grows: such a request may come twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The newest first: ids below this one.
    Newest {
        /// That id.
        before: i64,
    },
    /// What takes bids, the next to close first: what closes after this request.
    Closing {
        /// Its deadline.
        closes_at: UnixMicros,
        /// Its id.
        after: i64,
    },
}

impl Place {
    /// The beginning of the list of what is newest.
    pub const NEWEST: Self = Self::Newest { before: i64::MAX };
    /// The beginning of the list of what closes next.
    pub const CLOSING: Self = Self::Closing { closes_at: UnixMicros(i64::MIN), after: 0 };

    /// The place behind this row, in the same order.
    #[must_use]
    pub fn behind(self, row: &ListedRequest) -> Self {
        match self {
            Self::Newest { .. } => Self::Newest { before: row.id.0 },
            Self::Closing { .. } => {
                Self::Closing { closes_at: row.closes_at.unwrap_or(UnixMicros(i64::MAX)), after: row.id.0 }
            }
        }
    }
}

/// Reads a page: with this side's own binds and its statements, for what is newest and what closes next, with and without
/// words to look for.
macro_rules! narrowed {
    ($db:expr, [$($own:expr),*], $states:expr, $filter:expr, $limit:expr, $sql:expr, [$($searched:expr)?], [$($place:expr),*]) => {{
        let (brand, model) = ($filter.brand.unwrap_or(0), $filter.model.unwrap_or(0));
        let closes_by = $filter.closes_by.map_or(0, |at| at.0);
        all!(
            $db, ListedRequest, $sql, $($own,)* $states[0], $states[1], brand, brand, model, model, $filter.city_key,
            $filter.city_key, closes_by, closes_by, $($searched,)? $($place,)* i64::from($limit)
        )
    }};
}

macro_rules! page_of {
    ($db:expr, $own:tt, $states:expr, $filter:expr, $at:expr, $limit:expr, $newest:ident $newest_with:ident $closing:ident $closing_with:ident) => {
        match ($at, $filter.wanted) {
            // No letter and no digit was given.
            (_, Some(wanted)) if wanted.is_empty() => Ok(Vec::new()),
            (Place::Newest { before }, None) => narrowed!($db, $own, $states, $filter, $limit, $newest, [], [before]),
            (Place::Newest { before }, Some(wanted)) => {
                narrowed!($db, $own, $states, $filter, $limit, $newest_with, [wanted.pattern($db)], [before])
            }
            (Place::Closing { closes_at, after }, None) => {
                narrowed!($db, $own, $states, $filter, $limit, $closing, [], [closes_at.0, closes_at.0, after])
            }
            (Place::Closing { closes_at, after }, Some(wanted)) => {
                let pattern = wanted.pattern($db);
                narrowed!(
                    $db,
                    $own,
                    $states,
                    $filter,
                    $limit,
                    $closing_with,
                    [pattern],
                    [closes_at.0, closes_at.0, after]
                )
            }
        }
    };
}

/// A customer's requests, drafts included.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_customer(
    db: &Db,
    customer: UserId,
    filter: Filter<'_>,
    at: Place,
    limit: u32,
) -> Result<Vec<ListedRequest>, StoreError> {
    page_of!(
        db, [customer.0], [filter.state; 2], filter, at, limit,
        NEWEST_OF_CUSTOMER NEWEST_OF_CUSTOMER_WITH CLOSING_OF_CUSTOMER CLOSING_OF_CUSTOMER_WITH
    )
}

/// Everybody's requests, drafts included.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_everybody(
    db: &Db,
    filter: Filter<'_>,
    at: Place,
    limit: u32,
) -> Result<Vec<ListedRequest>, StoreError> {
    page_of!(
        db, [], [filter.state; 2], filter, at, limit,
        NEWEST_OF_EVERYBODY NEWEST_OF_EVERYBODY_WITH CLOSING_OF_EVERYBODY CLOSING_OF_EVERYBODY_WITH
    )
}

/// Requests in this state, those that take bids or will unless one is named, that are not hidden from this merchant: it is not blocked, and invited where that is asked for.
/// Whether it is in the ring is told by `domain::eligibility`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_for_merchant(
    db: &Db,
    merchant: UserId,
    filter: Filter<'_>,
    at: Place,
    limit: u32,
) -> Result<Vec<ListedRequest>, StoreError> {
    let states = if filter.state.is_empty() { ["published", "bidding_open"] } else { [filter.state; 2] };
    page_of!(
        db, [merchant.0, merchant.0, merchant.0, merchant.0], states, filter, at, limit,
        NEWEST_FOR_MERCHANT NEWEST_FOR_MERCHANT_WITH CLOSING_FOR_MERCHANT CLOSING_FOR_MERCHANT_WITH
    )
}
