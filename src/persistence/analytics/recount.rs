//! All figures once more, from the tables that they follow from: what the job keeps must equal it.
//!
//! The job reads journals; this reads what the journals' writers left in the tables, so that a fault in the one is not in the
//! other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use sqlx::SqlSafeStr as _;
use sqlx::Transaction;

use crate::domain::analytics;
use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::facts::Facts;
use crate::domain::analytics::facts::Measures;
use crate::domain::ids::RequestId;
use crate::domain::time::UnixMicros;
use crate::limits::INSERT_ROWS_MAX;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::analytics::facts;
use crate::persistence::analytics::sums;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::wake::Held;

statements! {
    RECOUNT_REQUESTS = both(
        "SELECT p.id AS request_id, p.customer_id, p.created_at, p.brand_id, p.city_key, COALESCE(h.state, CASE WHEN \
         p.cancelled_at IS NULL THEN 'draft' ELSE 'cancelled' END) AS state, COALESCE(h.seq, 0) AS seq, h.opens_at, o.state \
         AS order_state, o.total, c.stars AS customer_stars, m.stars AS merchant_stars FROM request_facts f JOIN \
         part_requests p ON p.id = f.request_id LEFT JOIN auction_heads h ON h.auction_id = p.id LEFT JOIN orders o ON \
         o.request_id = p.id AND o.live = 1 LEFT JOIN reviews c ON c.order_id = o.id AND c.side = 'customer' LEFT JOIN \
         reviews m ON m.order_id = o.id AND m.side = 'merchant' WHERE p.id > ? AND f.state <> '' AND f.mark = f.counted AND \
         f.seq = COALESCE(h.seq, 0) ORDER BY p.id LIMIT ?"
    );
    RECOUNT_PARTS = both("SELECT request_id, part_name FROM part_request_items WHERE request_id BETWEEN ? AND ?");
    RECOUNT_BIDS = both(
        "SELECT request_id, COUNT(*), CAST(SUM(landed) AS SIGNED), MIN(placed_at) FROM bids GROUP BY request_id"
    );
    RECOUNT_STANDINGS = both(
        "SELECT request_id, COUNT(*), CAST(SUM(won) AS SIGNED) FROM bid_facts GROUP BY request_id"
    );
    RECOUNT_DEALS = both(
        "SELECT o.id, l.line_no, o.merchant_id, l.unit_price, o.updated_at, p.brand_id, l.part_name FROM orders o JOIN \
         order_lines l ON l.order_id = o.id JOIN part_requests p ON p.id = o.request_id JOIN request_facts f ON f.request_id \
         = p.id WHERE o.state = 'completed' AND f.state <> '' AND f.mark = f.counted"
    );
    SELECT_ALL_DEALS = both(
        "SELECT d.order_id, d.line_no, d.merchant_id, d.unit_price, d.completed_at, d.brand_id, d.part_key FROM deal_prices \
         d JOIN request_facts f ON f.request_id = d.request_id WHERE f.mark = f.counted"
    );
    COUNT_BEHIND = both(
        "SELECT COUNT(*) FROM part_requests p LEFT JOIN request_facts f ON f.request_id = p.id LEFT JOIN auction_heads h ON \
         h.auction_id = p.id WHERE f.request_id IS NULL OR f.state = '' OR f.mark <> f.counted OR f.seq <> COALESCE(h.seq, 0)"
    );
}

row! {
    struct BaseRow {
        request_id: RequestId,
        customer_id: i64,
        created_at: UnixMicros,
        brand_id: i64,
        city_key: Option<String>,
        state: String,
        seq: i64,
        opens_at: Option<UnixMicros>,
        order_state: Option<String>,
        total: Option<i64>,
        customer_stars: Option<i64>,
        merchant_stars: Option<i64>,
    }
}

/// Order, line, merchant, price, completion, brand and part.
type DealOf = (i64, i64, i64, i64, i64, i64, String);

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Requests that equal their recount.
    pub requests: u64,
    /// Requests that have changed since they were counted; the job has yet to come to them.
    pub behind: i64,
    /// Sums that equal those of the requests.
    pub sums: usize,
    /// The first difference.
    pub fault: Option<String>,
}

