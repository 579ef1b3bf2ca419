//! Ways in: one-time codes, and sessions with their refresh tokens.
//!
//! Whatever decides who gets in is one conditional UPDATE whose count of rows is the answer: two who come at the same
//! instant cannot both be told yes.

use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    INSERT_CHALLENGE = both(
        "INSERT INTO otp_challenges (id, user_id, purpose, code_digest, attempts, sent_at, expires_at) VALUES (?, ?, ?, \
         ?, 0, ?, ?)"
    );
    SELECT_NEWEST_CHALLENGE_OF_USER = both(
        "SELECT id, code_digest FROM otp_challenges WHERE user_id = ? AND purpose = ? ORDER BY sent_at DESC, id DESC \
         LIMIT 1"
    );
    SPEND_AN_ATTEMPT_OF_CHALLENGE = both(
        "UPDATE otp_challenges SET attempts = attempts + 1 WHERE id = ? AND attempts < ? AND consumed_at IS NULL AND \
         expires_at > ?"
    );
    CONSUME_CHALLENGE = both("UPDATE otp_challenges SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL");
    INSERT_SESSION = both(
        "INSERT INTO sessions (id, user_id, device, generation, created_at, last_used_at, expires_at) VALUES (?, ?, ?, \
         1, ?, ?, ?)"
    );
    INSERT_REFRESH_TOKEN = both(
        "INSERT INTO refresh_tokens (token_digest, session_id, generation, issued_at, expires_at) VALUES (?, ?, ?, ?, ?)"
    );
    SPEND_REFRESH_TOKEN = both(
        "UPDATE refresh_tokens SET used_at = ? WHERE token_digest = ? AND used_at IS NULL AND expires_at > ? AND \
         session_id IN (SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.revoked_at IS NULL AND \
         u.suspended_at IS NULL)"
    );
    SELECT_FAMILY_OF_REFRESH_TOKEN = both(
        "SELECT t.session_id, t.generation, t.expires_at, t.used_at, u.id AS user_id, u.kind FROM refresh_tokens t JOIN \
         sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id WHERE t.token_digest = ?"
    );
    TOUCH_SESSION = both("UPDATE sessions SET generation = ?, last_used_at = ? WHERE id = ?");
    REVOKE_SESSION = both("UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE id = ? AND revoked_at IS NULL");
    REVOKE_SESSIONS_OF_USER = both(
        "UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE user_id = ? AND id <> ? AND revoked_at IS NULL"
    );
    SELECT_REVOKED_SESSIONS_OF_USER = both("SELECT id FROM sessions WHERE user_id = ? AND revoked_at = ?");
    SELECT_REVOKED_SESSIONS = both("SELECT id FROM sessions WHERE revoked_at > ?");
}

// ------------------------------------------------------------------ one-time codes

/// A code that was sent.
#[derive(Clone, Debug)]
pub struct NewChallenge {
    /// Its id.
    pub id: i64,
    /// The account that it proves.
    pub user: UserId,
    /// `register`, `login` or `reset_password`.
    pub purpose: &'static str,
    /// Keyed digest of the code.
    pub digest: [u8; 32],
    /// When it was sent.
    pub at: UnixMicros,
    /// Until when it serves.
    pub expires_at: UnixMicros,
}

/// Keeps a code; the newest of a purpose is the only one that serves.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such account.
pub async fn insert_challenge(db: &Db, new: &NewChallenge) -> Result<(), StoreError> {
    exec_now!(db, INSERT_CHALLENGE, new.id, new.user.0, new.purpose, new.digest.as_slice(), new.at.0, new.expires_at.0)
        .map(drop)
}

row! {
    struct ChallengeRow {
        id: i64,
        code_digest: Vec<u8>,
    }
}

/// Spends one attempt at the newest code of a purpose; `same` compares the digests in constant time.
///
/// The attempt is counted before the codes are compared, so parallel guesses cannot exceed `attempts_max`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn try_code(
    db: &Db,
    user: UserId,
    purpose: &'static str,
    attempts_max: i64,
    now: UnixMicros,
    same: impl Fn(&[u8]) -> bool,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let Some(newest) = one_in!(&mut tx, ChallengeRow, SELECT_NEWEST_CHALLENGE_OF_USER, user.0, purpose)? else {
        return Ok(false);
    };
    if exec!(&mut tx, SPEND_AN_ATTEMPT_OF_CHALLENGE, newest.id, attempts_max, now.0)? != 1 {
        return Ok(false);
    }
    let right = same(&newest.code_digest) && exec!(&mut tx, CONSUME_CHALLENGE, now.0, newest.id)? == 1;
    tx.commit().await?;
    Ok(right)
}

