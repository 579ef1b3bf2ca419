//! Where the two databases differ: how a file is opened and what it must be set to (a server: `server`), and how both say no.

use std::path::Path;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteError};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, Sqlite, SqlitePool};

use crate::persistence::error::StoreError;

/// How long a statement waits for a lock and a caller for a connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// Prepared statements kept by a connection: every constant, and the multi-row inserts in 24 sizes each.
pub(crate) const STATEMENT_CACHE: usize = 256;
/// From this version on `SQLite`'s WAL-reset race is fixed; before it two connections can lose commits in silence.
const SQLITE_LEAST: (u32, u32, u32) = (3, 51, 3);

/// Settings of the one connection that writes. Each is read back: a pragma that is misspelled or refused is silent.
///
/// `synchronous=2` is FULL: with NORMAL an acknowledged bid does not survive a power cut. The commit that fills the WAL
/// to `limits::WAL_PAGES` checkpoints what `wal` has left of it, and the next begins the WAL anew; after a burst it is
/// truncated to 64 MB.
const WRITER: [(&str, &str); 9] = [
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("busy_timeout", "2000"),
    ("wal_autocheckpoint", "12000"),
    ("journal_size_limit", "67108864"),
    ("mmap_size", "0"),
    ("cache_size", "-65536"),
    ("temp_store", "2"),
];
/// Settings of the connection that checkpoints beside the writer: it cannot write rows.
const CHECKPOINTER: [(&str, &str); 8] = [
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("busy_timeout", "2000"),
    ("wal_autocheckpoint", "0"),
    ("mmap_size", "0"),
    ("cache_size", "-2000"),
    ("query_only", "1"),
];
/// Settings of the connections that read.
const READER: [(&str, &str); 8] = [
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("busy_timeout", "2000"),
    ("wal_autocheckpoint", "0"),
    ("mmap_size", "0"),
    ("cache_size", "-16384"),
    ("query_only", "1"),
];

// ------------------------------------------------------------------ SQLite

/// Opens a file, creating it and its directory: one connection that writes, `readers` that only read, one that
/// checkpoints; in this order.
pub(crate) async fn open_sqlite(path: &Path, readers: u32) -> Result<(SqlitePool, SqlitePool, SqlitePool), StoreError> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|error| {
            StoreError::unavailable(format!(
                "cannot create the directory {}: {error}; create it, or name another file in the database url",
                parent.display()
            ))
        })?;
    }
    let explain = |error| explain_open(path, error);
    let writer = options(path, &WRITER, false).optimize_on_close(true, 400);
    let writer = pool(1).connect_with(writer).await.map_err(|e| explain(e.into()))?;
    check_version(&writer).await?;
    check_pragmas(&mut *writer.acquire().await?, &WRITER).await.map_err(explain)?;
    // The readers come second: a read-only connection cannot make the file nor its WAL index.
    let reader =
        pool(readers.max(1)).connect_with(options(path, &READER, true)).await.map_err(|e| explain(e.into()))?;
    check_pragmas(&mut *reader.acquire().await?, &READER).await.map_err(explain)?;
    let checkpointer =
        pool(1).connect_with(options(path, &CHECKPOINTER, false)).await.map_err(|e| explain(e.into()))?;
    check_pragmas(&mut *checkpointer.acquire().await?, &CHECKPOINTER).await.map_err(explain)?;
    Ok((writer, reader, checkpointer))
}

