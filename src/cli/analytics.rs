//! `mazad analytics`: whether the figures that a server keeps equal those of the tables, and making them anew.

use anyhow::Context as _;
use anyhow::bail;
use clap::Subcommand;

use crate::clock::Clock;
use crate::config::Config;
use crate::flows::rollups::Pace;
use crate::flows::rollups::Rollups;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::analytics::facts;
use crate::persistence::analytics::recount;

/// What is done with the figures of analytics.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum AnalyticsVerb {
    /// Counts everything anew and compares; fails and names the first figure that differs. Works while the server runs.
    Check,
    /// Forgets every figure and counts them anew. Works while the server runs; until it is done figures are too small.
    Rebuild,
}

/// Does it.
///
/// # Errors
/// The first difference; or that the database cannot be used.
pub fn run(config: &Config, verb: AnalyticsVerb) -> anyhow::Result<()> {
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        let report = match verb {
            AnalyticsVerb::Check => check(&db).await,
            AnalyticsVerb::Rebuild => rebuild(&db, Clock::System).await,
        };
        db.close().await;
        println!("{}", report?);
        Ok(())
    })
}

/// The report, if every figure is right.
///
/// # Errors
/// The first that is not.
pub async fn check(db: &Db) -> anyhow::Result<String> {
    let found = recount::compare(db).await?;
    if let Some(fault) = found.fault {
        bail!("{fault}; run mazad analytics rebuild");
    }
    let behind = match found.behind {
        0 => String::new(),
        behind => format!(", {behind} changed since and are counted next"),
    };
    Ok(format!("whole: {} requests and {} sums equal their recount{behind}", found.requests, found.sums))
}

async fn rebuild(db: &Db, clock: Clock) -> anyhow::Result<String> {
    facts::forget(db).await?;
    let counted = Rollups::new(db, clock).round(Pace::FULL).await?;
    Ok(format!("rebuilt: {counted} requests counted"))
}
