//! Bids: place, revise, withdraw, and the ranked board as the caller may see it.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::post;
use actix_web::put;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::actors::bidding::Sender;
use crate::app::App;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::user::UserKind;
use crate::flows::events::Ask;
use crate::http::extract::BidJson;
use crate::http::extract::Id;
use crate::http::extract::IdempotencyKey;
use crate::http::extract::Identity;
use crate::http::extract::Merchant;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::persistence;
use crate::persistence::bids;
use crate::persistence::bids::Bid;
use crate::persistence::requests;
use crate::wire::bid::BidAnswer;
use crate::wire::bid::BidBody;
use crate::wire::bid::PriceToLeadOut;
use crate::wire::bid::WithdrawBody;
use crate::wire::board;
use crate::wire::board::BoardOut;
use crate::wire::board::Outcome;
use crate::wire::board::RowOut;
use crate::wire::board::Scope;
use crate::wire::board::You;
use crate::wire::frame;
use crate::wire::frame::EventFrame;
use crate::wire::frame::Stamp;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what is asked

/// A page of a request's ranked bids.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRanked {
    /// Rows, 1 to 100; 20 when absent.
    limit: Option<u32>,
    /// From the page before: its last rank.
    cursor: Option<usize>,
}

/// A page of one's bids.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMine {
    /// Rows, 1 to 100; 20 when absent.
    limit: Option<u32>,
    /// From the page before.
    cursor: Option<String>,
    /// Only bids in this state.
    status: Option<String>,
}

/// A stretch of a request's events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEvents {
    /// Only events after this one, as the caller's class counts them; from the first when absent.
    after_seq: Option<i64>,
    /// Rows, 1 to 100; 20 when absent.
    limit: Option<u32>,
}

// ------------------------------------------------------------------ what is answered

/// A ranked bid, with what only the host reads where the caller is the host.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankedBid {
    /// The row.
    #[serde(flatten)]
    row: RowOut,
    /// Notes for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// Payment terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_terms: Option<String>,
}

/// The ranked bids of a request, as the caller may see them. Absent is what it may not know.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankedBids {
    /// The bids of this page.
    data: Vec<RankedBid>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
    /// The last event in this answer, as the caller's class counts it.
    seq: i64,
    /// The state.
    #[schema(value_type = value::StateWord)]
    state: value::StateWord,
    /// Live bids.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_bids: Option<u32>,
    /// The lowest landed total.
    #[serde(skip_serializing_if = "Option::is_none")]
    best_landed: Option<Money>,
    /// The caller's own side.
    you: You,
    /// The currency of every amount here.
    currency: &'static str,
    /// The server's time.
    server_time: Timestamp,
}

/// One line of a bid.
#[derive(Debug, Serialize, ToSchema)]
pub struct BidLineOut {
    /// The request's item.
    #[schema(value_type = value::ItemRef)]
    request_item_id: value::Id<ItemId>,
    /// Pieces offered.
    quantity: i64,
    /// Price of one piece, VAT included.
    unit_price: Money,
    /// The condition offered; null means the one that was asked for.
    condition: Option<String>,
}