fn pool(connections: u32) -> PoolOptions<Sqlite> {
    // A connection to a file does not go stale: testing it before use would cost a hop to its thread each time.
    PoolOptions::new()
        .max_connections(connections)
        .min_connections(connections.min(1))
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection: &mut SqliteConnection, _| {
            Box::pin(async move {
                // A full disk makes SQLite roll back by itself; the ROLLBACK that follows then fails and the connection
                // believes for ever that it is inside a transaction. Such a one is closed, and a fresh one opened.
                if connection.is_in_transaction() {
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Further connections that are set up like those of a pool, made when they are needed.
pub(crate) fn beside(readers: &SqlitePool, connections: u32) -> SqlitePool {
    pool(connections).min_connections(0).connect_lazy_with((*readers.connect_options()).clone())
}

fn options(path: &Path, pragmas: &[(&'static str, &'static str)], read_only: bool) -> SqliteConnectOptions {
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(!read_only)
        .read_only(read_only)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging();
    for (name, value) in pragmas {
        options = options.pragma(*name, *value);
    }
    options
}

async fn check_version(pool: &SqlitePool) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) < SQLITE_LEAST {
        return Err(StoreError::unavailable(format!(
            "SQLite {version} can lose commits in WAL mode; 3.51.3 or later is needed: build with the bundled library"
        )));
    }
    Ok(())
}

async fn check_pragmas(connection: &mut SqliteConnection, wanted: &[(&str, &str)]) -> Result<(), StoreError> {
    for (name, value) in wanted {
        let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}"))).fetch_optional(&mut *connection).await?;
        let found = match row {
            Some(row) => row.try_get::<i64, _>(0).map(|n| n.to_string()).or_else(|_| row.try_get::<String, _>(0))?,
            None => "nothing".to_owned(),
        };
        if found != *value {
            return Err(StoreError::unavailable(format!(
                "SQLite has {name} = {found} where {value} is needed; is the file on a network share?"
            )));
        }
    }
    Ok(())
}

/// One line for the operator: which file, what is wrong, what to do.
pub(crate) fn explain_open(path: &Path, error: StoreError) -> StoreError {
    let file = path.display();
    match error {
        StoreError::Busy => StoreError::unavailable(format!(
            "the database file {file} is locked by another process; stop that one, or name another file"
        )),
        StoreError::Corrupt { detail } => StoreError::corrupt(format!(
            "{file} is not a mazad database ({detail}); move it away, or name another file"
        )),
        StoreError::Unavailable { detail } => StoreError::unavailable(format!("{file}: {detail}")),
        StoreError::Duplicate { .. } | StoreError::Missing => error,
    }
}

// ------------------------------------------------------------------ how they say no

/// Unique constraints: the name that `MySQL` reports and the columns that `SQLite` reports instead.
///
/// A primary key is reported by its table's name here.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("users_phone", "users.phone"),
    ("users_email", "users.email"),
    ("users", "users.id"),
    ("customer_profiles", "customer_profiles.user_id"),
    ("merchant_profiles", "merchant_profiles.user_id"),
    ("merchant_blocks", "merchant_blocks.customer_id, merchant_blocks.merchant_id"),
    ("otp_codes", "otp_codes.id"),
    ("otp_days", "otp_days.day"),
    ("otp_work", "otp_work.mac"),
    ("password_tries", "password_tries.name_digest"),
    ("oidc_links", "oidc_links.issuer, oidc_links.subject"),
    ("oidc_logins", "oidc_logins.state_digest"),
    ("oidc_logins_link", "oidc_logins.link_digest"),
    ("sessions", "sessions.id"),
    ("refresh_tokens_generation", "refresh_tokens.session_id, refresh_tokens.generation"),
    ("refresh_tokens", "refresh_tokens.token_digest"),
    ("idempotency_keys", "idempotency_keys.user_id, idempotency_keys.route, idempotency_keys.key_digest"),
    ("vehicle_brands_name", "vehicle_brands.name_en"),
    ("vehicle_brands", "vehicle_brands.id"),
    ("vehicle_models_name", "vehicle_models.brand_id, vehicle_models.name_en"),
    ("vehicle_models", "vehicle_models.id"),
    ("vehicle_trims_name", "vehicle_trims.model_id, vehicle_trims.name_en"),
    ("vehicle_trims", "vehicle_trims.id"),
    ("vehicles", "vehicles.id"),
    ("part_requests", "part_requests.id"),
    ("part_request_items_line", "part_request_items.request_id, part_request_items.line_no"),
    ("part_request_items", "part_request_items.id"),
    ("request_invites", "request_invites.request_id, request_invites.merchant_id"),
    ("request_questions", "request_questions.id"),
    ("auction_events", "auction_events.auction_id, auction_events.seq"),
    ("auction_events", "auction_events.pos"),
    ("auction_heads", "auction_heads.auction_id"),
    ("request_facts", "request_facts.request_id"),
    ("bid_facts", "bid_facts.merchant_id, bid_facts.request_id"),
    ("deal_prices", "deal_prices.order_id, deal_prices.line_no"),
    ("request_sums", "request_sums.part_key, request_sums.city_key, request_sums.brand_id, request_sums.day"),
    ("part_sums", "part_sums.city_key, part_sums.brand_id, part_sums.grain, part_sums.span, part_sums.part_key"),
    ("rollup_rounds", "rollup_rounds.id"),
    ("engine_pulse", "engine_pulse.id"),
    ("nodes", "nodes.number"),
    ("bids_merchant", "bids.merchant_id, bids.request_id"),
    ("bids", "bids.id"),
    ("orders_live", "orders.request_id, orders.live"),
    ("orders", "orders.id"),
    ("order_lines", "order_lines.order_id, order_lines.line_no"),
    ("order_events", "order_events.order_id, order_events.seq"),
    ("invoices_number", "invoices.merchant_id, invoices.number"),
    ("invoices", "invoices.order_id"),
    ("credit_notes_number", "credit_notes.merchant_id, credit_notes.number"),
    ("credit_notes", "credit_notes.order_id"),
    ("reminders_once", "reminders.subject, reminders.until_at, reminders.percent"),
    ("reminders", "reminders.id"),
    ("reviews_side", "reviews.order_id, reviews.side"),
    ("reviews", "reviews.id"),
    ("audit_log", "audit_log.seq"),
    ("catalogue_versions", "catalogue_versions.id"),
    ("account_erasures", "account_erasures.user_id"),
    ("payments", "payments.id"),
    ("payments_live", "payments.order_id, payments.live"),
    ("payments_gateway_ref", "payments.gateway, payments.gateway_ref"),
    ("payment_moves", "payment_moves.payment_id, payment_moves.seq"),
    ("payment_refunds", "payment_refunds.id"),
    ("payment_refunds_asked", "payment_refunds.payment_id, payment_refunds.asked"),
    ("payment_notices", "payment_notices.gateway, payment_notices.event_id"),
    ("order_accounts", "order_accounts.order_id"),
    ("files", "files.id"),
    ("files_storage_key", "files.storage_key"),
    ("request_files", "request_files.request_id, request_files.file_id"),
    ("merchant_files", "merchant_files.merchant_id, merchant_files.file_id"),
    ("bid_items", "bid_items.placed_at, bid_items.bid_id, bid_items.version, bid_items.line_no"),
    ("notices_once", "notices.user_id, notices.once"),
    ("notices_place", "notices.user_id, notices.place"),
    ("notices", "notices.id"),
    ("notice_deliveries", "notice_deliveries.notice_id, notice_deliveries.channel, notice_deliveries.device_id"),
    ("devices_address", "devices.address_digest"),
    ("devices", "devices.id"),
    ("notice_preferences", "notice_preferences.user_id, notice_preferences.kind, notice_preferences.channel"),
    ("notice_settings", "notice_settings.user_id"),
    ("announcements", "announcements.request_id, announcements.ring"),
    ("auction_told", "auction_told.auction_id"),
];

/// How `SQLite` refuses an entry that does not follow its auction's head: see `group`.
const FENCE: &str = "NOT NULL constraint failed: auction_events.prev";

/// What a database's "no" to a statement with this text means.
pub(crate) fn read_refusal(refused: &dyn DatabaseError, text: &str) -> StoreError {
    let message = refused.message();
    if refused.is_unique_violation() {
        return StoreError::Duplicate { key: read_key(message, text) };
    }
    if message.ends_with(FENCE) {
        return StoreError::Duplicate { key: "auction_events" };
    }
    if refused.is_foreign_key_violation() {
        return StoreError::Missing;
    }
    if let Some(mysql) = refused.try_downcast_ref::<MySqlDatabaseError>() {
        return match mysql.number() {
            // Lock wait, deadlock, changed since it was read: the transaction is to be repeated.
            1205 | 1213 | 1020 => StoreError::Busy,
            _ => StoreError::unavailable(message),
        };
    }
    if refused.try_downcast_ref::<SqliteError>().is_some() {
        let code: i32 = refused.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        // The low byte is the primary result code (sqlite.org/rescode.html).
        return match code & 0xff {
            5 | 6 => StoreError::Busy,
            8 => StoreError::unavailable("it is read-only: allow this user to write to the file and its directory"),
            11 | 26 => StoreError::corrupt(message),
            13 => StoreError::unavailable("the disk is full: free some space; nothing that was acknowledged is lost"),
            14 => StoreError::unavailable("it cannot be opened: check the path and its permissions"),
            _ => StoreError::unavailable(format!("{message} (SQLite code {code})")),
        };
    }
    StoreError::unavailable(message)
}

/// The name of the constraint in a message, in the words of either database.
///
/// `SQLite`: `UNIQUE constraint failed: users.phone`. `MySQL`: `Duplicate entry '…' for key 'users.users_phone'`,
/// `MariaDB` without the table; for a primary key `users.PRIMARY`, on `MariaDB` only `PRIMARY`: then the statement tells
/// whose.
fn read_key(message: &str, text: &str) -> &'static str {
    if let Some((_, columns)) = message.split_once("failed: ") {
        return KEYS.iter().find(|(_, known)| *known == columns).map_or("unknown", |(name, _)| name);
    }
    let quoted = message.trim_end_matches('\'').rsplit('\'').next().unwrap_or("");
    let (table, index) = quoted.split_once('.').unwrap_or_else(|| (table_of(text), quoted));
    let name = if index == "PRIMARY" { table } else { index };
    KEYS.iter().find(|(known, _)| *known == name).map_or("unknown", |(name, _)| name)
}

