//! The API through a real socket.

mod auth;
mod gate;
mod matrix;
mod problems;
mod repeat;
mod requests;
mod shapes;
mod vehicles;
