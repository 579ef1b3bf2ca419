//! What an auction came to, read off its journal.

use std::collections::BTreeMap;

use crate::domain::auction::board::State;
use crate::domain::auction::event::Event;
use crate::domain::auction::state::Auction;
use crate::domain::ids::UserId;
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;

/// An auction as analytics sees it after some event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The last event.
    pub seq: i64,
    /// The state.
    pub state: State,
    /// Bids that were ever placed, one a merchant.
    pub bids: i64,
    /// The sum of their landed totals as they stand, or stood when they were taken back, in halalas.
    pub landed: i64,
    /// From the opening to the first bid, in whole seconds.
    pub response_s: Option<i64>,
    /// What the first bid came to when it was placed.
    pub first_landed: Option<AmountMinor>,
    /// The lower median of all landed totals.
    pub median_landed: Option<AmountMinor>,
    /// What the accepted bid comes to.
    pub chosen_landed: Option<AmountMinor>,
    /// From the result to the choice, in whole seconds.
    pub choice_s: Option<i64>,
    /// How it ended for each bid; empty while it has not, and where it was called off.
    pub standings: Vec<Standing>,
}

/// How an auction ended for one bid. It is what its merchant learns then (rules §6) and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose.
    pub merchant: UserId,
    /// From 1; `None` for a bid that no longer counted.
    pub rank: Option<i64>,
    /// Bids that were ranked.
    pub bids: i64,
    /// Whether it was accepted.
    pub won: bool,
    /// How far it lay above the accepted one, in thousandths of that.
    pub gap_permille: Option<i64>,
    /// From the opening to this bid, in whole seconds.
    pub response_s: i64,
}

struct Placed {
    at: UnixMicros,
    landed: AmountMinor,
}

impl Course {
    /// Follows a journal from its first entry; `None` where that is no publication.
    #[must_use]
    pub fn follow<'a>(entries: impl IntoIterator<Item = (&'a Event, UnixMicros)>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let (Event::Published(terms), at) = entries.next()? else { return None };
        let opens_at = terms.opens_at;
        let mut auction = Auction::published(terms.clone(), at);
        let mut placed: BTreeMap<UserId, Placed> = BTreeMap::new();
        let (mut first, mut result_at, mut chosen_at) = (None, None, None);
        for (event, at) in entries {
            auction.apply(event, at);
            if let Some(content) = event.content() {
                first = first.or(Some((at, content.landed)));
                let bid = placed.entry(content.merchant).or_insert(Placed { at, landed: content.landed });
                bid.landed = content.landed;
            }
            match event {
                Event::Reviewing { .. } => result_at = Some(at),
                Event::Accepted { .. } => chosen_at = Some(at),
                Event::Declined { .. } => chosen_at = None,
                Event::Published(_)
                | Event::Opened
                | Event::BidPlaced { .. }
                | Event::BidRevised { .. }
                | Event::BidAutoCut { .. }
                | Event::BidWithdrawn { .. }
                | Event::BidDisqualified { .. }
                | Event::BidTooLate { .. }
                | Event::Extended { .. }
                | Event::Paused { .. }
                | Event::Resumed { .. }
                | Event::Interrupted { .. }
                | Event::RingWidened { .. }
                | Event::Closed { .. }
                | Event::Expired { .. }
                | Event::Cancelled { .. } => {}
            }
        }
        let response = |at: UnixMicros| at.since(opens_at).whole_secs().max(0);
        let mut amounts: Vec<AmountMinor> = placed.values().map(|bid| bid.landed).collect();
        amounts.sort_unstable();
        let standings = standings(&auction, &placed, response);
        Some(Self {
            seq: auction.seq(),
            state: auction.state(),
            bids: count(placed.len()),
            landed: amounts.iter().fold(0, |sum: i64, amount| sum.saturating_add(amount.0)),
            response_s: first.map(|(at, _)| response(at)),
            first_landed: first.map(|(_, landed)| landed),
            median_landed: amounts.get(amounts.len().saturating_sub(1) / 2).copied(),
            chosen_landed: accepted(&auction).map(|(_, landed)| landed),
            choice_s: chosen_at.zip(result_at).map(|(chosen, result)| chosen.since(result).whole_secs().max(0)),
            standings,
        })
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Whose bid was accepted, and what it comes to.
fn accepted(auction: &Auction) -> Option<(UserId, AmountMinor)> {
    let bid = auction.outline().accepted?;
    let row = auction.scoreboard().iter().find(|row| row.bid == bid)?;
    Some((row.merchant, row.landed))
}

fn standings(
    auction: &Auction,
    placed: &BTreeMap<UserId, Placed>,
    response: impl Fn(UnixMicros) -> i64,
) -> Vec<Standing> {
    if !matches!(auction.state(), State::Accepted | State::Expired(_)) {
        return Vec::new();
    }
    let board = auction.board();
    let rows: BTreeMap<UserId, _> = board.rows.iter().map(|row| (row.merchant, row)).collect();
    let winner = accepted(auction);
    let standing = |(merchant, bid): (&UserId, &Placed)| {
        let row = rows.get(merchant);
        let gap = |landed: AmountMinor, best: AmountMinor| landed.minus(best)?.times(1_000)?.0.checked_div(best.0);
        Standing {
            merchant: *merchant,
            rank: row.map(|row| i64::from(row.rank)),
            bids: count(board.rows.len()),
            won: winner.is_some_and(|(winner, _)| winner == *merchant),
            gap_permille: row.zip(winner).and_then(|(row, (_, best))| gap(row.landed, best)),
            response_s: response(bid.at),
        }
    };
    placed.iter().map(standing).collect()
}
