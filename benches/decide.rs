//! The speed of light: decide + apply + standing of one bid (a revision of three items), nothing stored or sent.
//!
//! `typical` cuts somewhere in the field; `worst` makes every bid the new lowest, so every total in the room moves;
//! `closing` is `worst` inside the soft-close window, where the leader is looked up before and after; `stairs` is
//! `closing` where whoever asks more is rated better, so that any of the bids might lead and all are looked at each time.

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use criterion::BenchmarkId;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use mazad::domain::auction::book::Book;
use mazad::domain::auction::command::Bidder;
use mazad::domain::auction::command::Command;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::Offer;
use mazad::domain::auction::command::SendBid;
use mazad::domain::auction::naive::NaiveBook;
use mazad::domain::auction::ranking::Ranking;
use mazad::domain::auction::state::Decision;
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

const START: UnixMicros = UnixMicros(1_800_000_000_000_000);
/// Revisions on one copy of an auction; fewer than its merchants may send.
const RUN: i64 = 60;

#[derive(Clone, Copy)]
enum Load {
    Typical,
    Worst,
    Closing,
    Stairs,
}

impl Load {
    const fn name(self) -> &'static str {
        match self {
            Self::Typical => "typical",
            Self::Worst => "worst",
            Self::Closing => "closing",
            Self::Stairs => "stairs",
        }
    }
}

fn terms(load: Load) -> Terms {
    let soft_close = match load {
        Load::Typical | Load::Worst => Span::ZERO,
        Load::Closing | Load::Stairs => Span::secs(1_800),
    };
    Terms {
        request: RequestId(1),
        owner: UserId(1),
        items: (1..=3).map(|id| LotItem { id: ItemId(id), quantity: 2, condition: None }).collect(),
        rules: Rules { soft_close, bids_per_second: 1_000_000, bids_per_merchant: 1_000_000, ..Rules::USUAL },
        opens_at: START,
        closes_at: START.plus(Span::secs(600)),
        alias_seed: 42,
    }
}

fn offer(load: Load, riyals: i64, merchant: i64) -> Offer {
    let delivery_hours = match load {
        Load::Typical | Load::Worst | Load::Closing => 24 + merchant * 7 % 200,
        Load::Stairs => 25 - merchant % 2,
    };
    let line =
        |item| Line { item: ItemId(item), quantity: 2, unit_price: AmountMinor::sar(riyals / 6), condition: None };
    Offer {
        lines: (1..=3).map(line).collect(),
        delivery_fee: AmountMinor::sar(riyals % 6),
        delivery_hours,
        warranty_days: 90,
        payment_terms: "on delivery".to_owned(),
        notes: "in stock, original packaging".to_owned(),
        expires_at: None,
    }
}

fn bidder(load: Load, merchant: i64) -> Bidder {
    let rating_milli = match load {
        Load::Typical | Load::Worst | Load::Closing => 3_000 + merchant * 13 % 2_000,
        Load::Stairs => merchant / 2,
    };
    Bidder {
        user: UserId(1_000 + merchant),
        merchant: true,
        verified: true,
        suspended: false,
        eligible: true,
        rating_milli,
        rated_orders: merchant % 40,
    }
}

fn key(number: i64) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Key { key: bytes, body: bytes }
}

/// First prices lie between 90 000 and 110 000 riyals, scattered over the merchants or in their order.
fn first_price(load: Load, merchant: i64) -> i64 {
    match load {
        Load::Typical | Load::Worst | Load::Closing => 90_000 + merchant * 7_919 % 20_000,
        Load::Stairs => 90_000 + merchant * 2,
    }
}

fn room<R: Ranking>(load: Load, bids: i64) -> Machine<R> {
    let mut auction = Machine::published(terms(load), START);
    step(&mut auction, &Command::Tick, UserId(0));
    for merchant in 0..bids {
        let place = SendBid {
            bidder: bidder(load, merchant),
            bid: BidId(merchant + 1),
            offer: offer(load, first_price(load, merchant), merchant),
            floor: None,
            confirmed: true,
            key: key(merchant),
            stamp: START,
        };
        step(&mut auction, &Command::Place(place), UserId(0));
    }
    auction
}

fn revisions(load: Load, bids: i64) -> Vec<(Command, UserId)> {
    let revision = |run: i64| {
        let merchant = run * 31 % bids;
        let round = run / bids;
        let riyals = match load {
            Load::Typical => first_price(load, merchant) - 60 * (round + 1),
            Load::Worst | Load::Closing | Load::Stairs => 89_000 - 60 * run,
        };
        let revise = SendBid {
            bidder: bidder(load, merchant),
            bid: BidId(merchant + 1),
            offer: offer(load, riyals, merchant),
            floor: None,
            confirmed: true,
            key: key(1_000_000 + run),
            stamp: START,
        };
        (Command::Revise(revise), UserId(1_000 + merchant))
    };
    (0..RUN).map(revision).collect()
}

/// What is measured.
fn step<R: Ranking>(auction: &mut Machine<R>, command: &Command, merchant: UserId) {
    let Ok(Decision::Happen(events)) = auction.decide(command, START) else { panic!("refused: {command:?}") };
    for event in &events {
        auction.apply(event, START);
    }
    black_box(auction.standing(merchant));
}

fn measure<R: Ranking>(criterion: &mut Criterion, book: &str, sizes: &[i64]) {
    for load in [Load::Typical, Load::Worst, Load::Closing, Load::Stairs] {
        let mut group = criterion.benchmark_group(format!("decide/{book}/{}", load.name()));
        group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for bids in sizes {
            let room = room::<R>(load, *bids);
            let commands = revisions(load, *bids);
            group.bench_function(BenchmarkId::from_parameter(bids), |bencher| {
                bencher.iter_custom(|iterations| {
                    let mut spent = Duration::ZERO;
                    let mut left = iterations;
                    while left > 0 {
                        let mut auction = room.clone();
                        let run = commands.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                        let begin = Instant::now();
                        for (command, merchant) in commands.iter().take(run) {
                            step(&mut auction, command, *merchant);
                        }
                        spent += begin.elapsed();
                        left = left.saturating_sub(run as u64);
                    }
                    spent
                });
            });
        }
        group.finish();
    }
}

fn decide(criterion: &mut Criterion) {
    measure::<Book>(criterion, "fast", &[10, 100, 1_000, 10_000]);
    measure::<NaiveBook>(criterion, "naive", &[10, 100, 1_000]);
}

criterion_group!(benches, decide);
criterion_main!(benches);
