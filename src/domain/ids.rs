//! Ids: 64 bits in the database, a prefixed word on the wire (`req_0f3k…`), a type of their own in the code.

use std::fmt;
use std::str::FromStr;

/// A text that is not an id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

/// Crockford's base 32 in lower case: no `i`, `l`, `o`, `u`, so an id can be read out over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Thirteen digits of five bits hold the 63 bits of an id.
const DIGITS: usize = 13;

fn write_word(prefix: &str, id: i64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = id.unsigned_abs();
    let mut word = [b'0'; DIGITS];
    for (place, digit) in word.iter_mut().rev().enumerate() {
        let value = (bits >> (5 * place)) & 31;
        *digit = usize::try_from(value).ok().and_then(|at| ALPHABET.get(at)).copied().unwrap_or(b'0');
    }
    out.write_str(prefix)?;
    out.write_str("_")?;
    out.write_str(std::str::from_utf8(&word).unwrap_or(""))
}

fn read_word(prefix: &str, word: &str) -> Result<i64, NotAnId> {
    let digits = word.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
    if digits.len() != DIGITS {
        return Err(NotAnId);
    }
    let mut id: i64 = 0;
    for byte in digits.bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte).ok_or(NotAnId)?;
        let value = i64::try_from(value).map_err(|_| NotAnId)?;
        id = id.checked_mul(32).and_then(|shifted| shifted.checked_add(value)).ok_or(NotAnId)?;
    }
    if id > 0 { Ok(id) } else { Err(NotAnId) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// What stands before the underscore on the wire.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_word($prefix, self.0, out)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(word: &str) -> Result<Self, NotAnId> {
                read_word($prefix, word).map(Self)
            }
        }
    )*};
}

ids! {
    /// An account: customer, merchant or admin.
    UserId "usr";
    /// A customer's vehicle.
    VehicleId "veh";
    /// A part request, and the auction that it opens.
    RequestId "req";
    /// One item of a part request.
    ItemId "itm";
    /// A merchant's bid in one request; its versions share the id.
    BidId "bid";
    /// An order that came from an accepted bid.
    OrderId "ord";
    /// A merchant's question about a request.
    QuestionId "qst";
    /// A payment for an order.
    PaymentId "pay";
    /// A refund that a gateway was asked for.
    RefundId "rfd";
    /// An upload.
    FileId "fil";
    /// What one side of an order says of the other.
    ReviewId "rev";
    /// A family of refresh tokens: one sign-in on one device.
    SessionId "ses";
    /// Something that somebody is told.
    NoticeId "ntc";
    /// A device to which is pushed.
    DeviceId "dev";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_as_the_same_id() {
        for id in [1, 31, 32, 1_234_567_890_123, i64::MAX] {
            let word = RequestId(id).to_string();
            assert_eq!(word.len(), 17, "{word}");
            assert_eq!(word.parse(), Ok(RequestId(id)), "{word}");
        }
    }

    #[test]
    fn another_kind_or_a_broken_word_is_refused() {
        let bid = BidId(7).to_string();
        assert_eq!(bid.parse::<RequestId>(), Err(NotAnId));
        for word in [
            "",
            "req_",
            "req_0",
            "req_000000000000u",
            "req_0000000000000",
            "req_zzzzzzzzzzzzz",
            "req_00000000000001",
            "REQ_0000000000001",
        ] {
            assert_eq!(word.parse::<RequestId>(), Err(NotAnId), "{word}");
        }
    }
}
