//! A bid's bodies and answers: one shape for REST and for the live room.

use std::fmt::Write as _;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::auction::board::Happened;
use crate::domain::auction::command::Line;
use crate::domain::auction::command::Offer;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::Event;
use crate::domain::auction::terms::Visibility;
use crate::domain::contact;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::money::AmountMinor;
use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::board;
use crate::wire::board::ScoreOut;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Problem;
use crate::wire::value::CURRENCY;
use crate::wire::value::ConditionWord;
use crate::wire::value::Hex;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ bodies

/// One line of a bid.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BidLine {
    /// The item of the request.
    #[schema(value_type = crate::wire::value::ItemRef)]
    pub request_item_id: Id<ItemId>,
    /// Pieces offered.
    #[schema(minimum = 1, maximum = 10_000)]
    pub quantity: i64,
    /// Price of one piece in SAR, VAT included.
    pub unit_price: Money,
    /// The condition offered; absent means the one that was asked for.
    pub condition: Option<ConditionWord>,
    /// Notes on this line. Kept with the notes of the bid, behind the line's number.
    pub notes: Option<String>,
}

/// A bid, or the new version of one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BidBody {
    /// The lines: each item of the request once.
    #[schema(min_items = 1, max_items = 50)]
    pub items: Vec<BidLine>,
    /// Delivery fee in SAR, VAT included; nothing when absent.
    pub delivery_fee: Option<Money>,
    /// Delivery time, in whole hours.
    pub delivery_hours: i64,
    /// Warranty, in days.
    pub warranty_days: i64,
    /// Payment terms in the merchant's words.
    pub payment_terms: String,
    /// Notes for the customer.
    pub notes: Option<String>,
    /// Until when the offer binds; until the review ends when absent.
    pub expires_at: Option<Timestamp>,
    /// Private floor of the automatic bid, as a landed total. Nobody else ever sees it.
    pub floor: Option<Money>,
    /// Whether a strikingly low price is meant.
    #[serde(default)]
    pub confirmed: bool,
}

/// What a bid's body asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The offer.
    pub offer: Offer,
    /// The private floor.
    pub floor: Option<AmountMinor>,
    /// Whether a strikingly low price is meant.
    pub confirmed: bool,
}

impl BidBody {
    /// Brings the body into the domain's form.
    ///
    /// # Errors
    /// A problem that names the text that is too long. Everything else is the engine's to judge.
    pub fn into_asked(self) -> Result<Asked, Problem> {
        let mut notes = self.notes.as_deref().map(text::tidy).unwrap_or_default();
        let mut lines = Vec::with_capacity(self.items.len().min(limits::ITEMS_MAX + 1));
        for (number, line) in (1..).zip(self.items) {
            if let Some(about_line) = line.notes.as_deref().map(text::tidy).filter(|text| !text.is_empty()) {
                let blank = if notes.is_empty() { "" } else { " " };
                // Writing to a String does not fail.
                let _ = write!(notes, "{blank}[{number}] {about_line}");
            }
            lines.push(Line {
                item: line.request_item_id.0,
                quantity: line.quantity,
                unit_price: line.unit_price.0,
                condition: line.condition.map(|condition| condition.0),
            });
        }
        // The journal keeps what is written here for ever: contacts stay outside, people are reached by their ids.
        let notes = contact::mask(&notes);
        let payment_terms = contact::mask(&text::tidy(&self.payment_terms));
        let faults: Vec<FieldFault> =
            [too_long("payment_terms", &payment_terms), too_long("notes", &notes)].into_iter().flatten().collect();
        if !faults.is_empty() {
            return Err(Problem::fields(faults));
        }
        let offer = Offer {
            lines,
            delivery_fee: self.delivery_fee.unwrap_or_default().0,
            delivery_hours: self.delivery_hours,
            warranty_days: self.warranty_days,
            payment_terms,
            notes,
            expires_at: self.expires_at.map(|at| at.0),
        };
        Ok(Asked { offer, floor: self.floor.map(|floor| floor.0), confirmed: self.confirmed })
    }
}

/// Takes a bid back.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawBody {
    /// Why. The customer reads it.
    #[schema(min_length = 1)]
    pub reason: String,
}

impl WithdrawBody {
    /// The reason in one form.
    ///
    /// # Errors
    /// A problem that says that it is missing or too long.
    pub fn into_reason(self) -> Result<String, Problem> {
        let reason = contact::mask(&text::tidy(&self.reason));
        if reason.is_empty() {
            return Err(Problem::field("reason", "missing", "a withdrawal needs a reason"));
        }
        too_long("reason", &reason).map_or(Ok(reason), |fault| Err(Problem::fields(vec![fault])))
    }
}

