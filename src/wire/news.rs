//! What processes tell each other: small, versioned, and only a hint to what the database says.

use bytes::Bytes;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::ids::RequestId;
use crate::domain::ids::SessionId;
use crate::domain::ids::UserId;
use crate::wire::value::Id;

/// Counted up when what is said changes its meaning; a process passes over what it does not know.
const VERSION: u8 = 1;

/// A piece of news, told after the commit that made it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Told {
    /// Sign-ins ended before their time.
    SessionsEnded {
        /// Which.
        sessions: Vec<Id<SessionId>>,
    },
    /// What is remembered of an account may be wrong.
    AccountChanged {
        /// Whose.
        user: Id<UserId>,
    },
    /// A merchant may not look on any more, nor bid.
    Expelled {
        /// The merchant.
        merchant: Id<UserId>,
        /// Where.
        requests: Vec<Id<RequestId>>,
    },
    /// These people's notifications changed.
    NoticesFor {
        /// Whose.
        users: Vec<Id<UserId>>,
    },
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u8,
    #[serde(flatten)]
    told: &'a Told,
}

#[derive(Deserialize)]
struct Version {
    v: u8,
}

impl Told {
    /// As it goes over the bus.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        // Nothing in it can fail to be written.
        serde_json::to_vec(&Envelope { v: VERSION, told: self }).map(Bytes::from).unwrap_or_default()
    }

    /// What came over the bus; `None` for what a newer process says.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let version: Version = serde_json::from_slice(bytes).ok()?;
        if version.v == VERSION { serde_json::from_slice(bytes).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_as_they_were_told_and_what_is_newer_is_passed_over() {
        for told in [
            Told::SessionsEnded { sessions: vec![Id(SessionId(1)), Id(SessionId(2))] },
            Told::AccountChanged { user: Id(UserId(3)) },
            Told::Expelled { merchant: Id(UserId(4)), requests: vec![Id(RequestId(5))] },
            Told::NoticesFor { users: vec![Id(UserId(6))] },
        ] {
            assert_eq!(Told::read(&told.to_bytes()), Some(told));
        }
        let bytes = Told::AccountChanged { user: Id(UserId(3)) }.to_bytes();
        assert_eq!(bytes, r#"{"v":1,"kind":"account_changed","user":"usr_0000000000003"}"#);
        for strange in
            [r#"{"v":2,"kind":"account_changed","user":"usr_0000000000003"}"#, r#"{"v":1,"kind":"x"}"#, "", "[]"]
        {
            assert_eq!(Told::read(strange.as_bytes()), None, "{strange}");
        }
    }
}
