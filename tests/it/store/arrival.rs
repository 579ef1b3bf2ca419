//! The journal of a file lies in the order of arrival: what that must not change.

use mazad::domain::auction::event::Event;
use mazad::domain::ids::RequestId;
use mazad::persistence::append::{AppendError, append_group};
use mazad::persistence::error::StoreError;
use mazad::persistence::journal::{self, Append};
use mazad::persistence::migrate::STEPS;
use mazad::persistence::{Db, StoreOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use crate::store::{Log, bid, key, placed, sqlite, tamper, write};

const BEFORE: &str = "INSERT INTO auction_events (auction_id, seq, at, kind, payload, hash) VALUES (?, ?, ?, ?, ?, ?)";
const HEAD: &str = "INSERT INTO auction_heads (auction_id, owner_id, seq, hash, state, paused, opens_at, closes_at, \
                    total_bids, live_bids, best_landed, updated_at) VALUES (?, 77, ?, ?, 'bidding_open', 0, ?, ?, 3, 2, \
                    9900, ?)";

/// A file as the program before step 8 left it.
async fn old_file(path: &std::path::Path, logs: &[Append]) {
    let mut file = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    let steps = STEPS.iter().filter(|step| step.number < 8).map(|step| {
        Migration::new(step.number, step.name.into(), MigrationType::Simple, step.sqlite.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect()).run(&mut file).await.unwrap();
    for Append { entries, head, .. } in logs {
        for entry in entries {
            let kind = entry.payload.split('"').nth(5).unwrap();
            let row = sqlx::query(BEFORE).bind(entry.request.0).bind(entry.seq).bind(entry.at.0).bind(kind);
            row.bind(&entry.payload).bind(entry.hash.as_slice()).execute(&mut file).await.unwrap();
        }
        let row = sqlx::query(HEAD).bind(head.request.0).bind(head.seq).bind(head.hash.as_slice());
        let row = row.bind(head.opens_at.0).bind(head.closes_at.0).bind(head.updated_at.0);
        row.execute(&mut file).await.unwrap();
    }
    file.close().await.unwrap();
}

#[tokio::test]
async fn a_file_from_before_keeps_its_journal_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.sqlite");
    let (mut one, mut two) = (Log::new(1), Log::new(2));
    // The clock of the second went back: its chain is by number, not by time.
    let old = [
        one.append(vec![Event::Opened, placed(bid(9, 5, 1, 20_000)), Event::Opened]),
        two.append_at(
            &[500, 20, 1, 300],
            vec![Event::Opened, placed(bid(8, 5, 1, 9_000)), Event::Opened, Event::Opened],
        ),
    ];
    old_file(&path, &old).await;
    let db = Db::open(&StoreOptions { url: format!("sqlite://{}", path.display()), readers: 1 }).await.unwrap();
    for (log, append) in [&mut one, &mut two].into_iter().zip(&old) {
        let request = append.head.request;
        assert_eq!(journal::load(&db, request, 0).await.unwrap(), append.entries);
        assert_eq!(journal::load(&db, request, 2).await.unwrap(), append.entries[2..]);
        assert_eq!(journal::find_head(&db, request).await.unwrap().as_ref(), Some(&append.head));
        let more = log.append(vec![Event::BidRevised { content: bid(9, 5, 2, 19_000), key: key(2) }]);
        write(&db, std::slice::from_ref(&more)).await;
        let whole = [append.entries.clone(), more.entries].concat();
        assert_eq!(journal::load(&db, request, 0).await.unwrap(), whole);
    }
}

#[tokio::test]
async fn of_two_processes_on_one_file_the_second_to_write_is_refused() {
    let store = sqlite().await;
    let Db::Sqlite { w, .. } = &store.db else { panic!("a file") };
    let url = format!("sqlite://{}", w.connect_options().get_filename().display());
    let mut log = Log::new(1);
    let first = log.append(vec![Event::Opened]);
    write(&store.db, std::slice::from_ref(&first)).await;
    let other = Db::open(&StoreOptions { url, readers: 1 }).await.unwrap();
    let mut rival = Log { request: log.request, seq: log.seq, hash: log.hash };
    let won = rival.append(vec![placed(bid(9, 5, 1, 20_000))]);
    let lost = log.append(vec![placed(bid(8, 6, 1, 10_000))]);
    write(&other, std::slice::from_ref(&won)).await;
    // The first time the place is taken; the second time, with a place of its own, the head stands elsewhere.
    for _ in 0..2 {
        let refused = append_group(&store.db, std::slice::from_ref(&lost)).await;
        assert_eq!(refused, [Err(AppendError::Superseded)]);
    }
    let read = journal::load(&store.db, RequestId(1), 0).await.unwrap();
    assert_eq!(read, [first.entries, won.entries.clone()].concat());
    // Who reads the truth goes on.
    let next = rival.append(vec![placed(bid(8, 6, 1, 10_000))]);
    write(&store.db, std::slice::from_ref(&next)).await;
    assert_eq!(journal::load(&other, RequestId(1), 1).await.unwrap(), [won.entries, next.entries].concat());
}

#[tokio::test]
async fn a_long_chain_among_others_is_read_in_pages() {
    let store = sqlite().await;
    let mut logs = [Log::new(1), Log::new(2), Log::new(3)];
    let mut written = Vec::new();
    for round in 0..3 {
        let group: Vec<Append> = logs.iter_mut().map(|log| log.append(vec![Event::Opened; 700 + round])).collect();
        write(&store.db, &group).await;
        written.extend(group.into_iter().nth(1).unwrap().entries);
    }
    assert_eq!(written.len(), 2_103);
    assert_eq!(journal::load(&store.db, RequestId(2), 0).await.unwrap(), written);
    for after in [1, 54, 55, 56, 2_047, 2_048, 2_049, 2_102, 2_103] {
        let read = journal::load(&store.db, RequestId(2), after).await.unwrap();
        assert_eq!(read, written[usize::try_from(after).unwrap()..], "{after}");
    }
    assert!(matches!(journal::load(&store.db, RequestId(2), 2_104).await, Err(StoreError::Corrupt { .. })));
    // A link that leads into another auction is no way in.
    tamper(&store.db, "UPDATE auction_events SET prev = prev + 1 WHERE auction_id = 2 AND seq = 701").await;
    assert!(matches!(journal::load(&store.db, RequestId(2), 0).await, Err(StoreError::Corrupt { .. })));
}

/// The main file grows although its WAL is far from full: somebody copies beside the writer.
#[tokio::test]
async fn the_wal_is_copied_into_the_file_beside_the_writer() {
    let store = sqlite().await;
    let Db::Sqlite { w, .. } = &store.db else { panic!("a file") };
    let file = w.connect_options().get_filename().to_owned();
    let size = || std::fs::metadata(&file).unwrap().len();
    let before = size();
    let mut log = Log::new(1);
    let mut next = 0;
    while size() < before + 1_000_000 {
        next += 1;
        assert!(next < 50, "{} pages in the WAL, {} bytes in the file", next * 256 / 6, size());
        let bids = (1..=256).map(|id| placed(bid(next * 1_000 + id, next * 1_000 + id, 1, 9_000)));
        write(&store.db, &[log.append(bids.collect())]).await;
    }
    let wal = std::fs::metadata(file.with_extension("sqlite-wal")).unwrap().len();
    assert!(wal < 4_120 * 12_000, "{wal}: the writer did it at its bound");
    assert_eq!(journal::load(&store.db, RequestId(1), 0).await.unwrap().len(), usize::try_from(next * 256).unwrap());
}
