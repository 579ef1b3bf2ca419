//! Getting in: registration, one-time codes, passwords.
//!
//! Nothing here tells a stranger whether an account exists: known and unknown get the same answers, at the same price
//! of one password hash and one booked code, under the same limits. What an account costs the database all the same, a
//! millisecond, is hidden by answering at even times.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::flows::codes::Asked;
use crate::flows::codes::Codes;
use crate::flows::codes::Purpose;
use crate::flows::codes::Telling;
use crate::flows::password::HashError;
use crate::flows::password::Hasher;
use crate::flows::revoke::Revoker;
use crate::flows::tokens::Pair;
use crate::flows::tokens::Tokens;
use crate::flows::tries::Tries;
use crate::flows::work::Challenge;
use crate::high_water::Level;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::codes::CodeOf;
use crate::persistence::error::StoreError;
use crate::persistence::users;
use crate::persistence::users::Account;
use crate::persistence::users::NewAccount;

/// Answers leave at multiples of this after the question came. Measured without: of a registration one could tell in 63 %
/// of pairs which phone had an account, by 1.4 ms.
const EVEN: Duration = Duration::from_millis(50);

/// Does the work and waits for the next even time.
pub(super) async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    let steps = began.elapsed().as_nanos() / EVEN.as_nanos() + 1;
    tokio::time::sleep_until(began + EVEN.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))).await;
    done
}

/// Why somebody does not get in.
#[derive(Debug)]
pub enum SignInError {
    /// The account or the password is not right; which of them is not said.
    BadCredentials,
    /// The code is not right, is too old, or was tried too often.
    OtpWrong,
    /// Too many wrong codes for this phone today.
    OtpExhausted,
    /// The next code for this phone may be sent after so long.
    OtpTooSoon(Span),
    /// From this address the next code may be asked for after so long.
    TooManyCodes(Span),
    /// Phones of this country get no codes.
    NotServed,
    /// No codes are sent at all: switched off, or today's budget is spent.
    CodesPaused,
    /// Codes for such phones are not sent at present.
    PrefixPaused,
    /// Work is to be done first.
    WorkNeeded(Challenge),
    /// Too many passwords were tried; the next is looked at after so long.
    TooManyTries(Span),
    /// The password is right, the phone was never proven.
    PhoneNotVerified(UserId),
    /// The account is suspended.
    Suspended,
    /// Too many passwords wait to be hashed.
    Busy,
    /// Something failed.
    Store(StoreError),
}

impl SignInError {
    pub(crate) fn no_randomness() -> Self {
        Self::Store(StoreError::unavailable("no random bytes from the operating system"))
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Store(error) => Self::Store(error),
        }
    }
}

/// Who asks, as far as the connection tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Where from.
    pub address: IpAddr,
    /// What the client calls itself.
    pub device: Option<String>,
    /// The answer to a challenge of work, if it brings one.
    pub work: Option<String>,
}

/// Who registers.
#[derive(Clone, Debug)]
pub struct Registration {
    /// What for.
    pub kind: UserKind,
    /// The name.
    pub name: String,
    /// The phone.
    pub phone: Phone,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The password, checked for its length.
    pub password: String,
    /// `ar` or `en`.
    pub locale: &'static str,
}

/// How somebody says who they are.
#[derive(Clone, Debug)]
pub enum Login {
    /// By phone.
    Phone(Phone),
    /// By e-mail address.
    Email(Email),
}

/// Lets people in. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    pub(super) parts: Arc<Parts>,
}

pub(super) struct Parts {
    pub(super) db: Db,
    pub(super) clock: Clock,
    ids: IdMint,
    tokens: Tokens,
    pub(super) revoker: Revoker,
    pub(super) codes: Codes,
    hasher: Hasher,
    pub(super) tries: Tries,
}

impl SignIn {
    /// How many passwords are hashed or wait for it.
    #[must_use]
    pub fn hashing(&self) -> Level {
        self.parts.hasher.level()
    }

