//! Letters.

use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use lettre::AsyncSmtpTransport;
use lettre::AsyncTransport as _;
use lettre::Message;
use lettre::Tokio1Executor;
use lettre::message::Mailbox;
use lettre::message::MultiPart;
use lettre::message::header::ContentType;
use lettre::message::header::HeaderName;
use lettre::message::header::HeaderValue;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Certificate;
use lettre::transport::smtp::client::Tls;
use lettre::transport::smtp::client::TlsParameters;
use secrecy::ExposeSecret as _;

use crate::config;
use crate::config::EmailDriver;
use crate::config::EmailTls;
use crate::domain::message::Letter;
use crate::domain::user::Email as Address;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::limits;

/// What the memory driver keeps.
const KEPT: usize = 1_000;
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
const CONTENT_LANGUAGE: HeaderName = HeaderName::new_from_ascii_str("Content-Language");

/// A way to send them. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Email {
    /// None.
    Off,
    /// Into the log, without what they say. The configuration refuses it in production.
    Log,
    /// Into memory, for tests; refused in production as well.
    Memory(Arc<Mutex<VecDeque<(Address, Letter)>>>),
    /// To a server.
    Smtp(Post),
}

/// The way to a server.
#[derive(Clone, Debug)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why letters cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// The address that letters come from is none.
    #[error("email.from: {0:?} is no address such as mazad <notices@mazad.example>")]
    From(String),
    /// The certificates cannot be read.
    #[error("email.ca_file: {0}")]
    Certificates(String),
    /// TLS cannot be set up.
    #[error("email.host: {0}")]
    Tls(String),
}

impl Email {
    /// The driver that the settings name. Nobody is connected to before the first letter.
    ///
    /// # Errors
    /// [`EmailError`] names the setting.
    pub fn open(settings: &config::Email) -> Result<Self, EmailError> {
        match settings.driver {
            EmailDriver::Off => Ok(Self::Off),
            EmailDriver::Log => Ok(Self::Log),
            EmailDriver::Memory => Ok(Self::Memory(Arc::default())),
            EmailDriver::Smtp => Post::open(settings).map(Self::Smtp),
        }
    }

    /// Who brings them, as deliveries and breakers call it.
    #[must_use]
    pub const fn provider(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Log => "log",
            Self::Memory(_) => "memory",
            Self::Smtp(_) => "smtp",
        }
    }

    /// Whether there is a way at all: where there is none, none is planned.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Hands a letter over, once. `reference` is the same when one letter is handed over again: it becomes its `Message-ID`, by
    /// which mailboxes know a letter that came twice.
    ///
    /// # Errors
    /// [`NotSent`] says whether another attempt may help.
    pub async fn deliver(&self, to: &Address, letter: &Letter, reference: &str) -> Result<Sent, NotSent> {
        match self {
            Self::Off => return Err(NotSent::never("email.driver is off")),
            Self::Log => tracing::info!(notice = reference, "a letter (development only)"),
            Self::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((to.clone(), letter.clone()));
            }
            Self::Smtp(post) => return post.deliver(to, letter, reference).await,
        }
        Ok(Sent::Taken { reference: None })
    }

    /// Everything that memory keeps, oldest first.
    #[must_use]
    pub fn kept(&self) -> Vec<(Address, Letter)> {
        match self {
            Self::Off | Self::Log | Self::Smtp(_) => Vec::new(),
            Self::Memory(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect(),
        }
    }
}

