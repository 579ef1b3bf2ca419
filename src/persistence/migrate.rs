//! The schema, embedded in the program: the same numbers and names for both databases, forward only.

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;

/// Where the steps that were taken are noted; the driver's own name for it.
const TABLE: &str = "_sqlx_migrations";
/// While a step is under way its duration counts its statements, downwards from here.
const FIRST_STATEMENT: i64 = -1;

statements! {
    HAS_STEPS = per(
        "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'",
    );
    TAKE_TURN = per("SELECT 1", "SELECT CAST(COALESCE(GET_LOCK(CONCAT('mazad.', MD5(DATABASE())), 60), 0) AS SIGNED)");
    FREE_TURN = per("SELECT 1", "SELECT CAST(COALESCE(RELEASE_LOCK(CONCAT('mazad.', MD5(DATABASE()))), 0) AS SIGNED)");
    SELECT_LAST_STEP = both("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success = 1");
    SELECT_STEPS = both("SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version");
    STATEMENTS_DONE = both("SELECT success, execution_time FROM _sqlx_migrations WHERE version = ?");
    INSERT_STEP = both(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (?, ?, FALSE, ?, ?)",
    );
    COUNT_STATEMENT = both("UPDATE _sqlx_migrations SET execution_time = ? WHERE version = ?");
    END_STEP = both("UPDATE _sqlx_migrations SET success = TRUE, execution_time = 0 WHERE version = ?");
}

row! {
    struct StepRow {
        version: i64,
        success: bool,
        checksum: Vec<u8>,
    }
}

/// One step of the schema in both dialects.
pub struct Step {
    /// Counts from 1.
    pub number: i64,
    /// What the file is called after its number.
    pub name: &'static str,
    /// For `SQLite`.
    pub sqlite: &'static str,
    /// For `MySQL`.
    pub mysql: &'static str,
}

macro_rules! steps {
    ($($zeros:literal: $($number:literal $name:literal)*;)*) => {
        &[$($(Step {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $zeros, $number, "_", $name, ".sql")),
            mysql: include_str!(concat!("../../migrations/mysql/", $zeros, $number, "_", $name, ".sql")),
        },)*)*]
    };
}

/// Every step, in order.
pub const STEPS: &[Step] = steps! {
    "000":
        1 "users"
        2 "access"
        3 "vehicles"
        4 "catalogue"
        5 "requests"
        6 "journal"
        7 "bids"
        8 "arrival"
        9 "sign_in";
    "00":
        10 "audit"
        11 "catalogue_versions"
        12 "erasures"
        13 "idempotency"
        14 "attempts"
        15 "asking"
        16 "search"
        17 "orders"
        18 "invoices"
        19 "files"
        20 "payments"
        21 "settling"
        22 "credit_notes"
        23 "nodes"
        24 "recent_blocks"
        25 "notices"
        26 "rollups";
};

/// Whether the schema has every step that this program knows. A later program may have added more: steps only add.
///
/// # Errors
/// [`StoreError`] when the database does not answer.
pub async fn is_current(db: &Db) -> Result<bool, StoreError> {
    let last = one!(db, (i64,), SELECT_LAST_STEP)?.map_or(0, |(last,)| last);
    Ok(STEPS.iter().all(|step| step.number <= last))
}

fn migration(step: &Step, text: &'static str) -> Migration {
    Migration::new(step.number, step.name.into(), MigrationType::Simple, text.into_sql_str(), false)
}

/// Brings the schema up to date; tells how many steps it took. Processes that start together take turns.
///
/// # Errors
/// [`StoreError`] in one line for the operator. What was done is kept: the next attempt goes on behind it.
pub async fn run(db: &Db) -> Result<usize, StoreError> {
    let missing = status(db).await?.iter().filter(|(_, stage)| *stage != Stage::Applied).count();
    match db {
        Db::Sqlite { w, .. } => {
            let steps = STEPS.iter().map(|step| migration(step, step.sqlite)).collect();
            Migrator::with_migrations(steps).run(w).await.map_err(explain)?;
        }
        Db::MySql { pool, .. } => server::run(pool).await?,
    }
    Ok(missing)
}

/// How far a database has come with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is there.
    Applied,
    /// It broke off; the next attempt goes on with it.
    HalfWay,
    /// It is yet to come.
    Pending,
}

/// Every step of this program, in order, and how far the database has come with it.
///
/// # Errors
/// [`StoreError`] where the database was left by a later or another program.
pub async fn status(db: &Db) -> Result<Vec<(&'static Step, Stage)>, StoreError> {
    let known = one!(db, (i64,), HAS_STEPS)?.is_some_and(|(tables,)| tables > 0);
    let rows = if known { all!(db, StepRow, SELECT_STEPS)? } else { Vec::new() };
    if let Some(row) = rows.iter().find(|row| STEPS.iter().all(|step| step.number != row.version)) {
        return Err(explain(MigrateError::VersionMissing(row.version)));
    }
    STEPS.iter().map(|step| stage(db, step, &rows)).collect()
}

fn stage(db: &Db, step: &'static Step, rows: &[StepRow]) -> Result<(&'static Step, Stage), StoreError> {
    let Some(row) = rows.iter().find(|row| row.version == step.number) else { return Ok((step, Stage::Pending)) };
    let text = match db {
        Db::Sqlite { .. } => step.sqlite,
        Db::MySql { .. } => step.mysql,
    };
    if row.checksum != *migration(step, text).checksum {
        return Err(explain(MigrateError::VersionMismatch(step.number)));
    }
    Ok((step, if row.success { Stage::Applied } else { Stage::HalfWay }))
}