/// Compares every figure with its recount, in one view of the database.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn compare(db: &Db) -> Result<Compared, StoreError> {
    let mut tx = view(db).await?;
    let behind = one_in!(&mut tx, (i64,), COUNT_BEHIND)?.map_or(0, |(behind,)| behind);
    let mut sums = sums::list_all(&mut tx).await?;
    let stored = sums.sums.len() + sums.parts.len();
    let bids = all_in!(&mut tx, (i64, i64, i64, i64), RECOUNT_BIDS)?;
    let bids: BTreeMap<i64, (i64, i64, i64)> = bids.into_iter().map(|(id, n, sum, at)| (id, (n, sum, at))).collect();
    let ended = all_in!(&mut tx, (i64, i64, i64), RECOUNT_STANDINGS)?;
    let ended: BTreeMap<i64, (i64, i64)> = ended.into_iter().map(|(id, bids, won)| (id, (bids, won))).collect();
    let mut fault = None;
    let mut known: BTreeMap<RequestId, Facts> = BTreeMap::new();
    let mut after = RequestId(0);
    loop {
        let page = facts::list_after(&mut tx, after).await?;
        let Some(last) = page.last() else { break };
        after = last.request;
        for facts in page {
            sums.add(&facts, -1);
            known.insert(facts.request, facts);
        }
    }
    let (mut requests, mut after) = (0, RequestId(0));
    let limit = i64::try_from(INSERT_ROWS_MAX).unwrap_or(i64::MAX);
    loop {
        let page = all_in!(&mut tx, BaseRow, RECOUNT_REQUESTS, after.0, limit)?;
        let Some(last) = page.last().map(|row| row.request_id) else { break };
        let mut parts: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for (request, name) in all_in!(&mut tx, (i64, String), RECOUNT_PARTS, after.0 + 1, last.0)? {
            parts.entry(request).or_default().insert(analytics::part_key(&name));
        }
        after = last;
        for row in page {
            let id = row.request_id;
            let Some(facts) = known.get(&id) else { continue };
            let again = row.facts(facts, parts.remove(&id.0).unwrap_or_default(), bids.get(&id.0).copied());
            let standings = ended.get(&id.0).copied().unwrap_or((0, 0));
            fault = fault.or_else(|| difference(facts, &again, standings));
            requests += 1;
        }
    }
    fault = match fault {
        None => compare_deals(&mut tx).await?,
        found => found,
    };
    sums.sums.retain(|_, sum| *sum != Measures::default());
    sums.parts.retain(|_, requests| *requests != 0);
    let sum = sums.sums.first_key_value().map(|(key, sum)| format!("the sum {key:?} is off by {sum:?}"));
    let part = sums.parts.first_key_value().map(|(key, requests)| format!("the part {key:?} is off by {requests}"));
    Ok(Compared { requests, behind, sums: stored, fault: fault.or(sum).or(part) })
}

impl BaseRow {
    /// The facts as the tables have them; what only the journal tells is taken over.
    fn facts(self, known: &Facts, mut parts: BTreeSet<String>, bids: Option<(i64, i64, i64)>) -> Facts {
        parts.remove("");
        let (count, landed) = bids.map_or((0, 0), |(count, landed, _)| (count, landed));
        let first = bids.map(|(_, _, at)| UnixMicros(at)).zip(self.opens_at);
        let completed = self.order_state.as_deref() == Some("completed");
        Facts {
            request: self.request_id,
            customer: crate::domain::ids::UserId(self.customer_id),
            day: Day::of(self.created_at),
            brand: self.brand_id,
            city: self.city_key.filter(|key| !key.is_empty()),
            parts,
            state: self.state,
            seq: self.seq,
            bids: count,
            landed,
            response_s: first.map(|(at, opens_at)| at.since(opens_at).whole_secs().max(0)),
            first_landed: known.first_landed,
            median_landed: known.median_landed,
            // What was accepted is what was ordered.
            chosen_landed: self.total.or(known.chosen_landed),
            choice_s: known.choice_s,
            order_state: self.order_state,
            revenue: self.total.filter(|_| completed).unwrap_or(0),
            customer_stars: self.customer_stars,
            merchant_stars: self.merchant_stars,
        }
    }
}

fn difference(facts: &Facts, again: &Facts, (standings, won): (i64, i64)) -> Option<String> {
    if facts != again {
        return Some(format!("{} was counted as {facts:?} and is {again:?}", facts.request));
    }
    let ended = matches!(facts.state.as_str(), "accepted" | "expired");
    let wanted = if ended { (facts.bids, i64::from(facts.state == "accepted")) } else { (0, 0) };
    ((standings, won) != wanted).then(|| {
        format!("{} has {standings} bids that ended, {won} of them accepted, and not {wanted:?}", facts.request)
    })
}

async fn compare_deals(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    let mut again = all_in!(&mut *tx, DealOf, RECOUNT_DEALS)?;
    for deal in &mut again {
        deal.6 = analytics::part_key(&deal.6);
    }
    let again: BTreeSet<DealOf> = again.into_iter().filter(|deal| !deal.6.is_empty()).collect();
    let stored: BTreeSet<DealOf> = all_in!(tx, DealOf, SELECT_ALL_DEALS)?.into_iter().collect();
    Ok(stored.symmetric_difference(&again).next().map(|deal| format!("the price {deal:?} is in one place alone")))
}

/// One view of everything, for as long as the transaction lasts.
async fn view(db: &Db) -> Result<Tx, StoreError> {
    Ok(match db {
        Db::Sqlite { r, bells, .. } => Tx::Sqlite(Held::new(r.begin().await?, bells)),
        Db::MySql { pool, bells, .. } => {
            let mut connection = pool.acquire().await?;
            // For the next transaction alone; between statements every other sees what was committed.
            sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *connection).await?;
            let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT".into_sql_str();
            Tx::MySql(Held::new(Transaction::begin(connection, Some(begin)).await?, bells))
        }
    })
}
