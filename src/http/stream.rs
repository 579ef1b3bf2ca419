//! The connection: one accepted socket, shared by actix and the live room.
//!
//! The room writes pre-encoded frames to the socket itself, past actix's response stream. A duplicated descriptor
//! would do for that and was rejected: it halves how many sockets fit under the descriptor limit.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::limits;

/// The socket that a request came on: `req.conn_data::<Connection>()`.
///
/// Whoever keeps a clone keeps the descriptor open.
#[derive(Clone, Debug)]
pub struct Connection(pub Arc<TcpStream>);

/// How far the requests of a connection are: told by the gate, read by the stream.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    begun: AtomicU32,
    answered: AtomicU32,
}

impl Pace {
    /// A head was read whole.
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Its answer is on the way out. An upgraded connection never gets there.
    pub(crate) fn end(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// The requests so far, where none is being answered.
    fn at_rest(&self) -> Option<u32> {
        let begun = self.begun.load(Ordering::Relaxed);
        (begun == self.answered.load(Ordering::Relaxed)).then_some(begun)
    }
}

/// Notices a peer that sends without ever finishing a head.
///
/// actix-http 3.20 times the first head of a connection and no later one (`h1/dispatcher.rs`, `STARTED`), and what is
/// left of a body in chunks that nobody read it reads to its end, however long that takes. Both come as bytes that no
/// head follows while no request is under way.
struct Watch {
    pace: Arc<Pace>,
    patience: Duration,
    /// When such bytes first came, and behind how many requests.
    since: Option<(Instant, u32)>,
    /// When anything last went through. actix forgets its own timer of idle connections when half a head came.
    moved: Instant,
    /// One timer that comes by now and then, not one for every request.
    look: Pin<Box<Sleep>>,
}

impl Watch {
    fn new(patience: Duration) -> Self {
        Self {
            pace: Arc::default(),
            patience,
            since: None,
            moved: Instant::now(),
            look: Box::pin(tokio::time::sleep(patience)),
        }
    }

    fn read(&mut self) {
        let (now, at_rest) = (Instant::now(), self.pace.at_rest());
        self.moved = now;
        if self.since.map(|(_, behind)| behind) != at_rest {
            self.since = at_rest.map(|behind| (now, behind));
        }
    }

    /// An answer goes out: what was read meanwhile waits for its turn.
    fn write(&mut self) {
        self.moved = Instant::now();
        self.since = None;
    }

    /// Whether the peer had its time.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        while self.look.as_mut().poll(cx).is_ready() {
            let stuck = self
                .since
                .is_some_and(|(since, behind)| self.pace.at_rest() == Some(behind) && since.elapsed() >= self.patience);
            let idle = self.pace.at_rest().is_some() && self.moved.elapsed() >= IDLE;
            if stuck || idle {
                return true;
            }
            self.look.as_mut().reset(Instant::now() + self.patience);
        }
        false
    }
}

/// Read at most so much at once: a head or a bid fits, and the buffer must be zeroed for safe code.
const READ_BYTES_MAX: usize = 8 * 1_024;

/// A connection at rest through which nothing goes ends after so long.
const IDLE: Duration = Duration::from_secs(limits::IDLE_SECS_MAX);

/// What actix-http reads from and writes to.
pub(crate) struct SharedStream {
    tcp: Arc<TcpStream>,
    watch: Watch,
}

impl SharedStream {
    /// Takes an accepted socket and sets its options; a head that comes in pieces has `patience` to be whole.
    pub(crate) fn accept(stream: TcpStream, patience: Duration) -> io::Result<Self> {
        let socket = SockRef::from(&stream);
        // Without it a frame waits for the reader's delayed ACK: p99 of the fan-out was 43 ms.
        socket.set_tcp_nodelay(true)?;
        // What a reader that stopped can make the kernel keep for it.
        socket.set_send_buffer_size(limits::SOCKET_SEND_BUFFER_BYTES)?;
        // A peer that is gone is noticed while data waits for it (timeout) and while none does (keepalive).
        socket.set_tcp_user_timeout(Some(Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS)))?;
        let probes = TcpKeepalive::new()
            .with_time(Duration::from_secs(limits::TCP_KEEPALIVE_SECS))
            .with_interval(Duration::from_secs(limits::TCP_KEEPALIVE_SECS));
        socket.set_tcp_keepalive(&probes)?;
        Ok(Self { tcp: Arc::new(stream), watch: Watch::new(patience) })
    }

    /// The same socket, for a handler.
    pub(crate) fn connection(&self) -> Connection {
        Connection(Arc::clone(&self.tcp))
    }

    /// How far its requests are.
    pub(crate) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.watch.pace)
    }
}

