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
use crate::domain::ids::RequestId;
use crate::domain::time::UnixMicros;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Head;
use crate::persistence::journal::Hold;
use crate::persistence::pulse;
use crate::persistence::replay;
use crate::persistence::replay::Folded;

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
    bring_back(db, admission, clock, heads, |_| Hold::ALONE, last_alive).await
}

/// Rebuilds auctions that were in nobody's memory since `last_alive`, each to be written by the right that `hold` gives.
///
/// # Errors
/// As [`recover`].
pub async fn bring_back(
    db: &Db,
    admission: &Admission,
    clock: &Clock,
    heads: Vec<Head>,
    hold: impl Fn(RequestId) -> Hold,
    last_alive: Option<UnixMicros>,
) -> Result<Recovered, RecoverError> {
    let now = clock.now();
    let held = |folded: Vec<Folded>| -> Vec<(Folded, Hold)> {
        let with_hold = |folded: Folded| {
            let hold = hold(folded.state.terms().request);
            (folded, hold)
        };
        folded.into_iter().map(with_hold).collect()
    };
    let is_due = |head: &Head| head.closes_at <= now && matches!(head.state, State::Published | State::BiddingOpen);
    let (due, mut resting): (Vec<_>, Vec<_>) = heads.into_iter().partition(is_due);

    let folded = stream::iter(replay::batches(&due)).map(|batch| replay::fold_batch(db, batch));
    let mut folded = pin!(folded.buffered(AT_A_TIME));
    while let Some(batch) = folded.try_next().await? {
        let requests: Vec<_> = batch.iter().map(|folded| folded.state.terms().request).collect();
        // They decide in this order what they owe; a tick is answered when that is durable, and only then the next batch
        // begins.
        admission.adopt(held(batch), last_alive).await?;
        try_join_all(requests.into_iter().map(|request| admission.command(request, Command::Tick))).await?;
    }

    // Nothing hurries these, so they come as they lie in the journal.
    resting.sort_unstable_by_key(|head| head.request);
    let held = &held;
    let adopted = stream::iter(replay::batches(&resting)).map(|batch| async move {
        let folded = replay::fold_batch(db, batch).await?;
        Ok::<_, RecoverError>(admission.adopt(held(folded), last_alive).await?)
    });
    adopted.buffer_unordered(AT_A_TIME).try_for_each(|()| async { Ok(()) }).await?;
    Ok(Recovered { auctions: due.len() + resting.len(), due: due.len() })
}
