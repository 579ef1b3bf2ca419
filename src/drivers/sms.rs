//! Short messages.
//!
//! Sending a one-time code never makes anybody wait: it goes into a bounded queue, from which a few at a time are handed to the
//! provider, thrice at most. So an answer takes as long whether or not there was anybody to write to. A notice is delivered
//! while its sender waits, who keeps it and tries again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aws_lc_rs::rand;
use futures_util::StreamExt as _;
use futures_util::stream;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::config;
use crate::domain::user::Phone;
use crate::drivers::outbound::Answer;
use crate::drivers::outbound::Outbound;
use crate::drivers::outbound::OutboundError;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::drivers::sending::code_of;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;

/// What the memory driver keeps.
const KEPT: usize = 1_000;
/// Waits before the second and the third attempt. A code lives for five minutes.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// Unifonic's and Twilio's usual addresses.
const UNIFONIC: &str = "https://el.cloud.unifonic.com";
const TWILIO: &str = "https://api.twilio.com";

/// A way to send them. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Sms {
    /// Into the log, one-time codes and all. The configuration refuses it in production.
    Log,
    /// Into memory, for tests; refused in production as well.
    Memory(Arc<Mutex<VecDeque<(Phone, String)>>>),
    /// To a provider.
    Provider(Line),
}

/// The way to a provider, and the queue of codes before it.
#[derive(Clone, Debug)]
pub struct Line {
    gateway: Arc<Gateway>,
    queue: mpsc::Sender<(Phone, String)>,
    most: Arc<HighWater>,
}

impl Sms {
    /// The driver that the settings name. Must run inside a runtime, which carries the queue.
    ///
    /// # Errors
    /// When the provider's address cannot be called.
    pub fn open(settings: &config::Sms) -> Result<Self, OutboundError> {
        let (provider, usual) = match settings.driver {
            config::SmsDriver::Log => return Ok(Self::Log),
            config::SmsDriver::Memory => return Ok(Self::Memory(Arc::default())),
            config::SmsDriver::Unifonic => (Provider::Unifonic, UNIFONIC),
            config::SmsDriver::Twilio => (Provider::Twilio, TWILIO),
        };
        let endpoint = if settings.endpoint.is_empty() { usual } else { &settings.endpoint };
        let gateway = Arc::new(Gateway {
            provider,
            outbound: Outbound::new([endpoint])?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            key: settings.api_key.clone(),
            account: settings.account.clone(),
            sender: settings.sender.clone(),
        });
        let (queue, messages) = mpsc::channel(limits::SMS_QUEUE_MAX);
        let messages = stream::unfold(messages, async |mut messages| Some((messages.recv().await?, messages)));
        let worker = Arc::clone(&gateway);
        tokio::spawn(async move {
            let gateway = &worker;
            let deliver = |(to, text): (Phone, String)| async move { gateway.insist(&to, &text).await };
            messages.for_each_concurrent(limits::SMS_AT_ONCE, deliver).await;
        });
        Ok(Self::Provider(Line { gateway, queue, most: Arc::default() }))
    }

    /// Who brings them, as deliveries and breakers call it.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Memory(_) => "memory",
            Self::Provider(line) => match line.gateway.provider {
                Provider::Unifonic => "unifonic",
                Provider::Twilio => "twilio",
            },
        }
    }

    /// Hands a text to the provider, once. `reference` is the same when one message is handed over again.
    ///
    /// # Errors
    /// [`NotSent`] says whether another attempt may help.
    pub async fn deliver(&self, to: &Phone, text: &str, reference: &str) -> Result<Sent, NotSent> {
        match self {
            // Unlike a code, which is worth nothing here but in the log, a notice has its text in the application.
            Self::Log => {
                tracing::info!(sms.to = %to.masked(), notice = reference, "a notice as a text (development only)");
            }
            Self::Memory(_) => self.send(to, text),
            Self::Provider(line) => return line.gateway.attempt(to, text, Some(reference)).await,
        }
        Ok(Sent::Taken { reference: None })
    }

    /// Sends a text, now or soon; what a full queue does not take is lost and logged.
    pub fn send(&self, to: &Phone, text: &str) {
        match self {
            Self::Log => tracing::info!(sms.to = %to.masked(), sms.text = text, "a short message (development only)"),
            Self::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((to.clone(), text.to_owned()));
            }
            Self::Provider(Line { queue, most, .. }) => {
                most.saw(queue.max_capacity() - queue.capacity());
                if queue.try_send((to.clone(), text.to_owned())).is_err() {
                    tracing::error!(sms.to = %to.masked(), "the queue of short messages is full: one was lost");
                }
            }
        }
    }

    /// How many wait for the provider.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Log | Self::Memory(_) => Level { bound: limits::SMS_QUEUE_MAX, ..Level::default() },
            Self::Provider(Line { queue, most, .. }) => {
                most.level(queue.max_capacity() - queue.capacity(), queue.max_capacity())
            }
        }
    }

    /// The last text that memory keeps for a phone.
    #[must_use]
    pub fn last_to(&self, phone: &Phone) -> Option<String> {
        self.kept().into_iter().rev().find(|(to, _)| to == phone).map(|(_, text)| text)
    }

    /// Everything that memory keeps, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<(Phone, String)> {
        match self {
            Self::Log | Self::Provider(_) => Vec::new(),
            Self::Memory(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect(),
        }
    }
}

