//! The least HTTP/1.1 client that measures honestly: one keep-alive connection, one question at a time, bytes in, bytes
//! out. A general client would spend more processor time a request than the server does, on the cores that they share.

use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// What one connection reads at a time, in bytes; most answers fit.
const READ_BYTES: usize = 16 * 1_024;
/// The largest answer that is taken, in bytes: a page of a hundred journal entries stays well below.
const ANSWER_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// After how long a rest a connection may have been closed by the other side.
const RESTED: Duration = Duration::from_secs(1);

/// Why an exchange has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The connection could not be made or was lost.
    #[error("connection: {0}")]
    Io(#[from] std::io::Error),
    /// The server closed the connection before it had answered.
    #[error("the server closed the connection in the middle of an answer")]
    Closed,
    /// The answer is no HTTP/1.1 that this client reads.
    #[error("not an answer this client reads: {0}")]
    Malformed(&'static str),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

/// Where an answer lies in the bytes that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The status.
    pub status: u16,
    /// Where the body starts.
    pub body: usize,
    /// Where the answer ends.
    pub end: usize,
    /// Whether the server takes no further request on this connection.
    pub last: bool,
}

/// Finds the answer at the start of `bytes`; `None` when it is not whole yet.
///
/// # Errors
/// [`Broken::Malformed`] when it never will be.
pub fn find_answer(bytes: &[u8]) -> Result<Option<Extent>, Broken> {
    let Some(head_end) = find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = bytes.get(..head_end).unwrap_or_default();
    let status = head
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse::<u16>().ok())
        .ok_or(Broken::Malformed("status line"))?;
    let (mut length, mut last) = (0, false);
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"content-length") {
            let text = std::str::from_utf8(value.get(1..).unwrap_or_default()).unwrap_or_default();
            length = text.trim().parse().map_err(|_| Broken::Malformed("content-length"))?;
        } else if name.eq_ignore_ascii_case(b"connection") {
            last = value.get(1..).unwrap_or_default().trim_ascii().eq_ignore_ascii_case(b"close");
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Err(Broken::Malformed("a chunked body"));
        }
    }
    if length > ANSWER_BYTES_MAX {
        return Err(Broken::Malformed("a body of more than 4 MiB"));
    }
    let body = head_end + 4;
    let end = body + length;
    Ok((bytes.len() >= end).then_some(Extent { status, body, end, last }))
}

/// The first place of `needle` in `haystack`.
#[must_use]
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|byte| *byte == first) {
        let start = from + at;
        if haystack.get(start..)?.starts_with(needle) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

/// The whole number right behind `label`, as in `"seq":17`.
#[must_use]
pub fn number_after(text: &[u8], label: &[u8]) -> Option<i64> {
    let rest = text.get(find(text, label)? + label.len()..)?;
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let rest = rest.get(blanks..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()
}

/// The quoted text right behind `label`, as in `"code":"too_late"`. Escapes are left as they are.
#[must_use]
pub fn text_after<'a>(text: &'a [u8], label: &[u8]) -> Option<&'a str> {
    let rest = text.get(find(text, label)? + label.len()..)?;
    let open = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let inside = rest.get(open..)?.strip_prefix(b"\"")?;
    let close = inside.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(inside.get(..close)?).ok()
}

/// One keep-alive connection.
pub struct Connection {
    authority: String,
    stream: Option<TcpStream>,
    inbox: Vec<u8>,
    answered: usize,
    used_at: Instant,
}

