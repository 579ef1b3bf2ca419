//! One-time codes by short message: making, sending, checking.
//!
//! Who asks learns nothing about accounts: where there is nobody to send to, a decoy is booked that no code opens. The
//! limits and the counting are the database's (`persistence::codes`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use aws_lc_rs::rand;

use crate::clock::Clock;
use crate::config;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Country;
use crate::domain::user::Phone;
use crate::drivers::sms::Sms;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::flows::work::Work;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::codes;
use crate::persistence::codes::Booking;
use crate::persistence::codes::CodeOf;
use crate::persistence::codes::Guess;
use crate::persistence::codes::GuessRules;
use crate::persistence::codes::NewCode;
use crate::persistence::codes::PrefixRule;
use crate::persistence::codes::Rate;
use crate::persistence::codes::SendRules;
use crate::persistence::codes::Stranger;
use crate::persistence::users::NewAccount;

/// What a code is for; a code for one thing never does another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Proving a new account's phone.
    Register,
    /// A new password.
    ResetPassword,
    /// Letting an account at a provider open the phone's account.
    Link,
    /// Erasing an account.
    Erase,
    /// Proving the new phone of an account.
    ChangePhone,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::Link => "link",
            Self::Erase => "erase",
            Self::ChangePhone => "change_phone",
        }
    }

    /// Whether such a code may go to a phone without an account. The others go to phones that were proven, and nobody is
    /// paid for those; whoever forgot a password is told nothing, so nothing could be asked of them either.
    const fn is_for_strangers(self) -> bool {
        match self {
            Self::Register | Self::Link | Self::ChangePhone => true,
            Self::ResetPassword | Self::Erase => false,
        }
    }
}

/// What the owner of the phone is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The code.
    Code,
    /// That the phone, or the address of the registration, has an account already.
    HasAccount,
    /// Nothing: there is no account.
    Nothing,
}

/// A code that somebody asks for.
pub struct Asked<'a> {
    /// What for.
    pub purpose: Purpose,
    /// To what else the code is bound; empty for nothing.
    pub bound_to: &'a str,
    /// The account that it will prove, or an id of nobody.
    pub user: UserId,
    /// Where it goes.
    pub phone: &'a Phone,
    /// In whose language, `ar` or `en`.
    pub locale: &'a str,
    /// What goes there.
    pub telling: Telling,
    /// Who asks.
    pub visitor: &'a Visitor,
}

/// Sends and checks codes. Cheap to clone.
#[derive(Clone)]
pub struct Codes {
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Clock,
    ids: IdMint,
    sms: Sms,
    pepper: hmac::Key,
    sending: bool,
    countries: Vec<Country>,
    rules: SendRules,
    alarm_at: i64,
    work: Work,
    seen: Mutex<Seen>,
}

/// What became of wishes for codes since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Booked; decoys are among them.
    pub booked: u64,
    /// Refused by a limit of the phone, the address or the network.
    pub limited: u64,
    /// Refused because codes are switched off or the day's budget is spent.
    pub paused: u64,
    /// Refused because too few codes of the prefix were used.
    pub prefix_paused: u64,
    /// Sent away to work first.
    pub work_needed: u64,
    /// Booked today, UTC, by every process on this database, as far as this one knows.
    pub today: i64,
    /// As many as may be booked in a day.
    pub budget: u32,
}

#[derive(Default)]
struct Seen {
    counts: Observation,
    /// The day of `counts.today`, counted from the Unix epoch.
    day: i64,
    /// Prefixes that the log told of, and when; there are a hundred for each country.
    told: HashMap<String, UnixMicros>,
}

/// The log tells of a prefix that gets no codes no more often than this.
const TELL_EVERY: Span = Span::hours(1);

fn day_of(at: UnixMicros) -> i64 {
    at.0.div_euclid(86_400_000_000)
}

const GUESSES: GuessRules = GuessRules {
    attempts: limits::OTP_ATTEMPTS_MAX,
    failures: limits::OTP_FAILURES_PER_DAY,
    // Counted from when a code was sent; the last guess at it may be made as long after that as it lives.
    within: Span::secs(86_400 + limits::OTP_SECS),
};

