//! Ids minted by the application: time-ordered, unique per node, never from the database.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use crate::clock::Clock;

/// 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch: 41 bits from here last until 2095.
const EPOCH_MILLIS: i64 = 1_767_225_600_000;
const NODE_BITS: u32 = 10;
const COUNTER_BITS: u32 = 12;
const COUNTER_MASK: i64 = (1 << COUNTER_BITS) - 1;

/// A source of ids: 41 bits of milliseconds, 10 of the node, 12 of a counter. Cheap to clone.
#[derive(Clone, Debug)]
pub struct IdMint {
    clock: Clock,
    node: i64,
    last: Arc<AtomicI64>,
}

impl IdMint {
    /// A mint for node 0 … 1023; larger numbers wrap.
    #[must_use]
    pub fn new(clock: Clock, node: u16) -> Self {
        Self { clock, node: i64::from(node) & ((1 << NODE_BITS) - 1), last: Arc::new(AtomicI64::new(0)) }
    }

    /// The next id. Never repeats and never goes back, also when the clock does.
    #[must_use]
    pub fn next(&self) -> i64 {
        let millis = (self.clock.now().0 / 1_000 - EPOCH_MILLIS).max(1);
        let now = self.compose(millis);
        let step = |last: i64| {
            let after = if last & COUNTER_MASK == COUNTER_MASK {
                self.compose((last >> (NODE_BITS + COUNTER_BITS)) + 1)
            } else {
                last + 1
            };
            Some(now.max(after))
        };
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        before.ok().and_then(step).unwrap_or(now)
    }

    const fn compose(&self, millis: i64) -> i64 {
        (millis << (NODE_BITS + COUNTER_BITS)) | (self.node << COUNTER_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UnixMicros;
    use std::collections::HashSet;

    #[test]
    fn ids_rise_and_keep_their_node_even_when_the_clock_stands() {
        let mint = IdMint::new(Clock::manual(UnixMicros(1_800_000_000_000_000)), 7);
        let ids: Vec<i64> = (0..10_000).map(|_| mint.next()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| (id >> COUNTER_BITS) & 1_023 == 7));
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }
}
