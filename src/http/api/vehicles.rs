//! `/api/v1/users/vehicles`: a customer's vehicles.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::header::ContentType;
use actix_web::post;
use actix_web::put;
use actix_web::web;
use chrono::Datelike as _;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::ids::VehicleId;
use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::domain::vin::Doubt;
use crate::domain::vin::NotAVin;
use crate::domain::vin::Vin;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::http::extract::Once;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence::catalog;
use crate::persistence::error::StoreError;
use crate::persistence::vehicles;
use crate::persistence::vehicles::Vehicle;
use crate::persistence::vehicles::VehicleDraft;
use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::value;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what comes in

/// A vehicle as its owner describes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VehicleInput {
    /// From the catalogue.
    brand_id: i64,
    /// From the catalogue, of this brand.
    model_id: i64,
    /// From the catalogue, of this model.
    trim_id: Option<i64>,
    /// The model year.
    #[schema(example = 2019)]
    year: i64,
    /// 17 characters without I, O and Q.
    vin: Option<String>,
    /// Whether forms offer it first. An owner's first vehicle is, and it stays so until another says so.
    #[serde(default)]
    is_primary: bool,
    /// At most 120 characters.
    custom_name: Option<String>,
    /// Kilometres.
    mileage_km: Option<i64>,
    /// At most 120 characters.
    engine_type: Option<String>,
    /// At most 120 characters.
    transmission_type: Option<String>,
}

/// A page of one's vehicles.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListVehicles {
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

// ------------------------------------------------------------------ what goes out

/// A vehicle.
#[derive(Serialize, ToSchema)]
pub struct VehicleBody {
    /// Its id.
    #[schema(value_type = value::VehicleRef)]
    id: value::Id<VehicleId>,
    /// From the catalogue.
    brand_id: i64,
    /// From the catalogue.
    model_id: i64,
    /// From the catalogue.
    trim_id: Option<i64>,
    /// The model year.
    year: i64,
    /// Its names in the caller's language, and the year.
    #[schema(example = "Toyota Camry GLE 2019")]
    full_name: String,
    /// The VIN.
    vin: Option<String>,
    /// Whether forms offer it first.
    is_primary: bool,
    /// What its owner calls it.
    custom_name: Option<String>,
    /// Kilometres.
    mileage_km: Option<i64>,
    /// The engine.
    engine_type: Option<String>,
    /// The transmission.
    transmission_type: Option<String>,
    /// When it was added.
    created_at: Timestamp,
    /// What is doubtful about the VIN: `vin_check_digit`, `vin_year`, `vin_maker`.
    warnings: Vec<&'static str>,
}

/// A page of vehicles.
#[derive(Serialize, ToSchema)]
pub struct VehicleList {
    /// Newest first.
    data: Vec<VehicleBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// A name in the caller's language.
pub(super) fn pick(language: Language, english: &str, arabic: &str) -> String {
    match language {
        Language::English => english.to_owned(),
        Language::Arabic => arabic.to_owned(),
    }
}

fn vehicle_body(vehicle: Vehicle, language: Language) -> VehicleBody {
    let mut names = vec![
        pick(language, &vehicle.brand_en, &vehicle.brand_ar),
        pick(language, &vehicle.model_en, &vehicle.model_ar),
    ];
    if let (Some(english), Some(arabic)) = (&vehicle.trim_en, &vehicle.trim_ar) {
        names.push(pick(language, english, arabic));
    }
    names.push(vehicle.model_year.to_string());
    let vin = vehicle.vin.as_deref().and_then(|vin| Vin::parse(vin).ok());
    let doubts = vin.map(|vin| vin.doubts(&vehicle.brand_en, vehicle.model_year)).unwrap_or_default();
    VehicleBody {
        id: value::Id(VehicleId(vehicle.id)),
        brand_id: vehicle.brand_id,
        model_id: vehicle.model_id,
        trim_id: vehicle.trim_id,
        year: vehicle.model_year,
        full_name: names.join(" "),
        vin: vehicle.vin,
        is_primary: vehicle.is_primary != 0,
        custom_name: vehicle.custom_name,
        mileage_km: vehicle.mileage_km,
        engine_type: vehicle.engine_type,
        transmission_type: vehicle.transmission_type,
        created_at: Timestamp(UnixMicros(vehicle.created_at)),
        warnings: doubts.into_iter().map(doubt_word).collect(),
    }
}

/// What is doubtful about a VIN, as a word.
pub(super) const fn doubt_word(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::CheckDigit => "vin_check_digit",
        Doubt::Year => "vin_year",
        Doubt::Maker => "vin_maker",
    }
}

