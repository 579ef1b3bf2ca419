//! A payment for an order: what a gateway may tell us, in any order and more than once.

use crate::domain::money::AmountMinor;

/// How an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// In cash, when the parts are handed over.
    CashOnDelivery,
    /// To the merchant's account; the merchant or an admin confirms it.
    BankTransfer,
    /// By card or wallet, through the gateway.
    Card,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::CashOnDelivery, Self::BankTransfer, Self::Card];

    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CashOnDelivery => "cash_on_delivery",
            Self::BankTransfer => "bank_transfer",
            Self::Card => "card",
        }
    }

    /// The method with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// Asked for; nothing has moved.
    Pending,
    /// The bank holds the amount; it is not ours yet.
    Authorized,
    /// Paid.
    Paid,
    /// The bank said no, or nobody paid in time. Another payment may be started.
    Failed,
    /// A hold was let go.
    Voided,
    /// All of what was paid went back.
    Refunded,
}

impl PaymentState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Authorized, Self::Paid, Self::Failed, Self::Voided, Self::Refunded];

    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Voided => "voided",
            Self::Refunded => "refunded",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether another payment for the same order may be started.
    #[must_use]
    pub const fn leaves_order_unpaid(self) -> bool {
        match self {
            Self::Failed | Self::Voided | Self::Refunded => true,
            Self::Pending | Self::Authorized | Self::Paid => false,
        }
    }
}

/// A payment's money. What is captured and refunded only ever grows, and no refund exceeds what was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Where it stands.
    pub state: PaymentState,
    /// What was asked for.
    pub amount: AmountMinor,
    /// What has come in.
    pub captured: AmountMinor,
    /// What has gone back.
    pub refunded: AmountMinor,
}

/// What the gateway says of a payment when asked: a state of the whole, never a step. That makes a notice that comes
/// twice, late or out of order harmless: whatever it says, the gateway is asked, and its answer is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where it stands there.
    pub state: PaymentState,
    /// The amount of the payment there.
    pub amount: AmountMinor,
    /// What has come in.
    pub captured: AmountMinor,
    /// What has gone back.
    pub refunded: AmountMinor,
}

/// Why what was told or asked cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentFault {
    /// The gateway speaks of another amount.
    AmountDiffers,
    /// More than was asked for, or less than nothing.
    SumImpossible,
    /// A refund of nothing, or of more than is left.
    RefundTooLarge {
        /// The largest that passes.
        left: AmountMinor,
    },
    /// Nothing was paid.
    NotPaid,
}

impl Payment {
    /// A payment that was just asked for.
    #[must_use]
    pub const fn asked(amount: AmountMinor) -> Self {
        Self { state: PaymentState::Pending, amount, captured: AmountMinor::ZERO, refunded: AmountMinor::ZERO }
    }

    /// This payment with what the gateway tells merged in. Sums only grow; a state never goes back.
    ///
    /// # Errors
    /// [`PaymentFault`]: an admin has to look.
    pub fn merged(self, told: Told) -> Result<Self, PaymentFault> {
        if told.amount != self.amount {
            return Err(PaymentFault::AmountDiffers);
        }
        let captured = self.captured.max(told.captured);
        let refunded = self.refunded.max(told.refunded);
        if captured > self.amount || refunded > captured || told.captured.0 < 0 || told.refunded.0 < 0 {
            return Err(PaymentFault::SumImpossible);
        }
        let state = if refunded.0 > 0 && refunded == captured {
            PaymentState::Refunded
        } else if captured.0 > 0 && captured == self.amount {
            PaymentState::Paid
        } else {
            later(self.state, told.state)
        };
        Ok(Self { state, amount: self.amount, captured, refunded })
    }

    /// Whether a part came in and not the whole: nobody asked for that.
    #[must_use]
    pub fn is_short(self) -> bool {
        self.captured.0 > 0 && self.captured < self.amount
    }

    /// This payment after so much more went back.
    ///
    /// # Errors
    /// [`PaymentFault::NotPaid`], [`PaymentFault::RefundTooLarge`].
    pub fn refund(self, by: AmountMinor) -> Result<Self, PaymentFault> {
        let left = AmountMinor(self.captured.0.saturating_sub(self.refunded.0));
        if self.captured.0 <= 0 {
            return Err(PaymentFault::NotPaid);
        }
        if by.0 <= 0 || by > left {
            return Err(PaymentFault::RefundTooLarge { left });
        }
        let refunded = AmountMinor(self.refunded.0.saturating_add(by.0));
        let state = if refunded == self.captured { PaymentState::Refunded } else { self.state };
        Ok(Self { state, refunded, ..self })
    }
}

