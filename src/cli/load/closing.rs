//! Closing on time: thousands of armed auctions, many of which end at one instant, while bidders bid elsewhere and one
//! merchant floods one auction.
//!
//! Everything goes through the public API: a request says when it opens and for how long bids are taken, so its
//! deadline is known to the microsecond, and its journal tells the deadline in force and when the close was decided.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep_until;

use crate::cli::load::driver::Acknowledged;
use crate::cli::load::driver::Pair;
use crate::cli::load::driver::Room;
use crate::cli::load::driver::Shared;
use crate::cli::load::driver::Window;
use crate::cli::load::driver::Work;
use crate::cli::load::driver::error_word;
use crate::cli::load::http_client::Connection;
use crate::cli::load::http_client::number_after;
use crate::cli::load::phases::Run;
use crate::cli::load::phases::Shape;
use crate::cli::load::plan::Bid;
use crate::cli::load::plan::write_bid;
use crate::cli::load::report::Closings;
use crate::cli::load::report::Latencies;
use crate::cli::load::stage::Hours;
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::domain::time::UnixMicros;

/// Merchants that bid in every auction that ends: enough for a scoreboard to be frozen.
const MERCHANTS: usize = 3;
/// Connections that the flood comes over.
const FLOOD_CONNECTIONS: u32 = 8;
/// Time for the first bids, between the last opening and the first deadline.
const ENTRY: Span = Span::secs(40);
/// How long bidders go on after the last deadline.
const AFTER: Duration = Duration::from_secs(1);
/// Nothing is waited for longer than this after the last deadline (P22).
const END_MAX: Duration = Duration::from_secs(30);

/// When auctions end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Calendar {
    bidding_secs: u64,
    opens: Vec<UnixMicros>,
}

impl Calendar {
    /// Every other auction ends at one instant in the middle of `span`, the rest evenly over it. None opens before
    /// `ready`, and all are open together for long enough to be bid on.
    fn new(count: usize, ready: UnixMicros, span: Span) -> Self {
        let parts = i64::try_from(count.saturating_sub(1)).unwrap_or(1).max(1);
        let opens = (0..=parts).take(count).map(|place| match place % 2 {
            1 if place < parts => Span(span.0 / 2),
            _ => Span(span.0 * place / parts),
        });
        let bidding_secs = u64::try_from(span.whole_secs() + ENTRY.whole_secs()).unwrap_or(0).max(60);
        Self { bidding_secs, opens: opens.map(|after| ready.plus(after)).collect() }
    }

    fn hours(&self) -> Vec<Hours> {
        let hours = |opens: &UnixMicros| Hours { opens_at: Some(*opens), bidding_secs: self.bidding_secs };
        self.opens.iter().map(hours).collect()
    }
}

