//! mazad from outside: one binary, because linking is what takes the time; one module per subject.

// api is being merged
mod crash;
mod engine;
mod socket;
mod store;
mod support;