/// A bid as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct BidOut {
    /// The bid.
    #[schema(value_type = value::BidRef)]
    id: value::Id<BidId>,
    /// Its request.
    #[schema(value_type = value::RequestRef)]
    request_id: value::Id<RequestId>,
    /// That request's title; null once its customer is gone.
    title: Option<String>,
    /// Its merchant.
    #[schema(value_type = value::UserRef)]
    merchant_id: value::Id<UserId>,
    /// `submitted`, `withdrawn`, `accepted`, `rejected`, `declined`, `disqualified` or `expired`.
    status: String,
    /// Its version.
    version: i64,
    /// Landed total.
    landed: Money,
    /// Delivery fee.
    delivery_fee: Money,
    /// The currency of every amount here.
    currency: &'static str,
    /// Delivery, in hours.
    delivery_hours: i64,
    /// Warranty, in days.
    warranty_days: i64,
    /// Payment terms.
    payment_terms: String,
    /// Notes for the customer.
    notes: String,
    /// Until when the offer binds.
    expires_at: Option<Timestamp>,
    /// The lines; only when a single bid is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<BidLineOut>>,
    /// The private floor of the automatic bid; only for its merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<Money>,
    /// How it ended, once it has: own rank, number of bids, and the gap to the winner; only for its merchant, and only when
    /// a single bid is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// When it was first placed.
    placed_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<Bid> for BidOut {
    fn from(bid: Bid) -> Self {
        Self {
            id: value::Id(bid.id),
            request_id: value::Id(bid.request_id),
            title: None,
            merchant_id: value::Id(bid.merchant_id),
            status: bid.status,
            version: bid.version,
            landed: Money(bid.landed),
            delivery_fee: Money(bid.delivery_fee),
            currency: CURRENCY,
            delivery_hours: bid.delivery_hours,
            warranty_days: bid.warranty_days,
            payment_terms: bid.payment_terms,
            notes: bid.notes,
            expires_at: bid.expires_at.map(Timestamp),
            items: None,
            floor: None,
            outcome: None,
            placed_at: Timestamp(bid.placed_at),
            updated_at: Timestamp(bid.updated_at),
        }
    }
}

/// A page of bids.
#[derive(Debug, Serialize, ToSchema)]
pub struct BidList {
    /// The bids.
    data: Vec<BidOut>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

// ------------------------------------------------------------------ commands

/// Places a bid.
///
/// The answer comes after the bid is durable. The same key with the same body gets the same answer again.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", request_body = BidBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = BidAnswer), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422), (status = 429), (status = 503)))]
#[post("/requests/{id}/bids")]
pub(crate) async fn place_bid(
    app: web::Data<App>,
    who: Identity,
    key: IdempotencyKey,
    id: Id<RequestId>,
    body: BidJson<BidBody>,
) -> Result<HttpResponse, Problem> {
    let stamp = app.clock.now();
    let from = Sender { user: who.user, key: &key.0, body: &body.bytes, stamp };
    Ok(HttpResponse::Created().json(app.bidding.place(from, id.0, body.value).await?))
}

/// Replaces the offer of a live bid.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", request_body = BidBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = BidAnswer), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422), (status = 429), (status = 503)))]
#[put("/bids/{id}")]
pub(crate) async fn revise_bid(
    app: web::Data<App>,
    who: Identity,
    key: IdempotencyKey,
    id: Id<BidId>,
    body: BidJson<BidBody>,
) -> Result<HttpResponse, Problem> {
    let stamp = app.clock.now();
    let from = Sender { user: who.user, key: &key.0, body: &body.bytes, stamp };
    Ok(HttpResponse::Ok().json(app.bidding.revise(from, id.0, body.value).await?))
}

/// Takes a live bid back.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", request_body = WithdrawBody,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = BidAnswer), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409), (status = 422), (status = 429), (status = 503)))]
#[delete("/bids/{id}")]
pub(crate) async fn withdraw_bid(
    app: web::Data<App>,
    who: Identity,
    key: IdempotencyKey,
    id: Id<BidId>,
    body: BidJson<WithdrawBody>,
) -> Result<HttpResponse, Problem> {
    let stamp = app.clock.now();
    let from = Sender { user: who.user, key: &key.0, body: &body.bytes, stamp };
    Ok(HttpResponse::Ok().json(app.bidding.withdraw(from, id.0, body.value).await?))
}

// ------------------------------------------------------------------ reads

/// Lists a request's bids, ranked, as the caller may see them.
///
/// Read from the board of the last commit: never behind an answer that the caller has, and never waiting for bids.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path), ListRanked),
    responses((status = 200, body = RankedBids), (status = 401), (status = 403), (status = 404), (status = 422)))]
