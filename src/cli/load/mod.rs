//! `mazad load`: drives a running server and says what it did, under which conditions, and whether anything was lost.
//!
//! One thread: the generator shares the machine with the server, and a second thread of its own would take the core
//! that it measures.

mod closing;
pub mod driver;
pub mod http_client;
pub mod ledger;
pub mod measure;
pub mod options;
pub mod phases;
pub mod plan;
pub mod procstat;
pub mod report;
pub mod stage;
pub mod watch;
pub mod ws_client;

use std::cell::Cell;
use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::LocalSet;

use crate::cli::load::driver::Shared;
use crate::cli::load::http_client::authority_of;
pub use crate::cli::load::options::LoadOptions;
use crate::cli::load::phases::Run;
use crate::cli::load::plan::Sender;
use crate::cli::load::report::Conditions;
use crate::cli::load::report::Phase;
use crate::cli::load::report::Report;
use crate::cli::load::stage::Stage;
use crate::cli::market::Market;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::time::UnixMicros;

/// Runs the load and prints its report.
///
/// # Errors
/// When the server cannot be reached, refuses the setting up, or lost an acknowledged bid.
#[expect(clippy::needless_pass_by_value, reason = "a verb owns what it was started with, like its siblings")]
pub fn run(mut config: Config, options: LoadOptions) -> anyhow::Result<()> {
    if let Some(data) = &options.data {
        config.database.url = format!("sqlite://{}", data.join("mazad.sqlite").display());
        config.auth.key_dir.clone_from(data);
    }
    let options = &options;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, drive(&config, options))?;
    println!("{}", report.table());
    if let Some(path) = &options.json {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{}", serde_json::to_string(&report)?).with_context(|| path.display().to_string())?;
    }
    let lost = report.ledger.map_or(0, |ledger| ledger.lost + ledger.doubled);
    anyhow::ensure!(lost == 0, "{lost} acknowledged bids were lost or doubled");
    let closings = report.phases.iter().filter_map(|phase| phase.closings.as_ref());
    let wrong: u64 = closings.map(|closings| closings.early + closings.open).sum();
    anyhow::ensure!(wrong == 0, "{wrong} auctions closed too early or not at all");
    Ok(())
}

async fn drive(config: &Config, options: &LoadOptions) -> anyhow::Result<Report> {
    let authority = authority_of(&options.url)?;
    let now = Clock::System.now();
    let run = format!("load-{:x}", now.0);
    let market = Market::open(config).await?;
    let stage = Stage::new(market, &authority, &run, options);
    let most = options.room_bids.iter().copied().chain([options.merchants]).max().unwrap_or(1);
    eprintln!("{most} merchants are written to the server's database …");
    let people = stage.merchants(most).await?;
    let spacing = match options.bids_per_second {
        0 => Duration::ZERO,
        // A little more than the limit says, because arrivals are never as even as sends.
        per_second => Duration::from_millis(1_150) / per_second,
    };
    let shared = Rc::new(Shared {
        authority: authority.clone(),
        run,
        merchants: people.iter().map(|person| Sender::new(&authority, &person.token)).collect(),
        spacing,
        bids_per_merchant: options.bids_per_merchant,
        numbers: Cell::new(0),
    });
    let mut run = Run { options, shared, people, stage, phases: Vec::new(), ledger: None };
    for what in &options.what {
        run.phase(*what).await?;
    }
    let bids_to_health = ratio(&run.phases);
    Ok(Report { conditions: conditions(options, now), phases: run.phases, bids_to_health, ledger: run.ledger })
}

/// The best bidding rate for each answer of the idle server.
fn ratio(phases: &[Phase]) -> Option<f64> {
    let rate = |name: &str| phases.iter().find(|phase| phase.name == name).map(|phase| phase.acknowledged_per_s);
    Some(rate("bids").or_else(|| rate("hot"))? / rate("health")?)
}

fn conditions(options: &LoadOptions, now: UnixMicros) -> Conditions {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let profile = if cfg!(debug_assertions) { "debug build: its figures say nothing" } else { "release build" };
    Conditions {
        tool: format!("mazad load {} ({profile})", env!("CARGO_PKG_VERSION")),
        date: chrono::DateTime::from_timestamp_micros(now.0).map(|date| date.to_rfc3339()).unwrap_or_default(),
        machine: format!(
            "{} with {cores} cores, shared by server and generator; Linux {}",
            model.unwrap_or("unknown processor"),
            read("/proc/sys/kernel/osrelease").trim()
        ),
        options: options.line(),
    }
}
