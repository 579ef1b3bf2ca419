//! The connection: one accepted socket, shared by actix and the live room.
//!
//! The room writes pre-encoded frames to the socket itself, past actix's response stream. A duplicated descriptor
//! would do for that and was rejected: it halves how many sockets fit under the descriptor limit.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::limits;

/// The socket that a request came on: `req.conn_data::<Connection>()`.
///
/// Whoever keeps a clone keeps the descriptor open.
#[derive(Clone, Debug)]
pub struct Connection(pub Arc<TcpStream>);

/// Read at most so much at once: a head or a bid fits, and the buffer must be zeroed for safe code.
const READ_BYTES_MAX: usize = 8 * 1_024;

/// What actix-http reads from and writes to.
pub(crate) struct SharedStream(Arc<TcpStream>);

impl SharedStream {
    /// Takes an accepted socket and sets its options.
    pub(crate) fn accept(stream: TcpStream) -> io::Result<Self> {
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
        Ok(Self(Arc::new(stream)))
    }

    /// The same socket, for a handler.
    pub(crate) fn connection(&self) -> Connection {
        Connection(Arc::clone(&self.0))
    }
}

impl AsyncRead for SharedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buf.remaining().min(READ_BYTES_MAX);
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            let spare = buf.initialize_unfilled_to(room);
            let mut filled = None;
            let read = self.0.try_io(Interest::READABLE, || {
                let read = io::Read::read(&mut &*SockRef::from(&*self.0), spare)?;
                filled = Some(read);
                // A short read emptied the kernel's buffer: say so at once, and save the next call its EAGAIN.
                // Zero is the end of the stream, which stays readable.
                if read > 0 && read < room { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (filled, read) {
                (Some(filled), _) => {
                    buf.advance(filled);
                    return Poll::Ready(Ok(()));
                }
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, outcome) => return Poll::Ready(outcome),
            }
        }
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match SockRef::from(&*self.0).shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write_vectored(parts) {
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

    async fn pair() -> (SharedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        (SharedStream::accept(accepted).unwrap(), client)
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
        let socket = SockRef::from(&*server.0);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(limits::TCP_USER_TIMEOUT_SECS)));
        // Linux books twice what was asked for.
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * limits::SOCKET_SEND_BUFFER_BYTES);
    }
}
