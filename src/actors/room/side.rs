//! A class of viewers: what it has been shown, and the sockets that are being shown it.
//!
//! What was gathered becomes an edition: events behind each other, the board behind them, encoded once. Sockets are
//! served in turn, some at a time, and whose turn comes gets all editions that it has not had, in one write. So an edition
//! that appears in the middle of a round reaches the rest of the round at once. Rounds that end before the next begins
//! were rejected: with 5 000 watchers on a busy core an event then waits for a round and a half on average, not half a
//! round, and nobody else's room is served meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::actors::outlet::Batch;
use crate::actors::outlet::Kind;
use crate::actors::outlet::Outlet;
use crate::domain::auction::board::Board;
use crate::domain::auction::board::Happened;
use crate::domain::auction::view::Class;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::wire::board::BoardOut;
use crate::wire::board::Names;
use crate::wire::frame;
use crate::wire::frame::BoardFrame;
use crate::wire::frame::EventFrame;
use crate::wire::frame::Stamp;
use crate::wire::value::Timestamp;

/// Where a room stands, as its frames say it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) board: &'a Board,
    pub(super) names: &'a dyn Names,
    pub(super) watchers: usize,
    pub(super) epoch: &'a str,
    pub(super) now: UnixMicros,
}

/// A socket in its place of the turn.
struct Seat {
    outlet: Arc<Outlet>,
    /// The last edition that it was sent.
    had: u64,
}

/// A class of viewers and what it has been shown.
pub(super) struct Side {
    class: Class,
    seats: Vec<Seat>,
    /// Whose turn it is, and how many more have one until everybody has had everything.
    turn: usize,
    left: usize,
    /// Whether anybody of this class was here lately. A side that is cold encodes nothing and remembers nothing.
    warm: bool,
    cooling: bool,
    /// Events of the next edition, encoded.
    pending: Vec<u8>,
    ends: Vec<(usize, Kind)>,
    /// The `seq` of each frame in `pending`; `None` of what is no event.
    seqs: Vec<Option<i64>>,
    /// The number of the last edition, and all that somebody has not had.
    newest: u64,
    editions: VecDeque<Batch>,
    /// What is sent to whom: by the edition that a seat had last.
    pieces: Vec<(u64, Batch)>,
    /// The last events, for those who come back.
    ring: VecDeque<(i64, Bytes)>,
    /// The board as it was last sent.
    shown: BoardOut,
}

impl Side {
    pub(super) fn new(class: Class, board: &Board, names: &dyn Names) -> Self {
        Self {
            class,
            seats: Vec::new(),
            turn: 0,
            left: 0,
            warm: false,
            cooling: false,
            pending: Vec::new(),
            ends: Vec::new(),
            seqs: Vec::new(),
            newest: 0,
            editions: VecDeque::new(),
            pieces: Vec::new(),
            ring: VecDeque::new(),
            shown: BoardOut::new(board, class, names),
        }
    }

    // -------------------------------------------------------------- who is here

    /// How many sockets are here.
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Lets a socket in that knows everything up to the last edition.
    pub(super) fn seat(&mut self, outlet: Arc<Outlet>) {
        self.warm = true;
        self.cooling = false;
        self.seats.push(Seat { outlet, had: self.newest });
    }

