//! The core: what mazad decides. Pure, synchronous, total.
//!
//! No IO, no clock, no randomness, no serde, no log: time and ids arrive as arguments, a "no" is a
//! [`refusal::Refusal`]. Imports nothing but `std` and `limits`.

pub mod address;
pub mod analytics;
pub mod auction;
pub mod city;
pub mod compare;
pub mod contact;
pub mod eligibility;
pub mod file;
pub mod ids;
pub mod message;
pub mod money;
pub mod notice;
pub mod notice_plan;
pub mod order;
pub mod payment;
pub mod profile;
pub mod refusal;
pub mod review;
pub mod tax;
pub mod telling;
pub mod text;
pub mod time;
pub mod user;
pub mod vin;
pub mod wmi;
