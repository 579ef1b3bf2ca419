//! The API through a real socket.

mod auth;
mod gate;
mod problems;
mod repeat;
mod requests;
mod vehicles;
