//! `/api/v1/users`, the part of administrators: who is there, who may be there, who may bid. Everything that changes
//! something is written into the audit log.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::http::api::profiles::MerchantProfileBody;
use crate::http::api::profiles::VerificationBody;
use crate::http::api::profiles::merchant_body;
use crate::http::extract::Admin;
use crate::http::extract::Id;
use crate::http::extract::Json;
use crate::http::extract::Page;
use crate::http::extract::Query;
use crate::limits;
use crate::persistence;
use crate::persistence::accounts;
use crate::persistence::accounts::Filter;
use crate::persistence::accounts::Listed;
use crate::persistence::accounts::Outcome;
use crate::persistence::profiles;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::profile::Faults;
use crate::wire::value;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what comes in

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}
choices! {
    /// What an account is for.
    Kind {
        /// Asks for parts.
        Customer "customer",
        /// Sells parts.
        Merchant "merchant",
        /// Runs the market.
        Admin "admin",
    }
    /// Whether an account may be used.
    Status {
        /// It may.
        Active "active",
        /// It may not.
        Suspended "suspended",
    }
    /// Where a merchant stands.
    Verification {
        /// Waits.
        Pending "pending",
        /// May bid.
        Verified "verified",
        /// May not.
        Rejected "rejected",
    }
}

/// Which accounts.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ListUsers {
    /// Part of a name, a business' name, an e-mail address or a telephone number.
    q: Option<String>,
    /// Only these.
    #[param(inline)]
    r#type: Option<Kind>,
    /// Only these.
    #[param(inline)]
    status: Option<Status>,
    /// Only merchants who stand so.
    #[param(inline)]
    verification: Option<Verification>,
    /// From the page before.
    cursor: Option<String>,
    /// 1 to 100.
    limit: Option<u32>,
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionInput {
    /// For the audit log, and for whom it concerns; 1 to 1000 characters.
    reason: String,
}

impl DecisionInput {
    fn check(&self) -> Result<String, Problem> {
        let mut faults = Faults::default();
        let reason = faults.line("reason", &self.reason, limits::NOTES_CHARS_MAX);
        if faults.0.is_empty() { Ok(reason) } else { Err(Problem::fields(faults.0)) }
    }
}

/// Why a merchant is verified without its papers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyInput {
    /// For the audit log, 1 to 1000 characters; needed where the licence or the documents are missing.
    reason: Option<String>,
}

impl VerifyInput {
    fn check(self) -> Result<String, Problem> {
        self.reason.map_or(Ok(String::new()), |reason| DecisionInput { reason }.check())
    }
}

// ------------------------------------------------------------------ what goes out

/// An account, as administrators see it.
#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    /// The account.
    #[schema(value_type = value::UserRef)]
    id: value::Id<UserId>,
    /// `customer`, `merchant` or `admin`.
    r#type: String,
    /// The name.
    name: String,
    /// E.164.
    phone: String,
    /// Lower case.
    email: Option<String>,
    /// Whether the phone was proven.
    phone_verified: bool,
    /// Since when it is suspended.
    suspended_at: Option<Timestamp>,
    /// Why.
    suspended_reason: Option<String>,
    /// When it registered.
    created_at: Timestamp,
    /// A merchant's business.
    business_name: Option<String>,
    /// Its commercial registration.
    business_license: Option<String>,
    /// Where a merchant stands.
    verification: Option<VerificationBody>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub struct AccountList {
    /// Newest first.
    data: Vec<AccountBody>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// An account with all that a decision about it needs.
#[derive(Serialize, ToSchema)]
pub struct AccountDetail {
    #[serde(flatten)]
    account: AccountBody,
    /// A merchant's profile with its documents.
    merchant_profile: Option<MerchantProfileBody>,
}

fn account_body(row: Listed) -> AccountBody {
    let time = |at: Option<i64>| at.map(|at| Timestamp(UnixMicros(at)));
    let is_merchant = row.business_name.is_some();
    let verification = || VerificationBody::new(row.verified_at, row.rejected_at, row.rejected_reason);
    AccountBody {
        id: value::Id(row.id),
        r#type: row.kind,
        name: row.name,
        phone: row.phone,
        email: row.email,
        phone_verified: row.phone_verified_at.is_some(),
        suspended_at: time(row.suspended_at),
        suspended_reason: row.suspended_reason,
        created_at: Timestamp(UnixMicros(row.created_at)),
        business_name: row.business_name,
        business_license: row.business_license,
        verification: is_merchant.then(verification),
    }
}

/// The account after a decision.
async fn decided(app: &App, user: UserId, outcome: Outcome) -> Result<HttpResponse, Problem> {
    match outcome {
        Outcome::Unknown => Err(Code::UnknownUser.into()),
        Outcome::Unproven(papers) => {
            let missing = [("business_license", papers.license), ("verification_documents", papers.documents)];
            let missing = missing.into_iter().filter_map(|(name, is_there)| (!is_there).then_some(name));
            Err(Problem::from(Code::PapersMissing).fact("missing", missing.collect::<Vec<_>>()))
        }
        Outcome::Done | Outcome::AsBefore => {
            let row = accounts::find(&app.db, user).await?.ok_or(Code::UnknownUser)?;
            Ok(HttpResponse::Ok().json(account_body(row)))
        }
    }
}

// ------------------------------------------------------------------ handlers

/// Lists accounts.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(ListUsers),
    responses((status = 200, body = AccountList), (status = 401), (status = 403), (status = 422)))]
