//! Who people are to mazad, and how they are reached. Parsing is the only way to a [`Phone`] or an [`Email`].

use std::fmt;

use crate::domain::text;

/// What an account is for; fixed at registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserKind {
    /// Asks for parts.
    Customer,
    /// Sells parts.
    Merchant,
    /// Runs the market.
    Admin,
}

impl UserKind {
    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Merchant => "merchant",
            Self::Admin => "admin",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        [Self::Customer, Self::Merchant, Self::Admin].into_iter().find(|kind| kind.word() == word)
    }
}

/// A country whose mobile numbers are known here: those of the Gulf Cooperation Council.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Country {
    /// Saudi Arabia.
    Saudi,
    /// The United Arab Emirates.
    Emirates,
    /// Kuwait.
    Kuwait,
    /// Bahrain.
    Bahrain,
    /// Qatar.
    Qatar,
    /// Oman.
    Oman,
}

/// How a country writes its mobile numbers.
struct Plan {
    country: Country,
    /// ISO 3166-1 alpha-2.
    iso: &'static str,
    /// The country code of the numbering plan (ITU-T E.164).
    code: &'static str,
    /// Digits of a national number.
    digits: usize,
    /// First digits of mobile numbers. What follows is free: new ranges open, and tables of carriers go stale by number
    /// portability. That is also why no metadata library decides here.
    mobile: &'static [u8],
    /// Whether a zero is dialled in front at home; some keep it behind the country code.
    trunk_zero: bool,
}

/// Saudi Arabia first: a number without a country code is read by its plan.
const PLANS: [Plan; 6] = [
    Plan { country: Country::Saudi, iso: "SA", code: "966", digits: 9, mobile: b"5", trunk_zero: true },
    Plan { country: Country::Emirates, iso: "AE", code: "971", digits: 9, mobile: b"5", trunk_zero: true },
    Plan { country: Country::Kuwait, iso: "KW", code: "965", digits: 8, mobile: b"4569", trunk_zero: false },
    Plan { country: Country::Bahrain, iso: "BH", code: "973", digits: 8, mobile: b"36", trunk_zero: false },
    Plan { country: Country::Qatar, iso: "QA", code: "974", digits: 8, mobile: b"3567", trunk_zero: false },
    Plan { country: Country::Oman, iso: "OM", code: "968", digits: 8, mobile: b"79", trunk_zero: false },
];

impl Plan {
    /// The subscriber's digits, where these are a mobile number of this plan.
    fn subscriber<'a>(&self, national: &'a str) -> Option<&'a str> {
        let home = national.strip_prefix('0').filter(|_| self.trunk_zero).unwrap_or(national);
        let first = home.as_bytes().first()?;
        (home.len() == self.digits && self.mobile.contains(first)).then_some(home)
    }

    fn international<'a>(&self, digits: &'a str) -> Option<&'a str> {
        self.subscriber(digits.strip_prefix(self.code)?)
    }
}

impl Country {
    /// The two letters of ISO 3166-1.
    #[must_use]
    pub fn iso(self) -> &'static str {
        PLANS.iter().find(|plan| plan.country == self).map_or("", |plan| plan.iso)
    }

    /// The country with these letters.
    #[must_use]
    pub fn find(iso: &str) -> Option<Self> {
        PLANS.iter().find(|plan| plan.iso == iso).map(|plan| plan.country)
    }
}

/// A mobile number of a Gulf country in E.164, such as `+9665XXXXXXXX`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone {
    country: Country,
    e164: String,
}

/// A text that is no mobile number of a Gulf country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPhone;

impl Phone {
    /// Reads a number however it is written: with `+`, `00` or nothing in front of the country code, at home with or
    /// without the zero, in Arabic, Persian or Latin digits, with blanks, brackets and dashes. All ways of writing one
    /// number give one value. Without a country code it is a Saudi number.
    ///
    /// # Errors
    /// [`NotAPhone`].
    pub fn parse(input: &str) -> Result<Self, NotAPhone> {
        let written: String = text::latin_digits(input)
            .chars()
            .filter(|c| !c.is_whitespace() && !"()-./\u{2010}\u{2011}\u{2012}\u{2013}".contains(*c))
            .collect();
        let abroad = written.strip_prefix('+').or_else(|| written.strip_prefix("00"));
        let digits = abroad.unwrap_or(&written);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAPhone);
        }
        let [saudi, ..] = &PLANS;
        let at_home = saudi.subscriber(digits).filter(|_| abroad.is_none()).map(|rest| (saudi, rest));
        let read = at_home.or_else(|| PLANS.iter().find_map(|plan| Some((plan, plan.international(digits)?))));
        let (plan, subscriber) = read.ok_or(NotAPhone)?;
        Ok(Self { country: plan.country, e164: format!("+{}{subscriber}", plan.code) })
    }

    /// Whose plan it belongs to.
    #[must_use]
    pub const fn country(&self) -> Country {
        self.country
    }

    /// E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.e164
    }

    /// Country and operator: the code and the subscriber's first two digits, `+96650`. All codes have three digits.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.e164.get(..6).unwrap_or(&self.e164)
    }

    /// For logs: `+966…67`.
    #[must_use]
    pub fn masked(&self) -> String {
        let tail = self.e164.get(self.e164.len().saturating_sub(2)..).unwrap_or("");
        format!("{}…{tail}", self.e164.get(..4).unwrap_or(""))
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.e164)
    }
}

