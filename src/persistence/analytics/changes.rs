//! Which requests are to be counted, and what they consist of now.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::domain::analytics;
use crate::domain::analytics::calendar::Day;
use crate::domain::analytics::course::Course;
use crate::domain::analytics::facts::Facts;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::analytics::facts::Counted;
use crate::persistence::analytics::facts::Deal;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::journal;

statements! {
    SELECT_UNCOUNTED = both(
        "SELECT p.id AS request_id, p.customer_id, p.brand_id FROM part_requests p LEFT JOIN request_facts f ON f.request_id \
         = p.id WHERE p.id > ? AND f.request_id IS NULL ORDER BY p.id LIMIT ?"
    );
    SELECT_LAST_REQUEST = both("SELECT COALESCE(MAX(id), 0) FROM part_requests");
    // What takes bids changes all the time; it is counted anew when its state moved on or it was not for a while.
    SELECT_CHANGED = both(
        "SELECT f.request_id FROM request_facts f LEFT JOIN auction_heads h ON h.auction_id = f.request_id WHERE f.settled = \
         0 AND f.request_id > ? AND (f.mark <> f.counted OR (h.seq <> f.seq AND (h.state <> f.state OR f.counted_at <= ?)) \
         OR NOT EXISTS (SELECT 1 FROM part_requests p WHERE p.id = f.request_id)) ORDER BY f.request_id LIMIT ?"
    );
    MARK_REQUEST = both("UPDATE request_facts SET mark = mark + 1, settled = 0 WHERE request_id = ?");
    MARK_REQUEST_OF_ORDER = both(
        "UPDATE request_facts SET mark = mark + 1, settled = 0 WHERE request_id = (SELECT request_id FROM orders WHERE id = \
         ?)"
    );
    MARK_REQUESTS_OF_CUSTOMER = both("UPDATE request_facts SET mark = mark + 1, settled = 0 WHERE customer_id = ?");
    SET_ROUND = both("UPDATE rollup_rounds SET began_at = ? WHERE id = 1 AND began_at < ?");
    INSERT_ROUND = both("INSERT INTO rollup_rounds (id, began_at) VALUES (1, ?)");
    SELECT_ROUND = both("SELECT began_at FROM rollup_rounds WHERE id = 1");
}

/// The requests with these ids as they stand. The mark is read together with the rest, and before what is read after it: whoever
/// marks meanwhile has the request counted once more.
const SELECT_SUBJECTS: &str = "SELECT f.request_id, f.mark, p.customer_id, p.brand_id, p.city_key, p.created_at, \
                               p.cancelled_at, h.seq FROM request_facts f LEFT JOIN part_requests p ON p.id = f.request_id \
                               LEFT JOIN auction_heads h ON h.auction_id = f.request_id WHERE f.request_id IN ";
const SELECT_PARTS: &str = "SELECT request_id, part_name FROM part_request_items WHERE request_id IN ";
const SELECT_ORDERS: &str = "SELECT request_id, state, total FROM orders WHERE live = 1 AND request_id IN ";
const SELECT_STARS: &str = "SELECT o.request_id, r.side, r.stars FROM orders o JOIN reviews r ON r.order_id = o.id WHERE \
                            o.live = 1 AND o.request_id IN ";
const SELECT_DEALS: &str = "SELECT o.request_id, l.order_id, l.line_no, o.merchant_id, l.part_name, l.unit_price, \
                            o.updated_at FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.state = 'completed' \
                            AND o.request_id IN ";

row! {
    /// A request that was never counted.
    pub struct Uncounted {
        /// The request.
        pub request_id: RequestId,
        /// Whose.
        pub customer_id: UserId,
        /// The brand of its car.
        pub brand_id: i64,
    }
}

row! {
    struct Subject {
        request_id: RequestId,
        mark: i64,
        customer_id: Option<UserId>,
        brand_id: Option<i64>,
        city_key: Option<String>,
        created_at: Option<UnixMicros>,
        cancelled_at: Option<UnixMicros>,
        seq: Option<i64>,
    }
}

row! {
    struct OrderRow {
        request_id: RequestId,
        state: String,
        total: i64,
    }
}

row! {
    struct DealRow {
        request_id: RequestId,
        order_id: OrderId,
        line_no: i64,
        merchant_id: UserId,
        part_name: String,
        unit_price: i64,
        updated_at: UnixMicros,
    }
}

/// Says that something of a request changed of which its journal tells nothing.
pub(crate) async fn mark(tx: &mut Tx, request: RequestId) -> Result<(), StoreError> {
    exec!(tx, MARK_REQUEST, request.0).map(drop)
}

/// The same of the request from which an order came.
pub(crate) async fn mark_of_order(tx: &mut Tx, order: OrderId) -> Result<(), StoreError> {
    exec!(tx, MARK_REQUEST_OF_ORDER, order.0).map(drop)
}

/// The same of every request of a customer.
pub(crate) async fn mark_of_customer(tx: &mut Tx, customer: UserId) -> Result<(), StoreError> {
    exec!(tx, MARK_REQUESTS_OF_CUSTOMER, customer.0).map(drop)
}

/// Requests behind `after` that were never counted, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_uncounted(db: &Db, after: i64, limit: usize) -> Result<Vec<Uncounted>, StoreError> {
    all!(db, Uncounted, SELECT_UNCOUNTED, after, i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The id of the newest request; 0 without one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last_request(db: &Db) -> Result<i64, StoreError> {
    Ok(one!(db, (i64,), SELECT_LAST_REQUEST)?.map_or(0, |(id,)| id))
}

/// Requests behind `after` that are not as they were counted, at most `limit`. Those that take bids only where they were last
/// counted at or before `counted_by`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_changed(
    db: &Db,
    after: RequestId,
    counted_by: UnixMicros,
    limit: usize,
) -> Result<Vec<RequestId>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = all!(db, (i64,), SELECT_CHANGED, after.0, counted_by.0, limit)?;
    Ok(rows.into_iter().map(|(id,)| RequestId(id)).collect())
}

