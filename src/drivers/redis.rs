//! Asking Redis: one connection of the process, a bounded wait, and a breaker.
//!
//! Whoever asks has an answer of its own for the case that there is none. Redis is asked only while it is known to
//! answer: the first call that is not answered in time closes the way for all, and the next heartbeat that comes round
//! (`drivers/bus`, once a second) opens it again. So a dead Redis costs those who wait at that moment 50 ms
//! (`redis.wait_millis`), once, and nobody else anything.
//!
//! The crate's connection manager was not taken: during an outage its calls wait for all of its attempts to reconnect,
//! and it does not leave a link that is half open.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::AsyncConnectionConfig;
use redis::Client;
use redis::IntoConnectionInfo as _;
use redis::ProtocolVersion;
use redis::PushInfo;
use redis::RedisError;
use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use secrecy::ExposeSecret as _;

use crate::config;
use crate::limits;

/// After so long the connection itself gives a call up: those of the bus, which nobody waits for.
pub(super) const GIVE_UP: Duration = Duration::from_millis(500);
/// A connection and its greeting.
const CONNECT: Duration = Duration::from_secs(limits::REDIS_CONNECT_SECS);

const _: () = assert!(limits::REDIS_WAIT_MILLIS_MAX as u128 <= GIVE_UP.as_millis());

/// The way to Redis. Cheap to clone.
#[derive(Clone)]
pub struct Redis {
    parts: Arc<Parts>,
}

struct Parts {
    client: Client,
    prefix: String,
    wait: Duration,
    connection: ArcSwapOption<MultiplexedConnection>,
    /// Whether it answered when it was last heard of.
    answers: AtomicBool,
    unanswered: AtomicU64,
}

impl Redis {
    /// A way that is not open yet.
    ///
    /// # Errors
    /// [`RedisError`] when the address is none.
    pub fn new(settings: &config::Redis) -> Result<Self, RedisError> {
        let info = settings.url.expose_secret().into_connection_info()?;
        // RESP3: messages of the bus come over the connection that answers calls.
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let patience = Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS);
        let tcp = TcpSettings::default().set_nodelay(true).set_user_timeout(patience);
        let parts = Parts {
            client: Client::open(info.set_redis_settings(redis).set_tcp_settings(tcp))?,
            prefix: settings.prefix.clone(),
            wait: Duration::from_millis(settings.wait_millis),
            connection: ArcSwapOption::empty(),
            answers: AtomicBool::new(false),
            unanswered: AtomicU64::new(0),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// The name of a key or channel of this installation.
    #[must_use]
    pub fn name(&self, of: &str) -> String {
        format!("{}:{of}", self.parts.prefix)
    }

    /// Whether it answered when it was last heard of.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.parts.answers.load(Ordering::Relaxed)
    }

    /// How often somebody who asked had to help itself, since the start.
    #[must_use]
    pub fn unanswered(&self) -> u64 {
        self.parts.unanswered.load(Ordering::Relaxed)
    }

    /// Asks, and waits a moment. `None`: no answer. What was asked for may yet have happened, or happen.
    pub async fn ask<T, F>(&self, call: impl FnOnce(MultiplexedConnection) -> F) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        if self.answers() {
            return self.insist(call).await;
        }
        self.parts.unanswered.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// The same, also while it does not answer others: for what is rare, and worth the wait.
    pub async fn insist<T, F>(&self, call: impl FnOnce(MultiplexedConnection) -> F) -> Option<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Some(connection) = self.connection() else {
            self.parts.unanswered.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let answer = tokio::time::timeout(self.parts.wait, call(connection)).await;
        let why = match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.parts.unanswered.fetch_add(1, Ordering::Relaxed);
        if self.parts.answers.swap(false, Ordering::Relaxed) {
            tracing::warn!(error = %why, "Redis does not answer: this process goes on by itself");
        }
        None
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.parts.connection.load().as_deref().cloned()
    }

    /// A new connection, greeted; `hear` gets what it pushes. It serves nobody before it is [`Redis::put`] in place.
    pub(super) async fn connect(
        &self,
        hear: impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static,
    ) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(GIVE_UP))
            .set_pipeline_buffer_size(limits::REDIS_CALLS_MAX)
            .set_push_sender(hear);
        self.parts.client.get_multiplexed_async_connection_with_config(&config).await
    }

    pub(super) fn put(&self, connection: Option<MultiplexedConnection>) {
        if connection.is_none() {
            self.parts.answers.store(false, Ordering::Relaxed);
        }
        self.parts.connection.store(connection.map(Arc::new));
    }

    /// It was heard of. Answers whether that is news.
    pub(super) fn trust(&self) -> bool {
        !self.parts.answers.swap(true, Ordering::Relaxed)
    }
}
