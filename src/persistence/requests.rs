//! Part requests: the draft, and the lists of what was published.
//!
//! Content lives here. What became of a published request is its journal's to say, and its head (`auction_heads`) is
//! joined in: a request without a head is a draft, whatever `published_at` says.

use std::collections::BTreeSet;

use crate::domain::city;
use crate::domain::ids::{FileId, ItemId, RequestId, UserId, VehicleId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::per;
use crate::persistence::search;
use crate::persistence::search::Wanted;

/// A page of [`ListedRequest`]s in four forms: `newest` first or the next to close (`closing`) first, searched or not. Binds: those of
/// `$seen`, those of `$whose`, then [`Filter`]'s in the order of `narrowed`, the pattern where there is one, the place, the
/// limit. `$whose` ends with two words: the state, twice for a customer, who also finds what has no head, and as a list for
/// a merchant, so that what is open is found by its index among all that ended.
macro_rules! listing {
    ($seen:literal, $whose:literal, $searched:ident, $order:ident) => {
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
             COALESCE(h.total_bids, 0) AS total_bids, COALESCE(h.live_bids, 0) AS live_bids, h.best_landed, (SELECT \
             COUNT(*) FROM part_request_items i WHERE i.request_id = r.id) AS total_parts, ",
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

/// The four forms for one side.
macro_rules! of_customer {
    ($searched:ident, $order:ident) => {
        listing!(
            "0 AS invited, 1 AS has_bid",
            "LEFT JOIN auction_heads h ON h.auction_id = r.id WHERE r.customer_id = ? AND (? = '' OR COALESCE(h.state, CASE \
             WHEN r.cancelled_at IS NULL THEN 'draft' ELSE 'cancelled' END) = ?)",
            $searched,
            $order
        )
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
    INSERT_DRAFT = both(
        "INSERT INTO part_requests (id, customer_id, vehicle_id, brand_id, model_id, title, description, urgency, \
         preferred_pickup, city, city_key, part_groups, budget_min, budget_max, images, rules, invite_only, \
         bidding_duration_s, opens_at, published_at, cancelled_at, repost_of, created_at, updated_at) VALUES (?, ?, ?, ?, \
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?)",
    );
    INSERT_ITEM = both(
        "INSERT INTO part_request_items (id, request_id, line_no, part_name, part_number, quantity, part_condition, \
         part_group, description, images, estimated_price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    INSERT_INVITE = both("INSERT INTO request_invites (request_id, merchant_id, invited_at) VALUES (?, ?, ?)");
    UPDATE_DRAFT = both(
        "UPDATE part_requests SET vehicle_id = ?, brand_id = ?, model_id = ?, title = ?, description = ?, urgency = ?, \
         preferred_pickup = ?, city = ?, city_key = ?, part_groups = ?, budget_min = ?, budget_max = ?, images = ?, rules = ?, invite_only = ?, \
         bidding_duration_s = ?, opens_at = ?, updated_at = ? WHERE id = ? AND customer_id = ? AND published_at IS \
         NULL AND cancelled_at IS NULL",
    );
    DELETE_ITEMS_OF_REQUEST = both("DELETE FROM part_request_items WHERE request_id = ?");
    DELETE_INVITES_OF_REQUEST = both("DELETE FROM request_invites WHERE request_id = ?");
    DELETE_DRAFT = both("DELETE FROM part_requests WHERE id = ? AND customer_id = ? AND published_at IS NULL");
    MARK_PUBLISHED = both(
        "UPDATE part_requests SET published_at = ?, updated_at = ? WHERE id = ? AND customer_id = ? AND published_at \
         IS NULL AND cancelled_at IS NULL",
    );
    UNMARK_PUBLISHED = both(
        "UPDATE part_requests SET published_at = NULL WHERE id = ? AND NOT EXISTS (SELECT 1 FROM auction_heads h WHERE \
         h.auction_id = part_requests.id)",
    );
    CANCEL_DRAFT = both(
        "UPDATE part_requests SET cancelled_at = ?, updated_at = ? WHERE id = ? AND customer_id = ? AND published_at \
         IS NULL AND cancelled_at IS NULL",
    );
    SELECT_REQUEST = both(
        "SELECT id, customer_id, vehicle_id, brand_id, model_id, title, description, urgency, preferred_pickup, \
         city, part_groups, budget_min, budget_max, images, rules, invite_only, bidding_duration_s, opens_at, \
         published_at, cancelled_at, repost_of, ring, created_at, updated_at FROM part_requests WHERE id = ?",
    );
    SELECT_ITEMS_OF_REQUEST = both(
        "SELECT id, line_no, part_name, part_number, quantity, part_condition, part_group, description, images, \
         estimated_price FROM part_request_items WHERE request_id = ? ORDER BY line_no",
    );
    SELECT_INVITES_OF_REQUEST = both("SELECT merchant_id FROM request_invites WHERE request_id = ? ORDER BY merchant_id");
    NEWEST_OF_CUSTOMER = of_customer!(anything, newest);
    NEWEST_OF_CUSTOMER_WITH = of_customer!(searched, newest);
    CLOSING_OF_CUSTOMER = of_customer!(anything, closing);
    CLOSING_OF_CUSTOMER_WITH = of_customer!(searched, closing);
    NEWEST_FOR_MERCHANT = for_merchant!(anything, newest);
    NEWEST_FOR_MERCHANT_WITH = for_merchant!(searched, newest);
    CLOSING_FOR_MERCHANT = for_merchant!(anything, closing);
    CLOSING_FOR_MERCHANT_WITH = for_merchant!(searched, closing);
    // Locked on a server, so that two drafts of one customer are counted one after the other; a file has one writer.
    SELECT_CUSTOMER_WHO_PUBLISHES = per(
        "SELECT id FROM users WHERE id = ?",
        "SELECT id FROM users WHERE id = ? FOR UPDATE",
    );
    // What is being published has no head yet; what a crash left half published gets none.
    COUNT_OPEN_REQUESTS_OF_CUSTOMER = both(
        "SELECT COUNT(*) AS open_requests FROM part_requests r LEFT JOIN auction_heads h ON h.auction_id = r.id WHERE \
         r.customer_id = ? AND (h.state IN ('published', 'bidding_open', 'bidding_closed', 'reviewing') OR (h.state IS NULL \
         AND r.published_at > ?))",
    );
    SELECT_ADMITTANCE = both(
        "SELECT r.customer_id, r.brand_id, r.part_groups, r.city, r.rules, r.ring, EXISTS (SELECT 1 FROM request_invites v \
         WHERE v.request_id = r.id AND v.merchant_id = ?) AS invited, EXISTS (SELECT 1 FROM merchant_blocks b WHERE \
         b.customer_id = r.customer_id AND b.merchant_id = ?) AS blocked, EXISTS (SELECT 1 FROM bids o WHERE o.request_id = \
         r.id AND o.merchant_id = ?) AS has_bid FROM part_requests r WHERE r.id = ?",
    );
    SELECT_BIDDERS_IN_STANDING = both(
        "SELECT m.user_id, m.specializations, m.service_areas, m.rating_milli, EXISTS (SELECT 1 FROM request_invites v \
         WHERE v.request_id = ? AND v.merchant_id = m.user_id) AS invited, EXISTS (SELECT 1 FROM merchant_blocks b WHERE \
         b.customer_id = ? AND b.merchant_id = m.user_id) AS blocked FROM merchant_profiles m JOIN users u ON u.id = \
         m.user_id WHERE m.verified_at IS NOT NULL AND u.suspended_at IS NULL AND m.user_id > ? ORDER BY m.user_id LIMIT ?",
    );
}

row! {
    /// A part request as the customer wrote it.
    pub struct PartRequest {
        /// Its id.
        pub id: RequestId,
        /// The customer.
        pub customer_id: UserId,
        /// The vehicle the parts are for.
        pub vehicle_id: VehicleId,
        /// The vehicle's brand, from the catalogue.
        pub brand_id: i64,
        /// The vehicle's model, from the catalogue.
        pub model_id: i64,
        /// The title.
        pub title: String,
        /// The description.
        pub description: String,
        /// The urgency's word.
        pub urgency: String,
        /// Where the customer would pick the parts up.
        pub preferred_pickup: Option<String>,
        /// Where the car is.
        pub city: Option<String>,
        /// The groups of its items as words; `None` where one has none.
        pub part_groups: Option<String>,
        /// The least the customer thinks of paying.
        pub budget_min: Option<AmountMinor>,
        /// The most.
        pub budget_max: Option<AmountMinor>,
        /// A JSON array.
        pub images: String,
        /// A JSON object: the rule set as chosen; publishing freezes it into the journal.
        pub rules: String,
        /// Whether only invited merchants may see it and bid.
        pub invite_only: bool,
        /// How long bids are taken, in seconds.
        pub bidding_duration_s: i64,
        /// When bidding is to open; `None` at once.
        pub opens_at: Option<UnixMicros>,
        /// When publishing began. That it succeeded is told by the head alone.
        pub published_at: Option<UnixMicros>,
        /// When the draft was cancelled.
        pub cancelled_at: Option<UnixMicros>,
        /// The request that this one repeats.
        pub repost_of: Option<RequestId>,
        /// How far it reaches; `None` until that was widened.
        pub ring: Option<i64>,
        /// When it was written.
        pub created_at: UnixMicros,
        /// When it was last changed.
        pub updated_at: UnixMicros,
    }
}

row! {
    /// One item of a part request.
    pub struct PartItem {
        /// Its id.
        pub id: ItemId,
        /// From 0, in the customer's order.
        pub line_no: i64,
        /// What it is.
        pub part_name: String,
        /// The maker's number.
        pub part_number: Option<String>,
        /// Pieces.
        pub quantity: i64,
        /// The one condition that is taken, as a word; `None` takes any.
        pub part_condition: Option<String>,
        /// The group it belongs to, as a word.
        pub part_group: Option<String>,
        /// More about it.
        pub description: Option<String>,
        /// A JSON array.
        pub images: String,
        /// What the customer thinks that a piece costs.
        pub estimated_price: Option<AmountMinor>,
    }
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
        /// Bids ever placed or revised.
        pub total_bids: i64,
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

row! {
    /// What decides whether a merchant may bid on a request (rules §2, check 5), besides the merchant.
    pub struct Admittance {
        /// The request's owner.
        pub customer_id: UserId,
        /// The car's brand.
        pub brand_id: i64,
        /// The groups of its items as words.
        pub part_groups: Option<String>,
        /// Where the car is.
        pub city: Option<String>,
        /// The rule set, a JSON object.
        pub rules: String,
        /// How far it reaches.
        pub ring: Option<i64>,
        /// Whether this merchant was asked by name.
        pub invited: bool,
        /// Whether the customer blocks this merchant.
        pub blocked: bool,
        /// Whether this merchant has bid.
        pub has_bid: bool,
    }
}

row! {
    /// A merchant who may bid somewhere, and what is between it and one request.
    pub struct Candidate {
        /// The merchant.
        pub user_id: UserId,
        /// A JSON array.
        pub specializations: String,
        /// A JSON array.
        pub service_areas: String,
        /// Thousandths of a star.
        pub rating_milli: i64,
        /// Whether it was asked by name.
        pub invited: bool,
        /// Whether the customer blocks it.
        pub blocked: bool,
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

// ------------------------------------------------------------------ drafts

/// Stores a draft with its items and invited merchants, and what its customer is answered. `published_at` and `cancelled_at` are not taken from it.
///
/// # Errors
/// [`StoreError::Missing`] when the customer or an image is unknown, [`StoreError::Duplicate`] for an id that is taken.
pub async fn create_draft(
    db: &Db,
    draft: &PartRequest,
    items: &[PartItem],
    invited: &[UserId],
    answer: Option<Answer<'_>>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    exec!(
        &mut tx,
        INSERT_DRAFT,
        draft.id.0,
        draft.customer_id.0,
        draft.vehicle_id.0,
        draft.brand_id,
        draft.model_id,
        &draft.title,
        &draft.description,
        &draft.urgency,
        &draft.preferred_pickup,
        &draft.city,
        city_key(draft),
        &draft.part_groups,
        draft.budget_min.map(|amount| amount.0),
        draft.budget_max.map(|amount| amount.0),
        &draft.images,
        &draft.rules,
        i64::from(draft.invite_only),
        draft.bidding_duration_s,
        draft.opens_at.map(|at| at.0),
        draft.repost_of.map(|id| id.0),
        draft.created_at.0,
        draft.updated_at.0,
    )?;
    insert_parts(&mut tx, draft, items, invited).await?;
    idempotency::keep(&mut tx, answer).await?;
    tx.commit().await
}

/// Replaces a draft's content, items and invited merchants.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn update_draft(
    db: &Db,
    draft: &PartRequest,
    items: &[PartItem],
    invited: &[UserId],
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let rows = exec!(
        &mut tx,
        UPDATE_DRAFT,
        draft.vehicle_id.0,
        draft.brand_id,
        draft.model_id,
        &draft.title,
        &draft.description,
        &draft.urgency,
        &draft.preferred_pickup,
        &draft.city,
        city_key(draft),
        &draft.part_groups,
        draft.budget_min.map(|amount| amount.0),
        draft.budget_max.map(|amount| amount.0),
        &draft.images,
        &draft.rules,
        i64::from(draft.invite_only),
        draft.bidding_duration_s,
        draft.opens_at.map(|at| at.0),
        draft.updated_at.0,
        draft.id.0,
        draft.customer_id.0,
    )?;
    demand(rows)?;
    exec!(&mut tx, DELETE_ITEMS_OF_REQUEST, draft.id.0)?;
    exec!(&mut tx, DELETE_INVITES_OF_REQUEST, draft.id.0)?;
    search::delete(&mut tx, draft.id.0).await?;
    insert_parts(&mut tx, draft, items, invited).await?;
    tx.commit().await
}

async fn insert_parts(
    tx: &mut Tx,
    draft: &PartRequest,
    items: &[PartItem],
    invited: &[UserId],
) -> Result<(), StoreError> {
    for item in items {
        exec!(
            &mut *tx,
            INSERT_ITEM,
            item.id.0,
            draft.id.0,
            item.line_no,
            &item.part_name,
            &item.part_number,
            item.quantity,
            &item.part_condition,
            &item.part_group,
            &item.description,
            &item.images,
            item.estimated_price.map(|amount| amount.0),
        )?;
    }
    for merchant in invited {
        exec!(&mut *tx, INSERT_INVITE, draft.id.0, merchant.0, draft.updated_at.0)?;
    }
    let shown = images(draft, items)?;
    files::attach_to_request(tx, draft.id, draft.customer_id, &shown, draft.updated_at).await?;
    search::insert(tx, draft, items).await
}

fn city_key(draft: &PartRequest) -> Option<String> {
    draft.city.as_deref().map(city::key)
}

/// Every image that a request or one of its items shows, each once.
fn images(draft: &PartRequest, items: &[PartItem]) -> Result<Vec<FileId>, StoreError> {
    let mut all = BTreeSet::new();
    for list in items.iter().map(|item| &item.images).chain([&draft.images]) {
        let words: Vec<String> = serde_json::from_str(list).map_err(|_| StoreError::corrupt("a list of images"))?;
        for word in words {
            all.insert(word.parse().map_err(|_| StoreError::corrupt("an image's id"))?);
        }
    }
    Ok(all.into_iter().collect())
}

/// Deletes a draft with its items; its images are shown by nothing from then on.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn delete_draft(db: &Db, request: RequestId, customer: UserId, at: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    files::detach_request(&mut tx, request, at).await?;
    demand(exec!(&mut tx, DELETE_DRAFT, request.0, customer.0)?)?;
    search::delete(&mut tx, request.0).await?;
    tx.commit().await
}

/// Cancels a draft: it stays readable, and is never published.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn cancel_draft(db: &Db, request: RequestId, customer: UserId, at: UnixMicros) -> Result<(), StoreError> {
    demand(exec_now!(db, CANCEL_DRAFT, at.0, at.0, request.0, customer.0)?)
}

/// What became of a wish to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The draft is frozen.
    Yes,
    /// It is not this customer's draft any more.
    NotADraft,
    /// The customer has as many open requests as may be.
    TooMany,
}

/// Freezes a draft: from here on it cannot be edited. The first step of publishing, before the journal's first entry;
/// two publishers cannot both pass, nor a draft beyond the `most` that one customer may have open. One that was frozen
/// before `abandoned` and got no entry does not count.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_published(
    db: &Db,
    request: RequestId,
    customer: UserId,
    at: UnixMicros,
    abandoned: UnixMicros,
    most: i64,
) -> Result<Marked, StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), SELECT_CUSTOMER_WHO_PUBLISHES, customer.0)?;
    let open = one_in!(&mut tx, (i64,), COUNT_OPEN_REQUESTS_OF_CUSTOMER, customer.0, abandoned.0)?;
    if exec!(&mut tx, MARK_PUBLISHED, at.0, at.0, request.0, customer.0)? == 0 {
        return Ok(Marked::NotADraft);
    }
    if open.is_some_and(|(open,)| open >= most) {
        return Ok(Marked::TooMany);
    }
    tx.commit().await?;
    Ok(Marked::Yes)
}

