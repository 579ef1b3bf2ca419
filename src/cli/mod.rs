//! The verbs, one file each.

pub mod admin;
pub mod analytics;
pub mod api_client;
pub mod audit_log;
pub mod audit_payments;
pub mod backup;
pub mod catalog;
pub mod copy;
pub mod demo;
pub mod load;
pub mod market;
pub mod migrate;
pub mod restore;
pub mod serve;
pub mod verify;

use std::path::PathBuf;

use clap::Parser;
use clap::Subcommand;

use crate::config::Config;
use crate::drivers::push;

/// A real-time reverse-auction engine for car parts.
#[derive(Parser)]
#[command(name = "mazad", version, about)]
pub struct Cli {
    /// A settings file in TOML; see config/default.toml for every setting.
    #[arg(long, global = true, env = "MAZAD_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Starts the server.
    Serve,
    /// Shows the steps of the database's schema, and takes those that are missing.
    #[command(subcommand)]
    Migrate(migrate::MigrateVerb),
    /// Moves an installation from a file to a database server, or back, and compares the two.
    Copy(copy::CopyOptions),
    /// Shows every setting that is in force and what set it, secrets as ***; or every fault at once.
    Config,
    /// Verifies a merchant, so that it may bid. Works while the server runs.
    VerifyMerchant {
        /// The merchant's telephone number, in any form.
        phone: String,
    },
    /// Makes administrators.
    #[command(subcommand)]
    Admin(admin::AdminVerb),
    /// Enlarges the catalogue of vehicles.
    #[command(subcommand)]
    Catalog(catalog::CatalogVerb),
    /// Checks what is written of the administrators' acts.
    #[command(subcommand)]
    AuditLog(audit_log::AuditVerb),
    /// Checks that the money of every payment and order adds up; fails and names the row where it does not.
    AuditPayments,
    /// Checks the figures that analytics shows, or makes them anew.
    #[command(subcommand)]
    Analytics(analytics::AnalyticsVerb),
    /// Copies database and uploads to a folder while the server runs, and checks the copy by replaying every auction.
    Backup(backup::BackupOptions),
    /// Puts a backup in the place of database and uploads; the server must not run.
    Restore(restore::RestoreOptions),
    /// Makes a private key for `push.vapid_key` and prints it.
    VapidKey,
    /// Starts the server with a seeded market and merchants who bid live.
    Demo(demo::DemoOptions),
    /// Drives a running server and prints what it measured.
    Load(Box<load::LoadOptions>),
}

/// Runs the verb of the command line.
///
/// # Errors
/// One line for people: what is wrong and what to do.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let config = || Config::load(cli.config.as_deref());
    match cli.verb {
        Verb::Migrate(verb) => migrate::run(&config()?, &verb),
        Verb::Copy(options) => copy::run(&options),
        Verb::Serve => {
            let (config, settings) = Config::read(cli.config.as_deref())?;
            serve::run(config, &settings)
        }
        Verb::Config => {
            let (_, settings) = Config::read(cli.config.as_deref())?;
            print!("{}", settings.print());
            settings.warnings().iter().for_each(|warning| eprintln!("mazad: {warning}"));
            Ok(())
        }
        Verb::VerifyMerchant { phone } => verify::run(&config()?, &phone),
        Verb::Admin(verb) => admin::run(&config()?, &verb),
        Verb::Catalog(verb) => catalog::run(&config()?, &verb),
        Verb::AuditLog(verb) => audit_log::run(&config()?, &verb),
        Verb::AuditPayments => audit_payments::run(&config()?),
        Verb::Analytics(verb) => analytics::run(&config()?, verb),
        Verb::Backup(options) => backup::run(&config()?, &options),
        Verb::Restore(options) => restore::run(&config()?, &options),
        Verb::VapidKey => {
            let key = push::new_key().map_err(|_| anyhow::anyhow!("no random bytes from the operating system"))?;
            println!("{key}");
            Ok(())
        }
        Verb::Demo(options) => demo::run(config()?, options),
        Verb::Load(options) => load::run(config()?, *options),
    }
}
