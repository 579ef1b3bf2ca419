//! Payment gateways: where cards are charged. No card number ever comes here; the customer pays on the gateway's own page,
//! 3-D Secure and all, and what became of it is asked of the gateway, never believed of whoever comes back or knocks.
//!
//! Moyasar: docs.moyasar.com. Amounts are whole halalas there as here. A webhook carries a shared secret in its body and no
//! signature, so it is taken for a hint to ask. One that does not answer is left alone for a while, and whoever waits for it hears
//! so at once.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::clock::Clock;
use crate::config;
use crate::domain::ids::PaymentId;
use crate::domain::money::AmountMinor;
use crate::domain::payment::PaymentState;
use crate::domain::payment::Told;
use crate::drivers::breaker::Breaker;
use crate::drivers::breaker::Provider;
use crate::drivers::outbound::Answer;
use crate::drivers::outbound::Outbound;
use crate::drivers::outbound::OutboundError;
use crate::limits;

/// Moyasar's usual address.
const MOYASAR: &str = "https://api.moyasar.com/v1";

/// Why a gateway did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It said no, and did nothing.
    #[error("the gateway refused: {0}")]
    Refused(String),
    /// It has no such payment.
    #[error("the gateway knows of no such payment")]
    Unknown,
    /// It was not asked: it did not answer lately.
    #[error("the gateway is left alone for a while")]
    LeftAlone,
    /// Nobody knows what it did.
    #[error("the gateway's answer is unclear: {0}")]
    Unclear(String),
}

impl From<OutboundError> for GatewayError {
    fn from(error: OutboundError) -> Self {
        Self::Unclear(error.to_string())
    }
}

/// A gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Gateway {
    /// Moyasar.
    Moyasar(Moyasar),
}

/// A payment that the gateway opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it calls it.
    pub reference: String,
    /// Where the customer pays.
    pub url: String,
}

/// A payment as the gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Its money.
    pub told: Told,
    /// The charge that a refund is asked of, once there is one.
    pub charge: Option<String>,
}

/// What a webhook says, with the right secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// The gateway's id of the event.
    pub event: String,
    /// What it is about.
    pub kind: String,
    /// What the gateway calls our payment.
    pub reference: Option<String>,
    /// What we called it, when we opened it.
    pub payment: Option<PaymentId>,
}

impl Gateway {
    /// The gateway that the settings name, if any.
    ///
    /// # Errors
    /// When its address cannot be called.
    pub fn open(settings: &config::Payments, clock: Clock) -> Result<Option<Self>, OutboundError> {
        if settings.moyasar_key.expose_secret().is_empty() {
            return Ok(None);
        }
        let endpoint = if settings.moyasar_endpoint.is_empty() { MOYASAR } else { &settings.moyasar_endpoint };
        Ok(Some(Self::Moyasar(Moyasar {
            outbound: Outbound::new([endpoint])?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            key: settings.moyasar_key.clone(),
            secret: settings.moyasar_webhook_secret.clone(),
            breaker: Arc::default(),
            clock,
        })))
    }

    /// Its word in addresses and in the database.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Moyasar(_) => "moyasar",
        }
    }

    /// The least it takes.
    #[must_use]
    pub const fn least(&self) -> AmountMinor {
        match self {
            Self::Moyasar(_) => AmountMinor(limits::CARD_HALALAS_MIN),
        }
    }

    /// Opens a payment. `back` is where the customer's browser is sent afterwards.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn create(&self, payment: PaymentId, amount: AmountMinor, back: &str) -> Result<Opened, GatewayError> {
        match self {
            Self::Moyasar(moyasar) => moyasar.create(payment, amount, back).await,
        }
    }

    /// Looks at a payment.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn look(&self, reference: &str) -> Result<Looked, GatewayError> {
        match self {
            Self::Moyasar(moyasar) => moyasar.look(reference).await,
        }
    }

    /// Sees to it that nobody can pay a payment any more, and lets go of what is only held; then looks at it. What was paid
    /// before stays paid.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn close(&self, reference: &str) -> Result<Looked, GatewayError> {
        match self {
            Self::Moyasar(moyasar) => moyasar.close(reference).await,
        }
    }

    /// Gives a part of a charge back. [`look`](Self::look) tells what came of it.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn refund(&self, charge: &str, amount: AmountMinor) -> Result<(), GatewayError> {
        match self {
            Self::Moyasar(moyasar) => moyasar.refund(charge, amount).await,
        }
    }

    /// Reads a webhook; nothing for one without our secret, or that says nothing.
    #[must_use]
    pub fn read_knock(&self, body: &[u8]) -> Option<Knock> {
        match self {
            Self::Moyasar(moyasar) => moyasar.read_knock(body),
        }
    }
}

/// Moyasar.
#[derive(Clone, Debug)]
pub struct Moyasar {
    outbound: Outbound,
    endpoint: String,
    key: SecretString,
    secret: SecretString,
    breaker: Arc<Breaker>,
    clock: Clock,
}

