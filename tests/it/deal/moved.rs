//! An installation that moves from one kind of database to the other.

use std::path::Path;
use std::process::Output;

use mazad::clock::Clock;
use mazad::domain::time::Span;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;

use crate::deal::Deal;
use crate::support::app::START;
use crate::support::app::TestApp;
use crate::support::mariadb::MariaDb;
use crate::support::server;
use crate::support::store::behind;
use crate::support::store::file_url;

fn copy(dir: &Path, from: &str, to: &str) -> Output {
    server::command(dir).args(["copy", "--from", from, "--to", to]).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every value of every column, sorted; without what a running server moves and what a file alone has.
async fn contents(url: &str) -> Vec<(String, Vec<Vec<u8>>)> {
    let db = Db::open(&StoreOptions { url: url.to_owned(), readers: 1 }).await.unwrap();
    let (columns, bytes) = match &db {
        Db::Sqlite { .. } => (
            "SELECT t.name AS t, c.name AS c FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' \
             AND t.name NOT LIKE 'request_texts_%' AND c.name NOT IN ('pos', 'prev', 'position', 'request_texts')",
            "BLOB",
        ),
        Db::MySql { .. } => (
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = DATABASE()",
            "BINARY",
        ),
    };
    let columns: Vec<(String, String)> = behind!(&db, pool => sqlx::query_as(columns).fetch_all(pool).await.unwrap());
    let mut found = Vec::new();
    for (table, column) in columns {
        if !["_sqlx_migrations", "engine_pulse"].contains(&table.as_str()) {
            let text =
                format!("SELECT CAST(`{column}` AS {bytes}) FROM `{table}` WHERE `{column}` IS NOT NULL ORDER BY 1");
            let text = AssertSqlSafe(text).into_sql_str();
            let values = behind!(&db, pool => sqlx::query_scalar(text).fetch_all(pool).await.unwrap());
            found.push((format!("{table}.{column}"), values));
        }
    }
    found.sort();
    assert!(found.len() > 200, "{}", found.len());
    db.close().await;
    found
}

#[actix_web::test]
async fn an_installation_moves_to_the_other_database_and_back() {
    let (deal, order) = Deal::accepted(&["100.00", "110.00"]).await;
    let first = deal.app.running.app.config.database.url.clone();
    let (there, back) = (tempfile::tempdir().unwrap(), MariaDb::shared().fresh_database().await);
    let mut urls = [back.url.clone(), file_url(there.path())];
    let again = MariaDb::shared().fresh_database().await;
    let home = tempfile::tempdir().unwrap();
    let mut homes = [file_url(home.path()), again.url.clone()];
    if first.starts_with("mysql://") {
        (urls, homes) = ([urls[1].clone(), urls[0].clone()], [homes[1].clone(), homes[0].clone()]);
    }
    let (second, third) = (&urls[0], &homes[0]);
    let before = deal.order(&deal.customer, &order).await.expect(200);
    // A server goes on telling and counting.
    deal.app.running.stop().await;

    let moved = copy(there.path(), &first, second);
    assert!(moved.status.success(), "{}", said(&moved));
    assert!(said(&moved).contains("1 journals replayed to their heads"), "{}", said(&moved));
    let twice = copy(there.path(), &first, second);
    assert!(!twice.status.success() && said(&twice).contains("the target is not empty"), "{}", said(&twice));
    let alike = copy(there.path(), second, second);
    assert!(!alike.status.success() && said(&alike).contains("of one kind"), "{}", said(&alike));
    let returned = copy(there.path(), second, third);
    assert!(returned.status.success(), "{}", said(&returned));
    assert_eq!(contents(&first).await, contents(third).await);

    // The story goes on where it was taken to, in either.
    for url in [second, third] {
        // Ids are made of the time, so it must have gone on.
        let clock = Clock::manual(START.plus(Span::secs(60)));
        let app = TestApp::start_with(clock, |config| config.database.url.clone_from(url)).await;
        let (customer, merchant) = (app.sign_in("0501111111").await, app.sign_in("0533333300").await);
        let path = format!("/api/v1/orders/{order}");
        assert_eq!(app.get(Some(&customer.token), &path).await.expect(200), before, "{url}");
        let decline = serde_json::json!({"reason": "because"});
        app.post(Some(&merchant.token), &format!("{path}/decline"), &decline).await.expect(200);
        let request = app.get(Some(&customer.token), &format!("/api/v1/orders/requests/{}", deal.open.id)).await;
        assert_eq!(request.expect(200)["status"], "reviewing", "{url}");
        app.stop().await;
    }
}
