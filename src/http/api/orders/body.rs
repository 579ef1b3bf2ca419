//! What an order looks like, and what each side may do with it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::order;
use crate::domain::order::Actor;
use crate::domain::order::OrderState;
use crate::domain::order::Step;
use crate::persistence::orders::Order;
use crate::persistence::orders::OrderEvent;
use crate::persistence::orders::OrderLine;
use crate::persistence::users::Account;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// An order as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBrief {
    /// The order.
    #[schema(value_type = value::OrderRef)]
    id: value::Id<OrderId>,
    /// The request that it came from.
    #[schema(value_type = value::RequestRef)]
    request_id: value::Id<RequestId>,
    /// That request's title.
    title: String,
    /// The accepted bid.
    #[schema(value_type = value::BidRef)]
    bid_id: value::Id<BidId>,
    /// The caller's part: `customer`, `merchant` or `admin`.
    role: &'static str,
    /// `pending_confirmation`, `confirmed`, `preparing`, `shipped`, `delivered`, `completed`, `declined`, `cancelled`,
    /// `return_requested`, `disputed` or `resolved`.
    status: &'static str,
    /// What the caller may do next: words of the calls.
    steps: Vec<&'static str>,
    /// All of it, VAT included.
    total: Money,
    /// The currency of every amount here.
    currency: &'static str,
    /// When it is declined by itself unless it was confirmed.
    confirm_by: Timestamp,
    /// When the parts were handed over.
    delivered_at: Option<Timestamp>,
    /// When the bid was accepted.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl OrderBrief {
    /// An order in the eyes of one part.
    pub(super) fn new(order: &Order, actor: Actor) -> Self {
        Self {
            id: value::Id(order.id),
            request_id: value::Id(order.request),
            title: order.title.clone(),
            bid_id: value::Id(order.bid),
            role: actor.word(),
            status: order.state.word(),
            steps: order::steps(order.state, actor).map(Step::word).collect(),
            total: Money(order.total),
            currency: CURRENCY,
            confirm_by: Timestamp(order.confirm_by),
            delivered_at: order.delivered_at.map(Timestamp),
            created_at: Timestamp(order.created_at),
            updated_at: Timestamp(order.updated_at),
        }
    }
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderList {
    /// Newest first.
    pub(super) data: Vec<OrderBrief>,
    /// For the next page; null on the last.
    pub(super) next_cursor: Option<String>,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLineBody {
    /// The request's item.
    #[schema(value_type = value::ItemRef)]
    request_item_id: value::Id<ItemId>,
    /// What the part is called.
    part_name: String,
    /// The maker's number.
    part_number: Option<String>,
    /// The condition; null where any would do.
    condition: Option<String>,
    /// Pieces.
    quantity: i64,
    /// Price of one piece, VAT included.
    unit_price: Money,
    /// Of all pieces.
    total: Money,
}

impl From<OrderLine> for OrderLineBody {
    fn from(line: OrderLine) -> Self {
        Self {
            request_item_id: value::Id(line.item_id),
            // In bounds: the engine has summed it up before.
            total: Money(line.unit_price.times(line.quantity).unwrap_or(AmountMinor::ZERO)),
            part_name: line.part_name,
            part_number: line.part_number,
            condition: line.part_condition,
            quantity: line.quantity,
            unit_price: Money(line.unit_price),
        }
    }
}

/// One step of an order's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderEventBody {
    /// From 1.
    seq: i64,
    /// When.
    at: Timestamp,
    /// `accept`, or the word of the call.
    step: String,
    /// Where it led.
    status: String,
    /// `customer`, `merchant`, `admin`, or `clock` for the market itself.
    actor: String,
    /// Why.
    reason: Option<String>,
}

impl From<OrderEvent> for OrderEventBody {
    fn from(event: OrderEvent) -> Self {
        let OrderEvent { seq, at, step, state, actor, reason } = event;
        Self { seq, at: Timestamp(at), step, status: state, actor, reason }
    }
}

/// How the other side is reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactBody {
    /// The account.
    #[schema(value_type = value::UserRef)]
    id: value::Id<UserId>,
    /// The person, or the business.
    name: String,
    /// E.164.
    phone: String,
    /// Where it gave one.
    email: Option<String>,
}

impl ContactBody {
    pub(super) fn new(account: Account, name: Option<String>) -> Self {
        let Account { id, phone, email, .. } = account;
        Self { id: value::Id(id), name: name.unwrap_or(account.name), phone, email }
    }
}

/// An order, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBody {
    /// As in lists.
    #[serde(flatten)]
    brief: OrderBrief,
    /// What was ordered.
    items: Vec<OrderLineBody>,
    /// All lines, VAT included.
    items_total: Money,
    /// The delivery fee, VAT included.
    delivery_fee: Money,
    /// What the merchant's automatic bid cut off.
    discount: Money,
    /// The rate of the VAT in the total, in percent.
    vat_percent: i64,
    /// The VAT in the total.
    vat: Money,
    /// Promised delivery, in hours.
    delivery_hours: i64,
    /// Promised warranty, in days.
    warranty_days: i64,
    /// Payment terms in the merchant's words.
    payment_terms: String,
    /// Who ordered; for the merchant and administrators, unless the order was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<ContactBody>,
    /// Who delivers; for the customer and administrators, unless the order was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant: Option<ContactBody>,
    /// Number of the invoice, once there is one.
    invoice_number: Option<i64>,
    /// Number of the credit note that took it back, where the order was called off.
    credit_note_number: Option<i64>,
    /// Every step so far.
    history: Vec<OrderEventBody>,
    /// Which sides have reviewed the other: `customer`, `merchant`.
    reviewed_by: Vec<String>,
}

/// What belongs to an order besides its row.
pub(super) struct Around {
    pub(super) lines: Vec<OrderLine>,
    pub(super) events: Vec<OrderEvent>,
    pub(super) customer: Option<ContactBody>,
    pub(super) merchant: Option<ContactBody>,
    pub(super) invoice_number: Option<i64>,
    pub(super) credit_note_number: Option<i64>,
    pub(super) reviewed_by: Vec<String>,
}

impl OrderBody {
    pub(super) fn new(order: Order, actor: Actor, around: Around) -> Self {
        Self {
            brief: OrderBrief::new(&order, actor),
            items: around.lines.into_iter().map(OrderLineBody::from).collect(),
            items_total: Money(order.items_total),
            delivery_fee: Money(order.delivery_fee),
            discount: Money(order.discount),
            vat_percent: order.vat_percent,
            vat: Money(order.vat),
            delivery_hours: order.delivery_hours,
            warranty_days: order.warranty_days,
            payment_terms: order.payment_terms,
            customer: around.customer,
            merchant: around.merchant,
            invoice_number: around.invoice_number,
            credit_note_number: around.credit_note_number,
            history: around.events.into_iter().map(OrderEventBody::from).collect(),
            reviewed_by: around.reviewed_by,
        }
    }
}

/// Whose contacts a part reads: the other side's. Who declined an order, or was declined, has no business with the other.
pub(super) fn shows_contact(order: &Order, actor: Actor, of: Actor) -> bool {
    order.state != OrderState::Declined && actor != of
}
