//! mazad: a real-time reverse-auction engine.

pub mod clock;
pub mod domain;
pub mod limits;
