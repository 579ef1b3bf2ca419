//! `/api/v1/auth`: getting in and out.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::put;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::flows::sign_in::Login;
use crate::flows::sign_in::Registration;
use crate::flows::sign_in::Visitor;
use crate::flows::tokens::Pair;
use crate::http::extract::Bearer;
use crate::http::extract::IdempotencyKey;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::persistence::error::StoreError;
use crate::persistence::users;
use crate::persistence::users::Account;
use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;
use crate::wire::value::Id;
use crate::wire::value::Timestamp;

// ------------------------------------------------------------------ what comes in

/// What an account is for; admins do not register.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountType {
    /// Asks for parts.
    Customer,
    /// Sells parts.
    Merchant,
}

/// Languages of the service.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Arabic.
    Ar,
    /// English.
    En,
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    /// 1 to 120 characters.
    name: String,
    /// A mobile number of a Gulf country, however written; without a country code it is a Saudi one.
    #[schema(example = "0501234567")]
    phone: String,
    /// An address, for receipts.
    email: Option<String>,
    /// At least 8 characters, at most 256 bytes.
    password: String,
    /// What the account is for.
    r#type: AccountType,
    /// Arabic if left out.
    locale: Option<Locale>,
}

/// A one-time code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// From the registration.
    #[schema(value_type = crate::wire::value::UserRef)]
    user_id: Id<UserId>,
    /// Six digits.
    #[schema(example = "123456")]
    otp_code: String,
}

/// Whose code is to be sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendBody {
    /// From the registration.
    #[schema(value_type = crate::wire::value::UserRef)]
    user_id: Id<UserId>,
}

/// A password, with a phone or an e-mail address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Either this …
    phone: Option<String>,
    /// … or this.
    email: Option<String>,
    /// The password.
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    /// It serves once.
    refresh_token: String,
}

/// What of an account is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// 1 to 120 characters.
    name: Option<String>,
    /// An address, or nothing between the quotes for none.
    email: Option<String>,
    /// Errors and messages speak it; access tokens learn of it when they are refreshed.
    locale: Option<Locale>,
}

// ------------------------------------------------------------------ what goes out

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub struct CodeSent {
    /// The account that waits for it.
    #[schema(value_type = crate::wire::value::UserRef)]
    user_id: Id<UserId>,
    /// For people.
    message: &'static str,
    /// Life of the code, in seconds.
    expires_in: i64,
}

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct UserBody {
    /// The account.
    #[schema(value_type = crate::wire::value::UserRef)]
    id: Id<UserId>,
    /// `customer`, `merchant` or `admin`.
    r#type: &'static str,
    /// The name.
    name: String,
    /// E.164.
    phone: String,
    /// Lower case.
    email: Option<String>,
    /// Whether the phone was proven.
    phone_verified: bool,
    /// `ar` or `en`.
    locale: String,
    /// When it registered.
    created_at: Timestamp,
    /// What belongs to its type.
    profile: ProfileBody,
}

/// What belongs to an account's type.
#[derive(Serialize, ToSchema)]
pub struct ProfileBody {
    /// For merchants: whether they may bid.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
    /// For merchants: the business' name.
    #[serde(skip_serializing_if = "Option::is_none")]
    business_name: Option<String>,
    /// For merchants: thousandths of a star.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating_milli: Option<i64>,
}

/// A sign-in.
#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    #[serde(flatten)]
    tokens: TokensBody,
    /// Who.
    user: UserBody,
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
pub struct TokensBody {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// For the next pair; serves once.
    refresh_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Life of the access token, in seconds.
    expires_in: i64,
}

/// A way into the live room.
#[derive(Serialize, ToSchema)]
pub struct TicketBody {
    /// For `?ticket=`; serves once.
    ticket: String,
    /// In seconds.
    expires_in: i64,
}

impl From<Pair> for TokensBody {
    fn from(pair: Pair) -> Self {
        Self {
            access_token: pair.access,
            refresh_token: pair.refresh,
            token_type: "Bearer",
            expires_in: pair.expires_in,
        }
    }
}

impl CodeSent {
    pub(super) const fn to(user: UserId) -> Self {
        Self { user_id: Id(user), message: "OTP sent successfully", expires_in: limits::OTP_SECS }
    }
}

