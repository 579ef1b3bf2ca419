//! What a request is called: its `X-Request-Id`, and its place in a trace (W3C Trace Context, level 1).

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use aws_lc_rs::rand;

use crate::limits;
use crate::trace::Span;

/// The header that carries a request's id in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that continues a trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The header that tells the caller of our span (W3C Trace Context, level 2 draft).
pub(super) const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Gives out ids that differ, also between two runs.
#[derive(Debug)]
pub(super) struct Ids {
    run: u64,
    given: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 8];
        // Without randomness ids of two runs look alike, which costs nothing but comfort.
        let _ = rand::fill(&mut bytes);
        Self { run: u64::from_le_bytes(bytes), given: AtomicU64::new(1) }
    }

    fn next(&self) -> u64 {
        self.given.fetch_add(1, Ordering::Relaxed)
    }

    /// The caller's id where it can stand in a log line, one of ours otherwise.
    pub(super) fn request(&self, headers: &HeaderMap) -> HeaderValue {
        let sent = headers.get(REQUEST_ID).filter(|id| {
            let bytes = id.as_bytes();
            !bytes.is_empty()
                && bytes.len() <= limits::REQUEST_ID_CHARS_MAX
                && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/=+".contains(byte))
        });
        if let Some(sent) = sent {
            return sent.clone();
        }
        let mut id = String::with_capacity(32);
        let _ = write!(id, "{:x}-{:x}", self.run, self.next());
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("0"))
    }

    /// Our span in the caller's trace; `None` where there is none, or it cannot be read.
    pub(super) fn trace(&self, headers: &HeaderMap) -> Option<Trace> {
        let parent = headers.get(TRACEPARENT)?.to_str().ok()?;
        // Any odd factor permutes the numbers, so spans of one run differ and look like nothing.
        let span = (self.run ^ self.next().wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1);
        Trace::continued(parent, span)
    }
}

/// A span of ours in somebody's trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace: String,
    /// 16 hexadecimal digits: this request.
    pub span: String,
    /// Two hexadecimal digits: whether the caller records.
    pub flags: String,
}

impl Trace {
    /// The same of a span that a collector is told of.
    pub(super) fn of(told: &Span) -> Self {
        let (trace, span) = told.ids();
        Self { trace, span, flags: "01".to_owned() }
    }

    /// `00-<trace>-<parent>-<flags>`; later versions may append fields (§3.2.2).
    fn continued(parent: &str, span: u64) -> Option<Self> {
        let mut parts = parent.split('-');
        let (version, trace, from, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        let reads = is_hex(version, 2) && is_hex(trace, 32) && is_hex(from, 16) && is_hex(flags, 2);
        let ours = version != "ff" && (version != "00" || parts.next().is_none());
        if !reads || !ours || is_zero(trace) || is_zero(from) {
            return None;
        }
        // Of the flags only "sampled" is known; the others are not ours to pass on (§3.2.2.5).
        let sampled = u8::from_str_radix(flags, 16).unwrap_or(0) & 1;
        Some(Self { trace: trace.to_owned(), span: format!("{span:016x}"), flags: format!("{sampled:02x}") })
    }

    /// The header for a call that this request makes.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{}", self.trace, self.span, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_trace_is_continued_and_nonsense_is_not() {
        let header = format!("00-{TRACE}-b7ad6b7169203331-01");
        let continued = Trace::continued(&header, 0xabc).unwrap();
        assert_eq!(continued.traceparent(), format!("00-{TRACE}-0000000000000abc-01"));
        let later = Trace::continued(&format!("cc-{TRACE}-b7ad6b7169203331-09-what-ever"), 1).unwrap();
        assert_eq!(later.flags, "01");
        for bad in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-b7ad6b716920333g-01"),
        ] {
            assert_eq!(Trace::continued(&bad, 1), None, "{bad}");
        }
    }

    #[test]
    fn an_id_that_could_break_a_log_line_is_replaced() {
        let ids = Ids::new();
        let named = |value: &'static [u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
            ids.request(&headers) == value
        };
        assert!(named(b"mine-1_2.3:4/5=6+7"));
        for bad in [b"".as_slice(), b"a b", b"a\"b", b"a\tb", b"\xd9\x85", &[b'x'; limits::REQUEST_ID_CHARS_MAX + 1]] {
            assert!(!named(bad), "{bad:?}");
        }
        let none = HeaderMap::new();
        assert_ne!(ids.request(&none), ids.request(&none));
    }
}