// ------------------------------------------------------------------ providers

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Unifonic,
    Twilio,
}

#[derive(Debug)]
struct Gateway {
    provider: Provider,
    outbound: Outbound,
    endpoint: String,
    key: SecretString,
    account: String,
    sender: String,
}

impl Gateway {
    /// A one-time code: a few attempts while it is worth anything.
    async fn insist(&self, to: &Phone, text: &str) {
        // By it a provider knows the second attempt for the first; without randomness it may bring the code twice.
        let mut bits = [0_u8; 16];
        let reference = rand::fill(&mut bits).ok().map(|()| format!("{:032x}", u128::from_be_bytes(bits)));
        let mut waits = AGAIN_AFTER.iter();
        loop {
            let why = match self.attempt(to, text, reference.as_deref()).await {
                Ok(Sent::Taken { .. }) => return,
                Err(NotSent::Later { why, .. }) => why,
                Err(NotSent::Never { why } | NotSent::Gone { why } | NotSent::Misconfigured { why }) => {
                    tracing::error!(sms.to = %to.masked(), %why, "a short message was refused");
                    return;
                }
            };
            let Some(wait) = waits.next() else {
                tracing::error!(sms.to = %to.masked(), %why, "a short message was given up");
                return;
            };
            tracing::warn!(sms.to = %to.masked(), %why, "a short message is tried again");
            tokio::time::sleep(*wait).await;
        }
    }

    async fn attempt(&self, to: &Phone, text: &str, reference: Option<&str>) -> Result<Sent, NotSent> {
        let request = match self.provider {
            Provider::Twilio => self.twilio(to, text),
            Provider::Unifonic => self.unifonic(to, text, reference),
        };
        let request = request.build().map_err(|error| NotSent::never(error.without_url().to_string()))?;
        let answer = self.outbound.send(request).await?;
        match self.provider {
            Provider::Twilio => read_twilio(&answer),
            Provider::Unifonic => read_unifonic(&answer),
        }
    }

    fn unifonic(&self, to: &Phone, text: &str, reference: Option<&str>) -> reqwest::RequestBuilder {
        let mut form = vec![
            ("AppSid", self.key.expose_secret()),
            ("Recipient", to.as_str().trim_start_matches('+')),
            ("Body", text),
            ("responseType", "JSON"),
            // A service message, neither advertising nor a warning.
            ("MessageType", "3"),
        ];
        if !self.sender.is_empty() {
            form.push(("SenderID", &self.sender));
        }
        form.extend(reference.map(|reference| ("CorrelationID", reference)));
        self.outbound
            .post(&format!("{}/rest/SMS/messages", self.endpoint))
            .header(reqwest::header::ACCEPT, "application/json")
            .form(&form)
    }

    /// Twilio has no key against sending twice.
    fn twilio(&self, to: &Phone, text: &str) -> reqwest::RequestBuilder {
        let from = if self.sender.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        self.outbound
            .post(&format!("{}/2010-04-01/Accounts/{}/Messages.json", self.endpoint, self.account))
            .basic_auth(&self.account, Some(self.key.expose_secret()))
            .form(&[("To", to.as_str()), (from, &self.sender), ("Body", text)])
    }
}

