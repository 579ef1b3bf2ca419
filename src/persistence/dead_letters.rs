//! Deliveries that were given up: for an operator to look at, try again or drop. The last two stand in the audit log.

use std::fmt;
use std::str::FromStr;

use crate::domain::ids::DeviceId;
use crate::domain::ids::NotAnId;
use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::audit;
use crate::persistence::audit::Act;
use crate::persistence::audit::Action;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::wake::Work;

statements! {
    SELECT_DEAD_LETTERS = both(
        "SELECT d.notice_id, d.channel, d.device_id, d.user_id, d.attempts, d.due_at, d.provider, d.fault, d.updated_at, \
         n.kind, n.created_at FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.state = 'dead' AND \
         d.due_at <= ? AND (d.due_at < ? OR d.notice_id < ? OR (d.notice_id = ? AND (d.channel < ? OR (d.channel = ? AND \
         d.device_id < ?)))) ORDER BY d.due_at DESC, d.notice_id DESC, d.channel DESC, d.device_id DESC LIMIT ?"
    );
    RETRY_DEAD_LETTER = both(
        "UPDATE notice_deliveries SET state = 'waiting', attempts = 0, due_at = ?, claimed_until = NULL, updated_at = ? \
         WHERE notice_id = ? AND channel = ? AND device_id = ? AND state = 'dead'"
    );
    DROP_DEAD_LETTER = both(
        "DELETE FROM notice_deliveries WHERE notice_id = ? AND channel = ? AND device_id = ? AND state = 'dead'"
    );
}

/// One delivery: a notice on one way. `ntc_….email`, or with the device `ntc_….push.dev_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetterId {
    /// The notice.
    pub notice: NoticeId,
    /// The way.
    pub channel: Channel,
    /// The device, of a push.
    pub device: Option<DeviceId>,
}

impl fmt::Display for LetterId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.notice, self.channel.word())?;
        self.device.map_or(Ok(()), |device| write!(out, ".{device}"))
    }
}

impl FromStr for LetterId {
    type Err = NotAnId;

    fn from_str(word: &str) -> Result<Self, NotAnId> {
        let mut parts = word.splitn(3, '.');
        let mut next = || parts.next().ok_or(NotAnId);
        let (notice, channel) = (next()?.parse()?, Channel::find(next()?).ok_or(NotAnId)?);
        let device = next().ok().map(str::parse).transpose()?;
        Ok(Self { notice, channel, device })
    }
}

/// Where a page of dead letters begins: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// When it was due.
    pub due_at: UnixMicros,
    /// Which.
    pub letter: LetterId,
}

row! {
    struct LetterRow {
        notice_id: NoticeId,
        channel: String,
        device_id: i64,
        user_id: UserId,
        attempts: i64,
        due_at: UnixMicros,
        provider: Option<String>,
        fault: Option<String>,
        updated_at: UnixMicros,
        kind: String,
        created_at: UnixMicros,
    }
}

/// A delivery that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which.
    pub id: LetterId,
    /// To whom.
    pub user: UserId,
    /// The word of the notice's kind.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The provider that did not take it.
    pub provider: Option<String>,
    /// Why.
    pub fault: Option<String>,
    /// When it was last due.
    pub due_at: UnixMicros,
    /// When it was given up.
    pub dead_at: UnixMicros,
    /// When the notice was written.
    pub created_at: UnixMicros,
}

/// A page of dead letters, those that were due last first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &Db, behind: Option<Behind>, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
    let newest = LetterId { notice: NoticeId(i64::MAX), channel: Channel::Sms, device: None };
    let Behind { due_at, letter } = behind.unwrap_or(Behind { due_at: UnixMicros(i64::MAX), letter: newest });
    let (notice, channel, device) =
        (letter.notice.0, letter.channel.word(), letter.device.map_or(0, |device| device.0));
    let (due, limit) = (due_at.0, i64::from(limit));
    let rows = all!(db, LetterRow, SELECT_DEAD_LETTERS, due, due, notice, notice, channel, channel, device, limit)?;
    let read = |row: LetterRow| {
        let channel = Channel::find(&row.channel).ok_or_else(|| StoreError::corrupt("the channel of a delivery"))?;
        let device = (row.device_id != 0).then_some(DeviceId(row.device_id));
        Ok(DeadLetter {
            id: LetterId { notice: row.notice_id, channel, device },
            user: row.user_id,
            kind: row.kind,
            attempts: row.attempts,
            provider: row.provider,
            fault: row.fault,
            due_at: row.due_at,
            dead_at: row.updated_at,
            created_at: row.created_at,
        })
    };
    rows.into_iter().map(read).collect()
}

/// What becomes of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is tried again, from the beginning.
    Retry,
    /// It is forgotten.
    Drop,
}

/// Tries a dead letter again or forgets it; `false` where there is no such one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn decide(
    db: &Db,
    letter: LetterId,
    verdict: Verdict,
    by: UserId,
    at: UnixMicros,
) -> Result<bool, StoreError> {
    let (notice, channel, device) =
        (letter.notice.0, letter.channel.word(), letter.device.map_or(0, |device| device.0));
    let mut tx = db.begin().await?;
    let (changed, action) = match verdict {
        Verdict::Retry => {
            tx.calls_for(Work::Sending(letter.channel));
            (exec!(&mut tx, RETRY_DEAD_LETTER, at.0, at.0, notice, channel, device)?, Action::DeadLetterRetried)
        }
        Verdict::Drop => (exec!(&mut tx, DROP_DEAD_LETTER, notice, channel, device)?, Action::DeadLetterDropped),
    };
    if changed == 0 {
        return Ok(false);
    }
    let act = Act { actor: by, action, subject: letter.to_string(), reason: String::new(), at };
    audit::append(&mut tx, &act).await?;
    tx.commit().await.map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_known_by_its_notice_its_way_and_its_device() {
        let letter = LetterId { notice: NoticeId(7), channel: Channel::Push, device: Some(DeviceId(8)) };
        assert_eq!(letter.to_string(), "ntc_0000000000007.push.dev_0000000000008");
        for one in [letter, LetterId { channel: Channel::Email, device: None, ..letter }] {
            assert_eq!(one.to_string().parse(), Ok(one));
        }
        for wrong in
            ["", "ntc_0000000000007", "ntc_0000000000007.pigeon", "dev_0000000000007.push", "ntc_0000000000007.push."]
        {
            assert_eq!(wrong.parse::<LetterId>(), Err(NotAnId), "{wrong}");
        }
    }
}
