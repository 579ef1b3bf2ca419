//! One event of every kind, and then some.

use mazad::domain::auction::command::Line;
use mazad::domain::auction::event::{CloseCause, Event, ExpiryReason, ExtensionCause, LowPrice, Score, ScoreRow};
use mazad::domain::auction::terms::{Condition, Formula, LotItem, Rules, Terms, Visibility, Weights};
use mazad::domain::eligibility::Ring;
use mazad::domain::ids::{BidId, ItemId, OrderId, RequestId, UserId};
use mazad::domain::money::AmountMinor;
use mazad::domain::time::{Span, UnixMicros};

use crate::store::{bid, key};

/// Text that JSON must escape and a database must not fold.
const ODD: &str = "\"\\\n\u{0}\u{7f} كَتَب ZZ  🚗 ' ; --";

pub(super) fn terms(formula: Formula, visibility: Visibility, condition: Option<Condition>) -> Terms {
    Terms {
        request: RequestId(i64::MAX),
        owner: UserId(1),
        items: vec![
            LotItem { id: ItemId(1), quantity: 1, condition },
            LotItem { id: ItemId(i64::MAX), quantity: 10_000, condition: None },
        ],
        rules: Rules {
            formula,
            weights: Weights { price: 50, merchant: 30, delivery: 20 },
            visibility,
            horizon_hours: 336,
            ceiling: condition.map(|_| AmountMinor(100_000_000_000)),
            soft_close: Span::secs(120),
            min_bids: 9,
            ring_bids: u16::MAX,
            allow_partial: true,
            allow_early_close: false,
            invite_only: true,
            bids_per_second: 2,
            bids_per_merchant: u32::MAX,
        },
        opens_at: UnixMicros(-1),
        closes_at: UnixMicros(i64::MAX),
        alias_seed: u64::MAX,
    }
}

/// Stored without a word of rings, as before there were any.
fn never_widened() -> Terms {
    let mut terms = terms(Formula::GuardedV1, Visibility::Open, None);
    terms.rules.ring_bids = 0;
    terms
}

/// At least one event of each kind; the match below does not compile when a kind is added.
pub(super) fn every_event() -> Vec<Event> {
    let mut events = vec![
        Event::Published(terms(Formula::GuardedV1, Visibility::Open, Some(Condition::NewOriginal))),
        Event::Published(terms(Formula::RelativeV1, Visibility::LeadPrice, Some(Condition::NewAftermarket))),
        Event::Published(terms(Formula::GuardedV1, Visibility::RankOnly, Some(Condition::Used))),
        Event::Published(terms(Formula::GuardedV1, Visibility::Sealed, Some(Condition::Refurbished))),
        Event::Published(terms(Formula::GuardedV1, Visibility::Open, None)),
        Event::Published(never_widened()),
        Event::Opened,
    ];
    let mut odd = bid(5, 6, u32::MAX, i64::MAX);
    odd.offer.notes = ODD.to_owned();
    odd.offer.payment_terms = String::new();
    odd.offer.expires_at = Some(UnixMicros(i64::MIN));
    odd.keeps_place = true;
    odd.floor = None;
    odd.offer.lines = vec![Line {
        item: ItemId(9),
        quantity: 1,
        unit_price: AmountMinor(1),
        condition: Some(Condition::Refurbished),
    }];
    events.extend([
        Event::BidPlaced { content: bid(5, 6, 1, 12_345), key: key(0) },
        Event::BidRevised { content: odd, key: key(0xa5) },
        Event::BidAutoCut { content: bid(5, 6, 3, 12_000) },
        Event::BidWithdrawn { bid: BidId(5), merchant: UserId(6), reason: ODD.to_owned(), key: key(2) },
        Event::BidDisqualified { bid: BidId(5), merchant: UserId(6), reason: ODD.to_owned() },
        Event::BidTooLate {
            merchant: UserId(6),
            landed: None,
            stamp: UnixMicros(7),
            deadline: UnixMicros(6),
            key: key(3),
        },
        Event::BidTooLate {
            merchant: UserId(6),
            landed: Some(AmountMinor(5)),
            stamp: UnixMicros(7),
            deadline: UnixMicros(7),
            key: key(4),
        },
        Event::Paused { by: UserId(1), reason: ODD.to_owned(), until: UnixMicros(8) },
        Event::Resumed { by: None, closes_at: UnixMicros(9) },
        Event::Resumed { by: Some(UserId(1)), closes_at: UnixMicros(9) },
        Event::Interrupted { last_alive: UnixMicros(1), closes_at: UnixMicros(2) },
        Event::RingWidened { ring: Ring::Local },
        Event::RingWidened { ring: Ring::Everybody },
        Event::Reviewing { scoreboard: Vec::new(), until: UnixMicros(3) },
        Event::Reviewing { scoreboard: vec![score_row(1), score_row(2)], until: UnixMicros(3) },
        Event::Accepted { bid: BidId(5), merchant: UserId(6), order: OrderId(7) },
        Event::Declined { bid: BidId(5), merchant: UserId(6), reason: ODD.to_owned(), until: UnixMicros(4) },
        Event::Cancelled { by: UserId(1), reason: ODD.to_owned() },
    ]);
    let causes =
        [ExtensionCause::SoftClose, ExtensionCause::Host, ExtensionCause::Resumed, ExtensionCause::Interruption];
    events.extend(causes.map(|cause| Event::Extended { closes_at: UnixMicros(5), cause }));
    events.extend([CloseCause::Deadline, CloseCause::Early].map(|cause| Event::Closed { cause }));
    let reasons = [ExpiryReason::NoBids, ExpiryReason::TooFewBids, ExpiryReason::NotChosen];
    events.extend(reasons.map(|reason| Event::Expired { reason }));
    let mut seen = [false; 19];
    for event in &events {
        seen[number(event)] = true;
    }
    assert_eq!(seen, [true; 19], "a kind has no sample");
    events
}

fn score_row(rank: u32) -> ScoreRow {
    ScoreRow {
        rank,
        bid: BidId(5),
        merchant: UserId(6),
        landed: AmountMinor(100),
        delivery_hours: 48,
        score: Score { price: 1, merchant: 2, delivery: 3, total: i64::from(rank) },
        low_price: LowPrice { below_mean: rank == 1, below_next: rank == 2 },
    }
}

const fn number(event: &Event) -> usize {
    match event {
        Event::Published(_) => 0,
        Event::Opened => 1,
        Event::BidPlaced { .. } => 2,
        Event::BidRevised { .. } => 3,
        Event::BidAutoCut { .. } => 4,
        Event::BidWithdrawn { .. } => 5,
        Event::BidDisqualified { .. } => 6,
        Event::BidTooLate { .. } => 7,
        Event::Extended { .. } => 8,
        Event::Paused { .. } => 9,
        Event::Resumed { .. } => 10,
        Event::Interrupted { .. } => 11,
        Event::Closed { .. } => 12,
        Event::Reviewing { .. } => 13,
        Event::Accepted { .. } => 14,
        Event::Declined { .. } => 15,
        Event::Expired { .. } => 16,
        Event::Cancelled { .. } => 17,
        Event::RingWidened { .. } => 18,
    }
}
