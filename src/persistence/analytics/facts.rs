//! What is known of each request, written together with the sums that follow from it.

use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::course::Standing;
use crate::domain::analytics::facts::Facts;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::limits::INSERT_ROWS_MAX;
use crate::persistence::Db;
use crate::persistence::Sql;
use crate::persistence::Tx;
use crate::persistence::analytics::changes::Uncounted;
use crate::persistence::analytics::sums::Differences;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

/// The columns of [`FactsRow`].
macro_rules! select_facts {
    ($rest:literal) => {
        concat!(
            "SELECT request_id, customer_id, day, brand_id, city_key, parts, state, seq, bids, landed, response_s, \
             first_landed, median_landed, chosen_landed, choice_s, order_state, revenue, customer_stars, merchant_stars FROM \
             request_facts ",
            $rest
        )
    };
}

statements! {
    SELECT_FACTS_AFTER = both(select_facts!("WHERE request_id > ? AND state <> '' ORDER BY request_id LIMIT ?"));
    // Two processes may count one request for some seconds; the row is taken, and the difference is to what it says then.
    LOCK_FACTS = per(
        select_facts!("WHERE request_id = ?"),
        select_facts!("WHERE request_id = ? FOR UPDATE"),
    );
    SET_FACTS = both(
        "UPDATE request_facts SET day = ?, month = ?, brand_id = ?, city_key = ?, parts = ?, state = ?, seq = ?, counted = ?, settled = \
         CASE WHEN mark = ? THEN ? ELSE 0 END, counted_at = ?, bids = ?, landed = ?, response_s = ?, first_landed = ?, \
         median_landed = ?, chosen_landed = ?, choice_s = ?, order_state = ?, revenue = ?, customer_stars = ?, merchant_stars \
         = ? WHERE request_id = ?"
    );
    DELETE_FACTS = both("DELETE FROM request_facts WHERE request_id = ?");
    DELETE_STANDINGS = both("DELETE FROM bid_facts WHERE request_id = ?");
    DELETE_DEALS = both("DELETE FROM deal_prices WHERE request_id = ?");
    FORGET_FACTS = both("DELETE FROM request_facts");
    FORGET_STANDINGS = both("DELETE FROM bid_facts");
    FORGET_DEALS = both("DELETE FROM deal_prices");
    FORGET_SUMS = both("DELETE FROM request_sums");
    FORGET_PARTS = both("DELETE FROM part_sums");
}

const INSERT_UNCOUNTED: &str = "INSERT INTO request_facts (request_id, customer_id, brand_id, day, month, parts, state, seq, mark, \
                                counted, settled, counted_at, bids, landed, revenue) ";
const INSERT_STANDINGS: &str =
    "INSERT INTO bid_facts (merchant_id, request_id, day, month, place, bids, won, gap_permille, response_s) ";
const INSERT_DEALS: &str = "INSERT INTO deal_prices (order_id, line_no, request_id, merchant_id, part_key, brand_id, \
                            unit_price, completed_at) ";

row! {
    /// A row of `request_facts`.
    pub(super) struct FactsRow {
        request_id: RequestId,
        customer_id: UserId,
        day: i64,
        brand_id: i64,
        city_key: Option<String>,
        parts: String,
        state: String,
        seq: i64,
        bids: i64,
        landed: i64,
        response_s: Option<i64>,
        first_landed: Option<i64>,
        median_landed: Option<i64>,
        chosen_landed: Option<i64>,
        choice_s: Option<i64>,
        order_state: Option<String>,
        revenue: i64,
        customer_stars: Option<i64>,
        merchant_stars: Option<i64>,
    }
}

impl From<FactsRow> for Facts {
    fn from(row: FactsRow) -> Self {
        Self {
            request: row.request_id,
            customer: row.customer_id,
            day: Day(row.day),
            brand: row.brand_id,
            city: row.city_key,
            parts: row.parts.lines().map(str::to_owned).collect(),
            state: row.state,
            seq: row.seq,
            bids: row.bids,
            landed: row.landed,
            response_s: row.response_s,
            first_landed: row.first_landed,
            median_landed: row.median_landed,
            chosen_landed: row.chosen_landed,
            choice_s: row.choice_s,
            order_state: row.order_state,
            revenue: row.revenue,
            customer_stars: row.customer_stars,
            merchant_stars: row.merchant_stars,
        }
    }
}

/// A request as it was counted.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The request.
    pub request: RequestId,
    /// Its mark when that began.
    pub mark: i64,
    /// When.
    pub at: UnixMicros,
    /// What is known of it; `None` where it is gone.
    pub facts: Option<Facts>,
    /// How it ended for each bid, if it has.
    pub standings: Vec<Standing>,
    /// What its parts were sold for.
    pub deals: Vec<Deal>,
}

/// A part that was sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The order.
    pub order: OrderId,
    /// Its line.
    pub line_no: i64,
    /// Who sold it.
    pub merchant: UserId,
    /// The part's key.
    pub part: String,
    /// The brand of the car.
    pub brand: i64,
    /// Price of one piece, VAT included, in halalas.
    pub unit_price: i64,
    /// When the order was completed.
    pub completed_at: UnixMicros,
}

