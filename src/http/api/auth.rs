//! `/api/v1/auth`: getting in and out.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::flows::sign_in::Login;
use crate::flows::sign_in::Registration;
use crate::flows::tokens::Pair;
use crate::http::extract::Bearer;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::persistence::users;
use crate::persistence::users::Account;
use crate::wire::problem::Code;
use crate::wire::problem::FieldFault;
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
    /// A Saudi mobile number, however written.
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

async fn signed_in(app: &App, (pair, account): (Pair, Account)) -> Result<HttpResponse, Problem> {
    let user = user_body(app, account).await?;
    Ok(HttpResponse::Ok().json(SignedIn { tokens: pair.into(), user }))
}

// ------------------------------------------------------------------ checks

impl RegisterBody {
    /// Every fault at once, so that a form needs one round.
    fn check(self) -> Result<Registration, Problem> {
        let name = text::tidy(&self.name);
        let phone = Phone::parse(&self.phone);
        let email = self.email.as_deref().filter(|email| !email.trim().is_empty()).map(Email::parse).transpose();
        let mut faults = Vec::new();
        let mut fault = |field: &str, code, message: &str| {
            faults.push(FieldFault { field: field.to_owned(), code, message: message.to_owned() });
        };
        if !(1..=limits::NAME_CHARS_MAX).contains(&name.chars().count()) {
            fault("name", "length", "1 to 120 characters");
        }
        if phone.is_err() {
            fault("phone", "invalid", "a Saudi mobile number, such as 0501234567");
        }
        if email.is_err() {
            fault("email", "invalid", "an e-mail address");
        }
        if self.password.chars().count() < limits::PASSWORD_CHARS_MIN {
            fault("password", "too_short", "at least 8 characters");
        } else if self.password.len() > limits::PASSWORD_BYTES_MAX {
            fault("password", "too_long", "at most 256 bytes");
        }
        match (phone, email) {
            (Ok(phone), Ok(email)) if faults.is_empty() => Ok(Registration {
                kind: match self.r#type {
                    AccountType::Customer => UserKind::Customer,
                    AccountType::Merchant => UserKind::Merchant,
                },
                name,
                phone,
                email,
                password: self.password,
                locale: match self.locale {
                    None | Some(Locale::Ar) => "ar",
                    Some(Locale::En) => "en",
                },
            }),
            _ => Err(Problem::fields(faults)),
        }
    }
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

fn device(request: &HttpRequest) -> Option<String> {
    let agent = request.headers().get(header::USER_AGENT)?.to_str().ok()?;
    Some(agent.chars().take(limits::NAME_CHARS_MAX).collect())
}

// ------------------------------------------------------------------ handlers

/// Creates an account that waits for the code sent to its phone.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = RegisterBody,
    responses((status = 201, body = CodeSent), (status = 422), (status = 429), (status = 503)))]
#[post("/register")]
pub(crate) async fn register(app: web::Data<App>, body: Json<RegisterBody>) -> Result<HttpResponse, Problem> {
    let user = app.sign_in.register(body.value.check()?).await?;
    Ok(HttpResponse::Created().json(code_sent(user)))
}

fn code_sent(user: UserId) -> CodeSent {
    CodeSent { user_id: Id(user), message: "OTP sent successfully", expires_in: limits::OTP_SECS }
}

/// Takes the code and signs in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = VerifyBody,
    responses((status = 200, body = SignedIn), (status = 422), (status = 429)))]
#[post("/verify-otp")]
pub(crate) async fn verify_otp(
    app: web::Data<App>,
    request: HttpRequest,
    body: Json<VerifyBody>,
) -> Result<HttpResponse, Problem> {
    let code = text::latin_digits(body.value.otp_code.trim());
    let entered = app.sign_in.verify_otp(body.value.user_id.0, &code, device(&request).as_deref()).await?;
    signed_in(&app, entered).await
}

/// Sends another code.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ResendBody,
    responses((status = 200, body = CodeSent), (status = 429)))]
#[post("/resend-otp")]
pub(crate) async fn resend_otp(app: web::Data<App>, body: Json<ResendBody>) -> Result<HttpResponse, Problem> {
    app.sign_in.resend_otp(body.value.user_id.0).await?;
    Ok(HttpResponse::Ok().json(code_sent(body.value.user_id.0)))
}

/// Signs in with a password.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = SignedIn), (status = 401), (status = 403), (status = 503)))]
#[post("/login")]
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    body: Json<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let (who, password) = body.value.check()?;
    let entered = app.sign_in.login(&who, password, device(&request).as_deref()).await?;
    signed_in(&app, entered).await
}

/// Spends a refresh token for a new pair. Spending one twice ends the session.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = RefreshBody,
    responses((status = 200, body = TokensBody), (status = 401)))]
#[post("/refresh")]
pub(crate) async fn refresh(app: web::Data<App>, body: Json<RefreshBody>) -> Result<HttpResponse, Problem> {
    let pair = app.tokens.refresh(&body.value.refresh_token).await?;
    Ok(HttpResponse::Ok().json(TokensBody::from(pair)))
}

/// Ends this sign-in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 204), (status = 401)))]
#[post("/logout")]
pub(crate) async fn logout(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let session: SessionId = who.session;
    app.tokens.end(session, "signed out").await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Tells who is signed in.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 200, body = UserBody), (status = 401)))]
#[get("/me")]
pub(crate) async fn get_me(app: web::Data<App>, who: Identity) -> Result<HttpResponse, Problem> {
    let account = users::find_account(&app.db, who.user).await?.ok_or(Code::Unauthenticated)?;
    Ok(HttpResponse::Ok().json(user_body(&app, account).await?))
}

/// Gives a ticket for one socket of the live room.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 201, body = TicketBody), (status = 401)))]
#[post("/tickets")]
pub(crate) async fn create_ticket(app: web::Data<App>, who: Bearer) -> Result<HttpResponse, Problem> {
    let ticket = app.tokens.ticket(who.0)?;
    Ok(HttpResponse::Created().json(TicketBody { ticket, expires_in: limits::TICKET_SECS }))
}

/// The public key that checks access tokens (RFC 7517).
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", responses((status = 200)))]
#[get("/jwks.json")]
pub(crate) async fn get_jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(app.tokens.jwks())
}
