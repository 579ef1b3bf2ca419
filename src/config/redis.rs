//! `[redis]`: what processes that share a database share besides.

use std::fmt::Write as _;

use redis::IntoConnectionInfo as _;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::limits;

/// `[redis]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where it is; may hold a password. Empty: there is none.
    pub url: SecretString,
    /// What every key and channel begins with.
    pub prefix: String,
    /// How long a call waits for it, in milliseconds.
    pub wait_millis: u64,
}

impl Redis {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let url = self.url.expose_secret();
        let has_scheme = url.starts_with("redis://") || url.starts_with("rediss://");
        let is_address = has_scheme && url.into_connection_info().is_ok();
        if !(is_address || url.is_empty()) {
            let wanted =
                "redis.url is no address such as redis://127.0.0.1:6379 or rediss://:password@redis.example:6379/0";
            faults.push(wanted.to_owned());
        }
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.:".contains(&byte);
        if !(1..=32).contains(&self.prefix.len()) || !self.prefix.bytes().all(is_word) {
            faults.push("redis.prefix must have 1 to 32 characters of a-z, 0-9, '-', '_', '.' and ':'".to_owned());
        }
        if !(1..=limits::REDIS_WAIT_MILLIS_MAX).contains(&self.wait_millis) {
            faults.push(format!("redis.wait_millis must lie between 1 and {}", limits::REDIS_WAIT_MILLIS_MAX));
        }
    }
}

/// The address that variables name with which other services are configured, and the variable. `get` reads one.
pub(super) fn planned(get: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
    if let Some(url) = get("REDIS_URL") {
        return Some(("REDIS_URL", url));
    }
    // A port alone means nothing: Kubernetes sets REDIS_PORT=tcp://… wherever a service is called redis.
    let host = get("REDIS_HOST")?;
    let port = get("REDIS_PORT").unwrap_or_else(|| "6379".to_owned());
    let password = get("REDIS_PASSWORD").map(|word| format!(":{}@", escaped(&word))).unwrap_or_default();
    Some(("REDIS_HOST", format!("redis://{password}{}:{}", host.trim(), port.trim())))
}

/// As RFC 3986 wants it inside a url.
fn escaped(word: &str) -> String {
    word.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_of(variables: &[(&str, &str)]) -> Option<String> {
        let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        planned(get).map(|(_, url)| url)
    }

    #[test]
    fn the_plans_variables_make_an_address() {
        assert_eq!(url_of(&[]), None);
        assert_eq!(url_of(&[("REDIS_PORT", "tcp://10.0.0.1:6379")]), None);
        assert_eq!(url_of(&[("REDIS_HOST", "cache")]).as_deref(), Some("redis://cache:6379"));
        let url = url_of(&[("REDIS_HOST", "cache"), ("REDIS_PORT", "7000"), ("REDIS_PASSWORD", "p@s/s")]).unwrap();
        assert_eq!(url, "redis://:p%40s%2Fs@cache:7000");
        assert_eq!(url.into_connection_info().unwrap().redis_settings().password(), Some("p@s/s"));
        let wrong = url_of(&[("REDIS_HOST", "cache"), ("REDIS_PORT", "x")]).unwrap();
        assert!(wrong.as_str().into_connection_info().is_err(), "{wrong} is found by the check of the whole");
        assert_eq!(url_of(&[("REDIS_URL", "rediss://a"), ("REDIS_HOST", "b")]).as_deref(), Some("rediss://a"));
    }

    #[test]
    fn an_address_must_be_one_and_shows_no_password() {
        let faults = |url: &str, prefix: &str| {
            let settings = Redis { url: url.into(), prefix: prefix.to_owned(), wait_millis: 50 };
            assert!(!format!("{settings:?}").contains("hunter2"));
            let mut faults = Vec::new();
            settings.check(&mut faults);
            faults
        };
        assert!(faults("", "mazad").is_empty() && faults("rediss://:hunter2@redis.example:6379/3", "a:b").is_empty());
        for url in ["127.0.0.1:6379", "http://a", "redis://", "redis://:hunter2@a:99999"] {
            let told = faults(url, "mazad").concat();
            assert!(told.contains("redis.url") && !told.contains("hunter2"), "{url}: {told}");
        }
        assert!(faults("", "").concat().contains("redis.prefix") && !faults("", "A b").is_empty());
    }
}
