//! Letters through a real SMTP server (the npm package `smtp-server`), read by a parser that is not ours (`mailparser`).

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use mazad::config::Config;
use mazad::config::EmailDriver;
use mazad::config::EmailTls;
use mazad::domain::ids::RequestId;
use mazad::domain::message::Letter;
use mazad::domain::notice::Notice;
use mazad::domain::user::Email as Address;
use mazad::drivers::email::Email;
use mazad::drivers::sending::NotSent;
use mazad::drivers::sending::Sent;
use mazad::wire::notice;
use mazad::wire::notice::Subject;
use mazad::wire::problem::Language;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::IsCa;
use rcgen::KeyPair;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::script;

const PASSWORD: &str = "hunter2 hunter2";
/// How long it is waited for a letter that is to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it ends with its standard input.
pub(super) struct Mailbox {
    child: Child,
    letters: mpsc::Receiver<String>,
    pub(super) settings: mazad::config::Email,
    _folder: TempDir,
}

impl Mailbox {
    /// One whose certificate an authority of its own has signed, and that asks for a password where there is TLS.
    pub(super) fn start(tls: EmailTls) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let folder = TempDir::new().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, authority.as_ref().pem()).unwrap();

        let (word, user) = match tls {
            EmailTls::None => ("none", ""),
            EmailTls::Always => ("always", "mazad"),
            EmailTls::Starttls => ("starttls", "mazad"),
        };
        let given = json!({
            "tls": word, "key": key.serialize_pem(), "cert": leaf.pem(), "user": user, "pass": PASSWORD,
        });
        let mut child = Command::new("node")
            .arg(script("smtp.mjs"))
            .arg(given.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut settings = Config::load(None).unwrap().email;
        settings.driver = EmailDriver::Smtp;
        settings.host = "localhost".to_owned();
        settings.port = lines.next().expect("the server starts").unwrap().parse().unwrap();
        settings.tls = tls;
        settings.from = "مزاد <notices@mazad.example>".to_owned();
        settings.user = user.to_owned();
        settings.password = if user.is_empty() { "" } else { PASSWORD }.into();
        settings.ca_file = ca_file;
        let (taken, letters) = mpsc::sync_channel(100);
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|letter| taken.send(letter)));
        Self { child, letters, settings, _folder: folder }
    }

    fn driver(&self) -> Email {
        Email::open(&self.settings).unwrap()
    }

    /// The next letter that it took.
    fn next(&self) -> Value {
        serde_json::from_str(&self.letters.recv_timeout(PATIENCE).expect("a letter came")).unwrap()
    }

    /// The next letter that it took by now: a server in this process shares its connections with the test's thread, so whoever
    /// waits for what that sends may not block.
    pub(super) fn try_next(&self) -> Option<Value> {
        self.letters.try_recv().ok().map(|letter| serde_json::from_str(&letter).unwrap())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn letter(language: Language) -> Letter {
    let subject = Subject { request_title: Some("صدام أمامي & <Camry>".to_owned()), ..Subject::default() };
    let text = notice::render(&Notice::RequestCancelled { request: RequestId(7) }, &subject, language);
    notice::letter(&text, "https://mazad.example", language)
}

fn to(address: &str) -> Address {
    Address::parse(address).unwrap()
}

#[actix_web::test]
async fn a_letter_arrives_whole_by_every_way() {
    for tls in [EmailTls::None, EmailTls::Always, EmailTls::Starttls] {
        let mailbox = Mailbox::start(tls);
        let sent = letter(Language::Arabic);
        let outcome = mailbox.driver().deliver(&to("ali@example.com"), &sent, "ntc_0000000000007").await;
        assert_eq!(outcome, Ok(Sent::Taken { reference: None }), "{tls:?}");
        let got = mailbox.next();
        assert_eq!(got["subject"], sent.subject.as_str());
        assert!(sent.subject.contains("أُلغي"), "{}", sent.subject);
        let read = |part: &str| got[part].as_str().unwrap().replace("\r\n", "\n").trim_end().to_owned();
        assert_eq!((read("text").as_str(), read("html").as_str()), (sent.text.trim_end(), sent.html.trim_end()));
        assert!(got["html"].as_str().unwrap().contains("lang=\"ar\" dir=\"rtl\""));
        assert_eq!(got["to"], json!(["ali@example.com"]));
        assert!(got["from"].as_str().unwrap().contains("مزاد"), "{}", got["from"]);
        assert_eq!(got["id"], "<ntc_0000000000007@mazad.example>");
        assert_eq!(got["headers"]["auto-submitted"], "auto-generated");
        assert_eq!(got["headers"]["content-language"], "ar");
        assert!(got["headers"]["content-type"].as_str().unwrap().starts_with("multipart/alternative"), "{got}");
        assert_eq!(got["secure"], tls != EmailTls::None);
        assert_eq!(got["user"], if tls == EmailTls::None { Value::Null } else { json!("mazad") });
    }
}

#[actix_web::test]
async fn every_no_is_told_by_what_helps_against_it() {
    let mailbox = Mailbox::start(EmailTls::None);
    let driver = mailbox.driver();
    for (code, wanted) in [
        (421, "later"),
        (450, "later"),
        (451, "later"),
        (452, "later"),
        (530, "misconfigured"),
        (535, "misconfigured"),
        (550, "gone"),
        (551, "gone"),
        (553, "gone"),
        (552, "never"),
        (554, "never"),
    ] {
        let refused = driver.deliver(&to(&format!("{code}@example.com")), &letter(Language::English), "ntc_1").await;
        let told = match refused.unwrap_err() {
            NotSent::Later { why, .. } => ("later", why),
            NotSent::Never { why } => ("never", why),
            NotSent::Gone { why } => ("gone", why),
            NotSent::Misconfigured { why } => ("misconfigured", why),
        };
        assert_eq!(told, (wanted, format!("the server answered {code}")), "the address stays out of it");
    }
}

#[actix_web::test]
async fn nothing_goes_to_a_server_that_is_not_known_or_does_not_hide_it() {
    // Signed by nobody whom the system knows.
    let mut mailbox = Mailbox::start(EmailTls::Starttls);
    let known = std::mem::take(&mut mailbox.settings.ca_file);
    let refused = mailbox.driver().deliver(&to("ali@example.com"), &letter(Language::English), "ntc_1").await;
    assert!(refused.is_err(), "{refused:?}");
    mailbox.settings.ca_file = known;
    // Another name than its certificate's.
    mailbox.settings.host = "127.0.0.1".to_owned();
    let refused = mailbox.driver().deliver(&to("ali@example.com"), &letter(Language::English), "ntc_1").await;
    assert!(refused.is_err(), "{refused:?}");
    // A wrong password.
    mailbox.settings.host = "localhost".to_owned();
    mailbox.settings.password = "another".into();
    let refused = mailbox.driver().deliver(&to("ali@example.com"), &letter(Language::English), "ntc_1").await;
    assert!(matches!(refused, Err(NotSent::Misconfigured { .. })), "{refused:?}");
    // No STARTTLS where it is wanted, whoever took it away.
    let mut plain = Mailbox::start(EmailTls::None);
    plain.settings.tls = EmailTls::Starttls;
    let refused = plain.driver().deliver(&to("ali@example.com"), &letter(Language::English), "ntc_1").await;
    assert!(matches!(refused, Err(NotSent::Misconfigured { .. })), "{refused:?}");
    // Nobody there.
    let (driver, settings) = (plain.driver(), plain.settings.clone());
    drop(plain);
    let refused = driver.deliver(&to("ali@example.com"), &letter(Language::English), "ntc_1").await;
    assert!(matches!(refused, Err(NotSent::Later { .. })), "{refused:?}");
    assert!(!format!("{driver:?}{settings:?}").contains("hunter2"));
}
