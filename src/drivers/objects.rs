//! Where the bytes of files lie: a folder of this machine, or a bucket of a service that speaks S3.
//!
//! A file has one key, 128 random bits, and up to three objects under it: what came from outside and nobody has looked at
//! yet (`quarantine`), what is handed out (`files`), and that in small (`thumbnails`).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use bytes::Bytes;
use bytes::BytesMut;
use futures_util::Stream;
use futures_util::StreamExt as _;
use object_store::ClientOptions;
use object_store::ObjectStore;
use object_store::ObjectStoreExt as _;
use object_store::RetryConfig;
use object_store::aws::AmazonS3;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::signer::Method;
use object_store::signer::Signer as _;
use secrecy::ExposeSecret as _;

use crate::config;
use crate::config::FilesDriver;
use crate::domain::time::UnixMicros;
use crate::limits;

/// Time to reach the bucket.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for one call to it: ten megabytes over a slow line.
const PATIENCE: Duration = Duration::from_secs(30);

/// One of a file's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As it came, not looked at.
    Quarantine,
    /// As it is handed out.
    Files,
    /// In small.
    Thumbnails,
}

impl Place {
    const ALL: [Self; 3] = [Self::Quarantine, Self::Files, Self::Thumbnails];

    const fn word(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Files => "files",
            Self::Thumbnails => "thumbnails",
        }
    }

    /// Only keys of our own making come here, so no path leads out of the store.
    fn path(self, key: &str) -> Path {
        Path::from_iter([self.word(), key])
    }
}

/// Why there are no bytes.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("no such object")]
    Missing,
    /// It has more bytes than are read.
    #[error("the object is too large")]
    TooLarge,
    /// The store cannot be used.
    #[error("the file store failed: {0}")]
    Failed(String),
}

impl From<object_store::Error> for ObjectError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing;
        }
        Self::Failed(error.to_string())
    }
}

/// A store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Where others may be let upload to it directly.
    signer: Option<Arc<AmazonS3>>,
}

