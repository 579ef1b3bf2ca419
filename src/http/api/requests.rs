//! `/api/v1/orders/requests`: part requests, from the draft to the end.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::put;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::admission::Receipt;
use crate::app::App;
use crate::domain::auction::command::Command;
use crate::domain::auction::command::Host;
use crate::domain::auction::terms::Visibility;
use crate::domain::ids::ItemId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::text;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::flows::publish;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency::Answer;
use crate::persistence::journal;
use crate::persistence::journal::Head;
use crate::persistence::requests;
use crate::persistence::requests::Filter;
use crate::persistence::requests::ListedRequest;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;
use crate::persistence::vehicles;
use crate::persistence::vehicles::VehicleNames;
use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::request::RulesBody;
use crate::wire::value;
use crate::wire::value::CURRENCY;
use crate::wire::value::ConditionWord;
use crate::wire::value::Hex;
use crate::wire::value::Money;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what comes in

/// How much it hurries. `high` and `urgent` count delivery against 72 hours.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// No hurry.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// As `normal`, in other clients' words.
    Medium,
    /// The car stands.
    High,
    /// The car stands and is needed.
    Urgent,
}

impl Urgency {
    const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal | Self::Medium => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// One part.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    /// 1 to 120 characters.
    #[schema(min_length = 1)]
    part_name: String,
    /// The maker's number.
    part_number: Option<String>,
    /// 1 to 10000.
    #[schema(minimum = 1, maximum = 10_000)]
    quantity: i64,
    /// The one condition that is taken; left out takes any.
    condition: Option<ConditionWord>,
    /// More about it.
    description: Option<String>,
    /// Ids of uploads.
    #[serde(default)]
    images: Vec<String>,
    /// What a piece may cost; nobody but the customer sees it.
    estimated_price: Option<Money>,
}

/// What a customer asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestInput {
    /// One of the customer's vehicles.
    #[schema(value_type = value::VehicleRef)]
    vehicle_id: value::Id<VehicleId>,
    /// 1 to 160 characters.
    #[schema(min_length = 1)]
    title: String,
    /// At most 4000 characters.
    #[serde(default)]
    description: String,
    /// 1 to 50 parts.
    #[schema(min_items = 1, max_items = 50)]
    items: Vec<ItemInput>,
    /// Where the customer would pick them up.
    preferred_pickup: Option<String>,
    /// 60 to 1209600.
    #[schema(minimum = 60, maximum = 1_209_600)]
    bidding_duration_s: i64,
    /// When bidding is to open; left out: when it is published.
    opens_at: Option<Timestamp>,
    /// The least the customer thinks of paying.
    budget_min: Option<Money>,
    /// The most. With `enforce_budget_max` bids above it are refused, and merchants see it.
    budget_max: Option<Money>,
    /// How much it hurries.
    #[serde(default)]
    urgency_level: Urgency,
    /// Ids of uploads.
    #[serde(default)]
    images: Vec<String>,
    /// The rules of the auction.
    #[serde(default)]
    rules: RulesBody,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonInput {
    /// Shown to the bidders; at most 1000 characters.
    #[serde(default)]
    reason: String,
}

/// How much longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendInput {
    /// 60 to 259200.
    #[schema(minimum = 60, maximum = 259_200)]
    extend_by_s: i64,
}

/// Which requests.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListRequests {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `draft`, `published`, `bidding_open`, … Merchants see `bidding_open` unless they ask otherwise.
    status: Option<String>,
    /// Only for cars of this brand.
    brand_id: Option<i64>,
}

// ------------------------------------------------------------------ what goes out

/// What a vehicle is called.
#[derive(Serialize, ToSchema)]
pub struct VehicleName {
    /// Its id.
    #[schema(value_type = value::VehicleRef)]
    id: value::Id<VehicleId>,
    /// In the caller's language.
    full_name: String,
}

/// One part.
#[derive(Serialize, ToSchema)]
pub struct ItemBody {
    /// Its id, which bids name.
    #[schema(value_type = value::ItemRef)]
    id: value::Id<ItemId>,
    /// What it is.
    part_name: String,
    /// The maker's number.
    part_number: Option<String>,
    /// Pieces.
    quantity: i64,
    /// The one condition that is taken; null takes any.
    condition: Option<String>,
    /// More about it.
    description: Option<String>,
    /// Ids of uploads.
    images: serde_json::Value,
    /// The customer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_price: Option<Money>,
}

