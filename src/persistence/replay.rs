//! Auctions as their journals fold: one for whoever asks for it, many at a time for a restart.
//!
//! Entries are folded as they are read and then dropped, so their text is never in memory as a whole. Reading stays on
//! the database's threads, checking and folding are on the blocking pool: together they use every core.

use std::collections::BTreeMap;
use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use sqlx::Row as _;

use crate::domain::auction::board::Happened;
use crate::domain::auction::event::Event;
use crate::domain::auction::state::Auction;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::event_json;
use crate::persistence::journal;
use crate::persistence::journal::GENESIS;
use crate::persistence::journal::Hash;
use crate::persistence::journal::Head;
use crate::persistence::journal::Stored;
use crate::persistence::per;

/// What one statement asks for: as many marks as [`BATCH_AUCTIONS`].
macro_rules! marks {
    () => {
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

// Entries as text, one a line; JSON has no line breaks of its own. A file gives all lines of an auction as one row: a row
// costs the driver as much as checking and folding it does. A server cuts what is put together so, and gives a row for each.
//
// On a file entries are found backwards from the head, each behind the one that it follows, so the way ends.
statements! {
    SELECT_LINES_OF_AUCTIONS = per(
        concat!(
            "WITH RECURSIVE back (auction_id, seq, pos, prev, line) AS (SELECT h.auction_id, e.seq, e.pos, e.prev, \
             e.seq || ' ' || e.at || ' ' || e.kind || ' ' || lower(hex(e.hash)) || ' ' || e.payload FROM auction_heads h \
             CROSS JOIN auction_events e ON e.pos = h.position WHERE h.auction_id IN ",
            marks!(),
            " UNION ALL SELECT b.auction_id, e.seq, e.pos, e.prev, \
             e.seq || ' ' || e.at || ' ' || e.kind || ' ' || lower(hex(e.hash)) || ' ' || e.payload FROM back b \
             CROSS JOIN auction_events e ON e.pos = b.prev WHERE b.prev < b.pos) \
             SELECT auction_id, group_concat(line, char(10) ORDER BY seq) FROM back GROUP BY auction_id",
        ),
        concat!(
            "SELECT auction_id, CONCAT(seq, ' ', at, ' ', kind, ' ', LOWER(HEX(hash)), ' ', payload) \
             FROM auction_events WHERE auction_id IN ",
            marks!(),
            " ORDER BY auction_id, seq",
        ),
    );
}

/// Auctions of one statement.
const BATCH_AUCTIONS: usize = 32;
/// Heads that are read at a time where every journal is replayed.
const PAGE_HEADS: u32 = 1_024;
/// Entries of one statement, unless a single auction has more.
const BATCH_ENTRIES: i64 = 4_096;

/// An auction in the state to which its journal folds.
#[derive(Debug)]
pub struct Folded {
    /// The state.
    pub state: Auction,
    /// The hash of the last entry.
    pub hash: Hash,
}

/// Heads in pieces that [`fold_batch`] takes, in their order.
pub fn batches(heads: &[Head]) -> impl Iterator<Item = &[Head]> {
    let mut rest = heads;
    std::iter::from_fn(move || {
        let mut entries = 0;
        let fits = |head: &&Head| {
            entries += head.seq;
            entries <= BATCH_ENTRIES
        };
        let count = rest.iter().take(BATCH_AUCTIONS).take_while(fits).count().max(1);
        let (batch, behind) = rest.split_at_checked(count)?;
        rest = behind;
        Some(batch)
    })
}

/// The auctions with these heads, which are one of the [`batches`], in their order.
///
/// # Errors
/// [`StoreError::Corrupt`] names the entry that is missing, unreadable or not the one that was written.
pub async fn fold_batch(db: &Db, heads: &[Head]) -> Result<Vec<Folded>, StoreError> {
    if let [head] = heads {
        let (folded, _) = fold_pages(db, Fold::new(head)).await?.end()?;
        return Ok(vec![folded]);
    }
    let (db, heads, here) = (db.clone(), heads.to_vec(), tokio::runtime::Handle::current());
    macro_rules! on {
        ($pool:expr, $text:expr) => {{
            // Every statement has the same text; the last auction stands for those that a smaller batch lacks.
            let named = heads.iter().chain(std::iter::repeat_n(heads.last(), BATCH_AUCTIONS).flatten());
            let query = named.take(BATCH_AUCTIONS).fold(sqlx::query($text), |query, head| query.bind(head.request.0));
            let (mut folds, mut rows) = (Folds::new(&heads), query.fetch($pool));
            while let Some(row) = rows.try_next().await? {
                folds.read(row.try_get(0)?, row.try_get(1)?)?;
            }
            folds.end(&heads)
        }};
    }
    let fold = async move {
        match &db {
            Db::Sqlite { r, .. } => on!(r, SELECT_LINES_OF_AUCTIONS.sqlite),
            Db::MySql { pool, .. } => on!(pool, SELECT_LINES_OF_AUCTIONS.mysql),
        }
    };
    let folded = tokio::task::spawn_blocking(move || here.block_on(fold)).await;
    folded.unwrap_or_else(|died| Err(died_of(&died)))
}

/// One auction, and its last `repeated` events as a room is told of them; `None` when it was never published.
///
/// # Errors
/// As [`fold_batch`].
pub async fn fold_one(
    db: &Db,
    request: RequestId,
    repeated: usize,
) -> Result<Option<(Folded, Vec<Happened>)>, StoreError> {
    // The head first: entries that are committed meanwhile lie behind it and are none the worse for it.
    let Some(head) = journal::find_head(db, request).await? else { return Ok(None) };
    let mut fold = Fold::new(&head);
    fold.quiet_until = head.seq.saturating_sub(i64::try_from(repeated).unwrap_or(i64::MAX));
    fold_pages(db, fold).await?.end().map(Some)
}

/// The rank that each of these merchants' bids had right after it came in this version.
///
/// # Errors
/// As [`fold_batch`].
pub async fn own_ranks(
    db: &Db,
    request: RequestId,
    versions: BTreeMap<UserId, u32>,
) -> Result<HashMap<UserId, u32>, StoreError> {
    let Some(head) = journal::find_head(db, request).await? else { return Ok(HashMap::new()) };
    let fold = Fold { versions, ..Fold::new(&head) };
    fold_pages(db, fold).await.map(|fold| fold.ranks)
}

async fn fold_pages(db: &Db, mut fold: Fold) -> Result<Fold, StoreError> {
    loop {
        let page = journal::page_after(db, fold.head.request, fold.seq).await?;
        let last = page.is_last();
        let folded = tokio::task::spawn_blocking(move || {
            page.rows.iter().try_for_each(|row| fold.next(&row.as_stored()))?;
            Ok(fold)
        });
        fold = folded.await.unwrap_or_else(|died| Err(died_of(&died)))?;
        if last {
            return Ok(fold);
        }
    }
}

/// What was replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Auctions.
    pub auctions: u64,
    /// Entries of their journals.
    pub entries: u64,
}

/// Folds the journal of every auction there ever was: each entry is the one that was written, none is missing, and what
/// lists show of an auction is what its journal says.
///
/// # Errors
/// [`StoreError::Corrupt`] names the first entry or auction of which that is not so.
pub async fn replay_all(db: &Db) -> Result<Replayed, StoreError> {
    let (mut done, mut after) = (Replayed::default(), RequestId(0));
    loop {
        let heads = journal::list_heads_after(db, after, PAGE_HEADS).await?;
        let Some(last) = heads.last() else { return Ok(done) };
        after = last.request;
        for batch in batches(&heads) {
            for (head, folded) in batch.iter().zip(fold_batch(db, batch).await?) {
                let told = folded.state.outline();
                let is_shown = (head.state, head.paused, head.closes_at, head.review_until)
                    == (told.state, told.paused, told.closes_at, told.review_until)
                    && (head.total_bids, head.live_bids, head.best_landed)
                        == (told.total_bids, told.live_bids, told.best_landed);
                if !is_shown {
                    let what = format!("the head of {} does not show what its journal says", head.request);
                    return Err(StoreError::corrupt(what));
                }
                done.auctions += 1;
                done.entries += head.seq.unsigned_abs();
            }
        }
    }
}

/// Several auctions on their way through their journals.
struct Folds(HashMap<i64, Fold>);

impl Folds {
    fn new(heads: &[Head]) -> Self {
        Self(heads.iter().map(|head| (head.request.0, Fold::new(head))).collect())
    }

    /// Takes lines of an auction, which follow those that came before.
    fn read(&mut self, auction: i64, lines: &str) -> Result<(), StoreError> {
        let Some(fold) = self.0.get_mut(&auction) else { return Ok(()) };
        lines.split('\n').try_for_each(|line| fold.read(line))
    }

    fn end(mut self, heads: &[Head]) -> Result<Vec<Folded>, StoreError> {
        let in_order = heads.iter().filter_map(|head| self.0.remove(&head.request.0));
        in_order.map(|fold| fold.end().map(|(folded, _)| folded)).collect()
    }
}

/// An auction on its way through its journal.
struct Fold {
    head: Head,
    state: Option<Auction>,
    /// Of the last entry so far.
    seq: i64,
    hash: Hash,
    /// Events up to this one are nobody's news.
    quiet_until: i64,
    happened: Vec<Happened>,
    /// Bids whose first ranks are wanted, and what they were.
    versions: BTreeMap<UserId, u32>,
    ranks: HashMap<UserId, u32>,
}

impl Fold {
    fn new(head: &Head) -> Self {
        Self {
            head: head.clone(),
            state: None,
            seq: 0,
            hash: GENESIS,
            quiet_until: i64::MAX,
            happened: Vec::new(),
            versions: BTreeMap::new(),
            ranks: HashMap::new(),
        }
    }

    fn read(&mut self, line: &str) -> Result<(), StoreError> {
        let damaged = || journal::damage(self.head.request, self.seq + 1, "was changed after it was written");
        let mut words = line.splitn(5, ' ');
        let mut word = || words.next().ok_or_else(damaged);
        let (seq, at, kind, hash, payload) = (word()?, word()?, word()?, word()?, word()?);
        let hash = event_json::read_hex::<32>(hash).ok_or_else(damaged)?;
        let number = |word: &str| word.parse().map_err(|_| damaged());
        self.next(&Stored { seq: number(seq)?, at: number(at)?, kind, payload, hash: &hash })
    }

    fn next(&mut self, stored: &Stored<'_>) -> Result<(), StoreError> {
        let (event, hash) = journal::check(&self.hash, self.head.request, self.seq + 1, stored)?;
        (self.seq, self.hash) = (self.seq + 1, hash);
        let at = UnixMicros(stored.at);
        if self.seq == self.head.seq && self.hash != self.head.hash {
            return Err(journal::damage(self.head.request, self.seq, "is not the one the head names"));
        }
        if let Some(state) = &mut self.state {
            state.apply(&event, at);
            let content = event.content();
            if let Some(content) = content.filter(|bid| self.versions.get(&bid.merchant) == Some(&bid.version)) {
                let standing = state.standing(content.merchant);
                self.ranks.extend(standing.map(|standing| (content.merchant, standing.rank)));
            }
            if self.seq > self.quiet_until {
                self.happened.push(state.happened(event, at));
            }
            return Ok(());
        }
        let Event::Published(terms) = event else {
            return Err(journal::damage(self.head.request, self.seq, "is the first and no publication"));
        };
        self.state = Some(Auction::published(terms, at));
        Ok(())
    }

    fn end(self) -> Result<(Folded, Vec<Happened>), StoreError> {
        let whole = self.state.filter(|_| self.seq >= self.head.seq);
        let state = whole.ok_or_else(|| journal::damage(self.head.request, self.seq + 1, "is missing"))?;
        Ok((Folded { state, hash: self.hash }, self.happened))
    }
}

fn died_of(died: &tokio::task::JoinError) -> StoreError {
    StoreError::unavailable(format!("the folding task died: {died}"))
}
