//! What somebody is told, and by which ways. Ids and numbers alone: what they are called is looked up when a notice is shown,
//! so an erased name or title is gone from old notices too.

use crate::domain::auction::event::ExpiryReason;
use crate::domain::ids::OrderId;
use crate::domain::ids::PaymentId;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::money::AmountMinor;
use crate::domain::order::Actor;
use crate::domain::order::Step;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;

/// What somebody is told. Rules §6 hold: whoever may not know a number is not told of it, neither here nor by the notice's coming.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "request, order, closes_at: the fields are what they are called")]
pub enum Notice {
    /// To a merchant: a request on which it may bid.
    NewRequest { request: RequestId, closes_at: UnixMicros },
    /// To a merchant who wants few messages, in place of several [`Notice::NewRequest`]: how many, and the first of them. Goes out by
    /// push and letter alone; in the application each request has its own notice.
    Digest { requests: Vec<RequestId>, count: u32 },
    /// To the customer: bids came in since the last notice. `best` is the lowest landed total, where the customer may know it.
    NewBid { request: RequestId, bids: u32, best: Option<AmountMinor> },
    /// To a merchant: others took its rank. `best` where it may know the leading price.
    Outbid { request: RequestId, rank: u32, best: Option<AmountMinor> },
    /// To a merchant: it stands better without having bid.
    RankGained { request: RequestId, rank: u32 },
    /// To every bidder: there is more time.
    DeadlineExtended { request: RequestId, closes_at: UnixMicros },
    /// To every bidder and the customer: ten minutes are left.
    ClosingSoon { request: RequestId, closes_at: UnixMicros },
    /// To every bidder and the customer: bidding is over, and the customer chooses until then. `bids` and `rank` where they may
    /// know them before the choice. The customer has bids and no rank, and no bidder has.
    BiddingClosed { request: RequestId, bids: Option<u32>, rank: Option<u32>, review_until: Option<UnixMicros> },
    /// To a bidder: another was chosen, or nobody. `gap_hundredths` is how much more it asked than the chosen one, in hundredths
    /// of a percent; negative where it was cheaper, none where nobody was chosen.
    NotChosen { request: RequestId, rank: Option<u32>, bids: u32, gap_hundredths: Option<i64> },
    /// To the merchant whose bid was accepted.
    Accepted { request: RequestId, order: OrderId, total: AmountMinor },
    /// To every bidder: the customer or an admin called it off.
    RequestCancelled { request: RequestId },
    /// To the customer: an admin called it off. The reason is looked up when it is shown.
    RequestCalledOff { request: RequestId },
    /// To the customer: it ended without an order.
    RequestExpired { request: RequestId, reason: ExpiryReason },
    /// To the customer: the time to choose runs out.
    ChoiceDue { request: RequestId, until: UnixMicros },
    /// To the merchant: the time to confirm runs out.
    ConfirmationDue { order: OrderId, until: UnixMicros },
    /// To the other side of an order: a step was taken.
    OrderStep { order: OrderId, step: Step, by: Actor },
    /// To both sides: money came in.
    PaymentReceived { order: OrderId, payment: PaymentId, amount: AmountMinor },
    /// To the customer: a payment failed.
    PaymentFailed { order: OrderId, payment: PaymentId },
    /// To both sides: money went back.
    PaymentRefunded { order: OrderId, payment: PaymentId, amount: AmountMinor },
    /// To whom was reviewed; stars from 1 to 5.
    Reviewed { order: OrderId, stars: u8 },
    /// To the customer.
    QuestionAsked { request: RequestId, question: QuestionId },
    /// To the merchant who asked.
    QuestionAnswered { request: RequestId, question: QuestionId },
    /// To a merchant: an admin looked at its papers.
    Verification { verified: bool },
    /// Somebody signed in from where this account never did, or a spent refresh token came again.
    SuspiciousSignIn { session: SessionId, at: UnixMicros },
}

