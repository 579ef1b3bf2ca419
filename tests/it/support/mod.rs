//! What tests stand on.

pub(crate) mod app;
pub(crate) mod document;
pub(crate) mod server;
