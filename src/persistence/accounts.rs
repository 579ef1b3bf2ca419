//! Accounts as administrators see and change them. Every change is written into the audit log in its own transaction.

use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;

/// The columns of [`Listed`].
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.kind, u.name, u.phone, u.email, u.phone_verified_at, u.suspended_at, u.suspended_reason, ",
            "u.created_at, m.business_name, m.business_license, m.verified_at, m.rejected_at, m.rejected_reason FROM ",
            "users u LEFT JOIN merchant_profiles m ON m.user_id = u.id ",
            $rest
        )
    };
}

statements! {
    SELECT_USER = both(select_users!("WHERE u.id = ?"));
    SELECT_USERS = both(select_users!(
        "WHERE u.id < ? AND (? = '' OR u.kind = ?) AND (? = '' OR CASE WHEN u.suspended_at IS NULL THEN 'active' ELSE \
         'suspended' END = ?) AND (? = '' OR CASE WHEN m.verified_at IS NOT NULL THEN 'verified' WHEN m.rejected_at IS \
         NOT NULL THEN 'rejected' WHEN m.user_id IS NOT NULL THEN 'pending' ELSE '' END = ?) AND (? = '' OR \
         LOWER(u.name) LIKE ? ESCAPE '!' OR LOWER(m.business_name) LIKE ? ESCAPE '!' OR u.email LIKE ? ESCAPE '!' OR \
         (? <> '' AND u.phone LIKE ?)) ORDER BY u.id DESC LIMIT ?"
    ));
    SUSPEND_USER = both(
        "UPDATE users SET suspended_at = ?, suspended_reason = ?, updated_at = ? WHERE id = ? AND suspended_at IS NULL"
    );
    REINSTATE_USER = both(
        "UPDATE users SET suspended_at = NULL, suspended_reason = NULL, updated_at = ? WHERE id = ? AND suspended_at IS \
         NOT NULL"
    );
    VERIFY_MERCHANT = both(
        "UPDATE merchant_profiles SET verified_at = ?, verified_by = ?, rejected_at = NULL, rejected_reason = NULL, \
         updated_at = ? WHERE user_id = ? AND verified_at IS NULL"
    );
    SELECT_PAPERS_OF_MERCHANT = both(
        "SELECT business_license, verification_documents, verified_at FROM merchant_profiles WHERE user_id = ?"
    );
    REJECT_MERCHANT = both(
        "UPDATE merchant_profiles SET verified_at = NULL, verified_by = NULL, rejected_at = ?, rejected_reason = ?, \
         updated_at = ? WHERE user_id = ? AND (rejected_at IS NULL OR rejected_reason <> ?)"
    );
    SELECT_ERASURE = both("SELECT erased_at FROM account_erasures WHERE user_id = ?");
    SELECT_LIVE_BIDS_OF_SUSPENDED = both(
        "SELECT b.id, b.request_id, b.merchant_id FROM users u JOIN bids b ON b.merchant_id = u.id JOIN auction_heads h \
         ON h.auction_id = b.request_id WHERE u.suspended_at IS NOT NULL AND (? = 0 OR u.id = ?) AND b.status = \
         'submitted' AND h.state IN ('published', 'bidding_open', 'bidding_closed', 'reviewing') ORDER BY b.request_id, \
         b.id"
    );
}

row! {
    /// An account as an administrator sees it.
    pub struct Listed {
        /// Its id; the cursor of the next page.
        pub id: UserId,
        /// The kind's word.
        pub kind: String,
        /// The name.
        pub name: String,
        /// E.164.
        pub phone: String,
        /// Lower case.
        pub email: Option<String>,
        /// When the phone was proven, in Unix microseconds.
        pub phone_verified_at: Option<i64>,
        /// Since when it is suspended, in Unix microseconds.
        pub suspended_at: Option<i64>,
        /// Why.
        pub suspended_reason: Option<String>,
        /// When it registered, in Unix microseconds.
        pub created_at: i64,
        /// A merchant's business.
        pub business_name: Option<String>,
        /// Its commercial registration.
        pub business_license: Option<String>,
        /// When it was verified, in Unix microseconds.
        pub verified_at: Option<i64>,
        /// When it was rejected, in Unix microseconds.
        pub rejected_at: Option<i64>,
        /// Why.
        pub rejected_reason: Option<String>,
    }
}

row! {
    struct PapersRow {
        business_license: Option<String>,
        verification_documents: String,
        verified_at: Option<i64>,
    }
}

row! {
    /// A live bid of somebody who is suspended.
    pub struct Stranded {
        /// The bid.
        pub id: BidId,
        /// Where.
        pub request_id: RequestId,
        /// Whose.
        pub merchant_id: UserId,
    }
}

/// Which accounts; empty words ask for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name, a business' name, an e-mail address or a telephone number.
    pub search: String,
    /// `customer`, `merchant` or `admin`.
    pub kind: &'static str,
    /// `active` or `suspended`.
    pub status: &'static str,
    /// `pending`, `verified` or `rejected`: merchants alone.
    pub verification: &'static str,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and written down.
    Done,
    /// It was so before.
    AsBefore,
    /// There is no such account.
    Unknown,
    /// What must be there first is not, and no reason was given to do without it.
    Unproven(Papers),
}

