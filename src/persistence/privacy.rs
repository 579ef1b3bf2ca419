//! All that is kept of one account: to hand it out, and to erase it.
//!
//! Erasing keeps every row that others' books need (the account's id, its requests, bids and audit entries) and takes out
//! of it whatever tells who that was. The journal is not touched: it names ids, and contacts are taken out of the texts
//! that go into it.

use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::analytics::changes;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::both;
use crate::persistence::devices;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::inbox;
use crate::persistence::preferences;
use crate::persistence::questions;
use crate::persistence::search;

statements! {
    SELECT_SESSIONS_OF_USER = both(
        "SELECT id, device, address, created_at, last_used_at, expires_at, revoked_at, revoked_reason FROM sessions \
         WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
    );
    SELECT_LINKS_OF_USER =
        both("SELECT issuer, subject, created_at FROM oidc_links WHERE user_id = ? ORDER BY issuer, subject");
    SELECT_INVITES_OF_MERCHANT = both(
        "SELECT request_id, invited_at FROM request_invites WHERE merchant_id = ? AND request_id < ? ORDER BY request_id \
         DESC LIMIT ?"
    );
    SELECT_OPEN_BUSINESS = both(
        "SELECT (SELECT COUNT(*) FROM auction_heads WHERE owner_id = ? AND state IN ('published', 'bidding_open', \
         'bidding_closed', 'reviewing')) AS requests, (SELECT COUNT(*) FROM bids b JOIN auction_heads h ON h.auction_id = \
         b.request_id WHERE b.merchant_id = ? AND b.status = 'submitted' AND h.state IN ('published', 'bidding_open', \
         'bidding_closed', 'reviewing')) AS bids, (SELECT COUNT(*) FROM orders WHERE (customer_id = ? OR merchant_id = ?) \
         AND state NOT IN ('completed', 'declined', 'cancelled', 'resolved')) AS orders"
    );
    SELECT_IDENTIFIERS = both(
        "SELECT name AS word FROM users WHERE id = ? UNION SELECT phone FROM users WHERE id = ? UNION SELECT email FROM \
         users WHERE id = ? UNION SELECT business_name FROM merchant_profiles WHERE user_id = ? UNION SELECT \
         business_license FROM merchant_profiles WHERE user_id = ? UNION SELECT vin FROM vehicles WHERE user_id = ?"
    );
    ERASE_USER = both(
        "UPDATE users SET name = '-', phone = ?, email = NULL, password_hash = '-', suspended_at = COALESCE(suspended_at, \
         ?), suspended_reason = NULL, updated_at = ? WHERE id = ?"
    );
    ERASE_CUSTOMER_PROFILE = both(
        "UPDATE customer_profiles SET national_address = NULL, default_location = NULL, preferences = '{}', updated_at = \
         ? WHERE user_id = ?"
    );
    ERASE_MERCHANT_PROFILE = both(
        "UPDATE merchant_profiles SET business_name = '-', business_license = NULL, specializations = '[]', \
         business_hours = '{}', service_areas = '[]', verification_documents = '[]', verified_at = NULL, verified_by = \
         NULL, rejected_reason = NULL, vat_number = NULL, updated_at = ? WHERE user_id = ?"
    );
    ERASE_VEHICLES = both(
        "UPDATE vehicles SET vin = NULL, custom_name = NULL, mileage_km = NULL, engine_type = NULL, transmission_type = \
         NULL, is_primary = 0, deleted_at = COALESCE(deleted_at, ?) WHERE user_id = ?"
    );
    DELETE_DRAFTS = both(
        "DELETE FROM part_requests WHERE customer_id = ? AND NOT EXISTS (SELECT 1 FROM auction_heads h WHERE h.auction_id \
         = part_requests.id)"
    );
    ERASE_REQUESTS = both(
        "UPDATE part_requests SET title = '-', description = '', preferred_pickup = NULL, city = NULL, city_key = NULL, images = '[]' WHERE customer_id \
         = ?"
    );
    ERASE_ITEMS = both(
        "UPDATE part_request_items SET description = NULL, images = '[]' WHERE request_id IN (SELECT id FROM \
         part_requests WHERE customer_id = ?)"
    );
    // What a part is called is the bidders' business too: it goes only where it tells who asked.
    ERASE_TELLING_ITEMS = both(
        "UPDATE part_request_items SET part_name = '-', part_number = NULL WHERE request_id IN (SELECT id FROM \
         part_requests WHERE customer_id = ?) AND (INSTR(LOWER(part_name), LOWER(?)) > 0 OR INSTR(LOWER(part_number), \
         LOWER(?)) > 0)"
    );
    // What was bought for how much is in the other side's books, and so is the invoice that was issued.
    ERASE_ORDER_REASONS = both("UPDATE order_events SET reason = NULL WHERE actor_id = ?");
    ERASE_COMMENTS = both("UPDATE reviews SET comment = NULL WHERE author_id = ?");
    ERASE_TELLING_LINES = both(
        "UPDATE order_lines SET part_name = '-', part_number = NULL WHERE order_id IN (SELECT id FROM orders WHERE \
         customer_id = ?) AND (INSTR(LOWER(part_name), LOWER(?)) > 0 OR INSTR(LOWER(part_number), LOWER(?)) > 0)"
    );
    ERASE_SESSIONS = both("UPDATE sessions SET device = NULL, address = NULL WHERE user_id = ?");
    // The rows go on counting against the address that asked for them, until they are two days old.
    ERASE_CODES = both(
        "UPDATE otp_codes SET phone = '-' WHERE user_id = ? OR phone = (SELECT phone FROM users WHERE id = ?)"
    );
    DELETE_LOGINS = both(
        "DELETE FROM oidc_logins WHERE email = (SELECT email FROM users WHERE id = ?) OR subject IN (SELECT subject FROM \
         oidc_links WHERE user_id = ?)"
    );
    DELETE_LINKS = both("DELETE FROM oidc_links WHERE user_id = ?");
    DELETE_KEPT_ANSWERS = both("DELETE FROM idempotency_keys WHERE user_id = ?");
    DELETE_BLOCKS = both("DELETE FROM merchant_blocks WHERE customer_id = ? OR merchant_id = ?");
    INSERT_ERASURE = both("INSERT INTO account_erasures (user_id, erased_at) VALUES (?, ?)");
}

