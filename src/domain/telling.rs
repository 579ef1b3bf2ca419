//! What is new to somebody in an auction: the difference between what was told and how it stands. Pure, so it is a table.
//!
//! Bids write no notices: a burst of a thousand would be a thousand rows for each of its bidders. Somebody looks now and then,
//! and whoever stands otherwise than was told hears of it once (docs/decisions/0025). Rules §6 are kept by taking nothing but
//! what the person may know: in a sealed auction no rank and no price comes in here, so none can go out.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use crate::domain::auction::board::Board;
use crate::domain::auction::board::Row;
use crate::domain::auction::board::State;
use crate::domain::auction::terms::Visibility;
use crate::domain::ids::BidId;
use crate::domain::ids::OrderId;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::notice::Notice;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;

/// How far an auction has come, as somebody heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bids may come.
    Running,
    /// The customer chooses.
    Choosing,
    /// This bid was accepted.
    Chosen(BidId),
    /// It ended without an order.
    Over,
}

/// What somebody heard of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How far it has come.
    pub stage: Stage,
    /// The deadline.
    pub closes_at: UnixMicros,
    /// Whether that little time is left.
    pub soon: bool,
    /// A bidder's rank; 0 where it may not know. The customer's number of live bids.
    pub count: u32,
    /// The version of the bidder's bid with that rank; 0 for the customer.
    pub version: u32,
    /// When it was last told of rank, bids or deadline.
    pub at: UnixMicros,
}

/// What was told of an auction.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Told {
    /// The last event after which nothing was left to tell.
    pub seq: i64,
    /// The customer.
    pub customer: Option<Heard>,
    /// Those with a live bid.
    pub bidders: BTreeMap<UserId, Heard>,
}

impl Told {
    /// Whether the customer heard that it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.customer.is_some_and(|heard| heard.stage == Stage::Over)
    }
}

/// How an auction stands.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Its board, with all rows.
    pub board: &'a Board,
    /// The rank with which each bidder's own last bid was answered, where it bid since what was told: it knows of that one.
    pub answered: &'a HashMap<UserId, u32>,
    /// The order of the accepted bid, once there is one.
    pub order: Option<OrderId>,
    /// Who called it off, once somebody did.
    pub called_off_by: Option<UserId>,
    /// When.
    pub now: UnixMicros,
    /// Notices that are wanted at most: what is left is told by the next look.
    pub most: usize,
}

/// What a look led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Who is told what.
    pub notices: Vec<(UserId, Notice)>,
    /// What was told then.
    pub told: Told,
    /// When there is more to tell, though nothing happens until then. Not after `now` where `most` was too little.
    pub again_at: Option<UnixMicros>,
    /// Whether nothing can follow.
    pub done: bool,
}

/// What is new since `told`.
#[must_use]
pub fn difference(told: &Told, look: Look<'_>) -> Telling {
    let Look { board, now, most, .. } = look;
    let mut telling = Telling { notices: Vec::new(), told: told.clone(), again_at: None, done: false };
    // Whoever took a bid back has left.
    let here: HashSet<UserId> = board.rows.iter().map(|row| row.merchant).collect();
    telling.told.bidders.retain(|merchant, _| here.contains(merchant));
    let owner = board.terms.owner;
    let (heard, notice) = look.of_customer(told.customer.as_ref(), &mut telling.again_at);
    telling.told.customer = Some(heard);
    telling.notices.extend(notice.map(|notice| (owner, notice)));
    for row in &board.rows {
        if telling.notices.len() >= most {
            telling.again_at = Some(now);
            return telling;
        }
        let (heard, notice) = look.of_bidder(row, told.bidders.get(&row.merchant), &mut telling.again_at);
        telling.told.bidders.insert(row.merchant, heard);
        telling.notices.extend(notice.map(|notice| (row.merchant, notice)));
    }
    let waits_for_order = look.order.is_none() && board.state == State::Accepted;
    if telling.again_at.is_none() && !waits_for_order {
        telling.told.seq = board.seq;
        telling.done = board.state.is_terminal();
    }
    telling
}

