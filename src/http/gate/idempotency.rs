//! `Idempotency-Key` on every POST of the write class that has no key of its own in the journal.
//!
//! Same key and same body: the first answer again, to the byte. Another body: 422. Still running: 409. Keys belong to one
//! account and one route, and are kept for a day. Only answers of success are kept: a refusal had no effect, so the same
//! key may be tried again. What a crash between effect and answer leads to is told in `docs/decisions/0011`.

use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body;
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use aws_lc_rs::digest;
use bytes::Bytes;

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::http::extract;
use crate::http::extract::IdempotencyKey;
use crate::http::table::Repeat;
use crate::http::table::Route;
use crate::limits;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Call;
use crate::persistence::idempotency::Claim;
use crate::persistence::idempotency::Claimed;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// Tells that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an attempt may take before it counts as lost. The body has been read by then.
const LEASE: Span = Span::secs(limits::KEY_LEASE_SECS);

/// What is to become of a call.
pub(super) enum Fate {
    /// It is run, under this claim.
    Run(Rc<Claim>),
    /// It was answered before.
    Replay(HttpResponse),
}

/// Reads the whole body, so that it can be compared.
///
/// # Errors
/// As the handler would have refused it.
pub(super) async fn read_body(payload: Payload, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    let collected = extract::collect(payload, most);
    tokio::time::timeout(patience, collected).await.map_err(|_| Code::BodyTooSlow)?
}

/// Claims the key.
///
/// # Errors
/// [`Code::KeyReused`], [`Code::KeyInProgress`], [`Code::KeyBroken`], or the store's failure.
pub(super) async fn claim(
    app: &App,
    route: &'static Route,
    user: UserId,
    key: &IdempotencyKey,
    path: &str,
    body: &[&[u8]],
) -> Result<Fate, Problem> {
    let call = Call {
        user,
        route: &route.template,
        key: half_of_sha256(&[key.0.as_bytes()]),
        // The ids in the url are part of what is asked.
        body: half_of_sha256(&[&[path.as_bytes(), &[0]], body].concat()),
    };
    match idempotency::claim(&app.db, call, app.ids.next(), LEASE, app.clock.now()).await? {
        Claimed::Run(claim) if claim.is_again() && route.repeat == Repeat::Behind => {
            // It stays claimed, so that every later attempt hears the same.
            idempotency::give_up(&app.db, &claim, LEASE, app.clock.now()).await?;
            Err(Code::KeyBroken.into())
        }
        Claimed::Run(claim) => Ok(Fate::Run(Rc::new(claim))),
        Claimed::Answered { status, reply } => Ok(Fate::Replay(again(status, reply))),
        Claimed::Running => Err(Problem::from(Code::KeyInProgress).retry_after(1)),
        Claimed::OtherBody => Err(Code::KeyReused.into()),
    }
}

fn again(status: u16, reply: String) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    answer.insert_header((REPLAYED, HeaderValue::from_static("true")));
    if reply.is_empty() { answer.finish() } else { answer.content_type("application/json").body(reply) }
}

/// Stores the answer, or gives the key back.
pub(super) async fn settle(app: &App, claim: &Claim, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_success() {
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
        refuse(app, claim, status, problem.map(|problem| problem.code)).await;
        return response;
    }
    if claim.is_kept() {
        return response;
    }
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let bytes = body::to_bytes(body).await.unwrap_or_default();
    let reply = std::str::from_utf8(&bytes).unwrap_or_default();
    if let Err(error) = idempotency::keep_now(&app.db, claim, status.as_u16(), reply).await {
        // The effect stands and the caller hears of it; a repetition of the call will be told to look.
        tracing::error!(%error, "the answer under an idempotency key was not kept");
    }
    ServiceResponse::new(request, response.set_body(bytes).map_into_boxed_body())
}

/// What becomes of the key of a call that failed.
pub(super) async fn refuse(app: &App, claim: &Claim, status: StatusCode, code: Option<Code>) {
    // 4xx, and too much to do: nothing happened. Any other 5xx: it may have.
    let outcome = if status.is_client_error() || matches!(code, Some(Code::Overloaded | Code::Starting)) {
        idempotency::release(&app.db, claim).await
    } else {
        idempotency::give_up(&app.db, claim, LEASE, app.clock.now()).await
    };
    if let Err(error) = outcome {
        tracing::warn!(%error, "an idempotency key is left to its lease");
    }
}

/// Whether this request is one whose answers are kept.
pub(super) fn key_of(
    route: Option<&'static Route>,
    headers: &header::HeaderMap,
) -> Option<(&'static Route, Result<IdempotencyKey, Problem>)> {
    let route = route.filter(|route| route.repeat != Repeat::Plain)?;
    let sent = headers.get(extract::IDEMPOTENCY_KEY)?;
    Some((route, IdempotencyKey::read(sent)))
}

/// The first 16 bytes of a SHA-256, as the journal's keys have.
fn half_of_sha256(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut half = [0; 16];
    for (place, byte) in half.iter_mut().zip(context.finish().as_ref()) {
        *place = *byte;
    }
    half
}
