//! One room: who looks on, what each class of viewers has been shown, and what it is shown next.
//!
//! Synchronous and without a mailbox: [`crate::actors::broadcaster`] owns it and says when. A frame is encoded once per
//! class; all frames of a pass lie behind each other in one piece of memory, and each socket gets that piece in one
//! write.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::actors::outlet::Batch;
use crate::actors::outlet::Kind;
use crate::actors::outlet::Outlet;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::view::Class;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::board::BoardOut;
use crate::wire::board::You;
use crate::wire::frame;
use crate::wire::frame::BoardFrame;
use crate::wire::frame::CloseCode;
use crate::wire::frame::EventFrame;
use crate::wire::frame::Since;
use crate::wire::frame::Snapshot;
use crate::wire::frame::Stamp;
use crate::wire::frame::YouFrame;
use crate::wire::value::Timestamp;

/// Where a room reads the last committed board, and says that it looks on.
pub trait BoardSource: Send + Sync {
    /// The board after the last commit; kept up to date while somebody looks on.
    fn board(&self) -> Arc<Board>;
    /// Whether events are to be posted from now on.
    fn set_watched(&self, watched: bool);
}

/// So many frames of a class go out without waiting for the end of the mailbox, which under a flood might not come.
const PASS_FRAMES_MAX: usize = limits::SOCKET_BACKLOG_FRAMES_MAX / 2;

/// A class of viewers and what it has been shown.
struct Side {
    class: Class,
    outlets: Vec<Arc<Outlet>>,
    /// Whether anybody of this class was here lately. A side that is cold encodes nothing and remembers nothing.
    warm: bool,
    cooling: bool,
    /// Frames of the pass that is being gathered, encoded.
    pending: Vec<u8>,
    ends: Vec<(usize, Kind)>,
    /// The `seq` of each event in `pending`.
    seqs: Vec<i64>,
    /// The last events, for those who come back.
    ring: VecDeque<(i64, Bytes)>,
    /// The board as it was last sent.
    shown: BoardOut,
}

/// A person in the room.
struct Viewer {
    class: Class,
    outlets: Vec<Arc<Outlet>>,
    /// What was last sent of their own side.
    last: You,
    /// The pass in which their row was last seen.
    seen: u64,
}

/// One room.
pub(super) struct Room {
    epoch: String,
    source: Arc<dyn BoardSource>,
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
    pub(super) outlet: Arc<Outlet>,
    pub(super) since: Option<Since>,
    /// Whether this socket is in the room already.
    pub(super) again: bool,
}

impl Side {
    fn new(class: Class, board: &Board) -> Self {
        Self {
            class,
            outlets: Vec::new(),
            warm: false,
            cooling: false,
            pending: Vec::new(),
            ends: Vec::new(),
            seqs: Vec::new(),
            ring: VecDeque::new(),
            shown: BoardOut::new(board, class, limits::BOARD_FRAME_ROWS),
        }
    }

    fn forget(&mut self) {
        self.pending.clear();
        self.ends.clear();
        self.seqs.clear();
        self.ring.clear();
    }

    fn take(&mut self, board: &Board, happened: &Happened, epoch: &str, now: UnixMicros) {
        if !self.warm {
            return;
        }
        let visibility = board.terms.rules.visibility;
        if let Some(event) = EventFrame::live(visibility, self.class, happened, epoch, now) {
            let end = frame::append_json(&mut self.pending, &event);
            self.ends.push((end, Kind::Lasting));
            self.seqs.push(frame::class_seq(self.class, happened.class_seqs));
        }
    }

