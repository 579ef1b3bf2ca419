//! SQL lives here and nowhere else: one text for `SQLite` and `MySQL`, in `dialect` what cannot be one.
//!
//! Times are microseconds since the Unix epoch, money is halalas, ids are minted by the application, flags are 0 or
//! 1: all of them 64-bit integers. Every statement is a constant made by `statements!`, so a test prepares each.
//! The macros stand above the modules: every file of this directory has them without an import.

use std::path::Path;

use sqlx::{MySql, MySqlPool, Sqlite, SqlitePool};

use crate::domain::ids::{
    BidId, DeviceId, FileId, ItemId, NoticeId, OrderId, PaymentId, QuestionId, RefundId, RequestId, ReviewId,
    SessionId, UserId, VehicleId,
};
use crate::domain::money::AmountMinor;
use crate::domain::time::UnixMicros;
use crate::persistence::append::Places;
use crate::persistence::error::StoreError;
use crate::persistence::turns::Turns;
use crate::persistence::wake::{Bells, Held, Work};
use crate::persistence::wal::Wal;

/// A statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// For `SQLite`.
    pub sqlite: &'static str,
    /// For `MySQL` and `MariaDB`.
    pub mysql: &'static str,
}

/// One text for both databases: how it should be.
#[must_use]
pub const fn both(text: &'static str) -> Sql {
    Sql { sqlite: text, mysql: text }
}

/// A text for each: only where the databases have no common word for it.
#[must_use]
pub const fn per(sqlite: &'static str, mysql: &'static str) -> Sql {
    Sql { sqlite, mysql }
}

/// Names statements and lists them in `STATEMENTS`, so that none escapes the test that prepares them all.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(const $name: $crate::persistence::Sql = $sql;)*
        /// Every statement of this file, by name.
        pub const STATEMENTS: &[(&str, $crate::persistence::Sql)] = &[$((stringify!($name), $name)),*];
    };
}

/// A type that is read from a column: ids, money and instants are 64-bit integers there.
pub trait Column: Sized {
    /// What the drivers read.
    type Raw;
    /// Gives it its meaning.
    fn read(raw: Self::Raw) -> Self;
}

macro_rules! columns {
    (plain $($plain:ty)*) => {$(
        impl Column for $plain {
            type Raw = $plain;
            fn read(raw: $plain) -> Self {
                raw
            }
        }
    )*};
    (numbers $($number:ident)*) => {$(
        impl Column for $number {
            type Raw = i64;
            fn read(raw: i64) -> Self {
                $number(raw)
            }
        }
    )*};
}

columns! { plain i64 bool String Vec<u8> }
columns! {
    numbers UserId VehicleId RequestId ItemId BidId OrderId QuestionId ReviewId FileId PaymentId RefundId SessionId NoticeId
    DeviceId AmountMinor UnixMicros
}

impl<T: Column> Column for Option<T> {
    type Raw = Option<T::Raw>;
    fn read(raw: Option<T::Raw>) -> Self {
        raw.map(T::read)
    }
}

/// A struct whose fields are read from the columns of the same names, with either driver. Field types are [`Column`]s.
macro_rules! row {
    ($(#[$doc:meta])* $vis:vis struct $name:ident { $($(#[$field_doc:meta])* $field_vis:vis $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name { $($(#[$field_doc])* $field_vis $field: $type,)* }

        impl<'r, R> sqlx::FromRow<'r, R> for $name
        where
            R: sqlx::Row,
            &'static str: sqlx::ColumnIndex<R>,
            $(<$type as $crate::persistence::Column>::Raw: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: <$type as $crate::persistence::Column>::read(row.try_get(stringify!($field))?),)* })
            }
        }
    };
}

/// `exec!(tx, SQL, binds…)`: writes inside a transaction, `Result<u64>` of the rows it matched (also those that it
/// left as they were).
macro_rules! exec {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let sql: $crate::persistence::Sql = $sql;
        match $tx {
            $crate::persistence::Tx::Sqlite(t) => {
                sqlx::query(sql.sqlite)$(.bind($bind))*.execute(&mut **t).await.map(|done| done.rows_affected())
            }
            $crate::persistence::Tx::MySql(t) => {
                sqlx::query(sql.mysql)$(.bind($bind))*.execute(&mut **t).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|error| $crate::persistence::error::StoreError::of(error, sql.mysql))
    }};
}

