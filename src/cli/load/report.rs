//! What came out, for people and as one JSON line per phase.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart, in microseconds; longer ones count as this.
const LONGEST_MICROS: u64 = 120_000_000;

/// Latencies in microseconds, to three digits.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// An empty one.
    ///
    /// # Errors
    /// Never with these bounds; the histogram checks them at run time.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3)?))
    }

    /// Adds what another counted.
    ///
    /// # Errors
    /// Never among histograms of the same bounds.
    pub fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// Counts one.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST_MICROS).max(1));
    }

    /// The usual quantiles; `None` when nothing was counted.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let at = |quantile: f64| millis(self.0.value_at_quantile(quantile));
        (!self.0.is_empty()).then(|| Summary {
            count: self.0.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: millis(self.0.max()),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people: a latency far below 2^53 microseconds")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

/// Quantiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How many were counted.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// 90 of 100 were not slower.
    pub p90: f64,
    /// 99 of 100 were not slower.
    pub p99: f64,
    /// 999 of 1000 were not slower.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// What a run was made under: without it its figures say nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conditions {
    /// Name and version of the generator.
    pub tool: String,
    /// When, RFC 3339.
    pub date: String,
    /// The machine in words: processor, cores, kernel.
    pub machine: String,
    /// The options as given.
    pub options: String,
}

/// What the watchers saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Fanout {
    /// Sockets.
    pub watchers: u64,
    /// Bid frames that arrived.
    pub delivered: u64,
    /// Bid frames that had to arrive: acknowledged bids times the watchers of their room.
    pub expected: u64,
    /// Expected but not delivered.
    pub lost: u64,
    /// Places where a socket's `seq` was not the one before plus one.
    pub gaps: u64,
    /// Sockets that the server closed or that broke.
    pub closed: u64,
    /// From the send of a bid to the arrival of its frame, in milliseconds.
    pub latency_ms: Option<Summary>,
}

/// How auctions ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Closings {
    /// Closed before the deadline in force. Must be none.
    pub early: u64,
    /// Not closed half a minute after the last deadline. Must be none.
    pub open: u64,
    /// Most auctions with one deadline, to the microsecond.
    pub together: u64,
    /// From the deadline in force to the instant in the journal's entry, in milliseconds.
    pub late_ms: Option<Summary>,
    /// From that deadline to the arrival of the news at the room's first watcher, in milliseconds: commit included.
    pub heard_ms: Option<Summary>,
    /// What the merchant who floods was answered, by status and code.
    pub flood: BTreeMap<String, u64>,
}

/// What the server spent while the phase was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Server {
    /// Cores kept busy on average.
    pub cores: f64,
    /// Processor microseconds for each answer.
    pub cpu_us_per_answer: Option<f64>,
    /// Processor microseconds for each frame delivered to a watcher.
    pub cpu_us_per_delivered: Option<f64>,
    /// Resident memory at the end, in MiB.
    pub rss_mib: f64,
    /// The same with shared pages divided among their users.
    pub pss_mib: f64,
}

/// One phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Phase {
    /// What was done: `entry`, `bids`, `hot`, `ranked 1000`, `health` ….
    pub name: String,
    /// Requests that were bid on or read.
    pub auctions: u64,
    /// Merchants that bid on each of them.
    pub merchants: u64,
    /// Keep-alive connections.
    pub connections: u64,
    /// Starts per second that were asked for; 0: as fast as answers come.
    pub rate: u64,
    /// Measured seconds, without the warm-up.
    pub seconds: f64,
    /// Answers that said yes.
    pub acknowledged: u64,
    /// The same per second.
    pub acknowledged_per_s: f64,
    /// Answers that said no, and broken connections, by status and code.
    pub errors: BTreeMap<String, u64>,
    /// From the instant a bid was due to its answer, in milliseconds.
    pub ack_ms: Option<Summary>,
    /// How late the generator itself was to send what was due, in milliseconds (part of `ack_ms`).
    pub sent_late_ms: Option<Summary>,
    /// Times a connection had nothing it was allowed to send, because of the limits per merchant and request.
    pub starved: u64,
    /// What the watchers saw.
    pub fanout: Option<Fanout>,
    /// How auctions ended.
    pub closings: Option<Closings>,
    /// What the server spent.
    pub server: Option<Server>,
    /// Cores the generator itself kept busy.
    pub client_cores: f64,
}

