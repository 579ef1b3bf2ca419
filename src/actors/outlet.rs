//! The way out of the server for one live socket: frames go straight into the kernel, and what does not fit waits here.
//!
//! actix's response stream is not used for frames. Fed from a queue it costs 1.4 to 1.6 times a bare `send` per message
//! (measured), and actix-web-actors' own context buffers without bound for a reader that stopped. Here whoever has a
//! frame writes it: one uncontended lock, one `send`. See `docs/decisions/0002`.
//!
//! Bounds: at most `SOCKET_BACKLOG_FRAMES_MAX` frames and `SOCKET_BACKLOG_BYTES_MAX` bytes wait; a board that a newer
//! one supersedes is taken out; beyond the bound the reader is told 4408, and the socket is shut when that does not
//! get through either.

use std::collections::VecDeque;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::limits;
use crate::wire::frame;
use crate::wire::frame::CloseCode;

/// How long a goodbye may take to get through before the socket is shut.
const GRACE: Duration = Duration::from_secs(2);

/// What may happen to a frame that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is sent or the socket ends.
    Lasting,
    /// The next of its kind makes it worthless.
    Board,
}

/// Encoded frames in one piece of memory, to be written in one go.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Bytes,
    /// Where each frame ends, and what may happen to it.
    ends: Vec<(usize, Kind)>,
}

impl Batch {
    /// Frames that end at `ends`; the last of them is the end of `bytes`.
    #[must_use]
    pub fn new(bytes: Bytes, ends: Vec<(usize, Kind)>) -> Self {
        debug_assert_eq!(ends.last().map_or(0, |(end, _)| *end), bytes.len());
        Self { bytes, ends }
    }

    /// A single frame.
    #[must_use]
    pub fn one(bytes: Bytes, kind: Kind) -> Self {
        let end = bytes.len();
        Self { bytes, ends: vec![(end, kind)] }
    }

    /// Batches behind each other, without the boards that later ones supersede.
    #[must_use]
    pub fn join<'a>(batches: impl Iterator<Item = &'a Self>) -> Self {
        let batches: Vec<&Self> = batches.collect();
        if let [only] = batches.as_slice() {
            return Self::clone(only);
        }
        let last_board = batches.iter().rposition(|batch| batch.ends.iter().any(|(_, kind)| *kind == Kind::Board));
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (place, batch) in batches.iter().enumerate() {
            let mut start = 0;
            for (end, kind) in &batch.ends {
                if *kind == Kind::Lasting || Some(place) == last_board {
                    bytes.extend_from_slice(batch.bytes.get(start..*end).unwrap_or_default());
                    ends.push((bytes.len(), *kind));
                }
                start = *end;
            }
        }
        Self { bytes: bytes.into(), ends }
    }

    /// Where each frame ends, and what may happen to it.
    #[must_use]
    pub fn ends(&self) -> &[(usize, Kind)] {
        &self.ends
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Frames go out.
    Open,
    /// A Close frame is the last that waits or was written; nothing else is taken.
    Closing,
    /// The socket is shut.
    Dead,
}

struct Waiting {
    bytes: Bytes,
    kind: Kind,
    /// Its beginning is with the kernel already, so its rest must follow.
    torn: bool,
}

struct Backlog {
    phase: Phase,
    frames: VecDeque<Waiting>,
    bytes: usize,
    draining: bool,
}

/// The outbound half of one socket.
pub struct Outlet {
    tcp: Arc<TcpStream>,
    backlog: Mutex<Backlog>,
}

impl Outlet {
    /// The way out of this socket, which nobody else writes to from now on.
    #[must_use]
    pub fn new(tcp: Arc<TcpStream>) -> Arc<Self> {
        let backlog = Backlog { phase: Phase::Open, frames: VecDeque::new(), bytes: 0, draining: false };
        Arc::new(Self { tcp, backlog: Mutex::new(backlog) })
    }

    /// The socket, to read from.
    #[must_use]
    pub fn socket(&self) -> Arc<TcpStream> {
        Arc::clone(&self.tcp)
    }

