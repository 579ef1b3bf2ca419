//! Watchers: sockets that join a room, take every frame and time those that carry a bid.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Semaphore;

use crate::cli::load::driver::Room;
use crate::cli::load::driver::Window;
use crate::cli::load::http_client::Broken;
use crate::cli::load::http_client::find;
use crate::cli::load::http_client::number_after;
use crate::cli::load::http_client::text_after;
use crate::cli::load::plan::read_amount;
use crate::cli::load::report::Latencies;
use crate::cli::load::ws_client::Heard;
use crate::cli::load::ws_client::Socket;
use crate::clock::Clock;

/// Sockets that shake hands at a time: more overflow the listener's queue and then wait for a second SYN.
pub const JOINING_MAX: usize = 64;

/// What all watchers of a phase have seen.
pub struct Sightings {
    /// Sockets that have their snapshot.
    pub joined: Cell<u64>,
    /// Sockets that could not join, or were closed.
    pub closed: Cell<u64>,
    /// Bid frames.
    pub delivered: Cell<u64>,
    /// Places where a number was left out.
    pub gaps: Cell<u64>,
    /// Send to arrival, for bids sent within the window.
    pub latencies: RefCell<Latencies>,
    /// What is measured; set once everybody has joined.
    pub window: Cell<Option<Window>>,
    /// Why the first socket was lost, for the report.
    pub first_loss: RefCell<Option<String>>,
}

impl Sightings {
    /// None yet.
    ///
    /// # Errors
    /// Those of [`Latencies::new`].
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            joined: Cell::new(0),
            closed: Cell::new(0),
            delivered: Cell::new(0),
            gaps: Cell::new(0),
            latencies: RefCell::new(Latencies::new()?),
            window: Cell::new(None),
            first_loss: RefCell::default(),
        })
    }
}

/// Watches `room` as the bearer of `token` until the socket is closed or the task is dropped.
pub async fn watch(authority: String, token: String, room: Rc<Room>, seen: Rc<Sightings>, joining: Rc<Semaphore>) {
    let lost = match watch_until_closed(&authority, &token, &room, &seen, &joining).await {
        Ok(code) => format!("closed with {code}"),
        Err(broken) => broken.to_string(),
    };
    seen.closed.set(seen.closed.get() + 1);
    seen.first_loss.borrow_mut().get_or_insert(lost);
}

async fn watch_until_closed(
    authority: &str,
    token: &str,
    room: &Room,
    seen: &Sightings,
    joining: &Semaphore,
) -> Result<u16, Broken> {
    let permit = joining.acquire().await.map_err(|_| Broken::Closed)?;
    let path = format!("/api/v1/bidding/requests/{}/live", room.request);
    let mut socket = Socket::connect(authority, &path).await?;
    socket.say(&format!(r#"{{"type":"auth","id":"1","token":"{token}"}}"#)).await?;
    socket.say(r#"{"type":"join","id":"2"}"#).await?;
    let mut permit = Some(permit);
    let mut last_seq = 0;
    loop {
        let text = match socket.hear().await? {
            Heard::Text(text) => text,
            Heard::Closed(code) => return Ok(code),
        };
        if permit.is_some() {
            if find(text, b"\"type\":\"snapshot\"").is_some() {
                last_seq = number_after(text, b"\"seq\":").unwrap_or(0);
                permit = None;
                seen.joined.set(seen.joined.get() + 1);
            }
            continue;
        }
        let arrived = Instant::now();
        let seq = number_after(text, b"\"seq\":").unwrap_or(last_seq);
        if seq > last_seq + 1 {
            seen.gaps.set(seen.gaps.get() + 1);
        }
        if seq > last_seq {
            last_seq = seq;
            if find(text, b"\"type\":\"bid.").is_some() {
                seen.delivered.set(seen.delivered.get() + 1);
                time_bid(text, arrived, room, seen);
            } else if find(text, b"\"type\":\"room.closed\"").is_some() {
                room.heard_end.set(room.heard_end.get().or(Some(Clock::System.now())));
            }
        }
    }
}

fn time_bid(text: &[u8], arrived: Instant, room: &Room, seen: &Sightings) {
    let Some(sent) = text_after(text, b"\"landed\":")
        .and_then(read_amount)
        .and_then(|landed| room.prices.read(landed))
        .and_then(|(merchant, cuts)| {
            let table = room.sent.borrow();
            table.get(merchant)?.get(usize::try_from(cuts).ok()?).copied()
        })
    else {
        return;
    };
    if seen.window.get().is_some_and(|window| (window.from..window.to).contains(&sent)) {
        seen.latencies.borrow_mut().record(arrived.saturating_duration_since(sent));
    }
}
