//! Who people are to mazad.

/// What an account is for; fixed at registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserKind {
    /// Asks for parts.
    Customer,
    /// Sells parts.
    Merchant,
    /// Runs the market.
    Admin,
}

impl UserKind {
    /// The word on every wire and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Merchant => "merchant",
            Self::Admin => "admin",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        [Self::Customer, Self::Merchant, Self::Admin].into_iter().find(|kind| kind.word() == word)
    }
}