impl Run<'_> {
    /// Arms the auctions, floods one, bids on others, and reads from the journals how late each one closed.
    pub(super) async fn closing(&mut self) -> anyhow::Result<()> {
        let options = self.options;
        let (auctions, ending) = (options.auctions, options.closing.max(1));
        let resting = options.armed.checked_sub(auctions + ending);
        let resting = resting.context("--armed counts --auctions and --closing too: raise it")?;
        options.check_rate(options.closing_rate, auctions)?;
        eprintln!("{} requests are published …", options.armed);
        let began = Instant::now();
        let mut ordinary = self.stage.open_rooms(auctions, options.merchants).await?;
        self.stage.open_rooms(resting, 0).await?;
        // So long, and half as long again, for those that end: they are published before the first of them opens.
        let each = began.elapsed() / u32::try_from(auctions + resting)?.max(1);
        let publishing = each * u32::try_from(ending)? * 3 / 2 + Duration::from_secs(5);
        let ready = Clock::System.now().plus(Span(i64::try_from(publishing.as_micros())?));
        let calendar = Calendar::new(ending, ready, Span::secs(i64::try_from(options.duration)?));
        let rooms = self.stage.open_rooms_at(&calendar.hours(), MERCHANTS).await?;
        anyhow::ensure!(Clock::System.now() < ready, "publishing took longer than before; run it again");
        let hands = self.enter("closing bids", &ordinary, options.merchants).await?;
        sleep_until(instant_of(*calendar.opens.last().context("no calendar")?).into()).await;
        let entered = self.enter("closing ends", &rooms, MERCHANTS).await?;
        let watching = self.watch(&rooms, options.watchers.min(ending)).await?;

        let bidding = Duration::from_secs(calendar.bidding_secs);
        let from = instant_of(*calendar.opens.first().context("no calendar")?) + bidding;
        let start = from.checked_sub(Duration::from_secs(options.warmup)).context("the clock is too young")?;
        anyhow::ensure!(Instant::now() < start, "the first bids took until the first deadline: lower --closing");
        let to = from + Duration::from_secs(options.duration) + AFTER;
        let window = Window { start, from, to };
        let flooded = rooms.last().context("no auction ends")?;
        let mut pairs = entered.iter().flatten().map(Pair::standing);
        let bid = pairs.find(|(room, merchant, _)| room.request == flooded.request && *merchant == 0);
        let bid = bid.and_then(|(_, _, bid)| bid).context("the flooded auction has a bid of its first merchant")?;
        let cuts = Rc::new(Cell::new(0));
        let flood: Vec<_> = (0..FLOOD_CONNECTIONS)
            .map(|number| {
                let cuts = Rc::clone(&cuts);
                let flood = Flood { number, rate: options.flood_rate, bid: bid.to_owned(), window, cuts };
                spawn_local(flood.run(Rc::clone(&self.shared), Rc::clone(flooded)))
            })
            .collect();
        let drivers = self.drive(options.closing_rate, window, hands.into_iter().map(Work::Bid))?;
        let shape = Shape {
            name: "closing".into(),
            auctions,
            merchants: options.merchants,
            rate: options.closing_rate,
            watchers: watching.1.len(),
        };
        let mut phase = self.measure(&shape, window, drivers, None).await?;
        phase.closings = Some(self.ends(&rooms, flood).await?);
        self.phases.push(phase);
        for watcher in watching.1 {
            watcher.abort();
        }
        ordinary.extend(rooms);
        self.settle(&ordinary).await
    }

    /// Reads how the auctions ended; one that has not is asked again for a while.
    async fn ends(
        &mut self,
        rooms: &[Rc<Room>],
        flood: Vec<JoinHandle<BTreeMap<String, u64>>>,
    ) -> anyhow::Result<Closings> {
        let mut ends = Ends::new()?;
        let last = Instant::now() + END_MAX;
        for room in rooms {
            let mut end = self.stage.read_end(&room.request).await?;
            while end.closed.is_none() && Instant::now() < last {
                tokio::time::sleep(Duration::from_millis(100)).await;
                end = self.stage.read_end(&room.request).await?;
            }
            ends.count(end.deadline, end.closed, room.heard_end.get());
        }
        let mut answers = BTreeMap::new();
        for task in flood {
            for (word, count) in task.await? {
                *answers.entry(word).or_default() += count;
            }
        }
        Ok(ends.closings(answers))
    }
}

fn instant_of(at: UnixMicros) -> Instant {
    let wait = at.since(Clock::System.now()).0;
    let now = Instant::now();
    let away = Duration::from_micros(wait.unsigned_abs());
    if wait < 0 { now.checked_sub(away).unwrap_or(now) } else { now + away }
}

/// How auctions ended.
struct Ends {
    early: u64,
    open: u64,
    decided: Latencies,
    heard: Latencies,
    deadlines: HashMap<UnixMicros, u64>,
}

impl Ends {
    fn new() -> anyhow::Result<Self> {
        let (decided, heard) = (Latencies::new()?, Latencies::new()?);
        Ok(Self { early: 0, open: 0, decided, heard, deadlines: HashMap::new() })
    }

    fn count(&mut self, deadline: UnixMicros, closed: Option<UnixMicros>, heard: Option<UnixMicros>) {
        let late = |at: UnixMicros| u64::try_from(at.since(deadline).0).ok().map(Duration::from_micros);
        *self.deadlines.entry(deadline).or_default() += 1;
        match closed.map(late) {
            None => self.open += 1,
            Some(None) => self.early += 1,
            Some(Some(late)) => self.decided.record(late),
        }
        if let Some(late) = heard.and_then(late) {
            self.heard.record(late);
        }
    }

