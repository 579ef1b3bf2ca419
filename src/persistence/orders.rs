//! Orders: what became of accepted bids. They are born in the journal's transaction (`group`); from then on each step is
//! a change of state that only one writer can make, with its event in the same transaction.

use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::notice::Notice;
use crate::domain::order::Actor;
use crate::domain::order::OrderState;
use crate::domain::order::Step;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::analytics::changes;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::invoices;
use crate::persistence::outbox::Moment;
use crate::persistence::payments;

/// The columns of [`Order`].
macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.request_id, o.bid_id, o.customer_id, o.merchant_id, o.state, o.items_total, o.delivery_fee, ",
            "o.discount, o.total, o.vat_percent, o.vat, o.delivery_hours, o.warranty_days, o.payment_terms, ",
            "o.confirm_by, o.delivered_at, o.created_at, o.updated_at, (SELECT r.title FROM part_requests r WHERE r.id = ",
            "o.request_id) AS title FROM orders o ",
            $rest
        )
    };
}

statements! {
    SELECT_ORDER = both(select_orders!("WHERE o.id = ?"));
    SELECT_LIVE_ORDER_OF_REQUEST = both(select_orders!("WHERE o.request_id = ? AND o.live = 1"));
    SELECT_ORDERS_OF_CUSTOMER = both(select_orders!(
        "WHERE o.customer_id = ? AND o.id < ? AND (? = '' OR o.state = ?) ORDER BY o.id DESC LIMIT ?"
    ));
    SELECT_ORDERS_OF_MERCHANT = both(select_orders!(
        "WHERE o.merchant_id = ? AND o.id < ? AND (? = '' OR o.state = ?) ORDER BY o.id DESC LIMIT ?"
    ));
    SELECT_ALL_ORDERS = both(select_orders!("WHERE o.id < ? AND (? = '' OR o.state = ?) ORDER BY o.id DESC LIMIT ?"));
    SELECT_UNCONFIRMED_ORDERS = both(select_orders!(
        "WHERE o.state = 'pending_confirmation' AND o.confirm_by <= ? ORDER BY o.id LIMIT ?"
    ));
    SELECT_ORDERS_TO_COMPLETE = both(select_orders!(
        "WHERE o.state = 'delivered' AND o.delivered_at <= ? ORDER BY o.id LIMIT ?"
    ));
    // The bid says which of several declined orders of a request is the one that the auction still holds for accepted.
    SELECT_HALF_DECLINED_ORDERS = both(select_orders!(
        "JOIN auction_heads h ON h.auction_id = o.request_id JOIN bids b ON b.id = o.bid_id WHERE o.state = 'declined' \
         AND o.updated_at >= ? AND h.state = 'accepted' AND b.status = 'accepted' AND NOT EXISTS (SELECT 1 FROM orders l \
         WHERE l.request_id = o.request_id AND l.live = 1) ORDER BY o.id LIMIT ?"
    ));
    SELECT_ORDER_BETWEEN = both("SELECT id FROM orders WHERE merchant_id = ? AND customer_id = ? LIMIT 1");
    SELECT_LINES_OF_ORDER = both(
        "SELECT line_no, item_id, part_name, part_number, part_condition, quantity, unit_price FROM order_lines WHERE \
         order_id = ? ORDER BY line_no"
    );
    SELECT_EVENTS_OF_ORDER = both(
        "SELECT seq, at, step, state, actor, reason FROM order_events WHERE order_id = ? ORDER BY seq"
    );
    MOVE_ORDER = both(
        "UPDATE orders SET state = ?, live = CASE WHEN ? = 'declined' THEN NULL ELSE live END, delivered_at = CASE WHEN ? \
         = 'delivered' THEN ? ELSE delivered_at END, updated_at = ? WHERE id = ? AND state = ?"
    );
    SELECT_LAST_EVENT_OF_ORDER = both("SELECT COALESCE(MAX(seq), 0) FROM order_events WHERE order_id = ?");
    INSERT_EVENT_OF_ORDER = both(
        "INSERT INTO order_events (order_id, seq, at, step, state, actor, actor_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    );
}

row! {
    /// A row of `orders`, its state still a word.
    struct OrderRow {
        id: OrderId,
        request_id: RequestId,
        bid_id: BidId,
        customer_id: UserId,
        merchant_id: UserId,
        state: String,
        items_total: AmountMinor,
        delivery_fee: AmountMinor,
        discount: AmountMinor,
        total: AmountMinor,
        vat_percent: i64,
        vat: AmountMinor,
        delivery_hours: i64,
        warranty_days: i64,
        payment_terms: String,
        confirm_by: UnixMicros,
        delivered_at: Option<UnixMicros>,
        created_at: UnixMicros,
        updated_at: UnixMicros,
        title: Option<String>,
    }
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id; the cursor of the next page.
    pub id: OrderId,
    /// The request that it came from.
    pub request: RequestId,
    /// The accepted bid.
    pub bid: BidId,
    /// Who ordered.
    pub customer: UserId,
    /// Who delivers.
    pub merchant: UserId,
    /// Where it stands.
    pub state: OrderState,
    /// All lines, VAT included.
    pub items_total: AmountMinor,
    /// The delivery fee, VAT included.
    pub delivery_fee: AmountMinor,
    /// What an automatic bid cut off.
    pub discount: AmountMinor,
    /// Lines and fee less the discount: the landed total of the bid.
    pub total: AmountMinor,
    /// The rate of the VAT in the total.
    pub vat_percent: i64,
    /// The VAT in the total.
    pub vat: AmountMinor,
    /// Promised delivery, in hours.
    pub delivery_hours: i64,
    /// Promised warranty, in days.
    pub warranty_days: i64,
    /// Payment terms in the merchant's words.
    pub payment_terms: String,
    /// When it is declined by itself unless it was confirmed.
    pub confirm_by: UnixMicros,
    /// When the parts were handed over.
    pub delivered_at: Option<UnixMicros>,
    /// When the bid was accepted.
    pub created_at: UnixMicros,
    /// When it last changed.
    pub updated_at: UnixMicros,
    /// The title of the request that it came from.
    pub title: String,
}

impl TryFrom<OrderRow> for Order {
    type Error = StoreError;

    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let state = OrderState::find(&row.state).ok_or_else(|| StoreError::corrupt(format!("the state of {}", row.id)));
        Ok(Self {
            id: row.id,
            request: row.request_id,
            bid: row.bid_id,
            customer: row.customer_id,
            merchant: row.merchant_id,
            state: state?,
            items_total: row.items_total,
            delivery_fee: row.delivery_fee,
            discount: row.discount,
            total: row.total,
            vat_percent: row.vat_percent,
            vat: row.vat,
            delivery_hours: row.delivery_hours,
            warranty_days: row.warranty_days,
            payment_terms: row.payment_terms,
            confirm_by: row.confirm_by,
            delivered_at: row.delivered_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            title: row.title.unwrap_or_default(),
        })
    }
}

