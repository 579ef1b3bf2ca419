//! Uploads: what is known of each, what shows it, and how many somebody has.
//!
//! A file's row is there before its bytes and is gone after them, so the store never holds what no row knows of:
//! `awaited` or `received` → `ready` → `gone`, and then no row.

use crate::domain::file::FileKind;
use crate::domain::ids::FileId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::idempotency;
use crate::persistence::idempotency::Answer;
use crate::persistence::idempotency::Claim;
use crate::persistence::per;

/// The columns of [`File`].
macro_rules! select_file {
    ($rest:literal) => {
        both(concat!(
            "SELECT id, owner_id, state, storage_key, name, content_type, bytes, width, height, digest, created_at FROM \
             files ",
            $rest
        ))
    };
}

statements! {
    // Two uploads of one owner follow each other; a file has one writer anyhow.
    LOCK_OWNER = per("SELECT id FROM users WHERE id = ?", "SELECT id FROM users WHERE id = ? FOR UPDATE");
    SELECT_USAGE = both(
        "SELECT COUNT(*) AS files, CAST(COALESCE(SUM(bytes), 0) AS SIGNED) AS bytes FROM files WHERE owner_id = ? AND \
         state <> 'gone'"
    );
    INSERT_FILE = both(
        "INSERT INTO files (id, owner_id, state, storage_key, name, content_type, bytes, width, height, digest, \
         created_at, idle_since) VALUES (?, ?, ?, ?, ?, NULL, ?, NULL, NULL, NULL, ?, ?)"
    );
    SELECT_FILE = select_file!("WHERE id = ? AND state <> 'gone'");
    SELECT_FILES_OF_USER = select_file!(
        "WHERE owner_id = ? AND state <> 'gone' AND id < ? ORDER BY id DESC LIMIT ?"
    );
    TAKE_UPLOAD = both("UPDATE files SET state = 'received' WHERE id = ? AND state = 'awaited'");
    TAKE_CHECK = both(
        "UPDATE files SET checked_until = ? WHERE id = ? AND state IN ('awaited', 'received') AND (checked_until IS NULL OR \
         checked_until < ?)"
    );
    LEAVE_CHECK = both("UPDATE files SET checked_until = NULL WHERE id = ?");
    MARK_READY = both(
        "UPDATE files SET state = 'ready', content_type = ?, bytes = ?, width = ?, height = ?, digest = ? WHERE id = ? \
         AND state IN ('awaited', 'received')"
    );
    // What is asked behind a lock sees what others have attached before it; what is asked beside it, on a server, may not.
    LOCK_FILE = per("SELECT id FROM files WHERE id = ?", "SELECT id FROM files WHERE id = ? FOR UPDATE");
    MARK_GONE = both(
        "UPDATE files SET state = 'gone' WHERE id = ? AND owner_id = ? AND state <> 'gone' AND NOT EXISTS (SELECT 1 FROM \
         request_files r WHERE r.file_id = files.id) AND NOT EXISTS (SELECT 1 FROM merchant_files m WHERE m.file_id = \
         files.id)"
    );
    MARK_IDLE_GONE = both(
        "UPDATE files SET state = 'gone' WHERE state IN ('awaited', 'received', 'ready') AND idle_since < ? AND NOT \
         EXISTS (SELECT 1 FROM request_files r WHERE r.file_id = files.id) AND NOT EXISTS (SELECT 1 FROM merchant_files \
         m WHERE m.file_id = files.id)"
    );
    SELECT_GONE = both("SELECT id, storage_key FROM files WHERE state = 'gone' ORDER BY id LIMIT ?");
    DELETE_FILE = both("DELETE FROM files WHERE id = ? AND state = 'gone'");
    SELECT_REQUESTS_OF_FILE = both("SELECT request_id FROM request_files WHERE file_id = ? ORDER BY request_id DESC LIMIT 20");
    IDLE_FILES_OF_REQUEST = both(
        "UPDATE files SET idle_since = ? WHERE id IN (SELECT file_id FROM request_files WHERE request_id = ?)"
    );
    DETACH_REQUEST = both("DELETE FROM request_files WHERE request_id = ?");
    // Takes the file out of the sweeper's reach first: it looks at the same row.
    TOUCH_FILE = both("UPDATE files SET idle_since = ? WHERE id = ? AND owner_id = ? AND state = 'ready'");
    ATTACH_TO_REQUEST = both("INSERT INTO request_files (request_id, file_id) VALUES (?, ?)");
    SELECT_MERCHANT_OF_FILE = both("SELECT merchant_id FROM merchant_files WHERE file_id = ? LIMIT 1");
    IDLE_FILES_OF_MERCHANT = both(
        "UPDATE files SET idle_since = ? WHERE id IN (SELECT file_id FROM merchant_files WHERE merchant_id = ?)"
    );
    DETACH_MERCHANT = both("DELETE FROM merchant_files WHERE merchant_id = ?");
    ATTACH_TO_MERCHANT = both("INSERT INTO merchant_files (merchant_id, file_id) VALUES (?, ?)");
    DETACH_ALL_FROM_REQUESTS = both(
        "DELETE FROM request_files WHERE file_id IN (SELECT id FROM files WHERE owner_id = ?)"
    );
    ERASE_FILES = both("UPDATE files SET state = 'gone', name = '-', digest = NULL WHERE owner_id = ?");
}

