//! What processes share by Redis, and that they live without it: each test has a redis-server of its own.

mod bus;
mod feed;
mod limiter;
mod processes;
