//! mazad (مزاد, auction): a real-time reverse-auction engine for car parts.
//!
//! A customer publishes a part request; verified merchants bid the landed total down, live; the engine ranks them,
//! extends on a snipe and closes on time. Modules stand in the order of their layers: each may import those above it
//! (`ARCHITECTURE.md` has the whole table, `tests/tidy.rs` keeps it).

pub mod clock;
pub mod high_water;
pub mod limits;
pub mod mint;
pub mod trace;

pub mod domain;

pub mod drivers;
pub mod persistence;
pub mod wire;

pub mod actors;

pub mod flows;

pub mod http;

pub mod app;
pub mod boot;
pub mod cli;
pub mod config;
pub mod telemetry;