row! {
    /// A file.
    pub struct File {
        /// Its id.
        pub id: FileId,
        /// Whose it is.
        pub owner_id: UserId,
        /// `awaited`, `received` or `ready`.
        pub state: String,
        /// Where its bytes lie.
        pub storage_key: String,
        /// What its owner calls it.
        pub name: String,
        /// What it is, once it is ready.
        pub content_type: Option<String>,
        /// Bytes, thumbnail included; those announced until it is ready.
        pub bytes: i64,
        /// Points of an image.
        pub width: Option<i64>,
        /// Points of an image.
        pub height: Option<i64>,
        /// SHA-256 of what is handed out.
        pub digest: Option<Vec<u8>>,
        /// When it was begun.
        pub created_at: UnixMicros,
    }
}

impl File {
    /// What it is; nothing until it is ready.
    #[must_use]
    pub fn kind(&self) -> Option<FileKind> {
        self.content_type.as_deref().and_then(FileKind::find).filter(|_| self.state == "ready")
    }
}

row! {
    /// What an account has in the store.
    pub struct Usage {
        /// Files.
        pub files: i64,
        /// Bytes.
        pub bytes: i64,
    }
}

row! {
    /// A file whose bytes are to be deleted.
    pub struct Gone {
        /// Its id.
        pub id: FileId,
        /// Where its bytes lie.
        pub storage_key: String,
    }
}

/// A file that is begun.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub owner: UserId,
    /// Whether its bytes are here already, or are to come by an upload url.
    pub received: bool,
    /// Where its bytes will lie.
    pub key: String,
    /// What its owner calls it.
    pub name: String,
    /// Bytes that are set aside for it.
    pub bytes: i64,
    /// When.
    pub at: UnixMicros,
}

/// How much an account may have.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Files.
    pub files: i64,
    /// Bytes.
    pub bytes: i64,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it is.
    pub kind: FileKind,
    /// Bytes, thumbnail included.
    pub bytes: i64,
    /// Points of an image.
    pub width: Option<i64>,
    /// Points of an image.
    pub height: Option<i64>,
    /// SHA-256 of what is handed out.
    pub digest: [u8; 32],
}

/// Begins a file, unless its owner then had more than the quota: `false`. Uploads of one owner cannot pass each other here.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin(db: &Db, new: &NewFile, quota: Quota, answer: Option<Answer<'_>>) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_OWNER, new.owner.0)?.ok_or(StoreError::Missing)?;
    let used = one_in!(&mut tx, Usage, SELECT_USAGE, new.owner.0)?.unwrap_or(Usage { files: 0, bytes: 0 });
    if used.files >= quota.files || used.bytes.saturating_add(new.bytes) > quota.bytes {
        return Ok(false);
    }
    let state = if new.received { "received" } else { "awaited" };
    exec!(&mut tx, INSERT_FILE, new.id.0, new.owner.0, state, &new.key, &new.name, new.bytes, new.at.0, new.at.0)?;
    idempotency::keep(&mut tx, answer).await?;
    tx.commit().await?;
    Ok(true)
}

