//! The API through a real socket.

mod admin;
mod auth;
mod blocks;
mod catalog;
mod operator;
mod privacy;
mod problems;
mod profiles;
mod requests;
mod vehicles;