async fn user_body(app: &App, account: Account) -> Result<UserBody, Problem> {
    let facts = match account.kind {
        UserKind::Merchant => users::find_bidder_facts(&app.db, account.id).await?,
        UserKind::Customer | UserKind::Admin => None,
    };
    Ok(UserBody {
        id: Id(account.id),
        r#type: account.kind.word(),
        name: account.name,
        phone: account.phone,
        email: account.email,
        phone_verified: account.phone_verified_at.is_some(),
        locale: account.locale,
        created_at: Timestamp(account.created_at),
        profile: ProfileBody {
            verified: facts.as_ref().map(|facts| facts.verified),
            rating_milli: facts.as_ref().map(|facts| facts.rating_milli),
            business_name: facts.map(|facts| facts.name),
        },
    })
}

pub(super) async fn signed_in(app: &App, (pair, account): (Pair, Account)) -> Result<HttpResponse, Problem> {
    let user = user_body(app, account).await?;
    Ok(HttpResponse::Ok().json(SignedIn { tokens: pair.into(), user }))
}

// ------------------------------------------------------------------ checks

impl AccountType {
    pub(super) const fn kind(self) -> UserKind {
        match self {
            Self::Customer => UserKind::Customer,
            Self::Merchant => UserKind::Merchant,
        }
    }
}

impl Locale {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::En => "en",
        }
    }

    /// What problems and notices are written in.
    pub(super) const fn language(self) -> Language {
        match self {
            Self::Ar => Language::Arabic,
            Self::En => Language::English,
        }
    }
}

/// What a phone must be.
pub(super) const PHONE_WANTED: &str = "a mobile number of a Gulf country, such as 0501234567 or +971501234567";

/// What is wrong with a new password.
pub(super) fn password_fault(password: &str) -> Option<(&'static str, &'static str)> {
    if password.chars().count() < limits::PASSWORD_CHARS_MIN {
        Some(("too_short", "at least 8 characters"))
    } else if password.len() > limits::PASSWORD_BYTES_MAX {
        Some(("too_long", "at most 256 bytes"))
    } else {
        None
    }
}

/// A name, brought to one form.
pub(super) fn check_name(name: &str) -> Result<String, FieldFault> {
    let name = text::tidy(name);
    if (1..=limits::NAME_CHARS_MAX).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(fault("name", "length", "1 to 120 characters"))
}

/// An e-mail address; blank is none.
pub(super) fn check_email(email: Option<&str>) -> Result<Option<Email>, FieldFault> {
    let email = email.filter(|email| !email.trim().is_empty()).map(Email::parse).transpose();
    email.map_err(|_| fault("email", "invalid", "an e-mail address"))
}

impl RegisterBody {
    /// Every fault at once, so that a form needs one round.
    fn check(self) -> Result<Registration, Problem> {
        let name = check_name(&self.name);
        let phone = Phone::parse(&self.phone).map_err(|_| fault("phone", "invalid", PHONE_WANTED));
        let email = check_email(self.email.as_deref());
        let password = match password_fault(&self.password) {
            Some((code, message)) => Err(fault("password", code, message)),
            None => Ok(self.password),
        };
        match (name, phone, email, password) {
            (Ok(name), Ok(phone), Ok(email), Ok(password)) => Ok(Registration {
                kind: self.r#type.kind(),
                name,
                phone,
                email,
                password,
                locale: self.locale.unwrap_or(Locale::Ar).word(),
            }),
            (name, phone, email, password) => {
                let faults = [name.err(), phone.err(), email.err(), password.err()];
                Err(Problem::fields(faults.into_iter().flatten().collect()))
            }
        }
    }
}

fn fault(field: &str, code: &'static str, message: &str) -> FieldFault {
    FieldFault { field: field.to_owned(), code, message: message.to_owned() }
}

impl LoginBody {
    fn check(self) -> Result<(Login, String), Problem> {
        // A number that cannot exist is not told from one without an account.
        let who = match (self.phone, self.email) {
            (Some(phone), None) => Phone::parse(&phone).map(Login::Phone).map_err(|_| Code::BadCredentials)?,
            (None, Some(email)) => Email::parse(&email).map(Login::Email).map_err(|_| Code::BadCredentials)?,
            _ => return Err(Problem::field("phone", "invalid", "either a phone or an email")),
        };
        if self.password.len() > limits::PASSWORD_BYTES_MAX {
            return Err(Code::BadCredentials.into());
        }
        Ok((who, self.password))
    }
}

// ------------------------------------------------------------------ handlers

/// Creates an account that waits for the code sent to its phone.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = RegisterBody,
    responses((status = 201, body = CodeSent), (status = 422), (status = 428), (status = 429), (status = 503)))]
#[post("/register")]
pub(crate) async fn register(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<RegisterBody>,
) -> Result<HttpResponse, Problem> {
    let user = app.sign_in.register(body.value.check()?, &visitor).await?;
    Ok(HttpResponse::Created().json(CodeSent::to(user)))
}

