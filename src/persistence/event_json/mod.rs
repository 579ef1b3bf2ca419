//! What the journal stores of an event: `{"v":1,"kind":"bid_placed",…}`, the versioned twin of the domain's type.
//!
//! The text is what the chain's hash covers, so it is written once and never written anew. A payload begins with its
//! version and kind, which are read without parsing the rest. Ids are plain integers, lines are arrays: a bid of three
//! lines takes some 400 bytes. Floors are stored: the journal is the one place that must know them.

mod bid;
mod terms;
mod twins;
mod words;

use serde::{Deserialize, Serialize};

use crate::domain::auction::command::Key;
use crate::domain::auction::event::{Event, ScoreRow};
use crate::domain::eligibility::Ring;
use crate::domain::ids::{BidId, OrderId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::event_json::bid::BidJson;
use crate::persistence::event_json::terms::TermsJson;
use crate::persistence::event_json::twins::{
    AcceptedJson, CancelledJson, ClosedJson, DeclinedJson, DisqualifiedJson, ExpiredJson, ExtendedJson,
    InterruptedJson, Nothing, PausedJson, ResumedJson, ReviewingJson, RingWidenedJson, RowJson, TooLateJson,
    WithdrawnJson,
};
use crate::persistence::event_json::words::Hex;
pub(crate) use crate::persistence::event_json::words::{condition, expiry_of, read_hex, read_state};

/// Before the kind. A second version gets a reader beside this one; old entries stay as they are.
const HEAD: &str = r#"{"v":1,"kind":""#;

/// A payload that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The kind of an event, as in the payload and its column.
pub(crate) const fn kind(event: &Event) -> &'static str {
    match event {
        Event::Published(_) => "published",
        Event::Opened => "opened",
        Event::BidPlaced { .. } => "bid_placed",
        Event::BidRevised { .. } => "bid_revised",
        Event::BidAutoCut { .. } => "bid_auto_cut",
        Event::BidWithdrawn { .. } => "bid_withdrawn",
        Event::BidDisqualified { .. } => "bid_disqualified",
        Event::BidTooLate { .. } => "bid_too_late",
        Event::Extended { .. } => "extended",
        Event::Paused { .. } => "paused",
        Event::Resumed { .. } => "resumed",
        Event::Interrupted { .. } => "interrupted",
        Event::RingWidened { .. } => "ring_widened",
        Event::Closed { .. } => "closed",
        Event::Reviewing { .. } => "reviewing",
        Event::Accepted { .. } => "accepted",
        Event::Declined { .. } => "declined",
        Event::Expired { .. } => "expired",
        Event::Cancelled { .. } => "cancelled",
    }
}

// ------------------------------------------------------------------ writing

/// The payload of an event.
pub(crate) fn write(event: &Event) -> String {
    let kind = kind(event);
    match event {
        Event::Published(terms) => text(kind, &TermsJson::from(terms)),
        Event::Opened => text(kind, &Nothing {}),
        Event::BidPlaced { content, key } | Event::BidRevised { content, key } => {
            text(kind, &BidJson::new(content, Some(key)))
        }
        Event::BidAutoCut { content } => text(kind, &BidJson::new(content, None)),
        Event::BidWithdrawn { bid, merchant, reason, key } => text(
            kind,
            &WithdrawnJson {
                bid: bid.0,
                merchant: merchant.0,
                reason: reason.into(),
                key: Hex(key.key),
                body: Hex(key.body),
            },
        ),
        Event::BidDisqualified { bid, merchant, reason } => {
            text(kind, &DisqualifiedJson { bid: bid.0, merchant: merchant.0, reason: reason.into() })
        }
        Event::BidTooLate { merchant, landed, stamp, deadline, key } => text(
            kind,
            &TooLateJson {
                merchant: merchant.0,
                landed: landed.map(|amount| amount.0),
                stamp: stamp.0,
                deadline: deadline.0,
                key: Hex(key.key),
                body: Hex(key.body),
            },
        ),
        Event::Extended { closes_at, cause } => {
            text(kind, &ExtendedJson { closes_at: closes_at.0, cause: (*cause).into() })
        }
        Event::Paused { by, reason, until } => {
            text(kind, &PausedJson { by: by.0, reason: reason.into(), until: until.0 })
        }
        Event::Resumed { by, closes_at } => {
            text(kind, &ResumedJson { by: by.map(|user| user.0), closes_at: closes_at.0 })
        }
        Event::Interrupted { last_alive, closes_at } => {
            text(kind, &InterruptedJson { last_alive: last_alive.0, closes_at: closes_at.0 })
        }
        Event::RingWidened { ring } => text(kind, &RingWidenedJson { ring: ring.number() }),
        Event::Closed { cause } => text(kind, &ClosedJson { cause: (*cause).into() }),
        Event::Reviewing { scoreboard, until } => {
            text(kind, &ReviewingJson { scoreboard: scoreboard.iter().map(RowJson::from).collect(), until: until.0 })
        }
        Event::Accepted { bid, merchant, order } => {
            text(kind, &AcceptedJson { bid: bid.0, merchant: merchant.0, order: order.0 })
        }
        Event::Declined { bid, merchant, reason, until } => {
            text(kind, &DeclinedJson { bid: bid.0, merchant: merchant.0, reason: reason.into(), until: until.0 })
        }
        Event::Expired { reason } => text(kind, &ExpiredJson { reason: (*reason).into() }),
        Event::Cancelled { by, reason } => text(kind, &CancelledJson { by: by.0, reason: reason.into() }),
    }
}

