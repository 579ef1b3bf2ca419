//! Bids in events, as a class of viewers may see them.

use serde::Serialize;

use crate::domain::auction::board::Standing;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::view::Sight;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;
use crate::wire::board::Names;
use crate::wire::board::ScoreOut;
use crate::wire::value::AliasWord;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::Name;

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
    /// What that merchant is called; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_name: Option<Name>,
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
    pub(super) fn new(content: &'a BidContent, standing: Option<&Standing>, sight: Sight, names: &dyn Names) -> Self {
        let named = sight == Sight::Named;
        Self {
            id: Id(content.bid),
            alias: standing.map(|standing| AliasWord(standing.alias)),
            merchant: named.then_some(Id(content.merchant)),
            merchant_name: named.then(|| names.name_of(content.merchant)).flatten(),
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
    /// What that merchant is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_name: Option<Name>,
    /// Landed total.
    pub landed: Money,
    /// Delivery, in hours.
    pub delivery_hours: i64,
    /// The points.
    pub score: ScoreOut,
    /// Whether the price is strikingly low (rules §5).
    pub low_price: bool,
}

impl ResultRow {
    pub(super) fn new(row: &ScoreRow, names: &dyn Names) -> Self {
        Self {
            rank: row.rank,
            bid: Id(row.bid),
            merchant: Id(row.merchant),
            merchant_name: names.name_of(row.merchant),
            landed: Money(row.landed),
            delivery_hours: row.delivery_hours,
            score: row.score.into(),
            low_price: row.low_price.below_mean || row.low_price.below_next,
        }
    }
}
