//! What every http request passes through, outermost first:
//!
//! 1. a request id and the place in a trace; where it comes from; which route it is for,
//! 2. bounds of head and url,
//! 3. rate limits, by address and then by account,
//! 4. answers that need no handler: preflights, OPTIONS, wrong methods, slashes too many,
//! 5. idempotency keys,
//! 6. the handler, whose panic costs one answer instead of one connection,
//! 7. problems in the caller's language, security headers, counters and a line in the log.
//!
//! One middleware and not seven: the bid path pays for each. A span is made only where a collector is told of it.

pub mod client;
mod idempotency;
pub mod metrics;
mod rate_limit;
pub mod request_id;
mod security;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Ready;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use actix_web::Error;
use actix_web::HttpMessage as _;
use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::body::BodySize;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody as _;
use actix_web::dev::Payload;
use actix_web::dev::Service;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::dev::Transform;
use actix_web::dev::forward_ready;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::app::App;
use crate::config::Class;
use crate::config::Http;
use crate::domain::ids::UserId;
use crate::http::extract;
use crate::http::form;
use crate::http::form::Admitted;
use crate::http::gate::client::Client;
use crate::http::gate::idempotency::Fate;
use crate::http::gate::metrics::Metrics;
use crate::http::gate::rate_limit::Meter;
use crate::http::gate::request_id::Ids;
use crate::http::gate::request_id::TRACERESPONSE;
use crate::http::gate::request_id::Trace;
use crate::http::gate::security::Security;
use crate::http::problem;
use crate::http::stream::Pace;
use crate::http::table::Place;
use crate::http::table::Repeat;
use crate::http::table::Route;
use crate::http::table::Table;
use crate::limits;
use crate::telemetry;
use crate::trace;
use crate::trace::Traces;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;

/// The middleware. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    parts: Arc<Parts>,
}

struct Parts {
    http: Http,
    table: &'static Table,
    security: Security,
    ids: Ids,
    metrics: Data<Metrics>,
    traces: Traces,
}

impl Gate {
    /// A gate in front of the routes of this table.
    pub(crate) fn new(http: &Http, table: &'static Table, traces: Traces) -> Self {
        let (security, metrics) = (Security::new(http), Data::new(Metrics::new(table)));
        Self { parts: Arc::new(Parts { http: http.clone(), table, security, ids: Ids::new(), metrics, traces }) }
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> Data<Metrics> {
        Data::clone(&self.parts.metrics)
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
        ready(Ok(Gated { inner: Rc::new(inner), gate: Rc::new(self.clone()) }))
    }
}

/// The gate in front of the routes of one worker.
pub struct Gated<S> {
    inner: Rc<S>,
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

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (gate, inner) = (Rc::clone(&self.gate), Rc::clone(&self.inner));
        let place = gate.parts.table.find(request.match_info().as_str());
        let mut visit = gate.admit(&request, place);
        let span = visit.span.clone();
        Box::pin(trace::within(span, async move {
            if let Some(asking) = visit.asking.take() {
                visit.meter = asking.await;
            }
            let early = gate.stop(&mut request, place, &mut visit);
            let keyed = idempotency::key_of(visit.route.map(|(_, route)| route), request.headers());
            let outcome = match (early, keyed) {
                (Some(answer), _) => Ok(request.into_response(answer)),
                (None, Some((route, key))) => {
                    let (user, parts) = (visit.user, Arc::clone(&gate.parts));
                    // Not with the connection: a call that began is finished, though its caller hung up, so that its key
                    // tells what became of it.
                    let call = async move { parts.once(inner, request, route, user, key).await };
                    actix_web::rt::spawn(trace::within(trace::here(), call))
                        .await
                        .unwrap_or_else(|_| Err(Code::Internal.into()))
                }
                (None, None) => gate.parts.run(&*inner, request).await,
            };
            gate.finish(visit, outcome)
        }))
    }
}

