//! What comes in on a socket: RFC 6455 frames put together to messages, within bounds.
//!
//! `actix_http`'s codec decodes single frames; it neither puts fragments together nor counts them, and it waits for a
//! frame of any announced length.

use actix_http::ws::Codec;
use actix_http::ws::Frame;
use actix_http::ws::Item;
use actix_http::ws::ProtocolError;
use bytes::Bytes;
use bytes::BytesMut;
use bytestring::ByteString;
use tokio_util::codec::Decoder as _;

use crate::limits;
use crate::wire::frame::CloseCode;

/// A whole message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Text(ByteString),
    Ping(Bytes),
    Pong,
    /// With the peer's code, if it gave one.
    Close(Option<u16>),
}

/// A message of which fragments came already.
struct Fragments {
    text: BytesMut,
    count: usize,
}

/// The inbound half of a socket. Keeps no memory between messages.
pub(super) struct Inbound {
    codec: Codec,
    buffer: BytesMut,
    fragments: Option<Box<Fragments>>,
}

impl Inbound {
    pub(super) fn new() -> Self {
        let codec = Codec::new().max_size(limits::CLIENT_FRAME_BYTES_MAX);
        Self { codec, buffer: BytesMut::new(), fragments: None }
    }

    /// Takes bytes from the socket.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        if self.buffer.is_empty() {
            // The usual case: a whole frame in one piece, decoded where it lies.
            self.buffer = bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
        } else {
            self.buffer.extend_from_slice(&bytes);
        }
    }

    /// The next whole message; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The code to close with.
    pub(super) fn next(&mut self) -> Result<Option<Heard>, CloseCode> {
        loop {
            let Some(frame) = self.codec.decode(&mut self.buffer).map_err(|error| code_of(&error))? else {
                if announced(&self.buffer).is_some_and(|length| length > limits::CLIENT_FRAME_BYTES_MAX as u64) {
                    return Err(CloseCode::TooBig);
                }
                if self.buffer.is_empty() {
                    self.buffer = BytesMut::new();
                }
                return Ok(None);
            };
            let whole = match frame {
                Frame::Text(text) => Some(text),
                Frame::Binary(_) => return Err(CloseCode::Unsupported),
                Frame::Continuation(item) => self.collect(item)?,
                Frame::Ping(payload) => return Ok(Some(Heard::Ping(payload))),
                Frame::Pong(_) => return Ok(Some(Heard::Pong)),
                Frame::Close(reason) => return Ok(Some(Heard::Close(reason.map(|reason| reason.code.into())))),
            };
            if let Some(text) = whole {
                return ByteString::try_from(text).map(|text| Some(Heard::Text(text))).map_err(|_| CloseCode::BadText);
            }
        }
    }

    fn collect(&mut self, item: Item) -> Result<Option<Bytes>, CloseCode> {
        let (piece, last) = match item {
            Item::FirstText(piece) => {
                self.fragments = Some(Box::new(Fragments { text: BytesMut::new(), count: 0 }));
                (piece, false)
            }
            Item::FirstBinary(_) => return Err(CloseCode::Unsupported),
            Item::Continue(piece) => (piece, false),
            Item::Last(piece) => (piece, true),
        };
        let Some(fragments) = &mut self.fragments else { return Err(CloseCode::Protocol) };
        fragments.count += 1;
        // Empty fragments count too: there may be any number of them in no bytes at all.
        let too_many = fragments.count > limits::CLIENT_FRAGMENTS_MAX;
        if too_many || fragments.text.len() + piece.len() > limits::CLIENT_FRAME_BYTES_MAX {
            return Err(CloseCode::TooBig);
        }
        fragments.text.extend_from_slice(&piece);
        Ok(if last { self.fragments.take().map(|whole| whole.text.freeze()) } else { None })
    }
}

/// The payload's length that an incomplete frame announces (RFC 6455 §5.2).
fn announced(frame: &[u8]) -> Option<u64> {
    let short = frame.get(1)? & 0x7f;
    Some(match short {
        126 => u64::from(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?)),
        127 => u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?),
        short => u64::from(short),
    })
}

