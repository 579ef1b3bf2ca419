//! What was last told of each auction, and which auctions moved on since.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::telling::Heard;
use crate::domain::telling::Stage;
use crate::domain::telling::Told;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;

const SELECT_OPEN: &str =
    "SELECT auction_id, closes_at FROM auction_heads WHERE state IN ('published', 'bidding_open') AND auction_id IN ";
const SELECT_TOLD: &str = "SELECT auction_id, told, updated_at FROM auction_told WHERE auction_id IN ";

statements! {
    INSERT_TOLD = both("INSERT INTO auction_told (auction_id, seq, told, done, updated_at) VALUES (?, ?, ?, ?, ?)");
    // Whoever told something since it was read changed updated_at, which only grows.
    UPDATE_TOLD = both(
        "UPDATE auction_told SET seq = ?, told = ?, done = ?, updated_at = ? WHERE auction_id = ? AND updated_at = ?"
    );
    SELECT_UNTOLD = both(
        "SELECT h.auction_id FROM auction_heads h LEFT JOIN auction_told t ON t.auction_id = h.auction_id WHERE h.state IN \
         ('published', 'bidding_open', 'bidding_closed', 'reviewing') AND COALESCE(t.seq, 0) < h.seq LIMIT ?"
    );
    SELECT_ENDS_UNTOLD = both(
        "SELECT t.auction_id FROM auction_told t JOIN auction_heads h ON h.auction_id = t.auction_id WHERE t.done = 0 AND \
         h.state IN ('accepted', 'expired', 'cancelled') AND t.seq < h.seq ORDER BY t.auction_id LIMIT ?"
    );
    SELECT_CLOSING = both(
        "SELECT auction_id, closes_at FROM auction_heads WHERE state = 'bidding_open' AND closes_at > ? AND closes_at <= ? \
         ORDER BY closes_at LIMIT ?"
    );
}

row! {
    struct Row {
        auction_id: RequestId,
        told: String,
        updated_at: UnixMicros,
    }
}

/// Somebody, stage, accepted bid, deadline, whether little time is left, count, version, when.
#[derive(Serialize, Deserialize)]
struct HeardJson(i64, StageJson, i64, i64, bool, u32, u32, i64);

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StageJson {
    Running,
    Choosing,
    Chosen,
    Over,
}

#[derive(Serialize, Deserialize)]
struct ToldJson {
    seq: i64,
    customer: Option<HeardJson>,
    bidders: Vec<HeardJson>,
}

impl HeardJson {
    fn new(somebody: i64, heard: &Heard) -> Self {
        let Heard { stage, closes_at, soon, count, version, at } = *heard;
        let (stage, bid) = match stage {
            Stage::Running => (StageJson::Running, 0),
            Stage::Choosing => (StageJson::Choosing, 0),
            Stage::Chosen(bid) => (StageJson::Chosen, bid.0),
            Stage::Over => (StageJson::Over, 0),
        };
        Self(somebody, stage, bid, closes_at.0, soon, count, version, at.0)
    }

    const fn read(&self) -> Heard {
        let Self(_, stage, bid, closes_at, soon, count, version, at) = *self;
        let stage = match stage {
            StageJson::Running => Stage::Running,
            StageJson::Choosing => Stage::Choosing,
            StageJson::Chosen => Stage::Chosen(BidId(bid)),
            StageJson::Over => Stage::Over,
        };
        Heard { stage, closes_at: UnixMicros(closes_at), soon, count, version, at: UnixMicros(at) }
    }
}

fn to_json(told: &Told) -> Result<String, StoreError> {
    let Told { seq, customer, bidders } = told;
    let twin = ToldJson {
        seq: *seq,
        customer: customer.as_ref().map(|heard| HeardJson::new(0, heard)),
        bidders: bidders.iter().map(|(user, heard)| HeardJson::new(user.0, heard)).collect(),
    };
    serde_json::to_string(&twin).map_err(|error| StoreError::corrupt(format!("what was told: {error}")))
}

