//! An auction to play with: short ways to say what the vocabulary spells out.

use mazad::domain::auction::command::Bidder;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::Offer;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::ranking::Ranking;
use mazad::domain::auction::state::Machine;
use mazad::domain::auction::terms::LotItem;
use mazad::domain::auction::terms::Rules;
use mazad::domain::auction::terms::Terms;
use mazad::domain::ids::BidId;
use mazad::domain::ids::ItemId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::money::AmountMinor;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;

/// When every auction of these tests is published and opens.
pub(crate) const START: UnixMicros = UnixMicros(1_800_000_000_000_000);
/// The customer.
pub(crate) const OWNER: UserId = UserId(1);
/// An admin.
pub(crate) const ADMIN: UserId = UserId(2);

/// One item, ten minutes, no soft close, everything else as by default.
pub(crate) fn terms() -> Terms {
    Terms {
        request: RequestId(7),
        owner: OWNER,
        items: vec![LotItem { id: ItemId(1), quantity: 1, condition: None }],
        rules: Rules { allow_early_close: true, bids_per_second: 1_000, bids_per_merchant: 1_000, ..Rules::USUAL },
        opens_at: START,
        closes_at: START.plus(Span::secs(600)),
        alias_seed: 0x5eed,
    }
}

/// The merchant that a table calls by this letter.
pub(crate) fn merchant(letter: char) -> UserId {
    UserId(100 + i64::from(u32::from(letter) - u32::from('A')))
}

/// The letter that a table calls this merchant by.
pub(crate) fn letter(merchant: UserId) -> char {
    u32::try_from(merchant.0 - 100).ok().and_then(|at| char::from_u32(u32::from('A') + at)).unwrap_or('?')
}

/// The id of a merchant's bid.
pub(crate) fn bid_of(merchant: UserId) -> BidId {
    BidId(merchant.0 + 1_000)
}

/// A merchant in good standing.
pub(crate) fn bidder(user: UserId) -> Bidder {
    Bidder {
        user,
        merchant: true,
        verified: true,
        suspended: false,
        eligible: true,
        rating_milli: 4_000,
        rated_orders: 10,
    }
}

/// One piece of the one item for this price, in a day, with no warranty.
pub(crate) fn offer(halalas: i64) -> Offer {
    let unit_price = AmountMinor(halalas);
    Offer {
        lines: vec![Line { item: ItemId(1), quantity: 1, unit_price, condition: None }],
        delivery_fee: AmountMinor::ZERO,
        delivery_hours: 24,
        warranty_days: 0,
        payment_terms: String::new(),
        notes: String::new(),
        expires_at: None,
    }
}

/// A key of its own for every number, with a body to match.
pub(crate) fn key(number: u64) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Key { key: bytes, body: bytes }
}

/// The fold of a log.
pub(crate) fn replay<R: Ranking>(log: &[(Event, UnixMicros)]) -> Machine<R> {
    let Some(((Event::Published(terms), at), rest)) = log.split_first() else { panic!("a log begins with its terms") };
    let mut auction = Machine::published(terms.clone(), *at);
    for (event, at) in rest {
        auction.apply(event, *at);
    }
    auction
}
