//! The phases of a run: what each sets up, drives, measures and checks.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{sleep, sleep_until};

use crate::cli::load::driver::Done;
use crate::cli::load::driver::Driver;
use crate::cli::load::driver::Pace;
use crate::cli::load::driver::Pair;
use crate::cli::load::driver::Room;
use crate::cli::load::driver::Shared;
use crate::cli::load::driver::Window;
use crate::cli::load::driver::Work;
use crate::cli::load::ledger;
use crate::cli::load::measure::Spent;
use crate::cli::load::measure::Tally;
use crate::cli::load::options::LoadOptions;
use crate::cli::load::options::What;
use crate::cli::load::report::Fanout;
use crate::cli::load::report::Ledger;
use crate::cli::load::report::Phase;
use crate::cli::load::stage::Stage;
use crate::cli::load::watch::JOINING_MAX;
use crate::cli::load::watch::Sightings;
use crate::cli::load::watch::watch;
use crate::cli::market::Person;

/// How long first bids may take in all.
const ENTRY_MAX: Duration = Duration::from_mins(5);
/// How long watchers may take to join.
const JOIN_MAX: Duration = Duration::from_mins(1);
/// How long frames may take to arrive after the last answer.
const ARRIVAL_MAX: Duration = Duration::from_secs(5);

/// A run and what came out so far.
pub struct Run<'a> {
    /// The options.
    pub options: &'a LoadOptions,
    /// What all connections share.
    pub shared: Rc<Shared>,
    /// The merchants.
    pub people: Vec<Person>,
    /// Where rooms are opened.
    pub stage: Stage,
    /// The phases that are over.
    pub phases: Vec<Phase>,
    /// The ledger, once something was bid.
    pub ledger: Option<Ledger>,
}

/// What a phase is called and how hard it is driven.
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) auctions: usize,
    pub(super) merchants: usize,
    pub(super) rate: u64,
    pub(super) watchers: usize,
}

