//! Ranked bids, fast: nothing is kept in order but the prices, and nothing that depends on another bid is kept.
//!
//! A bid moves the reference price and with it every total, so a sorted ranking would have to be rebuilt for each
//! bid. Instead a rank is counted when it is asked for, in one flat pass over rows of 24 bytes. Each row keeps the
//! reciprocal of its price, which makes the one division a row two multiplications. Rejected: totals that are kept and
//! refreshed when the reference moves (the worst case costs as much, and there is a stale state to get wrong), and
//! counting by `N >= landed × need` (measured slower: it takes two bars, one each side of a tie).
//!
//! Who leads is asked twice for every bid in the soft-close window, and dozens of times for an automatic one. Only a
//! bid can lead that no other beats in price and in everything else at once, whatever the reference is, and of those
//! there are few: they are kept as the `Front`. Rejected: a leader that is kept until the next bid. It answers who led
//! before the bid, and leaves the pass that tells who would lead after it.

use std::collections::HashMap;

use crate::domain::auction::event::Score;
use crate::domain::auction::ranking::Entry;
use crate::domain::auction::ranking::Place;
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

/// Bids side by side: what a pass reads, and what a tie is broken by.
#[derive(Clone, Debug, Default)]
struct Field {
    rows: Vec<Row>,
    entries: Vec<Entry>,
}