    fn closings(self, flood: BTreeMap<String, u64>) -> Closings {
        Closings {
            early: self.early,
            open: self.open,
            together: self.deadlines.into_values().max().unwrap_or_default(),
            late_ms: self.decided.summary(),
            heard_ms: self.heard.summary(),
            flood,
        }
    }
}

/// One merchant who bids far oftener than the rules allow, over one of several connections.
struct Flood {
    number: u32,
    rate: u64,
    bid: String,
    window: Window,
    /// How often the price was cut, over all connections.
    cuts: Rc<Cell<i64>>,
}

impl Flood {
    /// Answers by status and code.
    async fn run(self, shared: Rc<Shared>, room: Rc<Room>) -> BTreeMap<String, u64> {
        let mut answers = BTreeMap::new();
        let (Some(sender), Some(every)) = (shared.merchants.first(), self.every()) else { return answers };
        let mut connection = Connection::new(&shared.authority);
        let (mut request, mut body) = (String::new(), String::new());
        let mut due = self.window.start + every / FLOOD_CONNECTIONS * self.number;
        while due < self.window.to {
            sleep_until(due.into()).await;
            shared.numbers.set(shared.numbers.get() + 1);
            self.cuts.set(self.cuts.get() + 1);
            let landed = room.prices.landed(0, self.cuts.get());
            let bid = Bid {
                request: &room.request,
                items: &room.items,
                revises: Some(&self.bid),
                prices: room.prices,
                landed,
                number: shared.numbers.get(),
                run: &shared.run,
            };
            write_bid(&mut request, &mut body, sender, &bid);
            let word = match connection.exchange(request.as_bytes()).await {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    if let Some(seq) = number_after(answer.body, b"\"seq\":") {
                        room.acknowledged.borrow_mut().push(Acknowledged { seq, landed });
                    }
                    answer.status.to_string()
                }
                Ok(answer) => error_word(answer.status, answer.body),
                Err(broken) => broken.to_string(),
            };
            *answers.entry(word).or_default() += 1;
            due += every;
        }
        answers
    }

    /// How long this connection waits between two bids; `None` without a flood.
    fn every(&self) -> Option<Duration> {
        let nanos = (u64::from(FLOOD_CONNECTIONS) * 1_000_000_000).checked_div(self.rate)?;
        Some(Duration::from_nanos(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: UnixMicros = UnixMicros(1_000_000_000);

    #[test]
    fn half_of_the_auctions_end_together_and_the_others_over_the_whole_time() {
        let calendar = Calendar::new(101, READY, Span::secs(20));
        assert_eq!(calendar.opens.len(), 101);
        assert_eq!(calendar.opens.first(), Some(&READY));
        assert_eq!(calendar.opens.last(), Some(&READY.plus(Span::secs(20))), "the flooded one is the last");
        let middle = READY.plus(Span::secs(10));
        assert_eq!(calendar.opens.iter().filter(|at| **at == middle).count(), 51, "every other, and the middle's own");
        assert_eq!(calendar.bidding_secs, 60);
        assert_eq!(Calendar::new(1, READY, Span::secs(40)).bidding_secs, 80, "open together for forty seconds");
        assert_eq!(Calendar::new(2, READY, Span::secs(20)).opens, [READY, READY.plus(Span::secs(20))]);
    }

    #[test]
    fn an_early_close_and_a_missing_one_are_counted_and_never_timed() {
        let mut ends = Ends::new().unwrap();
        let at = |micros: i64| Some(READY.plus(Span(micros)));
        ends.count(READY, at(-1), None);
        ends.count(READY, None, None);
        ends.count(READY, at(0), None);
        ends.count(READY, at(20_000), at(30_000));
        let closings = ends.closings(BTreeMap::new());
        assert_eq!((closings.early, closings.open, closings.together), (1, 1, 4));
        assert_eq!(closings.late_ms.map(|late| late.count), Some(2));
        assert!((closings.late_ms.unwrap().max - 20.0).abs() < 0.1);
        assert!((closings.heard_ms.unwrap().max - 30.0).abs() < 0.1);
    }
}
