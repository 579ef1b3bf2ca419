//! mazad from outside: one binary, because linking is what takes the time; one module per subject.

mod api;
mod crash;
mod engine;
mod socket;
mod store;
mod support;
mod trouble;
