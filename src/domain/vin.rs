//! Vehicle identification numbers (ISO 3779): what refuses one, what only makes it doubtful, and what it tells.

use std::fmt;

use crate::domain::text;
use crate::domain::wmi;
use crate::domain::wmi::Maker;

/// A VIN: 17 capitals and digits without I, O and Q.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vin(String);

/// Why a text is no VIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAVin {
    /// It has so many characters, blanks and dashes apart, and not 17.
    Length(usize),
    /// A character that no VIN has.
    Character {
        /// Its place, from 1, blanks and dashes apart.
        place: usize,
        /// The character, as a capital.
        found: char,
    },
}

/// What is doubtful about a VIN that has the right form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The check digit is another. Only North American and Chinese makers must set it.
    CheckDigit,
    /// Its model year is not that of the vehicle.
    Year,
    /// Its maker is known and makes no vehicles of this brand.
    Maker,
}

/// Characters.
const LENGTH: usize = 17;
/// The weight of each place (49 CFR 565.15).
const WEIGHTS: [u32; LENGTH] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
/// Place 10: the model year's code; the cycle lasts thirty years.
const YEAR_CODES: &str = "ABCDEFGHJKLMNPRSTVWXY123456789";
/// The first year of the cycle.
const FIRST_YEAR: i64 = 1980;
/// Makers who put something else in the year's place outside North America: Mercedes-Benz has the steering side there.
const WITHOUT_YEAR: [&str; 8] = ["WDB", "WDC", "WDD", "WDF", "W1K", "W1N", "W1V", "W1X"];

impl Vin {
    /// Reads a VIN in capitals or small letters, with blanks and dashes.
    ///
    /// # Errors
    /// [`NotAVin`]: the first wrong character, else the wrong length.
    pub fn parse(input: &str) -> Result<Self, NotAVin> {
        let word: String = text::latin_digits(input)
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let wrong = word.chars().enumerate().find(|(_, c)| value(*c).is_none());
        match wrong {
            Some((before, found)) if before < LENGTH => Err(NotAVin::Character { place: before + 1, found }),
            _ => match word.chars().count() {
                LENGTH => Ok(Self(word)),
                other => Err(NotAVin::Length(other)),
            },
        }
    }

    /// The 17 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The check digit that the other 16 characters ask for.
    #[must_use]
    pub fn right_check_digit(&self) -> char {
        let sum: u32 = self.0.chars().zip(WEIGHTS).map(|(c, weight)| value(c).unwrap_or(0) * weight).sum();
        char::from_digit(sum % 11, 10).unwrap_or('X')
    }

    /// Whether its check digit, in place 9, is right.
    #[must_use]
    pub fn has_right_check_digit(&self) -> bool {
        self.at(8) == Some(self.right_check_digit())
    }

    /// Whether its maker must set the check digit: in North America and China.
    #[must_use]
    pub fn must_have_check_digit(&self) -> bool {
        self.is_north_american() || self.0.starts_with('L')
    }

    /// The model years that it may stand for, the likeliest first, none after `latest`; empty where it tells none.
    #[must_use]
    pub fn model_years(&self, latest: i64) -> Vec<i64> {
        if WITHOUT_YEAR.iter().any(|wmi| self.0.starts_with(wmi)) {
            return Vec::new();
        }
        let place = self.at(9).and_then(|code| YEAR_CODES.find(code)).and_then(|place| i64::try_from(place).ok());
        let Some(early) = place.map(|place| FIRST_YEAR + place) else { return Vec::new() };
        let late = early + 30;
        // 49 CFR 565.15: a letter in place 7 tells the second cycle, for cars and light trucks.
        let told = self.is_north_american().then(|| self.at(6).is_some_and(|c| c.is_ascii_alphabetic()));
        let years = match told {
            Some(true) => vec![late],
            Some(false) => vec![early],
            None => vec![late, early],
        };
        years.into_iter().filter(|year| *year <= latest).collect()
    }

    /// Its maker, where it is known here.
    #[must_use]
    pub fn maker(&self) -> Option<Maker> {
        wmi::find(&self.0)
    }

    /// What is doubtful about it on a vehicle of this brand (in English) and model year.
    #[must_use]
    pub fn doubts(&self, brand: &str, year: i64) -> Vec<Doubt> {
        // A year's models are sold, and stamped, from the year before on.
        let years = self.model_years(year + 1);
        let other_maker = self.maker().is_some_and(|maker| !maker.brands().any(|made| made == brand));
        [
            (!self.has_right_check_digit(), Doubt::CheckDigit),
            (!years.is_empty() && !years.contains(&year), Doubt::Year),
            (other_maker, Doubt::Maker),
        ]
        .into_iter()
        .filter_map(|(is, doubt)| is.then_some(doubt))
        .collect()
    }

    fn at(&self, index: usize) -> Option<char> {
        self.0.chars().nth(index)
    }

    fn is_north_american(&self) -> bool {
        self.at(0).is_some_and(|c| ('1'..='5').contains(&c))
    }
}