impl AsyncRead for SharedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.watch.poll(cx) {
            // As if the peer had ended it.
            return Poll::Ready(Ok(()));
        }
        let room = buf.remaining().min(READ_BYTES_MAX);
        loop {
            ready!(self.tcp.poll_read_ready(cx))?;
            let spare = buf.initialize_unfilled_to(room);
            let mut filled = None;
            let read = self.tcp.try_io(Interest::READABLE, || {
                let read = io::Read::read(&mut &*SockRef::from(&*self.tcp), spare)?;
                filled = Some(read);
                // A short read emptied the kernel's buffer: say so at once, and save the next call its EAGAIN.
                // Zero is the end of the stream, which stays readable.
                if read > 0 && read < room { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (filled, read) {
                (Some(filled), _) => {
                    buf.advance(filled);
                    self.watch.read();
                    return Poll::Ready(Ok(()));
                }
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, outcome) => return Poll::Ready(outcome),
            }
        }
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watch.write();
        loop {
            ready!(self.tcp.poll_write_ready(cx))?;
            match self.tcp.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match SockRef::from(&*self.tcp).shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watch.write();
        loop {
            ready!(self.tcp.poll_write_ready(cx))?;
            match self.tcp.try_write_vectored(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    async fn pair() -> (SharedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        (SharedStream::accept(accepted, PATIENCE).unwrap(), client)
    }

    #[tokio::test]
    async fn reads_all_that_comes_in_any_pieces_and_then_the_end() {
        let (mut server, mut client) = pair().await;
        let sent: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let wanted = sent.clone();
        let writer = tokio::spawn(async move {
            for piece in sent.chunks(3_333) {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut got = Vec::new();
        server.read_to_end(&mut got).await.unwrap();
        writer.await.unwrap();
        assert_eq!(got, wanted);
    }

    #[tokio::test]
    async fn a_handler_writes_past_the_stream_on_one_descriptor() {
        let (mut server, mut client) = pair().await;
        server.write_all(b"head ").await.unwrap();
        let Connection(shared) = server.connection();
        shared.try_write(b"frame").unwrap();
        drop((server, shared));
        let mut got = String::new();
        client.read_to_string(&mut got).await.unwrap();
        assert_eq!(got, "head frame");
    }

    #[tokio::test]
    async fn the_socket_has_its_options() {
        let (server, _client) = pair().await;
        let socket = SockRef::from(&*server.tcp);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS)));
        // Linux books twice what was asked for.
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * limits::SOCKET_SEND_BUFFER_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_no_head_follows_end_the_stream() {
        let (mut server, mut client) = pair().await;
        let pace = server.pace();
        let mut byte = [0];
        // A request that takes its time, body and all.
        pace.begin();
        for _ in 0..5 {
            client.write_all(b"x").await.unwrap();
            tokio::time::sleep(PATIENCE).await;
            assert_eq!(server.read(&mut byte).await.unwrap(), 1);
        }
        pace.end();
        tokio::time::sleep(3 * PATIENCE).await;
        // Silence is the keep-alive's business; what comes then has its time.
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.read(&mut byte).await.unwrap(), 1);
        let mut bytes = 1;
        loop {
            client.write_all(b"x").await.unwrap();
            tokio::time::sleep(PATIENCE / 10).await;
            if server.read(&mut byte).await.unwrap() == 0 {
                break;
            }
            bytes += 1;
        }
        assert!((9..=21).contains(&bytes), "{bytes}");
    }
}
