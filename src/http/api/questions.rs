//! Questions about a request before it closes: asked by merchants under an alias, answered by its customer for all to see.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::QuestionId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::flows::questions;
use crate::flows::questions::Floor;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Merchant;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence;
use crate::persistence::questions::Question;
use crate::wire::problem::Problem;
use crate::wire::question;
use crate::wire::question::AnswerInput;
use crate::wire::question::QuestionInput;
use crate::wire::question::QuestionOut;

/// A page of a request's questions.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuestions {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// A question in a list.
#[derive(Serialize, ToSchema)]
pub struct QuestionBody {
    #[serde(flatten)]
    question: QuestionOut,
    /// Whether the caller asked it.
    yours: bool,
}

/// A page of questions.
#[derive(Serialize, ToSchema)]
pub struct QuestionList {
    /// Newest first.
    data: Vec<QuestionBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

fn body_of(question: Question, caller: UserId) -> QuestionBody {
    QuestionBody { yours: question.merchant_id == caller, question: questions::shown(question) }
}

fn floor(app: &App) -> Floor<'_> {
    Floor { db: &app.db, ids: &app.ids, bidding: &app.bidding, broadcasters: &app.broadcasters }
}

/// Lists a request's questions, for its customer and for merchants who may bid.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path), ListQuestions),
    responses((status = 200, body = QuestionList), (status = 401), (status = 403), (status = 404), (status = 422)))]
#[get("/requests/{id}/questions")]
pub(crate) async fn list_questions(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    query: Query<ListQuestions>,
) -> Result<HttpResponse, Problem> {
    app.bidding.seat(id.0, who.user, who.kind).await?;
    let page = Page::read::<QuestionId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let rows = persistence::questions::list(&app.db, id.0, rows).await?;
    let (rows, last) = page.cut(rows, |row| row.id.0);
    let data = rows.into_iter().map(|row| body_of(row, who.user)).collect();
    Ok(HttpResponse::Ok().json(QuestionList { data, next_cursor: last.map(|id| QuestionId(id).to_string()) }))
}

/// Asks the customer something. Everybody in the room reads it, under an alias.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path)),
    request_body = QuestionInput,
    responses((status = 201, body = QuestionBody), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
#[post("/requests/{id}/questions")]
pub(crate) async fn ask_question(
    app: web::Data<App>,
    who: Merchant,
    id: Id<RequestId>,
    body: Json<QuestionInput>,
) -> Result<HttpResponse, Problem> {
    let text = question::read("question", &body.value.question)?;
    let question = questions::ask(floor(&app), QuestionId(app.ids.next()), id.0, who.0.user, &text).await?;
    Ok(HttpResponse::Created().json(QuestionBody { question, yours: true }))
}

/// Answers a question, once, for everybody in the room.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path)),
    request_body = AnswerInput,
    responses((status = 200, body = QuestionBody), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
#[post("/questions/{id}/answer")]
pub(crate) async fn answer_question(
    app: web::Data<App>,
    who: Customer,
    id: Id<QuestionId>,
    body: Json<AnswerInput>,
) -> Result<HttpResponse, Problem> {
    let text = question::read("answer", &body.value.answer)?;
    let question = questions::answer(floor(&app), id.0, who.0.user, text).await?;
    Ok(HttpResponse::Ok().json(QuestionBody { question, yours: false }))
}
