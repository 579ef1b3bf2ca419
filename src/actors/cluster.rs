//! This process among those that share its database: who lives, who this one is, and how the others are reached.
//!
//! A picture, renewed once a second by `flows::fleet`. Nothing is safe because of it: who writes an auction is decided by
//! the fence beside its head, and a picture that is old costs a detour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::sync::Notify;

use crate::actors::bidders::Bidders;
use crate::domain::ids::RequestId;
use crate::domain::time::UnixMicros;
use crate::drivers::bus::Bus;
use crate::drivers::bus::Topic;
use crate::drivers::peer::Peers;
use crate::persistence::journal::Hold;
use crate::persistence::nodes::Node;

/// Why a process takes no auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The database did not take its sign of life yet.
    NotJoined,
    /// Its clock and the database's differ by so many microseconds at least.
    Clock(i64),
    /// It is stopping.
    Leaving,
}

/// This process among the others. Cheap to clone.
#[derive(Clone, Default)]
pub struct Cluster(Option<Arc<Member>>);

struct Member {
    number: i64,
    peers: Peers,
    bidders: Bidders,
    bus: Bus,
    picture: ArcSwap<Picture>,
    leaving: AtomicBool,
    taken_over: AtomicU64,
    handed_on: AtomicU64,
    /// Wakes whoever keeps the picture.
    look: Notify,
    /// Says that there is a new one.
    seen: Notify,
}

/// The processes as they were last seen.
#[derive(Clone, Debug, Default)]
struct Picture {
    /// Where those are reached that live.
    live: BTreeMap<i64, String>,
    /// When those were last seen that do not.
    gone: BTreeMap<i64, UnixMicros>,
    trouble: Option<Trouble>,
}

/// How a process is doing among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its number.
    pub number: i64,
    /// How many live, itself included, as far as it knows.
    pub live: usize,
    /// Auctions that it took over since its start.
    pub taken_over: u64,
    /// Commands that it had another process decide.
    pub handed_on: u64,
}

/// That an auction is heard of.
pub struct Following {
    bus: Option<Bus>,
    request: RequestId,
}

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(bus) = &self.bus {
            bus.unfollow(self.request);
        }
    }
}

/// What processes tell each other of an auction: one byte for the kind, and what follows.
pub mod news {
    use bytes::Bytes;

    /// There is a journal's entry with this number.
    const BEHIND: u8 = b's';
    /// A frame for everybody in the room.
    const ASIDE: u8 = b'f';

    /// What was told.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum News {
        /// The journal has this entry.
        Behind(i64),
        /// The room is to be shown this.
        Aside(Bytes),
    }

    pub(super) fn behind(seq: i64) -> Bytes {
        let mut bytes = vec![BEHIND];
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.into()
    }

    pub(super) fn aside(frame: &Bytes) -> Bytes {
        [&[ASIDE], frame.as_ref()].concat().into()
    }

    /// What was told; `None` where that is not to be understood, as from a later version.
    #[must_use]
    pub fn read(bytes: &Bytes) -> Option<News> {
        let (kind, rest) = bytes.split_first()?;
        match *kind {
            BEHIND => rest.try_into().ok().map(|seq| News::Behind(i64::from_be_bytes(seq))),
            ASIDE => Some(News::Aside(bytes.slice(1..))),
            _ => None,
        }
    }
}

impl Cluster {
    /// Of a process that shares its database with no other.
    #[must_use]
    pub fn alone() -> Self {
        Self(None)
    }

    /// The process with this number. `bidders` learns the names of those who bid elsewhere, `bus` makes news fast.
    #[must_use]
    pub fn member(number: i64, peers: Peers, bidders: Bidders, bus: Bus) -> Self {
        let picture = Picture { trouble: Some(Trouble::NotJoined), ..Picture::default() };
        Self(Some(Arc::new(Member {
            number,
            peers,
            bidders,
            bus,
            picture: ArcSwap::from_pointee(picture),
            leaving: AtomicBool::new(false),
            taken_over: AtomicU64::new(0),
            handed_on: AtomicU64::new(0),
            look: Notify::new(),
            seen: Notify::new(),
        })))
    }

