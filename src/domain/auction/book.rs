//! Ranked bids, fast: nothing is kept in order but the prices, and nothing that depends on another bid is kept.
//!
//! A bid moves the reference price and with it every total, so a sorted ranking would have to be rebuilt for each
//! bid. Instead a rank is counted when it is asked for, in one flat pass over rows of 24 bytes. Each row keeps the
//! reciprocal of its price, which makes the one division a row two multiplications. Rejected: totals that are kept and
//! refreshed when the reference moves (the worst case costs as much, and there is a stale state to get wrong), and
//! counting by `N >= landed × need` (measured slower: it takes two bars, one each side of a tie).

use std::collections::HashMap;

use crate::domain::auction::event::Score;
use crate::domain::auction::ranking::Entry;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::score;
use crate::domain::auction::score::FULL;
use crate::domain::auction::score::Reference;
use crate::domain::auction::terms::Rules;
use crate::domain::ids::UserId;

/// What a pass reads of a bid, one bid after the other.
#[derive(Clone, Copy, Debug)]
struct Row {
    landed: u64,
    /// 2^64 / landed, rounded down; one less where landed is a power of two.
    reciprocal: u64,
    /// The part of a hundred times the total that does not depend on prices.
    base: u64,
}

impl Row {
    const fn new(landed: u64, base: u64) -> Self {
        Self { landed, reciprocal: u64::MAX / landed, base }
    }

    /// A hundred times the total, with all its places. No branch and no division: this is the inner loop.
    #[inline]
    fn hundredfold(&self, reference: Reference, weight: u64) -> u64 {
        // The reciprocal is short of 2^64 / landed by at most 1 and the reference is below 2^64, so the estimate is
        // short by at most 1.
        let estimate = high_half(reference.0, self.reciprocal);
        let rest = reference.0 - estimate * self.landed;
        weight * (estimate + u64::from(rest >= self.landed)).min(FULL) + self.base
    }
}

