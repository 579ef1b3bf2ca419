//! The journal: entries and heads, an auction loaded, where each one stands. `append` writes it.
//!
//! Every entry carries the hash of its predecessor, so a byte that changed, a missing or a foreign entry is found when
//! the log is read. A second writer's entry n is refused by the head, behind which each entry must follow; on a file, where
//! the entries of all auctions lie in the order of their arrival, while they are inserted (`group`).

use aws_lc_rs::digest;

use crate::domain::auction::board::State;
use crate::domain::auction::event::Event;
use crate::domain::ids::{RequestId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::event_json;
use crate::persistence::per;

/// The entries of an auction (`?1`) behind a number, at most `?3`, from a file. They lie among those of other auctions, each
/// with the place of its predecessor. The first and every 64th behind it are indexed: such a one at or behind the last
/// that is wanted, or else the head, leads back.
macro_rules! walk {
    ($columns:literal, $after:literal, $limit:literal) => {
        concat!(
            "WITH RECURSIVE back (pos, prev, seq) AS (SELECT e.pos, e.prev, e.seq FROM auction_events e WHERE e.pos = \
             COALESCE((SELECT m.pos FROM auction_events m WHERE m.auction_id = ?1 AND m.seq >= ",
            $after,
            " + ",
            $limit,
            " AND m.seq % 64 = 1 ORDER BY m.seq LIMIT 1), (SELECT h.position FROM auction_heads h WHERE h.auction_id = ?1)) \
             UNION ALL SELECT e.pos, e.prev, e.seq FROM back b CROSS JOIN auction_events e ON e.pos = b.prev WHERE b.seq > ",
            $after,
            " + 1) SELECT ",
            $columns,
            " FROM back b CROSS JOIN auction_events e ON e.pos = b.pos WHERE b.seq > ",
            $after,
            " ORDER BY b.seq LIMIT ",
            $limit
        )
    };
}

statements! {
    SELECT_ENTRIES_OF_AUCTION_AFTER = per(
        walk!("e.seq, e.at, e.kind, e.payload, e.hash", "?2", "?3"),
        "SELECT seq, at, kind, payload, hash FROM auction_events WHERE auction_id = ? AND seq > ? ORDER BY seq LIMIT ?",
    );
    SELECT_HASH_OF_ENTRY = per(
        walk!("e.hash", "?2 - 1", "1"),
        "SELECT hash FROM auction_events WHERE auction_id = ? AND seq = ?",
    );
    SELECT_HEAD_OF_AUCTION = both(
        "SELECT auction_id, owner_id, seq, hash, state, expiry, paused, opens_at, closes_at, review_until, total_bids, \
         live_bids, best_landed, updated_at FROM auction_heads WHERE auction_id = ?",
    );
    SELECT_OPEN_HEADS = both(
        "SELECT auction_id, owner_id, seq, hash, state, expiry, paused, opens_at, closes_at, review_until, total_bids, \
         live_bids, best_landed, updated_at FROM auction_heads WHERE state IN ('published', 'bidding_open', \
         'bidding_closed', 'reviewing') ORDER BY closes_at, auction_id",
    );
    SELECT_HEADS_AFTER = both(
        "SELECT auction_id, owner_id, seq, hash, state, expiry, paused, opens_at, closes_at, review_until, total_bids, \
         live_bids, best_landed, updated_at FROM auction_heads WHERE auction_id > ? ORDER BY auction_id LIMIT ?",
    );
}

/// Entries read at a time: a read that lasts long keeps the WAL from being checkpointed.
const PAGE: i64 = 2_048;

/// A SHA-256.
pub type Hash = [u8; 32];
/// What stands before the first entry of every auction.
pub const GENESIS: Hash = [0; 32];

/// One entry of an auction's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The auction.
    pub request: RequestId,
    /// From 1, gapless.
    pub seq: i64,
    /// When it was decided.
    pub at: UnixMicros,
    /// What happened.
    pub event: Event,
    /// What is stored of it: versioned JSON.
    pub payload: String,
    /// SHA-256 over the predecessor's hash, auction, seq and instant (64 bits each, big-endian) and the payload.
    pub hash: Hash,
}

impl Entry {
    /// The entry that follows the one with the hash `prev`, [`GENESIS`] before the first.
    #[must_use]
    pub fn seal(prev: &Hash, request: RequestId, seq: i64, at: UnixMicros, event: Event) -> Self {
        let payload = event_json::write(&event);
        let hash = hash(prev, request, seq, at, &payload);
        Self { request, seq, at, event, payload, hash }
    }
}

