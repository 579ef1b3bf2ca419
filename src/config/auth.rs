//! `[auth]`, `[otp]`, `[sms]` and `[[oidc]]`: how people get in.

use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::config::Environment;
use crate::domain::user::Country;
use crate::limits;

/// `[auth]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Folder of the signing key.
    pub key_dir: PathBuf,
    /// Life of an access token, in minutes.
    pub access_minutes: u32,
    /// Public keys whose tokens count beside our own: the `x` of their entries in `jwks.json`.
    pub verifying_keys: Vec<String>,
    /// The address at which people reach the server; empty for the one it listens on.
    pub public_url: String,
}

/// `[otp]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otp {
    /// Whether codes are sent at all: the switch to turn when somebody runs up a bill.
    pub sending: bool,
    /// Countries whose phones get codes, ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
    /// Codes in a day, UTC.
    pub daily_budget: u32,
    /// The part of it, in percent, at which the log gives the alarm.
    pub budget_alarm_percent: u32,
    /// So many codes of one prefix are looked at; 0 for none.
    pub prefix_codes: u32,
    /// The prefix gets no more where fewer of them, in percent, were used.
    pub prefix_used_percent: u32,
    /// So many codes in an hour are sent without work; 0 for any number.
    pub work_after: u32,
    /// Zero bits that an answer's digest begins with.
    pub work_bits: u32,
    /// Codes for one address in an hour.
    pub per_address_hour: u32,
    /// Codes for one /24 or /48 in an hour.
    pub per_network_hour: u32,
}

/// `[sms]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The driver.
    pub driver: SmsDriver,
    /// The provider's secret: Unifonic's `AppSid`, Twilio's auth token.
    pub api_key: SecretString,
    /// Twilio's account id.
    pub account: String,
    /// What the message says it comes from.
    pub sender: String,
    /// The provider's address in place of the usual one; empty for the usual one.
    pub endpoint: String,
}

/// How one-time codes leave the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsDriver {
    /// Into the log. For development only.
    Log,
    /// Into memory. For tests only.
    Memory,
    /// Unifonic.
    Unifonic,
    /// Twilio.
    Twilio,
}

/// One entry of `[[oidc]]`: somebody else whose word on who a person is counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProvider {
    /// What it is called in addresses.
    pub name: String,
    /// What it is called on a button.
    pub label: String,
    /// Its issuer, as its discovery document spells it.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: SecretString,
    /// What is asked for besides `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Hosts of its endpoints besides the issuer's own.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl Auth {
    pub(super) fn check(&self, environment: Environment, faults: &mut Vec<String>) {
        if !(1..=limits::ACCESS_MINUTES_MAX).contains(&self.access_minutes) {
            faults.push(format!("auth.access_minutes must lie between 1 and {}", limits::ACCESS_MINUTES_MAX));
        }
        let scheme = if environment == Environment::Production { "https://" } else { "http" };
        if !self.public_url.is_empty() && (!self.public_url.starts_with(scheme) || self.public_url.ends_with('/')) {
            faults.push("auth.public_url must be an address such as https://mazad.example, without a slash".to_owned());
        }
    }
}

impl Otp {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        for country in &self.countries {
            if Country::find(country).is_none() {
                faults.push(format!("otp.countries: {country} is not among SA, AE, KW, BH, QA and OM"));
            }
        }
        if self.per_address_hour == 0 || self.per_network_hour == 0 {
            faults.push("otp.per_address_hour and otp.per_network_hour must be at least 1".to_owned());
        }
        if self.budget_alarm_percent > 100 || self.prefix_used_percent > 100 {
            faults.push("otp.budget_alarm_percent and otp.prefix_used_percent must lie between 0 and 100".to_owned());
        }
        if !(1..=limits::WORK_BITS_MAX).contains(&self.work_bits) {
            faults.push(format!("otp.work_bits must lie between 1 and {}", limits::WORK_BITS_MAX));
        }
    }
}

impl Sms {
    pub(super) fn check(&self, environment: Environment, faults: &mut Vec<String>) {
        let is_missing = |secret: &SecretString| secret.expose_secret().is_empty();
        match self.driver {
            SmsDriver::Log | SmsDriver::Memory if environment == Environment::Production => {
                let why = "sms.driver: log and memory show one-time codes and are refused in production; use unifonic or twilio";
                faults.push(why.to_owned());
            }
            SmsDriver::Unifonic if is_missing(&self.api_key) => {
                faults.push("sms.api_key must be Unifonic's AppSid (MAZAD__SMS__API_KEY)".to_owned());
            }
            SmsDriver::Twilio if is_missing(&self.api_key) || self.account.is_empty() || self.sender.is_empty() => {
                let why = "Twilio needs sms.account (its AccountSid), sms.api_key (its AuthToken) and sms.sender";
                faults.push(why.to_owned());
            }
            SmsDriver::Log | SmsDriver::Memory | SmsDriver::Unifonic | SmsDriver::Twilio => {}
        }
    }
}

/// What is wrong with the providers and the address that they send people back to.
pub(super) fn check_oidc(
    providers: &[OidcProvider],
    public_url: &str,
    environment: Environment,
    faults: &mut Vec<String>,
) {
    for (at, provider) in providers.iter().enumerate() {
        let name = &provider.name;
        let is_word = (1..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_word || providers.iter().take(at).any(|other| other.name == *name) {
            faults.push(format!("oidc[{at}].name must be a word of a-z, 0-9 and - that no other entry has"));
        }
        // Without TLS only to this machine: for tests and development.
        let is_local = ["http://127.0.0.1:", "http://localhost:"].iter().any(|at| provider.issuer.starts_with(at));
        if !provider.issuer.starts_with("https://") && (environment == Environment::Production || !is_local) {
            faults.push(format!("oidc[{at}].issuer must begin with https://"));
        }
        if provider.client_id.is_empty() {
            faults.push(format!("oidc[{at}].client_id is missing"));
        }
    }
    if environment == Environment::Production && !providers.is_empty() && public_url.is_empty() {
        faults.push("auth.public_url is needed where [[oidc]] has entries: they send people back there".to_owned());
    }
}
