//! Waits for bytes on a socket, and keeps no memory for them while it waits.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Read at most so much at once; a bid fits. On the stack, because ten thousand sockets would each keep a buffer.
const READ_BYTES_MAX: usize = 4 * 1_024;

/// Resolves to what came next, or `None` at the end of the stream.
pub(super) struct Reading(pub(super) Arc<TcpStream>);

impl Future for Reading {
    type Output = Option<Bytes>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let tcp = &*self.0;
        let mut piece = [0; READ_BYTES_MAX];
        loop {
            if ready!(tcp.poll_read_ready(cx)).is_err() {
                return Poll::Ready(None);
            }
            let mut filled = None;
            let read = tcp.try_io(Interest::READABLE, || {
                let read = io::Read::read(&mut &*SockRef::from(tcp), &mut piece)?;
                filled = Some(read);
                // A short read emptied the kernel's buffer: say so at once, and save the next call its EAGAIN.
                // Zero is the end of the stream, which stays readable.
                if (1..READ_BYTES_MAX).contains(&read) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match (filled, read) {
                (Some(filled), _) => {
                    let came = piece.get(..filled).filter(|came| !came.is_empty());
                    return Poll::Ready(came.map(Bytes::copy_from_slice));
                }
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, _) => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn reads_all_that_comes_in_any_pieces_and_then_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = Arc::new(listener.accept().await.unwrap().0);
        let sent: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let wanted = sent.clone();
        let writer = tokio::spawn(async move {
            for piece in sent.chunks(3_333) {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut got = Vec::new();
        while let Some(piece) = Reading(Arc::clone(&server)).await {
            assert!(!piece.is_empty());
            got.extend_from_slice(&piece);
        }
        writer.await.unwrap();
        assert_eq!(got, wanted);
    }
}
