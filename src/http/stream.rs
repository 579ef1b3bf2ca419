//! What actix-http reads from and writes to: the socket, and an eye on how fast the peer gets on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::Sleep;

use crate::limits;

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

/// A connection at rest through which nothing goes ends after so long.
const IDLE: Duration = Duration::from_secs(limits::IDLE_SECS_MAX);

/// A connection that ends when its peer never finishes what it began.
pub(crate) struct PacedStream {
    tcp: TcpStream,
    watch: Watch,
}

impl PacedStream {
    /// A head that comes in pieces has `patience` to be whole.
    pub(crate) fn new(tcp: TcpStream, patience: Duration) -> Self {
        Self { tcp, watch: Watch::new(patience) }
    }

    /// How far its requests are.
    pub(crate) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.watch.pace)
    }

    /// The socket alone, for whom the pace of HTTP is nothing.
    pub(crate) fn into_inner(self) -> TcpStream {
        self.tcp
    }
}

impl AsyncRead for PacedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.watch.poll(cx) {
            // As if the peer had ended it.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.tcp).poll_read(cx, buf));
        if buf.filled().len() > before {
            self.watch.read();
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for PacedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watch.write();
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.watch.write();
        Pin::new(&mut self.tcp).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    async fn pair() -> (PacedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        (PacedStream::new(accepted, PATIENCE), client)
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
