//! What can go wrong between mazad and its database.

use std::sync::Arc;
use std::time::Duration;

use crate::persistence::dialect;

/// A failure of the store. Cheap to clone: one failed commit is told to everybody whose entry was in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The row exists already. The name is that of the constraint: `users_phone`, or the table's own name for its
    /// primary key.
    #[error("a row with this key exists already ({key})")]
    Duplicate {
        /// The constraint.
        key: &'static str,
    },
    /// The row that was demanded, or one that the new row refers to, is not there.
    #[error("no such row")]
    Missing,
    /// Somebody else holds what was needed; nothing was written.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be used, or did not say whether it committed: the outcome is unknown.
    #[error("the database is unavailable: {detail}")]
    Unavailable {
        /// For the operator, one line: what is wrong and what to do.
        detail: Arc<str>,
    },
    /// What is stored is not what was written.
    #[error("the database is damaged: {detail}")]
    Corrupt {
        /// For the operator, one line: where.
        detail: Arc<str>,
    },
}

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// At once.
    Now,
    /// After a pause.
    After(Duration),
    /// The same again would fail the same way.
    Never,
}

impl StoreError {
    /// Whether to try again. After [`StoreError::Unavailable`] read first: what failed may have been committed.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Busy => Retry::Now,
            Self::Unavailable { .. } => Retry::After(Duration::from_secs(1)),
            Self::Duplicate { .. } | Self::Missing | Self::Corrupt { .. } => Retry::Never,
        }
    }

    /// Something that cannot be used.
    pub(crate) fn unavailable(detail: impl AsRef<str>) -> Self {
        Self::Unavailable { detail: Arc::from(detail.as_ref()) }
    }

    /// Something stored that cannot be read.
    pub(crate) fn corrupt(detail: impl AsRef<str>) -> Self {
        Self::Corrupt { detail: Arc::from(detail.as_ref()) }
    }
}

impl StoreError {
    /// What became of a statement with this text.
    pub(crate) fn of(error: sqlx::Error, text: &str) -> Self {
        if let sqlx::Error::Database(refused) = &error {
            return dialect::read_refusal(refused.as_ref(), text);
        }
        error.into()
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(refused) = &error {
            return dialect::read_refusal(refused.as_ref(), "");
        }
        if matches!(error, sqlx::Error::RowNotFound) {
            return Self::Missing;
        }
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_)) {
            return Self::corrupt(error.to_string());
        }
        Self::unavailable(error.to_string())
    }
}
