//! Writes a market as a live engine would have: decided by the domain, sealed, in groups across all auctions.

use std::fmt::Write as _;
use std::path::Path;

use mazad::clock::Clock;
use mazad::domain::auction::board::State;
use mazad::domain::auction::command::Bidder;
use mazad::domain::auction::command::Command;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::Offer;
use mazad::domain::auction::command::SendBid;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::state::Auction;
use mazad::domain::auction::state::Decision;
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
use mazad::limits::GROUP_APPENDS_MAX;
use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::append::append_group;
use mazad::persistence::journal::Append;
use mazad::persistence::journal::Entry;
use mazad::persistence::journal::GENESIS;
use mazad::persistence::journal::Hash;
use mazad::persistence::journal::Head;
use mazad::persistence::journal::Hold;
use mazad::persistence::pulse;

use crate::Options;

/// The customer of every auction.
const OWNER: UserId = UserId(1_600_000_000_000_000_001);
const FILES: [&str; 2] = ["mazad.sqlite", "written"];
const ITEMS: [ItemId; 3] =
    [ItemId(1_500_000_000_000_000_001), ItemId(1_500_000_000_000_000_002), ItemId(1_500_000_000_000_000_003)];

/// What was written of one auction.
pub(crate) struct Written {
    pub(crate) request: RequestId,
    pub(crate) seq: i64,
    pub(crate) live: i64,
    pub(crate) total: i64,
    pub(crate) best: AmountMinor,
    pub(crate) leader: BidId,
    pub(crate) overdue: bool,
}

/// Everything that was written, by deadline.
pub(crate) struct Market {
    pub(crate) auctions: Vec<Written>,
}

/// The database in `dir`.
pub(crate) fn url(dir: &Path) -> String {
    format!("sqlite://{}", dir.join("mazad.sqlite").display())
}

pub(crate) async fn open(dir: &Path) -> Db {
    Db::open(&StoreOptions { url: url(dir), readers: 1 }).await.unwrap()
}

