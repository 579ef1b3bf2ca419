//! Placing, revising and withdrawing a bid: the checks of rules §2 in their order.

use crate::domain::auction::board::State;
use crate::domain::auction::command::Bidder;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Offer;
use crate::domain::auction::command::SendBid;
use crate::domain::auction::command::WithdrawBid;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::event::CloseCause;
use crate::domain::auction::event::Event;
use crate::domain::auction::ladder;
use crate::domain::auction::party;
use crate::domain::auction::party::Answer;
use crate::domain::auction::party::BidStatus;
use crate::domain::auction::party::OwnBid;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::score;
use crate::domain::auction::shape;
use crate::domain::auction::state::Machine;
use crate::domain::auction::terms::Visibility;
use crate::domain::ids::BidId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits::BIDDERS_MAX;
use crate::limits::LATE_BIDS_KEPT;
use crate::limits::LEADER_LOCK_SECS;
use crate::limits::STAMP_AGE_MICROS_MAX;

/// From so many live bids on, the median tells a slip.
const MEDIAN_FROM: usize = 3;

/// Why a command of a merchant goes no further.
pub(super) enum Stop {
    /// It is refused.
    Refused(Refusal),
    /// The event `seq` is its answer already.
    Seen { seq: i64 },
    /// It is refused and kept. Boxed: it is rare, and every check's `Result` is as large as this.
    Late { event: Box<Event>, refusal: Refusal },
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the first eight checks look at.
struct Attempt<'a> {
    bidder: &'a Bidder,
    /// The bid that the command names; none when it places.
    bid: Option<BidId>,
    /// What it offers; none when it withdraws.
    offer: Option<&'a Offer>,
    key: Key,
    stamp: UnixMicros,
}

/// The stamp as it counts: never after `now`, and at most two seconds before (rules §4).
fn clamped(stamp: UnixMicros, now: UnixMicros) -> UnixMicros {
    stamp.min(now).max(now.minus(Span(STAMP_AGE_MICROS_MAX)))
}

impl<R: Ranking> Machine<R> {
    pub(super) fn place(&self, place: &SendBid, now: UnixMicros) -> Result<Vec<Event>, Stop> {
        let SendBid { bidder, offer, floor, key, .. } = place;
        let stamp = clamped(place.stamp, now);
        self.admit(&Attempt { bidder, bid: None, offer: Some(offer), key: *key, stamp })?;

        let landed = shape::landed_total(&self.terms, offer).map_err(Refusal::Shape)?;
        shape::check_terms(&self.terms, offer, landed, *floor)?;
        let before = self.parties.get(&bidder.user).and_then(|party| party.bid.as_ref());
        self.check_entry(before, landed)?;
        self.check_plausible(before.map(|bid| bid.landed), landed, place.confirmed)?;
        self.check_rate(bidder, now)?;

        let content = BidContent {
            bid: before.map_or(place.bid, |bid| bid.id),
            merchant: bidder.user,
            version: before.map_or(1, |bid| bid.version.saturating_add(1)),
            offer: offer.clone(),
            landed,
            floor: *floor,
            rating_milli: before.map_or(bidder.rating_milli.clamp(0, 5_000), |bid| bid.rating_milli),
            rated_orders: before.map_or(bidder.rated_orders.max(0), |bid| bid.rated_orders),
            stamp,
            keeps_place: false,
        };
        let consequences = self.consequences(&content);
        Ok(first_then(Event::BidPlaced { content, key: *key }, consequences))
    }

    pub(super) fn revise(&self, revise: &SendBid, now: UnixMicros) -> Result<Vec<Event>, Stop> {
        let SendBid { bidder, bid, offer, floor, key, .. } = revise;
        let stamp = clamped(revise.stamp, now);
        self.admit(&Attempt { bidder, bid: Some(*bid), offer: Some(offer), key: *key, stamp })?;

        let live = self.live(bidder.user);
        let computed = shape::landed_total(&self.terms, offer).map_err(Refusal::Shape)?;
        let landed = match live {
            Some(live) if ladder::is_same_price(&live.offer, offer) => live.landed,
            Some(_) | None => computed,
        };
        shape::check_terms(&self.terms, offer, landed, *floor)?;
        let live = live.ok_or(Refusal::UnknownBid)?;
        let keeps_place = self.check_revision(live, offer, landed)?;
        self.check_plausible(Some(live.landed), landed, revise.confirmed)?;
        self.check_rate(bidder, now)?;

        let content = BidContent {
            version: live.version.saturating_add(1),
            offer: offer.clone(),
            landed,
            floor: *floor,
            keeps_place,
            bid: live.id,
            merchant: bidder.user,
            rating_milli: live.rating_milli,
            rated_orders: live.rated_orders,
            stamp,
        };
        let consequences = if keeps_place { Vec::new() } else { self.consequences(&content) };
        Ok(first_then(Event::BidRevised { content, key: *key }, consequences))
    }