/// Text or number, as a provider spells its ids and codes.
fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(code_of(text)).filter(|code| !code.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Unifonic says what happened in the body; a refusal may come with status 200, and `success` may be a string. Codes from its
/// pages "SMS API" and "Understanding reasons of SMS non-delivery"; the numbers are those of an older version that is still met.
fn read_unifonic(answer: &Answer) -> Result<Sent, NotSent> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if body.get("success").is_some_and(|word| *word == true || *word == "true") {
        let reference = word(body.get("data").and_then(|data| data.get("MessageID")));
        return Ok(Sent::Taken { reference });
    }
    let code = word(body.get("errorCode")).unwrap_or_else(|| "no error code".to_owned());
    let why = format!("status {}, {code}", answer.status);
    match code.as_str() {
        // It has had this message already: an answer was lost.
        "ER-09" => Ok(Sent::Taken { reference: None }),
        "ER-02" | "ER-03" | "ER-04" | "ER-05" | "ER-06" | "ER-07" | "449" | "482" => Err(NotSent::Never { why }),
        "ER-01" | "ER-08" | "401" | "480" => Err(NotSent::Misconfigured { why }),
        _ if matches!(answer.status, 401 | 403) => Err(NotSent::Misconfigured { why }),
        _ => Err(NotSent::Later { why, after: answer.retry_after }),
    }
}

