//! Signing in with somebody else's word: `OpenID` Connect, authorization code with PKCE, state and nonce.
//!
//! A provider says who somebody is there, never who they are here. Which account that opens is decided by a one-time
//! code to the account's phone, once; an equal e-mail address decides nothing, because addresses change hands.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::clock::Clock;
use crate::config::OidcProvider;
use crate::domain::ids::UserId;
use crate::domain::text;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::Email;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::drivers::oidc::Provider;
use crate::drivers::oidc::ProviderError;
use crate::drivers::oidc::Ties;
use crate::flows::codes::Asked;
use crate::flows::codes::Codes;
use crate::flows::codes::Purpose;
use crate::flows::codes::Telling;
use crate::flows::keys::sha256;
use crate::flows::password::Hasher;
use crate::flows::sign_in::SignInError;
use crate::flows::sign_in::Visitor;
use crate::flows::tokens;
use crate::flows::tokens::Pair;
use crate::flows::tokens::Tokens;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::codes::CodeOf;
use crate::persistence::error::StoreError;
use crate::persistence::identities;
use crate::persistence::identities::Known;
use crate::persistence::identities::NewLogin;
use crate::persistence::users;
use crate::persistence::users::Account;
use crate::persistence::users::NewAccount;

/// Why nobody gets in this way.
#[derive(Debug)]
pub enum OidcError {
    /// The configuration names no such provider.
    UnknownProvider,
    /// The provider cannot be reached.
    Unavailable,
    /// The answer belongs to no sign-in of this browser, came before or too late, or proves nothing.
    Refused,
    /// The usual reasons.
    SignIn(SignInError),
}

impl<E: Into<SignInError>> From<E> for OidcError {
    fn from(error: E) -> Self {
        Self::SignIn(error.into())
    }
}

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where to send the person.
    pub address: String,
    /// What their browser is to keep and bring along with the answer.
    pub browser: String,
}

/// How a sign-in goes on after the provider's answer.
#[derive(Debug)]
pub enum Next {
    /// The person is in.
    Entered(Box<(Pair, Account)>),
    /// A phone has to be proven first; this is what the provider told.
    Phone(Known),
}

/// What a person adds for an account that is made now.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// What the account is for.
    pub kind: UserKind,
    /// The name; the provider's where it is left out.
    pub name: Option<String>,
    /// `ar` or `en`.
    pub locale: &'static str,
}

/// What signing in with a provider stands on.
pub struct Around {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// Ids for new accounts.
    pub ids: IdMint,
    /// Tokens.
    pub tokens: Tokens,
    /// One-time codes.
    pub codes: Codes,
    /// Passwords.
    pub hasher: Hasher,
}

/// Signs people in with a provider's word. Cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    parts: Arc<Parts>,
}

struct Parts {
    around: Around,
    providers: Vec<Provider>,
    key: hmac::Key,
}