/// What is known of a request besides itself: actix's routing needs the only reference to that.
struct Visit {
    begun: Instant,
    id: HeaderValue,
    trace: Option<Trace>,
    language: Language,
    origin: Option<HeaderValue>,
    method: Method,
    route: Option<(usize, &'static Route)>,
    client: Client,
    user: Option<UserId>,
    meter: Meter,
    /// The meter, where other processes have a say in it.
    asking: Option<LocalBoxFuture<'static, Meter>>,
    pace: Option<Arc<Pace>>,
    span: Option<trace::Span>,
}

// ------------------------------------------------------------------ before the handler

impl Gate {
    /// Learns what a request is, and charges it.
    fn admit(&self, request: &ServiceRequest, place: Option<Place<'static>>) -> Visit {
        let (parts, headers) = (&*self.parts, request.headers());
        parts.metrics.under_way.inc();
        let method = request.method().clone();
        let as_get = if method == Method::HEAD { &Method::GET } else { &method };
        let route = place.and_then(|place| place.route(as_get));
        let client = Client::of(request, &parts.http.trusted_proxies);
        // Who is asked once here and remembered for the handler.
        let user = || extract::claims(request.request()).ok().map(|claims| claims.user);
        let class = match route {
            Some((_, route)) => route.class,
            None => Some(Class::Read),
        };
        let (mut asked, mut known) = (false, None);
        let (meter, asking) = match (class, extract::app(request.request())) {
            (Some(class), Ok(app)) => Meter::charge(app, class, client.address, || {
                (asked, known) = (true, user());
                known
            }),
            _ => (Meter::default(), None),
        };
        // Keys and the log want to know it where rates are not limited, too.
        if !asked && !meter.is_refused() && class.is_some() {
            known = user();
        }
        let told = route.filter(|(_, route)| route.class.is_some());
        let span = told.and_then(|(_, route)| {
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            parts.traces.request(route.method.as_str(), &route.template, header)
        });
        let pace = request.request().conn_data::<Arc<Pace>>().cloned();
        if let Some(pace) = &pace {
            pace.begin();
        }
        Visit {
            begun: Instant::now(),
            id: parts.ids.request(headers),
            trace: span.as_ref().map(Trace::of).or_else(|| parts.ids.trace(headers)),
            language: problem::language_of(request.request()),
            origin: parts.security.origin(headers),
            method,
            route,
            client,
            user: known,
            meter,
            asking,
            pace,
            span,
        }
    }

    /// Answers what needs no handler.
    fn stop(&self, request: &mut ServiceRequest, place: Option<Place<'_>>, visit: &mut Visit) -> Option<HttpResponse> {
        match self.answer_here(request, place, visit) {
            Ok(None) => {
                if visit.method == Method::HEAD {
                    // The connection remembers that it was HEAD and sends no body (RFC 9110 §9.3.2).
                    request.head_mut().method = Method::GET;
                }
                if let Some(trace) = &visit.trace {
                    request.extensions_mut().insert(trace.clone());
                }
                request.extensions_mut().insert(visit.client);
                None
            }
            Ok(Some(answer)) => Some(answer),
            Err(problem) => {
                let mut answer = problem::answer(&problem, visit.language, visit.id.to_str().ok());
                if let (Code::MethodNotAllowed, Some(Ok(allow))) =
                    (problem.code, place.map(|place| HeaderValue::try_from(place.allow())))
                {
                    // RFC 9110 §15.5.6: the answer says what the address does take.
                    answer.headers_mut().insert(header::ALLOW, allow);
                }
                Some(answer)
            }
        }
    }

    fn answer_here(
        &self,
        request: &ServiceRequest,
        place: Option<Place<'_>>,
        visit: &mut Visit,
    ) -> Result<Option<HttpResponse>, Problem> {
        let parts = &*self.parts;
        if let Some(refused) = visit.meter.refused() {
            parts.metrics.limited.inc();
            return Err(refused);
        }
        let url = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
        if url > limits::URL_BYTES_MAX {
            return Err(Problem::from(Code::UrlTooLong).fact("max_bytes", limits::URL_BYTES_MAX));
        }
        let head: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if head > limits::HEAD_BYTES_MAX {
            return Err(Problem::from(Code::HeadTooLarge).fact("max_bytes", limits::HEAD_BYTES_MAX));
        }
        let Some(place) = place else { return Ok(self.elsewhere(request)) };
        if visit.method == Method::OPTIONS {
            return parts.security.preflight(request.headers(), place).map(Some);
        }
        if visit.route.is_none() {
            return Err(Code::MethodNotAllowed.into());
        }
        Ok(None)
    }

    /// Where a slash at the end is all that is wrong: `308` keeps method and body.
    fn elsewhere(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        let path = request.path();
        let table = self.parts.table;
        let right = match path.strip_suffix('/') {
            Some(shorter) => table.find(shorter).map(|_| shorter.to_owned()),
            None => Some(format!("{path}/")).filter(|longer| table.find(longer).is_some()),
        }?;
        let query = request.query_string();
        let location = if query.is_empty() { right } else { format!("{right}?{query}") };
        Some(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, location)).finish())
    }
}

// ------------------------------------------------------------------ the handler

type Answered = Result<ServiceResponse<BoxBody>, Problem>;

impl Parts {
    async fn run<S>(&self, inner: &S, request: ServiceRequest) -> Answered
    where
        S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    {
        match AssertUnwindSafe(inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(match error.as_error::<Problem>() {
                Some(problem) => problem.clone(),
                None => problem::of_status(error.as_response_error().status_code()),
            }),
            Err(_) => {
                self.metrics.panicked.inc();
                tracing::error!("a handler panicked");
                Err(Code::Internal.into())
            }
        }
    }