#[get("/requests/{id}/bids")]
pub(crate) async fn list_bids(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    query: Query<ListRanked>,
) -> Result<HttpResponse, Problem> {
    let (class, handle) = app.bidding.seat(id.0, who.user, who.kind).await?;
    let limit = Page::read::<i64>(None, query.0.limit, |id| id)?.limit as usize;
    let board = handle.board().await?;
    let skip = query.0.cursor.unwrap_or(0).min(board.rows.len());
    let bidders = app.bidding.bidders();
    if class == Class::Host {
        bidders.learn_names(board.rows.iter().skip(skip).take(limit).map(|row| row.merchant)).await?;
    }
    let shown = BoardOut::page(&board, class, bidders, skip, limit);
    let more = shown.top.len() == limit && skip + limit < board.rows.len();
    let next_cursor = more.then(|| (skip + limit).to_string());
    Ok(HttpResponse::Ok().json(RankedBids {
        data: with_texts(&app, class, shown.top).await?,
        next_cursor,
        seq: frame::class_seq(class, board.class_seqs),
        state: value::StateWord(board.state),
        live_bids: shown.live_bids,
        best_landed: shown.best_landed,
        you: You::new(&board, class, who.user),
        currency: CURRENCY,
        server_time: Timestamp(app.clock.now()),
    }))
}

/// Adds what only the host may read.
async fn with_texts(app: &App, class: Class, rows: Vec<RowOut>) -> Result<Vec<RankedBid>, Problem> {
    let plain = |row| RankedBid { row, notes: None, payment_terms: None };
    if class == Class::Merchants || rows.is_empty() {
        return Ok(rows.into_iter().map(plain).collect());
    }
    let ids: Vec<BidId> = rows.iter().map(|row| row.bid.0).collect();
    let bids = bids::list_bids_among(&app.db, &ids).await?;
    let mut texts: HashMap<BidId, Bid> = bids.into_iter().map(|bid| (bid.id, bid)).collect();
    let named = rows.into_iter().map(|row| {
        let bid = texts.remove(&row.bid.0);
        let (notes, payment_terms) = bid.map(|bid| (bid.notes, bid.payment_terms)).unzip();
        RankedBid { row, notes, payment_terms }
    });
    Ok(named.collect())
}

/// Lists the caller's own bids, newest first.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(ListMine),
    responses((status = 200, body = BidList), (status = 401), (status = 403), (status = 422)))]
#[get("/bids")]
pub(crate) async fn list_own_bids(
    app: web::Data<App>,
    who: Merchant,
    query: Query<ListMine>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<BidId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let asked = persistence::Page { before: page.before, limit: page.limit + 1 };
    let rows = bids::list_bids_of_merchant(&app.db, who.0.user, query.0.status.as_deref(), asked).await?;
    let (rows, last) = page.cut(rows, |bid| bid.id.0);
    let asked: Vec<RequestId> = rows.iter().map(|bid| bid.request_id).collect();
    let mut titles = requests::list_titles(&app.db, &asked).await?;
    // One bid of a merchant for a request, so each title goes to one row.
    let data = rows.into_iter().map(|bid| BidOut { title: titles.remove(&bid.request_id), ..bid.into() });
    let data = data.collect();
    Ok(HttpResponse::Ok().json(BidList { data, next_cursor: last.map(|id| BidId(id).to_string()) }))
}

/// Reads one bid: the caller's own, or one that the caller's request shows.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path)),
    responses((status = 200, body = BidOut), (status = 401), (status = 404)))]
#[get("/bids/{id}")]
pub(crate) async fn get_bid(app: web::Data<App>, who: Identity, id: Id<BidId>) -> Result<HttpResponse, Problem> {
    let bid = bids::find_bid(&app.db, id.0).await?.ok_or(Refusal::UnknownBid)?;
    let own = bid.merchant_id == who.user;
    if !own && !is_shown_to_host(&app, &who, bid.request_id).await? {
        return Err(Refusal::UnknownBid.into());
    }
    let floor = if own { bids::find_own_floor(&app.db, bid.id, who.user).await? } else { None };
    let lines = bids::list_items_of_bid(&app.db, bid.id).await?;
    let items = lines.into_iter().map(|line| BidLineOut {
        request_item_id: value::Id(line.item_id),
        quantity: line.quantity,
        unit_price: Money(line.unit_price),
        condition: line.part_condition,
    });
    let items = Some(items.collect());
    let outcome = if own { outcome_of(&app, &bid).await? } else { None };
    let title = requests::list_titles(&app.db, &[bid.request_id]).await?.remove(&bid.request_id);
    let floor = floor.map(Money);
    Ok(HttpResponse::Ok().json(BidOut { title, items, floor, outcome, ..BidOut::from(bid) }))
}

