//! `mazad backup`: a copy of database and uploads that was proven to be whole before it counts.
//!
//! A backup is a folder: `mazad.sqlite`, `files/` and `manifest.json`. It gets its name when everything in it is on disk and
//! was checked; what broke off before is called `.partial` and is no backup.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::bail;
use aws_lc_rs::digest;
use chrono::DateTime;
use clap::Args;
use serde::Deserialize;
use serde::Serialize;

use crate::cli::audit_payments;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::FilesDriver;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::audit;
use crate::persistence::audit::Verdict;
use crate::persistence::file_copy;
use crate::persistence::file_of;
use crate::persistence::replay;
use crate::persistence::replay::Replayed;
use crate::wire::value::Hex;

/// The database in a backup.
pub(super) const DATABASE: &str = "mazad.sqlite";
/// The uploads in a backup.
pub(super) const FILES: &str = "files";
/// What says that it is one.
const MANIFEST: &str = "manifest.json";
/// How folders of backups are called: this, and the instant at which the copy began.
const NAME: &str = "mazad-";
/// What did not come to its end.
const PARTIAL: &str = ".partial";

/// What is to be done.
#[derive(Args)]
pub struct BackupOptions {
    /// The folder to which a folder is added, such as `mazad-20261123T011500.000Z`.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Delete the oldest backups there beyond so many, once this one is whole.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    /// Leave the uploads out.
    #[arg(long)]
    without_files: bool,
}

/// What a backup says of itself.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The program that wrote it.
    mazad: String,
    /// When the copy began.
    pub(super) taken_at: String,
    /// SHA-256 of the database.
    sha256: String,
    /// Auctions and journal entries that were replayed.
    pub(super) auctions: u64,
    pub(super) entries: u64,
    /// Uploads; `None` where they are elsewhere.
    pub(super) files: Option<Copied>,
}

/// Files that were copied.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Copied {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// Makes one. Works while the server runs.
///
/// # Errors
/// One line for people: what is wrong and what to do.
pub fn run(config: &Config, options: &BackupOptions) -> anyhow::Result<()> {
    let begun = Instant::now();
    let from = database_file(config)?;
    let taken_at = DateTime::from_timestamp_micros(Clock::System.now().0).context("the clock cannot be read")?;
    let name = format!("{NAME}{}", taken_at.format("%Y%m%dT%H%M%S%.3fZ"));
    let (whole, partial) = (options.to.join(&name), options.to.join(format!("{name}{PARTIAL}")));
    if whole.exists() {
        bail!("{} exists already; wait a moment", whole.display());
    }
    let made = fs::create_dir_all(&options.to).and_then(|()| fs::create_dir(&partial));
    made.with_context(|| format!("cannot make {}", partial.display()))?;
    let copied = actix::System::new().block_on(copy(config, from, &partial, options.without_files));
    let (replayed, files) = copied.inspect_err(|_| {
        // It was never one; what stays of it would only look like one.
        let _ = fs::remove_dir_all(&partial);
    })?;
    let manifest = Manifest {
        mazad: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: taken_at.to_rfc3339(),
        sha256: sha256(&partial.join(DATABASE))?,
        auctions: replayed.auctions,
        entries: replayed.entries,
        files,
    };
    fs::write(partial.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?;
    sync(&partial.join(MANIFEST))?;
    sync(&partial)?;
    fs::rename(&partial, &whole)?;
    sync(&options.to)?;
    let told = files.map_or_else(
        || "uploads not included".to_owned(),
        |files| format!("{} uploads with {} bytes", files.count, files.bytes),
    );
    println!(
        "backup: {} ({} auctions, {} entries replayed, {told}; {:.1} s)",
        whole.display(),
        replayed.auctions,
        replayed.entries,
        begun.elapsed().as_secs_f64()
    );
    if config.files.driver == FilesDriver::S3 {
        println!("uploads lie in the bucket {}: back it up with its own means", config.files.bucket);
    }
    println!("not included: the signing key, {}", config.auth.key_dir.join("signing.key").display());
    if let Some(keep) = options.keep {
        retain(&options.to, usize::try_from(keep)?)?;
    }
    Ok(())
}

/// The file of the database that the settings name.
pub(super) fn database_file(config: &Config) -> anyhow::Result<&Path> {
    file_of(&config.database.url).context(
        "the database is a server: back it up with its own means, such as mariadb-backup (docs/operations.md); this is for \
         a file",
    )
}

async fn copy(
    config: &Config,
    from: &Path,
    partial: &Path,
    without_files: bool,
) -> anyhow::Result<(Replayed, Option<Copied>)> {
    let database = partial.join(DATABASE);
    file_copy::copy_into(from, &database).await.context("the database cannot be copied")?;
    // The database first: a file's row is there before its bytes, so every upload that the copy shows is found now, unless
    // it was deleted meanwhile.
    let files = if config.files.driver == FilesDriver::Local && !without_files {
        let copied = copy_tree(&config.files.path, &partial.join(FILES));
        Some(copied.with_context(|| format!("the uploads in {} cannot be copied", config.files.path.display()))?)
    } else {
        None
    };
    let replayed = prove(&database).await.context("the copy is not whole; the backup was thrown away")?;
    sync(&database)?;
    Ok((replayed, files))
}

/// Whether a database is whole: its pages, every auction by its journal, the log of the administrators, the money.
pub(super) async fn prove(database: &Path) -> anyhow::Result<Replayed> {
    file_copy::check(database).await?;
    let url = format!("sqlite://{}", database.display());
    let db = Db::open(&StoreOptions { url, readers: 2 }).await?;
    let replayed = replay::replay_all(&db).await;
    let audited = audit::verify(&db).await;
    let paid = audit_payments::audit(&db).await;
    db.close().await;
    if let Verdict::Damaged { seq, what } = audited? {
        bail!("the audit log is damaged at entry {seq}: {what}");
    }
    paid?;
    Ok(replayed?)
}

/// What a backup says of itself, once its database was found to be the one that was written.
pub(super) fn read_manifest(backup: &Path) -> anyhow::Result<Manifest> {
    let path = backup.join(MANIFEST);
    let text = fs::read(&path).with_context(|| {
        format!("{} is no backup: it has no {MANIFEST}; name the folder that `mazad backup` made", backup.display())
    })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))?;
    if sha256(&backup.join(DATABASE))? != manifest.sha256 {
        bail!("{} was changed since it was written: its SHA-256 is another", backup.join(DATABASE).display());
    }
    Ok(manifest)
}