/// The table that a statement writes.
fn table_of(text: &str) -> &str {
    let rest = text.strip_prefix("INSERT INTO ").or_else(|| text.strip_prefix("UPDATE ")).unwrap_or("");
    rest.split(' ').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{WAL_BYTES_MAX, WAL_PAGES};

    #[test]
    fn a_key_is_read_in_the_words_of_every_server() {
        let insert = "INSERT INTO users (id, phone) VALUES (?, ?)";
        for (message, text, key) in [
            ("UNIQUE constraint failed: users.phone", insert, "users_phone"),
            ("Duplicate entry '1' for key 'users.users_phone'", insert, "users_phone"),
            ("Duplicate entry '1' for key 'users_phone'", insert, "users_phone"),
            ("Duplicate entry '1' for key 'users.PRIMARY'", "", "users"),
            ("Duplicate entry 'x' for key 'PRIMARY'", insert, "users"),
            ("Duplicate entry 'PRIMARY' for key 'PRIMARY'", "UPDATE users SET id = ?", "users"),
            ("Duplicate entry 'x' for key 'PRIMARY'", "", "unknown"),
        ] {
            assert_eq!(read_key(message, text), key, "{message}");
        }
    }

    #[test]
    fn the_pragmas_say_what_the_limits_say() {
        let set = |name| WRITER.iter().find(|(pragma, _)| *pragma == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(set("wal_autocheckpoint"), Some(WAL_PAGES.to_string()));
        assert_eq!(set("journal_size_limit"), Some(WAL_BYTES_MAX.to_string()));
    }
}
