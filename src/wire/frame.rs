//! The live room's frames, typed, and how they become bytes (RFC 6455 §5.2).
//!
//! What a class of viewers may know of an event is decided here and nowhere else, before anything is serialised: see
//! [`EventFrame::new`].

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::auction::board::Board;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::Happened;
use crate::domain::auction::board::Standing;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view;
use crate::domain::auction::view::Class;
use crate::domain::auction::view::Sight;
use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::wire::board::BoardOut;
use crate::wire::board::RowOut;
use crate::wire::board::ScoreOut;
use crate::wire::board::You;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::AliasWord;
use crate::wire::value::CURRENCY;
use crate::wire::value::CloseWord;
use crate::wire::value::ExpiryWord;
use crate::wire::value::ExtensionWord;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::StateWord;
use crate::wire::value::Timestamp;
use crate::wire::value::VisibilityWord;

// ------------------------------------------------------------------ from the client

/// Where a client stands that comes back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The room's epoch, as its frames carry it.
    pub epoch: String,
    /// The last `seq` that the client has seen.
    pub seq: i64,
}

/// What a client may say.
#[derive(Debug)]
pub enum Ask<'a> {
    /// Who it is: an access token, unless the handshake said so.
    Auth {
        /// The token.
        token: Cow<'a, str>,
    },
    /// Lets it into the room, or brings it up to date.
    Join {
        /// Where it stands.
        since: Option<Since>,
    },
    /// The same as `POST requests/{id}/bids`.
    Place {
        /// The idempotency key.
        key: Cow<'a, str>,
        /// The body, as sent.
        bid: &'a RawValue,
    },
    /// The same as `PUT bids/{id}`.
    Revise {
        /// The idempotency key.
        key: Cow<'a, str>,
        /// The bid.
        bid_id: BidId,
        /// The body, as sent.
        bid: &'a RawValue,
    },
    /// The same as `DELETE bids/{id}`.
    Withdraw {
        /// The idempotency key.
        key: Cow<'a, str>,
        /// The bid.
        bid_id: BidId,
        /// Why.
        reason: Cow<'a, str>,
    },
    /// Asks for the time.
    Ping {
        /// Whatever the client wants back, such as its own time.
        t0: Option<&'a RawValue>,
    },
}

/// All fields that any client frame has. Flat, because an internally tagged enum would buffer and could not borrow.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    since: Option<Since>,
    #[serde(borrow)]
    idempotency_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    bid: Option<&'a RawValue>,
    bid_id: Option<Id<BidId>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    t0: Option<&'a RawValue>,
}

/// An `id` or `t0` longer than this is not repeated, in bytes.
const ECHO_BYTES_MAX: usize = 64;

/// Reads a client's frame: its `id`, and what it asks for or what is wrong with it.
pub fn read(text: &str) -> (Option<&RawValue>, Result<Ask<'_>, Problem>) {
    let envelope = match serde_json::from_str::<Envelope<'_>>(text) {
        Ok(envelope) => envelope,
        Err(error) => {
            let code = if error.is_data() { Code::Validation } else { Code::MalformedJson };
            return (None, Err(Problem::from(code).detail(error.to_string())));
        }
    };
    let echo = |raw: &&RawValue| raw.get().len() <= ECHO_BYTES_MAX && !raw.get().starts_with(['{', '[']);
    let id = envelope.id.filter(echo);
    if id.is_none() && envelope.id.is_some() {
        return (None, Err(Problem::field("id", "invalid", "a number or a string of at most 64 bytes")));
    }
    let ask = match &*envelope.r#type {
        "auth" => need("token", envelope.token).map(|token| Ask::Auth { token }),
        "join" => Ok(Ask::Join { since: envelope.since }),
        "bid.place" => need("idempotency_key", envelope.idempotency_key)
            .and_then(|key| need("bid", envelope.bid).map(|bid| Ask::Place { key, bid })),
        "bid.revise" => need("idempotency_key", envelope.idempotency_key).and_then(|key| {
            let bid_id = need("bid_id", envelope.bid_id)?.0;
            need("bid", envelope.bid).map(|bid| Ask::Revise { key, bid_id, bid })
        }),
        "bid.withdraw" => need("idempotency_key", envelope.idempotency_key).and_then(|key| {
            let bid_id = need("bid_id", envelope.bid_id)?.0;
            need("reason", envelope.reason).map(|reason| Ask::Withdraw { key, bid_id, reason })
        }),
        "ping" => Ok(Ask::Ping { t0: envelope.t0.filter(echo) }),
        _ => Err(Problem::field("type", "unknown", "one of auth, join, bid.place, bid.revise, bid.withdraw, ping")),
    };
    (id, ask)
}