/// `exec_now!(db, SQL, binds…)`: one write that is its own transaction. Rows as with `exec!`.
macro_rules! exec_now {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let sql: $crate::persistence::Sql = $sql;
        match $db {
            $crate::persistence::Db::Sqlite { w, .. } => {
                sqlx::query(sql.sqlite)$(.bind($bind))*.execute(w).await.map(|done| done.rows_affected())
            }
            $crate::persistence::Db::MySql { pool, .. } => {
                sqlx::query(sql.mysql)$(.bind($bind))*.execute(pool).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|error| $crate::persistence::error::StoreError::of(error, sql.mysql))
    }};
}

/// The common body of the reading macros.
macro_rules! fetch {
    (db $db:expr, $row:ty, $how:ident, $sql:expr $(, $bind:expr)*) => {{
        let sql: $crate::persistence::Sql = $sql;
        match $db {
            $crate::persistence::Db::Sqlite { r, .. } => {
                sqlx::query_as::<_, $row>(sql.sqlite)$(.bind($bind))*.$how(r).await
            }
            $crate::persistence::Db::MySql { pool, .. } => {
                sqlx::query_as::<_, $row>(sql.mysql)$(.bind($bind))*.$how(pool).await
            }
        }
        .map_err($crate::persistence::error::StoreError::from)
    }};
    (tx $tx:expr, $row:ty, $how:ident, $sql:expr $(, $bind:expr)*) => {{
        let sql: $crate::persistence::Sql = $sql;
        match $tx {
            $crate::persistence::Tx::Sqlite(t) => {
                sqlx::query_as::<_, $row>(sql.sqlite)$(.bind($bind))*.$how(&mut **t).await
            }
            $crate::persistence::Tx::MySql(t) => {
                sqlx::query_as::<_, $row>(sql.mysql)$(.bind($bind))*.$how(&mut **t).await
            }
        }
        .map_err($crate::persistence::error::StoreError::from)
    }};
}

/// `one!(db, Row, SQL, binds…)`: the first row, `Result<Option<Row>>`.
macro_rules! one {
    ($db:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        fetch!(db $db, $row, fetch_optional, $sql $(, $bind)*)
    };
}

/// `all!(db, Row, SQL, binds…)`: every row, `Result<Vec<Row>>`. The statement carries a LIMIT or a bound by key.
macro_rules! all {
    ($db:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        fetch!(db $db, $row, fetch_all, $sql $(, $bind)*)
    };
}

/// `all_of!(db, Row, HEAD, ids)`: every row whose key is among `ids`; `HEAD` ends where the list in brackets begins.
macro_rules! all_of {
    ($db:expr, $row:ty, $head:expr, $ids:expr) => {{
        let head: &'static str = $head;
        macro_rules! on {
            ($pool:expr) => {{
                let mut query = sqlx::QueryBuilder::new(head);
                let mut list = query.push("(").separated(", ");
                for id in $ids {
                    list.push_bind(id);
                }
                list.push_unseparated(")");
                query.build_query_as::<$row>().fetch_all($pool).await
            }};
        }
        match $db {
            $crate::persistence::Db::Sqlite { r, .. } => on!(r),
            $crate::persistence::Db::MySql { pool, .. } => on!(pool),
        }
        .map_err($crate::persistence::error::StoreError::from)
    }};
}

/// `one!` inside a transaction: sees what the transaction wrote.
macro_rules! one_in {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        fetch!(tx $tx, $row, fetch_optional, $sql $(, $bind)*)
    };
}

/// `all!` inside a transaction: sees what the transaction wrote.
macro_rules! all_in {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        fetch!(tx $tx, $row, fetch_all, $sql $(, $bind)*)
    };
}

pub mod access;
pub mod accounts;
pub mod alone;
pub mod analytics;
pub mod append;
pub mod audit;
pub mod bids;
pub mod blocks;
pub mod catalog;
pub mod codes;
pub mod copy;
pub mod dead_letters;
pub mod devices;
pub(crate) mod dialect;
pub mod error;
pub(crate) mod event_json;
pub mod file_copy;
pub mod files;
pub mod group;
pub mod idempotency;
pub mod identities;
pub mod inbox;
pub mod invoices;
pub mod journal;
pub mod listings;
pub mod migrate;
pub mod money_audit;
pub mod nodes;
pub mod notice_json;
pub mod notice_subjects;
pub mod orders;
pub mod outbox;
pub mod payments;
pub mod planning;
pub mod preferences;
pub mod privacy;
pub mod profiles;
pub mod pulse;
pub mod questions;
pub mod refunds;
pub mod reminders;
pub mod replay;
pub mod requests;
pub mod reviews;
pub mod search;
pub mod sending;
pub(crate) mod server;
pub mod told;
pub mod tries;
pub mod turns;
pub mod users;
pub mod vehicles;
pub mod wake;
pub mod wal;

