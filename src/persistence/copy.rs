//! Moves an installation: every row of a file to a server, or back, in one transaction of the target. What breaks off leaves
//! the target as it was, so it is simply begun again.
//!
//! Both have the same tables, with two exceptions: the journal of a file has its own order (decision 0007), and the words of
//! requests are a full-text table there, an index of a table here.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt;
use sqlx::mysql::MySqlConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, QueryBuilder, Row};

use crate::domain::ids::RequestId;
use crate::persistence::Db;
use crate::persistence::audit;
use crate::persistence::audit::Verdict;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::replay;

statements! {
    SELECT_HEADS_AFTER = both(
        "SELECT auction_id, seq, hash FROM auction_heads WHERE auction_id > ? ORDER BY auction_id LIMIT 500",
    );
}

/// Of the server alone, where each column's type tells its meaning.
const COLUMNS: &str = "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(data_type AS CHAR) FROM \
                       information_schema.columns WHERE table_schema = DATABASE() AND table_name <> '_sqlx_migrations' \
                       ORDER BY table_name, ordinal_position";
/// What a fresh schema brings along; the source's own rows replace it.
const SEEDED: [&str; 4] = ["vehicle_trims", "vehicle_models", "vehicle_brands", "catalogue_versions"];
/// Rows of an INSERT.
const ROWS: usize = 200;

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Text,
    Bytes,
}

enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
}

impl Table {
    /// Its columns by the names that they have on this side.
    fn names(&self, on_a_file: bool) -> Vec<&str> {
        let is_index = on_a_file && self.name == "request_texts";
        let name = |name| if is_index && name == "request_id" { "rowid" } else { name };
        self.columns.iter().map(|(column, _)| name(column.as_str())).collect()
    }

    fn select(&self, on_a_file: bool) -> String {
        let list = self.names(on_a_file).join("`, `");
        // A server's journal lies by auction, and is numbered on its way into a file.
        let order = if self.name == "auction_events" { " ORDER BY auction_id, seq" } else { "" };
        let order = if on_a_file { "" } else { order };
        format!("SELECT `{list}` FROM `{}`{order}", self.name)
    }

    fn insert(&self, on_a_file: bool) -> String {
        let mut names = self.names(on_a_file);
        if on_a_file {
            names.extend(self.only_on_a_file());
        }
        format!("INSERT INTO `{}` (`{}`) ", self.name, names.join("`, `"))
    }

    fn only_on_a_file(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            "auction_events" => &["pos", "prev"],
            "auction_heads" => &["position"],
            _ => &[],
        }
    }

    fn at(&self, column: &str) -> usize {
        self.columns.iter().position(|(name, _)| name == column).unwrap_or(0)
    }
}

/// The order of a file's journal, given to the entries as they come.
#[derive(Default)]
struct Places {
    last: i64,
    of: HashMap<i64, i64>,
}

impl Places {
    /// Adds what only a file has.
    fn add(&mut self, table: &Table, row: &mut Vec<Value>) {
        if table.only_on_a_file().is_empty() {
            return;
        }
        let Some(Value::Number(Some(auction))) = row.get(table.at("auction_id")) else { return };
        let before = self.of.get(auction).copied();
        if table.name == "auction_heads" {
            row.push(Value::Number(before));
            return;
        }
        self.last += 1;
        self.of.insert(*auction, self.last);
        row.push(Value::Number(Some(self.last)));
        row.push(Value::Number(Some(before.unwrap_or(0))));
    }
}

/// Copies everything from one database to an empty one of the other kind; tells the rows of each table.
///
/// # Errors
/// [`StoreError`] in one line for the operator; the target is as it was.
pub async fn copy(from: &Db, to: &Db) -> Result<BTreeMap<String, u64>, StoreError> {
    match (from, to) {
        (Db::Sqlite { r, .. }, Db::MySql { pool, .. }) => {
            // Connections of their own: what they are set to goes with them.
            let mut target = pool.acquire().await?.detach();
            let mut source = r.acquire().await?;
            sqlx::raw_sql("SET SESSION foreign_key_checks = 0").execute(&mut target).await?;
            to_server(&mut source, &mut target).await
        }
        (Db::MySql { pool, .. }, Db::Sqlite { w, .. }) => {
            let mut source = pool.acquire().await?.detach();
            let mut target = w.acquire().await?;
            sqlx::raw_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut source).await?;
            to_file(&mut source, &mut target).await
        }
        (Db::Sqlite { .. }, Db::Sqlite { .. }) | (Db::MySql { .. }, Db::MySql { .. }) => Err(StoreError::unavailable(
            "--from and --to are of one kind; copy a file as a file, and a server with mariadb-dump or mysqldump",
        )),
    }
}

/// The rows of a table, sent from one connection to the other.
macro_rules! send {
    ($table:expr, $source:expr, $target:expr, from_file: $from_file:literal, $add:expr) => {{
        let (text, insert) = ($table.select($from_file), $table.insert(!$from_file));
        let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(&mut *$source);
        let (mut chunk, mut sent) = (Vec::with_capacity(ROWS), 0_u64);
        loop {
            let row = rows.try_next().await?;
            let is_last = row.is_none();
            if let Some(row) = row {
                let mut values = Vec::with_capacity($table.columns.len() + 2);
                for (at, (_, kind)) in $table.columns.iter().enumerate() {
                    values.push(match kind {
                        Kind::Number => Value::Number(row.try_get(at)?),
                        Kind::Text => Value::Text(row.try_get(at)?),
                        Kind::Bytes => Value::Bytes(row.try_get(at)?),
                    });
                }
                $add(&mut values);
                chunk.push(values);
            }
            if chunk.len() == ROWS || (is_last && !chunk.is_empty()) {
                sent += u64::try_from(chunk.len()).unwrap_or(0);
                let mut query = QueryBuilder::new(insert.as_str());
                query.push_values(chunk.drain(..), |mut row, values| {
                    for value in values {
                        match value {
                            Value::Number(number) => row.push_bind(number),
                            Value::Text(text) => row.push_bind(text),
                            Value::Bytes(bytes) => row.push_bind(bytes),
                        };
                    }
                });
                query.build().execute(&mut *$target).await?;
            }
            if is_last {
                break sent;
            }
        }
    }};
}

