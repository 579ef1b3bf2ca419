//! What its host does to a published request: the engine decides, the answer comes when it is durable.

use actix_web::HttpResponse;
use actix_web::post;
use actix_web::web;

use crate::actors::admission::Receipt;
use crate::app::App;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Host;
use crate::domain::ids::RequestId;
use crate::domain::time::Span;
use crate::domain::user::UserKind;
use crate::flows::publish;
use crate::http::api::requests::check::reason;
use crate::http::api::requests::draft::not_a_draft;
use crate::http::api::requests::view::Eyes;
use crate::http::api::requests::view::look_up;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::requests;
use crate::wire::problem::Problem;
use crate::wire::request::body::CommandBody;
use crate::wire::request::input::ExtendInput;
use crate::wire::request::input::ReasonInput;
use crate::wire::value;
use crate::wire::value::Hex;
use crate::wire::value::Timestamp;

/// Opens the auction of a draft.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 403), (status = 404), (status = 409), (status = 503)))]
#[post("/requests/{id}/publish")]
pub(crate) async fn publish_request(
    app: web::Data<App>,
    who: Customer,
    id: Id<RequestId>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let (owner, settings, now) = (who.0.user, &app.config.auction, app.clock.now());
    if once.is_again()
        && let Some(receipt) = publish::find_published(&app.db, &app.admission, owner, id.0).await?
    {
        return done(&app, &receipt).await;
    }
    let receipt = publish::publish(&app.db, &app.admission, settings, now, owner, id.0).await?;
    done(&app, &receipt).await
}

/// Stops bidding for a while.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/pause")]
pub(crate) async fn pause_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    order(&app, who, id.0, "pause", |host| Command::Pause { host, reason }).await
}

/// Goes on with bidding; the time that remained is given back.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/resume")]
pub(crate) async fn resume_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    order(&app, who, id.0, "resume", |host| Command::Resume { host }).await
}

/// Moves the deadline.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ExtendInput, responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/extend")]
pub(crate) async fn extend_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ExtendInput>,
) -> Result<HttpResponse, Problem> {
    let by = Span::secs(body.value.extend_by_s);
    order(&app, who, id.0, "extend", |host| Command::Extend { host, by }).await
}

/// Closes before the deadline.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/close")]
pub(crate) async fn close_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    order(&app, who, id.0, "close", |host| Command::CloseEarly { host }).await
}

/// Ends a request without a result.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = CommandBody), (status = 204), (status = 404), (status = 409)))]
#[post("/requests/{id}/cancel")]
pub(crate) async fn cancel_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    let (request, head, eyes) = look_up(&app, who, id.0).await?;
    if head.is_none() && eyes == Eyes::Host {
        let cancelled = requests::cancel_draft(&app.db, id.0, request.customer_id, app.clock.now()).await;
        return cancelled.map(|()| HttpResponse::NoContent().finish()).map_err(not_a_draft);
    }
    order(&app, who, id.0, "cancel", |host| Command::Cancel { host, reason }).await
}

/// Has a command of the host decided; the engine checks whose request it is.
async fn order(
    app: &App,
    who: Identity,
    id: RequestId,
    word: &'static str,
    command: impl FnOnce(Host) -> Command,
) -> Result<HttpResponse, Problem> {
    let host = Host { user: who.user, admin: who.kind == UserKind::Admin };
    if host.admin {
        // Before it is done: what is refused may stand in the log, what is done must.
        let (action, at) = (Action::AuctionOrdered, app.clock.now());
        let act = Act { actor: who.user, action, subject: id.to_string(), reason: word.to_owned(), at };
        audit::record(&app.db, &act).await?;
    }
    let receipt = app.admission.command(id, command(host)).await?;
    done(app, &receipt).await
}

async fn done(app: &App, receipt: &Receipt) -> Result<HttpResponse, Problem> {
    let board = app.admission.find(receipt.request).await?.board().await?;
    Ok(HttpResponse::Ok().json(CommandBody {
        request_id: value::Id(receipt.request),
        status: board.state.word().to_owned(),
        paused: board.paused,
        seq: receipt.seq,
        at: Timestamp(receipt.at),
        hash: Hex(receipt.hash),
        closes_at: Timestamp(board.closes_at),
    }))
}
