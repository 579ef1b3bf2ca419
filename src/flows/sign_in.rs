//! Getting in: registration, one-time codes, passwords.
//!
//! Nothing here tells a stranger whether an account exists: known and unknown get the same answers, at the same price
//! of one password hash, under the same limits.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::drivers::sms::Sms;
use crate::flows::tokens::Pair;
use crate::flows::tokens::Tokens;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::access;
use crate::persistence::error::StoreError;
use crate::persistence::users;
use crate::persistence::users::Account;
use crate::persistence::users::NewAccount;

/// The one purpose of codes so far.
const REGISTER: &str = "register";

/// Why somebody does not get in.
#[derive(Debug)]
pub enum SignInError {
    /// The account or the password is not right; which of them is not said.
    BadCredentials,
    /// The code is not right, is too old, or was tried too often.
    OtpWrong,
    /// Too many wrong codes for this phone today.
    OtpExhausted,
    /// The next code may be sent after so long.
    OtpTooSoon(Span),
    /// The password is right, the phone was never proven.
    PhoneNotVerified(UserId),
    /// The password is right, the account is suspended.
    Suspended,
    /// Too many passwords wait to be hashed.
    Busy,
    /// Something failed.
    Store(StoreError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
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
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Clock,
    ids: IdMint,
    tokens: Tokens,
    sms: Sms,
    hasher: Hasher,
    quotas: moka::sync::Cache<String, Arc<Mutex<Quota>>>,
    /// Ids that were given out for phones which have an account already: they must behave like real ones.
    decoys: moka::sync::Cache<UserId, Phone>,
    pepper: hmac::Key,
}

impl SignIn {
    /// Opens the door.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, tokens: Tokens, sms: Sms) -> Self {
        let day = Duration::from_hours(24);
        let remembered = || moka::sync::Cache::builder().max_capacity(limits::OTP_PHONES_MAX).time_to_idle(day);
        let parts = Parts {
            pepper: hmac::Key::new(hmac::HMAC_SHA256, tokens.pepper()),
            db,
            clock,
            ids,
            tokens,
            sms,
            hasher: Hasher::new(),
            quotas: remembered().build(),
            decoys: moka::sync::Cache::builder().max_capacity(limits::OTP_PHONES_MAX).time_to_live(day).build(),
        };
        Self { parts: Arc::new(parts) }
    }

    /// How short messages leave.
    #[must_use]
    pub fn sms(&self) -> &Sms {
        &self.parts.sms
    }

    /// Creates an account that waits for its code. Who registers a phone anew before proving it starts over.
    ///
    /// # Errors
    /// [`SignInError::OtpTooSoon`], [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn register(&self, new: Registration) -> Result<UserId, SignInError> {
        let parts = &*self.parts;
        let id = UserId(parts.ids.next());
        parts.quota(new.phone.as_str()).allow_send(parts.clock.now())?;
        let password_hash = parts.hasher.hash(new.password).await?;
        let account = NewAccount {
            id,
            kind: new.kind,
            name: new.name,
            phone: new.phone,
            email: new.email,
            password_hash,
            locale: new.locale,
            at: parts.clock.now(),
        };
        match users::insert_account(&parts.db, &account).await {
            Ok(()) => parts.send_code(id, &account.phone).await?,
            Err(StoreError::Duplicate { .. }) => {
                parts.sms.send(&account.phone, "mazad: this phone or e-mail address has an account. Sign in instead.");
                parts.decoys.insert(id, account.phone);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(id)
    }

    /// Takes a code and begins a session.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Store`].
    pub async fn verify_otp(
        &self,
        user: UserId,
        code: &str,
        device: Option<&str>,
    ) -> Result<(Pair, Account), SignInError> {
        let parts = &*self.parts;
        let account = users::find_account(&parts.db, user).await?;
        let quota = parts.quota(&parts.quota_key(user, account.as_ref()));
        let now = parts.clock.now();
        quota.allow_guess(now)?;
        let digest = parts.digest(user, code);
        let same = |stored: &[u8]| constant_time::verify_slices_are_equal(stored, &digest).is_ok();
        let right = access::try_code(&parts.db, user, REGISTER, limits::OTP_ATTEMPTS_MAX, now, same).await?;
        let (true, Some(mut account)) = (right, account) else {
            quota.note_failure(now);
            return Err(SignInError::OtpWrong);
        };
        if account.suspended_at.is_some() {
            return Err(SignInError::Suspended);
        }
        users::mark_phone_verified(&parts.db, user, now).await?;
        account.phone_verified_at = account.phone_verified_at.or(Some(now));
        let pair = parts.tokens.begin(user, account.kind, device).await?;
        Ok((pair, account))
    }

    /// Sends another code, if there is somebody to send it to.
    ///
    /// # Errors
    /// [`SignInError::OtpTooSoon`], [`SignInError::Store`].
    pub async fn resend_otp(&self, user: UserId) -> Result<(), SignInError> {
        let parts = &*self.parts;
        let account = users::find_account(&parts.db, user).await?;
        parts.quota(&parts.quota_key(user, account.as_ref())).allow_send(parts.clock.now())?;
        let waiting = account.filter(|account| account.phone_verified_at.is_none());
        if let Some(phone) = waiting.and_then(|account| Phone::parse(&account.phone).ok()) {
            parts.send_code(user, &phone).await?;
        }
        Ok(())
    }

    /// Takes a password and begins a session.
    ///
    /// # Errors
    /// [`SignInError::BadCredentials`]; with the right password [`SignInError::PhoneNotVerified`] or
    /// [`SignInError::Suspended`]; [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn login(
        &self,
        who: &Login,
        password: String,
        device: Option<&str>,
    ) -> Result<(Pair, Account), SignInError> {
        let parts = &*self.parts;
        let account = match who {
            Login::Phone(phone) => users::find_account_of_phone(&parts.db, phone).await?,
            Login::Email(email) => users::find_account_of_email(&parts.db, email).await?,
        };
        let stored = account.as_ref().map(|account| account.password_hash.clone());
        let right = parts.hasher.verify(password, stored).await?;
        let (true, Some(account)) = (right, account) else { return Err(SignInError::BadCredentials) };
        if account.suspended_at.is_some() {
            return Err(SignInError::Suspended);
        }
        if account.phone_verified_at.is_none() {
            return Err(SignInError::PhoneNotVerified(account.id));
        }
        let pair = parts.tokens.begin(account.id, account.kind, device).await?;
        Ok((pair, account))
    }

