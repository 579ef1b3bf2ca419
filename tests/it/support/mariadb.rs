//! A throw-away MariaDB server on this machine: data and port of its own, gone with the process that started it.
//!
//! Ordinary tests share one, whose data lies in memory; whoever kills or stops a server starts one for himself.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::ConnectOptions;
use sqlx::Connection;
use sqlx::Executor;
use sqlx::mysql::MySqlConnectOptions;

use crate::support::process::free_port;
use crate::support::process::signal;

/// A server that nobody kills need not wait for the disk, which where there is no room in memory is most of its time.
const IN_NO_HURRY: [&str; 3] = ["--debug-no-sync", "--sync-frm=0", "--innodb-flush-method=nosync"];
/// Room that a server's data must find in memory to be put there.
const ROOM: u64 = 2 << 30;
/// A server that is not there after this long will not come.
const START_MAX: Duration = Duration::from_secs(60);

/// Keeps a server and removes its data when its own standard input ends, which is when the tests do, however they end.
/// (A death signal of the kernel would come when the *thread* ends that started the server, and every test has its own.)
const KEEPER: &str = "trap '' HUP INT TERM; folder=$1; shift; \"$@\" </dev/null >>\"$folder/log\" 2>&1 & echo $!; \
                      read -r word; kill -KILL $! 2>/dev/null; wait; [ \"$word\" = keep ] || rm -rf \"$folder\"";

/// A server.
pub(crate) struct MariaDb {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    running: Mutex<Option<Process>>,
    databases: AtomicU32,
    retired: Arc<Mutex<Vec<String>>>,
}

struct Process {
    keeper: Child,
    pid: String,
}

/// An empty database; it is dropped some time after this is.
pub(crate) struct Database {
    /// `mysql://…`
    pub(crate) url: String,
    name: String,
    retired: Arc<Mutex<Vec<String>>>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.retired.lock().unwrap().push(std::mem::take(&mut self.name));
    }
}

impl MariaDb {
    /// The server of all tests that only need one; started by the first of them.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_in(&memory(), &IN_NO_HURRY))
    }

    /// One of one's own, with these settings (`--name=value`) over the usual ones; its data in memory if there is room.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_in(&memory(), settings)
    }

    /// One of one's own whose data lies on the disk: what it has acknowledged outlives its death.
    pub(crate) fn durable() -> Self {
        Self::start_in(&std::env::temp_dir(), &[])
    }

    fn start_in(root: &Path, settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("mazad-mariadb-").tempdir_in(root).unwrap().keep();
        let server = Self {
            port: free_port(),
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            running: Mutex::new(None),
            databases: AtomicU32::new(0),
            retired: Arc::default(),
            folder,
        };
        let installed = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"])
            .arg(server.data())
            .arg(server.scratch())
            .args(as_root())
            .output();
        let installed = installed.unwrap_or_else(|error| missing(&error));
        assert!(installed.status.success(), "mariadb-install-db: {installed:?}");
        server.restart();
        server
    }

    fn data(&self) -> String {
        format!("--datadir={}", self.folder.join("data").display())
    }

    /// A server that starts deletes what it takes for its predecessor's temporary tables, so none may share a folder for them.
    fn scratch(&self) -> String {
        format!("--tmpdir={}", self.folder.display())
    }

    /// Starts it again on its data, at its port.
    pub(crate) fn restart(&self) {
        let mut running = self.running.lock().unwrap();
        assert!(running.is_none(), "it runs");
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&self.folder).arg(program()).args(["--no-defaults", &self.data()]);
        command
            .args(as_root())
            .arg(self.scratch())
            .arg(format!("--port={}", self.port))
            .arg(format!("--socket={}", self.folder.join("socket").display()))
            .arg(format!("--pid-file={}", self.folder.join("pid").display()))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--max-connections=2000"])
            .args(["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=64M"])
            .args(["--innodb-flush-log-at-trx-commit=1", "--character-set-server=utf8mb4"])
            .args(["--collation-server=utf8mb4_bin", "--max-allowed-packet=64M"])
            .args(&self.settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0);
        let mut keeper = command.spawn().unwrap();
        let mut pid = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        *running = Some(Process { keeper, pid: pid.trim().to_owned() });
        let since = Instant::now();
        while !self.answers() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(since.elapsed() < START_MAX, "mariadbd does not answer:\n{}", log());
            assert!(!log().contains("Aborting"), "mariadbd does not start:\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether it greets whoever connects.
    fn answers(&self) -> bool {
        let Ok(mut socket) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return false };
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        socket.read_exact(&mut [0; 5]).is_ok()
    }

    /// SIGKILL; returns when it is gone. [`MariaDb::restart`] starts it again.
    pub(crate) fn kill(&self) {
        let Some(mut process) = self.running.lock().unwrap().take() else { return };
        signal("-KILL", &process.pid);
        process.keeper.stdin.take().unwrap().write_all(b"keep\n").unwrap();
        process.keeper.wait().unwrap();
    }

    /// SIGSTOP: connections stay open and nobody answers.
    pub(crate) fn freeze(&self) {
        signal("-STOP", &self.running.lock().unwrap().as_ref().unwrap().pid);
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        signal("-CONT", &self.running.lock().unwrap().as_ref().unwrap().pid);
    }

    /// An empty database, utf8mb4_bin.
    pub(crate) async fn fresh_database(&self) -> Database {
        self.database("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin").await
    }

    /// An empty database with other words behind CREATE DATABASE.
    pub(crate) async fn database(&self, words: &str) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect().await;
        let retired = std::mem::take(&mut *self.retired.lock().unwrap());
        let dropped = retired.iter().map(|name| format!("DROP DATABASE {name}; "));
        let text: String = dropped.chain([format!("CREATE DATABASE {name} {words}")]).collect();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
        connection.close().await.unwrap();
        Database { url: self.url(&name), name, retired: Arc::clone(&self.retired) }
    }

    /// The url of a database on it.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{name}", self.port)
    }

    /// A connection as root, outside every database.
    pub(crate) async fn connect(&self) -> sqlx::MySqlConnection {
        self.url("").parse::<MySqlConnectOptions>().unwrap().connect().await.unwrap()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if let Some(mut process) = self.running.lock().unwrap().take() {
            drop(process.keeper.stdin.take());
            let _ = process.keeper.wait();
        }
        // The keeper of one that was killed left it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where files lie in memory, if there is room; else where temporary ones do.
fn memory() -> PathBuf {
    let room = Command::new("df").args(["--output=avail", "-B1", "/dev/shm"]).output().ok();
    let room = room.and_then(|said| String::from_utf8(said.stdout).ok()?.lines().nth(1)?.trim().parse::<u64>().ok());
    if room.is_some_and(|room| room > ROOM) { PathBuf::from("/dev/shm") } else { std::env::temp_dir() }
}

/// MariaDB runs as root only where it is told to.
fn as_root() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output().unwrap();
    (id.stdout == b"0\n").then_some("--user=root")
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    let found = folders.map(|folder| folder.join("mariadbd")).find(|program| program.is_file());
    found.unwrap_or_else(|| missing(&"no mariadbd in PATH nor /usr/sbin"))
}

fn missing(what: &dyn std::fmt::Display) -> ! {
    panic!("these tests need MariaDB 10.11 or later ({what}): run `make servers`, or apt install mariadb-server")
}
