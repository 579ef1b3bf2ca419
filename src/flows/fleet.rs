//! Several processes on one database: who lives, who takes over what a dead one left, and how one leaves.
//!
//! One loop, a round a second: renew the lease, look who else has one, take over auctions whose process has none, and see
//! whether what is shown here of other processes' auctions is behind. All by the database, so nothing here needs Redis; the
//! bus makes the last of these a matter of milliseconds (docs/decisions/0024).

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::actors::admission::Admission;
use crate::actors::cluster::Cluster;
use crate::actors::cluster::Trouble;
use crate::clock::Clock;
use crate::domain::ids::RequestId;
use crate::domain::time::UnixMicros;
use crate::drivers::peer::Peers;
use crate::drivers::peer::Subject;
use crate::flows::recover;
use crate::flows::recover::RecoverError;
use crate::flows::recover::Recovered;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::alone;
use crate::persistence::alone::Alone;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Hold;
use crate::persistence::nodes;
use crate::persistence::nodes::Held;
use crate::persistence::nodes::Node;
use crate::persistence::pulse;

/// Rounds after which every auction is looked at, whether there is reason to or not.
const THOROUGH_EVERY: u32 = 30;
/// After an outage of the database nobody's lease runs: so long everybody may say first that it lives.
const STEADY_AFTER: Duration = Duration::from_secs(2);

/// Why this process cannot go on.
#[derive(Debug, thiserror::Error)]
#[error(
    "another process has taken the place of this one among the servers of this database: its cluster.advertised ({0}) is \
     the same, or this one was stopped for an hour; give each server its own"
)]
pub struct PlaceTaken(String);

/// Why a process without a cluster cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("{ALONE_ALREADY}")]
pub struct NotAlone;

/// This process' place among the others.
pub struct Fleet {
    db: Db,
    clock: Clock,
    boot: i64,
    address: String,
    cluster: Cluster,
    /// When the process that had this number before was last seen.
    before: Option<UnixMicros>,
}

/// What the rounds remember.
struct Rounds {
    number: u32,
    /// When the lease was last renewed.
    renewed: Instant,
    /// Since when it was renewed in time.
    steady: Instant,
    live: Vec<i64>,
    /// Auctions without a process were seen, and another one's turn was left to it.
    left: bool,
}

/// Takes the right to be the only server on this database; `None` on a file, which the process locks by itself.
///
/// # Errors
/// In one line, with what to do, where others serve; or when the database fails.
pub async fn be_alone(db: &Db) -> anyhow::Result<Option<Alone>> {
    let Db::MySql { pool, .. } = db else { return Ok(None) };
    let alone = Alone::take(pool).await?;
    let live: Vec<String> = nodes::list(db).await?.into_iter().filter(Node::is_live).map(|node| node.address).collect();
    anyhow::ensure!(
        live.is_empty(),
        "other servers use this database ({}): set cluster.address, as they have, or stop them first",
        live.join(", ")
    );
    anyhow::ensure!(alone.is_some(), "{ALONE_ALREADY}");
    Ok(alone)
}

/// What is said to who would be a second server.
const ALONE_ALREADY: &str =
    "another server without cluster.address uses this database: stop it first, or set cluster.address in both";

impl Fleet {
    /// Takes a place for a process that listens at `address`, and answers with it and its number.
    ///
    /// # Errors
    /// When the database fails, all numbers are taken, or a server serves that knows of no others.
    pub async fn join(db: Db, clock: Clock, address: String) -> anyhow::Result<(Self, i64)> {
        let mut boot = [0; 8];
        aws_lc_rs::rand::fill(&mut boot).map_err(|_| StoreError::unavailable("no random bytes"))?;
        let boot = i64::from_be_bytes(boot);
        let (number, before) = nodes::take(&db, boot, &address).await?;
        if !alone::is_free(&db).await? {
            nodes::leave(&db, number, boot).await?;
            anyhow::bail!(ALONE_ALREADY);
        }
        tracing::info!(node.number = number, %address, "fleet: joined");
        Ok((Self { db, clock, boot, address, cluster: Cluster::alone(), before }, number))
    }

    /// The same with the picture that it keeps.
    #[must_use]
    pub fn keeping(self, cluster: Cluster) -> Self {
        Self { cluster, ..self }
    }

    /// Looks around and takes over every auction that nobody writes.
    ///
    /// # Errors
    /// When the database fails or a journal does not fold.
    pub async fn recover(&self, admission: &Admission) -> Result<Recovered, RecoverError> {
        self.see().await?;
        self.take_over(admission, |_| true).await.map(|(recovered, _)| recovered)
    }

