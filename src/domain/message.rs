//! What goes out to somebody beside the application, ready to be sent, and where a push goes.

use std::fmt;
use std::time::Duration;

/// A letter by e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its subject, one line.
    pub subject: String,
    /// What plain readers show.
    pub text: String,
    /// What most readers show: a whole document.
    pub html: String,
    /// `ar` or `en`.
    pub language: &'static str,
}

/// What a device shows without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushText {
    /// The heading.
    pub title: String,
    /// The text.
    pub body: String,
    /// What is opened by a tap.
    pub url: String,
    /// A later one with the same tag takes the place of an earlier one that is still shown.
    pub tag: String,
    /// Whether it may wake a sleeping device.
    pub urgent: bool,
    /// How long it is worth delivering.
    pub ttl: Duration,
    /// `ar` or `en`.
    pub language: &'static str,
}

/// A device that asked to be pushed to.
#[derive(Clone, PartialEq, Eq)]
pub enum Device {
    /// A browser: a subscription of the Push API.
    Web {
        /// Where its push service takes messages. Whoever has it can push, so it is in no log.
        endpoint: String,
        /// Its public key: an uncompressed point of P-256.
        p256dh: [u8; 65],
        /// Its secret of RFC 8291 §3.2.
        auth: [u8; 16],
    },
    /// An application, reached through Firebase Cloud Messaging.
    Fcm {
        /// Its registration token; in no log either.
        token: String,
    },
}

impl Device {
    /// The word of its platform, on every wire and in the database.
    #[must_use]
    pub const fn platform(&self) -> &'static str {
        match self {
            Self::Web { .. } => "web",
            Self::Fcm { .. } => "fcm",
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Device({})", self.platform())
    }
}
