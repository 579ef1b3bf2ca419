//! The only layer that knows HTTP and `OpenAPI`.

mod answers;
pub mod api;
pub mod extract;
mod form;
pub mod gate;
pub mod openapi;
pub mod peer;
pub mod problem;
pub mod routes;
pub mod server;
pub mod stream;
mod table;
pub mod upgrade;
