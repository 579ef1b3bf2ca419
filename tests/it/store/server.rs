//! A server as the store: what it must be set to, and what it does not forget.

use mazad::domain::auction::event::Event;
use mazad::domain::ids::{BidId, RequestId, UserId};
use mazad::persistence::append::{AppendError, append_group};
use mazad::persistence::error::StoreError;
use mazad::persistence::journal::{self, GENESIS};
use mazad::persistence::{Db, StoreOptions, Tx, pulse};

use crate::store::{Log, START, bid, key, placed, tamper, write};
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
    write(&db, std::slice::from_ref(&first)).await;
    server.kill();
    let second = log.append(vec![Event::Opened]);
    assert!(append_group(&db, std::slice::from_ref(&second)).await[0].is_err());
    server.restart();
    // The same store goes on: its broken connections are replaced.
    assert_eq!(journal::load(&db, RequestId(1), 0).await.unwrap(), first.entries);
    write(&db, std::slice::from_ref(&second)).await;
    // A server that hangs has lost nothing either.
    server.freeze();
    let third = [log.append(vec![Event::Opened])];
    let mut waiting = Box::pin(append_group(&db, &third));
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    server.thaw();
    assert_eq!(waiting.await, [Ok(())]);
    assert_eq!(journal::load(&db, RequestId(1), 0).await.unwrap().len(), 4);
}

/// A number that the server keeps.
async fn status(server: &MariaDb, name: &str) -> i64 {
    let value = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status WHERE variable_name = ?";
    sqlx::query_scalar(value).bind(name).fetch_one(&mut server.connect().await).await.unwrap()
}

#[tokio::test]
async fn a_group_that_dies_of_a_deadlock_is_written_at_the_next_try() {
    let server = MariaDb::start(&[]);
    let database = server.fresh_database().await;
    let db = open(&database.url).await.unwrap();
    let mut log = Log::new(1);
    write(&db, &[log.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000))])]).await;
    // Somebody who has written more than the group, so that the group is the one to die.
    let mut other = db.begin().await.unwrap();
    let Tx::MySql(rival) = &mut other else { panic!("a server") };
    for sql in [
        "INSERT INTO engine_pulse (id, beat_at) SELECT 100 + seq, 0 FROM seq_1_to_5000",
        "UPDATE bids SET updated_at = 0 WHERE id = 9",
    ] {
        sqlx::query(sql).execute(&mut **rival).await.unwrap();
    }
    let gone = Event::BidWithdrawn { bid: BidId(9), merchant: UserId(5), reason: String::new(), key: key(2) };
    let group = [log.append(vec![gone])];
    let before = status(&server, "INNODB_DEADLOCKS").await;
    let writing = {
        let (db, group) = (db.clone(), group.clone());
        tokio::spawn(async move { append_group(&db, &group).await })
    };
    while status(&server, "INNODB_ROW_LOCK_CURRENT_WAITS").await == 0 {
        assert!(!writing.is_finished(), "nobody was in its way");
    }
    sqlx::query("SELECT seq FROM auction_heads WHERE auction_id = 1 FOR UPDATE").execute(&mut **rival).await.unwrap();
    assert_eq!(status(&server, "INNODB_DEADLOCKS").await, before + 1);
    drop(other);
    assert_eq!(writing.await.unwrap(), [Ok(())]);
    assert_eq!(journal::load(&db, RequestId(1), 2).await.unwrap(), group[0].entries);
}

/// Two processes that believe to own the same auctions: each entry that one was told is written is there, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_writers_nobody_loses_what_it_was_told() {
    let database = MariaDb::shared().fresh_database().await;
    let writer = async |number: i64| {
        let db = open(&database.url).await.unwrap();
        let (mut told, mut lost, mut bids) = (Vec::new(), 0, number * 100_000);
        while told.len() < 200 {
            let mut group = Vec::new();
            for request in 1..=8 {
                let head = journal::find_head(&db, RequestId(request)).await.unwrap();
                let (seq, hash) = head.map_or((0, GENESIS), |head| (head.seq, head.hash));
                bids += 1;
                let mut log = Log { request: RequestId(request), seq, hash };
                group.push(log.append(vec![placed(bid(bids, bids, 1, 9_000))]));
            }
            for (append, outcome) in group.iter().zip(append_group(&db, &group).await) {
                match outcome {
                    Ok(()) => told.push(append.entries[0].clone()),
                    Err(AppendError::Superseded) => lost += 1,
                    Err(AppendError::Store(error)) => assert_eq!(error, StoreError::Busy, "nothing was written"),
                }
            }
        }
        (told, lost)
    };
    let ((mut told, first), (more, second)) = tokio::join!(writer(1), writer(2));
    assert!(first + second > 0, "they never met");
    told.extend(more);
    told.sort_by_key(|entry| (entry.request.0, entry.seq));
    let db = open(&database.url).await.unwrap();
    let mut written = Vec::new();
    for request in 1..=8 {
        written.extend(journal::load(&db, RequestId(request), 0).await.unwrap());
    }
    assert_eq!(written, told);
}

