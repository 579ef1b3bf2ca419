//! What merchants ask about a request before it closes, and what its customer answers.

use std::collections::BTreeSet;

use crate::domain::auction::alias;
use crate::domain::auction::board::Alias;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Notice;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;
use crate::persistence::per;

statements! {
    // Locked on a server, so that two who ask at once are counted one after the other; a file has one writer.
    SELECT_REQUEST_FOR_A_QUESTION = per(
        "SELECT customer_id FROM part_requests WHERE id = ?",
        "SELECT customer_id FROM part_requests WHERE id = ? FOR UPDATE",
    );
    SELECT_ASKERS_OF_REQUEST = both(
        "SELECT merchant_id, alias, COUNT(*) AS questions FROM request_questions WHERE request_id = ? GROUP BY merchant_id, \
         alias"
    );
    INSERT_QUESTION = both(
        "INSERT INTO request_questions (id, request_id, merchant_id, alias, question, answer, asked_at, answered_at) VALUES \
         (?, ?, ?, ?, ?, NULL, ?, NULL)"
    );
    SET_ANSWER = both("UPDATE request_questions SET answer = ?, answered_at = ? WHERE id = ? AND answer IS NULL");
    SELECT_QUESTION = both(
        "SELECT id, request_id, merchant_id, alias, question, answer, asked_at, answered_at FROM request_questions WHERE id \
         = ?"
    );
    SELECT_QUESTIONS_OF_REQUEST = both(
        "SELECT id, request_id, merchant_id, alias, question, answer, asked_at, answered_at FROM request_questions WHERE \
         request_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
    );
    SELECT_QUESTIONS_OF_USER = both(
        "SELECT id, request_id, merchant_id, alias, question, answer, asked_at, answered_at FROM request_questions WHERE \
         (merchant_id = ? OR request_id IN (SELECT id FROM part_requests WHERE customer_id = ?)) AND id < ? ORDER BY id DESC \
         LIMIT ?"
    );
    ERASE_QUESTIONS = both("UPDATE request_questions SET question = '-' WHERE merchant_id = ?");
    ERASE_ANSWERS = both(
        "UPDATE request_questions SET answer = '-' WHERE answer IS NOT NULL AND request_id IN (SELECT id FROM part_requests \
         WHERE customer_id = ?)"
    );
}

row! {
    /// A question.
    pub struct Question {
        /// Its id; the cursor of the next page.
        pub id: QuestionId,
        /// The request.
        pub request_id: RequestId,
        /// Who asks. Nobody but that merchant is told.
        pub merchant_id: UserId,
        /// What that merchant is called in these questions.
        pub alias: i64,
        /// What is asked.
        pub question: String,
        /// What the customer says.
        pub answer: Option<String>,
        /// When it was asked.
        pub asked_at: UnixMicros,
        /// When it was answered.
        pub answered_at: Option<UnixMicros>,
    }
}

row! {
    struct Asker {
        merchant_id: UserId,
        alias: i64,
        questions: i64,
    }
}

/// A question to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewQuestion<'a> {
    /// Its id.
    pub id: QuestionId,
    /// The request.
    pub request: RequestId,
    /// Who asks.
    pub merchant: UserId,
    /// What is asked.
    pub text: &'a str,
    /// When.
    pub moment: Moment<'a>,
    /// The room's random seed, for the alias.
    pub alias_seed: u64,
}

/// How many questions there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of one merchant in a request.
    pub per_merchant: i64,
    /// In a request.
    pub per_request: i64,
}

/// Stores a question and tells the customer; `None` where there are as many as may be.
///
/// # Errors
/// [`StoreError::Missing`] when there is no such request.
pub async fn insert(db: &Db, new: NewQuestion<'_>, bounds: Bounds) -> Result<Option<Question>, StoreError> {
    let at = new.moment.at;
    let mut tx = db.begin().await?;
    let customer = one_in!(&mut tx, (i64,), SELECT_REQUEST_FOR_A_QUESTION, new.request.0)?;
    let (customer,) = customer.ok_or(StoreError::Missing)?;
    let askers = all_in!(&mut tx, Asker, SELECT_ASKERS_OF_REQUEST, new.request.0)?;
    let own = askers.iter().find(|asker| asker.merchant_id == new.merchant);
    let asked: i64 = askers.iter().map(|asker| asker.questions).sum();
    if asked >= bounds.per_request || own.is_some_and(|own| own.questions >= bounds.per_merchant) {
        return Ok(None);
    }
    let alias = own.map_or_else(
        || {
            let taken: BTreeSet<u32> = askers.iter().filter_map(|asker| u32::try_from(asker.alias).ok()).collect();
            i64::from(alias::draw_for_questions(new.alias_seed, new.merchant, &taken).0)
        },
        |own| own.alias,
    );
    exec!(&mut tx, INSERT_QUESTION, new.id.0, new.request.0, new.merchant.0, alias, new.text, at.0)?;
    let notice = Notice::QuestionAsked { request: new.request, question: new.id };
    new.moment.tell(&mut tx, [(UserId(customer), notice)]).await?;
    tx.commit().await?;
    Ok(Some(Question {
        id: new.id,
        request_id: new.request,
        merchant_id: new.merchant,
        alias,
        question: new.text.to_owned(),
        answer: None,
        asked_at: at,
        answered_at: None,
    }))
}

impl Question {
    /// What the merchant is called.
    #[must_use]
    pub fn alias(&self) -> Alias {
        Alias(u32::try_from(self.alias).unwrap_or(0))
    }
}

/// Stores the answer to a question and tells who asked; `false` when it has one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_answer(db: &Db, question: &Question, text: &str, moment: Moment<'_>) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    if exec!(&mut tx, SET_ANSWER, text, moment.at.0, question.id.0)? == 0 {
        return Ok(false);
    }
    let notice = Notice::QuestionAnswered { request: question.request_id, question: question.id };
    moment.tell(&mut tx, [(question.merchant_id, notice)]).await?;
    tx.commit().await?;
    Ok(true)
}

/// A question.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, id: QuestionId) -> Result<Option<Question>, StoreError> {
    one!(db, Question, SELECT_QUESTION, id.0)
}

/// A request's questions, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, request: RequestId, page: Page) -> Result<Vec<Question>, StoreError> {
    all!(db, Question, SELECT_QUESTIONS_OF_REQUEST, request.0, page.before, i64::from(page.limit))
}

/// The questions that an account asked, or was asked, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_of_user(db: &Db, user: UserId, page: Page) -> Result<Vec<Question>, StoreError> {
    all!(db, Question, SELECT_QUESTIONS_OF_USER, user.0, user.0, page.before, i64::from(page.limit))
}

/// Empties what an account wrote. The rows stay: others answered, or asked.
pub(super) async fn erase_of(tx: &mut Tx, user: i64) -> Result<(), StoreError> {
    exec!(&mut *tx, ERASE_QUESTIONS, user)?;
    exec!(&mut *tx, ERASE_ANSWERS, user).map(drop)
}
