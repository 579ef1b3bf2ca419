//! `/api/v1/orders/requests`: part requests, from the draft to the end. Reading is here.

mod check;
pub mod draft;
pub mod host;
pub mod list;
pub(crate) mod view;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;

use crate::app::App;
use crate::domain::ids::RequestId;
use crate::http::api::requests::view::Customers;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::body::RequestBody;

/// Reads a request.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = RequestBody), (status = 401), (status = 404)))]
#[get("/requests/{id}")]
pub(crate) async fn get_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let (request, head, eyes) = view::look_up(&app, who, id.0).await?;
    let customer = request.customer_id;
    let customers = Customers::of(&app, who, &[customer]).await?;
    let body = view::body_of(&app, request, head, eyes, language).await?;
    Ok(HttpResponse::Ok().json(RequestBody { customer: customers.name(customer), ..body }))
}
