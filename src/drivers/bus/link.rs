//! Keeps the connection: greets, subscribes, publishes, and leaves it when it falls silent.
//!
//! A link that is half open says nothing of it: writes go into a buffer, reads wait. So every process publishes a
//! heartbeat to itself once a second, and what does not come round for three seconds is left and made anew.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::rand;
use bytes::Bytes;
use redis::Msg;
use redis::PushInfo;
use redis::PushKind;
use redis::RedisError;
use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::MissedTickBehavior;

use crate::domain::ids::RequestId;
use crate::drivers::bus::Bus;
use crate::drivers::bus::Heard;
use crate::drivers::bus::Topic;
use crate::drivers::redis::GIVE_UP;
use crate::drivers::redis::Redis;
use crate::limits;

const BEAT_EVERY: Duration = Duration::from_secs(1);
const SILENT: Duration = Duration::from_secs(limits::REDIS_SILENT_SECS);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(limits::REDIS_PAUSE_MILLIS_MAX);
/// Every message begins with who sent it.
const SENDER_BYTES: usize = 8;

/// What keeps a bus going.
pub struct Link {
    bus: Bus,
    redis: Redis,
    queue: mpsc::Receiver<(Topic, Bytes)>,
    names: Arc<Names>,
    subscribed: HashSet<RequestId>,
}

/// How channels are called, and who this is.
struct Names {
    sender: [u8; SENDER_BYTES],
    /// This process' own channel, for its heartbeat.
    own: String,
    fleet: String,
    /// What a room's channel begins with.
    room: String,
}

/// What is known of one connection.
#[derive(Default)]
struct Signs {
    beat: Notify,
    lost: Notify,
}

impl Link {
    pub(super) fn new(bus: Bus, redis: Redis, queue: mpsc::Receiver<(Topic, Bytes)>) -> Result<Self, RedisError> {
        let mut sender = [0; SENDER_BYTES];
        let no_bytes = |_| RedisError::from((redis::ErrorKind::Client, "no random bytes from the operating system"));
        rand::fill(&mut sender).map_err(no_bytes)?;
        let names = Names {
            sender,
            own: redis.name(&format!("process:{:016x}", u64::from_be_bytes(sender))),
            fleet: redis.name("fleet"),
            room: redis.name("room:"),
        };
        Ok(Self { bus, redis, queue, names: Arc::new(names), subscribed: HashSet::new() })
    }

