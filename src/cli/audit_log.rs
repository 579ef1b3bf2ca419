//! `mazad audit-log`: whether what administrators did is still written as it was.

use anyhow::Context as _;
use anyhow::bail;
use clap::Subcommand;

use crate::config::Config;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::audit;
use crate::persistence::audit::Verdict;
use crate::wire::value::Hex;

/// What is to be done.
#[derive(Subcommand)]
pub enum AuditVerb {
    /// Reads the whole log and checks its chain of hashes; fails and names the entry where something was changed.
    Verify,
}

/// Does it. Works while the server runs.
///
/// # Errors
/// The first entry that was changed; or that the database cannot be used.
pub fn run(config: &Config, verb: &AuditVerb) -> anyhow::Result<()> {
    let AuditVerb::Verify = verb;
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        match audit::verify(&db).await? {
            Verdict::Whole { entries, head } => {
                println!("whole: {entries} entries, the last with hash {}", Hex(head));
                Ok(())
            }
            Verdict::Damaged { seq, what } => bail!("the audit log is damaged at entry {seq}: {what}"),
        }
    })
}
