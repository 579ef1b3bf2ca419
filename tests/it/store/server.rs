//! A server as the store: what it must be set to, and what it does not forget.

use mazad::domain::auction::event::Event;
use mazad::domain::ids::RequestId;
use mazad::persistence::journal;
use mazad::persistence::{Db, StoreOptions};

use crate::store::{Log, bid, placed};
use crate::support::mariadb::MariaDb;

async fn open(url: &str) -> Result<Db, String> {
    let opened = Db::open(&StoreOptions { url: url.to_owned(), readers: 1 }).await;
    opened.map_err(|error| error.to_string())
}

async fn refused(url: &str, words: &[&str]) {
    let told = open(url).await.expect_err("it is refused");
    for word in words {
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[tokio::test]
async fn a_database_that_folds_letters_is_refused() {
    let database = MariaDb::shared().database("CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci").await;
    refused(&database.url, &["utf8mb4_general_ci", "ALTER DATABASE"]).await;
}

#[tokio::test]
async fn a_server_that_forgets_at_a_power_cut_is_refused() {
    let server = MariaDb::start(&["--innodb-flush-log-at-trx-commit=2"]);
    let database = server.fresh_database().await;
    refused(&database.url, &["innodb_flush_log_at_trx_commit is 2", "set it to 1"]).await;
}

#[tokio::test]
async fn what_a_server_acknowledged_outlives_its_death() {
    let server = MariaDb::durable();
    let database = server.fresh_database().await;
    let db = open(&database.url).await.unwrap();
    let mut log = Log::new(1);
    let first = log.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000))]);
    journal::append_group(&db, std::slice::from_ref(&first)).await.unwrap();
    server.kill();
    let second = log.append(vec![Event::Opened]);
    assert!(journal::append_group(&db, std::slice::from_ref(&second)).await.is_err());
    server.restart();
    // The same store goes on: its broken connections are replaced.
    assert_eq!(journal::load(&db, RequestId(1), 0).await.unwrap(), first.entries);
    journal::append_group(&db, std::slice::from_ref(&second)).await.unwrap();
    // A server that hangs has lost nothing either.
    server.freeze();
    let third = [log.append(vec![Event::Opened])];
    let mut write = Box::pin(journal::append_group(&db, &third));
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    server.thaw();
    write.await.unwrap();
    assert_eq!(journal::load(&db, RequestId(1), 0).await.unwrap().len(), 4);
}