/// What of a merchant's papers is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Papers {
    /// The number of its commercial registration.
    pub license: bool,
    /// A document at least.
    pub documents: bool,
}

/// Accounts with ids below the page's, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, filter: &Filter, page: Page) -> Result<Vec<Listed>, StoreError> {
    let Filter { search, kind, status, verification } = filter;
    let search = search.to_lowercase();
    let within = format!("%{}%", escape(&search));
    // Numbers are stored as +9665…: a trunk zero before a fragment would never match.
    let digits: String = search.chars().filter(char::is_ascii_digit).collect();
    let is_number = digits.len() > 2 && search.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
    let fragment = if is_number { digits.trim_start_matches('0') } else { "" };
    let phone = format!("%{fragment}%");
    all!(
        db,
        Listed,
        SELECT_USERS,
        page.before,
        kind,
        kind,
        status,
        status,
        verification,
        verification,
        &search,
        &within,
        &within,
        &within,
        fragment,
        &phone,
        i64::from(page.limit)
    )
}

fn escape(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// An account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, user: UserId) -> Result<Option<Listed>, StoreError> {
    one!(db, Listed, SELECT_USER, user.0)
}

/// Suspends an account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn suspend(db: &Db, user: UserId, act: &Act) -> Result<Outcome, StoreError> {
    let mut tx = db.begin().await?;
    let rows = exec!(&mut tx, SUSPEND_USER, act.at.0, &act.reason, act.at.0, user.0)?;
    settle(tx, user, rows, act).await
}

/// Ends a suspension. An account that was erased does not come back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn reinstate(db: &Db, user: UserId, act: &Act) -> Result<Outcome, StoreError> {
    let mut tx = db.begin().await?;
    if one_in!(&mut tx, (i64,), SELECT_ERASURE, user.0)?.is_some() {
        return Ok(Outcome::Unknown);
    }
    let rows = exec!(&mut tx, REINSTATE_USER, act.at.0, user.0)?;
    settle(tx, user, rows, act).await
}

/// Lets a merchant bid whose licence and a document of it are there, or whose papers are dispensed with for the reason that
/// the act gives. Judged in the transaction: a merchant who takes its papers back meanwhile is not verified.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn verify_merchant(db: &Db, ids: &IdMint, merchant: UserId, act: &Act) -> Result<Outcome, StoreError> {
    let mut tx = db.begin().await?;
    let Some(row) = one_in!(&mut tx, PapersRow, SELECT_PAPERS_OF_MERCHANT, merchant.0)? else {
        return Ok(Outcome::Unknown);
    };
    let papers = Papers { license: row.business_license.is_some(), documents: row.verification_documents != "[]" };
    let is_proven = papers.license && papers.documents;
    if row.verified_at.is_none() && !is_proven && act.reason.is_empty() {
        return Ok(Outcome::Unproven(papers));
    }
    let rows = exec!(&mut tx, VERIFY_MERCHANT, act.at.0, act.actor.0, act.at.0, merchant.0)?;
    tell(&mut tx, ids, merchant, true, act).await?;
    settle(tx, merchant, rows, act).await
}

/// Refuses a merchant, or takes its verification back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn reject_merchant(db: &Db, ids: &IdMint, merchant: UserId, act: &Act) -> Result<Outcome, StoreError> {
    let mut tx = db.begin().await?;
    if !is_merchant(&mut tx, merchant).await? {
        return Ok(Outcome::Unknown);
    }
    let rows = exec!(&mut tx, REJECT_MERCHANT, act.at.0, &act.reason, act.at.0, merchant.0, &act.reason)?;
    tell(&mut tx, ids, merchant, false, act).await?;
    settle(tx, merchant, rows, act).await
}

/// What the merchant is told. Where nothing changes the transaction ends without it.
async fn tell(tx: &mut Tx, ids: &IdMint, merchant: UserId, verified: bool, act: &Act) -> Result<(), StoreError> {
    Moment { at: act.at, ids }.tell(tx, [(merchant, Notice::Verification { verified })]).await
}

async fn is_merchant(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    let row = one_in!(tx, Listed, SELECT_USER, user.0)?;
    Ok(row.is_some_and(|row| row.business_name.is_some()))
}

/// Writes down what changed a row, and commits.
async fn settle(mut tx: Tx, user: UserId, rows: u64, act: &Act) -> Result<Outcome, StoreError> {
    if rows == 0 {
        let known = one_in!(&mut tx, Listed, SELECT_USER, user.0)?.is_some();
        return Ok(if known { Outcome::AsBefore } else { Outcome::Unknown });
    }
    audit::append(&mut tx, act).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Live bids of those who are suspended: of one, or of all.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_stranded(db: &Db, only: Option<UserId>) -> Result<Vec<Stranded>, StoreError> {
    let only = only.map_or(0, |user| user.0);
    all!(db, Stranded, SELECT_LIVE_BIDS_OF_SUSPENDED, only, only)
}
