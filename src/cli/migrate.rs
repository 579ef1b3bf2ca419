//! `mazad migrate`.

use anyhow::Context as _;
use clap::Subcommand;

use crate::config::Config;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::migrate;
use crate::persistence::migrate::Stage;

/// What may be done with the schema.
#[derive(Subcommand)]
pub enum MigrateVerb {
    /// Lists the steps of the schema and which of them the database has; changes nothing.
    Status,
    /// Takes the steps that are missing, as a server does when it starts; goes on with one that broke off.
    Up,
}

/// Runs one of them.
///
/// # Errors
/// When the database cannot be used.
pub fn run(config: &Config, verb: &MigrateVerb) -> anyhow::Result<()> {
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::connect(&options).await.context("the database cannot be used")?;
        match verb {
            MigrateVerb::Status => {
                for (step, stage) in migrate::status(&db).await? {
                    let word = match stage {
                        Stage::Applied => "applied",
                        Stage::HalfWay => "broke off: mazad migrate up goes on with it",
                        Stage::Pending => "pending",
                    };
                    println!("{:04} {:<24} {word}", step.number, step.name);
                }
            }
            MigrateVerb::Up => match migrate::run(&db).await? {
                0 => println!("up to date: nothing was missing"),
                steps => println!("up to date: {steps} steps taken"),
            },
        }
        db.close().await;
        Ok(())
    })
}