row! {
    /// A sign-in.
    pub struct Session {
        /// Its id.
        pub id: SessionId,
        /// What the client called itself.
        pub device: Option<String>,
        /// Where it came from.
        pub address: Option<String>,
        /// When it began.
        pub created_at: UnixMicros,
        /// When its tokens were last renewed.
        pub last_used_at: UnixMicros,
        /// When it ends by itself.
        pub expires_at: UnixMicros,
        /// When it was ended.
        pub revoked_at: Option<UnixMicros>,
        /// Why.
        pub revoked_reason: Option<String>,
    }
}

row! {
    /// An account at a provider that opens one here.
    pub struct Link {
        /// The provider.
        pub issuer: String,
        /// What it calls the account there.
        pub subject: String,
        /// When it was connected.
        pub created_at: UnixMicros,
    }
}

row! {
    /// A request to which a merchant was asked by name.
    pub struct Invite {
        /// The request.
        pub request_id: RequestId,
        /// When.
        pub invited_at: UnixMicros,
    }
}

row! {
    /// What an account has under way.
    pub struct OpenBusiness {
        /// Requests that were published and have not ended.
        pub requests: i64,
        /// Live bids in such requests.
        pub bids: i64,
        /// Orders of either side that have not ended.
        pub orders: i64,
    }
}

impl OpenBusiness {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.requests == 0 && self.bids == 0 && self.orders == 0
    }
}

/// An account's sign-ins with ids below `before`, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_sessions(db: &Db, user: UserId, before: i64, limit: u32) -> Result<Vec<Session>, StoreError> {
    all!(db, Session, SELECT_SESSIONS_OF_USER, user.0, before, i64::from(limit))
}

