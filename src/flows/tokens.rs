//! Ways to prove who one is: access tokens, refresh tokens, and tickets for the live room.
//!
//! An access token is a JWT (`EdDSA`) that any part of the server can check without the database; a refresh token is
//! opaque and lives in the database, where one conditional UPDATE decides who may spend it.

use std::fs;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::rand;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::EncodingKey;
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
use crate::flows::revoke::Revoker;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::access;
use crate::persistence::access::Rotation;
use crate::persistence::error::StoreError;

/// Who issues and who takes our tokens.
const PARTY: &str = "mazad";
/// RFC 9068: an access token cannot pass for another kind of JWT.
const TYPE: &str = "at+jwt";
/// The signing key's file in the key folder: Ed25519, PKCS#8 v1.
const KEY_FILE: &str = "signing.key";

/// Who somebody proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub kind: UserKind,
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

/// Why tokens cannot be issued at all.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read or made.
    #[error("{}: {cause}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The file holds no Ed25519 key.
    #[error("{}: not an Ed25519 private key in PKCS#8 v1", .0.display())]
    NotAKey(PathBuf),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness,
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

#[derive(Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    kind: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
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
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    kid: String,
    public: String,
    access_span: Span,
    pepper: [u8; 32],
    /// Checked signatures by the token's SHA-256: a check costs 25 µs, too dear for every bid. Whether the token is
    /// still valid is asked at every hit.
    checked: moka::sync::Cache<[u8; 32], Checked>,
    revoker: Revoker,
    /// What a ticket stands for, and until when.
    tickets: moka::sync::Cache<[u8; 32], (Claims, UnixMicros)>,
}

#[derive(Clone, Copy)]
struct Checked {
    claims: Claims,
    not_before: UnixMicros,
}