impl Connection {
    /// A connection to `authority` (`host:port`), made when it is first used.
    #[must_use]
    pub fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            stream: None,
            inbox: Vec::with_capacity(READ_BYTES),
            answered: 0,
            used_at: Instant::now(),
        }
    }

    /// Sends `request`, whole, and waits for its answer. A broken connection is dropped and made anew by the next
    /// exchange; the request itself is never sent twice, since nobody knows what became of it.
    ///
    /// # Errors
    /// [`Broken`], with the outcome unknown to the client.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Broken> {
        match self.try_exchange(request).await {
            Ok(extent) => {
                self.answered = extent.end;
                if extent.last {
                    self.stream = None;
                } else {
                    self.used_at = Instant::now();
                }
                let body = self.inbox.get(extent.body..extent.end).unwrap_or_default();
                Ok(Answer { status: extent.status, body })
            }
            Err(broken) => {
                self.stream = None;
                self.inbox.clear();
                self.answered = 0;
                Err(broken)
            }
        }
    }

    async fn try_exchange(&mut self, request: &[u8]) -> Result<Extent, Broken> {
        self.inbox.drain(..self.answered);
        self.answered = 0;
        // What the server closed meanwhile is noticed here and not by losing a request. Asked only after a rest: a busy
        // connection would pay a system call for nothing each time.
        if self.used_at.elapsed() > RESTED && self.stream.as_ref().is_some_and(is_closed) {
            self.stream = None;
        }
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty @ None => {
                let stream = TcpStream::connect(&self.authority).await?;
                stream.set_nodelay(true)?;
                self.inbox.clear();
                empty.insert(stream)
            }
        };
        stream.write_all(request).await?;
        loop {
            stream.readable().await?;
            self.inbox.reserve(READ_BYTES);
            match stream.try_read_buf(&mut self.inbox) {
                Ok(0) => return Err(Broken::Closed),
                Ok(_) => {
                    if let Some(extent) = find_answer(&self.inbox)? {
                        return Ok(extent);
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_closed(stream: &TcpStream) -> bool {
    !matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// `host:port` of an `http://` address.
///
/// # Errors
/// Says what was expected when it is another kind of address.
pub fn authority_of(url: &str) -> anyhow::Result<String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| anyhow::anyhow!("{url}: expected http://host:port"))?;
    let host = rest.split('/').next().unwrap_or_default();
    anyhow::ensure!(!host.is_empty(), "{url}: expected http://host:port");
    Ok(if host.contains(':') { host.to_owned() } else { format!("{host}:80") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    #[test]
    fn an_answer_is_found_once_it_is_whole() {
        let bytes = b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\nx-a: b\r\n\r\n{\"seq\": 17}HTTP";
        for cut in 0..bytes.len() - 4 {
            assert_eq!(find_answer(&bytes[..cut]).unwrap(), None, "after {cut} bytes");
        }
        let extent = find_answer(bytes).unwrap().unwrap();
        assert_eq!((extent.status, &bytes[extent.body..extent.end]), (201, &b"{\"seq\": 17}"[..]));
    }

    #[test]
    fn an_answer_without_body_ends_with_its_head() {
        let bytes = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        assert_eq!(
            find_answer(bytes).unwrap(),
            Some(Extent { status: 204, body: bytes.len(), end: bytes.len(), last: true })
        );
    }

    #[test]
    fn what_it_does_not_read_is_said_and_not_guessed() {
        for (bytes, why) in [
            (&b"SSH-2.0-x\r\n\r\n"[..], "status line"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "a chunked body"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "content-length"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n", "a body of more than 4 MiB"),
        ] {
            match find_answer(bytes) {
                Err(Broken::Malformed(said)) => assert_eq!(said, why),
                other => panic!("{why}: {other:?}"),
            }
        }
    }

    #[test]
    fn numbers_and_words_are_read_where_they_stand() {
        let body = br#"{"bid":"bid_0000000000007","seq": 42,"code":"too_late"}"#;
        assert_eq!(number_after(body, b"\"seq\":"), Some(42));
        assert_eq!(number_after(body, b"\"rank\":"), None);
        assert_eq!(number_after(body, b"\"code\":"), None);
        assert_eq!(text_after(body, b"\"code\":"), Some("too_late"));
        assert_eq!(text_after(body, b"\"seq\":"), None);
        assert_eq!(find(b"aab", b"ab"), Some(1));
    }

    #[test]
    fn addresses() {
        assert_eq!(authority_of("http://127.0.0.1:8080/").unwrap(), "127.0.0.1:8080");
        assert_eq!(authority_of("http://localhost").unwrap(), "localhost:80");
        assert!(authority_of("https://example.test").is_err());
        assert!(authority_of("http://").is_err());
    }

    #[tokio::test]
    async fn a_connection_is_kept_and_made_anew_after_it_broke() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let mut served = Vec::new();
            for answers in [2, 1] {
                let (mut socket, _) = listener.accept().await.unwrap();
                for _ in 0..answers {
                    let mut buffer = [0; 64];
                    let read = socket.read(&mut buffer).await.unwrap();
                    served.push(buffer[..read].to_vec());
                    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
                    socket.write_all(b"ok").await.unwrap();
                }
            }
            served
        });
        let mut connection = Connection::new(&address);
        for _ in 0..2 {
            assert_eq!(connection.exchange(b"one").await.unwrap(), Answer { status: 200, body: b"ok" });
        }
        assert!(connection.exchange(b"lost").await.is_err());
        assert_eq!(connection.exchange(b"two").await.unwrap().body, b"ok");
        let served = server.await.unwrap();
        assert_eq!(served.len(), 3);
    }
}