fn hash(prev: &Hash, request: RequestId, seq: i64, at: UnixMicros, payload: &str) -> Hash {
    let mut sha = digest::Context::new(&digest::SHA256);
    sha.update(prev);
    for number in [request.0, seq, at.0] {
        sha.update(&number.to_be_bytes());
    }
    sha.update(payload.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(sha.finish().as_ref());
    out
}

/// Where an auction stands after its last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The auction.
    pub request: RequestId,
    /// The customer.
    pub owner: UserId,
    /// The last entry.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
    /// The state.
    pub state: State,
    /// Whether bidding is paused.
    pub paused: bool,
    /// When bidding opens or opened.
    pub opens_at: UnixMicros,
    /// The deadline in force, exclusive.
    pub closes_at: UnixMicros,
    /// When the review ends, while there is one.
    pub review_until: Option<UnixMicros>,
    /// Bids ever placed or revised.
    pub total_bids: u32,
    /// Live bids.
    pub live_bids: u32,
    /// The lowest landed total among them.
    pub best_landed: Option<AmountMinor>,
    /// When the last entry was decided.
    pub updated_at: UnixMicros,
}

/// Whose an auction is, and since which change of hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hold {
    /// The node; 0 for nobody.
    pub node: i64,
    /// Grows by one with every change of hands.
    pub fence: i64,
}

impl Hold {
    /// Of a process that shares its database with no other.
    pub const ALONE: Self = Self { node: 0, fence: 0 };
}

/// One auction's new entries, at least one and consecutive, and its head after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// By which right they are written.
    pub hold: Hold,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The head after the last of them.
    pub head: Head,
}

row! {
    /// A row of `auction_events`, unchecked.
    pub(super) struct EntryRow {
        seq: i64,
        at: i64,
        kind: String,
        payload: String,
        hash: Vec<u8>,
    }
}

/// Consecutive entries of an auction, unchecked.
pub(super) struct EntryPage {
    pub(super) rows: Vec<EntryRow>,
}

impl EntryPage {
    /// Whether nothing came behind it when it was read.
    pub(super) fn is_last(&self) -> bool {
        i64::try_from(self.rows.len()).unwrap_or(0) < PAGE
    }
}

/// The entries of an auction right after `seq`, as many as are read at a time.
pub(super) async fn page_after(db: &Db, request: RequestId, seq: i64) -> Result<EntryPage, StoreError> {
    let rows = all!(db, EntryRow, SELECT_ENTRIES_OF_AUCTION_AFTER, request.0, seq, PAGE)?;
    Ok(EntryPage { rows })
}

row! {
    /// A row of `auction_heads`.
    pub(crate) struct HeadRow {
        pub(crate) auction_id: i64,
        pub(crate) owner_id: i64,
        pub(crate) seq: i64,
        pub(crate) hash: Vec<u8>,
        pub(crate) state: String,
        pub(crate) expiry: Option<String>,
        pub(crate) paused: i64,
        pub(crate) opens_at: i64,
        pub(crate) closes_at: i64,
        pub(crate) review_until: Option<i64>,
        pub(crate) total_bids: i64,
        pub(crate) live_bids: i64,
        pub(crate) best_landed: Option<i64>,
        pub(crate) updated_at: i64,
    }
}

impl HeadRow {
    fn read(self) -> Result<Head, StoreError> {
        let damaged = || StoreError::corrupt(format!("the head of auction {}", self.auction_id));
        Ok(Head {
            request: RequestId(self.auction_id),
            owner: UserId(self.owner_id),
            seq: self.seq,
            hash: Hash::try_from(self.hash.as_slice()).map_err(|_| damaged())?,
            state: event_json::read_state(&self.state, self.expiry.as_deref()).ok_or_else(damaged)?,
            paused: self.paused != 0,
            opens_at: UnixMicros(self.opens_at),
            closes_at: UnixMicros(self.closes_at),
            review_until: self.review_until.map(UnixMicros),
            total_bids: u32::try_from(self.total_bids).map_err(|_| damaged())?,
            live_bids: u32::try_from(self.live_bids).map_err(|_| damaged())?,
            best_landed: self.best_landed.map(AmountMinor),
            updated_at: UnixMicros(self.updated_at),
        })
    }
}