impl Tokens {
    /// Reads the signing key, making it at the first start.
    ///
    /// # Errors
    /// [`KeyError`] names the file.
    pub fn open(settings: &Auth, db: Db, clock: Clock, revoker: Revoker) -> Result<Self, KeyError> {
        let der = read_or_make_key(&settings.key_dir)?;
        let not_a_key = || KeyError::NotAKey(settings.key_dir.join(KEY_FILE));
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| not_a_key())?;
        let public = BASE64.encode(pair.public_key().as_ref());
        let checking = DecodingKey::from_ed_components(&public).map_err(|_| not_a_key())?;
        let kid: String = BASE64.encode(sha256(public.as_bytes())).chars().take(16).collect();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[PARTY]);
        validation.set_audience(&[PARTY]);
        // Times are judged here, against the clock that was handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let access_span = Span::secs(i64::from(settings.access_minutes) * 60);
        let access_life = Duration::from_secs(u64::from(settings.access_minutes) * 60 + 60);
        let parts = Parts {
            ids: IdMint::new(clock.clone(), 0),
            db,
            clock,
            signing: EncodingKey::from_ed_der(&der),
            checking,
            validation,
            kid,
            public,
            access_span,
            pepper: sha256(&[b"mazad one-time codes".as_slice(), &der].concat()),
            checked: moka::sync::Cache::builder()
                .max_capacity(limits::CHECKED_TOKENS_MAX)
                .time_to_live(access_life)
                .build(),
            revoker,
            tickets: moka::sync::Cache::builder()
                .max_capacity(limits::TICKETS_MAX)
                .time_to_live(Duration::from_secs(limits::TICKET_SECS.unsigned_abs() + 5))
                .build(),
        };
        Ok(Self { parts: Arc::new(parts) })
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

    /// Begins a session and hands out its first pair.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn begin(&self, user: UserId, kind: UserKind, device: Option<&str>) -> Result<Pair, StoreError> {
        let parts = &*self.parts;
        let now = parts.clock.now();
        let session = SessionId(parts.ids.next());
        let refresh = random_word()?;
        let family = access::NewFamily {
            session,
            user,
            device: device.map(str::to_owned),
            token: sha256(refresh.as_bytes()),
            at: now,
            expires_at: now.plus(Span::secs(limits::SESSION_SECS_MAX)),
        };
        access::begin_family(&parts.db, &family).await?;
        self.pair(user, kind, session, refresh)
    }

    /// Spends a refresh token for a new pair. Spending one twice ends its session: one of the two was stolen.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn refresh(&self, refresh: &str) -> Result<Pair, RefreshError> {
        let parts = &*self.parts;
        let next = random_word().map_err(RefreshError::Store)?;
        let spent = sha256(refresh.as_bytes());
        let rotated = access::rotate(&parts.db, &spent, &sha256(next.as_bytes()), parts.clock.now()).await;
        match rotated.map_err(RefreshError::Store)? {
            Rotation::Rotated { user, kind, session } => {
                self.pair(user, kind, session, next).map_err(RefreshError::Store)
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
    pub fn ticket(&self, claims: Claims) -> Result<String, StoreError> {
        let parts = &*self.parts;
        let word = random_word()?;
        let until = parts.clock.now().plus(Span::secs(limits::TICKET_SECS));
        parts.tickets.insert(sha256(word.as_bytes()), (claims, until));
        Ok(word)
    }

    /// Who the bearer of a ticket is. A ticket serves once.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn redeem(&self, ticket: &str) -> Result<Claims, TokenError> {
        let parts = &*self.parts;
        let (claims, until) = parts.tickets.remove(&sha256(ticket.as_bytes())).ok_or(TokenError::Invalid)?;
        if parts.clock.now() >= until.min(claims.expires_at) {
            return Err(TokenError::Expired);
        }
        if !self.stands(&claims) {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }

    /// The public key, as RFC 7517 wants it.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        let (kid, x) = (&self.parts.kid, &self.parts.public);
        serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}]})
    }

    /// A secret of this installation for the digests of one-time codes: 10⁶ codes are soon tried without one.
    #[must_use]
    pub(crate) fn pepper(&self) -> &[u8; 32] {
        &self.parts.pepper
    }

    fn pair(&self, user: UserId, kind: UserKind, session: SessionId, refresh: String) -> Result<Pair, StoreError> {
        let parts = &*self.parts;
        let issued = parts.clock.now().0.div_euclid(1_000_000);
        let payload = Payload {
            iss: PARTY.to_owned(),
            aud: PARTY.to_owned(),
            sub: user.to_string(),
            sid: session.to_string(),
            kind: kind.word().to_owned(),
            jti: random_word()?,
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(parts.access_span.whole_secs()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(parts.kid.clone());
        let access = jsonwebtoken::encode(&header, &payload, &parts.signing)
            .map_err(|error| StoreError::unavailable(format!("cannot sign: {error}")))?;
        Ok(Pair { access, refresh, expires_in: parts.access_span.whole_secs() })
    }
}

impl Parts {
    /// Everything but time.
    fn check(&self, token: &str) -> Option<Checked> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) || header.kid.as_deref() != Some(&self.kid) {
            return None;
        }
        let payload = jsonwebtoken::decode::<Payload>(token, &self.checking, &self.validation).ok()?.claims;
        let claims = Claims {
            user: payload.sub.parse().ok()?,
            kind: UserKind::find(&payload.kind)?,
            session: payload.sid.parse().ok()?,
            issued_at: UnixMicros(payload.iat.checked_mul(1_000_000)?),
            expires_at: UnixMicros(payload.exp.checked_mul(1_000_000)?),
        };
        Some(Checked { claims, not_before: UnixMicros(payload.nbf.checked_mul(1_000_000)?) })
    }
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// 256 random bits as text.
fn random_word() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| StoreError::unavailable("no random bytes from the operating system"))?;
    Ok(BASE64.encode(bytes))
}

/// The key file's content; made, readable by this user alone, when there is none.
fn read_or_make_key(dir: &Path) -> Result<Vec<u8>, KeyError> {
    let path = dir.join(KEY_FILE);
    let failed = |cause| KeyError::File { path: path.clone(), cause };
    match fs::read(&path) {
        Ok(der) => return Ok(der),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // PKCS#8 v1: jsonwebtoken does not read v2, which `generate_pkcs8` makes.
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NoRandomness)?;
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::NoRandomness)?;
    fs::create_dir_all(dir).map_err(failed)?;
    // `create_new`: of two servers that start at once one makes the key, the other fails and says so.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
    file.write_all(der.as_ref()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(der.as_ref().to_vec())
}
