//! The API through a real socket.

mod auth;
mod problems;
mod requests;
mod vehicles;