/// The entries of an auction after `after_seq`, in order, each checked against the chain; none for an auction that
/// was never published.
///
/// # Errors
/// [`StoreError::Corrupt`] names the entry that is missing, unreadable or not the one that was written.
pub async fn load(db: &Db, request: RequestId, after_seq: i64) -> Result<Vec<Entry>, StoreError> {
    // The head first: entries that are committed meanwhile lie behind it and are none the worse for it.
    let head = find_head(db, request).await?;
    let mut prev = hash_of(db, request, after_seq).await?;
    let mut seq = after_seq;
    let mut entries = Vec::new();
    loop {
        let page = page_after(db, request, seq).await?;
        let last = page.is_last();
        // Hashing and parsing are most of a restart's work; off this thread they use every core.
        let checked = tokio::task::spawn_blocking(move || check_page(&prev, request, seq, page.rows)).await;
        let checked = checked.map_err(|died| StoreError::unavailable(format!("the checking task died: {died}")))??;
        if let Some(entry) = checked.last() {
            (prev, seq) = (entry.hash, entry.seq);
        }
        entries.extend(checked);
        if last {
            break;
        }
    }
    let Some(head) = head else { return Ok(entries) };
    if head.seq > seq {
        return Err(damage(request, seq + 1, "is missing"));
    }
    let named = usize::try_from(head.seq - after_seq - 1).ok().and_then(|at| entries.get(at));
    if named.is_some_and(|entry| entry.hash != head.hash) {
        return Err(damage(request, head.seq, "is not the one the head names"));
    }
    Ok(entries)
}

/// The entries of an auction behind the one with this number and hash, in order, each checked against the chain. What is
/// committed while this reads may be missing.
///
/// # Errors
/// As [`load`].
pub async fn load_behind(db: &Db, request: RequestId, seq: i64, hash: &Hash) -> Result<Vec<Entry>, StoreError> {
    let (mut seq, mut hash) = (seq, *hash);
    let mut entries = Vec::new();
    loop {
        let page = page_after(db, request, seq).await?;
        let last = page.is_last();
        entries.extend(check_page(&hash, request, seq, page.rows)?);
        if let Some(entry) = entries.last() {
            (seq, hash) = (entry.seq, entry.hash);
        }
        if last {
            return Ok(entries);
        }
    }
}

/// At most `limit` entries of an auction after `after_seq`, in order, each checked against the one before it.
///
/// # Errors
/// As [`load`]; an entry that is missing at the end is not noticed.
pub async fn load_page(db: &Db, request: RequestId, after_seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let prev = hash_of(db, request, after_seq).await?;
    let page = all!(db, EntryRow, SELECT_ENTRIES_OF_AUCTION_AFTER, request.0, after_seq, i64::from(limit))?;
    check_page(&prev, request, after_seq, page)
}

/// A stored entry as it lies there, whether or not it is the one that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lying {
    /// Its place.
    pub seq: i64,
    /// When it says that it was decided.
    pub at: UnixMicros,
    /// The kind beside the payload.
    pub kind: String,
    /// What happened, as stored.
    pub payload: String,
    /// Its hash as stored; what is no SHA-256 is zeroes.
    pub hash: Hash,
    /// Whether it is the one that follows its predecessor's stored hash.
    pub fits: bool,
}

impl Lying {
    /// The payload, where it may leave the server: a floor is shown to nobody.
    #[must_use]
    pub fn public_payload(&self) -> Option<&str> {
        (!event_json::names_floor(&self.payload)).then_some(&self.payload)
    }
}

/// At most `limit` entries of an auction after `after_seq`, in order, also those that were changed: for whoever checks them.
/// What is missing is not there; on a file nothing before a missing entry is either.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn load_lying(db: &Db, request: RequestId, after_seq: i64, limit: u32) -> Result<Vec<Lying>, StoreError> {
    let sha = |bytes: &[u8]| Hash::try_from(bytes).unwrap_or(GENESIS);
    let (mut seq, mut prev) = (after_seq, GENESIS);
    if after_seq > 0
        && let Some((stored,)) = one!(db, (Vec<u8>,), SELECT_HASH_OF_ENTRY, request.0, after_seq)?
    {
        prev = sha(&stored);
    }
    let rows = all!(db, EntryRow, SELECT_ENTRIES_OF_AUCTION_AFTER, request.0, after_seq, i64::from(limit))?;
    let lying = rows.into_iter().map(|row| {
        let fits = check(&prev, request, seq + 1, &row.as_stored()).is_ok();
        (seq, prev) = (row.seq, sha(&row.hash));
        let EntryRow { seq, at, kind, payload, .. } = row;
        Lying { seq, at: UnixMicros(at), kind, payload, hash: prev, fits }
    });
    Ok(lying.collect())
}