/// Head, kind, and the body's fields behind them: the body's own opening brace becomes the comma (`flatten` would
/// do the same through a map, at twice the time).
fn text(kind: &str, body: &impl Serialize) -> String {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(HEAD.as_bytes());
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
    let brace = out.len();
    let written = serde_json::to_writer(&mut out, body);
    debug_assert!(written.is_ok(), "integers, texts and lists of them always serialise");
    if out.len() > brace + 2 {
        out[brace] = b',';
    } else {
        out.truncate(brace);
        out.push(b'}');
    }
    String::from_utf8(out).unwrap_or_default()
}

// ------------------------------------------------------------------ reading

/// The kind that a payload names.
pub(crate) fn read_kind(payload: &str) -> Option<&str> {
    payload.strip_prefix(HEAD)?.split_once('"').map(|(kind, _)| kind)
}

/// Whether a payload, be it readable or not, names a floor. What people wrote cannot look like it: quotes in it are escaped.
pub(crate) fn names_floor(payload: &str) -> bool {
    payload.contains(r#""floor":"#)
}

/// The event of a payload.
pub(crate) fn read(payload: &str) -> Result<Event, Unreadable> {
    fn body<'a, T: Deserialize<'a>>(payload: &'a str) -> Result<T, Unreadable> {
        serde_json::from_str(payload).map_err(|_| Unreadable)
    }
    Ok(match read_kind(payload).ok_or(Unreadable)? {
        "published" => Event::Published(body::<TermsJson>(payload)?.into()),
        "opened" => body::<Nothing>(payload).map(|_| Event::Opened)?,
        "bid_placed" => {
            let (content, key) = body::<BidJson>(payload)?.read();
            Event::BidPlaced { content, key: key.ok_or(Unreadable)? }
        }
        "bid_revised" => {
            let (content, key) = body::<BidJson>(payload)?.read();
            Event::BidRevised { content, key: key.ok_or(Unreadable)? }
        }
        "bid_auto_cut" => Event::BidAutoCut { content: body::<BidJson>(payload)?.read().0 },
        "bid_withdrawn" => {
            let json: WithdrawnJson = body(payload)?;
            Event::BidWithdrawn {
                bid: BidId(json.bid),
                merchant: UserId(json.merchant),
                reason: json.reason.into_owned(),
                key: Key { key: json.key.0, body: json.body.0 },
            }
        }
        "bid_disqualified" => {
            let json: DisqualifiedJson = body(payload)?;
            Event::BidDisqualified {
                bid: BidId(json.bid),
                merchant: UserId(json.merchant),
                reason: json.reason.into_owned(),
            }
        }
        "bid_too_late" => {
            let json: TooLateJson = body(payload)?;
            Event::BidTooLate {
                merchant: UserId(json.merchant),
                landed: json.landed.map(AmountMinor),
                stamp: UnixMicros(json.stamp),
                deadline: UnixMicros(json.deadline),
                key: Key { key: json.key.0, body: json.body.0 },
            }
        }
        "extended" => {
            let json: ExtendedJson = body(payload)?;
            Event::Extended { closes_at: UnixMicros(json.closes_at), cause: json.cause.into() }
        }
        "paused" => {
            let json: PausedJson = body(payload)?;
            Event::Paused { by: UserId(json.by), reason: json.reason.into_owned(), until: UnixMicros(json.until) }
        }
        "resumed" => {
            let json: ResumedJson = body(payload)?;
            Event::Resumed { by: json.by.map(UserId), closes_at: UnixMicros(json.closes_at) }
        }
        "interrupted" => {
            let json: InterruptedJson = body(payload)?;
            Event::Interrupted { last_alive: UnixMicros(json.last_alive), closes_at: UnixMicros(json.closes_at) }
        }
        "ring_widened" => {
            let json: RingWidenedJson = body(payload)?;
            Event::RingWidened { ring: Ring::find(i64::from(json.ring)).ok_or(Unreadable)? }
        }
        "closed" => Event::Closed { cause: body::<ClosedJson>(payload)?.cause.into() },
        "reviewing" => {
            let json: ReviewingJson = body(payload)?;
            Event::Reviewing {
                scoreboard: json.scoreboard.into_iter().map(ScoreRow::from).collect(),
                until: UnixMicros(json.until),
            }
        }
        "accepted" => {
            let json: AcceptedJson = body(payload)?;
            Event::Accepted { bid: BidId(json.bid), merchant: UserId(json.merchant), order: OrderId(json.order) }
        }
        "declined" => {
            let json: DeclinedJson = body(payload)?;
            Event::Declined {
                bid: BidId(json.bid),
                merchant: UserId(json.merchant),
                reason: json.reason.into_owned(),
                until: UnixMicros(json.until),
            }
        }
        "expired" => Event::Expired { reason: body::<ExpiredJson>(payload)?.reason.into() },
        "cancelled" => {
            let json: CancelledJson = body(payload)?;
            Event::Cancelled { by: UserId(json.by), reason: json.reason.into_owned() }
        }
        _ => return Err(Unreadable),
    })
}