impl Field {
    /// The best of `champion` and the bids of other merchants, against a reference.
    fn champion(&self, rules: &Rules, reference: Reference, champion: Entry) -> Entry {
        let (own, weight) = (champion.merchant, u64::from(rules.weights.price));
        let mut best = champion;
        let mut total = total(rules, reference, &best);
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

fn total(rules: &Rules, reference: Reference, entry: &Entry) -> u64 {
    score::total(rules.weights, reference.price_points(entry.landed), entry.base(rules))
}

/// A bid's place among bids with an equal total.
const fn tie(entry: &Entry) -> Place {
    entry.place(0)
}

/// The bids of which one leads, whatever the reference: from the last in tie order to the first, each with fewer points
/// besides the price than the one before it. This way round a cut is put in near the end, and little moves.
///
/// A bid that is left out has one before it with a price as low and points as many, whose total is then as high and
/// which wins the tie. So a bid that gets better keeps out whom it kept out before; only one that goes or gets worse
/// has all the others looked at again.
#[derive(Clone, Debug, Default)]
struct Front(Field);

impl Front {
    fn insert(&mut self, row: Row, entry: Entry) {
        let Field { rows, entries } = &mut self.0;
        let at = entries.partition_point(|other| tie(other) > tie(&entry));
        if rows.get(at).is_some_and(|ahead| ahead.base >= row.base) {
            return;
        }
        let beaten = rows.iter().take(at).rev().take_while(|behind| behind.base <= row.base).count();
        rows.splice(at - beaten..at, [row]);
        entries.splice(at - beaten..at, [entry]);
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.0.entries.binary_search_by(|other| tie(entry).cmp(&tie(other))).is_ok()
    }
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
    all: Field,
    front: Front,
    /// Every landed total, ascending.
    prices: Vec<u64>,
}

impl Book {
    fn weight(&self) -> u64 {
        u64::from(self.rules.weights.price)
    }

    fn slot(&self, merchant: UserId) -> Option<usize> {
        self.slots.get(&merchant).copied()
    }

    fn entry(&self, merchant: UserId) -> Option<&Entry> {
        self.all.entries.get(self.slot(merchant)?)
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
        let (total, weight) = (total(&self.rules, reference, entry), self.weight());
        let (level, above) = (100 * total, 100 * (total + 1));
        let (mut better, mut at_least) = (0_usize, 0_usize);
        let mut count = |row: &Row| {
            let reached = row.hundredfold(reference, weight);
            better += usize::from(reached >= above);
            at_least += usize::from(reached >= level);
        };
        let (before, from) = self.all.rows.split_at(self.slot(entry.merchant).unwrap_or(self.len()));
        before.iter().for_each(&mut count);
        from.iter().skip(1).for_each(&mut count);
        if at_least == better {
            return better;
        }
        // Equal totals are rare, so their tie order is looked at in a second pass.
        let own = entry.place(total);
        let tied = self.all.rows.iter().zip(&self.all.entries).filter(|(row, other)| {
            (level..above).contains(&row.hundredfold(reference, weight))
                && other.merchant != entry.merchant
                && other.place(total) < own
        });
        better + tied.count()
    }

    /// The bids among which somebody leads once `entry` replaced what its merchant has now, besides `entry` itself.
    fn rivals_of(&self, entry: &Entry) -> &Field {
        match self.entry(entry.merchant) {
            // Its own bid keeps others off the front, which come back when it gets worse.
            Some(own) if !self.beats(entry, own) && self.front.holds(own) => &self.all,
            Some(_) | None => &self.front.0,
        }
    }

    /// Whether `entry` stands before whatever stands behind `other`, whatever the reference is.
    fn beats(&self, entry: &Entry, other: &Entry) -> bool {
        tie(entry) <= tie(other) && entry.base(&self.rules) >= other.base(&self.rules)
    }

    fn rebuild_front(&mut self) {
        self.front = Front::default();
        for (row, entry) in self.all.rows.iter().zip(&self.all.entries) {
            self.front.insert(*row, *entry);
        }
    }
}

impl Ranking for Book {
    fn new(rules: &Rules) -> Self {
        let (all, front) = (Field::default(), Front::default());
        Self { rules: rules.clone(), slots: HashMap::new(), all, front, prices: Vec::new() }
    }

    fn put(&mut self, entry: Entry) {
        let row = Row::new(entry.landed, entry.base(&self.rules));
        let to = self.prices.partition_point(|price| *price < entry.landed);
        let slot = self.slot(entry.merchant);
        let own = slot.and_then(|slot| self.all.entries.get_mut(slot).zip(self.all.rows.get_mut(slot)));
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
            let before = std::mem::replace(own, entry);
            *own_row = row;
            if self.beats(&entry, &before) || !self.front.holds(&before) {
                self.front.insert(row, entry);
            } else {
                self.rebuild_front();
            }
        } else {
            self.slots.insert(entry.merchant, self.len());
            self.prices.insert(to, entry.landed);
            self.all.entries.push(entry);
            self.all.rows.push(row);
            self.front.insert(row, entry);
        }
    }

    fn remove(&mut self, merchant: UserId) {
        let Some(slot) = self.slots.remove(&merchant) else { return };
        let gone = self.all.entries.swap_remove(slot);
        self.all.rows.swap_remove(slot);
        self.prices.remove(self.prices.partition_point(|price| *price < gone.landed));
        if let Some(moved) = self.all.entries.get(slot) {
            self.slots.insert(moved.merchant, slot);
        }
        if self.front.holds(&gone) {
            self.rebuild_front();
        }
    }

    fn len(&self) -> usize {
        self.all.entries.len()
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
        let Field { entries, .. } = &self.front.0;
        Some(self.front.0.champion(&self.rules, self.reference()?, *entries.first()?).merchant)
    }

    fn leader_with(&self, entry: &Entry) -> UserId {
        self.rivals_of(entry).champion(&self.rules, self.reference_with(entry), *entry).merchant
    }

    fn leads_with(&self, entry: &Entry) -> bool {
        let reference = self.reference_with(entry);
        let (total, weight) = (total(&self.rules, reference, entry), self.weight());
        let (place, rivals) = (entry.place(total), self.rivals_of(entry));
        !rivals.rows.iter().zip(&rivals.entries).any(|(row, other)| {
            let reached = row.hundredfold(reference, weight);
            reached >= 100 * total && other.merchant != entry.merchant && other.place(reached / 100) < place
        })
    }

    fn best(&self, most: usize) -> Vec<(Entry, Score)> {
        let Some(reference) = self.reference() else { return Vec::new() };
        // Sixteen bytes a bid are sorted; the tie order is looked up in the rare case that totals are equal.
        let total = |(slot, entry): (usize, &Entry)| (total(&self.rules, reference, entry), slot);
        let mut totals: Vec<(u64, usize)> = self.all.entries.iter().enumerate().map(total).collect();
        let order = |a: &(u64, usize), b: &(u64, usize)| {
            let tie = || {
                let place = |(total, slot): &(u64, usize)| self.all.entries.get(*slot).map(|entry| entry.place(*total));
                place(a).cmp(&place(b))
            };
            b.0.cmp(&a.0).then_with(tie)
        };
        if most < totals.len() {
            totals.select_nth_unstable_by(most, order);
            totals.truncate(most);
        }
        totals.sort_unstable_by(order);
        let row = |slot: usize| self.all.entries.get(slot).map(|entry| (*entry, entry.score(&self.rules, reference)));
        totals.into_iter().filter_map(|(_, slot)| row(slot)).collect()
    }
}
