//! An order: what a customer and a merchant do after a bid was accepted. One table says who may do what, when.
//!
//! ```text
//! pending_confirmation ─► confirmed ─► preparing ─► shipped ─► delivered ─► completed
//!        │    │               │            │                      │  │
//!        ▼    ▼               ▼            ▼                      ▼  ▼
//!  declined  cancelled    cancelled    cancelled   return_requested  disputed ─► resolved
//! ```

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// The bid was accepted; the merchant has not answered yet.
    PendingConfirmation,
    /// The merchant takes it.
    Confirmed,
    /// The merchant gets the parts ready.
    Preparing,
    /// On the way, or ready to be fetched.
    Shipped,
    /// The customer has the parts.
    Delivered,
    /// Nothing is open any more.
    Completed,
    /// The merchant did not take it; the request is reviewed again.
    Declined,
    /// Called off before it was shipped.
    Cancelled,
    /// The customer wants to give the parts back.
    ReturnRequested,
    /// The two do not agree; an admin decides.
    Disputed,
    /// A return or a dispute was settled.
    Resolved,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::PendingConfirmation,
        Self::Confirmed,
        Self::Preparing,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::Declined,
        Self::Cancelled,
        Self::ReturnRequested,
        Self::Disputed,
        Self::Resolved,
    ];

    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PendingConfirmation => "pending_confirmation",
            Self::Confirmed => "confirmed",
            Self::Preparing => "preparing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::ReturnRequested => "return_requested",
            Self::Disputed => "disputed",
            Self::Resolved => "resolved",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it may be paid.
    #[must_use]
    pub const fn is_payable(self) -> bool {
        match self {
            Self::PendingConfirmation
            | Self::Confirmed
            | Self::Preparing
            | Self::Shipped
            | Self::Delivered
            | Self::Completed => true,
            Self::Declined | Self::Cancelled | Self::ReturnRequested | Self::Disputed | Self::Resolved => false,
        }
    }

    /// Whether the customer has the parts, or gets them now.
    #[must_use]
    pub const fn was_handed_over(self) -> bool {
        match self {
            Self::Shipped | Self::Delivered | Self::Completed => true,
            Self::PendingConfirmation
            | Self::Confirmed
            | Self::Preparing
            | Self::Declined
            | Self::Cancelled
            | Self::ReturnRequested
            | Self::Disputed
            | Self::Resolved => false,
        }
    }

    /// Whether a step to there calls the order off, so that nothing is to be paid for it and what was paid goes back. A
    /// return that is settled does; what goes back after a dispute is for the admin who decides it to say.
    #[must_use]
    pub fn is_called_off_by(self, to: Self) -> bool {
        match to {
            Self::Declined | Self::Cancelled => true,
            Self::Resolved => self == Self::ReturnRequested,
            Self::PendingConfirmation
            | Self::Confirmed
            | Self::Preparing
            | Self::Shipped
            | Self::Delivered
            | Self::Completed
            | Self::ReturnRequested
            | Self::Disputed => false,
        }
    }

    /// Whether no step leads out of it.
    #[must_use]
    pub fn is_final(self) -> bool {
        TABLE.iter().all(|row| row.from != self)
    }
}

/// What somebody does with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Takes it.
    Confirm,
    /// Does not take it.
    Decline,
    /// Starts to get the parts ready.
    Prepare,
    /// Hands it to the carrier, or lays it ready.
    Ship,
    /// Hands it over, or has received it.
    Deliver,
    /// Is content.
    Complete,
    /// Calls it off.
    Cancel,
    /// Wants to give the parts back.
    Return,
    /// Asks for an admin's decision.
    Dispute,
    /// Settles a return or a dispute.
    Resolve,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 10] = [
        Self::Confirm,
        Self::Decline,
        Self::Prepare,
        Self::Ship,
        Self::Deliver,
        Self::Complete,
        Self::Cancel,
        Self::Return,
        Self::Dispute,
        Self::Resolve,
    ];

    /// The word in the URL and in the order's history.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Prepare => "prepare",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::Return => "return",
            Self::Dispute => "dispute",
            Self::Resolve => "resolve",
        }
    }

    /// The step with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }

    /// Whether the other side must hear why.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        match self {
            Self::Decline | Self::Cancel | Self::Return | Self::Dispute | Self::Resolve => true,
            Self::Confirm | Self::Prepare | Self::Ship | Self::Deliver | Self::Complete => false,
        }
    }
}