fn need<T>(field: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::field(field, "missing", format!("missing field `{field}`")))
}

// ------------------------------------------------------------------ from the server

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

/// A bid in an event.
#[derive(Clone, Debug, Serialize)]
pub struct BidOut<'a> {
    /// The bid.
    pub id: Id<BidId>,
    /// What its merchant is called here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasWord>,
    /// Its merchant; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<Id<UserId>>,
    /// Its version.
    pub version: u32,
    /// Landed total.
    pub landed: Money,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
    /// Its rank right after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Its points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreOut>,
    /// Notes; only the host reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<&'a str>,
}

impl<'a> BidOut<'a> {
    fn new(content: &'a BidContent, standing: Option<&Standing>, sight: Sight) -> Self {
        let named = sight == Sight::Named;
        Self {
            id: Id(content.bid),
            alias: standing.map(|standing| AliasWord(standing.alias)),
            merchant: named.then_some(Id(content.merchant)),
            version: content.version,
            landed: Money(content.landed),
            delivery_hours: content.offer.delivery_hours,
            warranty_days: content.offer.warranty_days,
            rank: standing.map(|standing| standing.rank),
            score: standing.map(|standing| standing.score.into()),
            notes: (named && !content.offer.notes.is_empty()).then_some(content.offer.notes.as_str()),
        }
    }
}

/// A row of the frozen result, for the host.
#[derive(Clone, Debug, Serialize)]
pub struct ResultRow {
    /// From 1.
    pub rank: u32,
    /// The bid.
    pub bid: Id<BidId>,
    /// Its merchant.
    pub merchant: Id<UserId>,
    /// Landed total.
    pub landed: Money,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// The points.
    pub score: ScoreOut,
    /// Whether the price is strikingly low (rules §5).
    pub low_price: bool,
}

