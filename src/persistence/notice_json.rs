//! The twin of a notice: what its row stores as facts. Ids, numbers and words alone.
//!
//! A new kind of notice is a new entry here; a field that is added later must be an `Option`, because old rows have none.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::auction::board::State;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::money::AmountMinor;
use crate::domain::notice::Notice;
use crate::domain::order::Actor;
use crate::domain::order::Step;
use crate::domain::time::UnixMicros;
use crate::persistence::error::StoreError;
use crate::persistence::event_json;

/// How a field lies in JSON.
trait Fact: Sized {
    type Json;
    fn write(&self) -> Self::Json;
    fn read(json: Self::Json) -> Option<Self>;
}

macro_rules! facts {
    (plain $($plain:ty)*) => {$(
        impl Fact for $plain {
            type Json = Self;
            fn write(&self) -> Self {
                *self
            }
            fn read(json: Self) -> Option<Self> {
                Some(json)
            }
        }
    )*};
    (numbers $($number:ident)*) => {$(
        impl Fact for $number {
            type Json = i64;
            fn write(&self) -> i64 {
                self.0
            }
            fn read(json: i64) -> Option<Self> {
                Some(Self(json))
            }
        }
    )*};
    (words $($enum:ident: $word:expr, $all:expr;)*) => {$(
        impl Fact for $enum {
            type Json = String;
            fn write(&self) -> String {
                let word: fn(Self) -> &'static str = $word;
                word(*self).to_owned()
            }
            fn read(json: String) -> Option<Self> {
                let word: fn(Self) -> &'static str = $word;
                $all.into_iter().find(|one| word(*one) == json)
            }
        }
    )*};
}

facts! { plain bool u8 u32 i64 }
facts! { numbers OrderId PaymentId QuestionId RequestId SessionId AmountMinor UnixMicros }
facts! { words
    Step: Self::word, Self::ALL;
    Actor: Self::word, Self::ALL;
    ExpiryReason: reason, [Self::NoBids, Self::TooFewBids, Self::NotChosen];
}

fn reason(reason: ExpiryReason) -> &'static str {
    event_json::expiry_of(State::Expired(reason)).unwrap_or_default()
}

impl<T: Fact> Fact for Option<T> {
    type Json = Option<T::Json>;
    fn write(&self) -> Self::Json {
        self.as_ref().map(T::write)
    }
    fn read(json: Self::Json) -> Option<Self> {
        match json {
            None => Some(None),
            Some(json) => T::read(json).map(Some),
        }
    }
}

impl<T: Fact> Fact for Vec<T> {
    type Json = Vec<T::Json>;
    fn write(&self) -> Self::Json {
        self.iter().map(T::write).collect()
    }
    fn read(json: Self::Json) -> Option<Self> {
        json.into_iter().map(T::read).collect()
    }
}

macro_rules! twins {
    ($($variant:ident { $($field:ident: $type:ty),* })*) => {
        #[derive(Serialize, Deserialize)]
        #[serde(tag = "notice", rename_all = "snake_case")]
        enum Facts {
            $($variant { $($field: <$type as Fact>::Json),* },)*
        }

        impl From<&Notice> for Facts {
            fn from(notice: &Notice) -> Self {
                match notice {
                    $(Notice::$variant { $($field),* } => Self::$variant { $($field: $field.write()),* },)*
                }
            }
        }

        impl Facts {
            fn read(self) -> Option<Notice> {
                Some(match self {
                    $(Self::$variant { $($field),* } => Notice::$variant { $($field: Fact::read($field)?),* },)*
                })
            }
        }
    };
}