/// Refuses a target in which there is something, and takes out what its schema brought along.
macro_rules! empty {
    ($tables:expr, $target:expr) => {{
        for table in $tables.iter().filter(|table| !SEEDED.contains(&table.name.as_str())) {
            let any = AssertSqlSafe(format!("SELECT COUNT(*) FROM `{}`", table.name));
            let (rows,): (i64,) = sqlx::query_as(any).fetch_one(&mut *$target).await?;
            if rows > 0 {
                return Err(StoreError::unavailable(format!(
                    "the target is not empty: {} has rows; name an empty database (nothing was changed)",
                    table.name
                )));
            }
        }
        for table in SEEDED {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM `{table}`"))).execute(&mut *$target).await?;
        }
    }};
}

async fn to_server(
    source: &mut SqliteConnection,
    target: &mut MySqlConnection,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let tables = tables(target).await?;
    let mut source = source.begin().await?;
    let mut target = target.begin().await?;
    empty!(tables, target);
    let mut sent = BTreeMap::new();
    for table in &tables {
        let rows = send!(table, source, target, from_file: true, |_: &mut Vec<Value>| ());
        sent.insert(table.name.clone(), rows);
    }
    target.commit().await?;
    Ok(sent)
}

async fn to_file(
    source: &mut MySqlConnection,
    target: &mut SqliteConnection,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let tables = tables(source).await?;
    let mut source = source.begin_with("START TRANSACTION WITH CONSISTENT SNAPSHOT").await?;
    let mut target = target.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql("PRAGMA defer_foreign_keys = ON").execute(&mut *target).await?;
    empty!(tables, target);
    let (mut sent, mut places) = (BTreeMap::new(), Places::default());
    for table in &tables {
        let rows = send!(table, source, target, from_file: false, |row: &mut Vec<Value>| places.add(table, row));
        sent.insert(table.name.clone(), rows);
    }
    target.commit().await?;
    Ok(sent)
}

async fn tables(server: &mut MySqlConnection) -> Result<Vec<Table>, StoreError> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(COLUMNS).fetch_all(server).await?;
    let mut tables: Vec<Table> = Vec::new();
    for (table, column, kind) in columns {
        let kind = match kind.as_str() {
            "bigint" => Kind::Number,
            "varchar" | "longtext" => Kind::Text,
            "binary" | "varbinary" => Kind::Bytes,
            other => return Err(StoreError::unavailable(format!("{table}.{column} is {other}, which no step makes"))),
        };
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns.push((column, kind)),
            None => tables.push(Table { name: table, columns: vec![(column, kind)] }),
        }
    }
    Ok(tables)
}

// ------------------------------------------------------------------ whether it is the same

/// Checks that a copy is the same: every table's rows, every journal folded to its head, the audit log's chain. Tells how many
/// journals there are.
///
/// # Errors
/// [`StoreError::Corrupt`] says what differs.
pub async fn compare(from: &Db, to: &Db, tables: &BTreeMap<String, u64>) -> Result<usize, StoreError> {
    for (table, sent) in tables {
        let (there, here) = (count(from, table).await?, count(to, table).await?);
        if there != *sent || here != *sent {
            return Err(StoreError::corrupt(format!(
                "{table} has {there} rows here and {here} there, and {sent} were sent: was a server writing?"
            )));
        }
    }
    let (mut last, mut journals) = (i64::MIN, 0);
    loop {
        let heads = all!(from, (i64, i64, Vec<u8>), SELECT_HEADS_AFTER, last)?;
        if heads != all!(to, (i64, i64, Vec<u8>), SELECT_HEADS_AFTER, last)? {
            return Err(StoreError::corrupt(format!("the heads of auctions behind {last} differ")));
        }
        let Some((behind, ..)) = heads.last() else { break };
        last = *behind;
        for (auction, _, hash) in heads {
            let folded = replay::fold_one(to, RequestId(auction), 0).await?;
            if folded.is_none_or(|(folded, _)| folded.hash.as_slice() != hash) {
                return Err(StoreError::corrupt(format!(
                    "the journal of {} does not lead to its head",
                    RequestId(auction)
                )));
            }
            journals += 1;
        }
    }
    match audit::verify(to).await? {
        Verdict::Whole { .. } => Ok(journals),
        Verdict::Damaged { seq, .. } => Err(StoreError::corrupt(format!("entry {seq} of the audit log"))),
    }
}

async fn count(db: &Db, table: &str) -> Result<u64, StoreError> {
    let text = AssertSqlSafe(format!("SELECT COUNT(*) FROM `{table}`"));
    let (rows,): (i64,) = match db {
        Db::Sqlite { r, .. } => sqlx::query_as(text).fetch_one(r).await?,
        Db::MySql { pool, .. } => sqlx::query_as(text).fetch_one(pool).await?,
    };
    Ok(u64::try_from(rows).unwrap_or(0))
}
