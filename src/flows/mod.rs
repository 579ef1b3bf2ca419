//! Stories that touch more than one of store and actor.

pub mod publish;
pub mod recover;
pub mod revoke;
pub mod sign_in;
pub mod tokens;
