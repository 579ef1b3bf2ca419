//! What an auction remembers of one merchant.

use std::collections::VecDeque;

use crate::domain::auction::board::Alias;
use crate::domain::auction::command::Key;
use crate::domain::auction::command::Offer;
use crate::domain::auction::event::BidContent;
use crate::domain::auction::ranking::Entry;
use crate::domain::auction::terms::Rules;
use crate::domain::ids::BidId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

const SECOND: Span = Span::secs(1);

/// Where a bid stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum BidStatus {
    /// It counts.
    Live,
    /// Taken back; may come back once.
    Withdrawn,
    /// Struck out with its merchant.
    Disqualified,
    /// Accepted, then declined by its merchant.
    Declined,
}

/// The private floor of an automatic bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Floor {
    pub(super) amount: AmountMinor,
    /// The event that set this amount: the earlier floor wins.
    pub(super) seq: i64,
}

/// A merchant's one bid.
#[derive(Clone, Debug, Hash)]
pub(super) struct OwnBid {
    pub(super) id: BidId,
    pub(super) alias: Alias,
    pub(super) status: BidStatus,
    pub(super) version: u32,
    pub(super) offer: Offer,
    pub(super) landed: AmountMinor,
    pub(super) floor: Option<Floor>,
    pub(super) rating_milli: i64,
    pub(super) rated_orders: i64,
    pub(super) effective_seq: i64,
    pub(super) reentered: bool,
}

impl OwnBid {
    /// The bid as the next event would carry it, unchanged but for the version.
    pub(super) fn next_content(&self, merchant: UserId, stamp: UnixMicros) -> BidContent {
        BidContent {
            bid: self.id,
            merchant,
            version: self.version.saturating_add(1),
            offer: self.offer.clone(),
            landed: self.landed,
            floor: self.floor.map(|floor| floor.amount),
            rating_milli: self.rating_milli,
            rated_orders: self.rated_orders,
            stamp,
            keeps_place: false,
        }
    }
}

/// What ranking needs of a bid's content.
pub(super) fn entry(content: &BidContent, effective_seq: i64) -> Entry {
    Entry {
        merchant: content.merchant,
        bid: content.bid,
        landed: halalas(content.landed),
        delivery_hours: content.offer.delivery_hours,
        rating_milli: content.rating_milli,
        rated_orders: content.rated_orders,
        effective_seq,
    }
}

/// A landed total as the books take it: at least 1.
pub(super) fn halalas(landed: AmountMinor) -> u64 {
    u64::try_from(landed.0).unwrap_or(0).max(1)
}

/// The way back.
pub(super) fn amount(halalas: u64) -> AmountMinor {
    AmountMinor(i64::try_from(halalas).unwrap_or(i64::MAX))
}

/// What a key was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    /// The event of this number happened.
    Happened { seq: i64 },
    /// Too late, with these instants.
    Late { stamp: UnixMicros, deadline: UnixMicros },
}

/// A merchant who bid, or tried to after the deadline.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Party {
    pub(super) bid: Option<OwnBid>,
    /// One per event of this merchant, so bounded by the limits on bids; few enough to be searched in order.
    answers: Vec<(Key, Answer)>,
    /// Late bids that were kept.
    pub(super) late: u32,
    /// Bids placed and revised.
    bids: u32,
    /// When the last of them came, as many as fit in a second.
    recent: VecDeque<UnixMicros>,
}

impl Party {
    /// The live bid.
    pub(super) fn live(&self) -> Option<&OwnBid> {
        self.bid.as_ref().filter(|bid| bid.status == BidStatus::Live)
    }

    /// What a key with this digest was answered with before, and the body it came with.
    pub(super) fn answer(&self, key: &Key) -> Option<(&Key, Answer)> {
        self.answers.iter().find(|(seen, _)| seen.key == key.key).map(|(seen, answer)| (seen, *answer))
    }

    /// Remembers an answer.
    pub(super) fn remember(&mut self, key: Key, answer: Answer) {
        // Most merchants bid once, and a vector left to itself begins with room for four.
        if self.answers.is_empty() {
            self.answers.reserve_exact(1);
        }
        self.answers.push((key, answer));
    }

    /// Counts a bid for the rate.
    pub(super) fn count(&mut self, at: UnixMicros, rules: &Rules) {
        self.bids = self.bids.saturating_add(1);
        if self.recent.is_empty() {
            self.recent.reserve_exact(1);
        }
        self.recent.push_back(at);
        let most = usize::try_from(rules.bids_per_second).unwrap_or(usize::MAX);
        while self.recent.len() > most || self.recent.front().is_some_and(|first| at.since(*first) >= SECOND) {
            self.recent.pop_front();
        }
    }

    /// Check 15: so many bids a second, so many ever.
    ///
    /// # Errors
    /// [`Refusal::TooManyBids`] says when the next may come.
    pub(super) fn check_rate(&self, now: UnixMicros, rules: &Rules) -> Result<(), Refusal> {
        if self.bids >= rules.bids_per_merchant {
            return Err(Refusal::TooManyBids { retry_after: None });
        }
        let most = usize::try_from(rules.bids_per_second).unwrap_or(usize::MAX);
        match self.recent.front() {
            Some(first) if self.recent.len() >= most && now.since(*first) < SECOND => {
                Err(Refusal::TooManyBids { retry_after: Some(first.plus(SECOND).since(now)) })
            }
            Some(_) | None => Ok(()),
        }
    }
}
