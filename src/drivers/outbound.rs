//! The one way out over HTTP: to hosts that the configuration names, and to nothing else; or, for push services, to hosts that
//! people name, which must lie outside and are called by name and over TLS alone.
//!
//! No redirects, no proxy, five seconds, a bounded answer. Names are resolved here and connected to as resolved, and
//! addresses inside a network are refused: a name that the operator trusts may not lead to a neighbour of the server.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::redirect;

use crate::limits;

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address is not one of those that this client may call.
    #[error("{0} is not among the hosts that may be called")]
    NotAllowed(String),
    /// The configuration names what cannot be called.
    #[error("{0} cannot be called: it takes https and a host outside, or this machine as localhost or 127.0.0.1")]
    NotCallable(String),
    /// The answer is larger than `OUTBOUND_BYTES_MAX`.
    #[error("the answer is too large")]
    TooLarge,
    /// It was not reached, or not in time.
    #[error("{0}")]
    Failed(String),
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub kind: Option<String>,
    /// When it wants to be asked again; seconds alone are understood, which is what providers send.
    pub retry_after: Option<Duration>,
    /// Its body.
    pub body: Bytes,
}

/// A client for some hosts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: reqwest::Client,
    /// Scheme, host and port, as [`origin`] writes them.
    origins: BTreeSet<String>,
    /// Whether hosts that the configuration does not name are called as well.
    takes_strangers: bool,
}