impl Codes {
    /// Codes with the limits of these settings; `pepper` keys their digests. `work` is asked of whoever asks too often.
    #[must_use]
    pub fn new(
        settings: &config::Otp,
        db: Db,
        clock: Clock,
        ids: IdMint,
        sms: Sms,
        pepper: &[u8; 32],
        work: Work,
    ) -> Self {
        let rate = |most, secs| Rate { most, within: Span::secs(secs) };
        let rules = SendRules {
            phone: vec![
                rate(1, limits::OTP_PAUSE_SECS),
                rate(limits::OTP_PER_HOUR, 3_600),
                rate(limits::OTP_PER_DAY, 86_400),
            ],
            address: rate(settings.per_address_hour, 3_600),
            network: rate(settings.per_network_hour, 3_600),
            per_day: settings.daily_budget,
            free: (settings.work_after > 0).then(|| rate(settings.work_after, 3_600)),
            prefix: (settings.prefix_codes > 0).then_some(PrefixRule {
                codes: settings.prefix_codes,
                within: Span::hours(24),
                used_percent: settings.prefix_used_percent,
            }),
        };
        let alarm_at = i64::from(settings.daily_budget) * i64::from(settings.budget_alarm_percent) / 100;
        let parts = Parts {
            db,
            clock,
            ids,
            sms,
            pepper: hmac::Key::new(hmac::HMAC_SHA256, pepper),
            sending: settings.sending,
            countries: settings.countries.iter().filter_map(|iso| Country::find(iso)).collect(),
            rules,
            alarm_at,
            work,
            seen: Mutex::default(),
        };
        Self { parts: Arc::new(parts) }
    }

    /// What became of wishes for codes. No side effect.
    #[must_use]
    pub fn observe(&self) -> Observation {
        let parts = &*self.parts;
        let seen = parts.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let today = if seen.day == day_of(parts.clock.now()) { seen.counts.today } else { 0 };
        Observation { today, budget: parts.rules.per_day, ..seen.counts }
    }

