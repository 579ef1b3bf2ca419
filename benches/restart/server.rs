//! The server as a process of its own.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use crate::prepare;

/// A running server; killed when dropped, as a crash would.
pub(crate) struct Server {
    child: Child,
    /// `host:port`.
    pub(crate) authority: String,
}

impl Server {
    /// Starts `binary` on the database in `dir` and returns when it answers, which is when it prints its address.
    pub(crate) fn start(binary: &Path, dir: &Path) -> Self {
        let mut child = Command::new(binary)
            .arg("serve")
            .env("MAZAD__HTTP__ADDRESS", "127.0.0.1:0")
            .env("MAZAD__DATABASE__URL", prepare::url(dir))
            .env("MAZAD__AUTH__KEY_DIR", dir)
            // Every board is read from one address.
            .env("MAZAD__LIMITS__ENABLED", "false")
            .env("MAZAD__FILES__PATH", dir.join("files"))
            .env("MAZAD__LOG__FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok().filter(|line| line.contains("http://")));
        let line = line.unwrap_or_else(|| panic!("the server did not start: {:?}", child.wait()));
        let authority = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { child, authority }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