/// Gives a draft back whose publishing was refused. Does nothing once the journal has its first entry.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unmark_published(db: &Db, request: RequestId) -> Result<(), StoreError> {
    exec_now!(db, UNMARK_PUBLISHED, request.0).map(drop)
}

const fn demand(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::Missing) } else { Ok(()) }
}

// ------------------------------------------------------------------ reading

/// A request's content.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_request(db: &Db, request: RequestId) -> Result<Option<PartRequest>, StoreError> {
    one!(db, PartRequest, SELECT_REQUEST, request.0)
}

/// Its items, in the customer's order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_items(db: &Db, request: RequestId) -> Result<Vec<PartItem>, StoreError> {
    all!(db, PartItem, SELECT_ITEMS_OF_REQUEST, request.0)
}

/// The merchants who were invited.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_invites(db: &Db, request: RequestId) -> Result<Vec<UserId>, StoreError> {
    Ok(all!(db, (i64,), SELECT_INVITES_OF_REQUEST, request.0)?.into_iter().map(|(id,)| UserId(id)).collect())
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
pub async fn list_requests_of_customer(
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

/// Requests in this state, those that take bids or will unless one is named, that are not hidden from this merchant: it is not blocked, and invited where that is asked for.
/// Whether it is in the ring is told by `domain::eligibility`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests_for_merchant(
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

/// What decides whether a merchant may bid on a request; `None` when there is no such request.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_admittance(db: &Db, request: RequestId, merchant: UserId) -> Result<Option<Admittance>, StoreError> {
    one!(db, Admittance, SELECT_ADMITTANCE, merchant.0, merchant.0, merchant.0, request.0)
}

/// Merchants who are verified and not suspended, with ids above `after`, in their order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_candidates(
    db: &Db,
    request: RequestId,
    customer: UserId,
    after: UserId,
    limit: u32,
) -> Result<Vec<Candidate>, StoreError> {
    all!(db, Candidate, SELECT_BIDDERS_IN_STANDING, request.0, customer.0, after.0, i64::from(limit))
}
