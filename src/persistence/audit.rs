//! What was done with rights over others: append-only, each entry with the hash of its predecessor.
//!
//! The chain shows that nothing was changed, put in or taken out before its last entry; the last entry's hash stands in
//! the server's log too (`flows::audit_head`), so that a log which was cut short can be told from a whole one. A reason may name people: the
//! chain covers its salted digest, and the reason itself goes when its subject is erased.

use std::collections::HashMap;

use aws_lc_rs::digest;
use aws_lc_rs::rand;

use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::journal::GENESIS;
use crate::persistence::journal::Hash;
use crate::persistence::per;

statements! {
    // Locked on a server, so that two writers do not both follow the same entry; a file has one writer.
    SELECT_LAST_ENTRY = per(
        "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1",
        "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1 FOR UPDATE",
    );
    SELECT_HEAD = both("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1");
    INSERT_ENTRY = both(
        "INSERT INTO audit_log (seq, at, actor, action, subject, reason, salt, reason_digest, hash) VALUES (?, ?, ?, ?, \
         ?, ?, ?, ?, ?)"
    );
    SELECT_ENTRIES_AFTER = both(
        "SELECT seq, at, actor, action, subject, reason, salt, reason_digest, hash FROM audit_log WHERE seq > ? ORDER BY \
         seq LIMIT ?"
    );
    SELECT_ENTRIES_OF_SUBJECT = both(
        "SELECT seq, at, actor, action, subject, reason, salt, reason_digest, hash FROM audit_log WHERE subject = ? \
         ORDER BY seq LIMIT 1000"
    );
    FORGET_REASONS_OF_SUBJECT = both("UPDATE audit_log SET reason = NULL, salt = NULL WHERE subject = ?");
}

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// Whoever works at the machine itself, without an account.
pub const OPERATOR: UserId = UserId(0);

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An administrator's account was made.
    AdminCreated,
    /// An account was suspended.
    UserSuspended,
    /// A suspension ended.
    UserReinstated,
    /// A merchant may bid.
    MerchantVerified,
    /// A merchant may not bid.
    MerchantRejected,
    /// A verified merchant changed its name or licence and waits for verification again.
    MerchantChanged,
    /// Its owner gave an account another phone.
    PhoneChanged,
    /// Its owner had an account erased.
    AccountErased,
    /// An administrator gave an order to somebody's auction.
    AuctionOrdered,
    /// An administrator took a step in somebody's order.
    OrderDecided,
    /// An administrator had a message tried again that was given up.
    DeadLetterRetried,
    /// An administrator gave a message up for good.
    DeadLetterDropped,
}

impl Action {
    /// The word in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AdminCreated => "admin_created",
            Self::UserSuspended => "user_suspended",
            Self::UserReinstated => "user_reinstated",
            Self::MerchantVerified => "merchant_verified",
            Self::MerchantRejected => "merchant_rejected",
            Self::MerchantChanged => "merchant_changed",
            Self::PhoneChanged => "phone_changed",
            Self::AccountErased => "account_erased",
            Self::AuctionOrdered => "auction_ordered",
            Self::OrderDecided => "order_decided",
            Self::DeadLetterRetried => "dead_letter_retried",
            Self::DeadLetterDropped => "dead_letter_dropped",
        }
    }
}

/// Something that was done, to be written down.
#[derive(Clone, Debug)]
pub struct Act {
    /// By whom.
    pub actor: UserId,
    /// What.
    pub action: Action,
    /// To what: an id as on the wire.
    pub subject: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// When.
    pub at: UnixMicros,
}

row! {
    struct LastRow {
        seq: i64,
        hash: Vec<u8>,
    }
}

row! {
    /// An entry of the log.
    pub struct Entry {
        /// Its place, from 1.
        pub seq: i64,
        /// When, in Unix microseconds.
        pub at: i64,
        /// By whom.
        pub actor: i64,
        /// What, as a word.
        pub action: String,
        /// To what.
        pub subject: String,
        /// Why; `None` once its subject was erased.
        pub reason: Option<String>,
        /// Sixteen random bytes, gone with the reason.
        pub salt: Option<Vec<u8>>,
        /// SHA-256 of salt and reason.
        pub reason_digest: Vec<u8>,
        /// SHA-256 of the predecessor's hash and this entry.
        pub hash: Vec<u8>,
    }
}

impl Entry {
    fn seal(&self, prev: &[u8]) -> Hash {
        let mut sha = digest::Context::new(&digest::SHA256);
        sha.update(prev);
        for number in [self.seq, self.at, self.actor] {
            sha.update(&number.to_be_bytes());
        }
        // Lengths before texts: no other pair of texts gives the same bytes.
        for text in [&self.action, &self.subject] {
            sha.update(&(text.len() as u64).to_be_bytes());
            sha.update(text.as_bytes());
        }
        sha.update(&self.reason_digest);
        finish(sha)
    }
}

