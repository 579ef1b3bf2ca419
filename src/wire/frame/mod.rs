//! The frames of the live room and of the feed, typed, and how they become bytes.

mod ask;
mod bid;
mod close;
mod encode;
mod event;
mod feed;
mod reply;
mod state;

pub use crate::wire::frame::ask::Ask;
pub use crate::wire::frame::ask::Since;
pub use crate::wire::frame::ask::read;
pub use crate::wire::frame::bid::BidOut;
pub use crate::wire::frame::bid::ResultRow;
pub use crate::wire::frame::close::CloseCode;
pub use crate::wire::frame::encode::append_json;
pub use crate::wire::frame::encode::close;
pub use crate::wire::frame::encode::close_echo;
pub use crate::wire::frame::encode::json;
pub use crate::wire::frame::encode::ping;
pub use crate::wire::frame::encode::pong;
pub use crate::wire::frame::encode::restart;
pub use crate::wire::frame::encode::text;
pub use crate::wire::frame::event::EventFrame;
pub use crate::wire::frame::event::Stamp;
pub use crate::wire::frame::event::class_seq;
pub use crate::wire::frame::feed::FeedFrame;
pub use crate::wire::frame::reply::Pong;
pub use crate::wire::frame::reply::Reply;
pub use crate::wire::frame::state::BoardFrame;
pub use crate::wire::frame::state::Snapshot;
pub use crate::wire::frame::state::YouFrame;
pub use crate::wire::frame::state::watchers;

#[cfg(test)]
mod tests;