    /// Ends the pass: the board behind the events, everything to everybody in one write each.
    fn flush(&mut self, board: &Board, epoch: &str, now: UnixMicros) {
        if !self.warm {
            return;
        }
        let shown = BoardOut::new(board, self.class, limits::BOARD_FRAME_ROWS);
        // Only when it changed: where events are hidden, the mere coming of a board would tell that there was one.
        if shown != self.shown {
            self.shown = shown;
            let end = append_board(&mut self.pending, &self.shown, self.class, board, epoch, now);
            self.ends.push((end, Kind::Board));
        }
        if self.ends.is_empty() {
            return;
        }
        let room = self.pending.len();
        let bytes = Bytes::from(std::mem::replace(&mut self.pending, Vec::with_capacity(room)));
        let mut start = 0;
        for (seq, (end, _)) in self.seqs.drain(..).zip(&self.ends) {
            self.ring.push_back((seq, bytes.slice(start..*end)));
            start = *end;
        }
        while self.ring.len() > limits::ROOM_BUFFER_FRAMES {
            self.ring.pop_front();
        }
        let batch = Batch::new(bytes, std::mem::take(&mut self.ends));
        self.outlets.retain(|outlet| outlet.send(&batch));
    }

    /// What the class has been shown after `seq`; `None` when that is not known any more.
    fn missed(&self, seq: i64, current: i64) -> Option<Vec<&Bytes>> {
        let first = self.ring.front().map_or(current + 1, |(first, _)| *first);
        if seq > current || seq + 1 < first {
            return None;
        }
        Some(self.ring.iter().filter(|(at, _)| *at > seq).map(|(_, bytes)| bytes).collect())
    }
}

