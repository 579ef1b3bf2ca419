//! bids
