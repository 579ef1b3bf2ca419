//! Everything that is kept about one account, as one JSON document, written while it is read.
//!
//! A merchant of some years has more bids than belong into memory at once: the document is made in pieces, and made no
//! faster than the client takes them.

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;

use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::accounts;
use crate::persistence::audit;
use crate::persistence::bids;
use crate::persistence::bids::Bid;
use crate::persistence::blocks;
use crate::persistence::devices;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::inbox;
use crate::persistence::listings;
use crate::persistence::listings::Filter;
use crate::persistence::listings::Place;
use crate::persistence::orders;
use crate::persistence::orders::Order;
use crate::persistence::orders::Whose;
use crate::persistence::payments;
use crate::persistence::preferences;
use crate::persistence::privacy;
use crate::persistence::profiles;
use crate::persistence::questions;
use crate::persistence::requests;
use crate::persistence::requests::PartRequest;
use crate::persistence::reviews;
use crate::persistence::vehicles;
use crate::wire::file;
use crate::wire::value::CURRENCY;
use crate::wire::value::Id;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

/// A piece is handed on when it has so many bytes.
const PIECE_BYTES: usize = 16 * 1_024;

/// The document about an account, in pieces. It ends early, and so is no JSON, where the database fails on the way.
pub fn export(db: Db, user: UserId, now: UnixMicros) -> impl Stream<Item = Result<Bytes, StoreError>> + 'static {
    let (sender, receiver) = mpsc::channel(limits::EXPORT_PIECES_WAITING_MAX);
    actix::spawn(async move {
        let mut out = Out { sender, text: String::new(), empty: true };
        if let Err(Stop::Failed(error)) = write(&db, user, now, &mut out).await {
            let _ = out.sender.send(Err(error)).await;
        }
    });
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) })
}

/// Why writing ended early.
enum Stop {
    /// Nobody reads on.
    Gone,
    /// The database failed.
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

struct Out {
    sender: mpsc::Sender<Result<Bytes, StoreError>>,
    text: String,
    /// Whether the open list has nothing yet.
    empty: bool,
}

impl Out {
    async fn hand_on(&mut self, least: usize) -> Result<(), Stop> {
        if self.text.len() < least {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.text));
        self.sender.send(Ok(piece)).await.map_err(|_| Stop::Gone)
    }

    /// Begins a list under a name.
    fn list(&mut self, name: &str) {
        self.text.push_str(",\"");
        self.text.push_str(name);
        self.text.push_str("\":[");
        self.empty = true;
    }

    async fn item(&mut self, item: &Value) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.empty, false) {
            self.text.push(',');
        }
        self.text.push_str(&item.to_string());
        self.hand_on(PIECE_BYTES).await
    }

    fn end(&mut self) {
        self.text.push(']');
    }
}

/// The rows of a page and where the next begins.
const PAGE: u32 = limits::PAGE_MAX;

async fn write(db: &Db, user: UserId, now: UnixMicros, out: &mut Out) -> Result<(), Stop> {
    out.text.push_str("{\"exported_at\":");
    out.text.push_str(&json!(Timestamp(now)).to_string());
    out.text.push_str(",\"account\":");
    out.text.push_str(&account(db, user).await?.to_string());
    out.text.push_str(",\"profile\":");
    out.text.push_str(&profile(db, user).await?.to_string());
    write_vehicles(db, user, out).await?;
    write_requests(db, user, out).await?;
    write_bids(db, user, out).await?;
    write_files(db, user, out).await?;
    write_payments(db, user, out).await?;
    write_orders(db, user, out).await?;
    write_reviews(db, user, out).await?;
    write_notices(db, user, out).await?;
    write_others(db, user, out).await?;
    out.text.push('}');
    out.hand_on(0).await
}

async fn account(db: &Db, user: UserId) -> Result<Value, Stop> {
    let Some(row) = accounts::find(db, user).await? else { return Ok(Value::Null) };
    Ok(json!({
        "id": Id(row.id),
        "type": row.kind,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "phone_verified_at": when(row.phone_verified_at),
        "suspended_at": when(row.suspended_at),
        "suspended_reason": row.suspended_reason,
        "created_at": when(Some(row.created_at)),
    }))
}

