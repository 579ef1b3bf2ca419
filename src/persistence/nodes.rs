//! Which processes live, and whose each auction is.
//!
//! Times here are by the database's clock: it alone judges whether a lease ran out. Whose an auction is stands beside its
//! head; a claim counts from its commit on, and [`crate::persistence::append::append_group`] refuses who was superseded.

use crate::domain::auction::board::State;
use crate::domain::ids::RequestId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::event_json;
use crate::persistence::journal::Hold;
use crate::persistence::per;

/// The database's time in microseconds, on a file and on a server.
macro_rules! at_now {
    ($before:literal, $after:literal) => {
        per(
            concat!($before, "CAST(unixepoch('subsec') * 1000000 AS INTEGER)", $after),
            concat!($before, "CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)", $after),
        )
    };
}

/// The columns of [`HeldRow`].
macro_rules! select_holds {
    ($where:literal) => {
        concat!(
            "SELECT auction_id, seq, state, expiry, COALESCE(node, 0) AS node, COALESCE(fence, 0) AS fence FROM \
             auction_heads WHERE ",
            $where
        )
    };
}

statements! {
    SELECT_NODES = at_now!(
        "SELECT number, boot_id, address, renewed_at, ",
        " AS now_at FROM nodes ORDER BY number"
    );
    INSERT_NODE = both(
        "INSERT INTO nodes (number, boot_id, address, started_at, renewed_at) VALUES (?, ?, ?, 0, 0)",
    );
    START_NODE = at_now!("UPDATE nodes SET started_at = ", " WHERE number = ? AND boot_id = ?");
    REPLACE_NODE = both("UPDATE nodes SET boot_id = ?, address = ? WHERE number = ? AND boot_id = ?");
    RENEW_NODE = at_now!("UPDATE nodes SET renewed_at = ", " WHERE number = ? AND boot_id = ?");
    DELETE_NODE = both("DELETE FROM nodes WHERE number = ? AND boot_id = ?");
    SELECT_HOLD = both(select_holds!("auction_id = ?"));
    SELECT_OPEN_HOLDS = both(select_holds!("state IN ('published', 'bidding_open', 'bidding_closed', 'reviewing')"));
    CLAIM = both("UPDATE auction_heads SET node = ?, fence = ? WHERE auction_id = ? AND COALESCE(fence, 0) = ?");
    RELEASE = both(
        "UPDATE auction_heads SET node = 0, fence = COALESCE(fence, 0) + 1 WHERE state IN ('published', 'bidding_open', \
         'bidding_closed', 'reviewing') AND node = ?",
    );
}

/// Holds of these auctions; the list in brackets follows.
const SELECT_HOLDS: &str = select_holds!("auction_id IN ");

/// Auctions of one statement or transaction.
const CHUNK: usize = 256;

row! {
    /// A process that serves, or did.
    pub struct Node {
        /// Its number, from 1.
        pub number: i64,
        /// Which of its lives.
        pub boot_id: i64,
        /// Where the others reach it.
        pub address: String,
        /// When it last said that it lives, by the database's clock.
        pub renewed_at: UnixMicros,
        /// The database's clock when this was read.
        pub now_at: UnixMicros,
    }
}

impl Node {
    /// Whether its lease runs.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.now_at.since(self.renewed_at) <= Span::secs(limits::NODE_LEASE_SECS)
    }
}

row! {
    struct HeldRow {
        auction_id: i64,
        seq: i64,
        state: String,
        expiry: Option<String>,
        node: i64,
        fence: i64,
    }
}

/// Whose an auction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The auction.
    pub request: RequestId,
    /// Its last entry.
    pub seq: i64,
    /// Whether it has ended.
    pub terminal: bool,
    /// Who writes it, and since which change of hands.
    pub hold: Hold,
}

impl HeldRow {
    fn read(self) -> Result<Held, StoreError> {
        let state: State = event_json::read_state(&self.state, self.expiry.as_deref())
            .ok_or_else(|| StoreError::corrupt(format!("the head of auction {}", self.auction_id)))?;
        let hold = Hold { node: self.node, fence: self.fence };
        Ok(Held { request: RequestId(self.auction_id), seq: self.seq, terminal: state.is_terminal(), hold })
    }
}

/// Every process that serves or did lately, by number.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db) -> Result<Vec<Node>, StoreError> {
    all!(db, Node, SELECT_NODES)
}