/// Accounts at providers that open this one. Each took a code, so there are few.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_links(db: &Db, user: UserId) -> Result<Vec<Link>, StoreError> {
    all!(db, Link, SELECT_LINKS_OF_USER, user.0)
}

/// The requests to which a merchant was asked by name, with ids below `before`, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_invites(db: &Db, user: UserId, before: i64, limit: u32) -> Result<Vec<Invite>, StoreError> {
    all!(db, Invite, SELECT_INVITES_OF_MERCHANT, user.0, before, i64::from(limit))
}

/// Erases an account's personal data, for good; in the meantime it is suspended. Does nothing but tell while it has
/// something under way.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is erased then.
pub async fn erase(db: &Db, user: UserId, at: UnixMicros) -> Result<OpenBusiness, StoreError> {
    let (id, subject) = (user.0, user.to_string());
    let mut tx = db.begin().await?;
    let open = one_in!(&mut tx, OpenBusiness, SELECT_OPEN_BUSINESS, id, id, id, id)?;
    let open = open.ok_or_else(|| StoreError::corrupt("a count without a row"))?;
    if !open.is_none() {
        return Ok(open);
    }
    let telling = identifiers(&mut tx, id).await?;
    exec!(&mut tx, ERASE_CODES, id, id)?;
    exec!(&mut tx, DELETE_LOGINS, id, id)?;
    exec!(&mut tx, DELETE_LINKS, id)?;
    exec!(&mut tx, ERASE_USER, format!("erased-{id}"), at.0, at.0, id)?;
    exec!(&mut tx, ERASE_CUSTOMER_PROFILE, at.0, id)?;
    exec!(&mut tx, ERASE_MERCHANT_PROFILE, at.0, id)?;
    exec!(&mut tx, ERASE_VEHICLES, at.0, id)?;
    search::delete_of(&mut tx, id).await?;
    questions::erase_of(&mut tx, id).await?;
    files::erase(&mut tx, user).await?;
    inbox::erase(&mut tx, user).await?;
    preferences::erase(&mut tx, user).await?;
    devices::erase(&mut tx, user).await?;
    exec!(&mut tx, DELETE_DRAFTS, id)?;
    exec!(&mut tx, ERASE_REQUESTS, id)?;
    exec!(&mut tx, ERASE_ITEMS, id)?;
    for word in &telling {
        exec!(&mut tx, ERASE_TELLING_ITEMS, id, word, word)?;
        exec!(&mut tx, ERASE_TELLING_LINES, id, word, word)?;
    }
    changes::mark_of_customer(&mut tx, user).await?;
    exec!(&mut tx, ERASE_ORDER_REASONS, id)?;
    exec!(&mut tx, ERASE_COMMENTS, id)?;
    exec!(&mut tx, ERASE_SESSIONS, id)?;
    exec!(&mut tx, DELETE_KEPT_ANSWERS, id)?;
    exec!(&mut tx, DELETE_BLOCKS, id, id)?;
    exec!(&mut tx, INSERT_ERASURE, id, at.0)?;
    audit::forget_reasons(&mut tx, &subject).await?;
    let act = Act { actor: user, action: Action::AccountErased, subject, reason: String::new(), at };
    audit::append(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(open)
}

/// The words by which an account is known. A telephone number is written in several ways: what follows the country's
/// three digits is in all of them.
async fn identifiers(tx: &mut Tx, id: i64) -> Result<Vec<String>, StoreError> {
    let words = all_in!(tx, (Option<String>,), SELECT_IDENTIFIERS, id, id, id, id, id, id)?;
    let words = words.into_iter().filter_map(|(word,)| word);
    let words = words.map(|word| match word.strip_prefix('+').and_then(|number| number.get(3..)) {
        Some(subscriber) => subscriber.to_owned(),
        None => word,
    });
    // A name of two letters stands in too many words.
    Ok(words.filter(|word| word.chars().count() > 2).collect())
}
