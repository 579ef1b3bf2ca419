//! Drafts: written, replaced, deleted. Until it is published a request is its customer's alone.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::put;
use actix_web::web;

use crate::app::App;
use crate::domain::auction::board::State;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::http::api::requests::check;
use crate::http::api::requests::check::Draft;
use crate::http::api::requests::view;
use crate::http::api::requests::view::Around;
use crate::http::api::requests::view::Eyes;
use crate::http::api::requests::view::body_of;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency::Answer;
use crate::persistence::journal;
use crate::persistence::requests;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;
use crate::persistence::vehicles;
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
    once: Once,
    body: Json<RequestInput>,
) -> Result<HttpResponse, Problem> {
    let (id, now) = (RequestId(app.ids.next()), app.clock.now());
    let draft = check::draft(&app, body.value, who.0.user, id, now).await?;
    store(&app, draft, &once, language).await
}

/// Writes a new draft like a request that has ended, and says which: to try once more, under other rules if need be.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 201, body = RequestBody), (status = 401), (status = 403), (status = 404), (status = 409)))]
#[post("/requests/{id}/repost")]
pub(crate) async fn repost_request(
    app: web::Data<App>,
    who: Customer,
    id: Id<RequestId>,
    language: Language,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let old = requests::find_request(&app.db, id.0).await?.filter(|request| request.customer_id == who.0.user);
    let old = old.ok_or(Code::UnknownRequest)?;
    let state = journal::find_head(&app.db, id.0).await?.map(|head| head.state);
    if !state.map_or(old.cancelled_at.is_some(), State::is_terminal) {
        return Err(Refusal::WrongState { state: state.map_or("draft", State::word) }.into());
    }
    let now = app.clock.now();
    let items = requests::list_items(&app.db, id.0).await?;
    let items = items.into_iter().map(|item| PartItem { id: ItemId(app.ids.next()), ..item }).collect();
    let invited = requests::list_invites(&app.db, id.0).await?;
    let request = PartRequest {
        id: RequestId(app.ids.next()),
        // The old time is over.
        opens_at: None,
        published_at: None,
        cancelled_at: None,
        ring: None,
        repost_of: Some(id.0),
        created_at: now,
        updated_at: now,
        ..old
    };
    store(&app, Draft { request, items, invited }, &once, language).await
}

/// Stores a new draft and answers it.
async fn store(app: &App, draft: Draft, once: &Once, language: Language) -> Result<HttpResponse, Problem> {
    let Draft { request, items, invited } = draft;
    let names = vehicles::list_names(&app.db, &[request.vehicle_id]).await?;
    let around = Around { items: items.clone(), names, invited: Some(invited.clone()) };
    // Rendered first, because it is stored in the same transaction.
    let body = view::render(request.clone(), around, None, Eyes::Host, language, app.clock.now());
    let reply = serde_json::to_string(&body).map_err(|_| Code::Internal)?;
    let answer = once.claim().map(|claim| Answer { claim, status: 201, reply: &reply });
    requests::create_draft(&app.db, &request, &items, &invited, answer).await?;
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
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
    let mut draft = check::draft(&app, body.value, who.0.user, id.0, before.created_at).await?;
    draft.request.repost_of = before.repost_of;
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
    requests::delete_draft(&app.db, id.0, who.0.user, app.clock.now()).await.map_err(not_a_draft)?;
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
