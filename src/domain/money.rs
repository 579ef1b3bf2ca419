//! Money in halalas (1 SAR = 100 halalas), never a float, every operation checked.

use crate::domain::text;

/// An amount in halalas, the minor unit of the Saudi riyal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AmountMinor(pub i64);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Not digits with at most one point.
    NotANumber,
    /// More than two places behind the point: less than a halala.
    BelowOneHalala,
    /// Too large for 64 bits.
    TooLarge,
}

impl AmountMinor {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many whole riyals.
    #[must_use]
    pub const fn sar(riyals: i64) -> Self {
        Self(riyals.saturating_mul(100))
    }

    /// The sum, or `None` when it leaves 64 bits.
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, or `None` when it leaves 64 bits.
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// So many times this amount, or `None` when it leaves 64 bits.
    #[must_use]
    pub const fn times(self, count: i64) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// Reads `"120.50"`, `"120.5"` or `"120"`: riyals with at most two places.
    ///
    /// Arabic-Indic and Persian digits and the Arabic decimal sign count as their Latin twins; marks that no
    /// reader sees (zero-width, direction) are dropped. No sign, no exponent, no grouping: a mistyped price
    /// must not become another price.
    ///
    /// # Errors
    /// [`AmountError`] says what is wrong with the text.
    pub fn parse(input: &str) -> Result<Self, AmountError> {
        let clean = text::latin_digits(input);
        let (whole, fraction) = clean.split_once('.').unwrap_or((clean.as_str(), ""));
        if whole.is_empty() || clean.ends_with('.') {
            return Err(AmountError::NotANumber);
        }
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(AmountError::NotANumber);
        }
        if fraction.len() > 2 && fraction.bytes().skip(2).any(|byte| byte != b'0') {
            return Err(AmountError::BelowOneHalala);
        }
        let riyals: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let mut places = fraction.bytes().chain(*b"00").map(|byte| i64::from(byte - b'0'));
        let halalas = places.next().unwrap_or(0) * 10 + places.next().unwrap_or(0);
        riyals.checked_mul(100).and_then(|sum| sum.checked_add(halalas)).map(Self).ok_or(AmountError::TooLarge)
    }
}

impl std::fmt::Display for AmountMinor {
    /// Riyals with two places: `120.50`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let halalas = self.0.unsigned_abs();
        write!(out, "{sign}{}.{:02}", halalas / 100, halalas % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (input, halalas) in [
            ("120.50", 12_050),
            ("120.5", 12_050),
            ("0", 0),
            ("0.01", 1),
            ("1.000", 100),
            ("١٢٠٫٥٠", 12_050),
            ("\u{200f}12\u{200b}", 1_200),
        ] {
            assert_eq!(AmountMinor::parse(input), Ok(AmountMinor(halalas)), "{input}");
        }
    }

    #[test]
    fn refuses_what_could_be_misread() {
        for input in ["", ".5", "5.", "1e3", "-1", "+1", "1,000", "1 000", "0x10", "NaN", "1.2.3", "١.٢.٣"] {
            assert_eq!(AmountMinor::parse(input), Err(AmountError::NotANumber), "{input}");
        }
        assert_eq!(AmountMinor::parse("0.001"), Err(AmountError::BelowOneHalala));
        assert_eq!(AmountMinor::parse("92233720368547758.08"), Err(AmountError::TooLarge));
        assert_eq!(AmountMinor::parse("99999999999999999999"), Err(AmountError::TooLarge));
    }

    #[test]
    fn prints_two_places() {
        assert_eq!(AmountMinor(5).to_string(), "0.05");
        assert_eq!(AmountMinor(-12_050).to_string(), "-120.50");
    }
}