    pub(super) fn withdraw(&self, withdraw: &WithdrawBid, now: UnixMicros) -> Result<Vec<Event>, Stop> {
        let WithdrawBid { bidder, bid, reason, key, .. } = withdraw;
        let stamp = clamped(withdraw.stamp, now);
        self.admit(&Attempt { bidder, bid: Some(*bid), offer: None, key: *key, stamp })?;

        self.live(bidder.user).ok_or(Refusal::UnknownBid)?;
        // Where ranks are secret the lock must not tell who is first, so it holds for everybody.
        if self.closes_at.since(stamp) <= Span::secs(LEADER_LOCK_SECS)
            && (self.terms.rules.visibility == Visibility::Sealed || self.book.leader() == Some(bidder.user))
        {
            return Err(Refusal::LeaderLocked.into());
        }
        let event = Event::BidWithdrawn { bid: *bid, merchant: bidder.user, reason: reason.clone(), key: *key };
        Ok(first_then(event, self.consequences_of_loss(bidder.user, stamp)))
    }

    /// Checks 1–8.
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Stop> {
        let Attempt { bidder, key, stamp, .. } = attempt;
        let party = self.parties.get(&bidder.user);
        let own = party.and_then(|party| party.bid.as_ref());

        let access = [
            (bidder.merchant, Refusal::NotAMerchant),
            (bidder.verified, Refusal::NotVerified),
            (!bidder.suspended, Refusal::Suspended),
            (attempt.bid.is_none_or(|named| own.is_some_and(|own| own.id == named)), Refusal::UnknownBid),
        ];
        if let Some((_, refusal)) = access.into_iter().find(|(passes, _)| !passes) {
            return Err(refusal.into());
        }
        if let Some((seen, answer)) = party.and_then(|party| party.answer(key)) {
            return Err(if seen.body == key.body { repeated(answer) } else { Refusal::KeyReused.into() });
        }
        if attempt.offer.is_some() {
            if bidder.user == self.terms.owner {
                return Err(Refusal::OwnRequest.into());
            }
            if !bidder.eligible || own.is_some_and(|own| own.status == BidStatus::Disqualified) {
                return Err(Refusal::NotEligible.into());
            }
        }
        self.check_open(attempt)?;
        if self.pause.is_some() {
            return Err(Refusal::Paused.into());
        }
        if *stamp >= self.closes_at { Err(self.late(attempt)) } else { Ok(()) }
    }

    /// Check 6, and 7 for a request that its deadline has closed: whether the timer fired before a late bid was
    /// read must not change the answer.
    fn check_open(&self, attempt: &Attempt<'_>) -> Result<(), Stop> {
        match self.state {
            State::BiddingOpen => Ok(()),
            State::BiddingClosed | State::Reviewing
                if self.close_cause == Some(CloseCause::Deadline) && attempt.stamp >= self.closes_at =>
            {
                Err(self.late(attempt))
            }
            State::Published | State::BiddingClosed | State::Reviewing => {
                Err(Refusal::NotOpen { state: self.state.word() }.into())
            }
            State::Accepted | State::Expired(_) | State::Cancelled => Err(Refusal::Terminal.into()),
        }
    }

