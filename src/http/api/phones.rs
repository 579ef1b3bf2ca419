//! `/api/v1/auth/change-phone`: another phone for one's account.

use actix_web::HttpResponse;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::text;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::http::api::passwords::PerhapsSent;
use crate::http::api::passwords::read_phone;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::wire::problem::Problem;

/// The phone that an account is to have, and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePhoneBody {
    /// A mobile number of a Gulf country, however written.
    #[schema(example = "0501234567")]
    phone: String,
    /// The account's password.
    password: String,
}

/// The code that came to the new phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyPhoneBody {
    /// Six digits.
    #[schema(example = "123456")]
    otp_code: String,
}

/// Sends a code to the phone that the account is to have, unless that one has an account. The answer is the same in either
/// case.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = ChangePhoneBody,
    responses((status = 202, body = PerhapsSent), (status = 401), (status = 422), (status = 428), (status = 429), (status = 503)))]
#[post("/change-phone")]
pub(crate) async fn change_phone(
    app: web::Data<App>,
    who: Identity,
    visitor: Visitor,
    body: Json<ChangePhoneBody>,
) -> Result<HttpResponse, Problem> {
    let ChangePhoneBody { phone, password } = body.value;
    let phone = read_phone(&phone)?;
    let wrong = || Problem::field("password", "wrong", "not the password of this account");
    if password.len() > limits::PASSWORD_BYTES_MAX {
        return Err(wrong());
    }
    match app.sign_in.ask_for_phone(who.user, &phone, password, &visitor).await {
        // Not 401: the caller is signed in, and another token would not help.
        Err(SignInError::BadCredentials) => Err(wrong()),
        asked => {
            asked?;
            let message = "If this phone has no account yet, a code is on its way";
            Ok(HttpResponse::Accepted().json(PerhapsSent { message, expires_in: limits::OTP_SECS }))
        }
    }
}

/// Takes the code. The account has the new phone from then on, its other sessions end, and the old phone is told.
#[utoipa::path(context_path = "/api/v1/auth", tag = "auth", request_body = VerifyPhoneBody,
    responses((status = 204), (status = 401), (status = 403), (status = 422), (status = 429)))]
#[post("/change-phone/verify")]
pub(crate) async fn verify_phone(
    app: web::Data<App>,
    who: Identity,
    body: Json<VerifyPhoneBody>,
) -> Result<HttpResponse, Problem> {
    let code = text::latin_digits(body.value.otp_code.trim());
    app.sign_in.take_phone(who.user, who.session, &code).await?;
    Ok(HttpResponse::NoContent().finish())
}
