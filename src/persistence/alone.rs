//! The right to be the only process on a server: a named lock of the database's server, which goes with its connection.
//!
//! No lease in a table: who died must not be waited for, and who comes back at another address must not be taken for a second.
//! The lock keeps a second process out; what a second one could do that is let in all the same, as while the connection is
//! made anew, the fence beside each head prevents (`append`).

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool};

use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;

// No statements of the store: a file has no such functions.

/// A name of 64 letters at most, and one for each database of the server.
macro_rules! named {
    ($before:literal, $after:literal) => {
        concat!("SELECT ", $before, "CONCAT('mazad alone ', MD5(DATABASE()))", $after)
    };
}

/// Waits two seconds: of a process that was killed the server knows a moment later.
const TAKE: &str = named!("COALESCE(GET_LOCK(", ", 2), 0)");
const IS_OWN: &str = named!("COALESCE(IS_USED_LOCK(", ") = CONNECTION_ID(), 0)");
const IS_FREE: &str = named!("COALESCE(IS_FREE_LOCK(", "), 0)");

/// The connection that holds the lock is asked so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The right, as long as this lives.
pub struct Alone {
    pool: MySqlPool,
    connection: Option<MySqlConnection>,
}

/// Whether nobody is alone here: asked by one of several after it has joined, so that of two who come at once one sees the other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_free(db: &Db) -> Result<bool, StoreError> {
    match db {
        Db::Sqlite { .. } => Ok(true),
        Db::MySql { pool, .. } => {
            Ok(sqlx::query_as::<_, (i64,)>(IS_FREE).fetch_one(pool).await.map(|(free,)| free == 1)?)
        }
    }
}

impl Alone {
    /// Takes the right; `None` where another process has it. Of a file there is nothing to take here.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn take(pool: &MySqlPool) -> Result<Option<Self>, StoreError> {
        let connection = connect(pool).await?;
        Ok(connection.map(|connection| Self { pool: pool.clone(), connection: Some(connection) }))
    }

    /// Keeps the right for as long as it is polled, and resolves when another process has it. While the server does not
    /// answer nobody has it, and nothing is written.
    pub async fn keep(mut self) {
        let mut refused = Duration::ZERO;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(connection) = &mut self.connection {
                match sqlx::query_as::<_, (i64,)>(IS_OWN).fetch_one(connection).await {
                    Ok((1,)) => continue,
                    Ok(_) => tracing::warn!("the database no longer keeps others out for this server; asking again"),
                    Err(error) => tracing::warn!(%error, "the connection that keeps others out is lost; asking again"),
                }
                self.connection = None;
            }
            match connect(&self.pool).await {
                Ok(Some(connection)) => (self.connection, refused) = (Some(connection), Duration::ZERO),
                // It may be this process' own lost connection, of which the server does not know yet.
                Ok(None) if refused <= 2 * SILENCE => refused += LOOK_EVERY,
                Ok(None) => return,
                Err(error) => tracing::warn!(%error, "the database cannot be asked to keep others out"),
            }
        }
    }
}

/// The server ends the connection of whom it has not heard for so long, and the lock with it.
const SILENCE: Duration = Duration::from_secs(limits::NODE_LEASE_SECS.unsigned_abs());

/// A connection that holds the lock; `None` where another holds it.
async fn connect(pool: &MySqlPool) -> Result<Option<MySqlConnection>, StoreError> {
    let mut connection = MySqlConnection::connect_with(&pool.connect_options()).await?;
    let silence = AssertSqlSafe(format!("SET SESSION wait_timeout = {}", SILENCE.as_secs()));
    sqlx::raw_sql(silence).execute(&mut connection).await?;
    let (taken,) = sqlx::query_as::<_, (i64,)>(TAKE).fetch_one(&mut connection).await?;
    Ok((taken == 1).then_some(connection))
}
