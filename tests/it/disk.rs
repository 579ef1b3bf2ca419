//! Storage that fails under a running server: a full disk, a file that may not grow, a database that somebody else locked.
//!
//! In each case bidders bid until it hurts: they hear 503 and nothing else, what they were told is durable, readiness
//! fails, reads go on; and once the trouble is over bidding goes on by itself and every unanswered key gets its truth.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use reqwest::Client;
use serde_json::json;
use sqlx::Connection;
use sqlx::SqliteConnection;

use crate::support::market::Bazaar;
use crate::support::market::LIMITS;
use crate::support::market::Ledger;
use crate::support::server::Server;
use crate::support::server::command_after;
use crate::support::store::file_url;

const BIDDERS: usize = 4;
/// Bids that find room after the trouble began: the database reuses what its files already have.
const LAST_BIDS_MAX: usize = 10_000;
/// P05: nobody bids in vain for longer, and it is over so long after its cause.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);
const OVER_WITHIN: Duration = Duration::from_secs(5);
/// The folder of a small file system, set where this binary starts itself in a mount namespace of its own.
const SMALL_DISK: &str = "MAZAD_TEST_SMALL_DISK";

/// What goes wrong, and how it begins and ends.
enum Trouble {
    /// A file system on which a ballast takes all the room that is left.
    Full(PathBuf),
    /// A process whose files may not become longer than the longest of these is now.
    Stunted { pid: u32, files: PathBuf },
    /// A database in which somebody else is writing.
    Locked(SqliteConnection),
}

impl Trouble {
    async fn begin(&mut self) {
        match self {
            Self::Full(disk) => fill(&disk.join("ballast")),
            Self::Stunted { pid, files } => {
                let lengths = std::fs::read_dir(files).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
                limit(*pid, &lengths.max().unwrap().to_string());
            }
            Self::Locked(other) => drop(sqlx::query("BEGIN IMMEDIATE").execute(other).await.unwrap()),
        }
    }

    async fn end(&mut self) {
        match self {
            Self::Full(disk) => std::fs::remove_file(disk.join("ballast")).unwrap(),
            Self::Stunted { pid, .. } => limit(*pid, "unlimited"),
            Self::Locked(other) => drop(sqlx::query("ROLLBACK").execute(other).await.unwrap()),
        }
    }
}

/// Writes until nothing more fits, at last byte by byte.
fn fill(ballast: &Path) {
    let mut file = File::create(ballast).unwrap();
    for block in [64 * 1_024, 1_024, 1] {
        while file.write_all(&vec![0; block]).is_ok() {}
    }
}

