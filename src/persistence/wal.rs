//! Keeps the WAL of a file short beside the writer, so that no commit pays for it.
//!
//! A checkpoint copies pages from the WAL into the file. `SQLite` makes one at the end of the commit that fills the WAL to
//! `limits::WAL_PAGES`, and everybody whose bid is in that commit or the next waits for it. So most of the copying is done
//! before, on a connection of its own: a PASSIVE checkpoint takes no lock that a writer needs. It cannot begin the WAL
//! anew while the writer goes on; the commit at the bound still does that, with little left to copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sqlx::SqlitePool;

use crate::limits::WAL_PASS_ENTRIES;
use crate::persistence::both;

statements! {
    CHECKPOINT = both("PRAGMA wal_checkpoint(PASSIVE)");
}

/// The connection that checkpoints, and what was written since it last did.
#[derive(Clone, Debug)]
pub struct Wal {
    connection: SqlitePool,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: AtomicUsize,
    at_work: AtomicBool,
}

impl Wal {
    /// Checkpoints through this connection.
    pub(crate) fn new(connection: SqlitePool) -> Self {
        Self { connection, state: Arc::default() }
    }

    /// Says that so many entries were committed. Enough of them begin a pass, unless one is under way.
    pub(crate) fn grew(&self, entries: usize) {
        let entries = self.state.entries.fetch_add(entries, Ordering::Relaxed) + entries;
        if entries < WAL_PASS_ENTRIES || self.state.at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        self.state.entries.store(0, Ordering::Relaxed);
        let Self { connection, state } = self.clone();
        tokio::spawn(async move {
            if let Err(error) = sqlx::query(CHECKPOINT.sqlite).execute(&connection).await {
                // Nothing is lost: the writer's own checkpoint comes at the bound.
                tracing::warn!(%error, "wal: a checkpoint failed");
            }
            state.at_work.store(false, Ordering::Release);
        });
    }

    /// Closes the connection.
    pub(crate) async fn close(&self) {
        self.connection.close().await;
    }
}
