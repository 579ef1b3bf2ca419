//! Writes groups of appends: one transaction for all of them, and one auction's trouble stays its own.
//!
//! An append goes in only behind the head that it was decided on, and on a server only by the fence under which it was
//! (docs/decisions/0024). A server is asked before anything is written, with the
//! heads locked in the order of their ids, so two writers cannot wait for each other in a circle. A file has one writer and
//! checks while it inserts (`group`); only where that fails it is asked what went wrong.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use sqlx::mysql::MySqlArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Row};

use crate::domain::ids::RequestId;
use crate::limits::{APPEND_TRIES, APPEND_TRIES_SECS};
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::error::StoreError;
use crate::persistence::group;
use crate::persistence::group::Statement;
use crate::persistence::journal::{Append, Hold};
use crate::persistence::per;

statements! {
    // A server needs none.
    SELECT_LAST_PLACE = per("SELECT COALESCE(MAX(pos), 0) FROM auction_events", "SELECT CAST(0 AS SIGNED)");
}

const HEADS_AMONG: &str = "SELECT auction_id, seq FROM auction_heads WHERE auction_id IN ";

/// Why an append is not known to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Certainly not written: somebody else has gone on with this auction.
    #[error("another writer has gone on with this auction")]
    Superseded,
    /// The transaction failed. [`StoreError::Unavailable`]: nobody knows, read the journal; any other: nothing was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of each append, in their order.
pub type Outcomes = Vec<Result<(), AppendError>>;

/// Where auctions stand: the last entry of each; none for those that were never published.
type Heads = HashMap<i64, i64>;

/// Where an auction stands that another writer holds: nothing follows there.
const FENCED: i64 = -1;

/// What one attempt came to.
enum Attempt {
    Committed,
    /// Nothing was written: the auctions stand here.
    Stand(Heads),
    /// Nothing was written: the server took it back, for a deadlock or a lock it waited for in vain.
    TakenBack(StoreError),
}

/// Writes a group in one transaction: its entries, and the heads, bids and bid items that follow from them. Several
/// appends of one auction come in the order of their entries. Those that do not follow their auction's head are left out,
/// and where a row of one refuses the whole, each auction gets a transaction of its own.
///
/// Every transaction runs in a task of its own: a caller that goes away does not tear it.
pub async fn append_group(db: &Db, group: &[Append]) -> Outcomes {
    let mut outcomes: Outcomes = vec![Err(AppendError::Superseded); group.len()];
    let mut left = vec![(0..group.len()).collect::<Vec<usize>>()];
    while let Some(mut batch) = left.pop() {
        let outcome = append(db, group, &mut batch).await;
        let mut auctions: BTreeMap<RequestId, Vec<usize>> = BTreeMap::new();
        for &at in &batch {
            auctions.entry(group[at].head.request).or_default().push(at);
        }
        match outcome {
            Err(StoreError::Duplicate { .. } | StoreError::Missing) if auctions.len() > 1 => {
                left.extend(auctions.into_values());
            }
            outcome => batch.iter().for_each(|&at| outcomes[at] = outcome.clone().map_err(AppendError::from)),
        }
    }
    outcomes
}

/// Writes what of a batch follows its auction's head; the others are taken out of it.
async fn append(db: &Db, group: &[Append], batch: &mut Vec<usize>) -> Result<(), StoreError> {
    keep_following(group, batch, None);
    let since = Instant::now();
    let mut tries = 0;
    while !batch.is_empty() {
        tries += 1;
        let appends: Vec<&Append> = batch.iter().map(|&at| &group[at]).collect();
        let is_last = tries >= APPEND_TRIES || since.elapsed() > Duration::from_secs(APPEND_TRIES_SECS);
        match attempt(db, &appends).await? {
            Attempt::Committed => return Ok(()),
            Attempt::Stand(_) if is_last => return Err(StoreError::Busy),
            Attempt::TakenBack(error) if is_last => return Err(error),
            Attempt::Stand(heads) => keep_following(group, batch, Some(&heads)),
            Attempt::TakenBack(error) => {
                tracing::warn!(%error, tries, group = batch.len(), "journal: a group was taken back and is tried again");
                pause(tries).await;
            }
        }
    }
    Ok(())
}

/// Keeps those appends that follow one another and, where they are known, the heads.
fn keep_following(group: &[Append], batch: &mut Vec<usize>, heads: Option<&Heads>) {
    let mut stand: HashMap<i64, i64> = HashMap::new();
    batch.retain(|&at| {
        let Append { entries, head, .. } = &group[at];
        let Some(first) = entries.first() else { return false };
        let known = |heads: &Heads| heads.get(&head.request.0).copied().unwrap_or(0);
        let stands = *stand.entry(head.request.0).or_insert_with(|| heads.map_or(first.seq - 1, known));
        let follows = entries.iter().zip(stands + 1..).all(|(entry, seq)| entry.seq == seq);
        if follows {
            stand.insert(head.request.0, head.seq);
        }
        follows
    });
}

/// Longer with every try, and of a length that two servers do not share.
async fn pause(tries: u32) {
    let mut byte = [0];
    // Without randomness the pause is the same for all, which costs at most a try.
    let _ = rand::fill(&mut byte);
    tokio::time::sleep(Duration::from_millis(u64::from(byte[0] / 8) * u64::from(tries))).await;
}

// ------------------------------------------------------------------ one transaction

/// Sends the statements of a plan.
macro_rules! send {
    ($plan:expr, $on:expr) => {
        async {
            for Statement { text, values } in $plan {
                let text = Arc::<str>::from(text);
                let sent = sqlx::query_with(AssertSqlSafe(Arc::clone(&text)), values).execute(&mut **$on).await;
                sent.map_err(|error| StoreError::of(error, &text))?;
            }
            Ok::<(), StoreError>(())
        }
    };
}

