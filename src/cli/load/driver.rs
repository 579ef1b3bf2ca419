//! Keeps connections busy: as fast as answers come, or at a rate that does not care how slow they are.
//!
//! In the open loop a request is due at an instant fixed beforehand and its latency counts from there, so an answer that
//! takes long also shows in those that had to wait behind it ("coordinated omission" is what hiding that is called).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::cli::load::http_client::Connection;
use crate::cli::load::http_client::find;
use crate::cli::load::http_client::number_after;
use crate::cli::load::http_client::text_after;
use crate::cli::load::plan::Bid;
use crate::cli::load::plan::Prices;
use crate::cli::load::plan::Sender;
use crate::cli::load::plan::write_bid;
use crate::cli::load::report::Latencies;
use crate::domain::time::UnixMicros;

/// How long a merchant is left alone after the server said "not now".
const BACK_OFF: Duration = Duration::from_millis(250);
/// In a mixed load every so many-th exchange reads the ranked bids.
const READ_EVERY: u64 = 5;
/// Characters of a bid's id on the wire.
const BID_ID_CHARS: usize = 17;

/// A bid the server said yes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its place in the room's journal, as answered.
    pub seq: i64,
    /// Its landed total, in halalas.
    pub landed: i64,
}

/// A published request to bid on.
pub struct Room {
    /// Its id on the wire.
    pub request: String,
    /// The ids of its items.
    pub items: Vec<String>,
    /// Its owner.
    pub owner: Sender,
    /// What is bid in it.
    pub prices: Prices,
    /// Whether somebody watches, so that sends are remembered.
    pub watched: Cell<bool>,
    /// When the first watcher heard that bidding ended.
    pub heard_end: Cell<Option<UnixMicros>>,
    /// For each merchant, when its n-th price was sent.
    pub sent: RefCell<Vec<Vec<Instant>>>,
    /// What was acknowledged.
    pub acknowledged: RefCell<Vec<Acknowledged>>,
}

/// What all connections of a run share.
pub struct Shared {
    /// `host:port`.
    pub authority: String,
    /// Sets this run's idempotency keys apart.
    pub run: String,
    /// The merchants.
    pub merchants: Vec<Sender>,
    /// Least time between two bids of one merchant in one room.
    pub spacing: Duration,
    /// Most bids of one merchant in one room.
    pub bids_per_merchant: u32,
    /// The last number that was given to a bid.
    pub numbers: Cell<u64>,
}

/// One merchant in one room.
pub struct Pair {
    room: Rc<Room>,
    merchant: usize,
    bid: Option<String>,
    cuts: i64,
    /// The number of the bid under way; kept while its outcome is unknown, so that it is asked again under its key.
    number: Option<u64>,
    allowed_at: Instant,
    used: u32,
}

impl Pair {
    /// A merchant that has not bid yet.
    #[must_use]
    pub fn new(room: Rc<Room>, merchant: usize) -> Self {
        Self { room, merchant, bid: None, cuts: 0, number: None, allowed_at: Instant::now(), used: 0 }
    }

    /// Its room, its merchant and its bid, once placed.
    #[must_use]
    pub fn standing(&self) -> (&Room, usize, Option<&str>) {
        (&self.room, self.merchant, self.bid.as_deref())
    }
}

/// What a connection asks.
pub enum Work {
    /// Places the first bid of each pair, then stops.
    Enter(VecDeque<Pair>),
    /// Revises in turn.
    Bid(VecDeque<Pair>),
    /// The same, and reads the ranked bids in between.
    Mixed(VecDeque<Pair>),
    /// Asks the same again and again.
    Read(String),
}

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As soon as the answer before is there.
    Closed,
    /// At fixed instants, so many per second over all connections.
    Open {
        /// Starts per second.
        rate: u64,
        /// How many connections share them.
        connections: u64,
        /// This connection's number, from 0.
        number: u64,
    },
}

impl Pace {
    /// How long after the start this connection's request `turn` is due; `None` in the closed loop.
    fn due(self, turn: u64) -> Option<Duration> {
        match self {
            Self::Closed => None,
            Self::Open { rate, connections, number } => {
                let place = u128::from(turn) * u128::from(connections) + u128::from(number);
                let nanos = place * 1_000_000_000 / u128::from(rate.max(1));
                Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
            }
        }
    }
}

