//! Opening: what is made, what is refused, and in which words.

use std::path::Path;

use mazad::persistence::error::StoreError;
use mazad::persistence::{Db, StoreOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

async fn open(path: &Path) -> Result<Db, StoreError> {
    Db::open(&StoreOptions { url: format!("sqlite://{}", path.display()), readers: 1 }).await
}

fn told(outcome: Result<Db, StoreError>, words: &[&str]) {
    let text = outcome.unwrap_err().to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[tokio::test]
async fn a_file_and_its_directories_are_made_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b/store.sqlite");
    let db = open(&path).await.unwrap();
    db.ping().await.unwrap();
    db.close().await;
    open(&path).await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn readers_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let Db::Sqlite { r, .. } = open(&dir.path().join("s.sqlite")).await.unwrap() else { panic!("a file") };
    let refused: StoreError = sqlx::query("DELETE FROM users").execute(&r).await.unwrap_err().into();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letter.txt");
    let letter = "dear customer, ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    told(open(&path).await, &["letter.txt", "not a mazad database", "move it away"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    told(open(&dir.path().join("file/store.sqlite")).await, &["cannot create the directory", "file"]);
    told(open(dir.path()).await, &["cannot be opened", "check the path"]);
}

#[tokio::test]
async fn a_file_that_another_process_locked_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("locked.sqlite");
    let mut other = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (a); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)").execute(&mut other).await.unwrap();
    told(open(&path).await, &["locked by another process", "locked.sqlite"]);
    other.close().await.unwrap();
}

#[tokio::test]
async fn a_schema_from_the_future_or_with_a_changed_step_is_refused() {
    for (sql, words) in [
        ("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 7", "later version"),
        ("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 7", "not the one"),
        ("UPDATE _sqlx_migrations SET success = 0 WHERE version = 7", "broke off half way"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.sqlite");
        let Db::Sqlite { w, .. } = open(&path).await.unwrap() else { panic!("a file") };
        sqlx::query(sql).execute(&w).await.unwrap();
        told(open(&path).await, &["s.sqlite", words]);
    }
}

#[tokio::test]
async fn a_url_that_names_no_database_is_refused() {
    for url in ["", "sqlite:", "sqlite::memory:", "postgres://x", "/tmp/x"] {
        told(Db::open(&StoreOptions { url: url.to_owned(), readers: 1 }).await, &["sqlite://FILE"]);
    }
}
