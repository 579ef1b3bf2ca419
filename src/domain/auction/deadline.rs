//! What time does to an auction (rules §4): opening, closing, the soft close, pauses that run out, interruptions.

use crate::domain::auction::board::State;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits::INTERRUPTION_GRACE_SECS;
use crate::limits::INTERRUPTION_SECS;
use crate::limits::INTERRUPTION_WINDOW_SECS;
use crate::limits::SOFT_CLOSE_TOTAL_SECS_MAX;

impl<R: Ranking> Machine<R> {
    /// Whether an accepted bid with this stamp lies in the soft-close window.
    pub(super) fn is_closing(&self, stamp: UnixMicros) -> bool {
        self.closes_at.since(stamp) <= self.terms.rules.soft_close
    }

    /// The extension that a change of the lead at `stamp` earns, if it moves the deadline at all.
    pub(super) fn soft_close(&self, stamp: UnixMicros) -> Option<Event> {
        let cap = self.first_deadline.plus(Span::secs(SOFT_CLOSE_TOTAL_SECS_MAX));
        let closes_at = stamp.plus(self.terms.rules.soft_close).min(cap);
        let cause = ExtensionCause::SoftClose;
        (closes_at > self.closes_at).then_some(Event::Extended { closes_at, cause })
    }

    /// Everything that time asks for at `now`, in order; nothing when nothing is due.
    pub(super) fn due(&self, now: UnixMicros) -> Vec<Event> {
        match (self.state, self.pause) {
            (State::Published, _) if now >= self.terms.opens_at => {
                let mut events = vec![Event::Opened];
                events.extend(self.due_in_bidding(now));
                events
            }
            (State::BiddingOpen, Some(pause)) if now >= pause.until => {
                vec![Event::Resumed { by: None, closes_at: self.resumed_deadline(pause.since, now) }]
            }
            (State::BiddingOpen, None) => self.due_in_bidding(now),
            // Only a log that ends between the two: they are decided together.
            (State::BiddingClosed, _) => vec![self.result(self.closed_at, now)],
            (State::Reviewing, _) if now >= self.review_until => {
                vec![Event::Expired { reason: ExpiryReason::NotChosen }]
            }
            (
                State::Published
                | State::BiddingOpen
                | State::Reviewing
                | State::Accepted
                | State::Expired(_)
                | State::Cancelled,
                _,
            ) => Vec::new(),
        }
    }

    fn due_in_bidding(&self, now: UnixMicros) -> Vec<Event> {
        if now < self.closes_at {
            return self.widening(now).into_iter().collect();
        }
        vec![Event::Closed { cause: CloseCause::Deadline }, self.result(self.closes_at, now)]
    }

    /// What the engine owes the bidders after it was down; else what is due anyway.
    pub(super) fn recover(&self, last_alive: UnixMicros, now: UnixMicros) -> Vec<Event> {
        // The log itself proves that the engine ran at its last entry.
        let last_alive = last_alive.max(self.last_at);
        let opening = self.state == State::Published && now >= self.terms.opens_at;
        let bidding = (self.state == State::BiddingOpen && self.pause.is_none()) || opening;
        if !bidding || !self.was_interrupted(last_alive, now) {
            return self.due(now);
        }
        let closes_at = self.closes_at.max(now.plus(Span::secs(INTERRUPTION_GRACE_SECS)));
        let opened = opening.then_some(Event::Opened);
        opened.into_iter().chain([Event::Interrupted { last_alive, closes_at }]).collect()
    }

    /// Whether more than 10 s of a downtime fell within the last 5 min before the deadline.
    fn was_interrupted(&self, from: UnixMicros, to: UnixMicros) -> bool {
        let window = self.closes_at.minus(Span::secs(INTERRUPTION_WINDOW_SECS));
        to.min(self.closes_at).since(from.max(window)) > Span::secs(INTERRUPTION_SECS)
    }

    /// The deadline after a pause: what remained when it began remains when it ends.
    pub(super) fn resumed_deadline(&self, paused: UnixMicros, now: UnixMicros) -> UnixMicros {
        now.plus(self.closes_at.since(paused))
    }

    /// When [`Command::Tick`](crate::domain::auction::command::Command::Tick) has something to do next; `None` when
    /// never.
    #[must_use]
    pub fn next_alarm(&self) -> Option<UnixMicros> {
        match self.state {
            State::Published => Some(self.terms.opens_at),
            State::BiddingOpen => Some(match self.pause {
                Some(pause) => pause.until,
                None => self.next_widening().map_or(self.closes_at, |at| at.min(self.closes_at)),
            }),
            State::BiddingClosed => Some(self.closed_at),
            State::Reviewing => Some(self.review_until),
            State::Accepted | State::Expired(_) | State::Cancelled => None,
        }
    }
}
