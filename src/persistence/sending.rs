//! Deliveries on their way out: who has one claims it for a while, hands it to a provider, and writes down what came of it.
//!
//! States: held (for a digest), waiting, sending, sent, dead (given up), dropped (no use in it any more).
//! A claim that runs out was of a process that died between the two; whoever finds it sends again, under the same reference.

use sqlx::MySql;
use sqlx::QueryBuilder;
use sqlx::Sqlite;

use crate::domain::ids::DeviceId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::padded;
use crate::persistence::per;

/// The columns of [`Job`].
macro_rules! select_jobs {
    ($rest:literal) => {
        // A server that believes users to be few begins with them, and sorts everything that waits for them.
        per(select_jobs!("SELECT", $rest), select_jobs!("SELECT STRAIGHT_JOIN", $rest))
    };
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " d.notice_id, d.device_id, d.user_id, d.attempts, n.facts, n.created_at, u.locale, u.phone, u.email, ",
            "u.phone_verified_at FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id JOIN users u ON ",
            "u.id = d.user_id WHERE ",
            $rest
        )
    };
}

statements! {
    SELECT_DUE = select_jobs!("d.channel = ? AND d.state = 'waiting' AND d.due_at <= ? ORDER BY d.due_at LIMIT ?");
    SELECT_LAPSED = select_jobs!("d.channel = ? AND d.state = 'sending' AND d.claimed_until <= ? LIMIT ?");
    // Both ends of an index, so it costs the same whatever waits. Of what is claimed there is never much.
    SELECT_NEXT_DUE = both(
        "SELECT MIN(at) FROM (SELECT MIN(due_at) AS at FROM notice_deliveries WHERE channel = ? AND state = 'waiting' UNION ALL \
         SELECT MIN(claimed_until) AS at FROM notice_deliveries WHERE channel = ? AND state = 'sending') AS times"
    );
    // Only what its claim still has: another may have taken it over meanwhile.
    SETTLE = both(
        "UPDATE notice_deliveries SET state = ?, attempts = attempts + ?, due_at = ?, claimed_until = NULL, provider = ?, \
         provider_ref = NULL, fault = ?, updated_at = ? WHERE notice_id = ? AND channel = ? AND device_id = ? AND state = \
         'sending' AND claimed_until = ?"
    );
    SELECT_BACKLOG = both(
        "SELECT channel, COUNT(*) AS waiting, MIN(due_at) AS oldest FROM notice_deliveries WHERE state IN ('waiting', \
         'sending') GROUP BY channel"
    );
    SELECT_DEAD = both("SELECT COUNT(*) FROM notice_deliveries WHERE state = 'dead'");
    SELECT_FIRST_NEW = both("SELECT created_at FROM notices WHERE state = 'new' ORDER BY id LIMIT 1");
}

row! {
    /// A delivery that is due, with what is needed to make it.
    pub struct Job {
        /// What is told.
        pub notice_id: NoticeId,
        /// To which device; 0 where it goes to none.
        pub device_id: DeviceId,
        /// To whom.
        pub user_id: UserId,
        /// How often it was tried.
        pub attempts: i64,
        /// The notice, as `notice_json` has it.
        pub facts: String,
        /// When that was written.
        pub created_at: UnixMicros,
        /// `ar` or `en`.
        pub locale: String,
        /// The phone.
        pub phone: String,
        /// The address.
        pub email: Option<String>,
        /// When the phone was proven.
        pub phone_verified_at: Option<UnixMicros>,
    }
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A provider has it.
    Sent {
        /// Its own id of the message.
        reference: Option<String>,
    },
    /// It is tried again.
    Again {
        /// When.
        due_at: UnixMicros,
        /// Why it was not sent; `None` where nobody tried.
        fault: Option<String>,
        /// Whether that was an attempt.
        counts: bool,
    },
    /// It is given up.
    Dead {
        /// Why, in words for operators.
        fault: String,
    },
    /// There is no use in it any more; nothing is wrong.
    Dropped {
        /// Why, in a word.
        why: &'static str,
    },
}

