//! Part requests: the draft, and the lists of what was published.
//!
//! Content lives here. What became of a published request is its journal's to say, and its head (`auction_heads`) is
//! joined in: a request without a head is a draft, whatever `published_at` says.

use crate::domain::ids::{ItemId, RequestId, UserId, VehicleId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;

/// A page of [`ListedRequest`]s. Binds: those of whose requests it lists, then the page's `before`, the brand twice (0:
/// any) and the limit.
macro_rules! listing {
    ($whose:literal $(,)?) => {
        both(concat!(
            "SELECT r.id, r.customer_id, r.vehicle_id, r.brand_id, r.model_id, r.title, r.urgency, r.rules, \
             r.created_at, COALESCE(h.state, CASE WHEN r.cancelled_at IS NULL THEN 'draft' ELSE 'cancelled' END) AS \
             state, h.expiry, COALESCE(h.paused, 0) AS paused, h.opens_at, h.closes_at, COALESCE(h.total_bids, 0) AS \
             total_bids, COALESCE(h.live_bids, 0) AS live_bids, h.best_landed, (SELECT COUNT(*) FROM \
             part_request_items i WHERE i.request_id = r.id) AS total_parts FROM part_requests r ",
            $whose,
            " AND r.id < ? AND (? = 0 OR r.brand_id = ?) ORDER BY r.id DESC LIMIT ?",
        ))
    };
}

statements! {
    INSERT_DRAFT = both(
        "INSERT INTO part_requests (id, customer_id, vehicle_id, brand_id, model_id, title, description, urgency, \
         preferred_pickup, budget_min, budget_max, images, rules, invite_only, bidding_duration_s, opens_at, \
         published_at, cancelled_at, repost_of, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         ?, ?, ?, NULL, NULL, ?, ?, ?)",
    );
    INSERT_ITEM = both(
        "INSERT INTO part_request_items (id, request_id, line_no, part_name, part_number, quantity, part_condition, \
         description, images, estimated_price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    INSERT_INVITE = both("INSERT INTO request_invites (request_id, merchant_id, invited_at) VALUES (?, ?, ?)");
    UPDATE_DRAFT = both(
        "UPDATE part_requests SET vehicle_id = ?, brand_id = ?, model_id = ?, title = ?, description = ?, urgency = ?, \
         preferred_pickup = ?, budget_min = ?, budget_max = ?, images = ?, rules = ?, invite_only = ?, \
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
         budget_min, budget_max, images, rules, invite_only, bidding_duration_s, opens_at, published_at, cancelled_at, \
         repost_of, created_at, updated_at FROM part_requests WHERE id = ?",
    );
    SELECT_ITEMS_OF_REQUEST = both(
        "SELECT id, line_no, part_name, part_number, quantity, part_condition, description, images, estimated_price \
         FROM part_request_items WHERE request_id = ? ORDER BY line_no",
    );
    SELECT_INVITES_OF_REQUEST = both("SELECT merchant_id FROM request_invites WHERE request_id = ? ORDER BY merchant_id");
    SELECT_REQUESTS_OF_CUSTOMER = listing!(
        "LEFT JOIN auction_heads h ON h.auction_id = r.id WHERE r.customer_id = ? AND (? = '' OR COALESCE(h.state, CASE \
         WHEN r.cancelled_at IS NULL THEN 'draft' ELSE 'cancelled' END) = ?)",
    );
    SELECT_REQUESTS_FOR_MERCHANT = listing!(
        "JOIN auction_heads h ON h.auction_id = r.id WHERE h.state = ? AND (r.invite_only = 0 OR EXISTS (SELECT 1 FROM \
         request_invites v WHERE v.request_id = r.id AND v.merchant_id = ?)) AND NOT EXISTS (SELECT 1 FROM \
         merchant_blocks b WHERE b.customer_id = r.customer_id AND b.merchant_id = ?)",
    );
    COUNT_OPEN_REQUESTS_OF_CUSTOMER = both(
        "SELECT COUNT(*) AS open_requests FROM auction_heads WHERE owner_id = ? AND state IN ('published', \
         'bidding_open', 'bidding_closed', 'reviewing')",
    );
    SELECT_ADMITTANCE = both(
        "SELECT r.customer_id, r.invite_only, EXISTS (SELECT 1 FROM request_invites v WHERE v.request_id = r.id AND \
         v.merchant_id = ?) AS invited, EXISTS (SELECT 1 FROM merchant_blocks b WHERE b.customer_id = r.customer_id \
         AND b.merchant_id = ?) AS blocked FROM part_requests r WHERE r.id = ?",
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
    }
}

row! {
    /// Whether a merchant may bid on a request (rules §2, check 5).
    pub struct Admittance {
        /// The request's owner.
        pub customer_id: UserId,
        /// Whether only invited merchants may.
        pub invite_only: bool,
        /// Whether this one is invited.
        pub invited: bool,
        /// Whether the customer blocks this one.
        pub blocked: bool,
    }
}

impl Admittance {
    /// Whether it may.
    #[must_use]
    pub const fn eligible(&self) -> bool {
        !self.blocked && (self.invited || !self.invite_only)
    }
}

/// What a list leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only this state, as a word.
    pub state: Option<&'a str>,
    /// Only this brand.
    pub brand: Option<i64>,
}

// ------------------------------------------------------------------ drafts

/// Stores a draft with its items and invited merchants. `published_at` and `cancelled_at` are not taken from it.
///
/// # Errors
/// [`StoreError::Missing`] when the customer is unknown, [`StoreError::Duplicate`] for an id that is taken.
pub async fn create_draft(
    db: &Db,
    draft: &PartRequest,
    items: &[PartItem],
    invited: &[UserId],
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
            &item.description,
            &item.images,
            item.estimated_price.map(|amount| amount.0),
        )?;
    }
    for merchant in invited {
        exec!(&mut *tx, INSERT_INVITE, draft.id.0, merchant.0, draft.updated_at.0)?;
    }
    Ok(())
}

