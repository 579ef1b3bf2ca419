//! What devices show without being asked: browsers by Web Push, applications by Firebase Cloud Messaging.

mod fcm;
mod web;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::clock::Clock;
use crate::config;
use crate::config::PushDriver;
use crate::domain::message::Device;
use crate::domain::message::PushText;
use crate::drivers::outbound::Answer;
use crate::drivers::outbound::Outbound;
use crate::drivers::outbound::OutboundError;
use crate::drivers::push::fcm::Fcm;
use crate::drivers::push::web::Vapid;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;

pub use crate::drivers::push::web::new_key;

/// What the memory driver keeps.
const KEPT: usize = 1_000;

/// A way to push. Cheap to clone.
#[derive(Clone)]
pub struct Push {
    way: Way,
    vapid: Option<Arc<Vapid>>,
    /// To addresses that people give.
    outbound: Outbound,
    clock: Clock,
}

#[derive(Clone)]
enum Way {
    /// Into the log, without what they say. The configuration refuses it in production.
    Log,
    /// Into memory, for tests; refused in production as well.
    Memory(Arc<Mutex<VecDeque<(Device, PushText)>>>),
    /// To the services.
    Live(Option<Arc<Fcm>>),
}

/// Why nothing can be pushed at all.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The key is none.
    #[error("push.vapid_key is not a private key of 32 octets in base64url; `mazad vapid-key` makes one")]
    Key,
    /// The credentials are none.
    #[error("push.fcm_credentials: {0}")]
    Credentials(String),
    /// An address cannot be called.
    #[error("push: {0}")]
    Outbound(#[from] OutboundError),
}

impl Push {
    /// The driver that the settings name.
    ///
    /// # Errors
    /// [`PushError`] names the setting.
    pub fn open(settings: &config::Push, public_url: &str, clock: Clock) -> Result<Self, PushError> {
        let key = settings.vapid_key.expose_secret();
        let contact = settings.contact(public_url);
        let vapid =
            if key.is_empty() { None } else { Some(Arc::new(Vapid::read(key, contact).ok_or(PushError::Key)?)) };
        let way = match settings.driver {
            PushDriver::Log => Way::Log,
            PushDriver::Memory => Way::Memory(Arc::default()),
            PushDriver::Live => Way::Live(Fcm::open(settings, clock.clone())?.map(Arc::new)),
        };
        let local = Some(settings.local_service.as_str()).filter(|address| !address.is_empty());
        Ok(Self { way, vapid, outbound: Outbound::to_strangers(local)?, clock })
    }

    /// What browsers subscribe with (`applicationServerKey`), in base64url; `None` where there is no Web Push.
    #[must_use]
    pub fn public_key(&self) -> Option<&str> {
        self.vapid.as_deref().map(Vapid::public)
    }

    /// Whether this device can be pushed to: there are keys for its service, and its address is one that may be called.
    #[must_use]
    pub fn takes(&self, device: &Device) -> bool {
        match (device, &self.way) {
            (Device::Web { endpoint, .. }, _) => self.vapid.is_some() && self.outbound.origin_of(endpoint).is_some(),
            (Device::Fcm { .. }, Way::Live(fcm)) => fcm.is_some(),
            (Device::Fcm { .. }, Way::Log | Way::Memory(_)) => true,
        }
    }

    /// Who brings a push to this device, as breakers call it: every push service by itself, because whoever registers a device
    /// names one.
    #[must_use]
    pub fn provider(&self, device: &Device) -> String {
        match (&self.way, device) {
            (Way::Log, _) => "log".to_owned(),
            (Way::Memory(_), _) => "memory".to_owned(),
            (Way::Live(_), Device::Fcm { .. }) => "fcm".to_owned(),
            (Way::Live(_), Device::Web { endpoint, .. }) => {
                self.outbound.origin_of(endpoint).unwrap_or_else(|| "web".to_owned())
            }
        }
    }

