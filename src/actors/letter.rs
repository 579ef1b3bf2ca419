//! Commands and receipts as text, from the process that was asked to the one that writes the auction and back.

use serde::Deserialize;
use serde::Serialize;

use crate::actors::admission::CommandError;
use crate::actors::admission::Receipt;
use crate::domain::auction::board::Alias;
use crate::domain::auction::board::ClassSeqs;
use crate::domain::auction::board::Happened;
use crate::domain::auction::board::Standing;
use crate::domain::auction::command::Command;
use crate::domain::auction::event::Score;
use crate::domain::ids::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMicros;
use crate::persistence::event_json;
use crate::wire::peer::AliasTwin;
use crate::wire::peer::CommandTwin;
use crate::wire::peer::RefusalTwin;
use crate::wire::peer::ScoreTwin;

/// A text that is no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

#[derive(Serialize, Deserialize)]
struct Asked {
    request: i64,
    #[serde(with = "CommandTwin")]
    command: Command,
}

#[derive(Serialize, Deserialize)]
enum Answered {
    Receipt(ReceiptTwin),
    Refused(#[serde(with = "RefusalTwin")] Refusal),
    Busy,
    Overloaded,
    Unwritable,
    OutcomeUnknown,
    Moved,
}

#[derive(Serialize, Deserialize)]
struct ReceiptTwin {
    request: i64,
    seq: i64,
    at: i64,
    hash: [u8; 32],
    happened: Vec<HappenedTwin>,
    closes_at: i64,
    replayed: bool,
}

#[derive(Serialize, Deserialize)]
struct HappenedTwin {
    seq: i64,
    /// The host's number and the merchants'.
    class_seqs: (i64, i64),
    at: i64,
    /// As the journal has it.
    event: String,
    standing: Option<StandingTwin>,
}

#[derive(Serialize, Deserialize)]
struct StandingTwin {
    rank: u32,
    #[serde(with = "ScoreTwin")]
    score: Score,
    #[serde(with = "AliasTwin")]
    alias: Alias,
}

/// A command for an auction, as text.
#[must_use]
pub fn write_command(request: RequestId, command: Command) -> Vec<u8> {
    let written = serde_json::to_vec(&Asked { request: request.0, command });
    debug_assert!(written.is_ok(), "numbers, texts and lists of them always serialise");
    written.unwrap_or_default()
}

/// The command for an auction, from its text.
///
/// # Errors
/// [`Unreadable`].
pub fn read_command(text: &[u8]) -> Result<(RequestId, Command), Unreadable> {
    let Asked { request, command } = serde_json::from_slice(text).map_err(|_| Unreadable)?;
    Ok((RequestId(request), command))
}

/// What a command led to, as text.
#[must_use]
pub fn write_outcome(outcome: Result<Receipt, CommandError>) -> Vec<u8> {
    let answered = match outcome {
        Ok(receipt) => Answered::Receipt(receipt.into()),
        Err(CommandError::Refused(refusal)) => Answered::Refused(refusal),
        Err(CommandError::Busy) => Answered::Busy,
        Err(CommandError::Overloaded) => Answered::Overloaded,
        // The database did not answer before anything was decided.
        Err(CommandError::Unwritable | CommandError::Store(_)) => Answered::Unwritable,
        Err(CommandError::OutcomeUnknown) => Answered::OutcomeUnknown,
        // Who goes down gives its auctions back: another will have it in a moment.
        Err(CommandError::Moved | CommandError::Stopping) => Answered::Moved,
    };
    serde_json::to_vec(&answered).unwrap_or_default()
}

/// What a command led to, from its text. What cannot be read was done all the same, so its outcome is unknown.
///
/// # Errors
/// As the process said that was asked.
pub fn read_outcome(text: &[u8]) -> Result<Receipt, CommandError> {
    match serde_json::from_slice(text) {
        Ok(Answered::Receipt(receipt)) => receipt.read().map_err(|_| CommandError::OutcomeUnknown),
        Ok(Answered::Refused(refusal)) => Err(CommandError::Refused(refusal)),
        Ok(Answered::Busy) => Err(CommandError::Busy),
        Ok(Answered::Overloaded) => Err(CommandError::Overloaded),
        Ok(Answered::Unwritable) => Err(CommandError::Unwritable),
        Ok(Answered::Moved) => Err(CommandError::Moved),
        Ok(Answered::OutcomeUnknown) | Err(_) => Err(CommandError::OutcomeUnknown),
    }
}

impl From<Receipt> for ReceiptTwin {
    fn from(receipt: Receipt) -> Self {
        let Receipt { request, seq, at, hash, happened, closes_at, replayed } = receipt;
        let happened = happened.iter().map(|happened| {
            let Happened { seq, class_seqs, at, event, standing } = happened;
            let standing = standing.map(|Standing { rank, score, alias }| StandingTwin { rank, score, alias });
            let class_seqs = (class_seqs.host, class_seqs.merchants);
            HappenedTwin { seq: *seq, class_seqs, at: at.0, event: event_json::write(event), standing }
        });
        let happened = happened.collect();
        Self { request: request.0, seq, at: at.0, hash, happened, closes_at: closes_at.0, replayed }
    }
}

impl ReceiptTwin {
    fn read(self) -> Result<Receipt, event_json::Unreadable> {
        let happened = self.happened.into_iter().map(|happened| {
            let HappenedTwin { seq, class_seqs: (host, merchants), at, event, standing } = happened;
            let standing = standing.map(|StandingTwin { rank, score, alias }| Standing { rank, score, alias });
            let event = event_json::read(&event)?;
            Ok(Happened { seq, class_seqs: ClassSeqs { host, merchants }, at: UnixMicros(at), event, standing })
        });
        Ok(Receipt {
            request: RequestId(self.request),
            seq: self.seq,
            at: UnixMicros(self.at),
            hash: self.hash,
            happened: happened.collect::<Result<_, _>>()?,
            closes_at: UnixMicros(self.closes_at),
            replayed: self.replayed,
        })
    }
}
