//! Ending sign-ins before their time: logout, suspension, a stolen refresh token, a new password.
//!
//! The database says for good that a session is revoked, so a restart forgets nothing. Access tokens are checked
//! without the database, so every process keeps in memory which sessions ended while tokens of theirs may still be
//! valid, and hears or reads what other processes revoked (`flows/news.rs`). Rooms close the sockets of a session
//! at once: 4401, sign in again. The same way a merchant whom a customer blocks leaves the customer's rooms: 4403.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;

use actix::Actor;
use actix::Addr;
use actix::Context;
use actix::Handler;
use actix::Message;

use crate::actors::broadcaster::Broadcaster;
use crate::actors::broadcaster::Evict;
use crate::actors::broadcaster::Expel;
use crate::actors::feeds::Feeds;
use crate::clock::Clock;
use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::drivers::bus::Bus;
use crate::drivers::bus::Topic;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::access;
use crate::persistence::error::StoreError;
use crate::wire::news::Told;
use crate::wire::value::Id;

/// A session's access tokens end at the latest so long after it was revoked.
const TOKENS_OUTLIVE_BY: Span = Span::secs(limits::ACCESS_MINUTES_MAX as i64 * 60 + limits::TOKEN_LEEWAY_SECS);
/// Clocks of processes that share a database may differ by this much.
pub(super) const CLOCKS_DIFFER_BY: Span = Span::secs(60);
/// How long a room's broadcaster may take to close sockets. A socket that it missed ends at its next heartbeat.
const EVICT_WITHIN: Duration = Duration::from_secs(2);

/// Ends sign-ins. Cheap to clone.
#[derive(Clone)]
pub struct Revoker {
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Clock,
    rooms: Vec<Addr<Broadcaster>>,
    feeds: Option<Addr<Feeds>>,
    bus: Bus,
    ended: RwLock<Ended>,
}

/// Sessions that ended lately.
#[derive(Default)]
struct Ended {
    /// Each with the time from which none of its tokens can be valid.
    sessions: HashMap<SessionId, UnixMicros>,
    /// Tokens issued up to here are refused whatever their session: what is left of sessions that found no room above.
    /// Their owners refresh once and go on; the revoked cannot.
    all_until: UnixMicros,
    /// What other processes revoked is known up to here.
    followed_until: UnixMicros,
}

impl Ended {
    /// Answers whether it is news.
    fn insert(&mut self, session: SessionId, now: UnixMicros, most: usize) -> bool {
        if self.sessions.contains_key(&session) {
            return false;
        }
        if self.sessions.len() >= most {
            self.sessions.retain(|_, until| *until > now);
        }
        if self.sessions.len() >= most {
            tracing::warn!(most, "too many sessions ended: every access token must be refreshed once");
            self.sessions.clear();
            self.all_until = now;
        }
        self.sessions.insert(session, now.plus(TOKENS_OUTLIVE_BY));
        true
    }

    fn holds(&self, session: SessionId, issued_at: UnixMicros) -> bool {
        // A token issued in the second of the overflow is refused too: its stamp has no parts of a second.
        issued_at <= self.all_until || self.sessions.contains_key(&session)
    }
}

