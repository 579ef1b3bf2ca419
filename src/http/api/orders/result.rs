//! What a request's auction came to: the frozen scoreboard, the journal's chain of hashes, and what a customer compares.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::State;
use crate::domain::auction::command::Line;
use crate::domain::auction::event::ScoreRow;
use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view::Class;
use crate::domain::compare;
use crate::domain::compare::Candidate;
use crate::domain::compare::Split;
use crate::domain::compare::Wanted;
use crate::domain::ids::BidId;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::flows::events::Ask;
use crate::flows::result;
use crate::flows::result::Recount;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence::bids;
use crate::persistence::bids::Bid;
use crate::persistence::journal;
use crate::wire::board::Names as _;
use crate::wire::board::Outcome;
use crate::wire::board::ScoreOut;
use crate::wire::board::You;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::AliasWord;
use crate::wire::value::CURRENCY;
use crate::wire::value::ConditionWord;
use crate::wire::value::Hex;
use crate::wire::value::Money;
use crate::wire::value::Name;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ scoreboard

/// One row of the frozen result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreboardRow {
    /// From 1.
    rank: u32,
    /// The bid.
    #[schema(value_type = value::BidRef)]
    bid: value::Id<BidId>,
    /// What its merchant was called in the auction.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<AliasWord>,
    /// Its merchant; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<value::UserRef>)]
    merchant: Option<value::Id<UserId>>,
    /// What that merchant is called; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    merchant_name: Option<Name>,
    /// Landed total.
    landed: Money,
    /// Delivery, in hours.
    delivery_hours: i64,
    /// The points.
    score: ScoreOut,
    /// Whether the price is strikingly low; only the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    low_price: Option<bool>,
    /// Whether it is the caller's.
    yours: bool,
}

/// A request's frozen result, and whether the journal still gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scoreboard {
    /// The rows that the caller may see: the host all, merchants what the auction showed them, and their own.
    rows: Vec<ScoreboardRow>,
    /// How many rows there are.
    bids: usize,
    /// SHA-256 of the frozen rows.
    hash: Hex,
    /// SHA-256 of the rows that the journal's bids give now.
    recomputed: Hex,
    /// Whether the two are equal.
    equal: bool,
    /// How it ended for the caller's bid, once it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// The currency of every amount here.
    currency: &'static str,
}

/// Shows the frozen result, and computes it once more from the journal.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = Scoreboard), (status = 403), (status = 404), (status = 409)))]
#[get("/requests/{id}/scoreboard")]
pub(crate) async fn get_scoreboard(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    let (class, handle) = app.bidding.seat(id.0, who.user, who.kind).await?;
    let now = handle.board().await?;
    let recount = result::recount(&app.db, id.0).await?.ok_or_else(|| no_result(&now))?;
    let bidders = app.bidding.bidders();
    if class == Class::Host {
        bidders.learn_names(recount.rows.iter().map(|row| row.merchant)).await?;
    }
    let all = class == Class::Host || now.terms.rules.visibility == Visibility::Open;
    let shown = recount.rows.iter().filter(|row| all || row.merchant == who.user);
    let aliases: HashMap<UserId, AliasWord> =
        recount.board.rows.iter().map(|row| (row.merchant, AliasWord(row.alias))).collect();
    let row = |row: &ScoreRow| ScoreboardRow {
        rank: row.rank,
        bid: value::Id(row.bid),
        alias: aliases.get(&row.merchant).copied(),
        merchant: (class == Class::Host).then_some(value::Id(row.merchant)),
        merchant_name: if class == Class::Host { bidders.name_of(row.merchant) } else { None },
        landed: Money(row.landed),
        delivery_hours: row.delivery_hours,
        score: row.score.into(),
        low_price: (class == Class::Host).then_some(row.low_price.below_mean || row.low_price.below_next),
        yours: row.merchant == who.user,
    };
    let rows = shown.map(row).collect();
    let Recount { hash, recomputed, rows: frozen, .. } = recount;
    Ok(HttpResponse::Ok().json(Scoreboard {
        rows,
        bids: frozen.len(),
        equal: hash == recomputed,
        hash: Hex(hash),
        recomputed: Hex(recomputed),
        outcome: You::new(&now, class, who.user).outcome,
        currency: CURRENCY,
    }))
}

fn no_result(board: &Board) -> Problem {
    Refusal::WrongState { state: board.state.word() }.into()
}

// ------------------------------------------------------------------ audit

