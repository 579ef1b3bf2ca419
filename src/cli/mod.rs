//! The verbs.

pub mod api_client;
pub mod demo;
pub mod load;
pub mod market;
pub mod serve;
