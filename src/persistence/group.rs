//! A group of appends as the statements that write it: every row of a table in one INSERT.
//!
//! One row a statement costs a hop to the database's thread each; 64 bids of three items would be 400 hops. On `SQLite`
//! the inserts of all tables go there together, as one text with room for a few fixed numbers of rows; `MySQL` prepares
//! one statement a text, so there it is one or two a table.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::mysql::MySqlArguments;
use sqlx::sqlite::SqliteArguments;

use crate::domain::auction::command::Line;
use crate::domain::auction::event::{BidContent, Event};
use crate::domain::eligibility::Ring;
use crate::domain::ids::{BidId, OrderId, RequestId};
use crate::domain::time::{Span, UnixMicros};
use crate::limits::{CONFIRM_SECS, INSERT_ROWS_MAX};
use crate::persistence::Sql;
use crate::persistence::both;
use crate::persistence::event_json;
use crate::persistence::journal::{Append, Entry, Head, Hold};
use crate::persistence::per;

/// The lines that hold for the bid `b`: those of its last version that brought any.
macro_rules! lines_of_bid {
    () => {
        "bid_items i ON i.placed_at = b.lines_at AND i.bid_id = b.id AND i.version = (SELECT MAX(v.version) FROM \
         bid_items v WHERE v.placed_at = b.lines_at AND v.bid_id = b.id)"
    };
}

/// An order as its bid stands: `?1` its id, `?2` when it must be confirmed, `?3` now, `?4` the bid. The tax in the total
/// is 15 / 115 of it, the half rounded up, as `domain::tax` has it; both divide whole numbers, each in its own words.
macro_rules! insert_order {
    ($vat:literal) => {
        concat!(
            "INSERT INTO orders (id, request_id, bid_id, customer_id, merchant_id, state, live, items_total, ",
            "delivery_fee, discount, total, vat_percent, vat, currency, delivery_hours, warranty_days, payment_terms, ",
            "confirm_by, created_at, updated_at) SELECT ?, b.request_id, b.id, h.owner_id, b.merchant_id, ",
            "'pending_confirmation', 1, SUM(i.quantity * i.unit_price), b.delivery_fee, SUM(i.quantity * i.unit_price) ",
            "+ b.delivery_fee - b.landed, b.landed, 15, ",
            $vat,
            ", 'SAR', b.delivery_hours, b.warranty_days, b.payment_terms, ?, ?, ? FROM bids b JOIN auction_heads h ON ",
            "h.auction_id = b.request_id JOIN ",
            lines_of_bid!(),
            " WHERE b.id = ? GROUP BY b.id, b.request_id, h.owner_id, b.merchant_id, b.delivery_fee, b.landed, ",
            "b.delivery_hours, b.warranty_days, b.payment_terms"
        )
    };
}

statements! {
    SET_STATUS_OF_BID = both("UPDATE bids SET status = ?, updated_at = ? WHERE id = ?");
    SET_RING_OF_REQUEST = both("UPDATE part_requests SET ring = ? WHERE id = ?");
    // A ring that is announced again stays as far as it came.
    INSERT_ANNOUNCEMENT = per(
        "INSERT INTO announcements (request_id, ring, after_user, created_at) VALUES (?, ?, 0, ?) ON CONFLICT (request_id, \
         ring) DO NOTHING",
        "INSERT INTO announcements (request_id, ring, after_user, created_at) VALUES (?, ?, 0, ?) ON DUPLICATE KEY UPDATE \
         ring = ring",
    );
    INSERT_ORDER = per(insert_order!("(b.landed * 30 + 115) / 230"), insert_order!("(b.landed * 30 + 115) DIV 230"));
    INSERT_ORDER_LINES = both(concat!(
        "INSERT INTO order_lines (order_id, line_no, item_id, part_name, part_number, part_condition, quantity, \
         unit_price) SELECT ?, i.line_no, i.item_id, COALESCE(p.part_name, '-'), p.part_number, \
         COALESCE(i.part_condition, p.part_condition), i.quantity, i.unit_price FROM bids b JOIN ",
        lines_of_bid!(),
        " LEFT JOIN part_request_items p ON p.id = i.item_id WHERE b.id = ?"
    ));
    INSERT_ORDER_EVENT = both(
        "INSERT INTO order_events (order_id, seq, at, step, state, actor, actor_id) SELECT id, 1, created_at, 'accept', \
         state, 'customer', customer_id FROM orders WHERE id = ?",
    );
}

