//! What is known of an auction after a commit, ranked: the source of reads and frames.

use std::sync::Arc;

use crate::domain::auction::event::{Event, ExpiryReason, Score};
use crate::domain::auction::terms::Terms;
use crate::domain::ids::{BidId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;

/// The states of a published request (rules §1). `draft` exists only before the first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Published, bidding not open yet.
    Published,
    /// Taking bids, unless paused.
    BiddingOpen,
    /// Past the deadline, not finalised yet. Lasts no longer than one decision.
    BiddingClosed,
    /// There is a result; the customer chooses.
    Reviewing,
    /// A bid was accepted.
    Accepted,
    /// Ended without an order.
    Expired(ExpiryReason),
    /// Ended by the owner or an admin.
    Cancelled,
}

impl State {
    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::BiddingOpen => "bidding_open",
            Self::BiddingClosed => "bidding_closed",
            Self::Reviewing => "reviewing",
            Self::Accepted => "accepted",
            Self::Expired(_) => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing but a merchant's decline changes it any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Accepted | Self::Expired(_) | Self::Cancelled)
    }
}

/// What a merchant is called while names are hidden: `7F`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(pub u32);

impl std::fmt::Display for Alias {
    /// Two hexadecimal digits or more, in capitals.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02X}", self.0)
    }
}

/// One live bid on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1, no shared ranks.
    pub rank: u32,
    /// The bid.
    pub bid: BidId,
    /// Its merchant.
    pub merchant: UserId,
    /// The merchant's alias in this auction.
    pub alias: Alias,
    /// The bid's version.
    pub version: u32,
    /// Landed total.
    pub landed: AmountMinor,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
    /// Frozen rating in thousandths of a star.
    pub rating_milli: i64,
    /// The points.
    pub score: Score,
    /// Sequence of the last improvement.
    pub effective_seq: i64,
}

/// How many events each class of viewers has seen: the `seq` of its frames. Where a class may not know of an event,
/// its number does not move, so a gap tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct ClassSeqs {
    /// The owner and admins.
    pub host: i64,
    /// Merchants.
    pub merchants: i64,
}

/// The ranked state after the event `seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// What was published.
    pub terms: Arc<Terms>,
    /// The last event that this state contains.
    pub seq: i64,
    /// The same as each class counts it.
    pub class_seqs: ClassSeqs,
    /// The state.
    pub state: State,
    /// Whether bidding is paused.
    pub paused: bool,
    /// The deadline in force, exclusive.
    pub closes_at: UnixMicros,
    /// When the review ends, while there is one.
    pub review_until: Option<UnixMicros>,
    /// Live bids, ranked or not.
    pub live_bids: u32,
    /// Bids ever placed or revised by merchants.
    pub total_bids: u32,
    /// The lowest landed total among live bids.
    pub best_landed: Option<AmountMinor>,
    /// The accepted bid, once there is one.
    pub accepted: Option<BidId>,
    /// The live bids, ranked: at most `limits::BIDDERS_MAX`.
    pub rows: Vec<Row>,
}

impl Board {
    /// The row of a merchant's live bid, if it has one.
    #[must_use]
    pub fn row_of(&self, merchant: UserId) -> Option<&Row> {
        self.rows.iter().find(|row| row.merchant == merchant)
    }
}

/// A live bid's place and points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// From 1.
    pub rank: u32,
    /// The points.
    pub score: Score,
    /// The merchant's alias.
    pub alias: Alias,
}

/// An event with what a room needs to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Its place in the journal, from 1, gapless.
    pub seq: i64,
    /// Its place as each class counts it; a class that may not see it keeps its number.
    pub class_seqs: ClassSeqs,
    /// When it was decided.
    pub at: UnixMicros,
    /// The event.
    pub event: Event,
    /// For events about a live bid: its place right after the event.
    pub standing: Option<Standing>,
}
