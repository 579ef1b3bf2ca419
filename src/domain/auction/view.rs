//! Who may know of what (rules §6), decided before anything is serialised.

use crate::domain::auction::event::Event;
use crate::domain::auction::terms::Visibility;

/// A class of viewers that is sent the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The owner and admins.
    Host,
    /// Merchants who may bid.
    Merchants,
}

/// How much of an event a class may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing, not even that it happened.
    Hidden,
    /// Everything but floors; merchants appear with their names.
    Named,
    /// Everything but floors and notes; merchants appear by alias.
    Aliased,
    /// Only that the number of bids changed.
    Counted,
}

/// How much of `event` the class may see.
#[must_use]
pub const fn sight(visibility: Visibility, class: Class, event: &Event) -> Sight {
    match event {
        Event::BidPlaced { .. }
        | Event::BidRevised { .. }
        | Event::BidAutoCut { .. }
        | Event::BidWithdrawn { .. }
        | Event::BidDisqualified { .. } => match (visibility, class) {
            (Visibility::Sealed, Class::Host) => match event {
                Event::BidPlaced { .. } | Event::BidWithdrawn { .. } | Event::BidDisqualified { .. } => Sight::Counted,
                _ => Sight::Hidden,
            },
            (_, Class::Host) => Sight::Named,
            (Visibility::Open, Class::Merchants) => Sight::Aliased,
            (_, Class::Merchants) => Sight::Hidden,
        },
        Event::BidTooLate { .. } => Sight::Hidden,
        _ => match class {
            Class::Host => Sight::Named,
            Class::Merchants => Sight::Aliased,
        },
    }
}
