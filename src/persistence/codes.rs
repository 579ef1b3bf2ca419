//! One-time codes: how many may be sent, and how many guesses count.
//!
//! One row for every code that was asked for, also where there is no account to send it to: known and unknown cost the
//! same, count the same and answer the same. All limits are sliding windows over these rows, so a restart forgives
//! nothing and a new code does not reset what was failed at the one before.

use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Phone;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;
use crate::persistence::users;
use crate::persistence::users::NewAccount;

statements! {
    INSERT_DAY = per(
        "INSERT INTO otp_days (day, sent) VALUES (?, 0) ON CONFLICT (day) DO NOTHING",
        "INSERT IGNORE INTO otp_days (day, sent) VALUES (?, 0)"
    );
    SPEND_BUDGET = both("UPDATE otp_days SET sent = sent + 1 WHERE day = ? AND sent < ?");
    SELECT_BUDGET_SPENT = both("SELECT sent FROM otp_days WHERE day = ?");
    // What may still be used says nothing yet.
    SELECT_USED_OF_PREFIX = both(
        "SELECT COUNT(*) AS codes, COUNT(consumed_at) AS used FROM (SELECT consumed_at FROM otp_codes WHERE prefix = ? \
         AND sent_at > ? AND (consumed_at IS NOT NULL OR expires_at <= ?) ORDER BY sent_at DESC LIMIT ?) AS latest"
    );
    INSERT_WORK = both("INSERT INTO otp_work (mac, expires_at) VALUES (?, ?)");
    DELETE_OLD_WORK = both("DELETE FROM otp_work WHERE expires_at <= ?");
    SELECT_NTH_LAST_SENT_TO_PHONE = both(
        "SELECT sent_at FROM otp_codes WHERE phone = ? AND sent_at > ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?"
    );
    SELECT_NTH_LAST_SENT_FROM_ADDRESS = both(
        "SELECT sent_at FROM otp_codes WHERE address = ? AND sent_at > ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?"
    );
    SELECT_NTH_LAST_SENT_FROM_NETWORK = both(
        "SELECT sent_at FROM otp_codes WHERE network = ? AND sent_at > ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?"
    );
    INSERT_CODE = both(
        "INSERT INTO otp_codes (id, user_id, phone, purpose, code_digest, attempts, address, network, sent_at, \
         expires_at, prefix) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"
    );
    SELECT_NEWEST_CODE_OF_USER = both(
        "SELECT id, user_id, phone, code_digest FROM otp_codes WHERE user_id = ? AND purpose = ? ORDER BY sent_at DESC, \
         id DESC LIMIT 1"
    );
    SELECT_NEWEST_CODE_OF_PHONE = both(
        "SELECT id, user_id, phone, code_digest FROM otp_codes WHERE phone = ? AND purpose = ? ORDER BY sent_at DESC, id \
         DESC LIMIT 1"
    );
    SPEND_ATTEMPT = both(
        "UPDATE otp_codes SET attempts = attempts + 1 WHERE id = ? AND attempts < ? AND consumed_at IS NULL AND \
         expires_at > ?"
    );
    SELECT_FAILURES_OF_PHONE = both(
        "SELECT CAST(COALESCE(SUM(attempts), 0) - COUNT(consumed_at) AS SIGNED INTEGER) FROM otp_codes WHERE phone = ? \
         AND sent_at > ?"
    );
    CONSUME_CODE = both("UPDATE otp_codes SET consumed_at = ? WHERE id = ? AND consumed_at IS NULL");
    DELETE_OLD_CODES = both("DELETE FROM otp_codes WHERE sent_at < ?");
    DELETE_OLD_DAYS = both("DELETE FROM otp_days WHERE day < ?");
    SELECT_LAST_PHONE_OF_USER = both(
        "SELECT phone FROM otp_codes WHERE user_id = ? AND purpose = ? ORDER BY sent_at DESC, id DESC LIMIT 1"
    );
}

// ------------------------------------------------------------------ sending

/// A code that is about to be sent.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// Its id.
    pub id: i64,
    /// The account that it proves; nobody's id for a decoy.
    pub user: UserId,
    /// Where it goes.
    pub phone: Phone,
    /// `register`, `reset_password`, `link`, `erase` or `change_phone`.
    pub purpose: &'static str,
    /// Where it may go to anybody's phone: by what its prefix and whoever asks are judged.
    pub stranger: Option<Stranger>,
    /// Keyed digest of the code.
    pub digest: [u8; 32],
    /// Where it was asked for.
    pub address: String,
    /// The net around that.
    pub network: String,
    /// When.
    pub at: UnixMicros,
    /// Until when it serves.
    pub expires_at: UnixMicros,
}

/// A phone that nobody here has proven, as far as who asks may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The first digits of the phone.
    pub prefix: String,
    /// Work that was done: what tells it from other work, and when it would have ended.
    pub work: Option<([u8; 32], UnixMicros)>,
}

