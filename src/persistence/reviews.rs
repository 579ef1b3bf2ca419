//! What the two sides of an order say of each other, and the merchants' ratings that follow from it (rules §5).

use crate::domain::ids::OrderId;
use crate::domain::ids::ReviewId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::order::Actor;
use crate::domain::review;
use crate::domain::review::Stars;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::analytics::changes;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::outbox::Moment;

/// The columns of [`Review`].
macro_rules! select_reviews {
    ($rest:literal) => {
        concat!("SELECT id, order_id, side, author_id, subject_id, stars, comment, created_at FROM reviews ", $rest)
    };
}

statements! {
    SELECT_REVIEWS_OF_ORDER = both(select_reviews!("WHERE order_id = ? ORDER BY id"));
    SELECT_REVIEWS_ABOUT = both(select_reviews!("WHERE subject_id = ? AND id < ? ORDER BY id DESC LIMIT ?"));
    SELECT_REVIEWS_BY = both(select_reviews!("WHERE author_id = ? AND id < ? ORDER BY id DESC LIMIT ?"));
    // Changes nothing but takes the row: two reviews of one merchant are counted one after the other on a server too.
    LOCK_RATING = both("UPDATE merchant_profiles SET rated_orders = rated_orders WHERE user_id = ?");
    INSERT_REVIEW = both(
        "INSERT INTO reviews (id, order_id, side, author_id, subject_id, stars, comment, created_at) VALUES (?, ?, ?, ?, \
         ?, ?, ?, ?)"
    );
    SELECT_STARS = both(
        "SELECT CAST(COALESCE(SUM(stars), 0) AS SIGNED), COUNT(*) FROM reviews WHERE subject_id = ? AND created_at > ?"
    );
    UPDATE_RATING = both(
        "UPDATE merchant_profiles SET rating_sum_milli = ?, rating_milli = ?, rated_orders = ? WHERE user_id = ?"
    );
    SELECT_RATINGS_TO_RENEW = both(
        "SELECT DISTINCT r.subject_id FROM reviews r JOIN merchant_profiles m ON m.user_id = r.subject_id WHERE \
         r.created_at > ? AND r.created_at <= ?"
    );
}

row! {
    /// A review.
    pub struct Review {
        /// Its id; the cursor of the next page.
        pub id: ReviewId,
        /// The order.
        pub order_id: OrderId,
        /// Which side its author is: `customer` or `merchant`.
        pub side: String,
        /// By whom.
        pub author_id: UserId,
        /// Of whom.
        pub subject_id: UserId,
        /// 1 … 5.
        pub stars: i64,
        /// In the author's words, without contacts.
        pub comment: Option<String>,
        /// When.
        pub created_at: UnixMicros,
    }
}

/// A review that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewReview<'a> {
    /// Its id.
    pub id: ReviewId,
    /// The order.
    pub order: OrderId,
    /// Which side its author is.
    pub side: Actor,
    /// By whom.
    pub author: UserId,
    /// Of whom.
    pub subject: UserId,
    /// How many stars.
    pub stars: Stars,
    /// In the author's words.
    pub comment: Option<&'a str>,
    /// When.
    pub at: UnixMicros,
}

/// Writes a review and tells its subject. Where it is of a merchant the rating follows in the same transaction.
///
/// # Errors
/// [`StoreError::Duplicate`] where this side has reviewed the order before.
pub async fn insert(db: &Db, ids: &IdMint, new: &NewReview<'_>, answer: Option<Answer<'_>>) -> Result<(), StoreError> {
    let NewReview { id, order, side, author, subject, stars, comment, at } = *new;
    let mut tx = db.begin().await?;
    let of_a_merchant = exec!(&mut tx, LOCK_RATING, subject.0)? > 0;
    let (side, count) = (side.word(), i64::from(stars.count()));
    exec!(&mut tx, INSERT_REVIEW, id.0, order.0, side, author.0, subject.0, count, comment, at.0)?;
    let notice = Notice::Reviewed { order, stars: stars.count() };
    Moment { at, ids }.tell(&mut tx, [(subject, notice)]).await?;
    if of_a_merchant {
        rate(&mut tx, subject, at).await?;
    }
    changes::mark_of_order(&mut tx, order).await?;
    idempotency::keep(&mut tx, answer).await?;
    tx.commit().await
}

/// Writes what was said of a merchant before it came here: reviews by nobody, of orders that are not here. The rating
/// follows.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert_past(
    db: &Db,
    merchant: UserId,
    past: &[(ReviewId, OrderId, Stars)],
    at: UnixMicros,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    exec!(&mut tx, LOCK_RATING, merchant.0)?;
    for (id, order, stars) in past {
        let (side, stars) = (Actor::Customer.word(), i64::from(stars.count()));
        exec!(&mut tx, INSERT_REVIEW, id.0, order.0, side, 0_i64, merchant.0, stars, None::<String>, at.0)?;
    }
    rate(&mut tx, merchant, at).await?;
    tx.commit().await
}

async fn rate(tx: &mut Tx, merchant: UserId, now: UnixMicros) -> Result<(), StoreError> {
    let since = now.minus(Span::secs(limits::RATING_SECS));
    let counted = one_in!(&mut *tx, (i64, i64), SELECT_STARS, merchant.0, since.0)?;
    let (stars, orders) = counted.ok_or_else(|| StoreError::corrupt("a count without a row"))?;
    let sum_milli = stars.saturating_mul(1_000);
    exec!(tx, UPDATE_RATING, sum_milli, review::rating_milli(sum_milli, orders), orders, merchant.0).map(drop)
}

/// Counts the ratings anew from which a review fell out of the 24 months between two instants; tells whose.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn renew_ratings(db: &Db, last: UnixMicros, now: UnixMicros) -> Result<Vec<UserId>, StoreError> {
    let window = Span::secs(limits::RATING_SECS);
    let due = all!(db, (i64,), SELECT_RATINGS_TO_RENEW, last.minus(window).0, now.minus(window).0)?;
    let mut renewed = Vec::with_capacity(due.len());
    for (merchant,) in due {
        let mut tx = db.begin().await?;
        exec!(&mut tx, LOCK_RATING, merchant)?;
        rate(&mut tx, UserId(merchant), now).await?;
        tx.commit().await?;
        renewed.push(UserId(merchant));
    }
    Ok(renewed)
}

/// The reviews of an order: at most one of each side.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_order(db: &Db, order: OrderId) -> Result<Vec<Review>, StoreError> {
    all!(db, Review, SELECT_REVIEWS_OF_ORDER, order.0)
}

/// What was said of an account, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_about(db: &Db, subject: UserId, page: Page) -> Result<Vec<Review>, StoreError> {
    all!(db, Review, SELECT_REVIEWS_ABOUT, subject.0, page.before, i64::from(page.limit))
}

/// What an account said of others, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_by(db: &Db, author: UserId, page: Page) -> Result<Vec<Review>, StoreError> {
    all!(db, Review, SELECT_REVIEWS_BY, author.0, page.before, i64::from(page.limit))
}
