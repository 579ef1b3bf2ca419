//! Tickets for the live room: each opens one socket, in whichever process.
//!
//! With Redis a ticket lies there, and taking it out is one command, so it serves once in the whole fleet. Where Redis
//! does not answer, a ticket lies in the memory of the process that gave it and serves there, once. It is another word
//! then: what Redis was told may have arrived. A ticket that is lost is answered like one that was used, and the client
//! asks for another.
//!
//! What lies in Redis is sealed: whoever can write there cannot make himself a ticket.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::domain::time::UnixMicros;
use crate::domain::user::UserKind;
use crate::drivers::redis::Redis;
use crate::flows::keys::Keys;
use crate::flows::keys::sha256;
use crate::flows::tokens::Claims;
use crate::flows::tokens::random_word;
use crate::limits;
use crate::persistence::error::StoreError;
use crate::wire::value::Id;

pub(super) struct Tickets {
    redis: Option<Redis>,
    seal: hmac::Key,
    /// What tickets that were given here stand for, and until when.
    here: moka::sync::Cache<[u8; 32], (Claims, UnixMicros)>,
}

/// What lies in Redis.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stub {
    user: Id<UserId>,
    kind: String,
    arabic: bool,
    session: Id<SessionId>,
    issued_at: i64,
    expires_at: i64,
    until: i64,
}

impl Tickets {
    pub(super) fn new(keys: &Keys, redis: Option<Redis>) -> Self {
        let here = moka::sync::Cache::builder()
            .max_capacity(limits::TICKETS_MAX)
            .time_to_live(Duration::from_secs(limits::TICKET_SECS.unsigned_abs() + 5))
            .build();
        Self { redis, seal: hmac::Key::new(hmac::HMAC_SHA256, &keys.secret_for("tickets")), here }
    }

    /// A new ticket.
    pub(super) async fn give(&self, claims: Claims, until: UnixMicros) -> Result<String, StoreError> {
        if let Some(redis) = &self.redis {
            let word = random_word()?;
            if self.lay_down(redis, &word, &claims, until).await {
                return Ok(word);
            }
        }
        let word = random_word()?;
        self.here.insert(sha256(word.as_bytes()), (claims, until));
        Ok(word)
    }

    /// Takes a ticket: `None` for one that was taken, or never given.
    pub(super) async fn take(&self, word: &str) -> Option<(Claims, UnixMicros)> {
        if let Some(found) = self.here.remove(&sha256(word.as_bytes())) {
            return Some(found);
        }
        let redis = self.redis.as_ref()?;
        let (key, digest) = place(redis, word);
        let mut call = redis::cmd("GETDEL");
        call.arg(key);
        let found: Option<String> = redis.insist(async |mut to| call.query_async(&mut to).await).await?;
        self.open(&digest, &found?)
    }

    async fn lay_down(&self, redis: &Redis, word: &str, claims: &Claims, until: UnixMicros) -> bool {
        let (key, digest) = place(redis, word);
        let mut call = redis::cmd("SET");
        call.arg(key).arg(self.close(&digest, claims, until)).arg("NX").arg("EX").arg(limits::TICKET_SECS);
        let laid: Option<bool> = redis.insist(async |mut to| call.query_async(&mut to).await).await;
        laid == Some(true)
    }

    fn close(&self, digest: &[u8; 32], claims: &Claims, until: UnixMicros) -> String {
        let stub = Stub {
            user: Id(claims.user),
            kind: claims.kind.word().to_owned(),
            arabic: claims.arabic,
            session: Id(claims.session),
            issued_at: claims.issued_at.0,
            expires_at: claims.expires_at.0,
            until: until.0,
        };
        let text = serde_json::to_string(&stub).unwrap_or_default();
        format!("{}.{text}", BASE64.encode(hmac::sign(&self.seal, &sealed(digest, &text))))
    }

    fn open(&self, digest: &[u8; 32], found: &str) -> Option<(Claims, UnixMicros)> {
        let (seal, text) = found.split_once('.')?;
        hmac::verify(&self.seal, &sealed(digest, text), &BASE64.decode(seal).ok()?).ok()?;
        let stub: Stub = serde_json::from_str(text).ok()?;
        let claims = Claims {
            user: stub.user.0,
            kind: UserKind::find(&stub.kind)?,
            arabic: stub.arabic,
            session: stub.session.0,
            issued_at: UnixMicros(stub.issued_at),
            expires_at: UnixMicros(stub.expires_at),
        };
        Some((claims, UnixMicros(stub.until)))
    }
}

/// Under its digest, as everywhere: who reads Redis cannot use what lies there.
fn place(redis: &Redis, word: &str) -> (String, [u8; 32]) {
    let digest = sha256(word.as_bytes());
    (redis.name(&format!("ticket:{}", BASE64.encode(digest))), digest)
}

/// With the place where it lies: one ticket's stub is none for another.
fn sealed(digest: &[u8; 32], text: &str) -> Vec<u8> {
    [&digest[..], text.as_bytes()].concat()
}
