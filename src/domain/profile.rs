//! What merchants say of their business.

use std::fmt;

use crate::domain::text;

/// A group of parts that a merchant may deal in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartGroup {
    /// Engine and what belongs to it.
    Engine,
    /// Gearbox, clutch, shafts.
    Transmission,
    /// Brakes.
    Brakes,
    /// Suspension and steering.
    Suspension,
    /// Battery, sensors, wiring, control units.
    Electrical,
    /// Radiator, air conditioning.
    Cooling,
    /// Panels, bumpers, doors.
    Body,
    /// Seats, dashboard, airbags.
    Interior,
    /// Lamps.
    Lighting,
    /// Wheels and tyres.
    Wheels,
    /// Exhaust and emissions.
    Exhaust,
    /// Tank, pump, injection.
    Fuel,
    /// Windscreen and windows.
    Glass,
    /// Filters, oils, belts.
    Service,
    /// What is added.
    Accessories,
}

/// A document that proves what a merchant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// Commercial registration.
    CommercialRegistration,
    /// Value added tax certificate.
    VatCertificate,
    /// Municipal (Balady) licence.
    MunicipalLicence,
    /// Proof of the national address.
    NationalAddress,
    /// The owner's or manager's identity card.
    OwnerIdentity,
}

/// A time of day, in minutes since midnight; 24:00 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayMinute(pub u16);

impl DayMinute {
    /// Reads `HH:MM`, 00:00 to 24:00.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let word = text::latin_digits(input.trim());
        let (hours, minutes) = word.split_once(':')?;
        let two = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(Self(hours * 60 + minutes))
    }
}

impl fmt::Display for DayMinute {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Whether opening hours of a day are in order: each ends after it begins, and begins after the one before has ended.
#[must_use]
pub fn are_in_order(hours: &[(DayMinute, DayMinute)]) -> bool {
    let each = hours.iter().all(|(opens, closes)| opens < closes);
    each && hours.windows(2).all(|pair| matches!(pair, [before, after] if before.1 < after.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_two_pairs_of_digits() {
        for (text, minutes) in [("00:00", 0), ("08:30", 510), ("٢٣:٥٩", 1_439), ("24:00", 1_440)] {
            assert_eq!(DayMinute::parse(text), Some(DayMinute(minutes)), "{text}");
        }
        assert_eq!(DayMinute(510).to_string(), "08:30");
        for wrong in ["8:30", "08:60", "24:01", "0830", "08:3", "+8:30", "", ":"] {
            assert_eq!(DayMinute::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hours_of_a_day_do_not_meet() {
        let at = |from, to| (DayMinute(from), DayMinute(to));
        assert!(are_in_order(&[]) && are_in_order(&[at(480, 720), at(960, 1_440)]));
        assert!(!are_in_order(&[at(480, 480)]) && !are_in_order(&[at(480, 720), at(720, 800)]));
        assert!(!are_in_order(&[at(960, 1_320), at(480, 720)]));
    }
}
