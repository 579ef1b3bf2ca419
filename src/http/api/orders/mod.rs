//! `/api/v1/orders`: orders, from the accepted bid to the review. Accepting and reading are here.

pub mod body;
pub mod invoice;
pub mod journal;
pub mod result;
pub mod review;
pub mod steps;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::BidId;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::order::Actor;
use crate::domain::order::OrderState;
use crate::domain::user::UserKind;
use crate::flows::deals::Caller;
use crate::http::api::orders::body::Around;
use crate::http::api::orders::body::ContactBody;
use crate::http::api::orders::body::OrderBody;
use crate::http::api::orders::body::OrderBrief;
use crate::http::api::orders::body::OrderList;
use crate::http::api::orders::body::shows_contact;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::IdempotencyKey;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence;
use crate::persistence::bids;
use crate::persistence::invoices;
use crate::persistence::orders;
use crate::persistence::orders::Order;
use crate::persistence::orders::Whose;
use crate::persistence::reviews;
use crate::persistence::users;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;

/// Which bid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInput {
    /// One of the frozen result.
    #[schema(value_type = value::BidRef)]
    bid_id: value::Id<BidId>,
}

/// Which orders.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOrders {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
    /// Only orders in this state.
    status: Option<String>,
}

/// Accepts a bid: exactly one order comes of a request. The same bid accepted again is the same order.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", request_body = AcceptInput,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = OrderBody), (status = 400), (status = 403), (status = 404), (status = 409)))]
#[post("/requests/{id}/accept")]
pub(crate) async fn accept_bid(
    app: web::Data<App>,
    who: Customer,
    _key: IdempotencyKey,
    id: Id<RequestId>,
    body: Json<AcceptInput>,
) -> Result<HttpResponse, Problem> {
    let order = app.deals.accept(who.0.user, id.0, body.value.bid_id.0).await?;
    Ok(HttpResponse::Created().json(whole(&app, order, Actor::Customer).await?))
}

/// Lists the orders of the caller's side; for administrators everybody's.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(ListOrders),
    responses((status = 200, body = OrderList), (status = 401), (status = 422)))]
#[get("")]
pub(crate) async fn list_orders(
    app: web::Data<App>,
    who: Identity,
    query: Query<ListOrders>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<OrderId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let state = match query.0.status.as_deref() {
        None | Some("") => None,
        Some(word) => {
            let known = OrderState::find(word);
            Some(known.ok_or_else(|| Problem::field("status", "invalid", "not a state of orders"))?)
        }
    };
    let (whose, actor) = match who.kind {
        UserKind::Customer => (Whose::Customer(who.user), Actor::Customer),
        UserKind::Merchant => (Whose::Merchant(who.user), Actor::Merchant),
        UserKind::Admin => (Whose::All, Actor::Admin),
    };
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let rows = orders::list(&app.db, whose, state, rows).await?;
    let (rows, last) = page.cut(rows, |order| order.id.0);
    let data = rows.iter().map(|order| OrderBrief::new(order, actor)).collect();
    Ok(HttpResponse::Ok().json(OrderList { data, next_cursor: last.map(|id| OrderId(id).to_string()) }))
}

/// Reads an order, with what was ordered, every step so far, and the other side's contact.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderBody), (status = 401), (status = 404)))]
#[get("/{id}")]
pub(crate) async fn get_order(app: web::Data<App>, who: Identity, id: Id<OrderId>) -> Result<HttpResponse, Problem> {
    let (order, actor) = look_up(&app, who, id.0).await?;
    Ok(HttpResponse::Ok().json(whole(&app, order, actor).await?))
}

/// An order that is the caller's business, and the caller's part in it.
async fn look_up(app: &App, who: Identity, id: OrderId) -> Result<(Order, Actor), Problem> {
    let order = orders::find(&app.db, id).await?;
    let seen = order.and_then(|order| Caller::from(who).part_in(&order).map(|actor| (order, actor)));
    seen.ok_or_else(|| Code::UnknownOrder.into())
}

async fn whole(app: &App, order: Order, actor: Actor) -> Result<OrderBody, Problem> {
    let contact = async |of: Actor, user: UserId| {
        if shows_contact(&order, actor, of) { contact(app, user).await } else { Ok(None) }
    };
    let around = Around {
        lines: orders::list_lines(&app.db, order.id).await?,
        events: orders::list_events(&app.db, order.id).await?,
        customer: contact(Actor::Customer, order.customer).await?,
        merchant: contact(Actor::Merchant, order.merchant).await?,
        invoice_number: invoices::find(&app.db, order.id).await?.map(|invoice| invoice.number),
        credit_note_number: invoices::find_credit_note(&app.db, order.id).await?.map(|note| note.number),
        reviewed_by: reviews::list_of_order(&app.db, order.id).await?.into_iter().map(|review| review.side).collect(),
    };
    Ok(OrderBody::new(order, actor, around))
}

async fn contact(app: &App, user: UserId) -> Result<Option<ContactBody>, Problem> {
    let Some(account) = users::find_account(&app.db, user).await? else { return Ok(None) };
    let name = bids::names_of(&app.db, &[user]).await?.remove(&user);
    Ok(Some(ContactBody::new(account, name)))
}
