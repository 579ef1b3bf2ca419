//! Answers kept under idempotency keys: the first writer wins, and its answer is given again to the byte.
//!
//! A call claims its key before it does anything: a row without an answer, with a lease (`created_at`) and a number of its
//! own (`claim`). Where the effect is a row of this database, [`keep`] stores the answer in the transaction of the effect,
//! and only for the claim that still holds the key: so there is no instant in which one is there and not the other, and
//! an attempt that was given up as lost cannot take effect behind the one that followed it.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::domain::ids::UserId;
use crate::domain::time::{Span, UnixMicros};
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;

statements! {
    INSERT_KEY = both(
        "INSERT INTO idempotency_keys (user_id, route, key_digest, body_digest, created_at, claim) VALUES (?, ?, ?, ?, ?, ?)",
    );
    SELECT_KEY = both(
        "SELECT body_digest, status, reply, created_at, claim FROM idempotency_keys WHERE user_id = ? AND route = ? AND \
         key_digest = ?",
    );
    TAKE_KEY_OVER = both(
        "UPDATE idempotency_keys SET claim = ?, created_at = ? WHERE user_id = ? AND route = ? AND key_digest = ? AND \
         claim = ? AND status IS NULL",
    );
    STORE_ANSWER = both(
        "UPDATE idempotency_keys SET status = ?, reply = ? WHERE user_id = ? AND route = ? AND key_digest = ? AND claim = \
         ? AND status IS NULL",
    );
    END_LEASE = both(
        "UPDATE idempotency_keys SET created_at = ? WHERE user_id = ? AND route = ? AND key_digest = ? AND claim = ? AND \
         status IS NULL",
    );
    DELETE_KEY = both(
        "DELETE FROM idempotency_keys WHERE user_id = ? AND route = ? AND key_digest = ? AND claim = ? AND status IS NULL",
    );
    DELETE_KEYS_BEFORE = both("DELETE FROM idempotency_keys WHERE created_at < ?");
}

row! {
    struct KeyRow {
        body_digest: Vec<u8>,
        status: Option<i64>,
        reply: Option<String>,
        created_at: i64,
        claim: Option<i64>,
    }
}

/// A call under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who calls: keys of two accounts never meet.
    pub user: UserId,
    /// What is called: method and template, at most 96 characters.
    pub route: &'static str,
    /// Digest of the key.
    pub key: [u8; 16],
    /// Digest of what is asked: the url's own words and the body.
    pub body: [u8; 16],
}

/// The right to run a call, for as long as nobody else has it.
#[derive(Debug)]
pub struct Claim {
    call: Call,
    number: i64,
    /// Whether an earlier attempt broke off.
    again: bool,
    kept: AtomicBool,
}

impl Claim {
    /// Whether an earlier attempt broke off, with or without an effect.
    #[must_use]
    pub const fn is_again(&self) -> bool {
        self.again
    }

    /// The digest of its key: an effect that has it written down is known again by it.
    #[must_use]
    pub const fn key(&self) -> &[u8] {
        &self.call.key
    }

    /// Whether its answer went into a transaction. That may have failed to commit; then the call failed too.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }
}

/// What a key stands for.
#[derive(Debug)]
pub enum Claimed {
    /// This call is to be run.
    Run(Claim),
    /// It was run before, and this was the answer.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        reply: String,
    },
    /// It runs at this moment.
    Running,
    /// The key came before with something else.
    OtherBody,
}

/// Claims a key; `number` is different in every attempt. An attempt whose `lease` has passed is given up as lost.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim(db: &Db, call: Call, number: i64, lease: Span, now: UnixMicros) -> Result<Claimed, StoreError> {
    let (user, route) = (call.user.0, call.route);
    let (key, body) = (call.key.as_slice(), call.body.as_slice());
    match exec_now!(db, INSERT_KEY, user, route, key, body, now.0, number) {
        Ok(_) => return Ok(Claimed::Run(Claim { call, number, again: false, kept: AtomicBool::new(false) })),
        Err(StoreError::Duplicate { .. }) => {}
        Err(error) => return Err(error),
    }
    // Gone since: the attempt before was refused, and this one is to be sent again.
    let Some(row) = one!(db, KeyRow, SELECT_KEY, user, route, key)? else { return Ok(Claimed::Running) };
    if row.body_digest != body {
        return Ok(Claimed::OtherBody);
    }
    if let Some(status) = row.status {
        let status = u16::try_from(status).map_err(|_| StoreError::corrupt("idempotency_keys.status"))?;
        return Ok(Claimed::Answered { status, reply: row.reply.unwrap_or_default() });
    }
    if now.since(UnixMicros(row.created_at)) < lease {
        return Ok(Claimed::Running);
    }
    let before = row.claim.unwrap_or_default();
    if exec_now!(db, TAKE_KEY_OVER, number, now.0, user, route, key, before)? == 0 {
        return Ok(Claimed::Running);
    }
    Ok(Claimed::Run(Claim { call, number, again: true, kept: AtomicBool::new(false) }))
}

/// What a call is answered, to be stored with its effect.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The claim under which it runs.
    pub claim: &'a Claim,
    /// The status.
    pub status: u16,
    /// The body.
    pub reply: &'a str,
}

/// Stores an answer in the transaction of its effect; nothing where the call has no key.
///
/// # Errors
/// [`StoreError::Busy`] when somebody else has the claim by now: the effect must not take place.
pub async fn keep(tx: &mut Tx, answer: Option<Answer<'_>>) -> Result<(), StoreError> {
    let Some(Answer { claim, status, reply }) = answer else { return Ok(()) };
    let Call { user, route, key, .. } = &claim.call;
    if exec!(tx, STORE_ANSWER, i64::from(status), reply, user.0, *route, key.as_slice(), claim.number)? == 0 {
        return Err(StoreError::Busy);
    }
    claim.kept.store(true, Ordering::Relaxed);
    Ok(())
}

/// Stores an answer behind its effect.
///
/// # Errors
/// [`StoreError`] when the database fails; the key is then left to its lease.
pub async fn keep_now(db: &Db, claim: &Claim, status: u16, reply: &str) -> Result<(), StoreError> {
    let Call { user, route, key, .. } = &claim.call;
    exec_now!(db, STORE_ANSWER, i64::from(status), reply, user.0, *route, key.as_slice(), claim.number).map(drop)
}

/// Gives a key back: the call was refused and had no effect.
///
/// # Errors
/// [`StoreError`] when the database fails; the key is then left to its lease.
pub async fn release(db: &Db, claim: &Claim) -> Result<(), StoreError> {
    let Call { user, route, key, .. } = &claim.call;
    exec_now!(db, DELETE_KEY, user.0, *route, key.as_slice(), claim.number).map(drop)
}

/// Ends a lease before its time: nobody knows what became of the call, and the next attempt need not wait to ask.
///
/// # Errors
/// [`StoreError`] when the database fails; the key is then left to its lease.
pub async fn give_up(db: &Db, claim: &Claim, lease: Span, now: UnixMicros) -> Result<(), StoreError> {
    let Call { user, route, key, .. } = &claim.call;
    exec_now!(db, END_LEASE, now.minus(lease).0, user.0, *route, key.as_slice(), claim.number).map(drop)
}

/// Forgets keys that were claimed before an instant; tells how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sweep(db: &Db, before: UnixMicros) -> Result<u64, StoreError> {
    exec_now!(db, DELETE_KEYS_BEFORE, before.0)
}