impl fmt::Display for Vin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for NotAVin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(out, "a VIN has 17 characters, this has {found}"),
            Self::Character { place, found } => {
                write!(out, "character {place} is {found:?}; a VIN has digits and Latin letters except I, O and Q")
            }
        }
    }
}

/// What a character counts in the check digit; `None` for one that no VIN has.
const fn value(c: char) -> Option<u32> {
    Some(match c {
        '0' => 0,
        '1' | 'A' | 'J' => 1,
        '2' | 'B' | 'K' | 'S' => 2,
        '3' | 'C' | 'L' | 'T' => 3,
        '4' | 'D' | 'M' | 'U' => 4,
        '5' | 'E' | 'N' | 'V' => 5,
        '6' | 'F' | 'W' => 6,
        '7' | 'G' | 'P' | 'X' => 7,
        '8' | 'H' | 'Y' => 8,
        '9' | 'R' | 'Z' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(place: usize, found: char) -> NotAVin {
        NotAVin::Character { place, found }
    }

    /// Published numbers (49 CFR 565, NHTSA, makers' brochures); each remainder computed by hand.
    #[test]
    fn length_and_alphabet_refuse_and_the_check_digit_doubts() {
        let table = [
            ("1HGCM82633A004352", Ok((true, '3'))),
            ("KM8K2CAB4PU001140", Ok((true, '4'))),
            ("11111111111111111", Ok((true, '1'))),
            ("1M8GDM9AXKP042788", Ok((true, 'X'))),
            ("1m8gdm9axkp042788", Ok((true, 'X'))),
            (" 1M8-GDM9AX KP042788\u{200f}", Ok((true, 'X'))),
            ("5GZCZ43D13S812715", Ok((true, '1'))),
            ("1VWBH7A30DC104945", Ok((true, '0'))),
            ("1HGCM82633A004353", Ok((false, '5'))),
            ("5GZCZ43D23S812715", Ok((false, '1'))),
            ("1VWBH7A31DC104945", Ok((false, '0'))),
            ("SGZCZ43D13S812715", Ok((false, 'X'))),
            ("5GZCZ43D1US812715", Ok((false, 'X'))),
            // European: place 9 is a filler.
            ("WP0ZZZ99ZTS392124", Ok((false, '8'))),
            ("IGZOZ43Q13S812715", Err(wrong(1, 'I'))),
            ("1M8GDM9AIKP042788", Err(wrong(9, 'I'))),
            ("1HGCM8263IA004352", Err(wrong(10, 'I'))),
            ("1HGCM82633AO04352", Err(wrong(12, 'O'))),
            ("1M8GDM9AXKP04278", Err(NotAVin::Length(16))),
            ("1M8GDM9AXKP0427888", Err(NotAVin::Length(18))),
        ];
        for (text, wanted) in table {
            let found = Vin::parse(text).map(|vin| (vin.has_right_check_digit(), vin.right_check_digit()));
            assert_eq!(found, wanted, "{text}");
        }
        assert_eq!(Vin::parse(""), Err(NotAVin::Length(0)));
        assert_eq!(Vin::parse("1HGCM8263é3A00435"), Err(wrong(10, 'é')));
        assert_eq!(Vin::parse("1M8GDM9AXKP042788Q"), Err(NotAVin::Length(18)), "too long comes before what is behind");
        assert_eq!(
            Vin::parse("1M8GDM9AXKP04278Q").unwrap_err().to_string().split(';').next(),
            Some("character 17 is 'Q'")
        );
    }

    #[test]
    fn the_tenth_place_tells_the_year() {
        for (vin, wanted) in [
            ("1HGCM82633A004352", vec![2003]),
            ("KM8K2CAB4PU001140", vec![2023, 1993]),
            ("1M8GDM9AXKP042788", vec![1989]),
            ("WP0ZZZ99ZTS392124", vec![2026, 1996]),
            ("5GZCZ43D1US812715", vec![]),
            ("JTMHX05J0B4012345", vec![2011, 1981]),
            // A digit whose second cycle has not come yet.
            ("JTMHX05J054012345", vec![2005]),
            // Mercedes-Benz: 2 is right-hand drive.
            ("WDB2110612A123456", vec![]),
        ] {
            assert_eq!(Vin::parse(vin).unwrap().model_years(2027), wanted, "{vin}");
        }
    }

    #[test]
    fn doubts_are_told_by_name() {
        let doubts = |vin, brand, year| Vin::parse(vin).unwrap().doubts(brand, year);
        assert_eq!(doubts("1HGCM82633A004352", "Honda", 2003), []);
        assert_eq!(doubts("1HGCM82633A004352", "Toyota", 2004), [Doubt::Year, Doubt::Maker]);
        assert_eq!(doubts("1HGCM82633A004353", "Honda", 2003), [Doubt::CheckDigit]);
        assert_eq!(doubts("11111111111111111", "Toyota", 2001), [], "an unknown maker doubts nothing");
        assert!(Vin::parse("LSJA1234567890123").unwrap().must_have_check_digit());
        assert!(!Vin::parse("WP0ZZZ99ZTS392124").unwrap().must_have_check_digit());
    }
}
