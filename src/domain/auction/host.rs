//! What the owner and admins may do (rules §1), and what ends or revives a result.

use crate::domain::auction::board::State;
use crate::domain::auction::command::Host;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExtensionCause;
use crate::domain::auction::party::BidStatus;
use crate::domain::auction::place;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::ids::BidId;
use crate::domain::ids::OrderId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits::HOST_EXTENSION_SECS_MAX;
use crate::limits::HOST_EXTENSION_SECS_MIN;
use crate::limits::HOST_EXTENSIONS_MAX;
use crate::limits::PAUSE_SECS_MAX;
use crate::limits::PAUSES_MAX;
use crate::limits::REVIEW_SECS;

impl<R: Ranking> Machine<R> {
    pub(super) fn pause(&self, host: Host, reason: &str, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        self.check_host(host)?;
        self.check_bidding(now)?;
        if self.pause.is_some() {
            return Err(Refusal::Paused);
        }
        if self.pauses_used >= PAUSES_MAX {
            return Err(Refusal::PauseRefused);
        }
        let until = now.plus(Span::secs(PAUSE_SECS_MAX));
        Ok(vec![Event::Paused { by: host.user, reason: reason.to_owned(), until }])
    }

    pub(super) fn resume(&self, host: Host, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        self.check_host(host)?;
        self.check_bidding(now)?;
        let pause = self.pause.ok_or(Refusal::NotPaused)?;
        Ok(vec![Event::Resumed { by: Some(host.user), closes_at: self.resumed_deadline(pause.since, now) }])
    }

    pub(super) fn extend(&self, host: Host, by: Span, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        self.check_host(host)?;
        self.check_bidding(now)?;
        let allowed = Span::secs(HOST_EXTENSION_SECS_MIN)..=Span::secs(HOST_EXTENSION_SECS_MAX);
        if self.extensions_used >= HOST_EXTENSIONS_MAX || !allowed.contains(&by) {
            return Err(Refusal::ExtensionRefused);
        }
        Ok(vec![Event::Extended { closes_at: self.closes_at.plus(by), cause: ExtensionCause::Host }])
    }

    pub(super) fn close_early(&self, host: Host, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        self.check_owner(host)?;
        self.check_bidding(now)?;
        if !self.terms.rules.allow_early_close {
            return Err(Refusal::EarlyCloseNotAllowed);
        }
        Ok(vec![Event::Closed { cause: CloseCause::Early }, self.result(now, now)])
    }

    pub(super) fn cancel(&self, host: Host, reason: &str) -> Result<Vec<Event>, Refusal> {
        self.check_host(host)?;
        self.check_not_ended()?;
        Ok(vec![Event::Cancelled { by: host.user, reason: reason.to_owned() }])
    }

    pub(super) fn accept(
        &self,
        host: Host,
        bid: BidId,
        order: OrderId,
        now: UnixMicros,
    ) -> Result<Vec<Event>, Refusal> {
        self.check_owner(host)?;
        if let (State::Accepted, Some(bid)) = (self.state, self.accepted) {
            return Err(Refusal::AlreadyAccepted { bid });
        }
        self.check_not_ended()?;
        if self.state != State::Reviewing || now >= self.review_until {
            return Err(Refusal::WrongState { state: self.state.word() });
        }
        let row = self.scoreboard.iter().find(|row| row.bid == bid).ok_or(Refusal::BidNotEligible)?;
        self.live(row.merchant).ok_or(Refusal::BidNotEligible)?;
        Ok(vec![Event::Accepted { bid, merchant: row.merchant, order }])
    }

    pub(super) fn decline(&self, merchant: UserId, reason: &str, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        match (self.state, self.accepted) {
            (State::Accepted, Some(bid)) if self.bid_of(merchant) == Some(bid) => {
                let until = now.plus(Span::secs(REVIEW_SECS));
                Ok(vec![Event::Declined { bid, merchant, reason: reason.to_owned(), until }])
            }
            (State::Accepted, _) => Err(Refusal::NotYours),
            (State::Expired(_) | State::Cancelled, _) => Err(Refusal::Terminal),
            (State::Published | State::BiddingOpen | State::BiddingClosed | State::Reviewing, _) => {
                Err(Refusal::WrongState { state: self.state.word() })
            }
        }
    }

    /// Strikes a merchant's live bid; nothing to do where there is none.
    pub(super) fn disqualify(&self, merchant: UserId, reason: &str, now: UnixMicros) -> Result<Vec<Event>, Refusal> {
        self.check_not_ended()?;
        let Some(live) = self.live(merchant) else { return Ok(Vec::new()) };
        let event = Event::BidDisqualified { bid: live.id, merchant, reason: reason.to_owned() };
        Ok(match self.state {
            State::BiddingOpen => place::first_then(event, self.consequences_of_loss(merchant, now)),
            State::Published
            | State::BiddingClosed
            | State::Reviewing
            | State::Accepted
            | State::Expired(_)
            | State::Cancelled => vec![event],
        })
    }

    pub(super) fn mark(&mut self, merchant: UserId, status: BidStatus) {
        if let Some(bid) = self.parties.get_mut(&merchant).and_then(|party| party.bid.as_mut()) {
            bid.status = status;
        }
    }

    fn bid_of(&self, merchant: UserId) -> Option<BidId> {
        self.parties.get(&merchant).and_then(|party| party.bid.as_ref()).map(|bid| bid.id)
    }

    fn check_host(&self, host: Host) -> Result<(), Refusal> {
        if host.admin || host.user == self.terms.owner { Ok(()) } else { Err(Refusal::NotYours) }
    }

    fn check_owner(&self, host: Host) -> Result<(), Refusal> {
        if host.user == self.terms.owner { Ok(()) } else { Err(Refusal::NotYours) }
    }

    fn check_not_ended(&self) -> Result<(), Refusal> {
        if self.state.is_terminal() { Err(Refusal::Terminal) } else { Ok(()) }
    }

    /// Bidding is open, paused or not, and its deadline has not passed. A pause stops the deadline.
    fn check_bidding(&self, now: UnixMicros) -> Result<(), Refusal> {
        self.check_not_ended()?;
        if self.state != State::BiddingOpen {
            Err(Refusal::WrongState { state: self.state.word() })
        } else if self.pause.is_none() && now >= self.closes_at {
            Err(Refusal::TooLate { server_time: now, deadline: self.closes_at })
        } else {
            Ok(())
        }
    }
}
