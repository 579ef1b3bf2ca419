//! `/health`: does the process run, and can it take bids.

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// Readiness.
#[derive(Serialize, ToSchema)]
pub struct ReadyBody {
    /// `ready`.
    status: &'static str,
    /// Since the journal last committed or the engine's pulse was written, in milliseconds.
    last_commit_age_ms: i64,
    /// Auctions in memory.
    auctions: usize,
}

/// Says that the process runs.
#[utoipa::path(tag = "health", responses((status = 200)))]
#[get("/health/live")]
pub(crate) async fn get_live() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"status":"live"}"#)
}

/// Says whether bids can be made durable: the age of the last commit is a measurement, not a promise.
///
/// # Errors
/// [`Code::Starting`] when nothing was committed for too long; [`Code::Unavailable`] when the database is silent or
/// refused what was last to be written.
#[utoipa::path(tag = "health", responses((status = 200, body = ReadyBody), (status = 503)))]
#[get("/health/ready")]
pub(crate) async fn get_ready(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    app.db.ping().await?;
    if app.last_commit.is_failing() {
        return Err(Code::Unavailable.into());
    }
    let age = app.clock.now().0.saturating_sub(app.last_commit.micros()) / 1_000;
    if age > limits::READY_COMMIT_AGE_MILLIS_MAX {
        return Err(Problem::from(Code::Starting).fact("last_commit_age_ms", age));
    }
    let auctions = app.admission.directory().len();
    Ok(HttpResponse::Ok().json(ReadyBody { status: "ready", last_commit_age_ms: age, auctions }))
}