    /// Check 7 failed: the sender hears by how much, and the first few attempts of a merchant are kept.
    fn late(&self, attempt: &Attempt<'_>) -> Stop {
        let (stamp, deadline) = (attempt.stamp, self.closes_at);
        let refusal = Refusal::TooLate { server_time: stamp, deadline };
        let kept = self.parties.get(&attempt.bidder.user).map_or(0, |party| party.late);
        match attempt.offer {
            Some(offer) if kept < LATE_BIDS_KEPT => {
                let merchant = attempt.bidder.user;
                let landed = shape::landed_total(&self.terms, offer).ok();
                let event = Event::BidTooLate { merchant, landed, stamp, deadline, key: attempt.key };
                Stop::Late { event: Box::new(event), refusal }
            }
            Some(_) | None => refusal.into(),
        }
    }

    /// Check 13 for a bid that is placed: at most one live bid, one re-entry, not above what was withdrawn.
    fn check_entry(&self, before: Option<&OwnBid>, landed: AmountMinor) -> Result<(), Refusal> {
        match before {
            Some(live) if live.status == BidStatus::Live => Err(Refusal::AlreadyBidding { bid: live.id }),
            Some(withdrawn) if withdrawn.reentered => Err(Refusal::ReentryUsed),
            Some(withdrawn) if landed > withdrawn.landed => {
                Err(Refusal::ReentryTooHigh { max_landed: withdrawn.landed })
            }
            Some(_) | None if self.book.len() >= BIDDERS_MAX => Err(Refusal::RoomFull),
            Some(_) | None => Ok(()),
        }
    }

    /// Check 13 for a revision. Tells whether the bid keeps its place in time.
    fn check_revision(&self, live: &OwnBid, offer: &Offer, landed: AmountMinor) -> Result<bool, Refusal> {
        if ladder::is_notes_alone(&live.offer, offer) {
            return Ok(true);
        }
        ladder::ratchet(&live.offer, live.landed, offer, landed)?;
        let max_landed = ladder::largest_after_a_step(live.landed);
        if landed <= max_landed || self.gain(live, offer, landed) >= ladder::GAIN_MIN {
            Ok(false)
        } else {
            Err(Refusal::StepTooSmall { max_landed })
        }
    }

    /// What a revision adds to the bid's own total against the reference of the moment, in micro-points.
    fn gain(&self, live: &OwnBid, offer: &Offer, landed: AmountMinor) -> u64 {
        let rules = &self.terms.rules;
        let total = |landed, hours| {
            let price = match rules.visibility {
                Visibility::Open | Visibility::RankOnly => {
                    self.book.reference().map_or(0, |reference| reference.price_points(party::halalas(landed)))
                }
                // Price points would tell of the others' prices to somebody who may not see any points.
                Visibility::LeadPrice | Visibility::Sealed => 0,
            };
            let merchant = score::merchant_points(live.rating_milli);
            let delivery = score::delivery_points(rules.horizon_hours, hours);
            score::total(rules.weights, price, score::base(rules.weights, merchant, delivery))
        };
        total(landed, offer.delivery_hours).saturating_sub(total(live.landed, live.offer.delivery_hours))
    }

    /// Check 14.
    fn check_plausible(&self, own: Option<AmountMinor>, landed: AmountMinor, confirmed: bool) -> Result<(), Refusal> {
        // The question alone would tell of the median, so it is asked only where everybody sees all prices.
        let shown = self.terms.rules.visibility == Visibility::Open && self.book.len() >= MEDIAN_FROM;
        let median = if shown { self.book.lower_median().map(party::amount) } else { None };
        let min_landed = ladder::least_plausible(own, median);
        if confirmed || landed >= min_landed { Ok(()) } else { Err(Refusal::ConfirmRequired { min_landed }) }
    }

    /// Check 15.
    fn check_rate(&self, bidder: &Bidder, now: UnixMicros) -> Result<(), Refusal> {
        self.parties.get(&bidder.user).map_or(Ok(()), |party| party.check_rate(now, &self.terms.rules))
    }
}

/// The event of a command, and what it set off.
pub(super) fn first_then(event: Event, consequences: Vec<Event>) -> Vec<Event> {
    let mut events = vec![event];
    events.extend(consequences);
    events
}

/// The answer that a key had the first time.
const fn repeated(answer: Answer) -> Stop {
    match answer {
        Answer::Happened { seq } => Stop::Seen { seq },
        Answer::Late { stamp, deadline } => Stop::Refused(Refusal::TooLate { server_time: stamp, deadline }),
    }
}