    /// Counts what became of a wish.
    fn saw(&self, count: impl FnOnce(&mut Seen)) {
        count(&mut self.parts.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How short messages leave.
    #[must_use]
    pub fn sms(&self) -> &Sms {
        &self.parts.sms
    }

    /// Books a code and sends it; creates `account` in the same transaction.
    ///
    /// # Errors
    /// [`SignInError`]: a limit, a country without service, codes switched off, or the store's
    /// [`StoreError::Duplicate`](crate::persistence::error::StoreError::Duplicate) for the account.
    pub async fn send(&self, asked: &Asked<'_>, account: Option<&NewAccount>) -> Result<(), SignInError> {
        let parts = &*self.parts;
        if !parts.countries.contains(&asked.phone.country()) {
            return Err(SignInError::NotServed);
        }
        if !parts.sending {
            self.saw(|seen| seen.counts.paused += 1);
            return Err(SignInError::CodesPaused);
        }
        let at = parts.clock.now();
        let code = random_code()?;
        let digest = match asked.telling {
            Telling::Code => self.digest(asked.purpose, asked.bound_to, asked.user, &code),
            // A digest of no code: nobody can be told it, and nobody can guess it.
            Telling::HasAccount | Telling::Nothing => self.digest(asked.purpose, &random_code()?, asked.user, "decoy"),
        };
        let (address, network) = places(asked.visitor.address);
        let answer = asked.visitor.work.as_deref();
        let booked = NewCode {
            id: parts.ids.next(),
            user: asked.user,
            phone: asked.phone.clone(),
            purpose: asked.purpose.word(),
            digest,
            stranger: asked.purpose.is_for_strangers().then(|| Stranger {
                prefix: asked.phone.prefix().to_owned(),
                work: answer
                    .and_then(|answer| parts.work.check(asked.phone, answer, at))
                    .map(|done| (done.mac, done.expires_at)),
            }),
            address,
            network,
            at,
            expires_at: at.plus(Span::secs(limits::OTP_SECS)),
        };
        let booking = codes::book_code(&parts.db, account, &booked, &parts.rules).await?;
        self.outcome(booking, asked.phone, at)?;
        if let Some(text) = text(asked.telling, asked.locale, &code) {
            parts.sms.send(asked.phone, &text);
        }
        Ok(())
    }

    /// Counts and tells what became of a wish.
    fn outcome(&self, booking: Booking, phone: &Phone, at: UnixMicros) -> Result<(), SignInError> {
        let parts = &*self.parts;
        match booking {
            Booking::Booked { today } => {
                self.saw(|seen| {
                    seen.counts.booked += 1;
                    (seen.day, seen.counts.today) = (day_of(at), today);
                });
                if today == parts.alarm_at {
                    let most = parts.rules.per_day;
                    tracing::error!(today, most, "most of today's one-time codes are spent (otp.budget_alarm_percent)");
                }
                Ok(())
            }
            Booking::PhoneWaits(wait) => {
                self.saw(|seen| seen.counts.limited += 1);
                Err(SignInError::OtpTooSoon(wait))
            }
            Booking::AddressWaits(wait) => {
                self.saw(|seen| seen.counts.limited += 1);
                Err(SignInError::TooManyCodes(wait))
            }
            Booking::BudgetSpent => {
                self.saw(|seen| seen.counts.paused += 1);
                let most = parts.rules.per_day;
                tracing::error!(most, "today's budget of one-time codes is spent (otp.daily_budget)");
                Err(SignInError::CodesPaused)
            }
            Booking::PrefixUnused { used, codes } => {
                let prefix = phone.prefix();
                self.saw(|seen| {
                    seen.counts.prefix_paused += 1;
                    if seen.told.get(prefix).is_none_or(|told| at.since(*told) >= TELL_EVERY) {
                        seen.told.insert(prefix.to_owned(), at);
                        tracing::error!(
                            prefix,
                            used,
                            codes,
                            "no codes for these phones: too few were used (otp.prefix_codes)"
                        );
                    }
                });
                Err(SignInError::PrefixPaused)
            }
            Booking::WorkNeeded => {
                self.saw(|seen| seen.counts.work_needed += 1);
                Err(SignInError::WorkNeeded(parts.work.challenge(phone, at)?))
            }
        }
    }

    /// Whose code this is. It serves once.
    ///
    /// # Errors
    /// [`SignInError::OtpWrong`], [`SignInError::OtpExhausted`], [`SignInError::Store`].
    pub async fn check(
        &self,
        of: CodeOf<'_>,
        purpose: Purpose,
        bound_to: &str,
        code: &str,
    ) -> Result<UserId, SignInError> {
        let parts = &*self.parts;
        let same = |user, stored: &[u8]| {
            constant_time::verify_slices_are_equal(stored, &self.digest(purpose, bound_to, user, code)).is_ok()
        };
        match codes::guess_code(&parts.db, of, purpose.word(), GUESSES, parts.clock.now(), same).await? {
            Guess::Right(user) => Ok(user),
            Guess::Wrong => Err(SignInError::OtpWrong),
            Guess::Exhausted => Err(SignInError::OtpExhausted),
        }
    }

    /// The phone to which an account's, or a decoy's, last code of a purpose went.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn phone_of(&self, user: UserId, purpose: Purpose) -> Result<Option<Phone>, SignInError> {
        Ok(codes::find_phone(&self.parts.db, user, purpose.word()).await?)
    }

    /// Keyed and bound to the purpose and the account, so that neither a copy of the database nor another's code helps.
    fn digest(&self, purpose: Purpose, bound_to: &str, user: UserId, code: &str) -> [u8; 32] {
        let mut out = [0; 32];
        let text = format!("{}|{bound_to}|{user}|{code}", purpose.word());
        out.copy_from_slice(hmac::sign(&self.parts.pepper, text.as_bytes()).as_ref());
        out
    }
}

fn text(telling: Telling, locale: &str, code: &str) -> Option<String> {
    match (telling, locale) {
        (Telling::Nothing, _) => None,
        (Telling::Code, "en") => Some(format!("mazad: {code} is your code. It serves for five minutes. Tell nobody.")),
        (Telling::Code, _) => Some(format!("مزاد: {code} هو رمزك. صالح لخمس دقائق. لا تخبر به أحدًا.")),
        (Telling::HasAccount, "en") => {
            Some("mazad: this phone or e-mail address has an account. Sign in instead.".to_owned())
        }
        (Telling::HasAccount, _) => Some("مزاد: لهذا الهاتف أو البريد حساب. سجّل الدخول بدل التسجيل.".to_owned()),
    }
}

/// A code of six digits, each as likely as the other.
fn random_code() -> Result<String, SignInError> {
    const ALL: u32 = 10_u32.pow(limits::OTP_DIGITS);
    loop {
        let mut bytes = [0; 4];
        rand::fill(&mut bytes).map_err(|_| SignInError::no_randomness())?;
        let number = u32::from_le_bytes(bytes);
        // The last, incomplete run of a million would favour small codes.
        if number < u32::MAX / ALL * ALL {
            return Ok(format!("{:06}", number % ALL));
        }
    }
}

/// Where somebody is, and the net around it: an address and its /24; of IPv6 a /64, which one host has for itself, and a
/// /48.
pub(super) fn places(address: IpAddr) -> (String, String) {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            (v4.to_string(), Ipv4Addr::new(a, b, c, 0).to_string())
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            let net = |d| Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0);
            (format!("{}/64", net(d)), format!("{}/48", net(0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits() {
        for _ in 0..100 {
            let code = random_code().unwrap();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }

    #[test]
    fn an_address_stands_in_its_network() {
        let places = |text: &str| places(text.parse().unwrap());
        assert_eq!(places("192.0.2.7"), ("192.0.2.7".to_owned(), "192.0.2.0".to_owned()));
        assert_eq!(places("::ffff:192.0.2.7"), places("192.0.2.7"));
        assert_eq!(places("2001:db8:1:2:3:4:5:6"), ("2001:db8:1:2::/64".to_owned(), "2001:db8:1::/48".to_owned()));
    }

    #[test]
    fn a_message_speaks_its_readers_language() {
        assert!(text(Telling::Code, "ar", "123456").unwrap().contains("123456 هو رمزك"));
        assert!(text(Telling::Code, "en", "123456").unwrap().contains("123456 is your code"));
        assert_eq!(text(Telling::Nothing, "ar", "123456"), None);
    }
}
