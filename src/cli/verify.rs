//! `mazad verify-merchant`.

use anyhow::Context as _;
use anyhow::bail;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::UserId;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::users;

/// Who verified: whoever has the database in hand, no account.
const OPERATOR: UserId = UserId(0);

/// Marks the merchant with this telephone number as verified.
///
/// # Errors
/// When there is no such merchant or the database cannot be used.
pub fn run(config: &Config, phone: &str) -> anyhow::Result<()> {
    let Ok(phone) = Phone::parse(phone) else { bail!("{phone} is no Saudi mobile number") };
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        let found = users::find_account_of_phone(&db, &phone).await?;
        let Some(account) = found.filter(|account| account.kind == UserKind::Merchant) else {
            bail!("no merchant has this telephone number; register it first");
        };
        users::mark_merchant_verified(&db, account.id, OPERATOR, Clock::System.now()).await?;
        println!("verified: the merchant may bid within two seconds");
        Ok(())
    })
}
