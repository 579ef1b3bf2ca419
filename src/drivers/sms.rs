//! Short messages.
//!
//! Sending never makes anybody wait: a message goes into a bounded queue, from which a few at a time are handed to the
//! provider, thrice at most. So an answer takes as long whether or not there was anybody to write to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

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
    /// To a provider, through a queue.
    Queue(mpsc::Sender<(Phone, String)>, Arc<HighWater>),
}

impl Sms {
    /// The driver that the settings name. Must run inside a runtime, which carries the queue.
    ///
    /// # Errors
    /// When the provider's address cannot be called.
    pub fn open(settings: &config::Sms) -> Result<Self, OutboundError> {
        let usual = match settings.driver {
            config::SmsDriver::Log => return Ok(Self::Log),
            config::SmsDriver::Memory => return Ok(Self::Memory(Arc::default())),
            config::SmsDriver::Unifonic => UNIFONIC,
            config::SmsDriver::Twilio => TWILIO,
        };
        let endpoint = if settings.endpoint.is_empty() { usual } else { &settings.endpoint };
        let gateway = Gateway {
            driver: settings.driver,
            outbound: Outbound::new([endpoint])?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            key: settings.api_key.clone(),
            account: settings.account.clone(),
            sender: settings.sender.clone(),
        };
        let (queue, messages) = mpsc::channel(limits::SMS_QUEUE_MAX);
        let messages = stream::unfold(messages, async |mut messages| Some((messages.recv().await?, messages)));
        tokio::spawn(async move {
            let gateway = &gateway;
            let deliver = |(to, text): (Phone, String)| async move { gateway.deliver(&to, &text).await };
            messages.for_each_concurrent(limits::SMS_AT_ONCE, deliver).await;
        });
        Ok(Self::Queue(queue, Arc::default()))
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
            Self::Queue(queue, most) => {
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
            Self::Queue(queue, most) => most.level(queue.max_capacity() - queue.capacity(), queue.max_capacity()),
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
            Self::Log | Self::Queue(..) => Vec::new(),
            Self::Memory(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect(),
        }
    }
}

// ------------------------------------------------------------------ providers

struct Gateway {
    driver: config::SmsDriver,
    outbound: Outbound,
    endpoint: String,
    key: SecretString,
    account: String,
    sender: String,
}

/// What a provider made of a message.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Yes,
    /// Another attempt may help.
    Later(String),
    /// None will.
    Never(String),
}

impl Gateway {
    async fn deliver(&self, to: &Phone, text: &str) {
        let mut waits = AGAIN_AFTER.iter();
        loop {
            let why = match self.attempt(to, text).await {
                Taken::Yes => return,
                Taken::Never(why) => {
                    tracing::error!(sms.to = %to.masked(), %why, "a short message was refused");
                    return;
                }
                Taken::Later(why) => why,
            };
            let Some(wait) = waits.next() else {
                tracing::error!(sms.to = %to.masked(), %why, "a short message was given up");
                return;
            };
            tracing::warn!(sms.to = %to.masked(), %why, "a short message is tried again");
            tokio::time::sleep(*wait).await;
        }
    }

    async fn attempt(&self, to: &Phone, text: &str) -> Taken {
        let request = match self.driver {
            config::SmsDriver::Twilio => self.twilio(to, text),
            config::SmsDriver::Unifonic | config::SmsDriver::Log | config::SmsDriver::Memory => self.unifonic(to, text),
        };
        let request = match request.build() {
            Ok(request) => request,
            Err(error) => return Taken::Never(error.without_url().to_string()),
        };
        match (self.driver, self.outbound.send(request).await) {
            (_, Err(error @ OutboundError::NotAllowed(_))) => Taken::Never(error.to_string()),
            (_, Err(error)) => Taken::Later(error.to_string()),
            (config::SmsDriver::Twilio, Ok(answer)) => read_twilio(&answer),
            (_, Ok(answer)) => read_unifonic(&answer),
        }
    }

    fn unifonic(&self, to: &Phone, text: &str) -> reqwest::RequestBuilder {
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
        self.outbound
            .post(&format!("{}/rest/SMS/messages", self.endpoint))
            .header(reqwest::header::ACCEPT, "application/json")
            .form(&form)
    }

    fn twilio(&self, to: &Phone, text: &str) -> reqwest::RequestBuilder {
        let from = if self.sender.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        self.outbound
            .post(&format!("{}/2010-04-01/Accounts/{}/Messages.json", self.endpoint, self.account))
            .basic_auth(&self.account, Some(self.key.expose_secret()))
            .form(&[("To", to.as_str()), (from, &self.sender), ("Body", text)])
    }
}

/// Unifonic says what happened in the body; a refusal may come with status 200, and `success` may be a string.
fn read_unifonic(answer: &Answer) -> Taken {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let success = body.get("success");
    if success.is_some_and(|word| *word == true || *word == "true") {
        return Taken::Yes;
    }
    let code = body.get("errorCode").and_then(Value::as_str).unwrap_or("no error code").to_owned();
    let why = format!("status {}, {code}", answer.status);
    // Those about the recipient, the text, the sender and the account do not pass with time.
    let lasting = ["ER-01", "ER-02", "ER-03", "ER-04", "ER-05", "ER-06", "ER-07", "ER-08", "ER-09"];
    if lasting.contains(&code.as_str()) || matches!(answer.status, 401 | 403) {
        Taken::Never(why)
    } else {
        Taken::Later(why)
    }
}

/// Twilio asks not to depend on its codes; its statuses say enough.
fn read_twilio(answer: &Answer) -> Taken {
    let why = || {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        format!("status {}, code {}", answer.status, body.get("code").unwrap_or(&Value::Null))
    };
    match answer.status {
        200..300 => Taken::Yes,
        429 | 500.. => Taken::Later(why()),
        _ => Taken::Never(why()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Config;

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

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        let answer = |status, body: &str| Answer { status, kind: None, body: body.to_owned().into() };
        assert_eq!(read_unifonic(&answer(200, r#"{"success":true}"#)), Taken::Yes);
        let refused = read_unifonic(&answer(200, r#"{"success":false,"errorCode":"ER-04"}"#));
        assert!(matches!(refused, Taken::Never(_)), "{refused:?}");
        for later in [answer(200, "not json"), answer(502, ""), answer(200, r#"{"success":"false"}"#)] {
            assert!(matches!(read_unifonic(&later), Taken::Later(_)), "{later:?}");
        }
        assert!(matches!(read_twilio(&answer(400, r#"{"code":21211}"#)), Taken::Never(_)));
        assert!(matches!(read_twilio(&answer(429, "")), Taken::Later(_)));
    }
}
