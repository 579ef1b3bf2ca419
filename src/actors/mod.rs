//! Everything that lives in time.

pub mod admission;
pub mod auction;
pub mod bidders;
pub mod bidding;
pub mod broadcaster;
pub mod changed;
pub mod cluster;
pub mod directory;
pub mod feeds;
pub mod follower;
pub mod inbox;
pub mod journal;
pub mod letter;
pub mod loops;
pub mod outlet;
pub mod registry;
mod room;
pub mod scheduler;
pub mod session;
pub mod subjects;
pub mod supervision;

#[cfg(test)]
mod tests;
