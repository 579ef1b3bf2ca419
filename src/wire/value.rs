//! The values that every body and frame is made of: ids, money, time, and the words of the domain's enums.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike};
use serde::de::{Deserialize, Deserializer, Error as _, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::domain::auction::board::Alias;
use crate::domain::auction::board::State;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::terms::Condition;
use crate::domain::auction::terms::Formula;
use crate::domain::auction::terms::Visibility;
use crate::domain::ids::BidId;
use crate::domain::ids::DeviceId;
use crate::domain::ids::FileId;
use crate::domain::ids::ItemId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RefundId;
use crate::domain::ids::RequestId;
use crate::domain::ids::ReviewId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::money::AmountError;
use crate::domain::money::AmountMinor;
use crate::domain::payment::Method;
use crate::domain::profile::DocumentKind;
use crate::domain::profile::PartGroup;
use crate::domain::time::UnixMicros;

// ------------------------------------------------------------------ ids

/// What a prefix belongs to, so that an error can name it.
pub trait Prefixed: fmt::Display + FromStr {
    /// What stands before the underscore.
    const PREFIX: &'static str;
}

macro_rules! prefixed {
    ($($id:ty),*) => {$(
        impl Prefixed for $id {
            const PREFIX: &'static str = <$id>::PREFIX;
        }
    )*};
}
prefixed!(
    UserId, VehicleId, RequestId, ItemId, BidId, OrderId, QuestionId, ReviewId, FileId, PaymentId, RefundId, SessionId,
    NoticeId, DeviceId
);

/// An id on the wire: `req_0f3k…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<T>(pub T);

impl<T: fmt::Display> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de, T: Prefixed> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word<T>(PhantomData<T>);

        impl<T: Prefixed> Visitor<'_> for Word<T> {
            type Value = Id<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "an id such as \"{}_0000000000001\"", T::PREFIX)
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Id<T>, E> {
                word.parse().map(Id).map_err(|_| E::invalid_value(Unexpected::Str(word), &self))
            }
        }
        from.deserialize_str(Word(PhantomData))
    }
}

// ------------------------------------------------------------------ money

/// Riyals on the wire: a decimal string with two places, `"120.50"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(pub AmountMinor);

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

/// Why a JSON number is no amount: many readers turn it into a float on the way, and 0.1 + 0.2 is not 0.30.
const MONEY_NUMBER: &str = "money is a string with two places, such as \"120.50\", never a JSON number";

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Amount;

        impl Visitor<'_> for Amount {
            type Value = Money;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("money as a string with two places, such as \"120.50\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Money, E> {
                AmountMinor::parse(text).map(Money).map_err(|why| match why {
                    AmountError::NotANumber => E::invalid_value(Unexpected::Str(text), &self),
                    AmountError::BelowOneHalala => E::custom("money has at most two places behind the point"),
                    AmountError::TooLarge => E::custom("this amount is too large"),
                })
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Money, E> {
                Err(E::custom(MONEY_NUMBER))
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Money, E> {
                Err(E::custom(MONEY_NUMBER))
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Money, E> {
                Err(E::custom(MONEY_NUMBER))
            }
        }
        // `deserialize_any`, not `_str`: only so does a number reach the visitor, which says what is wrong with it.
        from.deserialize_any(Amount)
    }
}

/// The only currency so far. Stands beside every amount, so that a second one breaks nobody.
pub const CURRENCY: &str = "SAR";

// ------------------------------------------------------------------ time

/// An instant on the wire: RFC 3339, UTC, six places, `"2026-11-22T15:43:11.000000Z"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub UnixMicros);

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digits by hand: chrono's format strings are parsed anew at every call, and a frame has two or three.
        let at = DateTime::from_timestamp_micros(self.0.0).unwrap_or(DateTime::UNIX_EPOCH);
        let year = u32::try_from(at.year()).unwrap_or(0);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (place, width, value) in [
            (0, 4, year),
            (5, 2, at.month()),
            (8, 2, at.day()),
            (11, 2, at.hour()),
            (14, 2, at.minute()),
            (17, 2, at.second()),
            (20, 6, at.timestamp_subsec_micros()),
        ] {
            let mut rest = value;
            for digit in text.iter_mut().skip(place).take(width).rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
        out.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text: Cow<'de, str> = Deserialize::deserialize(from)?;
        DateTime::parse_from_rfc3339(&text)
            .map(|at| Self(UnixMicros(at.timestamp_micros())))
            .map_err(|_| D::Error::custom("an instant is RFC 3339, such as \"2026-01-31T09:30:00.000000Z\""))
    }
}

