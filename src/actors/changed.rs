//! The auctions that changed since somebody last asked: who writes notices looks at those.
//!
//! A hint that never waits and costs a bid one flag: an auction is in the list once, however much happens in it. What the
//! list has no room for, and what it forgets when the process dies, a sweep finds in the database.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::domain::ids::RequestId;
use crate::limits;

/// The auctions that changed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Changed(Arc<Mutex<Vec<RequestId>>>);

impl Changed {
    /// Notes an auction, unless `noted` says that it is. The look itself takes that back.
    pub(super) fn note(&self, request: RequestId, noted: &AtomicBool) {
        if noted.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < limits::CHANGED_AUCTIONS_MAX {
            all.push(request);
        } else {
            noted.store(false, Ordering::SeqCst);
        }
    }

    /// Those that were noted since the last call, in the order in which they were.
    #[must_use]
    pub fn take(&self) -> Vec<RequestId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