/// A delivery that was claimed, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The delivery.
    pub job: Job,
    /// Until when it was claimed: its mark, by which another claim of the same delivery is told from this one.
    pub until: UnixMicros,
    /// Through whom.
    pub provider: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
}

/// Deliveries that are due by a way, the longest due first, those before them whose sender died; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list_due(db: &Db, channel: Channel, now: UnixMicros, limit: u32) -> Result<Vec<Job>, StoreError> {
    let mut due = all!(db, Job, SELECT_LAPSED, channel.word(), now.0, i64::from(limit))?;
    let rest = i64::from(limit).saturating_sub(i64::try_from(due.len()).unwrap_or(i64::MAX));
    if rest > 0 {
        due.extend(all!(db, Job, SELECT_DUE, channel.word(), now.0, rest)?);
    }
    Ok(due)
}

/// When the next delivery by a way is due, or the claim of somebody who may have died runs out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn next_due(db: &Db, channel: Channel) -> Result<Option<UnixMicros>, StoreError> {
    let next = one!(db, (Option<i64>,), SELECT_NEXT_DUE, channel.word(), channel.word())?;
    Ok(next.and_then(|(at,)| at).map(UnixMicros))
}

/// Takes these for one sender until an instant, and answers with those that nobody else has.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim(
    db: &Db,
    channel: Channel,
    jobs: Vec<Job>,
    now: UnixMicros,
    until: UnixMicros,
) -> Result<Vec<Job>, StoreError> {
    if jobs.is_empty() {
        return Ok(jobs);
    }
    let mut tx = db.begin_in_turn().await?;
    if claim_all(&mut tx, channel, &jobs, now, until).await? == jobs.len() {
        return tx.commit().await.map(|()| jobs);
    }
    drop(tx);
    // Others have some of them: which, is seen one by one.
    let mut tx = db.begin_in_turn().await?;
    let mut claimed = Vec::with_capacity(jobs.len());
    for job in jobs {
        if claim_all(&mut tx, channel, std::slice::from_ref(&job), now, until).await? == 1 {
            claimed.push(job);
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Names a delivery in a condition.
macro_rules! push_key {
    ($query:expr, $before:expr, $job:expr) => {
        $query.push($before).push("(notice_id = ").push_bind($job.notice_id.0);
        $query.push(" AND device_id = ").push_bind($job.device_id.0);
    };
}

/// Runs a statement that is written for either driver.
macro_rules! run {
    ($tx:expr, $head:expr, |$query:ident| $write:block) => {{
        let head: &'static str = $head;
        macro_rules! on {
            ($driver:ty, $connection:expr, $kept:literal) => {{
                let mut $query = QueryBuilder::<$driver>::new(head);
                $write
                // On a file not kept prepared: texts of every length would drive those of the journal out. To a server, which
                // gives the journal a connection of its own, the driver says that it forgets a statement, and the next word
                // after that waits for forty milliseconds (Nagle's algorithm against a delayed acknowledgement).
                $query.build().persistent($kept).execute($connection).await.map(|done| done.rows_affected())
            }};
        }
        match $tx {
            Tx::Sqlite(tx) => on!(Sqlite, &mut **tx, false),
            Tx::MySql(tx) => on!(MySql, &mut **tx, true),
        }
        .map_err(|error| StoreError::of(error, head))
    }};
}

/// One statement for all: as many of their own would hold up the one connection that writes a file.
async fn claim_all(
    tx: &mut Tx,
    channel: Channel,
    jobs: &[Job],
    now: UnixMicros,
    until: UnixMicros,
) -> Result<usize, StoreError> {
    let claimed = run!(tx, "UPDATE notice_deliveries SET state = 'sending', claimed_until = ", |query| {
        query.push_bind(until.0).push(", updated_at = ").push_bind(now.0);
        query.push(" WHERE channel = ").push_bind(channel.word());
        query.push(" AND (state = 'waiting' OR (state = 'sending' AND claimed_until <= ").push_bind(now.0).push("))");
        for (at, job) in padded(jobs).enumerate() {
            push_key!(query, if at == 0 { " AND (" } else { " OR " }, job);
            query.push(")");
        }
        query.push(")");
    })?;
    Ok(usize::try_from(claimed).unwrap_or(usize::MAX))
}

/// Writes down what came of deliveries that were claimed, all of it or nothing.
///
/// # Errors
/// [`StoreError`] when the database fails; they are sent again then, under the same references.
pub async fn settle(db: &Db, channel: Channel, settled: &[Settled], now: UnixMicros) -> Result<(), StoreError> {
    let mut tx = db.begin_in_turn().await?;
    let mut sent = Vec::with_capacity(settled.len());
    for one in settled {
        let (due_at, fault, tries, state) = match &one.outcome {
            Outcome::Sent { reference } => {
                sent.push((one, reference.as_deref()));
                continue;
            }
            Outcome::Again { due_at, fault, counts } => (*due_at, fault.as_deref(), i64::from(*counts), "waiting"),
            Outcome::Dead { fault } => (now, Some(fault.as_str()), 1, "dead"),
            Outcome::Dropped { why } => (now, Some(*why), 0, "dropped"),
        };
        let (notice, device, provider) = (one.job.notice_id.0, one.job.device_id.0, one.provider.as_deref());
        let (due, until, at) = (due_at.0, one.until.0, now.0);
        exec!(&mut tx, SETTLE, state, tries, due, provider, fault, at, notice, channel.word(), device, until)?;
    }
    if !sent.is_empty() {
        settle_sent(&mut tx, channel, &sent, now).await?;
    }
    tx.commit().await
}

async fn settle_sent(
    tx: &mut Tx,
    channel: Channel,
    sent: &[(&Settled, Option<&str>)],
    now: UnixMicros,
) -> Result<(), StoreError> {
    run!(&mut *tx, "UPDATE notice_deliveries SET state = 'sent', attempts = attempts + 1, due_at = ", |query| {
        query.push_bind(now.0).push(", updated_at = ").push_bind(now.0);
        query.push(", fault = NULL, provider = CASE");
        for (one, _) in padded(sent) {
            push_key!(query, " WHEN ", one.job);
            query.push(") THEN ").push_bind(one.provider.as_deref());
        }
        query.push(" END, provider_ref = CASE");
        for (one, reference) in padded(sent) {
            push_key!(query, " WHEN ", one.job);
            query.push(") THEN ").push_bind(*reference);
        }
        query.push(" END, claimed_until = NULL WHERE state = 'sending' AND channel = ").push_bind(channel.word());
        // Only what its claim still has: another may have taken it over meanwhile.
        for (at, (one, _)) in padded(sent).enumerate() {
            push_key!(query, if at == 0 { " AND (" } else { " OR " }, one.job);
            query.push(" AND claimed_until = ").push_bind(one.until.0).push(")");
        }
        query.push(")");
    })?;
    let devices: Vec<i64> = sent.iter().map(|(one, _)| one.job.device_id.0).filter(|device| *device != 0).collect();
    if !devices.is_empty() {
        run!(tx, "UPDATE devices SET last_sent_at = ", |query| {
            let mut list = query.push_bind(now.0).push(" WHERE id IN (").separated(", ");
            for device in padded(&devices) {
                list.push_bind(*device);
            }
            query.push(")");
        })?;
    }
    Ok(())
}

row! {
    /// What waits for a way.
    pub struct Backlog {
        /// The word of the [`Channel`].
        pub channel: String,
        /// How many deliveries.
        pub waiting: i64,
        /// When the first of them is or was due.
        pub oldest: UnixMicros,
    }
}

/// What waits to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// By way.
    pub backlog: Vec<Backlog>,
    /// How many deliveries were given up.
    pub dead: i64,
    /// When the first notice was written of which nobody decided yet by which ways it goes.
    pub unplanned_since: Option<UnixMicros>,
}

/// Counts what waits to go out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(db: &Db) -> Result<Counted, StoreError> {
    let backlog = all!(db, Backlog, SELECT_BACKLOG)?;
    let dead = one!(db, (i64,), SELECT_DEAD)?.map_or(0, |(dead,)| dead);
    let unplanned_since = one!(db, (i64,), SELECT_FIRST_NEW)?.map(|(at,)| UnixMicros(at));
    Ok(Counted { backlog, dead, unplanned_since })
}