/// What Moyasar calls an invoice: a page on which one amount is paid, in as many attempts as it takes.
#[derive(Deserialize)]
struct Invoice {
    id: String,
    status: String,
    amount: i64,
    currency: String,
    url: Option<String>,
    payments: Option<Vec<Charge>>,
}

/// One attempt.
#[derive(Deserialize)]
struct Charge {
    id: String,
    status: String,
    amount: i64,
    currency: String,
    captured: Option<i64>,
    refunded: Option<i64>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    secret_token: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    invoice_id: Option<String>,
    #[serde(default)]
    metadata: Option<Value>,
}

impl Moyasar {
    fn address(&self, path: &[&str]) -> Result<reqwest::Url, GatewayError> {
        let unclear = || GatewayError::Refused("no address".to_owned());
        let mut url = reqwest::Url::parse(&self.endpoint).map_err(|_| unclear())?;
        // Ids come from outside: as segments they cannot lead elsewhere.
        url.path_segments_mut().map_err(|()| unclear())?.extend(path);
        Ok(url)
    }

    async fn call(&self, method: reqwest::Method, path: &[&str], body: Option<Value>) -> Result<Answer, GatewayError> {
        let mut request = self.outbound.request(method, self.address(path)?);
        request = request.basic_auth(self.key.expose_secret(), Some(""));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let request = request.build().map_err(|error| GatewayError::Refused(error.without_url().to_string()))?;
        if !self.breaker.allow(self.clock.now()) {
            return Err(GatewayError::LeftAlone);
        }
        let answer = self.outbound.send(request).await;
        let rest = answer.as_ref().ok().filter(|answer| answer.status == 429).and_then(|answer| answer.retry_after);
        let outcome = answer.map_err(GatewayError::from).and_then(sorted);
        let provider = match (&outcome, rest) {
            (_, Some(_)) => Provider::Needs { rest },
            (Err(GatewayError::Unclear(_)), None) => Provider::Ill,
            (_, None) => Provider::Works,
        };
        self.breaker.settle(provider, self.clock.now());
        outcome
    }

    async fn create(&self, payment: PaymentId, amount: AmountMinor, back: &str) -> Result<Opened, GatewayError> {
        let body = json!({
            "amount": amount.0,
            "currency": "SAR",
            "description": payment.to_string(),
            "success_url": back,
            "back_url": back,
            "metadata": {"payment_id": payment.to_string()},
        });
        let invoice: Invoice = read(&self.call(reqwest::Method::POST, &["invoices"], Some(body)).await?)?;
        let url = invoice.url.filter(|url| url.starts_with("http"));
        let Some(url) = url.filter(|_| invoice.amount == amount.0 && invoice.currency == "SAR") else {
            return Err(GatewayError::Unclear("another invoice than was asked for".to_owned()));
        };
        Ok(Opened { reference: invoice.id, url })
    }

    async fn look(&self, reference: &str) -> Result<Looked, GatewayError> {
        let invoice: Invoice = read(&self.call(reqwest::Method::GET, &["invoices", reference], None).await?)?;
        if invoice.id != reference || invoice.currency != "SAR" {
            return Err(GatewayError::Unclear("another invoice than was asked for".to_owned()));
        }
        looked(&invoice)
    }

    async fn close(&self, reference: &str) -> Result<Looked, GatewayError> {
        let looked = self.look(reference).await?;
        let held = looked.charge.filter(|_| looked.told.state == PaymentState::Authorized);
        if let Some(charge) = &held {
            done(self.call(reqwest::Method::POST, &["payments", charge, "void"], None).await)?;
        }
        done(self.call(reqwest::Method::PUT, &["invoices", reference, "cancel"], None).await)?;
        self.look(reference).await
    }

    async fn refund(&self, charge: &str, amount: AmountMinor) -> Result<(), GatewayError> {
        let body = json!({"amount": amount.0});
        self.call(reqwest::Method::POST, &["payments", charge, "refund"], Some(body)).await.map(drop)
    }

    fn read_knock(&self, body: &[u8]) -> Option<Knock> {
        let event: Event = serde_json::from_slice(body).ok()?;
        let secret = self.secret.expose_secret().as_bytes();
        constant_time::verify_slices_are_equal(event.secret_token.as_bytes(), secret).ok()?;
        let named = event.data.metadata.as_ref().and_then(|data| data["payment_id"].as_str()?.parse().ok());
        let fits =
            |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        let (event_fits, kind_fits) = (fits(&event.id, limits::GATEWAY_ID_BYTES_MAX), fits(&event.kind, 64));
        (event_fits && kind_fits).then_some(Knock {
            event: event.id,
            kind: event.kind,
            reference: event.data.invoice_id.filter(|id| fits(id, limits::GATEWAY_ID_BYTES_MAX)),
            payment: named,
        })
    }
}

