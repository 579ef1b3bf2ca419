//! Random commands: fast = naive = replay after every one, and what must hold whatever comes.

use std::collections::BTreeMap;

use mazad::domain::auction::board::Board;
use mazad::domain::auction::board::State;
use mazad::domain::auction::book::Book;
use mazad::domain::auction::command::Bidder;
use mazad::domain::auction::command::Command;
use mazad::domain::auction::command::Host;
use mazad::domain::auction::command::SendBid;
use mazad::domain::auction::command::WithdrawBid;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::ladder;
use mazad::domain::auction::state::Auction;
use mazad::domain::auction::state::Decision;
use mazad::domain::auction::state::NaiveAuction;
use mazad::domain::auction::terms::Rules;
use mazad::domain::auction::terms::Terms;
use mazad::domain::auction::terms::Visibility;
use mazad::domain::ids::OrderId;
use mazad::domain::ids::UserId;
use mazad::domain::money::AmountMinor;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::engine::score::rules;
use crate::engine::world::OWNER;
use crate::engine::world::START;
use crate::engine::world::bid_of;
use crate::engine::world::bidder;
use crate::engine::world::key;
use crate::engine::world::offer;
use crate::engine::world::replay;
use crate::engine::world::terms;

const MERCHANTS: i64 = 12;
/// Of all bids of a run, how many came inside the soft-close window and how many of those moved the lead: what
/// [`the_model_bids_inside_the_window`] keeps an eye on.
#[derive(Default)]
struct Tally {
    bids: usize,
    closing: usize,
    extended: usize,
    widened: usize,
}

/// What is tried; prices of revisions are cuts of what the bid is then.
#[derive(Clone, Debug)]
enum Act {
    Place { landed: i64, hours: i64, floor: Option<i64>, key: Option<u64> },
    Revise { cut: i64, faster: i64, floor: Option<i64> },
    Withdraw,
    Pause,
    Resume,
    Extend,
    CloseEarly,
    Cancel,
    Accept,
    Decline,
    Disqualify,
    Tick,
    Recover { down: i64 },
}

#[derive(Clone, Debug)]
struct Step {
    /// In microseconds; may go back.
    passes: i64,
    stamp_age: i64,
    merchant: i64,
    act: Act,
}

fn floor() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![1 => Just(None), 2 => (5_000_i64..10_000).prop_map(Some)]
}

