//! Everything that lives in time.

pub mod admission;
pub mod auction;
pub mod broadcaster;
pub mod directory;
pub mod journal;
pub mod outlet;
pub mod registry;
pub mod scheduler;
pub mod session;
pub mod supervision;

#[cfg(test)]
mod tests;