row! {
    /// One line of an order.
    pub struct OrderLine {
        /// From 0, in the merchant's order.
        pub line_no: i64,
        /// The request's item.
        pub item_id: ItemId,
        /// What the part is called.
        pub part_name: String,
        /// The maker's number.
        pub part_number: Option<String>,
        /// The condition, as a word; `None` where any would do.
        pub part_condition: Option<String>,
        /// Pieces.
        pub quantity: i64,
        /// Price of one piece, VAT included.
        pub unit_price: AmountMinor,
    }
}

row! {
    /// One step of an order's history.
    pub struct OrderEvent {
        /// From 1.
        pub seq: i64,
        /// When.
        pub at: UnixMicros,
        /// What was done: `accept`, or the word of a [`Step`].
        pub step: String,
        /// Where it led, as a word.
        pub state: String,
        /// Who: the word of an [`Actor`].
        pub actor: String,
        /// Why.
        pub reason: Option<String>,
    }
}

fn read(rows: Vec<OrderRow>) -> Result<Vec<Order>, StoreError> {
    rows.into_iter().map(Order::try_from).collect()
}

/// An order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, order: OrderId) -> Result<Option<Order>, StoreError> {
    one!(db, OrderRow, SELECT_ORDER, order.0)?.map(Order::try_from).transpose()
}

/// A request's one order that was not declined.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_live(db: &Db, request: RequestId) -> Result<Option<Order>, StoreError> {
    one!(db, OrderRow, SELECT_LIVE_ORDER_OF_REQUEST, request.0)?.map(Order::try_from).transpose()
}

/// Whose orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those that this account ordered.
    Customer(UserId),
    /// Those that this account delivers.
    Merchant(UserId),
    /// Everybody's.
    All,
}

/// Orders, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, whose: Whose, state: Option<OrderState>, page: Page) -> Result<Vec<Order>, StoreError> {
    let (state, limit) = (state.map_or("", OrderState::word), i64::from(page.limit));
    read(match whose {
        Whose::Customer(user) => {
            all!(db, OrderRow, SELECT_ORDERS_OF_CUSTOMER, user.0, page.before, state, state, limit)?
        }
        Whose::Merchant(user) => {
            all!(db, OrderRow, SELECT_ORDERS_OF_MERCHANT, user.0, page.before, state, state, limit)?
        }
        Whose::All => all!(db, OrderRow, SELECT_ALL_ORDERS, page.before, state, state, limit)?,
    })
}

