//! Accounts and their profiles.

use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    SELECT_BIDDER_FACTS_OF_USER = both(
        "SELECT u.kind, u.name, u.suspended_at, m.business_name, m.verified_at, m.specializations, m.service_areas, \
         COALESCE(m.rating_milli, 3500) AS rating_milli, COALESCE(m.rated_orders, 0) AS rated_orders FROM users u LEFT JOIN merchant_profiles m ON \
         m.user_id = u.id WHERE u.id = ?",
    );
    SELECT_ACCOUNT = both(
        "SELECT id, kind, name, phone, email, password_hash, locale, phone_verified_at, suspended_at, created_at FROM \
         users WHERE id = ?"
    );
    SELECT_ACCOUNT_OF_PHONE = both(
        "SELECT id, kind, name, phone, email, password_hash, locale, phone_verified_at, suspended_at, created_at FROM \
         users WHERE phone = ?"
    );
    SELECT_ACCOUNT_OF_EMAIL = both(
        "SELECT id, kind, name, phone, email, password_hash, locale, phone_verified_at, suspended_at, created_at FROM \
         users WHERE email = ?"
    );
    COUNT_PROVEN = both(
        "SELECT COUNT(*) FROM users WHERE phone_verified_at IS NOT NULL AND (phone = ? OR email = ?)"
    );
    FORGET_UNVERIFIED = both("DELETE FROM users WHERE phone_verified_at IS NULL AND (phone = ? OR email = ?)");
    INSERT_ACCOUNT = both(
        "INSERT INTO users (id, kind, name, phone, email, password_hash, locale, created_at, updated_at) VALUES (?, ?, \
         ?, ?, ?, ?, ?, ?, ?)"
    );
    INSERT_CUSTOMER_PROFILE = both(
        "INSERT INTO customer_profiles (user_id, preferences, updated_at) VALUES (?, '{}', ?)"
    );
    INSERT_MERCHANT_PROFILE = both(
        "INSERT INTO merchant_profiles (user_id, business_name, specializations, business_hours, service_areas, \
         verification_documents, rating_sum_milli, rating_milli, rated_orders, updated_at) VALUES (?, ?, '[]', '{}', \
         '[]', '[]', 0, 3500, 0, ?)"
    );
    SET_PASSWORD = both("UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ? AND password_hash = ?");
    RESET_PASSWORD = both(
        "UPDATE users SET password_hash = ?, phone_verified_at = COALESCE(phone_verified_at, ?), updated_at = ? WHERE \
         id = ?"
    );
    CHANGE_PHONE = both(
        "UPDATE users SET phone = ?, phone_verified_at = ?, updated_at = ? WHERE id = ? AND phone = ? AND suspended_at IS \
         NULL"
    );
    // A forgotten password of the old phone's would set one still.
    EXPIRE_CODES = both(
        "UPDATE otp_codes SET expires_at = ? WHERE user_id = ? AND consumed_at IS NULL AND expires_at > ?"
    );
    UPDATE_ACCOUNT = both("UPDATE users SET name = ?, email = ?, locale = ?, updated_at = ? WHERE id = ?");
    MARK_PHONE_VERIFIED = both(
        "UPDATE users SET phone_verified_at = ?, updated_at = ? WHERE id = ? AND phone_verified_at IS NULL"
    );
    MARK_MERCHANT_VERIFIED = both(
        "UPDATE merchant_profiles SET verified_at = ?, verified_by = ?, rejected_at = NULL, rejected_reason = NULL, \
         updated_at = ? WHERE user_id = ?"
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
    /// What it deals in, a JSON array; empty where there is no profile.
    pub specializations: String,
    /// What it serves, a JSON array; empty where there is no profile.
    pub service_areas: String,
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
        specializations: Option<String>,
        service_areas: Option<String>,
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
        specializations: row.specializations.unwrap_or_default(),
        service_areas: row.service_areas.unwrap_or_default(),
        name: row.business_name.unwrap_or(row.name),
    }))
}

// ------------------------------------------------------------------ accounts

/// Who registers.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: UserId,
    /// What it is for.
    pub kind: UserKind,
    /// The name.
    pub name: String,
    /// The phone.
    pub phone: Phone,
    /// The e-mail address.
    pub email: Option<Email>,
    /// Argon2, in PHC form.
    pub password_hash: String,
    /// `ar` or `en`.
    pub locale: &'static str,
    /// When.
    pub at: UnixMicros,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// What it is for.
    pub kind: UserKind,
    /// The name.
    pub name: String,
    /// E.164.
    pub phone: String,
    /// Lower case.
    pub email: Option<String>,
    /// Argon2, in PHC form.
    pub password_hash: String,
    /// `ar` or `en`.
    pub locale: String,
    /// When the phone was proven.
    pub phone_verified_at: Option<UnixMicros>,
    /// Since when it is suspended.
    pub suspended_at: Option<UnixMicros>,
    /// When it registered.
    pub created_at: UnixMicros,
}

row! {
    struct AccountRow {
        id: i64,
        kind: String,
        name: String,
        phone: String,
        email: Option<String>,
        password_hash: String,
        locale: String,
        phone_verified_at: Option<i64>,
        suspended_at: Option<i64>,
        created_at: i64,
    }
}

