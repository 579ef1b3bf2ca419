//! How frames become bytes (RFC 6455 §5.2).

use bytes::Bytes;
use serde::Serialize;

use crate::wire::frame::close::CloseCode;

const FINAL_TEXT: u8 = 0x81;
const FINAL_CLOSE: u8 = 0x88;
const FINAL_PING: u8 = 0x89;
const FINAL_PONG: u8 = 0x8a;
/// Payloads up to here have a header of two bytes.
const SHORT_MAX: usize = 125;
/// Payloads up to here have a header of four bytes, longer ones of ten.
const MEDIUM_MAX: usize = 65_535;

/// Appends a text frame with the JSON of `frame` and answers where it ends.
///
/// The header's length depends on the payload's, which is known only afterwards: room is left for the usual four bytes
/// and the payload moved in the other cases, so nothing is copied for a frame of usual size.
pub fn append_json(out: &mut Vec<u8>, frame: &impl Serialize) -> usize {
    const USUAL: usize = 4;
    let start = out.len();
    out.extend_from_slice(&[FINAL_TEXT, 126, 0, 0]);
    if let Err(error) = serde_json::to_writer(&mut *out, frame) {
        // Frames have no maps with odd keys and no failing `Serialize`; a frame that is lost shows as a gap in `seq`.
        tracing::error!(%error, "frame: could not be serialised");
        out.truncate(start);
        return start;
    }
    let length = out.len() - start - USUAL;
    match u16::try_from(length) {
        Ok(medium) if length > SHORT_MAX => {
            if let Some(place) = out.get_mut(start + 2..start + USUAL) {
                place.copy_from_slice(&medium.to_be_bytes());
            }
        }
        _ => {
            let mut header = Vec::with_capacity(10);
            put_header(&mut header, FINAL_TEXT, length);
            out.splice(start..start + USUAL, header);
        }
    }
    out.len()
}

fn put_header(out: &mut Vec<u8>, first: u8, length: usize) {
    out.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT_MAX => out.push(short),
        (_, Ok(medium)) if length <= MEDIUM_MAX => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

fn frame(first: u8, payload: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(payload.len() + 10);
    put_header(&mut out, first, payload.len());
    out.extend_from_slice(payload);
    out.into()
}

/// A text frame.
#[must_use]
pub fn text(payload: &[u8]) -> Bytes {
    frame(FINAL_TEXT, payload)
}

/// A text frame with the JSON of `value`.
#[must_use]
pub fn json(value: &impl Serialize) -> Bytes {
    let mut out = Vec::with_capacity(256);
    append_json(&mut out, value);
    out.into()
}

/// A Close frame.
#[must_use]
pub fn close(code: CloseCode) -> Bytes {
    let mut payload = (code as u16).to_be_bytes().to_vec();
    payload.extend_from_slice(code.reason().as_bytes());
    frame(FINAL_CLOSE, &payload)
}

/// A Close frame that says that the server restarts and when to come back, in milliseconds.
#[must_use]
pub fn restart(retry_ms: u64) -> Bytes {
    let mut payload = (CloseCode::Restart as u16).to_be_bytes().to_vec();
    payload.extend_from_slice(format!("{} retry_ms={retry_ms}", CloseCode::Restart.reason()).as_bytes());
    frame(FINAL_CLOSE, &payload)
}

/// A Close frame that repeats the peer's code.
#[must_use]
pub fn close_echo(code: Option<u16>) -> Bytes {
    code.map_or_else(|| frame(FINAL_CLOSE, &[]), |code| frame(FINAL_CLOSE, &code.to_be_bytes()))
}

/// A Ping frame.
#[must_use]
pub fn ping() -> Bytes {
    Bytes::from_static(&[FINAL_PING, 0])
}

/// A Pong frame with the peer's payload, at most 125 bytes.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    frame(FINAL_PONG, payload.get(..SHORT_MAX).unwrap_or(payload))
}
