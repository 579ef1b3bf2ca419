//! Hints between the processes that share a database, over Redis' publish and subscribe.
//!
//! A hint may be lost, late or doubled: it says where to look, and the database says what there is. So nothing waits for
//! the bus, and every listener has a look of its own at the database under it, taken at once at [`Heard::Doubtful`].
//!
//! Overflow: what cannot wait to be published is dropped and counted; a listener that falls behind is told
//! [`Heard::Doubtful`] in place of what it missed.

mod link;

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use redis::RedisError;
use secrecy::ExposeSecret as _;
use tokio::sync::Notify;
use tokio::sync::broadcast;
use tokio::sync::mpsc;

pub use crate::drivers::bus::link::Link;

use crate::config;
use crate::domain::ids::RequestId;
use crate::drivers::redis::Redis;
use crate::limits;

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The processes that follow this request.
    Room(RequestId),
    /// Every process.
    Fleet,
}

/// What came from other processes. One's own messages do not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Of a request that is followed.
    Room {
        /// The request.
        request: RequestId,
        /// The message.
        bytes: Bytes,
    },
    /// For every process.
    Fleet {
        /// The message.
        bytes: Bytes,
    },
    /// From here on messages of this request come: what was before this stands in the database.
    Following {
        /// The request.
        request: RequestId,
    },
    /// Messages of any kind may be missing: ask the database. Said when the link ends and when it is there again.
    Doubtful,
}

/// Whether other processes can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusState {
    /// There is no Redis in the settings.
    Alone,
    /// They can.
    Up,
    /// There should be a Redis, and there is none: hints are lost.
    Down,
}

impl BusState {
    /// Whether they can.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up)
    }
}

/// Messages since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusCounts {
    /// That Redis took.
    pub published: u64,
    /// That came from other processes.
    pub heard: u64,
    /// That nobody can have heard: no link, no room, too long, not taken.
    pub dropped: u64,
}

/// The bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    parts: Arc<Parts>,
}

struct Parts {
    redis: Option<Redis>,
    queue: mpsc::Sender<(Topic, Bytes)>,
    heard: broadcast::Sender<Heard>,
    rooms: Mutex<Rooms>,
    rooms_changed: Notify,
    published: AtomicU64,
    received: AtomicU64,
    dropped: AtomicU64,
}

/// What is followed.
#[derive(Default)]
struct Rooms {
    /// How many here follow each.
    followed: HashMap<RequestId, u32>,
    /// Those that began or ended since the link last looked.
    changed: HashSet<RequestId>,
}

impl Bus {
    /// The bus of a process that is alone.
    #[must_use]
    pub fn alone() -> Self {
        Self::with(None).0
    }

    /// The bus as the settings say, and what keeps it going: poll it for as long as the process lives. Nothing is
    /// reached here, so a Redis that is down does not keep a server from starting.
    ///
    /// # Errors
    /// [`RedisError`] when the address is none.
    pub fn open(settings: &config::Redis) -> Result<(Self, Option<Link>), RedisError> {
        if settings.url.expose_secret().is_empty() {
            return Ok((Self::alone(), None));
        }
        let redis = Redis::new(settings)?;
        let (bus, queue) = Self::with(Some(redis.clone()));
        let link = Link::new(bus.clone(), redis, queue)?;
        Ok((bus, Some(link)))
    }

    fn with(redis: Option<Redis>) -> (Self, mpsc::Receiver<(Topic, Bytes)>) {
        let (queue, taken) = mpsc::channel(limits::BUS_QUEUE_MAX);
        let parts = Parts {
            redis,
            queue,
            heard: broadcast::channel(limits::BUS_HEARD_MAX).0,
            rooms: Mutex::default(),
            rooms_changed: Notify::new(),
            published: AtomicU64::new(0),
            received: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        };
        (Self { parts: Arc::new(parts) }, taken)
    }

    /// The Redis of the settings, for what processes share besides messages.
    #[must_use]
    pub fn redis(&self) -> Option<&Redis> {
        self.parts.redis.as_ref()
    }

    /// Tells others. Never waits.
    pub fn publish(&self, topic: Topic, bytes: Bytes) {
        let Some(redis) = &self.parts.redis else { return };
        let fits = bytes.len() <= limits::BUS_MESSAGE_BYTES_MAX && redis.connection().is_some();
        if !fits || self.parts.queue.try_send((topic, bytes)).is_err() {
            self.dropped(1);
        }
    }