fn too_long(field: &str, text: &str) -> Option<FieldFault> {
    // Bytes bound characters from above, and most texts are short: counted only when it may matter.
    let long = text.len() > limits::NOTES_CHARS_MAX && text.chars().count() > limits::NOTES_CHARS_MAX;
    long.then(|| FieldFault {
        field: field.to_owned(),
        code: "too_long",
        message: format!("at most {} characters", limits::NOTES_CHARS_MAX),
    })
}

// ------------------------------------------------------------------ answers

/// The bid after a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BidState {
    /// The bid.
    #[schema(value_type = crate::wire::value::BidRef)]
    pub id: Id<BidId>,
    /// Its request.
    #[schema(value_type = crate::wire::value::RequestRef)]
    pub request_id: Id<RequestId>,
    /// `submitted` or `withdrawn`.
    pub status: &'static str,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Landed total: all lines and the delivery, VAT included, as the server computed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landed: Option<Money>,
    /// The currency of every amount here.
    pub currency: &'static str,
}

/// The proof that a command is in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptOut {
    /// Place of the event as merchants count the events that they may see.
    pub seq: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// Hash of the journal's entry, which contains all entries before it.
    pub hash: Hex,
}

/// The answer to a bid, a revision or a withdrawal. A pure function of the journal: a repeated command gets the same
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BidAnswer {
    /// The bid.
    pub bid: BidState,
    /// Place of the event as merchants count the events that they may see.
    pub seq: i64,
    /// The bid's rank right after the event, where the auction shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Its points, where the auction shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreOut>,
    /// The proof.
    pub receipt: ReceiptOut,
}

impl BidAnswer {
    /// The answer that an event of a merchant's own bid stands for; `None` for every other event.
    ///
    /// The journal's own `seq` is not in it: it would tell how much the others do where that is hidden.
    #[must_use]
    pub fn new(request: RequestId, visibility: Visibility, happened: &Happened, hash: [u8; 32]) -> Option<Self> {
        let state = |id, status, content: Option<&BidContent>| BidState {
            id: Id(id),
            request_id: Id(request),
            status,
            version: content.map(|content| content.version),
            landed: content.map(|content| Money(content.landed)),
            currency: CURRENCY,
        };
        let bid = if let Some(content) = happened.event.content() {
            state(content.bid, "submitted", Some(content))
        } else if let Event::BidWithdrawn { bid, .. } = &happened.event {
            state(*bid, "withdrawn", None)
        } else {
            return None;
        };
        let standing = happened.standing.as_ref();
        let seq = happened.class_seqs.merchants;
        Some(Self {
            bid,
            seq,
            rank: standing.filter(|_| board::shows_own_rank(visibility)).map(|standing| standing.rank),
            score: standing.filter(|_| board::shows_own_score(visibility)).map(|standing| standing.score.into()),
            receipt: ReceiptOut { seq, at: Timestamp(happened.at), hash: Hex(hash) },
        })
    }
}

/// The highest landed total with which a bid would lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceToLeadOut {
    /// The exact total, in an open auction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landed: Option<Money>,
    /// Elsewhere: it is at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Money>,
    /// Elsewhere: it is below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<Money>,
    /// The currency.
    pub currency: &'static str,
    /// When it was true.
    pub server_time: Timestamp,
}

