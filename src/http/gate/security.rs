//! Headers that tell browsers what they may do with an answer, and whose pages may read it (CORS).
//!
//! Nobody is ever signed in here by a cookie, only by a token that a script must add itself. So there is no request
//! forgery to defend against, no `Sec-Fetch-Site` to ask for, and answers never allow credentials.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;

use crate::config::Http;
use crate::http::gate::request_id::REQUEST_ID;
use crate::http::table::Place;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

/// In a page nothing runs but what this server serves, no script and no style stands in its text, and nobody frames it.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// An answer of the API is data: nothing in it runs, and nobody frames it.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
/// Nothing that asks the visitor for a device; the page needs none.
const NO_PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");
/// What a script from elsewhere may send and read besides what every script may (Fetch, §3.2).
const MAY_SEND: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, work-answer, x-request-id, traceparent, tracestate",
);
const MAY_READ: HeaderValue =
    HeaderValue::from_static("x-request-id, ratelimit, ratelimit-policy, retry-after, idempotency-replayed");
/// How long a browser remembers a preflight, in seconds.
const PREFLIGHT_SECS: HeaderValue = HeaderValue::from_static("600");

/// What the settings say of browsers.
#[derive(Clone, Debug)]
pub(super) struct Security {
    origins: Vec<HeaderValue>,
    hsts: Option<HeaderValue>,
}

impl Security {
    pub(super) fn new(settings: &Http) -> Self {
        let hsts = (settings.hsts_seconds > 0).then(|| format!("max-age={}; includeSubDomains", settings.hsts_seconds));
        Self {
            origins: settings.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect(),
            hsts: hsts.and_then(|hsts| hsts.parse().ok()),
        }
    }

    /// The page's origin, where its scripts may read answers.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let sent = headers.get(header::ORIGIN)?;
        self.origins.iter().find(|allowed| *allowed == sent).cloned()
    }

    /// The answer to a browser that asks before it sends.
    ///
    /// # Errors
    /// [`Code::OriginRefused`] for a page from elsewhere.
    pub(super) fn preflight(&self, headers: &HeaderMap, place: Place<'_>) -> Result<HttpResponse, Problem> {
        if !headers.contains_key(header::ORIGIN) || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, place.allow())).finish());
        }
        self.origin(headers).ok_or(Code::OriginRefused)?;
        Ok(HttpResponse::NoContent()
            .insert_header((header::ALLOW, place.allow()))
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, place.allow()))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, MAY_SEND))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECS))
            .finish())
    }

    /// The headers of every answer.
    pub(super) fn dress(&self, headers: &mut HeaderMap, id: HeaderValue, origin: Option<HeaderValue>, is_page: bool) {
        headers.insert(REQUEST_ID, id);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { POLICY }),
            (header::REFERRER_POLICY, REFERRER),
            (PERMISSIONS, NO_PERMISSIONS),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ] {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
        if let Some(hsts) = &self.hsts {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        if !self.origins.is_empty() {
            // A cache must not show one origin's answer to another.
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, MAY_READ);
        }
    }
}
