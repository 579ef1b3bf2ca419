//! What the journal stores of an event: `{"v":1,"kind":"bid_placed",…}`, the versioned twin of the domain's type.
//!
//! The text is what the chain's hash covers, so it is written once and never written anew. A payload begins with its
//! version and kind, which are read without parsing the rest. Ids are plain integers, lines are arrays: a bid of three
//! lines takes some 400 bytes. Floors are stored: the journal is the one place that must know them.

use std::borrow::Cow;
use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::auction::board::State;
use crate::domain::auction::command::{Key, Line, Offer};
use crate::domain::auction::event::{
    BidContent, CloseCause, Event, ExpiryReason, ExtensionCause, LowPrice, Score, ScoreRow,
};
use crate::domain::auction::terms::{Condition, Formula, LotItem, Rules, Terms, Visibility, Weights};
use crate::domain::ids::{BidId, ItemId, RequestId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::{Span, UnixMicros};

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
        Event::Closed { cause } => text(kind, &ClosedJson { cause: (*cause).into() }),
        Event::Reviewing { scoreboard, until } => {
            text(kind, &ReviewingJson { scoreboard: scoreboard.iter().map(RowJson::from).collect(), until: until.0 })
        }
        Event::Accepted { bid, merchant } => text(kind, &AcceptedJson { bid: bid.0, merchant: merchant.0 }),
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
            Event::Accepted { bid: BidId(json.bid), merchant: UserId(json.merchant) }
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

// ------------------------------------------------------------------ the twins

/// Sixteen bytes as 32 hexadecimal digits.
#[derive(Clone, Copy)]
struct Hex([u8; 16]);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// So many bytes of twice as many hexadecimal digits, in lower case.
pub(crate) fn read_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != BYTES || !odd.is_empty() {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? * 16 + value(*low)?;
    }
    Some(bytes)
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Hex;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("32 hexadecimal digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hex, E> {
                read_hex(text).map(Hex).ok_or_else(|| E::custom("not 32 hexadecimal digits"))
            }
        }
        input.deserialize_str(Digits)
    }
}

/// A twin for a domain enum without data.
macro_rules! words {
    ($($twin:ident = $domain:ident { $($variant:ident)* })*) => {$(
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum $twin { $($variant),* }

        impl From<$domain> for $twin {
            fn from(value: $domain) -> Self {
                match value { $($domain::$variant => Self::$variant),* }
            }
        }

        impl From<$twin> for $domain {
            fn from(value: $twin) -> Self {
                match value { $($twin::$variant => Self::$variant),* }
            }
        }
    )*};
}

words! {
    FormulaJson = Formula { GuardedV1 RelativeV1 }
    VisibilityJson = Visibility { Open LeadPrice RankOnly Sealed }
    ConditionJson = Condition { NewOriginal NewAftermarket Used Refurbished }
    ExtensionCauseJson = ExtensionCause { SoftClose Host Resumed Interruption }
    CloseCauseJson = CloseCause { Deadline Early }
    ExpiryReasonJson = ExpiryReason { NoBids TooFewBids NotChosen }
}

/// The word for a condition, in columns as in payloads.
pub(crate) const fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::NewOriginal => "new_original",
        Condition::NewAftermarket => "new_aftermarket",
        Condition::Used => "used",
        Condition::Refurbished => "refurbished",
    }
}

/// Why a state is `expired`, as a word.
pub(crate) const fn expiry_of(state: State) -> Option<&'static str> {
    match state {
        State::Expired(ExpiryReason::NoBids) => Some("no_bids"),
        State::Expired(ExpiryReason::TooFewBids) => Some("too_few_bids"),
        State::Expired(ExpiryReason::NotChosen) => Some("not_chosen"),
        State::Published
        | State::BiddingOpen
        | State::BiddingClosed
        | State::Reviewing
        | State::Accepted
        | State::Cancelled => None,
    }
}

