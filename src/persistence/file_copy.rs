//! Copies of a database file: taken while a server writes to it, checked, and put in another's place.
//!
//! Only a file has them; a server's own means copy a server (docs/operations.md).

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::persistence::dialect;
use crate::persistence::error::StoreError;

/// Writes the database `from`, as it is at one instant, to the file `to`, which must not exist. A server may write all the
/// while: what it commits meanwhile waits in its WAL, which cannot begin anew until the copy is made.
///
/// # Errors
/// [`StoreError::Unavailable`] in one line for the operator.
pub async fn copy_into(from: &Path, to: &Path) -> Result<(), StoreError> {
    let explain = |error: StoreError| dialect::explain_open(from, error);
    let Some(target) = to.to_str() else {
        return Err(StoreError::unavailable(format!("{} is no path in UTF-8", to.display())));
    };
    // It can only read, so whatever it does the writer is not hurt.
    let mut connection = open(from, true).await.map_err(explain)?;
    let copied = sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await;
    let closed = connection.close().await;
    copied.map_err(|error| explain(error.into()))?;
    closed.map_err(|error| explain(error.into()))
}

/// Whether every page and index of a file is whole and every reference finds its row.
///
/// # Errors
/// [`StoreError::Corrupt`] says what is not.
pub async fn check(path: &Path) -> Result<(), StoreError> {
    let mut connection = open(path, false).await?;
    let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_all(&mut connection).await?;
    let strays = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await?.len();
    connection.close().await?;
    if said != ["ok"] {
        return Err(StoreError::corrupt(format!("{}: {}", path.display(), said.join("; "))));
    }
    if strays > 0 {
        return Err(StoreError::corrupt(format!("{}: {strays} rows refer to rows that are not there", path.display())));
    }
    Ok(())
}

/// Makes sure that nobody has the file open, and folds its WAL into it, so that it may be moved as one file.
///
/// # Errors
/// [`StoreError::Busy`] where somebody has it open, such as a server that runs.
pub async fn close_for_good(path: &Path) -> Result<(), StoreError> {
    let mut connection = open(path, false).await?;
    // Only the one connection of a file can end its WAL.
    let left = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE").fetch_one(&mut connection).await;
    let closed = connection.close().await;
    if left? != "delete" {
        return Err(StoreError::Busy);
    }
    Ok(closed?)
}

async fn open(path: &Path, read_only: bool) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(read_only)
        .busy_timeout(Duration::from_millis(500))
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", "-16384")
        .disable_statement_logging();
    Ok(options.connect().await?)
}
