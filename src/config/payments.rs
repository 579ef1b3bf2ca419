//! `[payments]`: who takes cards.

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

/// The shortest secret that is one.
const SECRET_CHARS_MIN: usize = 16;

/// `[payments]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// Moyasar's secret key; empty where no cards are taken.
    pub moyasar_key: SecretString,
    /// What Moyasar's webhooks carry as `secret_token`.
    pub moyasar_webhook_secret: SecretString,
    /// Moyasar's address in place of the usual one; empty for the usual one.
    pub moyasar_endpoint: String,
}

impl Payments {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let key = self.moyasar_key.expose_secret();
        if key.is_empty() {
            return;
        }
        if !key.starts_with("sk_") {
            faults.push("payments.moyasar_key must be the secret key, which begins with sk_".to_owned());
        }
        if self.moyasar_webhook_secret.expose_secret().len() < SECRET_CHARS_MIN {
            let why = "payments.moyasar_webhook_secret must have at least 16 characters: whoever knows it can knock";
            faults.push(why.to_owned());
        }
    }
}
