//! A restart with many open auctions: writes them, starts the server on them, and says how long it took to be ready, how
//! much memory it then holds, and whether what came back is what was written.
//!
//! `cargo bench --bench restart` writes 10 000 open auctions with 1 000 000 bids, 1 000 of the auctions past their deadline.
//! `-- --dir DIR` keeps what was written there for the next time; `-- --help` lists the rest. Without `--bench`, as
//! `cargo test --benches` runs it, a small market is enough to see that everything comes back.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench fails by panicking and prints")]

mod compare;
mod prepare;
mod server;

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use clap::Parser;
use mazad::cli::load::procstat;

use crate::prepare::Market;
use crate::server::Server;

/// What is written, and which server is started on it.
#[derive(Parser)]
struct Options {
    /// Open auctions.
    #[arg(long, default_value_t = 10_000)]
    auctions: usize,
    /// Bids in each.
    #[arg(long, default_value_t = 100)]
    bids: usize,
    /// Merchants in each; who has bid already revises.
    #[arg(long, default_value_t = 100)]
    merchants: usize,
    /// Auctions whose deadline passes while the server is down; the others have days left.
    #[arg(long, default_value_t = 1_000)]
    overdue: usize,
    /// Restarts to measure.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where the database is written, and found again when it is there; by default it is thrown away afterwards.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The server; by default the one of this build.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_mazad"))]
    server: PathBuf,
    /// Given by cargo when this is a bench and not a test.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn read() -> Self {
        let asked = Self::parse();
        if asked.bench { asked } else { Self { auctions: 40, bids: 12, merchants: 8, overdue: 10, rounds: 1, ..asked } }
    }
}

#[actix::main]
async fn main() {
    let options = Options::read();
    let thrown_away = tempfile::tempdir().unwrap();
    let dir = options.dir.as_deref().unwrap_or(thrown_away.path());
    std::fs::create_dir_all(dir).unwrap();
    let begin = Instant::now();
    let market = Market::find_or_write(dir, &options).await;
    println!(
        "{} open auctions, {} of them overdue, {} bids; written or found in {:.0} s",
        market.auctions.len(),
        market.overdue(),
        market.bids(),
        begin.elapsed().as_secs_f64()
    );
    for _ in 0..options.rounds {
        restart(dir, &options.server, &market).await;
    }
}

async fn restart(dir: &Path, binary: &Path, market: &Market) {
    let run = dir.join("run");
    prepare::copy(dir, &run);
    let begin = Instant::now();
    let server = Server::start(binary, &run);
    let ready = begin.elapsed();
    let at_ready = procstat::read(server.pid()).unwrap_or_default();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let later = procstat::read(server.pid()).unwrap_or_default();
    let auctions = compare::boards(&run, &server, market).await;
    drop(server);
    let closed = compare::closes(&run, market).await;
    println!(
        "ready in {:.2} s ({:.1} s of processor time), {} MiB resident, {} MiB two seconds later; {auctions} auctions as \
         written, {closed} closed in the order of their deadlines",
        ready.as_secs_f64(),
        at_ready.cpu.as_secs_f64(),
        at_ready.rss_kib / 1_024,
        later.rss_kib / 1_024,
    );
    std::fs::remove_dir_all(&run).unwrap();
}