    /// Sends a batch, or keeps what the kernel does not take. Answers whether the socket takes frames still; when it
    /// does not, nobody need send to it again.
    pub fn send(self: &Arc<Self>, batch: &Batch) -> bool {
        let mut backlog = self.lock();
        let written = match backlog.phase {
            Phase::Closing | Phase::Dead => return false,
            Phase::Open if backlog.frames.is_empty() => match self.tcp.try_write(&batch.bytes) {
                Ok(written) if written == batch.bytes.len() => return true,
                Ok(written) => written,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
                Err(_) => {
                    self.shut(&mut backlog);
                    return false;
                }
            },
            Phase::Open => 0,
        };
        self.keep(&mut backlog, batch, written)
    }

    /// Sends one frame.
    pub fn send_frame(self: &Arc<Self>, frame: Bytes) -> bool {
        self.send(&Batch::one(frame, Kind::Lasting))
    }

    /// Sends a frame only where nothing waits before it: a ping behind a backlog would tell nothing.
    pub fn send_if_idle(self: &Arc<Self>, frame: Bytes) {
        if self.is_idle() {
            self.send_frame(frame);
        }
    }

    /// Whether the kernel took everything so far.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lock().frames.is_empty()
    }

    /// Says goodbye: what waits goes out first, then the Close frame, then the end of the stream. The peer gets a short
    /// time to take it, then the socket is shut.
    pub fn close(self: &Arc<Self>, code: CloseCode) {
        let mut backlog = self.lock();
        self.bid_farewell(&mut backlog, frame::close(code));
    }

    /// The same with the bytes of a Close frame, to echo the peer's.
    pub fn close_with(self: &Arc<Self>, close: Bytes) {
        let mut backlog = self.lock();
        self.bid_farewell(&mut backlog, close);
    }

    /// Shuts the socket at once, in both directions; actix sees the end of the stream and lets the connection go.
    pub fn kill(&self) {
        let mut backlog = self.lock();
        self.shut(&mut backlog);
    }

    /// Never held over an await, and nothing under it waits.
    fn lock(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(self: &Arc<Self>, backlog: &mut Backlog, batch: &Batch, written: usize) -> bool {
        let mut start = 0;
        for (end, kind) in &batch.ends {
            let begin = start.max(written);
            if begin < *end {
                if *kind == Kind::Board {
                    backlog.drop_superseded();
                }
                backlog.push(Waiting { bytes: batch.bytes.slice(begin..*end), kind: *kind, torn: begin > start });
            }
            start = *end;
        }
        let slow = backlog.frames.len() > limits::SOCKET_BACKLOG_FRAMES_MAX
            || backlog.bytes > limits::SOCKET_BACKLOG_BYTES_MAX;
        if slow {
            tracing::debug!(frames = backlog.frames.len(), bytes = backlog.bytes, "outlet: a slow reader is let go");
            backlog.drop_whole_frames();
            self.bid_farewell(backlog, frame::close(CloseCode::Slow));
            return false;
        }
        self.drain_soon(backlog);
        true
    }

    fn bid_farewell(self: &Arc<Self>, backlog: &mut Backlog, close: Bytes) {
        if matches!(backlog.phase, Phase::Closing | Phase::Dead) {
            return;
        }
        backlog.phase = Phase::Closing;
        backlog.push(Waiting { bytes: close, kind: Kind::Lasting, torn: false });
        self.drain_soon(backlog);
        let outlet = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(GRACE).await;
            outlet.kill();
        });
    }

    fn shut(&self, backlog: &mut Backlog) {
        if backlog.phase != Phase::Dead {
            backlog.phase = Phase::Dead;
            backlog.frames = VecDeque::new();
            backlog.bytes = 0;
            // Fails only where the peer was faster.
            let _ = SockRef::from(&*self.tcp).shutdown(Shutdown::Both);
        }
    }

    /// Writes what waits as far as the kernel takes it, and leaves the rest to a task that lives as long as there is
    /// a rest.
    fn drain_soon(self: &Arc<Self>, backlog: &mut Backlog) {
        if backlog.draining || self.drain(backlog) {
            return;
        }
        backlog.draining = true;
        let outlet = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                // An error shows in the next write.
                let _ = outlet.tcp.writable().await;
                let mut backlog = outlet.lock();
                if outlet.drain(&mut backlog) {
                    backlog.draining = false;
                    return;
                }
            }
        });
    }

    /// Answers whether nothing is left to write.
    fn drain(&self, backlog: &mut Backlog) -> bool {
        while let Some(first) = backlog.frames.front_mut() {
            match self.tcp.try_write(&first.bytes) {
                Ok(written) if written == first.bytes.len() => {
                    backlog.bytes -= written;
                    backlog.frames.pop_front();
                }
                Ok(written) => {
                    let _ = first.bytes.split_to(written);
                    first.torn = true;
                    backlog.bytes -= written;
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return false,
                Err(_) => {
                    self.shut(backlog);
                    return true;
                }
            }
        }
        // An idle socket keeps no memory for a bad moment that it had.
        backlog.frames = VecDeque::new();
        if backlog.phase == Phase::Closing {
            // The end of our stream behind the Close frame (RFC 6455 §7.1.1); the peer's end is awaited for a while.
            let _ = SockRef::from(&*self.tcp).shutdown(Shutdown::Write);
        }
        true
    }
}