    /// Says that a socket was brought up to the last edition by other means.
    pub(super) fn caught_up(&mut self, outlet: &Arc<Outlet>) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| Arc::ptr_eq(&seat.outlet, outlet)) {
            seat.had = self.newest;
        }
    }

    /// Lets a socket go. Harmless when it is not here.
    pub(super) fn unseat(&mut self, outlet: &Arc<Outlet>) {
        if let Some(at) = self.seats.iter().position(|seat| Arc::ptr_eq(&seat.outlet, outlet)) {
            self.remove(at);
        }
    }

    /// Another takes the free seat, and may be passed over thereby: everybody gets a turn again, which costs those who
    /// have had everything nothing.
    fn remove(&mut self, at: usize) {
        self.seats.swap_remove(at);
        if self.left > 0 {
            self.left = self.seats.len();
        }
    }

    /// Stops to encode where nobody is here, and forgets at the second look, so that a reconnect finds the buffer.
    pub(super) fn cool(&mut self) {
        if self.seats.is_empty() && std::mem::replace(&mut self.cooling, true) {
            self.warm = false;
            self.forget();
        }
    }

    /// Begins again from this board, which everybody is told by other means.
    pub(super) fn start_anew(&mut self, board: &Board, names: &dyn Names) {
        self.forget();
        for seat in &mut self.seats {
            seat.had = self.newest;
        }
        self.shown = BoardOut::new(board, self.class, names);
    }

    fn forget(&mut self) {
        self.pending.clear();
        self.ends.clear();
        self.seqs.clear();
        self.ring.clear();
        self.rest();
    }

    /// Everybody has had everything.
    fn rest(&mut self) {
        self.left = 0;
        self.editions.clear();
        self.pieces.clear();
    }

    // -------------------------------------------------------------- what it is shown

    /// Takes an event up that the class may know of.
    pub(super) fn take(&mut self, happened: &Happened, place: Place<'_>) {
        if !self.warm {
            return;
        }
        let Place { board, names, epoch, now, .. } = place;
        let visibility = board.terms.rules.visibility;
        if let Some(event) = EventFrame::live(visibility, self.class, happened, names, epoch, now) {
            let end = frame::append_json(&mut self.pending, &event);
            self.ends.push((end, Kind::Lasting));
            self.seqs.push(Some(frame::class_seq(self.class, happened.class_seqs)));
        }
    }

    /// Takes a frame up that is no event: who comes back does not get it again.
    pub(super) fn take_aside(&mut self, frame: &[u8]) {
        if self.warm {
            self.pending.extend_from_slice(frame);
            self.ends.push((self.pending.len(), Kind::Lasting));
            self.seqs.push(None);
        }
    }

    /// How many frames somebody may have to be sent at once.
    pub(super) fn waiting(&self) -> usize {
        self.ends.len() + self.editions.iter().map(|edition| edition.ends().len()).sum::<usize>()
    }

    /// Makes an edition of what was gathered, and gives everybody a turn.
    pub(super) fn publish(&mut self, place: Place<'_>) {
        if !self.warm {
            return;
        }
        let shown = BoardOut::new(place.board, self.class, place.names);
        // Only when it changed: where events are hidden, the mere coming of a board would tell that there was one.
        if shown != self.shown {
            self.shown = shown;
            let mut frames = std::mem::take(&mut self.pending);
            let end = self.append_board(&mut frames, place);
            self.pending = frames;
            self.ends.push((end, Kind::Board));
        }
        if self.ends.is_empty() {
            return;
        }
        let room = self.pending.len();
        let bytes = Bytes::from(std::mem::replace(&mut self.pending, Vec::with_capacity(room)));
        let mut start = 0;
        for (seq, (end, _)) in self.seqs.drain(..).zip(&self.ends) {
            self.ring.extend(seq.map(|seq| (seq, bytes.slice(start..*end))));
            start = *end;
        }
        while self.ring.len() > limits::ROOM_BUFFER_FRAMES {
            self.ring.pop_front();
        }
        self.editions.push_back(Batch::new(bytes, std::mem::take(&mut self.ends)));
        self.newest += 1;
        self.pieces.clear();
        self.left = self.seats.len();
    }

    /// Appends the board as it was last sent; answers where it ends.
    fn append_board(&self, out: &mut Vec<u8>, place: Place<'_>) -> usize {
        let seq = frame::class_seq(self.class, place.board.class_seqs);
        let at = Stamp { epoch: Some(place.epoch), seq, server_time: Timestamp(place.now) };
        let watchers = frame::watchers(self.class, place.board.terms.rules.visibility, place.watchers);
        frame::append_json(out, &BoardFrame { r#type: "board", at, board: &self.shown, watchers })
    }

    /// Sends at most so many sockets what they have not had. Answers whether everybody has had everything.
    pub(super) fn serve(&mut self, most: usize) -> bool {
        let mut served = 0;
        while self.left > 0 && served < most {
            if self.turn >= self.seats.len() {
                self.turn = 0;
            }
            let Some(had) = self.seats.get(self.turn).map(|seat| seat.had) else { break };
            let stays = had == self.newest || {
                served += 1;
                self.send_missing(had)
            };
            if stays {
                self.left -= 1;
                self.turn += 1;
            } else {
                self.remove(self.turn);
            }
        }
        let done = self.left == 0 || self.seats.is_empty();
        if done {
            self.rest();
        }
        done
    }

    /// Sends the socket whose turn it is all after edition `had`. Answers whether it takes frames still.
    fn send_missing(&mut self, had: u64) -> bool {
        let piece = self.piece(had);
        let (Some((_, piece)), Some(seat)) = (self.pieces.get(piece), self.seats.get_mut(self.turn)) else {
            return false;
        };
        seat.had = self.newest;
        seat.outlet.send(piece)
    }

    /// Where the piece lies for those who had edition `had` last.
    fn piece(&mut self, had: u64) -> usize {
        if let Some(at) = self.pieces.iter().position(|(of, _)| *of == had) {
            return at;
        }
        let missing = usize::try_from(self.newest - had).unwrap_or(usize::MAX);
        let editions = self.editions.iter().skip(self.editions.len().saturating_sub(missing));
        self.pieces.push((had, Batch::join(editions)));
        self.pieces.len() - 1
    }

    // -------------------------------------------------------------- what somebody missed

    /// What the class was shown after `seq` and the board; `None` when that is not known any more.
    pub(super) fn since(&self, seq: i64, place: Place<'_>) -> Option<Vec<u8>> {
        let current = frame::class_seq(self.class, place.board.class_seqs);
        let first = self.ring.front().map_or(current + 1, |(first, _)| *first);
        if seq > current || seq + 1 < first {
            return None;
        }
        let mut out = Vec::new();
        for (_, bytes) in self.ring.iter().filter(|(at, _)| *at > seq) {
            out.extend_from_slice(bytes);
        }
        if self.shown != BoardOut::default() {
            self.append_board(&mut out, place);
        }
        Some(out)
    }
}