#[tokio::test]
async fn a_table_that_folds_letters_is_refused() {
    let database = MariaDb::shared().fresh_database().await;
    let db = open(&database.url).await.unwrap();
    tamper(&db, "ALTER TABLE users MODIFY name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci").await;
    refused(&database.url, &["users.name", "utf8mb4_general_ci", "ALTER TABLE"]).await;
}

#[tokio::test]
async fn a_server_that_may_roll_back_or_cannot_be_written_is_refused() {
    for (settings, words) in [
        (&["--log-bin", "--sync-binlog=0"][..], &["sync_binlog is 0", "set it to 1"][..]),
        (&["--read-only"], &["read_only", "database.url"]),
    ] {
        let server = MariaDb::start(settings);
        let database = server.fresh_database().await;
        refused(&database.url, words).await;
    }
}

#[tokio::test]
async fn who_cannot_connect_is_told_why() {
    let server = MariaDb::shared();
    refused(&server.url("nowhere"), &["no such database", "CREATE DATABASE nowhere"]).await;
    refused(&server.url("x").replace("root@", "nobody:secret@"), &["refuses the user or the password"]).await;
    refused("mysql://root@127.0.0.1:9/x", &["127.0.0.1:9 cannot be reached", "start it"]).await;
    refused(&server.url("x?galera=yes"), &["galera=yes", "galera=single-writer"]).await;
}

/// A server whose own defaults are the worst: every connection is set up by itself.
#[tokio::test]
async fn every_connection_is_read_committed_strict_and_patient_for_three_seconds() {
    let server = MariaDb::start(&[
        "--transaction-isolation=REPEATABLE-READ",
        "--sql-mode=",
        "--innodb-lock-wait-timeout=50",
        "--skip-innodb-strict-mode",
    ]);
    let database = server.fresh_database().await;
    let db = open(&database.url).await.unwrap();
    let mut held = Vec::new();
    for number in 0..6 {
        let mut tx = if number == 0 { db.begin_journal().await.unwrap() } else { db.begin().await.unwrap() };
        let Tx::MySql(connection) = &mut tx else { panic!("a server") };
        let found: (String, i64, String) =
            sqlx::query_as("SELECT @@tx_isolation, CAST(@@innodb_lock_wait_timeout AS SIGNED), @@sql_mode")
                .fetch_one(&mut **connection)
                .await
                .unwrap();
        assert_eq!((found.0.as_str(), found.1), ("READ-COMMITTED", 3));
        assert!(found.2.contains("STRICT_ALL_TABLES") && found.2.contains("PIPES_AS_CONCAT"), "{}", found.2);
        held.push(tx);
    }
}

/// Whoever browses may take every connection there is, and keep it: bids are still written.
#[tokio::test]
async fn browsing_does_not_starve_the_journal() {
    let database = MariaDb::shared().fresh_database().await;
    let db = open(&database.url).await.unwrap();
    let mut held = Vec::new();
    let busy = loop {
        match db.begin().await {
            Ok(tx) => held.push(tx),
            Err(error) => break error,
        }
        assert!(held.len() < 100, "the pool has no bound");
    };
    assert_eq!(busy, StoreError::Busy, "whoever waits is told so after two seconds");
    write(&db, &[Log::new(1).append(vec![Event::Opened])]).await;
    pulse::beat(&db, 1, START).await.unwrap();
    drop(held);
    assert_eq!(journal::load(&db, RequestId(1), 0).await.unwrap().len(), 1);
}
