//! Who may know of what, for every event, mode and class.

use mazad::domain::auction::event::BidContent;
use mazad::domain::auction::event::CloseCause;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::event::ExpiryReason;
use mazad::domain::auction::event::ExtensionCause;
use mazad::domain::auction::terms::Visibility;
use mazad::domain::auction::view::Class;
use mazad::domain::auction::view::Sight;
use mazad::domain::auction::view::sight;
use mazad::domain::eligibility::Ring;
use mazad::domain::ids::BidId;
use mazad::domain::ids::OrderId;
use mazad::domain::money::AmountMinor;

use crate::engine::world::OWNER;
use crate::engine::world::START;
use crate::engine::world::key;
use crate::engine::world::merchant;
use crate::engine::world::offer;
use crate::engine::world::terms;

const MODES: [Visibility; 4] = [Visibility::Open, Visibility::LeadPrice, Visibility::RankOnly, Visibility::Sealed];

fn content() -> BidContent {
    BidContent {
        bid: BidId(1),
        merchant: merchant('A'),
        version: 1,
        offer: offer(10_000),
        landed: AmountMinor(10_000),
        floor: Some(AmountMinor(5_000)),
        rating_milli: 4_000,
        rated_orders: 1,
        stamp: START,
        keeps_place: false,
    }
}

/// What the customer and the merchants see of an event in the four modes.
fn seen(event: &Event) -> [(Sight, Sight); 4] {
    MODES.map(|mode| (sight(mode, Class::Host, event), sight(mode, Class::Merchants, event)))
}

#[test]
fn bids_are_seen_as_the_mode_says() {
    use Sight::Aliased;
    use Sight::Counted;
    use Sight::Hidden;
    use Sight::Named;
    let (bid, who, reason) = (BidId(1), merchant('A'), "reason".to_owned());
    let (content, key) = (content(), key(1));
    let counted = [(Named, Aliased), (Named, Hidden), (Named, Hidden), (Counted, Hidden)];
    let uncounted = [(Named, Aliased), (Named, Hidden), (Named, Hidden), (Hidden, Hidden)];
    assert_eq!(seen(&Event::BidPlaced { content: content.clone(), key }), counted);
    assert_eq!(seen(&Event::BidWithdrawn { bid, merchant: who, reason: reason.clone(), key }), counted);
    assert_eq!(seen(&Event::BidDisqualified { bid, merchant: who, reason }), counted);
    assert_eq!(seen(&Event::BidRevised { content: content.clone(), key }), uncounted);
    assert_eq!(seen(&Event::BidAutoCut { content }), uncounted);
    let late = Event::BidTooLate { merchant: who, landed: None, stamp: START, deadline: START, key };
    assert_eq!(seen(&late), [(Hidden, Hidden); 4]);
}

#[test]
fn a_wider_ring_would_tell_merchants_how_few_they_are() {
    let widened = Event::RingWidened { ring: Ring::Local };
    assert_eq!(seen(&widened), [(Sight::Named, Sight::Hidden); 4]);
}

#[test]
fn what_happens_to_the_auction_itself_is_seen_by_everybody_in_it() {
    let (bid, who, reason) = (BidId(1), merchant('A'), "reason".to_owned());
    for event in [
        Event::Published(terms()),
        Event::Opened,
        Event::Extended { closes_at: START, cause: ExtensionCause::SoftClose },
        Event::Paused { by: OWNER, reason: reason.clone(), until: START },
        Event::Resumed { by: None, closes_at: START },
        Event::Interrupted { last_alive: START, closes_at: START },
        Event::Closed { cause: CloseCause::Deadline },
        Event::Reviewing { scoreboard: Vec::new(), until: START },
        Event::Accepted { bid, merchant: who, order: OrderId(1) },
        Event::Declined { bid, merchant: who, reason: reason.clone(), until: START },
        Event::Expired { reason: ExpiryReason::NoBids },
        Event::Cancelled { by: OWNER, reason },
    ] {
        assert_eq!(seen(&event), [(Sight::Named, Sight::Aliased); 4], "{event:?}");
    }
}
