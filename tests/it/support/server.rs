//! The real binary as a process of its own, so that it can be killed.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use crate::support::process;
use crate::support::store::database_url;

/// Everybody here comes from one address, and faster than people.
const LIFTED: [(&str, &str); 6] = [
    ("MAZAD__LIMITS__WRITE__USER_PER_MINUTE", "6000000"),
    ("MAZAD__LIMITS__WRITE__USER_BURST", "100000"),
    ("MAZAD__LIMITS__WRITE__ADDRESS_PER_MINUTE", "6000000"),
    ("MAZAD__LIMITS__WRITE__ADDRESS_BURST", "100000"),
    ("MAZAD__LIMITS__READ__ADDRESS_PER_MINUTE", "6000000"),
    ("MAZAD__LIMITS__READ__ADDRESS_BURST", "100000"),
];

/// A running `mazad serve` on a free port; killed with SIGKILL when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Server {
    /// Starts the server on the database and key in `dir`, with extra settings from `env`, and waits until it answers.
    pub fn start(dir: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = command(dir);
        command.arg("serve").envs(env.iter().copied());
        Self::run(command, dir)
    }

    /// Starts what `command` says, with its log in `log_dir`, and waits until it answers.
    pub fn run(mut command: Command, log_dir: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(log(log_dir)).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("http://")));
        let Some(line) = line else {
            let log = std::fs::read_to_string(log_dir.join("server.log")).unwrap_or_default();
            panic!("the server did not start: {:?}\n{log}", child.wait());
        };
        let url = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
        Self { child, url: format!("http://{url}") }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and waits until the process is gone.
    pub fn end(mut self) {
        self.signal("TERM");
        assert!(self.wait().success());
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        process::signal(&format!("-{name}"), &self.pid().to_string());
    }

    /// Waits until the process is gone.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with its data in `dir` and a free port.
pub fn command(dir: &Path) -> Command {
    settings(Command::new(env!("CARGO_BIN_EXE_mazad")), dir)
}

/// The same started by the shell, after `before`: what a process must be given before it runs.
pub fn command_after(before: &str, dir: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_mazad")]);
    settings(shell, dir)
}

fn settings(mut command: Command, dir: &Path) -> Command {
    command
        .env("MAZAD__HTTP__ADDRESS", "127.0.0.1:0")
        .env("MAZAD__HTTP__WORKERS", "1")
        .envs(LIFTED)
        .env("MAZAD__DATABASE__URL", database_url(dir))
        .env("MAZAD__AUTH__KEY_DIR", dir)
        .env("MAZAD__FILES__PATH", dir.join("files"))
        .stdin(Stdio::null());
    command
}

fn log(dir: &Path) -> std::fs::File {
    std::fs::OpenOptions::new().create(true).append(true).open(dir.join("server.log")).unwrap()
}