    /// Whether this is the account's password.
    ///
    /// # Errors
    /// [`SignInError::Busy`], [`SignInError::Store`].
    pub async fn is_password_of(&self, user: UserId, password: String) -> Result<bool, SignInError> {
        let account = users::find_account(&self.parts.db, user).await?;
        self.parts.hasher.verify(password, account.map(|account| account.password_hash)).await
    }
}

impl Parts {
    async fn send_code(&self, user: UserId, phone: &Phone) -> Result<(), StoreError> {
        let code = random_code()?;
        let at = self.clock.now();
        let challenge = access::NewChallenge {
            id: self.ids.next(),
            user,
            purpose: REGISTER,
            digest: self.digest(user, &code),
            at,
            expires_at: at.plus(Span::secs(limits::OTP_SECS)),
        };
        access::insert_challenge(&self.db, &challenge).await?;
        self.sms.send(phone, &format!("mazad: {code} is your code. It serves for five minutes."));
        Ok(())
    }

    /// Keyed and bound to the account, so that neither a copy of the database nor another's code helps.
    fn digest(&self, user: UserId, code: &str) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(hmac::sign(&self.pepper, format!("{REGISTER}|{user}|{code}").as_bytes()).as_ref());
        out
    }

    fn quota_key(&self, user: UserId, account: Option<&Account>) -> String {
        match account {
            Some(account) => account.phone.clone(),
            None => self.decoys.get(&user).map_or_else(|| user.to_string(), |phone| phone.to_string()),
        }
    }

    fn quota(&self, key: &str) -> Counted {
        Counted(self.quotas.get_with_by_ref(key, Arc::default))
    }
}

/// A code of six digits, each as likely as the other.
fn random_code() -> Result<String, StoreError> {
    const ALL: u32 = 10_u32.pow(limits::OTP_DIGITS);
    loop {
        let mut bytes = [0; 4];
        rand::fill(&mut bytes).map_err(|_| StoreError::unavailable("no random bytes from the operating system"))?;
        let number = u32::from_le_bytes(bytes);
        // The last, incomplete run of a million would favour small codes.
        if number < u32::MAX / ALL * ALL {
            return Ok(format!("{:06}", number % ALL));
        }
    }
}

// ------------------------------------------------------------------ limits of one phone

#[derive(Debug, Default)]
struct Quota {
    sent: Vec<UnixMicros>,
    failed: Vec<UnixMicros>,
}

/// The quota of one phone. In memory: a restart forgives, the database's limit of five tries at a code does not.
struct Counted(Arc<Mutex<Quota>>);

