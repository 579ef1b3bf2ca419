//! `/api/v1/orders/requests`: part requests, from the draft to the end. Reading is here.

mod check;
pub mod draft;
pub mod host;
mod view;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;

use crate::app::App;
use crate::domain::ids::RequestId;
use crate::domain::ids::VehicleId;
use crate::domain::user::UserKind;
use crate::http::api::requests::view::Eyes;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence;
use crate::persistence::requests;
use crate::persistence::requests::Filter;
use crate::persistence::vehicles;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::body::RequestBody;
use crate::wire::request::body::RequestList;

/// Which requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListRequests {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
    /// `draft`, `published`, `bidding_open`, … Merchants see `bidding_open` unless they ask otherwise.
    status: Option<String>,
    /// Only for cars of this brand.
    brand_id: Option<i64>,
}

/// Lists the caller's requests; for merchants those that are open to them.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(ListRequests),
    responses((status = 200, body = RequestList), (status = 401), (status = 422)))]
#[get("/requests")]
pub(crate) async fn list_requests(
    app: web::Data<App>,
    who: Identity,
    language: Language,
    query: Query<ListRequests>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<RequestId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let filter = Filter { state: query.0.status.as_deref(), brand: query.0.brand_id };
    let (rows, eyes) = match who.kind {
        UserKind::Customer | UserKind::Admin => {
            (requests::list_requests_of_customer(&app.db, who.user, filter, rows).await?, Eyes::Host)
        }
        UserKind::Merchant => {
            (requests::list_requests_for_merchant(&app.db, who.user, filter, rows).await?, Eyes::Merchant)
        }
    };
    let (rows, last) = page.cut(rows, |row| row.id.0);
    let ids: Vec<VehicleId> = rows.iter().map(|row| row.vehicle_id).collect();
    let names = vehicles::list_names(&app.db, &ids).await?;
    let data = rows.into_iter().map(|row| view::listed(row, &names, eyes, language)).collect();
    Ok(HttpResponse::Ok().json(RequestList { data, next_cursor: last.map(|id| RequestId(id).to_string()) }))
}

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
    Ok(HttpResponse::Ok().json(view::body_of(&app, request, head, eyes, language).await?))
}
