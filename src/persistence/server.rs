//! A `MySQL` or `MariaDB` server: how it is opened, what every connection is set to, and what is refused at the start because
//! it could lose or confuse data.

use std::collections::BTreeMap;
use std::str::FromStr;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlPool, Row};

use crate::limits::{LOCK_WAIT_SECS, NODE_LEASE_SECS, SERVER_CONNECTIONS};
use crate::persistence::dialect::{PATIENCE, STATEMENT_CACHE};
use crate::persistence::error::StoreError;

// No statements of the store: they are sent as they are, for not every server prepares such.

/// Repeatable read takes gap locks: 310 of 480 batches died of deadlocks with it (promises §4.3).
const READ_COMMITTED: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
/// What does not fit is refused, not cut; || joins texts, as in the other dialect.
const STRICT: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION'";
const PATIENT: &str = "SET SESSION innodb_lock_wait_timeout = 3";
const SETTINGS: &str = "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation', \
                        'innodb_lock_wait_timeout', 'sql_mode', 'version', 'innodb_flush_log_at_trx_commit', 'log_bin', \
                        'sync_binlog', 'read_only', 'wsrep_on', 'collation_database')";
const CLUSTER: &str = "SHOW STATUS LIKE 'wsrep_cluster_size'";
const FOLDING_COLUMN: &str = "SELECT CAST(CONCAT(table_name, '.', column_name, ' is ', collation_name) AS CHAR) FROM \
                              information_schema.columns WHERE table_schema = DATABASE() AND collation_name <> \
                              'utf8mb4_bin' LIMIT 1";

/// In the url: only this process writes, whatever the cluster's other nodes could do.
const GALERA: &str = "galera";
const SINGLE_WRITER: &str = "single-writer";
/// Versions below do not keep a journal as it must be kept: no atomic DDL.
const MARIADB_LEAST: (u32, u32) = (10, 11);
const MYSQL_LEAST: (u32, u32) = (8, 0);

type Settings = BTreeMap<String, String>;

/// Connects: what everybody uses, and one connection for the journal.
pub(crate) async fn open(url: &str) -> Result<(MySqlPool, MySqlPool), StoreError> {
    let options = MySqlConnectOptions::from_str(url)?
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging();
    let single_writer = is_single_writer(url)?;
    // A pool would try until its patience ends, and then not say why.
    let connected = tokio::time::timeout(PATIENCE * 5, options.connect()).await;
    let mut connection = connected
        .map_err(|_| StoreError::unavailable(format!("its server does not answer within {:?}", PATIENCE * 5)))?
        .map_err(|error| explain_connect(&options, &error))?;
    set(&mut connection).await?;
    let settings = settings(&mut connection).await?;
    judge(&settings)?;
    if settings.get("wsrep_on").is_some_and(|on| on == "ON") {
        let size = sqlx::raw_sql(CLUSTER).fetch_optional(&mut connection).await?;
        let size = size.map_or(Ok(1), |row| row.try_get::<String, _>(1).map(|size| size.parse().unwrap_or(1)))?;
        judge_cluster(size, single_writer)?;
    }
    if let Some((column,)) = sqlx::query_as::<_, (String,)>(FOLDING_COLUMN).fetch_optional(&mut connection).await? {
        return Err(StoreError::unavailable(format!(
            "its column {column}, which folds letters that differ; run ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE \
             utf8mb4_bin"
        )));
    }
    connection.close().await?;
    Ok(pools(&options))
}

/// What everybody uses, and one connection for the journal; made when they are needed.
pub(crate) fn pools(options: &MySqlConnectOptions) -> (MySqlPool, MySqlPool) {
    // A process that is stopped in the middle of a transaction keeps its rows locked, and whoever takes its auctions over would
    // wait for ever. The sign of life, once a second, keeps the connection of one that lives.
    let journal = pool(1, Some(NODE_LEASE_SECS)).connect_lazy_with(options.clone());
    (pool(SERVER_CONNECTIONS, None).connect_lazy_with(options.clone()), journal)
}

