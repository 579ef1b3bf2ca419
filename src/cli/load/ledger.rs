//! Reads the journal back through the API and compares it with what was acknowledged.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::Value;

use crate::cli::api_client::ApiClient;
use crate::cli::load::driver::Acknowledged;
use crate::cli::load::plan::read_amount;
use crate::cli::load::report::Ledger;
use crate::domain::time::UnixMicros;

/// The bids of one room in its journal: where, and how much.
pub type Entries = HashMap<i64, i64>;

/// When bidding on a request was to end and when it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The deadline in force at the end.
    pub deadline: UnixMicros,
    /// When the close was decided; `None` while it is not.
    pub closed: Option<UnixMicros>,
}

/// All bids in the journal of `request`, as its owner may read them.
///
/// # Errors
/// When a page is refused or makes no sense.
pub async fn read_journal(api: &mut ApiClient, owner: &str, request: &str) -> anyhow::Result<Entries> {
    let mut entries = Entries::new();
    for (seq, event) in read_events(api, owner, request).await? {
        if let Some(landed) = find_landed(&event) {
            entries.insert(seq, landed);
        }
    }
    Ok(entries)
}

/// How bidding on `request` ended, as its owner may read it.
///
/// # Errors
/// When a page is refused or makes no sense.
pub async fn read_end(api: &mut ApiClient, owner: &str, request: &str) -> anyhow::Result<End> {
    find_end(read_events(api, owner, request).await?.iter().map(|(_, event)| event))
}

/// The deadline is what the last event said that moved it, the first being the publication.
fn find_end<'a>(events: impl Iterator<Item = &'a Value>) -> anyhow::Result<End> {
    let (mut deadline, mut closed) = (None, None);
    for event in events {
        deadline = instant(event, "closes_at")?.or(deadline);
        if event.get("type").and_then(Value::as_str) == Some("room.closed") {
            closed = instant(event, "server_time")?;
        }
    }
    Ok(End { deadline: deadline.context("no event tells the deadline")?, closed })
}

fn instant(event: &Value, name: &str) -> anyhow::Result<Option<UnixMicros>> {
    let Some(text) = event.get(name).and_then(Value::as_str) else { return Ok(None) };
    let at = chrono::DateTime::parse_from_rfc3339(text).with_context(|| format!("{name} is {text}"))?;
    Ok(Some(UnixMicros(at.timestamp_micros())))
}

async fn read_events(api: &mut ApiClient, owner: &str, request: &str) -> anyhow::Result<Vec<(i64, Value)>> {
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/api/v1/bidding/requests/{request}/events?after_seq={after}&limit=100");
        let mut page = api.get(owner, &path).await?;
        let data = page.get_mut("data").and_then(Value::as_array_mut).context("a page of events has \"data\"")?;
        let before = after;
        for event in std::mem::take(data) {
            let seq = event.get("seq").and_then(Value::as_i64).context("an event has a \"seq\"")?;
            after = after.max(seq);
            events.push((seq, event));
        }
        if page.get("next_after_seq").and_then(Value::as_i64).is_none() {
            return Ok(events);
        }
        anyhow::ensure!(after > before, "{path} does not move on");
    }
}

/// The landed total in a bid's event, at whatever depth it stands.
fn find_landed(event: &Value) -> Option<i64> {
    let word = event.get("type").and_then(Value::as_str).unwrap_or_default();
    if !word.starts_with("bid.") {
        return None;
    }
    dig(event)
}

fn dig(value: &Value) -> Option<i64> {
    let object = value.as_object()?;
    match object.get("landed").and_then(Value::as_str) {
        Some(text) => read_amount(text),
        None => object.values().find_map(dig),
    }
}

/// Compares one room. `once` tells whether a landed total may stand in the journal only once: those of revisions of
/// the notes alone may repeat.
#[must_use]
pub fn compare(acknowledged: &[Acknowledged], entries: &Entries, once: impl Fn(i64) -> bool) -> Ledger {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let lost = acknowledged.iter().filter(|bid| entries.get(&bid.seq) != Some(&bid.landed)).count();
    let mut times: HashMap<i64, u64> = HashMap::new();
    for landed in entries.values().filter(|landed| once(**landed)) {
        *times.entry(*landed).or_default() += 1;
    }
    Ledger {
        acknowledged: count(acknowledged.len()),
        read_back: count(entries.len()),
        lost: count(lost),
        doubled: times.values().map(|times| times - 1).sum(),
    }
}

impl Ledger {
    /// Adds another room.
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.read_back += other.read_back;
        self.lost += other.lost;
        self.doubled += other.doubled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bid_is_lost_unless_it_is_where_it_was_said_to_be() {
        let said = [(3, 900), (4, 850), (5, 800)].map(|(seq, landed)| Acknowledged { seq, landed });
        let whole: Entries = said.iter().map(|bid| (bid.seq, bid.landed)).collect();
        assert_eq!(compare(&said, &whole, |_| true), Ledger { acknowledged: 3, read_back: 3, lost: 0, doubled: 0 });
        let mut missing = whole.clone();
        missing.remove(&4);
        assert_eq!(compare(&said, &missing, |_| true).lost, 1);
        let mut other = whole.clone();
        other.insert(5, 801);
        assert_eq!(compare(&said, &other, |_| true).lost, 1);
        let mut twice = whole;
        twice.insert(6, 800);
        assert_eq!(compare(&said, &twice, |_| true).doubled, 1);
        assert_eq!(compare(&said, &twice, |landed| landed > 800).doubled, 0);
    }

    #[test]
    fn an_end_is_judged_by_the_deadline_in_force() {
        let published = json!({"type": "room.published", "closes_at": "2026-01-01T00:00:01.000000Z"});
        let extended = json!({"type": "extended", "closes_at": "2026-01-01T00:00:02.000000Z"});
        let closed = json!({"type": "room.closed", "server_time": "2026-01-01T00:00:02.000007Z"});
        let first = find_end([&published].into_iter()).unwrap();
        assert_eq!(first.closed, None);
        let end = find_end([&published, &extended, &closed].into_iter()).unwrap();
        assert_eq!(end.deadline.since(first.deadline).0, 1_000_000);
        assert_eq!(end.closed.unwrap().since(end.deadline).0, 7);
        assert!(find_end([&closed].into_iter()).is_err());
    }

    #[test]
    fn landed_totals_are_found_in_bids_alone() {
        assert_eq!(find_landed(&json!({"type": "bid.placed", "bid": {"landed": "12.50"}})), Some(1_250));
        assert_eq!(find_landed(&json!({"type": "bid.revised", "landed": "12.50"})), Some(1_250));
        assert_eq!(find_landed(&json!({"type": "room.closed", "landed": "12.50"})), None);
        assert_eq!(find_landed(&json!({"type": "bid.withdrawn"})), None);
    }
}
