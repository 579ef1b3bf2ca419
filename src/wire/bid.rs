//! bid
