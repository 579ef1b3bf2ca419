//! What becomes of a connection that asks for a WebSocket.
//!
//! actix hands the whole connection over here, with its request. The request goes through the same gate and routes as
//! any other; where the answer is a topic's 101 the socket is the session's from then on, and the connection's buffers
//! of 16 KiB and the state of its request are gone. Left to actix's dispatcher, with a body that ends with the session,
//! a watcher cost 15 to 18 KiB (measured).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_codec::FramedParts;
use actix_http::ConnectionType;
use actix_http::Response;
use actix_http::body;
use actix_http::body::BodySize;
use actix_http::body::BoxBody;
use actix_http::h1::Codec;
use actix_http::h1::Message;
use actix_web::Error;
use actix_web::dev::ServiceResponse;
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::oneshot;
use tokio_util::codec::Encoder as _;

use crate::actors::outlet::Outlet;
use crate::actors::session::Session;
use crate::actors::session::Surroundings;
use crate::actors::session::Upgraded;
use crate::actors::session::upgrade::Admitted;
use crate::http::stream::PacedStream;
use crate::limits;

/// Answers on `connection` what `answer` becomes, and holds the connection's place among those of the server until it
/// is over.
pub(crate) fn switch(
    answer: impl Future<Output = Result<ServiceResponse, Error>> + 'static,
    connection: Framed<PacedStream, Codec>,
    rooms: Arc<Surroundings>,
) -> impl Future<Output = Result<(), Error>> {
    // In a box of its own, so that a socket that lives for hours does not keep the room that its handshake took.
    let begin = Box::pin(begin(answer, connection, rooms));
    async move {
        if let Some(mut held) = begin.await? {
            // An error means that the session dropped its end: it is over all the same.
            let _ = (&mut held.over).await;
        }
        Ok(())
    }
}

/// A socket that its session has.
struct Held {
    outlet: Arc<Outlet>,
    over: oneshot::Receiver<()>,
}

impl Drop for Held {
    /// The server gives the connection up: nobody may write to it any more, and the session is to see its end.
    fn drop(&mut self) {
        self.outlet.kill();
    }
}

async fn begin(
    answer: impl Future<Output = Result<ServiceResponse, Error>>,
    connection: Framed<PacedStream, Codec>,
    rooms: Arc<Surroundings>,
) -> Result<Option<Held>, Error> {
    let mut response: Response<BoxBody> = answer.await.map_or_else(Into::into, Into::into);
    let parts = connection.into_parts();
    let admitted = response.extensions_mut().remove::<Admitted>();
    let Some(admitted) = admitted else {
        let patience = Duration::from_secs(limits::DISCONNECT_SECS_MAX);
        // A peer that does not take its answer has ended the connection itself.
        let _ = tokio::time::timeout(patience, refuse(response, parts)).await;
        return Ok(None);
    };
    let FramedParts { io, mut codec, read_buf, mut write_buf, .. } = parts;
    codec.encode(Message::Item((response.drop_body(), BodySize::None)), &mut write_buf)?;
    let outlet = Outlet::new(Arc::new(io.into_inner()));
    // Behind what was not written yet of the answers before it, and in front of everything that its topic has to say.
    outlet.send_frame(write_buf.freeze());
    // A peer need not wait for the answer before it speaks.
    let early = Bytes::copy_from_slice(&read_buf);
    let over = Session::begin(rooms, Upgraded { admitted, outlet: Arc::clone(&outlet), early });
    Ok(Some(Held { outlet, over }))
}

/// Answers as anywhere else, and ends the connection: what follows a request for an upgrade may be in any language.
async fn refuse(response: Response<BoxBody>, parts: FramedParts<PacedStream, Codec>) -> io::Result<()> {
    let FramedParts { mut io, mut codec, mut write_buf, .. } = parts;
    let (mut head, body) = response.into_parts();
    let body = body::to_bytes(body).await.map_err(|error| io::Error::other(error.to_string()))?;
    head.head_mut().set_connection_type(ConnectionType::Close);
    codec.encode(Message::Item((head, BodySize::Sized(body.len() as u64))), &mut write_buf)?;
    codec.encode(Message::Chunk(Some(body)), &mut write_buf)?;
    codec.encode(Message::Chunk(None), &mut write_buf)?;
    io.write_all(&write_buf).await?;
    io.shutdown().await
}