/// A multi-row INSERT of one table.
struct Insert {
    /// The table and its columns.
    into: Sql,
    /// How many they are, on `SQLite` and on `MySQL`.
    columns: [usize; 2],
    /// On `SQLite`: what is taken of each row of values.
    taken: &'static str,
    /// What happens to a row that is there.
    tail: Sql,
}

/// The tables that a group writes, in the order in which it does.
#[derive(Clone, Copy)]
enum Table {
    Events,
    Heads,
    Bids,
    Items,
}

const INSERTS: [Insert; 4] = [
    Insert {
        into: per(
            "auction_events (pos, prev, auction_id, seq, at, kind, payload, hash)",
            "auction_events (auction_id, seq, at, kind, payload, hash)",
        ),
        columns: [8, 6],
        // The fence. Entry n of an auction goes in only where the head stands at n - 1; otherwise prev is NULL, which
        // the column refuses. An entry behind one of its own group brings its predecessor's place along.
        taken: "column1, COALESCE(column2, (SELECT COALESCE(MAX(h.position), 0) FROM auction_heads h WHERE \
                h.auction_id = column3 HAVING COALESCE(MAX(h.seq), 0) = column4 - 1)), column3, column4, column5, \
                column6, column7, column8",
        tail: both(""),
    },
    Insert {
        into: per(
            "auction_heads (position, auction_id, owner_id, seq, hash, state, expiry, paused, opens_at, closes_at, \
             review_until, total_bids, live_bids, best_landed, updated_at)",
            "auction_heads (node, fence, auction_id, owner_id, seq, hash, state, expiry, paused, opens_at, closes_at, \
             review_until, total_bids, live_bids, best_landed, updated_at)",
        ),
        columns: [15, 16],
        taken: "*",
        // The one thing that has no common word: VALUES() is what MySQL and MariaDB both understand.
        tail: per(
            " ON CONFLICT (auction_id) DO UPDATE SET position = excluded.position, seq = excluded.seq, hash = \
             excluded.hash, state = excluded.state, expiry = excluded.expiry, paused = excluded.paused, opens_at = \
             excluded.opens_at, closes_at = excluded.closes_at, review_until = excluded.review_until, total_bids = \
             excluded.total_bids, live_bids = excluded.live_bids, best_landed = excluded.best_landed, updated_at = \
             excluded.updated_at",
            " ON DUPLICATE KEY UPDATE seq = VALUES(seq), hash = VALUES(hash), state = VALUES(state), expiry = \
             VALUES(expiry), paused = VALUES(paused), opens_at = VALUES(opens_at), closes_at = VALUES(closes_at), \
             review_until = VALUES(review_until), total_bids = VALUES(total_bids), live_bids = VALUES(live_bids), \
             best_landed = VALUES(best_landed), updated_at = VALUES(updated_at)",
        ),
    },
    Insert {
        into: both(
            "bids (id, request_id, merchant_id, version, landed, delivery_fee, delivery_hours, warranty_days, \
             payment_terms, notes, expires_at, floor_landed, status, placed_at, lines_at, updated_at)",
        ),
        columns: [16, 16],
        taken: "*",
        tail: per(
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, landed = excluded.landed, delivery_fee = \
             excluded.delivery_fee, delivery_hours = excluded.delivery_hours, warranty_days = excluded.warranty_days, \
             payment_terms = excluded.payment_terms, notes = excluded.notes, expires_at = excluded.expires_at, \
             floor_landed = excluded.floor_landed, status = excluded.status, lines_at = COALESCE(excluded.lines_at, \
             bids.lines_at), updated_at = excluded.updated_at",
            " ON DUPLICATE KEY UPDATE version = VALUES(version), landed = VALUES(landed), delivery_fee = \
             VALUES(delivery_fee), delivery_hours = VALUES(delivery_hours), warranty_days = VALUES(warranty_days), \
             payment_terms = VALUES(payment_terms), notes = VALUES(notes), expires_at = VALUES(expires_at), \
             floor_landed = VALUES(floor_landed), status = VALUES(status), lines_at = COALESCE(VALUES(lines_at), \
             lines_at), updated_at = VALUES(updated_at)",
        ),
    },
    Insert {
        into: both("bid_items (placed_at, bid_id, version, line_no, item_id, quantity, unit_price, part_condition)"),
        columns: [8, 8],
        taken: "*",
        tail: both(""),
    },
];

