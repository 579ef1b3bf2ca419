//! Stories that touch more than one of store and actor.

pub mod audience;
pub mod audit_head;
pub mod catalogue;
pub mod change_phone;
pub mod codes;
pub mod deals;
pub mod events;
pub mod export;
pub mod files;
pub mod fleet;
pub mod hear;
pub mod keys;
pub mod moderation;
pub mod oidc;
pub mod password;
pub mod payments;
pub mod publish;
pub mod questions;
pub mod recover;
pub mod result;
pub mod revoke;
pub mod sign_in;
pub mod tidy;
pub mod tokens;
pub mod tries;
pub mod work;
