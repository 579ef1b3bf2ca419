//! The result of an auction: a pure function of its log (rules §1, §5).

use crate::domain::auction::event::Event;
use crate::domain::auction::event::ExpiryReason;
use crate::domain::auction::event::LowPrice;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::party;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::state::Machine;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits::REVIEW_SECS;

impl<R: Ranking> Machine<R> {
    /// What follows a close: the frozen scoreboard, or the end where too few bids are eligible.
    ///
    /// A bid that expired before the close is not eligible and counts for nobody's points. The review starts `now`,
    /// not at the close: an engine that was down must not take the customer's time.
    pub(super) fn result(&self, close: UnixMicros, now: UnixMicros) -> Event {
        let mut book = R::new(&self.terms.rules);
        for (merchant, live) in self.parties.iter().filter_map(|(merchant, party)| Some((*merchant, party.live()?))) {
            if live.offer.expires_at.is_none_or(|expires| expires >= close) {
                book.put(party::entry(&live.next_content(merchant, now), live.effective_seq));
            }
        }
        if book.is_empty() {
            return Event::Expired { reason: ExpiryReason::NoBids };
        }
        if book.len() < usize::from(self.terms.rules.min_bids) {
            return Event::Expired { reason: ExpiryReason::TooFewBids };
        }
        Event::Reviewing { scoreboard: scoreboard(&book), until: now.plus(Span::secs(REVIEW_SECS)) }
    }

    /// The result once more, from the state right after the close, for whoever compares it with the frozen one; `now` is
    /// when that one was decided.
    #[must_use]
    pub fn result_again(&self, now: UnixMicros) -> Event {
        self.result(self.closed_at, now)
    }
}

fn scoreboard<R: Ranking>(book: &R) -> Vec<ScoreRow> {
    let ranked = book.best(usize::MAX);
    let mut prices: Vec<u64> = ranked.iter().map(|(entry, _)| entry.landed).collect();
    prices.sort_unstable();
    let rows = ranked.into_iter().zip(1..);
    rows.map(|((entry, score), rank)| ScoreRow {
        rank,
        bid: entry.bid,
        merchant: entry.merchant,
        landed: party::amount(entry.landed),
        delivery_hours: entry.delivery_hours,
        score,
        low_price: low_price(entry.landed, &prices),
    })
    .collect()
}

/// The flag of one price among all, itself included, ascending. A lone price has nothing to be low against.
fn low_price(landed: u64, prices: &[u64]) -> LowPrice {
    let others = u64::try_from(prices.len().saturating_sub(1)).unwrap_or(0);
    if others == 0 {
        return LowPrice::default();
    }
    let sum = prices.iter().sum::<u64>().saturating_sub(landed);
    let own = prices.partition_point(|price| *price < landed);
    let next = prices.get(own + 1);
    LowPrice {
        below_mean: landed * others * 100 <= sum * 60,
        below_next: next.is_some_and(|next| landed * 100 <= next * 70),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_are_inclusive_and_exact_to_the_halala() {
        let flag = |prices: [u64; 3]| {
            let LowPrice { below_mean, below_next } = low_price(prices[0], &prices);
            (below_mean, below_next)
        };
        assert_eq!(flag([50_000, 100_000, 110_000]), (true, true));
        assert_eq!(flag([49_000, 70_000, 85_000]), (false, true), "30 % exactly; 36.8 % below the mean");
        assert_eq!(flag([49_001, 70_000, 85_000]), (false, false), "29.999 % is not enough");
        assert_eq!(flag([60_000, 85_713, 114_287]), (true, false), "40 % exactly; 29.999 % below the next");
        assert_eq!(flag([60_000, 85_713, 114_286]), (false, false), "39.9997 % is not enough");
        assert_eq!(flag([10_650_000, 10_700_000, 18_000_000]), (false, false));
    }

    #[test]
    fn a_lone_price_is_not_flagged_and_equal_prices_are_not_low() {
        assert_eq!(low_price(1, &[1]), LowPrice::default());
        assert_eq!(low_price(100, &[100, 100, 100]), LowPrice::default());
    }
}
