//! One file per resource.

pub mod auth;
pub mod bids;
pub mod health;
pub mod live;
pub mod metrics;
pub mod requests;
pub mod vehicles;
pub mod web;