/// What an account has in the store.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn usage(db: &Db, owner: UserId) -> Result<Usage, StoreError> {
    Ok(one!(db, Usage, SELECT_USAGE, owner.0)?.unwrap_or(Usage { files: 0, bytes: 0 }))
}

/// Spends an upload url: `false` when that was done before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take_upload(db: &Db, id: FileId) -> Result<bool, StoreError> {
    Ok(exec_now!(db, TAKE_UPLOAD, id.0)? == 1)
}

/// Takes an upload to oneself to look at, until an instant: `false` while somebody else has it, or when there is nothing to
/// look at any more. What two looked at, each could have stored something else of.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take_check(db: &Db, id: FileId, now: UnixMicros, until: UnixMicros) -> Result<bool, StoreError> {
    Ok(exec_now!(db, TAKE_CHECK, until.0, id.0, now.0)? == 1)
}

/// Lets go of an upload that may be looked at again.
///
/// # Errors
/// [`StoreError`] when the database fails; it is free when its time is over.
pub async fn leave_check(db: &Db, id: FileId) -> Result<(), StoreError> {
    exec_now!(db, LEAVE_CHECK, id.0).map(drop)
}

/// What became of a file whose bytes are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is ready, and this is the answer.
    Ready(String),
    /// It is ready already, or not there any more.
    TooLate,
    /// With what it became its owner would have more than the quota.
    OverQuota,
}

/// Makes a file ready; what `render` makes of it is the answer, stored with it under `claim`. What it became may be larger
/// than what was set aside for it, so the quota is looked at once more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish(
    db: &Db,
    (owner, id): (UserId, FileId),
    made: &Made,
    quota: Quota,
    (claim, status): (Option<&Claim>, u16),
    render: impl FnOnce(File) -> String,
) -> Result<Finished, StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_OWNER, owner.0)?.ok_or(StoreError::Missing)?;
    let (kind, digest) = (made.kind.content_type(), made.digest.as_slice());
    if exec!(&mut tx, MARK_READY, kind, made.bytes, made.width, made.height, digest, id.0)? == 0 {
        return Ok(Finished::TooLate);
    }
    if one_in!(&mut tx, Usage, SELECT_USAGE, owner.0)?.is_some_and(|used| used.bytes > quota.bytes) {
        return Ok(Finished::OverQuota);
    }
    let file = one_in!(&mut tx, File, SELECT_FILE, id.0)?.ok_or(StoreError::Missing)?;
    let reply = render(file);
    idempotency::keep(&mut tx, claim.map(|claim| Answer { claim, status, reply: &reply })).await?;
    tx.commit().await?;
    Ok(Finished::Ready(reply))
}

/// A file that is not gone.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &Db, id: FileId) -> Result<Option<File>, StoreError> {
    one!(db, File, SELECT_FILE, id.0)
}

/// An owner's files, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, owner: UserId, page: Page) -> Result<Vec<File>, StoreError> {
    all!(db, File, SELECT_FILES_OF_USER, owner.0, page.before, i64::from(page.limit))
}

/// Those of these files that are this owner's and ready.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_ready(db: &Db, owner: UserId, ids: &[FileId]) -> Result<Vec<File>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = all_of!(
        db,
        File,
        "SELECT id, owner_id, state, storage_key, name, content_type, bytes, width, height, digest, created_at FROM \
         files WHERE state = 'ready' AND id IN ",
        ids.iter().map(|id| id.0)
    )?;
    Ok(found.into_iter().filter(|file| file.owner_id == owner).collect())
}