/// Who acts on an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The customer whose order it is.
    Customer,
    /// The merchant whose bid was accepted.
    Merchant,
    /// An admin.
    Admin,
    /// The market itself, when a time is over.
    Clock,
}

impl Actor {
    /// Every actor.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Merchant, Self::Admin, Self::Clock];

    /// The word in the order's history.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Merchant => "merchant",
            Self::Admin => "admin",
            Self::Clock => "clock",
        }
    }
}

struct Row {
    from: OrderState,
    step: Step,
    by: &'static [Actor],
    to: OrderState,
}

const fn row(from: OrderState, step: Step, by: &'static [Actor], to: OrderState) -> Row {
    Row { from, step, by, to }
}

const CUSTOMER: &[Actor] = &[Actor::Customer];
const MERCHANT: &[Actor] = &[Actor::Merchant];
const ADMIN: &[Actor] = &[Actor::Admin];
const EITHER: &[Actor] = &[Actor::Customer, Actor::Merchant];
const ANYBODY: &[Actor] = &[Actor::Customer, Actor::Merchant, Actor::Admin];

/// Everything that is allowed. What is not here is refused.
///
/// A confirmed order binds the customer once the merchant prepares it: parts may have been bought for it. The merchant can
/// still say that it cannot deliver; after shipping only a return or a dispute is left.
const TABLE: [Row; 20] = {
    use OrderState as S;
    [
        row(S::PendingConfirmation, Step::Confirm, MERCHANT, S::Confirmed),
        row(S::PendingConfirmation, Step::Decline, &[Actor::Merchant, Actor::Clock], S::Declined),
        row(S::PendingConfirmation, Step::Cancel, &[Actor::Customer, Actor::Admin], S::Cancelled),
        row(S::Confirmed, Step::Prepare, MERCHANT, S::Preparing),
        row(S::Confirmed, Step::Cancel, ANYBODY, S::Cancelled),
        row(S::Preparing, Step::Ship, MERCHANT, S::Shipped),
        row(S::Preparing, Step::Cancel, &[Actor::Merchant, Actor::Admin], S::Cancelled),
        row(S::Shipped, Step::Deliver, EITHER, S::Delivered),
        row(S::Shipped, Step::Dispute, EITHER, S::Disputed),
        row(S::Delivered, Step::Complete, &[Actor::Customer, Actor::Clock], S::Completed),
        row(S::Delivered, Step::Return, CUSTOMER, S::ReturnRequested),
        row(S::Delivered, Step::Dispute, EITHER, S::Disputed),
        row(S::ReturnRequested, Step::Resolve, &[Actor::Merchant, Actor::Admin], S::Resolved),
        row(S::ReturnRequested, Step::Complete, CUSTOMER, S::Completed),
        row(S::ReturnRequested, Step::Dispute, EITHER, S::Disputed),
        row(S::Disputed, Step::Resolve, ADMIN, S::Resolved),
        row(S::Disputed, Step::Complete, CUSTOMER, S::Completed),
        row(S::Shipped, Step::Resolve, ADMIN, S::Resolved),
        row(S::Delivered, Step::Resolve, ADMIN, S::Resolved),
        row(S::Preparing, Step::Dispute, EITHER, S::Disputed),
    ]
};

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepRefused {
    /// Nobody may do that to an order in this state.
    WrongState(OrderState),
    /// Somebody else may.
    NotYours,
}