/// The state of the two words that stand for it.
pub(crate) fn read_state(word: &str, expiry: Option<&str>) -> Option<State> {
    let known = [
        State::Published,
        State::BiddingOpen,
        State::BiddingClosed,
        State::Reviewing,
        State::Accepted,
        State::Expired(ExpiryReason::NoBids),
        State::Expired(ExpiryReason::TooFewBids),
        State::Expired(ExpiryReason::NotChosen),
        State::Cancelled,
    ];
    known.into_iter().find(|known| known.word() == word && expiry_of(*known) == expiry)
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

/// Item, quantity, condition asked for.
#[derive(Serialize, Deserialize)]
struct LotItemJson(i64, i64, Option<ConditionJson>);

#[derive(Serialize, Deserialize)]
struct TermsJson {
    request: i64,
    owner: i64,
    items: Vec<LotItemJson>,
    formula: FormulaJson,
    /// Price, merchant, delivery.
    weights: (u8, u8, u8),
    visibility: VisibilityJson,
    horizon_hours: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ceiling: Option<i64>,
    soft_close: i64,
    min_bids: u16,
    allow_partial: bool,
    allow_early_close: bool,
    invite_only: bool,
    bids_per_second: u32,
    bids_per_merchant: u32,
    opens_at: i64,
    closes_at: i64,
    alias_seed: u64,
}

impl From<&Terms> for TermsJson {
    fn from(terms: &Terms) -> Self {
        let Terms { request, owner, items, rules, opens_at, closes_at, alias_seed } = terms;
        let item = |item: &LotItem| LotItemJson(item.id.0, item.quantity, item.condition.map(Into::into));
        Self {
            request: request.0,
            owner: owner.0,
            items: items.iter().map(item).collect(),
            formula: rules.formula.into(),
            weights: (rules.weights.price, rules.weights.merchant, rules.weights.delivery),
            visibility: rules.visibility.into(),
            horizon_hours: rules.horizon_hours,
            ceiling: rules.ceiling.map(|amount| amount.0),
            soft_close: rules.soft_close.0,
            min_bids: rules.min_bids,
            allow_partial: rules.allow_partial,
            allow_early_close: rules.allow_early_close,
            invite_only: rules.invite_only,
            bids_per_second: rules.bids_per_second,
            bids_per_merchant: rules.bids_per_merchant,
            opens_at: opens_at.0,
            closes_at: closes_at.0,
            alias_seed: *alias_seed,
        }
    }
}

impl From<TermsJson> for Terms {
    fn from(json: TermsJson) -> Self {
        let item = |LotItemJson(id, quantity, condition)| LotItem {
            id: ItemId(id),
            quantity,
            condition: condition.map(Into::into),
        };
        let (price, merchant, delivery) = json.weights;
        Self {
            request: RequestId(json.request),
            owner: UserId(json.owner),
            items: json.items.into_iter().map(item).collect(),
            rules: Rules {
                formula: json.formula.into(),
                weights: Weights { price, merchant, delivery },
                visibility: json.visibility.into(),
                horizon_hours: json.horizon_hours,
                ceiling: json.ceiling.map(AmountMinor),
                soft_close: Span(json.soft_close),
                min_bids: json.min_bids,
                allow_partial: json.allow_partial,
                allow_early_close: json.allow_early_close,
                invite_only: json.invite_only,
                bids_per_second: json.bids_per_second,
                bids_per_merchant: json.bids_per_merchant,
            },
            opens_at: UnixMicros(json.opens_at),
            closes_at: UnixMicros(json.closes_at),
            alias_seed: json.alias_seed,
        }
    }
}

/// Item, quantity, unit price, condition offered.
#[derive(Serialize, Deserialize)]
struct LineJson(i64, i64, i64, Option<ConditionJson>);

#[derive(Serialize, Deserialize)]
struct BidJson<'a> {
    bid: i64,
    merchant: i64,
    version: u32,
    landed: i64,
    lines: Vec<LineJson>,
    fee: i64,
    hours: i64,
    warranty: i64,
    #[serde(borrow)]
    terms: Cow<'a, str>,
    #[serde(borrow)]
    notes: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<i64>,
    rating: i64,
    rated: i64,
    stamp: i64,
    keeps_place: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Hex>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Hex>,
}