/// Whether every acknowledged bid is in the journal, read back through the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Bids that were acknowledged, in all phases.
    pub acknowledged: u64,
    /// Entries of the journal that were read back.
    pub read_back: u64,
    /// Acknowledged but not at their `seq`.
    pub lost: u64,
    /// In the journal twice.
    pub doubled: u64,
}

/// The whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The conditions.
    pub conditions: Conditions,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Acknowledged bids per second for each `health` answer per second; `None` unless both ran.
    pub bids_to_health: Option<f64>,
    /// The ledger; `None` when nothing was bid.
    pub ledger: Option<Ledger>,
}

impl Report {
    /// The table.
    #[must_use]
    pub fn table(&self) -> String {
        let conditions = &self.conditions;
        let mut out = format!(
            "{}, {}\n{}\noptions: {}\n\n",
            conditions.tool, conditions.date, conditions.machine, conditions.options
        );
        out.push_str(
            "phase        auctions merchants conns   answers/s   ack p50     p99   p99.9      max ms   errors  \
             server us/answer  cores  RSS MiB  generator's cores\n",
        );
        for phase in &self.phases {
            out.push_str(&row(phase));
        }
        for phase in &self.phases {
            out.push_str(&remarks(phase));
        }
        if let Some(ratio) = self.bids_to_health {
            let _ = writeln!(out, "bids/s are {:.1} % of health/s", ratio * 100.0);
        }
        if let Some(ledger) = &self.ledger {
            let _ = writeln!(
                out,
                "ledger: {} acknowledged, {} read back from the journal, lost = {}, doubled = {}",
                ledger.acknowledged, ledger.read_back, ledger.lost, ledger.doubled
            );
        }
        out
    }
}

fn row(phase: &Phase) -> String {
    let ms =
        |pick: fn(&Summary) -> f64| phase.ack_ms.as_ref().map_or_else(|| "-".into(), |s| format!("{:.2}", pick(s)));
    let server = |pick: fn(&Server) -> Option<f64>, places: usize| {
        phase.server.as_ref().and_then(pick).map_or_else(|| "-".into(), |value| format!("{value:.places$}"))
    };
    format!(
        "{:<12} {:>8} {:>9} {:>5} {:>11.0} {:>9} {:>7} {:>7} {:>8} {:>11} {:>17} {:>6} {:>8} {:>18.2}\n",
        phase.name,
        phase.auctions,
        phase.merchants,
        phase.connections,
        phase.acknowledged_per_s,
        ms(|s| s.p50),
        ms(|s| s.p99),
        ms(|s| s.p999),
        ms(|s| s.max),
        phase.errors.values().sum::<u64>(),
        server(|s| s.cpu_us_per_answer, 1),
        server(|s| Some(s.cores), 2),
        server(|s| Some(s.rss_mib), 0),
        phase.client_cores,
    )
}

fn remarks(phase: &Phase) -> String {
    let mut out = String::new();
    let name = &phase.name;
    if !phase.errors.is_empty() {
        let list: Vec<String> = phase.errors.iter().map(|(code, count)| format!("{code} x {count}")).collect();
        let _ = writeln!(out, "{name}: errors: {}", list.join(", "));
    }
    if let Some(late) = &phase.sent_late_ms {
        let _ = writeln!(out, "{name}: sent late by p50 {:.2}, p99 {:.2} ms (the generator's own)", late.p50, late.p99);
    }
    if phase.starved > 0 {
        let _ = writeln!(
            out,
            "{name}: a connection waited {} times because no merchant was allowed to bid yet; use more merchants, or raise \
             the server's limits and say so with --bids-per-second and --bids-per-merchant",
            phase.starved
        );
    }
    if let Some(fanout) = &phase.fanout {
        let _ = write!(
            out,
            "{name}: {} watchers: delivered {} of {}, lost = {}, gaps {}, closed {}",
            fanout.watchers, fanout.delivered, fanout.expected, fanout.lost, fanout.gaps, fanout.closed
        );
        if let Some(latency) = &fanout.latency_ms {
            let _ = write!(
                out,
                "; fan-out p50 {:.2}, p99 {:.2}, p99.9 {:.2}, max {:.2} ms",
                latency.p50, latency.p99, latency.p999, latency.max
            );
        }
        if let Some(cost) = phase.server.as_ref().and_then(|server| server.cpu_us_per_delivered) {
            let _ = write!(out, "; server {cost:.2} us per delivered frame, the bids themselves included");
        }
        out.push('\n');
    }
    if let Some(closings) = &phase.closings {
        out.push_str(&ends(name, closings));
    }
    out
}