/// When the last round began that came to its end.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last_round(db: &Db) -> Result<Option<UnixMicros>, StoreError> {
    Ok(one!(db, (i64,), SELECT_ROUND)?.map(|(at,)| UnixMicros(at)))
}

/// Keeps when a round began that has come to its end, unless one that began later has, too.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn keep_round(db: &Db, began_at: UnixMicros) -> Result<(), StoreError> {
    if exec_now!(db, SET_ROUND, began_at.0, began_at.0)? == 0 {
        match exec_now!(db, INSERT_ROUND, began_at.0) {
            Err(StoreError::Duplicate { .. }) => {}
            done => drop(done?),
        }
    }
    Ok(())
}

/// Counts these requests from the tables and the journals of others. They are known already; one that is not there any more
/// counts as nothing.
///
/// # Errors
/// [`StoreError`] when the database fails or a journal is damaged.
pub async fn count(db: &Db, requests: &[RequestId], at: UnixMicros) -> Result<Vec<Counted>, StoreError> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let ids = || requests.iter().map(|request| request.0);
    let subjects = all_of!(db, Subject, SELECT_SUBJECTS, ids())?;
    let mut parts: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for (request, name) in all_of!(db, (i64, String), SELECT_PARTS, ids())? {
        parts.entry(request).or_default().insert(analytics::part_key(&name));
    }
    let orders = all_of!(db, OrderRow, SELECT_ORDERS, ids())?;
    let orders: BTreeMap<RequestId, OrderRow> = orders.into_iter().map(|row| (row.request_id, row)).collect();
    let stars = all_of!(db, (i64, String, i64), SELECT_STARS, ids())?;
    let stars: BTreeMap<(i64, String), i64> = stars.into_iter().map(|(id, side, stars)| ((id, side), stars)).collect();
    let mut deals: BTreeMap<RequestId, Vec<Deal>> = BTreeMap::new();
    for row in all_of!(db, DealRow, SELECT_DEALS, ids())? {
        deals.entry(row.request_id).or_default().push(row.deal());
    }
    let mut counted = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let Subject { request_id: request, mark, seq, .. } = subject;
        let course = match seq {
            Some(_) => {
                let entries = journal::load(db, request, 0).await?;
                let follow = move || Course::follow(entries.iter().map(|entry| (&entry.event, entry.at)));
                // A long one takes a while, and the thread has others to look after.
                let followed = tokio::task::spawn_blocking(follow).await;
                followed.map_err(|died| StoreError::unavailable(format!("the counting task died: {died}")))?
            }
            None => None,
        };
        let standings = course.as_ref().map(|course| course.standings.clone()).unwrap_or_default();
        let found = Found {
            parts: parts.remove(&request.0).unwrap_or_default(),
            order: orders.get(&request),
            stars: |side: &str| stars.get(&(request.0, side.to_owned())).copied(),
            course,
        };
        let facts = subject.facts(found);
        // Nobody is told what a part was sold for under a name that was taken out.
        let mut deals = deals.remove(&request).unwrap_or_default();
        deals.retain(|deal| !deal.part.is_empty());
        for deal in &mut deals {
            deal.brand = facts.as_ref().map_or(0, |facts| facts.brand);
        }
        counted.push(Counted { request, mark, at, facts, standings, deals });
    }
    counted.sort_by_key(|counted| counted.request);
    Ok(counted)
}

/// What was found about a request.
struct Found<'a, S> {
    parts: BTreeSet<String>,
    order: Option<&'a OrderRow>,
    stars: S,
    course: Option<Course>,
}

impl Subject {
    fn facts(self, found: Found<'_, impl Fn(&str) -> Option<i64>>) -> Option<Facts> {
        let Found { mut parts, order, stars, course } = found;
        let (customer, brand, created_at) = (self.customer_id?, self.brand_id?, self.created_at?);
        parts.remove("");
        let draft = if self.cancelled_at.is_some() { "cancelled" } else { "draft" };
        let completed = order.filter(|order| order.state == "completed");
        let course = course.as_ref();
        Some(Facts {
            request: self.request_id,
            customer,
            day: Day::of(created_at),
            brand,
            city: self.city_key.filter(|key| !key.is_empty()),
            parts,
            state: course.map_or(draft, |course| course.state.word()).to_owned(),
            seq: course.map_or(0, |course| course.seq),
            bids: course.map_or(0, |course| course.bids),
            landed: course.map_or(0, |course| course.landed),
            response_s: course.and_then(|course| course.response_s),
            first_landed: course.and_then(|course| course.first_landed).map(|amount| amount.0),
            median_landed: course.and_then(|course| course.median_landed).map(|amount| amount.0),
            chosen_landed: course.and_then(|course| course.chosen_landed).map(|amount| amount.0),
            choice_s: course.and_then(|course| course.choice_s),
            order_state: order.map(|order| order.state.clone()),
            revenue: completed.map_or(0, |order| order.total),
            customer_stars: stars("customer"),
            merchant_stars: stars("merchant"),
        })
    }
}

impl DealRow {
    fn deal(self) -> Deal {
        Deal {
            order: self.order_id,
            line_no: self.line_no,
            merchant: self.merchant_id,
            part: analytics::part_key(&self.part_name),
            brand: 0,
            unit_price: self.unit_price,
            completed_at: self.updated_at,
        }
    }
}
