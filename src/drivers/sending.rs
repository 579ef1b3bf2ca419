//! What a provider makes of a message: one answer for short messages, letters and pushes alike.

use std::time::Duration;

use crate::drivers::outbound::OutboundError;

/// A provider has it, and it is theirs to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Taken.
    Taken {
        /// The provider's own id of the message.
        reference: Option<String>,
    },
}

/// Why it was not taken. What `why` says is made of a status and a provider's code, never of an address, a key or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// Another attempt may help: the provider was not reached, is ill, or is asked too often.
    Later {
        /// For operators.
        why: String,
        /// When the provider wants to be asked again.
        after: Option<Duration>,
    },
    /// No attempt will help this one message.
    Never {
        /// For operators.
        why: String,
    },
    /// The device, or the number, takes nothing any more.
    Gone {
        /// For operators.
        why: String,
    },
    /// Keys, sender, money: nothing goes out before an operator acts.
    Misconfigured {
        /// For operators.
        why: String,
    },
}

impl NotSent {
    /// Why, for operators.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Later { why, .. } | Self::Never { why } | Self::Gone { why } | Self::Misconfigured { why } => why,
        }
    }

    pub(super) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }

    pub(super) fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }
}

impl From<OutboundError> for NotSent {
    fn from(error: OutboundError) -> Self {
        match error {
            OutboundError::NotAllowed(_) | OutboundError::NotCallable(_) => Self::never(error.to_string()),
            OutboundError::TooLarge | OutboundError::Failed(_) => Self::later(error.to_string()),
        }
    }
}

/// What may be told of a word that came from outside: a code, cut where it stops looking like one.
pub(super) fn code_of(word: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    word.chars().take_while(is_plain).take(48).collect()
}

/// An outcome in a word: `taken ID`, `later SECONDS`, `never`, `gone` or `misconfigured`.
#[cfg(test)]
pub(super) fn told(outcome: &Result<Sent, NotSent>) -> String {
    match outcome {
        Ok(Sent::Taken { reference }) => format!("taken {}", reference.as_deref().unwrap_or("-")),
        Err(NotSent::Later { after, .. }) => format!("later {}", after.map_or(0, |after| after.as_secs())),
        Err(NotSent::Never { .. }) => "never".to_owned(),
        Err(NotSent::Gone { .. }) => "gone".to_owned(),
        Err(NotSent::Misconfigured { .. }) => "misconfigured".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_cannot_carry_a_text() {
        for (word, told) in [("ER-01", "ER-01"), ("UNREGISTERED", "UNREGISTERED"), ("no <b>", "no"), ("\n", "")] {
            assert_eq!(code_of(word), told);
        }
        assert_eq!(code_of(&"x".repeat(1_000)).len(), 48);
    }
}