impl Counted {
    fn with<T>(&self, act: impl FnOnce(&mut Quota) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Books a code, or says when the next may be sent.
    fn allow_send(&self, now: UnixMicros) -> Result<(), SignInError> {
        self.with(|quota| {
            quota.sent.retain(|at| now.since(*at) < Span::secs(86_400));
            let rules = [(1, limits::OTP_PAUSE_SECS), (limits::OTP_PER_HOUR, 3_600), (limits::OTP_PER_DAY, 86_400)];
            for (most, secs) in rules {
                let nth_last = quota.sent.iter().rev().nth(most - 1);
                if let Some(at) = nth_last.filter(|at| now.since(**at) < Span::secs(secs)) {
                    return Err(SignInError::OtpTooSoon(at.plus(Span::secs(secs)).since(now)));
                }
            }
            quota.sent.push(now);
            Ok(())
        })
    }

    fn allow_guess(&self, now: UnixMicros) -> Result<(), SignInError> {
        self.with(|quota| {
            quota.failed.retain(|at| now.since(*at) < Span::secs(86_400));
            if quota.failed.len() >= limits::OTP_FAILURES_PER_DAY { Err(SignInError::OtpExhausted) } else { Ok(()) }
        })
    }

    fn note_failure(&self, now: UnixMicros) {
        self.with(|quota| quota.failed.push(now));
    }
}

// ------------------------------------------------------------------ passwords

/// Argon2id with the parameters of the crate's defaults (19 MiB, two passes; OWASP's first choice), off the threads
/// that serve: as many at once as there are cores, a bounded number waiting.
struct Hasher {
    admitted: Semaphore,
    running: Semaphore,
    /// Checked when there is no account, so that its absence takes as long.
    decoy: tokio::sync::OnceCell<String>,
}

impl Hasher {
    fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            admitted: Semaphore::new(cores + limits::HASHES_WAITING_MAX),
            running: Semaphore::new(cores),
            decoy: tokio::sync::OnceCell::new(),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, SignInError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| SignInError::Busy)?;
        let _running = self.running.acquire().await.map_err(|_| SignInError::Busy)?;
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|error| StoreError::unavailable(format!("hashing a password failed: {error}")))??)
    }

    async fn hash(&self, password: String) -> Result<String, SignInError> {
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| StoreError::unavailable(format!("cannot hash: {error}")))
        })
        .await
    }

    async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, SignInError> {
        let known = stored.is_some();
        let stored = match stored {
            Some(stored) => stored,
            None => self.decoy.get_or_try_init(|| self.hash("nobody's password".to_owned())).await?.clone(),
        };
        let same = self
            .run(move || {
                let parsed =
                    PasswordHash::new(&stored).map_err(|_| StoreError::corrupt("a password hash is no PHC string"))?;
                Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(same && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits() {
        for _ in 0..100 {
            let code = random_code().unwrap();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }

    #[test]
    fn a_phone_gets_one_code_a_minute_five_an_hour_ten_a_day() {
        let counted = Counted(Arc::default());
        let mut now = UnixMicros(0);
        let mut sent = 0;
        let mut wait = Vec::new();
        for _ in 0..86_400 / 60 {
            match counted.allow_send(now) {
                Ok(()) => sent += 1,
                Err(SignInError::OtpTooSoon(span)) => wait.push(span),
                Err(other) => panic!("{other:?}"),
            }
            now = now.plus(Span::secs(60));
        }
        assert_eq!(sent, limits::OTP_PER_DAY);
        assert_eq!(wait[0], Span::secs(3_600 - 5 * 60), "the sixth comes an hour after the first");
        assert!(matches!(counted.allow_send(UnixMicros(86_400_000_000)), Ok(())));
    }

    #[test]
    fn twenty_failures_a_day_end_guessing() {
        let counted = Counted(Arc::default());
        for _ in 0..limits::OTP_FAILURES_PER_DAY {
            counted.allow_guess(UnixMicros(0)).unwrap();
            counted.note_failure(UnixMicros(0));
        }
        assert!(matches!(counted.allow_guess(UnixMicros(1)), Err(SignInError::OtpExhausted)));
        assert!(counted.allow_guess(UnixMicros(86_400_000_000)).is_ok());
    }

    #[tokio::test]
    async fn a_password_is_checked_and_nobody_has_none() {
        let hasher = Hasher::new();
        let stored = hasher.hash("correct horse".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify("correct horse".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify("correct horsE".to_owned(), Some(stored)).await.unwrap());
        assert!(!hasher.verify("nobody's password".to_owned(), None).await.unwrap());
    }
}
