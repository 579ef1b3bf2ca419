//! What analytics counts: days of Riyadh, the facts of a request, and what is summed of them.

pub mod calendar;
pub mod course;
pub mod facts;

use crate::domain::text;
use crate::limits::PART_KEY_CHARS_MAX;

/// The form in which two spellings of a part's name are equal: its words as a search knows them, parted by blanks. It is
/// readable, so it is what a list of parts shows; empty for a name without letters and digits.
///
/// The name and not the number or the group: every item has one, and it is what customers ask for. Numbers are rare and
/// differ between makers of the same part, and there are fifteen groups.
#[must_use]
pub fn part_key(name: &str) -> String {
    let words: Vec<String> = text::stretches(name).into_iter().flatten().collect();
    let key: String = words.join(" ").chars().take(PART_KEY_CHARS_MAX).collect();
    key.trim_end().to_owned()
}

/// `part` of `whole` in thousandths, rounded as a mean is; `None` of nothing.
#[must_use]
pub fn permille(part: i64, whole: i64) -> Option<i64> {
    mean(part.saturating_mul(1_000), whole)
}

/// A mean of whole numbers, rounded to the nearest and the half up; `None` of none.
#[must_use]
pub fn mean(sum: i64, count: i64) -> Option<i64> {
    (count > 0).then(|| sum.saturating_add(count / 2).div_euclid(count))
}

/// The value below or at which `percent` of so many lie: its place among them in ascending order, from 0.
#[must_use]
pub const fn percentile_at(percent: usize, count: usize) -> usize {
    // The nearest rank: the smallest place with at least that share of all at or before it.
    let rank = (percent * count).div_ceil(100);
    if rank == 0 { 0 } else { rank - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_part_share_a_key_that_can_be_read() {
        for (name, key) in [
            ("Front  Bumper", "front bumper"),
            ("front bumper,", "front bumper"),
            ("الصدّام الأمامــي", "صدام امامي"),
            ("CX-5 lamp ٢", "cx 5 lamp 2"),
            (" -- ", ""),
        ] {
            assert_eq!(part_key(name), key, "{name}");
        }
        let long = part_key(&"ab ".repeat(100));
        assert!(long.chars().count() <= PART_KEY_CHARS_MAX && !long.ends_with(' '), "{long:?}");
    }

    #[test]
    fn shares_and_means_are_whole_numbers() {
        assert_eq!(
            (permille(1, 3), permille(2, 3), permille(3, 3), permille(0, 0)),
            (Some(333), Some(667), Some(1_000), None)
        );
        assert_eq!((mean(5, 2), mean(4, 3), mean(-5, 2), mean(1, 0)), (Some(3), Some(1), Some(-2), None));
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let at = |count| [25, 50, 75].map(|percent| percentile_at(percent, count));
        assert_eq!((at(5), at(4), at(1), at(100)), ([1, 2, 3], [0, 1, 2], [0, 0, 0], [24, 49, 74]));
        assert_eq!(percentile_at(50, 0), 0);
    }
}
