//! mazad from outside: one binary, because linking is what takes the time; one module per subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::pedantic,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod analytics;
mod api;
mod auth;
mod backup;
mod canary;
mod channels;
mod crash;
mod deal;
mod disk;
mod drain;
mod engine;
mod files;
mod fleet;
mod health;
mod inbox;
mod outage;
mod payments;
mod redis;
mod sending;
mod socket;
mod store;
mod support;
mod telling;
mod timing;
mod traces;
mod trouble;
mod verify;
mod watching;