fn from_json(text: &str) -> Result<Told, StoreError> {
    let twin: ToldJson =
        serde_json::from_str(text).map_err(|error| StoreError::corrupt(format!("what was told: {error}")))?;
    let bidders: BTreeMap<_, _> = twin.bidders.iter().map(|heard| (UserId(heard.0), heard.read())).collect();
    Ok(Told { seq: twin.seq, customer: twin.customer.as_ref().map(HeardJson::read), bidders })
}

/// What was told of an auction, and which version of that it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stored {
    /// What was told.
    pub told: Told,
    /// When it was written; `None` where nothing ever was.
    pub version: Option<UnixMicros>,
}

/// What was told of these auctions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, requests: &[RequestId]) -> Result<HashMap<RequestId, Stored>, StoreError> {
    if requests.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = all_of!(db, Row, SELECT_TOLD, requests.iter().map(|request| request.0))?;
    let read = |row: Row| {
        let stored = Stored { told: from_json(&row.told)?, version: Some(row.updated_at) };
        Ok((row.auction_id, stored))
    };
    rows.into_iter().map(read).collect()
}

/// Writes what is told of an auction from now on. `false` where somebody told of it since `version` was read: nothing is
/// written, and nothing may be told.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn write(
    tx: &mut Tx,
    request: RequestId,
    told: &Told,
    done: bool,
    version: Option<UnixMicros>,
    at: UnixMicros,
) -> Result<bool, StoreError> {
    let (text, done) = (to_json(told)?, i64::from(done));
    let Some(version) = version else {
        return match exec!(tx, INSERT_TOLD, request.0, told.seq, &text, done, at.0) {
            Ok(_) => Ok(true),
            Err(StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(error),
        };
    };
    let at = at.0.max(version.0.saturating_add(1));
    Ok(exec!(tx, UPDATE_TOLD, told.seq, &text, done, at, request.0, version.0)? == 1)
}

/// Auctions of which something may be to tell, at most `limit` of those that are open and of those that ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_untold(db: &Db, limit: u32) -> Result<Vec<RequestId>, StoreError> {
    let mut found = all!(db, (i64,), SELECT_UNTOLD, i64::from(limit))?;
    found.extend(all!(db, (i64,), SELECT_ENDS_UNTOLD, i64::from(limit))?);
    Ok(found.into_iter().map(|(id,)| RequestId(id)).collect())
}

row! {
    /// An auction that takes bids.
    pub struct Closing {
        /// Which.
        pub auction_id: RequestId,
        /// Its deadline.
        pub closes_at: UnixMicros,
    }
}

/// Auctions whose deadline lies after one instant and not after another, the next first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_closing(
    db: &Db,
    (after, to): (UnixMicros, UnixMicros),
    limit: u32,
) -> Result<Vec<Closing>, StoreError> {
    all!(db, Closing, SELECT_CLOSING, after.0, to.0, i64::from(limit))
}

/// Which of these auctions take bids, or will.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_open(
    db: &Db,
    requests: &BTreeSet<RequestId>,
    now: UnixMicros,
) -> Result<BTreeSet<RequestId>, StoreError> {
    let mut open = BTreeSet::new();
    let ids: Vec<i64> = requests.iter().map(|request| request.0).collect();
    for ids in ids.chunks(limits::INSERT_ROWS_MAX) {
        let found = all_of!(db, Closing, SELECT_OPEN, ids.iter().copied())?;
        open.extend(found.into_iter().filter(|one| one.closes_at > now).map(|one| one.auction_id));
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_reads_back() {
        let heard =
            |stage, count| Heard { stage, closes_at: UnixMicros(5), soon: true, count, version: 3, at: UnixMicros(4) };
        let bidders = [(UserId(1), heard(Stage::Chosen(BidId(9)), 2)), (UserId(2), heard(Stage::Over, 1))].into();
        let told = Told { seq: 7, customer: Some(heard(Stage::Choosing, 0)), bidders };
        let text = to_json(&told).unwrap();
        assert_eq!(
            text,
            r#"{"seq":7,"customer":[0,"choosing",0,5,true,0,3,4],"bidders":[[1,"chosen",9,5,true,2,3,4],[2,"over",0,5,true,1,3,4]]}"#
        );
        assert_eq!(from_json(&text), Ok(told));
    }
}