impl Backlog {
    fn push(&mut self, frame: Waiting) {
        self.bytes += frame.bytes.len();
        self.frames.push_back(frame);
    }

    fn drop_superseded(&mut self) {
        self.retain(|frame| frame.torn || frame.kind != Kind::Board);
    }

    fn drop_whole_frames(&mut self) {
        self.retain(|frame| frame.torn);
    }

    fn retain(&mut self, keep: impl Fn(&Waiting) -> bool) {
        self.frames.retain(&keep);
        self.bytes = self.frames.iter().map(|frame| frame.bytes.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Arc<Outlet>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        SockRef::from(&server).set_send_buffer_size(4_096).unwrap();
        SockRef::from(&client).set_recv_buffer_size(4_096).unwrap();
        (Outlet::new(Arc::new(server)), client)
    }

    /// A frame of `size` bytes on the wire whose text is its number.
    fn numbered(number: usize, size: usize) -> Bytes {
        frame::text(format!("{number:0width$}", width = size - 4).as_bytes())
    }

    /// The payloads of the frames in `bytes`; panics on a torn one. A Close frame reads as `close CODE`.
    fn payloads(mut bytes: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        while let [opcode, length, rest @ ..] = bytes {
            let (length, rest) = match length {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                short => (usize::from(*short), rest),
            };
            let payload = &rest[..length];
            all.push(match opcode {
                0x81 => String::from_utf8(payload.to_vec()).unwrap(),
                0x88 => format!("close {}", u16::from_be_bytes([payload[0], payload[1]])),
                other => panic!("opcode {other:#x}"),
            });
            bytes = &rest[length..];
        }
        all
    }

    async fn read_all(mut client: TcpStream) -> Vec<u8> {
        let mut got = Vec::new();
        client.read_to_end(&mut got).await.unwrap();
        got
    }

    #[test]
    fn joined_batches_keep_their_order_and_one_board() {
        let batch = |frames: &[(&str, Kind)]| {
            let (mut bytes, mut ends) = (Vec::new(), Vec::new());
            for (text, kind) in frames {
                bytes.extend_from_slice(&frame::text(text.as_bytes()));
                ends.push((bytes.len(), *kind));
            }
            Batch::new(bytes.into(), ends)
        };
        let all = [
            batch(&[("1", Kind::Lasting), ("board 1", Kind::Board)]),
            batch(&[("2", Kind::Lasting), ("3", Kind::Lasting), ("board 3", Kind::Board)]),
            batch(&[("4", Kind::Lasting)]),
        ];
        let joined = Batch::join(all.iter());
        assert_eq!(payloads(&joined.bytes), ["1", "2", "3", "board 3", "4"]);
        assert_eq!(joined.ends().last().unwrap().0, joined.bytes.len());
        let kinds: Vec<Kind> = joined.ends().iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [Kind::Lasting, Kind::Lasting, Kind::Lasting, Kind::Board, Kind::Lasting]);
        assert_eq!(payloads(&Batch::join(all[..1].iter()).bytes), ["1", "board 1"]);
    }

