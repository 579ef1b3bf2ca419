//! Adds up what connections did and what it cost.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::cli::load::driver::Done;
use crate::cli::load::driver::Pair;
use crate::cli::load::procstat;
use crate::cli::load::procstat::Usage;
use crate::cli::load::report::Latencies;
use crate::cli::load::report::Phase;
use crate::cli::load::report::Server;

/// What server and generator had used at the start of the window, and then what they used in it.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pid: Option<u32>,
    since: Instant,
    server: Option<Usage>,
    own: Usage,
    span: Duration,
}

impl Spent {
    /// Starts to count.
    #[must_use]
    pub fn start(pid: Option<u32>) -> Self {
        let own = procstat::read(std::process::id()).unwrap_or_default();
        Self { pid, since: Instant::now(), server: pid.and_then(procstat::read), own, span: Duration::ZERO }
    }

    /// Stops: processor times become those of the span, memory is that of the end.
    #[must_use]
    pub fn end(self) -> Self {
        let since = |before: Usage, now: Usage| Usage { cpu: now.cpu.saturating_sub(before.cpu), ..now };
        let server = self.server.and_then(|before| Some(since(before, self.pid.and_then(procstat::read)?)));
        let own = procstat::read(std::process::id()).map_or(self.own, |now| since(self.own, now));
        Self { server, own, span: self.since.elapsed(), ..self }
    }
}

/// What all connections did together.
pub struct Tally {
    latencies: Latencies,
    late: Latencies,
    errors: BTreeMap<String, u64>,
    acknowledged: u64,
    starved: u64,
    /// The pairs of each connection.
    pub hands: Vec<VecDeque<Pair>>,
}

impl Tally {
    /// Adds connections up.
    ///
    /// # Errors
    /// Those of [`Latencies`].
    pub fn add_up(done: Vec<Done>) -> anyhow::Result<Self> {
        let mut all = Self {
            latencies: Latencies::new()?,
            late: Latencies::new()?,
            errors: BTreeMap::new(),
            acknowledged: 0,
            starved: 0,
            hands: Vec::new(),
        };
        for one in done {
            all.latencies.add(&one.latencies)?;
            all.late.add(&one.late)?;
            for (word, count) in one.errors {
                *all.errors.entry(word).or_default() += count;
            }
            all.acknowledged += one.acknowledged;
            all.starved += one.starved;
            all.hands.push(one.pairs);
        }
        Ok(all)
    }

    /// Fills in the figures of `blank`; `delivered` frames reached watchers in the measured span.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for people: counts far below 2^53")]
    pub fn phase(self, blank: Phase, spent: &Spent, delivered: u64) -> Phase {
        let per = |count: u64| {
            let cpu = spent.server.map(|server| server.cpu.as_secs_f64() * 1e6);
            cpu.filter(|_| count > 0).map(|micros| micros / count as f64)
        };
        let span = spent.span.as_secs_f64().max(1e-9);
        let server = spent.server.map(|used| Server {
            cores: used.cpu.as_secs_f64() / span,
            cpu_us_per_answer: per(self.acknowledged),
            cpu_us_per_delivered: per(delivered),
            rss_mib: used.rss_kib as f64 / 1_024.0,
            pss_mib: used.pss_kib as f64 / 1_024.0,
        });
        Phase {
            acknowledged: self.acknowledged,
            acknowledged_per_s: self.acknowledged as f64 / blank.seconds.max(1e-9),
            errors: self.errors,
            ack_ms: self.latencies.summary(),
            sent_late_ms: self.late.summary(),
            starved: self.starved,
            server,
            client_cores: spent.own.cpu.as_secs_f64() / span,
            ..blank
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(millis: u64, word: &str) -> Done {
        let mut latencies = Latencies::new().unwrap();
        latencies.record(Duration::from_millis(millis));
        Done {
            latencies,
            late: Latencies::new().unwrap(),
            errors: BTreeMap::from([(word.to_owned(), 1)]),
            acknowledged: 5,
            starved: 1,
            pairs: VecDeque::new(),
        }
    }

    #[test]
    fn connections_add_up() {
        let tally = Tally::add_up(vec![done(1, "a"), done(3, "b"), done(2, "a")]).unwrap();
        let spent = Spent {
            pid: Some(1),
            since: Instant::now(),
            server: Some(Usage { cpu: Duration::from_micros(300), rss_kib: 2_048, pss_kib: 1_024 }),
            own: Usage::default(),
            span: Duration::from_micros(600),
        };
        let phase = tally.phase(Phase { seconds: 3.0, ..Phase::default() }, &spent, 100);
        assert_eq!((phase.acknowledged, phase.starved), (15, 3));
        assert!((phase.acknowledged_per_s - 5.0).abs() < 1e-9);
        assert_eq!(phase.errors, BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 1)]));
        assert_eq!(phase.ack_ms.map(|summary| summary.count), Some(3));
        let server = phase.server.unwrap();
        assert!((server.cores - 0.5).abs() < 1e-9);
        assert!((server.cpu_us_per_answer.unwrap() - 20.0).abs() < 1e-9);
        assert!((server.cpu_us_per_delivered.unwrap() - 3.0).abs() < 1e-9);
        assert!((server.rss_mib - 2.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_done_costs_nothing_each() {
        let spent = Spent::start(Some(std::process::id())).end();
        let phase = Tally::add_up(Vec::new()).unwrap().phase(Phase::default(), &spent, 0);
        assert_eq!(phase.server.unwrap().cpu_us_per_answer, None);
    }
}
