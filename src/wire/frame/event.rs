//! What happened, as a class of viewers may see it.
//!
//! What a class may know of an event is decided here and nowhere else, before anything is serialised: see
//! [`EventFrame::new`].

use serde::Serialize;

use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::Happened;
use crate::domain::auction::board::Standing;
use crate::domain::auction::event::Event;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view;
use crate::domain::auction::view::Class;
use crate::domain::auction::view::Sight;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::wire::board::Names;
use crate::wire::frame::bid::BidOut;
use crate::wire::frame::bid::ResultRow;
use crate::wire::value::CloseWord;
use crate::wire::value::ExpiryWord;
use crate::wire::value::ExtensionWord;
use crate::wire::value::Id;
use crate::wire::value::Name;
use crate::wire::value::Timestamp;

/// What every event of a room carries.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stamp<'a> {
    /// Changes when a room starts anew; a `seq` means something only within one epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<&'a str>,
    /// Gapless per room and class of viewers.
    pub seq: i64,
    /// The server's time: when the frame was made, or for a stored event when it was decided.
    pub server_time: Timestamp,
}

/// An event as a class of viewers may see it. Absent is what the class may not know.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub enum EventFrame<'a> {
    /// The request was published.
    #[serde(rename = "room.published")]
    Published {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// When bidding opens.
        opens_at: Timestamp,
        /// The deadline.
        closes_at: Timestamp,
    },
    /// Bidding opened.
    #[serde(rename = "room.opened")]
    Opened {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
    },
    /// A first bid or a re-entry.
    #[serde(rename = "bid.placed")]
    Placed {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// The bid.
        bid: BidOut<'a>,
    },
    /// A revision, by the merchant or by its automatic bid; which of the two nobody is told.
    #[serde(rename = "bid.revised")]
    Revised {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// The bid.
        bid: BidOut<'a>,
    },
    /// A bid no longer counts.
    #[serde(rename = "bid.withdrawn")]
    Withdrawn {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// The bid.
        bid_id: Id<BidId>,
        /// Its merchant; only the host knows.
        #[serde(skip_serializing_if = "Option::is_none")]
        merchant: Option<Id<UserId>>,
        /// What that merchant is called; only the host knows.
        #[serde(skip_serializing_if = "Option::is_none")]
        merchant_name: Option<Name>,
        /// Why; only the host knows.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
    /// The number of bids changed, and that is all that may be known.
    #[serde(rename = "bids.counted")]
    Counted {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// By how much.
        change: i32,
    },
    /// The deadline moved.
    #[serde(rename = "deadline.extended")]
    Extended {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// The new deadline.
        closes_at: Timestamp,
        /// Why.
        cause: ExtensionWord,
    },
    /// Bidding stopped for a while.
    #[serde(rename = "room.paused")]
    Paused {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// Why.
        reason: &'a str,
        /// When the pause ends by itself.
        until: Timestamp,
    },
    /// Bidding goes on.
    #[serde(rename = "room.resumed")]
    Resumed {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// The new deadline.
        closes_at: Timestamp,
    },
    /// The engine was down shortly before the deadline.
    #[serde(rename = "interrupted")]
    Interrupted {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// When it was last known to run.
        last_alive: Timestamp,
        /// The new deadline.
        closes_at: Timestamp,
    },
    /// Too few merchants bid, so more of them may; only the host hears of it.
    #[serde(rename = "ring.widened")]
    RingWidened {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// 1: whatever they deal in; 2: wherever they are, too.
        ring: u8,
    },
    /// Bidding ended.
    #[serde(rename = "room.closed")]
    Closed {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// Why.
        cause: CloseWord,
    },
    /// There is a result; the customer chooses.
    #[serde(rename = "room.reviewing")]
    Reviewing {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// When the review ends.
        until: Timestamp,
        /// The frozen ranking; only the host sees it.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Vec<ResultRow>>,
        /// The bid whose merchant declined, if that is why; only the host knows.
        #[serde(skip_serializing_if = "Option::is_none")]
        declined: Option<Id<BidId>>,
    },
    /// The customer accepted a bid.
    #[serde(rename = "room.accepted")]
    Accepted {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// Which; where bids are not open only the host knows, and the winner by its own `you`.
        #[serde(skip_serializing_if = "Option::is_none")]
        bid_id: Option<Id<BidId>>,
    },
    /// Ended without an order.
    #[serde(rename = "room.expired")]
    Expired {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// Why.
        reason: ExpiryWord,
    },
    /// Ended by the owner or an admin.
    #[serde(rename = "room.cancelled")]
    Cancelled {
        /// Epoch, seq, time.
        #[serde(flatten)]
        at: Stamp<'a>,
        /// Why.
        reason: &'a str,
    },
}

