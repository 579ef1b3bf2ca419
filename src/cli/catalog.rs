//! `mazad catalog`: more vehicles than the program brings along.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use anyhow::bail;
use clap::Subcommand;

use crate::clock::Clock;
use crate::config::Config;
use crate::flows::catalogue;
use crate::flows::catalogue::CatalogueError;
use crate::persistence::Db;
use crate::persistence::StoreOptions;

/// What is to be done.
#[derive(Subcommand)]
pub enum CatalogVerb {
    /// Adds the brands and models of a CSV file that are not there yet. Running it again changes nothing.
    ///
    /// The first line names the columns: `make_name` and `model_name` are needed; `make_name_ar`, `model_name_ar`,
    /// `year_from`, `year_to` and `kind` are read where they are there.
    Import {
        /// The file, in UTF-8.
        file: PathBuf,
        /// Only lines whose `kind` is one of these, such as car,van.
        #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
        kinds: Vec<String>,
    },
}

/// Does it. Works while the server runs.
///
/// # Errors
/// One line for people: which file, line and column, and what is wrong there.
pub fn run(config: &Config, verb: &CatalogVerb) -> anyhow::Result<()> {
    let CatalogVerb::Import { file: path, kinds } = verb;
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        catalogue::load(&db, Clock::System.now()).await?;
        let began = Instant::now();
        let done = match catalogue::import(&db, BufReader::new(file), kinds).await {
            Err(CatalogueError::File(fault)) => bail!("{}: {fault}; nothing was added", path.display()),
            done => done?,
        };
        println!(
            "{} rows read in {} ms: {} brands and {} models added, {} rows of other kinds left out",
            done.rows,
            began.elapsed().as_millis(),
            done.brands,
            done.models,
            done.skipped
        );
        Ok(())
    })
}
