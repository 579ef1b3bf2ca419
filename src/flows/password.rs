//! Passwords: Argon2id, off the threads that serve, and as slow for nobody as for somebody.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use tokio::sync::OnceCell;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;
use crate::persistence::error::StoreError;

/// Why a password is neither right nor wrong.
#[derive(Debug)]
pub enum HashError {
    /// Too many wait already.
    Busy,
    /// Something failed.
    Store(StoreError),
}

impl From<StoreError> for HashError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Argon2id with the parameters of the crate's defaults (19 MiB, two passes; OWASP's first choice), off the threads
/// that serve: as many at once as there are cores, a bounded number waiting.
#[derive(Clone)]
pub struct Hasher {
    parts: Arc<Parts>,
}

struct Parts {
    admitted: Semaphore,
    bound: usize,
    most: HighWater,
    running: Semaphore,
    /// Checked when there is no account, so that its absence takes as long.
    decoy: OnceCell<String>,
}

impl Hasher {
    /// A hasher that uses every core at most once.
    #[must_use]
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let parts = Parts {
            admitted: Semaphore::new(cores + limits::HASHES_WAITING_MAX),
            bound: cores + limits::HASHES_WAITING_MAX,
            most: HighWater::default(),
            running: Semaphore::new(cores),
            decoy: OnceCell::new(),
        };
        Self { parts: Arc::new(parts) }
    }

    /// Passwords that are being hashed or wait for it.
    #[must_use]
    pub fn level(&self) -> Level {
        self.parts.most.level(self.used(), self.parts.bound)
    }

    fn used(&self) -> usize {
        self.parts.bound - self.parts.admitted.available_permits()
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn turn(&self) -> Result<Turn<'_>, HashError> {
        let admitted = self.parts.admitted.try_acquire().map_err(|_| HashError::Busy)?;
        self.parts.most.saw(self.used());
        let running = self.parts.running.acquire().await.map_err(|_| HashError::Busy)?;
        Ok(Turn { hasher: self, _permits: (admitted, running) })
    }

    /// Hashes a password with a salt of its own, in PHC form.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        self.turn().await?.hash(password).await
    }

    /// Whether this is the password of the hash; without a hash it never is, and takes as long to say so.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, HashError> {
        self.turn().await?.verify(password, stored).await
    }
}

/// The right to hash now. Whoever holds one keeps a core.
pub struct Turn<'a> {
    hasher: &'a Hasher,
    _permits: (SemaphorePermit<'a>, SemaphorePermit<'a>),
}

impl Turn<'_> {
    async fn hash(&self, password: String) -> Result<String, HashError> {
        run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| StoreError::unavailable(format!("cannot hash: {error}")))
        })
        .await
    }

    /// As [`Hasher::verify`].
    ///
    /// # Errors
    /// [`HashError::Store`].
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, HashError> {
        let known = stored.is_some();
        let stored = if let Some(stored) = stored {
            stored
        } else {
            let decoy = self.hasher.parts.decoy.get_or_try_init(|| self.hash("nobody's password".to_owned()));
            decoy.await?.clone()
        };
        let same = run(move || {
            let parsed =
                PasswordHash::new(&stored).map_err(|_| StoreError::corrupt("a password hash is no PHC string"))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        });
        Ok(same.await? && known)
    }
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, HashError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| StoreError::unavailable(format!("hashing a password failed: {error}")))??)
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_checked_and_nobody_has_none() {
        let hasher = Hasher::new();
        let stored = hasher.hash("correct horse".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify("correct horse".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify("correct horsE".to_owned(), Some(stored)).await.unwrap());
        assert!(!hasher.verify("nobody's password".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_told_at_once() {
        let hasher = Hasher::new();
        let most = hasher.parts.admitted.available_permits();
        let _all = hasher.parts.admitted.acquire_many(u32::try_from(most).unwrap()).await.unwrap();
        assert!(matches!(hasher.hash("correct horse".to_owned()).await, Err(HashError::Busy)));
    }
}
