//! What happened in an auction: the entries of its journal, and the source of every frame.

use crate::domain::auction::command::{Key, Offer};
use crate::domain::auction::terms::Terms;
use crate::domain::eligibility::Ring;
use crate::domain::ids::{BidId, OrderId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;

/// A bid's new content: of a first bid, a re-entry, a revision, or an automatic cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidContent {
    /// The bid; a merchant has at most one in a request.
    pub bid: BidId,
    /// The merchant.
    pub merchant: UserId,
    /// Counts from 1.
    pub version: u32,
    /// The offer.
    pub offer: Offer,
    /// Landed total of the offer, as the engine computed it. An automatic cut lowers this alone: the lines stay
    /// as offered and the cut is a discount on them.
    pub landed: AmountMinor,
    /// The private floor of the automatic bid.
    pub floor: Option<AmountMinor>,
    /// Rating in thousandths of a star, frozen at the merchant's first bid here.
    pub rating_milli: i64,
    /// Rated orders, frozen with it.
    pub rated_orders: i64,
    /// When the bid had been read from the socket.
    pub stamp: UnixMicros,
    /// Whether this version keeps the bid's place in time: nothing but notes changed.
    pub keeps_place: bool,
}

/// Why a deadline moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionCause {
    /// A bid in the window made another merchant rank 1.
    SoftClose,
    /// The owner or an admin.
    Host,
    /// A pause ended and its remaining time was given back.
    Resumed,
    /// The engine was down shortly before the deadline.
    Interruption,
}

/// Why bidding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCause {
    /// The deadline came.
    Deadline,
    /// The owner closed early.
    Early,
}

/// Why a request ended without an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpiryReason {
    /// Nobody bid.
    NoBids,
    /// Fewer bids than the rules ask for.
    TooFewBids,
    /// The customer did not choose in time.
    NotChosen,
}

/// Why a price is flagged as strikingly low (rules §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct LowPrice {
    /// At least 40 % below the mean of the other bids.
    pub below_mean: bool,
    /// At least 30 % below the next bid in price.
    pub below_next: bool,
}

/// One row of the frozen result. Points are micro-points: 100 points are 100 000 000.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScoreRow {
    /// From 1, no shared ranks.
    pub rank: u32,
    /// The bid.
    pub bid: BidId,
    /// The merchant.
    pub merchant: UserId,
    /// Landed total.
    pub landed: AmountMinor,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// The points.
    pub score: Score,
    /// The low-price flag.
    pub low_price: LowPrice,
}

/// Points in micro-points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Score {
    /// Price points.
    pub price: i64,
    /// Merchant points.
    pub merchant: i64,
    /// Delivery points.
    pub delivery: i64,
    /// The weighted total.
    pub total: i64,
}

