//! `/api/v1/auth`: passwords that were forgotten or grew old.

use actix_web::HttpResponse;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::text;
use crate::domain::user::Phone;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::http::api::auth::PHONE_WANTED;
use crate::http::api::auth::password_fault;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::wire::problem::Problem;

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotBody {
    /// The account's phone.
    #[schema(example = "0501234567")]
    phone: String,
}

/// A new password for somebody who has the phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetBody {
    /// The account's phone.
    #[schema(example = "0501234567")]
    phone: String,
    /// Six digits.
    #[schema(example = "123456")]
    otp_code: String,
    /// At least 8 characters, at most 256 bytes.
    password: String,
}

/// A new password for somebody who knows the old one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// The password so far.
    current_password: String,
    /// At least 8 characters, at most 256 bytes.
    password: String,
}

/// If the phone has an account, a code is on its way.
#[derive(Serialize, ToSchema)]
pub struct PerhapsSent {
    /// For people.
    pub(super) message: &'static str,
    /// Life of a code, in seconds.
    pub(super) expires_in: i64,
}

pub(super) fn read_phone(phone: &str) -> Result<Phone, Problem> {
    Phone::parse(phone).map_err(|_| Problem::field("phone", "invalid", PHONE_WANTED))
}

fn check_new(password: &str) -> Result<(), Problem> {
    match password_fault(password) {
        Some((code, message)) => Err(Problem::field("password", code, message)),
        None => Ok(()),
    }
}

/// Sends a code for a new password, if the phone has an account. The answer is the same in any case.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ForgotBody,
    responses((status = 202, body = PerhapsSent), (status = 422)))]
#[post("/forgot-password")]
pub(crate) async fn forgot_password(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<ForgotBody>,
) -> Result<HttpResponse, Problem> {
    app.sign_in.forgot_password(&read_phone(&body.value.phone)?, &visitor).await?;
    let message = "If this phone has an account, a code is on its way";
    Ok(HttpResponse::Accepted().json(PerhapsSent { message, expires_in: limits::OTP_SECS }))
}

/// Sets a new password with a code, and ends every session of the account.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ResetBody,
    responses((status = 204), (status = 422), (status = 429), (status = 503)))]
#[post("/reset-password")]
pub(crate) async fn reset_password(
    app: web::Data<App>,
    visitor: Visitor,
    body: Json<ResetBody>,
) -> Result<HttpResponse, Problem> {
    let phone = read_phone(&body.value.phone)?;
    // Before the code is tried, which serves once.
    check_new(&body.value.password)?;
    let code = text::latin_digits(body.value.otp_code.trim());
    app.sign_in.reset_password(&phone, &code, body.value.password, &visitor).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes one's password, and ends one's other sessions.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ChangeBody,
    responses((status = 204), (status = 401), (status = 422), (status = 429), (status = 503)))]
#[post("/change-password")]
pub(crate) async fn change_password(
    app: web::Data<App>,
    who: Identity,
    body: Json<ChangeBody>,
) -> Result<HttpResponse, Problem> {
    let ChangeBody { current_password, password } = body.value;
    check_new(&password)?;
    let wrong = || Problem::field("current_password", "wrong", "not the password of this account");
    if current_password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(wrong());
    }
    match app.sign_in.change_password(who.user, who.session, current_password, password).await {
        // Not 401: the caller is signed in, and another token would not help.
        Err(SignInError::BadCredentials) => Err(wrong()),
        changed => {
            changed?;
            Ok(HttpResponse::NoContent().finish())
        }
    }
}
