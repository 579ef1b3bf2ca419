//! Words and digits: enums without data, states, hashes.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::auction::board::State;
use crate::domain::auction::event::{CloseCause, ExpiryReason, ExtensionCause};
use crate::domain::auction::terms::{Condition, Formula, Visibility};

/// Sixteen bytes as 32 hexadecimal digits.
#[derive(Clone, Copy)]
pub(super) struct Hex(pub(super) [u8; 16]);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// So many bytes of twice as many hexadecimal digits, in lower case.
pub(crate) fn read_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != BYTES || !odd.is_empty() {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? * 16 + value(*low)?;
    }
    Some(bytes)
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Hex;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("32 hexadecimal digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hex, E> {
                read_hex(text).map(Hex).ok_or_else(|| E::custom("not 32 hexadecimal digits"))
            }
        }
        input.deserialize_str(Digits)
    }
}

/// A twin for a domain enum without data.
macro_rules! words {
    ($($twin:ident = $domain:ident { $($variant:ident)* })*) => {$(
        #[derive(Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $twin { $($variant),* }

        impl From<$domain> for $twin {
            fn from(value: $domain) -> Self {
                match value { $($domain::$variant => Self::$variant),* }
            }
        }

        impl From<$twin> for $domain {
            fn from(value: $twin) -> Self {
                match value { $($twin::$variant => Self::$variant),* }
            }
        }
    )*};
}

words! {
    FormulaJson = Formula { GuardedV1 RelativeV1 }
    VisibilityJson = Visibility { Open LeadPrice RankOnly Sealed }
    ConditionJson = Condition { NewOriginal NewAftermarket Used Refurbished }
    ExtensionCauseJson = ExtensionCause { SoftClose Host Resumed Interruption }
    CloseCauseJson = CloseCause { Deadline Early }
    ExpiryReasonJson = ExpiryReason { NoBids TooFewBids NotChosen }
}

/// The word for a condition, in columns as in payloads.
pub(crate) const fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::NewOriginal => "new_original",
        Condition::NewAftermarket => "new_aftermarket",
        Condition::Used => "used",
        Condition::Refurbished => "refurbished",
    }
}

/// Why a state is `expired`, as a word.
pub(crate) const fn expiry_of(state: State) -> Option<&'static str> {
    match state {
        State::Expired(ExpiryReason::NoBids) => Some("no_bids"),
        State::Expired(ExpiryReason::TooFewBids) => Some("too_few_bids"),
        State::Expired(ExpiryReason::NotChosen) => Some("not_chosen"),
        State::Published
        | State::BiddingOpen
        | State::BiddingClosed
        | State::Reviewing
        | State::Accepted
        | State::Cancelled => None,
    }
}

/// The state of the two words that stand for it.
pub(crate) fn read_state(word: &str, expiry: Option<&str>) -> Option<State> {
    let known = [
        State::Published,
        State::BiddingOpen,
        State::BiddingClosed,
        State::Reviewing,
        State::Accepted,
        State::Expired(ExpiryReason::NoBids),
        State::Expired(ExpiryReason::TooFewBids),
        State::Expired(ExpiryReason::NotChosen),
        State::Cancelled,
    ];
    known.into_iter().find(|known| known.word() == word && expiry_of(*known) == expiry)
}