/// How an auction ended for a bid (rules §6, last paragraph). Bids that were taken out of it have no rank.
async fn outcome_of(app: &App, bid: &Bid) -> Result<Option<Outcome>, Problem> {
    if !matches!(bid.status.as_str(), "accepted" | "rejected" | "expired") {
        return Ok(None);
    }
    let board = app.admission.find(bid.request_id).await?.board().await?;
    Ok(You::new(&board, Class::Merchants, bid.merchant_id).outcome)
}

/// Whether the caller is the host of this request and may see single bids by now.
async fn is_shown_to_host(app: &App, who: &Identity, request: RequestId) -> Result<bool, Problem> {
    let board = app.admission.find(request).await?.board().await?;
    let host = who.kind == UserKind::Admin || board.terms.owner == who.user;
    Ok(host && board::scope(&board, Class::Host) == Scope::All)
}

/// Tells the highest landed total with which the caller's bid would lead.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path)),
    responses((status = 200, body = PriceToLeadOut), (status = 401), (status = 403), (status = 404), (status = 429)))]
#[get("/requests/{id}/price-to-lead")]
pub(crate) async fn get_price_to_lead(
    app: web::Data<App>,
    who: Merchant,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    let (_, handle) = app.bidding.seat(id.0, who.0.user, who.0.kind).await?;
    let board = handle.board().await?;
    let visibility = board.terms.rules.visibility;
    if visibility == Visibility::Sealed {
        return Err(Code::NotShown.into());
    }
    let own = board.row_of(who.0.user).ok_or(Refusal::UnknownBid)?.landed;
    let price = handle.price_to_lead(who.0.user).await?;
    Ok(HttpResponse::Ok().json(PriceToLeadOut::new(visibility, own, price, app.clock.now())))
}

/// The events of a request.
#[derive(Serialize)]
struct EventPage<'a> {
    data: Vec<EventFrame<'a>>,
    /// Pass it as `after_seq` for what follows; null when nothing does.
    next_after_seq: Option<i64>,
}

/// Lists a request's events from the journal, as the caller may see them, in the live room's words.
#[utoipa::path(context_path = "/api/v1/bidding", tag = "bidding", params(("id" = String, Path), ListEvents),
    responses((status = 200), (status = 401), (status = 403), (status = 404), (status = 422)))]
#[get("/requests/{id}/events")]
pub(crate) async fn list_events(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    query: Query<ListEvents>,
) -> Result<HttpResponse, Problem> {
    let (class, handle) = app.bidding.seat(id.0, who.user, who.kind).await?;
    let limit = Page::read::<i64>(None, query.0.limit, |id| id)?.limit as usize;
    let visibility = handle.terms().rules.visibility;
    let ask = Ask { request: id.0, class, after: query.0.after_seq.unwrap_or(0).max(0) };
    let events = app.events.list(visibility, ask, limit).await?;
    let bidders = app.bidding.bidders();
    if class == Class::Host {
        bidders.learn_names(events.shown.iter().flat_map(|(_, entry)| entry.event.merchants())).await?;
    }
    let data = events.shown.iter().filter_map(|(seq, entry)| {
        let at = Stamp { epoch: None, seq: *seq, server_time: Timestamp(entry.at) };
        EventFrame::new(visibility, class, &entry.event, None, bidders, at)
    });
    let data = data.collect();
    let next_after_seq = events.shown.last().filter(|_| events.more).map(|(seq, _)| *seq);
    Ok(HttpResponse::Ok().json(EventPage { data, next_after_seq }))
}