/// A request.
#[derive(Serialize, ToSchema)]
pub struct RequestBody {
    /// Its id.
    #[schema(value_type = value::RequestRef)]
    id: value::Id<RequestId>,
    /// The vehicle.
    vehicle: Option<VehicleName>,
    /// The title.
    title: String,
    /// The description.
    description: String,
    /// The parts.
    items: Vec<ItemBody>,
    /// Where the customer would pick them up.
    preferred_pickup: Option<String>,
    /// How long bids are taken, in seconds.
    bidding_duration_s: i64,
    /// The customer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_min: Option<Money>,
    /// The customer's own, unless it is enforced.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_max: Option<Money>,
    /// Of every amount here.
    currency: &'static str,
    /// How much it hurries.
    urgency_level: String,
    /// Ids of uploads.
    images: serde_json::Value,
    /// The rules.
    rules: RulesBody,
    /// The invited merchants, for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<value::UserRef>>)]
    invited: Option<Vec<value::Id<UserId>>>,
    /// `draft`, `published`, `bidding_open`, `bidding_closed`, `reviewing`, `accepted`, `expired`, `cancelled`.
    status: String,
    /// Whether bidding is paused.
    paused: bool,
    /// Items.
    total_parts: usize,
    /// Bids ever placed or revised; null where the caller may not know.
    total_bids: Option<u32>,
    /// When bidding opens or opened.
    opens_at: Option<Timestamp>,
    /// The deadline in force, exclusive.
    closes_at: Option<Timestamp>,
    /// Until when the customer may choose.
    review_until: Option<Timestamp>,
    /// When it was written.
    created_at: Timestamp,
    /// The server's clock, for countdowns.
    server_time: Timestamp,
}

/// A request in a list.
#[derive(Serialize, ToSchema)]
pub struct ListedBody {
    /// Its id.
    #[schema(value_type = value::RequestRef)]
    id: value::Id<RequestId>,
    /// The vehicle.
    vehicle: Option<VehicleName>,
    /// The title.
    title: String,
    /// How much it hurries.
    urgency_level: String,
    /// As in the request.
    status: String,
    /// Why it expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
    /// Whether bidding is paused.
    paused: bool,
    /// Items.
    total_parts: i64,
    /// As in the request.
    total_bids: Option<i64>,
    /// The lowest landed total; null where the caller may not know.
    best_landed: Option<Money>,
    /// Of every amount here.
    currency: &'static str,
    /// When bidding opens or opened.
    opens_at: Option<Timestamp>,
    /// The deadline in force.
    closes_at: Option<Timestamp>,
    /// When it was written.
    created_at: Timestamp,
}

/// A page of requests.
#[derive(Serialize, ToSchema)]
pub struct RequestList {
    /// Newest first.
    data: Vec<ListedBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// What a command on a request led to, durable.
#[derive(Serialize, ToSchema)]
pub struct CommandBody {
    /// The request.
    #[schema(value_type = value::RequestRef)]
    request_id: value::Id<RequestId>,
    /// Its state now.
    status: String,
    /// Whether bidding is paused.
    paused: bool,
    /// Place of the event in the journal.
    seq: i64,
    /// When it was decided.
    at: Timestamp,
    /// Hash of the journal's entry, which contains all entries before it.
    hash: Hex,
    /// The deadline in force.
    closes_at: Timestamp,
}

fn vehicle_name(names: &VehicleNames, language: Language) -> VehicleName {
    let pick = |english: &str, arabic: &str| match language {
        Language::English => english.to_owned(),
        Language::Arabic => arabic.to_owned(),
    };
    let mut words = vec![pick(&names.brand_en, &names.brand_ar), pick(&names.model_en, &names.model_ar)];
    if let (Some(english), Some(arabic)) = (&names.trim_en, &names.trim_ar) {
        words.push(pick(english, arabic));
    }
    words.push(names.model_year.to_string());
    VehicleName { id: value::Id(VehicleId(names.id)), full_name: words.join(" ") }
}

fn json_of(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn rules_of(text: &str) -> RulesBody {
    serde_json::from_str(text).unwrap_or_default()
}

/// Who looks at a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Eyes {
    /// Its customer, or an admin.
    Host,
    /// A merchant who may bid.
    Merchant,
}

impl Eyes {
    /// Whether these eyes may see how many bids there are (rules §6). After the end every bidder may.
    fn see_counts(self, visibility: Visibility, state: &str) -> bool {
        match (self, visibility) {
            (Self::Host, _) | (Self::Merchant, Visibility::Open) => true,
            (Self::Merchant, Visibility::LeadPrice | Visibility::RankOnly | Visibility::Sealed) => !is_running(state),
        }
    }