/// Inserts rows of one table, at most so many a statement. The texts are as long as there are rows, so none is kept prepared.
macro_rules! insert {
    ($tx:expr, $into:expr, $tail:expr, $rows:expr, |$out:ident, $row:pat_param| $push:block) => {{
        let (into, tail): (&str, $crate::persistence::Sql) = ($into, $tail);
        for chunk in $rows.chunks($crate::limits::INSERT_ROWS_MAX) {
            macro_rules! on {
                ($driver:ty, $connection:expr, $text:expr) => {{
                    let mut query = sqlx::QueryBuilder::<$driver>::new(into);
                    query.push_values(chunk, |mut $out, $row| $push);
                    query.push($text);
                    query.build().persistent(false).execute(&mut **$connection).await.map(drop)
                }};
            }
            match &mut *$tx {
                $crate::persistence::Tx::Sqlite(t) => on!(sqlx::Sqlite, t, tail.sqlite),
                $crate::persistence::Tx::MySql(t) => on!(sqlx::MySql, t, tail.mysql),
            }
            .map_err(|error| $crate::persistence::error::StoreError::of(error, into))?;
        }
    }};
}
pub(super) use insert;

/// Nothing behind the rows.
const NO_TAIL: Sql = both("");

/// Takes up requests that were never counted; they are counted like those that changed.
///
/// # Errors
/// [`StoreError::Duplicate`] where another process was faster.
pub async fn take_up(db: &Db, requests: &[Uncounted]) -> Result<(), StoreError> {
    let mut tx = db.begin_in_turn().await?;
    insert!(&mut tx, INSERT_UNCOUNTED, NO_TAIL, requests, |out, row| {
        out.push_bind(row.request_id.0).push_bind(row.customer_id.0).push_bind(row.brand_id);
        out.push("0, 0, '', '', 0, 1, 0, 0, 0, 0, 0, 0");
    });
    tx.commit().await
}

/// Writes what was counted, and moves the sums by the difference to what was written before. All or nothing.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is written then.
pub async fn write(db: &Db, counted: &[Counted]) -> Result<(), StoreError> {
    let mut tx = db.begin_in_turn().await?;
    let mut differences = Differences::default();
    let (mut standings, mut deals) = (Vec::new(), Vec::new());
    for Counted { request, mark, at, facts, standings: ended, deals: sold } in counted {
        // Gone: another process found it gone, too.
        let Some(before) = one_in!(&mut tx, FactsRow, LOCK_FACTS, request.0)? else { continue };
        let before = Facts::from(before);
        if !before.state.is_empty() {
            differences.add(&before, -1);
        }
        if matches!(before.state.as_str(), "accepted" | "expired") {
            exec!(&mut tx, DELETE_STANDINGS, request.0)?;
            exec!(&mut tx, DELETE_DEALS, request.0)?;
        }
        let Some(facts) = facts else {
            exec!(&mut tx, DELETE_FACTS, request.0)?;
            continue;
        };
        differences.add(facts, 1);
        set(&mut tx, facts, *mark, *at).await?;
        standings.extend(ended.iter().map(|standing| (facts, standing)));
        deals.extend(sold.iter().map(|deal| (*request, deal)));
    }
    insert!(&mut tx, INSERT_STANDINGS, NO_TAIL, standings, |out, (facts, standing)| {
        let Standing { merchant, rank, bids, won, gap_permille, response_s } = standing;
        out.push_bind(merchant.0).push_bind(facts.request.0).push_bind(facts.day.0).push_bind(facts.day.month());
        out.push_bind(*rank)
            .push_bind(*bids)
            .push_bind(i64::from(*won))
            .push_bind(*gap_permille)
            .push_bind(*response_s);
    });
    insert!(&mut tx, INSERT_DEALS, NO_TAIL, deals, |out, (request, deal)| {
        let Deal { order, line_no, merchant, part, brand, unit_price, completed_at } = deal;
        out.push_bind(order.0).push_bind(*line_no).push_bind(request.0).push_bind(merchant.0).push_bind(part.as_str());
        out.push_bind(*brand).push_bind(*unit_price).push_bind(completed_at.0);
    });
    differences.write(&mut tx).await?;
    tx.commit().await
}

async fn set(tx: &mut Tx, facts: &Facts, mark: i64, at: UnixMicros) -> Result<(), StoreError> {
    let parts: Vec<&str> = facts.parts.iter().map(String::as_str).collect();
    exec!(
        tx,
        SET_FACTS,
        facts.day.0,
        facts.day.month(),
        facts.brand,
        &facts.city,
        parts.join("\n"),
        &facts.state,
        facts.seq,
        mark,
        mark,
        i64::from(facts.is_settled()),
        at.0,
        facts.bids,
        facts.landed,
        facts.response_s,
        facts.first_landed,
        facts.median_landed,
        facts.chosen_landed,
        facts.choice_s,
        &facts.order_state,
        facts.revenue,
        facts.customer_stars,
        facts.merchant_stars,
        facts.request.0,
    )
    .map(drop)
}

/// Forgets everything that was counted, in one transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    // The facts first: who is writing some has taken a row of theirs.
    exec!(&mut tx, FORGET_FACTS)?;
    exec!(&mut tx, FORGET_STANDINGS)?;
    exec!(&mut tx, FORGET_DEALS)?;
    exec!(&mut tx, FORGET_SUMS)?;
    exec!(&mut tx, FORGET_PARTS)?;
    tx.commit().await
}

/// What is known of requests behind `after`, by id.
pub(super) async fn list_after(tx: &mut Tx, after: RequestId) -> Result<Vec<Facts>, StoreError> {
    let limit = i64::try_from(INSERT_ROWS_MAX).unwrap_or(i64::MAX);
    Ok(all_in!(tx, FactsRow, SELECT_FACTS_AFTER, after.0, limit)?.into_iter().map(Facts::from).collect())
}