impl Objects {
    /// The store that the settings name; a local folder is made.
    ///
    /// # Errors
    /// [`ObjectError::Failed`] says in one line what is wrong.
    pub fn open(settings: &config::Files) -> Result<Self, ObjectError> {
        match settings.driver {
            FilesDriver::Local => {
                let path = &settings.path;
                let failed =
                    |error: &dyn std::fmt::Display| ObjectError::Failed(format!("{}: {error}", path.display()));
                std::fs::create_dir_all(path).map_err(|error| failed(&error))?;
                let local = LocalFileSystem::new_with_prefix(path).map_err(|error| failed(&error))?;
                // What was answered for is there after a power cut, as in the database.
                Ok(Self { store: Arc::new(local.with_fsync(true)), signer: None })
            }
            FilesDriver::S3 => {
                let options = ClientOptions::new()
                    .with_connect_timeout(CONNECT)
                    .with_timeout(PATIENCE)
                    .with_allow_http(settings.endpoint.starts_with("http://"));
                let retries = RetryConfig { max_retries: 2, retry_timeout: PATIENCE, ..RetryConfig::default() };
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&settings.bucket)
                    .with_region(&settings.region)
                    .with_access_key_id(&settings.access_key)
                    .with_secret_access_key(settings.secret_key.expose_secret())
                    .with_virtual_hosted_style_request(false)
                    .with_retry(retries)
                    .with_client_options(options);
                if !settings.endpoint.is_empty() {
                    builder = builder.with_endpoint(settings.endpoint.trim_end_matches('/'));
                }
                let s3 = Arc::new(builder.build()?);
                Ok(Self { store: Arc::clone(&s3) as Arc<dyn ObjectStore>, signer: Some(s3) })
            }
        }
    }

    /// A key that nobody has and nobody guesses: 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`ObjectError::Failed`] where the machine has no randomness.
    pub fn new_key() -> Result<String, ObjectError> {
        let mut bits = [0; 16];
        rand::fill(&mut bits).map_err(|_| ObjectError::Failed("no randomness".to_owned()))?;
        Ok(format!("{:032x}", u128::from_be_bytes(bits)))
    }

    /// Stores an object, whole or not at all.
    ///
    /// # Errors
    /// [`ObjectError::Failed`].
    pub async fn put(&self, place: Place, key: &str, bytes: Bytes) -> Result<(), ObjectError> {
        self.store.put(&place.path(key), bytes.into()).await?;
        Ok(())
    }

    /// An object, while it is read.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn stream(
        &self,
        place: Place,
        key: &str,
    ) -> Result<(u64, impl Stream<Item = Result<Bytes, ObjectError>> + use<>), ObjectError> {
        let found = self.store.get(&place.path(key)).await?;
        Ok((found.meta.size, found.into_stream().map(|piece| piece.map_err(ObjectError::from))))
    }

    /// An object of at most so many bytes.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn read(&self, place: Place, key: &str, most: usize) -> Result<Bytes, ObjectError> {
        let (size, stream) = self.stream(place, key).await?;
        if size > most as u64 {
            return Err(ObjectError::TooLarge);
        }
        let mut stream = std::pin::pin!(stream);
        let mut whole = BytesMut::new();
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            // What a service says of a size is not what it sends.
            if whole.len() + piece.len() > most {
                return Err(ObjectError::TooLarge);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// Deletes everything under a key; nothing where there is nothing.
    ///
    /// # Errors
    /// [`ObjectError::Failed`].
    pub async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        for place in Place::ALL {
            self.delete_at(&place.path(key)).await?;
        }
        Ok(())
    }

    /// Deletes what came in and was looked at.
    ///
    /// # Errors
    /// [`ObjectError::Failed`].
    pub async fn leave_quarantine(&self, key: &str) -> Result<(), ObjectError> {
        self.delete_at(&Place::Quarantine.path(key)).await
    }

    async fn delete_at(&self, path: &Path) -> Result<(), ObjectError> {
        match self.store.delete(path).await.map_err(ObjectError::from) {
            Err(ObjectError::Missing) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes what has lain in quarantine since before an instant, at most `most` objects; tells how many. An upload url
    /// of a bucket may be used again until it expires, also when its file was looked at already.
    ///
    /// # Errors
    /// [`ObjectError::Failed`].
    pub async fn sweep_quarantine(&self, before: UnixMicros, most: u32) -> Result<usize, ObjectError> {
        let folder = Path::from(Place::Quarantine.word());
        let mut listed = self.store.list(Some(&folder));
        let mut old = Vec::new();
        while let Some(found) = listed.next().await {
            let found = found?;
            if found.last_modified.timestamp_micros() < before.0 {
                old.push(found.location);
            }
            if old.len() >= most as usize {
                break;
            }
        }
        drop(listed);
        for path in &old {
            self.delete_at(path).await?;
        }
        Ok(old.len())
    }

    /// An address that takes an upload into quarantine, for `limits::UPLOAD_URL_SECS`; `None` for
    /// a folder, which has no address. A bucket takes any number of
    /// bytes there; how many there are is looked at afterwards.
    ///
    /// # Errors
    /// [`ObjectError::Failed`].
    pub async fn upload_url(&self, key: &str) -> Result<Option<String>, ObjectError> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let life = Duration::from_secs(limits::UPLOAD_URL_SECS.unsigned_abs());
        let url = signer.signed_url(Method::PUT, &Place::Quarantine.path(key), life).await?;
        Ok(Some(url.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_are_no_paths() {
        let keys: Vec<_> = (0..100).map(|_| Objects::new_key().unwrap()).collect();
        assert!(keys.iter().all(|key| key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())));
        assert!(keys.iter().all(|key| keys.iter().filter(|other| *other == key).count() == 1));
        assert_eq!(Place::Files.path("../../etc/passwd").as_ref(), "files/..%2F..%2Fetc%2Fpasswd");
    }
}
