//! `[redis]`: what processes that share a database share besides.

use std::fmt::Write as _;

use redis::IntoConnectionInfo as _;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

/// `[redis]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where it is; may hold a password. Empty: there is none.
    pub url: SecretString,
    /// What every key and channel begins with.
    pub prefix: String,
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
    }
}

/// Variables that other services are configured with, as settings of ours. `get` reads one.
///
/// # Errors
/// A line that names the variable.
pub(super) fn plan_variables(get: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
    let url = match (get("REDIS_URL"), get("REDIS_HOST")) {
        (Some(url), _) => url,
        // A port alone means nothing: Kubernetes sets REDIS_PORT=tcp://… wherever a service is called redis.
        (None, None) => return Ok(String::new()),
        (None, Some(host)) => {
            let port = get("REDIS_PORT").unwrap_or_else(|| "6379".to_owned());
            let port: u16 =
                port.trim().parse().map_err(|_| format!("REDIS_PORT is a port, such as 6379, not {port:?}"))?;
            let password = get("REDIS_PASSWORD").map(|word| format!(":{}@", escaped(&word))).unwrap_or_default();
            format!("redis://{password}{}:{port}", host.trim())
        }
    };
    Ok(format!("[redis]\nurl = {}\n", serde_json::Value::from(url)))
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

    fn planned(variables: &[(&str, &str)]) -> Result<String, String> {
        plan_variables(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_plans_variables_make_an_address() {
        assert_eq!(planned(&[]), Ok(String::new()));
        assert_eq!(planned(&[("REDIS_PORT", "tcp://10.0.0.1:6379")]), Ok(String::new()));
        assert_eq!(planned(&[("REDIS_HOST", "cache")]).unwrap(), "[redis]\nurl = \"redis://cache:6379\"\n");
        let all = [("REDIS_HOST", "cache"), ("REDIS_PORT", "7000"), ("REDIS_PASSWORD", "p@s/s")];
        let text = planned(&all).unwrap();
        assert_eq!(text, "[redis]\nurl = \"redis://:p%40s%2Fs@cache:7000\"\n");
        let info = "redis://:p%40s%2Fs@cache:7000".into_connection_info().unwrap();
        assert_eq!(info.redis_settings().password(), Some("p@s/s"));
        let wrong = planned(&[("REDIS_HOST", "cache"), ("REDIS_PORT", "x")]).unwrap_err();
        assert!(wrong.contains("REDIS_PORT"), "{wrong}");
        let url = planned(&[("REDIS_URL", "rediss://a"), ("REDIS_HOST", "b")]).unwrap();
        assert!(url.contains("rediss://a"), "{url}");
    }

    #[test]
    fn an_address_must_be_one_and_shows_no_password() {
        let faults = |url: &str, prefix: &str| {
            let settings = Redis { url: url.into(), prefix: prefix.to_owned() };
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