fn act() -> impl Strategy<Value = Act> {
    let key = prop_oneof![9 => Just(None), 1 => (0_u64..4).prop_map(Some)];
    let landed = prop_oneof![8 => 9_000_i64..11_000, 1 => 0_i64..3, 1 => Just(i64::MAX)];
    prop_oneof![
        20 => (landed, 20_i64..28, floor(), key)
            .prop_map(|(landed, hours, floor, key)| Act::Place { landed, hours, floor, key }),
        24 => (prop_oneof![Just(0), 0_i64..600], 0_i64..4, floor())
            .prop_map(|(cut, faster, floor)| Act::Revise { cut, faster, floor }),
        5 => Just(Act::Withdraw),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        1 => Just(Act::Extend),
        1 => Just(Act::CloseEarly),
        1 => Just(Act::Cancel),
        4 => Just(Act::Accept),
        2 => Just(Act::Decline),
        1 => Just(Act::Disqualify),
        8 => Just(Act::Tick),
        1 => (0_i64..400_000_000).prop_map(|down| Act::Recover { down }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let passes = prop_oneof![
        3 => Just(0),
        3 => 0_i64..2_000_000,
        4 => 0_i64..40_000_000,
        1 => -5_000_000_i64..0,
        1 => Just(200_000_000),
    ];
    let step = (passes, prop_oneof![4 => Just(0), 1 => 0_i64..3_000_000], 0..MERCHANTS, act());
    let step = step.prop_map(|(passes, stamp_age, merchant, act)| Step { passes, stamp_age, merchant, act });
    proptest::collection::vec(step, 1..80)
}

fn some_terms() -> impl Strategy<Value = Terms> {
    let see = prop_oneof![
        Just(Visibility::Open),
        Just(Visibility::LeadPrice),
        Just(Visibility::RankOnly),
        Just(Visibility::Sealed)
    ];
    let limits = (prop_oneof![Just(2_u32), Just(1_000)], prop_oneof![Just(5_u32), Just(1_000)], 1_u16..4, 0_u16..5);
    (
        rules(),
        see,
        prop_oneof![1 => Just(0), 1 => Just(60), 2 => Just(120), 4 => Just(1_800)],
        limits,
        proptest::bool::ANY,
    )
        .prop_map(
            |(
                rules,
                visibility,
                soft,
                (bids_per_second, bids_per_merchant, min_bids, ring_bids),
                allow_early_close,
            )| {
                let soft_close = Span::secs(if visibility == Visibility::Sealed { 0 } else { soft });
                let base = terms();
                let rules = Rules {
                    visibility,
                    soft_close,
                    min_bids,
                    ring_bids,
                    bids_per_second,
                    bids_per_merchant,
                    allow_early_close,
                    ..rules
                };
                Terms { rules, ..base }
            },
        )
}

struct World {
    fast: Auction,
    naive: NaiveAuction,
    log: Vec<(Event, UnixMicros)>,
    now: UnixMicros,
    keys: u64,
    tally: Tally,
}

impl World {
    fn new(terms: Terms) -> Self {
        let published = Auction::publish(terms.clone(), START).unwrap();
        Self {
            fast: Auction::published(terms.clone(), START),
            naive: NaiveAuction::published(terms, START),
            log: vec![(published, START)],
            now: START,
            keys: 100,
            tally: Tally::default(),
        }
    }

    fn command(&mut self, step: &Step) -> Command {
        let user = UserId(100 + step.merchant);
        // Ratings that differ: price and merchant points pull apart, and more than the cheapest may lead.
        let rating_milli = 3_000 + step.merchant * 617 % 2_000;
        let (bidder, bid) = (Bidder { rating_milli, ..bidder(user) }, bid_of(user));
        let stamp = self.now.minus(Span(step.stamp_age));
        let host = Host { user: OWNER, admin: false };
        let reason = "reason".to_owned();
        self.keys += 1;
        let fresh = key(self.keys);
        let board = self.fast.board();
        let live = board.row_of(user).map_or((10_000, 24), |row| (row.landed.0, row.delivery_hours));
        match &step.act {
            Act::Place { landed, hours, floor, key: repeated } => {
                let mut offer = offer(*landed);
                offer.delivery_hours = *hours;
                let key = repeated.map_or(fresh, key);
                let floor = floor.map(AmountMinor);
                Command::Place(SendBid { bidder, bid, offer, floor, confirmed: true, key, stamp })
            }
            Act::Revise { cut, faster, floor } => {
                let mut offer = offer(live.0 - cut);
                offer.delivery_hours = live.1 - faster;
                let floor = floor.map(AmountMinor);
                Command::Revise(SendBid { bidder, bid, offer, floor, confirmed: false, key: fresh, stamp })
            }
            Act::Withdraw => Command::Withdraw(WithdrawBid { bidder, bid, reason, key: fresh, stamp }),
            Act::Pause => Command::Pause { host, reason },
            Act::Resume => Command::Resume { host },
            Act::Extend => Command::Extend { host, by: Span::secs(60) },
            Act::CloseEarly => Command::CloseEarly { host },
            Act::Cancel => Command::Cancel { host, reason },
            Act::Accept => Command::Accept { host, bid, order: OrderId(1) },
            Act::Decline => Command::Decline { merchant: user, reason },
            Act::Disqualify => Command::Disqualify { merchant: user, reason },
            Act::Tick => Command::Tick,
            Act::Recover { down } => Command::Recover { last_alive: self.now.minus(Span(*down)) },
        }
    }

    fn run(&mut self, command: &Command) {
        let decision = self.fast.decide(command, self.now);
        assert_eq!(decision, self.naive.decide(command, self.now), "{command:?}");
        let events = match decision {
            Ok(Decision::Happen(events)) => events,
            Ok(Decision::Late { event, .. }) => vec![event],
            Ok(Decision::Seen { .. }) | Err(_) => Vec::new(),
        };
        assert_cuts_are_legal(&self.fast.board(), &events);
        let (board, leader) = (self.fast.board(), self.fast.board().rows.first().map(|row| row.merchant));
        self.tally.see(&self.fast, &events);
        for event in &events {
            assert_may_happen(&self.fast, event);
            self.fast.apply(event, self.now);
            self.naive.apply(event, self.now);
            self.log.push((event.clone(), self.now));
            assert_eq!(self.fast.seq(), i64::try_from(self.log.len()).unwrap());
        }
        let after = self.fast.board();
        assert!(after.closes_at >= board.closes_at, "the deadline went back");
        let extended = events.iter().any(|event| matches!(event, Event::Extended { .. }));
        let leads = after.rows.first().map(|row| row.merchant);
        let is_bid = matches!(events.first(), Some(Event::BidPlaced { .. } | Event::BidRevised { .. }));
        assert!(!(is_bid && extended && leads == leader), "a bid that changed no lead moved the deadline");
        if is_bid && leads != leader {
            self.assert_nobody_could_answer(leader);
        }
        let cut = events.iter().filter_map(cut_merchant).collect::<Vec<_>>();
        assert!(cut.is_empty() || leads.is_some_and(|leader| cut.contains(&leader)), "a cut that regained nothing");
        self.check(&after);
    }

    /// Who lost the lead has no legal cut left that would regain it.
    fn assert_nobody_could_answer(&self, loser: Option<UserId>) {
        let Some(loser) = loser else { return };
        let (row, floor) = self.log.iter().rev().find_map(|(event, _)| floor_of(event, loser)).unwrap();
        let Some(floor) = floor else { return };
        let enough = self.fast.price_to_lead(loser).map_or(0, |price| price.0);
        let legal = row.0 - ladder::step(row).0;
        assert!(enough.min(legal) < floor.0, "{loser:?} could have answered");
    }

    fn check(&self, board: &Board) {
        assert_eq!(board, &self.naive.board());
        assert_eq!(self.fast.digest(), self.naive.digest());
        let again = replay::<Book>(&self.log);
        assert_eq!((again.digest(), &again.board()), (self.fast.digest(), board));
        assert_eq!(again.next_alarm(), self.fast.next_alarm());
        for merchant in (0..MERCHANTS).map(|merchant| UserId(100 + merchant)) {
            assert_eq!(self.fast.standing(merchant), self.naive.standing(merchant));
        }
        // The naive book sorts for each of some forty prices, so one merchant a step.
        let merchant = UserId(100 + self.fast.seq() % MERCHANTS);
        assert_eq!(self.fast.price_to_lead(merchant), self.naive.price_to_lead(merchant));
        for (row, rank) in board.rows.iter().zip(1..) {
            assert_eq!((row.rank, row.alias), (rank, self.fast.alias(row.merchant).unwrap()));
        }
        let mut aliases: Vec<_> = board.rows.iter().map(|row| row.alias).collect();
        aliases.sort_unstable();
        aliases.dedup();
        assert_eq!(aliases.len(), board.rows.len(), "two merchants share an alias");
    }
}

impl Tally {
    fn see(&mut self, auction: &Auction, events: &[Event]) {
        self.widened += usize::from(events.iter().any(|event| matches!(event, Event::RingWidened { .. })));
        let Some(Event::BidPlaced { content, .. } | Event::BidRevised { content, .. }) = events.first() else { return };
        self.bids += 1;
        let window = auction.terms().rules.soft_close;
        self.closing += usize::from(auction.closes_at().since(content.stamp) <= window);
        self.extended += usize::from(events.iter().any(|event| matches!(event, Event::Extended { .. })));
    }
}

/// Landed total and floor of a merchant's bid, if the event sets them.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other event sets neither")]
fn floor_of(event: &Event, merchant: UserId) -> Option<(AmountMinor, Option<AmountMinor>)> {
    match event {
        Event::BidPlaced { content, .. } | Event::BidRevised { content, .. } | Event::BidAutoCut { content }
            if content.merchant == merchant =>
        {
            Some((content.landed, content.floor))
        }
        _ => None,
    }
}

fn cut_merchant(event: &Event) -> Option<UserId> {
    if let Event::BidAutoCut { content } = event { Some(content.merchant) } else { None }
}

/// What no log may contain.
fn assert_may_happen(auction: &Auction, event: &Event) {
    match event {
        Event::BidPlaced { content, .. } | Event::BidRevised { content, .. } => {
            assert_eq!(auction.state(), State::BiddingOpen);
            assert!(content.stamp < auction.closes_at(), "accepted at or after the deadline");
            assert!(!auction.is_paused(), "accepted in a pause");
        }
        Event::Accepted { .. } => assert_eq!(auction.state(), State::Reviewing),
        Event::Declined { .. } => assert_eq!(auction.state(), State::Accepted),
        Event::BidTooLate { stamp, deadline, .. } => assert!(stamp >= deadline),
        Event::Published(_) => panic!("published twice"),
        Event::BidAutoCut { .. } | Event::Closed { .. } | Event::Paused { .. } => {
            assert_eq!(auction.state(), State::BiddingOpen);
        }
        Event::RingWidened { ring } => {
            assert!(*ring > auction.ring() && auction.state() == State::BiddingOpen && !auction.is_paused());
            assert!(auction.board().rows.len() < usize::from(auction.terms().rules.ring_bids));
        }
        Event::Reviewing { .. } => assert_eq!(auction.state(), State::BiddingClosed),
        Event::Opened
        | Event::BidWithdrawn { .. }
        | Event::BidDisqualified { .. }
        | Event::Extended { .. }
        | Event::Resumed { .. }
        | Event::Interrupted { .. }
        | Event::Expired { .. }
        | Event::Cancelled { .. } => assert!(!auction.state().is_terminal()),
    }
}

/// An automatic cut is at least a step, stops at the floor, and comes once per merchant.
fn assert_cuts_are_legal(board: &Board, events: &[Event]) {
    let mut landed: BTreeMap<UserId, AmountMinor> = board.rows.iter().map(|row| (row.merchant, row.landed)).collect();
    let mut cut = Vec::new();
    for event in events {
        if let Event::BidPlaced { content, .. } | Event::BidRevised { content, .. } = event {
            landed.insert(content.merchant, content.landed);
        }
        if let Event::BidAutoCut { content } = event {
            let before = landed[&content.merchant];
            assert!(content.landed.0 <= before.0 - ladder::step(before).0, "less than a step");
            assert!(content.floor.is_some_and(|floor| content.landed >= floor), "below the floor");
            assert!(!cut.contains(&content.merchant), "cut twice");
            cut.push(content.merchant);
        }
    }
}

fn play(terms: Terms, steps: &[Step]) -> World {
    let mut world = World::new(terms);
    world.run(&Command::Tick);
    for step in steps {
        world.now = world.now.plus(Span(step.passes));
        let command = world.command(step);
        world.run(&command);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fast_naive_and_replay_agree_whatever_comes(terms in some_terms(), steps in steps()) {
        play(terms, &steps);
    }
}

/// A model that never came near the window would prove nothing about the lead.
#[test]
fn the_model_bids_inside_the_window() {
    let mut runner = TestRunner::deterministic();
    let (mut bids, mut closing, mut extended, mut widened) = (0, 0, 0, 0);
    for _ in 0..100 {
        let (terms, steps) = (some_terms(), steps()).new_tree(&mut runner).unwrap().current();
        let world = play(terms, &steps);
        bids += world.tally.bids;
        closing += world.tally.closing;
        extended += world.tally.extended;
        widened += world.tally.widened;
    }
    assert!(3 * closing > bids, "{closing} of {bids} bids came inside the window");
    assert!(extended > 20, "{extended} of {bids} bids moved the deadline");
    assert!(widened > 20, "the ring was widened {widened} times");
}