/// Rows of an INSERT, ascending. `MySQL` gets the sizes that fill; a file the next power of two: the texts of all tables
/// together are one text there, of which the driver keeps 256 prepared, and with every size there were too many.
const SIZES: [usize; 16] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, INSERT_ROWS_MAX];

/// The texts of a table, by size.
type Texts = [[String; SIZES.len()]; INSERTS.len()];

fn texts(text: fn(&Insert, usize) -> String) -> Texts {
    INSERTS.map(|insert| SIZES.map(|size| text(&insert, size)))
}

fn rows_of(columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    vec![row.as_str(); rows].join(",")
}

/// OR FAIL: a plain INSERT of many rows copies every page aside before it touches it, to undo the statement alone. Nobody
/// here goes on after a failed statement, so the transaction's own undo is enough. The LIMIT says how many of the rows
/// are meant; its plus hides the value from the planner, which would compile the text anew for each. WHERE true keeps ON
/// CONFLICT from being read as part of a join.
static SQLITE: LazyLock<Texts> = LazyLock::new(|| {
    texts(|insert, size| {
        let (into, taken, tail) = (insert.into.sqlite, insert.taken, insert.tail.sqlite);
        let rows = rows_of(insert.columns[0], size);
        format!("INSERT OR FAIL INTO {into} SELECT {taken} FROM (VALUES {rows}) WHERE true LIMIT +?{tail};")
    })
});
/// Here every row counts: `MySQL` and `MariaDB` have no common word for a list of rows that is not inserted.
static MYSQL: LazyLock<Texts> = LazyLock::new(|| {
    texts(|insert, size| {
        format!("INSERT INTO {} VALUES {}{}", insert.into.mysql, rows_of(insert.columns[1], size), insert.tail.mysql)
    })
});

/// Locks the heads of so many auctions, in the order of their ids, and tells where they stand and under which fence.
static LOCKS: LazyLock<[String; SIZES.len()]> = LazyLock::new(|| {
    SIZES.map(|size| {
        let ids = vec!["?"; size].join(",");
        format!(
            "SELECT auction_id, seq, COALESCE(fence, 0) FROM auction_heads FORCE INDEX (PRIMARY) WHERE auction_id IN ({ids}) \
             ORDER BY auction_id FOR UPDATE"
        )
    })
});

/// Every multi-row text for `SQLite`, for the test that prepares them.
#[must_use]
pub fn insert_texts() -> Vec<String> {
    SQLITE.iter().flatten().cloned().collect()
}

// ------------------------------------------------------------------ values

type Encoded = Result<(), BoxDynError>;

/// The values of a statement, for either driver.
pub(crate) trait Values: Arguments {
    /// Whether the driver takes several statements as one text, and the journal has its own order (`place`).
    const JOINED: bool;
    /// The multi-row texts of this driver.
    fn texts() -> &'static Texts;
    /// This driver's text of a statement.
    fn pick(sql: Sql) -> &'static str;
    /// A number.
    fn int(&mut self, value: i64) -> Encoded;
    /// A number or NULL.
    fn maybe(&mut self, value: Option<i64>) -> Encoded;
    /// A text.
    fn text(&mut self, value: &str) -> Encoded;
    /// A text or NULL.
    fn maybe_text(&mut self, value: Option<&str>) -> Encoded;
    /// Bytes.
    fn blob(&mut self, value: &[u8]) -> Encoded;
    /// A place in the journal's order, where the driver has one.
    fn place(&mut self, place: Option<i64>) -> Encoded {
        if Self::JOINED { self.maybe(place) } else { Ok(()) }
    }
    /// Whose a new head is, where there can be several. An old one keeps whose it was.
    fn hold(&mut self, hold: Hold) -> Encoded {
        if Self::JOINED {
            return Ok(());
        }
        self.int(hold.node)?;
        self.int(hold.fence)
    }
}