    /// Whether these eyes may see the lowest landed total.
    fn see_best(self, visibility: Visibility, state: &str) -> bool {
        match (self, visibility) {
            (Self::Host, Visibility::Sealed) => !is_running(state),
            (Self::Host, _) | (Self::Merchant, Visibility::Open | Visibility::LeadPrice) => true,
            (Self::Merchant, Visibility::RankOnly | Visibility::Sealed) => false,
        }
    }
}

/// Whether bids may still come.
fn is_running(state: &str) -> bool {
    matches!(state, "published" | "bidding_open" | "bidding_closed")
}

/// What belongs to a request besides its row.
struct Around {
    items: Vec<PartItem>,
    names: Vec<VehicleNames>,
    /// Only for the host.
    invited: Option<Vec<UserId>>,
}

/// The whole request, as these eyes may see it.
async fn body_of(
    app: &App,
    request: PartRequest,
    head: Option<Head>,
    eyes: Eyes,
    language: Language,
) -> Result<RequestBody, Problem> {
    let items = requests::list_items(&app.db, request.id).await?;
    let names = vehicles::list_names(&app.db, &[request.vehicle_id]).await?;
    let invited = if eyes == Eyes::Host { Some(requests::list_invites(&app.db, request.id).await?) } else { None };
    Ok(render(request, Around { items, names, invited }, head.as_ref(), eyes, language, app.clock.now()))
}

fn render(
    request: PartRequest,
    around: Around,
    head: Option<&Head>,
    eyes: Eyes,
    language: Language,
    now: UnixMicros,
) -> RequestBody {
    let Around { items, names, invited } = around;
    let rules = rules_of(&request.rules);
    let is_host = eyes == Eyes::Host;
    let status = match (head, request.cancelled_at) {
        (Some(head), _) => head.state.word(),
        (None, Some(_)) => "cancelled",
        (None, None) => "draft",
    };
    let total_parts = items.len();
    let item = |item: PartItem| ItemBody {
        id: value::Id(item.id),
        part_name: item.part_name,
        part_number: item.part_number,
        quantity: item.quantity,
        condition: item.part_condition,
        description: item.description,
        images: json_of(&item.images),
        estimated_price: item.estimated_price.filter(|_| is_host).map(Money),
    };
    RequestBody {
        id: value::Id(request.id),
        vehicle: names.first().map(|names| vehicle_name(names, language)),
        title: request.title,
        description: request.description,
        items: items.into_iter().map(item).collect(),
        preferred_pickup: request.preferred_pickup,
        bidding_duration_s: request.bidding_duration_s,
        budget_min: request.budget_min.filter(|_| is_host).map(Money),
        budget_max: request.budget_max.filter(|_| is_host || rules.enforce_budget_max).map(Money),
        currency: CURRENCY,
        urgency_level: request.urgency,
        images: json_of(&request.images),
        invited: invited.map(|invited| invited.into_iter().map(value::Id).collect()),
        status: status.to_owned(),
        paused: head.is_some_and(|head| head.paused),
        total_parts,
        total_bids: head.filter(|_| eyes.see_counts(rules.visibility.0, status)).map(|head| head.total_bids),
        opens_at: head.map(|head| head.opens_at).or(request.opens_at).map(Timestamp),
        closes_at: head.map(|head| Timestamp(head.closes_at)),
        review_until: head.filter(|_| is_host).and_then(|head| head.review_until).map(Timestamp),
        created_at: Timestamp(request.created_at),
        server_time: Timestamp(now),
        rules,
    }
}

fn listed(row: ListedRequest, names: &[VehicleNames], eyes: Eyes, language: Language) -> ListedBody {
    let visibility = rules_of(&row.rules).visibility.0;
    let names = names.iter().find(|names| names.id == row.vehicle_id.0);
    let may_count = eyes.see_counts(visibility, &row.state);
    let may_see_best = eyes.see_best(visibility, &row.state);
    ListedBody {
        id: value::Id(row.id),
        vehicle: names.map(|names| vehicle_name(names, language)),
        title: row.title,
        urgency_level: row.urgency,
        status: row.state,
        expiry: row.expiry,
        paused: row.paused,
        total_parts: row.total_parts,
        total_bids: may_count.then_some(row.total_bids),
        best_landed: row.best_landed.filter(|_| may_see_best).map(Money),
        currency: CURRENCY,
        opens_at: row.opens_at.map(Timestamp),
        closes_at: row.closes_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
    }
}

// ------------------------------------------------------------------ checks

/// Collects what is wrong with a body, so that a form needs one round.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault { field: field.into(), code, message: message.into() });
    }

    /// A line of text between so many characters, tidied.
    fn line(&mut self, field: impl Into<String>, text: &str, least: usize, most: usize) -> String {
        let tidy = text::tidy(text);
        self.fits(field, &tidy, least, most);
        tidy
    }

    fn optional(&mut self, field: impl Into<String>, text: Option<&str>, most: usize) -> Option<String> {
        let tidy = self.line(field, text.unwrap_or_default(), 0, most);
        Some(tidy).filter(|tidy| !tidy.is_empty())
    }

    fn fits(&mut self, field: impl Into<String>, text: &str, least: usize, most: usize) {
        if !(least..=most).contains(&text.chars().count()) {
            self.add(field, "length", format!("{least} to {most} characters"));
        }
    }

    fn images(&mut self, field: impl Into<String>, images: &[String]) -> String {
        let fits =
            images.len() <= limits::IMAGES_MAX && images.iter().all(|image| image.len() <= limits::IMAGE_ID_BYTES_MAX);
        if !fits {
            self.add(field, "too_many", format!("at most {} ids of uploads", limits::IMAGES_MAX));
        }
        serde_json::to_string(images).unwrap_or_default()
    }
}

