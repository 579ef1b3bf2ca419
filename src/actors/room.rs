//! One room: who looks on, what each class of viewers has been shown, and what it is shown next.
//!
//! Synchronous and without a mailbox: [`crate::actors::broadcaster`] owns it and says when. How frames reach the sockets
//! of a class is the matter of `side`.

mod side;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::actors::outlet::Batch;
use crate::actors::outlet::Kind;
use crate::actors::outlet::Outlet;
use crate::actors::room::side::Place;
use crate::actors::room::side::Side;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::view::Class;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::board::Names;
use crate::wire::board::You;
use crate::wire::frame;
use crate::wire::frame::CloseCode;
use crate::wire::frame::Since;
use crate::wire::frame::Snapshot;
use crate::wire::frame::YouFrame;

/// Where a room reads the last committed board, and says that it looks on.
pub trait BoardSource: Send + Sync {
    /// The board after the last commit; kept up to date while somebody looks on.
    fn board(&self) -> Arc<Board>;
    /// Whether events are to be posted from now on.
    fn set_watched(&self, watched: bool);
}

/// So many frames of a class go out without waiting for the end of the mailbox, which under a flood might not come.
const WAITING_FRAMES_MAX: usize = limits::SOCKET_BACKLOG_FRAMES_MAX / 2;
/// So many sockets of a class are served before the mailbox is looked at: about a millisecond.
const SERVED_IN_A_PASS: usize = 256;

/// A person in the room.
struct Viewer {
    class: Class,
    /// Each with the sign-in that it came by.
    outlets: Vec<(SessionId, Arc<Outlet>)>,
    /// What was last sent of their own side.
    last: You,
    /// The pass in which their row was last seen.
    seen: u64,
}

/// One room.
pub(super) struct Room {
    epoch: String,
    source: Arc<dyn BoardSource>,
    names: Arc<dyn Names + Send + Sync>,
    board: Arc<Board>,
    sides: [Side; 2],
    viewers: HashMap<UserId, Viewer>,
    pass: u64,
    dirty: bool,
    empty_since: Option<UnixMicros>,
}

/// Somebody who comes in, or asks to be brought up to date.
pub(super) struct Newcomer {
    pub(super) class: Class,
    pub(super) viewer: UserId,
    pub(super) session: SessionId,
    pub(super) outlet: Arc<Outlet>,
    pub(super) since: Option<Since>,
    /// Whether this socket is in the room already.
    pub(super) again: bool,
}

impl Room {
    /// Sockets in the room.
    pub(super) fn sockets(&self) -> usize {
        self.viewers.values().map(|viewer| viewer.outlets.len()).sum()
    }

    /// A room that starts from the last committed board.
    pub(super) fn new(source: Arc<dyn BoardSource>, names: Arc<dyn Names + Send + Sync>, epoch: String) -> Self {
        // First watched, then read: an event in between comes twice and is dropped, instead of never.
        source.set_watched(true);
        let board = source.board();
        Self {
            epoch,
            source,
            sides: [Class::Host, Class::Merchants].map(|class| Side::new(class, &board, &*names)),
            names,
            board,
            viewers: HashMap::new(),
            pass: 0,
            dirty: false,
            empty_since: None,
        }
    }

    /// Takes what was committed in. Answers whether a pass is due at once.
    ///
    /// What the room has shown before is dropped. Where something is missing, because a post was lost, the room starts
    /// a new epoch and everybody gets a snapshot: a gap is never silent.
    pub(super) fn take(
        &mut self,
        happened: &[Happened],
        board: Arc<Board>,
        epoch: impl Fn() -> String,
        now: UnixMicros,
    ) -> bool {
        if board.seq <= self.board.seq {
            return false;
        }
        let fresh = happened.iter().filter(|event| event.seq > self.board.seq);
        let whole = fresh.clone().map(|event| event.seq).eq(self.board.seq + 1..=board.seq);
        if whole {
            let watchers = self.watchers();
            for event in fresh {
                let place = Place { board: &board, names: &*self.names, watchers, epoch: &self.epoch, now };
                self.sides.iter_mut().for_each(|side| side.take(event, place));
            }
            self.board = board;
        } else {
            self.board = board;
            self.start_anew(epoch(), now);
        }
        self.dirty = true;
        self.sides.iter().any(|side| side.waiting() >= WAITING_FRAMES_MAX)
    }

    /// Takes a frame up that is no event. Answers whether a pass is due at once.
    pub(super) fn tell(&mut self, frame: &[u8]) -> bool {
        self.sides.iter_mut().for_each(|side| side.take_aside(frame));
        self.dirty = true;
        self.sides.iter().any(|side| side.waiting() >= WAITING_FRAMES_MAX)
    }

    /// Sends some sockets what was gathered. Answers whether everybody has had everything.
    pub(super) fn pass(&mut self, now: UnixMicros) -> bool {
        let fresh = self.publish(now);
        let mut done = true;
        for side in &mut self.sides {
            done &= side.serve(SERVED_IN_A_PASS);
        }
        if fresh {
            self.tell_bidders();
        }
        done
    }

    /// Sends everybody what was gathered.
    pub(super) fn flush(&mut self, now: UnixMicros) {
        while !self.pass(now) {}
    }

    /// Makes an edition of what was gathered, if anything was.
    fn publish(&mut self, now: UnixMicros) -> bool {
        let fresh = std::mem::take(&mut self.dirty);
        if fresh {
            let watchers = self.watchers();
            let place = Place { board: &self.board, names: &*self.names, watchers, epoch: &self.epoch, now };
            self.sides.iter_mut().for_each(|side| side.publish(place));
        }
        fresh
    }

