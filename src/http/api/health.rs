//! `/health`: does the process run, and can it take bids.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::limits;
use crate::persistence::migrate;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Readiness.
#[derive(Serialize, ToSchema)]
pub struct ReadyBody {
    /// `ready`.
    status: &'static str,
    /// Since the journal last committed or the engine's pulse was written, in milliseconds.
    last_commit_age_ms: u64,
    /// Auctions in memory.
    auctions: usize,
    /// Whether Redis answers; not there without one. Without it a server is slower to hear of others, and as ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<bool>,
    /// Servers of this database that live, as far as this one knows; not there where it shares with none.
    #[serde(skip_serializing_if = "Option::is_none")]
    servers: Option<usize>,
}

/// Says that the process runs and none of its threads hangs. Where one does, a restart is the remedy.
///
/// # Errors
/// [`Code::Hanging`] names the threads' loops under `failing`.
#[utoipa::path(tag = "health", responses((status = 200), (status = 503)))]
#[get("/health/live")]
pub(crate) async fn get_live(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let hanging = app.loops.hanging();
    if !hanging.is_empty() {
        return Err(Problem::from(Code::Hanging).fact("failing", hanging));
    }
    Ok(HttpResponse::Ok().content_type("application/json").body(r#"{"status":"live"}"#))
}

/// Says whether bids can be made durable: the age of the last commit is a measurement, not a promise.
///
/// # Errors
/// [`Code::Starting`] names under `failing` what is not as it must be.
#[utoipa::path(tag = "health", responses((status = 200, body = ReadyBody), (status = 503)))]
#[get("/health/ready")]
pub(crate) async fn get_ready(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let failing = failing(&app).await;
    let age = app.last_commit.age().and_then(|age| u64::try_from(age.as_millis()).ok());
    match age {
        Some(last_commit_age_ms) if failing.is_empty() => {
            let auctions = app.admission.directory().len();
            let redis = app.bus.redis().map(|_| app.bus.state().is_up());
            let servers = app.cluster.observe().map(|of| of.live);
            Ok(HttpResponse::Ok().json(ReadyBody { status: "ready", last_commit_age_ms, auctions, redis, servers }))
        }
        age => Err(Problem::from(Code::Starting).fact("failing", failing).fact("last_commit_age_ms", age)),
    }
}

/// What keeps this process from taking bids; nothing where it is ready. docs/operations.md says what to do about each.
pub(crate) async fn failing(app: &App) -> Vec<&'static str> {
    let mut failing = failing_here(app);
    match tokio::time::timeout(PATIENCE, migrate::is_current(&app.db)).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => failing.push("schema"),
        Ok(Err(_)) | Err(_) => failing.push("database"),
    }
    failing
}

/// The same as far as it is known without asking the database.
pub(crate) fn failing_here(app: &App) -> Vec<&'static str> {
    let most = Duration::from_millis(limits::READY_COMMIT_AGE_MILLIS_MAX);
    let checks = [
        ("stopping", app.admission.is_stopping()),
        ("writing", app.last_commit.is_failing()),
        ("commit", app.last_commit.age().is_none_or(|age| age > most)),
        ("cluster", app.cluster.trouble().is_some()),
        ("threads", !app.loops.hanging().is_empty()),
    ];
    checks.into_iter().filter(|(_, fails)| *fails).map(|(name, _)| name).collect()
}
