//! What goes over the wire, typed: the serializable twins of domain values. Domain types are never `Serialize`.

pub mod bid;
pub mod board;
pub mod field_words;
pub mod file;
pub mod frame;
pub mod html;
pub mod news;
pub mod notice;
pub mod notification;
pub mod peer;
pub mod problem;
pub mod profile;
pub mod question;
pub mod read;
pub mod request;
pub mod value;