/// What is measured: requests that were due within.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// When the load starts; the time up to `from` warms up.
    pub start: Instant,
    /// The first instant that counts.
    pub from: Instant,
    /// When the load ends.
    pub to: Instant,
}

/// What one connection did.
pub struct Done {
    /// Latencies of the answers that counted.
    pub latencies: Latencies,
    /// How late the generator sent, in the open loop.
    pub late: Latencies,
    /// Answers that said no within the window, by status and code.
    pub errors: BTreeMap<String, u64>,
    /// Answers that said yes within the window.
    pub acknowledged: u64,
    /// Times there was nobody who was allowed to bid.
    pub starved: u64,
    /// The pairs, for the next phase.
    pub pairs: VecDeque<Pair>,
}

/// One connection at work.
pub struct Driver {
    shared: Rc<Shared>,
    connection: Connection,
    pace: Pace,
    window: Window,
    request: String,
    body: String,
    done: Done,
}

enum Turn {
    Next(Pair),
    Wait(Instant),
    Nobody,
}

impl Driver {
    /// A connection that has not asked anything yet.
    ///
    /// # Errors
    /// Those of [`Latencies::new`].
    pub fn new(shared: Rc<Shared>, pace: Pace, window: Window) -> anyhow::Result<Self> {
        let done = Done {
            latencies: Latencies::new()?,
            late: Latencies::new()?,
            errors: BTreeMap::new(),
            acknowledged: 0,
            starved: 0,
            pairs: VecDeque::new(),
        };
        let connection = Connection::new(&shared.authority);
        Ok(Self { shared, connection, pace, window, request: String::new(), body: String::new(), done })
    }

    /// Works until the window ends or there is nothing left to do.
    pub async fn run(mut self, work: Work) -> Done {
        match work {
            Work::Read(request) => self.read(request).await,
            Work::Enter(pairs) => self.enter(pairs).await,
            Work::Bid(pairs) => self.bid(pairs, false).await,
            Work::Mixed(pairs) => self.bid(pairs, true).await,
        }
        self.done
    }

    async fn read(&mut self, request: String) {
        let mut turn = 0;
        self.request = request;
        while let Some(due) = self.wait(turn).await {
            self.exchange_read(due).await;
            turn += 1;
        }
    }

    async fn exchange_read(&mut self, due: Instant) {
        let verdict = match self.connection.exchange(self.request.as_bytes()).await {
            Ok(answer) if (200..300).contains(&answer.status) => None,
            Ok(answer) => Some(error_word(answer.status, answer.body)),
            Err(broken) => Some(broken.to_string()),
        };
        self.count(due, verdict);
    }

    async fn enter(&mut self, mut pairs: VecDeque<Pair>) {
        // A first bid that fails is tried again, but not for ever: a server that refuses them all has said so by then.
        let mut tries = pairs.len() * 3;
        while let Some(mut pair) = pairs.pop_front() {
            let now = Instant::now();
            if pair.allowed_at > now {
                sleep_until(pair.allowed_at.into()).await;
            }
            self.send(Instant::now(), &mut pair).await;
            tries = tries.saturating_sub(1);
            if pair.bid.is_some() {
                self.done.pairs.push_back(pair);
            } else if tries > 0 {
                pairs.push_back(pair);
            }
        }
    }

    async fn bid(&mut self, pairs: VecDeque<Pair>, mixed: bool) {
        self.done.pairs = pairs;
        let mut turn = 0;
        while let Some(due) = self.wait(turn).await {
            turn += 1;
            let Some(mut pair) = self.next_pair().await else { break };
            // In the closed loop nothing was due before somebody was allowed to bid.
            let due = if self.pace == Pace::Closed { Instant::now() } else { due };
            if mixed && turn % READ_EVERY == 0 {
                let path = format!("/api/v1/bidding/requests/{}/bids?limit=5", pair.room.request);
                pair.room.owner.write_get(&mut self.request, &path);
                self.done.pairs.push_front(pair);
                self.exchange_read(due).await;
            } else {
                self.send(due, &mut pair).await;
                self.done.pairs.push_back(pair);
            }
        }
    }

