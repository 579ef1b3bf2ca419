//! Questions in the room: stored first, then told to everybody who looks on.

use actix::Addr;

use crate::actors::bidding::Bidding;
use crate::actors::broadcaster;
use crate::actors::broadcaster::Broadcaster;
use crate::actors::broadcaster::Tell;
use crate::actors::directory::AuctionHandle;
use crate::actors::supervision::post;
use crate::domain::auction::board::State;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::outbox::Moment;
use crate::persistence::questions;
use crate::persistence::questions::Bounds;
use crate::persistence::questions::NewQuestion;
use crate::persistence::questions::Question;
use crate::wire::frame;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::question::QuestionFrame;
use crate::wire::question::QuestionOut;
use crate::wire::question::Stored;
use crate::wire::value::Timestamp;

/// Where questions are asked.
#[derive(Clone, Copy)]
pub struct Floor<'a> {
    /// The database.
    pub db: &'a Db,
    /// Ids for what is told.
    pub ids: &'a IdMint,
    /// Who may bid.
    pub bidding: &'a Bidding,
    /// The rooms.
    pub broadcasters: &'a [Addr<Broadcaster>],
}

/// What everybody may know of a stored question.
#[must_use]
pub fn shown(question: Question) -> QuestionOut {
    let alias = question.alias();
    let Question { id, question, answer, asked_at, answered_at, .. } = question;
    Stored { id, alias, question, answer, asked_at, answered_at }.into()
}

/// Asks, as a merchant who may bid.
///
/// # Errors
/// A problem: who may not bid, after the close, or where too much was asked already.
pub async fn ask(
    floor: Floor<'_>,
    id: QuestionId,
    request: RequestId,
    merchant: UserId,
    text: &str,
) -> Result<QuestionOut, Problem> {
    let (_, handle) = floor.bidding.seat(request, merchant, UserKind::Merchant).await?;
    let at = floor.bidding.clock().now();
    check_open(&handle, at)?;
    let alias_seed = handle.terms().alias_seed;
    let moment = Moment { at, ids: floor.ids };
    let new = NewQuestion { id, request, merchant, text, moment, alias_seed };
    let bounds =
        Bounds { per_merchant: limits::QUESTIONS_PER_MERCHANT_MAX, per_request: limits::QUESTIONS_PER_REQUEST_MAX };
    let stored = questions::insert(floor.db, new, bounds).await?.ok_or(Code::TooManyQuestions)?;
    let question = shown(stored);
    tell(floor, request, "question.asked", &question, at);
    Ok(question)
}

/// Answers, as the customer of the request. An answer stands: bids rest on it.
///
/// # Errors
/// A problem: somebody else's question, after the close, or where it was answered.
pub async fn answer(floor: Floor<'_>, id: QuestionId, customer: UserId, text: String) -> Result<QuestionOut, Problem> {
    let question = questions::find(floor.db, id).await?.ok_or(Code::UnknownQuestion)?;
    let request = question.request_id;
    let handle = floor.bidding.admission().find(request).await?;
    if handle.terms().owner != customer {
        return Err(Code::UnknownQuestion.into());
    }
    let at = floor.bidding.clock().now();
    check_open(&handle, at)?;
    if !questions::set_answer(floor.db, &question, &text, Moment { at, ids: floor.ids }).await? {
        return Err(Code::AlreadyAnswered.into());
    }
    let question = shown(Question { answer: Some(text), answered_at: Some(at), ..question });
    tell(floor, request, "question.answered", &question, at);
    Ok(question)
}

/// Before the close, paused or not. The last board has the last state and deadline, whoever looks on.
fn check_open(handle: &AuctionHandle, now: UnixMicros) -> Result<(), Problem> {
    let board = handle.last_board();
    let open = match board.state {
        State::Published => true,
        State::BiddingOpen => board.paused || now < board.closes_at,
        State::BiddingClosed | State::Reviewing | State::Accepted | State::Expired(_) | State::Cancelled => false,
    };
    if open { Ok(()) } else { Err(Problem::from(Code::QuestionsClosed).fact("state", board.state.word())) }
}

/// A room that does not hear of it has the list.
fn tell(floor: Floor<'_>, request: RequestId, kind: &'static str, question: &QuestionOut, at: UnixMicros) {
    let frame = frame::json(&QuestionFrame { r#type: kind, server_time: Timestamp(at), question });
    floor.bidding.admission().tell_elsewhere(request, &frame);
    post(broadcaster::of(floor.broadcasters, request), Tell { request, frame });
}
