//! One file per resource.

pub mod admin;
pub mod analytics;
pub mod auth;
pub mod bids;
pub mod blocks;
pub mod catalog;
pub mod files;
pub mod health;
pub mod live;
pub mod metrics;
pub mod notifications;
pub mod oidc;
pub mod orders;
pub mod passwords;
pub mod payments;
pub mod phones;
pub mod privacy;
pub mod profiles;
pub mod questions;
pub mod requests;
pub mod sessions;
pub mod vehicles;
pub mod web;
