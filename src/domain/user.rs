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

/// A Saudi mobile number in E.164: `+9665XXXXXXXX`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// A text that is no Saudi mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPhone;

impl Phone {
    /// Reads a number however it is written: with or without country code or trunk zero, in Arabic or Latin digits,
    /// with blanks, brackets and dashes. All ways of writing one number give one value.
    ///
    /// Any number after the 5 is taken: new ranges open, and tables of carriers go stale by number portability. That is
    /// also why no metadata library decides here.
    ///
    /// # Errors
    /// [`NotAPhone`].
    pub fn parse(input: &str) -> Result<Self, NotAPhone> {
        let written: String =
            text::latin_digits(input).chars().filter(|c| !c.is_whitespace() && !"()-.".contains(*c)).collect();
        let national = if let Some(rest) = written.strip_prefix('+').or_else(|| written.strip_prefix("00")) {
            rest.strip_prefix("966").ok_or(NotAPhone)?
        } else {
            written.strip_prefix("966").unwrap_or(&written)
        };
        let subscriber = national.strip_prefix('0').unwrap_or(national);
        let is_mobile = subscriber.len() == 9
            && subscriber.starts_with('5')
            && subscriber.bytes().all(|byte| byte.is_ascii_digit());
        if is_mobile { Ok(Self(format!("+966{subscriber}"))) } else { Err(NotAPhone) }
    }

    /// E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs: `+9665…67`.
    #[must_use]
    pub fn masked(&self) -> String {
        let tail = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or("");
        format!("+9665…{tail}")
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
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

    /// All the ways one number is written, and what is no Saudi mobile.
    #[test]
    fn every_way_of_writing_a_number_is_one_number() {
        for input in [
            "0501234567",
            "501234567",
            "966501234567",
            "+966501234567",
            "00966501234567",
            "+966 50 123 4567",
            "(050) 123-4567",
            "٠٥٠١٢٣٤٥٦٧",
            "۰۵۰۱۲۳۴۵۶۷",
            "+9660501234567",
            "\u{200f}+966\u{a0}50.123.4567\u{200e}",
        ] {
            assert_eq!(Phone::parse(input).map(|phone| phone.0), Ok("+966501234567".to_owned()), "{input}");
        }
        assert_eq!(Phone::parse("0591234567").unwrap().as_str(), "+966591234567");
    }

    #[test]
    fn what_is_no_saudi_mobile_number_is_refused() {
        for input in [
            "0401234567",
            "050123456",
            "05012345678",
            "+971501234567",
            "0112345678",
            "+966112345678",
            "",
            "abc",
            "+0501234567",
            "05O1234567",
            "00501234567",
        ] {
            assert_eq!(Phone::parse(input), Err(NotAPhone), "{input}");
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