    #[tokio::test]
    async fn a_late_reader_gets_everything_in_order_and_untorn() {
        let (outlet, client) = pair().await;
        let mut sent = 0;
        // Until frames wait: the kernel takes some, and the one at its edge is torn.
        while outlet.lock().frames.len() < 40 {
            sent += 1;
            assert!(outlet.send_frame(numbered(sent, 1_000)));
        }
        outlet.close(CloseCode::Restart);
        let got = payloads(&read_all(client).await);
        let wanted: Vec<String> = (1..=sent).map(|n| format!("{n:0996}")).chain(["close 1012".to_owned()]).collect();
        assert_eq!(got, wanted);
        assert!(outlet.lock().frames.is_empty());
    }

    #[tokio::test]
    async fn a_superseded_board_is_replaced_and_events_are_not() {
        let (outlet, client) = pair().await;
        let mut events = 0;
        while outlet.lock().frames.is_empty() {
            events += 1;
            assert!(outlet.send_frame(numbered(events, 1_000)));
        }
        for board in 9_001..=9_500 {
            assert!(outlet.send(&Batch::one(numbered(board, 1_000), Kind::Board)), "boards never make a reader slow");
        }
        events += 1;
        assert!(outlet.send_frame(numbered(events, 1_000)));
        outlet.close(CloseCode::Normal);
        let got = payloads(&read_all(client).await);
        let numbers: Vec<usize> = got.iter().filter_map(|text| text.parse().ok()).collect();
        let boards: Vec<_> = numbers.iter().filter(|n| **n > 9_000).collect();
        assert_eq!(boards, [&9_500]);
        let seen: Vec<_> = numbers.iter().copied().filter(|n| *n < 9_000).collect();
        assert_eq!(seen, (1..=events).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_batch_is_torn_only_at_the_byte_and_mended() {
        let (outlet, client) = pair().await;
        let mut wanted = Vec::new();
        let mut rounds_left = 3;
        for round in 0.. {
            if outlet.lock().frames.len() > 4 {
                rounds_left -= 1;
            }
            if rounds_left == 0 {
                break;
            }
            let frames: Vec<Bytes> = (0..4).map(|n| numbered(100 * round + n, 700)).collect();
            let mut ends = Vec::new();
            for n in 1..=4 {
                ends.push((700 * n, Kind::Lasting));
            }
            wanted.extend((0..4).map(|n| 100 * round + n));
            assert!(outlet.send(&Batch::new(frames.concat().into(), ends)));
        }
        outlet.close(CloseCode::Normal);
        let got = payloads(&read_all(client).await);
        let numbers: Vec<usize> = got.iter().filter_map(|text| text.parse().ok()).collect();
        assert_eq!(numbers, wanted);
    }

    #[tokio::test]
    async fn a_reader_that_stopped_is_told_4408_behind_whole_frames() {
        let (outlet, client) = pair().await;
        let mut sent = 0;
        while outlet.send_frame(numbered(sent + 1, 1_000)) {
            sent += 1;
            assert!(sent < 2_000, "the backlog has no bound");
        }
        {
            let backlog = outlet.lock();
            assert!(backlog.frames.len() <= 2, "all that was whole is dropped");
        }
        assert!(!outlet.send_frame(numbered(7, 1_000)), "a slow reader gets nothing more");
        let got = payloads(&read_all(client).await);
        assert_eq!(got.last().map(String::as_str), Some("close 4408"));
        let numbers: Vec<usize> = got[..got.len() - 1].iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "a prefix, without a gap");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_never_reads_is_shut_after_the_grace() {
        let (outlet, _client) = pair().await;
        while outlet.send_frame(numbered(1, 1_000)) {}
        let tcp = Arc::clone(&outlet.tcp);
        // The clock stands still but for this wait: the grace is over when it is.
        tokio::time::sleep(GRACE + Duration::from_millis(1)).await;
        assert_eq!(outlet.lock().phase, Phase::Dead);
        let error = tcp.try_write(b"x").unwrap_err();
        assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "the descriptor is shut, not merely full");
    }
}
