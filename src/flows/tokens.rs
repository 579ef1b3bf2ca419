//! Ways to prove who one is: access tokens, refresh tokens, and tickets for the live room.
//!
//! An access token is a JWT (`EdDSA`) that any part of the server can check without the database; a refresh token is
//! opaque and lives in the database, where one conditional UPDATE decides who may spend it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::Algorithm;
use jsonwebtoken::Header;
use jsonwebtoken::Validation;
use serde::Deserialize;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::Auth;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::drivers::redis::Redis;
use crate::flows::keys::Keys;
use crate::flows::keys::sha256;
use crate::flows::revoke::Revoker;
use crate::flows::sign_in::Visitor;
use crate::flows::tickets::Tickets;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::access;
use crate::persistence::access::Rotation;
use crate::persistence::error::StoreError;
use crate::persistence::outbox::Moment;
use crate::persistence::users::Account;

/// Who issues and who takes our tokens.
const PARTY: &str = "mazad";
/// RFC 9068: an access token cannot pass for another kind of JWT.
const TYPE: &str = "at+jwt";
/// How long a lost answer may be asked for again.
const AGAIN: Span = Span::secs(limits::REFRESH_AGAIN_SECS);
/// Ours has some 90.
const HEAD_CHARS_MAX: usize = 256;

/// Who somebody proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub kind: UserKind,
    /// Whether its language is Arabic; English otherwise.
    pub arabic: bool,
    /// The sign-in.
    pub session: SessionId,
    /// When the proof was issued.
    pub issued_at: UnixMicros,
    /// When the proof ends.
    pub expires_at: UnixMicros,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Not one of ours, not of this kind, not valid yet, or its session ended.
    Invalid,
    /// It was valid once.
    Expired,
}

/// Why a refresh token was not taken.
#[derive(Debug)]
pub enum RefreshError {
    /// Unknown, expired, spent, or of a session that ended. A spent one has ended its session just now.
    Refused,
    /// The database failed.
    Store(StoreError),
}

/// What a sign-in hands out.
#[derive(Clone, Debug)]
pub struct Pair {
    /// For `Authorization: Bearer`.
    pub access: String,
    /// For the next pair.
    pub refresh: String,
    /// Life of the access token, in seconds.
    pub expires_in: i64,
}

/// What an access token says. Each of these must be there, and nothing else.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    kind: String,
    locale: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The header of an access token: exactly these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    typ: String,
    kid: String,
}

/// Issues and checks tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    parts: Arc<Parts>,
}

struct Parts {
    db: Db,
    clock: Clock,
    ids: IdMint,
    keys: Keys,
    validation: Validation,
    access_span: Span,
    /// What successors follow from, with a token and a key.
    chain: hmac::Key,
    /// Checked signatures by the token's SHA-256: a check costs 25 µs, too dear for every bid. Whether the token is
    /// still valid is asked at every hit.
    checked: moka::sync::Cache<[u8; 32], Checked>,
    revoker: Revoker,
    tickets: Tickets,
}

#[derive(Clone, Copy)]
struct Checked {
    claims: Claims,
    not_before: UnixMicros,
}

