//! The door of the live room, and of any socket: from a GET to a connection that stays.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::web;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::actors::session::Caller;
use crate::actors::session::upgrade;
use crate::actors::session::upgrade::Admitted;
use crate::actors::session::upgrade::Topic;
use crate::app::App;
use crate::domain::ids::RequestId;
use crate::flows::tokens::Claims;
use crate::http::api::auth::Locale;
use crate::http::extract;
use crate::http::extract::Id;
use crate::http::extract::Query;
use crate::http::problem;
use crate::wire::problem::Problem;

/// The query of the handshake.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// A ticket from `POST auth/tickets`: one time, 30 seconds.
    ticket: Option<String>,
    /// The language of what comes, where `Accept-Language` is not the reader's: a page cannot set that of a socket.
    lang: Option<Locale>,
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        let Claims { user, kind, session, issued_at, expires_at, arabic: _ } = claims;
        Self { user, kind, session, since: issued_at, until: expires_at }
    }
}

/// Opens the live room of a request.
///
/// Who comes with a ticket or an `Authorization` header gets a snapshot at once. Anybody else says `auth` within five
/// seconds. Rights are checked behind the upgrade and told by close codes, because a browser does not show a page the
/// status of a handshake that failed.
///
/// # Errors
/// 400 for what is no handshake, 401 for a ticket or token that proves nothing, 403 for a page from elsewhere.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path), LiveQuery),
    responses((status = 101), (status = 400), (status = 401), (status = 403), (status = 404)))]
#[get("/requests/{id}/live")]
pub(crate) async fn open_live(
    request: HttpRequest,
    Id(id): Id<RequestId>,
    Query(query): Query<LiveQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    admit(&request, query, &app, Topic::Room(id)).await
}

/// Admits whoever asks for a socket of this topic.
///
/// # Errors
/// As [`open_live`].
pub(crate) async fn admit(
    request: &HttpRequest,
    query: LiveQuery,
    app: &App,
    topic: Topic,
) -> Result<HttpResponse, Problem> {
    let mut handshake = upgrade::handshake(request, &app.config.http.allowed_origins)?;
    let caller = match &query.ticket {
        Some(ticket) => Some(app.tokens.redeem(ticket).await?.into()),
        None if request.headers().contains_key(header::AUTHORIZATION) => Some(extract::claims(request)?.into()),
        None => None,
    };
    let language = query.lang.map_or_else(|| problem::language_of(request), Locale::language);
    let admitted = Admitted { topic, caller, language };
    let mut answer = handshake.finish();
    answer.extensions_mut().insert(admitted);
    Ok(answer)
}