/// Deletes a draft with its items.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn delete_draft(db: &Db, request: RequestId, customer: UserId) -> Result<(), StoreError> {
    demand(exec_now!(db, DELETE_DRAFT, request.0, customer.0)?)
}

/// Cancels a draft: it stays readable, and is never published.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn cancel_draft(db: &Db, request: RequestId, customer: UserId, at: UnixMicros) -> Result<(), StoreError> {
    demand(exec_now!(db, CANCEL_DRAFT, at.0, at.0, request.0, customer.0)?)
}

/// Freezes a draft: from here on it cannot be edited. The first step of publishing, before the journal's first entry;
/// two publishers cannot both pass.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this customer's draft any more.
pub async fn mark_published(db: &Db, request: RequestId, customer: UserId, at: UnixMicros) -> Result<(), StoreError> {
    demand(exec_now!(db, MARK_PUBLISHED, at.0, at.0, request.0, customer.0)?)
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

/// A customer's requests, drafts included, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests_of_customer(
    db: &Db,
    customer: UserId,
    filter: Filter<'_>,
    page: Page,
) -> Result<Vec<ListedRequest>, StoreError> {
    let (state, brand, limit) = (filter.state.unwrap_or(""), filter.brand.unwrap_or(0), i64::from(page.limit));
    all!(db, ListedRequest, SELECT_REQUESTS_OF_CUSTOMER, customer.0, state, state, page.before, brand, brand, limit)
}

/// Requests in one state, open ones unless the filter says otherwise, that this merchant may see, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests_for_merchant(
    db: &Db,
    merchant: UserId,
    filter: Filter<'_>,
    page: Page,
) -> Result<Vec<ListedRequest>, StoreError> {
    let state = filter.state.unwrap_or("bidding_open");
    let (brand, limit) = (filter.brand.unwrap_or(0), i64::from(page.limit));
    all!(
        db,
        ListedRequest,
        SELECT_REQUESTS_FOR_MERCHANT,
        state,
        merchant.0,
        merchant.0,
        page.before,
        brand,
        brand,
        limit
    )
}

/// How many of a customer's requests are published and not ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_open_of(db: &Db, customer: UserId) -> Result<i64, StoreError> {
    Ok(one!(db, (i64,), COUNT_OPEN_REQUESTS_OF_CUSTOMER, customer.0)?.map_or(0, |(count,)| count))
}

/// Whether a merchant may bid on a request; `None` when there is no such request.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_admittance(db: &Db, request: RequestId, merchant: UserId) -> Result<Option<Admittance>, StoreError> {
    one!(db, Admittance, SELECT_ADMITTANCE, merchant.0, merchant.0, request.0)
}