    /// Whether it shares its database with no other.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.0.is_none()
    }

    /// Its number; 0 for a process that is alone.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.0.as_ref().map_or(0, |member| member.number)
    }

    /// The way to the others, and the names of those who bid there; `None` for a process that is alone.
    #[must_use]
    pub fn around(&self) -> Option<(&Peers, &Bidders)> {
        self.0.as_ref().map(|member| (&member.peers, &member.bidders))
    }

    /// By which right an auction is written that this process opens; `None` while it may not.
    #[must_use]
    pub fn first_hold(&self) -> Option<Hold> {
        match &self.0 {
            None => Some(Hold::ALONE),
            Some(member) => self.trouble().is_none().then_some(Hold { node: member.number, fence: 1 }),
        }
    }

    /// Takes a new picture.
    pub fn see(&self, nodes: &[Node], trouble: Option<Trouble>) {
        let Some(member) = &self.0 else { return };
        let mut picture = Picture { trouble, ..Picture::default() };
        for node in nodes {
            if node.is_live() || node.number == member.number {
                picture.live.insert(node.number, node.address.clone());
            } else {
                picture.gone.insert(node.number, node.renewed_at);
            }
        }
        member.picture.store(Arc::new(picture));
        member.seen.notify_waiters();
    }

    /// Counts auctions that were taken over.
    pub fn count_taken_over(&self, auctions: usize) {
        if let Some(member) = &self.0 {
            member.taken_over.fetch_add(auctions.try_into().unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Counts a command that another process is to decide.
    pub(super) fn count_handed_on(&self) {
        if let Some(member) = &self.0 {
            member.handed_on.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How it is doing; `None` for a process that is alone.
    #[must_use]
    pub fn observe(&self) -> Option<Observation> {
        let member = self.0.as_ref()?;
        Some(Observation {
            number: member.number,
            live: member.picture.load().live.len(),
            taken_over: member.taken_over.load(Ordering::Relaxed),
            handed_on: member.handed_on.load(Ordering::Relaxed),
        })
    }

    /// Whether a process lives, as far as this one knows.
    #[must_use]
    pub fn is_live(&self, node: i64) -> bool {
        self.0.as_ref().is_some_and(|member| member.picture.load().live.contains_key(&node))
    }

    /// Resolves when a process is seen to be gone: it need not be waited for any longer.
    pub async fn until_gone(&self, node: i64) {
        let Some(member) = &self.0 else { return };
        loop {
            let seen = member.seen.notified();
            if !self.is_live(node) {
                return;
            }
            seen.await;
        }
    }

    /// The processes that live, in the order of their numbers.
    #[must_use]
    pub fn live(&self) -> Vec<i64> {
        self.0.as_ref().map_or_else(Vec::new, |member| member.picture.load().live.keys().copied().collect())
    }

    /// Where another process is reached that lives.
    #[must_use]
    pub fn address_of(&self, node: i64) -> Option<String> {
        let member = self.0.as_ref().filter(|member| member.number != node)?;
        member.picture.load().live.get(&node).cloned()
    }

    /// When a process was last seen that is gone.
    #[must_use]
    pub fn last_alive(&self, node: i64) -> Option<UnixMicros> {
        self.0.as_ref()?.picture.load().gone.get(&node).copied()
    }

    /// Whether this process does what only one should do: the lowest number that lives. Two may believe it for some
    /// seconds, so what is done so must bear to be done twice.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.0.as_ref().is_none_or(|member| {
            let picture = member.picture.load();
            picture.trouble.is_none() && picture.live.keys().next() == Some(&member.number)
        })
    }

    /// Why it takes no auctions, if it does not.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        let member = self.0.as_ref()?;
        if member.leaving.load(Ordering::SeqCst) {
            return Some(Trouble::Leaving);
        }
        member.picture.load().trouble
    }

    /// From here on it takes no auction.
    pub fn begin_to_leave(&self) {
        if let Some(member) = &self.0 {
            member.leaving.store(true, Ordering::SeqCst);
        }
    }

    /// Tells the processes that show this auction that there is more in its journal.
    pub fn announce(&self, request: RequestId, seq: i64) {
        if let Some(member) = &self.0 {
            member.bus.publish(Topic::Room(request), news::behind(seq));
        }
    }

    /// Tells the rooms of this request in other processes what is no event, and stands in no journal.
    pub fn tell(&self, request: RequestId, frame: &Bytes) {
        if let Some(member) = &self.0 {
            member.bus.publish(Topic::Room(request), news::aside(frame));
        }
    }

    /// Hears of this auction for as long as the answer is kept.
    #[must_use]
    pub fn follow(&self, request: RequestId) -> Following {
        let bus = self.0.as_ref().map(|member| member.bus.clone());
        if let Some(bus) = &bus {
            bus.follow(request);
        }
        Following { bus, request }
    }

    /// Has the picture renewed now.
    pub fn look(&self) {
        if let Some(member) = &self.0 {
            member.look.notify_one();
        }
    }

    /// Resolves when somebody asks for a new picture.
    pub async fn asked_to_look(&self) {
        match &self.0 {
            Some(member) => member.look.notified().await,
            None => std::future::pending().await,
        }
    }
}