// ------------------------------------------------------------------ checks

/// A short text of one's own: tidied, nothing when empty.
fn short(text: Option<&str>, field: &str, faults: &mut Vec<FieldFault>) -> Option<String> {
    let tidy = text.map(text::tidy).filter(|text| !text.is_empty())?;
    if tidy.chars().count() > limits::NAME_CHARS_MAX {
        let message = format!("at most {} characters", limits::NAME_CHARS_MAX);
        faults.push(FieldFault { field: field.to_owned(), code: "too_long", message });
    }
    Some(tidy)
}

/// The calendar year of an instant, UTC.
pub(super) fn year_of(at: UnixMicros) -> i64 {
    chrono::DateTime::from_timestamp_micros(at.0).map_or(1970, |at| i64::from(at.year()))
}

impl VehicleInput {
    async fn check(self, app: &App, owner: UserId, id: VehicleId) -> Result<VehicleDraft, Problem> {
        let now = app.clock.now();
        let mut faults = Vec::new();
        let model = catalog::find_model(&app.db, self.model_id).await?;
        let model = model.filter(|model| model.brand_id == self.brand_id);
        let trim_fits = match self.trim_id {
            Some(trim) => catalog::find_trim(&app.db, self.model_id, trim).await?.is_some(),
            None => true,
        };
        let vin = self.vin.as_deref().filter(|vin| !vin.trim().is_empty()).map(Vin::parse).transpose();
        let mut fault = |field: &str, code, message: String| {
            faults.push(FieldFault { field: field.to_owned(), code, message });
        };
        match &model {
            None => fault("model_id", "unknown", "no such model of this brand".to_owned()),
            Some(model) => {
                // A maker sells next year's models from autumn on.
                let last = model.year_to.unwrap_or_else(|| year_of(now) + 1);
                if !(model.year_from..=last).contains(&self.year) {
                    fault("year", "out_of_range", format!("{} to {last}", model.year_from));
                }
            }
        }
        if !trim_fits {
            fault("trim_id", "unknown", "no such trim of this model".to_owned());
        }
        if let Err(error) = &vin {
            fault("vin", fault_word(*error), error.to_string());
        }
        if self.mileage_km.is_some_and(|km| !(0..=5_000_000).contains(&km)) {
            fault("mileage_km", "out_of_range", "0 to 5000000".to_owned());
        }
        let custom_name = short(self.custom_name.as_deref(), "custom_name", &mut faults);
        let engine_type = short(self.engine_type.as_deref(), "engine_type", &mut faults);
        let transmission_type = short(self.transmission_type.as_deref(), "transmission_type", &mut faults);
        match vin {
            Ok(vin) if faults.is_empty() => Ok(VehicleDraft {
                id,
                owner,
                brand_id: self.brand_id,
                model_id: self.model_id,
                trim_id: self.trim_id,
                model_year: self.year,
                vin,
                custom_name,
                mileage_km: self.mileage_km,
                engine_type,
                transmission_type,
                is_primary: self.is_primary,
                at: now,
            }),
            _ => Err(Problem::fields(faults)),
        }
    }
}

/// Why a text is no VIN, as a word.
pub(super) const fn fault_word(error: NotAVin) -> &'static str {
    match error {
        NotAVin::Length(_) => "length",
        NotAVin::Character { .. } => "character",
    }
}

/// A vehicle that is not there, or not the caller's.
fn unknown(error: StoreError) -> Problem {
    match error {
        StoreError::Missing => Code::UnknownVehicle.into(),
        StoreError::Duplicate { .. }
        | StoreError::Busy
        | StoreError::Unavailable { .. }
        | StoreError::Corrupt { .. } => error.into(),
    }
}

async fn body_of(app: &App, owner: UserId, id: VehicleId, language: Language) -> Result<VehicleBody, Problem> {
    let vehicle = vehicles::find_vehicle(&app.db, owner, id).await?.ok_or(Code::UnknownVehicle)?;
    Ok(vehicle_body(vehicle, language))
}