impl From<&ScoreRow> for ResultRow {
    fn from(row: &ScoreRow) -> Self {
        Self {
            rank: row.rank,
            bid: Id(row.bid),
            merchant: Id(row.merchant),
            landed: Money(row.landed),
            delivery_hours: row.delivery_hours,
            score: row.score.into(),
            low_price: row.low_price.below_mean || row.low_price.below_next,
        }
    }
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
            Event::BidPlaced { content, .. } => Self::Placed { at, bid: BidOut::new(content, standing, sight) },
            Event::BidRevised { content, .. } | Event::BidAutoCut { content } => {
                Self::Revised { at, bid: BidOut::new(content, standing, sight) }
            }
            Event::BidWithdrawn { bid, merchant, reason, .. } | Event::BidDisqualified { bid, merchant, reason } => {
                let (merchant, reason) = (named.then_some(Id(*merchant)), named.then_some(reason.as_str()));
                Self::Withdrawn { at, bid_id: Id(*bid), merchant, reason }
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
            Event::Closed { cause } => Self::Closed { at, cause: CloseWord(*cause) },
            Event::Reviewing { scoreboard, until } => Self::Reviewing {
                at,
                until: Timestamp(*until),
                result: named.then(|| scoreboard.iter().map(ResultRow::from).collect()),
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
        epoch: &'a str,
        now: UnixMicros,
    ) -> Option<Self> {
        let seq = class_seq(class, happened.class_seqs);
        let at = Stamp { epoch: Some(epoch), seq, server_time: Timestamp(now) };
        Self::new(visibility, class, &happened.event, happened.standing.as_ref(), at)
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

/// All that a client needs to show a room.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot<'a> {
    /// Always `snapshot`.
    pub r#type: &'static str,
    /// Epoch, seq, time. Contains everything up to `seq`.
    #[serde(flatten)]
    pub at: Stamp<'a>,
    /// The request.
    pub request_id: Id<RequestId>,
    /// The state.
    pub state: StateWord,
    /// Whether bidding is paused.
    pub paused: bool,
    /// Who sees what.
    pub visibility: VisibilityWord,
    /// When bidding opens.
    pub opens_at: Timestamp,
    /// The deadline in force, exclusive.
    pub closes_at: Timestamp,
    /// When the review ends, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_until: Option<Timestamp>,
    /// The currency of every amount in this room.
    pub currency: &'static str,
    /// The best bids.
    pub board: Vec<RowOut>,
    /// Live bids, where they may be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_bids: Option<u32>,
    /// The lowest landed total, where it may be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_landed: Option<Money>,
    /// The viewer's own side.
    pub you: You,
    /// Sockets in the room, where that tells nothing about the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchers: Option<usize>,
}

impl<'a> Snapshot<'a> {
    /// The board as this viewer may see it.
    #[must_use]
    pub fn new(
        board: &Board,
        class: Class,
        viewer: UserId,
        rows: usize,
        watchers: usize,
        epoch: &'a str,
        now: UnixMicros,
    ) -> Self {
        let visibility = board.terms.rules.visibility;
        let shown = BoardOut::new(board, class, rows);
        let countable = class == Class::Host || visibility == Visibility::Open;
        Self {
            r#type: "snapshot",
            at: Stamp { epoch: Some(epoch), seq: class_seq(class, board.class_seqs), server_time: Timestamp(now) },
            request_id: Id(board.terms.request),
            state: StateWord(board.state),
            paused: board.paused,
            visibility: VisibilityWord(visibility),
            opens_at: Timestamp(board.terms.opens_at),
            closes_at: Timestamp(board.closes_at),
            review_until: board.review_until.map(Timestamp),
            currency: CURRENCY,
            board: shown.top,
            live_bids: shown.live_bids,
            best_landed: shown.best_landed,
            you: You::new(board, class, viewer),
            watchers: countable.then_some(watchers),
        }
    }
}

/// The board after a pass. State, not an event: a newer one replaces it, and its `seq` is that of the last event in it.
#[derive(Clone, Debug, Serialize)]
pub struct BoardFrame<'a> {
    /// Always `board`.
    pub r#type: &'static str,
    /// Epoch, seq, time.
    #[serde(flatten)]
    pub at: Stamp<'a>,
    /// The board.
    #[serde(flatten)]
    pub board: &'a BoardOut,
}

/// The viewer's own side, sent when it changed. State: it has no `seq`.
#[derive(Clone, Debug, Serialize)]
pub struct YouFrame {
    /// Always `you`.
    pub r#type: &'static str,
    /// The viewer's own side.
    #[serde(flatten)]
    pub you: You,
}

/// The answer to a client's frame.
#[derive(Clone, Debug, Serialize)]
pub struct Reply<'a, T: Serialize> {
    /// Always `reply`.
    pub r#type: &'static str,
    /// The frame's `id`.
    pub id: Option<&'a RawValue>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<T>,
    /// Or the problem, as REST would answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<serde_json::Value>,
}

/// The answer to `ping`.
#[derive(Clone, Debug, Serialize)]
pub struct Pong<'a> {
    /// Always `pong`.
    pub r#type: &'static str,
    /// The frame's `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a RawValue>,
    /// What the client sent.
    pub t0: Option<&'a RawValue>,
    /// The server's time.
    pub t1: Timestamp,
}

// ------------------------------------------------------------------ close codes

/// Why a socket ends; each tells the client what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// Done.
    Normal = 1000,
    /// A frame breaks RFC 6455.
    Protocol = 1002,
    /// Binary frames are not spoken here.
    Unsupported = 1003,
    /// Text that is not UTF-8.
    BadText = 1007,
    /// Against the rules; do not repeat.
    Policy = 1008,
    /// Longer than `CLIENT_FRAME_BYTES_MAX`; do not repeat.
    TooBig = 1009,
    /// The server restarts: reconnect with jitter.
    Restart = 1012,
    /// Not signed in, or no more: sign in again.
    SignIn = 4401,
    /// This room is not yours.
    NotYours = 4403,
    /// There is no such room.
    Unknown = 4404,
    /// The reader is too slow: rejoin with `since`.
    Slow = 4408,
}