impl<'a> EventFrame<'a> {
    /// The event as `class` may see it; `None` where it may not even know that it happened.
    #[must_use]
    pub fn new(
        visibility: Visibility,
        class: Class,
        event: &'a Event,
        standing: Option<&Standing>,
        names: &dyn Names,
        at: Stamp<'a>,
    ) -> Option<Self> {
        let sight = view::sight(visibility, class, event);
        let named = sight == Sight::Named;
        match sight {
            Sight::Hidden => return None,
            Sight::Counted => {
                let change = if matches!(event, Event::BidPlaced { .. }) { 1 } else { -1 };
                return Some(Self::Counted { at, change });
            }
            Sight::Named | Sight::Aliased => {}
        }
        Some(match event {
            Event::Published(terms) => {
                Self::Published { at, opens_at: Timestamp(terms.opens_at), closes_at: Timestamp(terms.closes_at) }
            }
            Event::Opened => Self::Opened { at },
            Event::BidPlaced { content, .. } => Self::Placed { at, bid: BidOut::new(content, standing, sight, names) },
            Event::BidRevised { content, .. } | Event::BidAutoCut { content } => {
                Self::Revised { at, bid: BidOut::new(content, standing, sight, names) }
            }
            Event::BidWithdrawn { bid, merchant, reason, .. } | Event::BidDisqualified { bid, merchant, reason } => {
                let merchant_name = named.then(|| names.name_of(*merchant)).flatten();
                let (merchant, reason) = (named.then_some(Id(*merchant)), named.then_some(reason.as_str()));
                Self::Withdrawn { at, bid_id: Id(*bid), merchant, merchant_name, reason }
            }
            Event::BidTooLate { .. } => return None,
            Event::Extended { closes_at, cause } => {
                Self::Extended { at, closes_at: Timestamp(*closes_at), cause: ExtensionWord(*cause) }
            }
            Event::Paused { reason, until, .. } => Self::Paused { at, reason, until: Timestamp(*until) },
            Event::Resumed { closes_at, .. } => Self::Resumed { at, closes_at: Timestamp(*closes_at) },
            Event::Interrupted { last_alive, closes_at } => {
                Self::Interrupted { at, last_alive: Timestamp(*last_alive), closes_at: Timestamp(*closes_at) }
            }
            Event::RingWidened { ring } => Self::RingWidened { at, ring: ring.number() },
            Event::Closed { cause } => Self::Closed { at, cause: CloseWord(*cause) },
            Event::Reviewing { scoreboard, until } => Self::Reviewing {
                at,
                until: Timestamp(*until),
                result: named.then(|| scoreboard.iter().map(|row| ResultRow::new(row, names)).collect()),
                declined: None,
            },
            Event::Accepted { bid, .. } => {
                let known = named || visibility == Visibility::Open;
                Self::Accepted { at, bid_id: known.then_some(Id(*bid)) }
            }
            Event::Declined { bid, until, .. } => {
                Self::Reviewing { at, until: Timestamp(*until), result: None, declined: named.then_some(Id(*bid)) }
            }
            Event::Expired { reason } => Self::Expired { at, reason: ExpiryWord(*reason) },
            Event::Cancelled { reason, .. } => Self::Cancelled { at, reason },
        })
    }

    /// An event that just happened, for a room.
    #[must_use]
    pub fn live(
        visibility: Visibility,
        class: Class,
        happened: &'a Happened,
        names: &dyn Names,
        epoch: &'a str,
        now: UnixMicros,
    ) -> Option<Self> {
        let seq = class_seq(class, happened.class_seqs);
        let at = Stamp { epoch: Some(epoch), seq, server_time: Timestamp(now) };
        Self::new(visibility, class, &happened.event, happened.standing.as_ref(), names, at)
    }
}

/// The number that a class counts.
#[must_use]
pub const fn class_seq(class: Class, seqs: ClassSeqs) -> i64 {
    match class {
        Class::Host => seqs.host,
        Class::Merchants => seqs.merchants,
    }
}
