//! What a client may say, and how it is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::ids::BidId;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::Id;

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
    /// Lets it in, or brings it up to date.
    Join {
        /// Where it stands, in the words of what it joins: a [`Since`] of a room, a notification's id of the feed.
        since: Option<&'a RawValue>,
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
    #[serde(borrow)]
    since: Option<&'a RawValue>,
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