/// Takes a number for a process that listens at `address`, and starts its lease. Answers with the number and when its
/// last holder was last known to live.
///
/// A process that can listen at an address has survived whoever listened there before: it takes that one's number and
/// need not wait for its lease. Otherwise it is the lowest number that nobody has, or one whose holder is gone for long.
///
/// # Errors
/// [`StoreError::Busy`] where others were faster every time, or no number is left; or when the database fails.
pub async fn take(db: &Db, boot: i64, address: &str) -> Result<(i64, Option<UnixMicros>), StoreError> {
    for _ in 0..limits::NODES_MAX {
        let nodes = list(db).await?;
        let long_gone = |node: &&Node| node.now_at.since(node.renewed_at) > Span::secs(limits::NODE_NUMBER_KEPT_SECS);
        let free = (1..=limits::NODES_MAX).find(|number| nodes.iter().all(|node| node.number != *number));
        let same = nodes.iter().find(|node| node.address == address);
        let number = match (same.or_else(|| nodes.iter().find(long_gone).filter(|_| free.is_none())), free) {
            (Some(before), _) => {
                if exec_now!(db, REPLACE_NODE, boot, address, before.number, before.boot_id)? != 1 {
                    continue;
                }
                before.number
            }
            (None, Some(free)) => match exec_now!(db, INSERT_NODE, free, boot, address) {
                Ok(_) => free,
                Err(StoreError::Duplicate { .. }) => continue,
                Err(error) => return Err(error),
            },
            (None, None) => return Err(StoreError::Busy),
        };
        exec_now!(db, START_NODE, number, boot)?;
        if renew(db, number, boot).await? {
            let before = nodes.iter().find(|node| node.number == number && node.address == address);
            return Ok((number, before.map(|node| node.renewed_at)));
        }
    }
    Err(StoreError::Busy)
}

/// Goes on with a lease. `false`: the number is another's by now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn renew(db: &Db, number: i64, boot: i64) -> Result<bool, StoreError> {
    Ok(exec_now!(db, RENEW_NODE, number, boot)? == 1)
}

/// Gives every open auction of a process back, then its number. What it still has in flight is refused.
///
/// # Errors
/// [`StoreError`] when the database fails; the lease then runs out by itself.
pub async fn leave(db: &Db, number: i64, boot: i64) -> Result<u64, StoreError> {
    let released = exec_now!(db, RELEASE, number)?;
    exec_now!(db, DELETE_NODE, number, boot)?;
    Ok(released)
}

/// Whose an auction is; `None` when it was never published.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_hold(db: &Db, request: RequestId) -> Result<Option<Held>, StoreError> {
    one!(db, HeldRow, SELECT_HOLD, request.0)?.map(HeldRow::read).transpose()
}

/// Whose these auctions are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_holds(db: &Db, requests: &[RequestId]) -> Result<Vec<Held>, StoreError> {
    let mut held = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(CHUNK) {
        for row in all_of!(db, HeldRow, SELECT_HOLDS, chunk.iter().map(|request| request.0))? {
            held.push(row.read()?);
        }
    }
    Ok(held)
}

/// Whose every auction is that has not ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_open_holds(db: &Db) -> Result<Vec<Held>, StoreError> {
    all!(db, HeldRow, SELECT_OPEN_HOLDS)?.into_iter().map(HeldRow::read).collect()
}

/// Takes auctions over, as they were when they were looked at: what changed hands since stays where it is. Answers which
/// were taken, once that is durable. Only then is their journal to be read: before, its last holder might add to it. Where
/// that one is stopped in the middle of a transaction, its rows are locked and the others are taken without them.
///
/// # Errors
/// [`StoreError`] when the database fails; some may have been taken, which looking again tells.
pub async fn claim(db: &Db, node: i64, seen: &[Held]) -> Result<Vec<Held>, StoreError> {
    let mut seen = seen.to_vec();
    // In the order of their ids, as every writer locks heads.
    seen.sort_unstable_by_key(|held| held.request);
    let mut taken = Vec::with_capacity(seen.len());
    for chunk in seen.chunks(CHUNK) {
        match claim_together(db, node, chunk).await {
            Ok(all) => taken.extend(all),
            Err(StoreError::Busy) if chunk.len() > 1 => {
                for held in chunk {
                    match claim_together(db, node, std::slice::from_ref(held)).await {
                        Ok(one) => taken.extend(one),
                        Err(StoreError::Busy) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

async fn claim_together(db: &Db, node: i64, seen: &[Held]) -> Result<Vec<Held>, StoreError> {
    let mut tx = db.begin().await?;
    let mut taken = Vec::with_capacity(seen.len());
    for held in seen {
        let hold = Hold { node, fence: held.hold.fence + 1 };
        if exec!(&mut tx, CLAIM, hold.node, hold.fence, held.request.0, held.hold.fence)? == 1 {
            taken.push(Held { hold, ..*held });
        }
    }
    tx.commit().await?;
    Ok(taken)
}
