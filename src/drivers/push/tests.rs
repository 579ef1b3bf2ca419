//! What is pushed where, without a network; the rest is in `tests/it/channels`.

use std::time::Duration;

use super::*;
use crate::config::Config;
use crate::domain::time::UnixMicros;

fn push(key: &str) -> Push {
    let mut settings = Config::load(None).unwrap().push;
    settings.driver = PushDriver::Live;
    settings.vapid_key = key.into();
    Push::open(&settings, "https://mazad.example", Clock::manual(UnixMicros(0))).unwrap()
}

fn browser(endpoint: &str) -> Device {
    Device::Web { endpoint: endpoint.to_owned(), p256dh: [4; 65], auth: [0; 16] }
}

#[test]
fn without_a_key_nothing_is_pushed_and_a_wrong_one_is_told() {
    let without = push("");
    assert!(without.public_key().is_none() && !without.takes(&browser("https://push.example/x")));
    assert!(!without.takes(&Device::Fcm { token: "t".to_owned() }), "no credentials");
    let mut settings = Config::load(None).unwrap().push;
    settings.vapid_key = "hunter2".into();
    let fault = Push::open(&settings, "", Clock::System).unwrap_err().to_string();
    assert!(
        fault.contains("push.vapid_key") && fault.contains("mazad vapid-key") && !fault.contains("hunter2"),
        "{fault}"
    );
    settings.vapid_key = "".into();
    settings.driver = PushDriver::Live;
    settings.fcm_credentials = "/nowhere/firebase.json".into();
    let fault = Push::open(&settings, "", Clock::System).unwrap_err().to_string();
    assert!(fault.contains("push.fcm_credentials: /nowhere/firebase.json"), "{fault}");
}

#[test]
fn every_push_service_has_a_breaker_of_its_own() {
    let push = push(&new_key().unwrap());
    assert_ne!(push.provider(&browser("https://a.example/1")), push.provider(&browser("https://b.example/1")));
    assert_eq!(push.provider(&browser("https://a.example/1")), push.provider(&browser("https://A.example:443/2")));
}

#[test]
fn what_is_pushed_is_never_larger_than_a_service_takes() {
    let text = PushText {
        title: "ط".repeat(crate::limits::TITLE_CHARS_MAX),
        body: "ط".repeat(crate::limits::PUSH_UNITS_MAX),
        url: format!("https://mazad.example/{}", "x".repeat(200)),
        tag: "x".repeat(64),
        urgent: false,
        ttl: Duration::from_secs(1),
        language: "ar",
    };
    let body = web::encrypt(text_of(&text).as_bytes(), &point(), &[0; 16]).unwrap();
    assert!(body.len() <= 3_072, "{}", body.len());
}

/// The public key of the standard's example.
fn point() -> [u8; 65] {
    use base64::Engine as _;
    let text = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
}
