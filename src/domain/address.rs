//! Where people and businesses are: the Saudi national address, and places on the map.

use std::fmt;

use crate::domain::text;

/// Exactly `count` digits, in Latin or Arabic figures; `None` for anything else.
#[must_use]
pub fn fixed_digits(input: &str, count: usize) -> Option<String> {
    let word = text::latin_digits(input.trim());
    (word.len() == count && word.bytes().all(|byte| byte.is_ascii_digit())).then_some(word)
}

/// A short address of the national address (Saudi Post): four letters and four digits, `RRRD2929`.
#[must_use]
pub fn short_address(input: &str) -> Option<String> {
    let word: String = text::latin_digits(input).chars().filter(|c| !c.is_whitespace()).collect();
    let (letters, digits) = word.split_at_checked(4)?;
    let fits = letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && digits.len() == 4
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| word.to_ascii_uppercase())
}

/// An angle in millionths of a degree: some eleven centimetres on the ground. No float, so what is stored is what was
/// sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroDegrees(pub i64);

impl MicroDegrees {
    /// Reads decimal degrees between `-limit` and `limit`, with at most six places: `24.713552`.
    #[must_use]
    pub fn parse(input: &str, limit: i64) -> Option<Self> {
        let word = text::latin_digits(input.trim());
        let (sign, digits) = word.strip_prefix('-').map_or((1, word.as_str()), |rest| (-1, rest));
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 3) || !is_number(places, 6) {
            return None;
        }
        let micro = whole.parse::<i64>().ok()? * 1_000_000 + format!("{places:0<6}").parse::<i64>().ok()?;
        (micro <= limit * 1_000_000).then_some(Self(sign * micro))
    }
}

impl fmt::Display for MicroDegrees {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(out, "{sign}{}.{:06}", self.0.abs() / 1_000_000, self.0.abs() % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_address_has_its_length() {
        assert_eq!(fixed_digits(" ٢٩٢٩ ", 4).as_deref(), Some("2929"));
        for wrong in ["292", "29290", "29 9", "29a9", ""] {
            assert_eq!(fixed_digits(wrong, 4), None, "{wrong}");
        }
        assert_eq!(short_address("rrrd ٢٩٢٩").as_deref(), Some("RRRD2929"));
        for wrong in ["RRR2929", "RRRD292", "RRRD29299", "RRRررر", "2929RRRD", "ررررر", ""] {
            assert_eq!(short_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn degrees_are_exact_and_bounded() {
        for (text, wanted) in [
            ("24.713552", "24.713552"),
            ("-0.5", "-0.500000"),
            ("90", "90.000000"),
            ("٢٤٫٧", "24.700000"),
            ("46.6", "46.600000"),
        ] {
            assert_eq!(MicroDegrees::parse(text, 90).unwrap().to_string(), wanted);
        }
        for wrong in ["90.000001", "-91", "24.7135521", "1e1", ".5", "5.", "", "-", "--1", "+1", "1 2", "9999"] {
            assert_eq!(MicroDegrees::parse(wrong, 90), None, "{wrong}");
        }
    }
}