impl<'a> BidJson<'a> {
    fn new(content: &'a BidContent, key: Option<&Key>) -> Self {
        let offer = &content.offer;
        let line =
            |line: &Line| LineJson(line.item.0, line.quantity, line.unit_price.0, line.condition.map(Into::into));
        Self {
            bid: content.bid.0,
            merchant: content.merchant.0,
            version: content.version,
            landed: content.landed.0,
            lines: offer.lines.iter().map(line).collect(),
            fee: offer.delivery_fee.0,
            hours: offer.delivery_hours,
            warranty: offer.warranty_days,
            terms: Cow::Borrowed(&offer.payment_terms),
            notes: Cow::Borrowed(&offer.notes),
            expires: offer.expires_at.map(|at| at.0),
            floor: content.floor.map(|amount| amount.0),
            rating: content.rating_milli,
            rated: content.rated_orders,
            stamp: content.stamp.0,
            keeps_place: content.keeps_place,
            key: key.map(|key| Hex(key.key)),
            body: key.map(|key| Hex(key.body)),
        }
    }

    fn read(self) -> (BidContent, Option<Key>) {
        let line = |LineJson(item, quantity, price, condition)| Line {
            item: ItemId(item),
            quantity,
            unit_price: AmountMinor(price),
            condition: condition.map(Into::into),
        };
        let content = BidContent {
            bid: BidId(self.bid),
            merchant: UserId(self.merchant),
            version: self.version,
            offer: Offer {
                lines: self.lines.into_iter().map(line).collect(),
                delivery_fee: AmountMinor(self.fee),
                delivery_hours: self.hours,
                warranty_days: self.warranty,
                payment_terms: self.terms.into_owned(),
                notes: self.notes.into_owned(),
                expires_at: self.expires.map(UnixMicros),
            },
            landed: AmountMinor(self.landed),
            floor: self.floor.map(AmountMinor),
            rating_milli: self.rating,
            rated_orders: self.rated,
            stamp: UnixMicros(self.stamp),
            keeps_place: self.keeps_place,
        };
        (content, self.key.zip(self.body).map(|(key, body)| Key { key: key.0, body: body.0 }))
    }
}

#[derive(Serialize, Deserialize)]
struct WithdrawnJson<'a> {
    bid: i64,
    merchant: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    key: Hex,
    body: Hex,
}

#[derive(Serialize, Deserialize)]
struct DisqualifiedJson<'a> {
    bid: i64,
    merchant: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct TooLateJson {
    merchant: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landed: Option<i64>,
    stamp: i64,
    deadline: i64,
    key: Hex,
    body: Hex,
}

#[derive(Serialize, Deserialize)]
struct ExtendedJson {
    closes_at: i64,
    cause: ExtensionCauseJson,
}

#[derive(Serialize, Deserialize)]
struct PausedJson<'a> {
    by: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct ResumedJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<i64>,
    closes_at: i64,
}

#[derive(Serialize, Deserialize)]
struct InterruptedJson {
    last_alive: i64,
    closes_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ClosedJson {
    cause: CloseCauseJson,
}

#[derive(Serialize, Deserialize)]
struct ReviewingJson {
    scoreboard: Vec<RowJson>,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct RowJson {
    rank: u32,
    bid: i64,
    merchant: i64,
    landed: i64,
    hours: i64,
    /// Price, merchant, delivery, total, in micro-points.
    points: (i64, i64, i64, i64),
    below_mean: bool,
    below_next: bool,
}

impl From<&ScoreRow> for RowJson {
    fn from(row: &ScoreRow) -> Self {
        Self {
            rank: row.rank,
            bid: row.bid.0,
            merchant: row.merchant.0,
            landed: row.landed.0,
            hours: row.delivery_hours,
            points: (row.score.price, row.score.merchant, row.score.delivery, row.score.total),
            below_mean: row.low_price.below_mean,
            below_next: row.low_price.below_next,
        }
    }
}

impl From<RowJson> for ScoreRow {
    fn from(json: RowJson) -> Self {
        let (price, merchant, delivery, total) = json.points;
        Self {
            rank: json.rank,
            bid: BidId(json.bid),
            merchant: UserId(json.merchant),
            landed: AmountMinor(json.landed),
            delivery_hours: json.hours,
            score: Score { price, merchant, delivery, total },
            low_price: LowPrice { below_mean: json.below_mean, below_next: json.below_next },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct AcceptedJson {
    bid: i64,
    merchant: i64,
}

#[derive(Serialize, Deserialize)]
struct DeclinedJson<'a> {
    bid: i64,
    merchant: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct ExpiredJson {
    reason: ExpiryReasonJson,
}

#[derive(Serialize, Deserialize)]
struct CancelledJson<'a> {
    by: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
}