/// At most so many in any stretch of time so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub most: u32,
    /// How long.
    pub within: Span,
}

/// How many codes may be sent.
#[derive(Clone, Debug)]
pub struct SendRules {
    /// To one phone.
    pub phone: Vec<Rate>,
    /// For one address.
    pub address: Rate,
    /// For one network.
    pub network: Rate,
    /// In all, per day.
    pub per_day: u32,
    /// When strangers have to work: the next of one phone, address or network.
    pub free: Option<Rate>,
    /// How few codes of a prefix may be used.
    pub prefix: Option<PrefixRule>,
}

/// A prefix gets no more codes where too few of the latest were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixRule {
    /// So many are looked at, and fewer tell nothing.
    pub codes: u32,
    /// Sent in so long.
    pub within: Span,
    /// In percent.
    pub used_percent: u32,
}

/// Whether a code may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// It is kept and may be sent.
    Booked {
        /// So many are booked today, with this one.
        today: i64,
    },
    /// This phone gets the next one after so long.
    PhoneWaits(Span),
    /// From there the next one may be asked for after so long.
    AddressWaits(Span),
    /// Today's budget is spent.
    BudgetSpent,
    /// Too few of the codes for such phones were used.
    PrefixUnused {
        /// So many.
        used: i64,
        /// Of so many.
        codes: i64,
    },
    /// Who asks has to work first, and has not, or with work that was brought before.
    WorkNeeded,
}

/// Books a code, and creates the account that it is for, when the limits allow it; nothing is written where they do not.
///
/// The newest code of an account and purpose is the only one that serves.
///
/// # Errors
/// [`StoreError::Duplicate`] when a proven account has the new one's phone or address: then nothing was written either.
pub async fn book_code(
    db: &Db,
    account: Option<&NewAccount>,
    code: &NewCode,
    rules: &SendRules,
) -> Result<Booking, StoreError> {
    let day = code.at.0.div_euclid(86_400_000_000);
    // Not in the transaction: two that find the row share its lock and then wait for each other to write (MySQL 1213).
    exec_now!(db, INSERT_DAY, day)?;
    let mut tx = db.begin().await?;
    // First of all: its lock makes everybody who asks wait for the other's count.
    if exec!(&mut tx, SPEND_BUDGET, day, i64::from(rules.per_day))? == 0 {
        return Ok(Booking::BudgetSpent);
    }
    for (key, rate, waits) in [
        (&code.address, &rules.address, SELECT_NTH_LAST_SENT_FROM_ADDRESS),
        (&code.network, &rules.network, SELECT_NTH_LAST_SENT_FROM_NETWORK),
    ] {
        if let Some(wait) = wait(&mut tx, waits, key, *rate, code.at).await? {
            return Ok(Booking::AddressWaits(wait));
        }
    }
    for rate in &rules.phone {
        if let Some(wait) = wait(&mut tx, SELECT_NTH_LAST_SENT_TO_PHONE, code.phone.as_str(), *rate, code.at).await? {
            return Ok(Booking::PhoneWaits(wait));
        }
    }
    if let Some(stranger) = &code.stranger
        && let Some(refused) = judge(&mut tx, code, stranger, rules).await?
    {
        return Ok(refused);
    }
    if let Some(account) = account {
        users::insert_account_in(&mut tx, account).await?;
    }
    exec!(
        &mut tx,
        INSERT_CODE,
        code.id,
        code.user.0,
        code.phone.as_str(),
        code.purpose,
        code.digest.as_slice(),
        code.address.as_str(),
        code.network.as_str(),
        code.at.0,
        code.expires_at.0,
        code.stranger.as_ref().map(|stranger| stranger.prefix.as_str())
    )?;
    let today = one_in!(&mut tx, (i64,), SELECT_BUDGET_SPENT, day)?.map_or(0, |(sent,)| sent);
    tx.commit().await?;
    Ok(Booking::Booked { today })
}

/// Why a stranger gets no code, if for any reason.
async fn judge(
    tx: &mut Tx,
    code: &NewCode,
    stranger: &Stranger,
    rules: &SendRules,
) -> Result<Option<Booking>, StoreError> {
    let at = code.at;
    if let Some(PrefixRule { codes: most, within, used_percent }) = rules.prefix {
        let (prefix, most) = (stranger.prefix.as_str(), i64::from(most));
        let since = at.minus(within);
        let latest = one_in!(&mut *tx, (i64, i64), SELECT_USED_OF_PREFIX, prefix, since.0, at.0, most)?;
        if let Some((codes, used)) = latest.filter(|(codes, _)| *codes >= most)
            && used * 100 < i64::from(used_percent) * codes
        {
            return Ok(Some(Booking::PrefixUnused { used, codes }));
        }
    }
    let Some(free) = rules.free else { return Ok(None) };
    let mut is_needed = false;
    for (key, nth_last) in [
        (code.phone.as_str(), SELECT_NTH_LAST_SENT_TO_PHONE),
        (&code.address, SELECT_NTH_LAST_SENT_FROM_ADDRESS),
        (&code.network, SELECT_NTH_LAST_SENT_FROM_NETWORK),
    ] {
        is_needed = is_needed || wait(&mut *tx, nth_last, key, free, at).await?.is_some();
    }
    if !is_needed {
        return Ok(None);
    }
    let Some((mac, expires_at)) = stranger.work else { return Ok(Some(Booking::WorkNeeded)) };
    match exec!(tx, INSERT_WORK, mac.as_slice(), expires_at.0) {
        Err(StoreError::Duplicate { .. }) => Ok(Some(Booking::WorkNeeded)),
        spent => spent.map(|_| None),
    }
}

