//! Boot: every open auction comes back, and what fell due meanwhile is closed in the order of the deadlines.

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::clock::Clock;
use crate::domain::auction::board::State;
use crate::domain::auction::command::Command;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::pulse;

/// Journals that are read at a time. The readers of the database bound it anyway.
const AT_A_TIME: usize = 16;

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Auctions in memory again.
    pub auctions: usize,
    /// How many of them had passed their deadline meanwhile.
    pub due: usize,
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An auction cannot be rebuilt.
    #[error(transparent)]
    Auction(#[from] CommandError),
}

/// Rebuilds every open auction from its journal. Rules §4: an interruption shortly before a deadline gives bidders
/// more time; any other deadline that passed closes at once.
///
/// # Errors
/// When the database does not answer or a journal does not fold.
pub async fn recover(db: &Db, admission: &Admission, clock: &Clock) -> Result<Recovered, RecoverError> {
    let last_alive = pulse::last(db).await?;
    let heads = journal::list_open_heads(db).await?;
    let now = clock.now();
    let (due, resting): (Vec<_>, Vec<_>) = heads
        .iter()
        .partition(|head| head.closes_at <= now && matches!(head.state, State::Published | State::BiddingOpen));
    for head in &due {
        admission.recover(head.request, last_alive).await?;
        // Answered behind what the recovery decided: the next deadline comes only after this one.
        admission.command(head.request, Command::Tick).await?;
    }
    let rest = stream::iter(&resting).map(|head| admission.recover(head.request, last_alive));
    rest.buffer_unordered(AT_A_TIME).try_for_each(|_| async { Ok(()) }).await?;
    Ok(Recovered { auctions: heads.len(), due: due.len() })
}