/// A draft as the store keeps it.
struct Draft {
    request: PartRequest,
    items: Vec<PartItem>,
    invited: Vec<UserId>,
}

fn check_item(app: &App, at: usize, item: &ItemInput, faults: &mut Faults) -> PartItem {
    let field = |name: &str| format!("items[{at}].{name}");
    if !(1..=limits::QUANTITY_MAX).contains(&item.quantity) {
        faults.add(field("quantity"), "out_of_range", format!("1 to {}", limits::QUANTITY_MAX));
    }
    PartItem {
        id: ItemId(app.ids.next()),
        line_no: i64::try_from(at).unwrap_or(0),
        part_name: faults.line(field("part_name"), &item.part_name, 1, limits::NAME_CHARS_MAX),
        part_number: faults.optional(field("part_number"), item.part_number.as_deref(), limits::NAME_CHARS_MAX),
        quantity: item.quantity,
        part_condition: item.condition.map(|condition| condition.word().to_owned()),
        description: faults.optional(field("description"), item.description.as_deref(), limits::NOTES_CHARS_MAX),
        images: faults.images(field("images"), &item.images),
        estimated_price: item.estimated_price.map(|price| price.0),
    }
}

impl RequestInput {
    async fn check(self, app: &App, owner: UserId, id: RequestId, created_at: UnixMicros) -> Result<Draft, Problem> {
        let now = app.clock.now();
        let mut faults = Faults::default();
        let vehicle = vehicles::find_vehicle(&app.db, owner, self.vehicle_id.0).await?;
        if vehicle.is_none() {
            faults.add("vehicle_id", "unknown", "no such vehicle of yours");
        }
        if !(1..=limits::ITEMS_MAX).contains(&self.items.len()) {
            faults.add("items", "length", format!("1 to {} parts", limits::ITEMS_MAX));
        }
        if !(limits::BIDDING_SECS_MIN..=limits::BIDDING_SECS_MAX).contains(&self.bidding_duration_s) {
            let range = format!("{} to {}", limits::BIDDING_SECS_MIN, limits::BIDDING_SECS_MAX);
            faults.add("bidding_duration_s", "out_of_range", range);
        }
        if self.budget_min.zip(self.budget_max).is_some_and(|(least, most)| least > most) {
            faults.add("budget_min", "out_of_range", "not above budget_max");
        }
        let rules = &self.rules;
        if rules.enforce_budget_max && self.budget_max.is_none() {
            faults.add("budget_max", "missing", "rules.enforce_budget_max needs it");
        }
        let weights = rules.weights;
        if u16::from(weights.price) + u16::from(weights.merchant) + u16::from(weights.delivery) != 100 {
            faults.add("rules.weights", "invalid", "they sum to 100");
        }
        if !(1..=9).contains(&rules.min_bids) {
            faults.add("rules.min_bids", "out_of_range", "1 to 9");
        }
        if rules.invited.len() > limits::INVITED_MAX {
            faults.add("rules.invited", "too_many", format!("at most {} merchants", limits::INVITED_MAX));
        }
        let title = faults.line("title", &self.title, 1, limits::TITLE_CHARS_MAX);
        let description = self.description.trim().to_owned();
        faults.fits("description", &description, 0, limits::DESCRIPTION_CHARS_MAX);
        let pickup = faults.optional("preferred_pickup", self.preferred_pickup.as_deref(), limits::NOTES_CHARS_MAX);
        let images = faults.images("images", &self.images);
        let items: Vec<PartItem> = self
            .items
            .iter()
            .take(limits::ITEMS_MAX)
            .enumerate()
            .map(|(at, item)| check_item(app, at, item, &mut faults))
            .collect();
        let mut invited: Vec<UserId> = rules.invited.iter().map(|id| id.0).collect();
        invited.sort_unstable();
        invited.dedup();
        let (Some(vehicle), true) = (vehicle, faults.0.is_empty()) else { return Err(Problem::fields(faults.0)) };
        let request = PartRequest {
            id,
            customer_id: owner,
            vehicle_id: self.vehicle_id.0,
            brand_id: vehicle.brand_id,
            model_id: vehicle.model_id,
            title,
            description,
            urgency: self.urgency_level.word().to_owned(),
            preferred_pickup: pickup,
            budget_min: self.budget_min.map(|amount| amount.0),
            budget_max: self.budget_max.map(|amount| amount.0),
            images,
            rules: serde_json::to_string(rules).map_err(|_| Code::Internal)?,
            invite_only: rules.invite_only,
            bidding_duration_s: self.bidding_duration_s,
            opens_at: self.opens_at.map(|at| at.0),
            published_at: None,
            cancelled_at: None,
            repost_of: None,
            created_at,
            updated_at: now,
        };
        Ok(Draft { request, items, invited })
    }
}

