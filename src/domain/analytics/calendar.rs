//! Days, months and years of Riyadh. The Kingdom keeps UTC+3 all year, so a day is arithmetic and needs no table of zones.

use std::fmt;

use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

const OFFSET: Span = Span::hours(3);
const DAY_MICROS: i64 = 86_400_000_000;
/// Days from 0000-03-01 to 1970-01-01. Years are counted from March, so that a leap day is the last of its year.
const MARCH_TO_EPOCH: i64 = 719_468;
/// Days of 400 years, in which the calendar comes round.
const ERA_DAYS: i64 = 146_097;

/// A calendar day in Riyadh: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i64);

impl Day {
    /// The first that can be named.
    pub const FIRST: Self = Self(0);
    /// The last: 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The day of an instant.
    #[must_use]
    pub const fn of(at: UnixMicros) -> Self {
        Self(at.plus(OFFSET).0.div_euclid(DAY_MICROS))
    }

    /// The day of this date, if there is one.
    #[must_use]
    pub fn on(year: i64, month: i64, day: i64) -> Option<Self> {
        let found = Self(days_to(year, month) + day - 1);
        ((1..=12).contains(&month) && found.date() == (year, month, day)).then_some(found)
    }

    /// Reads `2026-11-22`, from 1970 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<i64>().ok()
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        Self::on(year, month, day).filter(|day| parts.next().is_none() && *day >= Self::FIRST)
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn date(self) -> (i64, i64, i64) {
        let days = self.0 + MARCH_TO_EPOCH;
        let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        // The days that leap years put in are taken out again before the division.
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // From March on, months have 31, 30, 31, 30, 31 days, again and again: 153 in five.
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }

    /// Its month: year × 12 + month − 1.
    #[must_use]
    pub const fn month(self) -> i64 {
        let (year, month, _) = self.date();
        year * 12 + month - 1
    }

    /// Its year.
    #[must_use]
    pub const fn year(self) -> i64 {
        self.date().0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

/// Days from 1970-01-01 to the first of a month.
const fn days_to(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5;
    era * ERA_DAYS + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + of_year - MARCH_TO_EPOCH
}

const fn first_of_month(month: i64) -> i64 {
    days_to(month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// How long a stretch of the calendar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// A [`Day`].
    Day,
    /// As [`Day::month`] has it.
    Month,
    /// As [`Day::year`] has it.
    Year,
}

impl Grain {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Year];

    /// The number in the database.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Month => 2,
            Self::Year => 3,
        }
    }

    /// The stretch in which a day lies.
    #[must_use]
    pub const fn of(self, day: Day) -> i64 {
        match self {
            Self::Day => day.0,
            Self::Month => day.month(),
            Self::Year => day.year(),
        }
    }
}

/// Stretches of one length, from the first to the last; none where the first lies behind the last.
pub type Spans = (Grain, i64, i64);

/// The days from one to another in as few stretches as there can be: days, whole months, whole years, months, days.
#[must_use]
pub fn cover(from: Day, to: Day) -> [Spans; 5] {
    let (first, last) = whole(from.0, to.0 + 1, from.month(), Day(to.0 + 1).month(), first_of_month);
    if first >= last {
        let none = (Grain::Month, 1, 0);
        return [(Grain::Day, from.0, to.0), none, none, none, none];
    }
    let of_year = |year: i64| year * 12;
    let (year, end) = whole(first, last, first.div_euclid(12), last.div_euclid(12), of_year);
    let (head, tail) = ((Grain::Day, from.0, first_of_month(first) - 1), (Grain::Day, first_of_month(last), to.0));
    if year >= end {
        let none = (Grain::Year, 1, 0);
        return [head, (Grain::Month, first, last - 1), none, none, tail];
    }
    let months = [(Grain::Month, first, of_year(year) - 1), (Grain::Month, of_year(end), last - 1)];
    [head, months[0], (Grain::Year, year, end - 1), months[1], tail]
}

/// The longer stretches that lie whole in `from .. to` of the shorter: the first, and the one behind the last.
fn whole(from: i64, to: i64, first: i64, last: i64, begins: impl Fn(i64) -> i64) -> (i64, i64) {
    let first = if begins(first) < from { first + 1 } else { first };
    (first, if begins(last) > to { last - 1 } else { last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_a_date_and_back() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..=Day::LAST.0 {
            assert_eq!(Day(number).date(), (year, month, day), "{number}");
            assert_eq!(Day::on(year, month, day), Some(Day(number)));
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            let length = match month {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day == length) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                (_, false) => (year, month, day + 1),
            };
        }
        assert_eq!(year, 10_000);
    }

    #[test]
    fn a_day_begins_at_midnight_in_riyadh() {
        // 2026-11-22T20:59:59.999999Z and the microsecond after it.
        let midnight = UnixMicros(1_795_381_200_000_000);
        assert_eq!(Day::of(midnight.minus(Span(1))).to_string(), "2026-11-22");
        assert_eq!(Day::of(midnight).to_string(), "2026-11-23");
    }

    #[test]
    fn a_date_is_written_in_one_way() {
        assert_eq!(Day::parse("2028-02-29"), Day::on(2028, 2, 29));
        for wrong in [
            "2027-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-01",
            "26-01-01",
            "2026-01-01T00",
            "1969-12-31",
            "",
            "-",
            "2026-01-00",
            "2026-01-01-",
            "+026-01-01",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_cover_every_day_once() {
        let day = |text| Day::parse(text).unwrap();
        for (from, to) in [
            ("2026-01-01", "2026-12-31"),
            ("2026-01-02", "2026-12-30"),
            ("2025-11-15", "2028-02-29"),
            ("2026-03-01", "2026-03-31"),
            ("2026-03-02", "2026-03-30"),
            ("2026-03-31", "2026-04-01"),
            ("2026-05-05", "2026-05-05"),
            ("2026-02-10", "2026-04-10"),
            ("2025-12-31", "2027-01-01"),
            ("2026-05-06", "2026-05-05"),
        ] {
            let (from, to) = (day(from), day(to));
            let cover = cover(from, to);
            for number in from.0 - 400..=to.0 + 400 {
                let in_it = |(grain, first, last): &&Spans| (*first..=*last).contains(&grain.of(Day(number)));
                let times = cover.iter().filter(in_it).count();
                assert_eq!(times, usize::from((from.0..=to.0).contains(&number)), "{} in {cover:?}", Day(number));
            }
            let spans: i64 = cover.iter().map(|(_, first, last)| (last - first + 1).max(0)).sum();
            assert!(spans <= 60 + 22 + 3, "{cover:?}");
        }
    }
}
