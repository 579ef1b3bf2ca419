//! Short messages.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::config;
use crate::domain::user::Phone;

/// What the memory driver keeps.
const KEPT: usize = 1_000;

/// A way to send them.
#[derive(Clone, Debug)]
pub enum Sms {
    /// Into the log, one-time codes and all. The configuration refuses it in production.
    Log,
    /// Into memory, for tests; refused in production as well.
    Memory(Arc<Mutex<VecDeque<(Phone, String)>>>),
}

impl Sms {
    /// The driver that the settings name.
    #[must_use]
    pub fn open(settings: &config::Sms) -> Self {
        match settings.driver {
            config::SmsDriver::Log => Self::Log,
            config::SmsDriver::Memory => Self::Memory(Arc::default()),
        }
    }

    /// Sends a text. Both drivers deliver at once and cannot fail.
    pub fn send(&self, to: &Phone, text: &str) {
        match self {
            Self::Log => tracing::info!(sms.to = %to.masked(), sms.text = text, "a short message (development only)"),
            Self::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back((to.clone(), text.to_owned()));
            }
        }
    }

    /// The last text that memory keeps for a phone.
    #[must_use]
    pub fn last_to(&self, phone: &Phone) -> Option<String> {
        match self {
            Self::Log => None,
            Self::Memory(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.iter().rev().find(|(to, _)| to == phone).map(|(_, text)| text.clone())
            }
        }
    }
}