fn ends(name: &str, closings: &Closings) -> String {
    let quantiles = |summary: Option<Summary>| {
        let Summary { count, p50, p99, max, .. } = summary.unwrap_or_default();
        format!("p50 {p50:.2}, p99 {p99:.2}, max {max:.2} ms of {count}")
    };
    let flood: Vec<String> = closings.flood.iter().map(|(code, count)| format!("{code} x {count}")).collect();
    format!(
        "{name}: closed too early = {}, not closed = {}, at one instant {}; decided late by {}; heard late by {}; flood answered {}\n",
        closings.early,
        closings.open,
        closings.together,
        quantiles(closings.late_ms),
        quantiles(closings.heard_ms),
        flood.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let mut latencies = Latencies::new().unwrap();
        for micros in 1..=1_000 {
            latencies.record(Duration::from_micros(micros * 10));
        }
        let phase = Phase {
            name: "bids".into(),
            auctions: 100,
            merchants: 100,
            connections: 64,
            rate: 0,
            seconds: 10.0,
            acknowledged: 200_000,
            acknowledged_per_s: 20_000.0,
            errors: BTreeMap::from([("429 too_many_bids".to_owned(), 3)]),
            ack_ms: latencies.summary(),
            sent_late_ms: None,
            starved: 0,
            fanout: Some(Fanout { watchers: 10, delivered: 5, expected: 5, ..Fanout::default() }),
            closings: Some(Closings { early: 7, late_ms: latencies.summary(), ..Closings::default() }),
            server: Some(Server {
                cores: 1.2,
                cpu_us_per_answer: Some(60.0),
                cpu_us_per_delivered: Some(1.5),
                rss_mib: 90.0,
                pss_mib: 88.0,
            }),
            client_cores: 0.4,
        };
        let conditions = Conditions {
            tool: "mazad load 0.1.0".into(),
            date: "2026-11-22T00:00:00Z".into(),
            machine: "2 cores".into(),
            options: "--auctions 100".into(),
        };
        let ledger = Some(Ledger { acknowledged: 200_000, read_back: 200_000, lost: 0, doubled: 0 });
        Report { conditions, phases: vec![phase], bids_to_health: Some(0.125), ledger }
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let summary = sample().phases[0].ack_ms.unwrap();
        assert_eq!(summary.count, 1_000);
        assert!((summary.p50 - 5.0).abs() < 0.02, "{summary:?}");
        assert!((summary.p99 - 9.9).abs() < 0.02, "{summary:?}");
        assert!((summary.max - 10.0).abs() < 0.02, "{summary:?}");
        assert_eq!(Latencies::new().unwrap().summary(), None);
    }

    #[test]
    fn a_latency_beyond_the_scale_is_kept_at_its_end() {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_hours(1));
        assert!(latencies.summary().unwrap().max >= 119_000.0);
    }

    #[test]
    fn the_json_line_has_what_scripts_look_for() {
        let line = serde_json::to_value(sample()).unwrap();
        assert_eq!(line["phases"][0]["acknowledged_per_s"], 20_000.0);
        assert_eq!(line["phases"][0]["errors"]["429 too_many_bids"], 3);
        assert!(line["phases"][0]["ack_ms"]["p999"].is_number());
        assert_eq!(line["phases"][0]["fanout"]["lost"], 0);
        assert_eq!(line["ledger"]["lost"], 0);
        assert_eq!(line["conditions"]["options"], "--auctions 100");
    }

    #[test]
    fn the_table_says_its_conditions_and_what_went_wrong() {
        let table = sample().table();
        for part in [
            "2 cores",
            "--auctions 100",
            "429 too_many_bids x 3",
            "lost = 0",
            "too early = 7",
            "12.5 % of health/s",
            "20000",
        ] {
            assert!(table.contains(part), "{part} is not in\n{table}");
        }
    }
}