macro_rules! values {
    ($arguments:ty, $joined:literal, $texts:ident, $dialect:ident, $text:expr) => {
        impl Values for $arguments {
            const JOINED: bool = $joined;
            fn texts() -> &'static Texts {
                &$texts
            }
            fn pick(sql: Sql) -> &'static str {
                sql.$dialect
            }
            fn int(&mut self, value: i64) -> Encoded {
                Arguments::add(self, value)
            }
            fn maybe(&mut self, value: Option<i64>) -> Encoded {
                Arguments::add(self, value)
            }
            fn text(&mut self, value: &str) -> Encoded {
                Arguments::add(self, $text(value))
            }
            fn maybe_text(&mut self, value: Option<&str>) -> Encoded {
                Arguments::add(self, value.map($text))
            }
            fn blob(&mut self, value: &[u8]) -> Encoded {
                Arguments::add(self, value)
            }
        }
    };
}

// A borrowed text is copied twice by the driver, a shared one once.
values!(SqliteArguments, true, SQLITE, sqlite, Arc::<str>::from);
values!(MySqlArguments, false, MYSQL, mysql, std::convert::identity);

/// A text with its values; owned, so that it outlives the caller.
pub(crate) struct Statement<A> {
    /// The text.
    pub(crate) text: String,
    /// Its values.
    pub(crate) values: A,
}

// ------------------------------------------------------------------ rows

/// A bid as the group leaves it.
struct BidRow<'a> {
    request: RequestId,
    content: &'a BidContent,
    status: &'static str,
    placed_at: UnixMicros,
    lines_at: Option<UnixMicros>,
    updated_at: UnixMicros,
}

/// What a group writes besides its entries. Bids and heads are in the order of their ids: two writers of a server
/// then lock rows in one order and cannot wait for each other in a circle.
#[derive(Default)]
struct Rows<'a> {
    heads: BTreeMap<i64, &'a Append>,
    bids: BTreeMap<i64, BidRow<'a>>,
    items: Vec<(UnixMicros, &'a BidContent, i64, &'a Line)>,
    statuses: BTreeMap<i64, (&'static str, UnixMicros)>,
    rings: BTreeMap<i64, Ring>,
    /// Whom these requests reach now is to hear of them.
    announced: Vec<(RequestId, Ring, UnixMicros)>,
    /// Accepted bids and their orders.
    orders: Vec<(OrderId, BidId, UnixMicros)>,
}

impl<'a> Rows<'a> {
    fn of(group: &[&'a Append]) -> Self {
        let mut rows = Self::default();
        for &append in group {
            rows.heads.insert(append.head.request.0, append);
            for entry in &append.entries {
                rows.take(entry);
            }
        }
        rows
    }

    fn take(&mut self, entry: &'a Entry) {
        let at = entry.at;
        match &entry.event {
            Event::BidPlaced { content, .. } | Event::BidRevised { content, .. } => {
                let lines = content.offer.lines.iter().zip(0..);
                self.items.extend(lines.map(|(line, number)| (at, content, number, line)));
                self.put_bid(entry, content, Some(at));
            }
            // A cut brings no lines: those of the version before hold, less the cut.
            Event::BidAutoCut { content } => self.put_bid(entry, content, None),
            Event::BidWithdrawn { bid, .. } => self.put_status(*bid, "withdrawn", at),
            Event::BidDisqualified { bid, .. } => self.put_status(*bid, "disqualified", at),
            Event::Accepted { bid, order, .. } => {
                self.put_status(*bid, "accepted", at);
                self.orders.push((*order, *bid, at));
            }
            Event::Declined { bid, .. } => self.put_status(*bid, "declined", at),
            Event::RingWidened { ring } => {
                self.rings.insert(entry.request.0, *ring);
                self.announced.push((entry.request, *ring, at));
            }
            Event::Published(_) => self.announced.push((entry.request, Ring::default(), at)),
            // What an end does to the bids that are still submitted is told by the head.
            Event::Opened
            | Event::BidTooLate { .. }
            | Event::Extended { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Interrupted { .. }
            | Event::Closed { .. }
            | Event::Reviewing { .. }
            | Event::Expired { .. }
            | Event::Cancelled { .. } => {}
        }
    }

    fn put_bid(&mut self, entry: &Entry, content: &'a BidContent, lines_at: Option<UnixMicros>) {
        self.statuses.remove(&content.bid.0);
        let before = self.bids.get(&content.bid.0);
        let placed_at = before.map_or(entry.at, |before| before.placed_at);
        let lines_at = lines_at.or(before.and_then(|before| before.lines_at));
        let row =
            BidRow { request: entry.request, content, status: "submitted", placed_at, lines_at, updated_at: entry.at };
        self.bids.insert(content.bid.0, row);
    }

    fn put_status(&mut self, bid: BidId, status: &'static str, at: UnixMicros) {
        match self.bids.get_mut(&bid.0) {
            Some(row) => (row.status, row.updated_at) = (status, at),
            None => drop(self.statuses.insert(bid.0, (status, at))),
        }
    }
}

// ------------------------------------------------------------------ statements

/// An entry, its place in the journal and that of its predecessor if that is in the same group.
struct Placed<'a> {
    entry: &'a Entry,
    place: i64,
    prev: Option<i64>,
}

/// The place of each auction's last entry in a group.
type Tails = HashMap<RequestId, i64>;

/// The entries of a group behind the place `last`.
fn place<'a>(group: &[&'a Append], last: i64) -> (Vec<Placed<'a>>, Tails) {
    let mut tails = Tails::with_capacity(group.len());
    let mut placed = Vec::with_capacity(group.len());
    for (entry, place) in group.iter().flat_map(|&append| &append.entries).zip(last + 1..) {
        let prev = tails.insert(entry.request, place);
        placed.push(Placed { entry, place, prev });
    }
    (placed, tails)
}