/// Twilio asks not to depend on its codes, of which there are more every year; its statuses say enough. One code is kept: who
/// answered STOP is not written to again.
fn read_twilio(answer: &Answer) -> Result<Sent, NotSent> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = word(body.get("code")).unwrap_or_default();
    let why = format!("status {}, code {code}", answer.status);
    match answer.status {
        200..300 => Ok(Sent::Taken { reference: word(body.get("sid")) }),
        // Not found is our own account, which the address names.
        401 | 403 | 404 => Err(NotSent::Misconfigured { why }),
        400 if code == "21610" => Err(NotSent::Gone { why }),
        408 | 429 | 500.. => Err(NotSent::Later { why, after: answer.retry_after }),
        _ => Err(NotSent::Never { why }),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Config;
    use crate::drivers::sending::told;

    /// Answers one request with this, and tells what was asked.
    async fn answer_once(listener: &TcpListener, status: &str, body: &str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        loop {
            stream.read_buf(&mut asked).await.unwrap();
            let text = String::from_utf8_lossy(&asked).into_owned();
            let Some((head, rest)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if rest.len() >= length.parse::<usize>().unwrap() {
                break;
            }
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    }

    async fn provider(driver: config::SmsDriver) -> (TcpListener, Sms) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = Config::load(None).unwrap().sms;
        settings.driver = driver;
        settings.api_key = "the key".into();
        settings.account = "AC1".to_owned();
        settings.sender = "MAZAD".to_owned();
        settings.endpoint = format!("http://{}", listener.local_addr().unwrap());
        (listener, Sms::open(&settings).unwrap())
    }

    #[tokio::test]
    async fn unifonic_gets_a_form_and_another_attempt() {
        let (listener, sms) = provider(config::SmsDriver::Unifonic).await;
        sms.send(&Phone::parse("0501234567").unwrap(), "رمز 123456");
        let first = answer_once(&listener, "503 Busy", "").await;
        assert!(first.starts_with("POST /rest/SMS/messages HTTP/1.1"), "{first}");
        for part in ["AppSid=the+key", "Recipient=966501234567&", "SenderID=MAZAD", "MessageType=3", "123456"] {
            assert!(first.contains(part), "{part}: {first}");
        }
        let again = answer_once(&listener, "200 OK", r#"{"success":"true","errorCode":"ER-00"}"#).await;
        assert!(again.contains("123456"), "{again}");
        // The second attempt is known for the first, and another message is not.
        let reference = |asked: &str| asked.split("CorrelationID=").nth(1).map(str::to_owned).unwrap();
        assert_eq!(reference(&first), reference(&again));
        sms.send(&Phone::parse("0501234567").unwrap(), "رمز 123456");
        let other = answer_once(&listener, "200 OK", r#"{"success":"true","errorCode":"ER-00"}"#).await;
        assert_ne!(reference(&first), reference(&other));
    }

    #[tokio::test]
    async fn twilio_gets_a_number_with_its_plus_and_its_own_password() {
        let (listener, sms) = provider(config::SmsDriver::Twilio).await;
        sms.send(&Phone::parse("0501234567").unwrap(), "123456");
        let asked = answer_once(&listener, "201 Created", "{}").await;
        assert!(asked.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1"), "{asked}");
        assert!(asked.contains("To=%2B966501234567&From=MAZAD&Body=123456"), "{asked}");
        assert!(asked.contains("authorization: Basic QUMxOnRoZSBrZXk="), "{asked}");
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, kind: None, retry_after: Some(Duration::from_secs(7)), body: body.to_owned().into() }
    }

    #[test]
    fn every_answer_of_unifonic_is_understood() {
        let taken =
            r#"{"success":true,"message":"","errorCode":"ER-00","data":{"MessageID":42000348806924,"Status":"Sent"}}"#;
        let refused =
            |code: &str| format!(r#"{{"success":false,"message":"Dest num","errorCode":{code},"data":{{}}}}"#);
        for (status, body, wanted) in [
            (200, taken.to_owned(), "taken 42000348806924"),
            (200, r#"{"success":"true","data":{"MessageID":"77"}}"#.to_owned(), "taken 77"),
            (200, refused(r#""ER-01""#), "misconfigured"),
            (200, refused(r#""ER-02""#), "never"),
            (200, refused(r#""ER-03""#), "never"),
            (400, refused(r#""ER-04""#), "never"),
            (200, refused(r#""ER-05""#), "never"),
            (200, refused(r#""ER-06""#), "never"),
            (200, refused(r#""ER-07""#), "never"),
            (200, refused(r#""ER-08""#), "misconfigured"),
            (200, refused(r#""ER-09""#), "taken -"),
            (200, refused(r#""ER-10""#), "later 7"),
            (200, refused("401"), "misconfigured"),
            (200, refused(r#""449""#), "never"),
            (200, refused("480"), "misconfigured"),
            (200, refused("482"), "never"),
            (200, refused(r#""ER-99""#), "later 7"),
            (401, String::new(), "misconfigured"),
            (403, "<html>".to_owned(), "misconfigured"),
            (429, String::new(), "later 7"),
            (502, String::new(), "later 7"),
            (200, "not json".to_owned(), "later 7"),
            (200, r#"{"success":"false"}"#.to_owned(), "later 7"),
        ] {
            assert_eq!(told(&read_unifonic(&answer(status, &body))), wanted, "{status} {body}");
        }
    }

    #[test]
    fn every_answer_of_twilio_is_understood() {
        let refused = |code: u32| format!(r#"{{"code":{code},"message":"The 'To' number","status":400}}"#);
        for (status, body, wanted) in [
            (201, r#"{"sid":"SM1","status":"queued","error_code":null}"#.to_owned(), "taken SM1"),
            (400, refused(21_211), "never"),
            (400, refused(21_408), "never"),
            (400, refused(21_608), "never"),
            (400, refused(21_610), "gone"),
            (400, refused(21_612), "never"),
            (400, refused(21_614), "never"),
            (401, refused(20_003), "misconfigured"),
            (403, refused(20_403), "misconfigured"),
            (404, refused(20_404), "misconfigured"),
            (429, refused(20_429), "later 7"),
            (500, String::new(), "later 7"),
            (503, "busy".to_owned(), "later 7"),
        ] {
            assert_eq!(told(&read_twilio(&answer(status, &body))), wanted, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn a_notice_is_handed_over_once_and_waited_for() {
        let (listener, sms) = provider(config::SmsDriver::Unifonic).await;
        let to = Phone::parse("0501234567").unwrap();
        let body = r#"{"success":true,"errorCode":"ER-00","data":{"MessageID":9}}"#;
        let (asked, outcome) = tokio::join!(answer_once(&listener, "200 OK", body), sms.deliver(&to, "text", "ntc_1"));
        assert!(asked.contains("&CorrelationID=ntc_1"), "{asked}");
        assert_eq!(told(&outcome), "taken 9");
        let (_, outcome) =
            tokio::join!(answer_once(&listener, "429 Slow\r\nRetry-After: 30", ""), sms.deliver(&to, "text", "ntc_1"));
        assert_eq!(told(&outcome), "later 30");
        drop(listener);
        let why = sms.deliver(&to, "secret words", "ntc_1").await.unwrap_err();
        assert!(matches!(why, NotSent::Later { after: None, .. }), "{why:?}");
        let shown = format!("{why:?} {sms:?}");
        for hidden in ["the key", "secret words", "501234567"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
}