async fn attempt(db: &Db, appends: &[&Append]) -> Result<Attempt, StoreError> {
    match db {
        Db::Sqlite { places, wal, turns, .. } => {
            let entries = appends.iter().map(|append| append.entries.len()).sum();
            let last = places.take(db, entries).await?;
            let written = write_to_file(db, appends, last).await;
            turns.journal_was_written();
            match &written {
                Ok(()) => wal.grew(entries),
                Err(_) => places.forget(),
            }
            match written {
                Ok(()) => Ok(Attempt::Committed),
                Err(StoreError::Duplicate { key: "auction_events" }) => {
                    let ids: Vec<i64> = expected(appends).into_keys().collect();
                    let heads = all_of!(db, (i64, i64), HEADS_AMONG, ids)?;
                    Ok(Attempt::Stand(heads.into_iter().collect()))
                }
                Err(error) => Err(error),
            }
        }
        Db::MySql { .. } => write_to_server(db, appends).await,
    }
}

async fn write_to_file(db: &Db, appends: &[&Append], last: i64) -> Result<(), StoreError> {
    let plan = group::plan::<SqliteArguments>(appends, last).map_err(sqlx::Error::Encode)?;
    let db = db.clone();
    in_a_task(async move {
        let mut tx = db.begin().await?;
        if let Tx::Sqlite(on) = &mut tx {
            send!(plan, on).await?;
        }
        tx.commit().await
    })
    .await
}

async fn write_to_server(db: &Db, appends: &[&Append]) -> Result<Attempt, StoreError> {
    let plan = group::plan::<MySqlArguments>(appends, 0).map_err(sqlx::Error::Encode)?;
    let expected = expected(appends);
    let fences = fences(appends);
    let ids: Vec<i64> = expected.keys().copied().collect();
    let locks = group::lock_heads(&ids).map_err(sqlx::Error::Encode)?;
    let db = db.clone();
    in_a_task(async move {
        let mut tx = db.begin_journal().await?;
        let Tx::MySql(on) = &mut tx else { return Err(StoreError::unavailable("two kinds of database")) };
        let written = async {
            let mut heads = Heads::new();
            for Statement { text, values } in locks {
                for row in sqlx::query_with(AssertSqlSafe(text), values).fetch_all(&mut **on).await? {
                    let (id, seq, fence): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                    let fenced = fences.get(&id).is_some_and(|held| *held != fence);
                    heads.insert(id, if fenced { FENCED } else { seq });
                }
            }
            if expected.iter().any(|(id, seq)| heads.get(id).copied().unwrap_or(0) != *seq) {
                return Ok(Some(heads));
            }
            send!(plan, on).await.map(|()| None)
        };
        // What is not committed is rolled back whole: the server itself undoes only the statement that waited in vain.
        match written.await {
            Ok(None) => tx.commit().await.map(|()| Attempt::Committed),
            Ok(Some(heads)) => Ok(Attempt::Stand(heads)),
            Err(StoreError::Busy) => Ok(Attempt::TakenBack(StoreError::Busy)),
            // Somebody else published the same auction: its head did not exist, so nothing could be locked.
            Err(StoreError::Duplicate { key: "auction_events" | "auction_heads" }) => {
                Ok(Attempt::TakenBack(StoreError::Duplicate { key: "auction_events" }))
            }
            Err(error) => Err(error),
        }
    })
    .await
}

/// Where each auction stood when its first append was decided, in the order of their ids.
fn expected(appends: &[&Append]) -> BTreeMap<i64, i64> {
    let firsts = appends.iter().rev().filter_map(|append| append.entries.first());
    firsts.map(|first| (first.request.0, first.seq - 1)).collect()
}

/// By which fence each auction is written, where there are several writers.
fn fences(appends: &[&Append]) -> BTreeMap<i64, i64> {
    let held = appends.iter().filter(|append| append.hold != Hold::ALONE);
    held.map(|append| (append.head.request.0, append.hold.fence)).collect()
}

async fn in_a_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|died| Err(StoreError::unavailable(format!("the writing task died: {died}"))))
}

// ------------------------------------------------------------------ places in a file

/// The last place that was given out in the journal of a file.
///
/// Places are the application's own and rise. Should another process have added entries, the next place is taken: the
/// group is refused, and the place read anew.
#[derive(Clone, Debug)]
pub struct Places(Arc<AtomicI64>);

impl Places {
    /// Not read yet.
    const UNKNOWN: i64 = -1;

    /// Places in a file whose last is unknown.
    pub(crate) fn unknown() -> Self {
        Self(Arc::new(AtomicI64::new(Self::UNKNOWN)))
    }

    /// Reads the last place, unless it is known.
    pub(crate) async fn read(&self, db: &Db) -> Result<(), StoreError> {
        let last = one!(db, (i64,), SELECT_LAST_PLACE)?.map_or(0, |(last,)| last);
        // Who came first has read the same.
        let _ = self.0.compare_exchange(Self::UNKNOWN, last, Ordering::SeqCst, Ordering::SeqCst);
        Ok(())
    }

    /// Takes so many places; returns the one before the first.
    async fn take(&self, db: &Db, many: usize) -> Result<i64, StoreError> {
        let many = i64::try_from(many).unwrap_or(0);
        let step = |last| (last != Self::UNKNOWN).then(|| last + many);
        loop {
            match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
                Ok(last) => return Ok(last),
                Err(_) => self.read(db).await?,
            }
        }
    }

    fn forget(&self) {
        self.0.store(Self::UNKNOWN, Ordering::SeqCst);
    }
}
