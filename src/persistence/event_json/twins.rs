//! The twins of the smaller events.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::auction::event::{LowPrice, Score, ScoreRow};
use crate::domain::ids::{BidId, UserId};
use crate::domain::money::AmountMinor;
use crate::persistence::event_json::words::{CloseCauseJson, ExpiryReasonJson, ExtensionCauseJson, Hex};

#[derive(Serialize, Deserialize)]
pub(super) struct Nothing {}

#[derive(Serialize, Deserialize)]
pub(super) struct WithdrawnJson<'a> {
    pub(super) bid: i64,
    pub(super) merchant: i64,
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
    pub(super) key: Hex,
    pub(super) body: Hex,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DisqualifiedJson<'a> {
    pub(super) bid: i64,
    pub(super) merchant: i64,
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TooLateJson {
    pub(super) merchant: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) landed: Option<i64>,
    pub(super) stamp: i64,
    pub(super) deadline: i64,
    pub(super) key: Hex,
    pub(super) body: Hex,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ExtendedJson {
    pub(super) closes_at: i64,
    pub(super) cause: ExtensionCauseJson,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PausedJson<'a> {
    pub(super) by: i64,
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
    pub(super) until: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ResumedJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<i64>,
    pub(super) closes_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct InterruptedJson {
    pub(super) last_alive: i64,
    pub(super) closes_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RingWidenedJson {
    pub(super) ring: u8,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClosedJson {
    pub(super) cause: CloseCauseJson,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AcceptedJson {
    pub(super) bid: i64,
    pub(super) merchant: i64,
    pub(super) order: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DeclinedJson<'a> {
    pub(super) bid: i64,
    pub(super) merchant: i64,
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
    pub(super) until: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ExpiredJson {
    pub(super) reason: ExpiryReasonJson,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CancelledJson<'a> {
    pub(super) by: i64,
    #[serde(borrow)]
    pub(super) reason: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReviewingJson {
    pub(super) scoreboard: Vec<RowJson>,
    pub(super) until: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RowJson {
    pub(super) rank: u32,
    pub(super) bid: i64,
    pub(super) merchant: i64,
    pub(super) landed: i64,
    pub(super) hours: i64,
    /// Price, merchant, delivery, total, in micro-points.
    pub(super) points: (i64, i64, i64, i64),
    pub(super) below_mean: bool,
    pub(super) below_next: bool,
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