/// An e-mail address in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

/// A text that is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEmail;

impl Email {
    /// Reads an address. Only mail to it proves that it exists, so this refuses no more than what cannot be one.
    ///
    /// # Errors
    /// [`NotAnEmail`].
    pub fn parse(input: &str) -> Result<Self, NotAnEmail> {
        let clean = text::tidy(input).to_lowercase();
        let (local, domain) = clean.rsplit_once('@').ok_or(NotAnEmail)?;
        // RFC 5321 §4.5.3.1: 64 octets before the sign, 254 in all.
        let fits = (1..=64).contains(&local.len()) && clean.len() <= 254;
        let has_host = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
        let is_plain = !clean.contains(char::is_whitespace) && !local.contains('@');
        if fits && has_host && is_plain { Ok(Self(clean)) } else { Err(NotAnEmail) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways to write one number, each beside the account that it names.
    const WRITTEN: [(&str, &str); 27] = [
        ("0501234567", "+966501234567"),
        ("501234567", "+966501234567"),
        ("966501234567", "+966501234567"),
        ("+966501234567", "+966501234567"),
        ("00966501234567", "+966501234567"),
        ("+966 50 123 4567", "+966501234567"),
        ("(050) 123-4567", "+966501234567"),
        ("050/123 45 67", "+966501234567"),
        ("٠٥٠١٢٣٤٥٦٧", "+966501234567"),
        ("۰۵۰۱۲۳۴۵۶۷", "+966501234567"),
        ("٠٠٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "+966501234567"),
        ("+9660501234567", "+966501234567"),
        ("00966 0 50-123-4567", "+966501234567"),
        ("\u{200f}+966\u{a0}50.123.4567\u{200e}", "+966501234567"),
        ("050\u{2011}123\u{2013}4567", "+966501234567"),
        ("0591234567", "+966591234567"),
        ("0511234567", "+966511234567"),
        ("+971501234567", "+971501234567"),
        ("00971 (0)50 123 4567", "+971501234567"),
        ("971501234567", "+971501234567"),
        ("+965 5123 4567", "+96551234567"),
        ("0096591234567", "+96591234567"),
        ("+973 3612 3456", "+97336123456"),
        ("97336123456", "+97336123456"),
        ("+974-5512-3456", "+97455123456"),
        ("+968 ٩٢١٢ ٣٤٥٦", "+96892123456"),
        ("0096871234567", "+96871234567"),
    ];

    #[test]
    fn every_way_of_writing_a_number_is_one_number() {
        for (input, wanted) in WRITTEN {
            assert_eq!(Phone::parse(input).map(|phone| phone.e164), Ok(wanted.to_owned()), "{input}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_of_a_gulf_country_is_refused() {
        for input in [
            "0401234567",
            "050123456",
            "05012345678",
            "0112345678",
            "+966112345678",
            "",
            "+",
            "00",
            "abc",
            "+0501234567",
            "05O1234567",
            "00501234567",
            "++966501234567",
            "+966 501 234 567 8",
            "0501234567 ext 3",
            "+97150123456",
            "+97141234567",
            "+96521234567",
            "+96505123456",
            "+97313123456",
            "+96824123456",
            "+20 100 123 4567",
            "+1 202 555 0101",
            "51234567",
        ] {
            assert_eq!(Phone::parse(input), Err(NotAPhone), "{input}");
        }
    }

    #[test]
    fn a_number_knows_its_country_and_hides_in_logs() {
        let country = |input| Phone::parse(input).map(Phone::country_of);
        assert_eq!(country("0501234567"), Ok("SA"));
        // The same digits behind another country code are another number.
        assert_eq!(country("+971501234567"), Ok("AE"));
        assert_eq!(country("+96892123456"), Ok("OM"));
        for plan in &PLANS {
            assert_eq!(Country::find(plan.country.iso()), Some(plan.country));
        }
        assert_eq!(Country::find("EG"), None);
        assert_eq!(Phone::parse("0501234567").unwrap().masked(), "+966…67");
    }

    impl Phone {
        fn country_of(self) -> &'static str {
            self.country.iso()
        }
    }

    #[test]
    fn an_address_has_one_form() {
        assert_eq!(Email::parse(" Ali@Example.COM ").unwrap().as_str(), "ali@example.com");
        for input in ["", "a", "@b.c", "a@b", "a@b..c", "a@@b.c", "a b@c.d", "a@.c", &format!("{}@b.c", "x".repeat(65))]
        {
            assert_eq!(Email::parse(input), Err(NotAnEmail), "{input}");
        }
    }
}