/// What a notice is about: what preferences are set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the notice of the same name")]
pub enum Kind {
    NewRequest,
    NewBid,
    Outbid,
    RankGained,
    DeadlineExtended,
    ClosingSoon,
    BiddingClosed,
    NotChosen,
    Accepted,
    /// Cancelled or expired.
    RequestEnded,
    /// The time to choose or to confirm runs out.
    Reminder,
    OrderStep,
    /// Received, failed or refunded.
    Payment,
    Review,
    Question,
    Answer,
    Verification,
    SuspiciousSignIn,
}

/// A way to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// The list in the application, and its live feed. Always there.
    InApp,
    /// To the devices on which somebody asked for it.
    Push,
    /// To the verified phone.
    Sms,
    /// To the address of the account.
    Email,
}

macro_rules! words {
    ($name:ident: $($variant:ident $word:literal,)*) => {
        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word on every wire and in the database.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one with this word.
            #[must_use]
            pub fn find(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! { Kind:
    NewRequest "new_request",
    NewBid "new_bid",
    Outbid "outbid",
    RankGained "rank_gained",
    DeadlineExtended "deadline_extended",
    ClosingSoon "closing_soon",
    BiddingClosed "bidding_closed",
    NotChosen "not_chosen",
    Accepted "accepted",
    RequestEnded "request_ended",
    Reminder "reminder",
    OrderStep "order_step",
    Payment "payment",
    Review "review",
    Question "question",
    Answer "answer",
    Verification "verification",
    SuspiciousSignIn "suspicious_sign_in",
}

// `database` is what the original plan calls the list in the application.
words! { Channel:
    InApp "database",
    Push "push",
    Sms "sms",
    Email "email",
}

impl Notice {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NewRequest { .. } | Self::Digest { .. } => Kind::NewRequest,
            Self::NewBid { .. } => Kind::NewBid,
            Self::Outbid { .. } => Kind::Outbid,
            Self::RankGained { .. } => Kind::RankGained,
            Self::DeadlineExtended { .. } => Kind::DeadlineExtended,
            Self::ClosingSoon { .. } => Kind::ClosingSoon,
            Self::BiddingClosed { .. } => Kind::BiddingClosed,
            Self::NotChosen { .. } => Kind::NotChosen,
            Self::Accepted { .. } => Kind::Accepted,
            Self::RequestCancelled { .. } | Self::RequestCalledOff { .. } | Self::RequestExpired { .. } => {
                Kind::RequestEnded
            }
            Self::ChoiceDue { .. } | Self::ConfirmationDue { .. } => Kind::Reminder,
            Self::OrderStep { .. } => Kind::OrderStep,
            Self::PaymentReceived { .. } | Self::PaymentFailed { .. } | Self::PaymentRefunded { .. } => Kind::Payment,
            Self::Reviewed { .. } => Kind::Review,
            Self::QuestionAsked { .. } => Kind::Question,
            Self::QuestionAnswered { .. } => Kind::Answer,
            Self::Verification { .. } => Kind::Verification,
            Self::SuspiciousSignIn { .. } => Kind::SuspiciousSignIn,
        }
    }

    /// Until when it is worth sending: nobody wants to hear of a chance that has passed.
    #[must_use]
    pub const fn worth_until(&self, written: UnixMicros) -> UnixMicros {
        match self {
            Self::NewRequest { closes_at, .. }
            | Self::DeadlineExtended { closes_at, .. }
            | Self::ClosingSoon { closes_at, .. } => *closes_at,
            Self::ChoiceDue { until, .. } | Self::ConfirmationDue { until, .. } => *until,
            Self::Outbid { .. } | Self::RankGained { .. } => written.plus(Span::secs(limits::RANK_SECS_MAX)),
            Self::Digest { .. }
            | Self::NewBid { .. }
            | Self::BiddingClosed { .. }
            | Self::NotChosen { .. }
            | Self::Accepted { .. }
            | Self::RequestCancelled { .. }
            | Self::RequestCalledOff { .. }
            | Self::RequestExpired { .. }
            | Self::OrderStep { .. }
            | Self::PaymentReceived { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentRefunded { .. }
            | Self::Reviewed { .. }
            | Self::QuestionAsked { .. }
            | Self::QuestionAnswered { .. }
            | Self::Verification { .. }
            | Self::SuspiciousSignIn { .. } => written.plus(Span::secs(limits::NOTICE_SECS_MAX)),
        }
    }

    /// The request that it is about, where it is worth nothing once that takes no bids any more: something else tells of the end.
    #[must_use]
    pub fn needs_open(&self) -> Option<RequestId> {
        let is_of_bidding = matches!(
            self.kind(),
            Kind::NewRequest
                | Kind::NewBid
                | Kind::Outbid
                | Kind::RankGained
                | Kind::DeadlineExtended
                | Kind::ClosingSoon
        );
        self.request().filter(|_| is_of_bidding)
    }

    /// The request that it is about, if it is about one.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        match self {
            Self::NewRequest { request, .. }
            | Self::NewBid { request, .. }
            | Self::Outbid { request, .. }
            | Self::RankGained { request, .. }
            | Self::DeadlineExtended { request, .. }
            | Self::ClosingSoon { request, .. }
            | Self::BiddingClosed { request, .. }
            | Self::NotChosen { request, .. }
            | Self::Accepted { request, .. }
            | Self::RequestCancelled { request }
            | Self::RequestCalledOff { request }
            | Self::RequestExpired { request, .. }
            | Self::ChoiceDue { request, .. }
            | Self::QuestionAsked { request, .. }
            | Self::QuestionAnswered { request, .. } => Some(*request),
            Self::Digest { .. }
            | Self::ConfirmationDue { .. }
            | Self::OrderStep { .. }
            | Self::PaymentReceived { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentRefunded { .. }
            | Self::Reviewed { .. }
            | Self::Verification { .. }
            | Self::SuspiciousSignIn { .. } => None,
        }
    }

    /// The order that it is about, if it is about one.
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Accepted { order, .. }
            | Self::ConfirmationDue { order, .. }
            | Self::OrderStep { order, .. }
            | Self::PaymentReceived { order, .. }
            | Self::PaymentFailed { order, .. }
            | Self::PaymentRefunded { order, .. }
            | Self::Reviewed { order, .. } => Some(*order),
            Self::NewRequest { .. }
            | Self::Digest { .. }
            | Self::NewBid { .. }
            | Self::Outbid { .. }
            | Self::RankGained { .. }
            | Self::DeadlineExtended { .. }
            | Self::ClosingSoon { .. }
            | Self::BiddingClosed { .. }
            | Self::NotChosen { .. }
            | Self::RequestCancelled { .. }
            | Self::RequestCalledOff { .. }
            | Self::RequestExpired { .. }
            | Self::ChoiceDue { .. }
            | Self::QuestionAsked { .. }
            | Self::QuestionAnswered { .. }
            | Self::Verification { .. }
            | Self::SuspiciousSignIn { .. } => None,
        }
    }
}