    /// Keeps the bus going for as long as it is polled.
    pub async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let signs = Arc::new(Signs::default());
            let why = match self.begin(&signs).await {
                Ok(mut connection) => {
                    self.redis.put(Some(connection.clone()));
                    self.bus.tell(Heard::Doubtful);
                    let why = self.serve(&mut connection, &signs).await;
                    self.redis.put(None);
                    self.bus.tell(Heard::Doubtful);
                    (pause, told) = (FIRST_PAUSE, false);
                    why
                }
                Err(error) => error.to_string(),
            };
            if !told {
                tracing::warn!(error = %why, "Redis cannot be reached: this process goes on by itself and tries again");
                told = true;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A connection on which everything is subscribed.
    async fn begin(&mut self, signs: &Arc<Signs>) -> RedisResult<MultiplexedConnection> {
        let mut connection = self.redis.connect(ear(&self.bus, Arc::clone(&self.names), signs)).await?;
        connection.subscribe(&[&self.names.own, &self.names.fleet]).await?;
        self.subscribed.clear();
        {
            let mut rooms = self.bus.rooms();
            let rooms = &mut *rooms;
            rooms.changed = rooms.followed.keys().copied().collect();
        }
        self.keep_up(&mut connection).await?;
        self.beat(&mut connection).await?;
        Ok(connection)
    }

    /// Serves until the connection ends, and says why it did.
    async fn serve(&mut self, connection: &mut MultiplexedConnection, signs: &Signs) -> String {
        let mut heard_at = Instant::now();
        let mut beats = tokio::time::interval(BEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let bus = self.bus.clone();
        let mut batch = Vec::with_capacity(limits::BUS_BATCH_MAX);
        loop {
            let done = tokio::select! {
                () = signs.lost.notified() => return "the connection was closed".to_owned(),
                () = signs.beat.notified() => {
                    heard_at = Instant::now();
                    if self.redis.trust() {
                        tracing::info!("Redis answers");
                    }
                    Ok(())
                }
                () = bus.parts.rooms_changed.notified() => self.keep_up(connection).await,
                _ = beats.tick() => {
                    if heard_at.elapsed() > SILENT {
                        return "it fell silent".to_owned();
                    }
                    or_late(self.beat(connection).await)
                }
                _ = self.queue.recv_many(&mut batch, limits::BUS_BATCH_MAX) => {
                    or_late(self.publish(connection, &mut batch).await)
                }
            };
            if let Err(error) = done {
                return error.to_string();
            }
        }
    }

    async fn beat(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        redis::cmd("PUBLISH").arg(&self.names.own).arg(&self.names.sender).query_async(connection).await
    }

    async fn publish(
        &self,
        connection: &mut MultiplexedConnection,
        batch: &mut Vec<(Topic, Bytes)>,
    ) -> RedisResult<()> {
        let mut calls = redis::pipe();
        for (topic, bytes) in batch.iter() {
            let channel = match topic {
                Topic::Room(request) => &format!("{}{request}", self.names.room),
                Topic::Fleet => &self.names.fleet,
            };
            calls.cmd("PUBLISH").arg(channel).arg([&self.names.sender, &bytes[..]].concat()).ignore();
        }
        let count = batch.len();
        batch.clear();
        let done: RedisResult<()> = calls.query_async(connection).await;
        match done {
            Ok(()) => {
                self.bus.parts.published.fetch_add(count as u64, Ordering::Relaxed);
            }
            Err(_) => self.bus.dropped(count),
        }
        done
    }

    /// Subscribes to what is followed, and leaves what is not.
    async fn keep_up(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let (mut begun, mut ended) = (Vec::new(), Vec::new());
        {
            let mut rooms = self.bus.rooms();
            for request in std::mem::take(&mut rooms.changed) {
                match (rooms.followed.contains_key(&request), self.subscribed.contains(&request)) {
                    (true, false) => begun.push(request),
                    (false, true) => ended.push(request),
                    (true, true) | (false, false) => {}
                }
            }
        }
        let names = |some: &[RequestId]| -> Vec<String> {
            some.iter().map(|request| format!("{}{request}", self.names.room)).collect()
        };
        for some in ended.chunks(limits::BUS_BATCH_MAX) {
            connection.unsubscribe(names(some)).await?;
        }
        for some in begun.chunks(limits::BUS_BATCH_MAX) {
            connection.subscribe(names(some)).await?;
        }
        for request in ended {
            self.subscribed.remove(&request);
        }
        for request in begun {
            self.subscribed.insert(request);
            self.bus.tell(Heard::Following { request });
        }
        Ok(())
    }
}

/// Whether an answer that is late comes at all is what the heartbeat finds out.
fn or_late(done: RedisResult<()>) -> RedisResult<()> {
    done.or_else(|error| if error.is_timeout() { Ok(()) } else { Err(error) })
}

/// Takes what a connection pushes; it must not wait.
fn ear(
    bus: &Bus,
    names: Arc<Names>,
    signs: &Arc<Signs>,
) -> impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static {
    // Weak: the connection holds the ear, and the bus holds the connection.
    let (bus, signs) = (Arc::downgrade(&bus.parts), Arc::clone(signs));
    move |push| {
        if push.kind == PushKind::Disconnection {
            signs.lost.notify_one();
            return Ok(());
        }
        let Some(message) = Msg::from_push_info(push) else { return Ok(()) };
        let Some((sender, bytes)) = message.get_payload_bytes().split_at_checked(SENDER_BYTES) else { return Ok(()) };
        let channel = message.get_channel_name();
        if channel == names.own {
            signs.beat.notify_one();
        }
        if sender == names.sender {
            return Ok(());
        }
        let bytes = Bytes::copy_from_slice(bytes);
        let heard = if channel == names.fleet {
            Some(Heard::Fleet { bytes })
        } else {
            let request = channel.strip_prefix(&names.room).and_then(|word| word.parse().ok());
            request.map(|request| Heard::Room { request, bytes })
        };
        if let (Some(heard), Some(parts)) = (heard, bus.upgrade()) {
            parts.received.fetch_add(1, Ordering::Relaxed);
            Bus { parts }.tell(heard);
        }
        Ok(())
    }
}

const _: () = assert!(GIVE_UP.as_millis() < BEAT_EVERY.as_millis() && BEAT_EVERY.as_millis() < SILENT.as_millis());