/// Orders that nobody confirmed in time, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_unconfirmed(db: &Db, now: UnixMicros, limit: i64) -> Result<Vec<Order>, StoreError> {
    read(all!(db, OrderRow, SELECT_UNCONFIRMED_ORDERS, now.0, limit)?)
}

/// Orders that were delivered at or before an instant and nobody complained of, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_to_complete(db: &Db, before: UnixMicros, limit: i64) -> Result<Vec<Order>, StoreError> {
    read(all!(db, OrderRow, SELECT_ORDERS_TO_COMPLETE, before.0, limit)?)
}

/// Orders that were declined since an instant while their auction still holds the bid for accepted, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_half_declined(db: &Db, since: UnixMicros, limit: i64) -> Result<Vec<Order>, StoreError> {
    read(all!(db, OrderRow, SELECT_HALF_DECLINED_ORDERS, since.0, limit)?)
}

/// Whether a merchant ever had an order of a customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn have_dealt(db: &Db, merchant: UserId, customer: UserId) -> Result<bool, StoreError> {
    Ok(one!(db, (i64,), SELECT_ORDER_BETWEEN, merchant.0, customer.0)?.is_some())
}

/// The lines of an order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_lines(db: &Db, order: OrderId) -> Result<Vec<OrderLine>, StoreError> {
    all!(db, OrderLine, SELECT_LINES_OF_ORDER, order.0)
}

/// The steps of an order, in order. They are few: no state is entered twice but by way of a dispute.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_events(db: &Db, order: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
    all!(db, OrderEvent, SELECT_EVENTS_OF_ORDER, order.0)
}

/// A step that the table of `domain::order` allows.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// Where the order stood when this was decided.
    pub order: &'a Order,
    /// What is done.
    pub step: Step,
    /// Where it leads.
    pub to: OrderState,
    /// In which part.
    pub actor: Actor,
    /// By which account; `None` for the market itself.
    pub by: Option<UserId>,
    /// Why.
    pub reason: Option<&'a str>,
    /// When.
    pub moment: Moment<'a>,
}

impl Taken<'_> {
    /// Those who hear of it: the other side, or both where it was neither.
    fn hear(&self) -> impl Iterator<Item = (UserId, Notice)> {
        let Order { id, customer, merchant, .. } = *self.order;
        let notice = Notice::OrderStep { order: id, step: self.step, by: self.actor };
        let sides = [(customer, Actor::Customer), (merchant, Actor::Merchant)];
        let by = self.actor;
        sides.into_iter().filter(move |(_, side)| *side != by).map(move |(user, _)| (user, notice.clone()))
    }
}

/// Takes a step: state, event, notices, invoice, the end of its payments, audit entry and the caller's kept answer in one transaction. `false` where the
/// order has moved on since it was read; nothing is written then.
///
/// # Errors
/// [`StoreError`] when the database fails; [`StoreError::Duplicate`] where another order of the merchant was given the
/// same number of an invoice, or of a credit note, at this moment: to be tried again.
pub async fn take(
    db: &Db,
    taken: &Taken<'_>,
    act: Option<&Act>,
    answer: Option<Answer<'_>>,
) -> Result<bool, StoreError> {
    let Taken { order, step, to, actor, by, reason, moment } = *taken;
    let at = moment.at;
    let mut tx = db.begin().await?;
    let word = to.word();
    let moved = exec!(&mut tx, MOVE_ORDER, word, word, word, at.0, at.0, order.id.0, order.state.word())?;
    if moved == 0 {
        return Ok(false);
    }
    let seq = next_seq(&mut tx, order.id).await?;
    let by = by.map(|user| user.0);
    exec!(&mut tx, INSERT_EVENT_OF_ORDER, order.id.0, seq, at.0, step.word(), word, actor.word(), by, reason)?;
    moment.tell(&mut tx, taken.hear()).await?;
    if to == OrderState::Confirmed {
        invoices::issue(&mut tx, order, at).await?;
    }
    if order.state.is_called_off_by(to) {
        payments::call_off(&mut tx, order.id, at).await?;
        invoices::credit(&mut tx, order.id, at).await?;
    }
    changes::mark(&mut tx, order.request).await?;
    if let Some(act) = act {
        audit::append(&mut tx, act).await?;
    }
    idempotency::keep(&mut tx, answer).await?;
    tx.commit().await?;
    Ok(true)
}

/// The order's row is locked by then, so nobody else counts at this moment.
async fn next_seq(tx: &mut Tx, order: OrderId) -> Result<i64, StoreError> {
    Ok(one_in!(tx, (i64,), SELECT_LAST_EVENT_OF_ORDER, order.0)?.map_or(1, |(last,)| last + 1))
}
