//! Settings: the embedded defaults, then a file, then the environment; checked as a whole.

pub mod http;

use serde::Deserialize;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

pub use crate::config::auth::Auth;
pub use crate::config::auth::OidcProvider;
pub use crate::config::auth::Otp;
pub use crate::config::auth::Sms;
pub use crate::config::auth::SmsDriver;
pub use crate::config::channels::Email;
pub use crate::config::channels::EmailDriver;
pub use crate::config::channels::EmailTls;
pub use crate::config::channels::Push;
pub use crate::config::channels::PushDriver;
pub use crate::config::cluster::Cluster;
pub use crate::config::files::Files;
pub use crate::config::files::FilesDriver;
pub use crate::config::http::Class;
pub use crate::config::http::Http;
pub use crate::config::http::Limits;
pub use crate::config::http::Metrics;
pub use crate::config::http::Rates;
pub use crate::config::payments::Payments;
pub use crate::config::redis::Redis;
pub use crate::config::settings::Settings;
pub use crate::config::telemetry::Telemetry;

mod auth;
mod channels;
mod cluster;
mod files;
mod payments;
mod plan;
mod redis;
mod settings;
mod telemetry;

/// The commented defaults, as they ship.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Where the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// A developer's machine or a demonstration.
    Development,
    /// Real customers.
    Production,
}

/// `[database]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path` or `mysql://…`; may hold a password, so it is never printed.
    pub url: String,
    /// Connections that read.
    pub readers: u32,
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.split("://").next().unwrap_or("");
        write!(out, "Database {{ url: {scheme}://***, readers: {} }}", self.readers)
    }
}

/// `[auction]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auction {
    /// Threads; 0 means half the cores.
    pub arbiters: usize,
    /// Bids of one merchant in one request, per second.
    pub bids_per_second: u32,
    /// The same in all.
    pub bids_per_merchant: u32,
}

/// `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The form.
    pub format: LogFormat,
    /// What is logged.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the server runs.
    pub environment: Environment,
    /// `[http]`.
    pub http: Http,
    /// `[limits]`.
    pub limits: Limits,
    /// `[metrics]`.
    pub metrics: Metrics,
    /// `[database]`.
    pub database: Database,
    /// `[redis]`.
    pub redis: Redis,
    /// `[auction]`.
    pub auction: Auction,
    /// `[cluster]`.
    pub cluster: Cluster,
    /// `[auth]`.
    pub auth: Auth,
    /// `[otp]`.
    pub otp: Otp,
    /// `[sms]`.
    pub sms: Sms,
    /// `[email]`.
    pub email: Email,
    /// `[push]`.
    pub push: Push,
    /// `[files]`.
    pub files: Files,
    /// `[payments]`.
    pub payments: Payments,
    /// `[[oidc]]`.
    #[serde(default)]
    pub oidc: Vec<OidcProvider>,
    /// `[log]`.
    pub log: Log,
    /// `[telemetry]`.
    pub telemetry: Telemetry,
}

/// Settings that do not hold together; every fault on a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|fault| format!("  - {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the defaults, `file` if given, and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] lists every fault that was found.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::read(file).map(|(config, _)| config)
    }

    /// The same, and what set each setting.
    ///
    /// # Errors
    /// [`ConfigError`] lists every fault that was found, with the value and where it stands.
    pub fn read(file: Option<&Path>) -> Result<(Self, Settings), ConfigError> {
        let text = |(name, text): (OsString, OsString)| Some((name.into_string().ok()?, text.into_string().ok()?));
        let settings = Settings::gather(file, &std::env::vars_os().filter_map(text).collect());
        let settings = settings.map_err(|fault| ConfigError(vec![fault]))?;
        let (mut faults, config) = settings.read();
        let wrong = config.as_ref().map(Self::faults).unwrap_or_default();
        faults.extend(wrong.iter().map(|fault| settings.explain(fault)));
        match config {
            Some(config) if faults.is_empty() => Ok((config, settings)),
            Some(_) | None => Err(ConfigError(faults)),
        }
    }

    /// What does not hold together.
    fn faults(&self) -> Vec<String> {
        let mut faults = self.http.faults();
        faults.extend(self.limits.faults());
        faults.extend(self.metrics.faults());
        if !["sqlite://", "mysql://"].iter().any(|scheme| self.database.url.starts_with(scheme)) {
            faults.push("database.url must begin with sqlite:// or mysql://".to_owned());
        }
        if self.database.readers == 0 {
            faults.push("database.readers must be at least 1".to_owned());
        }
        if self.auction.bids_per_second == 0 || self.auction.bids_per_merchant == 0 {
            faults.push("auction.bids_per_second and auction.bids_per_merchant must be at least 1".to_owned());
        }
        self.redis.check(&mut faults);
        self.cluster.check(&self.database.url, &mut faults);
        self.auth.check(self.environment, &mut faults);
        self.otp.check(&mut faults);
        self.sms.check(self.environment, &mut faults);
        self.email.check(self.environment, &mut faults);
        self.push.check(self.environment, &self.auth.public_url, &mut faults);
        self.files.check(self.environment, &mut faults);
        self.payments.check(&mut faults);
        self.telemetry.check(&mut faults);
        auth::check_oidc(&self.oidc, &self.auth.public_url, self.environment, &mut faults);
        faults
    }
}