/// Further connections that are set up like those of a pool, made when they are needed.
pub(crate) fn beside(everybodys: &MySqlPool, connections: u32) -> MySqlPool {
    pool(connections, None).connect_lazy_with((*everybodys.connect_options()).clone())
}

/// Connections, which the server ends when it hears nothing on them for so many seconds.
fn pool(connections: u32, silence: Option<i64>) -> MySqlPoolOptions {
    MySqlPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE).after_connect(
        move |connection, _| {
            Box::pin(async move {
                set(connection).await.map_err(|error| sqlx::Error::Configuration(error.into()))?;
                if let Some(secs) = silence {
                    let text = AssertSqlSafe(format!("SET SESSION wait_timeout = {secs}"));
                    sqlx::raw_sql(text).execute(connection).await?;
                }
                Ok(())
            })
        },
    )
}

/// Sets a connection up and reads back what it was set to: a proxy in between may have swallowed it.
async fn set(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    for statement in [READ_COMMITTED, STRICT, PATIENT] {
        sqlx::raw_sql(statement).execute(&mut *connection).await?;
    }
    let settings = settings(connection).await?;
    let value = |name: &str| settings.get(name).map_or("", String::as_str);
    // MySQL has dropped the one name, MariaDB has long had no other.
    let isolation = [value("transaction_isolation"), value("tx_isolation")].concat();
    let is_set = isolation.starts_with("READ-COMMITTED")
        && value("innodb_lock_wait_timeout") == LOCK_WAIT_SECS.to_string()
        && value("sql_mode").contains("STRICT_ALL_TABLES");
    if is_set {
        return Ok(());
    }
    Err(StoreError::unavailable(
        "its connections do not keep what they are set to (isolation READ COMMITTED, strict mode, lock wait); connect to the \
         server itself, without a proxy that changes SET SESSION",
    ))
}

async fn settings(connection: &mut MySqlConnection) -> Result<Settings, StoreError> {
    let rows = sqlx::raw_sql(SETTINGS).fetch_all(connection).await?;
    let pair = |row: &sqlx::mysql::MySqlRow| Ok((row.try_get(0)?, row.try_get(1)?));
    Ok(rows.iter().map(pair).collect::<Result<_, sqlx::Error>>()?)
}

/// Refuses a server on whose settings nothing durable can be promised.
fn judge(settings: &Settings) -> Result<(), StoreError> {
    let value = |name: &str| settings.get(name).map_or("", String::as_str);
    let refuse = |detail: String| Err(StoreError::unavailable(detail));
    let version = value("version");
    let mut numbers = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let least = if version.contains("MariaDB") { MARIADB_LEAST } else { MYSQL_LEAST };
    if found < least {
        return refuse(format!("its server is version {version}; MariaDB 10.11 or MySQL 8.0 or later is needed"));
    }
    let collation = value("collation_database");
    if collation != "utf8mb4_bin" {
        return refuse(format!(
            "the database's collation is {collation}, which folds letters that differ; run ALTER DATABASE … CHARACTER SET \
             utf8mb4 COLLATE utf8mb4_bin"
        ));
    }
    let flush = value("innodb_flush_log_at_trx_commit");
    if flush != "1" {
        return refuse(format!(
            "innodb_flush_log_at_trx_commit is {flush}: acknowledged bids would not survive a power cut; set it to 1"
        ));
    }
    if value("log_bin") == "ON" && value("sync_binlog") != "1" {
        return refuse(format!(
            "log_bin is on and sync_binlog is {}: after a power cut what the binary log has not is rolled back; set it to 1",
            value("sync_binlog")
        ));
    }
    if !["OFF", "0", ""].contains(&value("read_only")) {
        return refuse("the server is read_only; name the one that is written to in database.url".to_owned());
    }
    Ok(())
}

