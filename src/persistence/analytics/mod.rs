//! The figures of analytics: what is known of each request (`facts`), what is summed of it (`sums`), and who reads that.
//!
//! Everything here follows from other tables. A request is counted anew as a whole whenever it changed, and its sums move
//! by the difference in the same transaction, so a crash loses nothing and nothing counts twice (decision 0027).

pub mod changes;
pub mod facts;
pub mod people;
pub mod prices;
pub mod recount;
pub mod sums;