    /// Keeps its place for as long as it is polled.
    ///
    /// # Errors
    /// [`PlaceTaken`], never anything else: what the database refuses is tried again.
    pub async fn keep(&self, admission: Admission) -> PlaceTaken {
        let now = Instant::now();
        let mut rounds = Rounds { number: 0, renewed: now, steady: now, live: self.cluster.live(), left: false };
        loop {
            let wait = tokio::time::sleep(Duration::from_secs(limits::NODE_RENEW_SECS));
            tokio::select! {
                () = wait => {}
                () = self.cluster.asked_to_look() => {}
            }
            match self.round(&admission, &mut rounds).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::error!(address = self.address, "fleet: another process took this one's place");
                    return PlaceTaken(self.address.clone());
                }
                Err(error) => tracing::warn!(%error, "fleet: a round broke off"),
            }
        }
    }

    /// One round. `false`: the place is another's.
    async fn round(&self, admission: &Admission, rounds: &mut Rounds) -> Result<bool, RecoverError> {
        if self.cluster.trouble() == Some(Trouble::Leaving) {
            return Ok(true);
        }
        if !nodes::renew(&self.db, self.cluster.number(), self.boot).await? {
            return Ok(self.cluster.trouble() == Some(Trouble::Leaving));
        }
        rounds.number = rounds.number.wrapping_add(1);
        let lease = Duration::from_secs(limits::NODE_LEASE_SECS.unsigned_abs());
        let lapsed = rounds.renewed.elapsed() > lease;
        rounds.renewed = Instant::now();
        if lapsed {
            tracing::warn!("fleet: the lease ran out; others may have taken auctions over");
            rounds.steady = rounds.renewed;
        }
        self.see().await?;
        let thorough = rounds.number.is_multiple_of(THOROUGH_EVERY);
        check(&self.db, admission, lapsed || thorough).await?;
        if rounds.steady.elapsed() < STEADY_AFTER {
            // Whoever looks dead may not have had its turn yet.
            rounds.left = true;
            return Ok(true);
        }
        let live = self.cluster.live();
        if live != rounds.live || rounds.left || thorough {
            // First each its share; what is left after that, whoever comes.
            let share = |held: &Held| rounds.left || owner_among(&live, held.request) == Some(self.cluster.number());
            let (recovered, left) = self.take_over(admission, share).await?;
            if recovered.auctions > 0 {
                tracing::info!(auctions = recovered.auctions, due = recovered.due, "fleet: took over");
                self.cluster.count_taken_over(recovered.auctions);
            }
            (rounds.live, rounds.left) = (live, left);
        }
        Ok(true)
    }

    /// Renews the picture.
    async fn see(&self) -> Result<(), StoreError> {
        let before = self.clock.now();
        let nodes = nodes::list(&self.db).await?;
        let after = self.clock.now();
        let trouble = nodes.first().and_then(|node| clock_trouble(before, node.now_at, after));
        if trouble != self.cluster.trouble() {
            tracing::warn!(?trouble, "fleet: whether this process takes auctions has changed");
        }
        self.cluster.see(&nodes, trouble);
        Ok(())
    }

    /// Takes over auctions that no process writes which lives, as far as `mine` says. Answers also whether any were left.
    async fn take_over(
        &self,
        admission: &Admission,
        mine: impl Fn(&Held) -> bool,
    ) -> Result<(Recovered, bool), RecoverError> {
        let mut recovered = Recovered { auctions: 0, due: 0 };
        if self.cluster.trouble().is_some() {
            return Ok((recovered, true));
        }
        let own = |held: &Held| {
            let here = || admission.directory().find(held.request).is_some_and(|handle| handle.hold().is_some());
            held.hold.node == self.cluster.number() && !here()
        };
        let open = nodes::list_open_holds(&self.db).await?.into_iter();
        let free: Vec<Held> = open.filter(|held| own(held) || !self.cluster.is_live(held.hold.node)).collect();
        let count = free.len();
        let mine = free.into_iter().filter(|held| own(held) || mine(held));
        // What somebody looks at here goes on under the eyes of its room.
        let (shown, unseen): (Vec<Held>, Vec<Held>) =
            mine.partition(|held| admission.directory().find(held.request).is_some());
        for held in &shown {
            match admission.take_over(held.request).await {
                Ok(handle) => recovered.auctions += usize::from(handle.hold().is_some()),
                // Its last holder may be stopped with the row locked: the next round comes in a second.
                Err(error) => tracing::warn!(auction.id = %held.request, %error, "fleet: not taken over yet"),
            }
        }
        let mut by_last: HashMap<Option<UnixMicros>, HashMap<RequestId, Hold>> = HashMap::new();
        let taken = nodes::claim(&self.db, self.cluster.number(), &unseen).await?;
        let before: HashMap<RequestId, i64> = unseen.iter().map(|held| (held.request, held.hold.node)).collect();
        for held in taken {
            let node = before.get(&held.request).copied().unwrap_or(0);
            by_last.entry(self.last_alive(node).await?).or_default().insert(held.request, held.hold);
        }
        let heads = if by_last.is_empty() { Vec::new() } else { journal::list_open_heads(&self.db).await? };
        for (last_alive, holds) in by_last {
            let heads = heads.iter().filter(|head| holds.contains_key(&head.request)).cloned().collect();
            let hold = |request| holds.get(&request).copied().unwrap_or(Hold::ALONE);
            let back = recover::bring_back(&self.db, admission, &self.clock, heads, hold, last_alive).await?;
            recovered = Recovered { auctions: recovered.auctions + back.auctions, due: recovered.due + back.due };
        }
        Ok((recovered, recovered.auctions < count))
    }

    /// When the process was last seen that wrote an auction.
    async fn last_alive(&self, node: i64) -> Result<Option<UnixMicros>, StoreError> {
        if node == self.cluster.number() {
            return Ok(self.before);
        }
        match self.cluster.last_alive(node) {
            Some(at) => Ok(Some(at)),
            // Given back, or never held: then the last sign of life of any process tells.
            None => pulse::last(&self.db).await,
        }
    }

    /// Gives every auction back and tells the others, so that they need not wait for a lease to run out. What is in flight
    /// is written before or refused.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; the lease then runs out by itself.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.cluster.begin_to_leave();
        let released = nodes::leave(&self.db, self.cluster.number(), self.boot).await?;
        tracing::info!(auctions = released, "fleet: left");
        let Some((peers, _)) = self.cluster.around() else { return Ok(()) };
        let others = self.cluster.live().into_iter().filter_map(|node| self.cluster.address_of(node));
        futures_util::future::join_all(others.map(|address| say_look(peers, address))).await;
        Ok(())
    }
}