    /// Waits until request `turn` is due; `None` when that is after the end.
    async fn wait(&mut self, turn: u64) -> Option<Instant> {
        let due = match self.pace.due(turn) {
            None => Instant::now().max(self.window.start),
            Some(after) => self.window.start + after,
        };
        if due >= self.window.to {
            return None;
        }
        if due > Instant::now() {
            sleep_until(due.into()).await;
            if self.pace != Pace::Closed && due >= self.window.from {
                self.done.late.record(due.elapsed());
            }
        }
        Some(due)
    }

    async fn next_pair(&mut self) -> Option<Pair> {
        loop {
            match self.turn() {
                Turn::Next(pair) => return Some(pair),
                Turn::Nobody => return None,
                Turn::Wait(until) if until >= self.window.to => return None,
                Turn::Wait(until) => {
                    self.done.starved += 1;
                    sleep_until(until.into()).await;
                }
            }
        }
    }

    /// Pairs stand in the order in which they may bid again, so only the first needs a look.
    fn turn(&mut self) -> Turn {
        let now = Instant::now();
        while let Some(pair) = self.done.pairs.pop_front() {
            if pair.used >= self.shared.bids_per_merchant {
                self.done.starved += 1;
                continue;
            }
            if pair.allowed_at > now {
                let until = pair.allowed_at;
                self.done.pairs.push_front(pair);
                return Turn::Wait(until);
            }
            return Turn::Next(pair);
        }
        Turn::Nobody
    }

    async fn send(&mut self, due: Instant, pair: &mut Pair) {
        let shared = &self.shared;
        let number = *pair.number.get_or_insert_with(|| {
            shared.numbers.set(shared.numbers.get() + 1);
            shared.numbers.get()
        });
        let landed = pair.room.prices.landed(pair.merchant, pair.cuts);
        let bid = Bid {
            request: &pair.room.request,
            items: &pair.room.items,
            revises: pair.bid.as_deref(),
            prices: pair.room.prices,
            landed,
            number,
            run: &shared.run,
        };
        let Some(sender) = shared.merchants.get(pair.merchant) else { return };
        write_bid(&mut self.request, &mut self.body, sender, &bid);
        let sent = Instant::now();
        remember(pair, sent);
        pair.used += 1;
        pair.allowed_at = sent + shared.spacing;
        let verdict = match self.connection.exchange(self.request.as_bytes()).await {
            Ok(answer) if (200..300).contains(&answer.status) => match accept(pair, answer.body, landed) {
                Ok(()) => None,
                Err(missing) => Some(format!("{} without {missing}", answer.status)),
            },
            Ok(answer) => {
                if matches!(answer.status, 409 | 429 | 503) {
                    pair.allowed_at = Instant::now() + shared.spacing.max(BACK_OFF);
                }
                if answer.status < 500 {
                    pair.number = None;
                }
                Some(error_word(answer.status, answer.body))
            }
            Err(broken) => Some(broken.to_string()),
        };
        self.count(due, verdict);
    }

    fn count(&mut self, due: Instant, verdict: Option<String>) {
        if due < self.window.from {
            return;
        }
        match verdict {
            None => {
                self.done.acknowledged += 1;
                self.done.latencies.record(due.elapsed());
            }
            Some(word) => *self.done.errors.entry(word).or_default() += 1,
        }
    }
}

/// Notes when a price was sent, for the watchers. Revisions of the notes alone have no price of their own.
fn remember(pair: &Pair, sent: Instant) {
    if !pair.room.watched.get() || pair.cuts > pair.room.prices.cuts() {
        return;
    }
    let mut table = pair.room.sent.borrow_mut();
    if table.len() <= pair.merchant {
        table.resize_with(pair.merchant + 1, Vec::new);
    }
    if let (Some(row), Ok(place)) = (table.get_mut(pair.merchant), usize::try_from(pair.cuts)) {
        row.resize(place, sent);
        row.push(sent);
    }
}

