//! A part request on the wire.

pub mod audience;
pub mod body;
pub mod input;
pub mod rules;
