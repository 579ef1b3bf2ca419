//! Stories that touch more than one of store and actor.

pub mod events;
pub mod publish;
pub mod recover;
pub mod sign_in;
pub mod tokens;
