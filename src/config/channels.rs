//! `[email]` and `[push]`: how notices leave the house besides short messages.

use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::config::Environment;

/// `[email]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The driver.
    pub driver: EmailDriver,
    /// The server that takes letters.
    pub host: String,
    /// Its port; 0 for the usual one of the way in `tls`.
    pub port: u16,
    /// How the way to it is kept secret.
    pub tls: EmailTls,
    /// Who we are there; empty where nobody asks.
    pub user: String,
    /// Our password there.
    pub password: SecretString,
    /// Who letters are from, such as `mazad <notices@mazad.example>`.
    pub from: String,
    /// Certificates in PEM that count beside those of the system; empty for none.
    pub ca_file: PathBuf,
}

/// How letters leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailDriver {
    /// Not at all.
    Off,
    /// Into the log, without what they say. For development only.
    Log,
    /// Into memory. For tests only.
    Memory,
    /// To a server by SMTP.
    Smtp,
}

/// How the way to a server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailTls {
    /// Not at all: for a server on this machine.
    None,
    /// From the first octet on (RFC 8314), usually on port 465.
    Always,
    /// From `STARTTLS` on, without which nothing is sent; usually on port 587.
    Starttls,
}

/// `[push]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The driver.
    pub driver: PushDriver,
    /// The private key by which browsers' push services know us (VAPID), 32 octets in base64url; empty for no Web Push.
    pub vapid_key: SecretString,
    /// Whom a push service may write to about us: `mailto:…` or `https://…`; empty for `auth.public_url`.
    pub contact: String,
    /// The credentials of a service account of Firebase, a JSON file; empty for no applications.
    pub fcm_credentials: PathBuf,
    /// Firebase's address in place of the usual one; empty for the usual one.
    pub fcm_endpoint: String,
    /// A push service on this machine; for tests only.
    pub local_service: String,
}

/// How pushes leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushDriver {
    /// Into the log, without what they say. For development only.
    Log,
    /// Into memory. For tests only.
    Memory,
    /// To the services of the devices, as far as there are keys for them.
    Live,
}

impl Email {
    pub(super) fn check(&self, environment: Environment, faults: &mut Vec<String>) {
        match self.driver {
            EmailDriver::Log | EmailDriver::Memory if environment == Environment::Production => {
                let why = "email.driver: log and memory send nothing and are refused in production; use smtp, or off";
                faults.push(why.to_owned());
            }
            EmailDriver::Smtp => {
                if self.host.is_empty() || !self.from.contains('@') {
                    let why =
                        "email.driver smtp needs email.host and email.from, such as mazad <notices@mazad.example>";
                    faults.push(why.to_owned());
                }
                if self.tls == EmailTls::None && !is_local(&self.host) {
                    faults.push("email.tls none is for a server on this machine; use starttls or always".to_owned());
                }
                if self.user.is_empty() != self.password.expose_secret().is_empty() {
                    faults.push("email.user and email.password go together".to_owned());
                }
            }
            EmailDriver::Off | EmailDriver::Log | EmailDriver::Memory => {}
        }
    }
}

impl Push {
    pub(super) fn check(&self, environment: Environment, public_url: &str, faults: &mut Vec<String>) {
        let is_production = environment == Environment::Production;
        if is_production && self.driver != PushDriver::Live {
            let why =
                "push.driver: log and memory send nothing and are refused in production; use live, which needs no keys";
            faults.push(why.to_owned());
        }
        if is_production && !self.local_service.is_empty() {
            faults.push("push.local_service is for tests and is refused in production".to_owned());
        }
        let has_contact = ["mailto:", "https://"].iter().any(|start| self.contact(public_url).starts_with(start));
        if is_production && !self.vapid_key.expose_secret().is_empty() && !has_contact {
            let why = "push.vapid_key needs push.contact, such as mailto:operator@mazad.example, or auth.public_url";
            faults.push(why.to_owned());
        }
    }

    /// Whom a push service may write to.
    #[must_use]
    pub fn contact<'a>(&'a self, public_url: &'a str) -> &'a str {
        if self.contact.is_empty() { public_url } else { &self.contact }
    }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}
