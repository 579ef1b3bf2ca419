//! Logs: one set-up, chosen by configuration.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Log;
use crate::config::LogFormat;

/// Starts logging to standard error. A second call in one process changes nothing.
///
/// # Errors
/// When the filter cannot be read; the error names it.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(&log.filter).map_err(|error| anyhow::anyhow!("log.filter {:?}: {error}", log.filter))?;
    let base = tracing_subscriber::registry().with(filter);
    let _ = match log.format {
        LogFormat::Pretty => {
            base.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false)).try_init()
        }
        LogFormat::Json => base.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
    Ok(())
}