/// The statements of every file, by name: a test prepares each, another looks for a file that is missing here.
#[must_use]
pub fn every_statement() -> Vec<(&'static str, Sql)> {
    [
        access::STATEMENTS,
        accounts::STATEMENTS,
        append::STATEMENTS,
        audit::STATEMENTS,
        bids::STATEMENTS,
        analytics::changes::STATEMENTS,
        analytics::facts::STATEMENTS,
        analytics::people::STATEMENTS,
        analytics::prices::STATEMENTS,
        analytics::recount::STATEMENTS,
        analytics::sums::STATEMENTS,
        blocks::STATEMENTS,
        catalog::STATEMENTS,
        codes::STATEMENTS,
        copy::STATEMENTS,
        dead_letters::STATEMENTS,
        devices::STATEMENTS,
        files::STATEMENTS,
        group::STATEMENTS,
        idempotency::STATEMENTS,
        identities::STATEMENTS,
        inbox::STATEMENTS,
        invoices::STATEMENTS,
        journal::STATEMENTS,
        listings::STATEMENTS,
        migrate::STATEMENTS,
        money_audit::STATEMENTS,
        nodes::STATEMENTS,
        orders::STATEMENTS,
        outbox::STATEMENTS,
        payments::STATEMENTS,
        planning::STATEMENTS,
        preferences::STATEMENTS,
        privacy::STATEMENTS,
        profiles::STATEMENTS,
        pulse::STATEMENTS,
        refunds::STATEMENTS,
        reminders::STATEMENTS,
        replay::STATEMENTS,
        questions::STATEMENTS,
        requests::STATEMENTS,
        reviews::STATEMENTS,
        search::STATEMENTS,
        sending::STATEMENTS,
        told::STATEMENTS,
        tries::STATEMENTS,
        users::STATEMENTS,
        vehicles::STATEMENTS,
        wal::STATEMENTS,
    ]
    .concat()
}

/// The database.
#[derive(Clone, Debug)]
pub enum Db {
    /// A file. One connection writes, so no two writers ever meet; the others cannot write.
    Sqlite {
        /// The one that writes.
        w: SqlitePool,
        /// Those that read.
        r: SqlitePool,
        /// Where the journal goes on.
        places: Places,
        /// What keeps the WAL short.
        wal: Wal,
        /// Whose turn on the writer it is, of those whom nobody waits for.
        turns: Turns,
        /// Who waits for work.
        bells: Bells,
    },
    /// A `MySQL` or `MariaDB` server.
    MySql {
        /// What everybody uses.
        pool: MySqlPool,
        /// One connection of the engine's own: however many browse, bids need not wait for theirs.
        journal: MySqlPool,
        /// Who waits for work.
        bells: Bells,
    },
}

/// Where the database is.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite://path/to/file` or `mysql://user:password@host/database`.
    pub url: String,
    /// Connections that read, for `SQLite`.
    pub readers: u32,
}