    /// From now on messages of this request are wanted here; [`Heard::Following`] says since when they come. Counted.
    pub fn follow(&self, request: RequestId) {
        self.change(request, |count| count.saturating_add(1));
    }

    /// Takes back one [`Bus::follow`].
    pub fn unfollow(&self, request: RequestId) {
        self.change(request, |count| count.saturating_sub(1));
    }

    fn change(&self, request: RequestId, to: impl FnOnce(u32) -> u32) {
        if self.parts.redis.is_none() {
            return;
        }
        let mut rooms = self.rooms();
        let before = rooms.followed.get(&request).copied().unwrap_or(0);
        let after = to(before);
        if after == 0 {
            rooms.followed.remove(&request);
        } else {
            rooms.followed.insert(request, after);
        }
        if (before == 0) != (after == 0) {
            rooms.changed.insert(request);
            self.parts.rooms_changed.notify_one();
        }
    }

    /// What others say, from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener { heard: self.parts.heard.subscribe(), _bus: self.clone() }
    }

    /// Whether other processes can be heard.
    #[must_use]
    pub fn state(&self) -> BusState {
        match &self.parts.redis {
            None => BusState::Alone,
            Some(redis) if redis.connection().is_some() => BusState::Up,
            Some(_) => BusState::Down,
        }
    }

    /// Messages since the start.
    #[must_use]
    pub fn counts(&self) -> BusCounts {
        BusCounts {
            published: self.parts.published.load(Ordering::Relaxed),
            heard: self.parts.received.load(Ordering::Relaxed),
            dropped: self.parts.dropped.load(Ordering::Relaxed),
        }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, Rooms> {
        self.parts.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dropped(&self, messages: usize) {
        self.parts.dropped.fetch_add(messages as u64, Ordering::Relaxed);
    }

    fn tell(&self, heard: Heard) {
        // Fails where nobody listens.
        let _ = self.parts.heard.send(heard);
    }
}

/// Hears what others say, in the order in which it came.
pub struct Listener {
    heard: broadcast::Receiver<Heard>,
    /// Keeps the channel open: a process that is alone hears nothing, for ever.
    _bus: Bus,
}

impl Listener {
    /// What came next. May be dropped while it waits.
    pub async fn next(&mut self) -> Heard {
        match self.heard.recv().await {
            Ok(heard) => heard,
            Err(broadcast::error::RecvError::Lagged(_)) => Heard::Doubtful,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_alone_hears_nothing_and_keeps_nothing() {
        let bus = Bus::alone();
        let mut listener = bus.listen();
        bus.follow(RequestId(1));
        bus.publish(Topic::Fleet, Bytes::from_static(b"x"));
        assert!(futures_util::FutureExt::now_or_never(listener.next()).is_none());
        assert_eq!((bus.state(), bus.counts()), (BusState::Alone, BusCounts::default()));
        assert!(bus.rooms().followed.is_empty());
    }

    #[tokio::test]
    async fn who_falls_behind_is_told() {
        let bus = Bus::alone();
        let mut listener = bus.listen();
        for _ in 0..=limits::BUS_HEARD_MAX {
            bus.tell(Heard::Fleet { bytes: Bytes::new() });
        }
        assert_eq!(listener.next().await, Heard::Doubtful);
        assert_eq!(listener.next().await, Heard::Fleet { bytes: Bytes::new() });
    }

    #[test]
    fn what_is_followed_twice_is_left_twice() {
        let settings = config::Redis { url: "redis://127.0.0.1:1".into(), prefix: "test".to_owned(), wait_millis: 50 };
        let (bus, _link) = Bus::open(&settings).unwrap();
        let one = RequestId(1);
        let changes = || std::mem::take(&mut bus.rooms().changed).len();
        bus.follow(one);
        bus.follow(one);
        assert_eq!((changes(), bus.rooms().followed.len()), (1, 1));
        bus.unfollow(one);
        assert_eq!((changes(), bus.rooms().followed.len()), (0, 1));
        bus.unfollow(one);
        assert_eq!((changes(), bus.rooms().followed.len()), (1, 0));
        bus.unfollow(one);
        assert_eq!(changes(), 0, "once too often");
        bus.publish(Topic::Fleet, Bytes::new());
        assert_eq!((bus.state(), bus.counts().dropped), (BusState::Down, 1));
    }
}
