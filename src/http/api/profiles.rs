//! `/api/v1/users`: what customers and merchants say of themselves, and a merchant's public face.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::put;
use actix_web::web;
use chrono::DateTime;
use chrono::NaiveDate;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::FileId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::http::extract::Customer;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::http::extract::Merchant;
use crate::limits;
use crate::persistence::catalog;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::profiles;
use crate::persistence::profiles::CustomerProfile;
use crate::persistence::profiles::MerchantDraft;
use crate::persistence::profiles::MerchantProfile;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::profile;
use crate::wire::profile::AddressBody;
use crate::wire::profile::DocumentBody;
use crate::wire::profile::Faults;
use crate::wire::profile::HoursBody;
use crate::wire::profile::LocationBody;
use crate::wire::profile::PreferencesBody;
use crate::wire::profile::SpecializationBody;
use crate::wire::value;
use crate::wire::value::Timestamp;

/// Days begin in Riyadh: UTC + 3, all the year.
const RIYADH: Span = Span::hours(3);

// ------------------------------------------------------------------ what comes in

/// A customer's profile; what is left out is taken away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerProfileInput {
    /// Where the customer lives.
    national_address: Option<AddressBody>,
    /// Where maps and distances begin.
    default_location: Option<LocationBody>,
    /// What forms begin with.
    #[serde(default)]
    preferences: PreferencesBody,
}

/// A merchant's profile; what is left out is taken away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantProfileInput {
    /// 1 to 120 characters.
    business_name: String,
    /// The commercial registration: ten digits.
    #[schema(example = "1010123456")]
    business_license: Option<String>,
    /// The VAT number, which its invoices carry: 15 digits, the first and last a 3.
    #[schema(example = "310122393500003")]
    vat_number: Option<String>,
    /// Brands and groups of parts that it deals in, at most 100.
    #[serde(default)]
    specializations: Vec<SpecializationBody>,
    /// When it is open.
    #[serde(default)]
    business_hours: HoursBody,
    /// Cities that it serves, its own first, at most 50.
    #[serde(default)]
    service_areas: Vec<String>,
    /// What proves it, at most 10.
    #[serde(default)]
    verification_documents: Vec<DocumentBody>,
}

// ------------------------------------------------------------------ what goes out

/// A customer's profile.
#[derive(Serialize, ToSchema)]
pub struct CustomerProfileBody {
    /// Where the customer lives.
    national_address: Option<AddressBody>,
    /// Where maps and distances begin.
    default_location: Option<LocationBody>,
    /// What forms begin with.
    preferences: PreferencesBody,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// Where a merchant stands with the administrators.
#[derive(Serialize, ToSchema)]
pub struct VerificationBody {
    /// `pending`, `verified` (the merchant may bid) or `rejected`.
    pub(super) status: &'static str,
    /// Why it was rejected.
    pub(super) reason: Option<String>,
    /// Since when it is verified.
    pub(super) verified_at: Option<Timestamp>,
}

impl VerificationBody {
    /// Of what the profile's row says.
    pub(super) fn new(verified_at: Option<i64>, rejected_at: Option<i64>, reason: Option<String>) -> Self {
        let status = match (verified_at, rejected_at) {
            (Some(_), _) => "verified",
            (None, Some(_)) => "rejected",
            (None, None) => "pending",
        };
        Self { status, reason, verified_at: verified_at.map(|at| Timestamp(UnixMicros(at))) }
    }
}

/// A merchant's profile, as the merchant and administrators see it.
#[derive(Serialize, ToSchema)]
pub struct MerchantProfileBody {
    /// The business.
    business_name: String,
    /// The commercial registration.
    business_license: Option<String>,
    /// The VAT number.
    vat_number: Option<String>,
    /// What it deals in.
    specializations: Vec<SpecializationBody>,
    /// When it is open.
    business_hours: HoursBody,
    /// Cities that it serves.
    service_areas: Vec<String>,
    /// What proves it.
    verification_documents: Vec<DocumentBody>,
    /// Where it stands.
    verification: VerificationBody,
    /// Whether this change of its name or licence sent it back to verification: it cannot bid until that is done.
    sent_back_to_verification: bool,
    /// Thousandths of a star, smoothed.
    rating_milli: i64,
    /// Orders that were rated in the last 24 months.
    rated_orders: i64,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// What anybody may know of a merchant.
#[derive(Serialize, ToSchema)]
pub struct PublicMerchantBody {
    /// The merchant.
    #[schema(value_type = value::UserRef)]
    id: value::Id<UserId>,
    /// The business.
    name: String,
    /// Its own city: the first that it serves.
    city: Option<String>,
    /// What it deals in.
    specializations: Vec<SpecializationBody>,
    /// When it is open.
    business_hours: HoursBody,
    /// Thousandths of a star, smoothed.
    rating_milli: i64,
    /// Orders that were rated in the last 24 months.
    rated_orders: i64,
    /// When it registered.
    member_since: Timestamp,
}

/// Stored JSON as the type that it was written from.
fn stored<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(format!("a profile: {error}")).into())
}

