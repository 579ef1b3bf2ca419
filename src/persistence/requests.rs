//! Part requests: the draft, and what decides who may bid. Their lists are in `listings`.
//!
//! Content lives here. What became of a published request is its journal's to say, and its head (`auction_heads`) is
//! joined in: a request without a head is a draft, whatever `published_at` says.

use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::domain::city;
use crate::domain::ids::{FileId, ItemId, RequestId, UserId, VehicleId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::analytics::changes;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::per;
use crate::persistence::search;

const SELECT_TITLES: &str = "SELECT id, title FROM part_requests WHERE id IN ";

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
    changes::mark(&mut tx, draft.id).await?;
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
    let mut tx = db.begin().await?;
    demand(exec!(&mut tx, CANCEL_DRAFT, at.0, at.0, request.0, customer.0)?)?;
    changes::mark(&mut tx, request).await?;
    tx.commit().await
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

/// What these requests are called; one whose customer was erased is not called anything.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_titles(db: &Db, requests: &[RequestId]) -> Result<HashMap<RequestId, String>, StoreError> {
    if requests.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = all_of!(db, (i64, String), SELECT_TITLES, requests.iter().map(|request| request.0))?;
    Ok(rows.into_iter().filter(|(_, title)| title != "-").map(|(id, title)| (RequestId(id), title)).collect())
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