/// The soft limit alone: whoever may lower it may also raise it again.
fn limit(pid: u32, bytes: &str) {
    let run = Command::new("prlimit").args(["--pid", &pid.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(run.unwrap().success());
}

async fn status(client: &Client, token: &str, url: &str) -> u16 {
    client.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

/// Bids while `trouble` begins, lasts and ends.
async fn survive(server: &Server, dir: &Path, trouble: impl AsyncFnOnce() -> Trouble) {
    let (client, url) = (Client::new(), server.url.clone());
    let ready = format!("{url}/health/ready");
    let mut bazaar = Bazaar::open(dir, &url, BIDDERS).await;
    let mut ledger = Ledger::default();
    let mut trouble = trouble().await;
    for turn in 0..5 * BIDDERS {
        bid(&client, &url, &mut bazaar, turn % BIDDERS, &mut ledger).await.expect("nothing is wrong yet");
    }

    trouble.begin().await;
    let mut turn = 0;
    while bid(&client, &url, &mut bazaar, turn % BIDDERS, &mut ledger).await.is_ok() {
        turn += 1;
        assert!(turn < LAST_BIDS_MAX, "no trouble came about");
    }
    let failed = Instant::now();
    while status(&client, &bazaar.owner, &ready).await != 503 {
        assert!(failed.elapsed() < NOTICED_WITHIN, "it calls itself ready");
    }
    for turn in 0..5 * BIDDERS {
        if let Err(code) = bid(&client, &url, &mut bazaar, turn % BIDDERS, &mut ledger).await {
            assert!(["outcome_unknown", "unavailable"].contains(&code.as_str()), "{code}");
        }
    }
    let request = format!("{url}/api/v1/orders/requests/{}", bazaar.request);
    let room = format!("{url}/api/v1/bidding/requests/{}", bazaar.request);
    for path in [format!("{url}/health/live"), request.clone(), format!("{room}/bids"), format!("{room}/events")] {
        assert_eq!(status(&client, &bazaar.owner, &path).await, 200, "{path} is read");
    }
    let pause = client.post(format!("{request}/pause")).bearer_auth(&bazaar.owner).json(&json!({"reason": "x"}));
    assert_eq!(pause.send().await.unwrap().status(), 503, "the host is told the same");

    trouble.end().await;
    let ended = Instant::now();
    let resolved = ledger.unanswered.len();
    for (at, sent) in std::mem::take(&mut ledger.unanswered) {
        let (hash, id) = loop {
            match bazaar.send(&client, &url, &bazaar.bidders[at], &sent).await {
                Ok(receipt) => break receipt,
                Err(code) => assert!(ended.elapsed() < OVER_WITHIN, "{code} long after the end"),
            }
        };
        bazaar.bidders[at].bid = Some(id);
        ledger.acknowledged.insert(sent.key, hash);
    }
    while status(&client, &bazaar.owner, &ready).await != 200 {
        assert!(ended.elapsed() < OVER_WITHIN, "it does not call itself ready");
    }
    for turn in 0..BIDDERS {
        bid(&client, &url, &mut bazaar, turn, &mut ledger).await.expect("it is over");
    }
    bazaar.compare(dir, &ledger.acknowledged).await;
    let known = ledger.acknowledged.len();
    println!("{known} bids acknowledged, 0 lost, 0 doubled; {resolved} without an answer, each resolved by its key");
}

async fn bid(client: &Client, url: &str, bazaar: &mut Bazaar, at: usize, ledger: &mut Ledger) -> Result<(), String> {
    let items = bazaar.items.clone();
    let sent = bazaar.bidders[at].next(at, &items);
    match bazaar.send(client, url, &bazaar.bidders[at], &sent).await {
        Ok((hash, id)) => {
            bazaar.bidders[at].bid = Some(id);
            ledger.acknowledged.insert(sent.key, hash);
            Ok(())
        }
        Err(code) => {
            ledger.unanswered.push((at, sent));
            Err(code)
        }
    }
}

/// On a file system of 32 MB. Mounting one takes root or a user namespace: the test starts itself again in a mount
/// namespace of its own, so that nothing stays mounted however it ends. Where that is forbidden it says so, and the file
/// size limit below stands in for it.
#[test]
fn a_full_disk_loses_nothing_and_heals_by_itself() {
    if let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) {
        return actix::System::new().block_on(async {
            let server = Server::start(&disk, &LIMITS);
            survive(&server, &disk, async || Trouble::Full(disk.clone())).await;
        });
    }
    let dir = tempfile::tempdir().unwrap();
    let mut ways = [&["--mount"][..], &["--mount", "--user", "--map-root-user"]].into_iter();
    let apart = |way: &[&str], then: &[&OsStr]| {
        let mount = "mount -t tmpfs -o size=32m tmpfs \"$0\" && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args(way).args(["sh", "-c", mount]).arg(dir.path()).args(then);
        command
    };
    let Some(way) = ways.find(|way| apart(way, &["true".as_ref()]).output().is_ok_and(|run| run.status.success()))
    else {
        println!("nobody may mount here: a limit on the size of files stands in for the full disk");
        return actix::System::new().block_on(stunt());
    };
    let this = std::env::current_exe().unwrap();
    let name = std::thread::current().name().unwrap().to_owned();
    let again: [&OsStr; 4] = [this.as_ref(), name.as_ref(), "--exact".as_ref(), "--nocapture".as_ref()];
    let run = apart(way, &again).env(SMALL_DISK, dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("1 passed"), "it ran there: {said}");
    print!("{said}");
}

#[actix::test]
async fn files_that_may_not_grow_lose_nothing_and_heal_by_themselves() {
    stunt().await;
}

async fn stunt() {
    let dir = tempfile::tempdir().unwrap();
    // Without that the kernel ends a process that writes past its limit; so it gets an error, as from a broken disk.
    let mut command = command_after("trap '' XFSZ", dir.path());
    command.arg("serve").envs(LIMITS);
    let server = Server::run(command, dir.path());
    let pid = server.pid();
    survive(&server, dir.path(), async || Trouble::Stunted { pid, files: dir.path().to_owned() }).await;
}

#[actix::test]
async fn a_locked_database_loses_nothing_and_goes_on_when_it_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &LIMITS);
    let locked = async || Trouble::Locked(SqliteConnection::connect(&file_url(dir.path())).await.unwrap());
    survive(&server, dir.path(), locked).await;
}
