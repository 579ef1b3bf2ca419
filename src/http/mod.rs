//! The only layer that knows HTTP and `OpenAPI`.

pub mod api;
pub mod extract;
pub mod gate;
pub mod openapi;
pub mod problem;
pub mod routes;
pub mod server;
pub mod upgrade;