/// The later of two states in which no money has moved.
fn later(one: PaymentState, other: PaymentState) -> PaymentState {
    let place = |state| match state {
        PaymentState::Pending => 0,
        PaymentState::Authorized => 1,
        PaymentState::Failed => 2,
        PaymentState::Voided => 3,
        // Only sums lead here; a gateway that says so without a sum is not believed.
        PaymentState::Paid | PaymentState::Refunded => -1,
    };
    if place(other) > place(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: PaymentState, captured: i64, refunded: i64) -> Told {
        let (captured, refunded) = (AmountMinor(captured), AmountMinor(refunded));
        Told { state, amount: AmountMinor(1_000), captured, refunded }
    }

    /// Every order of the same answers, repeated ones among them, ends the same.
    #[test]
    fn the_order_of_what_is_told_is_irrelevant() {
        use PaymentState::{Authorized, Paid, Pending, Refunded};
        let all = [
            told(Pending, 0, 0),
            told(Authorized, 0, 0),
            told(Paid, 1_000, 0),
            told(Paid, 1_000, 400),
            told(Refunded, 1_000, 1_000),
        ];
        for first in 0..all.len() {
            for second in 0..all.len() {
                let mut payment = Payment::asked(AmountMinor(1_000));
                for told in [all[first], all[second]].into_iter().chain(all).chain([all[first]]) {
                    payment = payment.merged(told).unwrap();
                }
                assert_eq!(payment.state, Refunded);
                assert_eq!((payment.captured.0, payment.refunded.0), (1_000, 1_000));
            }
        }
    }

    #[test]
    fn a_late_failure_does_not_undo_a_payment() {
        let paid = Payment::asked(AmountMinor(1_000)).merged(told(PaymentState::Paid, 1_000, 0)).unwrap();
        assert_eq!(paid.merged(told(PaymentState::Failed, 0, 0)), Ok(paid));
        assert_eq!(paid.state, PaymentState::Paid);
    }

    #[test]
    fn a_word_without_money_is_not_believed() {
        let payment = Payment::asked(AmountMinor(1_000)).merged(told(PaymentState::Paid, 0, 0)).unwrap();
        assert_eq!(payment.state, PaymentState::Pending);
    }

    #[test]
    fn a_part_is_counted_and_is_not_the_whole() {
        let short = Payment::asked(AmountMinor(1_000)).merged(told(PaymentState::Paid, 1, 0)).unwrap();
        assert_eq!((short.state, short.captured, short.is_short()), (PaymentState::Pending, AmountMinor(1), true));
        assert_eq!(short.refund(AmountMinor(1)).unwrap().state, PaymentState::Refunded, "it can go back");
        let whole = short.merged(told(PaymentState::Paid, 1_000, 0)).unwrap();
        assert_eq!((whole.state, whole.is_short()), (PaymentState::Paid, false));
    }

    #[test]
    fn impossible_sums_are_refused() {
        let payment = Payment::asked(AmountMinor(1_000));
        let other = Told { amount: AmountMinor(999), ..told(PaymentState::Paid, 999, 0) };
        assert_eq!(payment.merged(other), Err(PaymentFault::AmountDiffers));
        for (captured, refunded) in [(1_001, 0), (500, 501), (-1, 0), (0, -1)] {
            assert_eq!(
                payment.merged(told(PaymentState::Paid, captured, refunded)),
                Err(PaymentFault::SumImpossible),
                "{captured} {refunded}"
            );
        }
    }

    #[test]
    fn no_more_goes_back_than_came_in() {
        let paid = Payment::asked(AmountMinor(1_000)).merged(told(PaymentState::Paid, 1_000, 0)).unwrap();
        let part = paid.refund(AmountMinor(400)).unwrap();
        assert_eq!((part.state, part.refunded), (PaymentState::Paid, AmountMinor(400)));
        assert_eq!(part.refund(AmountMinor(601)), Err(PaymentFault::RefundTooLarge { left: AmountMinor(600) }));
        assert_eq!(part.refund(AmountMinor(0)), Err(PaymentFault::RefundTooLarge { left: AmountMinor(600) }));
        assert_eq!(part.refund(AmountMinor(600)).unwrap().state, PaymentState::Refunded);
        assert_eq!(Payment::asked(AmountMinor(1_000)).refund(AmountMinor(1)), Err(PaymentFault::NotPaid));
    }
}
