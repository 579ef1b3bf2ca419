//! An upload's way: its row and its share of the quota first, then the bytes, looked at and made anew, then ready. What
//! breaks off on the way is found by the sweeper, because the row was there first.
//!
//! Large files may go straight to a bucket: they land in quarantine, where nobody is shown them, and become a file when
//! their owner says that they are there. A folder has no address of its own; uploads to it come to this server, by an
//! address that is signed and works once.

use std::cmp::Ordering;
use std::sync::Arc;

use aws_lc_rs::hmac;
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config;
use crate::domain::file;
use crate::domain::file::FileFault;
use crate::domain::ids::FileId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::drivers::cleaner::Clean;
use crate::drivers::cleaner::CleanError;
use crate::drivers::cleaner::Cleaner;
use crate::drivers::cleaner::Picture;
use crate::drivers::objects::ObjectError;
use crate::drivers::objects::Objects;
pub use crate::drivers::objects::Place;
use crate::flows::keys::sha256;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::files;
use crate::persistence::files::File;
use crate::persistence::files::Finished;
use crate::persistence::files::Made;
use crate::persistence::files::NewFile;
use crate::persistence::files::Quota;
use crate::persistence::idempotency::Answer;
use crate::persistence::idempotency::Claim;
use crate::wire::value::Hex;

/// A unit of the memory for uploads; a semaphore counts no further than 2^29.
const SHARE: usize = 1_024;

/// Why there is no file.
#[derive(Debug)]
pub enum FilesError {
    /// The bytes or the name are not taken.
    Refused(FileFault),
    /// The account has enough.
    Quota(Quota),
    /// Too much at once.
    Busy,
    /// There is none, or not for this caller.
    Unknown,
    /// Nothing was uploaded yet.
    NotUploaded,
    /// The upload address is no good (any more).
    AddressRefused,
    /// Something shows it.
    InUse,
    /// The database failed.
    Store(StoreError),
    /// The file store failed.
    Objects(String),
}

impl From<StoreError> for FilesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<FileFault> for FilesError {
    fn from(fault: FileFault) -> Self {
        Self::Refused(fault)
    }
}

impl From<CleanError> for FilesError {
    fn from(error: CleanError) -> Self {
        match error {
            CleanError::Busy => Self::Busy,
            CleanError::Refused(fault) => Self::Refused(fault),
        }
    }
}

impl From<ObjectError> for FilesError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Missing => Self::Unknown,
            ObjectError::TooLarge => Self::Refused(FileFault::TooLarge),
            ObjectError::Failed(why) => Self::Objects(why),
        }
    }
}

/// Uploads. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    db: Db,
    clock: Clock,
    ids: IdMint,
    objects: Objects,
    cleaner: Cleaner,
    quota: Quota,
    /// Signs upload addresses of this server.
    key: Arc<hmac::Key>,
    /// Where people reach this server.
    base: Arc<str>,
    memory: Arc<Semaphore>,
    most: Arc<HighWater>,
}

/// What files stand on.
pub struct Around {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// Ids for new things.
    pub ids: IdMint,
    /// A secret for signing upload addresses.
    pub secret: [u8; 32],
    /// The address at which people reach the server.
    pub base: String,
}

/// Where an upload is to be sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The file that it will be.
    pub id: FileId,
    /// An address that takes one PUT.
    pub url: String,
    /// Until when.
    pub until: UnixMicros,
}