// ------------------------------------------------------------------ sessions

/// A sign-in that begins, with its first refresh token.
#[derive(Clone, Debug)]
pub struct NewFamily {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// What the client called itself.
    pub device: Option<String>,
    /// SHA-256 of the first token.
    pub token: [u8; 32],
    /// When.
    pub at: UnixMicros,
    /// The absolute end; refreshing does not move it.
    pub expires_at: UnixMicros,
}

/// What came of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Spent; its successor is stored.
    Rotated {
        /// The account.
        user: UserId,
        /// Its kind.
        kind: UserKind,
        /// The session.
        session: SessionId,
    },
    /// It was spent before: its session is revoked now.
    Reused {
        /// The session.
        session: SessionId,
    },
    /// Unknown, expired, or of a session that ended.
    Refused,
}

row! {
    struct FamilyRow {
        session_id: i64,
        generation: i64,
        expires_at: i64,
        used_at: Option<i64>,
        user_id: i64,
        kind: String,
    }
}

/// Begins a session.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such account.
pub async fn begin_family(db: &Db, new: &NewFamily) -> Result<(), StoreError> {
    let (session, at, until) = (new.session.0, new.at.0, new.expires_at.0);
    let mut tx = db.begin().await?;
    exec!(&mut tx, INSERT_SESSION, session, new.user.0, new.device.as_deref(), at, at, until)?;
    exec!(&mut tx, INSERT_REFRESH_TOKEN, new.token.as_slice(), session, 1_i64, at, until)?;
    tx.commit().await
}

/// Spends one refresh token and stores its successor, or revokes the session of one that was spent before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rotate(db: &Db, spent: &[u8; 32], next: &[u8; 32], now: UnixMicros) -> Result<Rotation, StoreError> {
    let mut tx = db.begin().await?;
    let won = exec!(&mut tx, SPEND_REFRESH_TOKEN, now.0, spent.as_slice(), now.0)? == 1;
    let Some(family) = one_in!(&mut tx, FamilyRow, SELECT_FAMILY_OF_REFRESH_TOKEN, spent.as_slice())? else {
        return Ok(Rotation::Refused);
    };
    let session = SessionId(family.session_id);
    if !won {
        if family.used_at.is_none() {
            return Ok(Rotation::Refused);
        }
        exec!(&mut tx, REVOKE_SESSION, now.0, "refresh token used twice", session.0)?;
        tx.commit().await?;
        return Ok(Rotation::Reused { session });
    }
    let kind = UserKind::find(&family.kind).ok_or_else(|| StoreError::corrupt("users.kind is no kind"))?;
    let generation = family.generation.saturating_add(1);
    exec!(&mut tx, TOUCH_SESSION, generation, now.0, session.0)?;
    exec!(&mut tx, INSERT_REFRESH_TOKEN, next.as_slice(), session.0, generation, now.0, family.expires_at)?;
    tx.commit().await?;
    Ok(Rotation::Rotated { user: UserId(family.user_id), kind, session })
}

/// Ends a session; ending it twice changes nothing.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_session(
    db: &Db,
    session: SessionId,
    reason: &'static str,
    now: UnixMicros,
) -> Result<(), StoreError> {
    exec_now!(db, REVOKE_SESSION, now.0, reason, session.0).map(drop)
}

/// Ends the sessions of an account, all or all but one, and tells which ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_sessions_of(
    db: &Db,
    user: UserId,
    keep: Option<SessionId>,
    reason: &'static str,
    now: UnixMicros,
) -> Result<Vec<SessionId>, StoreError> {
    // Ids begin at 1, so 0 keeps none.
    let keep = keep.map_or(0, |session| session.0);
    exec_now!(db, REVOKE_SESSIONS_OF_USER, now.0, reason, user.0, keep)?;
    let revoked = all!(db, (i64,), SELECT_REVOKED_SESSIONS_OF_USER, user.0, now.0)?;
    Ok(revoked.into_iter().map(|(id,)| SessionId(id)).collect())
}

/// The sessions that were revoked after `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_revoked_since(db: &Db, since: UnixMicros) -> Result<Vec<SessionId>, StoreError> {
    let revoked = all!(db, (i64,), SELECT_REVOKED_SESSIONS, since.0)?;
    Ok(revoked.into_iter().map(|(id,)| SessionId(id)).collect())
}
