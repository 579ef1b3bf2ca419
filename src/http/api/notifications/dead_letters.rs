//! `/api/v1/notifications/dead-letters`: messages that were given up, for administrators.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::DeviceId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::http::extract::Admin;
use crate::http::extract::Id;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence::dead_letters;
use crate::persistence::dead_letters::Behind;
use crate::persistence::dead_letters::DeadLetter;
use crate::persistence::dead_letters::LetterId;
use crate::persistence::dead_letters::Verdict;
use crate::wire::notification::ChannelWord;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// A page of dead letters.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListDeadLetters {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// A message that was given up. What it said and where it was to go is not shown.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterBody {
    /// The notification and its way: `ntc_….email`, `ntc_….push.dev_…`.
    #[schema(example = "ntc_0000000000001.email")]
    id: String,
    /// The notification.
    #[schema(value_type = value::NoticeRef)]
    notification_id: value::Id<NoticeId>,
    /// What it is about.
    r#type: String,
    /// To whom.
    #[schema(value_type = value::UserRef)]
    user_id: value::Id<UserId>,
    /// By which way.
    channel: ChannelWord,
    /// To which device.
    #[schema(value_type = Option<value::DeviceRef>)]
    device_id: Option<value::Id<DeviceId>>,
    /// How often it was tried.
    attempts: i64,
    /// The provider that did not take it.
    provider: Option<String>,
    /// Why.
    fault: Option<String>,
    /// When the notification was written.
    created_at: Timestamp,
    /// When it was given up.
    dead_at: Timestamp,
}

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterList {
    /// Those that were due last first.
    data: Vec<DeadLetterBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

fn letter_body(letter: DeadLetter) -> DeadLetterBody {
    DeadLetterBody {
        id: letter.id.to_string(),
        notification_id: value::Id(letter.id.notice),
        r#type: letter.kind,
        user_id: value::Id(letter.user),
        channel: ChannelWord(letter.id.channel),
        device_id: letter.id.device.map(value::Id),
        attempts: letter.attempts,
        provider: letter.provider,
        fault: letter.fault,
        created_at: Timestamp(letter.created_at),
        dead_at: Timestamp(letter.dead_at),
    }
}

/// `<microseconds>.<letter>`.
fn read_cursor(word: &str) -> Option<Behind> {
    let (due, letter) = word.split_once('.')?;
    Some(Behind { due_at: UnixMicros(due.parse().ok()?), letter: letter.parse().ok()? })
}

/// Lists messages that were given up.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(ListDeadLetters),
    responses((status = 200, body = DeadLetterList), (status = 401), (status = 403), (status = 422)))]
#[get("/dead-letters")]
pub(crate) async fn list_dead_letters(
    app: web::Data<App>,
    _admin: Admin,
    query: Query<ListDeadLetters>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<NoticeId>(None, query.0.limit, |id| id.0)?;
    let behind = match query.0.cursor.as_deref() {
        None | Some("") => None,
        Some(word) => {
            Some(read_cursor(word).ok_or_else(|| Problem::field("cursor", "invalid", "not a cursor of this list"))?)
        }
    };
    let rows = dead_letters::list(&app.db, behind, page.limit + 1).await?;
    let (rows, more) = page.cut(rows, |row| row.due_at.0);
    let next_cursor = more.zip(rows.last()).map(|(due, last)| format!("{due}.{}", last.id));
    let data = rows.into_iter().map(letter_body).collect();
    Ok(HttpResponse::Ok().json(DeadLetterList { data, next_cursor }))
}

/// Has a message tried again, from the beginning.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
#[post("/dead-letters/{id}/retry")]
pub(crate) async fn retry_dead_letter(
    app: web::Data<App>,
    admin: Admin,
    id: Id<LetterId>,
) -> Result<HttpResponse, Problem> {
    decide(&app, &admin, id.0, Verdict::Retry).await
}

/// Gives a message up for good.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
#[post("/dead-letters/{id}/drop")]
pub(crate) async fn drop_dead_letter(
    app: web::Data<App>,
    admin: Admin,
    id: Id<LetterId>,
) -> Result<HttpResponse, Problem> {
    decide(&app, &admin, id.0, Verdict::Drop).await
}

async fn decide(app: &App, admin: &Admin, letter: LetterId, verdict: Verdict) -> Result<HttpResponse, Problem> {
    if !dead_letters::decide(&app.db, letter, verdict, admin.0.user, app.clock.now()).await? {
        return Err(Code::UnknownDeadLetter.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
