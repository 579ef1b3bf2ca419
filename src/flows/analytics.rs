//! Reading the figures of analytics: over connections of their own, few at a time, so that nobody who bids waits for them.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::domain::time::UnixMicros;
use crate::high_water::HighWater;
use crate::high_water::Level;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::analytics::changes;
use crate::persistence::error::StoreError;

/// Why nothing was read.
#[derive(Debug)]
pub enum ReadError {
    /// Too many wait already.
    Busy,
    /// Something failed.
    Store(StoreError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The way to the figures. Cheap to clone.
#[derive(Clone)]
pub struct Analytics(Arc<Parts>);

struct Parts {
    db: Db,
    admitted: Semaphore,
    running: Semaphore,
    most: HighWater,
}

/// Those who read and those who wait.
const BOUND: usize = limits::ANALYTICS_AT_ONCE + limits::ANALYTICS_WAITING_MAX;

impl Analytics {
    /// A way into this database.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        let connections = u32::try_from(limits::ANALYTICS_AT_ONCE).unwrap_or(1);
        Self(Arc::new(Parts {
            db: db.beside(connections),
            admitted: Semaphore::new(BOUND),
            running: Semaphore::new(limits::ANALYTICS_AT_ONCE),
            most: HighWater::default(),
        }))
    }

    /// Those who read and those who wait for it.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.most.level(self.used(), BOUND)
    }

    fn used(&self) -> usize {
        BOUND - self.0.admitted.available_permits()
    }

    /// Reads something in its turn, and when all figures were last counted; `None` where they never were.
    ///
    /// # Errors
    /// [`ReadError::Busy`] when too many wait; or what failed.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&Db) -> Result<T, StoreError>,
    ) -> Result<(T, Option<UnixMicros>), ReadError> {
        let parts = &*self.0;
        let _admitted = parts.admitted.try_acquire().map_err(|_| ReadError::Busy)?;
        parts.most.saw(self.used());
        let _running = parts.running.acquire().await.map_err(|_| ReadError::Busy)?;
        // Before the figures: they are at least as new as is said.
        let as_of = changes::last_round(&parts.db).await?;
        Ok((work(&parts.db).await?, as_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persistence::StoreOptions;

    #[actix_web::test]
    async fn who_comes_when_too_many_wait_is_refused_and_finds_room_later() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("db").display());
        let db = Db::open(&StoreOptions { url, readers: 1 }).await.unwrap();
        let analytics = Analytics::new(&db);
        let go = Arc::new(Semaphore::new(0));
        let read = |analytics: Analytics, go: Arc<Semaphore>| async move {
            let wait = async |_: &Db| {
                go.acquire().await.unwrap().forget();
                Ok(())
            };
            analytics.read(wait).await.map(|((), as_of)| as_of)
        };
        let readers: Vec<_> =
            (0..BOUND).map(|_| actix_web::rt::spawn(read(analytics.clone(), Arc::clone(&go)))).collect();
        while analytics.level().used < BOUND {
            tokio::task::yield_now().await;
        }
        assert!(matches!(read(analytics.clone(), Arc::clone(&go)).await, Err(ReadError::Busy)));
        go.add_permits(BOUND);
        for reader in readers {
            assert_eq!(reader.await.unwrap().unwrap(), None);
        }
        assert_eq!(analytics.level(), Level { used: 0, most: BOUND, bound: BOUND });
        go.add_permits(1);
        assert!(read(analytics, go).await.is_ok());
    }
}
