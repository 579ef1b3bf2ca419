//! One binary for every integration test: linking is what takes the time.

mod api;
mod engine;
mod store;
mod support;
