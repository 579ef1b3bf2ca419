//! What everybody is sent: a request, a list of them, what a command led to.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::wire::file::ImageBody;
use crate::wire::request::rules::RulesBody;
use crate::wire::value;
use crate::wire::value::Hex;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// What a vehicle is called.
#[derive(Serialize, ToSchema)]
pub struct VehicleName {
    /// Its id.
    #[schema(value_type = value::VehicleRef)]
    pub id: value::Id<VehicleId>,
    /// In the caller's language.
    pub full_name: String,
}

/// Whose request it is.
#[derive(Serialize, ToSchema)]
pub struct CustomerName {
    /// The account.
    #[schema(value_type = value::UserRef)]
    pub id: value::Id<UserId>,
    /// What it is called; null once it is erased.
    pub name: Option<String>,
}

/// One part.
#[derive(Serialize, ToSchema)]
pub struct ItemBody {
    /// Its id, which bids name.
    #[schema(value_type = value::ItemRef)]
    pub id: value::Id<ItemId>,
    /// What it is.
    pub part_name: String,
    /// The maker's number.
    pub part_number: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// The one condition that is taken; null takes any.
    pub condition: Option<String>,
    /// What it belongs to.
    pub part_group: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// What it looks like.
    pub images: Vec<ImageBody>,
    /// The customer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_price: Option<Money>,
}

/// A request.
#[derive(Serialize, ToSchema)]
pub struct RequestBody {
    /// Its id.
    #[schema(value_type = value::RequestRef)]
    pub id: value::Id<RequestId>,
    /// Whose it is, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The vehicle.
    pub vehicle: Option<VehicleName>,
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
    /// The parts.
    pub items: Vec<ItemBody>,
    /// Where the customer would pick them up.
    pub preferred_pickup: Option<String>,
    /// Where the car is.
    pub city: Option<String>,
    /// How long bids are taken, in seconds.
    pub bidding_duration_s: i64,
    /// The customer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_min: Option<Money>,
    /// The customer's own, unless it is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_max: Option<Money>,
    /// Of every amount here.
    pub currency: &'static str,
    /// How much it hurries.
    pub urgency_level: String,
    /// What it looks like.
    pub images: Vec<ImageBody>,
    /// The rules.
    pub rules: RulesBody,
    /// The invited merchants, for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<value::UserRef>>)]
    pub invited: Option<Vec<value::Id<UserId>>>,
    /// How far it reaches, for the customer: 0 merchants who deal in such parts and serve the city, 1 all who serve the
    /// city, 2 all. It grows by itself where too few bid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring: Option<i64>,
    /// The request that this one repeats, for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::RequestRef>)]
    pub repost_of: Option<value::Id<RequestId>>,
    /// `draft`, `published`, `bidding_open`, `bidding_closed`, `reviewing`, `accepted`, `expired`, `cancelled`.
    pub status: String,
    /// Whether bidding is paused.
    pub paused: bool,
    /// Items.
    pub total_parts: usize,
    /// Live bids, a revised one once; null where the caller may not know.
    pub total_bids: Option<u32>,
    /// When bidding opens or opened.
    pub opens_at: Option<Timestamp>,
    /// The deadline in force, exclusive.
    pub closes_at: Option<Timestamp>,
    /// Until when the customer may choose.
    pub review_until: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// The server's clock, for countdowns.
    pub server_time: Timestamp,
}

/// A request in a list.
#[derive(Serialize, ToSchema)]
pub struct ListedBody {
    /// Its id.
    #[schema(value_type = value::RequestRef)]
    pub id: value::Id<RequestId>,
    /// Whose it is, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The vehicle.
    pub vehicle: Option<VehicleName>,
    /// The title.
    pub title: String,
    /// How much it hurries.
    pub urgency_level: String,
    /// Where the car is.
    pub city: Option<String>,
    /// As in the request.
    pub status: String,
    /// Why it expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// Whether bidding is paused.
    pub paused: bool,
    /// Items.
    pub total_parts: i64,
    /// As in the request.
    pub total_bids: Option<i64>,
    /// The lowest landed total; null where the caller may not know.
    pub best_landed: Option<Money>,
    /// Of every amount here.
    pub currency: &'static str,
    /// When bidding opens or opened.
    pub opens_at: Option<Timestamp>,
    /// The deadline in force.
    pub closes_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A page of requests.
#[derive(Serialize, ToSchema)]
pub struct RequestList {
    /// Newest first, or the next to close first.
    pub data: Vec<ListedBody>,
    /// For the next page; null on the last.
    pub next_cursor: Option<String>,
    /// Whether a merchant who may bid on few was looked for no further than a thousand requests: such a page may be short, or
    /// empty, and not the last.
    pub stopped_early: bool,
}

/// What a command on a request led to, durable.
#[derive(Serialize, ToSchema)]
pub struct CommandBody {
    /// The request.
    #[schema(value_type = value::RequestRef)]
    pub request_id: value::Id<RequestId>,
    /// Its state now.
    pub status: String,
    /// Whether bidding is paused.
    pub paused: bool,
    /// Place of the event in the journal.
    pub seq: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// Hash of the journal's entry, which contains all entries before it.
    pub hash: Hex,
    /// The deadline in force.
    pub closes_at: Timestamp,
}
