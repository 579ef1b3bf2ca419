//! Accounts at `OpenID` providers: which account here they open, and sign-ins with them that are under way.
//!
//! A sign-in is one row that goes through its stages by conditional UPDATEs: begun, answered by the provider, done. Each
//! stage is passed once.

use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    INSERT_LOGIN = both(
        "INSERT INTO oidc_logins (state_digest, provider, browser_digest, created_at, expires_at) VALUES (?, ?, ?, ?, ?)"
    );
    TAKE_ANSWER = both(
        "UPDATE oidc_logins SET answered_at = ? WHERE state_digest = ? AND provider = ? AND browser_digest = ? AND \
         answered_at IS NULL AND expires_at > ?"
    );
    KEEP_ANSWER = both(
        "UPDATE oidc_logins SET link_digest = ?, issuer = ?, subject = ?, name = ?, email = ?, expires_at = ? WHERE \
         state_digest = ? AND link_digest IS NULL"
    );
    SELECT_ANSWER = both(
        "SELECT issuer, subject, name, email FROM oidc_logins WHERE link_digest = ? AND provider = ? AND done_at IS NULL \
         AND expires_at > ?"
    );
    FINISH_LOGIN = both("UPDATE oidc_logins SET done_at = ? WHERE link_digest = ? AND done_at IS NULL");
    DELETE_OLD_LOGINS = both("DELETE FROM oidc_logins WHERE expires_at < ?");
    SELECT_LINK = both("SELECT user_id FROM oidc_links WHERE issuer = ? AND subject = ?");
    SELECT_ISSUERS_OF_USER = both(
        "SELECT issuer, MIN(created_at) AS created_at FROM oidc_links WHERE user_id = ? GROUP BY issuer ORDER BY issuer"
    );
    DELETE_LINKS_AT_ISSUER = both("DELETE FROM oidc_links WHERE user_id = ? AND issuer = ?");
    INSERT_LINK = both("INSERT INTO oidc_links (issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?)");
}

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct NewLogin<'a> {
    /// Digest of the state that the provider will repeat.
    pub state: [u8; 32],
    /// The provider's name in the configuration.
    pub provider: &'a str,
    /// Digest of what the browser keeps in its cookie.
    pub browser: [u8; 32],
    /// When.
    pub at: UnixMicros,
    /// Until when the provider may answer.
    pub expires_at: UnixMicros,
}

/// Somebody, as a provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The provider's issuer.
    pub issuer: String,
    /// The account there.
    pub subject: String,
    /// The name there.
    pub name: Option<String>,
    /// The address there, lower case, where the provider says that it proved it.
    pub email: Option<String>,
}

row! {
    struct AnswerRow {
        issuer: Option<String>,
        subject: Option<String>,
        name: Option<String>,
        email: Option<String>,
    }
}

/// Keeps that a sign-in began.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin_login(db: &Db, new: &NewLogin<'_>) -> Result<(), StoreError> {
    let (state, browser) = (new.state.as_slice(), new.browser.as_slice());
    exec_now!(db, INSERT_LOGIN, state, new.provider, browser, new.at.0, new.expires_at.0).map(drop)
}

/// Takes the provider's answer to a sign-in that this browser began. Only the first answer is taken.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take_answer(
    db: &Db,
    state: &[u8; 32],
    provider: &str,
    browser: &[u8; 32],
    now: UnixMicros,
) -> Result<bool, StoreError> {
    Ok(exec_now!(db, TAKE_ANSWER, now.0, state.as_slice(), provider, browser.as_slice(), now.0)? == 1)
}

/// Keeps who the provider said it is, for whoever has the token with the digest `link`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn keep_answer(
    db: &Db,
    state: &[u8; 32],
    link: &[u8; 32],
    who: &Known,
    expires_at: UnixMicros,
) -> Result<(), StoreError> {
    let (issuer, subject) = (who.issuer.as_str(), who.subject.as_str());
    let (name, email) = (who.name.as_deref(), who.email.as_deref());
    exec_now!(db, KEEP_ANSWER, link.as_slice(), issuer, subject, name, email, expires_at.0, state.as_slice()).map(drop)
}

/// Whom the provider named in the sign-in that goes on with this token.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_answer(
    db: &Db,
    link: &[u8; 32],
    provider: &str,
    now: UnixMicros,
) -> Result<Option<Known>, StoreError> {
    let row = one!(db, AnswerRow, SELECT_ANSWER, link.as_slice(), provider, now.0)?;
    Ok(row.and_then(|row| Some(Known { issuer: row.issuer?, subject: row.subject?, name: row.name, email: row.email })))
}

/// Ends a sign-in. Only one caller hears that it did.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish_login(db: &Db, link: &[u8; 32], now: UnixMicros) -> Result<bool, StoreError> {
    Ok(exec_now!(db, FINISH_LOGIN, now.0, link.as_slice())? == 1)
}

/// Forgets sign-ins that expired before `before`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_logins(db: &Db, before: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, DELETE_OLD_LOGINS, before.0).map(drop)
}

/// The account that somebody's account at a provider opens.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_linked(db: &Db, who: &Known) -> Result<Option<UserId>, StoreError> {
    let row = one!(db, (i64,), SELECT_LINK, who.issuer.as_str(), who.subject.as_str())?;
    Ok(row.map(|(id,)| UserId(id)))
}

row! {
    /// A provider at which an account has one that opens it.
    pub struct Linked {
        /// The provider's issuer.
        pub issuer: String,
        /// Since when: the first of its accounts there.
        pub created_at: UnixMicros,
    }
}

/// The providers whose word opens an account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_linked(db: &Db, user: UserId) -> Result<Vec<Linked>, StoreError> {
    all!(db, Linked, SELECT_ISSUERS_OF_USER, user.0)
}

/// From here on no account at this provider opens that account. Tells whether one did.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_links(db: &Db, user: UserId, issuer: &str) -> Result<bool, StoreError> {
    Ok(exec_now!(db, DELETE_LINKS_AT_ISSUER, user.0, issuer)? > 0)
}

/// Lets somebody's account at a provider open an account here.
///
/// # Errors
/// [`StoreError::Duplicate`] when it opens one already; [`StoreError::Missing`] without the account.
pub async fn insert_link(db: &Db, who: &Known, user: UserId, at: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, INSERT_LINK, who.issuer.as_str(), who.subject.as_str(), user.0, at.0).map(drop)
}
