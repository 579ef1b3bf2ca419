//! From an http request to a socket. The only file that names `actix_web_actors`, and of it only the handshake.

use actix_web::HttpRequest;
use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use actix_web_actors::ws;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::actors::session::Caller;
use crate::domain::ids::RequestId;
use crate::wire::problem::Code;
use crate::wire::problem::Language;
use crate::wire::problem::Problem;

/// Checks a handshake and begins its answer.
///
/// actix-web-actors answers 101 to any Origin, to versions 7 and 8 and to a key of one character (measured), so what
/// RFC 6455 §4.2.1 and §10.2 ask for is checked here first.
///
/// # Errors
/// [`Code::OriginRefused`] for a page from elsewhere, [`Code::BadRequest`] for what is no handshake.
pub fn handshake(request: &HttpRequest, allowed_origins: &[String]) -> Result<HttpResponseBuilder, Problem> {
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if request.headers().contains_key(header::ORIGIN) {
        // A page that came from this very host may talk to it; no other header of a browser can say so wrongly.
        let origin = text(header::ORIGIN).unwrap_or_default();
        let host = text(header::HOST).unwrap_or_default();
        let own = origin.split_once("://").is_some_and(|(_, authority)| !host.is_empty() && authority == host);
        if !own && !allowed_origins.iter().any(|allowed| allowed == origin) {
            return Err(Code::OriginRefused.into());
        }
    }
    if text(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Problem::from(Code::BadRequest).detail("Sec-WebSocket-Version must be 13"));
    }
    let key = text(header::SEC_WEBSOCKET_KEY).and_then(|key| BASE64_STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(Problem::from(Code::BadRequest).detail("Sec-WebSocket-Key must be 16 bytes in base 64"));
    }
    ws::handshake(request).map_err(|error| Problem::from(Code::BadRequest).detail(error.to_string()))
}

/// What a socket is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The live room of a request.
    Room(RequestId),
    /// Its owner's notifications.
    Feed,
}

/// What the handshake of a socket said. A handler that admits somebody puts it into its 101; whoever owns the
/// connection finds it there and begins the session.
pub struct Admitted {
    /// What it is about.
    pub topic: Topic,
    /// Who the handshake proved to come from: a ticket or a header. Without it the first frame must be `auth`.
    pub caller: Option<Caller>,
    /// The peer's language.
    pub language: Language,
}
