//! One file per resource.

pub mod auth;
pub mod bids;
pub mod health;
pub mod live;
pub mod oidc;
pub mod passwords;
pub mod requests;
pub mod sessions;
pub mod vehicles;
pub mod web;
