//! What a customer compares after the close: the best merchant for everything, the fastest, and the cheapest split.

use crate::domain::auction::command::Line;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::money::AmountMinor;

/// More packages than this nobody wants to wait for.
pub const SPLIT_MERCHANTS_MAX: usize = 3;

/// An item and how many pieces of it are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The item.
    pub item: ItemId,
    /// Pieces, ≥ 1.
    pub quantity: i64,
}

/// An eligible bid, as far as it can be compared.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// The bid.
    pub bid: BidId,
    /// Its lines as offered.
    pub lines: &'a [Line],
    /// Its delivery fee.
    pub delivery_fee: AmountMinor,
    /// Its landed total, which an automatic cut may have made less than the sum of lines and fee.
    pub landed: AmountMinor,
    /// Its delivery time, in hours.
    pub delivery_hours: i64,
}

/// So many pieces of an item from one bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From whom.
    pub bid: BidId,
    /// What.
    pub item: ItemId,
    /// Pieces.
    pub quantity: i64,
    /// Price of one piece.
    pub unit_price: AmountMinor,
}

/// A way to get every piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Who brings what, by item as it was asked for, then by price.
    pub shares: Vec<Share>,
    /// All pieces and the fees of all who bring something.
    pub total: AmountMinor,
    /// When the last parcel is there, in hours.
    pub delivery_hours: i64,
}

