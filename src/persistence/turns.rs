//! Turns on the one writer of a file, for work that no caller waits for: notices, their deliveries, figures.
//!
//! Bids stand in line for the writer with everybody else, and with four such workers in it a group of bids waited for all four. So
//! one of them at a time stands in the line; and while bids come, what follows a turn is a rest several times as long, so that
//! bids have the writer for most of the time however much there is to tell. A server writes for many at once: nobody takes turns there.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::limits;

/// The turns on the writer of a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(Arc<State>);

/// Times are microseconds since `made`.
#[derive(Debug)]
struct State {
    made: Instant,
    /// When the journal was written last.
    journal_at: AtomicU64,
    /// Until when the last turn's rest goes, where bids come.
    rested_at: AtomicU64,
    line: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let line = Arc::new(Semaphore::new(1));
        Self(Arc::new(State { made: Instant::now(), journal_at: 0.into(), rested_at: 0.into(), line }))
    }
}

impl Turns {
    /// Says that bids were written just now.
    pub(super) fn journal_was_written(&self) {
        self.0.journal_at.store(self.0.now(), Ordering::Relaxed);
    }

    /// Waits for a turn.
    pub(super) async fn take(&self) -> Turn {
        // Nobody closes it; if somebody did, all would go on without turns.
        let permit = Arc::clone(&self.0.line).acquire_owned().await.ok();
        tokio::time::sleep(self.rest(self.0.now())).await;
        Turn { turns: self.clone(), began: None, _permit: permit }
    }

    /// How long to rest before the next turn.
    fn rest(&self, now: u64) -> Duration {
        let journal_at = self.0.journal_at.load(Ordering::Relaxed);
        // Zero is before the first bid.
        if journal_at == 0 || now.saturating_sub(journal_at) > limits::BIDS_COME_MICROS {
            return Duration::ZERO;
        }
        Duration::from_micros(self.0.rested_at.load(Ordering::Relaxed).saturating_sub(now))
    }
}

impl State {
    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    /// When the writer was free for it.
    began: Option<u64>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Says that the writer is its own from now on.
    pub(super) fn begun(mut self) -> Self {
        self.began = Some(self.turns.0.now());
        self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(began) = self.began {
            let now = self.turns.0.now();
            let rest = now.saturating_sub(began).saturating_mul(limits::TURN_REST).min(limits::TURN_REST_MICROS_MAX);
            self.turns.0.rested_at.store(now.saturating_add(rest), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn turns(journal_at: u64, rested_at: u64) -> Turns {
        let turns = Turns::default();
        turns.0.journal_at.store(journal_at, Ordering::Relaxed);
        turns.0.rested_at.store(rested_at, Ordering::Relaxed);
        turns
    }

    #[test]
    fn it_is_rested_while_bids_come_and_not_otherwise() {
        let soon = limits::BIDS_COME_MICROS;
        assert_eq!(turns(1_000, 51_000).rest(1_000 + soon), Duration::from_micros(50_000 - soon));
        assert_eq!(turns(1_000, 51_000).rest(1_001 + soon), Duration::ZERO);
        assert_eq!(turns(1_000, 1_500).rest(2_000), Duration::ZERO);
        assert_eq!(turns(0, 51_000).rest(10), Duration::ZERO);
    }

    #[tokio::test]
    async fn one_at_a_time_has_a_turn_and_rest_follows_the_time_it_had_the_writer() {
        let turns = Turns::default();
        let first = turns.take().await;
        assert!(turns.take().now_or_never().is_none());
        drop(first);
        // It never came to the writer.
        assert_eq!(turns.0.rested_at.load(Ordering::Relaxed), 0);
        let mut second = turns.take().await.begun();
        second.began = Some(0);
        let held = turns.0.now();
        drop(second);
        let until = turns.0.now();
        let rested_at = turns.0.rested_at.load(Ordering::Relaxed);
        let bounds = [held, until].map(|now| now + (now * limits::TURN_REST).min(limits::TURN_REST_MICROS_MAX));
        assert!((bounds[0]..=bounds[1]).contains(&rested_at), "{rested_at} {bounds:?}");
    }
}
