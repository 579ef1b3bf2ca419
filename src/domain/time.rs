//! Instants and spans in whole microseconds. No time zones: those belong to the edges.

/// An instant, in microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMicros(pub i64);

/// A length of time, in microseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// So many seconds.
    #[must_use]
    pub const fn secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// So many whole hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self::secs(hours.saturating_mul(3_600))
    }

    /// Whole seconds, rounded towards zero.
    #[must_use]
    pub const fn whole_secs(self) -> i64 {
        self.0 / 1_000_000
    }
}

impl UnixMicros {
    /// This instant moved by `span`; stops at the ends of the range, some 292 000 years away.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The time from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_exact_to_the_microsecond() {
        let t = UnixMicros(1_000_000);
        assert_eq!(t.plus(Span::secs(2)), UnixMicros(3_000_000));
        assert_eq!(t.since(UnixMicros(1_000_001)), Span(-1));
        assert_eq!(Span::hours(1).whole_secs(), 3_600);
    }
}
