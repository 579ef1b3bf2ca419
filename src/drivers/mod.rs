//! The outside world: each driver an enum of the ways out. No driver knows another, but all go out by
//! `outbound`, and those that processes share by `redis`.

pub mod breaker;
pub mod bus;
pub mod cleaner;
pub mod collector;
pub mod email;
pub mod objects;
pub mod oidc;
pub mod outbound;
pub mod payment_gateway;
pub mod peer;
pub mod push;
pub mod rate_limiter;
pub mod redis;
pub mod sending;
pub mod sms;
