//! Ranked bids by themselves, the fast book against the obvious one.
//!
//! `rank` puts a bid that moves the reference price and counts its rank; `leader` looks for rank 1 as if a bid had
//! been put; `lead_price` finds the price that leads; `board` takes the best thousand in order.

use std::hint::black_box;
use std::time::Duration;

use criterion::BenchmarkId;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use mazad::domain::auction::book::Book;
use mazad::domain::auction::naive::NaiveBook;
use mazad::domain::auction::ranking::Entry;
use mazad::domain::auction::ranking::Ranking;
use mazad::domain::auction::terms::Rules;
use mazad::domain::ids::BidId;
use mazad::domain::ids::UserId;

fn entry(id: i64, landed: i64) -> Entry {
    Entry {
        merchant: UserId(id),
        bid: BidId(id),
        landed: landed.unsigned_abs(),
        delivery_hours: 24 + id * 7 % 200,
        rating_milli: 3_000 + id * 13 % 2_000,
        rated_orders: id % 40,
        effective_seq: id,
    }
}

fn filled<R: Ranking>(bids: i64) -> R {
    let mut book = R::new(&Rules::USUAL);
    for id in 1..=bids {
        book.put(entry(id, 9_000_000 + id * 791_900 % 2_000_000));
    }
    book
}

fn measure<R: Ranking>(criterion: &mut Criterion, name: &str, sizes: &[i64]) {
    let mut group = criterion.benchmark_group(format!("book/{name}"));
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for bids in sizes {
        let mut book = filled::<R>(*bids);
        let mut turn = 0;
        group.bench_function(BenchmarkId::new("rank", bids), |bencher| {
            bencher.iter(|| {
                turn += 1;
                // Up and down below all others: the lowest price, and with it every total, moves each time.
                let own = entry(turn * 31 % bids + 1, 8_000_000 + turn * 7_919 % 1_000_000);
                book.put(own);
                black_box(book.standing(own.merchant))
            });
        });
        let book = filled::<R>(*bids);
        let low = entry(bids / 2 + 1, 8_000_000);
        group.bench_function(BenchmarkId::new("leader", bids), |bencher| {
            bencher.iter(|| black_box(book.leader_with(black_box(&low))));
        });
        group.bench_function(BenchmarkId::new("lead_price", bids), |bencher| {
            bencher.iter(|| black_box(book.highest_leading(black_box(&low), 1, 100_000_000_000)));
        });
        group.bench_function(BenchmarkId::new("board", bids), |bencher| {
            bencher.iter(|| black_box(book.best(book.len())));
        });
    }
    group.finish();
}

fn book(criterion: &mut Criterion) {
    measure::<Book>(criterion, "fast", &[10, 100, 1_000, 10_000]);
    measure::<NaiveBook>(criterion, "naive", &[10, 100, 1_000]);
}

criterion_group!(benches, book);
criterion_main!(benches);
