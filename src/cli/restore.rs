//! `mazad restore`: a backup in the place of database and uploads.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use anyhow::bail;
use chrono::DateTime;
use clap::Args;

use crate::cli::backup;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::FilesDriver;
use crate::persistence::error::StoreError;
use crate::persistence::file_copy;

/// What is to be done.
#[derive(Args)]
pub struct RestoreOptions {
    /// The folder that `mazad backup` made.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Take the place of a database that exists; it is kept beside the new one.
    #[arg(long)]
    force: bool,
}

/// Does it. The server must not run.
///
/// # Errors
/// One line for people: what is wrong and what to do. The database that is there stays as it is.
pub fn run(config: &Config, options: &RestoreOptions) -> anyhow::Result<()> {
    let target = backup::database_file(config)?;
    let manifest = backup::read_manifest(&options.from)?;
    if target.exists() && !options.force {
        bail!(
            "{} exists; stop the server and add --force to put the backup in its place (the present one is kept beside it)",
            target.display()
        );
    }
    let restored = beside(target, "restoring");
    remove(&restored)?;
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    let kept = actix::System::new().block_on(async {
        if target.exists() {
            make_way(target).await?;
        }
        fs::copy(options.from.join(backup::DATABASE), &restored)
            .with_context(|| format!("cannot write {}", restored.display()))?;
        let proven = backup::prove(&restored).await.context("the backup is not whole; nothing was changed");
        let replayed = proven.inspect_err(|_| drop(remove(&restored)))?;
        if (replayed.auctions, replayed.entries) != (manifest.auctions, manifest.entries) {
            bail!("the backup has not what its manifest says; nothing was changed");
        }
        backup::sync(&restored)?;
        put_in_place(target, &restored)
    })?;
    println!(
        "restored: {} as it was at {} ({} auctions, {} entries replayed)",
        target.display(),
        manifest.taken_at,
        manifest.auctions,
        manifest.entries
    );
    if let Some(kept) = kept {
        println!("the database that was there: {}", kept.display());
    }
    restore_files(config, options, manifest.files)?;
    let key = config.auth.key_dir.join("signing.key");
    if !key.exists() {
        println!("{} is missing: put it back from where it is kept, or everybody signs in again", key.display());
    }
    Ok(())
}

fn restore_files(config: &Config, options: &RestoreOptions, files: Option<backup::Copied>) -> anyhow::Result<()> {
    match (config.files.driver, files) {
        (FilesDriver::Local, Some(told)) => {
            let path = &config.files.path;
            let copied = backup::copy_tree(&options.from.join(backup::FILES), path)
                .with_context(|| format!("the uploads cannot be copied to {}", path.display()))?;
            if copied != told {
                bail!("the backup has {} uploads, its manifest says {}", copied.count, told.count);
            }
            println!("{} uploads are in {}", copied.count, path.display());
        }
        (FilesDriver::Local, None) => {
            println!("the backup has no uploads; bring back {} yourself", config.files.path.display());
        }
        (FilesDriver::S3, _) => {
            println!("uploads lie in the bucket {}; they stay as they are", config.files.bucket);
        }
    }
    Ok(())
}

/// Makes sure that nobody uses the database that is there, and that it is one file.
async fn make_way(target: &Path) -> anyhow::Result<()> {
    match file_copy::close_for_good(target).await {
        Ok(()) => Ok(()),
        Err(StoreError::Busy) => bail!("{} is in use: stop the server that runs on it first", target.display()),
        // That may be why it is to be replaced.
        Err(StoreError::Corrupt { detail }) => {
            println!("{} cannot be read ({detail}); make sure that no server runs on it", target.display());
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be looked at", target.display())),
    }
}

/// The restored file under the target's name; what was there is kept under another, which is answered.
fn put_in_place(target: &Path, restored: &Path) -> anyhow::Result<Option<PathBuf>> {
    let now = DateTime::from_timestamp_micros(Clock::System.now().0).context("the clock cannot be read")?;
    let kept = beside(target, &format!("before-{}", now.format("%Y%m%dT%H%M%S%.3fZ")));
    let existed = target.exists();
    if existed {
        for ending in ["", "-wal", "-shm"] {
            let with = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            if with(target).exists() {
                fs::rename(with(target), with(&kept)).context("the present database cannot be moved aside")?;
            }
        }
    }
    fs::rename(restored, target).with_context(|| format!("cannot make {}", target.display()))?;
    let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    backup::sync(folder)?;
    Ok(existed.then_some(kept))
}

fn beside(target: &Path, word: &str) -> PathBuf {
    PathBuf::from(format!("{}.{word}", target.display()))
}

/// Deletes what an attempt before this one left.
fn remove(restored: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{ending}", restored.display()));
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
        }
    }
    Ok(())
}
