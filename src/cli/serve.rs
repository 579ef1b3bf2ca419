//! `mazad serve`.

use std::time::Duration;

use crate::boot;
use crate::config::Config;
use crate::config::Settings;
use crate::limits;
use crate::telemetry;

/// Serves until a signal asks to stop; a second signal ends the process at once.
///
/// # Errors
/// When the server cannot start, ends by itself, or did not end in time.
pub fn run(config: Config, settings: &Settings) -> anyhow::Result<()> {
    let log = telemetry::start(&config.log)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let outcome = actix::System::new().block_on(async {
        let mut running = boot::start(config).await?;
        println!("mazad is running. Open http://{}/ (the API: /api/docs/)", running.address);
        let ended = tokio::select! {
            ended = running.ended() => ended,
            signal = stop_signal() => signal.map_err(Into::into),
        };
        tracing::info!("stopping");
        let longest = Duration::from_secs(limits::STOP_SECS_MAX);
        tokio::select! {
            () = running.stop() => ended.map(|()| true),
            _ = stop_signal() => Ok(false),
            () = tokio::time::sleep(longest) => {
                tracing::error!("something hangs; the process ends without it");
                Ok(false)
            }
        }
    });
    if matches!(outcome, Ok(false)) {
        // Not by returning: a thread that hangs would be waited for. What was acknowledged is on disk in any case.
        drop(log);
        std::process::exit(1);
    }
    outcome.map(drop)
}

/// Resolves on SIGTERM or SIGINT.
///
/// # Errors
/// When the process may not listen to signals.
pub async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