impl Kind {
    /// Whether it comes by this way where somebody did not say otherwise. Short messages cost money, and letters are read late:
    /// each kind goes only where it is worth it.
    #[must_use]
    pub const fn usual(self, channel: Channel) -> bool {
        match channel {
            Channel::InApp => true,
            Channel::Push => !matches!(self, Self::RankGained),
            Channel::Sms => matches!(self, Self::Accepted | Self::SuspiciousSignIn),
            Channel::Email => matches!(
                self,
                Self::BiddingClosed
                    | Self::NotChosen
                    | Self::Accepted
                    | Self::RequestEnded
                    | Self::Reminder
                    | Self::OrderStep
                    | Self::Payment
                    | Self::Verification
                    | Self::SuspiciousSignIn
            ),
        }
    }

    /// Whether it comes in quiet hours too: what would be useless later, and what may be an attack.
    #[must_use]
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Outbid | Self::ClosingSoon | Self::SuspiciousSignIn)
    }

    /// Whether it may be switched off. Nobody misses a sign-in that was not theirs because of a switch.
    #[must_use]
    pub const fn may_be_unwanted(self) -> bool {
        !matches!(self, Self::SuspiciousSignIn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_again_and_say_no_two_things() {
        for kind in Kind::ALL {
            assert_eq!(Kind::find(kind.word()), Some(*kind));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::find(channel.word()), Some(*channel));
        }
        assert_eq!(Kind::find("nothing"), None);
    }
}
