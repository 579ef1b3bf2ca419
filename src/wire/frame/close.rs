//! Why sockets end.

/// Why a socket ends; each tells the client what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// Done.
    Normal = 1000,
    /// A frame breaks RFC 6455.
    Protocol = 1002,
    /// Binary frames are not spoken here.
    Unsupported = 1003,
    /// Text that is not UTF-8.
    BadText = 1007,
    /// Against the rules; do not repeat.
    Policy = 1008,
    /// Longer than `CLIENT_FRAME_BYTES_MAX`; do not repeat.
    TooBig = 1009,
    /// The server restarts: reconnect with jitter.
    Restart = 1012,
    /// Not signed in, or no more: sign in again.
    SignIn = 4401,
    /// This room is not yours.
    NotYours = 4403,
    /// There is no such room.
    Unknown = 4404,
    /// The reader is too slow: rejoin with `since`.
    Slow = 4408,
}

impl CloseCode {
    /// A word for people who read the frame.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::Protocol => "protocol error",
            Self::Unsupported => "text frames only",
            Self::BadText => "not UTF-8",
            Self::Policy => "policy",
            Self::TooBig => "too big",
            Self::Restart => "restart",
            Self::SignIn => "sign in",
            Self::NotYours => "not yours",
            Self::Unknown => "no such room",
            Self::Slow => "slow consumer",
        }
    }
}
