//! Reminders of what runs out: a customer's time to choose, a merchant's time to confirm. Each is a row that is written
//! once, with the notice of it in the same transaction.

use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;

statements! {
    SELECT_REVIEWS_TO_REMIND = both(
        "SELECT h.auction_id AS subject, h.owner_id AS user_id, h.review_until AS until_at FROM auction_heads h WHERE \
         h.state = 'reviewing' AND h.review_until > ? AND h.review_until <= ? AND NOT EXISTS (SELECT 1 FROM reminders r \
         WHERE r.subject = h.auction_id AND r.until_at = h.review_until AND r.percent = ?) ORDER BY h.auction_id LIMIT ?"
    );
    SELECT_ORDERS_TO_REMIND = both(
        "SELECT o.id AS subject, o.merchant_id AS user_id, o.confirm_by AS until_at FROM orders o WHERE o.state = \
         'pending_confirmation' AND o.confirm_by > ? AND o.confirm_by <= ? AND NOT EXISTS (SELECT 1 FROM reminders r WHERE \
         r.subject = o.id AND r.until_at = o.confirm_by AND r.percent = ?) ORDER BY o.id LIMIT ?"
    );
    INSERT_REMINDER = both(
        "INSERT INTO reminders (id, kind, subject, user_id, until_at, percent, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    );
    SELECT_REMINDERS_AFTER = both(
        "SELECT id, kind, subject, user_id, until_at, percent, at FROM reminders WHERE id > ? ORDER BY id LIMIT ?"
    );
}

/// What runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The customer's time to choose; the subject is the request.
    Review,
    /// The merchant's time to confirm; the subject is the order.
    Confirmation,
}

impl Kind {
    /// The word in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Confirmation => "confirmation",
        }
    }
}

row! {
    /// Something of which nobody was reminded yet.
    pub struct Due {
        /// The request or order.
        pub subject: i64,
        /// Whom to remind.
        pub user_id: UserId,
        /// When the time is over.
        pub until_at: UnixMicros,
    }
}

row! {
    /// A reminder.
    pub struct Reminder {
        /// Its id; rises with time.
        pub id: i64,
        /// The word of a [`Kind`].
        pub kind: String,
        /// The request or order.
        pub subject: i64,
        /// Who is reminded.
        pub user_id: UserId,
        /// When the time is over.
        pub until_at: UnixMicros,
        /// How much of the time had passed, at least.
        pub percent: i64,
        /// When it was written.
        pub at: UnixMicros,
    }
}

/// What ends after one instant and at or before another, and has no reminder of this percentage; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_due(
    db: &Db,
    kind: Kind,
    percent: i64,
    (after, to): (UnixMicros, UnixMicros),
    limit: i64,
) -> Result<Vec<Due>, StoreError> {
    let sql = match kind {
        Kind::Review => SELECT_REVIEWS_TO_REMIND,
        Kind::Confirmation => SELECT_ORDERS_TO_REMIND,
    };
    all!(db, Due, sql, after.0, to.0, percent, limit)
}

/// Writes a reminder and the notice of it, unless it was written before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(db: &Db, kind: Kind, due: &Due, percent: i64, moment: Moment<'_>) -> Result<(), StoreError> {
    let Due { subject, user_id, until_at } = *due;
    let (id, at) = (moment.ids.next(), moment.at.0);
    let mut tx = db.begin().await?;
    match exec!(&mut tx, INSERT_REMINDER, id, kind.word(), subject, user_id.0, until_at.0, percent, at) {
        Err(StoreError::Duplicate { .. }) => return Ok(()),
        written => written?,
    };
    let notice = match kind {
        Kind::Review => Notice::ChoiceDue { request: RequestId(subject), until: until_at },
        Kind::Confirmation => Notice::ConfirmationDue { order: OrderId(subject), until: until_at },
    };
    moment.tell(&mut tx, [(user_id, notice)]).await?;
    tx.commit().await
}

/// Reminders with ids above `after`, in order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_after(db: &Db, after: i64, limit: u32) -> Result<Vec<Reminder>, StoreError> {
    all!(db, Reminder, SELECT_REMINDERS_AFTER, after, i64::from(limit))
}