// ------------------------------------------------------------------ handlers

/// Lists the caller's vehicles.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(ListVehicles),
    responses((status = 200, body = VehicleList), (status = 401), (status = 422)))]
#[get("/vehicles")]
pub(crate) async fn list_vehicles(
    app: web::Data<App>,
    who: Customer,
    language: Language,
    query: Query<ListVehicles>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read::<VehicleId>(query.0.cursor.as_deref(), query.0.limit, |id| id.0)?;
    let rows = vehicles::list_vehicles(&app.db, who.0.user, page.before, page.limit + 1).await?;
    let (rows, last) = page.cut(rows, |row| row.id);
    let data = rows.into_iter().map(|row| vehicle_body(row, language)).collect();
    Ok(HttpResponse::Ok().json(VehicleList { data, next_cursor: last.map(|id| VehicleId(id).to_string()) }))
}

/// Adds a vehicle.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", request_body = VehicleInput,
    responses((status = 201, body = VehicleBody), (status = 401), (status = 409), (status = 422)))]
#[post("/vehicles")]
pub(crate) async fn create_vehicle(
    app: web::Data<App>,
    who: Customer,
    language: Language,
    once: Once,
    body: Json<VehicleInput>,
) -> Result<HttpResponse, Problem> {
    let (owner, id) = (who.0.user, VehicleId(app.ids.next()));
    let draft = body.value.check(&app, owner, id).await?;
    let most = limits::VEHICLES_PER_CUSTOMER_MAX;
    let render = |vehicle| serde_json::to_string(&vehicle_body(vehicle, language)).unwrap_or_default();
    match vehicles::insert_vehicle(&app.db, &draft, most, once.claim(), render).await? {
        Some(reply) => Ok(HttpResponse::Created().content_type(ContentType::json()).body(reply)),
        None => Err(Problem::from(Code::TooManyVehicles).fact("max", most)),
    }
}

/// Reads one of the caller's vehicles.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = VehicleBody), (status = 401), (status = 404)))]
#[get("/vehicles/{id}")]
pub(crate) async fn get_vehicle(
    app: web::Data<App>,
    who: Customer,
    id: Id<VehicleId>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(body_of(&app, who.0.user, id.0, language).await?))
}

/// Replaces what the caller says of a vehicle.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    request_body = VehicleInput, responses((status = 200, body = VehicleBody), (status = 401), (status = 404), (status = 422)))]
#[put("/vehicles/{id}")]
pub(crate) async fn update_vehicle(
    app: web::Data<App>,
    who: Customer,
    id: Id<VehicleId>,
    language: Language,
    body: Json<VehicleInput>,
) -> Result<HttpResponse, Problem> {
    let owner = who.0.user;
    // Whose it is comes before what is wrong with the body.
    vehicles::find_vehicle(&app.db, owner, id.0).await?.ok_or(Code::UnknownVehicle)?;
    let draft = body.value.check(&app, owner, id.0).await?;
    vehicles::update_vehicle(&app.db, &draft).await.map_err(unknown)?;
    Ok(HttpResponse::Ok().json(body_of(&app, owner, id.0, language).await?))
}

/// Makes one of the caller's vehicles the one that forms offer first.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = VehicleBody), (status = 401), (status = 404)))]
#[post("/vehicles/{id}/primary")]
pub(crate) async fn make_primary(
    app: web::Data<App>,
    who: Customer,
    id: Id<VehicleId>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    vehicles::make_primary(&app.db, who.0.user, id.0, app.clock.now()).await.map_err(unknown)?;
    Ok(HttpResponse::Ok().json(body_of(&app, who.0.user, id.0, language).await?))
}

/// Takes a vehicle away. Requests that name it keep it; the newest of the others takes its first place.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
#[delete("/vehicles/{id}")]
pub(crate) async fn delete_vehicle(
    app: web::Data<App>,
    who: Customer,
    id: Id<VehicleId>,
) -> Result<HttpResponse, Problem> {
    vehicles::delete_vehicle(&app.db, who.0.user, id.0, app.clock.now()).await.map_err(unknown)?;
    Ok(HttpResponse::NoContent().finish())
}
