//! `[http]`, `[limits]` and `[metrics]`: the door.

use std::net::SocketAddr;

use ipnet::IpNet;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::limits;

/// `[http]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// Threads; 0 means one per core.
    pub workers: usize,
    /// Origins whose pages may call the API and open a live room, besides the server's own.
    pub allowed_origins: Vec<String>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Time for a request's head, in seconds.
    pub head_seconds: u64,
    /// Time for a request's body, in seconds.
    pub body_seconds: u64,
    /// Between the end of readiness and that of the listener, in seconds.
    pub linger_seconds: u64,
    /// `Strict-Transport-Security`, in seconds; 0 sends none.
    pub hsts_seconds: u64,
}

impl Http {
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, secs) in [("head_seconds", self.head_seconds), ("body_seconds", self.body_seconds)] {
            if !(1..=300).contains(&secs) {
                faults.push(format!("http.{name} must lie between 1 and 300"));
            }
        }
        if self.linger_seconds > limits::LINGER_SECS_MAX {
            faults.push(format!("http.linger_seconds must lie between 0 and {}", limits::LINGER_SECS_MAX));
        }
        for origin in &self.allowed_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' '])) {
                faults.push(format!("http.allowed_origins: {origin:?} is no origin such as https://mazad.example"));
            }
        }
        faults
    }
}

/// What kind of call it is, as far as its rate goes. Each url names its class in `http::routes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Ways in: passwords, codes, tokens.
    Auth,
    /// Changes something.
    Write,
    /// Reads.
    Read,
    /// Opens a live room.
    Socket,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Auth, Self::Write, Self::Read, Self::Socket];

    /// Its name in settings and headers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Write => "write",
            Self::Read => "read",
            Self::Socket => "socket",
        }
    }
}

/// `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Whether rates are limited at all.
    pub enabled: bool,
    /// `[limits.auth]`.
    pub auth: Rates,
    /// `[limits.write]`.
    pub write: Rates,
    /// `[limits.read]`.
    pub read: Rates,
    /// `[limits.socket]`.
    pub socket: Rates,
}

/// How often calls of one class are taken.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Calls a minute of one account, over time.
    pub user_per_minute: u32,
    /// How many of them may come at once.
    pub user_burst: u32,
    /// Calls a minute from one address, over time.
    pub address_per_minute: u32,
    /// How many of them may come at once.
    pub address_burst: u32,
}

impl Limits {
    /// The rates of a class.
    #[must_use]
    pub const fn of(&self, class: Class) -> Rates {
        match class {
            Class::Auth => self.auth,
            Class::Write => self.write,
            Class::Read => self.read,
            Class::Socket => self.socket,
        }
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let is_zero = |rates: Rates| {
            [rates.user_per_minute, rates.user_burst, rates.address_per_minute, rates.address_burst].contains(&0)
        };
        let wrong = Class::ALL.into_iter().filter(|class| is_zero(self.of(*class)));
        wrong.map(|class| format!("limits.{}: every number must be at least 1", class.word())).collect()
    }
}

/// `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Who brings it as a bearer token may read `/metrics`. Empty: only who comes from this machine itself.
    pub token: SecretString,
}

impl Metrics {
    pub(super) fn faults(&self) -> Vec<String> {
        let chars = self.token.expose_secret().len();
        if (1..16).contains(&chars) {
            return vec!["metrics.token must have at least 16 characters, or none".to_owned()];
        }
        Vec::new()
    }
}
