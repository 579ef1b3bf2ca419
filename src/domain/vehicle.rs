//! Vehicle identification numbers (ISO 3779).

use std::fmt;

use crate::domain::text;

/// A VIN: 17 capitals and digits without I, O and Q.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vin(String);

/// A text that is no VIN: a wrong length or a letter that no VIN has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVin;

/// The weight of each place (49 CFR 565.15).
const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

impl Vin {
    /// Reads a VIN in capitals or small letters, with blanks and dashes.
    ///
    /// # Errors
    /// [`NotAVin`].
    pub fn parse(input: &str) -> Result<Self, NotAVin> {
        let word: String = text::latin_digits(input)
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let is_vin = word.len() == WEIGHTS.len() && word.bytes().all(|byte| value(byte).is_some());
        if is_vin { Ok(Self(word)) } else { Err(NotAVin) }
    }

    /// Whether its check digit is right. Only North American makers must set one, so a wrong digit is a warning.
    #[must_use]
    pub fn has_right_check_digit(&self) -> bool {
        let sum: u32 = self.0.bytes().zip(WEIGHTS).map(|(byte, weight)| value(byte).unwrap_or(0) * weight).sum();
        let wanted = match sum % 11 {
            10 => Some('X'),
            digit => char::from_digit(digit, 10),
        };
        self.0.chars().nth(8) == wanted
    }

    /// The 17 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Vin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a character counts in the check digit; `None` for one that no VIN has.
const fn value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'0' => 0,
        b'1' | b'A' | b'J' => 1,
        b'2' | b'B' | b'K' | b'S' => 2,
        b'3' | b'C' | b'L' | b'T' => 3,
        b'4' | b'D' | b'M' | b'U' => 4,
        b'5' | b'E' | b'N' | b'V' => 5,
        b'6' | b'F' | b'W' => 6,
        b'7' | b'G' | b'P' | b'X' => 7,
        b'8' | b'H' | b'Y' => 8,
        b'9' | b'R' | b'Z' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published vectors, each remainder computed by hand.
    #[test]
    fn the_check_digit_warns() {
        for vin in ["1HGCM82633A004352", "KM8K2CAB4PU001140", "11111111111111111", "1m8gdm9axkp042788"] {
            assert!(Vin::parse(vin).unwrap().has_right_check_digit(), "{vin}");
        }
        assert!(!Vin::parse("1HGCM82634A004352").unwrap().has_right_check_digit());
    }

    #[test]
    fn alphabet_and_length_refuse() {
        for vin in [
            "",
            "1HGCM82633A00435",
            "1HGCM82633A0043522",
            "IHGCM82633A004352",
            "1HGCM82633A00435O",
            "1HGCM82633A00435Q",
        ] {
            assert_eq!(Vin::parse(vin), Err(NotAVin), "{vin}");
        }
    }
}