    /// Sends each bidder its own side where it changed.
    fn tell_bidders(&mut self) {
        self.pass += 1;
        for row in &self.board.rows {
            if let Some(viewer) = self.viewers.get_mut(&row.merchant).filter(|viewer| viewer.class == Class::Merchants)
            {
                viewer.seen = self.pass;
                viewer.tell(You::of_row(&self.board, row));
            }
        }
        for viewer in self.viewers.values_mut() {
            if viewer.last.bid.is_some() && viewer.seen != self.pass {
                viewer.tell(You::without_bid(viewer.class));
            }
        }
    }

    /// Lets a socket in: what it missed, or a snapshot.
    pub(super) fn join(&mut self, newcomer: Newcomer, now: UnixMicros) {
        // What is gathered is older than the snapshot: only those get it who were here.
        if self.publish(now) {
            self.tell_bidders();
        }
        let Newcomer { class, viewer, session, outlet, since, again } = newcomer;
        if again {
            self.side_mut(class).caught_up(&outlet);
        } else {
            self.side_mut(class).seat(Arc::clone(&outlet));
            self.empty_since = None;
            let last = You::new(&self.board, class, viewer);
            let known = self.viewers.entry(viewer).or_insert(Viewer { class, outlets: Vec::new(), last, seen: 0 });
            known.outlets.push((session, Arc::clone(&outlet)));
        }
        let frames = since
            .filter(|since| since.epoch == self.epoch)
            .and_then(|since| self.catch_up(class, viewer, since.seq, now))
            .unwrap_or_else(|| self.snapshot(class, viewer, now));
        outlet.send_frame(frames);
    }

    /// The missed events, then the state that has no `seq`.
    fn catch_up(&self, class: Class, viewer: UserId, seq: i64, now: UnixMicros) -> Option<Bytes> {
        let watchers = self.watchers();
        let place = Place { board: &self.board, names: &*self.names, watchers, epoch: &self.epoch, now };
        let mut out = self.side(class).since(seq, place)?;
        frame::append_json(&mut out, &YouFrame { r#type: "you", you: You::new(&self.board, class, viewer) });
        Some(out.into())
    }

    fn snapshot(&self, class: Class, viewer: UserId, now: UnixMicros) -> Bytes {
        frame::json(&Snapshot::new(&self.board, class, viewer, self.watchers(), &*self.names, &self.epoch, now))
    }

    fn start_anew(&mut self, epoch: String, now: UnixMicros) {
        self.epoch = epoch;
        for side in &mut self.sides {
            side.start_anew(&self.board, &*self.names);
        }
        for (user, viewer) in &self.viewers {
            let snapshot = Batch::one(self.snapshot(viewer.class, *user, now), Kind::Lasting);
            for (_, outlet) in &viewer.outlets {
                outlet.send(&snapshot);
            }
        }
    }

    /// Lets a socket go. Harmless when it is not here.
    pub(super) fn leave(&mut self, viewer: UserId, outlet: &Arc<Outlet>, now: UnixMicros) {
        for side in &mut self.sides {
            side.unseat(outlet);
        }
        if let Some(known) = self.viewers.get_mut(&viewer) {
            known.outlets.retain(|(_, other)| !Arc::ptr_eq(other, outlet));
            if known.outlets.is_empty() {
                self.viewers.remove(&viewer);
            }
        }
        if self.viewers.is_empty() {
            self.empty_since = Some(now);
        }
    }

    /// Says goodbye to the sockets for which `goes` holds, given whose they are and by which sign-in they came. Answers
    /// whether there was any.
    pub(super) fn close(&self, code: CloseCode, goes: impl Fn(UserId, SessionId) -> bool) -> bool {
        let mut any = false;
        for (user, viewer) in &self.viewers {
            for (_, outlet) in viewer.outlets.iter().filter(|(session, _)| goes(*user, *session)) {
                outlet.close(code);
                any = true;
            }
        }
        any
    }

    /// Tells everybody that the server restarts, each with a time of its own to come back at, in milliseconds.
    pub(super) fn restart(&self, mut retry_ms: impl FnMut() -> u64) {
        for (_, outlet) in self.viewers.values().flat_map(|viewer| &viewer.outlets) {
            outlet.close_with(frame::restart(retry_ms()));
        }
    }

    /// Whether nobody has been here since `before`; then the auction is told that nobody looks on. Sides without
    /// viewers stop encoding.
    pub(super) fn rest(&mut self, before: UnixMicros) -> bool {
        self.sides.iter_mut().for_each(Side::cool);
        let over = self.empty_since.is_some_and(|since| since <= before);
        if over {
            self.source.set_watched(false);
        }
        over
    }

    fn watchers(&self) -> usize {
        self.sides.iter().map(Side::len).sum()
    }

    const fn side(&self, class: Class) -> &Side {
        let [host, merchants] = &self.sides;
        match class {
            Class::Host => host,
            Class::Merchants => merchants,
        }
    }

    const fn side_mut(&mut self, class: Class) -> &mut Side {
        let [host, merchants] = &mut self.sides;
        match class {
            Class::Host => host,
            Class::Merchants => merchants,
        }
    }
}

impl Viewer {
    fn tell(&mut self, you: You) {
        if you == self.last {
            return;
        }
        self.last = you;
        let batch = Batch::one(frame::json(&YouFrame { r#type: "you", you }), Kind::Lasting);
        for (_, outlet) in &self.outlets {
            outlet.send(&batch);
        }
    }
}

#[cfg(test)]
mod tests;
