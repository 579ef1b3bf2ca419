//! What somebody was told, as the list and the live feed show it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Error as _;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::Schema;
use utoipa::openapi::Type;

use crate::domain::ids::NoticeId;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::notice::Channel;
use crate::domain::notice::Kind;
use crate::domain::notice::Notice;
use crate::domain::notice_plan::Digest;
use crate::domain::time::UnixMicros;
use crate::wire::notice::Text;
use crate::wire::value;
use crate::wire::value::Id;
use crate::wire::value::Timestamp;

/// What a notification is about, to open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are called so everywhere on the wire")]
pub struct NotificationData {
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::RequestRef>)]
    request_id: Option<Id<RequestId>>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::OrderRef>)]
    order_id: Option<Id<OrderId>>,
    /// The payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::PaymentRef>)]
    payment_id: Option<Id<PaymentId>>,
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::QuestionRef>)]
    question_id: Option<Id<QuestionId>>,
}

impl From<&Notice> for NotificationData {
    fn from(notice: &Notice) -> Self {
        let mut data = Self { request_id: None, order_id: None, payment_id: None, question_id: None };
        match notice {
            Notice::PaymentReceived { payment, .. }
            | Notice::PaymentFailed { payment, .. }
            | Notice::PaymentRefunded { payment, .. } => data.payment_id = Some(Id(*payment)),
            Notice::QuestionAsked { question, .. } | Notice::QuestionAnswered { question, .. } => {
                data.question_id = Some(Id(*question));
            }
            Notice::NewRequest { .. }
            | Notice::Digest { .. }
            | Notice::NewBid { .. }
            | Notice::Outbid { .. }
            | Notice::RankGained { .. }
            | Notice::DeadlineExtended { .. }
            | Notice::ClosingSoon { .. }
            | Notice::BiddingClosed { .. }
            | Notice::NotChosen { .. }
            | Notice::Accepted { .. }
            | Notice::RequestCancelled { .. }
            | Notice::RequestCalledOff { .. }
            | Notice::RequestExpired { .. }
            | Notice::ChoiceDue { .. }
            | Notice::ConfirmationDue { .. }
            | Notice::OrderStep { .. }
            | Notice::Reviewed { .. }
            | Notice::Verification { .. }
            | Notice::SuspiciousSignIn { .. } => {}
        }
        Self { request_id: notice.request().map(Id), order_id: notice.order().map(Id), ..data }
    }
}

/// Words of a domain's enum that lists its own.
macro_rules! words {
    ($($(#[$doc:meta])* $wire:ident $domain:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $wire(pub $domain);

        impl Serialize for $wire {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.0.word())
            }
        }

        impl<'de> Deserialize<'de> for $wire {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word: Cow<'de, str> = Deserialize::deserialize(from)?;
                $domain::find(&word).map(Self).ok_or_else(|| {
                    let known: Vec<&str> = $domain::ALL.iter().map(|one| one.word()).collect();
                    D::Error::custom(format_args!("one of {}", known.join(", ")))
                })
            }
        }

        impl utoipa::PartialSchema for $wire {
            fn schema() -> RefOr<Schema> {
                let words = $domain::ALL.iter().map(|one| one.word());
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $wire {}
    )*};
}

words! {
    /// What a notification is about.
    KindWord Kind;
    /// A way to somebody; `database` is the list in the application.
    ChannelWord Channel;
    /// Whether new requests come one by one or together.
    DigestWord Digest;
}

/// A notification. Title and message are in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotificationBody {
    /// Its id.
    #[schema(value_type = value::NoticeRef)]
    id: Id<NoticeId>,
    /// What it is about, such as `outbid`.
    r#type: KindWord,
    /// In a few words.
    title: String,
    /// In a sentence or two.
    message: String,
    /// What it is about, to open it.
    data: NotificationData,
    /// Where in the application it leads, from its root.
    #[schema(example = "/#/room/req_0000000000001")]
    link: String,
    /// By which ways it went out: `database` is this list.
    channels: Vec<ChannelWord>,
    /// When it was written.
    created_at: Timestamp,
    /// When it was read.
    read_at: Option<Timestamp>,
}

/// What the list knows of a notice besides what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: NoticeId,
    /// By which ways it went out besides the list.
    pub channels: Vec<Channel>,
    /// When it was written.
    pub created_at: UnixMicros,
    /// When it was read.
    pub read_at: Option<UnixMicros>,
}

impl NotificationBody {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> NoticeId {
        self.id.0
    }

    /// A notice that reads so.
    #[must_use]
    pub fn new(entry: Entry, notice: &Notice, text: Text) -> Self {
        let channels = std::iter::once(Channel::InApp).chain(entry.channels);
        Self {
            id: Id(entry.id),
            r#type: KindWord(notice.kind()),
            title: text.title,
            message: text.body,
            data: notice.into(),
            link: text.link,
            channels: channels.map(ChannelWord).collect(),
            created_at: Timestamp(entry.created_at),
            read_at: entry.read_at.map(Timestamp),
        }
    }
}
