//! Counters of the gate, for `GET /metrics`.
//!
//! Labels are the route's template, the method as the route knows it, and the class of the status. None is taken from a
//! request, so there are never more series than routes times classes.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::http::table::Table;

/// Seconds; the bid path answers in a few milliseconds, a password in tens.
const BOUNDS: [f64; 12] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// What stands for a url that is no route's.
const NOWHERE: &str = "unmatched";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    route: &'static str,
    method: &'static str,
}

/// The series of one route, made when it is first called.
#[derive(Default)]
struct Series {
    statuses: [OnceLock<Counter>; 5],
    seconds: OnceLock<Histogram>,
}

/// What the gate counts.
pub struct Metrics {
    table: &'static Table,
    registry: Registry,
    answered: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    /// One per route, and one for what is none.
    series: Vec<Series>,
    /// Requests that are being answered now.
    pub(super) under_way: Gauge,
    /// Handlers that panicked.
    pub(super) panicked: Counter,
    /// Calls that the rate limits refused.
    pub(super) limited: Counter,
    /// Answers that were stored before under the call's idempotency key.
    pub(super) replayed: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Metrics of {} routes", self.series.len())
    }
}

fn new_histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

impl Metrics {
    pub(super) fn new(table: &'static Table) -> Self {
        let mut registry = Registry::with_prefix("mazad");
        let answered = Family::default();
        let seconds = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let (under_way, panicked, limited, replayed) =
            (Gauge::default(), Counter::default(), Counter::default(), Counter::default());
        registry.register("http_requests", "Answers by route, method and class of status", answered.clone());
        registry.register("http_request_seconds", "From the head to the answer's head, in seconds", seconds.clone());
        registry.register("http_requests_under_way", "Requests that are being answered", under_way.clone());
        registry.register("http_panics", "Handlers that panicked", panicked.clone());
        registry.register("http_rate_limited", "Calls that the rate limits refused", limited.clone());
        registry.register("http_replays", "Answers given again under an idempotency key", replayed.clone());
        let series = (0..=table.routes().len()).map(|_| Series::default()).collect();
        Self { table, registry, answered, seconds, series, under_way, panicked, limited, replayed }
    }

    /// Counts an answer; `route` is the route's number in the table.
    pub(super) fn answered(&self, route: Option<usize>, status: u16, took: Duration) {
        let known = route.and_then(|at| self.table.routes().get(at).map(|route| (at, route)));
        let (at, route, method) = known.map_or((self.series.len() - 1, NOWHERE, "any"), |(at, route)| {
            (at, &*route.template, route.method.as_str())
        });
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        let series = &self.series[at];
        let counter = series.statuses[class].get_or_init(|| {
            let status = ["1xx", "2xx", "3xx", "4xx", "5xx"][class];
            self.answered.get_or_create_owned(&Answered { route, method, status })
        });
        counter.inc();
        let seconds = series.seconds.get_or_init(|| self.seconds.get_or_create_owned(&Asked { route, method }));
        seconds.observe(took.as_secs_f64());
    }

    /// All of it in the text format of `OpenMetrics`, which Prometheus reads, with what else `more` registers.
    ///
    /// # Errors
    /// When it cannot be written, which a `String` does not do.
    pub fn render(&self, more: impl FnOnce(&mut Registry)) -> Result<String, fmt::Error> {
        let mut rest = Registry::default();
        more(&mut rest);
        let mut out = String::with_capacity(32 * 1_024);
        text::encode_registry(&mut out, &self.registry)?;
        text::encode_registry(&mut out, &rest)?;
        text::encode_eof(&mut out)?;
        Ok(out)
    }
}