impl Look<'_> {
    /// Bids that came since what was told and of which nothing says with which rank they were answered, each with its version:
    /// whoever knew that forgot it, and the journal has it still.
    #[must_use]
    pub fn unanswered(&self, told: &Told) -> BTreeMap<UserId, u32> {
        let is_told = self.stage() == Stage::Running && shows_rank(self.board.terms.rules.visibility);
        let heard = |row: &Row| told.bidders.get(&row.merchant).is_some_and(|heard| heard.version == row.version);
        let rows = self.board.rows.iter().filter(|row| is_told && !heard(row));
        rows.filter(|row| !self.answered.contains_key(&row.merchant)).map(|row| (row.merchant, row.version)).collect()
    }

    fn of_customer(&self, before: Option<&Heard>, again: &mut Option<UnixMicros>) -> (Heard, Option<Notice>) {
        let (board, request) = (self.board, self.board.terms.request);
        let before = before.copied().unwrap_or_else(|| self.first());
        let stage = self.stage();
        let heard = Heard { stage, ..before };
        let notice = match (before.stage, stage) {
            (Stage::Running, Stage::Running) => return self.of_running(heard, again),
            (Stage::Running, Stage::Choosing) => Some(Notice::BiddingClosed {
                request,
                bids: Some(board.live_bids),
                rank: None,
                review_until: board.review_until,
            }),
            (Stage::Running | Stage::Choosing | Stage::Chosen(_), Stage::Over) => match board.state {
                State::Expired(reason) => Some(Notice::RequestExpired { request, reason }),
                // Where it called it off itself it knows.
                State::Cancelled => {
                    let by_other = self.called_off_by.is_some_and(|by| by != board.terms.owner);
                    by_other.then_some(Notice::RequestCalledOff { request })
                }
                State::Published | State::BiddingOpen | State::BiddingClosed | State::Reviewing | State::Accepted => {
                    None
                }
            },
            // It chose itself; and of a decline it hears by the order.
            (_, Stage::Chosen(_) | Stage::Choosing | Stage::Running) | (Stage::Over, Stage::Over) => None,
        };
        (heard, notice)
    }

    fn of_running(&self, heard: Heard, again: &mut Option<UnixMicros>) -> (Heard, Option<Notice>) {
        let (board, request) = (self.board, self.board.terms.request);
        // A revised bid is the same bid, here as wherever the customer reads a number of bids.
        let bids = board.live_bids;
        // That there is more time is news for bidders: the customer gave it, or it came with a bid.
        let heard = Heard { closes_at: heard.closes_at.max(board.closes_at), ..heard };
        if let Some(told) = self.of_time(heard, heard.count < bids, again) {
            return told;
        }
        // Where bids were taken back there is nothing to tell, and the next one counts from there.
        let heard = Heard { count: heard.count.min(bids), soon: self.is_soon(heard), ..heard };
        let new = bids - heard.count;
        if new == 0 || !self.may_say(heard, limits::NEW_BID_PAUSE_SECS, again) {
            return (heard, None);
        }
        let best = match board.terms.rules.visibility {
            Visibility::Open | Visibility::LeadPrice | Visibility::RankOnly => board.best_landed,
            Visibility::Sealed => None,
        };
        (Heard { count: bids, at: self.now, ..heard }, Some(Notice::NewBid { request, bids: new, best }))
    }

    fn of_bidder(&self, row: &Row, before: Option<&Heard>, again: &mut Option<UnixMicros>) -> (Heard, Option<Notice>) {
        let (board, request) = (self.board, self.board.terms.request);
        let visibility = board.terms.rules.visibility;
        let before = before.copied().unwrap_or_else(|| self.first());
        let stage = self.stage();
        let heard = Heard { stage, ..before };
        let rank = shows_rank(visibility).then_some(row.rank);
        let notice = match (before.stage, stage) {
            (Stage::Running, Stage::Running) => return self.of_bidding(row, heard, again),
            (Stage::Running, Stage::Choosing) => {
                let bids = (visibility == Visibility::Open).then_some(board.live_bids);
                Some(Notice::BiddingClosed { request, bids, rank, review_until: board.review_until })
            }
            (old, Stage::Chosen(bid)) if old == Stage::Chosen(bid) => None,
            (_, Stage::Chosen(bid)) if row.bid == bid => match self.order {
                Some(order) => Some(Notice::Accepted { request, order, total: row.landed }),
                // Declined a moment ago: the auction hears of that soon.
                None => return (before, None),
            },
            (Stage::Running | Stage::Choosing | Stage::Chosen(_) | Stage::Over, Stage::Chosen(bid)) => {
                // From here on every bidder may know its rank, the number of bids and the gap.
                let chosen = board.rows.iter().find(|row| row.bid == bid).map(|row| row.landed);
                let gap_hundredths = chosen.and_then(|chosen| gap(row.landed, chosen));
                Some(Notice::NotChosen { request, rank: Some(row.rank), bids: board.live_bids, gap_hundredths })
            }
            (Stage::Running | Stage::Choosing | Stage::Chosen(_), Stage::Over) => Some(match board.state {
                State::Expired(_) => {
                    Notice::NotChosen { request, rank: Some(row.rank), bids: board.live_bids, gap_hundredths: None }
                }
                State::Published
                | State::BiddingOpen
                | State::BiddingClosed
                | State::Reviewing
                | State::Accepted
                | State::Cancelled => Notice::RequestCancelled { request },
            }),
            (_, Stage::Choosing | Stage::Running) | (Stage::Over, Stage::Over) => None,
        };
        (heard, notice)
    }

    fn of_bidding(&self, row: &Row, heard: Heard, again: &mut Option<UnixMicros>) -> (Heard, Option<Notice>) {
        let (board, request) = (self.board, self.board.terms.request);
        // Whoever bid since knows the rank of the answer, not that of the last notice.
        let known = if heard.version == row.version {
            heard.count
        } else {
            self.answered.get(&row.merchant).copied().unwrap_or(row.rank)
        };
        let visibility = board.terms.rules.visibility;
        let (count, rank) = if shows_rank(visibility) { (known, row.rank) } else { (0, 0) };
        let heard = Heard { count, version: row.version, ..heard };
        if let Some(told) = self.of_time(heard, count != rank, again) {
            return told;
        }
        let heard = Heard { soon: self.is_soon(heard), ..heard };
        if count == rank || !self.may_say(heard, limits::RANK_PAUSE_SECS, again) {
            return (heard, None);
        }
        let best = match visibility {
            Visibility::Open | Visibility::LeadPrice => board.best_landed,
            Visibility::RankOnly | Visibility::Sealed => None,
        };
        let notice =
            if rank > count { Notice::Outbid { request, rank, best } } else { Notice::RankGained { request, rank } };
        (Heard { count: rank, at: self.now, ..heard }, Some(notice))
    }

    /// What there is to say of the deadline. One thing a look: where there is `more` it is said a little later.
    fn of_time(&self, heard: Heard, more: bool, again: &mut Option<UnixMicros>) -> Option<(Heard, Option<Notice>)> {
        let (board, request) = (self.board, self.board.terms.request);
        let closes_at = board.closes_at;
        let rest = closes_at.since(self.now);
        let whole = closes_at.since(board.terms.opens_at);
        let soon = Span::secs(limits::CLOSING_SOON_SECS);
        // Where all the time there is is little, nobody needs to hear that little is left.
        let worth = whole > Span(soon.0.saturating_mul(2));
        let running = board.state == State::BiddingOpen && !board.paused && rest > Span::ZERO;
        if running && worth && rest <= soon && !heard.soon {
            let heard = Heard { soon: true, closes_at: closes_at.max(heard.closes_at), ..heard };
            if more {
                come_back(again, self.now.plus(Span::secs(1)));
            }
            return Some((heard, Some(Notice::ClosingSoon { request, closes_at })));
        }
        // A pause of a second gives back a second. What is too little to tell adds up.
        let more_time = closes_at.since(heard.closes_at);
        if more_time < Span::secs(limits::EXTENDED_SECS_MIN) || !self.may_say(heard, limits::EXTENDED_PAUSE_SECS, again)
        {
            return None;
        }
        let heard = Heard { closes_at, at: self.now, soon: self.is_soon(heard), ..heard };
        if more {
            come_back(again, self.now.plus(Span::secs(1)));
        }
        Some((heard, Some(Notice::DeadlineExtended { request, closes_at })))
    }

    /// Whether "soon" still holds. A soft close that gives two minutes more is no reason to say it again; a host who gives a
    /// day is.
    fn is_soon(&self, heard: Heard) -> bool {
        let twice = Span::secs(2 * limits::CLOSING_SOON_SECS);
        heard.soon && self.board.closes_at.since(self.now) <= twice
    }

    /// Whether it is long enough ago that this person was told something of the kind; says when it will be.
    fn may_say(&self, heard: Heard, pause_secs: i64, again: &mut Option<UnixMicros>) -> bool {
        let from = heard.at.plus(Span::secs(pause_secs));
        if from <= self.now {
            return true;
        }
        come_back(again, from);
        false
    }

    /// What a person knows who has just come.
    fn first(&self) -> Heard {
        let soon = Span::secs(limits::CLOSING_SOON_SECS);
        let closes_at = self.board.closes_at;
        let soon = closes_at.since(self.now) <= soon;
        Heard { stage: Stage::Running, closes_at, soon, count: 0, version: 0, at: UnixMicros(0) }
    }

    fn stage(&self) -> Stage {
        match self.board.state {
            State::Published | State::BiddingOpen | State::BiddingClosed => Stage::Running,
            State::Reviewing => Stage::Choosing,
            State::Accepted => self.board.accepted.map_or(Stage::Choosing, Stage::Chosen),
            State::Expired(_) | State::Cancelled => Stage::Over,
        }
    }
}

/// Notes that there is more to tell from then on.
fn come_back(again: &mut Option<UnixMicros>, at: UnixMicros) {
    *again = Some(again.map_or(at, |other| other.min(at)));
}

/// Whether a bidder may know its rank before the end (rules §6).
const fn shows_rank(visibility: Visibility) -> bool {
    match visibility {
        Visibility::Open | Visibility::LeadPrice | Visibility::RankOnly => true,
        Visibility::Sealed => false,
    }
}

/// How much more `landed` is than `chosen`, in hundredths of a percent, towards zero.
fn gap(landed: AmountMinor, chosen: AmountMinor) -> Option<i64> {
    landed.minus(chosen)?.times(10_000)?.0.checked_div(chosen.0)
}

#[cfg(test)]
mod tests;
