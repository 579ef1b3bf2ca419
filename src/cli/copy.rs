//! `mazad copy`.

use anyhow::Context as _;
use clap::Args;

use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::copy;

/// From where to where.
#[derive(Args)]
pub struct CopyOptions {
    /// The database that is read: `sqlite://FILE` or `mysql://…`. Stop its server first.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The one that is written, of the other kind; it must be empty. A file is made.
    #[arg(long, value_name = "URL")]
    to: String,
}

/// Copies and compares.
///
/// # Errors
/// When one of them cannot be used, the target is not empty, or the copy is not the same.
pub fn run(options: &CopyOptions) -> anyhow::Result<()> {
    actix::System::new().block_on(async {
        let open = async |url: &str| Db::open(&StoreOptions { url: url.to_owned(), readers: 4 }).await;
        let from = open(&options.from).await.context("the database of --from cannot be used")?;
        let to = open(&options.to).await.context("the database of --to cannot be used")?;
        let tables = copy::copy(&from, &to)
            .await
            .context("nothing was copied, and the target is as it was; run it again once the cause is gone")?;
        let compared = copy::compare(&from, &to, &tables).await;
        let journals = compared.context("the copy is NOT the same as its source: do not use it, and empty the target")?;
        for (table, rows) in tables.iter().filter(|(_, rows)| **rows > 0) {
            println!("{rows:>12}  {table}");
        }
        println!(
            "{} rows copied and counted, {journals} journals replayed to their heads; files ([files] path) and keys (auth.key_dir) \
             lie beside the database: take them along",
            tables.values().sum::<u64>()
        );
        from.close().await;
        to.close().await;
        Ok(())
    })
}
