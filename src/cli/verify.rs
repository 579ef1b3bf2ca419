//! `mazad verify-merchant`.

use anyhow::Context as _;
use anyhow::bail;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::accounts;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::audit::OPERATOR;
use crate::persistence::users;

/// Ids of what is told at the command line: no server mints under this number.
const NODE: u16 = 1_020;

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
        let act = Act {
            actor: OPERATOR,
            action: Action::MerchantVerified,
            subject: account.id.to_string(),
            reason: "verified at the command line".to_owned(),
            at: Clock::System.now(),
        };
        accounts::verify_merchant(&db, &IdMint::new(Clock::System, NODE), account.id, &act).await?;
        println!("verified: the merchant may bid within two seconds");
        Ok(())
    })
}
