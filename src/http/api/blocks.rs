//! `/api/v1/users/blocks`: merchants whom a customer does not want to hear from. They do not see the customer's requests,
//! leave their rooms (4403) and cannot bid there.
//!
//! A bid that stands keeps its rank until the customer decides, and may be withdrawn: to strike it would move the others'
//! ranks by a click of the one whom low prices serve, who could bid a field down with a friend and then remove the friend.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence;
use crate::persistence::blocks;
use crate::persistence::blocks::Block;
use crate::persistence::blocks::Blocked;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// Whom to block.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockInput {
    /// The merchant.
    #[schema(value_type = value::UserRef)]
    merchant_id: value::Id<UserId>,
}

/// A page of one's blocks.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListBlocks {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// A merchant who is blocked.
#[derive(Serialize, ToSchema)]
pub struct BlockBody {
    /// The merchant.
    #[schema(value_type = value::UserRef)]
    merchant_id: value::Id<UserId>,
    /// The business.
    name: String,
    /// Since when.
    created_at: Timestamp,
}

/// A page of blocks.
#[derive(Serialize, ToSchema)]
pub struct BlockList {
    /// The youngest merchants first.
    data: Vec<BlockBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

fn block_body(block: Block) -> BlockBody {
    let Block { merchant_id, name, created_at } = block;
    BlockBody { merchant_id: value::Id(merchant_id), name, created_at: Timestamp(created_at) }
}

/// Lists the merchants whom the caller blocks.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(ListBlocks),
    responses((status = 200, body = BlockList), (status = 401), (status = 403), (status = 422)))]
#[get("/blocks")]
pub(crate) async fn list_blocks(
    app: web::Data<App>,
    who: Customer,
    query: Query<ListBlocks>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<UserId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let rows = blocks::list(&app.db, who.0.user, rows).await?;
    let (rows, last) = page.cut(rows, |row| row.merchant_id.0);
    let data = rows.into_iter().map(block_body).collect();
    Ok(HttpResponse::Ok().json(BlockList { data, next_cursor: last.map(|id| UserId(id).to_string()) }))
}

/// Blocks a merchant; blocking one twice changes nothing.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", request_body = BlockInput,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
#[post("/blocks")]
pub(crate) async fn create_block(
    app: web::Data<App>,
    who: Customer,
    body: Json<BlockInput>,
) -> Result<HttpResponse, Problem> {
    let (customer, merchant) = (who.0.user, body.value.merchant_id.0);
    let most = limits::BLOCKS_PER_CUSTOMER_MAX;
    match blocks::insert(&app.db, customer, merchant, most, app.clock.now()).await? {
        Blocked::Unknown => Err(Code::UnknownUser.into()),
        Blocked::TooMany => Err(Problem::from(Code::TooManyBlocks).fact("max", most)),
        Blocked::Yes => {
            let open = blocks::list_open_requests(&app.db, customer).await?;
            app.bidding.bidders().forget_permission(merchant, &open);
            app.revoker.expel(merchant, open).await;
            Ok(HttpResponse::NoContent().finish())
        }
    }
}

/// Ends a block.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
#[delete("/blocks/{id}")]
pub(crate) async fn delete_block(app: web::Data<App>, who: Customer, id: Id<UserId>) -> Result<HttpResponse, Problem> {
    if !blocks::delete(&app.db, who.0.user, id.0).await? {
        return Err(Code::UnknownBlock.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
