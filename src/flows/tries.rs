//! How often a password may be tried under one name, from wherever.
//!
//! The name is what was typed: a phone, an address, there or not. So a name without an account is locked by the same tries,
//! with the same answer, as one with; and nobody learns which phone and which address are one account's.
//!
//! A lock that anybody can turn is a way to keep somebody out. Where an account's owner has been, a place from which it
//! signed in or proved its phone, tries are counted apart: whoever fails elsewhere does not count there. And a code to the
//! phone (a forgotten password) makes every place the owner's.

use std::net::IpAddr;

use aws_lc_rs::hmac;

use crate::clock::Clock;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::flows::codes;
use crate::flows::sign_in::SignInError;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::tries;
use crate::persistence::tries::TryRules;
use crate::persistence::users::Account;

const RULES: TryRules = TryRules { most: limits::PASSWORD_TRIES_MAX, within: Span::secs(limits::PASSWORD_TRIES_SECS) };

/// Counts passwords that are tried. Cheap to clone.
#[derive(Clone)]
pub struct Tries {
    db: Db,
    clock: Clock,
    key: hmac::Key,
}

impl Tries {
    /// Counts in this database; `pepper` keys the names, which are not to be read there.
    #[must_use]
    pub fn new(db: Db, clock: Clock, pepper: &[u8; 32]) -> Self {
        Self { db, clock, key: hmac::Key::new(hmac::HMAC_SHA256, pepper) }
    }

    /// Counts a try. `account` is whose name it is, where it is anybody's.
    ///
    /// # Errors
    /// [`SignInError::TooManyTries`], [`SignInError::Store`].
    pub async fn count(&self, name: &str, account: Option<&Account>, from: IpAddr) -> Result<(), SignInError> {
        let user = account.map_or(UserId(0), |account| account.id);
        let (address, _) = codes::places(from);
        let is_known = tries::is_known_place(&self.db, user, &from.to_string(), &address).await?;
        self.count_as(&self.digest(name, is_known.then_some(address.as_str()))).await
    }

    /// Counts a try of somebody who is signed in.
    ///
    /// # Errors
    /// [`SignInError::TooManyTries`], [`SignInError::Store`].
    pub async fn count_own(&self, user: UserId) -> Result<(), SignInError> {
        self.count_as(&self.digest(&user.to_string(), None)).await
    }

    async fn count_as(&self, name: &[u8; 32]) -> Result<(), SignInError> {
        match tries::count(&self.db, name, RULES, self.clock.now()).await? {
            None => Ok(()),
            Some(wait) => Err(SignInError::TooManyTries(wait)),
        }
    }

    /// Forgets what somebody tried who is signed in.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn forgive_own(&self, user: UserId) -> Result<(), SignInError> {
        Ok(tries::forget(&self.db, &[self.digest(&user.to_string(), None)]).await?)
    }

    /// Forgets what was tried before somebody proved to be the owner from there.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn forgive(&self, account: &Account, from: IpAddr) -> Result<(), SignInError> {
        let (address, _) = codes::places(from);
        let mut names = vec![self.digest(&account.id.to_string(), None)];
        for name in [Some(&account.phone), account.email.as_ref()].into_iter().flatten() {
            names.extend([self.digest(name, None), self.digest(name, Some(&address))]);
        }
        Ok(tries::forget(&self.db, &names).await?)
    }

    fn digest(&self, name: &str, place: Option<&str>) -> [u8; 32] {
        let mut out = [0; 32];
        // No name and no address has a line's end in it.
        let text = format!("{}\n{name}", place.unwrap_or_default());
        out.copy_from_slice(hmac::sign(&self.key, text.as_bytes()).as_ref());
        out
    }
}
