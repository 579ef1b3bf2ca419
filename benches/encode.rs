//! What a pass costs before the first byte is written: encoding an event and a board, once per class.

use std::hint::black_box;

use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use mazad::domain::auction::board::Alias;
use mazad::domain::auction::board::ClassSeqs;
use mazad::domain::auction::board::Happened;
use mazad::domain::auction::board::Row;
use mazad::domain::auction::board::Standing;
use mazad::domain::auction::command::Key;
use mazad::domain::auction::command::Line;
use mazad::domain::auction::command::Offer;
use mazad::domain::auction::event::BidContent;
use mazad::domain::auction::event::Event;
use mazad::domain::auction::event::Score;
use mazad::domain::auction::state::Auction;
use mazad::domain::auction::terms::LotItem;
use mazad::domain::auction::terms::Rules;
use mazad::domain::auction::terms::Terms;
use mazad::domain::auction::terms::Visibility;
use mazad::domain::auction::view::Class;
use mazad::domain::ids::BidId;
use mazad::domain::ids::ItemId;
use mazad::domain::ids::RequestId;
use mazad::domain::ids::UserId;
use mazad::domain::money::AmountMinor;
use mazad::domain::time::Span;
use mazad::domain::time::UnixMicros;
use mazad::wire::board::BoardOut;
use mazad::wire::board::Names;
use mazad::wire::frame;
use mazad::wire::frame::BoardFrame;
use mazad::wire::frame::EventFrame;
use mazad::wire::frame::Stamp;
use mazad::wire::value::Name;
use mazad::wire::value::Timestamp;

const NOW: UnixMicros = UnixMicros(1_800_000_000_000_000);
const SCORE: Score = Score { price: 91_234_567, merchant: 78_000_000, delivery: 92_857_142, total: 87_588_711 };

/// Knows everybody by the same name.
struct Known;

impl Names for Known {
    fn name_of(&self, _: UserId) -> Option<Name> {
        Some(Name("ورشة الخليج".into()))
    }
}

fn terms() -> Terms {
    Terms {
        request: RequestId(1),
        owner: UserId(1),
        items: vec![LotItem { id: ItemId(1), quantity: 1, condition: None }],
        rules: Rules::USUAL,
        opens_at: NOW,
        closes_at: NOW.plus(Span::hours(1)),
        alias_seed: 7,
    }
}

fn placed() -> Happened {
    let line = Line { item: ItemId(1), quantity: 1, unit_price: AmountMinor::sar(1_234), condition: None };
    let offer = Offer {
        lines: vec![line],
        delivery_fee: AmountMinor::ZERO,
        delivery_hours: 24,
        warranty_days: 90,
        payment_terms: "cash".to_owned(),
        notes: String::new(),
        expires_at: None,
    };
    let content = BidContent {
        bid: BidId(123_456_789),
        merchant: UserId(987_654_321),
        version: 3,
        offer,
        landed: AmountMinor::sar(1_234),
        floor: None,
        rating_milli: 3_900,
        rated_orders: 12,
        stamp: NOW,
        keeps_place: false,
    };
    Happened {
        seq: 4_711,
        class_seqs: ClassSeqs { host: 4_700, merchants: 4_700 },
        at: NOW,
        event: Event::BidRevised { content, key: Key { key: [1; 16], body: [2; 16] } },
        standing: Some(Standing { rank: 2, score: SCORE, alias: Alias(0x7f) }),
    }
}

fn encode(bench: &mut Criterion) {
    let happened = placed();
    let mut board = Auction::published(terms(), NOW).board();
    board.live_bids = 10;
    board.rows = (1..=10)
        .map(|rank| Row {
            rank,
            bid: BidId(i64::from(rank) * 1_000_000),
            merchant: UserId(i64::from(rank)),
            alias: Alias(rank * 17),
            version: rank,
            landed: AmountMinor::sar(1_000 + i64::from(rank)),
            delivery_hours: 24,
            warranty_days: 90,
            rating_milli: 3_900,
            score: SCORE,
            effective_seq: i64::from(rank),
        })
        .collect();
    let mut group = bench.benchmark_group("encode");
    group.throughput(Throughput::Elements(1));
    let mut out = Vec::with_capacity(4_096);
    for (name, class) in [("host", Class::Host), ("merchants", Class::Merchants)] {
        group.bench_function(format!("event/{name}"), |bench| {
            bench.iter(|| {
                out.clear();
                let event =
                    EventFrame::live(Visibility::Open, class, black_box(&happened), &Known, "0123456789abcdef", NOW);
                event.map(|event| frame::append_json(&mut out, &event))
            });
        });
        group.bench_function(format!("board/{name}"), |bench| {
            bench.iter(|| {
                out.clear();
                let shown = BoardOut::new(black_box(&board), class, &Known);
                let at = Stamp { epoch: Some("0123456789abcdef"), seq: 4_700, server_time: Timestamp(NOW) };
                frame::append_json(&mut out, &BoardFrame { r#type: "board", at, board: &shown, watchers: Some(1_000) })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