/// The upper 64 bits of a product.
const fn high_half(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

/// A price that is looked at as if it had replaced another.
#[derive(Clone, Copy)]
struct Swap {
    out: Option<u64>,
    into: u64,
}

/// The live bids of one auction.
#[derive(Clone, Debug)]
pub struct Book {
    rules: Rules,
    slots: HashMap<UserId, usize>,
    rows: Vec<Row>,
    entries: Vec<Entry>,
    /// Every landed total, ascending.
    prices: Vec<u64>,
}

impl Book {
    fn weight(&self) -> u64 {
        u64::from(self.rules.weights.price)
    }

    fn total(&self, reference: Reference, entry: &Entry) -> u64 {
        score::total(self.rules.weights, reference.price_points(entry.landed), entry.base(&self.rules))
    }

    fn slot(&self, merchant: UserId) -> Option<usize> {
        self.slots.get(&merchant).copied()
    }

    fn entry(&self, merchant: UserId) -> Option<&Entry> {
        self.entries.get(self.slot(merchant)?)
    }

    /// The price at `index` of the ascending prices after the swap, found without swapping.
    fn price_at(&self, index: usize, swap: Swap) -> u64 {
        let kept = |at: usize| {
            let gap = swap.out.map_or(usize::MAX, |out| self.prices.partition_point(|price| *price < out));
            self.prices.get(if at < gap { at } else { at + 1 }).copied()
        };
        let below = self.prices.partition_point(|price| *price < swap.into)
            - usize::from(swap.out.is_some_and(|out| out < swap.into));
        match index.cmp(&below) {
            std::cmp::Ordering::Less => kept(index).unwrap_or(swap.into),
            std::cmp::Ordering::Equal => swap.into,
            std::cmp::Ordering::Greater => kept(index - 1).unwrap_or(swap.into),
        }
    }

    fn reference_with(&self, entry: &Entry) -> Reference {
        let out = self.entry(entry.merchant).map(|own| own.landed);
        let swap = Swap { out, into: entry.landed };
        let count = self.len() + usize::from(out.is_none());
        Reference::new(self.rules.formula, count, self.price_at(0, swap), self.price_at((count - 1) / 2, swap))
    }

    /// How many bids of other merchants stand before `entry`, whose own row, if it has one, is passed over.
    fn count_before(&self, reference: Reference, entry: &Entry) -> usize {
        let (total, weight) = (self.total(reference, entry), self.weight());
        let (level, above) = (100 * total, 100 * (total + 1));
        let (mut better, mut at_least) = (0_usize, 0_usize);
        let mut count = |row: &Row| {
            let reached = row.hundredfold(reference, weight);
            better += usize::from(reached >= above);
            at_least += usize::from(reached >= level);
        };
        let (before, from) = self.rows.split_at(self.slot(entry.merchant).unwrap_or(self.rows.len()));
        before.iter().for_each(&mut count);
        from.iter().skip(1).for_each(&mut count);
        if at_least == better {
            return better;
        }
        // Equal totals are rare, so their tie order is looked at in a second pass.
        let own = entry.place(total);
        let tied = self.rows.iter().zip(&self.entries).filter(|(row, other)| {
            (level..above).contains(&row.hundredfold(reference, weight))
                && other.merchant != entry.merchant
                && other.place(total) < own
        });
        better + tied.count()
    }

    /// The best of `champion` and all rows of other merchants.
    fn champion(&self, reference: Reference, champion: Entry) -> Entry {
        let (own, weight) = (champion.merchant, self.weight());
        let mut best = champion;
        let mut total = self.total(reference, &best);
        for (row, entry) in self.rows.iter().zip(&self.entries) {
            let reached = row.hundredfold(reference, weight);
            if reached >= 100 * total && entry.merchant != own && entry.place(reached / 100) < best.place(total) {
                best = *entry;
                total = reached / 100;
            }
        }
        best
    }
}

impl Ranking for Book {
    fn new(rules: &Rules) -> Self {
        Self { rules: rules.clone(), slots: HashMap::new(), rows: Vec::new(), entries: Vec::new(), prices: Vec::new() }
    }

    fn put(&mut self, entry: Entry) {
        let row = Row::new(entry.landed, entry.base(&self.rules));
        let to = self.prices.partition_point(|price| *price < entry.landed);
        let own = self.slot(entry.merchant).and_then(|slot| self.entries.get_mut(slot).zip(self.rows.get_mut(slot)));
        if let Some((own, own_row)) = own {
            let from = self.prices.partition_point(|price| *price < own.landed);
            // Only what lies between the old and the new price moves.
            if to > from {
                if let Some(between) = self.prices.get_mut(from..to) {
                    between.rotate_left(1);
                }
                if let Some(price) = self.prices.get_mut(to - 1) {
                    *price = entry.landed;
                }
            } else if let Some(between) = self.prices.get_mut(to..=from) {
                between.rotate_right(1);
                if let Some(price) = between.first_mut() {
                    *price = entry.landed;
                }
            }
            *own = entry;
            *own_row = row;
        } else {
            self.slots.insert(entry.merchant, self.entries.len());
            self.prices.insert(to, entry.landed);
            self.entries.push(entry);
            self.rows.push(row);
        }
    }

    fn remove(&mut self, merchant: UserId) {
        let Some(slot) = self.slots.remove(&merchant) else { return };
        let gone = self.entries.swap_remove(slot);
        self.rows.swap_remove(slot);
        self.prices.remove(self.prices.partition_point(|price| *price < gone.landed));
        if let Some(moved) = self.entries.get(slot) {
            self.slots.insert(moved.merchant, slot);
        }
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn lowest(&self) -> Option<u64> {
        self.prices.first().copied()
    }

    fn lower_median(&self) -> Option<u64> {
        self.prices.get(self.len().saturating_sub(1) / 2).copied()
    }

    fn reference(&self) -> Option<Reference> {
        Some(Reference::new(self.rules.formula, self.len(), self.lowest()?, self.lower_median()?))
    }

    fn standing(&self, merchant: UserId) -> Option<(u32, Score)> {
        let (entry, reference) = (self.entry(merchant)?, self.reference()?);
        let before = u32::try_from(self.count_before(reference, entry)).unwrap_or(u32::MAX);
        Some((before.saturating_add(1), entry.score(&self.rules, reference)))
    }

    fn leader(&self) -> Option<UserId> {
        let first = self.entries.first()?;
        Some(self.champion(self.reference()?, *first).merchant)
    }

    fn leader_with(&self, entry: &Entry) -> UserId {
        self.champion(self.reference_with(entry), *entry).merchant
    }

    fn leads_with(&self, entry: &Entry) -> bool {
        let reference = self.reference_with(entry);
        let (total, weight) = (self.total(reference, entry), self.weight());
        let place = entry.place(total);
        !self.rows.iter().zip(&self.entries).any(|(row, other)| {
            let reached = row.hundredfold(reference, weight);
            reached >= 100 * total && other.merchant != entry.merchant && other.place(reached / 100) < place
        })
    }

    fn best(&self, most: usize) -> Vec<(Entry, Score)> {
        let Some(reference) = self.reference() else { return Vec::new() };
        // Sixteen bytes a bid are sorted; the tie order is looked up in the rare case that totals are equal.
        let total = |(slot, entry): (usize, &Entry)| (self.total(reference, entry), slot);
        let mut totals: Vec<(u64, usize)> = self.entries.iter().enumerate().map(total).collect();
        let order = |a: &(u64, usize), b: &(u64, usize)| {
            let tie = || {
                let place = |(total, slot): &(u64, usize)| self.entries.get(*slot).map(|entry| entry.place(*total));
                place(a).cmp(&place(b))
            };
            b.0.cmp(&a.0).then_with(tie)
        };
        if most < totals.len() {
            totals.select_nth_unstable_by(most, order);
            totals.truncate(most);
        }
        totals.sort_unstable_by(order);
        let row = |slot: usize| self.entries.get(slot).map(|entry| (*entry, entry.score(&self.rules, reference)));
        totals.into_iter().filter_map(|(_, slot)| row(slot)).collect()
    }
}
