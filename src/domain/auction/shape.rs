//! Whether an offer makes sense for the lot (rules §2, checks 9–12), and what it costs.

use crate::domain::auction::command::Line;
use crate::domain::auction::command::Offer;
use crate::domain::auction::terms::Terms;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::ShapeFault;
use crate::limits::DELIVERY_FEE_MAX_HALALAS;
use crate::limits::DELIVERY_HOURS_MAX;
use crate::limits::ITEMS_MAX;
use crate::limits::LANDED_MAX_HALALAS;
use crate::limits::UNIT_PRICE_MAX_HALALAS;
use crate::limits::WARRANTY_DAYS_MAX;

const _: () = assert!(ITEMS_MAX <= 64, "a set of items is the bits of a u64");

/// The landed total of an offer: Σ quantity × unit price + delivery fee. Check 9 but for the floor.
///
/// # Errors
/// The first [`ShapeFault`], line by line.
pub(super) fn landed_total(terms: &Terms, offer: &Offer) -> Result<AmountMinor, ShapeFault> {
    if offer.lines.is_empty() || offer.lines.len() > terms.items.len() {
        return Err(ShapeFault::LineCount { max: terms.items.len() });
    }
    let mut named = 0_u64;
    let mut goods = AmountMinor::ZERO;
    for (at, line) in offer.lines.iter().enumerate() {
        let item = check_line(terms, at, line)?;
        if named & item != 0 {
            return Err(ShapeFault::ItemTwice { line: at });
        }
        named |= item;
        goods = line.unit_price.times(line.quantity).and_then(|sum| goods.plus(sum)).ok_or(ShapeFault::LandedTotal)?;
    }
    if !(0..=DELIVERY_FEE_MAX_HALALAS).contains(&offer.delivery_fee.0) {
        return Err(ShapeFault::DeliveryFee);
    }
    if !(0..=WARRANTY_DAYS_MAX).contains(&offer.warranty_days) {
        return Err(ShapeFault::Warranty);
    }
    let landed = goods.plus(offer.delivery_fee).ok_or(ShapeFault::LandedTotal)?;
    if landed.0 > LANDED_MAX_HALALAS {
        return Err(ShapeFault::LandedTotal);
    }
    Ok(landed)
}

/// The bit of the line's item.
fn check_line(terms: &Terms, at: usize, line: &Line) -> Result<u64, ShapeFault> {
    let known = terms.items.iter().enumerate().find(|(_, item)| item.id == line.item);
    let Some((place, item)) = known else { return Err(ShapeFault::UnknownItem { line: at }) };
    let least = if terms.rules.allow_partial { 1 } else { item.quantity };
    if !(least..=item.quantity).contains(&line.quantity) {
        return Err(ShapeFault::Quantity { line: at, asked: item.quantity });
    }
    if !(1..=UNIT_PRICE_MAX_HALALAS).contains(&line.unit_price.0) {
        return Err(ShapeFault::UnitPrice { line: at });
    }
    if item.condition.is_some() && line.condition.is_some() && item.condition != line.condition {
        return Err(ShapeFault::Condition { line: at });
    }
    Ok(1 << place)
}

/// Check 9's last part and checks 10–12, for an offer whose [`landed_total`] is known.
///
/// # Errors
/// The first refusal in the order of rules §2.
pub(super) fn check_terms(
    terms: &Terms,
    offer: &Offer,
    landed: AmountMinor,
    floor: Option<AmountMinor>,
) -> Result<(), Refusal> {
    if floor.is_some_and(|floor| !(1..=landed.0).contains(&floor.0)) {
        return Err(Refusal::Shape(ShapeFault::Floor));
    }
    if !terms.rules.allow_partial && offer.lines.len() < terms.items.len() {
        return Err(Refusal::LineMissing);
    }
    if let Some(max_landed) = terms.rules.ceiling
        && landed > max_landed
    {
        return Err(Refusal::OverBudget { max_landed });
    }
    if !(1..=DELIVERY_HOURS_MAX).contains(&offer.delivery_hours) {
        return Err(Refusal::DeliveryOutOfRange { max: DELIVERY_HOURS_MAX });
    }
    Ok(())
}