fn finish(sha: digest::Context) -> Hash {
    let mut out = [0; 32];
    out.copy_from_slice(sha.finish().as_ref());
    out
}

fn digest_of(salt: &[u8], reason: &str) -> Hash {
    let mut sha = digest::Context::new(&digest::SHA256);
    sha.update(salt);
    sha.update(reason.as_bytes());
    finish(sha)
}

/// Writes an act down, in the transaction that does it.
///
/// # Errors
/// [`StoreError::Busy`] when another entry took its place on a server; the transaction is to be repeated.
pub async fn append(tx: &mut Tx, act: &Act) -> Result<(), StoreError> {
    let last = one_in!(&mut *tx, LastRow, SELECT_LAST_ENTRY)?;
    let (seq, prev) = last.map_or((0, GENESIS.to_vec()), |last| (last.seq, last.hash));
    let mut salt = [0_u8; 16];
    rand::fill(&mut salt).map_err(|_| StoreError::unavailable("no random bytes from the operating system"))?;
    let mut entry = Entry {
        seq: seq + 1,
        at: act.at.0,
        actor: act.actor.0,
        action: act.action.word().to_owned(),
        subject: act.subject.clone(),
        reason_digest: digest_of(&salt, &act.reason).to_vec(),
        reason: Some(act.reason.clone()),
        salt: Some(salt.to_vec()),
        hash: Vec::new(),
    };
    entry.hash = entry.seal(&prev).to_vec();
    let written = exec!(
        tx,
        INSERT_ENTRY,
        entry.seq,
        entry.at,
        entry.actor,
        &entry.action,
        &entry.subject,
        &entry.reason,
        &entry.salt,
        &entry.reason_digest,
        &entry.hash
    );
    match written {
        Err(StoreError::Duplicate { .. }) => Err(StoreError::Busy),
        written => written.map(drop),
    }
}

/// Writes an act down by itself.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn record(db: &Db, act: &Act) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    append(&mut tx, act).await?;
    tx.commit().await
}

/// Takes the reasons out of all that was done to a subject. An [`Action::AccountErased`] for it must follow in the same
/// transaction: without one, [`verify`] takes the loss for damage.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) async fn forget_reasons(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    exec!(tx, FORGET_REASONS_OF_SUBJECT, subject).map(drop)
}

/// What was done to a subject, the first thousand.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of(db: &Db, subject: &str) -> Result<Vec<Entry>, StoreError> {
    all!(db, Entry, SELECT_ENTRIES_OF_SUBJECT, subject)
}

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub entries: i64,
    /// The last entry's hash.
    pub hash: Hash,
}

/// Where the log ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn head(db: &Db) -> Result<Head, StoreError> {
    let Some(last) = one!(db, LastRow, SELECT_HEAD)? else { return Ok(Head { entries: 0, hash: GENESIS }) };
    let hash = last.hash.try_into().map_err(|_| StoreError::corrupt("audit_log.hash has another length"))?;
    Ok(Head { entries: last.seq, hash })
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is as it was written.
    Whole {
        /// How many.
        entries: i64,
        /// The last entry's hash, to be compared with the one in the server's log.
        head: Hash,
    },
    /// Something was changed.
    Damaged {
        /// The first entry that shows it.
        seq: i64,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Reads the whole log and checks its chain.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn verify(db: &Db) -> Result<Verdict, StoreError> {
    let (mut last, mut prev) = (0, GENESIS.to_vec());
    // Entries without their reason, by subject: each must be excused by a later erasure.
    let mut bare: HashMap<String, i64> = HashMap::new();
    loop {
        let page = all!(db, Entry, SELECT_ENTRIES_AFTER, last, PAGE)?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if let Some(what) = fault(&entry, last + 1, &prev) {
                return Ok(Verdict::Damaged { seq: last + 1, what });
            }
            last = entry.seq;
            if entry.action == Action::AccountErased.word() {
                bare.remove(&entry.subject);
            } else if entry.reason.is_none() {
                bare.entry(entry.subject).or_insert(entry.seq);
            }
            prev = entry.hash;
        }
    }
    if let Some(seq) = bare.into_values().min() {
        return Ok(Verdict::Damaged { seq, what: "its reason is gone and its subject was not erased" });
    }
    let mut head = GENESIS;
    head.copy_from_slice(&prev);
    Ok(Verdict::Whole { entries: last, head })
}

fn fault(entry: &Entry, seq: i64, prev: &[u8]) -> Option<&'static str> {
    let reason_fits = match (&entry.reason, &entry.salt) {
        (Some(reason), Some(salt)) => digest_of(salt, reason).as_slice() == entry.reason_digest.as_slice(),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if entry.seq != seq {
        Some("it is missing")
    } else if !reason_fits {
        Some("its reason was changed")
    } else if entry.seal(prev).as_slice() != entry.hash.as_slice() {
        Some("its hash does not fit")
    } else {
        None
    }
}