/// A copy to run on: a restart closes what is overdue.
pub(crate) fn copy(from: &Path, to: &Path) {
    // What a run that failed left behind: a WAL of another file would damage this one.
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
    for file in FILES {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

impl Market {
    pub(crate) async fn find_or_write(dir: &Path, options: &Options) -> Self {
        let list = dir.join("written");
        if !list.exists() {
            std::fs::write(&list, write(dir, options).await).unwrap();
        }
        let auctions = std::fs::read_to_string(list).unwrap().lines().map(Written::read).collect();
        Self { auctions }
    }

    pub(crate) fn overdue(&self) -> usize {
        self.auctions.iter().filter(|written| written.overdue).count()
    }

    pub(crate) fn bids(&self) -> i64 {
        self.auctions.iter().map(|written| written.total).sum()
    }
}

impl Written {
    fn read(line: &str) -> Self {
        let mut numbers = line.split(' ').map(|number| number.parse::<i64>().unwrap());
        let mut next = || numbers.next().unwrap();
        Self {
            request: RequestId(next()),
            seq: next(),
            live: next(),
            total: next(),
            best: AmountMinor(next()),
            leader: BidId(next()),
            overdue: next() == 1,
        }
    }
}

/// One auction while it is written.
struct Room {
    state: Auction,
    hash: Hash,
    request: RequestId,
}

impl Room {
    fn append(&mut self, events: Vec<Event>, at: UnixMicros) -> Append {
        let mut entries = Vec::new();
        for event in events {
            if !matches!(event, Event::Published(_)) {
                self.state.apply(&event, at);
            }
            let entry = Entry::seal(&self.hash, self.request, self.state.seq(), at, event);
            self.hash = entry.hash;
            entries.push(entry);
        }
        let board = self.state.outline();
        let head = Head {
            request: self.request,
            owner: board.terms.owner,
            seq: board.seq,
            hash: self.hash,
            state: board.state,
            paused: board.paused,
            opens_at: board.terms.opens_at,
            closes_at: board.closes_at,
            review_until: board.review_until,
            total_bids: board.total_bids,
            live_bids: board.live_bids,
            best_landed: board.best_landed,
            updated_at: at,
        };
        Append { hold: Hold::ALONE, entries, head }
    }

    fn decide(&mut self, command: &Command, at: UnixMicros) -> Append {
        let Ok(Decision::Happen(events)) = self.state.decide(command, at) else { panic!("refused: {command:?}") };
        self.append(events, at)
    }
}

async fn write(dir: &Path, options: &Options) -> String {
    let db = open(dir).await;
    // The engine was last alive a minute ago; what is overdue fell due within the ten seconds after, so that no
    // interruption is owed to its bidders.
    let away = Clock::System.now().minus(Span::secs(60));
    let begin = away.minus(Span::secs(3_600));
    let mut rooms = Vec::with_capacity(options.auctions);
    let mut group = Vec::with_capacity(GROUP_APPENDS_MAX);
    for number in 0..options.auctions {
        let closes_at = if number < options.overdue {
            away.plus(Span(1_000 * i64::try_from(number % 9_000).unwrap() + 1))
        } else {
            away.plus(Span::secs(10 * 86_400 + i64::try_from(number % 80_000).unwrap()))
        };
        // Ids that do not follow the deadlines.
        let request = RequestId(1_800_000_000_000_000_000 + i64::try_from(number * 7_919 % 1_000_003).unwrap());
        let terms = terms(request, begin, closes_at);
        let state = Auction::published(terms.clone(), begin);
        let mut room = Room { state, hash: GENESIS, request };
        group.push(room.append(vec![Event::Published(terms)], begin));
        group.push(room.decide(&Command::Tick, begin));
        rooms.push(room);
        flush(&db, &mut group, GROUP_APPENDS_MAX - 1).await;
    }
    let mut chance = Chance(42);
    for round in 0..options.bids {
        let at = begin.plus(Span::secs(1 + i64::try_from(round).unwrap()));
        for (number, room) in rooms.iter_mut().enumerate() {
            let command = bid(room, number, round, options.merchants, at, &mut chance);
            group.push(room.decide(&command, at));
            flush(&db, &mut group, GROUP_APPENDS_MAX).await;
        }
    }
    flush(&db, &mut group, 1).await;
    pulse::beat(&db, 1, away).await.unwrap();
    db.close().await;
    let mut list = String::new();
    for (number, room) in rooms.iter().enumerate() {
        let board = room.state.board();
        assert_eq!(board.state, State::BiddingOpen);
        let (best, leader) = (board.best_landed.unwrap().0, board.rows[0].bid.0);
        let overdue = i64::from(number < options.overdue);
        let (live, total) = (board.live_bids, board.total_bids);
        writeln!(list, "{} {} {live} {total} {best} {leader} {overdue}", room.request.0, board.seq).unwrap();
    }
    list
}

async fn flush(db: &Db, group: &mut Vec<Append>, from: usize) {
    if group.len() >= from {
        append_group(db, group).await.into_iter().collect::<Result<(), _>>().unwrap();
        group.clear();
    }
}

fn terms(request: RequestId, opens_at: UnixMicros, closes_at: UnixMicros) -> Terms {
    Terms {
        request,
        owner: OWNER,
        items: ITEMS.map(|id| LotItem { id, quantity: 1, condition: None }).to_vec(),
        rules: Rules { soft_close: Span::secs(120), ..Rules::USUAL },
        opens_at,
        closes_at,
        alias_seed: request.0.unsigned_abs(),
    }
}

fn bid(room: &Room, number: usize, round: usize, merchants: usize, at: UnixMicros, chance: &mut Chance) -> Command {
    let (place, turn) = (round % merchants, i64::try_from(round / merchants).unwrap());
    // A merchant bids in many auctions, in another order in each.
    let place = (place * 7 + number) % merchants;
    let user = UserId(1_700_000_000_000_000_000 + i64::try_from(place).unwrap() * 7_919);
    let bidder = Bidder {
        user,
        merchant: true,
        verified: true,
        suspended: false,
        eligible: true,
        rating_milli: 3_000 + i64::try_from(place * 13 % 2_000).unwrap(),
        rated_orders: i64::try_from(place % 40).unwrap(),
    };
    // Below the last one by more than a step for every turn.
    let price = |base: i64| AmountMinor((base - 2_000 * turn).max(100));
    let spread = i64::try_from(place * 100).unwrap();
    let offer = Offer {
        lines: ITEMS
            .map(|item| Line { item, quantity: 1, unit_price: price(90_000 + spread), condition: None })
            .to_vec(),
        delivery_fee: AmountMinor(2_500),
        delivery_hours: 24 + i64::try_from(place * 7 % 200).unwrap(),
        warranty_days: 90,
        payment_terms: "on delivery".to_owned(),
        notes: "genuine part, boxed, invoice included; delivery to the workshop before noon".to_owned(),
        expires_at: None,
    };
    let key = Key { key: chance.bytes(), body: chance.bytes() };
    let id = BidId(1_900_000_000_000_000_000 + i64::try_from(number * 100_000 + place).unwrap());
    if room.state.standing(user).is_some() {
        Command::Revise(SendBid { bidder, bid: id, offer, floor: None, confirmed: true, key, stamp: at })
    } else {
        Command::Place(SendBid { bidder, bid: id, offer, floor: None, confirmed: true, key, stamp: at })
    }
}

/// Splitmix: keys that do not repeat.
struct Chance(u64);

impl Chance {
    fn bytes(&mut self) -> [u8; 16] {
        let mut half = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            u128::from(mixed ^ (mixed >> 27))
        };
        (half() << 64 | half()).to_be_bytes()
    }
}