/// Where a step leads.
///
/// # Errors
/// [`StepRefused`].
pub fn take(from: OrderState, step: Step, by: Actor) -> Result<OrderState, StepRefused> {
    let row = TABLE.iter().find(|row| row.from == from && row.step == step).ok_or(StepRefused::WrongState(from))?;
    if row.by.contains(&by) { Ok(row.to) } else { Err(StepRefused::NotYours) }
}

/// What an actor may do next, in the order in which a page shows it.
pub fn steps(from: OrderState, by: Actor) -> impl Iterator<Item = Step> {
    Step::ALL.into_iter().filter(move |step| take(from, *step, by).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, written the other way round: by actor, the words of every step that is open to it.
    #[test]
    fn every_state_and_actor_has_exactly_these_steps() {
        use Actor::{Admin, Clock, Customer, Merchant};
        use OrderState as S;
        for (state, by, expected) in [
            (S::PendingConfirmation, Customer, "cancel"),
            (S::PendingConfirmation, Merchant, "confirm decline"),
            (S::PendingConfirmation, Admin, "cancel"),
            (S::PendingConfirmation, Clock, "decline"),
            (S::Confirmed, Customer, "cancel"),
            (S::Confirmed, Merchant, "prepare cancel"),
            (S::Confirmed, Admin, "cancel"),
            (S::Confirmed, Clock, ""),
            (S::Preparing, Customer, "dispute"),
            (S::Preparing, Merchant, "ship cancel dispute"),
            (S::Preparing, Admin, "cancel"),
            (S::Preparing, Clock, ""),
            (S::Shipped, Customer, "deliver dispute"),
            (S::Shipped, Merchant, "deliver dispute"),
            (S::Shipped, Admin, "resolve"),
            (S::Shipped, Clock, ""),
            (S::Delivered, Customer, "complete return dispute"),
            (S::Delivered, Merchant, "dispute"),
            (S::Delivered, Admin, "resolve"),
            (S::Delivered, Clock, "complete"),
            (S::ReturnRequested, Customer, "complete dispute"),
            (S::ReturnRequested, Merchant, "dispute resolve"),
            (S::ReturnRequested, Admin, "resolve"),
            (S::ReturnRequested, Clock, ""),
            (S::Disputed, Customer, "complete"),
            (S::Disputed, Merchant, ""),
            (S::Disputed, Admin, "resolve"),
            (S::Disputed, Clock, ""),
        ] {
            let open: Vec<&str> = steps(state, by).map(Step::word).collect();
            assert_eq!(open.join(" "), expected, "{} by {}", state.word(), by.word());
        }
        for state in [S::Completed, S::Declined, S::Cancelled, S::Resolved] {
            assert!(state.is_final(), "{}", state.word());
        }
    }

    #[test]
    fn no_pair_of_state_and_step_stands_twice_and_every_state_is_reached() {
        for (at, row) in TABLE.iter().enumerate() {
            let twin = TABLE.iter().skip(at + 1).find(|twin| twin.from == row.from && twin.step == row.step);
            assert!(twin.is_none(), "{} {}", row.from.word(), row.step.word());
        }
        for state in OrderState::ALL {
            let reached = state == OrderState::PendingConfirmation || TABLE.iter().any(|row| row.to == state);
            assert!(reached, "{}", state.word());
        }
    }

    #[test]
    fn a_wrong_actor_and_a_wrong_state_are_told_apart() {
        let from = OrderState::PendingConfirmation;
        assert_eq!(take(from, Step::Confirm, Actor::Customer), Err(StepRefused::NotYours));
        assert_eq!(take(from, Step::Ship, Actor::Merchant), Err(StepRefused::WrongState(from)));
    }

    #[test]
    fn words_read_back() {
        assert!(OrderState::ALL.iter().all(|state| OrderState::find(state.word()) == Some(*state)));
        assert!(Step::ALL.iter().all(|step| Step::find(step.word()) == Some(*step)));
    }
}