/// Who called an auction off, and why; none where nobody did.
///
/// # Errors
/// As [`load`].
pub async fn find_cancellation(db: &Db, request: RequestId) -> Result<Option<(UserId, String)>, StoreError> {
    let Some(head) = find_head(db, request).await?.filter(|head| head.state == State::Cancelled) else {
        return Ok(None);
    };
    // Nothing comes behind it.
    let last = load_page(db, request, head.seq.saturating_sub(1), 1).await?.pop();
    Ok(last.and_then(|entry| if let Event::Cancelled { by, reason } = entry.event { Some((by, reason)) } else { None }))
}

/// What the entry behind `seq` is chained to.
async fn hash_of(db: &Db, request: RequestId, seq: i64) -> Result<Hash, StoreError> {
    if seq == 0 {
        return Ok(GENESIS);
    }
    let stored = one!(db, (Vec<u8>,), SELECT_HASH_OF_ENTRY, request.0, seq)?;
    let (stored,) = stored.ok_or_else(|| damage(request, seq, "is missing"))?;
    Hash::try_from(stored.as_slice()).map_err(|_| damage(request, seq, "has no hash"))
}

fn check_page(prev: &Hash, request: RequestId, after: i64, page: Vec<EntryRow>) -> Result<Vec<Entry>, StoreError> {
    let mut prev = *prev;
    let numbered = (after + 1..).zip(page);
    let check_next = |(seq, row)| {
        let entry = check_row(&prev, request, seq, row)?;
        prev = entry.hash;
        Ok(entry)
    };
    numbered.map(check_next).collect()
}

/// A stored entry as the driver lent it, unchecked.
pub(super) struct Stored<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) kind: &'a str,
    pub(super) payload: &'a str,
    pub(super) hash: &'a [u8],
}

impl EntryRow {
    pub(super) fn as_stored(&self) -> Stored<'_> {
        let Self { seq, at, kind, payload, hash } = self;
        Stored { seq: *seq, at: *at, kind, payload, hash }
    }
}

fn check_row(prev: &Hash, request: RequestId, seq: i64, row: EntryRow) -> Result<Entry, StoreError> {
    let (event, hash) = check(prev, request, seq, &row.as_stored())?;
    Ok(Entry { request, seq, at: UnixMicros(row.at), event, payload: row.payload, hash })
}

/// The event of a stored entry and its hash, where it is the one that follows the hash `prev`.
pub(super) fn check(
    prev: &Hash,
    request: RequestId,
    seq: i64,
    stored: &Stored<'_>,
) -> Result<(Event, Hash), StoreError> {
    if stored.seq != seq {
        return Err(damage(request, seq, "is missing"));
    }
    let hash = hash(prev, request, seq, UnixMicros(stored.at), stored.payload);
    // The kind is a copy for queries and outside the hash, so it is compared with the payload's own.
    if stored.hash != hash || event_json::read_kind(stored.payload) != Some(stored.kind) {
        return Err(damage(request, seq, "was changed after it was written"));
    }
    let event = event_json::read(stored.payload).map_err(|_| damage(request, seq, "is of a kind unknown here"))?;
    Ok((event, hash))
}

/// Says what is wrong with an entry.
pub(super) fn damage(request: RequestId, seq: i64, what: &str) -> StoreError {
    StoreError::corrupt(format!("entry {seq} of {request} {what}"))
}

/// Every auction that has not ended, by deadline.
///
/// # Errors
/// [`StoreError`] when the database fails or a head cannot be read.
pub async fn list_open_heads(db: &Db) -> Result<Vec<Head>, StoreError> {
    all!(db, HeadRow, SELECT_OPEN_HEADS)?.into_iter().map(HeadRow::read).collect()
}

/// Every auction there ever was, by id: at most `limit` of them behind `after`.
///
/// # Errors
/// [`StoreError`] when the database fails or a head cannot be read.
pub async fn list_heads_after(db: &Db, after: RequestId, limit: u32) -> Result<Vec<Head>, StoreError> {
    all!(db, HeadRow, SELECT_HEADS_AFTER, after.0, i64::from(limit))?.into_iter().map(HeadRow::read).collect()
}

/// Where an auction stands; `None` when it was never published.
///
/// # Errors
/// [`StoreError`] when the database fails or the head cannot be read.
pub async fn find_head(db: &Db, request: RequestId) -> Result<Option<Head>, StoreError> {
    one!(db, HeadRow, SELECT_HEAD_OF_AUCTION, request.0)?.map(HeadRow::read).transpose()
}