impl Run<'_> {
    /// Runs one phase, or the phases that one word stands for.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses what the phase needs.
    pub async fn phase(&mut self, what: What) -> anyhow::Result<()> {
        let options = self.options;
        let shape = |name: &str, auctions, rate, watchers| Shape {
            name: name.into(),
            auctions,
            merchants: options.merchants,
            rate,
            watchers,
        };
        match what {
            What::Health => {
                let get = format!("GET /health/live HTTP/1.1\r\nHost: {}\r\n\r\n", self.shared.authority);
                self.read(Shape { merchants: 0, ..shape("health", 0, options.rate, 0) }, get).await
            }
            What::Bids => self.bid(shape("bids", options.auctions, options.rate, 0), Work::Bid).await,
            What::Hot => self.bid(shape("hot", 1, options.rate, 0), Work::Bid).await,
            What::Fanout => {
                self.bid(shape("fanout", options.rooms, options.fanout_rate, options.watchers), Work::Bid).await
            }
            What::Mixed => {
                self.bid(shape("mixed", options.auctions, options.rate, options.watchers), Work::Mixed).await
            }
            What::Closing => self.closing().await,
            What::Ranked => {
                for bids in options.room_bids.clone() {
                    self.ranked(bids).await?;
                }
                Ok(())
            }
        }
    }

    async fn ranked(&mut self, bids: usize) -> anyhow::Result<()> {
        let rooms = self.stage.open_rooms(1, bids).await?;
        let room = rooms.first().context("one room was asked for")?;
        self.enter(&format!("entry {bids}"), &rooms, bids).await?;
        let mut get = String::new();
        room.owner.write_get(&mut get, &format!("/api/v1/bidding/requests/{}/bids?limit=5", room.request));
        let (name, rate) = (format!("ranked {bids}"), self.options.rate);
        self.read(Shape { name, auctions: 1, merchants: bids, rate, watchers: 0 }, get).await?;
        self.settle(&rooms).await
    }

    async fn read(&mut self, shape: Shape, request: String) -> anyhow::Result<()> {
        let (window, drivers) =
            self.start(shape.rate, (0..self.options.connections).map(|_| Work::Read(request.clone())))?;
        let phase = self.measure(&shape, window, drivers, None).await?;
        self.phases.push(phase);
        Ok(())
    }

    async fn bid(&mut self, shape: Shape, work: fn(VecDeque<Pair>) -> Work) -> anyhow::Result<()> {
        if shape.rate > 0 {
            self.options.check_rate(shape.rate, shape.auctions)?;
        }
        let rooms = self.stage.open_rooms(shape.auctions, shape.merchants).await?;
        let hands = self.enter(&format!("{} entry", shape.name), &rooms, shape.merchants).await?;
        let watching = match shape.watchers {
            0 => None,
            count => Some(self.watch(&rooms, count).await?),
        };
        let before: Vec<usize> = rooms.iter().map(|room| room.acknowledged.borrow().len()).collect();
        let (window, drivers) = self.start(shape.rate, hands.into_iter().map(work))?;
        let seen = watching.as_ref().map(|(seen, _)| Rc::clone(seen));
        if let Some(seen) = &seen {
            seen.window.set(Some(window));
        }
        let mut phase = self.measure(&shape, window, drivers, seen.as_deref()).await?;
        if let Some((seen, tasks)) = watching {
            phase.fanout = Some(fanout(&seen, &shape, &rooms, &before).await);
            for task in tasks {
                task.abort();
            }
        }
        self.phases.push(phase);
        self.settle(&rooms).await
    }

    /// Places the first bid of every merchant in every room, a phase of its own, and deals the pairs to connections.
    pub(super) async fn enter(
        &mut self,
        name: &str,
        rooms: &[Rc<Room>],
        merchants: usize,
    ) -> anyhow::Result<Vec<VecDeque<Pair>>> {
        let connections = self.options.connections.max(1);
        let mut hands: Vec<VecDeque<Pair>> = std::iter::repeat_with(VecDeque::new).take(connections).collect();
        // Rooms change fastest, so that neighbours in time are not neighbours in a room.
        let pairs =
            (0..merchants).flat_map(|merchant| rooms.iter().map(move |room| Pair::new(Rc::clone(room), merchant)));
        for (place, pair) in pairs.enumerate() {
            if let Some(hand) = hands.get_mut(place % connections) {
                hand.push_back(pair);
            }
        }
        let start = Instant::now();
        let window = Window { start, from: start, to: start + ENTRY_MAX };
        let spent = Spent::start(self.options.pid);
        let mut tasks = Vec::new();
        for hand in hands {
            let driver = Driver::new(Rc::clone(&self.shared), Pace::Closed, window)?;
            tasks.push(spawn_local(driver.run(Work::Enter(hand))));
        }
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await?);
        }
        let mut tally = Tally::add_up(done)?;
        let hands = std::mem::take(&mut tally.hands);
        let shape = Shape { name: name.into(), auctions: rooms.len(), merchants, rate: 0, watchers: 0 };
        let phase = tally.phase(self.blank(&shape, start.elapsed())?, &spent.end(), 0);
        let (entered, wanted) = (hands.iter().map(VecDeque::len).sum::<usize>(), rooms.len() * merchants);
        anyhow::ensure!(entered == wanted, "only {entered} of {wanted} first bids were taken: {:?}", phase.errors);
        self.phases.push(phase);
        Ok(hands)
    }

    pub(super) async fn watch(
        &self,
        rooms: &[Rc<Room>],
        count: usize,
    ) -> anyhow::Result<(Rc<Sightings>, Vec<JoinHandle<()>>)> {
        let seen = Rc::new(Sightings::new()?);
        let joining = Rc::new(Semaphore::new(JOINING_MAX));
        let mut tasks = Vec::with_capacity(count);
        for (room, person) in rooms.iter().cycle().zip(self.people.iter().cycle()).take(count) {
            room.watched.set(true);
            let (authority, token) = (self.shared.authority.clone(), person.token.clone());
            let watcher = watch(authority, token, Rc::clone(room), Rc::clone(&seen), Rc::clone(&joining));
            tasks.push(spawn_local(watcher));
        }
        let wanted = u64::try_from(count)?;
        let last = Instant::now() + JOIN_MAX;
        while seen.joined.get() < wanted {
            let loss = seen.first_loss.borrow().clone();
            let joined = seen.joined.get();
            anyhow::ensure!(loss.is_none(), "{joined} of {wanted} watchers joined, then: {}", loss.unwrap_or_default());
            anyhow::ensure!(Instant::now() < last, "{joined} of {wanted} watchers joined within a minute");
            sleep(Duration::from_millis(10)).await;
        }
        Ok((seen, tasks))
    }

    fn start(
        &self,
        rate: u64,
        works: impl ExactSizeIterator<Item = Work>,
    ) -> anyhow::Result<(Window, Vec<JoinHandle<Done>>)> {
        let start = Instant::now() + Duration::from_millis(20);
        let from = start + Duration::from_secs(self.options.warmup);
        let window = Window { start, from, to: from + Duration::from_secs(self.options.duration) };
        Ok((window, self.drive(rate, window, works)?))
    }

    pub(super) fn drive(
        &self,
        rate: u64,
        window: Window,
        works: impl ExactSizeIterator<Item = Work>,
    ) -> anyhow::Result<Vec<JoinHandle<Done>>> {
        let connections = u64::try_from(works.len())?;
        let mut drivers = Vec::new();
        for (number, work) in works.enumerate() {
            let number = u64::try_from(number)?;
            let pace = if rate == 0 { Pace::Closed } else { Pace::Open { rate, connections, number } };
            drivers.push(spawn_local(Driver::new(Rc::clone(&self.shared), pace, window)?.run(work)));
        }
        Ok(drivers)
    }

    pub(super) async fn measure(
        &self,
        shape: &Shape,
        window: Window,
        drivers: Vec<JoinHandle<Done>>,
        seen: Option<&Sightings>,
    ) -> anyhow::Result<Phase> {
        let delivered = || seen.map_or(0, |seen| seen.delivered.get());
        sleep_until(window.from.into()).await;
        let (spent, before) = (Spent::start(self.options.pid), delivered());
        sleep_until(window.to.into()).await;
        let (spent, delivered) = (spent.end(), delivered() - before);
        let mut done = Vec::new();
        for driver in drivers {
            done.push(driver.await?);
        }
        Ok(Tally::add_up(done)?.phase(self.blank(shape, window.to - window.from)?, &spent, delivered))
    }

    /// A phase that has not measured anything.
    fn blank(&self, shape: &Shape, measured: Duration) -> anyhow::Result<Phase> {
        Ok(Phase {
            name: shape.name.clone(),
            auctions: u64::try_from(shape.auctions)?,
            merchants: u64::try_from(shape.merchants)?,
            connections: u64::try_from(self.options.connections)?,
            rate: shape.rate,
            seconds: measured.as_secs_f64(),
            ..Phase::default()
        })
    }

    /// Compares the rooms' journals with what was acknowledged, then cancels them.
    pub(super) async fn settle(&mut self, rooms: &[Rc<Room>]) -> anyhow::Result<()> {
        let ledger = self.ledger.get_or_insert_default();
        for room in rooms {
            let acknowledged = room.acknowledged.borrow().clone();
            let entries = self.stage.read_journal(&room.request, acknowledged.len()).await?;
            let once = |landed| room.prices.read(landed).is_some_and(|(_, cuts)| cuts < room.prices.cuts());
            ledger.add(ledger::compare(&acknowledged, &entries, once));
        }
        self.stage.clear().await
    }
}

/// Waits for the last frames and compares what arrived with what had to.
async fn fanout(seen: &Sightings, shape: &Shape, rooms: &[Rc<Room>], before: &[usize]) -> Fanout {
    let expected: usize = rooms
        .iter()
        .zip(before)
        .enumerate()
        .map(|(place, (room, before))| {
            // Watchers were dealt to the rooms in turn.
            let watchers = (shape.watchers + rooms.len() - 1 - place) / rooms.len();
            (room.acknowledged.borrow().len() - before) * watchers
        })
        .sum();
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    let last = Instant::now() + ARRIVAL_MAX;
    while seen.delivered.get() < expected && Instant::now() < last {
        sleep(Duration::from_millis(10)).await;
    }
    Fanout {
        watchers: u64::try_from(shape.watchers).unwrap_or(u64::MAX),
        delivered: seen.delivered.get(),
        expected,
        lost: expected.saturating_sub(seen.delivered.get()),
        gaps: seen.gaps.get(),
        closed: seen.closed.get(),
        latency_ms: seen.latencies.borrow().summary(),
    }
}
