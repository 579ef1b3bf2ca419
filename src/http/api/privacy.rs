//! `/api/v1/users/export` and `/api/v1/users/me`: to have all that is kept about oneself, and to have it erased.

use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::flows::export;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::http::extract::Identity;
use crate::http::extract::Json;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// A proof that it is the owner who asks, not somebody at an open screen: either of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseInput {
    /// The password …
    password: Option<String>,
    /// … or the code that was sent for this.
    #[schema(example = "123456")]
    otp_code: Option<String>,
}

impl EraseInput {
    async fn prove(self, app: &App, user: UserId) -> Result<(), Problem> {
        match (self.password, self.otp_code) {
            (Some(password), None) => {
                let fits = password.len() <= limits::PASSWORD_BYTES_MAX;
                let wrong = || Problem::field("password", "wrong", "not the password of this account");
                if !fits {
                    return Err(wrong());
                }
                match app.sign_in.prove_own(user, password).await {
                    Err(SignInError::BadCredentials) => Err(wrong()),
                    proven => Ok(proven.map(drop)?),
                }
            }
            (None, Some(code)) => {
                let code = text::latin_digits(code.trim());
                Ok(app.sign_in.take_erasure_code(user, &code).await?)
            }
            _ => Err(Problem::field("password", "invalid", "either a password or an otp_code")),
        }
    }
}

/// Hands out everything that is kept about the caller: account, profile, vehicles, requests, bids, files, payments, sessions,
/// invitations, blocks, and what administrators did to the account.
#[utoipa::path(context_path = "/api/v1/users", tag = "users",
    responses((status = 200, description = "One JSON object", body = serde_json::Value), (status = 401)))]
#[get("/export")]
pub(crate) async fn export_data(app: web::Data<App>, who: Identity) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"mazad-export.json\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(export::export(app.db.clone(), who.user, app.clock.now()))
}

/// Sends a code to the caller's phone, with which the account can be erased without its password.
#[utoipa::path(context_path = "/api/v1/users", tag = "users",
    responses((status = 204), (status = 401), (status = 429), (status = 503)))]
#[post("/me/erasure-code")]
pub(crate) async fn send_erasure_code(
    app: web::Data<App>,
    who: Identity,
    visitor: Visitor,
) -> Result<HttpResponse, Problem> {
    app.sign_in.send_erasure_code(who.user, &visitor).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Erases the caller's personal data, for good, and ends the account. Auctions that have ended keep their numbers,
/// without a name. Refused while requests are open or bids live: cancel or withdraw them first.
#[utoipa::path(context_path = "/api/v1/users", tag = "users", request_body = EraseInput,
    responses((status = 204), (status = 401), (status = 409), (status = 422), (status = 429), (status = 503)))]
#[delete("/me")]
pub(crate) async fn erase_me(
    app: web::Data<App>,
    who: Identity,
    body: Json<EraseInput>,
) -> Result<HttpResponse, Problem> {
    body.value.prove(&app, who.user).await?;
    let open = app.moderation.erase(who.user).await?;
    if open.is_none() {
        if let Err(error) = app.files.sweep_gone().await {
            tracing::warn!(?error, "an erased account's files are left to the sweeper");
        }
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(Problem::from(Code::OpenBusiness)
        .fact("open_requests", open.requests)
        .fact("live_bids", open.bids)
        .fact("open_orders", open.orders))
}
