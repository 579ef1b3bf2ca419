//! Answers to what a client said.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::value::Timestamp;

/// The answer to a client's frame.
#[derive(Clone, Debug, Serialize)]
pub struct Reply<'a, T: Serialize> {
    /// Always `reply`.
    pub r#type: &'static str,
    /// The frame's `id`.
    pub id: Option<&'a RawValue>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<T>,
    /// Or the problem, as REST would answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<serde_json::Value>,
}

/// The answer to `ping`.
#[derive(Clone, Debug, Serialize)]
pub struct Pong<'a> {
    /// Always `pong`.
    pub r#type: &'static str,
    /// The frame's `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a RawValue>,
    /// What the client sent.
    pub t0: Option<&'a RawValue>,
    /// The server's time.
    pub t1: Timestamp,
}
