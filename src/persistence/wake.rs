//! Wakes whoever works through a table when there is something in it, right after the commit that put it there.
//!
//! A hint inside one process: what another one wrote, and what a process wrote that died before it woke anybody, is found by a
//! look at the table, which everybody who waits here takes now and then.

use std::fmt;
use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Database;
use sqlx::Transaction;
use tokio::sync::watch;

use crate::domain::notice::Channel;
use crate::persistence::turns::Turn;

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Notices of which nobody decided yet by which ways they go.
    Planning,
    /// Deliveries by one way.
    Sending(Channel),
}

/// The kinds of [`Work`], by number.
const KINDS: usize = 1 + Channel::ALL.len();

impl Work {
    fn number(self) -> usize {
        match self {
            Self::Planning => 0,
            Self::Sending(channel) => 1 + Channel::ALL.iter().position(|one| *one == channel).unwrap_or_default(),
        }
    }
}

/// One bell for each kind of work of a database. Cheap to clone.
#[derive(Clone)]
pub struct Bells(Arc<[watch::Sender<()>; KINDS]>);

impl Default for Bells {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| watch::Sender::new(()))))
    }
}

impl fmt::Debug for Bells {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Bells")
    }
}

impl Bells {
    /// Hears of this work from now on.
    #[must_use]
    pub fn listen(&self, work: Work) -> Bell {
        Bell(self.0[work.number()].subscribe())
    }
}

/// One who waits for work.
#[derive(Debug)]
pub struct Bell(watch::Receiver<()>);

impl Bell {
    /// Waits until there is work that it did not hear of yet, but no longer than this.
    pub async fn wait(&mut self, at_most: Duration) {
        if let Ok(Err(_)) = tokio::time::timeout(at_most, self.0.changed()).await {
            // Nobody is left who could ring.
            tokio::time::sleep(at_most).await;
        }
    }
}

/// A transaction that knows whom to wake.
pub struct Held<D: Database> {
    tx: Transaction<'static, D>,
    /// Behind the transaction, so that it ends when the writer is free again.
    turn: Option<Turn>,
    bells: Bells,
    wanted: [bool; KINDS],
}

impl<D: Database> Held<D> {
    pub(super) fn new(tx: Transaction<'static, D>, bells: &Bells) -> Self {
        Self { tx, turn: None, bells: bells.clone(), wanted: [false; KINDS] }
    }

    /// It was begun in this turn, which ends with it.
    pub(super) fn keep(&mut self, turn: Turn) {
        self.turn = Some(turn);
    }

    /// There will be this work once the transaction is committed.
    pub(super) fn calls_for(&mut self, work: Work) {
        self.wanted[work.number()] = true;
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        let Self { tx, turn, bells, wanted } = self;
        let done = tx.commit().await;
        drop(turn);
        // Also where the outcome is unclear: a look at the table tells.
        for (bell, _) in bells.0.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            bell.send_replace(());
        }
        done
    }
}

impl<D: Database> fmt::Debug for Held<D> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Held")
    }
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        &self.tx
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        &mut self.tx
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_kind_of_work_has_a_bell_of_its_own_and_none_is_missed() {
        let mut all = vec![Work::Planning];
        all.extend(Channel::ALL.iter().map(|channel| Work::Sending(*channel)));
        let bells = Bells::default();
        let mut heard: Vec<Bell> = all.iter().map(|work| bells.listen(*work)).collect();
        for (at, work) in all.iter().enumerate() {
            // Before anybody waits.
            bells.0[work.number()].send_replace(());
            for (other, bell) in heard.iter_mut().enumerate() {
                let rang = bell.0.has_changed().unwrap();
                assert_eq!(rang, other == at, "{work:?}");
                if rang {
                    bell.wait(Duration::MAX).await;
                }
            }
        }
    }
}
