//! How full bounded things are, and how full they ever were.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// The most that was ever in something since the process began.
#[derive(Debug, Default)]
pub struct HighWater(AtomicUsize);

impl HighWater {
    /// Remembers that so much is in it now.
    pub fn saw(&self, used: usize) {
        // Most of the time it is no record, and reading a line that nobody writes costs nothing.
        if used > self.0.load(Ordering::Relaxed) {
            self.0.fetch_max(used, Ordering::Relaxed);
        }
    }

    /// How it stands, for something with this bound of which so much is used now.
    #[must_use]
    pub fn level(&self, used: usize, bound: usize) -> Level {
        Level { used, most: self.0.load(Ordering::Relaxed).max(used), bound }
    }
}

/// How full something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Now.
    pub used: usize,
    /// At most, since the process began.
    pub most: usize,
    /// What fits, a number of `limits`.
    pub bound: usize,
}
