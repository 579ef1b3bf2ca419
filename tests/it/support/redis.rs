//! A throw-away redis-server: a port of its own, nothing on disk; it ends with the thread that started it.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use mazad::config;
use tempfile::TempDir;

use crate::support::process::free_port;
use crate::support::process::signal;

/// A running server; killed when dropped.
pub(crate) struct RedisServer {
    port: u16,
    dir: TempDir,
    child: Child,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..5 {
            let port = free_port();
            if let Some(child) = run(port, &dir) {
                return Self { port, dir, child };
            }
        }
        panic!("redis-server does not start; is it installed? (Debian: apt install redis-server)");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Settings of a process that uses it, and that a busy machine does not make give up on it.
    pub(crate) fn settings(&self) -> config::Redis {
        config::Redis { url: self.url().into(), prefix: "test".to_owned(), wait_millis: 500 }
    }

    /// The same with the patience that is usual.
    pub(crate) fn usual_settings(&self) -> config::Redis {
        config::Redis { wait_millis: 50, ..self.settings() }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same port, and nothing in it.
    pub(crate) fn restart(&mut self) {
        self.child = run(self.port, &self.dir).expect("the port was ours");
    }

    /// It hangs: connections stand, and nothing answers.
    pub(crate) fn stop(&self) {
        signal("-STOP", &self.child.id().to_string());
    }

    /// It goes on.
    pub(crate) fn cont(&self) {
        signal("-CONT", &self.child.id().to_string());
    }

    /// It forgets everything.
    pub(crate) fn flushall(&self) {
        assert_eq!(self.say("FLUSHALL"), "+OK");
    }

    /// Says one line and answers the first of its answer.
    pub(crate) fn say(&self, line: &str) -> String {
        self.say_all(line).into_iter().next().unwrap_or_default()
    }

    /// Says one line and answers the lines of its answer.
    pub(crate) fn say_all(&self, line: &str) -> Vec<String> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket.write_all(format!("{line}\r\nQUIT\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer.lines().map(str::to_owned).collect()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that takes connections; `None` when it ended instead, as it does where the port is taken.
fn run(port: u16, dir: &TempDir) -> Option<Child> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--port", &port.to_string()]).arg("--dir").arg(dir.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_ready = lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept connections")));
    if is_ready {
        // What it says further is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        return Some(child);
    }
    let _ = child.wait();
    None
}