    /// The same under an idempotency key.
    async fn once<S>(
        &self,
        inner: Rc<S>,
        mut request: ServiceRequest,
        route: &'static Route,
        user: Option<UserId>,
        key: Result<extract::IdempotencyKey, Problem>,
    ) -> Answered
    where
        S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    {
        // Nobody's key is anybody's: the handler refuses a caller without an account.
        let Some(user) = user else { return self.run(&*inner, request).await };
        let key = key?;
        let app = request.app_data::<Data<App>>().cloned().ok_or(Code::Internal)?;
        let (most, secs) = if route.repeat == Repeat::Upload {
            let memory = form::admit(request.headers(), &app)?;
            request.extensions_mut().insert(Admitted(memory));
            (limits::UPLOAD_BODY_BYTES_MAX, limits::UPLOAD_SECS_MAX)
        } else {
            (limits::JSON_BODY_BYTES_MAX, self.http.body_seconds)
        };
        let body = idempotency::read_body(request.take_payload(), most, Duration::from_secs(secs)).await?;
        let path = request.match_info().as_str().to_owned();
        let told = match route.repeat {
            Repeat::Upload => form::without_boundary(request.headers(), &body),
            Repeat::Plain | Repeat::WithEffect | Repeat::Behind => vec![&*body],
        };
        match idempotency::claim(&app, route, user, &key, &path, &told).await? {
            Fate::Replay(answer) => {
                self.metrics.replayed.inc();
                Ok(request.into_response(answer))
            }
            Fate::Run(claim) => {
                request.set_payload(Payload::from(body));
                request.extensions_mut().insert(Rc::clone(&claim));
                match self.run(&*inner, request).await {
                    Ok(response) => Ok(idempotency::settle(&app, &claim, response).await),
                    Err(problem) => {
                        let status = problem.status_code();
                        idempotency::refuse(&app, &claim, status, Some(problem.code)).await;
                        Err(problem)
                    }
                }
            }
        }
    }
}

// ------------------------------------------------------------------ after the handler

impl Gate {
    fn finish(&self, mut visit: Visit, outcome: Answered) -> Result<ServiceResponse<BoxBody>, Error> {
        let (outcome, status) = match outcome {
            Ok(response) => {
                let response = as_problem(response, visit.language, &visit.id);
                let status = response.status();
                (Ok(response), status)
            }
            Err(problem) => {
                let status = problem.status_code();
                (Err(problem::answer(&problem, visit.language, visit.id.to_str().ok())), status)
            }
        };
        self.note(&visit, status);
        if let Some(pace) = visit.pace.take().filter(|_| status != StatusCode::SWITCHING_PROTOCOLS) {
            pace.end();
        }
        let meter = std::mem::take(&mut visit.meter);
        let dress = |headers: &mut HeaderMap| {
            meter.tell(headers);
            let told = visit.trace.as_ref().and_then(|trace| HeaderValue::try_from(trace.traceparent()).ok());
            if let Some(told) = told {
                headers.insert(TRACERESPONSE, told);
            }
            let is_page = visit.route.is_some_and(|(_, route)| route.is_file);
            self.parts.security.dress(headers, visit.id, visit.origin, is_page);
        };
        match outcome {
            Ok(mut response) => {
                dress(response.headers_mut());
                Ok(response)
            }
            Err(mut answer) => {
                dress(answer.headers_mut());
                Err(Lost(std::cell::RefCell::new(Some(answer)), status).into())
            }
        }
    }

    /// Counts an answer and writes its line. Nothing of it comes from the request but its id, which was checked.
    fn note(&self, visit: &Visit, status: StatusCode) {
        let took = visit.begun.elapsed();
        if let Some(span) = &visit.span {
            span.answered(status.as_u16());
        }
        self.parts.metrics.under_way.dec();
        self.parts.metrics.answered(visit.route.map(|(at, _)| at), status.as_u16(), took);
        telemetry::access(&telemetry::Access {
            method: visit.route.map_or("", |(_, route)| route.method.as_str()),
            route: visit.route.map_or("unmatched", |(_, route)| route.template.as_str()),
            is_quiet: visit.route.is_some_and(|(_, route)| route.class.is_none()),
            status: status.as_u16(),
            took,
            request_id: visit.id.to_str().unwrap_or_default(),
            trace: visit.trace.as_ref().map(|trace| (trace.trace.as_str(), trace.span.as_str())),
            user: visit.user,
            network: visit.client.network(),
        });
    }
}

/// A finished answer whose request is gone.
struct Lost(std::cell::RefCell<Option<HttpResponse>>, StatusCode);

impl fmt::Debug for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Lost({})", self.1)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.fmt(out)
    }
}

impl ResponseError for Lost {
    fn status_code(&self) -> StatusCode {
        self.1
    }

    fn error_response(&self) -> HttpResponse {
        self.0.take().unwrap_or_else(|| HttpResponse::new(self.1))
    }
}

/// Renders an error in the caller's language; anything else passes as it is.
fn as_problem(response: ServiceResponse<BoxBody>, language: Language, id: &HeaderValue) -> ServiceResponse<BoxBody> {
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
        // An answer without a body is actix's own; one with a body is a handler's.
        (None, None) if !matches!(response.response().body().size(), BodySize::Sized(1..) | BodySize::Stream) => {
            problem::of_status(status)
        }
        (None, None) => return response,
    };
    // Asked only now: who the caller is and what it speaks is known from its token.
    response.into_response(problem::answer(&made, language, id.to_str().ok()))
}