impl AccountRow {
    fn read(self) -> Result<Account, StoreError> {
        Ok(Account {
            id: UserId(self.id),
            kind: UserKind::find(&self.kind).ok_or_else(|| StoreError::corrupt("users.kind is no kind"))?,
            name: self.name,
            phone: self.phone,
            email: self.email,
            password_hash: self.password_hash,
            locale: self.locale,
            phone_verified_at: self.phone_verified_at.map(UnixMicros),
            suspended_at: self.suspended_at.map(UnixMicros),
            created_at: UnixMicros(self.created_at),
        })
    }
}

/// The account with this id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_account(db: &Db, id: UserId) -> Result<Option<Account>, StoreError> {
    one!(db, AccountRow, SELECT_ACCOUNT, id.0)?.map(AccountRow::read).transpose()
}

/// The account with this phone.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_account_of_phone(db: &Db, phone: &Phone) -> Result<Option<Account>, StoreError> {
    one!(db, AccountRow, SELECT_ACCOUNT_OF_PHONE, phone.as_str())?.map(AccountRow::read).transpose()
}

/// The account with this e-mail address.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_account_of_email(db: &Db, email: &Email) -> Result<Option<Account>, StoreError> {
    one!(db, AccountRow, SELECT_ACCOUNT_OF_EMAIL, email.as_str())?.map(AccountRow::read).transpose()
}

/// Whether an account that proved its phone has this phone or this address.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_proven(db: &Db, phone: &Phone, email: Option<&Email>) -> Result<bool, StoreError> {
    let count = one!(db, (i64,), COUNT_PROVEN, phone.as_str(), email.map(Email::as_str))?;
    Ok(count.is_some_and(|(count,)| count > 0))
}

/// Creates an account with an empty profile, in place of any that claimed the phone or the address and never proved
/// its phone.
///
/// # Errors
/// [`StoreError::Duplicate`] when a proven account has the phone or the address.
pub async fn insert_account(db: &Db, new: &NewAccount) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    insert_account_in(&mut tx, new).await?;
    tx.commit().await
}

/// The same as part of a transaction.
///
/// # Errors
/// As [`insert_account`].
pub async fn insert_account_in(tx: &mut Tx, new: &NewAccount) -> Result<(), StoreError> {
    let (id, at) = (new.id.0, new.at.0);
    let email = new.email.as_ref().map(Email::as_str);
    exec!(&mut *tx, FORGET_UNVERIFIED, new.phone.as_str(), email)?;
    exec!(
        &mut *tx,
        INSERT_ACCOUNT,
        id,
        new.kind.word(),
        new.name.as_str(),
        new.phone.as_str(),
        email,
        new.password_hash.as_str(),
        new.locale,
        at,
        at
    )?;
    match new.kind {
        UserKind::Customer => {
            exec!(tx, INSERT_CUSTOMER_PROFILE, id, at)?;
        }
        UserKind::Merchant => {
            exec!(tx, INSERT_MERCHANT_PROFILE, id, new.name.as_str(), at)?;
        }
        UserKind::Admin => {}
    }
    Ok(())
}

/// Changes a password, if it is still the one with the hash `old`.
///
/// # Errors
/// [`StoreError::Missing`] when it is not.
pub async fn set_password(db: &Db, id: UserId, old: &str, new: &str, at: UnixMicros) -> Result<(), StoreError> {
    match exec_now!(db, SET_PASSWORD, new, at.0, id.0, old)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Sets a password for somebody who just proved the phone by a code.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such account.
pub async fn reset_password(db: &Db, id: UserId, new: &str, at: UnixMicros) -> Result<(), StoreError> {
    match exec_now!(db, RESET_PASSWORD, new, at.0, at.0, id.0)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Gives an account another phone, which was just proven, in place of `old`, and takes it from whoever claimed it and never
/// proved it. Codes that are under way for the account serve no more.
///
/// # Errors
/// [`StoreError::Duplicate`] when a proven account has the phone; [`StoreError::Missing`] when `old` is not the account's
/// phone any more, or the account is suspended.
pub async fn change_phone(db: &Db, id: UserId, old: &str, new: &Phone, act: &Act) -> Result<(), StoreError> {
    let at = act.at.0;
    let mut tx = db.begin().await?;
    exec!(&mut tx, FORGET_UNVERIFIED, new.as_str(), None::<&str>)?;
    if exec!(&mut tx, CHANGE_PHONE, new.as_str(), at, at, id.0, old)? == 0 {
        return Err(StoreError::Missing);
    }
    exec!(&mut tx, EXPIRE_CODES, at, id.0, at)?;
    audit::append(&mut tx, act).await?;
    tx.commit().await
}

/// Changes what an account's owner may change.
///
/// # Errors
/// [`StoreError::Duplicate`] when another account has the address; [`StoreError::Missing`] without the account.
pub async fn update_account(
    db: &Db,
    id: UserId,
    name: &str,
    email: Option<&Email>,
    locale: &str,
    at: UnixMicros,
) -> Result<(), StoreError> {
    match exec_now!(db, UPDATE_ACCOUNT, name, email.map(Email::as_str), locale, at.0, id.0)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Remembers that a phone was proven.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_phone_verified(db: &Db, id: UserId, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, MARK_PHONE_VERIFIED, at.0, at.0, id.0).map(drop)
}

/// Lets a merchant bid.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such merchant.
pub async fn mark_merchant_verified(db: &Db, id: UserId, by: UserId, at: UnixMicros) -> Result<(), StoreError> {
    match exec_now!(db, MARK_MERCHANT_VERIFIED, at.0, by.0, at.0, id.0)? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}