fn reason(input: &ReasonInput) -> Result<String, Problem> {
    let mut faults = Faults::default();
    let reason = faults.line("reason", &input.reason, 0, limits::NOTES_CHARS_MAX);
    if faults.0.is_empty() { Ok(reason) } else { Err(Problem::fields(faults.0)) }
}

/// A draft that is not there any more, or never was the caller's.
fn not_a_draft(error: StoreError) -> Problem {
    match error {
        StoreError::Missing => Code::NotADraft.into(),
        StoreError::Duplicate { .. }
        | StoreError::Busy
        | StoreError::Unavailable { .. }
        | StoreError::Corrupt { .. } => error.into(),
    }
}

/// The request of this id, with what these eyes may see of it; somebody else's looks like one that is not there.
async fn look_up(app: &App, who: Identity, id: RequestId) -> Result<(PartRequest, Option<Head>, Eyes), Problem> {
    let unknown = || Problem::from(Code::UnknownRequest);
    let request = requests::find_request(&app.db, id).await?.ok_or_else(unknown)?;
    let head = journal::find_head(&app.db, id).await?;
    let eyes = match who.kind {
        UserKind::Admin => Some(Eyes::Host),
        UserKind::Customer => (request.customer_id == who.user).then_some(Eyes::Host),
        UserKind::Merchant if head.is_none() => None,
        UserKind::Merchant => {
            let admittance = requests::find_admittance(&app.db, id, who.user).await?;
            admittance.is_some_and(|admittance| admittance.eligible()).then_some(Eyes::Merchant)
        }
    };
    eyes.map(|eyes| (request, head, eyes)).ok_or_else(unknown)
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

// ------------------------------------------------------------------ handlers

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
    let Draft { request, items, invited } = body.value.check(&app, who.0.user, id, now).await?;
    let names = vehicles::list_names(&app.db, &[request.vehicle_id]).await?;
    let around = Around { items: items.clone(), names, invited: Some(invited.clone()) };
    // Rendered first, because it is stored in the same transaction.
    let body = render(request.clone(), around, None, Eyes::Host, language, now);
    let reply = serde_json::to_string(&body).map_err(|_| Code::Internal)?;
    let answer = once.claim().map(|claim| Answer { claim, status: 201, reply: &reply });
    requests::create_draft(&app.db, &request, &items, &invited, answer).await?;
    Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply))
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
    let data = rows.into_iter().map(|row| listed(row, &names, eyes, language)).collect();
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
    let (request, head, eyes) = look_up(&app, who, id.0).await?;
    Ok(HttpResponse::Ok().json(body_of(&app, request, head, eyes, language).await?))
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
    let draft = body.value.check(&app, who.0.user, id.0, before.created_at).await?;
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