fn append_board(
    out: &mut Vec<u8>,
    shown: &BoardOut,
    class: Class,
    board: &Board,
    epoch: &str,
    now: UnixMicros,
) -> usize {
    let seq = frame::class_seq(class, board.class_seqs);
    let at = Stamp { epoch: Some(epoch), seq, server_time: Timestamp(now) };
    frame::append_json(out, &BoardFrame { r#type: "board", at, board: shown })
}

impl Room {
    /// Sockets in the room.
    pub(super) fn sockets(&self) -> usize {
        self.viewers.values().map(|viewer| viewer.outlets.len()).sum()
    }

    /// A room that starts from the last committed board.
    pub(super) fn new(source: Arc<dyn BoardSource>, epoch: String) -> Self {
        // First watched, then read: an event in between comes twice and is dropped, instead of never.
        source.set_watched(true);
        let board = source.board();
        Self {
            epoch,
            source,
            sides: [Side::new(Class::Host, &board), Side::new(Class::Merchants, &board)],
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
            for event in fresh {
                for side in &mut self.sides {
                    side.take(&board, event, &self.epoch, now);
                }
            }
            self.board = board;
        } else {
            self.board = board;
            self.start_anew(epoch(), now);
        }
        self.dirty = true;
        self.sides.iter().any(|side| side.ends.len() >= PASS_FRAMES_MAX)
    }

    /// Sends what was gathered.
    pub(super) fn flush(&mut self, now: UnixMicros) {
        if !std::mem::take(&mut self.dirty) {
            return;
        }
        for side in &mut self.sides {
            side.flush(&self.board, &self.epoch, now);
        }
        self.tell_bidders();
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
        let all_shown = usize::try_from(self.board.live_bids).is_ok_and(|live| live <= self.board.rows.len());
        for viewer in self.viewers.values_mut() {
            if viewer.last.bid.is_some() && viewer.seen != self.pass {
                // Beyond the published rows a bid has a rank that is not known here.
                let beyond = You { rank: None, score: None, ..viewer.last };
                viewer.tell(if all_shown { You::without_bid(viewer.class) } else { beyond });
            }
        }
    }

    /// Lets a socket in: what it missed, or a snapshot.
    pub(super) fn join(&mut self, newcomer: Newcomer, now: UnixMicros) {
        // What is gathered is older than the snapshot: it goes out first, and only to those who were here.
        self.flush(now);
        let Newcomer { class, viewer, outlet, since, again } = newcomer;
        if !again {
            let side = self.side_mut(class);
            side.warm = true;
            side.cooling = false;
            side.outlets.push(Arc::clone(&outlet));
            self.empty_since = None;
            let last = You::new(&self.board, class, viewer);
            let known = self.viewers.entry(viewer).or_insert(Viewer { class, outlets: Vec::new(), last, seen: 0 });
            known.outlets.push(Arc::clone(&outlet));
        }
        let frames = since
            .filter(|since| since.epoch == self.epoch)
            .and_then(|since| self.catch_up(class, viewer, since.seq, now))
            .unwrap_or_else(|| self.snapshot(class, viewer, now));
        outlet.send_frame(frames);
    }

    /// The missed events, then the state that has no `seq`.
    fn catch_up(&self, class: Class, viewer: UserId, seq: i64, now: UnixMicros) -> Option<Bytes> {
        let side = self.side(class);
        let mut out = Vec::new();
        for frame in side.missed(seq, frame::class_seq(class, self.board.class_seqs))? {
            out.extend_from_slice(frame);
        }
        if side.shown != BoardOut::default() {
            append_board(&mut out, &side.shown, class, &self.board, &self.epoch, now);
        }
        frame::append_json(&mut out, &YouFrame { r#type: "you", you: You::new(&self.board, class, viewer) });
        Some(out.into())
    }

    fn snapshot(&self, class: Class, viewer: UserId, now: UnixMicros) -> Bytes {
        let rows = limits::BOARD_FRAME_ROWS;
        frame::json(&Snapshot::new(&self.board, class, viewer, rows, self.watchers(), &self.epoch, now))
    }

    fn start_anew(&mut self, epoch: String, now: UnixMicros) {
        self.epoch = epoch;
        for side in &mut self.sides {
            side.forget();
            side.shown = BoardOut::new(&self.board, side.class, limits::BOARD_FRAME_ROWS);
        }
        for (user, viewer) in &self.viewers {
            let snapshot = Batch::one(self.snapshot(viewer.class, *user, now), Kind::Lasting);
            for outlet in &viewer.outlets {
                outlet.send(&snapshot);
            }
        }
    }

    /// Lets a socket go. Harmless when it is not here.
    pub(super) fn leave(&mut self, viewer: UserId, outlet: &Arc<Outlet>, now: UnixMicros) {
        for side in &mut self.sides {
            if let Some(at) = side.outlets.iter().position(|other| Arc::ptr_eq(other, outlet)) {
                side.outlets.swap_remove(at);
            }
        }
        if let Some(known) = self.viewers.get_mut(&viewer) {
            known.outlets.retain(|other| !Arc::ptr_eq(other, outlet));
            if known.outlets.is_empty() {
                self.viewers.remove(&viewer);
            }
        }
        if self.viewers.is_empty() {
            self.empty_since = Some(now);
        }
    }

    /// Says goodbye to everybody, or to everybody of one person.
    pub(super) fn close(&self, only: Option<UserId>, code: CloseCode) {
        for (user, viewer) in &self.viewers {
            if only.is_none_or(|only| only == *user) {
                for outlet in &viewer.outlets {
                    outlet.close(code);
                }
            }
        }
    }

    /// Whether nobody has been here since `before`; then the auction is told that nobody looks on. Sides without
    /// viewers stop encoding.
    pub(super) fn rest(&mut self, before: UnixMicros) -> bool {
        for side in &mut self.sides {
            if side.outlets.is_empty() {
                // Forgets at the second look, so that a reconnect finds the buffer.
                if std::mem::replace(&mut side.cooling, true) {
                    side.warm = false;
                    side.forget();
                }
            }
        }
        let over = self.empty_since.is_some_and(|since| since <= before);
        if over {
            self.source.set_watched(false);
        }
        over
    }

    fn watchers(&self) -> usize {
        self.sides.iter().map(|side| side.outlets.len()).sum()
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
        for outlet in &self.outlets {
            outlet.send(&batch);
        }
    }
}

#[cfg(test)]
mod tests;
