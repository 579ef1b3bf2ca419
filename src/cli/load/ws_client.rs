//! The least WebSocket client: shakes hands, sends masked text, reads frame headers (RFC 6455 §5.2).

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::cli::load::http_client::Broken;
use crate::cli::load::http_client::find;

/// What one read takes, in bytes.
const READ_BYTES: usize = 8 * 1_024;
/// The largest frame that is taken from a server, in bytes.
const FRAME_BYTES_MAX: usize = 1_024 * 1_024;
/// Any 16 bytes will do: the nonce protects caches in between, and here is none.
const NONCE: &str = "bWF6YWQgbG9hZCB0ZXN0IQ==";
/// The mask is there for the same caches, so it may be constant.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The bit of the second byte that says a mask follows.
const MASKED: u8 = 0x80;
/// Lengths that say the length follows, in two or in eight bytes.
const MEDIUM: u8 = 126;
const LONG: u8 = 127;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, whole.
    Text,
    /// A ping, to be answered.
    Ping,
    /// The other side closes, with this code (1005: none was given).
    Close(u16),
    /// Pongs and whatever a load test does not look at.
    Other,
}

/// A frame in the bytes that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it carries.
    pub kind: Kind,
    /// Where its payload starts.
    pub payload: usize,
    /// Where it ends.
    pub end: usize,
}

/// Finds the frame at the start of `bytes`; `None` when it is not whole yet.
///
/// # Errors
/// [`Broken::Malformed`] for fragments, masked frames and frames above 1 MiB: this server sends none.
pub fn find_frame(bytes: &[u8]) -> Result<Option<Frame>, Broken> {
    let (Some(first), Some(second)) = (bytes.first(), bytes.get(1)) else {
        return Ok(None);
    };
    if second & MASKED != 0 {
        return Err(Broken::Malformed("a masked frame from the server"));
    }
    if first & 0x80 == 0 {
        return Err(Broken::Malformed("a fragment from the server"));
    }
    let (payload, length) = match second & 0x7f {
        MEDIUM => match bytes.get(2..4).and_then(|field| field.try_into().ok()) {
            Some(field) => (4, usize::from(u16::from_be_bytes(field))),
            None => return Ok(None),
        },
        LONG => match bytes.get(2..10).and_then(|field| field.try_into().ok()) {
            Some(field) => (10, usize::try_from(u64::from_be_bytes(field)).unwrap_or(usize::MAX)),
            None => return Ok(None),
        },
        short => (2, usize::from(short)),
    };
    if length > FRAME_BYTES_MAX {
        return Err(Broken::Malformed("a frame of more than 1 MiB"));
    }
    let end = payload + length;
    let Some(content) = bytes.get(payload..end) else {
        return Ok(None);
    };
    let kind = match first & 0x0f {
        1 => Kind::Text,
        8 => {
            let code = content.get(..2).and_then(|code| code.try_into().ok()).map_or(1_005, u16::from_be_bytes);
            Kind::Close(code)
        }
        9 => Kind::Ping,
        _ => Kind::Other,
    };
    Ok(Some(Frame { kind, payload, end }))
}