/// A stretch of the chain.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// Only entries after this one, as the caller counts them; from the first when absent.
    after_seq: Option<i64>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// One entry of the journal that the caller may know of.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its place, as the caller counts.
    seq: i64,
    /// When it was decided.
    at: Timestamp,
    /// SHA-256 over the predecessor's hash, auction, place and instant, and the entry.
    hash: Hex,
}

/// The head of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditHead {
    /// The last entry's hash, which contains all before it.
    hash: Hex,
    /// When it was decided.
    at: Timestamp,
}

/// A stretch of the chain of hashes. Every entry was checked against its predecessor to be listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Audit {
    /// The entries.
    data: Vec<AuditEntry>,
    /// Pass it as `after_seq` for what follows; null when nothing does.
    next_after_seq: Option<i64>,
    /// The head; absent for merchants until bidding has closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<AuditHead>,
}

/// Lists the chain of hashes of a request's journal, as far as the caller may see it: whoever keeps the receipt of a bid
/// finds its hash here.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path), ListAudit),
    responses((status = 200, body = Audit), (status = 403), (status = 404), (status = 422)))]
#[get("/requests/{id}/audit")]
pub(crate) async fn list_audit(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    query: Query<ListAudit>,
) -> Result<HttpResponse, Problem> {
    let (class, handle) = app.bidding.seat(id.0, who.user, who.kind).await?;
    let limit = Page::read::<i64>(None, query.0.limit, |id| id)?.limit as usize;
    let visibility = handle.terms().rules.visibility;
    let ask = Ask { request: id.0, class, after: query.0.after_seq.unwrap_or(0).max(0) };
    let events = app.events.list(visibility, ask, limit).await?;
    let head = journal::find_head(&app.db, id.0).await?.ok_or(Refusal::UnknownRequest)?;
    // While it runs, a head that moves would tell of bids that the caller may not know of.
    let sees_all = class == Class::Host && visibility != Visibility::Sealed;
    let head = (sees_all || !is_running(head.state))
        .then_some(AuditHead { hash: Hex(head.hash), at: Timestamp(head.updated_at) });
    let entry =
        |(seq, entry): &(i64, journal::Entry)| AuditEntry { seq: *seq, at: Timestamp(entry.at), hash: Hex(entry.hash) };
    let next_after_seq = events.shown.last().filter(|_| events.more).map(|(seq, _)| *seq);
    Ok(HttpResponse::Ok().json(Audit { data: events.shown.iter().map(entry).collect(), next_after_seq, head }))
}

/// Whether bids may still come.
pub(super) const fn is_running(state: State) -> bool {
    matches!(state, State::Published | State::BiddingOpen | State::BiddingClosed)
}

// ------------------------------------------------------------------ comparison

/// A bid in the comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct Compared {
    /// The bid.
    #[schema(value_type = value::BidRef)]
    bid_id: value::Id<BidId>,
    /// Its rank in the frozen result.
    rank: u32,
    /// Its merchant.
    #[schema(value_type = value::UserRef)]
    merchant: value::Id<UserId>,
    /// What that merchant is called.
    #[schema(value_type = Option<String>)]
    merchant_name: Option<Name>,
    /// Landed total.
    landed: Money,
    /// Delivery, in hours.
    delivery_hours: i64,
}

/// So many pieces of an item from one bid.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareBody {
    /// From whom.
    #[schema(value_type = value::BidRef)]
    bid_id: value::Id<BidId>,
    /// What.
    #[schema(value_type = value::ItemRef)]
    request_item_id: value::Id<ItemId>,
    /// Pieces.
    quantity: i64,
    /// Price of one piece.
    unit_price: Money,
}

/// The cheapest way to get everything from at most three merchants.
#[derive(Debug, Serialize, ToSchema)]
pub struct SplitBody {
    /// Who brings what.
    shares: Vec<ShareBody>,
    /// All pieces, and the delivery fee of each merchant who brings something.
    total: Money,
    /// When the last parcel is there, in hours.
    delivery_hours: i64,
}

/// What a customer compares after the close. Bids that no longer count are left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// The best by points of those that bring everything.
    best: Option<Compared>,
    /// The cheapest of them.
    cheapest: Option<Compared>,
    /// The fastest of them.
    fastest: Option<Compared>,
    /// Where partial bids are allowed: the cheapest split. A split cannot be accepted; it tells what the bids are worth.
    split: Option<SplitBody>,
    /// Bids that were compared: the best by points, at most a hundred.
    compared: usize,
    /// Bids that count.
    bids: usize,
    /// The currency of every amount here.
    currency: &'static str,
}

