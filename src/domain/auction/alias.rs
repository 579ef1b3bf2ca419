//! What merchants are called while names are hidden.

use std::collections::BTreeSet;

use crate::domain::auction::board::Alias;
use crate::domain::ids::UserId;

/// An alias that nobody in the room has yet.
///
/// Depends on the room's random seed and the merchant alone unless two of them collide, so it tells nothing of the
/// order of arrival. Two digits while they last, then more.
#[must_use]
pub fn draw(seed: u64, merchant: UserId, taken: &BTreeSet<u32>) -> Alias {
    let mixed = mix(seed ^ mix(merchant.0.unsigned_abs()));
    let prefixes = (8..=32).step_by(4).map(|bits| u32::try_from(mixed >> (64 - bits)).unwrap_or(0));
    let rest = 0..=u32::MAX;
    Alias(prefixes.chain(rest).find(|alias| !taken.contains(alias)).unwrap_or(0))
}

/// The same for who asks questions in the room. Another seed: were it the alias of the merchant's bid, a question would tell
/// who has bid where bids are secret.
#[must_use]
pub fn draw_for_questions(seed: u64, merchant: UserId, taken: &BTreeSet<u32>) -> Alias {
    draw(mix(seed ^ QUESTIONS), merchant, taken)
}

/// Any number will do.
const QUESTIONS: u64 = 0x7175_6573_7469_6f6e;

/// Scatters neighbouring numbers over all 64 bits (the finaliser of `SplitMix64`; Steele, Lea and Flood, 2014).
const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_of_a_thousand_has_a_thousand_aliases_and_they_do_not_follow_arrival() {
        let mut taken = BTreeSet::new();
        let drawn: Vec<u32> = (1..=1_000)
            .map(|id| {
                let alias = draw(42, UserId(id), &taken).0;
                assert!(taken.insert(alias), "{alias:X} twice");
                alias
            })
            .collect();
        let first: Vec<u32> = drawn.iter().copied().take(20).collect();
        assert!(!first.is_sorted(), "{first:X?}");
    }

    #[test]
    fn a_merchant_is_called_differently_in_another_room() {
        let names = |seed| (1..=8).map(|id| draw(seed, UserId(id), &BTreeSet::new())).collect::<Vec<_>>();
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        let asking: Vec<_> = (1..=8).map(|id| draw_for_questions(1, UserId(id), &BTreeSet::new())).collect();
        assert!(names(1).iter().zip(&asking).all(|(bidding, asking)| bidding != asking), "{asking:?}");
    }
}
