//! What a revision must do (rules §3): the ratchet, the step, and what a slip looks like (check 14).

use crate::domain::auction::command::Offer;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::refusal::Worse;

/// A gain in one's own total that makes up for the step: 0.1 point, in micro-points.
pub(super) const GAIN_MIN: u64 = 100_000;

/// The least cut of a live bid with this landed total.
#[must_use]
pub const fn step(landed: AmountMinor) -> AmountMinor {
    let riyals = match landed.0 {
        ..10_000 => 1,
        10_000..50_000 => 2,
        50_000..200_000 => 5,
        200_000..1_000_000 => 20,
        1_000_000.. => 50,
    };
    AmountMinor::sar(riyals)
}

/// The largest landed total that cuts enough; zero where nothing does.
pub(super) fn largest_after_a_step(landed: AmountMinor) -> AmountMinor {
    AmountMinor(landed.0.saturating_sub(step(landed).0).max(0))
}

/// No promise may get worse.
///
/// # Errors
/// [`Refusal::Worsened`] names the first that does.
pub(super) fn ratchet(live: &Offer, landed: AmountMinor, new: &Offer, new_landed: AmountMinor) -> Result<(), Refusal> {
    if new_landed > landed {
        Err(Refusal::Worsened(Worse::LandedTotal))
    } else if new.delivery_hours > live.delivery_hours {
        Err(Refusal::Worsened(Worse::Delivery))
    } else if new.warranty_days < live.warranty_days {
        Err(Refusal::Worsened(Worse::Warranty))
    } else {
        Ok(())
    }
}

/// Whether the goods and their prices are the same, so that a discount by automatic cuts still holds.
pub(super) fn is_same_price(live: &Offer, new: &Offer) -> bool {
    live.lines == new.lines && live.delivery_fee == new.delivery_fee
}

/// Whether nothing but the notes differs.
pub(super) fn is_notes_alone(live: &Offer, new: &Offer) -> bool {
    // Taken apart, so that a new field has to be thought of here.
    let Offer { lines, delivery_fee, delivery_hours, warranty_days, payment_terms, notes: _, expires_at } = new;
    live.lines == *lines
        && live.delivery_fee == *delivery_fee
        && live.delivery_hours == *delivery_hours
        && live.warranty_days == *warranty_days
        && live.payment_terms == *payment_terms
        && live.expires_at == *expires_at
}

/// The least landed total that is no slip: half of one's own last, 40 % of the median; each rounded up.
pub(super) fn least_plausible(own_last: Option<AmountMinor>, median: Option<AmountMinor>) -> AmountMinor {
    let half = own_last.map_or(0, |AmountMinor(own)| (own + 1) / 2);
    let of_median = median.map_or(0, |AmountMinor(median)| (2 * median + 4) / 5);
    AmountMinor(half.max(of_median))
}
