//! SQL lives here and nowhere else.

pub mod access;
pub mod bids;
pub mod dialect;
pub mod error;
pub mod journal;
pub mod migrate;
pub mod pulse;
pub mod requests;
pub mod users;
pub mod vehicles;
