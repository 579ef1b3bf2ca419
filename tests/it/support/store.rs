//! Where the database of a test lies: in a file of its own or, with `MAZAD_TEST_STORE=mariadb`, on a server.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::Mutex;

use crate::support::mariadb::Database;
use crate::support::mariadb::MariaDb;

/// Databases by the folder of the test that has them.
static PLACES: LazyLock<Mutex<HashMap<PathBuf, Database>>> = LazyLock::new(Mutex::default);

fn is_on_a_server() -> bool {
    match std::env::var("MAZAD_TEST_STORE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("mariadb") => true,
        Ok(other) => panic!("MAZAD_TEST_STORE is {other}: it is sqlite or mariadb"),
    }
}

/// The database of the test whose folder this is.
pub(crate) fn database_url(folder: &Path) -> String {
    if let Some(database) = PLACES.lock().unwrap().get(folder) {
        return database.url.clone();
    }
    if is_on_a_server() { put_on(MariaDb::shared(), folder) } else { file_url(folder) }
}

/// The same where it must be a file.
pub(crate) fn file_url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("mazad.sqlite").display())
}

/// Gives a test its database on a server of its choice.
pub(crate) fn put_on(server: &MariaDb, folder: &Path) -> String {
    let made = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // A test is on a runtime of its own, on which nobody may block.
    let database = std::thread::scope(|scope| {
        scope.spawn(|| made().block_on(server.fresh_database())).join().expect("a database")
    });
    let url = database.url.clone();
    let mut places = PLACES.lock().unwrap();
    // Folders go with their tests, and databases with them.
    places.retain(|folder, _| folder.exists());
    places.insert(folder.to_owned(), database);
    url
}

/// Does the same behind the server's back on either database: `behind!(db, pool => sqlx::query(…).execute(pool))`.
macro_rules! behind {
    ($db:expr, $pool:ident => $work:expr) => {
        match $db {
            mazad::persistence::Db::Sqlite { w: $pool, .. } => $work,
            mazad::persistence::Db::MySql { pool: $pool, .. } => $work,
        }
    };
}
pub(crate) use behind;
