//! Stories that touch more than one of store and actor.

pub mod catalogue;
pub mod export;
pub mod moderation;
pub mod publish;
pub mod recover;
pub mod revoke;
pub mod sign_in;
pub mod tokens;
