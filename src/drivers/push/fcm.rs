//! Firebase Cloud Messaging, HTTP v1: a signed assertion buys a token for an hour, with which messages are sent.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::clock::Clock;
use crate::config;
use crate::domain::message::PushText;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;
use crate::drivers::outbound::Answer;
use crate::drivers::outbound::Outbound;
use crate::drivers::push::PushError;
use crate::drivers::sending::NotSent;
use crate::drivers::sending::Sent;
use crate::drivers::sending::code_of;
use crate::limits;

const USUAL: &str = "https://fcm.googleapis.com";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The fields of a service account's file that are needed.
#[derive(Deserialize)]
struct Credentials {
    client_email: String,
    private_key: SecretString,
    project_id: String,
    token_uri: String,
}

/// The way to Firebase.
pub(super) struct Fcm {
    outbound: Outbound,
    endpoint: String,
    account: String,
    token_uri: String,
    key: EncodingKey,
    /// The token in use. Two senders may fetch one at a time: both are good.
    token: ArcSwapOption<Token>,
    clock: Clock,
}

struct Token {
    text: SecretString,
    until: UnixMicros,
}

impl Fcm {
    /// Reads the credentials, where the settings name some.
    pub(super) fn open(settings: &config::Push, clock: Clock) -> Result<Option<Self>, PushError> {
        let path = &settings.fcm_credentials;
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let fault = |why: String| PushError::Credentials(format!("{}: {why}", path.display()));
        let text = fs::read(path).map_err(|error| fault(error.to_string()))?;
        // What serde says of a value would repeat it.
        let credentials: Credentials = serde_json::from_slice(&text).map_err(|_| {
            fault(
                "not the JSON file of a service account (client_email, private_key, project_id, token_uri)".to_owned(),
            )
        })?;
        let key = EncodingKey::from_rsa_pem(credentials.private_key.expose_secret().as_bytes())
            .map_err(|_| fault("private_key is no RSA key in PEM".to_owned()))?;
        let base = if settings.fcm_endpoint.is_empty() { USUAL } else { &settings.fcm_endpoint };
        Ok(Some(Self {
            outbound: Outbound::new([base, &credentials.token_uri])?,
            endpoint: format!("{}/v1/projects/{}/messages:send", base.trim_end_matches('/'), credentials.project_id),
            account: credentials.client_email,
            token_uri: credentials.token_uri,
            key,
            token: ArcSwapOption::empty(),
            clock,
        }))
    }

    pub(super) async fn deliver(&self, to: &str, push: &PushText, reference: &str) -> Result<Sent, NotSent> {
        let token = self.token().await?;
        let request = self
            .outbound
            .post(&self.endpoint)
            .bearer_auth(token.text.expose_secret())
            .json(&message(to, push, reference))
            .build()
            .map_err(|error| NotSent::never(error.without_url().to_string()))?;
        let answer = self.outbound.send(request).await?;
        if answer.status == 401 {
            // Withdrawn before its time: the next attempt fetches another.
            self.token.store(None);
        }
        read(&answer)
    }

    /// The token in use, or another shortly before it ends.
    async fn token(&self) -> Result<Arc<Token>, NotSent> {
        let now = self.clock.now();
        if let Some(token) = self.token.load_full().filter(|token| now < token.until) {
            return Ok(token);
        }
        let secs = now.0 / 1_000_000;
        let claims = json!({
            "iss": self.account, "scope": SCOPE, "aud": self.token_uri, "iat": secs, "exp": secs + limits::FCM_ASSERTION_SECS,
        });
        let unsigned = |_| NotSent::Misconfigured { why: "push.fcm_credentials: the key does not sign".to_owned() };
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key).map_err(unsigned)?;
        let request = self
            .outbound
            .post(&self.token_uri)
            .form(&[("grant_type", GRANT), ("assertion", &assertion)])
            .build()
            .map_err(|error| NotSent::never(error.without_url().to_string()))?;
        let token = Arc::new(read_token(&self.outbound.send(request).await?, now)?);
        self.token.store(Some(Arc::clone(&token)));
        Ok(token)
    }
}

fn message(to: &str, push: &PushText, reference: &str) -> Value {
    json!({ "message": {
        "token": to,
        "notification": {"title": push.title, "body": push.body},
        "data": {"url": push.url, "tag": push.tag, "notice": reference, "lang": push.language},
        "android": {
            "priority": if push.urgent { "HIGH" } else { "NORMAL" },
            "ttl": format!("{}s", push.ttl.as_secs()),
            "collapse_key": reference,
            "notification": {"tag": push.tag},
        },
        "apns": {"headers": {"apns-priority": if push.urgent { "10" } else { "5" }, "apns-collapse-id": reference}},
    }})
}