// ------------------------------------------------------------------ bytes

/// A hash on the wire, 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub [u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| {
            for nibble in [byte >> 4, byte & 15] {
                out.write_char(char::from_digit(u32::from(nibble), 16).unwrap_or('0'))?;
            }
            Ok(())
        })
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

// ------------------------------------------------------------------ points

/// Micro-points on the wire: a number of points with three places, rounded down (`87.654`).
///
/// Points are no money: nothing is added up from them, so a JSON number is right here. The ranking itself uses all six
/// places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points(pub i64);

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        // Thousandths fit a f64 exactly enough to print as they are: the division is correctly rounded and serde_json
        // prints the shortest text that reads back.
        let thousandths = i32::try_from(self.0 / 1_000).unwrap_or(i32::MAX);
        out.serialize_f64(f64::from(thousandths) / 1_000.0)
    }
}

// ------------------------------------------------------------------ aliases

/// A merchant's alias on the wire: `7F`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasWord(pub Alias);

impl Serialize for AliasWord {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

// ------------------------------------------------------------------ names

/// What a merchant is called. Shared, because every board of a room repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub Arc<str>);

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

// ------------------------------------------------------------------ words

/// Words for the domain's enums: one name, one spelling, in both directions.
macro_rules! words {
    ($($(#[$doc:meta])* $wire:ident = $domain:ident { $($variant:ident $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $wire(pub $domain);

        impl $wire {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self.0 { $($domain::$variant => $word,)* }
            }

            /// The value behind a word.
            #[must_use]
            pub fn find(word: &str) -> Option<Self> {
                match word { $($word => Some(Self($domain::$variant)),)* _ => None }
            }
        }

        impl Serialize for $wire {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $wire {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word: Cow<'de, str> = Deserialize::deserialize(from)?;
                Self::find(&word).ok_or_else(|| D::Error::unknown_variant(&word, Self::WORDS))
            }
        }

        impl utoipa::PartialSchema for $wire {
            fn schema() -> RefOr<Schema> {
                let words = Self::WORDS.iter().copied();
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl utoipa::ToSchema for $wire {}
    )*};
}

words! {
    /// Who sees what while the auction runs.
    VisibilityWord = Visibility {
        Open "open", LeadPrice "lead_price", RankOnly "rank_only", Sealed "sealed",
    }
    /// How price points are computed.
    FormulaWord = Formula { GuardedV1 "guarded_v1", RelativeV1 "relative_v1" }
    /// The condition of a part.
    ConditionWord = Condition {
        NewOriginal "new_original", NewAftermarket "new_aftermarket", Used "used", Refurbished "refurbished",
    }
    /// What a merchant deals in.
    PartGroupWord = PartGroup {
        Engine "engine", Transmission "transmission", Brakes "brakes", Suspension "suspension",
        Electrical "electrical", Cooling "cooling", Body "body", Interior "interior", Lighting "lighting",
        Wheels "wheels", Exhaust "exhaust", Fuel "fuel", Glass "glass", Service "service", Accessories "accessories",
    }
    /// What proves what a merchant is.
    DocumentWord = DocumentKind {
        CommercialRegistration "commercial_registration", VatCertificate "vat_certificate",
        MunicipalLicence "municipal_license", NationalAddress "national_address", OwnerIdentity "owner_identity",
    }
    /// How an order is paid.
    MethodWord = Method { CashOnDelivery "cash_on_delivery", BankTransfer "bank_transfer", Card "card" }
    /// Why a deadline moved.
    ExtensionWord = ExtensionCause {
        SoftClose "soft_close", Host "host", Resumed "resumed", Interruption "interruption",
    }
    /// Why bidding ended.
    CloseWord = CloseCause { Deadline "deadline", Early "early" }
    /// Why a request ended without an order.
    ExpiryWord = ExpiryReason { NoBids "no_bids", TooFewBids "too_few_bids", NotChosen "not_chosen" }
}

/// A request's state; why it expired is a field of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateWord(pub State);

impl Serialize for StateWord {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.0.word())
    }
}

// ------------------------------------------------------------------ the document

macro_rules! schema {
    ($($wire:ty: $kind:ident $($example:literal)? $(format $format:literal)? $(pattern $pattern:literal)?;)*) => {$(
        impl utoipa::PartialSchema for $wire {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::$kind)
                    $(.examples([$example]))?
                    $(.pattern(Some($pattern)))?
                    $(.format(Some(utoipa::openapi::SchemaFormat::Custom($format.to_owned()))))?
                    .into()
            }
        }

        impl utoipa::ToSchema for $wire {}
    )*};
}