/// The entries of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The request was published. Always the first entry, and only that.
    Published(Terms),
    /// Bidding opened.
    Opened,
    /// A first bid or a re-entry.
    BidPlaced {
        /// The bid.
        content: BidContent,
        /// The idempotency key.
        key: Key,
    },
    /// A revision by the merchant.
    BidRevised {
        /// The bid.
        content: BidContent,
        /// The idempotency key.
        key: Key,
    },
    /// An automatic cut by the engine on the merchant's behalf.
    BidAutoCut {
        /// The bid, with its new landed total.
        content: BidContent,
    },
    /// The merchant took the bid back.
    BidWithdrawn {
        /// The bid.
        bid: BidId,
        /// The merchant.
        merchant: UserId,
        /// Why.
        reason: String,
        /// The idempotency key.
        key: Key,
    },
    /// The bid no longer counts: its merchant was suspended.
    BidDisqualified {
        /// The bid.
        bid: BidId,
        /// The merchant.
        merchant: UserId,
        /// Why.
        reason: String,
    },
    /// A bid came too late. Kept, never ranked.
    BidTooLate {
        /// The merchant.
        merchant: UserId,
        /// Landed total of what was offered; `None` when the offer makes no sense.
        landed: Option<AmountMinor>,
        /// When it had been read.
        stamp: UnixMicros,
        /// The deadline that it missed.
        deadline: UnixMicros,
        /// The idempotency key.
        key: Key,
    },
    /// The deadline moved. It only ever grows.
    Extended {
        /// The new deadline.
        closes_at: UnixMicros,
        /// Why.
        cause: ExtensionCause,
    },
    /// Bidding stopped for a while.
    Paused {
        /// Who.
        by: UserId,
        /// Why.
        reason: String,
        /// When the pause ends by itself.
        until: UnixMicros,
    },
    /// Bidding goes on, with the time that remained.
    Resumed {
        /// Who; `None` when the pause ran out.
        by: Option<UserId>,
        /// The new deadline.
        closes_at: UnixMicros,
    },
    /// The engine was down for so long before the deadline that bidders get more time.
    Interrupted {
        /// When it was last known to run.
        last_alive: UnixMicros,
        /// The new deadline.
        closes_at: UnixMicros,
    },
    /// Too few merchants bid: more of them may from now on.
    RingWidened {
        /// How far the request reaches now.
        ring: Ring,
    },
    /// Bidding ended.
    Closed {
        /// Why.
        cause: CloseCause,
    },
    /// There is a result; the customer chooses.
    Reviewing {
        /// The frozen ranking.
        scoreboard: Vec<ScoreRow>,
        /// When the review ends.
        until: UnixMicros,
    },
    /// The customer accepted a bid.
    Accepted {
        /// The bid.
        bid: BidId,
        /// Its merchant.
        merchant: UserId,
        /// The order that came of it.
        order: OrderId,
    },
    /// The accepted merchant declined; the customer chooses again.
    Declined {
        /// The bid.
        bid: BidId,
        /// Its merchant.
        merchant: UserId,
        /// Why.
        reason: String,
        /// When the new review ends.
        until: UnixMicros,
    },
    /// Ended without an order.
    Expired {
        /// Why.
        reason: ExpiryReason,
    },
    /// Ended by the owner or an admin.
    Cancelled {
        /// Who.
        by: UserId,
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The bid as it stands after this event, where the event is one of a bid that stands.
    #[must_use]
    pub const fn content(&self) -> Option<&BidContent> {
        match self {
            Self::BidPlaced { content, .. } | Self::BidRevised { content, .. } | Self::BidAutoCut { content } => {
                Some(content)
            }
            Self::Published(_)
            | Self::Opened
            | Self::BidWithdrawn { .. }
            | Self::BidDisqualified { .. }
            | Self::BidTooLate { .. }
            | Self::Extended { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::Interrupted { .. }
            | Self::RingWidened { .. }
            | Self::Closed { .. }
            | Self::Reviewing { .. }
            | Self::Accepted { .. }
            | Self::Declined { .. }
            | Self::Expired { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// The merchants whom it names.
    #[must_use]
    pub fn merchants(&self) -> Vec<UserId> {
        match self {
            Self::BidPlaced { content, .. } | Self::BidRevised { content, .. } | Self::BidAutoCut { content } => {
                vec![content.merchant]
            }
            Self::BidWithdrawn { merchant, .. }
            | Self::BidDisqualified { merchant, .. }
            | Self::BidTooLate { merchant, .. }
            | Self::Accepted { merchant, .. }
            | Self::Declined { merchant, .. } => vec![*merchant],
            Self::Reviewing { scoreboard, .. } => scoreboard.iter().map(|row| row.merchant).collect(),
            Self::Published(_)
            | Self::Opened
            | Self::Extended { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::Interrupted { .. }
            | Self::RingWidened { .. }
            | Self::Closed { .. }
            | Self::Expired { .. }
            | Self::Cancelled { .. } => Vec::new(),
        }
    }
}
