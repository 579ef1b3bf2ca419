//! Commands and refusals on their way between processes.
//!
//! Twins that the compiler holds against the domain's types: a variant or a field that is added there and not here does
//! not compile. Processes of one cluster run one version or its neighbour, so nothing here is kept for ever.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::auction::board::Alias;
use crate::domain::auction::board::State;
use crate::domain::auction::command::Bidder;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Host;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Line;
use crate::domain::auction::command::Offer;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::command::WithdrawBid;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::Score;
use crate::domain::auction::terms::Condition;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::OrderId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::ShapeFault;
use crate::domain::refusal::Worse;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

macro_rules! numbers {
    ($($twin:ident of $name:ident $word:literal;)*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(remote = $word)]
        struct $twin(i64);
        const _: fn(i64) -> $name = $name;
    )*};
}

numbers! {
    UserTwin of UserId "UserId";
    BidTwin of BidId "BidId";
    ItemTwin of ItemId "ItemId";
    OrderTwin of OrderId "OrderId";
    AmountTwin of AmountMinor "AmountMinor";
    AtTwin of UnixMicros "UnixMicros";
    SpanTwin of Span "Span";
}

/// A module that takes an option of a twin's type through serde, which has no word for that.
macro_rules! options {
    ($($module:ident of $type:ident by $twin:literal;)*) => {$(
        mod $module {
            use serde::Deserialize;
            use serde::Deserializer;
            use serde::Serialize;
            use serde::Serializer;

            use super::$type;

            #[derive(Serialize, Deserialize)]
            struct One(#[serde(with = $twin)] $type);

            #[expect(clippy::ref_option, reason = "serde hands a reference")]
            pub(super) fn serialize<S: Serializer>(value: &Option<$type>, to: S) -> Result<S::Ok, S::Error> {
                value.map(One).serialize(to)
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$type>, D::Error> {
                Ok(Option::<One>::deserialize(from)?.map(|one| one.0))
            }
        }
    )*};
}

options! {
    maybe_amount of AmountMinor by "super::AmountTwin";
    maybe_at of UnixMicros by "super::AtTwin";
    maybe_span of Span by "super::SpanTwin";
    maybe_condition of Condition by "super::ConditionTwin";
}

/// The same for a list of lines.
mod lines {
    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serialize;
    use serde::Serializer;

    use super::Line;

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "super::LineTwin")] Line);

    pub(super) fn serialize<S: Serializer>(lines: &[Line], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(lines.iter().copied().map(One))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Line>, D::Error> {
        Ok(Vec::<One>::deserialize(from)?.into_iter().map(|one| one.0).collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Condition")]
enum ConditionTwin {
    NewOriginal,
    NewAftermarket,
    Used,
    Refurbished,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Line")]
struct LineTwin {
    #[serde(with = "ItemTwin")]
    item: ItemId,
    quantity: i64,
    #[serde(with = "AmountTwin")]
    unit_price: AmountMinor,
    #[serde(with = "maybe_condition")]
    condition: Option<Condition>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Offer")]
struct OfferTwin {
    #[serde(with = "lines")]
    lines: Vec<Line>,
    #[serde(with = "AmountTwin")]
    delivery_fee: AmountMinor,
    delivery_hours: i64,
    warranty_days: i64,
    payment_terms: String,
    notes: String,
    #[serde(with = "maybe_at")]
    expires_at: Option<UnixMicros>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Bidder")]
#[expect(clippy::struct_excessive_bools, reason = "the twin of four facts")]
struct BidderTwin {
    #[serde(with = "UserTwin")]
    user: UserId,
    merchant: bool,
    verified: bool,
    suspended: bool,
    eligible: bool,
    rating_milli: i64,
    rated_orders: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Key")]
struct KeyTwin {
    key: [u8; 16],
    body: [u8; 16],
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Host")]
struct HostTwin {
    #[serde(with = "UserTwin")]
    user: UserId,
    admin: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SendBid")]
struct SendTwin {
    #[serde(with = "BidderTwin")]
    bidder: Bidder,
    #[serde(with = "BidTwin")]
    bid: BidId,
    #[serde(with = "OfferTwin")]
    offer: Offer,
    #[serde(with = "maybe_amount")]
    floor: Option<AmountMinor>,
    confirmed: bool,
    #[serde(with = "KeyTwin")]
    key: Key,
    #[serde(with = "AtTwin")]
    stamp: UnixMicros,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WithdrawBid")]
struct WithdrawTwin {
    #[serde(with = "BidderTwin")]
    bidder: Bidder,
    #[serde(with = "BidTwin")]
    bid: BidId,
    reason: String,
    #[serde(with = "KeyTwin")]
    key: Key,
    #[serde(with = "AtTwin")]
    stamp: UnixMicros,
}

/// The twin of a command: `#[serde(with = "CommandTwin")]`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Command")]
pub enum CommandTwin {
    /// See [`Command::Place`], and so on.
    Place(#[serde(with = "SendTwin")] SendBid),
    /// A revision.
    Revise(#[serde(with = "SendTwin")] SendBid),
    /// A withdrawal.
    Withdraw(#[serde(with = "WithdrawTwin")] WithdrawBid),
    /// A pause.
    Pause {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
        /// Why.
        reason: String,
    },
    /// The end of a pause.
    Resume {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
    },
    /// More time.
    Extend {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
        /// By how much.
        #[serde(with = "SpanTwin")]
        by: Span,
    },
    /// Less time.
    CloseEarly {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
    },
    /// No result.
    Cancel {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
        /// Why.
        reason: String,
    },
    /// The choice.
    Accept {
        /// Who.
        #[serde(with = "HostTwin")]
        host: Host,
        /// The bid.
        #[serde(with = "BidTwin")]
        bid: BidId,
        /// The order's id.
        #[serde(with = "OrderTwin")]
        order: OrderId,
    },
    /// The merchant's no.
    Decline {
        /// The merchant.
        #[serde(with = "UserTwin")]
        merchant: UserId,
        /// Why.
        reason: String,
    },
    /// A suspension.
    Disqualify {
        /// The merchant.
        #[serde(with = "UserTwin")]
        merchant: UserId,
        /// Why.
        reason: String,
    },
    /// What time asks for.
    Tick,
    /// The engine's return.
    Recover {
        /// When it last ran.
        #[serde(with = "AtTwin")]
        last_alive: UnixMicros,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Worse")]
enum WorseTwin {
    LandedTotal,
    Delivery,
    Warranty,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ShapeFault")]
enum ShapeTwin {
    LineCount { max: usize },
    UnknownItem { line: usize },
    ItemTwice { line: usize },
    Quantity { line: usize, asked: i64 },
    UnitPrice { line: usize },
    Condition { line: usize },
    DeliveryFee,
    LandedTotal,
    Warranty,
    Floor,
}

/// By another name, or the derive takes it for one that borrows from what it reads.
type Word = &'static str;

/// The twin of a refusal: `#[serde(with = "RefusalTwin")]`. Its variants are explained there.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Refusal")]
#[expect(missing_docs, reason = "the domain's own type explains every one")]
pub enum RefusalTwin {
    NotAMerchant,
    NotVerified,
    Suspended,
    UnknownRequest,
    UnknownBid,
    KeyReused,
    OwnRequest,
    NotEligible,
    NotOpen {
        #[serde(with = "word")]
        state: Word,
    },
    TooLate {
        #[serde(with = "AtTwin")]
        server_time: UnixMicros,
        #[serde(with = "AtTwin")]
        deadline: UnixMicros,
    },
    Paused,
    Shape(#[serde(with = "ShapeTwin")] ShapeFault),
    LineMissing,
    OverBudget {
        #[serde(with = "AmountTwin")]
        max_landed: AmountMinor,
    },
    DeliveryOutOfRange {
        max: i64,
    },
    Worsened(#[serde(with = "WorseTwin")] Worse),
    StepTooSmall {
        #[serde(with = "AmountTwin")]
        max_landed: AmountMinor,
    },
    AlreadyBidding {
        #[serde(with = "BidTwin")]
        bid: BidId,
    },
    ReentryUsed,
    ReentryTooHigh {
        #[serde(with = "AmountTwin")]
        max_landed: AmountMinor,
    },
    ConfirmRequired {
        #[serde(with = "AmountTwin")]
        min_landed: AmountMinor,
    },
    LeaderLocked,
    TooManyBids {
        #[serde(with = "maybe_span")]
        retry_after: Option<Span>,
    },
    RoomFull,
    WrongState {
        #[serde(with = "word")]
        state: Word,
    },
    Terminal,
    NotYours,
    PauseRefused,
    NotPaused,
    ExtensionRefused,
    EarlyCloseNotAllowed,
    BidNotEligible,
    AlreadyAccepted {
        #[serde(with = "BidTwin")]
        bid: BidId,
    },
    BadRules {
        #[serde(with = "word")]
        field: Word,
    },
}

/// The words that a refusal names a state by. Rules are judged where a request is published, so no field of theirs comes
/// this way.
mod word {
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;

    use super::ExpiryReason;
    use super::State;

    const STATES: [State; 7] = [
        State::Published,
        State::BiddingOpen,
        State::BiddingClosed,
        State::Reviewing,
        State::Accepted,
        State::Expired(ExpiryReason::NoBids),
        State::Cancelled,
    ];

    pub(super) fn serialize<S: Serializer>(word: &&'static str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(word)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
        let read = String::deserialize(from)?;
        let mut known = STATES.iter().map(|state| state.word()).chain(["draft"]);
        known.find(|word| *word == read).ok_or_else(|| serde::de::Error::custom("no state of an auction"))
    }
}

/// The twin of a merchant's alias.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Alias")]
pub struct AliasTwin(u32);

/// The twin of a bid's points.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Score")]
pub struct ScoreTwin {
    price: i64,
    merchant: i64,
    delivery: i64,
    total: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Carried(#[serde(with = "CommandTwin")] Command, #[serde(with = "RefusalTwin")] Refusal);

    fn carry(command: &Command, refusal: &Refusal) {
        let text = serde_json::to_string(&Carried(command.clone(), refusal.clone())).unwrap();
        let Carried(there, back) = serde_json::from_str(&text).unwrap();
        assert_eq!((&there, &back), (command, refusal), "{text}");
    }

    #[test]
    fn a_command_and_a_refusal_arrive_as_they_were() {
        let bidder = Bidder {
            user: UserId(7),
            merchant: true,
            verified: true,
            suspended: false,
            eligible: true,
            rating_milli: 4_321,
            rated_orders: 12,
        };
        let line = |condition| Line { item: ItemId(3), quantity: 2, unit_price: AmountMinor(5_000), condition };
        let offer = Offer {
            lines: vec![line(None), line(Some(Condition::Used))],
            delivery_fee: AmountMinor(100),
            delivery_hours: 24,
            warranty_days: 30,
            payment_terms: "عند التسليم".to_owned(),
            notes: "\"quoted\"".to_owned(),
            expires_at: Some(UnixMicros(9)),
        };
        let key = Key { key: [1; 16], body: [255; 16] };
        let place = |floor| {
            Command::Place(SendBid {
                bidder,
                bid: BidId(8),
                offer: offer.clone(),
                floor,
                confirmed: true,
                key,
                stamp: UnixMicros(11),
            })
        };
        carry(&place(None), &Refusal::WrongState { state: "reviewing" });
        carry(&place(Some(AmountMinor(6))), &Refusal::Shape(ShapeFault::Quantity { line: 3, asked: 4 }));
        let withdraw = WithdrawBid { bidder, bid: BidId(8), reason: "x".to_owned(), key, stamp: UnixMicros(1) };
        carry(&Command::Withdraw(withdraw), &Refusal::TooManyBids { retry_after: Some(Span(5)) });
        let host = Host { user: UserId(1), admin: true };
        carry(&Command::Extend { host, by: Span::secs(60) }, &Refusal::TooManyBids { retry_after: None });
        carry(&Command::Accept { host, bid: BidId(1), order: OrderId(2) }, &Refusal::Worsened(Worse::Warranty));
        let late = Refusal::TooLate { server_time: UnixMicros(2), deadline: UnixMicros(1) };
        carry(&Command::Recover { last_alive: UnixMicros(4) }, &late);
        carry(&Command::Tick, &Refusal::NotOpen { state: "draft" });
    }
}
