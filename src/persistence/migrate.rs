//! The schema, embedded in the program: the same numbers and names for both databases, forward only.

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::persistence::Db;
use crate::persistence::error::StoreError;

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
        20 "payments";
};

/// Brings the schema up to date.
pub(crate) async fn run(db: &Db) -> Result<(), StoreError> {
    let migrator = |dialect: fn(&Step) -> &'static str| {
        let step = |step: &Step| {
            let sql = dialect(step).into_sql_str();
            Migration::new(step.number, step.name.into(), MigrationType::Simple, sql, false)
        };
        Migrator::with_migrations(STEPS.iter().map(step).collect())
    };
    match db {
        Db::Sqlite { w, .. } => migrator(|step| step.sqlite).run(w).await,
        Db::MySql(pool) => migrator(|step| step.mysql).run(pool).await,
    }
    .map_err(explain)
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
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return error.into();
    }
    StoreError::unavailable(error.to_string())
}