/// A masked frame with `payload`; `opcode` 1 is text, 10 a pong.
#[must_use]
pub fn masked_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 14);
    out.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => out.push(MASKED | short),
        (_, Ok(medium)) => {
            out.push(MASKED | MEDIUM);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(MASKED | LONG);
            out.extend_from_slice(&u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// What a reader is told.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A text.
    Text(&'a [u8]),
    /// The server closed with this code; nothing follows.
    Closed(u16),
}

/// One WebSocket. What was read but not yet whole is kept; between frames an idle socket holds no buffer.
pub struct Socket {
    stream: TcpStream,
    inbox: Vec<u8>,
    taken: usize,
}

impl Socket {
    /// Connects to `path` on `authority` (`host:port`) and shakes hands, with the server's own origin as a browser
    /// would send it.
    ///
    /// # Errors
    /// [`Broken`] when there is no connection or no `101`.
    pub async fn connect(authority: &str, path: &str) -> Result<Self, Broken> {
        let mut stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let hello = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nOrigin: http://{authority}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {NONCE}\r\n\r\n"
        );
        stream.write_all(hello.as_bytes()).await?;
        let mut socket = Self { stream, inbox: Vec::new(), taken: 0 };
        loop {
            if let Some(head) = find(&socket.inbox, b"\r\n\r\n") {
                if !socket.inbox.starts_with(b"HTTP/1.1 101") {
                    return Err(Broken::Malformed("no 101 for the WebSocket"));
                }
                socket.taken = head + 4;
                return Ok(socket);
            }
            socket.fill().await?;
        }
    }

    /// Sends a text.
    ///
    /// # Errors
    /// [`Broken::Io`].
    pub async fn say(&mut self, text: &str) -> Result<(), Broken> {
        self.stream.write_all(&masked_frame(1, text.as_bytes())).await?;
        Ok(())
    }

    /// Waits for the next text, and answers pings meanwhile.
    ///
    /// # Errors
    /// [`Broken`] when the connection is lost without a close.
    pub async fn hear(&mut self) -> Result<Heard<'_>, Broken> {
        loop {
            match find_frame(self.inbox.get(self.taken..).unwrap_or_default())? {
                None => self.fill().await?,
                Some(frame) => {
                    let start = self.taken + frame.payload;
                    self.taken += frame.end;
                    match frame.kind {
                        Kind::Text => {
                            return Ok(Heard::Text(self.inbox.get(start..self.taken).unwrap_or_default()));
                        }
                        Kind::Ping => {
                            let pong = masked_frame(10, self.inbox.get(start..self.taken).unwrap_or_default());
                            self.stream.write_all(&pong).await?;
                        }
                        Kind::Close(code) => return Ok(Heard::Closed(code)),
                        Kind::Other => {}
                    }
                }
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        if self.inbox.is_empty() {
            self.inbox = Vec::new();
        }
        loop {
            self.stream.readable().await?;
            self.inbox.reserve(READ_BYTES);
            match self.stream.try_read_buf(&mut self.inbox) {
                Ok(0) => return Err(Broken::Closed),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        if payload.len() < 126 {
            out.push(u8::try_from(payload.len()).unwrap());
        } else if let Ok(medium) = u16::try_from(payload.len()) {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        } else {
            out.push(127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
        out.extend_from_slice(payload);
        out
    }

    #[test]
    fn frames_of_every_length_are_found_once_they_are_whole() {
        for size in [0, 1, 125, 126, 300, 65_535, 65_536] {
            let bytes = server_frame(0x81, &vec![b'x'; size]);
            for cut in [0, 1, 2, 3, bytes.len() - 1] {
                if cut < bytes.len() {
                    assert_eq!(find_frame(&bytes[..cut]).unwrap(), None, "{size} bytes cut at {cut}");
                }
            }
            let frame = find_frame(&bytes).unwrap().unwrap();
            assert_eq!((frame.kind, frame.end - frame.payload, frame.end), (Kind::Text, size, bytes.len()));
        }
    }

    #[test]
    fn control_frames_are_told_apart() {
        assert_eq!(
            find_frame(&server_frame(0x88, &4_408_u16.to_be_bytes())).unwrap().unwrap().kind,
            Kind::Close(4_408)
        );
        assert_eq!(find_frame(&server_frame(0x88, b"")).unwrap().unwrap().kind, Kind::Close(1_005));
        assert_eq!(find_frame(&server_frame(0x89, b"hi")).unwrap().unwrap().kind, Kind::Ping);
        assert_eq!(find_frame(&server_frame(0x8a, b"hi")).unwrap().unwrap().kind, Kind::Other);
    }

    #[test]
    fn what_a_server_must_not_send_is_refused() {
        assert!(find_frame(&[0x81, 0x80, 0, 0, 0, 0]).is_err());
        assert!(find_frame(&[0x01, 0x01, b'x']).is_err());
        assert!(find_frame(&[0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn a_masked_frame_unmasks_to_what_was_said() {
        for size in [0, 125, 126, 70_000] {
            let said = vec![b'a'; size];
            let frame = masked_frame(1, &said);
            let head = match size {
                0..126 => 2,
                126..65_536 => 4,
                _ => 10,
            };
            assert_eq!(frame[0], 0x81);
            assert!(frame[1] & 0x80 != 0, "the mask bit");
            let mask = &frame[head..head + 4];
            let heard: Vec<u8> = frame[head + 4..].iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b).collect();
            assert_eq!(heard, said);
        }
    }
}