/// A transaction that one node of a cluster has committed can be undone by what another commits at the same time.
fn judge_cluster(nodes: u32, single_writer: bool) -> Result<(), StoreError> {
    if nodes <= 1 || single_writer {
        return Ok(());
    }
    Err(StoreError::unavailable(format!(
        "it is a Galera cluster of {nodes} nodes, which may lose commits where several are written to; send every mazad to the \
         same node and add ?{GALERA}={SINGLE_WRITER} to database.url"
    )))
}

/// What the url says of Galera; the driver knows no such word and passes over it.
fn is_single_writer(url: &str) -> Result<bool, StoreError> {
    let words = url.split_once('?').map_or("", |(_, words)| words);
    let said = words.split('&').filter_map(|word| word.split_once('=')).find(|(name, _)| *name == GALERA);
    match said {
        None => Ok(false),
        Some((_, SINGLE_WRITER)) => Ok(true),
        Some((_, other)) => Err(StoreError::unavailable(format!(
            "{GALERA}={other} in the database url is unknown; the one word there is: {GALERA}={SINGLE_WRITER}"
        ))),
    }
}

fn explain_connect(options: &MySqlConnectOptions, error: &sqlx::Error) -> StoreError {
    let number = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let detail = match number.map(MySqlDatabaseError::number) {
        Some(1045 | 1698) => format!("{place} refuses the user or the password of database.url ({error})"),
        Some(1044) => format!("{place} does not let this user into the database: run GRANT ALL ON it ({error})"),
        Some(1049) => format!(
            "{place} has no such database: run CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            options.get_database().unwrap_or("…")
        ),
        _ => format!("the server at {place} cannot be reached ({error}); start it, or correct database.url"),
    };
    StoreError::unavailable(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> String {
        let mut settings: Settings = [
            ("version", "10.11.19-MariaDB-0+deb12u1"),
            ("collation_database", "utf8mb4_bin"),
            ("innodb_flush_log_at_trx_commit", "1"),
            ("log_bin", "OFF"),
            ("sync_binlog", "0"),
            ("read_only", "OFF"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        settings.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        judge(&settings).map_or_else(|refused| refused.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn settings_that_could_lose_something_are_refused_by_name() {
        for (pairs, words) in [
            (&[][..], "fine"),
            (&[("version", "8.0.36")], "fine"),
            (&[("version", "11.4.2-MariaDB")], "fine"),
            (&[("log_bin", "ON"), ("sync_binlog", "1")], "fine"),
            (&[("version", "10.6.20-MariaDB")], "10.11"),
            (&[("version", "5.7.44-log")], "MySQL 8.0"),
            (&[("version", "")], "MySQL 8.0"),
            (&[("log_bin", "ON")], "sync_binlog is 0"),
            (&[("read_only", "ON")], "read_only"),
            (&[("innodb_flush_log_at_trx_commit", "0")], "innodb_flush_log_at_trx_commit is 0"),
            (&[("collation_database", "utf8mb4_0900_ai_ci")], "utf8mb4_0900_ai_ci"),
        ] {
            assert!(told(pairs).contains(words), "{pairs:?}: {}", told(pairs));
        }
    }

    #[test]
    fn a_cluster_of_writers_is_refused_unless_one_writes() {
        let (bare, single) = ("mysql://u@h/d", "mysql://u@h/d?ssl-mode=DISABLED&galera=single-writer");
        assert!(!is_single_writer(bare).unwrap() && is_single_writer(single).unwrap());
        assert!(is_single_writer("mysql://u@h/d?galera=yes").is_err());
        assert!(judge_cluster(1, false).is_ok() && judge_cluster(3, true).is_ok());
        let refused = judge_cluster(3, false).unwrap_err().to_string();
        assert!(refused.contains("3 nodes") && refused.contains("?galera=single-writer"), "{refused}");
    }
}