/// Sees whether what is shown here of other processes' auctions is behind, and, where `own`, whether the auctions that are
/// written here are still this process'.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(crate) async fn check(db: &Db, admission: &Admission, own: bool) -> Result<(), StoreError> {
    let handles: HashMap<_, _> = admission
        .directory()
        .all()
        .into_iter()
        .filter(|handle| own || handle.hold().is_none())
        .map(|handle| (handle.request(), handle))
        .collect();
    let requests: Vec<RequestId> = handles.keys().copied().collect();
    for held in nodes::list_holds(db, &requests).await? {
        let Some(handle) = handles.get(&held.request) else { continue };
        match handle.hold() {
            Some(hold) if hold != held.hold => handle.retire(),
            Some(_) => {}
            None => handle.hint(held.seq),
        }
    }
    Ok(())
}

async fn say_look(peers: &Peers, address: String) {
    // Whoever does not hear it looks within a second by itself.
    let told = peers.ask(&address, Subject::Look, Vec::new());
    let _ = tokio::time::timeout(Duration::from_secs(limits::NODE_RENEW_SECS), told).await;
}

/// What is wrong with the clock here, given that the database's was read between two looks at it.
fn clock_trouble(before: UnixMicros, database: UnixMicros, after: UnixMicros) -> Option<Trouble> {
    let ahead = before.since(database).0;
    let behind = database.since(after).0;
    let apart = ahead.max(behind);
    (apart > limits::NODE_CLOCK_MICROS_MAX).then_some(Trouble::Clock(apart))
}

/// Whose an auction becomes that nobody writes: the highest of as many draws as processes (rendezvous hashing), so that
/// the death of one does not move what the others would take.
fn owner_among(live: &[i64], request: RequestId) -> Option<i64> {
    live.iter().copied().max_by_key(|node| mix(request.0 ^ mix(*node)))
}

/// Spreads the bits of a number (the finaliser of splitmix64).
const fn mix(number: i64) -> i64 {
    let mut bits = number.cast_unsigned().wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_by_what_the_way_to_the_database_does_not_explain() {
        let at = UnixMicros;
        assert_eq!(clock_trouble(at(1_000_000), at(1_200_000), at(1_010_000)), None);
        assert_eq!(clock_trouble(at(1_000_000), at(1_900_000), at(1_700_000)), None);
        assert_eq!(clock_trouble(at(1_000_000), at(1_300_001), at(1_050_000)), Some(Trouble::Clock(250_001)));
        assert_eq!(clock_trouble(at(1_000_000), at(700_000), at(1_050_000)), Some(Trouble::Clock(300_000)));
    }

    #[test]
    fn what_a_dead_process_leaves_is_spread_and_the_rest_stays() {
        let requests = || (1..=3_000).map(RequestId);
        let before: Vec<_> = requests().map(|request| owner_among(&[1, 2, 3], request)).collect();
        for node in 1..=3 {
            let share = before.iter().filter(|owner| **owner == Some(node)).count();
            assert!((900..1_100).contains(&share), "{node}: {share}");
        }
        for (request, owner) in requests().zip(&before) {
            let after = owner_among(&[1, 3], request);
            assert!(*owner == Some(2) || after == *owner);
        }
        assert_eq!(owner_among(&[], RequestId(1)), None);
    }
}