/// Compares the bids of a closed request for its customer.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = Comparison), (status = 403), (status = 404), (status = 409)))]
#[get("/requests/{id}/comparison")]
pub(crate) async fn get_comparison(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    let (class, handle) = app.bidding.seat(id.0, who.user, who.kind).await?;
    if class != Class::Host {
        return Err(Code::NotShown.into());
    }
    let board = handle.board().await?;
    let frozen = result::recount(&app.db, id.0).await?.ok_or_else(|| no_result(&board))?.rows;
    let mut counting: Vec<&ScoreRow> = frozen.iter().filter(|row| board.row_of(row.merchant).is_some()).collect();
    let bids = counting.len();
    counting.truncate(limits::COMPARED_BIDS_MAX);
    app.bidding.bidders().learn_names(counting.iter().map(|row| row.merchant)).await?;
    let offers = offers(&app, &counting).await?;
    let wanted: Vec<Wanted> =
        board.terms.items.iter().map(|item| Wanted { item: item.id, quantity: item.quantity }).collect();
    let partial = board.terms.rules.allow_partial;
    // Up to 166 750 sets of three: not on a thread that answers others.
    let found = web::block(move || Found::of(&wanted, &offers, partial)).await.map_err(|_| Code::Internal)?;
    let compared = |bid: Option<BidId>| {
        let row = counting.iter().find(|row| Some(row.bid) == bid)?;
        Some(Compared {
            bid_id: value::Id(row.bid),
            rank: row.rank,
            merchant: value::Id(row.merchant),
            merchant_name: app.bidding.bidders().name_of(row.merchant),
            landed: Money(row.landed),
            delivery_hours: row.delivery_hours,
        })
    };
    Ok(HttpResponse::Ok().json(Comparison {
        best: compared(found.best),
        cheapest: compared(found.cheapest),
        fastest: compared(found.fastest),
        split: found.split.map(split_body),
        compared: counting.len(),
        bids,
        currency: CURRENCY,
    }))
}

/// A bid with its lines, by rank.
struct Offered {
    bid: Bid,
    lines: Vec<Line>,
}

struct Found {
    best: Option<BidId>,
    cheapest: Option<BidId>,
    fastest: Option<BidId>,
    split: Option<Split>,
}

impl Found {
    fn of(wanted: &[Wanted], offers: &[Offered], partial: bool) -> Self {
        let candidates: Vec<Candidate<'_>> = offers
            .iter()
            .map(|Offered { bid, lines }| Candidate {
                bid: bid.id,
                lines,
                delivery_fee: bid.delivery_fee,
                landed: bid.landed,
                delivery_hours: bid.delivery_hours,
            })
            .collect();
        // In the order of ranks: the first that brings everything.
        let best = candidates.iter().find_map(|one| compare::cheapest_whole(wanted, std::slice::from_ref(one)));
        Self {
            best,
            cheapest: compare::cheapest_whole(wanted, &candidates),
            fastest: compare::fastest_whole(wanted, &candidates),
            split: if partial { compare::cheapest_split(wanted, &candidates) } else { None },
        }
    }
}

async fn offers(app: &App, rows: &[&ScoreRow]) -> Result<Vec<Offered>, Problem> {
    let ids: Vec<BidId> = rows.iter().map(|row| row.bid).collect();
    let mut found: HashMap<BidId, Bid> =
        bids::list_bids_among(&app.db, &ids).await?.into_iter().map(|bid| (bid.id, bid)).collect();
    let mut offers = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(bid) = found.remove(&id) else { continue };
        let lines = bids::list_items_of_bid(&app.db, id).await?.into_iter().map(|line| Line {
            item: line.item_id,
            quantity: line.quantity,
            unit_price: line.unit_price,
            condition: line.part_condition.as_deref().and_then(ConditionWord::find).map(|word| word.0),
        });
        offers.push(Offered { lines: lines.collect(), bid });
    }
    Ok(offers)
}

fn split_body(split: Split) -> SplitBody {
    let shares = split.shares.into_iter().map(|share| ShareBody {
        bid_id: value::Id(share.bid),
        request_item_id: value::Id(share.item),
        quantity: share.quantity,
        unit_price: Money(share.unit_price),
    });
    SplitBody { shares: shares.collect(), total: Money(split.total), delivery_hours: split.delivery_hours }
}
