//! Getting in, against everybody who should not.

mod abuse;
mod codes;
mod forged;
mod oidc;
mod passwords;
mod phones;
mod provider;
mod sessions;
mod tries;
