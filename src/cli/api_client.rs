//! Calls the public API as a client would: JSON in, JSON out, problems as errors. For setting up, not for measuring.

use anyhow::Context as _;
use serde_json::Value;

use crate::cli::load::http_client::Connection;

/// One caller on one connection.
pub struct ApiClient {
    authority: String,
    connection: Connection,
    keys: u64,
    run: String,
}

/// An answer that is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} {path} answered {status} {code}: {detail}")]
pub struct Problem {
    /// The call's method.
    pub method: &'static str,
    /// The call's path.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The stable word, empty where the body is no problem document.
    pub code: String,
    /// What the server says about it.
    pub detail: String,
    /// The whole document.
    pub body: Value,
}

impl ApiClient {
    /// A client of `authority` (`host:port`). `run` sets its idempotency keys apart from those of other runs.
    #[must_use]
    pub fn new(authority: &str, run: &str) -> Self {
        Self { authority: authority.to_owned(), connection: Connection::new(authority), keys: 0, run: run.to_owned() }
    }

    /// Whom it calls: `host:port`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Reads `path` as the bearer of `token`.
    ///
    /// # Errors
    /// [`Problem`] when the server refuses, otherwise what broke.
    pub async fn get(&mut self, token: &str, path: &str) -> anyhow::Result<Value> {
        self.call("GET", token, path, None).await
    }

    /// Posts `body` with an idempotency key of its own.
    ///
    /// # Errors
    /// As [`ApiClient::get`].
    pub async fn post(&mut self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", token, path, Some(body)).await
    }

    /// Puts `body` with an idempotency key of its own.
    ///
    /// # Errors
    /// As [`ApiClient::get`].
    pub async fn put(&mut self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("PUT", token, path, Some(body)).await
    }

    async fn call(
        &mut self,
        method: &'static str,
        token: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let content = body.map(Value::to_string).unwrap_or_default();
        let kind = body.map(|_| "application/json");
        self.send(method, token, path, kind, content.as_bytes()).await
    }

    /// Uploads a file under this name.
    ///
    /// # Errors
    /// As [`ApiClient::get`].
    pub async fn upload(&mut self, token: &str, path: &str, name: &str, bytes: &[u8]) -> anyhow::Result<Value> {
        let boundary = format!("part-of-{}", self.run);
        let field = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        let mut form = format!("--{boundary}\r\n{field}\r\nContent-Type: image/jpeg\r\n\r\n").into_bytes();
        form.extend_from_slice(bytes);
        form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.send("POST", token, path, Some(&kind), &form).await
    }

    async fn send(
        &mut self,
        method: &'static str,
        token: &str,
        path: &str,
        kind: Option<&str>,
        content: &[u8],
    ) -> anyhow::Result<Value> {
        self.keys += 1;
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nAccept-Language: en\r\n",
            self.authority
        );
        if let Some(kind) = kind {
            let fields = format!(
                "Content-Type: {kind}\r\nIdempotency-Key: {}-{}\r\nContent-Length: {}\r\n",
                self.run,
                self.keys,
                content.len()
            );
            head.push_str(&fields);
        }
        let bytes = [head.as_bytes(), b"\r\n", content].concat();
        let answer = self.connection.exchange(&bytes).await.with_context(|| format!("{method} {path}"))?;
        let value = serde_json::from_slice(answer.body).unwrap_or(Value::Null);
        if (200..300).contains(&answer.status) {
            return Ok(value);
        }
        let word = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail = if word("detail").is_empty() { word("title") } else { word("detail") };
        let (status, code) = (answer.status, word("code"));
        Err(Problem { method, path: path.to_owned(), status, code, detail, body: value }.into())
    }
}

/// The text in `value` at `name`.
///
/// # Errors
/// Says what is missing.
pub fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    value.get(name).and_then(Value::as_str).with_context(|| format!("no text \"{name}\" in {value}"))
}