fn read_token(answer: &Answer, now: UnixMicros) -> Result<Token, NotSent> {
    #[derive(Deserialize)]
    struct Body {
        access_token: SecretString,
        expires_in: i64,
    }
    let why = || format!("the token's service answered {}", answer.status);
    match answer.status {
        200 => {
            let body: Body = serde_json::from_slice(&answer.body).map_err(|_| NotSent::later(why()))?;
            let life = Span::secs(body.expires_in.saturating_sub(limits::FCM_TOKEN_SPARE_SECS));
            Ok(Token { text: body.access_token, until: now.plus(life) })
        }
        408 | 429 | 500.. => Err(NotSent::Later { why: why(), after: answer.retry_after }),
        // An account that is gone, a key that was withdrawn, a clock that is wrong.
        _ => Err(NotSent::Misconfigured { why: why() }),
    }
}

/// What Firebase answers, by its reference "`ErrorCode`".
fn read(answer: &Answer) -> Result<Sent, NotSent> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == 200 {
        let name = body.get("name").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
        return Ok(Sent::Taken { reference: name.map(code_of) });
    }
    let error = body.get("error");
    let details = error.and_then(|error| error.get("details")).and_then(Value::as_array);
    let is_ours = |detail: &&Value| {
        detail
            .get("@type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.ends_with("google.firebase.fcm.v1.FcmError"))
    };
    let detail = details.and_then(|details| details.iter().find(is_ours));
    let code = detail.and_then(|detail| detail.get("errorCode")).and_then(Value::as_str).map(code_of);
    let why = format!("status {}, {}", answer.status, code.as_deref().unwrap_or("no FcmError"));
    match (code.as_deref(), answer.status) {
        // The token is none, was given up, or is of another project. Without the detail 400 is our own fault.
        (Some("UNREGISTERED" | "INVALID_ARGUMENT" | "SENDER_ID_MISMATCH"), _) => Err(NotSent::Gone { why }),
        // Its page asks for a minute at least where it names no time.
        (Some("QUOTA_EXCEEDED"), _) => {
            let after = answer.retry_after.unwrap_or(Duration::from_secs(limits::FCM_QUOTA_SECS));
            Err(NotSent::Later { why, after: Some(after) })
        }
        (Some("UNAVAILABLE" | "INTERNAL"), _) | (_, 408 | 429 | 500..) => {
            Err(NotSent::Later { why, after: answer.retry_after })
        }
        (Some("THIRD_PARTY_AUTH_ERROR"), _) | (_, 401 | 403 | 404) => Err(NotSent::Misconfigured { why }),
        (_, _) => Err(NotSent::Never { why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drivers::sending::told;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, kind: None, retry_after: Some(Duration::from_secs(7)), body: body.to_owned().into() }
    }

    #[test]
    fn every_answer_of_firebase_is_understood() {
        let refused = |status: u16, kind: &str, code: &str| {
            format!(
                r#"{{"error":{{"code":{status},"message":"The registration token","status":"X","details":[{{"@type":"type.googleapis.com/{kind}","errorCode":"{code}"}}]}}}}"#
            )
        };
        let fcm = "google.firebase.fcm.v1.FcmError";
        for (status, body, wanted) in [
            (
                200,
                r#"{"name":"projects/p/messages/0:1500415314455276%31bd1c96"}"#.to_owned(),
                "taken 0:1500415314455276",
            ),
            (404, refused(404, fcm, "UNREGISTERED"), "gone"),
            (400, refused(400, fcm, "INVALID_ARGUMENT"), "gone"),
            (400, refused(400, "google.rpc.BadRequest", ""), "never"),
            (403, refused(403, fcm, "SENDER_ID_MISMATCH"), "gone"),
            (429, refused(429, fcm, "QUOTA_EXCEEDED"), "later 7"),
            (503, refused(503, fcm, "UNAVAILABLE"), "later 7"),
            (500, refused(500, fcm, "INTERNAL"), "later 7"),
            (401, refused(401, fcm, "THIRD_PARTY_AUTH_ERROR"), "misconfigured"),
            (401, r#"{"error":{"status":"UNAUTHENTICATED"}}"#.to_owned(), "misconfigured"),
            (403, r#"{"error":{"status":"PERMISSION_DENIED"}}"#.to_owned(), "misconfigured"),
            (404, "<html>".to_owned(), "misconfigured"),
            (502, "not json".to_owned(), "later 7"),
        ] {
            assert_eq!(told(&read(&answer(status, &body))), wanted, "{status} {body}");
        }
        let silent = Answer { retry_after: None, ..answer(429, &refused(429, fcm, "QUOTA_EXCEEDED")) };
        assert_eq!(told(&read(&silent)), "later 60");
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let token =
            read_token(&answer(200, r#"{"access_token":"hunter2","expires_in":3599}"#), UnixMicros(0)).ok().unwrap();
        assert_eq!(token.until, UnixMicros(1_000_000 * (3_599 - limits::FCM_TOKEN_SPARE_SECS)));
        for (status, body, wanted) in [
            (400, r#"{"error":"invalid_grant"}"#, "misconfigured"),
            (401, "", "misconfigured"),
            (429, "", "later 7"),
            (503, "", "later 7"),
            (200, "not json", "later 0"),
        ] {
            let outcome = read_token(&answer(status, body), UnixMicros(0)).map(|_| Sent::Taken { reference: None });
            assert_eq!(told(&outcome), wanted, "{status} {body}");
        }
    }
}
