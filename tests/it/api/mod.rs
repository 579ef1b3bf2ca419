//! The API through a real socket.

mod admin;
mod auth;
mod blocks;
mod catalog;
mod gate;
mod matrix;
mod operator;
mod privacy;
mod problems;
mod profiles;
mod repeat;
mod requests;
mod shapes;
mod vehicles;
