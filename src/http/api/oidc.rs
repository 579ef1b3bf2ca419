//! `/api/v1/auth/oidc`: signing in with an `OpenID` provider.
//!
//! `start` sends the browser away, `callback` takes it back, `link` goes on: at once where the provider's account is
//! known, else after a phone and its code. A browser that comes to `callback` by itself is sent on to the page, which
//! calls `link`; whoever asks for JSON gets what `link` would answer.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::user::Phone;
use crate::flows::oidc::Newcomer;
use crate::flows::oidc::Next;
use crate::flows::sign_in::Visitor;
use crate::http::api::auth;
use crate::http::api::auth::AccountType;
use crate::http::api::auth::CodeSent;
use crate::http::api::auth::Locale;
use crate::http::api::auth::PHONE_WANTED;
use crate::http::api::auth::SignedIn;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;
use crate::wire::value::Timestamp;

/// What the browser that began a sign-in keeps. With TLS it is bound to this host alone.
const COOKIE: &str = "mazad-oidc";
const COOKIE_TLS: &str = "__Host-mazad-oidc";

/// A provider that people may sign in with.
#[derive(Serialize, ToSchema)]
pub struct ProviderBody {
    /// For `oidc/{provider}/start`.
    name: String,
    /// For a button.
    label: String,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct ProviderList {
    /// In the order of the configuration.
    data: Vec<ProviderBody>,
    /// Never more than one page.
    next_cursor: Option<String>,
}

/// A provider whose word opens the caller's account.
#[derive(Serialize, ToSchema)]
pub struct ProviderLinkBody {
    /// For `oidc/{provider}/link`.
    name: String,
    /// What people call it.
    label: String,
    /// When it was connected.
    created_at: Timestamp,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct ProviderLinkList {
    /// In the order of the configuration.
    data: Vec<ProviderLinkBody>,
    /// Never more than one page.
    next_cursor: Option<String>,
}

/// A provider's answer. What else it adds is passed over, as RFC 6749 asks.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// What `start` sent along.
    state: Option<String>,
    /// What can be exchanged for who it is.
    code: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// How a sign-in goes on. With `link_token` alone it tells where it stands, with a phone it sends a code, with the code
/// it ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    /// From the callback.
    link_token: String,
    /// The phone whose account is to be opened, or made.
    phone: Option<String>,
    /// The code that was sent there.
    otp_code: Option<String>,
    /// What a new account is for; a customer's if left out.
    r#type: Option<AccountType>,
    /// A new account's name; the provider's if left out.
    name: Option<String>,
    /// A new account's language; Arabic if left out.
    locale: Option<Locale>,
}

/// A phone has to be proven before this sign-in goes on.
#[derive(Serialize, ToSchema)]
pub struct PhoneNeeded {
    /// `phone_needed`.
    status: &'static str,
    /// For `oidc/{provider}/link`.
    link_token: String,
    /// What the provider calls the person.
    name: Option<String>,
    /// The address that the provider proved.
    email: Option<String>,
    /// In seconds.
    expires_in: i64,
}

/// Lists the providers that people may sign in with.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 200, body = ProviderList)))]
#[get("/oidc")]
pub(crate) async fn list_providers(app: web::Data<App>) -> HttpResponse {
    let data =
        app.oidc.providers().map(|(name, label)| ProviderBody { name: name.to_owned(), label: label.to_owned() });
    HttpResponse::Ok().json(ProviderList { data: data.collect(), next_cursor: None })
}

/// Lists the providers that open the caller's account.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth",
    responses((status = 200, body = ProviderLinkList), (status = 401)))]
#[get("/oidc/links")]
pub(crate) async fn list_provider_links(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let links = app.oidc.connected(who.user).await?.into_iter().map(|(name, label, created_at)| ProviderLinkBody {
        name: name.to_owned(),
        label: label.to_owned(),
        created_at: Timestamp(created_at),
    });
    Ok(HttpResponse::Ok().json(ProviderLinkList { data: links.collect(), next_cursor: None }))
}

/// Disconnects a provider: its word does not open the caller's account any more. The phone and its code always do. 404
/// `not_connected` where it did not.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", params(("provider" = String, Path)),
    responses((status = 204), (status = 401), (status = 404)))]
#[delete("/oidc/{provider}/link")]
pub(crate) async fn delete_provider_link(
    app: web::Data<App>,
    who: Identity,
    provider: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    if !app.oidc.disconnect(&provider, who.user).await? {
        return Err(Code::NotConnected.into());
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Sends the browser to a provider.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", params(("provider" = String, Path)),
    responses((status = 302), (status = 404), (status = 503)))]