impl Post {
    fn open(settings: &config::Email) -> Result<Self, EmailError> {
        let from = settings.from.parse().map_err(|_| EmailError::From(settings.from.clone()))?;
        let tls = || -> Result<TlsParameters, EmailError> {
            let mut tls = TlsParameters::builder(settings.host.clone());
            if !settings.ca_file.as_os_str().is_empty() {
                let unread = |why: String| EmailError::Certificates(format!("{}: {why}", settings.ca_file.display()));
                let pem = fs::read(&settings.ca_file).map_err(|error| unread(error.to_string()))?;
                tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| unread(error.to_string()))?);
            }
            tls.build().map_err(|error| EmailError::Tls(error.to_string()))
        };
        let (tls, usual) = match settings.tls {
            EmailTls::None => (Tls::None, 25),
            EmailTls::Always => (Tls::Wrapper(tls()?), 465),
            // Never "where it is offered": whoever sits in between would take the offer away.
            EmailTls::Starttls => (Tls::Required(tls()?), 587),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
            .port(if settings.port == 0 { usual } else { settings.port })
            .tls(tls)
            .timeout(Some(Duration::from_secs(limits::SMTP_SECS_MAX)))
            .pool_config(PoolConfig::new().max_size(limits::SMTP_CONNECTIONS_MAX));
        if !settings.user.is_empty() {
            let password = settings.password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(settings.user.clone(), password));
        }
        Ok(Self { transport: builder.build(), from })
    }

    async fn deliver(&self, to: &Address, letter: &Letter, reference: &str) -> Result<Sent, NotSent> {
        let message = self.write(to, letter, reference).map_err(NotSent::never)?;
        let send = self.transport.send(message);
        // The transport's time is for each step; a server that takes every step slowly is too slow as well.
        let Ok(answer) = tokio::time::timeout(Duration::from_secs(3 * limits::SMTP_SECS_MAX), send).await else {
            return Err(NotSent::later("no answer in time"));
        };
        match answer {
            Ok(_) => Ok(Sent::Taken { reference: None }),
            Err(error) => Err(read(&error)),
        }
    }

    fn write(&self, to: &Address, letter: &Letter, reference: &str) -> Result<Message, String> {
        let to = to.as_str().parse::<lettre::Address>().map_err(|_| "no address that SMTP takes".to_owned())?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .message_id(Some(format!("<{reference}@{}>", self.from.email.domain())))
            // RFC 3834: nobody's absence is to answer.
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .raw_header(HeaderValue::new(CONTENT_LANGUAGE, letter.language.to_owned()))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, &letter.text))
                    .singlepart(part(ContentType::TEXT_HTML, &letter.html)),
            )
            .map_err(|error| error.to_string())
    }
}

fn part(kind: ContentType, text: &str) -> lettre::message::SinglePart {
    lettre::message::SinglePart::builder().header(kind).body(text.to_owned())
}

/// Whether a permanent no means that the mailbox is not there or has moved (RFC 5321 §4.2.3). The same codes say that we may not
/// write, which is no fault of the address: an enhanced code tells them apart (RFC 3463: 5.1 is the address, 5.2.1 a mailbox
/// that is closed, 5.7 what is allowed), and where there is none, the word that servers refuse to relay with.
fn is_of_mailbox(said: &str) -> bool {
    let said = said.split_once("): ").map_or("", |(_, said)| said);
    let is_enhanced = |word: &&str| word.starts_with("5.") && word.split('.').count() == 3;
    match said.split_whitespace().next().filter(is_enhanced) {
        // 5.1.7 and 5.1.8 are the address that we send from.
        Some("5.1.7" | "5.1.8") => false,
        Some(enhanced) => enhanced.starts_with("5.1.") || enhanced == "5.2.1",
        None => !said.to_ascii_lowercase().contains("relay"),
    }
}

/// What a server says no with. Its words may repeat the address, so only its code is told.
fn read(error: &Error) -> NotSent {
    let Some(code) = error.status() else {
        return if error.is_response() {
            NotSent::later("an answer that is not SMTP")
        } else if error.is_client() || error.is_tls() {
            // No STARTTLS, no way to sign in that both know.
            NotSent::Misconfigured { why: error.to_string() }
        } else {
            // Neither transient nor permanent: it was not reached, or broke off.
            NotSent::later(error.to_string())
        };
    };
    let why = format!("the server answered {code}");
    match u16::from(code) {
        // RFC 4954 §6: who we are is not believed, or must be said.
        530 | 534 | 535 | 538 => NotSent::Misconfigured { why },
        550 | 551 | 553 if is_of_mailbox(&error.to_string()) => NotSent::Gone { why },
        500.. => NotSent::Never { why },
        _ => NotSent::later(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_may_not_be_written_through_is_no_mailbox_that_is_gone() {
        for (said, is_gone) in [
            ("", true),
            ("No such user here", true),
            ("5.1.1 The email account that you tried to reach does not exist", true),
            ("5.1.10 RESOLVER.ADR.RecipientNotFound", true),
            ("5.2.1 The account is disabled", true),
            ("5.1.8 Sender domain not found", false),
            ("5.2.2 The mailbox is full", false),
            ("5.7.1 Unable to relay", false),
            ("5.7.26 Unauthenticated email is not accepted", false),
            ("relaying denied", false),
            ("Relay access denied", false),
        ] {
            assert_eq!(is_of_mailbox(&format!("permanent error (550): {said}")), is_gone, "{said}");
        }
    }
}