fn code_of(error: &ProtocolError) -> CloseCode {
    match error {
        ProtocolError::Overflow => CloseCode::TooBig,
        ProtocolError::UnmaskedFrame
        | ProtocolError::MaskedFrame
        | ProtocolError::InvalidOpcode(_)
        | ProtocolError::InvalidLength(_)
        | ProtocolError::BadOpCode
        | ProtocolError::ContinuationNotStarted
        | ProtocolError::ContinuationStarted
        | ProtocolError::ContinuationFragment(_)
        // Reserved bits that are set come as this.
        | ProtocolError::Io(_) => CloseCode::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: u8 = 1;
    const CONTINUE: u8 = 0;
    const BINARY: u8 = 2;
    const CLOSE: u8 = 8;
    const PING: u8 = 9;
    const PONG: u8 = 10;
    const FIN: u8 = 0x80;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 11, 13, 17];
        let mut out = vec![first];
        match payload.len() {
            short @ 0..=125 => out.push(0x80 | u8::try_from(short).unwrap()),
            medium => {
                out.push(0xfe);
                out.extend_from_slice(&u16::try_from(medium).unwrap().to_be_bytes());
            }
        }
        out.extend_from_slice(&mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        out
    }

    /// Feeds bytes in pieces of every size from one up, and wants the same each time.
    fn hear(bytes: &[u8]) -> (Vec<String>, Option<CloseCode>) {
        let mut outcomes = [1, 3, bytes.len().max(1)].map(|size| {
            let mut inbound = Inbound::new();
            let mut heard = Vec::new();
            for piece in bytes.chunks(size) {
                inbound.feed(Bytes::copy_from_slice(piece));
                loop {
                    match inbound.next() {
                        Ok(Some(message)) => heard.push(match message {
                            Heard::Text(text) => format!("text {}", text.len()),
                            other @ (Heard::Ping(_) | Heard::Pong | Heard::Close(_)) => format!("{other:?}"),
                        }),
                        Ok(None) => break,
                        Err(code) => return (heard, Some(code)),
                    }
                }
            }
            (heard, None)
        });
        let first = outcomes[0].clone();
        assert!(outcomes.iter_mut().all(|other| *other == first), "{outcomes:?}");
        first
    }

    #[test]
    fn fragments_become_one_message_around_control_frames() {
        let bytes = [
            masked(TEXT, b"one "),
            masked(FIN | PING, b"hi"),
            masked(CONTINUE, b""),
            masked(FIN | PONG, b""),
            masked(FIN | CONTINUE, b"two"),
            masked(FIN | TEXT, "مزاد".as_bytes()),
            masked(FIN | CLOSE, &1001_u16.to_be_bytes()),
        ]
        .concat();
        let (heard, end) = hear(&bytes);
        assert_eq!(heard, ["Ping(b\"hi\")", "Pong", "text 7", "text 8", "Close(Some(1001))"]);
        assert_eq!(end, None);
    }

    #[test]
    fn what_breaks_the_rules_ends_with_its_code() {
        let many: Vec<u8> = std::iter::once(masked(TEXT, b""))
            .chain((0..limits::CLIENT_FRAGMENTS_MAX).map(|_| masked(CONTINUE, b"")))
            .flatten()
            .collect();
        let half = vec![b'x'; limits::CLIENT_FRAME_BYTES_MAX / 2 + 1];
        let unmasked = [FIN | TEXT, 1, b'x'];
        let mut huge = vec![FIN | TEXT, 0xff];
        huge.extend_from_slice(&(1_u64 << 40).to_be_bytes());
        for (name, bytes, wanted) in [
            ("unmasked", unmasked.to_vec(), CloseCode::Protocol),
            ("reserved bit", masked(FIN | 0x40 | TEXT, b"x"), CloseCode::Protocol),
            ("opcode 3", masked(FIN | 0x3, b"x"), CloseCode::Protocol),
            ("opcode 11", masked(FIN | 0xb, b""), CloseCode::Protocol),
            ("fragmented ping", masked(PING, b""), CloseCode::Protocol),
            ("ping of 126 bytes", masked(FIN | PING, &[b'x'; 126]), CloseCode::Protocol),
            ("continuation of nothing", masked(FIN | CONTINUE, b"x"), CloseCode::Protocol),
            ("text inside fragments", [masked(TEXT, b"x"), masked(FIN | TEXT, b"y")].concat(), CloseCode::Protocol),
            ("close of one byte", masked(FIN | CLOSE, b"x"), CloseCode::Protocol),
            ("close with 1005", masked(FIN | CLOSE, &1005_u16.to_be_bytes()), CloseCode::Protocol),
            ("binary", masked(FIN | BINARY, b"x"), CloseCode::Unsupported),
            ("binary fragment", masked(BINARY, b"x"), CloseCode::Unsupported),
            ("not utf-8", masked(FIN | TEXT, &[0xc3, 0x28]), CloseCode::BadText),
            (
                "not utf-8 in pieces",
                [masked(TEXT, &[0xc3]), masked(FIN | CONTINUE, &[0x28])].concat(),
                CloseCode::BadText,
            ),
            ("too many fragments", many, CloseCode::TooBig),
            ("too much in fragments", [masked(TEXT, &half), masked(FIN | CONTINUE, &half)].concat(), CloseCode::TooBig),
            ("too big", masked(FIN | TEXT, &vec![b'x'; limits::CLIENT_FRAME_BYTES_MAX + 1]), CloseCode::TooBig),
            ("a terabyte announced", huge, CloseCode::TooBig),
        ] {
            assert_eq!(hear(&bytes), (vec![], Some(wanted)), "{name}");
        }
        let fits = masked(FIN | TEXT, &vec![b'x'; limits::CLIENT_FRAME_BYTES_MAX]);
        assert_eq!(hear(&fits), (vec![format!("text {}", limits::CLIENT_FRAME_BYTES_MAX)], None));
    }

    #[test]
    fn between_messages_no_memory_is_kept() {
        let mut inbound = Inbound::new();
        inbound.feed(masked(FIN | TEXT, &[b'x'; 9_000]).into());
        assert!(matches!(inbound.next(), Ok(Some(Heard::Text(_)))));
        assert_eq!(inbound.next(), Ok(None));
        assert_eq!(inbound.buffer.capacity(), 0);
    }
}
