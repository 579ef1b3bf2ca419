//! What tests stand on.

pub(crate) mod app;
pub(crate) mod document;
pub(crate) mod mariadb;
pub(crate) mod market;
pub(crate) mod moyasar;
pub(crate) mod open_request;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod s3;
pub(crate) mod server;
pub(crate) mod store;
pub(crate) mod unifonic;