impl Oidc {
    /// Knows these providers, which send people back below `base`.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn new(settings: &[OidcProvider], base: &str, around: Around) -> Result<Self, ProviderError> {
        let providers = settings.iter().map(|settings| {
            let redirect = format!("{base}/api/v1/auth/oidc/{}/callback", settings.name);
            Provider::new(settings, &redirect, around.clock.clone())
        });
        let providers = providers.collect::<Result<_, _>>()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &around.tokens.keys().secret_for("sign-ins with a provider"));
        Ok(Self { parts: Arc::new(Parts { around, providers, key }) })
    }

    /// The providers' names and labels.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.providers.iter().map(|provider| (provider.name(), provider.label()))
    }

    fn provider(&self, name: &str) -> Result<&Provider, OidcError> {
        self.parts.providers.iter().find(|provider| provider.name() == name).ok_or(OidcError::UnknownProvider)
    }

    /// The providers whose word opens an account: name, label, and since when. One that the configuration does not name
    /// any more opens nothing and is left out.
    ///
    /// # Errors
    /// [`OidcError::SignIn`] when the database fails.
    pub async fn connected(&self, user: UserId) -> Result<Vec<(&str, &str, UnixMicros)>, OidcError> {
        let linked = identities::list_linked(&self.parts.around.db, user).await?;
        let providers = self.parts.providers.iter().filter_map(|provider| {
            let link = linked.iter().find(|link| link.issuer == provider.issuer())?;
            Some((provider.name(), provider.label(), link.created_at))
        });
        Ok(providers.collect())
    }

    /// From here on a provider's word does not open this account. Tells whether it did.
    ///
    /// # Errors
    /// [`OidcError::UnknownProvider`]; the database.
    pub async fn disconnect(&self, name: &str, user: UserId) -> Result<bool, OidcError> {
        Ok(identities::delete_links(&self.parts.around.db, user, self.provider(name)?.issuer()).await?)
    }

    /// Begins a sign-in. `browser` is what the same browser was given before, if it still has it.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn begin(&self, name: &str, browser: Option<&str>) -> Result<Begun, OidcError> {
        let (parts, provider) = (&*self.parts, self.provider(name)?);
        let state = tokens::random_word()?;
        // Kept where it is there already: a person may begin in two tabs.
        let browser = match browser.filter(|word| is_word(word)) {
            Some(known) => known.to_owned(),
            None => tokens::random_word()?,
        };
        let address = provider.address(&self.ties(&state)).await.map_err(|error| fail(name, &error))?;
        let at = parts.around.clock.now();
        let login = NewLogin {
            state: sha256(state.as_bytes()),
            provider: name,
            browser: sha256(browser.as_bytes()),
            at,
            expires_at: at.plus(Span::secs(limits::OIDC_SECS)),
        };
        identities::begin_login(&parts.around.db, &login).await?;
        Ok(Begun { address, browser })
    }

    /// Takes the provider's answer, which must come through the browser that began, and gives the word with which the
    /// sign-in goes on.
    ///
    /// # Errors
    /// [`OidcError::Refused`] above all.
    pub async fn answered(
        &self,
        name: &str,
        browser: Option<&str>,
        state: &str,
        issuer: Option<&str>,
        code: Option<&str>,
    ) -> Result<String, OidcError> {
        let (parts, provider) = (&*self.parts, self.provider(name)?);
        let (db, now) = (&parts.around.db, parts.around.clock.now());
        let browser = sha256(browser.ok_or(OidcError::Refused)?.as_bytes());
        let digest = sha256(state.as_bytes());
        // Taken before anything is asked of the provider: of two answers one is looked at.
        if !identities::take_answer(db, &digest, name, &browser, now).await? {
            return Err(OidcError::Refused);
        }
        // RFC 9207: an answer from another provider than the one that was asked.
        if issuer.is_some_and(|issuer| issuer != provider.issuer()) {
            return Err(OidcError::Refused);
        }
        // The person said no, or the provider did.
        let code = code.ok_or(OidcError::Refused)?;
        let person = provider.exchange(code, &self.ties(state)).await.map_err(|error| fail(name, &error))?;
        if person.subject.len() > 255 || person.issuer.len() > 255 {
            return Err(OidcError::Refused);
        }
        let name = person.name.map(|name| text::tidy(&name).chars().take(limits::NAME_CHARS_MAX).collect::<String>());
        let known = Known {
            issuer: person.issuer,
            subject: person.subject,
            name: name.filter(|name| !name.is_empty()),
            email: person.email.and_then(|email| Email::parse(&email).ok()).map(|email| email.as_str().to_owned()),
        };
        let link = tokens::random_word()?;
        let until = now.plus(Span::secs(limits::OIDC_SECS));
        identities::keep_answer(db, &digest, &sha256(link.as_bytes()), &known, until).await?;
        Ok(link)
    }

    /// Goes on with a sign-in: in, if the person's account there opens one here; else a phone is needed.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn go_on(&self, name: &str, link: &str, visitor: &Visitor) -> Result<Next, OidcError> {
        let (parts, known) = (&*self.parts, self.known(name, link).await?);
        match identities::find_linked(&parts.around.db, &known).await? {
            Some(user) => self.enter(link, user, visitor).await.map(|entered| Next::Entered(Box::new(entered))),
            None => Ok(Next::Phone(known)),
        }
    }

    /// Sends a code to the phone whose account is to be opened, or made.
    ///
    /// # Errors
    /// [`OidcError`]; a limit of codes.
    pub async fn ask(
        &self,
        name: &str,
        link: &str,
        phone: &Phone,
        locale: &'static str,
        visitor: &Visitor,
    ) -> Result<UserId, OidcError> {
        let around = &self.parts.around;
        self.known(name, link).await?;
        let account = users::find_account_of_phone(&around.db, phone).await?;
        let user = account.as_ref().map_or_else(|| UserId(around.ids.next()), |account| account.id);
        let asked = Asked {
            purpose: Purpose::Link,
            // A code that was sent for one sign-in does not serve another's.
            bound_to: &BASE64.encode(sha256(link.as_bytes())),
            user,
            phone,
            locale: account.as_ref().map_or(locale, |account| account.locale.as_str()),
            telling: Telling::Code,
            visitor,
        };
        around.codes.send(&asked, None).await?;
        Ok(user)
    }

    /// Takes the code, links the accounts and begins a session.
    ///
    /// # Errors
    /// [`OidcError`]; a wrong code above all.
    pub async fn link(
        &self,
        name: &str,
        link: &str,
        phone: &Phone,
        code: &str,
        newcomer: Newcomer,
        visitor: &Visitor,
    ) -> Result<(Pair, Account), OidcError> {
        let around = &self.parts.around;
        let known = self.known(name, link).await?;
        let bound_to = BASE64.encode(sha256(link.as_bytes()));
        around.codes.check(CodeOf::Phone(phone), Purpose::Link, &bound_to, code).await?;
        let proven = users::find_account_of_phone(&around.db, phone).await?;
        let user = match proven.filter(|account| account.phone_verified_at.is_some()) {
            Some(account) if account.suspended_at.is_some() => return Err(SignInError::Suspended.into()),
            Some(account) => account.id,
            // Also in place of an account that waits for its code: its password is a stranger's until proven otherwise.
            None => self.create(&known, phone, newcomer).await?,
        };
        match identities::insert_link(&around.db, &known, user, around.clock.now()).await {
            // Linked a moment ago, by the same sign-in twice.
            Err(StoreError::Duplicate { .. }) => return Err(OidcError::Refused),
            linked => linked?,
        }
        self.enter(link, user, visitor).await
    }

    async fn create(&self, known: &Known, phone: &Phone, newcomer: Newcomer) -> Result<UserId, OidcError> {
        let around = &self.parts.around;
        let (id, at) = (UserId(around.ids.next()), around.clock.now());
        let mut account = NewAccount {
            id,
            kind: newcomer.kind,
            name: newcomer.name.or_else(|| known.name.clone()).unwrap_or_else(|| phone.masked()),
            phone: phone.clone(),
            email: known.email.as_deref().and_then(|email| Email::parse(email).ok()),
            // Nobody knows it; "forgot password" sets one that somebody does.
            password_hash: around.hasher.hash(tokens::random_word()?).await?,
            locale: newcomer.locale,
            at,
        };
        match users::insert_account(&around.db, &account).await {
            // The address belongs to another account, which stays as it is.
            Err(StoreError::Duplicate { key: "users_email" }) => {
                account.email = None;
                users::insert_account(&around.db, &account).await?;
            }
            made => made?,
        }
        users::mark_phone_verified(&around.db, id, at).await?;
        Ok(id)
    }

    /// Whom the provider named in the sign-in that goes on with this word.
    async fn known(&self, name: &str, link: &str) -> Result<Known, OidcError> {
        self.provider(name)?;
        let around = &self.parts.around;
        let found = identities::find_answer(&around.db, &sha256(link.as_bytes()), name, around.clock.now()).await?;
        found.ok_or(OidcError::Refused)
    }

    async fn enter(&self, link: &str, user: UserId, visitor: &Visitor) -> Result<(Pair, Account), OidcError> {
        let around = &self.parts.around;
        if !identities::finish_login(&around.db, &sha256(link.as_bytes()), around.clock.now()).await? {
            return Err(OidcError::Refused);
        }
        let account = users::find_account(&around.db, user).await?.ok_or(OidcError::Refused)?;
        if account.suspended_at.is_some() {
            return Err(SignInError::Suspended.into());
        }
        let pair = around.tokens.begin(&account, visitor).await?.ok_or(OidcError::Refused)?;
        Ok((pair, account))
    }

    /// Nonce and verifier follow from the state and a key, so that the database holds neither.
    fn ties(&self, state: &str) -> Ties {
        let derived = |what: &str| BASE64.encode(hmac::sign(&self.parts.key, format!("{what}|{state}").as_bytes()));
        Ties { state: state.to_owned(), nonce: derived("nonce"), verifier: derived("verifier") }
    }
}

/// Whether this looks like a word of ours.
fn is_word(word: &str) -> bool {
    BASE64.decode(word).is_ok_and(|bytes| bytes.len() == 32)
}

fn fail(provider: &str, error: &ProviderError) -> OidcError {
    match error {
        ProviderError::Unavailable(cause) => {
            tracing::error!(oidc.provider = provider, %cause, "a provider cannot be used");
            OidcError::Unavailable
        }
        ProviderError::Refused(cause) => {
            tracing::warn!(oidc.provider = provider, %cause, "a provider's answer was refused");
            OidcError::Refused
        }
    }
}
