//! `mazad serve`.

use crate::boot;
use crate::config::Config;
use crate::telemetry;

/// Serves until a signal asks to stop.
///
/// # Errors
/// When the server cannot start, or ends by itself.
pub fn run(config: Config) -> anyhow::Result<()> {
    let _log = telemetry::start(&config.log)?;
    actix::System::new().block_on(async {
        let mut running = boot::start(config).await?;
        println!("mazad is running. Open http://{}/ (the API: /api/docs/)", running.address);
        let ended = tokio::select! {
            ended = running.ended() => ended,
            signal = stop_signal() => signal.map_err(Into::into),
        };
        tracing::info!("stopping");
        running.stop().await;
        ended
    })
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
