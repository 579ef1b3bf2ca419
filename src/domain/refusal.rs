//! Every business "no" of the auction: a stable code and the numbers that would pass.

use crate::domain::ids::BidId;
use crate::domain::money::AmountMinor;
use crate::domain::time::{Span, UnixMicros};

/// What a revision may not make worse (rules §3, ratchet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// The landed total went up.
    LandedTotal,
    /// The delivery takes longer.
    Delivery,
    /// The warranty is shorter.
    Warranty,
}

/// Which shape rule a bid breaks (rules §2, checks 9 and 12). `line` counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeFault {
    /// No line, or more lines than the request has items.
    LineCount {
        /// The most lines allowed.
        max: usize,
    },
    /// A line names an item that is not in this request.
    UnknownItem {
        /// The line.
        line: usize,
    },
    /// Two lines name one item.
    ItemTwice {
        /// The second of them.
        line: usize,
    },
    /// The quantity is not what was asked (in partial mode: above it, or below 1).
    Quantity {
        /// The line.
        line: usize,
        /// What was asked.
        asked: i64,
    },
    /// The unit price lies outside 0.01 … 10 000 000.00 SAR.
    UnitPrice {
        /// The line.
        line: usize,
    },
    /// The item does not take this condition.
    Condition {
        /// The line.
        line: usize,
    },
    /// The delivery fee is negative or above its bound.
    DeliveryFee,
    /// The landed total leaves its bound.
    LandedTotal,
    /// The warranty lies outside its bounds, in days.
    Warranty,
    /// The automatic bid's floor is not between one halala and the landed total.
    Floor,
}

/// A business "no". Which one wins when several apply is the order of the checks in rules §2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bidder is no merchant.
    NotAMerchant,
    /// The merchant is not verified yet.
    NotVerified,
    /// The account is suspended.
    Suspended,
    /// There is no such request, or this viewer may not see it.
    UnknownRequest,
    /// There is no such bid, or it is not this merchant's.
    UnknownBid,
    /// The idempotency key came before with another body.
    KeyReused,
    /// The bidder owns the request.
    OwnRequest,
    /// The merchant is blocked by the customer, or not invited.
    NotEligible,
    /// The request does not take bids in this state.
    NotOpen {
        /// The state, as on the wire.
        state: &'static str,
    },
    /// The bid came at or after the deadline.
    TooLate {
        /// The server's time when the bid was read.
        server_time: UnixMicros,
        /// The deadline, exclusive.
        deadline: UnixMicros,
    },
    /// The auction is paused.
    Paused,
    /// A shape rule is broken.
    Shape(ShapeFault),
    /// A line is missing and the request does not take partial bids.
    LineMissing,
    /// The landed total is above the budget that the request enforces.
    OverBudget {
        /// The largest landed total that passes.
        max_landed: AmountMinor,
    },
    /// The delivery time is outside 1 … `max` hours.
    DeliveryOutOfRange {
        /// The largest that passes, in hours.
        max: i64,
    },
    /// A revision makes a promise worse.
    Worsened(Worse),
    /// A revision cuts less than the step and gains less than 0.1 point.
    StepTooSmall {
        /// The largest landed total that passes.
        max_landed: AmountMinor,
    },
    /// The merchant has a live bid already: it is to be revised, not placed again.
    AlreadyBidding {
        /// The live bid.
        bid: BidId,
    },
    /// The bid was withdrawn and its one re-entry is used.
    ReentryUsed,
    /// A re-entry lies above the landed total that was withdrawn.
    ReentryTooHigh {
        /// The largest landed total that passes.
        max_landed: AmountMinor,
    },
    /// The price is so low that it may be a slip; passes with `confirmed`.
    ConfirmRequired {
        /// The least landed total that passes without it.
        min_landed: AmountMinor,
    },
    /// The leader may not withdraw in the last two minutes.
    LeaderLocked,
    /// Too many bids of this merchant in this request.
    TooManyBids {
        /// When the next may come; `None` when never.
        retry_after: Option<Span>,
    },
    /// The request is full: it takes no further merchant.
    RoomFull,
    /// The request's state does not take this command.
    WrongState {
        /// The state, as on the wire.
        state: &'static str,
    },
    /// The request ended: nothing changes it any more.
    Terminal,
    /// Neither its owner nor an admin.
    NotYours,
    /// Paused twice already, or for longer than a day.
    PauseRefused,
    /// It is not paused.
    NotPaused,
    /// Extended three times already, or by less than a minute or more than three days.
    ExtensionRefused,
    /// The request was not published with `allow_early_close`.
    EarlyCloseNotAllowed,
    /// The bid is not one that can be accepted.
    BidNotEligible,
    /// Another bid was accepted before.
    AlreadyAccepted {
        /// That bid.
        bid: BidId,
    },
    /// The rules of a request contradict themselves or leave their bounds.
    BadRules {
        /// The field, as on the wire.
        field: &'static str,
    },
}

impl Refusal {
    /// The stable word for this refusal on every wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAMerchant => "not_a_merchant",
            Self::NotVerified => "not_verified",
            Self::Suspended => "suspended",
            Self::UnknownRequest => "unknown_request",
            Self::UnknownBid => "unknown_bid",
            Self::KeyReused => "key_reused",
            Self::OwnRequest => "own_request",
            Self::NotEligible => "not_eligible",
            Self::NotOpen { .. } => "not_open",
            Self::TooLate { .. } => "too_late",
            Self::Paused => "paused",
            Self::Shape(fault) => match fault {
                ShapeFault::LineCount { .. } => "line_count",
                ShapeFault::UnknownItem { .. } => "unknown_item",
                ShapeFault::ItemTwice { .. } => "item_twice",
                ShapeFault::Quantity { .. } => "quantity_mismatch",
                ShapeFault::UnitPrice { .. } => "unit_price_out_of_range",
                ShapeFault::Condition { .. } => "condition_not_allowed",
                ShapeFault::DeliveryFee => "delivery_fee_out_of_range",
                ShapeFault::LandedTotal => "landed_total_out_of_range",
                ShapeFault::Warranty => "warranty_out_of_range",
                ShapeFault::Floor => "floor_out_of_range",
            },
            Self::LineMissing => "line_missing",
            Self::OverBudget { .. } => "over_budget",
            Self::DeliveryOutOfRange { .. } => "delivery_out_of_range",
            Self::Worsened(_) => "worse",
            Self::StepTooSmall { .. } => "step_too_small",
            Self::AlreadyBidding { .. } => "already_bidding",
            Self::ReentryUsed => "reentry_used",
            Self::ReentryTooHigh { .. } => "reentry_too_high",
            Self::ConfirmRequired { .. } => "confirm_required",
            Self::LeaderLocked => "leader_locked",
            Self::TooManyBids { .. } => "too_many_bids",
            Self::RoomFull => "room_full",
            Self::WrongState { .. } => "wrong_state",
            Self::Terminal => "terminal",
            Self::NotYours => "not_yours",
            Self::PauseRefused => "pause_refused",
            Self::NotPaused => "not_paused",
            Self::ExtensionRefused => "extension_refused",
            Self::EarlyCloseNotAllowed => "early_close_not_allowed",
            Self::BidNotEligible => "bid_not_eligible",
            Self::AlreadyAccepted { .. } => "already_accepted",
            Self::BadRules { .. } => "bad_rules",
        }
    }
}
