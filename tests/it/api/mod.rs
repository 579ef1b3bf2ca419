//! The API through a real socket.

mod admin;
mod auth;
mod blocks;
mod browse;
mod catalog;
mod gate;
mod matrix;
mod operator;
mod privacy;
mod problems;
mod profiles;
mod questions;
mod repeat;
mod requests;
mod shapes;
mod vehicles;