/// The text to be stored.
fn to_store<T: Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|_| Code::Internal.into())
}

fn customer_body(row: &CustomerProfile) -> Result<CustomerProfileBody, Problem> {
    Ok(CustomerProfileBody {
        national_address: row.national_address.as_deref().map(stored).transpose()?,
        default_location: row.default_location.as_deref().map(stored).transpose()?,
        preferences: stored(&row.preferences)?,
        updated_at: Timestamp(row.updated_at),
    })
}

/// A merchant's profile with all that it shows administrators.
pub(super) fn merchant_body(row: MerchantProfile, sent_back: bool) -> Result<MerchantProfileBody, Problem> {
    let micros = |at: Option<UnixMicros>| at.map(|at| at.0);
    Ok(MerchantProfileBody {
        specializations: stored(&row.specializations)?,
        business_hours: stored(&row.business_hours)?,
        service_areas: stored(&row.service_areas)?,
        verification_documents: stored(&row.verification_documents)?,
        verification: VerificationBody::new(micros(row.verified_at), micros(row.rejected_at), row.rejected_reason),
        business_name: row.business_name,
        business_license: row.business_license,
        vat_number: row.vat_number,
        sent_back_to_verification: sent_back,
        rating_milli: row.rating_milli,
        rated_orders: row.rated_orders,
        updated_at: Timestamp(row.updated_at),
    })
}

// ------------------------------------------------------------------ checks

impl CustomerProfileInput {
    fn check(self, now: UnixMicros) -> Result<CustomerProfile, Problem> {
        let mut faults = Faults::default();
        let address = self.national_address.map(|address| address.tidy("national_address", &mut faults));
        let location = self.default_location.map(|location| location.tidy("default_location", &mut faults));
        if !faults.0.is_empty() {
            return Err(Problem::fields(faults.0));
        }
        Ok(CustomerProfile {
            national_address: address.as_ref().map(to_store).transpose()?,
            default_location: location.as_ref().map(to_store).transpose()?,
            preferences: to_store(&self.preferences.tidy())?,
            updated_at: now,
        })
    }
}

impl MerchantProfileInput {
    async fn check(self, app: &App, merchant: UserId) -> Result<MerchantDraft, Problem> {
        let mut faults = Faults::default();
        let business_name = faults.line("business_name", &self.business_name, limits::NAME_CHARS_MAX);
        let business_license = profile::tidy_license(self.business_license.as_deref(), &mut faults);
        let vat_number = profile::tidy_vat_number(self.vat_number.as_deref(), &mut faults);
        let specializations = profile::tidy_specializations(&self.specializations, &mut faults);
        let business_hours = self.business_hours.tidy(&mut faults);
        let service_areas = profile::tidy_areas(&self.service_areas, &mut faults);
        let documents = profile::tidy_documents(self.verification_documents, today(app.clock.now()), &mut faults);
        for (place, one) in self.specializations.iter().enumerate().take(limits::SPECIALIZATIONS_MAX) {
            if let Some(brand) = one.brand_id
                && catalog::find_brand(&app.db, brand).await?.is_none()
            {
                faults.add(format!("specializations[{place}].brand_id"), "unknown", "no such brand");
            }
        }
        let shown: BTreeSet<FileId> = documents.iter().filter_map(|document| document.file_id).map(|id| id.0).collect();
        let shown: Vec<FileId> = shown.into_iter().collect();
        let known = files::list_ready(&app.db, merchant, &shown).await?;
        for (place, document) in documents.iter().enumerate() {
            if document.file_id.is_some_and(|id| !known.iter().any(|file| file.id == id.0)) {
                let field = format!("verification_documents[{place}].file_id");
                faults.add(field, "unknown", "no such file of yours that is ready");
            }
        }
        if !faults.0.is_empty() {
            return Err(Problem::fields(faults.0));
        }
        Ok(MerchantDraft {
            business_name,
            business_license,
            specializations: to_store(&specializations)?,
            business_hours: to_store(&business_hours)?,
            service_areas: to_store(&service_areas)?,
            verification_documents: to_store(&documents)?,
            vat_number,
            files: shown,
        })
    }
}

