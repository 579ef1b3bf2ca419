//! Buckets at the door, and what they say in headers (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! `RateLimit-Policy: "write-user";q=100;w=5, "write-address";q=500;w=5` tells how many calls a full bucket holds and how
//! many seconds an empty one takes to be full; `RateLimit: "write-user";r=99;t=1, …` how many are left and when it is full
//! again. The address is charged first, so a flood costs no look at its tokens.

use std::fmt::Write as _;
use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::app::App;
use crate::app::Verdicts;
use crate::config::Class;
use crate::domain::ids::UserId;
use crate::wire::problem::Code;
use crate::wire::problem::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// What the buckets of a request say.
#[derive(Default)]
pub(super) struct Meter {
    policy: String,
    state: String,
    refused: Option<Problem>,
}

impl Meter {
    /// Charges a call to its address and, where it is somebody's, to the account. Where others must be asked for that,
    /// the second part says it, in place of the first.
    pub(super) fn charge(
        app: &App,
        class: Class,
        address: IpAddr,
        user: impl FnOnce() -> Option<UserId>,
    ) -> (Self, Option<LocalBoxFuture<'static, Self>>) {
        let (told, asking) = app.limiter.charge(class, address, user);
        (Self::read(class, told), asking.map(|asking| asking.map(move |told| Self::read(class, told)).boxed_local()))
    }

    fn read(class: Class, told: Verdicts) -> Self {
        let mut meter = Self::default();
        for (of, verdict) in told.into_iter().flatten() {
            let comma = if meter.policy.is_empty() { "" } else { ", " };
            let name = class.word();
            let _ = write!(meter.policy, "{comma}\"{name}-{of}\";q={};w={}", verdict.quota, verdict.window_secs);
            let _ = write!(meter.state, "{comma}\"{name}-{of}\";r={};t={}", verdict.remaining, verdict.reset_secs);
            meter.refused = verdict.wait_secs.map(|secs| {
                Problem::from(Code::RateLimited).retry_after(i64::try_from(secs).unwrap_or(i64::MAX)).fact("limit", of)
            });
        }
        meter
    }

    /// Whether the call is refused.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Why the call is refused.
    pub(super) fn refused(&mut self) -> Option<Problem> {
        self.refused.take()
    }

    /// Tells the caller.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        for (name, value) in [(POLICY, self.policy), (STATE, self.state)] {
            if let Some(value) = HeaderValue::try_from(value).ok().filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
    }
}
