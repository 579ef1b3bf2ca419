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
        Event::BidPlaced { .. } | Event::BidWithdrawn { .. } | Event::BidDisqualified { .. } => {
            of_a_bid(visibility, class, Sight::Counted)
        }
        // A sealed auction tells its customer how many bids there are: a revision does not change that number.
        Event::BidRevised { .. } | Event::BidAutoCut { .. } => of_a_bid(visibility, class, Sight::Hidden),
        Event::BidTooLate { .. } => Sight::Hidden,
        // It tells how few bids there are.
        Event::RingWidened { .. } => match class {
            Class::Host => Sight::Named,
            Class::Merchants => Sight::Hidden,
        },
        Event::Published(_)
        | Event::Opened
        | Event::Extended { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::Interrupted { .. }
        | Event::Closed { .. }
        | Event::Reviewing { .. }
        | Event::Accepted { .. }
        | Event::Declined { .. }
        | Event::Expired { .. }
        | Event::Cancelled { .. } => match class {
            Class::Host => Sight::Named,
            Class::Merchants => Sight::Aliased,
        },
    }
}

const fn of_a_bid(visibility: Visibility, class: Class, sealed: Sight) -> Sight {
    match (class, visibility) {
        (Class::Host, Visibility::Open | Visibility::LeadPrice | Visibility::RankOnly) => Sight::Named,
        (Class::Host, Visibility::Sealed) => sealed,
        (Class::Merchants, Visibility::Open) => Sight::Aliased,
        (Class::Merchants, Visibility::LeadPrice | Visibility::RankOnly | Visibility::Sealed) => Sight::Hidden,
    }
}