/// How long until the next one; `None` when it may go at once.
async fn wait(
    tx: &mut Tx,
    nth_last: crate::persistence::Sql,
    key: &str,
    rate: Rate,
    now: UnixMicros,
) -> Result<Option<Span>, StoreError> {
    let Some(before) = rate.most.checked_sub(1) else { return Ok(Some(rate.within)) };
    let since = now.minus(rate.within);
    let sent: Option<(i64,)> = one_in!(tx, (i64,), nth_last, key, since.0, i64::from(before))?;
    Ok(sent.map(|(at,)| UnixMicros(at).plus(rate.within).since(now)))
}

// ------------------------------------------------------------------ guessing

/// Whose code is guessed.
#[derive(Clone, Copy, Debug)]
pub enum CodeOf<'a> {
    /// An account's.
    User(UserId),
    /// A phone's.
    Phone(&'a Phone),
}

/// How many guesses count.
#[derive(Clone, Copy, Debug)]
pub struct GuessRules {
    /// At one code.
    pub attempts: i64,
    /// Wrong ones for one phone, whatever number of codes.
    pub failures: i64,
    /// In so long.
    pub within: Span,
}

/// What came of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// It is the code of this account, and serves no more.
    Right(UserId),
    /// It is not, or there is none that still serves.
    Wrong,
    /// Too many were wrong; this one was not looked at.
    Exhausted,
}

row! {
    struct CodeRow {
        id: i64,
        user_id: UserId,
        phone: String,
        code_digest: Vec<u8>,
    }
}

/// Guesses the newest code of a purpose; `same` compares the digests, given whose code it is, in constant time.
///
/// The attempt is counted before anything is compared, by one conditional UPDATE, so parallel guesses cannot exceed
/// the limit.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn guess_code(
    db: &Db,
    of: CodeOf<'_>,
    purpose: &'static str,
    rules: GuessRules,
    now: UnixMicros,
    same: impl Fn(UserId, &[u8]) -> bool,
) -> Result<Guess, StoreError> {
    let mut tx = db.begin().await?;
    let newest = match of {
        CodeOf::User(user) => one_in!(&mut tx, CodeRow, SELECT_NEWEST_CODE_OF_USER, user.0, purpose)?,
        CodeOf::Phone(phone) => one_in!(&mut tx, CodeRow, SELECT_NEWEST_CODE_OF_PHONE, phone.as_str(), purpose)?,
    };
    let Some(newest) = newest else { return Ok(Guess::Wrong) };
    if exec!(&mut tx, SPEND_ATTEMPT, newest.id, rules.attempts, now.0)? != 1 {
        return Ok(Guess::Wrong);
    }
    let since = now.minus(rules.within);
    let failures = one_in!(&mut tx, (i64,), SELECT_FAILURES_OF_PHONE, newest.phone.as_str(), since.0)?;
    // This attempt is among them.
    if failures.is_some_and(|(count,)| count > rules.failures) {
        return Ok(Guess::Exhausted);
    }
    let right = same(newest.user_id, &newest.code_digest) && exec!(&mut tx, CONSUME_CODE, now.0, newest.id)? == 1;
    tx.commit().await?;
    Ok(if right { Guess::Right(newest.user_id) } else { Guess::Wrong })
}

/// The phone to which the last code of a purpose was sent on behalf of an account or decoy.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find_phone(db: &Db, user: UserId, purpose: &'static str) -> Result<Option<Phone>, StoreError> {
    let row: Option<(String,)> = one!(db, (String,), SELECT_LAST_PHONE_OF_USER, user.0, purpose)?;
    row.map(|(phone,)| Phone::parse(&phone).map_err(|_| StoreError::corrupt("otp_codes.phone is no phone"))).transpose()
}

/// Forgets work whose time is over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_work(db: &Db, now: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, DELETE_OLD_WORK, now.0).map(drop)
}

/// Forgets codes sent before `before`, which must be older than every window.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_codes(db: &Db, before: UnixMicros) -> Result<(), StoreError> {
    exec_now!(db, DELETE_OLD_CODES, before.0)?;
    exec_now!(db, DELETE_OLD_DAYS, before.0.div_euclid(86_400_000_000)).map(drop)
}
