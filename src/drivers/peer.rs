//! Messages between the processes of one cluster: HTTP, signed, straight to whom they are for.
//!
//! Not by `outbound`, which calls nobody inside the network: peers are there, and where they are stands in the database.
//! A signature covers subject, instant and body under a secret that follows from the signing key, so only who has that key is
//! heard. It hides nothing: the network between the processes must be their own.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use reqwest::redirect;

use crate::clock::Clock;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::limits;

/// When a message was signed, in Unix microseconds.
pub const AT_HEADER: &str = "mazad-at";
/// Its signature.
pub const SIGNATURE_HEADER: &str = "mazad-signature";

/// What a message is about: its path, and part of what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A command for an auction.
    Command,
    /// Look at the database now: auctions were given back.
    Look,
}

impl Subject {
    /// Where it is sent.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Command => "/peer/command",
            Self::Look => "/peer/look",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerError {
    /// It was not heard, or refused to listen: nothing was done.
    Unheard,
    /// It may have been heard.
    Unclear,
}

/// The way to the others. Cheap to clone.
#[derive(Clone)]
pub struct Peers {
    client: reqwest::Client,
    secret: hmac::Key,
    clock: Clock,
}

impl Peers {
    /// A way to processes that have the same secret.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(secret: &[u8; 32], clock: Clock) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(1))
            .timeout(Duration::from_secs(limits::PEER_SECS_MAX))
            .build()?;
        Ok(Self { client, secret: hmac::Key::new(hmac::HMAC_SHA256, secret), clock })
    }

    /// Sends a message to a process and waits for its answer.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn ask(&self, address: &str, subject: Subject, body: Vec<u8>) -> Result<Bytes, PeerError> {
        let at = self.clock.now().0.to_string();
        let signature = BASE64.encode(hmac::sign(&self.secret, &signed(subject, &at, &body)));
        let request = self
            .client
            .post(format!("http://{address}{}", subject.path()))
            .header(AT_HEADER, at)
            .header(SIGNATURE_HEADER, signature)
            .body(body);
        let answer = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() { PeerError::Unheard } else { PeerError::Unclear }
        })?;
        if answer.status() != reqwest::StatusCode::OK {
            tracing::error!(peer = address, status = answer.status().as_u16(), "peer: a message was refused");
            return Err(PeerError::Unheard);
        }
        answer.bytes().await.map_err(|_| PeerError::Unclear)
    }

    /// Whether a message comes from a process with this secret, and lately.
    #[must_use]
    pub fn is_genuine(&self, subject: Subject, at: &str, signature: &str, body: &[u8]) -> bool {
        let (Ok(sent), Ok(signature)) = (at.parse(), BASE64.decode(signature)) else { return false };
        let age = self.clock.now().since(UnixMicros(sent));
        let most = Span::secs(limits::PEER_MESSAGE_SECS_MAX);
        let lately = age <= most && age >= Span(-most.0);
        lately && hmac::verify(&self.secret, &signed(subject, at, body), &signature).is_ok()
    }
}

/// What a signature covers.
fn signed(subject: Subject, at: &str, body: &[u8]) -> Vec<u8> {
    [subject.path().as_bytes(), b"\n", at.as_bytes(), b"\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_secret_is_heard_and_only_lately() {
        let clock = Clock::manual(UnixMicros(1_800_000_000_000_000));
        let (ours, theirs) = (Peers::new(&[1; 32], clock.clone()).unwrap(), Peers::new(&[2; 32], clock).unwrap());
        let sign = |peers: &Peers, at: &str, body: &[u8]| {
            BASE64.encode(hmac::sign(&peers.secret, &signed(Subject::Command, at, body)))
        };
        let now = "1800000000000000";
        let signature = sign(&ours, now, b"body");
        assert!(ours.is_genuine(Subject::Command, now, &signature, b"body"));
        assert!(!ours.is_genuine(Subject::Look, now, &signature, b"body"));
        assert!(!ours.is_genuine(Subject::Command, now, &signature, b"bodY"));
        assert!(!ours.is_genuine(Subject::Command, "1800000000000001", &signature, b"body"));
        assert!(!theirs.is_genuine(Subject::Command, now, &signature, b"body"));
        for at in ["1799999980000000", "1800000020000000", "", "x"] {
            assert!(!ours.is_genuine(Subject::Command, at, &sign(&ours, at, b""), b""), "{at}");
        }
    }
}
