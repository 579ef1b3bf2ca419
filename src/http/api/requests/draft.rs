//! Drafts: written, replaced, deleted. Until it is published a request is its customer's alone.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::post;
use actix_web::put;
use actix_web::web;

use crate::app::App;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::http::api::requests::check;
use crate::http::api::requests::view::Eyes;
use crate::http::api::requests::view::body_of;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::persistence::error::StoreError;
use crate::persistence::requests;
use crate::persistence::requests::PartRequest;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::body::RequestBody;
use crate::wire::request::input::RequestInput;

/// Writes a draft.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", request_body = RequestInput,
    responses((status = 201, body = RequestBody), (status = 401), (status = 403), (status = 422)))]
#[post("/requests")]
pub(crate) async fn create_request(
    app: web::Data<App>,
    who: Customer,
    language: Language,
    body: Json<RequestInput>,
) -> Result<HttpResponse, Problem> {
    let id = RequestId(app.ids.next());
    let draft = check::draft(&app, body.value, who.0.user, id, app.clock.now()).await?;
    requests::create_draft(&app.db, &draft.request, &draft.items, &draft.invited).await?;
    Ok(HttpResponse::Created().json(body_of(&app, draft.request, None, Eyes::Host, language).await?))
}

/// Replaces a draft.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = RequestInput, responses((status = 200, body = RequestBody), (status = 404), (status = 409), (status = 422)))]
#[put("/requests/{id}")]
pub(crate) async fn update_request(
    app: web::Data<App>,
    who: Customer,
    id: Id<RequestId>,
    language: Language,
    body: Json<RequestInput>,
) -> Result<HttpResponse, Problem> {
    let before = own_draft(&app, who.0.user, id.0).await?;
    let draft = check::draft(&app, body.value, who.0.user, id.0, before.created_at).await?;
    requests::update_draft(&app.db, &draft.request, &draft.items, &draft.invited).await.map_err(not_a_draft)?;
    Ok(HttpResponse::Ok().json(body_of(&app, draft.request, None, Eyes::Host, language).await?))
}

/// Deletes a draft.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 204), (status = 404), (status = 409)))]
#[delete("/requests/{id}")]
pub(crate) async fn delete_request(
    app: web::Data<App>,
    who: Customer,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    own_draft(&app, who.0.user, id.0).await?;
    requests::delete_draft(&app.db, id.0, who.0.user).await.map_err(not_a_draft)?;
    Ok(HttpResponse::NoContent().finish())
}

/// A draft of the caller's.
async fn own_draft(app: &App, owner: UserId, id: RequestId) -> Result<PartRequest, Problem> {
    let request = requests::find_request(&app.db, id).await?.filter(|request| request.customer_id == owner);
    let request = request.ok_or(Code::UnknownRequest)?;
    if request.published_at.is_some() || request.cancelled_at.is_some() {
        return Err(Code::NotADraft.into());
    }
    Ok(request)
}

/// A draft that is not there any more, or never was the caller's.
pub(super) fn not_a_draft(error: StoreError) -> Problem {
    match error {
        StoreError::Missing => Code::NotADraft.into(),
        StoreError::Duplicate { .. }
        | StoreError::Busy
        | StoreError::Unavailable { .. }
        | StoreError::Corrupt { .. } => error.into(),
    }
}