/// The cheapest bid that brings everything; the lower id where two cost the same.
#[must_use]
pub fn cheapest_whole(wanted: &[Wanted], bids: &[Candidate<'_>]) -> Option<BidId> {
    bids.iter().filter(|bid| brings_all(wanted, bid)).min_by_key(|bid| (bid.landed, bid.bid)).map(|bid| bid.bid)
}

/// The fastest bid that brings everything; the cheaper where two are as fast.
#[must_use]
pub fn fastest_whole(wanted: &[Wanted], bids: &[Candidate<'_>]) -> Option<BidId> {
    let whole = bids.iter().filter(|bid| brings_all(wanted, bid));
    whole.min_by_key(|bid| (bid.delivery_hours, bid.landed, bid.bid)).map(|bid| bid.bid)
}

fn brings_all(wanted: &[Wanted], bid: &Candidate<'_>) -> bool {
    wanted.iter().all(|want| line_of(bid, want.item).is_some_and(|line| line.quantity >= want.quantity))
}

fn line_of(bid: &Candidate<'_>, item: ItemId) -> Option<Line> {
    bid.lines.iter().find(|line| line.item == item).copied()
}

/// The cheapest way to get every piece from at most [`SPLIT_MERCHANTS_MAX`] merchants, fees included; `None` where no
/// such set has everything.
///
/// Exact: every set is looked at, but for those that cannot be cheaper than the best one found. For one set the answer
/// is to take each piece where it is cheapest, since every fee of the set is paid anyway; a set of which somebody brings
/// nothing is beaten by the smaller one. An automatic cut holds for a bid as a whole, so it counts only where one
/// merchant brings everything. Where two ways cost the same, fewer merchants win, then lower ids.
#[must_use]
pub fn cheapest_split(wanted: &[Wanted], bids: &[Candidate<'_>]) -> Option<Split> {
    let table = Table::of(wanted, bids);
    let mut search = Search { table: &table, best: None };
    search.widen(&mut Vec::new(), 0);
    let (_, set) = search.best?;
    table.split(wanted, bids, &set)
}

/// Pieces and price of one item from one bid; no pieces where it does not offer the item.
#[derive(Clone, Copy)]
struct Cell {
    quantity: i64,
    unit_price: i128,
}

/// The bids as rows of numbers, so that the search touches nothing else. Sums are `i128`: fifty products of two `i64`.
struct Table {
    quantities: Vec<i64>,
    rows: Vec<Vec<Cell>>,
    fees: Vec<i128>,
    cuts: Vec<i128>,
    ids: Vec<BidId>,
    /// The least that all pieces can cost without any fee, wherever they come from.
    floor: i128,
}

impl Table {
    fn of(wanted: &[Wanted], bids: &[Candidate<'_>]) -> Self {
        let cell = |bid: &Candidate<'_>, want: &Wanted| match line_of(bid, want.item) {
            Some(line) => {
                Cell { quantity: line.quantity.min(want.quantity), unit_price: i128::from(line.unit_price.0) }
            }
            None => Cell { quantity: 0, unit_price: 0 },
        };
        let rows: Vec<Vec<Cell>> = bids.iter().map(|bid| wanted.iter().map(|want| cell(bid, want)).collect()).collect();
        let offered = |bid: &Candidate<'_>| -> i128 {
            bid.lines.iter().map(|line| i128::from(line.quantity) * i128::from(line.unit_price.0)).sum()
        };
        let fees: Vec<i128> = bids.iter().map(|bid| i128::from(bid.delivery_fee.0)).collect();
        let cuts = bids.iter().zip(&fees).map(|(bid, fee)| offered(bid) + fee - i128::from(bid.landed.0)).collect();
        let cheapest = |at: usize| {
            let offers = rows.iter().filter_map(|row| row.get(at)).filter(|cell| cell.quantity > 0);
            offers.map(|cell| cell.unit_price).min().unwrap_or(0)
        };
        let floor = wanted.iter().enumerate().map(|(at, want)| cheapest(at) * i128::from(want.quantity)).sum();
        let quantities = wanted.iter().map(|want| want.quantity).collect();
        Self { quantities, rows, fees, cuts, ids: bids.iter().map(|bid| bid.bid).collect(), floor }
    }

    /// What a set costs; `None` where pieces are missing.
    fn cost(&self, set: &[usize]) -> Option<i128> {
        let pieces = (0..self.quantities.len()).try_fold(0, |sum, item| {
            let taken = self.fill(set, item)?;
            Some(taken.iter().fold(sum, |sum, (_, quantity, price)| sum + i128::from(*quantity) * price))
        })?;
        let cut = if let [only] = set { self.cuts.get(*only).copied().unwrap_or(0) } else { 0 };
        Some(pieces + self.fees_of(set) - cut)
    }

    fn fees_of(&self, set: &[usize]) -> i128 {
        set.iter().filter_map(|bid| self.fees.get(*bid)).sum()
    }

    /// Takes an item's pieces where they are cheapest: `(bid, pieces, price)`; `None` where some are missing.
    fn fill(&self, set: &[usize], item: usize) -> Option<Vec<(usize, i64, i128)>> {
        let offer = |bid: &usize| Some((*bid, *self.rows.get(*bid)?.get(item)?));
        let mut offers: Vec<(usize, Cell)> = set.iter().filter_map(offer).filter(|(_, c)| c.quantity > 0).collect();
        offers.sort_by_key(|(bid, cell)| (cell.unit_price, self.ids.get(*bid).copied()));
        let mut missing = self.quantities.get(item).copied().unwrap_or(0);
        let mut taken = Vec::new();
        for (bid, cell) in offers {
            let pieces = cell.quantity.min(missing);
            if pieces > 0 {
                taken.push((bid, pieces, cell.unit_price));
                missing -= pieces;
            }
        }
        (missing == 0).then_some(taken)
    }

    fn split(&self, wanted: &[Wanted], bids: &[Candidate<'_>], set: &[usize]) -> Option<Split> {
        let mut shares = Vec::new();
        for (at, want) in wanted.iter().enumerate() {
            for (bid, quantity, price) in self.fill(set, at)? {
                let unit_price = AmountMinor(i64::try_from(price).ok()?);
                shares.push(Share { bid: *self.ids.get(bid)?, item: want.item, quantity, unit_price });
            }
        }
        let hours = set.iter().filter_map(|bid| bids.get(*bid)).map(|bid| bid.delivery_hours).max()?;
        Some(Split { shares, total: AmountMinor(i64::try_from(self.cost(set)?).ok()?), delivery_hours: hours })
    }
}

/// What a set is judged by: cost, number of merchants, ids.
type Rank = (i128, usize, Vec<BidId>);

struct Search<'a> {
    table: &'a Table,
    best: Option<(Rank, Vec<usize>)>,
}

impl Search<'_> {
    fn widen(&mut self, set: &mut Vec<usize>, from: usize) {
        for next in from..self.table.rows.len() {
            set.push(next);
            // A set of one may be cheaper than its fees and the floor: an automatic cut counts there.
            let hopeless = set.len() > 1
                && self.best.as_ref().is_some_and(|((cost, ..), _)| self.table.fees_of(set) + self.table.floor > *cost);
            if !hopeless {
                self.judge(set);
                if set.len() < SPLIT_MERCHANTS_MAX {
                    self.widen(set, next + 1);
                }
            }
            set.pop();
        }
    }

    fn judge(&mut self, set: &[usize]) {
        let Some(cost) = self.table.cost(set) else { return };
        if self.best.as_ref().is_some_and(|((least, ..), _)| cost > *least) {
            return;
        }
        let mut ids: Vec<BidId> = set.iter().filter_map(|bid| self.table.ids.get(*bid).copied()).collect();
        ids.sort_unstable();
        let rank = (cost, set.len(), ids);
        if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.best = Some((rank, set.to_vec()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: ItemId = ItemId(1);
    const B: ItemId = ItemId(2);

    fn line(item: ItemId, quantity: i64, price: i64) -> Line {
        Line { item, quantity, unit_price: AmountMinor(price), condition: None }
    }

    fn candidate(id: i64, lines: &[Line], fee: i64, cut: i64) -> Candidate<'_> {
        let sum: i64 = lines.iter().map(|line| line.quantity * line.unit_price.0).sum();
        Candidate {
            bid: BidId(id),
            lines,
            delivery_fee: AmountMinor(fee),
            landed: AmountMinor(sum + fee - cut),
            delivery_hours: 10 * id,
        }
    }

    fn wanted(a: i64, b: i64) -> [Wanted; 2] {
        [Wanted { item: A, quantity: a }, Wanted { item: B, quantity: b }]
    }

    #[test]
    fn a_split_pays_every_fee_and_so_loses_where_the_fees_eat_the_gain() {
        let (cheap_a, cheap_b) = ([line(A, 1, 100), line(B, 1, 900)], [line(A, 1, 800), line(B, 1, 200)]);
        let split = |fee| {
            let bids = [candidate(1, &cheap_a, fee, 0), candidate(2, &cheap_b, fee, 0)];
            cheapest_split(&wanted(1, 1), &bids).map(|split| (split.total.0, split.shares.len(), split.delivery_hours))
        };
        assert_eq!(split(10), Some((320, 2, 20)), "100 + 200 and two fees");
        assert_eq!(split(700), Some((1_700, 2, 10)), "1 000 from one, and one fee; the lower id of two equal ones");
    }

    #[test]
    fn pieces_of_one_item_may_come_from_three_and_not_from_four() {
        let one_each: Vec<[Line; 1]> = (1..=4).map(|price| [line(A, 1, price)]).collect();
        let bids: Vec<_> = (1..).zip(&one_each).map(|(id, lines)| candidate(id, lines, 0, 0)).collect();
        let want = |quantity| cheapest_split(&[Wanted { item: A, quantity }], &bids).map(|split| split.total.0);
        assert_eq!(want(3), Some(6));
        assert_eq!(want(4), None);
    }

    #[test]
    fn a_cut_counts_for_the_whole_bid_alone() {
        let (all, a) = ([line(A, 1, 500), line(B, 1, 500)], [line(A, 1, 300)]);
        let bids = [candidate(1, &all, 0, 250), candidate(2, &a, 0, 0)];
        let split = cheapest_split(&wanted(1, 1), &bids).unwrap();
        assert_eq!((split.total.0, split.shares.len()), (750, 2), "750 whole; 300 + 500 split");
    }

    #[test]
    fn whole_bids_bring_everything() {
        let (all, part) = ([line(A, 1, 500), line(B, 2, 500)], [line(A, 1, 1)]);
        let bids = [candidate(1, &all, 0, 0), candidate(2, &part, 0, 0), candidate(3, &all, 0, 100)];
        assert_eq!(cheapest_whole(&wanted(1, 2), &bids), Some(BidId(3)));
        assert_eq!(fastest_whole(&wanted(1, 2), &bids), Some(BidId(1)));
        assert_eq!(cheapest_whole(&wanted(2, 2), &bids), None);
    }

    type Offers = Vec<(Vec<Line>, i64)>;

    fn offers() -> impl Strategy<Value = Offers> {
        let one = (0_i64..3, 1_i64..50, 0_i64..3, 1_i64..50, 0_i64..20);
        let lines = one.prop_map(|(a, price_a, b, price_b, fee)| {
            let lines = [line(A, a, price_a), line(B, b, price_b)];
            (lines.into_iter().filter(|line| line.quantity > 0).collect::<Vec<_>>(), fee)
        });
        prop::collection::vec(lines, 0..7)
    }

    /// The least cost by trying every piece from every bid: slow, and obviously right.
    fn by_hand(wanted: &[Wanted], bids: &[Candidate<'_>]) -> Option<i64> {
        let pieces: Vec<ItemId> = wanted
            .iter()
            .flat_map(|want| std::iter::repeat_n(want.item, usize::try_from(want.quantity).unwrap()))
            .collect();
        let mut least = None;
        let mut choice = vec![0; pieces.len()];
        loop {
            if let Some(cost) = cost_of(&pieces, &choice, bids) {
                least = Some(least.map_or(cost, |least: i64| least.min(cost)));
            }
            let Some(at) = choice.iter().position(|bid| bid + 1 < bids.len()) else { return least };
            choice[..at].fill(0);
            choice[at] += 1;
        }
    }

    fn cost_of(pieces: &[ItemId], choice: &[usize], bids: &[Candidate<'_>]) -> Option<i64> {
        let mut used: Vec<usize> = choice.to_vec();
        used.sort_unstable();
        used.dedup();
        if used.len() > SPLIT_MERCHANTS_MAX {
            return None;
        }
        let mut cost: i64 = used.iter().map(|bid| bids.get(*bid).map(|bid| bid.delivery_fee.0)).sum::<Option<i64>>()?;
        for (bid, candidate) in bids.iter().enumerate() {
            for item in [A, B] {
                let count = pieces.iter().zip(choice).filter(|(piece, by)| **piece == item && **by == bid).count();
                if count > 0 {
                    let line = line_of(candidate, item)?;
                    let count = i64::try_from(count).ok().filter(|count| *count <= line.quantity)?;
                    cost += count * line.unit_price.0;
                }
            }
        }
        Some(cost)
    }

    proptest! {
        #[test]
        fn the_search_finds_what_trying_everything_finds(offers in offers(), a in 1_i64..3, b in 1_i64..3) {
            let bids: Vec<_> = (1..).zip(&offers).map(|(id, (lines, fee))| candidate(id, lines, *fee, 0)).collect();
            let found = cheapest_split(&wanted(a, b), &bids);
            prop_assert_eq!(found.as_ref().map(|split| split.total.0), by_hand(&wanted(a, b), &bids));
            if let Some(split) = found {
                for want in wanted(a, b) {
                    let pieces: i64 = split.shares.iter().filter(|s| s.item == want.item).map(|s| s.quantity).sum();
                    prop_assert_eq!(pieces, want.quantity);
                }
            }
        }
    }
}
