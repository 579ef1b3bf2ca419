//! The outside world: each driver an enum of the ways out. No driver knows another.

pub mod rate_limiter;
pub mod sms;