/// Takes the code and signs in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = VerifyBody,
    responses((status = 200, body = SignedIn), (status = 403), (status = 422), (status = 429)))]
#[post("/verify-otp")]
pub(crate) async fn verify_otp(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<VerifyBody>,
) -> Result<HttpResponse, Problem> {
    let code = text::latin_digits(body.value.otp_code.trim());
    let entered = app.sign_in.verify_otp(body.value.user_id.0, &code, &visitor).await?;
    signed_in(&app, entered).await
}

/// Sends another code.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ResendBody,
    responses((status = 200, body = CodeSent), (status = 422), (status = 428), (status = 429), (status = 503)))]
#[post("/resend-otp")]
pub(crate) async fn resend_otp(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<ResendBody>,
) -> Result<HttpResponse, Problem> {
    app.sign_in.resend_otp(body.value.user_id.0, &visitor).await?;
    Ok(HttpResponse::Ok().json(CodeSent::to(body.value.user_id.0)))
}

/// Signs in with a password. After ten wrong ones none is looked at for fifteen minutes, but where the account signed in
/// before; a new password by a code lifts that.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = SignedIn), (status = 401), (status = 403), (status = 422), (status = 429), (status = 503)))]
#[post("/login")]
pub(crate) async fn login(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let (who, password) = body.value.check()?;
    let entered = app.sign_in.login(&who, password, &visitor).await?;
    signed_in(&app, entered).await
}

/// Spends a refresh token for a new pair. Spending one twice ends the session. Whoever sends an `Idempotency-Key` of its own
/// choice and lost the answer asks again with the same token and key, within two minutes, and gets a pair.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = RefreshBody,
    responses((status = 200, body = TokensBody), (status = 401)))]
#[post("/refresh")]
pub(crate) async fn refresh(
    app: web::Data<App>,
    key: Option<IdempotencyKey>,
    body: Json<RefreshBody>,
) -> Result<HttpResponse, Problem> {
    let key = key.as_ref().map(|key| key.0.as_str());
    let pair = app.tokens.refresh(&body.value.refresh_token, key).await?;
    Ok(HttpResponse::Ok().json(TokensBody::from(pair)))
}

/// Ends this sign-in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 204), (status = 401)))]
#[post("/logout")]
pub(crate) async fn logout(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    app.revoker.revoke_session(who.session, "signed out").await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tells who is signed in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 200, body = UserBody), (status = 401)))]
#[get("/me")]
pub(crate) async fn get_me(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let account = users::find_account(&app.db, who.user).await?.ok_or(Code::Unauthenticated)?;
    Ok(HttpResponse::Ok().json(user_body(&app, account).await?))
}

/// Changes what an account's owner may change; a phone is proven anew by registering.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ProfileChange,
    responses((status = 200, body = UserBody), (status = 401), (status = 409), (status = 422)))]
#[put("/profile")]
pub(crate) async fn update_own_profile(
    app: web::Data<App>,
    who: Identity,
    body: Json<ProfileChange>,
) -> Result<HttpResponse, Problem> {
    let account = users::find_account(&app.db, who.user).await?.ok_or(Code::Unauthenticated)?;
    let name = check_name(body.value.name.as_deref().unwrap_or(&account.name));
    let email = check_email(body.value.email.as_deref().or(account.email.as_deref()));
    let locale = body.value.locale.map_or(account.locale.as_str(), |locale| locale.word());
    let (name, email) = match (name, email) {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => return Err(Problem::fields(name.err().into_iter().chain(email.err()).collect())),
    };
    match users::update_account(&app.db, who.user, &name, email.as_ref(), locale, app.clock.now()).await {
        Err(StoreError::Duplicate { .. }) => {
            Err(Problem { errors: vec![fault("email", "taken", "another account has it")], ..Code::Duplicate.into() })
        }
        updated => {
            updated?;
            let account = users::find_account(&app.db, who.user).await?.ok_or(Code::Unauthenticated)?;
            Ok(HttpResponse::Ok().json(user_body(&app, account).await?))
        }
    }
}

/// Gives a ticket for one socket of the live room.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 201, body = TicketBody), (status = 401)))]
#[post("/tickets")]
pub(crate) async fn create_ticket(app: web::Data<App>, who: Bearer) -> Result<HttpResponse, Problem> {
    let ticket = app.tokens.ticket(who.0).await?;
    Ok(HttpResponse::Created().json(TicketBody { ticket, expires_in: limits::TICKET_SECS }))
}

/// The public keys that check access tokens (RFC 7517).
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 200)))]
#[get("/jwks.json")]
pub(crate) async fn get_jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(app.tokens.keys().jwks())
}