/// The statements that write a group behind the entry at `last`, in order. Each append follows the one of its auction
/// before it.
pub(crate) fn plan<A: Values>(group: &[&Append], last: i64) -> Result<Vec<Statement<A>>, BoxDynError> {
    let (entries, tails) = place(group, last);
    let rows = Rows::of(group);
    let mut out = Vec::new();
    insert(&mut out, Table::Events, &entries, |values: &mut A, Placed { entry, place, prev }| {
        values.place(Some(*place))?;
        values.place(*prev)?;
        values.int(entry.request.0)?;
        values.int(entry.seq)?;
        values.int(entry.at.0)?;
        values.text(event_json::kind(&entry.event))?;
        values.text(&entry.payload)?;
        values.blob(&entry.hash)
    })?;
    let heads: Vec<&Append> = rows.heads.into_values().collect();
    insert(&mut out, Table::Heads, &heads, |values, Append { head, hold, .. }| {
        values.place(tails.get(&head.request).copied())?;
        values.hold(*hold)?;
        bind_head(values, head)
    })?;
    let bids: Vec<BidRow<'_>> = rows.bids.into_values().collect();
    insert(&mut out, Table::Bids, &bids, bind_bid)?;
    insert(&mut out, Table::Items, &rows.items, |values, (at, content, number, line)| {
        values.int(at.0)?;
        values.int(content.bid.0)?;
        values.int(i64::from(content.version))?;
        values.int(*number)?;
        values.int(line.item.0)?;
        values.int(line.quantity)?;
        values.int(line.unit_price.0)?;
        values.maybe_text(line.condition.map(event_json::condition))
    })?;
    for (bid, (status, at)) in rows.statuses {
        out.push(set_status(bid, status, at)?);
    }
    for (request, ring) in rows.rings {
        let mut values = A::default();
        values.int(i64::from(ring.number()))?;
        values.int(request)?;
        out.push(Statement { text: A::pick(SET_RING_OF_REQUEST).to_owned(), values });
    }
    for (request, ring, at) in rows.announced {
        let mut values = A::default();
        values.int(request.0)?;
        values.int(i64::from(ring.number()))?;
        values.int(at.0)?;
        out.push(Statement { text: A::pick(INSERT_ANNOUNCEMENT).to_owned(), values });
    }
    for (order, bid, at) in rows.orders {
        push_order(&mut out, order, bid, at)?;
    }
    Ok(out)
}

/// The statements that lock the heads of these auctions, whose ids ascend.
pub(crate) fn lock_heads(auctions: &[i64]) -> Result<Vec<Statement<MySqlArguments>>, BoxDynError> {
    let lock = |chunk: &[i64]| {
        let at = SIZES.partition_point(|size| *size < chunk.len());
        let mut values = MySqlArguments::default();
        // The last stands for those that fill the text up.
        for id in chunk.iter().chain(std::iter::repeat_n(chunk.last(), SIZES[at] - chunk.len()).flatten()) {
            values.int(*id)?;
        }
        Ok(Statement { text: LOCKS[at].clone(), values })
    };
    auctions.chunks(INSERT_ROWS_MAX).map(lock).collect()
}

