//! How actors die, come back and are written to.
//!
//! actix's own `Supervisor` is not used: it does not restart after a panic, and where it restarts it keeps the state
//! that caused the trouble. Here an actor that dies says so (its [`ExitGuard`] speaks even while unwinding) and the
//! registry builds a fresh one from the journal.

use std::time::Duration;

use actix::Actor;
use actix::Addr;
use actix::Handler;
use actix::Message;
use actix::Recipient;
use actix::dev::ToEnvelope;

/// Posts a message without waiting for an answer. A full mailbox refuses it, and that is logged.
///
/// Only for messages that may be lost: alarms (the sweeper repeats them) and facts whose receiver can ask again.
pub fn post<A, M>(to: &Addr<A>, message: M)
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    if to.try_send(message).is_err() {
        tracing::warn!(actor = std::any::type_name::<A>(), "a full or closed mailbox refused a message");
    }
}

/// Says that its owner is gone, however it went: stopped, dropped or unwinding.
pub struct ExitGuard<M: Message<Result = ()> + Send + 'static> {
    to: Recipient<M>,
    last_words: Option<M>,
}

impl<M: Message<Result = ()> + Send + 'static> ExitGuard<M> {
    /// Will post `last_words` to `to` when dropped.
    #[must_use]
    pub fn new(to: Recipient<M>, last_words: M) -> Self {
        Self { to, last_words: Some(last_words) }
    }
}

impl<M: Message<Result = ()> + Send + 'static> Drop for ExitGuard<M> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a death notice must not be lost to a full mailbox; there is one per actor"
    )]
    fn drop(&mut self) {
        if let Some(words) = self.last_words.take() {
            self.to.do_send(words);
        }
    }
}

/// Waiting times between attempts: at once, then 1, 2, 4 … at most 30 seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// How long to wait before the next attempt.
    pub fn wait(&mut self) -> Duration {
        let secs = match self.attempts {
            0 => 0,
            n => 2_u64.saturating_pow(n - 1).min(30),
        };
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_secs(secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.wait().as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
    }
}