/// Opens the auction of a draft.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 403), (status = 404), (status = 409), (status = 503)))]
#[post("/requests/{id}/publish")]
pub(crate) async fn publish_request(
    app: web::Data<App>,
    who: Customer,
    id: Id<RequestId>,
    once: Once,
) -> Result<HttpResponse, Problem> {
    let (owner, settings, now) = (who.0.user, &app.config.auction, app.clock.now());
    if once.is_again()
        && let Some(receipt) = publish::find_published(&app.db, owner, id.0).await?
    {
        return done(&app, &receipt).await;
    }
    let receipt = publish::publish(&app.db, &app.admission, settings, now, owner, id.0).await?;
    done(&app, &receipt).await
}

/// Stops bidding for a while.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/pause")]
pub(crate) async fn pause_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    order(&app, who, id.0, |host| Command::Pause { host, reason }).await
}

/// Goes on with bidding; the time that remained is given back.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/resume")]
pub(crate) async fn resume_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    order(&app, who, id.0, |host| Command::Resume { host }).await
}

/// Moves the deadline.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ExtendInput, responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/extend")]
pub(crate) async fn extend_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ExtendInput>,
) -> Result<HttpResponse, Problem> {
    let by = Span::secs(body.value.extend_by_s);
    order(&app, who, id.0, |host| Command::Extend { host, by }).await
}

/// Closes before the deadline.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CommandBody), (status = 404), (status = 409)))]
#[post("/requests/{id}/close")]
pub(crate) async fn close_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
) -> Result<HttpResponse, Problem> {
    order(&app, who, id.0, |host| Command::CloseEarly { host }).await
}

/// Ends a request without a result.
#[utoipa::path(context_path = "/api/v1/orders", tag = "orders", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = CommandBody), (status = 204), (status = 404), (status = 409)))]
#[post("/requests/{id}/cancel")]
pub(crate) async fn cancel_request(
    app: web::Data<App>,
    who: Identity,
    id: Id<RequestId>,
    body: Json<ReasonInput>,
) -> Result<HttpResponse, Problem> {
    let reason = reason(&body.value)?;
    let (request, head, eyes) = look_up(&app, who, id.0).await?;
    if head.is_none() && eyes == Eyes::Host {
        let cancelled = requests::cancel_draft(&app.db, id.0, request.customer_id, app.clock.now()).await;
        return cancelled.map(|()| HttpResponse::NoContent().finish()).map_err(not_a_draft);
    }
    order(&app, who, id.0, |host| Command::Cancel { host, reason }).await
}

/// Has a command of the host decided; the engine checks whose request it is.
async fn order(
    app: &App,
    who: Identity,
    id: RequestId,
    command: impl FnOnce(Host) -> Command,
) -> Result<HttpResponse, Problem> {
    let host = Host { user: who.user, admin: who.kind == UserKind::Admin };
    let receipt = app.admission.command(id, command(host)).await?;
    done(app, &receipt).await
}

async fn done(app: &App, receipt: &Receipt) -> Result<HttpResponse, Problem> {
    let board = app.admission.find(receipt.request).await?.board().await?;
    Ok(HttpResponse::Ok().json(CommandBody {
        request_id: value::Id(receipt.request),
        status: board.state.word().to_owned(),
        paused: board.paused,
        seq: receipt.seq,
        at: Timestamp(receipt.at),
        hash: Hex(receipt.hash),
        closes_at: Timestamp(board.closes_at),
    }))
}
