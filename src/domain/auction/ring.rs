//! The ring that widens by itself: where too few merchants bid, more of them may (`domain::eligibility`).
//!
//! From a quarter of the bidding time on it no longer matters what a merchant deals in, from half of it on not where,
//! in both cases only while fewer bids live than are wanted. What counts is the state at the moment of looking, so a
//! bid that is withdrawn later may widen the ring later. Pauses do not count as time.

use crate::domain::auction::board::State;
use crate::domain::auction::event::Event;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::eligibility::Ring;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

impl<R: Ranking> Machine<R> {
    /// How far the request reaches.
    #[must_use]
    pub const fn ring(&self) -> Ring {
        self.ring
    }

    /// The widening that is due at `now`, while bidding is open: at once to where it would stand by now.
    pub(super) fn widening(&self, now: UnixMicros) -> Option<Event> {
        let due = Ring::ALL.into_iter().rev().find(|ring| now >= self.widens_at(*ring))?;
        (due > self.ring && self.wants_more_bids()).then_some(Event::RingWidened { ring: due })
    }

    /// When the next widening is due, as things are: in the past where it is due already.
    pub(super) fn next_widening(&self) -> Option<UnixMicros> {
        let open = self.state == State::BiddingOpen && self.wants_more_bids();
        let next = Ring::ALL.into_iter().find(|ring| *ring > self.ring)?;
        open.then(|| self.widens_at(next))
    }

    fn wants_more_bids(&self) -> bool {
        self.book.len() < usize::from(self.terms.rules.ring_bids)
    }

    fn widens_at(&self, ring: Ring) -> UnixMicros {
        let opens_at = self.terms.opens_at.plus(self.paused_for);
        let bidding = self.first_deadline.since(opens_at).0;
        let share = match ring {
            Ring::Specialists => 0,
            Ring::Local => bidding / 4,
            Ring::Everybody => bidding / 2,
        };
        opens_at.plus(Span(share))
    }
}