    /// Opens the door.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Clock,
        ids: IdMint,
        tokens: Tokens,
        revoker: Revoker,
        codes: Codes,
        hasher: Hasher,
    ) -> Self {
        let tries = Tries::new(db.clone(), clock.clone(), &tokens.keys().secret_for("password tries"));
        Self { parts: Arc::new(Parts { db, clock, ids, tokens, revoker, codes, hasher, tries }) }
    }

    /// One-time codes.
    #[must_use]
    pub fn codes(&self) -> &Codes {
        &self.parts.codes
    }

    // -------------------------------------------------------------- coming

    /// Creates an account that waits for its code. Who registers a phone anew before proving it starts over.
    ///
    /// # Errors
    /// [`SignInError`]: a limit of codes, [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn register(&self, new: Registration, visitor: &Visitor) -> Result<UserId, SignInError> {
        evenly(self.register_now(new, visitor)).await
    }

    async fn register_now(&self, new: Registration, visitor: &Visitor) -> Result<UserId, SignInError> {
        let parts = &*self.parts;
        let id = UserId(parts.ids.next());
        let account = NewAccount {
            id,
            kind: new.kind,
            name: new.name,
            phone: new.phone,
            email: new.email,
            password_hash: parts.hasher.hash(new.password).await?,
            locale: new.locale,
            at: parts.clock.now(),
        };
        // Asked before, not learned from the transaction that fails: a second one would cost what could be seen.
        let is_taken = users::is_proven(&parts.db, &account.phone, account.email.as_ref()).await?;
        let mut asked = Asked {
            purpose: Purpose::Register,
            bound_to: "",
            user: id,
            phone: &account.phone,
            locale: account.locale,
            // Where it is taken the id is nobody's, and behaves like somebody's who never enters the right code.
            telling: if is_taken { Telling::HasAccount } else { Telling::Code },
            visitor,
        };
        match parts.codes.send(&asked, (!is_taken).then_some(&account)).await {
            // Somebody proved it at this moment.
            Err(SignInError::Store(StoreError::Duplicate { .. })) => {
                asked.telling = Telling::HasAccount;
                parts.codes.send(&asked, None).await?;
            }
            sent => sent?,
        }
        Ok(id)
    }

    /// Sends another code, if there is somebody to send it to.
    ///
    /// # Errors
    /// [`SignInError`]: a limit of codes, [`SignInError::Store`].
    pub async fn resend_otp(&self, user: UserId, visitor: &Visitor) -> Result<(), SignInError> {
        evenly(self.resend_now(user, visitor)).await
    }

    async fn resend_now(&self, user: UserId, visitor: &Visitor) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let account = users::find_account(&parts.db, user).await?;
        let waiting = account.filter(|account| account.phone_verified_at.is_none());
        let own = waiting.as_ref().and_then(|account| Phone::parse(&account.phone).ok());
        let phone = match own {
            Some(own) => Some(own),
            None => parts.codes.phone_of(user, Purpose::Register).await?,
        };
        // An id that was never given out, or long ago: nothing can be sent, nothing needs counting.
        let Some(phone) = phone else { return Ok(()) };
        let asked = Asked {
            purpose: Purpose::Register,
            bound_to: "",
            user,
            phone: &phone,
            locale: waiting.as_ref().map_or("ar", |account| account.locale.as_str()),
            telling: if waiting.is_some() { Telling::Code } else { Telling::Nothing },
            visitor,
        };
        parts.codes.send(&asked, None).await
    }

    /// Takes a code and begins a session.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Suspended`], [`SignInError::Store`].
    pub async fn verify_otp(
        &self,
        user: UserId,
        code: &str,
        visitor: &Visitor,
    ) -> Result<(Pair, Account), SignInError> {
        let parts = &*self.parts;
        let user = parts.codes.check(CodeOf::User(user), Purpose::Register, "", code).await?;
        let now = parts.clock.now();
        users::mark_phone_verified(&parts.db, user, now).await?;
        let account = users::find_account(&parts.db, user).await?.ok_or(SignInError::OtpWrong)?;
        if account.suspended_at.is_some() {
            return Err(SignInError::Suspended);
        }
        let pair = parts.tokens.begin(&account, visitor).await?.ok_or(SignInError::OtpWrong)?;
        parts.tries.forgive(&account, visitor.address).await?;
        Ok((pair, account))
    }

    /// Takes a password and begins a session.
    ///
    /// # Errors
    /// [`SignInError::BadCredentials`], [`SignInError::TooManyTries`]; with the right password
    /// [`SignInError::PhoneNotVerified`] or [`SignInError::Suspended`]; [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn login(
        &self,
        who: &Login,
        password: String,
        visitor: &Visitor,
    ) -> Result<(Pair, Account), SignInError> {
        let parts = &*self.parts;
        let (name, account) = match who {
            Login::Phone(phone) => (phone.as_str(), users::find_account_of_phone(&parts.db, phone).await?),
            Login::Email(email) => (email.as_str(), users::find_account_of_email(&parts.db, email).await?),
        };
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        // Counted when its turn has come, so that those who wait in line with the right password do not count as tries.
        let turn = parts.hasher.turn().await?;
        parts.tries.count(name, account.as_ref(), visitor.address).await?;
        let right = turn.verify(password, stored).await?;
        let (true, Some(account)) = (right, account) else { return Err(SignInError::BadCredentials) };
        parts.tries.forgive(&account, visitor.address).await?;
        if account.suspended_at.is_some() {
            return Err(SignInError::Suspended);
        }
        if account.phone_verified_at.is_none() {
            return Err(SignInError::PhoneNotVerified(account.id));
        }
        // Suspended, or another password, while this one was hashed.
        let pair = parts.tokens.begin(&account, visitor).await?.ok_or(SignInError::BadCredentials)?;
        Ok((pair, account))
    }

    // -------------------------------------------------------------- passwords

    /// Sends a code for a new password, if the phone has an account. Limits are kept in silence: whoever asks learns
    /// nothing, not even that others asked before.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn forgot_password(&self, phone: &Phone, visitor: &Visitor) -> Result<(), SignInError> {
        evenly(self.forgot_now(phone, visitor)).await
    }

    async fn forgot_now(&self, phone: &Phone, visitor: &Visitor) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let account = users::find_account_of_phone(&parts.db, phone).await?;
        let asked = Asked {
            purpose: Purpose::ResetPassword,
            bound_to: "",
            user: account.as_ref().map_or_else(|| UserId(parts.ids.next()), |account| account.id),
            phone,
            locale: account.as_ref().map_or("ar", |account| account.locale.as_str()),
            telling: if account.is_some() { Telling::Code } else { Telling::Nothing },
            visitor,
        };
        match parts.codes.send(&asked, None).await {
            Err(SignInError::Store(error)) => Err(error.into()),
            Err(unsent) => {
                tracing::info!(reason = ?unsent, phone = %phone.masked(), "no code was sent");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Sets a new password for the account of a phone and ends all its sessions. The code proves the phone, too, so what was
    /// tried before counts no more.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn reset_password(
        &self,
        phone: &Phone,
        code: &str,
        password: String,
        visitor: &Visitor,
    ) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let user = parts.codes.check(CodeOf::Phone(phone), Purpose::ResetPassword, "", code).await?;
        let hash = parts.hasher.hash(password).await?;
        users::reset_password(&parts.db, user, &hash, parts.clock.now()).await?;
        parts.revoker.revoke_user(user, "password reset").await?;
        if let Some(account) = users::find_account(&parts.db, user).await? {
            parts.tries.forgive(&account, visitor.address).await?;
        }
        Ok(())
    }

    /// Changes a password and ends all other sessions of its account.
    ///
    /// # Errors
    /// [`SignInError::BadCredentials`] when the current one is not right, [`SignInError::TooManyTries`],
    /// [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn change_password(
        &self,
        user: UserId,
        keep: SessionId,
        current: String,
        password: String,
    ) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let account = self.prove_own(user, current).await?;
        let hash = parts.hasher.hash(password).await?;
        match users::set_password(&parts.db, user, &account.password_hash, &hash, parts.clock.now()).await {
            // Somebody else changed it meanwhile.
            Err(StoreError::Missing) => return Err(SignInError::BadCredentials),
            set => set?,
        }
        Ok(parts.revoker.revoke_others(user, keep, "password changed").await?)
    }

    /// The account of somebody who is signed in and knows its password.
    ///
    /// # Errors
    /// [`SignInError::BadCredentials`] who does not, [`SignInError::TooManyTries`], [`SignInError::Busy`],
    /// [`SignInError::Store`].
    pub async fn prove_own(&self, user: UserId, password: String) -> Result<Account, SignInError> {
        let parts = &*self.parts;
        let account = users::find_account(&parts.db, user).await?.ok_or(SignInError::BadCredentials)?;
        let turn = parts.hasher.turn().await?;
        parts.tries.count_own(user).await?;
        if !turn.verify(password, Some(account.password_hash.clone())).await? {
            return Err(SignInError::BadCredentials);
        }
        parts.tries.forgive_own(user).await?;
        Ok(account)
    }

    /// Sends a code to an account's own phone, to be sure that its owner asks to have it erased.
    ///
    /// # Errors
    /// [`SignInError`]: a limit, codes switched off, or the store.
    pub async fn send_erasure_code(&self, user: UserId, visitor: &Visitor) -> Result<(), SignInError> {
        let account = users::find_account(&self.parts.db, user).await?.ok_or(StoreError::Missing)?;
        let phone = Phone::parse(&account.phone).map_err(|_| StoreError::corrupt("users.phone is no number"))?;
        let asked = Asked {
            purpose: Purpose::Erase,
            bound_to: "",
            user,
            phone: &phone,
            locale: &account.locale,
            telling: Telling::Code,
            visitor,
        };
        self.parts.codes.send(&asked, None).await
    }

    /// Takes that code.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Store`].
    pub async fn take_erasure_code(&self, user: UserId, code: &str) -> Result<(), SignInError> {
        self.parts.codes.check(CodeOf::User(user), Purpose::Erase, "", code).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_leave_at_even_times() {
        for (takes, leaves) in [(0, 50), (1, 50), (49, 50), (51, 100), (120, 150)] {
            let began = Instant::now();
            evenly(tokio::time::sleep(Duration::from_millis(takes))).await;
            assert_eq!(began.elapsed().as_millis(), leaves, "{takes}");
        }
    }
}
