//! What publishing freezes: the lot and the rule set (rules §1).

use crate::domain::ids::{ItemId, RequestId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::{Span, UnixMicros};
use crate::limits;

/// How price points are computed (rules §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Formula {
    /// Against max(lowest, 60 % of the lower median) from three bids on: one throw-away price cannot wipe out the rest.
    GuardedV1,
    /// Against the lowest. Simple, attackable, offered because people know it.
    RelativeV1,
}

/// Percent of the total score; they sum to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weights {
    /// For price points.
    pub price: u8,
    /// For merchant points.
    pub merchant: u8,
    /// For delivery points.
    pub delivery: u8,
}

/// Who sees what while the auction runs (rules §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Merchants see all bids by alias; the customer sees all with names.
    Open,
    /// Merchants see their own bid and rank and the best landed total.
    LeadPrice,
    /// Merchants see their own bid, rank and scores.
    RankOnly,
    /// Merchants see their own bid; the customer sees the number of bids.
    Sealed,
}

/// The condition of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// New, from the vehicle's maker.
    NewOriginal,
    /// New, from another maker.
    NewAftermarket,
    /// Used.
    Used,
    /// Refurbished.
    Refurbished,
}

/// One item of the lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LotItem {
    /// Its id.
    pub id: ItemId,
    /// Pieces asked for, at least 1.
    pub quantity: i64,
    /// The one condition that is taken; `None` takes any.
    pub condition: Option<Condition>,
}

/// The frozen rule set of one auction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// The price formula.
    pub formula: Formula,
    /// The weights.
    pub weights: Weights,
    /// Who sees what.
    pub visibility: Visibility,
    /// The delivery horizon of the score, in hours: 336, or 72 when urgent.
    pub horizon_hours: i64,
    /// The largest landed total that is taken; `None` takes any.
    pub ceiling: Option<AmountMinor>,
    /// Window and extension of the soft close; zero switches it off. Zero in sealed auctions, where an extension
    /// would tell that the lead changed.
    pub soft_close: Span,
    /// Eligible bids needed for a result, 1 … 9.
    pub min_bids: u16,
    /// Live bids below which the ring of merchants is widened by itself; 0 never widens it.
    pub ring_bids: u16,
    /// Whether a bid may leave out lines or offer fewer pieces.
    pub allow_partial: bool,
    /// Whether the owner may close before the deadline.
    pub allow_early_close: bool,
    /// Whether only invited merchants may bid.
    pub invite_only: bool,
    /// Bids of one merchant per second.
    pub bids_per_second: u32,
    /// Bids of one merchant, ever.
    pub bids_per_merchant: u32,
}

impl Rules {
    /// What those choose who choose nothing, for an auction of hours that ends when it ends and whose ring stays as it is:
    /// what every test and bench begins with.
    pub const USUAL: Self = Self {
        formula: Formula::GuardedV1,
        weights: Weights { price: 50, merchant: 30, delivery: 20 },
        visibility: Visibility::Open,
        horizon_hours: limits::HORIZON_HOURS,
        ceiling: None,
        soft_close: Span::ZERO,
        min_bids: 1,
        ring_bids: 0,
        allow_partial: false,
        allow_early_close: false,
        invite_only: false,
        bids_per_second: 2,
        bids_per_merchant: 120,
    };
}

/// Everything an auction starts from. The payload of its first event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The part request, which is also the auction's id.
    pub request: RequestId,
    /// The customer.
    pub owner: UserId,
    /// The lot: 1 … 50 items.
    pub items: Vec<LotItem>,
    /// The rule set.
    pub rules: Rules,
    /// When bidding opens.
    pub opens_at: UnixMicros,
    /// The first deadline, exclusive.
    pub closes_at: UnixMicros,
    /// Random, so that aliases do not follow the order of arrival.
    pub alias_seed: u64,
}
