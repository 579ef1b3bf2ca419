//! Where a request comes from, through the proxies that are trusted.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use ipnet::IpNet;

use crate::limits;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// The other end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address: the peer's, or what trusted proxies say of it.
    pub address: IpAddr,
    /// Whether it is this machine itself, and no proxy stood between.
    pub is_here: bool,
}

impl Client {
    pub(super) fn of(request: &ServiceRequest, trusted: &[IpNet]) -> Self {
        // Without a peer (a request made by a test) there is nobody to be told from others.
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        let headers = request.headers();
        let came_by_proxy = headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED);
        Self { address: behind(peer, headers, trusted), is_here: peer.is_loopback() && !came_by_proxy }
    }

    /// What may stand in a log: the network, not the machine.
    #[must_use]
    pub fn network(&self) -> IpNet {
        let bits = if self.address.is_ipv4() { 24 } else { 48 };
        IpNet::new_assert(self.address, bits).trunc()
    }
}

/// The last address of `X-Forwarded-For` that is no trusted proxy. What stands before it anybody may have written.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).take(limits::FORWARDED_HOPS_MAX);
    let mut nearest = peer;
    for hop in hops {
        // A hop that cannot be read ends the chain: what is left of it was not written by a proxy of ours.
        let Some(address) = read(hop) else { return nearest };
        nearest = address;
        if !is_trusted(address) {
            return address;
        }
    }
    nearest
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn read(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = match hop.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if hop.matches(':').count() == 1 => hop.split(':').next()?,
        None => hop,
    };
    bare.parse().map(|address: IpAddr| address.to_canonical()).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in forwarded {
            request = request.append_header((FORWARDED_FOR, *line));
        }
        Client::of(&request.to_srv_request(), &trusted).address.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let (proxy, net) = ("10.0.0.1", "10.0.0.0/8");
        for (peer, forwarded, trusted, wanted) in [
            ("203.0.113.9", vec!["198.51.100.1"], vec![], "203.0.113.9"),
            ("203.0.113.9", vec!["198.51.100.1"], vec![net], "203.0.113.9"),
            (proxy, vec!["198.51.100.1"], vec![], proxy),
            (proxy, vec!["198.51.100.1"], vec![net], "198.51.100.1"),
            // What the client wrote itself stands to the left of what the proxy added.
            (proxy, vec!["1.1.1.1, 198.51.100.1"], vec![net], "198.51.100.1"),
            (proxy, vec!["1.1.1.1", "198.51.100.1"], vec![net], "198.51.100.1"),
            (proxy, vec!["1.1.1.1, 198.51.100.1, 10.9.9.9"], vec![net], "198.51.100.1"),
            (proxy, vec!["nonsense, 10.9.9.9"], vec![net], "10.9.9.9"),
            (proxy, vec!["198.51.100.1, nonsense"], vec![net], proxy),
            (proxy, vec![], vec![net], proxy),
            (proxy, vec!["198.51.100.1:4711"], vec![net], "198.51.100.1"),
            (proxy, vec!["[2001:db8::7]:4711"], vec![net], "2001:db8::7"),
            (proxy, vec!["::ffff:198.51.100.1"], vec![net], "198.51.100.1"),
            ("[::ffff:10.0.0.1]", vec!["2001:db8::7"], vec![net], "2001:db8::7"),
        ] {
            assert_eq!(seen(peer, &forwarded, &trusted), wanted, "{peer} {forwarded:?} {trusted:?}");
        }
        let endless = vec!["10.1.1.1,"; 1_000].join("");
        assert_eq!(seen(proxy, &[&endless], &[net]), proxy, "an empty hop ends the chain");
        let long = format!("198.51.100.1{}", ", 10.1.1.1".repeat(1_000));
        assert_eq!(seen(proxy, &[&long], &[net]), "10.1.1.1", "at most so many hops are read");
    }

    #[test]
    fn who_comes_through_a_proxy_is_not_here() {
        let here = |request: TestRequest| {
            let request = request.peer_addr("127.0.0.1:1".parse().unwrap()).to_srv_request();
            Client::of(&request, &[]).is_here
        };
        assert!(here(TestRequest::default()));
        assert!(!here(TestRequest::default().insert_header((FORWARDED_FOR, "127.0.0.1"))));
        assert!(!here(TestRequest::default().insert_header((FORWARDED, "for=127.0.0.1"))));
        let far = TestRequest::default().peer_addr("192.0.2.1:1".parse().unwrap()).to_srv_request();
        assert!(!Client::of(&far, &[]).is_here);
    }

    #[test]
    fn a_log_learns_the_network() {
        let network =
            |address: &str| Client { address: address.parse().unwrap(), is_here: false }.network().to_string();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::3"), "2001:db8:1::/48");
    }
}