/// As many threads as asked for, or this share of the cores, at least one.
#[must_use]
pub fn threads(asked: usize, share_of: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if asked > 0 { asked } else { (cores / share_of.max(1)).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(extra: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), extra).unwrap();
        Config::load(Some(file.path()))
    }

    #[test]
    fn the_defaults_hold_together() {
        let config = parse("").unwrap();
        assert_eq!(config.http.address.port(), 8080);
        assert_eq!(config.environment, Environment::Development);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let error =
            parse("environment = \"production\"\n[database]\nurl = \"postgres://x\"\nreaders = 0\n").unwrap_err();
        assert_eq!(error.0.len(), 5, "{error}");
        for driver in ["sms.driver", "email.driver", "push.driver"] {
            assert!(error.to_string().contains(driver), "{error}");
        }
    }

    #[test]
    fn a_provider_must_hold_together() {
        let provider = |issuer: &str, name: &str| {
            format!(
                "[[oidc]]\nname = \"{name}\"\nlabel = \"X\"\nissuer = \"{issuer}\"\nclient_id = \"a\"\nclient_secret = \"hunter2\"\n"
            )
        };
        let config = parse(&provider("https://accounts.example", "one")).unwrap();
        assert!(config.oidc.len() == 1 && !format!("{config:?}").contains("hunter2"));
        assert!(parse(&provider("http://127.0.0.1:1", "one")).is_ok(), "a test on this machine");
        for (issuer, name, word) in [("http://accounts.example", "one", "issuer"), ("https://a.example", "O/N", "name")]
        {
            let error = parse(&provider(issuer, name)).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
        let production = format!(
            "environment = \"production\"\n[sms]\ndriver = \"unifonic\"\napi_key = \"k\"\n{}",
            provider("https://a.example", "a")
        );
        assert!(parse(&production).unwrap_err().to_string().contains("auth.public_url"));
    }

    #[test]
    fn a_bucket_needs_its_keys_and_a_safe_way_to_it() {
        let bucket = |endpoint: &str| {
            let keys = "bucket = \"b\"\naccess_key = \"a\"\nsecret_key = \"hunter2\"\n";
            parse(&format!("[files]\ndriver = \"s3\"\nendpoint = \"{endpoint}\"\n{keys}"))
        };
        let config = bucket("https://s3.example").unwrap();
        assert!(config.files.driver == FilesDriver::S3 && !format!("{config:?}").contains("hunter2"));
        assert!(bucket("").is_ok() && bucket("http://127.0.0.1:9000").is_ok());
        assert!(bucket("http://s3.example").unwrap_err().to_string().contains("files.endpoint"));
        let error = parse("[files]\ndriver = \"s3\"\nuser_files = 0\n").unwrap_err().to_string();
        assert!(error.contains("files.secret_key") && error.contains("files.user_files"), "{error}");
    }

    #[test]
    fn letters_need_a_server_and_a_safe_way_to_it() {
        let smtp = |rest: &str| parse(&format!("[email]\ndriver = \"smtp\"\n{rest}"));
        let whole = "host = \"smtp.example\"\nfrom = \"m <m@m.example>\"\nuser = \"m\"\npassword = \"hunter2\"\n";
        assert!(!format!("{:?}", smtp(whole).unwrap()).contains("hunter2"));
        for (settings, word) in [
            (String::new(), "email.host"),
            (whole.replace("m@m.example", "m"), "email.from"),
            (format!("{whole}tls = \"none\"\n"), "email.tls"),
            (whole.replace("hunter2", ""), "email.password"),
        ] {
            let error = smtp(&settings).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("hunter2"), "{error}");
        }
        let production =
            "environment = \"production\"\n[sms]\ndriver = \"unifonic\"\napi_key = \"k\"\n[email]\ndriver = \"off\"\n";
        let push = |rest: &str| parse(&format!("{production}[push]\ndriver = \"live\"\n{rest}"));
        assert!(push("").is_ok());
        assert!(push("vapid_key = \"k\"\n").unwrap_err().to_string().contains("push.contact"));
        let local = "local_service = \"http://127.0.0.1:1\"\n";
        assert!(push(local).unwrap_err().to_string().contains("push.local_service"));
    }

    #[test]
    fn cards_need_the_secret_key_and_a_secret_for_webhooks() {
        let error = parse("[payments]\nmoyasar_key = \"pk_live_1\"\n").unwrap_err().to_string();
        assert!(error.contains("sk_") && error.contains("moyasar_webhook_secret"), "{error}");
        let both = "[payments]\nmoyasar_key = \"sk_hunter2\"\nmoyasar_webhook_secret = \"hunter2hunter2hunter2\"\n";
        assert!(!format!("{:?}", parse(both).unwrap()).contains("hunter2"));
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        let error = parse("[http]\nadress = \"127.0.0.1:1\"\n").unwrap_err();
        assert!(error.to_string().contains("adress"), "{error}");
    }

    #[test]
    fn a_password_in_the_url_is_never_printed() {
        let config = parse("[database]\nurl = \"mysql://u:hunter2@h/d\"\n").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
