//! Passwords that were tried without success: one row for every name, counted before the password is looked at.

use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

statements! {
    // The first assignment reads last_at as it was; MySQL assigns from left to right.
    COUNT_TRY = both(
        "UPDATE password_tries SET tries = CASE WHEN last_at <= ? THEN 1 ELSE tries + 1 END, last_at = ? WHERE \
         name_digest = ? AND (tries < ? OR last_at <= ?)"
    );
    INSERT_TRY = per(
        "INSERT INTO password_tries (name_digest, tries, last_at) VALUES (?, 1, ?) ON CONFLICT (name_digest) DO NOTHING",
        "INSERT IGNORE INTO password_tries (name_digest, tries, last_at) VALUES (?, 1, ?)"
    );
    SELECT_LAST_TRY = both("SELECT last_at FROM password_tries WHERE name_digest = ?");
    DELETE_TRIES = both("DELETE FROM password_tries WHERE name_digest = ?");
    DELETE_OLD_TRIES = both("DELETE FROM password_tries WHERE last_at < ?");
    SELECT_KNOWN_PLACE = both(
        "SELECT (SELECT COUNT(*) FROM sessions WHERE user_id = ? AND address = ?) + (SELECT COUNT(*) FROM otp_codes WHERE \
         user_id = ? AND address = ? AND consumed_at IS NOT NULL) AS visits"
    );
}

/// How many passwords may be tried.
#[derive(Clone, Copy, Debug)]
pub struct TryRules {
    /// So many without success, none later than `within` after the one before …
    pub most: u32,
    /// … and then none for so long.
    pub within: Span,
}

/// Counts a try under this name. `Some` tells how long nothing is tried under it.
///
/// One conditional UPDATE, so that tries at once cannot exceed the limit.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(db: &Db, name: &[u8; 32], rules: TryRules, now: UnixMicros) -> Result<Option<Span>, StoreError> {
    let fresh = now.minus(rules.within);
    // Twice: where there was no row, another may have inserted one meanwhile.
    for _ in 0..2 {
        let most = i64::from(rules.most);
        if exec_now!(db, COUNT_TRY, fresh.0, now.0, name.as_slice(), most, fresh.0)? == 1
            || exec_now!(db, INSERT_TRY, name.as_slice(), now.0)? == 1
        {
            return Ok(None);
        }
    }
    let last = one!(db, (i64,), SELECT_LAST_TRY, name.as_slice())?;
    Ok(Some(last.map_or(rules.within, |(last,)| UnixMicros(last).plus(rules.within).since(now))))
}

/// Forgets what was tried under these names.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget(db: &Db, names: &[[u8; 32]]) -> Result<(), StoreError> {
    for name in names {
        exec_now!(db, DELETE_TRIES, name.as_slice())?;
    }
    Ok(())
}

/// Forgets what was last tried before `before`, which must be older than the rule's span.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_old(db: &Db, before: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, DELETE_OLD_TRIES, before.0).map(drop)
}

/// Whether an account signed in from this address, as sessions spell it, or proved its phone from it, as codes spell it
/// (`network`: an IPv6 address stands for its /64). Asked for a nobody as well: that takes as long.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_known_place(db: &Db, user: UserId, address: &str, network: &str) -> Result<bool, StoreError> {
    let visits = one!(db, (i64,), SELECT_KNOWN_PLACE, user.0, address, user.0, network)?;
    Ok(visits.is_some_and(|(visits,)| visits > 0))
}