impl CloseCode {
    /// A word for people who read the frame.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::Protocol => "protocol error",
            Self::Unsupported => "text frames only",
            Self::BadText => "not UTF-8",
            Self::Policy => "policy",
            Self::TooBig => "too big",
            Self::Restart => "restart",
            Self::SignIn => "sign in",
            Self::NotYours => "not yours",
            Self::Unknown => "no such room",
            Self::Slow => "slow consumer",
        }
    }
}

// ------------------------------------------------------------------ bytes

const FINAL_TEXT: u8 = 0x81;
const FINAL_CLOSE: u8 = 0x88;
const FINAL_PING: u8 = 0x89;
const FINAL_PONG: u8 = 0x8a;
/// Payloads up to here have a header of two bytes.
const SHORT_MAX: usize = 125;
/// Payloads up to here have a header of four bytes, longer ones of ten.
const MEDIUM_MAX: usize = 65_535;

/// Appends a text frame with the JSON of `frame` and answers where it ends.
///
/// The header's length depends on the payload's, which is known only afterwards: room is left for the usual four bytes
/// and the payload moved in the other cases, so nothing is copied for a frame of usual size.
pub fn append_json(out: &mut Vec<u8>, frame: &impl Serialize) -> usize {
    const USUAL: usize = 4;
    let start = out.len();
    out.extend_from_slice(&[FINAL_TEXT, 126, 0, 0]);
    if let Err(error) = serde_json::to_writer(&mut *out, frame) {
        // Frames have no maps with odd keys and no failing `Serialize`; a frame that is lost shows as a gap in `seq`.
        tracing::error!(%error, "frame: could not be serialised");
        out.truncate(start);
        return start;
    }
    let length = out.len() - start - USUAL;
    match u16::try_from(length) {
        Ok(medium) if length > SHORT_MAX => {
            if let Some(place) = out.get_mut(start + 2..start + USUAL) {
                place.copy_from_slice(&medium.to_be_bytes());
            }
        }
        _ => {
            let mut header = Vec::with_capacity(10);
            put_header(&mut header, FINAL_TEXT, length);
            out.splice(start..start + USUAL, header);
        }
    }
    out.len()
}

fn put_header(out: &mut Vec<u8>, first: u8, length: usize) {
    out.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => out.push(short),
        (_, Ok(medium)) if length <= MEDIUM_MAX => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(payload.len() + 10);
    put_header(&mut out, first, payload.len());
    out.extend_from_slice(payload);
    out.into()
}

/// A text frame.
#[must_use]
pub fn text(payload: &[u8]) -> Bytes {
    frame(FINAL_TEXT, payload)
}

/// A text frame with the JSON of `value`.
#[must_use]
pub fn json(value: &impl Serialize) -> Bytes {
    let mut out = Vec::with_capacity(256);
    append_json(&mut out, value);
    out.into()
}

/// A Close frame.
#[must_use]
pub fn close(code: CloseCode) -> Bytes {
    let mut payload = (code as u16).to_be_bytes().to_vec();
    payload.extend_from_slice(code.reason().as_bytes());
    frame(FINAL_CLOSE, &payload)
}

/// A Close frame that repeats the peer's code.
#[must_use]
pub fn close_echo(code: Option<u16>) -> Bytes {
    code.map_or_else(|| frame(FINAL_CLOSE, &[]), |code| frame(FINAL_CLOSE, &code.to_be_bytes()))
}

/// A Ping frame.
#[must_use]
pub fn ping() -> Bytes {
    Bytes::from_static(&[FINAL_PING, 0])
}

/// A Pong frame with the peer's payload, at most 125 bytes.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    frame(FINAL_PONG, payload.get(..SHORT_MAX).unwrap_or(payload))
}

#[cfg(test)]
mod tests;