#[get("")]
pub(crate) async fn list_users(
    app: web::Data<App>,
    _admin: Admin,
    query: Query<ListUsers>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let page = Page::read::<UserId>(query.cursor.as_deref(), query.limit, |id| id.0)?;
    let search = text::tidy(&text::latin_digits(query.q.as_deref().unwrap_or_default()));
    if search.chars().count() > limits::SEARCH_CHARS_MAX {
        return Err(Problem::field("q", "too_long", format!("at most {} characters", limits::SEARCH_CHARS_MAX)));
    }
    let filter = Filter {
        search,
        kind: query.r#type.map(Kind::word).unwrap_or_default(),
        status: query.status.map(Status::word).unwrap_or_default(),
        verification: query.verification.map(Verification::word).unwrap_or_default(),
    };
    let rows = persistence::Page { before: page.before, limit: page.limit + 1 };
    let (rows, last) = page.cut(accounts::list(&app.db, &filter, rows).await?, |row| row.id.0);
    let data = rows.into_iter().map(account_body).collect();
    Ok(HttpResponse::Ok().json(AccountList { data, next_cursor: last.map(|id| UserId(id).to_string()) }))
}

/// Reads an account; of a merchant its documents too.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = AccountDetail), (status = 401), (status = 403), (status = 404)))]
#[get("/{id}")]
pub(crate) async fn get_user(app: web::Data<App>, _admin: Admin, id: Id<UserId>) -> Result<HttpResponse, Problem> {
    let row = accounts::find(&app.db, id.0).await?.ok_or(Code::UnknownUser)?;
    let profile = profiles::find_merchant_profile(&app.db, id.0).await?;
    let merchant_profile = profile.map(|row| merchant_body(row, false)).transpose()?;
    Ok(HttpResponse::Ok().json(AccountDetail { account: account_body(row), merchant_profile }))
}

/// Suspends an account: its sessions end, its sockets close, its live bids no longer count.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    request_body = DecisionInput,
    responses((status = 200, body = AccountBody), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
#[post("/{id}/suspend")]
pub(crate) async fn suspend_user(
    app: web::Data<App>,
    admin: Admin,
    id: Id<UserId>,
    body: Json<DecisionInput>,
) -> Result<HttpResponse, Problem> {
    let reason = body.value.check()?;
    if admin.0.user == id.0 {
        return Err(Code::OwnAccount.into());
    }
    let outcome = app.moderation.suspend(admin.0.user, id.0, &reason).await?;
    decided(&app, id.0, outcome).await
}

/// Ends a suspension. Bids that it struck stay struck.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = AccountBody), (status = 401), (status = 403), (status = 404)))]
#[post("/{id}/reinstate")]
pub(crate) async fn reinstate_user(app: web::Data<App>, admin: Admin, id: Id<UserId>) -> Result<HttpResponse, Problem> {
    let outcome = app.moderation.reinstate(admin.0.user, id.0).await?;
    decided(&app, id.0, outcome).await
}

/// Lets a merchant bid. It must have given its licence and a document at least, unless the administrator writes why not.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    request_body = VerifyInput,
    responses((status = 200, body = AccountBody), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
#[post("/merchants/{id}/verify")]
pub(crate) async fn verify_merchant(
    app: web::Data<App>,
    admin: Admin,
    id: Id<UserId>,
    body: Json<VerifyInput>,
) -> Result<HttpResponse, Problem> {
    let reason = body.value.check()?;
    let outcome = app.moderation.verify(admin.0.user, id.0, &reason).await?;
    decided(&app, id.0, outcome).await
}

/// Refuses a merchant, or takes its verification back; the merchant reads the reason.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", params(("id" = String, Path)),
    request_body = DecisionInput,
    responses((status = 200, body = AccountBody), (status = 401), (status = 403), (status = 404), (status = 422)))]
#[post("/merchants/{id}/reject")]
pub(crate) async fn reject_merchant(
    app: web::Data<App>,
    admin: Admin,
    id: Id<UserId>,
    body: Json<DecisionInput>,
) -> Result<HttpResponse, Problem> {
    let reason = body.value.check()?;
    let outcome = app.moderation.reject(admin.0.user, id.0, &reason).await?;
    decided(&app, id.0, outcome).await
}