impl Revoker {
    /// Learns which sessions ended lately. `rooms` and `feeds` have the sockets that this process must close; the bus tells
    /// others.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn open(
        db: Db,
        clock: Clock,
        rooms: Vec<Addr<Broadcaster>>,
        feeds: Option<Addr<Feeds>>,
        bus: Bus,
    ) -> Result<Self, StoreError> {
        let followed_until = clock.now().minus(TOKENS_OUTLIVE_BY);
        let ended = RwLock::new(Ended { followed_until, ..Ended::default() });
        let revoker = Self { parts: Arc::new(Parts { db, clock, rooms, feeds, bus, ended }) };
        revoker.catch_up().await?;
        Ok(revoker)
    }

    /// Whether an access token of this session, issued then, counts no more.
    #[must_use]
    pub fn is_revoked(&self, session: SessionId, issued_at: UnixMicros) -> bool {
        self.parts.ended.read().unwrap_or_else(PoisonError::into_inner).holds(session, issued_at)
    }

    /// Ends one session; ending it twice changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke_session(&self, session: SessionId, reason: &'static str) -> Result<(), StoreError> {
        access::revoke_session(&self.parts.db, session, reason, self.parts.clock.now()).await?;
        self.note(vec![session]).await;
        Ok(())
    }

    /// Ends one session of an account. Answers whether the account had such a one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke_own(&self, user: UserId, session: SessionId, reason: &'static str) -> Result<bool, StoreError> {
        let now = self.parts.clock.now();
        let revoked = access::revoke_own_session(&self.parts.db, user, session, reason, now).await?;
        if revoked {
            self.note(vec![session]).await;
        }
        Ok(revoked)
    }

    /// Ends every session of an account and closes its sockets. Who suspends an account marks it first and calls this
    /// after that commit: a sign-in that is under way either sees the mark or is seen here.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke_user(&self, user: UserId, reason: &'static str) -> Result<(), StoreError> {
        self.revoke_where(user, None, reason).await
    }

    /// Ends every session of an account but this one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke_others(&self, user: UserId, keep: SessionId, reason: &'static str) -> Result<(), StoreError> {
        self.revoke_where(user, Some(keep), reason).await
    }

    async fn revoke_where(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: &'static str,
    ) -> Result<(), StoreError> {
        let revoked = access::revoke_sessions_of(&self.parts.db, user, keep, reason, self.parts.clock.now()).await?;
        self.note(revoked).await;
        Ok(())
    }

    /// Remembers sessions that were revoked in the database just now, closes their sockets, and tells other processes.
    pub(crate) async fn note(&self, revoked: Vec<SessionId>) {
        for some in revoked.chunks(limits::PAGE_MAX as usize) {
            let sessions = some.iter().copied().map(Id).collect();
            self.parts.bus.publish(Topic::Fleet, Told::SessionsEnded { sessions }.to_bytes());
        }
        self.note_here(revoked).await;
    }

    /// The same for this process alone.
    pub(super) async fn note_here(&self, revoked: Vec<SessionId>) {
        let parts = &*self.parts;
        let news: Arc<[SessionId]> = {
            let now = parts.clock.now();
            let mut ended = parts.ended.write().unwrap_or_else(PoisonError::into_inner);
            revoked.into_iter().filter(|id| ended.insert(*id, now, limits::ENDED_SESSIONS_MAX)).collect()
        };
        if news.is_empty() {
            return;
        }
        if let Some(feeds) = &self.parts.feeds {
            tell(feeds, Evict { sessions: Arc::clone(&news) }).await;
        }
        self.tell_rooms(|| Evict { sessions: Arc::clone(&news) }).await;
    }

    /// Shows a merchant out of the rooms of these requests. Whoever calls this has committed before that the merchant may
    /// not look on, and had that forgotten which said otherwise: a socket that is on its way in asks again once it is there.
    pub async fn expel(&self, viewer: UserId, requests: Vec<RequestId>) {
        let told = requests.iter().copied().map(Id).collect();
        self.parts.bus.publish(Topic::Fleet, Told::Expelled { merchant: Id(viewer), requests: told }.to_bytes());
        self.expel_here(viewer, requests).await;
    }

    /// The same in this process alone.
    pub(super) async fn expel_here(&self, viewer: UserId, requests: Vec<RequestId>) {
        let requests: Arc<[RequestId]> = requests.into();
        self.tell_rooms(|| Expel { viewer, requests: Arc::clone(&requests) }).await;
    }

    async fn tell_rooms<M>(&self, message: impl Fn() -> M)
    where
        M: Message<Result = ()> + Send + 'static,
        Broadcaster: Handler<M>,
    {
        for room in &self.parts.rooms {
            tell(room, message()).await;
        }
    }

    /// Reads once what was revoked by others.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; the next pass reads the same again.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let parts = &*self.parts;
        let now = parts.clock.now();
        let known = parts.ended.read().unwrap_or_else(PoisonError::into_inner).followed_until;
        let revoked = access::list_revoked_since(&parts.db, known.minus(CLOCKS_DIFFER_BY)).await?;
        self.note_here(revoked).await;
        parts.ended.write().unwrap_or_else(PoisonError::into_inner).followed_until = now;
        Ok(())
    }
}

/// Has sockets closed.
async fn tell<A, M>(actor: &Addr<A>, message: M)
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message<Result = ()> + Send + 'static,
{
    // Sent, not posted: a full mailbox may not lose it.
    if !matches!(tokio::time::timeout(EVICT_WITHIN, actor.send(message)).await, Ok(Ok(()))) {
        tracing::warn!("the sockets of those who may not stay were not closed in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_refused_by_its_age() {
        let mut ended = Ended { all_until: UnixMicros(0), ..Ended::default() };
        let at = |secs: i64| UnixMicros(secs * 1_000_000);
        for id in 1..=3 {
            assert!(ended.insert(SessionId(id), at(10), 3));
            assert!(!ended.insert(SessionId(id), at(10), 3), "no news");
        }
        assert!(ended.holds(SessionId(1), at(5)) && !ended.holds(SessionId(9), at(5)));
        // Full, and nothing has expired: from here on age decides, and nobody who was revoked comes back.
        assert!(ended.insert(SessionId(4), at(20), 3));
        assert!(ended.holds(SessionId(1), at(20)) && ended.holds(SessionId(9), at(20)));
        assert!(ended.holds(SessionId(4), at(21)) && !ended.holds(SessionId(9), at(21)));
        // Full of what has expired: that goes first.
        let later = at(20).plus(TOKENS_OUTLIVE_BY);
        for id in 5..=6 {
            ended.insert(SessionId(id), later, 3);
        }
        assert!(ended.insert(SessionId(7), later.plus(Span(1)), 3));
        assert!(!ended.holds(SessionId(4), later) && ended.all_until == at(20));
    }
}