/// An answer that says yes, or what its status means.
fn sorted(answer: Answer) -> Result<Answer, GatewayError> {
    match answer.status {
        200..300 => Ok(answer),
        404 => Err(GatewayError::Unknown),
        // Too many calls and its own troubles: it may have done it or not.
        408 | 429 | 500.. => Err(GatewayError::Unclear(format!("status {}", answer.status))),
        status => Err(GatewayError::Refused(format!("status {status}"))),
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, GatewayError> {
    serde_json::from_slice(&answer.body).map_err(|_| GatewayError::Unclear("not the answer of its manual".to_owned()))
}

/// What is refused is too late: it was paid or closed meanwhile, and looking tells which.
fn done(answer: Result<Answer, GatewayError>) -> Result<(), GatewayError> {
    match answer {
        Ok(_) | Err(GatewayError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What an invoice and its attempts amount to.
fn looked(invoice: &Invoice) -> Result<Looked, GatewayError> {
    let amount = AmountMinor(invoice.amount);
    let mut looked = Looked {
        told: Told { state: PaymentState::Pending, amount, captured: AmountMinor::ZERO, refunded: AmountMinor::ZERO },
        charge: None,
    };
    for charge in invoice.payments.iter().flatten() {
        // What is captured at once has nothing under `captured`.
        let (came, back) = (charge.captured.unwrap_or(0), charge.refunded.unwrap_or(0));
        let (captured, refunded, state) = match charge.status.as_str() {
            "paid" | "captured" | "refunded" => {
                (if came == 0 { charge.amount } else { came }, back, PaymentState::Paid)
            }
            "authorized" => (0, 0, PaymentState::Authorized),
            // What was voided before it was captured was never ours; afterwards all of it went back.
            "voided" if came > 0 => (came, came, PaymentState::Paid),
            "voided" => (0, 0, PaymentState::Voided),
            // One attempt that failed is followed by another on the same page.
            _ => continue,
        };
        if charge.currency != invoice.currency {
            return Err(GatewayError::Unclear("a charge in another currency".to_owned()));
        }
        let sum = |one: AmountMinor, more: i64| one.plus(AmountMinor(more)).unwrap_or(AmountMinor(i64::MAX));
        looked.told.captured = sum(looked.told.captured, captured);
        looked.told.refunded = sum(looked.told.refunded, refunded);
        if looked.charge.is_none() || captured > 0 {
            looked.charge = Some(charge.id.clone());
        }
        looked.told.state = state;
    }
    if looked.charge.is_none() {
        looked.told.state = match invoice.status.as_str() {
            "canceled" | "voided" => PaymentState::Voided,
            "expired" | "failed" => PaymentState::Failed,
            _ => PaymentState::Pending,
        };
    }
    Ok(looked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(status: &str, payments: &Value) -> Looked {
        let text = json!({"id": "i", "status": status, "amount": 1_000, "currency": "SAR", "payments": payments});
        looked(&serde_json::from_value(text).unwrap()).unwrap()
    }

    fn charge(status: &str, captured: i64, refunded: i64) -> Value {
        json!({"id": format!("c-{status}"), "status": status, "amount": 1_000, "currency": "SAR", "captured": captured,
            "refunded": refunded, "source": {"type": "creditcard"}})
    }

    #[test]
    fn an_invoice_is_read_as_a_whole() {
        let sums = |looked: &Looked| (looked.told.state, looked.told.captured.0, looked.told.refunded.0);
        for (status, payments, wanted) in [
            ("initiated", json!([]), (PaymentState::Pending, 0, 0)),
            ("initiated", json!([charge("failed", 0, 0)]), (PaymentState::Pending, 0, 0)),
            ("initiated", json!([charge("initiated", 0, 0)]), (PaymentState::Pending, 0, 0)),
            ("initiated", json!([charge("authorized", 0, 0)]), (PaymentState::Authorized, 0, 0)),
            // An amount that is captured at once has nothing under `captured`.
            ("paid", json!([charge("failed", 0, 0), charge("paid", 0, 0)]), (PaymentState::Paid, 1_000, 0)),
            ("paid", json!([charge("paid", 0, 400)]), (PaymentState::Paid, 1_000, 400)),
            ("refunded", json!([charge("refunded", 0, 1_000)]), (PaymentState::Paid, 1_000, 1_000)),
            ("voided", json!([charge("voided", 0, 0)]), (PaymentState::Voided, 0, 0)),
            ("voided", json!([charge("voided", 1_000, 0)]), (PaymentState::Paid, 1_000, 1_000)),
            ("expired", json!([]), (PaymentState::Failed, 0, 0)),
            ("canceled", json!([charge("failed", 0, 0)]), (PaymentState::Voided, 0, 0)),
            ("initiated", json!(null), (PaymentState::Pending, 0, 0)),
            // A part alone was captured.
            ("paid", json!([charge("captured", 400, 0)]), (PaymentState::Paid, 400, 0)),
            ("expired", json!([charge("failed", 0, 0)]), (PaymentState::Failed, 0, 0)),
            // Paid twice: the sums say so, and merging refuses them.
            ("paid", json!([charge("paid", 0, 0), charge("paid", 0, 0)]), (PaymentState::Paid, 2_000, 0)),
        ] {
            let looked = invoice(status, &payments);
            assert_eq!(sums(&looked), wanted, "{status} {payments}");
        }
        let paid = invoice("paid", &json!([charge("failed", 0, 0), charge("paid", 0, 0)]));
        assert_eq!(paid.charge.as_deref(), Some("c-paid"));
    }
}