impl Tokens {
    /// Issues and checks tokens with these keys. Processes share tickets by Redis.
    #[must_use]
    pub fn new(
        settings: &Auth,
        keys: Keys,
        db: Db,
        clock: Clock,
        revoker: Revoker,
        ids: IdMint,
        redis: Option<&Redis>,
    ) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // `iat` and `jti` are required by the payload's type, as all of them are to have the right one.
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[PARTY]);
        validation.set_audience(&[PARTY]);
        // Times are judged here, against the clock that was handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let access_span = Span::secs(i64::from(settings.access_minutes) * 60);
        let access_life = Duration::from_secs(u64::from(limits::ACCESS_MINUTES_MAX) * 60 + 60);
        let tickets = Tickets::new(&keys, redis.cloned());
        let chain = hmac::Key::new(hmac::HMAC_SHA256, &keys.secret_for("refresh tokens"));
        let parts = Parts {
            ids,
            db,
            clock,
            keys,
            validation,
            access_span,
            chain,
            checked: moka::sync::Cache::builder()
                .max_capacity(limits::CHECKED_TOKENS_MAX)
                .time_to_live(access_life)
                .build(),
            revoker,
            tickets,
        };
        Self { parts: Arc::new(parts) }
    }

    /// Who the bearer of an access token is.
    ///
    /// # Errors
    /// [`TokenError`]; which part of a token is wrong is nobody's business.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let parts = &*self.parts;
        let digest = sha256(token.as_bytes());
        let checked = if let Some(checked) = parts.checked.get(&digest) {
            checked
        } else {
            let checked = parts.check(token).ok_or(TokenError::Invalid)?;
            parts.checked.insert(digest, checked);
            checked
        };
        let leeway = Span::secs(limits::TOKEN_LEEWAY_SECS);
        let now = parts.clock.now();
        if now >= checked.claims.expires_at.plus(leeway) {
            return Err(TokenError::Expired);
        }
        if now.plus(leeway) < checked.not_before || !self.stands(&checked.claims) {
            return Err(TokenError::Invalid);
        }
        Ok(checked.claims)
    }

    /// Whether the sign-in behind a proof was not ended since.
    #[must_use]
    pub fn stands(&self, claims: &Claims) -> bool {
        !self.parts.revoker.is_revoked(claims.session, claims.issued_at)
    }

    /// Begins a session of an account that proved itself, and hands out its first pair. `None` when the account was
    /// suspended or got another password since it was read.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn begin(&self, account: &Account, visitor: &Visitor) -> Result<Option<Pair>, StoreError> {
        let parts = &*self.parts;
        let now = parts.clock.now();
        let session = SessionId(parts.ids.next());
        let refresh = random_word()?;
        let family = access::NewFamily {
            session,
            user: account.id,
            password_hash: account.password_hash.clone(),
            device: visitor.device.clone(),
            address: visitor.address.to_string(),
            token: sha256(refresh.as_bytes()),
            expires_at: now.plus(Span::secs(limits::SESSION_SECS_MAX)),
        };
        let begun = access::begin_family(
            &parts.db,
            &family,
            limits::SESSIONS_PER_USER_MAX,
            Moment { at: now, ids: &parts.ids },
        );
        let begun = begun.await?;
        let Some(surplus) = begun else { return Ok(None) };
        parts.revoker.note(surplus).await;
        self.pair(account.id, account.kind, &account.locale, session, refresh).map(Some)
    }

    /// Spends a refresh token for a new pair. Spending one twice ends its session, as one of the two was stolen, unless it
    /// comes again under the same key within two minutes: then an answer was lost, and it is given again.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn refresh(&self, refresh: &str, key: Option<&str>) -> Result<Pair, RefreshError> {
        let parts = &*self.parts;
        let next = match key {
            // Who knows the token without the key cannot say which word came out of it.
            Some(key) => BASE64.encode(hmac::sign(&parts.chain, &[refresh.as_bytes(), b"\0", key.as_bytes()].concat())),
            None => random_word().map_err(RefreshError::Store)?,
        };
        let spent = sha256(refresh.as_bytes());
        let moment = Moment { at: parts.clock.now(), ids: &parts.ids };
        let rotated = access::rotate(&parts.db, &spent, &sha256(next.as_bytes()), AGAIN, moment).await;
        match rotated.map_err(RefreshError::Store)? {
            Rotation::Rotated { user, kind, locale, session } => {
                self.pair(user, kind, &locale, session, next).map_err(RefreshError::Store)
            }
            Rotation::Reused { session } => {
                tracing::warn!(session.id = %session, "a refresh token came twice: the session ends");
                parts.revoker.note(vec![session]).await;
                Err(RefreshError::Refused)
            }
            Rotation::Refused => Err(RefreshError::Refused),
        }
    }

    /// A word that opens one socket in the next 30 seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without random bytes.
    pub async fn ticket(&self, claims: Claims) -> Result<String, StoreError> {
        let until = self.parts.clock.now().plus(Span::secs(limits::TICKET_SECS));
        self.parts.tickets.give(claims, until).await
    }

    /// Who the bearer of a ticket is. A ticket serves once.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn redeem(&self, ticket: &str) -> Result<Claims, TokenError> {
        let parts = &*self.parts;
        let (claims, until) = parts.tickets.take(ticket).await.ok_or(TokenError::Invalid)?;
        if parts.clock.now() >= until.min(claims.expires_at) {
            return Err(TokenError::Expired);
        }
        if !self.stands(&claims) {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }

    /// The keys that tokens are signed and checked with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.parts.keys
    }

    fn pair(
        &self,
        user: UserId,
        kind: UserKind,
        locale: &str,
        session: SessionId,
        refresh: String,
    ) -> Result<Pair, StoreError> {
        let parts = &*self.parts;
        let issued = parts.clock.now().0.div_euclid(1_000_000);
        let payload = Payload {
            iss: PARTY.to_owned(),
            aud: PARTY.to_owned(),
            sub: user.to_string(),
            sid: session.to_string(),
            kind: kind.word().to_owned(),
            locale: locale.to_owned(),
            jti: random_word()?,
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(parts.access_span.whole_secs()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(parts.keys.kid.clone());
        let access = jsonwebtoken::encode(&header, &payload, &parts.keys.signing)
            .map_err(|error| StoreError::unavailable(format!("cannot sign: {error}")))?;
        Ok(Pair { access, refresh, expires_in: parts.access_span.whole_secs() })
    }
}

impl Parts {
    /// Everything but the present.
    fn check(&self, token: &str) -> Option<Checked> {
        // Read strictly: whoever puts `jku`, `jwk` or `x5u` into a header wants us to fetch or trust a key of theirs.
        let head = token.split('.').next().filter(|head| head.len() <= HEAD_CHARS_MAX)?;
        let head: Head = serde_json::from_slice(&BASE64.decode(head).ok()?).ok()?;
        if head.typ != TYPE || head.alg != "EdDSA" {
            return None;
        }
        let key = self.keys.find(&head.kid)?;
        let payload = jsonwebtoken::decode::<Payload>(token, key, &self.validation).ok()?.claims;
        let at = |secs: i64| Some(UnixMicros(secs.checked_mul(1_000_000)?));
        let claims = Claims {
            user: payload.sub.parse().ok()?,
            kind: UserKind::find(&payload.kind)?,
            arabic: payload.locale == "ar",
            session: payload.sid.parse().ok()?,
            issued_at: at(payload.iat)?,
            expires_at: at(payload.exp)?,
        };
        let not_before = at(payload.nbf)?.max(claims.issued_at);
        // Ended sessions are remembered for the longest life that a token may have.
        let life = claims.expires_at.since(claims.issued_at);
        let lives = Span::ZERO < life && life <= Span::secs(i64::from(limits::ACCESS_MINUTES_MAX) * 60);
        (lives && !payload.jti.is_empty()).then_some(Checked { claims, not_before })
    }
}

/// 256 random bits as text.
pub(crate) fn random_word() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| StoreError::unavailable("no random bytes from the operating system"))?;
    Ok(BASE64.encode(bytes))
}
