//! Backups: taken while bidders bid, put back elsewhere, and refused where they are not whole or in the way of a server.

use std::path::Path;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use reqwest::Client;

use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;
use crate::support::server::command;

const BIDDERS: usize = 4;

/// `mazad VERB` with the data in `dir`.
fn mazad(dir: &Path, arguments: &[&str]) -> Output {
    command(dir).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn succeeds(dir: &Path, arguments: &[&str]) -> String {
    let output = mazad(dir, arguments);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

#[track_caller]
fn fails(dir: &Path, arguments: &[&str]) -> String {
    let output = mazad(dir, arguments);
    assert!(!output.status.success(), "{}", said(&output));
    said(&output)
}

fn backups(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

async fn bid_on(
    mut who: Bidder,
    at: usize,
    market: Arc<Bazaar>,
    url: String,
    ledger: Arc<Mutex<Ledger>>,
    over: Arc<AtomicBool>,
) {
    let client = Client::new();
    while !over.load(Ordering::SeqCst) {
        let sent = who.next(at, &market.items);
        let (hash, bid) = market.send(&client, &url, &who, &sent).await.expect("a backup hurts no bidder");
        who.bid = Some(bid);
        ledger.lock().unwrap().acknowledged.insert(sent.key, hash);
    }
}

#[actix::test]
async fn a_backup_under_load_has_everything_that_was_acknowledged_before_it_began() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(dir.path(), &LIMITS);
    let uploads = dir.path().join("files/files");
    std::fs::create_dir_all(&uploads).unwrap();
    std::fs::write(uploads.join("0123456789abcdef"), b"bumper.jpg").unwrap();
    let market = Arc::new(Bazaar::open(dir.path(), &server.url, BIDDERS).await);
    let (ledger, over) = (Arc::new(Mutex::new(Ledger::default())), Arc::new(AtomicBool::new(false)));
    let bidders: Vec<_> = market
        .bidders
        .iter()
        .cloned()
        .enumerate()
        .map(|(at, who)| {
            actix::spawn(bid_on(
                who,
                at,
                Arc::clone(&market),
                server.url.clone(),
                Arc::clone(&ledger),
                Arc::clone(&over),
            ))
        })
        .collect();
    let to = store.path().join("copies");
    let mut before = Vec::new();
    for turn in 1..=3 {
        while ledger.lock().unwrap().acknowledged.len() < turn * 40 {
            tokio::task::yield_now().await;
        }
        before.push(ledger.lock().unwrap().acknowledged.clone());
        let (data, to) = (dir.path().to_owned(), to.clone());
        let told = tokio::task::spawn_blocking(move || {
            succeeds(&data, &["backup", "--to", to.to_str().unwrap(), "--keep", "2"])
        });
        let told = told.await.unwrap();
        assert!(told.contains("1 auctions") && told.contains("1 uploads with 10 bytes"), "{told}");
    }
    over.store(true, Ordering::SeqCst);
    for bidder in bidders {
        bidder.await.unwrap();
    }
    server.end();
    let kept = backups(&to);
    assert_eq!(kept.len(), 2, "the oldest is gone: {kept:?}");
    for (backup, acknowledged) in kept.iter().zip(&before[1..]) {
        let elsewhere = tempfile::tempdir().unwrap();
        let told = succeeds(elsewhere.path(), &["restore", "--from", backup.to_str().unwrap()]);
        assert!(told.contains("signing.key is missing"), "{told}");
        assert_eq!(std::fs::read(elsewhere.path().join("files/files/0123456789abcdef")).unwrap(), b"bumper.jpg");
        market.compare(elsewhere.path(), acknowledged).await;
        // A server goes on with it, and its bidders with their keys.
        std::fs::copy(dir.path().join("signing.key"), elsewhere.path().join("signing.key")).unwrap();
        let server = Server::start(elsewhere.path(), &LIMITS);
        let ready = Client::new().get(format!("{}/health/ready", server.url)).send().await.unwrap();
        assert_eq!(ready.status(), 200);
        server.end();
    }
    let (first, last) = (before[0].len(), before[2].len());
    println!("3 backups while {first} to {last} bids were acknowledged; all of those in the copies");
}

#[actix::test]
async fn a_backup_is_refused_where_it_is_damaged_or_in_the_way() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut server = Server::start(dir.path(), &LIMITS);
    let mut market = Bazaar::open(dir.path(), &server.url, 1).await;
    let (client, items) = (Client::new(), market.items.clone());
    let mut ledger = Ledger::default();
    let bid = async |market: &mut Bazaar, url: &str, ledger: &mut Ledger| {
        let sent = market.bidders[0].next(0, &items);
        let (hash, id) = market.send(&client, url, &market.bidders[0], &sent).await.unwrap();
        market.bidders[0].bid = Some(id);
        ledger.acknowledged.insert(sent.key, hash);
    };
    bid(&mut market, &server.url, &mut ledger).await;
    let folder = store.path().to_str().unwrap();
    succeeds(dir.path(), &["backup", "--to", folder]);
    let backup = backups(store.path()).remove(0);
    let from = backup.to_str().unwrap();
    let at_backup = ledger.acknowledged.clone();
    bid(&mut market, &server.url, &mut ledger).await;

    let told = fails(dir.path(), &["restore", "--from", from]);
    assert!(told.contains("exists") && told.contains("--force"), "{told}");
    let told = fails(dir.path(), &["restore", "--from", from, "--force"]);
    assert!(told.contains("in use"), "{told}");
    bid(&mut market, &server.url, &mut ledger).await;
    // Killed, so that its WAL is still there and belongs to what is moved aside.
    server.kill();

    let damaged = store.path().join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    for name in ["manifest.json", "mazad.sqlite"] {
        std::fs::copy(backup.join(name), damaged.join(name)).unwrap();
    }
    let mut bytes = std::fs::read(damaged.join("mazad.sqlite")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(damaged.join("mazad.sqlite"), bytes).unwrap();
    let told = fails(dir.path(), &["restore", "--from", damaged.to_str().unwrap(), "--force"]);
    assert!(told.contains("was changed since it was written"), "{told}");
    let told = fails(dir.path(), &["restore", "--from", folder, "--force"]);
    assert!(told.contains("no backup"), "{told}");

    let told = succeeds(dir.path(), &["restore", "--from", from, "--force"]);
    market.compare(dir.path(), &at_backup).await;
    let aside = told.lines().find_map(|line| line.strip_prefix("the database that was there: ")).unwrap();
    let kept = tempfile::tempdir().unwrap();
    std::fs::rename(aside, kept.path().join("mazad.sqlite")).unwrap();
    market.compare(kept.path(), &ledger.acknowledged).await;
    // What nobody serves can be copied, too; a server's data cannot.
    succeeds(dir.path(), &["backup", "--to", folder]);
    let there =
        command(dir.path()).args(["backup", "--to", folder]).env("MAZAD__DATABASE__URL", "mysql://h/d").output();
    assert!(said(&there.unwrap()).contains("mariadb-backup"));
}

#[actix::test]
async fn a_copy_whose_journal_was_changed_is_thrown_away() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(dir.path(), &LIMITS);
    let market = Bazaar::open(dir.path(), &server.url, 1).await;
    server.end();
    let url = crate::support::store::file_url(dir.path());
    let mut db = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let changed = sqlx::query("UPDATE auction_heads SET total_bids = 7").execute(&mut db).await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
    let told = fails(dir.path(), &["backup", "--to", store.path().to_str().unwrap()]);
    assert!(told.contains(&market.request) && told.contains("thrown away"), "{told}");
    assert_eq!(backups(store.path()), Vec::<PathBuf>::new());
}