/// A server commits each change of its schema by itself, so a step that breaks off there is half done. Its statements are
/// counted as they are done, and the next attempt goes on behind the last.
mod server {
    use sqlx::migrate::Migrate;
    use sqlx::mysql::MySqlDatabaseError;
    use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, MySqlPool};

    use super::{
        COUNT_STATEMENT, END_STEP, FIRST_STATEMENT, FREE_TURN, INSERT_STEP, STATEMENTS_DONE, STEPS, Step, TABLE,
        TAKE_TURN, explain, migration, statements_of,
    };
    use crate::persistence::error::StoreError;

    /// Table, column, index or constraint is there already; the one to be dropped is not; the row is there.
    const DONE_BEFORE: [u16; 8] = [1_050, 1_051, 1_060, 1_061, 1_062, 1_091, 1_826, 1_022];

    pub(super) async fn run(pool: &MySqlPool) -> Result<(), StoreError> {
        let mut connection = pool.acquire().await?;
        let (turn,): (i64,) = sqlx::query_as(TAKE_TURN.mysql).fetch_one(&mut *connection).await?;
        if turn != 1 {
            return Err(StoreError::unavailable(
                "another process has been changing its schema for a minute; wait for it",
            ));
        }
        let outcome = run_in_turn(&mut connection).await;
        // The turn ends with the connection in any case.
        let _ = connection.execute(FREE_TURN.mysql).await;
        outcome
    }

    async fn run_in_turn(connection: &mut MySqlConnection) -> Result<(), StoreError> {
        connection.ensure_migrations_table(TABLE).await.map_err(explain)?;
        for step in STEPS {
            take(connection, step).await?;
        }
        Ok(())
    }

    async fn take(connection: &mut MySqlConnection, step: &Step) -> Result<(), StoreError> {
        let row: Option<(bool, i64)> =
            sqlx::query_as(STATEMENTS_DONE.mysql).bind(step.number).fetch_optional(&mut *connection).await?;
        if row.is_some_and(|(success, _)| success) {
            return Ok(());
        }
        if row.is_none() {
            let checksum = migration(step, step.mysql).checksum;
            let insert = sqlx::query(INSERT_STEP.mysql).bind(step.number).bind(step.name).bind(&*checksum);
            insert.bind(FIRST_STATEMENT).execute(&mut *connection).await?;
        }
        let done = row.map_or(0, |(_, count)| usize::try_from(FIRST_STATEMENT - count).unwrap_or(0));
        for (number, text) in statements_of(step.mysql).into_iter().enumerate().skip(done) {
            // Rows change with their count in one transaction; a change of the schema commits by itself, and a crash right
            // behind it leaves it uncounted.
            let mut tx = connection.begin().await?;
            if let Err(error) = tx.execute(AssertSqlSafe(text.to_owned())).await {
                let refused = error.as_database_error().and_then(|e| e.try_downcast_ref::<MySqlDatabaseError>());
                let is_there = refused.is_some_and(|refused| DONE_BEFORE.contains(&refused.number()));
                if !(is_there && row.is_some() && number == done) {
                    return Err(explain(sqlx::migrate::MigrateError::ExecuteMigration(error, step.number)));
                }
            }
            let count = FIRST_STATEMENT - i64::try_from(number + 1).unwrap_or(0);
            sqlx::query(COUNT_STATEMENT.mysql).bind(count).bind(step.number).execute(&mut *tx).await?;
            tx.commit().await?;
        }
        sqlx::query(END_STEP.mysql).bind(step.number).execute(connection).await?;
        Ok(())
    }
}

/// The statements of a text: what its semicolons part, outside of comments and of quoted words.
fn statements_of(text: &str) -> Vec<&str> {
    let (mut found, mut from, mut quoted, mut comment) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '\n' => comment = false,
            '\'' if !comment => quoted = !quoted,
            '-' if !quoted && text[at..].starts_with("--") => comment = true,
            ';' if !quoted && !comment => {
                found.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn explain(error: MigrateError) -> StoreError {
    if let MigrateError::VersionMissing(number) = error {
        return StoreError::unavailable(format!(
            "its schema has step {number}, which this program does not know: it was opened by a later version, use that"
        ));
    }
    if let MigrateError::VersionMismatch(number) = error {
        return StoreError::corrupt(format!("step {number} of its schema is not the one this program has"));
    }
    if let MigrateError::Dirty(number) = error {
        return StoreError::corrupt(format!("step {number} of its schema broke off half way; restore a backup"));
    }
    if let MigrateError::ExecuteMigration(error, number) = error {
        return StoreError::unavailable(format!(
            "step {number} of its schema failed ({error}); what came before is kept: remove the cause and run mazad migrate up"
        ));
    }
    if let MigrateError::Execute(error) = error {
        return error.into();
    }
    StoreError::unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_into_its_statements() {
        let text = "-- a; b's\nINSERT INTO a VALUES ('x;--y', 'it''s');\n\nCREATE TABLE b (c BIGINT -- d;\n);\n";
        let found = statements_of(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("('x;--y', 'it''s')") && found[1].ends_with(')'), "{found:?}");
        for step in STEPS {
            let rest = step.mysql.rsplit(';').next().unwrap_or_default().trim();
            assert!(
                rest.lines().all(|line| line.starts_with("--")),
                "{}: a statement without its end: {rest}",
                step.name
            );
        }
    }
}
