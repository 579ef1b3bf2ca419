//! Ranked bids, the obvious way: score everything, sort everything, look.
//!
//! The twin that the fast [`Book`](crate::domain::auction::book::Book) is tested and measured against.

use crate::domain::auction::event::Score;
use crate::domain::auction::ranking::Entry;
use crate::domain::auction::ranking::Ranking;
use crate::domain::auction::score;
use crate::domain::auction::score::Reference;
use crate::domain::auction::terms::Rules;
use crate::domain::ids::UserId;

/// Bids in the order in which they came.
#[derive(Clone, Debug)]
pub struct NaiveBook {
    rules: Rules,
    bids: Vec<Entry>,
}

impl NaiveBook {
    fn prices(&self) -> Vec<u64> {
        let mut prices: Vec<u64> = self.bids.iter().map(|bid| bid.landed).collect();
        prices.sort_unstable();
        prices
    }

    fn with(&self, entry: &Entry) -> Self {
        let mut book = self.clone();
        book.put(*entry);
        book
    }
}

impl Ranking for NaiveBook {
    fn new(rules: &Rules) -> Self {
        Self { rules: rules.clone(), bids: Vec::new() }
    }

    fn put(&mut self, entry: Entry) {
        self.remove(entry.merchant);
        self.bids.push(entry);
    }

    fn remove(&mut self, merchant: UserId) {
        self.bids.retain(|bid| bid.merchant != merchant);
    }

    fn len(&self) -> usize {
        self.bids.len()
    }

    fn lowest(&self) -> Option<u64> {
        self.prices().first().copied()
    }

    fn lower_median(&self) -> Option<u64> {
        let prices = self.prices();
        prices.get(prices.len().saturating_sub(1) / 2).copied()
    }

    fn reference(&self) -> Option<Reference> {
        Some(Reference::new(self.rules.formula, self.len(), self.lowest()?, self.lower_median()?))
    }

    fn standing(&self, merchant: UserId) -> Option<(u32, Score)> {
        let ranked = self.best(usize::MAX);
        let at = ranked.iter().position(|(bid, _)| bid.merchant == merchant)?;
        let (_, score) = ranked.get(at)?;
        Some((u32::try_from(at).ok()? + 1, *score))
    }

    fn leader(&self) -> Option<UserId> {
        self.best(1).first().map(|(bid, _)| bid.merchant)
    }

    fn leader_with(&self, entry: &Entry) -> UserId {
        self.with(entry).leader().unwrap_or(entry.merchant)
    }

    fn leads_with(&self, entry: &Entry) -> bool {
        self.leader_with(entry) == entry.merchant
    }

    fn best(&self, most: usize) -> Vec<(Entry, Score)> {
        let Some(reference) = self.reference() else { return Vec::new() };
        let mut ranked: Vec<(Entry, Score)> =
            self.bids.iter().map(|bid| (*bid, bid.score(&self.rules, reference))).collect();
        ranked.sort_by_key(|(bid, _)| {
            let price = reference.price_points(bid.landed);
            bid.place(score::total(self.rules.weights, price, bid.base(&self.rules)))
        });
        ranked.truncate(most);
        ranked
    }
}
