//! Deliveries on their way out: who has one claims it for a while, hands it to a provider, and writes down what came of it.
//!
//! A claim that runs out was of a process that died between the two; whoever finds it sends again, under the same reference.

use crate::domain::ids::DeviceId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::both;
use crate::persistence::error::StoreError;

/// The columns of [`Job`].
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT d.notice_id, d.device_id, d.user_id, d.attempts, n.facts, n.created_at, u.locale, u.phone, u.email, ",
            "u.phone_verified_at FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id JOIN users u ON ",
            "u.id = d.user_id WHERE ",
            $rest
        )
    };
}

statements! {
    SELECT_DUE = both(select_jobs!("d.channel = ? AND d.state = 'waiting' AND d.due_at <= ? ORDER BY d.due_at LIMIT ?"));
    SELECT_LAPSED = both(select_jobs!("d.channel = ? AND d.state = 'sending' AND d.claimed_until <= ? LIMIT ?"));
    CLAIM = both(
        "UPDATE notice_deliveries SET state = 'sending', claimed_until = ?, updated_at = ? WHERE notice_id = ? AND channel = ? \
         AND device_id = ? AND (state = 'waiting' OR (state = 'sending' AND claimed_until <= ?))"
    );
    // Only what this claim still has: another may have taken it over meanwhile.
    SETTLE = both(
        "UPDATE notice_deliveries SET state = ?, attempts = ?, due_at = ?, claimed_until = NULL, provider = ?, provider_ref = \
         ?, fault = ?, updated_at = ? WHERE notice_id = ? AND channel = ? AND device_id = ? AND state = 'sending' AND \
         claimed_until = ?"
    );
    MARK_DEVICE = both("UPDATE devices SET last_sent_at = ? WHERE id = ?");
    SELECT_BACKLOG = both(
        "SELECT channel, COUNT(*) AS waiting, MIN(due_at) AS oldest FROM notice_deliveries WHERE state IN ('waiting', \
         'sending') GROUP BY channel"
    );
    SELECT_DEAD = both("SELECT COUNT(*) FROM notice_deliveries WHERE state = 'dead'");
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
}

/// A delivery that was claimed, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The delivery.
    pub job: Job,
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
    let mut tx = db.begin().await?;
    let mut claimed = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (notice, device) = (job.notice_id.0, job.device_id.0);
        if exec!(&mut tx, CLAIM, until.0, now.0, notice, channel.word(), device, now.0)? == 1 {
            claimed.push(job);
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Writes down what came of deliveries that were claimed until an instant.
///
/// # Errors
/// [`StoreError`] when the database fails; they are sent again then, under the same references.
pub async fn settle(
    db: &Db,
    channel: Channel,
    settled: &[Settled],
    until: UnixMicros,
    now: UnixMicros,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for Settled { job, provider, outcome } in settled {
        let tried = job.attempts.saturating_add(1);
        let (state, attempts, due_at, reference, fault) = match outcome {
            Outcome::Sent { reference } => ("sent", tried, now, reference.as_deref(), None),
            Outcome::Again { due_at, fault, counts } => {
                ("waiting", if *counts { tried } else { job.attempts }, *due_at, None, fault.as_deref())
            }
            Outcome::Dead { fault } => ("dead", tried, now, None, Some(fault.as_str())),
        };
        let (notice, device, provider) = (job.notice_id.0, job.device_id.0, provider.as_deref());
        exec!(
            &mut tx,
            SETTLE,
            state,
            attempts,
            due_at.0,
            provider,
            reference,
            fault,
            now.0,
            notice,
            channel.word(),
            device,
            until.0
        )?;
        if device != 0 && state == "sent" {
            exec!(&mut tx, MARK_DEVICE, now.0, device)?;
        }
    }
    tx.commit().await
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

/// What waits, by way, and how many deliveries were given up.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(db: &Db) -> Result<(Vec<Backlog>, i64), StoreError> {
    let backlog = all!(db, Backlog, SELECT_BACKLOG)?;
    Ok((backlog, one!(db, (i64,), SELECT_DEAD)?.map_or(0, |(dead,)| dead)))
}
