//! A part request's rule set on the wire and in the draft's row.

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::auction::terms::Formula;
use crate::domain::auction::terms::Rules;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::terms::Weights;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::Span;
use crate::limits;
use crate::wire::value::FormulaWord;
use crate::wire::value::Id;
use crate::wire::value::VisibilityWord;

/// Percent of the score; they sum to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightsBody {
    /// For price points.
    #[schema(maximum = 100)]
    pub price: u8,
    /// For merchant points.
    #[schema(maximum = 100)]
    pub merchant: u8,
    /// For delivery points.
    #[schema(maximum = 100)]
    pub delivery: u8,
}

/// The rules of the auction. What is left out has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the rule set, each by its name on the wire")]
pub struct RulesBody {
    /// Who sees what while bids are taken.
    pub visibility: VisibilityWord,
    /// 50, 30, 20 by default.
    pub weights: WeightsBody,
    /// How price points are computed.
    pub formula: FormulaWord,
    /// Window and extension of the soft close, in seconds; 0 switches it off. By default 120, 60 where bids are taken
    /// for less than two hours, 0 in sealed auctions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_close_s: Option<u32>,
    /// Whether a bid may leave parts out.
    pub allow_partial: bool,
    /// Whether the customer may close early.
    pub allow_early_close: bool,
    /// Bids needed for a result, 1 to 9.
    #[schema(minimum = 1, maximum = 9)]
    pub min_bids: u16,
    /// Whether bids above `budget_max` are refused.
    pub enforce_budget_max: bool,
    /// Whether only invited merchants may bid.
    pub invite_only: bool,
    /// The least rating of who may bid, in thousandths of a star; invited merchants need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 5_000)]
    pub min_rating_milli: Option<i64>,
    /// Merchants who are asked by name. Stored beside the rules, not in them.
    #[serde(skip_serializing)]
    #[schema(value_type = Vec<crate::wire::value::UserRef>, max_items = 100)]
    pub invited: Vec<Id<UserId>>,
}

impl Default for RulesBody {
    fn default() -> Self {
        Self {
            visibility: VisibilityWord(Visibility::Open),
            weights: WeightsBody { price: 50, merchant: 30, delivery: 20 },
            formula: FormulaWord(Formula::GuardedV1),
            soft_close_s: None,
            allow_partial: false,
            allow_early_close: false,
            min_bids: 1,
            enforce_budget_max: false,
            invite_only: false,
            min_rating_milli: None,
            invited: Vec::new(),
        }
    }
}

/// What the rules take from the request around them.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// How long bids are taken, in seconds.
    pub bidding_secs: i64,
    /// Whether it is urgent.
    pub urgent: bool,
    /// The customer's upper limit.
    pub budget_max: Option<AmountMinor>,
    /// Bids of one merchant per second.
    pub bids_per_second: u32,
    /// Bids of one merchant, ever.
    pub bids_per_merchant: u32,
}

impl RulesBody {
    /// The frozen rule set. `Auction::publish` judges whether it holds together.
    #[must_use]
    pub fn freeze(&self, around: Around) -> Rules {
        let soft_close = match self.soft_close_s {
            Some(secs) => i64::from(secs),
            None if self.visibility.0 == Visibility::Sealed => 0,
            None if around.bidding_secs < 2 * 3_600 => limits::SOFT_CLOSE_SHORT_SECS,
            None => limits::SOFT_CLOSE_SECS,
        };
        Rules {
            formula: self.formula.0,
            weights: Weights {
                price: self.weights.price,
                merchant: self.weights.merchant,
                delivery: self.weights.delivery,
            },
            visibility: self.visibility.0,
            horizon_hours: if around.urgent { limits::HORIZON_URGENT_HOURS } else { limits::HORIZON_HOURS },
            ceiling: around.budget_max.filter(|_| self.enforce_budget_max),
            soft_close: Span::secs(soft_close),
            min_bids: self.min_bids,
            ring_bids: match self.min_bids {
                _ if self.invite_only => 0,
                0 | 1 => limits::RING_BIDS_WANTED,
                more => more,
            },
            allow_partial: self.allow_partial,
            allow_early_close: self.allow_early_close,
            invite_only: self.invite_only,
            bids_per_second: around.bids_per_second,
            bids_per_merchant: around.bids_per_merchant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soft_close(json: &str, bidding_secs: i64) -> i64 {
        let rules: RulesBody = serde_json::from_str(json).unwrap();
        let around =
            Around { bidding_secs, urgent: false, budget_max: None, bids_per_second: 2, bids_per_merchant: 120 };
        rules.freeze(around).soft_close.whole_secs()
    }

    #[test]
    fn the_soft_close_follows_length_and_visibility() {
        assert_eq!(soft_close("{}", 7_200), 120);
        assert_eq!(soft_close("{}", 7_199), 60);
        assert_eq!(soft_close(r#"{"visibility":"sealed"}"#, 7_200), 0);
        assert_eq!(soft_close(r#"{"soft_close_s":0}"#, 7_200), 0);
        assert_eq!(soft_close(r#"{"soft_close_s":300}"#, 7_200), 300);
    }

    #[test]
    fn what_is_stored_reads_back() {
        let rules = RulesBody { invite_only: true, soft_close_s: Some(30), ..RulesBody::default() };
        let stored = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<RulesBody>(&stored).unwrap(), rules);
        assert!(serde_json::from_str::<RulesBody>(r#"{"secret":1}"#).is_err());
    }
}