/// Copies the files of a folder and of the folders in it; those that are there already stay as they are, since an upload
/// never changes. A folder that does not exist is an empty one.
pub(super) fn copy_tree(from: &Path, to: &Path) -> io::Result<Copied> {
    let mut copied = Copied::default();
    fs::create_dir_all(to)?;
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(copied),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            let inner = copy_tree(&entry.path(), &target)?;
            copied = Copied { count: copied.count + inner.count, bytes: copied.bytes + inner.bytes };
            continue;
        }
        let bytes = if target.exists() {
            fs::metadata(&target)?.len()
        } else {
            match fs::copy(entry.path(), &target) {
                // Its owner deleted it a moment ago.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                bytes => bytes?,
            }
        };
        sync(&target)?;
        copied = Copied { count: copied.count + 1, bytes: copied.bytes + bytes };
    }
    sync(to)?;
    Ok(copied)
}

/// Has a file or a folder on disk when it returns.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn sha256(path: &Path) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut context, mut buffer) = (digest::Context::new(&digest::SHA256), vec![0; 64 * 1_024]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => context.update(buffer.get(..length).unwrap_or_default()),
        }
    }
    let digest: [u8; 32] = context.finish().as_ref().try_into()?;
    Ok(Hex(digest).to_string())
}

/// Deletes the oldest backups beyond so many, and what broke off before the newest began.
fn retain(folder: &Path, keep: usize) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(NAME) && (name.ends_with(PARTIAL) || folder.join(&name).join(MANIFEST).exists()) {
            names.push(name);
        }
    }
    // Names tell the time, so their order is that of the backups.
    names.sort();
    let (partial, mut whole): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.ends_with(PARTIAL));
    let newest = whole.last().cloned().unwrap_or_default();
    let kept = whole.split_off(whole.len().saturating_sub(keep));
    debug_assert!(kept.len() <= keep);
    for name in whole.into_iter().chain(partial.into_iter().filter(|name| *name < newest)) {
        let old = folder.join(&name);
        fs::remove_dir_all(&old).with_context(|| format!("cannot delete {}", old.display()))?;
        println!("deleted: {}", old.display());
    }
    Ok(())
}
