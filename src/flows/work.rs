//! Work that a client must do before a code is sent: cheap for one person, dear for whoever wants thousands sent.
//!
//! A challenge is text that the server need not remember: when it ends, how many bits, sixteen random bytes, and a keyed
//! digest of these and the phone. The answer is that text with a number behind it, found by trying, so that its SHA-256
//! begins with as many zero bits. Whoever brings it cannot use it for another phone, later, or twice.

use aws_lc_rs::constant_time;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Phone;
use crate::flows::sign_in::SignInError;
use crate::limits;

/// What a client has to work at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The text in front of the number.
    pub text: String,
    /// Zero bits that the digest begins with.
    pub bits: u32,
    /// How long an answer is taken.
    pub within: Span,
}

/// A challenge that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What tells it from others.
    pub mac: [u8; 32],
    /// When it would have ended.
    pub expires_at: UnixMicros,
}

/// Gives out challenges and looks at answers.
pub struct Work {
    key: hmac::Key,
    bits: u32,
}

impl Work {
    /// Work of so many bits; `key` binds challenges to this server.
    #[must_use]
    pub fn new(key: &[u8; 32], bits: u32) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), bits }
    }

    /// A new challenge for who wants a code sent to this phone.
    ///
    /// # Errors
    /// [`SignInError::Store`] without random bytes.
    pub fn challenge(&self, phone: &Phone, now: UnixMicros) -> Result<Challenge, SignInError> {
        let within = Span::secs(limits::WORK_SECS);
        let mut nonce = [0_u8; 16];
        rand::fill(&mut nonce).map_err(|_| SignInError::no_randomness())?;
        let head = format!("{}.{}.{}", now.plus(within).0, self.bits, BASE64.encode(nonce));
        let text = format!("{head}.{}", BASE64.encode(self.mac(&head, phone)));
        Ok(Challenge { text, bits: self.bits, within })
    }

    /// Which challenge this answers; `None` when it answers none of ours for this phone, or too late.
    #[must_use]
    pub fn check(&self, phone: &Phone, answer: &str, now: UnixMicros) -> Option<Answered> {
        if answer.len() > limits::WORK_ANSWER_BYTES_MAX {
            return None;
        }
        let (text, _number) = answer.rsplit_once('.')?;
        let (head, sent) = text.rsplit_once('.')?;
        let mac = self.mac(head, phone);
        let sent = BASE64.decode(sent).ok()?;
        constant_time::verify_slices_are_equal(&sent, &mac).ok()?;
        let mut parts = head.split('.');
        let expires_at = UnixMicros(parts.next()?.parse().ok()?);
        let bits: u32 = parts.next()?.parse().ok()?;
        (now < expires_at && zero_bits(answer.as_bytes()) >= bits).then_some(Answered { mac, expires_at })
    }

    fn mac(&self, head: &str, phone: &Phone) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(hmac::sign(&self.key, format!("{head}.{phone}").as_bytes()).as_ref());
        out
    }
}

/// With how many zero bits the SHA-256 of a text begins.
#[must_use]
pub fn zero_bits(text: &[u8]) -> u32 {
    let mut bits = 0;
    for byte in digest::digest(&digest::SHA256, text).as_ref() {
        bits += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMicros = UnixMicros(1_795_348_800_000_000);

    fn solve(challenge: &Challenge) -> String {
        let mut answers = (0..1_000_000).map(|number: u32| format!("{}.{number}", challenge.text));
        answers.find(|answer| zero_bits(answer.as_bytes()) >= challenge.bits).unwrap()
    }

    #[test]
    fn an_answer_serves_its_phone_in_its_time() {
        let work = Work::new(&[7; 32], 10);
        let phone = Phone::parse("0501234567").unwrap();
        let challenge = work.challenge(&phone, NOW).unwrap();
        let answer = solve(&challenge);
        let last = NOW.plus(challenge.within).minus(Span(1));
        assert!(work.check(&phone, &answer, NOW).is_some());
        assert_eq!(work.check(&phone, &answer, last), work.check(&phone, &answer, NOW));
        assert_eq!(work.check(&phone, &answer, NOW.plus(challenge.within)), None);
        assert_eq!(work.check(&Phone::parse("0501234568").unwrap(), &answer, NOW), None);
        assert_eq!(Work::new(&[8; 32], 10).check(&phone, &answer, NOW), None, "another server's");
    }

    #[test]
    fn what_is_no_work_is_not_taken() {
        let work = Work::new(&[7; 32], 10);
        let phone = Phone::parse("0501234567").unwrap();
        let challenge = work.challenge(&phone, NOW).unwrap();
        let mut answers = (0..1_000_000).map(|number: u32| format!("{}.{number}", challenge.text));
        let lazy = answers.find(|answer| zero_bits(answer.as_bytes()) < challenge.bits).unwrap();
        let easier = solve(&challenge).replacen(".10.", ".1.", 1);
        let longer = format!("{}.{}", challenge.text, "1".repeat(limits::WORK_ANSWER_BYTES_MAX));
        for answer in ["", ".", "...", "a.b.c.d.e", &challenge.text, &lazy, &easier, &longer] {
            assert_eq!(work.check(&phone, answer, NOW), None, "{answer}");
        }
    }

    #[test]
    fn zero_bits_are_counted_from_the_left() {
        // The digest in FIPS 180-4 begins with ba.
        assert_eq!(zero_bits(b"abc"), 0);
        let mut texts = (0..100_000).map(|number: u32| number.to_string());
        let found = texts.find(|text| zero_bits(text.as_bytes()) >= 9).unwrap();
        let digest = digest::digest(&digest::SHA256, found.as_bytes());
        assert!(digest.as_ref()[0] == 0 && digest.as_ref()[1] < 0x80, "{found}");
    }
}