/// Gives a file up; `false` when something shows it.
///
/// # Errors
/// [`StoreError::Missing`] when it is not this owner's.
pub async fn remove(db: &Db, owner: UserId, id: FileId) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    one_in!(&mut tx, (i64,), LOCK_FILE, id.0)?;
    if exec!(&mut tx, MARK_GONE, id.0, owner.0)? == 1 {
        tx.commit().await?;
        return Ok(true);
    }
    drop(tx);
    find(db, id).await?.filter(|file| file.owner_id == owner).map(|_| false).ok_or(StoreError::Missing)
}

/// Gives up what nothing has shown since before an instant; tells how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn remove_idle(db: &Db, before: UnixMicros) -> Result<u64, StoreError> {
    exec_now!(db, MARK_IDLE_GONE, before.0)
}

/// Files whose bytes are to be deleted.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_gone(db: &Db, limit: u32) -> Result<Vec<Gone>, StoreError> {
    all!(db, Gone, SELECT_GONE, i64::from(limit))
}

/// Forgets a file whose bytes were deleted.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget(db: &Db, id: FileId) -> Result<(), StoreError> {
    exec_now!(db, DELETE_FILE, id.0).map(drop)
}

// ------------------------------------------------------------------ what shows it

/// The requests that show a file, newest first; twenty are enough to find one that somebody may see.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_requests_of(db: &Db, id: FileId) -> Result<Vec<RequestId>, StoreError> {
    Ok(all!(db, (i64,), SELECT_REQUESTS_OF_FILE, id.0)?.into_iter().map(|(id,)| RequestId(id)).collect())
}

/// Whether a merchant shows a file as its document.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_document(db: &Db, id: FileId) -> Result<bool, StoreError> {
    Ok(one!(db, (i64,), SELECT_MERCHANT_OF_FILE, id.0)?.is_some())
}

/// Lets a request show these files of its owner and no others.
///
/// # Errors
/// [`StoreError::Missing`] when one is not the owner's, or not ready.
pub(crate) async fn attach_to_request(
    tx: &mut Tx,
    request: RequestId,
    owner: UserId,
    ids: &[FileId],
    at: UnixMicros,
) -> Result<(), StoreError> {
    detach_request(tx, request, at).await?;
    for id in ids {
        touch(&mut *tx, owner, *id, at).await?;
        exec!(&mut *tx, ATTACH_TO_REQUEST, request.0, id.0)?;
    }
    Ok(())
}

async fn touch(tx: &mut Tx, owner: UserId, id: FileId, at: UnixMicros) -> Result<(), StoreError> {
    if exec!(tx, TOUCH_FILE, at.0, id.0, owner.0)? == 0 { Err(StoreError::Missing) } else { Ok(()) }
}

/// Takes all files from a request that is going to be no more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) async fn detach_request(tx: &mut Tx, request: RequestId, at: UnixMicros) -> Result<(), StoreError> {
    exec!(&mut *tx, IDLE_FILES_OF_REQUEST, at.0, request.0)?;
    exec!(tx, DETACH_REQUEST, request.0).map(drop)
}

/// Lets a merchant show these files of its own as documents and no others.
///
/// # Errors
/// [`StoreError::Missing`] when one is not its own, or not ready.
pub(crate) async fn attach_to_merchant(
    tx: &mut Tx,
    merchant: UserId,
    ids: &[FileId],
    at: UnixMicros,
) -> Result<(), StoreError> {
    exec!(&mut *tx, IDLE_FILES_OF_MERCHANT, at.0, merchant.0)?;
    exec!(&mut *tx, DETACH_MERCHANT, merchant.0)?;
    for id in ids {
        touch(&mut *tx, merchant, *id, at).await?;
        exec!(&mut *tx, ATTACH_TO_MERCHANT, merchant.0, id.0)?;
    }
    Ok(())
}

/// Gives up all files of an account that is erased, also those that are shown.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) async fn erase(tx: &mut Tx, owner: UserId) -> Result<(), StoreError> {
    exec!(&mut *tx, DETACH_ALL_FROM_REQUESTS, owner.0)?;
    exec!(&mut *tx, DETACH_MERCHANT, owner.0)?;
    exec!(tx, ERASE_FILES, owner.0).map(drop)
}
