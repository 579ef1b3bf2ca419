//! Logs: one set-up, chosen by configuration. The line of an http request, whose fields are spelled once, here.
//!
//! What never stands in a line: a body, a header, a query, a path with ids, a token, a code, a telephone number in full.

use std::io::IsTerminal as _;
use std::time::Duration;

use ipnet::IpNet;
use tracing_appender::non_blocking::ErrorCounter;
use tracing_appender::non_blocking::NonBlockingBuilder;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config;
use crate::config::LogFormat;
use crate::domain::ids::UserId;
use crate::limits;

/// The log while it is written. Dropping it writes what still waits.
pub struct Log {
    _writer: WorkerGuard,
}

/// Lines that nobody took.
static DROPPED: std::sync::OnceLock<ErrorCounter> = std::sync::OnceLock::new();

/// Starts logging to standard error. A second call in one process changes nothing.
///
/// A thread of its own writes, so that no request waits for whoever reads the log; lines beyond
/// [`limits::LOG_LINES_WAITING_MAX`] are dropped and counted.
///
/// # Errors
/// When the filter cannot be read; the error names it.
pub fn start(log: &config::Log) -> anyhow::Result<Log> {
    let filter =
        EnvFilter::try_new(&log.filter).map_err(|error| anyhow::anyhow!("log.filter {:?}: {error}", log.filter))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(limits::LOG_LINES_WAITING_MAX)
        .finish(std::io::stderr());
    let _ = DROPPED.set(writer.error_counter());
    let is_terminal = std::io::stderr().is_terminal();
    let base = tracing_subscriber::registry().with(filter);
    let _ = match log.format {
        LogFormat::Pretty => base
            .with(tracing_subscriber::fmt::layer().with_writer(writer).with_target(false).with_ansi(is_terminal))
            .try_init(),
        LogFormat::Json => {
            base.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()
        }
    };
    Ok(Log { _writer: guard })
}

/// Lines that were dropped because nobody took them.
#[must_use]
pub fn lines_dropped() -> u64 {
    DROPPED.get().map_or(0, |dropped| u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX))
}

/// What is told of an http request.
pub struct Access<'a> {
    /// The route's method.
    pub method: &'a str,
    /// The route's template.
    pub route: &'a str,
    /// Whether it is a health check or a file: a line at debug.
    pub is_quiet: bool,
    /// The status.
    pub status: u16,
    /// From the head to the answer's head.
    pub took: Duration,
    /// Its id.
    pub request_id: &'a str,
    /// Trace and span, where the caller began a trace.
    pub trace: Option<(&'a str, &'a str)>,
    /// Who called.
    pub user: Option<UserId>,
    /// Where from: the network, not the machine.
    pub network: IpNet,
}

/// Writes the line of an http request, target `access`.
pub fn access(line: &Access<'_>) {
    macro_rules! write {
        ($level:ident) => {
            tracing::event!(
                target: "access",
                tracing::Level::$level,
                { http.method = line.method,
                http.route = line.route,
                http.status = line.status,
                http.micros = u64::try_from(line.took.as_micros()).unwrap_or(u64::MAX),
                http.request_id = line.request_id,
                trace.id = line.trace.map(|(trace, _)| trace),
                span.id = line.trace.map(|(_, span)| span),
                user.id = line.user.map(tracing::field::display),
                client.network = %line.network },
                "answered"
            )
        };
    }
    if line.is_quiet { write!(DEBUG) } else { write!(INFO) }
}