impl Files {
    /// Opens the store.
    ///
    /// # Errors
    /// [`ObjectError`] says in one line what is wrong with it.
    pub fn open(settings: &config::Files, around: Around) -> Result<Self, ObjectError> {
        let Around { db, clock, ids, secret, base } = around;
        let bytes = i64::try_from(settings.user_bytes).unwrap_or(i64::MAX);
        Ok(Self {
            db,
            clock,
            ids,
            objects: Objects::open(settings)?,
            cleaner: Cleaner::new(),
            quota: Quota { files: i64::from(settings.user_files), bytes },
            key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &secret)),
            base: base.into(),
            memory: Arc::new(Semaphore::new(limits::UPLOADS_BYTES_MAX / SHARE)),
            most: Arc::default(),
        })
    }

    /// How many files are cleaned or wait for it.
    #[must_use]
    pub fn cleaning(&self) -> Level {
        self.cleaner.level()
    }

    /// Memory that uploads take, in bytes.
    #[must_use]
    pub fn memory(&self) -> Level {
        self.most.level(self.used(), limits::UPLOADS_BYTES_MAX)
    }

    fn used(&self) -> usize {
        limits::UPLOADS_BYTES_MAX - self.memory.available_permits() * SHARE
    }

    /// Sets memory aside for an upload that announces so many bytes, until what is returned is dropped.
    ///
    /// # Errors
    /// [`FilesError::Busy`] when there is none left.
    pub fn admit(&self, announced: Option<u64>) -> Result<OwnedSemaphorePermit, FilesError> {
        let most = limits::UPLOAD_BODY_BYTES_MAX;
        let bytes = announced.and_then(|bytes| usize::try_from(bytes).ok()).map_or(most, |bytes| bytes.min(most));
        let shares = u32::try_from(bytes.div_ceil(SHARE)).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.memory).try_acquire_many_owned(shares).map_err(|_| FilesError::Busy)?;
        self.most.saw(self.used());
        Ok(taken)
    }

    /// Takes a file whole. What `render` makes of it is the answer, stored with it under `claim`.
    ///
    /// # Errors
    /// [`FilesError`].
    pub async fn upload(
        &self,
        owner: UserId,
        name: &str,
        bytes: Bytes,
        claim: Option<&Claim>,
        render: impl FnOnce(File) -> String,
    ) -> Result<String, FilesError> {
        let name = file::check_name(name)?;
        // Looked at once more under a lock; here it saves the work for who has enough.
        let used = files::usage(&self.db, owner).await?;
        if used.files >= self.quota.files || used.bytes >= self.quota.bytes {
            return Err(FilesError::Quota(self.quota));
        }
        let clean = self.cleaner.clean(bytes).await?;
        let (id, size) = (FileId(self.ids.next()), size_of(&clean));
        let new = self.new_file(id, owner, name, size, true)?;
        self.begin(&new, None).await?;
        let stored = self.store(owner, &new.key, id, clean, (claim, 201), render).await;
        match &stored {
            // Nobody knows whether it was committed: the same key tells, and what was not is swept.
            Ok(_) | Err(FilesError::Store(_)) => {}
            Err(_) => self.give_up(owner, id).await,
        }
        stored
    }

    /// Gives out an address for an upload of so many bytes. What `render` makes of it is the answer.
    ///
    /// # Errors
    /// [`FilesError`].
    pub async fn presign(
        &self,
        owner: UserId,
        name: &str,
        bytes: u64,
        claim: Option<&Claim>,
        render: impl FnOnce(Upload) -> String,
    ) -> Result<String, FilesError> {
        let name = file::check_name(name)?;
        let id = FileId(self.ids.next());
        let new = self.new_file(id, owner, name, i64::try_from(bytes).unwrap_or(i64::MAX), false)?;
        let until = self.clock.now().plus(Span::secs(limits::UPLOAD_URL_SECS));
        let url = if let Some(url) = self.objects.upload_url(&new.key).await? {
            url
        } else {
            let expires = until.0 / 1_000_000;
            let signature = Hex(sign(&self.key, id, expires));
            format!("{}/api/v1/files/{id}/content?expires={expires}&signature={signature}", self.base)
        };
        let reply = render(Upload { id, url, until });
        let answer = claim.map(|claim| Answer { claim, status: 201, reply: &reply });
        self.begin(&new, answer).await?;
        Ok(reply)
    }

    /// Whether an upload address of this server is ours and still good: looked at before its body is read.
    ///
    /// # Errors
    /// [`FilesError::AddressRefused`].
    pub fn check_address(&self, id: FileId, expires: i64, signature: &str) -> Result<(), FilesError> {
        let given = read_hex(signature).ok_or(FilesError::AddressRefused)?;
        // In the same time whatever is wrong with it.
        let is_ours = hmac::verify(&self.key, words_of(id, expires).as_bytes(), &given).is_ok();
        let is_late = self.clock.now().0 / 1_000_000 >= expires;
        if is_ours && !is_late { Ok(()) } else { Err(FilesError::AddressRefused) }
    }

    /// Takes what was sent to such an address into quarantine, once.
    ///
    /// # Errors
    /// [`FilesError::AddressRefused`] the second time.
    pub async fn receive(&self, id: FileId, bytes: Bytes) -> Result<(), FilesError> {
        let file = files::find(&self.db, id).await?.filter(|file| file.state == "awaited");
        let file = file.ok_or(FilesError::AddressRefused)?;
        match i64::try_from(bytes.len()).unwrap_or(i64::MAX).cmp(&file.bytes) {
            Ordering::Equal => {}
            Ordering::Less => return Err(FileFault::Damaged.into()),
            Ordering::Greater => return Err(FileFault::TooLarge.into()),
        }
        if !files::take_upload(&self.db, id).await? {
            return Err(FilesError::AddressRefused);
        }
        Ok(self.objects.put(Place::Quarantine, &file.storage_key, bytes).await?)
    }

    /// Looks at what was uploaded and makes a file of it; what is not taken is deleted. Says the same when repeated. One call
    /// looks at a time: an address of a bucket may be used again, and two calls could see two uploads.
    ///
    /// # Errors
    /// [`FilesError`].
    pub async fn complete(
        &self,
        owner: UserId,
        id: FileId,
        claim: Option<&Claim>,
        render: impl FnOnce(File) -> String,
    ) -> Result<String, FilesError> {
        let file = self.own(owner, id).await?;
        if file.kind().is_some() {
            return Ok(render(file));
        }
        let now = self.clock.now();
        if !files::take_check(&self.db, id, now, now.plus(Span::secs(limits::FILE_CHECK_SECS))).await? {
            let file = self.own(owner, id).await?;
            return if file.kind().is_some() { Ok(render(file)) } else { Err(FilesError::Busy) };
        }
        let done = self.look_at(owner, &file, claim, render).await;
        match &done {
            Ok(_) => {
                if let Err(error) = self.objects.leave_quarantine(&file.storage_key).await {
                    tracing::warn!(%error, "an upload stays in quarantine until it is swept");
                }
            }
            Err(FilesError::Refused(_)) => self.give_up(owner, id).await,
            Err(_) => files::leave_check(&self.db, id).await?,
        }
        done
    }

    async fn look_at(
        &self,
        owner: UserId,
        file: &File,
        claim: Option<&Claim>,
        render: impl FnOnce(File) -> String,
    ) -> Result<String, FilesError> {
        // No more than was announced and set aside.
        let announced = usize::try_from(file.bytes).unwrap_or(0);
        let bytes = match self.objects.read(Place::Quarantine, &file.storage_key, announced).await {
            Err(ObjectError::Missing) => return Err(FilesError::NotUploaded),
            other => other?,
        };
        let clean = self.cleaner.clean(bytes).await?;
        self.store(owner, &file.storage_key, file.id, clean, (claim, 200), render).await
    }

    /// A file of this owner.
    ///
    /// # Errors
    /// [`FilesError::Unknown`].
    pub async fn own(&self, owner: UserId, id: FileId) -> Result<File, FilesError> {
        files::find(&self.db, id).await?.filter(|file| file.owner_id == owner).ok_or(FilesError::Unknown)
    }

    /// A ready file's bytes, or its thumbnail's.
    ///
    /// # Errors
    /// [`FilesError::Unknown`] where there is no thumbnail.
    pub async fn open_bytes(
        &self,
        file: &File,
        place: Place,
    ) -> Result<(u64, impl Stream<Item = Result<Bytes, ObjectError>> + use<>), FilesError> {
        Ok(self.objects.stream(place, &file.storage_key).await?)
    }

    /// Deletes a file of this owner that nothing shows.
    ///
    /// # Errors
    /// [`FilesError::Unknown`], [`FilesError::InUse`].
    pub async fn delete(&self, owner: UserId, id: FileId) -> Result<(), FilesError> {
        let file = self.own(owner, id).await?;
        match files::remove(&self.db, owner, id).await {
            Ok(true) => {}
            Ok(false) => return Err(FilesError::InUse),
            Err(StoreError::Missing) => return Err(FilesError::Unknown),
            Err(error) => return Err(error.into()),
        }
        self.delete_bytes(id, &file.storage_key).await;
        Ok(())
    }

    /// Deletes what nothing has shown for a day, what was given up, and what lies in quarantine for a day.
    ///
    /// # Errors
    /// [`FilesError`] when the database or the store fails; the next round goes on.
    pub async fn sweep(&self) -> Result<(), FilesError> {
        let before = self.clock.now().minus(Span::secs(limits::FILE_IDLE_SECS));
        files::remove_idle(&self.db, before).await?;
        self.sweep_gone().await?;
        self.objects.sweep_quarantine(before, limits::FILES_SWEPT_MAX).await?;
        Ok(())
    }

    /// Deletes the bytes of what was given up.
    ///
    /// # Errors
    /// [`FilesError`] when the database fails.
    pub async fn sweep_gone(&self) -> Result<(), FilesError> {
        for gone in files::list_gone(&self.db, limits::FILES_SWEPT_MAX).await? {
            self.delete_bytes(gone.id, &gone.storage_key).await;
        }
        Ok(())
    }

    fn new_file(
        &self,
        id: FileId,
        owner: UserId,
        name: String,
        bytes: i64,
        received: bool,
    ) -> Result<NewFile, FilesError> {
        Ok(NewFile { id, owner, received, key: Objects::new_key()?, name, bytes, at: self.clock.now() })
    }

    async fn begin(&self, new: &NewFile, answer: Option<Answer<'_>>) -> Result<(), FilesError> {
        if files::begin(&self.db, new, self.quota, answer).await? { Ok(()) } else { Err(FilesError::Quota(self.quota)) }
    }

    async fn store(
        &self,
        owner: UserId,
        key: &str,
        id: FileId,
        clean: Clean,
        answer: (Option<&Claim>, u16),
        render: impl FnOnce(File) -> String,
    ) -> Result<String, FilesError> {
        let side = |of: fn(&Picture) -> u32| clean.picture.as_ref().map(|one| i64::from(of(one)));
        let made = Made {
            kind: clean.kind,
            bytes: size_of(&clean),
            width: side(|one| one.width),
            height: side(|one| one.height),
            digest: sha256(&clean.bytes),
        };
        self.objects.put(Place::Files, key, clean.bytes).await?;
        if let Some(picture) = clean.picture {
            self.objects.put(Place::Thumbnails, key, picture.thumbnail).await?;
        }
        match files::finish(&self.db, (owner, id), &made, self.quota, answer, render).await? {
            Finished::Ready(reply) => Ok(reply),
            Finished::OverQuota => Err(FilesError::Quota(self.quota)),
            Finished::TooLate => {
                // Its row was given up, and may be forgotten, while its bytes were stored: no sweeper would find them.
                if files::find(&self.db, id).await?.is_none() {
                    self.objects.delete(key).await?;
                }
                Err(FilesError::Unknown)
            }
        }
    }

    /// What was begun and is not taken: its row is marked, its bytes are deleted now or by the sweeper.
    async fn give_up(&self, owner: UserId, id: FileId) {
        if let Err(error) = self.delete(owner, id).await {
            tracing::warn!(?error, "an upload that was not taken is left to the sweeper");
        }
    }

    /// The bytes first and then the row, so that a failure is found again.
    async fn delete_bytes(&self, id: FileId, key: &str) {
        if let Err(error) = self.objects.delete(key).await {
            tracing::warn!(file.id = %id, %error, "a file's bytes are left to the sweeper");
            return;
        }
        if let Err(error) = files::forget(&self.db, id).await {
            tracing::warn!(file.id = %id, %error, "a file's row is left to the sweeper");
        }
    }
}

fn size_of(clean: &Clean) -> i64 {
    let small = clean.picture.as_ref().map_or(0, |picture| picture.thumbnail.len());
    i64::try_from(clean.bytes.len() + small).unwrap_or(i64::MAX)
}

fn words_of(id: FileId, expires: i64) -> String {
    format!("PUT\n{id}\n{expires}")
}

fn sign(key: &hmac::Key, id: FileId, expires: i64) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, words_of(id, expires).as_bytes()).as_ref());
    out
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}