twins! {
    NewRequest { request: RequestId, closes_at: UnixMicros }
    Digest { requests: Vec<RequestId>, count: u32 }
    NewBid { request: RequestId, bids: u32, best: Option<AmountMinor> }
    Outbid { request: RequestId, rank: u32, best: Option<AmountMinor> }
    RankGained { request: RequestId, rank: u32 }
    DeadlineExtended { request: RequestId, closes_at: UnixMicros }
    ClosingSoon { request: RequestId, closes_at: UnixMicros }
    BiddingClosed { request: RequestId, bids: Option<u32>, rank: Option<u32>, review_until: Option<UnixMicros> }
    NotChosen { request: RequestId, rank: Option<u32>, bids: u32, gap_hundredths: Option<i64> }
    Accepted { request: RequestId, order: OrderId, total: AmountMinor }
    RequestCancelled { request: RequestId }
    RequestCalledOff { request: RequestId }
    RequestExpired { request: RequestId, reason: ExpiryReason }
    ChoiceDue { request: RequestId, until: UnixMicros }
    ConfirmationDue { order: OrderId, until: UnixMicros }
    OrderStep { order: OrderId, step: Step, by: Actor }
    PaymentReceived { order: OrderId, payment: PaymentId, amount: AmountMinor }
    PaymentFailed { order: OrderId, payment: PaymentId }
    PaymentRefunded { order: OrderId, payment: PaymentId, amount: AmountMinor }
    Reviewed { order: OrderId, stars: u8 }
    QuestionAsked { request: RequestId, question: QuestionId }
    QuestionAnswered { request: RequestId, question: QuestionId }
    Verification { verified: bool }
    SuspiciousSignIn { session: SessionId, at: UnixMicros }
}

/// A notice as its row stores it.
///
/// # Errors
/// [`StoreError::Corrupt`] where it cannot be written, which no notice of ours is.
pub fn write(notice: &Notice) -> Result<String, StoreError> {
    serde_json::to_string(&Facts::from(notice)).map_err(|error| StoreError::corrupt(format!("a notice: {error}")))
}

/// The notice of a row.
///
/// # Errors
/// [`StoreError::Corrupt`] where these are not the facts of a notice.
pub fn read(facts: &str) -> Result<Notice, StoreError> {
    let read = serde_json::from_str::<Facts>(facts).map_err(|error| StoreError::corrupt(format!("a notice: {error}")));
    read?.read().ok_or_else(|| StoreError::corrupt("a word of a notice"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_reads_back_and_old_rows_stay_readable() {
        let (request, order, at) = (RequestId(7), OrderId(8), UnixMicros(9));
        let payment = PaymentId(3);
        let stored = [
            (Notice::Digest { requests: vec![request], count: 4 }, r#"{"notice":"digest","requests":[7],"count":4}"#),
            (
                Notice::NewBid { request, bids: 2, best: None },
                r#"{"notice":"new_bid","request":7,"bids":2,"best":null}"#,
            ),
            (
                Notice::Outbid { request, rank: 2, best: Some(AmountMinor(100)) },
                r#"{"notice":"outbid","request":7,"rank":2,"best":100}"#,
            ),
            (
                Notice::BiddingClosed { request, bids: None, rank: Some(1), review_until: Some(at) },
                r#"{"notice":"bidding_closed","request":7,"bids":null,"rank":1,"review_until":9}"#,
            ),
            (
                Notice::RequestExpired { request, reason: ExpiryReason::TooFewBids },
                r#"{"notice":"request_expired","request":7,"reason":"too_few_bids"}"#,
            ),
            (
                Notice::OrderStep { order, step: Step::Ship, by: Actor::Merchant },
                r#"{"notice":"order_step","order":8,"step":"ship","by":"merchant"}"#,
            ),
            (
                Notice::PaymentReceived { order, payment, amount: AmountMinor(1) },
                r#"{"notice":"payment_received","order":8,"payment":3,"amount":1}"#,
            ),
            (Notice::Verification { verified: true }, r#"{"notice":"verification","verified":true}"#),
        ];
        for (notice, text) in stored {
            assert_eq!(write(&notice).as_deref(), Ok(text));
            assert_eq!(read(text), Ok(notice));
        }
        assert!(read(r#"{"notice":"order_step","order":8,"step":"fly","by":"merchant"}"#).is_err());
        assert!(read("{}").is_err());
    }
}
