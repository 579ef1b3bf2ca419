//! `mazad admin`: administrators, who do not register.

use std::io::BufRead as _;
use std::io::IsTerminal as _;

use anyhow::Context as _;
use anyhow::bail;
use argon2::Argon2;
use argon2::PasswordHasher as _;
use clap::Subcommand;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::audit::OPERATOR;
use crate::persistence::error::StoreError;
use crate::persistence::users;
use crate::persistence::users::NewAccount;

/// The node in the ids that are minted here, apart from every server's.
const NODE: u16 = 1_021;
/// Where the password may stand instead of on the standard input. An argument would show in the list of processes.
const PASSWORD_VARIABLE: &str = "MAZAD_ADMIN_PASSWORD";

/// What is to be done.
#[derive(Subcommand)]
pub enum AdminVerb {
    /// Makes an administrator. The password is read from the standard input, or from `MAZAD_ADMIN_PASSWORD`.
    Create {
        /// The telephone number to sign in with, in any form.
        #[arg(long)]
        phone: String,
        /// The name.
        #[arg(long)]
        name: String,
    },
}

/// Does it. Works while the server runs.
///
/// # Errors
/// One line for people: what is wrong and what to do.
pub fn run(config: &Config, verb: &AdminVerb) -> anyhow::Result<()> {
    let AdminVerb::Create { phone, name } = verb;
    let Ok(phone) = Phone::parse(phone) else { bail!("--phone: {phone} is no mobile number; write 05…") };
    let name = text::tidy(name);
    if !(1..=limits::NAME_CHARS_MAX).contains(&name.chars().count()) {
        bail!("--name: 1 to {} characters", limits::NAME_CHARS_MAX);
    }
    let password = read_password()?;
    if password.chars().count() < limits::PASSWORD_CHARS_MIN || password.len() > limits::PASSWORD_BYTES_MAX {
        let (least, most) = (limits::PASSWORD_CHARS_MIN, limits::PASSWORD_BYTES_MAX);
        bail!("a password has at least {least} characters and at most {most} bytes");
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    let password_hash = hash.map_err(|error| anyhow::anyhow!("cannot hash the password: {error}"))?.to_string();
    actix::System::new().block_on(async {
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the database cannot be used")?;
        let id = create(&db, phone, name, password_hash).await?;
        println!("{id} is an administrator and may sign in");
        Ok(())
    })
}

async fn create(db: &Db, phone: Phone, name: String, password_hash: String) -> anyhow::Result<UserId> {
    let clock = Clock::System;
    let (id, at) = (UserId(IdMint::new(clock.clone(), NODE).next()), clock.now());
    let kind = UserKind::Admin;
    let account = NewAccount { id, kind, name, phone, email: None, password_hash, locale: "ar", at };
    match users::insert_account(db, &account).await {
        Err(StoreError::Duplicate { .. }) => {
            bail!("somebody has an account with {}; an administrator needs a number of their own", account.phone)
        }
        inserted => inserted?,
    }
    // Written down before it can be used: without a proven phone nobody signs in.
    let reason = "made at the command line".to_owned();
    let act = Act { actor: OPERATOR, action: Action::AdminCreated, subject: id.to_string(), reason, at };
    audit::record(db, &act).await?;
    users::mark_phone_verified(db, id, at).await?;
    Ok(id)
}

fn read_password() -> anyhow::Result<String> {
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok(password);
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        return rpassword::prompt_password("Password: ").context("the password cannot be read");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("the password cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password: write it to the standard input, or set {PASSWORD_VARIABLE}");
    }
    Ok(password)
}
