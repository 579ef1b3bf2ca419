//! The steps of a server's schema: one that breaks off goes on, wherever that was, and nothing is done twice.

use std::process::Output;

use mazad::persistence::migrate::{self, STEPS, Stage};
use mazad::persistence::{Db, StoreOptions};
use sqlx::{AssertSqlSafe, MySqlConnection};

use crate::support::mariadb::{Database, MariaDb};
use crate::support::server;

/// The statements of a step; none has a semicolon within.
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or("")).collect();
    let code = code.join("\n");
    let parts = code.split(';').map(|statement| statement.trim().to_owned());
    parts.filter(|statement| !statement.is_empty()).collect()
}

async fn open(url: &str) -> Db {
    Db::open(&StoreOptions { url: url.to_owned(), readers: 1 }).await.unwrap()
}

/// What tables, columns and indexes a database has, and how many rows its seeds left.
async fn shape(connection: &mut MySqlConnection, name: &str) -> Vec<String> {
    let text = format!(
        "SELECT CAST(CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, ordinal_position) AS CHAR) FROM \
         information_schema.columns WHERE table_schema = '{name}' UNION ALL SELECT CAST(CONCAT_WS(' ', table_name, index_name, \
         column_name, non_unique, seq_in_index) AS CHAR) FROM information_schema.statistics WHERE table_schema = '{name}' UNION \
         ALL SELECT CAST((SELECT COUNT(*) FROM {name}.vehicle_models) AS CHAR) UNION ALL SELECT CAST(SUM(success) AS CHAR) FROM \
         {name}._sqlx_migrations ORDER BY 1"
    );
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(connection).await.unwrap()
}

fn name_of(database: &Database) -> &str {
    database.url.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_step_that_broke_off_at_any_statement_goes_on() {
    let server = MariaDb::shared();
    let whole = server.fresh_database().await;
    open(&whole.url).await.close().await;
    let mut eye = server.connect().await;
    let expected = shape(&mut eye, name_of(&whole)).await;
    assert!(expected.len() > 300, "{}", expected.len());
    let run = async |eye: &mut MySqlConnection, text: String| {
        sqlx::raw_sql(AssertSqlSafe(text)).execute(eye).await.unwrap();
    };
    for (number, step) in STEPS.iter().enumerate() {
        let texts = statements(step.mysql);
        // Behind so many statements; the crash came before or after the last of them was counted.
        let done = (number * 7 + 1) % (texts.len() + 1);
        for counted in [done, done.saturating_sub(1)] {
            let torn = server.fresh_database().await;
            let (from, to) = (name_of(&whole), name_of(&torn));
            run(&mut eye, format!("USE {to}; CREATE TABLE _sqlx_migrations LIKE {from}._sqlx_migrations")).await;
            let before = STEPS[..number].iter().flat_map(|step| statements(step.mysql));
            for statement in before.chain(texts.iter().take(done).cloned()) {
                run(&mut eye, statement).await;
            }
            let steps = format!("INSERT INTO _sqlx_migrations SELECT * FROM {from}._sqlx_migrations WHERE version");
            run(&mut eye, format!("{steps} <= {}", step.number)).await;
            let torn_at = -1 - i64::try_from(counted).unwrap();
            run(
                &mut eye,
                format!(
                    "UPDATE _sqlx_migrations SET success = FALSE, execution_time = {torn_at} WHERE version = {}",
                    step.number
                ),
            )
            .await;
            let db = Db::connect(&StoreOptions { url: torn.url.clone(), readers: 1 }).await.unwrap();
            assert_eq!(migrate::status(&db).await.unwrap()[number].1, Stage::HalfWay);
            let taken =
                migrate::run(&db).await.unwrap_or_else(|error| panic!("{} {done} {counted}: {error}", step.name));
            assert_eq!(taken, STEPS.len() - number);
            db.close().await;
            assert_eq!(shape(&mut eye, to).await, expected, "{} {done} {counted}", step.name);
        }
    }
}

fn migrate(dir: &std::path::Path, url: &str, verb: &str) -> Output {
    server::command(dir).args(["migrate", verb]).env("MAZAD__DATABASE__URL", url).output().unwrap()
}

/// The program itself, killed again and again, each time a little later.
#[tokio::test]
async fn a_killed_migration_is_finished_by_the_next() {
    let server = MariaDb::shared();
    let (whole, torn) = (server.fresh_database().await, server.fresh_database().await);
    open(&whole.url).await.close().await;
    let dir = tempfile::tempdir().unwrap();
    let status = migrate(dir.path(), &torn.url, "status");
    let text = String::from_utf8(status.stdout).unwrap();
    assert_eq!(text.matches("pending").count(), STEPS.len(), "{text}");
    let mut eye = server.connect().await;
    let tables = format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{}'", name_of(&torn));
    for wanted in [1_i64, 3, 5, 9, 14, 20, 27, 33, 40] {
        let mut command = server::command(dir.path());
        let mut child = command.args(["migrate", "up"]).env("MAZAD__DATABASE__URL", &torn.url).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            let found: i64 = sqlx::query_scalar(AssertSqlSafe(tables.clone())).fetch_one(&mut eye).await.unwrap();
            if found >= wanted {
                child.kill().unwrap();
            }
        }
    }
    let up = migrate(dir.path(), &torn.url, "up");
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    let status = migrate(dir.path(), &torn.url, "status");
    let text = String::from_utf8(status.stdout).unwrap();
    assert_eq!(text.matches(" applied").count(), STEPS.len(), "{text}");
    assert_eq!(shape(&mut eye, name_of(&torn)).await, shape(&mut eye, name_of(&whole)).await);
}

/// Many that start at once, as a fleet does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_together_take_turns() {
    let server = MariaDb::shared();
    let database = server.fresh_database().await;
    let opened = futures_util::future::join_all((0..6).map(|_| {
        let url = database.url.clone();
        tokio::spawn(async move { open(&url).await.close().await })
    }));
    for one in opened.await {
        one.unwrap();
    }
    assert!(shape(&mut server.connect().await, name_of(&database)).await.len() > 300);
}
