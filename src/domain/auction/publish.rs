//! Which terms may be published (rules §1).

use crate::domain::auction::terms::LotItem;
use crate::domain::auction::terms::Rules;
use crate::domain::auction::terms::Terms;
use crate::domain::auction::terms::Visibility;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits::BIDDING_SECS_MAX;
use crate::limits::BIDDING_SECS_MIN;
use crate::limits::DELIVERY_HOURS_MAX;
use crate::limits::ITEMS_MAX;
use crate::limits::LANDED_MAX_HALALAS;
use crate::limits::QUANTITY_MAX;
use crate::limits::SOFT_CLOSE_TOTAL_SECS_MAX;

/// Checks the terms of a request.
///
/// # Errors
/// [`Refusal::BadRules`] names the first field that is out of bounds.
pub(super) fn check(terms: &Terms, now: UnixMicros) -> Result<(), Refusal> {
    let bidding = terms.closes_at.since(terms.opens_at);
    let Rules { weights, horizon_hours, ceiling, soft_close, min_bids, .. } = &terms.rules;
    let sealed = terms.rules.visibility == Visibility::Sealed;
    let sum = u32::from(weights.price) + u32::from(weights.merchant) + u32::from(weights.delivery);
    let checks = [
        ("items", (1..=ITEMS_MAX).contains(&terms.items.len()) && are_items_sound(&terms.items)),
        (
            "bidding_duration",
            bidding >= Span::secs(BIDDING_SECS_MIN) && bidding <= Span::secs(BIDDING_SECS_MAX) && terms.closes_at > now,
        ),
        ("weights", sum == 100),
        ("horizon_hours", (1..=DELIVERY_HOURS_MAX).contains(horizon_hours)),
        ("budget_max", ceiling.is_none_or(|AmountMinor(most)| (1..=LANDED_MAX_HALALAS).contains(&most))),
        ("soft_close", *soft_close >= Span::ZERO && *soft_close <= Span::secs(SOFT_CLOSE_TOTAL_SECS_MAX)),
        // An extension would tell everybody that the lead changed.
        ("soft_close", !sealed || *soft_close == Span::ZERO),
        ("min_bids", (1..=9).contains(min_bids)),
        ("bids_per_second", terms.rules.bids_per_second > 0),
        ("bids_per_merchant", terms.rules.bids_per_merchant > 0),
    ];
    match checks.into_iter().find(|(_, sound)| !sound) {
        Some((field, _)) => Err(Refusal::BadRules { field }),
        None => Ok(()),
    }
}

fn are_items_sound(items: &[LotItem]) -> bool {
    items.iter().enumerate().all(|(at, item)| {
        (1..=QUANTITY_MAX).contains(&item.quantity) && !items.iter().take(at).any(|other| other.id == item.id)
    })
}
