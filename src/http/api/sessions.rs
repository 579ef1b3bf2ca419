//! `/api/v1/auth/sessions`: where one is signed in.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::SessionId;
use crate::http::extract;
use crate::http::extract::Identity;
use crate::persistence::access;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::Id;
use crate::wire::value::Timestamp;

/// One sign-in on one device.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    /// Its id.
    #[schema(value_type = String)]
    id: Id<SessionId>,
    /// What the client called itself.
    device: Option<String>,
    /// Where it came from.
    address: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    created_at: Timestamp,
    /// When it was last refreshed.
    last_used_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

/// All of one's sessions; there are at most 50.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    /// Newest first.
    data: Vec<SessionBody>,
    /// Never more than one page.
    next_cursor: Option<String>,
}

/// Lists one's sessions.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth",
    responses((status = 200, body = SessionList), (status = 401)))]
#[get("/sessions")]
pub(crate) async fn list_sessions(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let sessions = access::list_sessions(&app.db, who.user, app.clock.now()).await?;
    let data = sessions.into_iter().map(|session| SessionBody {
        current: session.id == who.session,
        id: Id(session.id),
        device: session.device,
        address: session.address,
        created_at: Timestamp(session.created_at),
        last_used_at: Timestamp(session.last_used_at),
        expires_at: Timestamp(session.expires_at),
    });
    Ok(HttpResponse::Ok().json(SessionList { data: data.collect(), next_cursor: None }))
}

/// Ends one of one's sessions; its sockets close.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
#[delete("/sessions/{id}")]
pub(crate) async fn delete_session(
    app: web::Data<App>,
    who: Identity,
    extract::Id(id): extract::Id<SessionId>,
) -> Result<HttpResponse, Problem> {
    if !app.revoker.revoke_own(who.user, id, "ended by its owner").await? {
        return Err(Code::UnknownSession.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
