//! `/api/v1/notifications`: what the caller was told.

pub mod dead_letters;
pub mod devices;
pub mod preferences;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::session::upgrade::Topic;
use crate::app::App;
use crate::domain::ids::NoticeId;
use crate::http::api::live;
use crate::http::api::live::LiveQuery;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence;
use crate::persistence::inbox;
use crate::wire::notification::NotificationBody;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::value;

/// Which notifications.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListNotifications {
    /// Only those that were not read.
    unread: Option<bool>,
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// A page of notifications.
#[derive(Serialize, ToSchema)]
pub struct NotificationList {
    /// Newest first.
    data: Vec<NotificationBody>,
    /// How many were not read, on all pages.
    unread_count: i64,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// Up to where the caller read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAllInput {
    /// The newest notification that the caller has seen: what came after it stays unread. Without it everything is read.
    #[schema(value_type = Option<value::NoticeRef>)]
    up_to: Option<value::Id<NoticeId>>,
}

/// How many are left.
#[derive(Serialize, ToSchema)]
pub struct UnreadCount {
    /// How many were not read.
    unread_count: i64,
}

/// Lists what the caller was told.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(ListNotifications),
    responses((status = 200, body = NotificationList), (status = 401), (status = 422)))]
#[get("")]
pub(crate) async fn list_notifications(
    app: web::Data<App>,
    who: Identity,
    language: Language,
    query: Query<ListNotifications>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let page = Page::read::<NoticeId>(query.cursor.as_deref(), query.limit, |id| id.0)?;
    let before = match page.before {
        i64::MAX => i64::MAX,
        cursor => inbox::find_place(&app.db, who.user, NoticeId(cursor))
            .await?
            .ok_or_else(|| Problem::field("cursor", "invalid", "not a cursor of this list"))?,
    };
    let rows = persistence::Page { before, limit: page.limit + 1 };
    let rows = app.inbox.page(who.user, query.unread.unwrap_or(false), rows, language).await?;
    let (rows, more) = page.cut(rows, |(place, _)| *place);
    let data: Vec<NotificationBody> = rows.into_iter().map(|(_, body)| body).collect();
    let next_cursor = more.and_then(|_| data.last()).map(|last| last.id().to_string());
    let unread_count = inbox::count_unread(&app.db, who.user).await?;
    Ok(HttpResponse::Ok().json(NotificationList { data, unread_count, next_cursor }))
}

/// Marks a notification as read; reading it twice changes nothing.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = UnreadCount), (status = 401), (status = 404)))]
#[post("/{id}/read")]
pub(crate) async fn read_notification(
    app: web::Data<App>,
    who: Identity,
    id: Id<NoticeId>,
) -> Result<HttpResponse, Problem> {
    inbox::find_place(&app.db, who.user, id.0).await?.ok_or(Code::UnknownNotification)?;
    inbox::mark_read(&app.db, who.user, id.0, app.clock.now()).await?;
    left(&app, &who).await
}

/// Marks everything as read, up to a notification.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", request_body = ReadAllInput,
    responses((status = 200, body = UnreadCount), (status = 401), (status = 404), (status = 422)))]
#[post("/read-all")]
pub(crate) async fn read_all_notifications(
    app: web::Data<App>,
    who: Identity,
    body: Json<ReadAllInput>,
) -> Result<HttpResponse, Problem> {
    let place = match body.value.up_to {
        Some(id) => inbox::find_place(&app.db, who.user, id.0).await?.ok_or(Code::UnknownNotification)?,
        None => i64::MAX,
    };
    inbox::mark_read_up_to(&app.db, who.user, place, app.clock.now()).await?;
    left(&app, &who).await
}

/// Tells the caller's sockets that something was read, and the caller how many are left.
async fn left(app: &App, who: &Identity) -> Result<HttpResponse, Problem> {
    app.inbox.changed(&[who.user]);
    let unread_count = inbox::count_unread(&app.db, who.user).await?;
    Ok(HttpResponse::Ok().json(UnreadCount { unread_count }))
}

/// Opens a socket on which the caller's notifications come by themselves.
///
/// Coming in, closing and resuming are those of a live room: who comes with a ticket or an `Authorization` header is told at
/// once how many are unread, anybody else says `auth` within five seconds.
///
/// # Errors
/// 400 for what is no handshake, 401 for a ticket or token that proves nothing, 403 for a page from elsewhere.
#[utoipa::path(context_path = "/api/v1/notifications", tag = "notifications", params(LiveQuery),
    responses((status = 101), (status = 400), (status = 401), (status = 403)))]
#[get("/live")]
pub(crate) async fn open_feed(
    request: HttpRequest,
    Query(query): Query<LiveQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    live::admit(&request, query, &app, Topic::Feed).await
}
