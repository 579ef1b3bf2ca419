//! Several `mazad serve` on one MariaDB: one writes each auction, the others show it, hand commands on and take over.

mod notices;
mod owner;
mod place;
mod room;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::Executor;
use sqlx::MySqlConnection;
use sqlx::Row;
use tempfile::TempDir;

use crate::support::mariadb::Database;
use crate::support::mariadb::MariaDb;
use crate::support::market::Bazaar;
use crate::support::market::Bidder;
use crate::support::market::LIMITS;
use crate::support::market::Sent;
use crate::support::server;
use crate::support::server::Server;

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The servers' common ground.
struct Ground {
    dir: TempDir,
    database: Database,
}

/// One server, which the database knows by a user of its own.
struct Node {
    server: Server,
    number: i64,
}

impl Ground {
    async fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), database: MariaDb::shared().fresh_database().await }
    }

    async fn connect(&self) -> MySqlConnection {
        MySqlConnection::connect(&self.database.url).await.unwrap()
    }

    /// The name of a database user of this ground.
    fn user(&self, name: &str) -> String {
        format!("{}_{name}", self.database.url.rsplit('/').next().unwrap())
    }

    async fn command(&self, name: &str, address: &str) -> (Command, PathBuf) {
        let user = self.user(name);
        let grant = format!("CREATE USER IF NOT EXISTS '{user}'@'%'; GRANT ALL ON *.* TO '{user}'@'%'");
        self.connect().await.execute(sqlx::raw_sql(AssertSqlSafe(grant))).await.unwrap();
        let log = self.dir.path().join(name);
        std::fs::create_dir_all(&log).unwrap();
        let mut command = server::command(self.dir.path());
        command
            .arg("serve")
            .envs(LIMITS)
            .env("MAZAD__DATABASE__URL", self.database.url.replace("root@", &format!("{user}@")))
            .env("MAZAD__CLUSTER__ADDRESS", address);
        (command, log)
    }

    async fn start(&self, name: &str) -> Node {
        self.start_at(name, "127.0.0.1:0", &[]).await
    }

    async fn start_at(&self, name: &str, address: &str, env: &[(&str, &str)]) -> Node {
        let (mut command, log) = self.command(name, address).await;
        command.envs(env.iter().copied());
        let server = Server::run(command, &log);
        let mut connection = self.connect().await;
        let last = "SELECT number FROM nodes ORDER BY started_at DESC LIMIT 1";
        let number = connection.fetch_one(last).await.unwrap().get(0);
        Node { server, number }
    }

    /// From here on the database notes of every entry who wrote it and whose the auction was at that moment.
    async fn watch_writers(&self) {
        let made = "CREATE TABLE written (auction_id BIGINT, seq BIGINT, writer VARCHAR(255), node BIGINT, fence BIGINT); \
                    CREATE TRIGGER who AFTER INSERT ON auction_events FOR EACH ROW INSERT INTO written SELECT \
                    NEW.auction_id, NEW.seq, SUBSTRING_INDEX(USER(), '@', 1), node, fence FROM auction_heads WHERE \
                    auction_id = NEW.auction_id";
        self.connect().await.execute(sqlx::raw_sql(made)).await.unwrap();
    }

    /// Entries by somebody whose the auction was not, and by how many it was written in all. The fences rise.
    async fn stale(&self, nodes: &[(&str, i64)]) -> (Vec<String>, usize) {
        let numbers: HashMap<String, i64> = nodes.iter().map(|(name, node)| (self.user(name), *node)).collect();
        let mut connection = self.connect().await;
        let rows = connection.fetch_all("SELECT writer, node, fence, seq FROM written ORDER BY auction_id, seq").await;
        let rows = rows.unwrap();
        let mut stale = Vec::new();
        let mut last = 0;
        for row in &rows {
            let (writer, node, fence, seq): (String, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
            if numbers.get(&writer) != Some(&node) || fence < last {
                stale.push(format!("entry {seq} by {writer} while it was {node}'s, fence {fence} after {last}"));
            }
            last = fence;
        }
        (stale, rows.len())
    }

    /// The number of the journal's last entry; there is one auction.
    async fn last_entry(&self) -> i64 {
        self.connect().await.fetch_one("SELECT MAX(seq) FROM auction_heads").await.unwrap().get(0)
    }

    /// Whose the auctions are.
    async fn owners(&self) -> Vec<i64> {
        owners(&mut self.connect().await).await
    }

    /// How many servers say that they live.
    async fn live(&self) -> i64 {
        let live = "SELECT COUNT(*) FROM nodes WHERE renewed_at > (UNIX_TIMESTAMP(SYSDATE(6)) - 2) * 1000000";
        self.connect().await.fetch_one(live).await.unwrap().get(0)
    }

    async fn until_owned_by(&self, node: i64) -> Duration {
        let since = Instant::now();
        let mut connection = self.connect().await;
        while owners(&mut connection).await.iter().any(|owner| *owner != node) {
            assert!(since.elapsed() < PATIENCE, "{:?}", self.owners().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        since.elapsed()
    }
}

async fn owners(connection: &mut MySqlConnection) -> Vec<i64> {
    let rows = connection.fetch_all("SELECT node FROM auction_heads").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

impl Drop for Ground {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for entry in std::fs::read_dir(self.dir.path()).unwrap().flatten() {
            if let Ok(log) = std::fs::read_to_string(entry.path().join("server.log")) {
                let lines = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
                println!("{}: {:#?}", entry.path().display(), lines.collect::<Vec<_>>());
            }
        }
    }
}

impl Node {
    fn url(&self) -> &str {
        &self.server.url
    }
}

/// Bidders who bid on servers until they are told to stop, and what they were told.
struct Load {
    bazaar: Arc<Bazaar>,
    stop: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
    acks: Vec<Arc<AtomicUsize>>,
    done: Vec<tokio::sync::oneshot::Receiver<()>>,
}

#[derive(Default)]
struct Heard {
    acknowledged: HashMap<String, String>,
    /// Of whom nobody said what became of it, with the bidder as it was.
    unanswered: Vec<(Bidder, Sent)>,
    /// Bids that had no answer at first.
    unclear: usize,
}

impl Load {
    /// Bidder n bids at `urls[n % urls.len()]`.
    fn begin(bazaar: &Arc<Bazaar>, urls: &[&str]) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let heard = Arc::<Mutex<Heard>>::default();
        let acks: Vec<Arc<AtomicUsize>> = urls.iter().map(|_| Arc::default()).collect();
        let mut done = Vec::new();
        for at in 0..bazaar.bidders.len() {
            let (bazaar, stop, heard) = (Arc::clone(bazaar), Arc::clone(&stop), Arc::clone(&heard));
            let (url, acks) = (urls[at % urls.len()].to_owned(), Arc::clone(&acks[at % urls.len()]));
            let (say, ended) = tokio::sync::oneshot::channel();
            done.push(ended);
            actix::spawn(async move {
                bid(&bazaar, &url, at, &stop, &heard, &acks).await;
                let _ = say.send(());
            });
        }
        Self { bazaar: Arc::clone(bazaar), stop, heard, acks, done }
    }

    fn acks(&self, at: usize) -> usize {
        self.acks[at].load(Ordering::SeqCst)
    }

    async fn until_acks(&self, at: usize, more: usize) -> Duration {
        let (since, until) = (Instant::now(), self.acks(at) + more);
        while self.acks(at) < until {
            assert!(since.elapsed() < PATIENCE, "no bid is taken");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        since.elapsed()
    }

    /// Ends the load, has every unanswered bid resolved at `url`, and compares. Answers how many were acknowledged and
    /// how many had to be asked for again.
    async fn settle(self, ground: &Ground, url: &str) -> (usize, usize) {
        self.stop.store(true, Ordering::SeqCst);
        for ended in self.done {
            tokio::time::timeout(PATIENCE, ended).await.expect("a bidder hangs").unwrap();
        }
        let Heard { mut acknowledged, unanswered, unclear } = std::mem::take(&mut *self.heard.lock().unwrap());
        let client = reqwest::Client::new();
        for (who, sent) in unanswered {
            let (hash, _) = insist(&self.bazaar, &client, url, &who, &sent).await;
            acknowledged.insert(sent.key, hash);
        }
        self.bazaar.compare_on(&ground.database.url, &acknowledged).await;
        (acknowledged.len(), unclear)
    }
}

/// Sends a bid until it is said what became of it.
async fn insist(bazaar: &Bazaar, client: &reqwest::Client, url: &str, who: &Bidder, sent: &Sent) -> (String, String) {
    bazaar.insist(client, url, (who, sent), PATIENCE, |_| true).await
}

async fn bid(bazaar: &Bazaar, url: &str, at: usize, stop: &AtomicBool, heard: &Mutex<Heard>, acks: &AtomicUsize) {
    let client = reqwest::Client::new();
    let mut who = bazaar.bidders[at].clone();
    while !stop.load(Ordering::SeqCst) {
        let sent = who.next(at, &bazaar.items);
        let mut tries = 0;
        loop {
            match bazaar.send(&client, url, &who, &sent).await {
                Ok((hash, bid)) => {
                    who.bid = Some(bid);
                    heard.lock().unwrap().acknowledged.insert(sent.key, hash);
                    acks.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                Err(_) if stop.load(Ordering::SeqCst) => {
                    heard.lock().unwrap().unanswered.push((who, sent));
                    return;
                }
                Err(_) => {
                    if tries == 0 {
                        heard.lock().unwrap().unclear += 1;
                    }
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
}