impl Outbound {
    /// A client that calls these addresses' hosts, whatever their paths. Plain http is for this machine alone.
    ///
    /// # Errors
    /// Names the address that cannot be called, in one line.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Result<Self, OutboundError> {
        let origins = addresses
            .into_iter()
            .map(|address| {
                let url = reqwest::Url::parse(address).ok();
                url.as_ref().and_then(origin).ok_or_else(|| OutboundError::NotCallable(address.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { client: client(true)?, origins, takes_strangers: false })
    }

    /// A client that calls whatever host somebody names, if it lies outside; and `local`, a service on this machine, for tests.
    ///
    /// # Errors
    /// When `local` cannot be called.
    pub fn to_strangers(local: Option<&str>) -> Result<Self, OutboundError> {
        let named = Self::new(local)?;
        Ok(Self { client: client(false)?, takes_strangers: true, ..named })
    }

    /// A request to be [`sent`](Self::send) by this client.
    pub fn post(&self, address: &str) -> reqwest::RequestBuilder {
        self.client.post(address)
    }

    /// The same with another method.
    pub fn request(&self, method: reqwest::Method, address: reqwest::Url) -> reqwest::RequestBuilder {
        self.client.request(method, address)
    }

    /// Scheme, host and port of an address, if this client calls it. Where a name leads is looked at when it is called.
    #[must_use]
    pub fn origin_of(&self, address: &str) -> Option<String> {
        let url = reqwest::Url::parse(address).ok().filter(|url| self.admits(url))?;
        origin(&url)
    }

    fn admits(&self, url: &reqwest::Url) -> bool {
        let Some(origin) = origin(url) else { return false };
        self.origins.contains(&origin) || self.takes_strangers && is_stranger(url)
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn send(&self, request: reqwest::Request) -> Result<Answer, OutboundError> {
        let url = request.url();
        if !self.admits(url) {
            return Err(OutboundError::NotAllowed(url.host_str().unwrap_or_default().to_owned()));
        }
        let failed = |error: reqwest::Error| OutboundError::Failed(chain(&error.without_url()));
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (status, kind) = (response.status().as_u16(), kind.map(str::to_owned));
        let after = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|after| after.to_str().ok());
        let retry_after = after.and_then(|secs| secs.trim().parse().ok()).map(Duration::from_secs);
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > limits::OUTBOUND_BYTES_MAX {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, kind, retry_after, body: body.freeze() })
    }
}

/// No redirects, no proxy: both would lead elsewhere than where we looked.
fn client(to_this_machine: bool) -> Result<reqwest::Client, OutboundError> {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(limits::OUTBOUND_SECS_MAX))
        .dns_resolver(Guard { to_this_machine })
        .user_agent(concat!("mazad/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| OutboundError::Failed(chain(&error)))
}

/// Scheme, host and port of an address that may be called at all.
fn origin(url: &reqwest::Url) -> Option<String> {
    let host = url.host_str()?;
    let local = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return None,
    };
    // A name is resolved by `Guard`, which looks where it leads; a number leads there at once.
    let number = host.trim_matches(['[', ']']).parse().ok();
    let inside = number.is_some_and(|address: IpAddr| !is_outside(address));
    (local || !plain && !inside)
        .then(|| format!("{}://{host}:{}", url.scheme(), url.port_or_known_default().unwrap_or(0)))
}

/// Whether an address that somebody gave may be called: over TLS, by a name, at the usual port. A number is no name, however
/// it is written; no push service has one. Names are resolved by [`Guard`], and connected to as resolved.
fn is_stranger(url: &reqwest::Url) -> bool {
    let is_name = url.domain().is_some_and(|name| name.trim_end_matches('.').contains('.'));
    is_name && url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && url.password().is_none()
}

/// An error with its causes; reqwest's own text names only the outermost.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Resolves names and lets through what is outside, and this machine under its own name where the configuration may name it.
struct Guard {
    to_this_machine: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let local = self.to_this_machine && name == "localhost";
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|at| is_outside(at.ip()) || local && at.ip().is_loopback()).collect();
            if allowed.is_empty() {
                return Err(format!("{name} has no address outside").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet: the special-purpose registries of IANA (RFC 6890) say which do
/// not.
fn is_outside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || a == 100 && (64..128).contains(&b)
                || a == 192 && b == 0 && c == 0
                || a == 198 && (b == 18 || b == 19);
            !special
        }
        IpAddr::V6(v6) => {
            // Only 2000::/3 is given out, and of that not documentation (2001:db8::/32), nor what hides an IPv4 address
            // (Teredo 2001::/32, 6to4 2002::/16).
            let [a, b, ..] = v6.segments();
            a & 0xe000 == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b == 0 || b == 0x0db8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_outside() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fe80::1",
            "fd00::1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_outside(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["1.1.1.1", "142.250.1.1", "2a00:1450:4001::1", "2606:4700::1111"] {
            assert!(is_outside(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn only_named_hosts_are_called() {
        let outbound = Outbound::new(["https://accounts.example", "http://127.0.0.1:9"]).unwrap();
        for address in [
            "http://accounts.example/",
            "https://accounts.example:8443/",
            "https://accounts.example.evil/",
            "https://accounts.example@evil.example/",
            "http://127.0.0.1:10/",
            "https://10.0.0.1/",
        ] {
            let request = outbound.post(address).build().unwrap();
            let answer = outbound.send(request).await;
            assert!(matches!(answer, Err(OutboundError::NotAllowed(_))), "{address}: {answer:?}");
        }
        let refused = outbound.send(outbound.post("http://127.0.0.1:9/").build().unwrap()).await;
        assert!(matches!(refused, Err(OutboundError::Failed(_))), "{refused:?}");
        for inside in
            ["http://accounts.example", "https://10.0.0.1", "https://0x7f.2/", "https://[fd00::1]/", "ftp://127.0.0.1"]
        {
            assert!(matches!(Outbound::new([inside]), Err(OutboundError::NotCallable(_))), "{inside}");
        }
        assert!(Outbound::new(["https://1.1.1.1/v1", "https://[2606:4700::1111]"]).is_ok());
    }

    #[tokio::test]
    async fn where_a_name_leads_is_looked_at_when_it_is_called() {
        let led = async |name: &str, to_this_machine| {
            let found = Guard { to_this_machine }.resolve(name.parse().unwrap()).await;
            found.map(Iterator::count).map_err(|why| why.to_string())
        };
        assert!(led("localhost", true).await.unwrap() > 0, "where the operator names it");
        // Anybody can have a name of theirs lead here.
        assert_eq!(led("localhost", false).await, Err("localhost has no address outside".to_owned()));
    }

    #[test]
    fn strangers_are_called_by_name_over_tls() {
        let outbound = Outbound::to_strangers(Some("http://127.0.0.1:9")).unwrap();
        for (address, wanted) in [
            ("https://push.example/send?x", Some("https://push.example:443")),
            ("https://PUSH.example:443/", Some("https://push.example:443")),
            ("http://127.0.0.1:9/send", Some("http://127.0.0.1:9")),
            ("http://127.0.0.1:10/send", None),
            ("http://push.example/", None),
            ("https://push.example:8443/", None),
            ("https://me@push.example/", None),
            ("https://localhost/", None),
            ("https://0x7f.1/", None),
            ("https://1.1.1.1/", None),
            ("https://[::1]/", None),
        ] {
            assert_eq!(outbound.origin_of(address).as_deref(), wanted, "{address}");
        }
    }
}