schema! {
    Money: String "120.50" pattern "^-?[0-9]+([.][0-9]+)?$";
    Timestamp: String "2026-01-31T09:30:00.000000Z" format "date-time";
    Points: Number;
    Hex: String;
    AliasWord: String "7F";
    StateWord: String "bidding_open";
}

/// Names of ids in the document: a generic field would ask the domain's types for a schema.
macro_rules! refs {
    ($($(#[$doc:meta])* $name:ident $id:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let pattern = format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{12}}$", <$id as Prefixed>::PREFIX);
                ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

refs! {
    /// An account's id.
    UserRef UserId;
    /// A vehicle's id.
    VehicleRef VehicleId;
    /// A request's id.
    RequestRef RequestId;
    /// The id of a request's item.
    ItemRef ItemId;
    /// A bid's id.
    BidRef BidId;
    /// An order's id.
    OrderRef OrderId;
    /// A question's id.
    QuestionRef QuestionId;
    /// A payment's id.
    PaymentRef PaymentId;
    /// A refund's id.
    RefundRef RefundId;
    /// An upload's id.
    FileRef FileId;
    /// A review's id.
    ReviewRef ReviewId;
    /// A sign-in's id.
    SessionRef SessionId;
    /// A notification's id.
    NoticeRef NoticeId;
    /// A device's id.
    DeviceRef DeviceId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_prefixed_word_of_its_kind() {
        assert_eq!(serde_json::to_string(&Id(BidId(1))).unwrap(), r#""bid_0000000000001""#);
        assert_eq!(serde_json::from_str::<Id<BidId>>(r#""bid_0000000000001""#).unwrap(), Id(BidId(1)));
        let error = serde_json::from_str::<Id<BidId>>(r#""req_0000000000001""#).unwrap_err().to_string();
        assert!(error.contains("an id such as \"bid_"), "{error}");
    }

    #[test]
    fn money_is_a_string_and_a_number_is_told_so() {
        assert_eq!(serde_json::to_string(&Money(AmountMinor(12_050))).unwrap(), r#""120.50""#);
        assert_eq!(serde_json::from_str::<Money>(r#""120.5""#).unwrap(), Money(AmountMinor(12_050)));
        for number in ["120", "120.5", "-3", "1e3"] {
            let error = serde_json::from_str::<Money>(number).unwrap_err().to_string();
            assert!(error.contains("never a JSON number"), "{number}: {error}");
        }
        assert!(serde_json::from_str::<Money>(r#""0.001""#).unwrap_err().to_string().contains("two places"));
        assert!(serde_json::from_str::<Money>("null").is_err());
    }

    #[test]
    fn time_keeps_its_microseconds() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_793_375_991_000_042, "2026-10-30T15:59:51.000042Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        ] {
            let at = Timestamp(UnixMicros(micros));
            assert_eq!(at.to_string(), text);
            assert_eq!(serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).unwrap(), at);
        }
        let riyadh = serde_json::from_str::<Timestamp>(r#""1970-01-01T03:00:00+03:00""#).unwrap();
        assert_eq!(riyadh, Timestamp(UnixMicros(0)));
        assert!(serde_json::from_str::<Timestamp>(r#""yesterday""#).is_err());
        assert!(serde_json::from_str::<Timestamp>("17").is_err());
    }

    #[test]
    fn words_read_back() {
        for word in VisibilityWord::WORDS {
            assert_eq!(VisibilityWord::find(word).map(VisibilityWord::word), Some(*word));
        }
        let error = serde_json::from_str::<VisibilityWord>(r#""shut""#).unwrap_err().to_string();
        assert!(error.contains("`lead_price`"), "{error}");
    }

    #[test]
    fn points_have_three_places() {
        for (micro, text) in [(100_000_000, "100.0"), (87_654_999, "87.654"), (0, "0.0")] {
            assert_eq!(serde_json::to_string(&Points(micro)).unwrap(), text);
        }
    }
}
