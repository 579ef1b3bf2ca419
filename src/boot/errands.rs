//! Work that runs for as long as the process and ends before its thread does.
//!
//! A thread that stops drops what still runs on it where there is no runtime any more; a connection of the database that goes
//! back to its pool there panics, and a second one of them aborts the process. So each errand is ended while its thread lives.

use std::time::Duration;

use actix::ArbiterHandle;
use futures_util::future;
use futures_util::future::AbortHandle;
use tokio::sync::oneshot;

/// How long they may take to end. Each ends where it next waits, so that is no time.
const END_WITHIN: Duration = Duration::from_secs(1);

/// What runs, and how each of it ends.
#[derive(Default)]
pub(super) struct Errands(Vec<(AbortHandle, oneshot::Receiver<()>)>);

impl Errands {
    /// Runs this on a thread.
    pub(super) fn run(&mut self, on: &ArbiterHandle, work: impl Future<Output = ()> + Send + 'static) {
        let (work, end) = future::abortable(work);
        let (say, ended) = oneshot::channel();
        on.spawn(async move {
            // By then the work is dropped, here on its thread.
            let _ = work.await;
            let _ = say.send(());
        });
        self.0.push((end, ended));
    }

    /// Ends all of it.
    pub(super) async fn end(self) {
        let ended = self.0.into_iter().map(|(end, ended)| {
            end.abort();
            ended
        });
        if tokio::time::timeout(END_WITHIN, future::join_all(ended)).await.is_err() {
            tracing::warn!("some work did not end before its thread");
        }
    }
}