fn today(now: UnixMicros) -> NaiveDate {
    DateTime::from_timestamp_micros(now.plus(RIYADH).0).unwrap_or_default().date_naive()
}

// ------------------------------------------------------------------ handlers

/// Reads the caller's profile as a customer.
#[utoipa::path(context_path = "/api/v1/users", tag = "users",
    responses((status = 200, body = CustomerProfileBody), (status = 401), (status = 403)))]
#[get("/customer-profile")]
pub(crate) async fn get_customer_profile(app: web::Data<App>, who: Customer) -> Result<HttpResponse, Problem> {
    let row = profiles::find_customer_profile(&app.db, who.0.user).await?.ok_or(Code::UnknownUser)?;
    Ok(HttpResponse::Ok().json(customer_body(&row)?))
}

/// Replaces the caller's profile as a customer.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", request_body = CustomerProfileInput,
    responses((status = 200, body = CustomerProfileBody), (status = 401), (status = 403), (status = 422)))]
#[put("/customer-profile")]
pub(crate) async fn update_customer_profile(
    app: web::Data<App>,
    who: Customer,
    body: Json<CustomerProfileInput>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.check(app.clock.now())?;
    profiles::update_customer_profile(&app.db, who.0.user, &new).await?;
    Ok(HttpResponse::Ok().json(customer_body(&new)?))
}

/// Reads the caller's profile as a merchant.
#[utoipa::path(context_path = "/api/v1/users", tag = "users",
    responses((status = 200, body = MerchantProfileBody), (status = 401), (status = 403)))]
#[get("/merchant-profile")]
pub(crate) async fn get_merchant_profile(app: web::Data<App>, who: Merchant) -> Result<HttpResponse, Problem> {
    let row = profiles::find_merchant_profile(&app.db, who.0.user).await?.ok_or(Code::UnknownUser)?;
    Ok(HttpResponse::Ok().json(merchant_body(row, false)?))
}

/// Replaces the caller's profile as a merchant. A verified merchant that changes its name or licence must be verified
/// again before it bids again; the answer says so.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", request_body = MerchantProfileInput,
    responses((status = 200, body = MerchantProfileBody), (status = 401), (status = 403), (status = 422)))]
#[put("/merchant-profile")]
pub(crate) async fn update_merchant_profile(
    app: web::Data<App>,
    who: Merchant,
    body: Json<MerchantProfileInput>,
) -> Result<HttpResponse, Problem> {
    let (user, now) = (who.0.user, app.clock.now());
    let draft = body.value.check(&app, who.0.user).await?;
    let sent_back = profiles::update_merchant_profile(&app.db, user, &draft, now).await?;
    app.bidding.bidders().forget(user);
    let row = profiles::find_merchant_profile(&app.db, user).await?.ok_or(Code::UnknownUser)?;
    Ok(HttpResponse::Ok().json(merchant_body(row, sent_back)?))
}

/// Shows what anybody may know of a verified merchant.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = PublicMerchantBody), (status = 404)))]
#[get("/merchants/{id}")]
pub(crate) async fn get_merchant(app: web::Data<App>, id: Id<UserId>) -> Result<HttpResponse, Problem> {
    let row = profiles::find_public_merchant(&app.db, id.0).await?.ok_or(Code::UnknownUser)?;
    let areas: Vec<String> = stored(&row.service_areas)?;
    Ok(HttpResponse::Ok().json(PublicMerchantBody {
        id: value::Id(row.user_id),
        city: areas.into_iter().next(),
        specializations: stored(&row.specializations)?,
        business_hours: stored(&row.business_hours)?,
        name: row.business_name,
        rating_milli: row.rating_milli,
        rated_orders: row.rated_orders,
        member_since: Timestamp(row.created_at),
    }))
}
