//! The only file that reads the time.
//!
//! Everything else is handed a [`Clock`], so a test moves an auction by an hour in a microsecond.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::time::{Span, UnixMicros};

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands until it is moved; its clones move with it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn manual(start: UnixMicros) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    /// The instant.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> UnixMicros {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                UnixMicros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(instant) => UnixMicros(instant.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock; the machine's clock stays as it is.
    pub fn advance(&self, span: Span) {
        if let Self::Manual(instant) = self {
            instant.fetch_add(span.0, Ordering::SeqCst);
        }
    }
}