impl PriceToLeadOut {
    /// Exact where all bids are open; elsewhere a band as wide as a twentieth of the viewer's own landed total, so that
    /// asking does not replace seeing.
    #[must_use]
    pub fn new(visibility: Visibility, own: AmountMinor, price: Option<AmountMinor>, now: UnixMicros) -> Self {
        let blank = Self { landed: None, at_least: None, below: None, currency: CURRENCY, server_time: Timestamp(now) };
        let Some(price) = price else { return blank };
        if visibility == Visibility::Open {
            return Self { landed: Some(Money(price)), ..blank };
        }
        let width = (own.0 / 20).max(100);
        let at_least = price.0.div_euclid(width).saturating_mul(width);
        Self {
            at_least: Some(Money(AmountMinor(at_least))),
            below: Some(Money(AmountMinor(at_least.saturating_add(width)))),
            ..blank
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::auction::board::Alias;
    use crate::domain::auction::board::ClassSeqs;
    use crate::domain::auction::board::Standing;
    use crate::domain::auction::command::Key;
    use crate::domain::auction::event::Score;
    use crate::domain::ids::UserId;

    const BODY: &str = r#"{"items":[{"request_item_id":"itm_0000000000001","quantity":2,"unit_price":"١٢٫٥٠",
        "condition":"used","notes":" left \u200b one "}],"delivery_hours":24,"warranty_days":90,
        "payment_terms":"cash  on delivery","notes":"hello","floor":"20.00"}"#;

    #[test]
    fn a_body_becomes_an_offer() {
        let asked = serde_json::from_str::<BidBody>(BODY).unwrap().into_asked().unwrap();
        assert_eq!(asked.offer.lines[0].unit_price, AmountMinor(1_250));
        assert_eq!(asked.offer.payment_terms, "cash on delivery");
        assert_eq!(asked.offer.notes, "hello [1] left one");
        assert_eq!((asked.floor, asked.confirmed), (Some(AmountMinor(2_000)), false));
    }

    #[test]
    fn unknown_fields_and_long_texts_are_refused() {
        assert!(serde_json::from_str::<BidBody>(&BODY.replace("\"floor\"", "\"flor\"")).is_err());
        let long = BODY.replace("hello", &"ش".repeat(limits::NOTES_CHARS_MAX + 1));
        let problem = serde_json::from_str::<BidBody>(&long).unwrap().into_asked().unwrap_err();
        assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), ("notes", "too_long"));
        assert!(WithdrawBody { reason: " \u{200b} ".to_owned() }.into_reason().is_err());
    }

    fn placed() -> Happened {
        let offer = serde_json::from_str::<BidBody>(BODY).unwrap().into_asked().unwrap().offer;
        let content = BidContent {
            bid: BidId(5),
            merchant: UserId(7),
            version: 1,
            offer,
            landed: AmountMinor(2_500),
            floor: Some(AmountMinor(2_000)),
            rating_milli: 3_500,
            rated_orders: 0,
            stamp: UnixMicros(0),
            keeps_place: false,
        };
        Happened {
            seq: 17,
            class_seqs: ClassSeqs { host: 12, merchants: 3 },
            at: UnixMicros(1),
            event: Event::BidPlaced { content, key: Key { key: [1; 16], body: [2; 16] } },
            standing: Some(Standing {
                rank: 2,
                score: Score { price: 90_000_000, merchant: 70_000_000, delivery: 50_000_000, total: 76_000_000 },
                alias: Alias(0x7f),
            }),
        }
    }

    #[test]
    fn an_answer_shows_what_the_auction_shows() {
        let answer = |visibility| {
            serde_json::to_string(&BidAnswer::new(RequestId(1), visibility, &placed(), [0xab; 32])).unwrap()
        };
        let (bid, receipt) = (
            r#""bid":{"id":"bid_0000000000005","request_id":"req_0000000000001","status":"submitted","version":1,"landed":"25.00","currency":"SAR"},"seq":3"#,
            format!(r#""receipt":{{"seq":3,"at":"1970-01-01T00:00:00.000001Z","hash":"{}"}}"#, "ab".repeat(32)),
        );
        let shown = r#""rank":2,"score":{"price":90.0,"merchant":70.0,"delivery":50.0,"total":76.0}"#;
        assert_eq!(answer(Visibility::Open), format!("{{{bid},{shown},{receipt}}}"));
        assert_eq!(answer(Visibility::Sealed), format!("{{{bid},{receipt}}}"));
        assert!(answer(Visibility::LeadPrice).contains(r#""rank":2"#));
        assert!(!answer(Visibility::LeadPrice).contains("score"));
        assert!(answer(Visibility::RankOnly).contains("score"));
        for visibility in [Visibility::Open, Visibility::LeadPrice, Visibility::RankOnly, Visibility::Sealed] {
            let answer = answer(visibility);
            assert!(!answer.contains("20.00") && !answer.contains("17"), "floor and journal seq: {answer}");
        }
    }

    #[test]
    fn outside_open_auctions_the_price_to_lead_is_a_band() {
        let own = AmountMinor(100_000);
        let ask = |visibility, price| PriceToLeadOut::new(visibility, own, Some(AmountMinor(price)), UnixMicros(0));
        assert_eq!(ask(Visibility::Open, 93_217).landed, Some(Money(AmountMinor(93_217))));
        let band = ask(Visibility::RankOnly, 93_217);
        assert_eq!((band.landed, band.at_least), (None, Some(Money(AmountMinor(90_000)))));
        assert_eq!(band.below, Some(Money(AmountMinor(95_000))));
        assert_eq!(ask(Visibility::RankOnly, 94_999), band, "two prices in one band are one answer");
    }
}