    /// Hands a push over, once. `reference` is the same when one push is handed over again: one that still waits is replaced.
    ///
    /// # Errors
    /// [`NotSent`] says whether another attempt may help.
    pub async fn deliver(&self, to: &Device, push: &PushText, reference: &str) -> Result<Sent, NotSent> {
        match (&self.way, to) {
            (Way::Log, _) => tracing::info!(notice = reference, device = to.platform(), "a push (development only)"),
            (Way::Memory(kept), _) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((to.clone(), push.clone()));
            }
            (Way::Live(_), Device::Web { endpoint, p256dh, auth }) => {
                return self.deliver_web(endpoint, p256dh, auth, push, reference).await;
            }
            (Way::Live(fcm), Device::Fcm { token }) => {
                let fcm = fcm.as_deref().ok_or_else(|| misconfigured("there are no credentials for Firebase"))?;
                return fcm.deliver(token, push, reference).await;
            }
        }
        Ok(Sent::Taken { reference: None })
    }

    /// Everything that memory keeps, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<(Device, PushText)> {
        match &self.way {
            Way::Log | Way::Live(_) => Vec::new(),
            Way::Memory(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect(),
        }
    }

    async fn deliver_web(
        &self,
        endpoint: &str,
        p256dh: &[u8; 65],
        auth: &[u8; 16],
        push: &PushText,
        reference: &str,
    ) -> Result<Sent, NotSent> {
        let vapid = self.vapid.as_deref().ok_or_else(|| misconfigured("there is no push.vapid_key"))?;
        let refused = || NotSent::Gone { why: "an address that may not be called".to_owned() };
        let origin = self.outbound.origin_of(endpoint).ok_or_else(refused)?;
        let body = web::encrypt(text_of(push).as_bytes(), p256dh, auth)
            .map_err(|_| NotSent::Gone { why: "a key that is no point of P-256".to_owned() })?;
        let authorization = vapid
            .authorization(origin.trim_end_matches(":443"), self.clock.now())
            .map_err(|_| NotSent::later("no signature"))?;
        // RFC 8030 §§5.2–5.4; a topic has at most 32 characters of base64url, as our ids have.
        let request = self
            .outbound
            .post(endpoint)
            .header("Authorization", authorization)
            .header("Content-Encoding", "aes128gcm")
            .header("Content-Type", "application/octet-stream")
            .header("TTL", push.ttl.as_secs())
            .header("Urgency", if push.urgent { "high" } else { "normal" })
            .header("Topic", reference)
            .body(body)
            .build()
            .map_err(|error| NotSent::never(error.without_url().to_string()))?;
        read_web(&self.outbound.send(request).await?)
    }
}

impl std::fmt::Debug for Push {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way = match &self.way {
            Way::Log => "log",
            Way::Memory(_) => "memory",
            Way::Live(_) => "live",
        };
        write!(out, "Push({way})")
    }
}

fn misconfigured(why: &str) -> NotSent {
    NotSent::Misconfigured { why: why.to_owned() }
}

/// What a page's service worker is handed.
fn text_of(push: &PushText) -> String {
    let direction = if push.language == "ar" { "rtl" } else { "ltr" };
    let (title, body, url, tag) = (&push.title, &push.body, &push.url, &push.tag);
    json!({"title": title, "body": body, "url": url, "tag": tag, "lang": push.language, "dir": direction}).to_string()
}

/// What a push service answers: RFC 8030 §§5 and 8.4, RFC 8292 §4, and what the services of the browsers' makers document.
fn read_web(answer: &Answer) -> Result<Sent, NotSent> {
    let why = format!("status {}", answer.status);
    match answer.status {
        200..300 => Ok(Sent::Taken { reference: None }),
        404 | 410 => Err(NotSent::Gone { why }),
        401 | 403 => Err(NotSent::Misconfigured { why }),
        408 | 429 | 500.. => Err(NotSent::Later { why, after: answer.retry_after }),
        _ => Err(NotSent::Never { why }),
    }
}

#[cfg(test)]
mod tests;
