//! What may be asked of an auction. Data only.

use crate::domain::auction::terms::Condition;
use crate::domain::ids::{BidId, ItemId, OrderId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::{Span, UnixMicros};

/// One line of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The lot's item.
    pub item: ItemId,
    /// Pieces offered.
    pub quantity: i64,
    /// Price of one piece, VAT included.
    pub unit_price: AmountMinor,
    /// The condition offered; `None` means the one that was asked for.
    pub condition: Option<Condition>,
}

/// A merchant's offer, as sent. The landed total is computed by the engine, never taken from the sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// The lines, in the sender's order.
    pub lines: Vec<Line>,
    /// Delivery fee, VAT included.
    pub delivery_fee: AmountMinor,
    /// Delivery time, in whole hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
    /// Payment terms in the merchant's words.
    pub payment_terms: String,
    /// Notes for the customer.
    pub notes: String,
    /// Until when the offer binds the merchant; `None` until the review ends.
    pub expires_at: Option<UnixMicros>,
}

/// What the engine must know of the merchant who bids. Facts of the moment, looked up before the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, each with a refusal of its own")]
pub struct Bidder {
    /// The account.
    pub user: UserId,
    /// Whether the account is a merchant's.
    pub merchant: bool,
    /// Whether an admin verified it.
    pub verified: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it may bid here: not blocked by the customer, and invited where that is asked for.
    pub eligible: bool,
    /// Rating in thousandths of a star, 0 … 5000, already smoothed (rules §5).
    pub rating_milli: i64,
    /// Orders that were rated in the last 24 months.
    pub rated_orders: i64,
}

/// An idempotency key and the body it came with, both as the first 16 bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Digest of the key as sent.
    pub key: [u8; 16],
    /// Digest of the body as sent.
    pub body: [u8; 16],
}

/// Who runs the auction in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// The account.
    pub user: UserId,
    /// Whether it acts as an admin.
    pub admin: bool,
}

/// A merchant's bid on its way in: placed, or in place of its live one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendBid {
    /// The merchant.
    pub bidder: Bidder,
    /// The live bid where one is revised, else the id that a new bid gets. A re-entry keeps its own.
    pub bid: BidId,
    /// The offer, whole.
    pub offer: Offer,
    /// Private floor of the automatic bid, as a landed total; `None` ends one.
    pub floor: Option<AmountMinor>,
    /// Whether a strikingly low price is meant.
    pub confirmed: bool,
    /// The idempotency key.
    pub key: Key,
    /// When the request had been read from the socket.
    pub stamp: UnixMicros,
}

/// Takes a live bid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawBid {
    /// The merchant.
    pub bidder: Bidder,
    /// The live bid.
    pub bid: BidId,
    /// Why.
    pub reason: String,
    /// The idempotency key.
    pub key: Key,
    /// When the request had been read from the socket.
    pub stamp: UnixMicros,
}

/// Everything that may be asked of a published request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A merchant's first bid, or its one re-entry after a withdrawal.
    Place(SendBid),
    /// Another offer in a live bid.
    Revise(SendBid),
    /// See [`WithdrawBid`].
    Withdraw(WithdrawBid),
    /// Stops bidding for a while; the remaining time is kept.
    Pause {
        /// Who.
        host: Host,
        /// Why, shown to the bidders.
        reason: String,
    },
    /// Ends a pause and gives the remaining time back.
    Resume {
        /// Who.
        host: Host,
    },
    /// Moves the deadline.
    Extend {
        /// Who.
        host: Host,
        /// By how much.
        by: Span,
    },
    /// Closes before the deadline.
    CloseEarly {
        /// Who.
        host: Host,
    },
    /// Ends the request without a result.
    Cancel {
        /// Who.
        host: Host,
        /// Why, shown to the bidders.
        reason: String,
    },
    /// Accepts a bid after the close.
    Accept {
        /// Who.
        host: Host,
        /// The bid.
        bid: BidId,
        /// The id that the order gets, should this command be the one that makes it.
        order: OrderId,
    },
    /// The merchant declines the order before confirming it: back to reviewing.
    Decline {
        /// The merchant.
        merchant: UserId,
        /// Why.
        reason: String,
    },
    /// A merchant was suspended: its live bid no longer counts.
    Disqualify {
        /// The merchant.
        merchant: UserId,
        /// Why.
        reason: String,
    },
    /// Does what time asks for: opens, ends a pause that ran out, widens the ring, closes and finalises, expires a review.
    /// Decides nothing when nothing is due.
    Tick,
    /// The engine came back; `last_alive` is the latest instant at which it is known to have run.
    Recover {
        /// That instant.
        last_alive: UnixMicros,
    },
}
