//! What every http request passes through, in one piece: a request id, counters, the headers of every answer,
//! problems instead of bare errors, and a panic that costs one answer instead of one connection.
//!
//! One middleware and not five: the bid path pays for each. No tracing span per request for the same reason.

use std::fmt;
use std::fmt::Write as _;
use std::future::Ready;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use actix_web::Error;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::body::BodySize;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody as _;
use actix_web::dev::Service;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::dev::Transform;
use actix_web::dev::forward_ready;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::http::problem;
use crate::limits;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;

/// The header that carries a request's id in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers so far, by class of their status.
#[derive(Debug, Default)]
pub struct Counters {
    /// 1xx and 2xx and 3xx.
    pub good: AtomicU64,
    /// 4xx.
    pub refused: AtomicU64,
    /// 5xx.
    pub failed: AtomicU64,
    /// Handlers that panicked; they are among the failed.
    pub panicked: AtomicU64,
    /// Ids given out.
    minted: AtomicU64,
}

/// The middleware.
#[derive(Clone)]
pub struct Gate {
    counters: Arc<Counters>,
    /// Different in every process, so that ids of two runs differ.
    run: u64,
}

impl Gate {
    /// A gate that counts into `counters` and marks its ids with `run`.
    #[must_use]
    pub const fn new(counters: Arc<Counters>, run: u64) -> Self {
        Self { counters, run }
    }

    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let sent = headers.get(REQUEST_ID).filter(|id| {
            let bytes = id.as_bytes();
            !bytes.is_empty()
                && bytes.len() <= limits::REQUEST_ID_CHARS_MAX
                && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/=+".contains(byte))
        });
        if let Some(sent) = sent {
            return sent.clone();
        }
        let number = self.counters.minted.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(32);
        let _ = write!(id, "{:x}-{number:x}", self.run);
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("0"))
    }

    fn count(&self, status: u16) {
        let counter = match status {
            ..400 => &self.counters.good,
            400..500 => &self.counters.refused,
            _ => &self.counters.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl<S> Transform<S, ServiceRequest> for Gate
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Gated<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(Gated { inner, gate: Rc::new(self.clone()) }))
    }
}

/// The gate in front of the routes of one worker.
pub struct Gated<S> {
    inner: S,
    gate: Rc<Gate>,
}

impl<S> Service<ServiceRequest> for Gated<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let gate = Rc::clone(&self.gate);
        let id = gate.request_id(request.headers());
        // The request itself cannot be kept: actix's routing needs the only reference to it.
        let accept = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            let lost = |problem: Problem| Lost { language: language(accept.as_ref()), problem, id: id.clone() };
            let response = match answer.await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => {
                    gate.count(error.as_response_error().status_code().as_u16());
                    return Err(match error.as_error::<Problem>() {
                        Some(problem) => lost(problem.clone()).into(),
                        None => lost(problem::of_status(error.as_response_error().status_code())).into(),
                    });
                }
                Err(_) => {
                    gate.counters.panicked.fetch_add(1, Ordering::Relaxed);
                    gate.count(500);
                    tracing::error!(http.request_id = ?id, "a handler panicked");
                    return Err(lost(Code::Internal.into()).into());
                }
            };
            let mut response = as_problem(response, &id);
            let status = response.status().as_u16();
            gate.count(status);
            tracing::debug!(http.path = response.request().path(), http.status = status, http.request_id = ?id);
            dress(response.headers_mut(), id);
            Ok(response)
        })
    }
}

/// A problem whose request is gone.
#[derive(Debug)]
struct Lost {
    problem: Problem,
    language: Language,
    id: HeaderValue,
}

impl fmt::Display for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(out)
    }
}

impl ResponseError for Lost {
    fn error_response(&self) -> HttpResponse {
        let mut response = problem::answer(&self.problem, self.language, self.id.to_str().ok());
        dress(response.headers_mut(), self.id.clone());
        response
    }
}

fn language(accept: Option<&HeaderValue>) -> Language {
    problem::language(accept.and_then(|value| value.to_str().ok()))
}

/// Renders an error in the caller's language; anything else passes as it is.
fn as_problem(response: ServiceResponse<BoxBody>, id: &HeaderValue) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let ours = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    let made = match (ours, response.response().error()) {
        (Some(ours), _) => ours,
        (None, Some(error)) => {
            if status.is_server_error() {
                tracing::error!(error = %error, http.request_id = ?id, "an answer failed");
            }
            problem::of_status(status)
        }
        // An answer without a body is actix's own (405); one with a body is a handler's.
        (None, None) if !matches!(response.response().body().size(), BodySize::Sized(1..) | BodySize::Stream) => {
            problem::of_status(status)
        }
        (None, None) => return response,
    };
    let language = problem::language_of(response.request());
    let mut rendered = problem::answer(&made, language, id.to_str().ok());
    if let Some(allow) = response.headers().get(header::ALLOW) {
        rendered.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response.into_response(rendered)
}

/// The headers of every answer.
fn dress(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App as Routes;
    use actix_web::test;
    use actix_web::web;

    use super::*;

    async fn broken() -> HttpResponse {
        panic!("a bug")
    }

    #[actix_web::test]
    async fn a_panic_costs_one_answer_and_is_counted() {
        let counters = Arc::new(Counters::default());
        let routes = Routes::new()
            .wrap(Gate::new(Arc::clone(&counters), 7))
            .route("/broken", web::get().to(broken))
            .route("/whole", web::get().to(HttpResponse::Ok));
        let service = test::init_service(routes).await;
        let request = test::TestRequest::get().uri("/broken").insert_header(("accept-language", "ar")).to_request();
        let error = test::try_call_service(&service, request).await.unwrap_err();
        let answer = error.error_response();
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
        assert_eq!(answer.headers().get(header::CONTENT_LANGUAGE).unwrap(), "ar");
        assert!(answer.headers().contains_key(REQUEST_ID));
        let whole = test::call_service(&service, test::TestRequest::get().uri("/whole").to_request()).await;
        assert_eq!(
            (whole.status().as_u16(), whole.headers().get(header::X_CONTENT_TYPE_OPTIONS).unwrap()),
            (200, &HeaderValue::from_static("nosniff"))
        );
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        assert_eq!((count(&counters.good), count(&counters.failed), count(&counters.panicked)), (1, 1, 1));
    }
}
