//! What a customer sends: a draft, and what is done to a request.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::ids::FileId;
use crate::domain::ids::VehicleId;
use crate::wire::request::rules::RulesBody;
use crate::wire::value;
use crate::wire::value::ConditionWord;
use crate::wire::value::Money;
use crate::wire::value::PartGroupWord;
use crate::wire::value::Timestamp;

/// How much it hurries. `high` and `urgent` count delivery against 72 hours.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// No hurry.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// As `normal`, in other clients' words.
    Medium,
    /// The car stands.
    High,
    /// The car stands and is needed.
    Urgent,
}

impl Urgency {
    /// The word that is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal | Self::Medium => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// One part.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    /// 1 to 120 characters.
    #[schema(min_length = 1)]
    pub part_name: String,
    /// The maker's number.
    pub part_number: Option<String>,
    /// 1 to 10000.
    #[schema(minimum = 1, maximum = 10_000)]
    pub quantity: i64,
    /// The one condition that is taken; left out takes any.
    pub condition: Option<ConditionWord>,
    /// What it belongs to; where a part has none, merchants of every group may bid.
    pub part_group: Option<PartGroupWord>,
    /// More about it.
    pub description: Option<String>,
    /// Ids of images that the customer uploaded, at most 10.
    #[serde(default)]
    #[schema(value_type = Vec<value::FileRef>, max_items = 10)]
    pub images: Vec<value::Id<FileId>>,
    /// What a piece may cost; nobody but the customer sees it.
    pub estimated_price: Option<Money>,
}

/// What a customer asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestInput {
    /// One of the customer's vehicles.
    #[schema(value_type = value::VehicleRef)]
    pub vehicle_id: value::Id<VehicleId>,
    /// 1 to 160 characters.
    #[schema(min_length = 1)]
    pub title: String,
    /// At most 4000 characters.
    #[serde(default)]
    pub description: String,
    /// 1 to 50 parts.
    #[schema(min_items = 1, max_items = 50)]
    pub items: Vec<ItemInput>,
    /// Where the customer would pick them up.
    pub preferred_pickup: Option<String>,
    /// Where the car is, in either language; left out: the city around the customer's default location, or else of the
    /// national address. Merchants who serve it are asked first.
    pub city: Option<String>,
    /// 60 to 1209600.
    #[schema(minimum = 60, maximum = 1_209_600)]
    pub bidding_duration_s: i64,
    /// When bidding is to open; left out: when it is published.
    pub opens_at: Option<Timestamp>,
    /// The least the customer thinks of paying.
    pub budget_min: Option<Money>,
    /// The most. With `enforce_budget_max` bids above it are refused, and merchants see it.
    pub budget_max: Option<Money>,
    /// How much it hurries.
    #[serde(default)]
    pub urgency_level: Urgency,
    /// Ids of images that the customer uploaded, at most 10.
    #[serde(default)]
    #[schema(value_type = Vec<value::FileRef>, max_items = 10)]
    pub images: Vec<value::Id<FileId>>,
    /// The rules of the auction.
    #[serde(default)]
    pub rules: RulesBody,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonInput {
    /// Shown to the bidders; at most 1000 characters.
    #[serde(default)]
    pub reason: String,
}

/// How much longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendInput {
    /// 60 to 259200.
    #[schema(minimum = 60, maximum = 259_200)]
    pub extend_by_s: i64,
}
