//! Getting in, against everybody who should not.

mod codes;
mod forged;
mod oidc;
mod passwords;
mod provider;
mod sessions;