impl Db {
    /// Opens the database, refuses it where its settings could lose or confuse data, and brings its schema up to date.
    /// A file and its directory are created.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`], each in one line for the operator.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let db = Self::connect(options).await?;
        let opened = async {
            migrate::run(&db).await?;
            match &db {
                Self::Sqlite { places, .. } => places.read(&db).await,
                Self::MySql { .. } => Ok(()),
            }
        };
        match opened.await {
            Ok(()) => Ok(db),
            Err(error) => Err(match file_of(&options.url) {
                Some(path) => dialect::explain_open(path, error),
                None => error,
            }),
        }
    }

    /// The same without a look at the schema.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn connect(options: &StoreOptions) -> Result<Self, StoreError> {
        if options.url.starts_with("mysql://") || options.url.starts_with("mariadb://") {
            let (pool, journal) = server::open(&options.url).await?;
            return Ok(Self::MySql { pool, journal, bells: Bells::default() });
        }
        let Some(path) = file_of(&options.url) else {
            return Err(StoreError::unavailable("the database url is neither sqlite://FILE nor mysql://…"));
        };
        let (w, r, c) = dialect::open_sqlite(path, options.readers).await?;
        Ok(Self::Sqlite {
            w,
            r,
            places: Places::unknown(),
            wal: Wal::new(c),
            turns: Turns::default(),
            bells: Bells::default(),
        })
    }

    /// The same database where threads have ended: a server's connections live on the threads that made them.
    #[must_use]
    pub fn afresh(&self) -> Self {
        match self {
            Self::Sqlite { .. } => self.clone(),
            Self::MySql { pool, bells, .. } => {
                let (pool, journal) = server::pools(&pool.connect_options());
                Self::MySql { pool, journal, bells: bells.clone() }
            }
        }
    }

    /// The same database over so many connections of its own that read, so that whoever has them keeps nobody else from
    /// theirs. On a file there is one that writes, here too.
    #[must_use]
    pub fn beside(&self, connections: u32) -> Self {
        match self {
            Self::Sqlite { w, r, places, wal, turns, bells } => Self::Sqlite {
                w: w.clone(),
                r: dialect::beside(r, connections),
                places: places.clone(),
                wal: wal.clone(),
                turns: turns.clone(),
                bells: bells.clone(),
            },
            Self::MySql { pool, journal, bells } => {
                Self::MySql { pool: server::beside(pool, connections), journal: journal.clone(), bells: bells.clone() }
            }
        }
    }

    /// Begins a transaction that will write. Dropping it rolls back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the writer is not free within two seconds.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            // A deferred transaction that turns into a writer fails at once when somebody wrote since (SQLITE_BUSY_SNAPSHOT).
            Self::Sqlite { w, bells, .. } => Tx::Sqlite(Held::new(w.begin_with("BEGIN IMMEDIATE").await?, bells)),
            Self::MySql { pool, bells, .. } => Tx::MySql(Held::new(pool.begin().await?, bells)),
        })
    }

    /// Begins a transaction of the engine's own, which waits for no caller of the API. Dropping it rolls back.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn begin_journal(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { .. } => self.begin().await,
            Self::MySql { journal, bells, .. } => Ok(Tx::MySql(Held::new(journal.begin().await?, bells))),
        }
    }

    /// Begins a transaction of work that no caller waits for: in its turn, and behind bids (`turns`). Dropping it rolls back.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn begin_in_turn(&self) -> Result<Tx, StoreError> {
        let Self::Sqlite { turns, .. } = self else { return self.begin().await };
        let turn = turns.take().await;
        let mut tx = self.begin().await?;
        if let Tx::Sqlite(held) = &mut tx {
            held.keep(turn.begun());
        }
        Ok(tx)
    }

    /// What rings in this process when there is work.
    #[must_use]
    pub fn bells(&self) -> &Bells {
        match self {
            Self::Sqlite { bells, .. } | Self::MySql { bells, .. } => bells,
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError`] when there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        one!(self, (i64,), both("SELECT 1")).map(drop)
    }

    /// Closes every connection; what was committed is in the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { w, r, wal, .. } => {
                r.close().await;
                wal.close().await;
                w.close().await;
            }
            Self::MySql { pool, journal, .. } => {
                pool.close().await;
                journal.close().await;
            }
        }
    }
}

/// These, the last of them again and again, up to the next power of two: statements that name each have few texts then, and a
/// server need not prepare them anew. Only for statements to which it is the same whether something is named twice.
fn padded<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let missing = all.len().next_power_of_two() - all.len();
    all.iter().chain(std::iter::repeat_n(all.last(), missing).flatten())
}

/// The file of a database address; `None` for a server.
#[must_use]
pub fn file_of(url: &str) -> Option<&Path> {
    let file = url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    file.filter(|file| !file.is_empty() && *file != ":memory:").map(Path::new)
}

/// Where a list goes on: rows whose id is below `before`, newest first, at most `limit`.
///
/// Ids grow with time, so their order is stable and nothing is skipped or doubled when rows are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The last id of the page before; [`i64::MAX`] for the first page.
    pub before: i64,
    /// Rows, at most `limits::PAGE_MAX` plus the one that tells whether there are more.
    pub limit: u32,
}

/// A transaction that writes. Dropping it rolls back.
#[derive(Debug)]
pub enum Tx {
    /// On a file.
    Sqlite(Held<Sqlite>),
    /// On a server.
    MySql(Held<MySql>),
}

impl Tx {
    /// Says that there is work for somebody once this is committed.
    fn calls_for(&mut self, work: Work) {
        match self {
            Self::Sqlite(tx) => tx.calls_for(work),
            Self::MySql(tx) => tx.calls_for(work),
        }
    }

    /// Commits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for any failure: once COMMIT was sent, whether it happened is unknown.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::MySql(tx) => tx.commit().await,
        }
        .map_err(|error| StoreError::unavailable(format!("the commit did not succeed, outcome unknown: {error}")))
    }
}
