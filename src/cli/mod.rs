//! The verbs.

pub mod demo;
pub mod load;
pub mod market;
pub mod serve;
