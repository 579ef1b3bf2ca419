//! The twin of an auction's terms: what its first entry stores.

use serde::{Deserialize, Serialize};

use crate::domain::auction::terms::{LotItem, Rules, Terms, Weights};
use crate::domain::ids::{ItemId, RequestId, UserId};
use crate::domain::money::AmountMinor;
use crate::domain::time::{Span, UnixMicros};
use crate::persistence::event_json::words::{ConditionJson, FormulaJson, VisibilityJson};

/// Item, quantity, condition asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct LotItemJson(i64, i64, Option<ConditionJson>);

#[derive(Serialize, Deserialize)]
pub(super) struct TermsJson {
    pub(super) request: i64,
    pub(super) owner: i64,
    pub(super) items: Vec<LotItemJson>,
    pub(super) formula: FormulaJson,
    /// Price, merchant, delivery.
    pub(super) weights: (u8, u8, u8),
    pub(super) visibility: VisibilityJson,
    pub(super) horizon_hours: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ceiling: Option<i64>,
    pub(super) soft_close: i64,
    pub(super) min_bids: u16,
    /// Left out where the ring is never widened, as in every log from before there were rings.
    #[serde(default, skip_serializing_if = "is_never")]
    pub(super) ring_bids: u16,
    pub(super) allow_partial: bool,
    pub(super) allow_early_close: bool,
    pub(super) invite_only: bool,
    pub(super) bids_per_second: u32,
    pub(super) bids_per_merchant: u32,
    pub(super) opens_at: i64,
    pub(super) closes_at: i64,
    pub(super) alias_seed: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_never(ring_bids: &u16) -> bool {
    *ring_bids == 0
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
            ring_bids: rules.ring_bids,
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
                ring_bids: json.ring_bids,
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
