//! Boot: every open auction comes back, and what fell due meanwhile is closed in the order of the deadlines.

use std::pin::pin;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use futures_util::stream;

use crate::actors::admission::Admission;
use crate::actors::admission::CommandError;
use crate::clock::Clock;
use crate::domain::auction::board::State;
use crate::domain::auction::command::Command;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Head;
use crate::persistence::pulse;
use crate::persistence::replay;

/// Batches that are read or folded at a time: enough that reading, checking and folding never wait for each other.
/// The readers of the database bound it besides.
const AT_A_TIME: usize = 4;

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
    let is_due = |head: &Head| head.closes_at <= now && matches!(head.state, State::Published | State::BiddingOpen);
    let (due, mut resting): (Vec<_>, Vec<_>) = heads.into_iter().partition(is_due);

    let folded = stream::iter(replay::batches(&due)).map(|batch| replay::fold_batch(db, batch));
    let mut folded = pin!(folded.buffered(AT_A_TIME));
    while let Some(batch) = folded.try_next().await? {
        let requests: Vec<_> = batch.iter().map(|folded| folded.state.terms().request).collect();
        // They decide in this order what they owe; a tick is answered when that is durable, and only then the next batch
        // begins.
        admission.adopt(batch, last_alive).await?;
        try_join_all(requests.into_iter().map(|request| admission.command(request, Command::Tick))).await?;
    }

    // Nothing hurries these, so they come as they lie in the journal.
    resting.sort_unstable_by_key(|head| head.request);
    let adopted = stream::iter(replay::batches(&resting)).map(|batch| async move {
        let folded = replay::fold_batch(db, batch).await?;
        Ok::<_, RecoverError>(admission.adopt(folded, last_alive).await?)
    });
    adopted.buffer_unordered(AT_A_TIME).try_for_each(|()| async { Ok(()) }).await?;
    Ok(Recovered { auctions: due.len() + resting.len(), due: due.len() })
}