/// An order is copied from the rows of its bid, which lie before it in this group or were committed long ago.
fn push_order<A: Values>(out: &mut Vec<Statement<A>>, order: OrderId, bid: BidId, at: UnixMicros) -> Encoded {
    let mut push = |sql, numbers: &[i64]| -> Encoded {
        let mut values = A::default();
        numbers.iter().try_for_each(|number| values.int(*number))?;
        out.push(Statement { text: A::pick(sql).to_owned(), values });
        Ok(())
    };
    let confirm_by = at.plus(Span::secs(CONFIRM_SECS));
    push(INSERT_ORDER, &[order.0, confirm_by.0, at.0, at.0, bid.0])?;
    push(INSERT_ORDER_LINES, &[order.0, bid.0])?;
    push(INSERT_ORDER_EVENT, &[order.0])
}

fn set_status<A: Values>(bid: i64, status: &str, at: UnixMicros) -> Result<Statement<A>, BoxDynError> {
    let mut values = A::default();
    values.text(status)?;
    values.int(at.0)?;
    values.int(bid)?;
    Ok(Statement { text: A::pick(SET_STATUS_OF_BID).to_owned(), values })
}

/// Adds the rows of a table: to the one text, padded to the next size; or as statements of the sizes that they fill.
fn insert<A: Values, R>(
    out: &mut Vec<Statement<A>>,
    table: Table,
    rows: &[R],
    bind: impl Fn(&mut A, &R) -> Encoded,
) -> Encoded {
    let (texts, insert) = (&A::texts()[table as usize], &INSERTS[table as usize]);
    let mut rest = rows;
    while !rest.is_empty() {
        let size = if A::JOINED {
            SIZES.partition_point(|size| *size < rest.len().next_power_of_two()).min(SIZES.len() - 1)
        } else {
            SIZES.partition_point(|size| *size <= rest.len()) - 1
        };
        if out.is_empty() || !A::JOINED {
            out.push(Statement { text: String::new(), values: A::default() });
        }
        let Some(Statement { text, values }) = out.last_mut() else { return Ok(()) };
        let (chunk, after) = rest.split_at(SIZES[size].min(rest.len()));
        text.push_str(&texts[size]);
        let columns = insert.columns[usize::from(!A::JOINED)];
        values.reserve(SIZES[size] * columns + 1, SIZES[size] * columns * 8);
        for row in chunk {
            bind(values, row)?;
        }
        if A::JOINED {
            for _ in chunk.len() * columns..SIZES[size] * columns {
                values.maybe(None)?;
            }
            values.int(i64::try_from(chunk.len())?)?;
        }
        rest = after;
    }
    Ok(())
}

fn bind_head<A: Values>(values: &mut A, head: &Head) -> Encoded {
    values.int(head.request.0)?;
    values.int(head.owner.0)?;
    values.int(head.seq)?;
    values.blob(&head.hash)?;
    values.text(head.state.word())?;
    values.maybe_text(event_json::expiry_of(head.state))?;
    values.int(i64::from(head.paused))?;
    values.int(head.opens_at.0)?;
    values.int(head.closes_at.0)?;
    values.maybe(head.review_until.map(|at| at.0))?;
    values.int(i64::from(head.total_bids))?;
    values.int(i64::from(head.live_bids))?;
    values.maybe(head.best_landed.map(|amount| amount.0))?;
    values.int(head.updated_at.0)
}

fn bind_bid<A: Values>(values: &mut A, row: &BidRow<'_>) -> Encoded {
    let BidContent { bid, merchant, version, offer, landed, floor, .. } = row.content;
    values.int(bid.0)?;
    values.int(row.request.0)?;
    values.int(merchant.0)?;
    values.int(i64::from(*version))?;
    values.int(landed.0)?;
    values.int(offer.delivery_fee.0)?;
    values.int(offer.delivery_hours)?;
    values.int(offer.warranty_days)?;
    values.text(&offer.payment_terms)?;
    values.text(&offer.notes)?;
    values.maybe(offer.expires_at.map(|at| at.0))?;
    values.maybe(floor.map(|amount| amount.0))?;
    values.text(row.status)?;
    values.int(row.placed_at.0)?;
    values.maybe(row.lines_at.map(|at| at.0))?;
    values.int(row.updated_at.0)
}