async fn profile(db: &Db, user: UserId) -> Result<Value, Stop> {
    if let Some(row) = profiles::find_customer_profile(db, user).await? {
        return Ok(json!({
            "national_address": row.national_address.as_deref().map(parsed),
            "default_location": row.default_location.as_deref().map(parsed),
            "preferences": parsed(&row.preferences),
            "updated_at": Timestamp(row.updated_at),
        }));
    }
    let Some(row) = profiles::find_merchant_profile(db, user).await? else { return Ok(Value::Null) };
    Ok(json!({
        "business_name": row.business_name,
        "business_license": row.business_license,
        "vat_number": row.vat_number,
        "specializations": parsed(&row.specializations),
        "business_hours": parsed(&row.business_hours),
        "service_areas": parsed(&row.service_areas),
        "verification_documents": parsed(&row.verification_documents),
        "verified_at": row.verified_at.map(Timestamp),
        "rejected_at": row.rejected_at.map(Timestamp),
        "rejected_reason": row.rejected_reason,
        "rating_milli": row.rating_milli,
        "rated_orders": row.rated_orders,
        "updated_at": Timestamp(row.updated_at),
    }))
}

async fn write_vehicles(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("vehicles");
    let mut before = i64::MAX;
    loop {
        let page = vehicles::list_vehicles(db, user, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = last.id;
        for row in page {
            let item = json!({
                "id": Id(VehicleId(row.id)),
                "brand": row.brand_en,
                "model": row.model_en,
                "trim": row.trim_en,
                "year": row.model_year,
                "vin": row.vin,
                "custom_name": row.custom_name,
                "mileage_km": row.mileage_km,
                "engine_type": row.engine_type,
                "transmission_type": row.transmission_type,
                "is_primary": row.is_primary != 0,
                "created_at": when(Some(row.created_at)),
            });
            out.item(&item).await?;
        }
    }
    out.end();
    Ok(())
}

async fn write_requests(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("requests");
    let mut at = Place::NEWEST;
    loop {
        let page = listings::list_of_customer(db, user, Filter::default(), at, PAGE).await?;
        let Some(last) = page.last() else { break };
        at = at.behind(last);
        for row in page {
            if let Some(request) = requests::find_request(db, row.id).await? {
                out.item(&request_item(db, &request, &row.state).await?).await?;
            }
        }
    }
    out.end();
    Ok(())
}

async fn request_item(db: &Db, request: &PartRequest, state: &str) -> Result<Value, Stop> {
    let items = requests::list_items(db, request.id).await?;
    let items: Vec<Value> = items
        .into_iter()
        .map(|item| {
            json!({
                "id": Id(item.id),
                "part_name": item.part_name,
                "part_number": item.part_number,
                "quantity": item.quantity,
                "condition": item.part_condition,
                "part_group": item.part_group,
                "description": item.description,
                "images": parsed(&item.images),
                "estimated_price": item.estimated_price.map(Money),
            })
        })
        .collect();
    Ok(json!({
        "id": Id(request.id),
        "vehicle_id": Id(request.vehicle_id),
        "status": state,
        "title": request.title,
        "description": request.description,
        "items": items,
        "urgency_level": request.urgency,
        "preferred_pickup": request.preferred_pickup,
        "city": request.city,
        "repost_of": request.repost_of.map(Id),
        "budget_min": request.budget_min.map(Money),
        "budget_max": request.budget_max.map(Money),
        "currency": CURRENCY,
        "images": parsed(&request.images),
        "rules": parsed(&request.rules),
        "bidding_duration_s": request.bidding_duration_s,
        "created_at": Timestamp(request.created_at),
        "updated_at": Timestamp(request.updated_at),
    }))
}

async fn write_bids(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("bids");
    let mut before = i64::MAX;
    loop {
        let page = bids::list_bids_of_merchant(db, user, None, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.id.0;
        for bid in page {
            out.item(&bid_item(db, &bid, user).await?).await?;
        }
    }
    out.end();
    Ok(())
}

async fn bid_item(db: &Db, bid: &Bid, user: UserId) -> Result<Value, Stop> {
    let floor = bids::find_own_floor(db, bid.id, user).await?;
    let lines = bids::list_items_of_bid(db, bid.id).await?;
    let lines: Vec<Value> = lines
        .into_iter()
        .map(|line| {
            json!({
                "request_item_id": Id(line.item_id),
                "quantity": line.quantity,
                "unit_price": Money(line.unit_price),
                "condition": line.part_condition,
            })
        })
        .collect();
    Ok(json!({
        "id": Id(bid.id),
        "request_id": Id(bid.request_id),
        "version": bid.version,
        "status": bid.status,
        "items": lines,
        "delivery_fee": Money(bid.delivery_fee),
        "landed_total": Money(bid.landed),
        "floor": floor.map(Money),
        "currency": CURRENCY,
        "delivery_hours": bid.delivery_hours,
        "warranty_days": bid.warranty_days,
        "payment_terms": bid.payment_terms,
        "notes": bid.notes,
        "expires_at": bid.expires_at.map(Timestamp),
        "placed_at": Timestamp(bid.placed_at),
        "updated_at": Timestamp(bid.updated_at),
    }))
}

/// What was paid and got.
async fn write_payments(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("payments");
    let own = payments::Filter { whose: Some(user), ..payments::Filter::default() };
    let mut before = i64::MAX;
    loop {
        let page = payments::list(db, own, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.id.0;
        for row in page {
            let item = json!({
                "id": Id(row.id),
                "order_id": Id(row.order),
                "method": row.method.word(),
                "status": row.money.state.word(),
                "amount": Money(row.money.amount),
                "captured": Money(row.money.captured),
                "refunded": Money(row.money.refunded),
                "currency": CURRENCY,
                "created_at": Timestamp(row.created_at),
                "updated_at": Timestamp(row.updated_at),
            });
            out.item(&item).await?;
        }
    }
    out.end();
    Ok(())
}

/// The uploads; their bytes are behind the addresses.
async fn write_files(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("files");
    let mut before = i64::MAX;
    loop {
        let page = files::list(db, user, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.id.0;
        for row in page {
            let item = json!({
                "id": Id(row.id),
                "name": row.name,
                "content_type": row.content_type,
                "bytes": row.bytes,
                "width": row.width,
                "height": row.height,
                "url": file::url(row.id),
                "created_at": Timestamp(row.created_at),
            });
            out.item(&item).await?;
        }
    }
    out.end();
    Ok(())
}

/// Orders of either side, an account has only one of them.
async fn write_orders(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("orders");
    for whose in [Whose::Customer(user), Whose::Merchant(user)] {
        let mut before = i64::MAX;
        loop {
            let page = orders::list(db, whose, None, Page { before, limit: PAGE }).await?;
            let Some(last) = page.last() else { break };
            before = last.id.0;
            for order in page {
                out.item(&order_item(db, &order).await?).await?;
            }
        }
    }
    out.end();
    Ok(())
}

async fn order_item(db: &Db, order: &Order) -> Result<Value, Stop> {
    let lines = orders::list_lines(db, order.id).await?.into_iter().map(|line| {
        json!({
            "request_item_id": Id(line.item_id),
            "part_name": line.part_name,
            "part_number": line.part_number,
            "condition": line.part_condition,
            "quantity": line.quantity,
            "unit_price": Money(line.unit_price),
        })
    });
    let lines: Vec<Value> = lines.collect();
    let steps = orders::list_events(db, order.id).await?.into_iter().map(
        |event| json!({ "at": Timestamp(event.at), "step": event.step, "actor": event.actor, "reason": event.reason }),
    );
    Ok(json!({
        "id": Id(order.id),
        "request_id": Id(order.request),
        "bid_id": Id(order.bid),
        "status": order.state.word(),
        "items": lines,
        "delivery_fee": Money(order.delivery_fee),
        "discount": Money(order.discount),
        "total": Money(order.total),
        "vat": Money(order.vat),
        "currency": CURRENCY,
        "payment_terms": order.payment_terms,
        "history": steps.collect::<Vec<Value>>(),
        "created_at": Timestamp(order.created_at),
        "updated_at": Timestamp(order.updated_at),
    }))
}

/// What the account said of others, and others of it.
async fn write_reviews(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    for (name, written) in [("reviews_written", true), ("reviews_received", false)] {
        out.list(name);
        let mut before = i64::MAX;
        loop {
            let page = Page { before, limit: PAGE };
            let page = if written {
                reviews::list_by(db, user, page).await?
            } else {
                reviews::list_about(db, user, page).await?
            };
            let Some(last) = page.last() else { break };
            before = last.id.0;
            for review in page {
                let item = json!({
                    "order_id": Id(review.order_id),
                    "stars": review.stars,
                    "comment": review.comment,
                    "created_at": Timestamp(review.created_at),
                });
                out.item(&item).await?;
            }
        }
        out.end();
    }
    Ok(())
}

/// What the account was told, and how it wants to be.
async fn write_notices(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("notifications");
    let mut before = i64::MAX;
    loop {
        let page = inbox::list(db, user, false, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.place;
        for row in page {
            let item = json!({
                "id": Id(row.id),
                "type": row.kind,
                "facts": parsed(&row.facts),
                "created_at": Timestamp(row.created_at),
                "read_at": row.read_at.map(Timestamp),
            });
            out.item(&item).await?;
        }
    }
    out.end();
    out.list("devices");
    for row in devices::list(db, user).await? {
        let item = json!({
            "id": Id(row.id),
            "platform": row.platform,
            "address": row.address,
            "name": row.name,
            "created_at": Timestamp(row.created_at),
            "last_sent_at": row.last_sent_at.map(Timestamp),
        });
        out.item(&item).await?;
    }
    out.end();
    let wishes = preferences::find(db, user).await?;
    let wanted = wishes
        .differing()
        .map(|(kind, channel, wanted)| json!({ "type": kind.word(), "channel": channel.word(), "wanted": wanted }));
    let quiet = wishes.quiet.map(|quiet| json!({ "from": quiet.from().to_string(), "to": quiet.to().to_string() }));
    let chosen = json!({
        "wishes": wanted.collect::<Vec<Value>>(),
        "quiet_hours": quiet,
        "digest": wishes.digest.word(),
    });
    out.text.push_str(",\"notification_preferences\":");
    out.text.push_str(&chosen.to_string());
    Ok(())
}

/// Sign-ins, invitations, blocks, and what administrators did to the account.
async fn write_others(db: &Db, user: UserId, out: &mut Out) -> Result<(), Stop> {
    out.list("sessions");
    let mut before = i64::MAX;
    loop {
        let page = privacy::list_sessions(db, user, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = last.id.0;
        for row in page {
            let item = json!({
                "id": Id(row.id),
                "device": row.device,
                "address": row.address,
                "created_at": Timestamp(row.created_at),
                "last_used_at": Timestamp(row.last_used_at),
                "expires_at": Timestamp(row.expires_at),
                "revoked_at": row.revoked_at.map(Timestamp),
                "revoked_reason": row.revoked_reason,
            });
            out.item(&item).await?;
        }
    }
    out.end();
    out.list("provider_links");
    for row in privacy::list_links(db, user).await? {
        let item = json!({ "issuer": row.issuer, "subject": row.subject, "created_at": Timestamp(row.created_at) });
        out.item(&item).await?;
    }
    out.end();
    out.list("invitations");
    let mut before = i64::MAX;
    loop {
        let page = privacy::list_invites(db, user, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = last.request_id.0;
        for row in page {
            out.item(&json!({ "request_id": Id(row.request_id), "invited_at": Timestamp(row.invited_at) })).await?;
        }
    }
    out.end();
    out.list("questions");
    let mut before = i64::MAX;
    loop {
        let page = questions::list_of_user(db, user, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.id.0;
        for row in page {
            let item = json!({
                "id": Id(row.id),
                "request_id": Id(row.request_id),
                "question": row.question,
                "answer": row.answer,
                "asked_at": Timestamp(row.asked_at),
                "answered_at": row.answered_at.map(Timestamp),
            });
            out.item(&item).await?;
        }
    }
    out.end();
    out.list("blocks");
    let mut before = i64::MAX;
    loop {
        let page = blocks::list(db, user, Page { before, limit: PAGE }).await?;
        let Some(last) = page.last() else { break };
        before = last.merchant_id.0;
        for row in page {
            let item = json!({ "merchant_id": Id(row.merchant_id), "created_at": Timestamp(row.created_at) });
            out.item(&item).await?;
        }
    }
    out.end();
    out.list("measures");
    for entry in audit::list_of(db, &user.to_string()).await? {
        let item = json!({ "at": when(Some(entry.at)), "action": entry.action, "reason": entry.reason });
        out.item(&item).await?;
    }
    out.end();
    Ok(())
}

fn when(micros: Option<i64>) -> impl Serialize {
    micros.map(|micros| Timestamp(UnixMicros(micros)))
}

/// Stored JSON as JSON.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
