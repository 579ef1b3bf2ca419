//! One binary for every integration test: linking is what takes the time.

mod store;
