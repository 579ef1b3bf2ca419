//! The state machine of one auction.

use crate::domain::auction::board::{Board, Standing};
use crate::domain::auction::command::Command;
use crate::domain::auction::event::Event;
use crate::domain::auction::terms::Terms;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;

/// What a command leads to when it is not refused outright.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These events, in this order; none when nothing is due.
    Happen(Vec<Event>),
    /// The idempotency key came before with the same body: the answer is that of the event `seq`.
    Seen {
        /// The event.
        seq: i64,
    },
    /// Too late: the sender is refused, and the attempt is kept.
    Late {
        /// What is kept.
        event: Event,
        /// What the sender hears.
        refusal: Refusal,
    },
}

/// One auction.
#[derive(Clone, Debug)]
pub struct Auction {}

impl Auction {
    /// Checks the terms of a request that is to be published.
    ///
    /// # Errors
    /// [`Refusal::BadRules`] names the field.
    pub fn publish(_terms: Terms, _now: UnixMicros) -> Result<Event, Refusal> {
        unimplemented!()
    }

    /// An auction right after its first event, [`Event::Published`].
    #[must_use]
    pub fn published(_terms: Terms, _at: UnixMicros) -> Self {
        unimplemented!()
    }

    /// Decides and changes nothing.
    ///
    /// # Errors
    /// The first refusal in the order of rules §2.
    pub fn decide(&self, _command: &Command, _now: UnixMicros) -> Result<Decision, Refusal> {
        unimplemented!()
    }

    /// Folds the next event in; never refuses. Its `seq` is `self.seq() + 1`.
    pub fn apply(&mut self, _event: &Event, _at: UnixMicros) {
        unimplemented!()
    }

    /// The last event folded in.
    #[must_use]
    pub fn seq(&self) -> i64 {
        unimplemented!()
    }

    /// When [`Command::Tick`] has something to do next; `None` when never.
    #[must_use]
    pub fn next_alarm(&self) -> Option<UnixMicros> {
        unimplemented!()
    }

    /// The ranked state.
    #[must_use]
    pub fn board(&mut self) -> Board {
        unimplemented!()
    }

    /// Place and points of a merchant's live bid.
    #[must_use]
    pub fn standing(&mut self, _merchant: UserId) -> Option<Standing> {
        unimplemented!()
    }

    /// The highest landed total with which this merchant's live bid would be rank 1, all else equal; `None` without
    /// a live bid or where no price suffices.
    #[must_use]
    pub fn price_to_lead(&mut self, _merchant: UserId) -> Option<AmountMinor> {
        unimplemented!()
    }

    /// A hash of the whole state, equal on any machine for equal logs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        unimplemented!()
    }
}