#[get("/oidc/{provider}/start")]
pub(crate) async fn start_oidc(
    app: web::Data<App>,
    provider: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let begun = app.oidc.begin(&provider, cookie(&app, &request)).await?;
    let is_tls = is_tls(&app);
    let (name, secure) = if is_tls { (COOKIE_TLS, "; Secure") } else { (COOKIE, "") };
    // Lax: the provider sends the browser back by a navigation from another site.
    let kept =
        format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", begun.browser, limits::OIDC_SECS);
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, begun.address))
        .insert_header((header::SET_COOKIE, kept))
        .finish())
}

/// Takes a provider's answer. A browser is sent on to the page.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", params(("provider" = String, Path), CallbackQuery),
    responses((status = 200, body = SignedIn), (status = 202, body = PhoneNeeded), (status = 303), (status = 401),
        (status = 403), (status = 404), (status = 503)))]
#[get("/oidc/{provider}/callback")]
pub(crate) async fn take_oidc_answer(
    app: web::Data<App>,
    provider: web::Path<String>,
    query: web::Query<CallbackQuery>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let query = &*query;
        let state = query.state.as_deref().ok_or(Code::ProviderRefused)?;
        let code = query.code.as_deref().filter(|_| query.error.is_none());
        let browser = cookie(&app, &request);
        Ok::<_, Problem>(app.oidc.answered(&provider, browser, state, query.iss.as_deref(), code).await?)
    };
    let link = answer.await;
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/html") {
        return go_on(&app, &provider, &link?, &visitor).await;
    }
    // In the fragment, which is sent to no server and stands in no log.
    let mut place = "/#/oidc/".to_owned();
    let _ = match link {
        Ok(link) => write!(place, "{}/{link}", *provider),
        Err(problem) => write!(place, "{}/failed/{}", *provider, problem.code.word()),
    };
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}

/// Goes on with a sign-in: tells where it stands, sends a code, or takes it.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", params(("provider" = String, Path)),
    request_body = LinkBody,
    responses((status = 200, body = SignedIn), (status = 201, body = CodeSent), (status = 202, body = PhoneNeeded),
        (status = 401), (status = 403), (status = 404), (status = 422), (status = 428), (status = 429), (status = 503)))]
#[post("/oidc/{provider}/link")]
pub(crate) async fn link_oidc(
    app: web::Data<App>,
    provider: web::Path<String>,
    visitor: Visitor,
    body: Json<LinkBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    let Some(phone) = body.phone else {
        return go_on(&app, &provider, &body.link_token, &visitor).await;
    };
    let phone = Phone::parse(&phone).map_err(|_| Problem::field("phone", "invalid", PHONE_WANTED))?;
    let name = body.name.as_deref().map(auth::check_name).transpose().map_err(|fault| Problem::fields(vec![fault]))?;
    let locale = body.locale.unwrap_or(Locale::Ar).word();
    let Some(code) = body.otp_code else {
        let user: UserId = app.oidc.ask(&provider, &body.link_token, &phone, locale, &visitor).await?;
        return Ok(HttpResponse::Created().json(CodeSent::to(user)));
    };
    let newcomer = Newcomer { kind: body.r#type.unwrap_or(AccountType::Customer).kind(), name, locale };
    let code = text::latin_digits(code.trim());
    let entered = app.oidc.link(&provider, &body.link_token, &phone, &code, newcomer, &visitor).await?;
    auth::signed_in(&app, entered).await
}

async fn go_on(app: &App, provider: &str, link: &str, visitor: &Visitor) -> Result<HttpResponse, Problem> {
    match app.oidc.go_on(provider, link, visitor).await? {
        Next::Entered(entered) => auth::signed_in(app, *entered).await,
        Next::Phone(known) => Ok(HttpResponse::Accepted().json(PhoneNeeded {
            status: "phone_needed",
            link_token: link.to_owned(),
            name: known.name,
            email: known.email,
            expires_in: limits::OIDC_SECS,
        })),
    }
}

fn is_tls(app: &App) -> bool {
    app.config.auth.public_url.starts_with("https://")
}

/// What the browser kept.
fn cookie<'a>(app: &App, request: &'a HttpRequest) -> Option<&'a str> {
    let wanted = if is_tls(app) { COOKIE_TLS } else { COOKIE };
    let lines = request.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}
