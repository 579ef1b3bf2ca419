//! From an http request to a socket. The only file that names `actix_web_actors`, and of it only the handshake.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use actix_web_actors::ws;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::oneshot;

use crate::actors::outlet::Outlet;
use crate::wire::problem::Code;
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

/// The answer to a handshake: a body that brings no bytes and ends with the session.
#[must_use]
pub fn answer(mut handshake: HttpResponseBuilder, outlet: Arc<Outlet>, over: oneshot::Receiver<()>) -> HttpResponse {
    handshake.streaming(Hold { outlet, head_is_out: Head::Unwritten, over })
}

enum Head {
    Unwritten,
    Polled,
    Written,
}

/// Keeps actix's dispatcher on the connection while the room writes to its socket directly.
///
/// The response's head is actix's to write, and frames must come behind it. The dispatcher (actix-http 3.20,
/// `h1/dispatcher.rs`) encodes the head into its buffer, polls the body in the same call of `poll_response`, and flushes
/// after that. So at the first poll the head is not out yet; a poll that follows a wake-up comes after the flush. Only a
/// peer that left more unread answers in front of its own upgrade than the kernel's buffer holds could meet a half
/// flushed head, and would spoil nobody's stream but its own.
struct Hold {
    outlet: Arc<Outlet>,
    head_is_out: Head,
    over: oneshot::Receiver<()>,
}

impl Stream for Hold {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.head_is_out {
            Head::Unwritten => {
                self.head_is_out = Head::Polled;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Head::Polled => {
                self.head_is_out = Head::Written;
                self.outlet.open();
            }
            Head::Written => {}
        }
        // An error means that the session dropped its end: it is over all the same.
        Pin::new(&mut self.over).poll(cx).map(|_| None)
    }
}

impl Drop for Hold {
    /// The connection is gone or ends: nobody may write to it any more, and the session is to see its end.
    fn drop(&mut self) {
        self.outlet.kill();
    }
}
