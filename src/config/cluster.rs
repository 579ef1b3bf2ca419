//! `[cluster]`: several servers on one database.

use std::net::SocketAddr;

use serde::Deserialize;

/// `[cluster]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Where this server hears from the others; empty when it shares its database with none.
    pub address: String,
    /// Where the others reach it; empty when that is the same.
    pub advertised: String,
}

impl Cluster {
    /// Where to listen; `None` without a cluster.
    #[must_use]
    pub fn listens_at(&self) -> Option<SocketAddr> {
        self.address.parse().ok()
    }

    /// Where the others reach a server that listens there.
    #[must_use]
    pub fn reached_at(&self, listening: SocketAddr) -> String {
        if self.advertised.is_empty() { listening.to_string() } else { self.advertised.clone() }
    }

    pub(super) fn check(&self, database: &str, faults: &mut Vec<String>) {
        if self.address.is_empty() {
            if !self.advertised.is_empty() {
                faults.push("cluster.advertised needs cluster.address".to_owned());
            }
            return;
        }
        match self.listens_at() {
            None => faults.push("cluster.address must be an address and a port, such as 10.0.0.5:7070".to_owned()),
            Some(at) if at.ip().is_unspecified() && self.advertised.is_empty() => {
                let why =
                    "cluster.advertised must say where the others reach this server: cluster.address is every address";
                faults.push(why.to_owned());
            }
            Some(_) => {}
        }
        if self.advertised.contains(['/', ' ']) {
            faults.push("cluster.advertised must be a host and a port, such as mazad-1:7070".to_owned());
        }
        if database.starts_with("sqlite://") {
            faults.push("cluster.address needs database.url = mysql://…: a file is one server's".to_owned());
        }
    }
}
