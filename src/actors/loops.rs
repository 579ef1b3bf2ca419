//! Whether every event loop of the process comes round.
//!
//! A thread that blocks takes everybody on it along, and says nothing: its mailboxes fill, its timers stand. So on each
//! loop a task notes four times a second that it was called, and whoever asks elsewhere sees how long ago that was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use tokio::time::MissedTickBehavior;

use crate::limits;

/// How often a loop says that it comes round.
const EVERY: Duration = Duration::from_millis(250);

/// The loops that are watched. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Loops(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Loops {
    /// Watches the loop that runs the returned task, from now on: one that never gets to run it hangs, too.
    pub fn watch(&self, name: &str) -> impl Future<Output = ()> + Send + 'static {
        let (all, name) = (self.clone(), name.to_owned());
        all.note(&name);
        async move {
            let mut ticks = tokio::time::interval(EVERY);
            // After a standstill one tick is the news, not those that were missed.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                all.note(&name);
            }
        }
    }

    /// How long ago each loop came round, by name.
    #[must_use]
    pub fn ages(&self) -> Vec<(String, Duration)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, at)| (name.clone(), at.elapsed())).collect()
    }

    /// The loops that hang.
    #[must_use]
    pub fn hanging(&self) -> Vec<String> {
        let most = Duration::from_millis(limits::LOOP_AGE_MILLIS_MAX);
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, at)| at.elapsed() > most).map(|(name, _)| name.clone()).collect()
    }

    fn note(&self, name: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(name) {
            Some(at) => *at = Instant::now(),
            None => drop(all.insert(name.to_owned(), Instant::now())),
        }
    }
}