fn accept(pair: &mut Pair, body: &[u8], landed: i64) -> Result<(), &'static str> {
    let seq = number_after(body, b"\"seq\":").ok_or("a seq")?;
    if pair.bid.is_none() {
        let id = find(body, b"\"bid_").and_then(|at| body.get(at + 1..at + 1 + BID_ID_CHARS)).ok_or("a bid id")?;
        pair.bid = Some(String::from_utf8_lossy(id).into_owned());
    }
    pair.room.acknowledged.borrow_mut().push(Acknowledged { seq, landed });
    pair.cuts += 1;
    pair.number = None;
    Ok(())
}

pub(super) fn error_word(status: u16, body: &[u8]) -> String {
    format!("{status} {}", text_after(body, b"\"code\":").unwrap_or("(no code)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Rc<Room> {
        Rc::new(Room {
            request: "req_0000000000001".into(),
            items: vec!["itm_0000000000001".into()],
            owner: Sender::new("h", "t"),
            prices: Prices::new(2, 1),
            watched: Cell::new(true),
            heard_end: Cell::new(None),
            sent: RefCell::default(),
            acknowledged: RefCell::default(),
        })
    }

    #[test]
    fn the_open_loop_deals_its_instants_out_to_the_connections() {
        let due = |number, turn| Pace::Open { rate: 100, connections: 4, number }.due(turn).unwrap();
        assert_eq!(due(0, 0), Duration::ZERO);
        assert_eq!(due(1, 0), Duration::from_millis(10));
        assert_eq!(due(0, 1), Duration::from_millis(40));
        assert_eq!(due(3, 24), Duration::from_millis(990));
        assert_eq!(Pace::Closed.due(7), None);
    }

    #[test]
    fn an_acknowledged_bid_moves_on_and_an_unread_one_does_not() {
        let mut pair = Pair::new(room(), 1);
        pair.number = Some(3);
        assert_eq!(accept(&mut pair, b"{}", 5), Err("a seq"));
        assert_eq!((pair.cuts, pair.number), (0, Some(3)));
        accept(&mut pair, br#"{"bid":{"id":"bid_0000000000007"},"seq":9}"#, 5).unwrap();
        assert_eq!(pair.bid.as_deref(), Some("bid_0000000000007"));
        assert_eq!((pair.cuts, pair.number), (1, None));
        assert_eq!(*pair.room.acknowledged.borrow(), [Acknowledged { seq: 9, landed: 5 }]);
    }

    #[test]
    fn sends_are_remembered_by_merchant_and_price() {
        let mut pair = Pair::new(room(), 1);
        let first = Instant::now();
        remember(&pair, first);
        remember(&pair, first + Duration::from_secs(1));
        pair.cuts = 1;
        remember(&pair, first + Duration::from_secs(2));
        let table = pair.room.sent.borrow();
        assert_eq!(table[1], [first + Duration::from_secs(1), first + Duration::from_secs(2)]);
        assert!(table[0].is_empty());
    }

    #[test]
    fn nobody_bids_oftener_than_allowed() {
        let now = Instant::now();
        let window = Window { start: now, from: now, to: now + Duration::from_secs(9) };
        let shared = Shared {
            authority: "127.0.0.1:1".into(),
            run: "r".into(),
            merchants: vec![Sender::new("h", "t")],
            spacing: Duration::from_millis(500),
            bids_per_merchant: 3,
            numbers: Cell::new(0),
        };
        let mut driver = Driver::new(Rc::new(shared), Pace::Closed, window).unwrap();
        let mut soon = Pair::new(room(), 0);
        soon.allowed_at = now + Duration::from_secs(5);
        driver.done.pairs.push_back(soon);
        assert!(matches!(driver.turn(), Turn::Wait(until) if until == now + Duration::from_secs(5)));
        driver.done.pairs[0].allowed_at = now;
        assert!(matches!(driver.turn(), Turn::Next(_)));
        let mut spent = Pair::new(room(), 0);
        spent.used = 3;
        driver.done.pairs.push_back(spent);
        assert!(matches!(driver.turn(), Turn::Nobody));
    }
}
