//! A request's events, page by page, as a class of viewers counts them.
//!
//! A class counts only what it may see, so which entry its event `n` is follows from all entries before it. Where a page
//! ended is therefore remembered: who reads on from there makes the journal read that page alone.

use moka::sync::Cache;

use crate::domain::auction::terms::Visibility;
use crate::domain::auction::view;
use crate::domain::auction::view::Class;
use crate::domain::auction::view::Sight;
use crate::domain::ids::RequestId;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::journal;
use crate::persistence::journal::Entry;

/// Which events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// The request.
    pub request: RequestId,
    /// Whose eyes.
    pub class: Class,
    /// Only what this class counts after this number.
    pub after: i64,
}

/// Some events in order, each with the number that the class gives it.
#[derive(Debug)]
pub struct Events {
    /// The events.
    pub shown: Vec<(i64, Entry)>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// Reads events. Cheap to clone.
#[derive(Clone)]
pub struct EventReader {
    db: Db,
    /// Behind which entry an event of a class lies.
    places: Cache<Ask, i64>,
}

impl EventReader {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, places: Cache::new(limits::EVENT_PLACES_REMEMBERED_MAX) }
    }

    /// The next `limit` events.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or an entry is not the one that was written.
    pub async fn list(&self, visibility: Visibility, ask: Ask, limit: usize) -> Result<Events, StoreError> {
        // Where the place is not known, from the first entry on; no number is greater than its entry's.
        let (mut number, mut entry) = self.places.get(&ask).map_or((0, 0), |entry| (ask.after, entry));
        let mut events = Events { shown: Vec::with_capacity(limit), more: false };
        loop {
            // One more than may be shown tells whether there is more.
            let want = limits::PAGE_MAX.max(u32::try_from(limit).unwrap_or(u32::MAX)).saturating_add(1);
            let page = journal::load_page(&self.db, ask.request, entry, want).await?;
            let last = page.len() < want as usize;
            for next in page {
                entry = next.seq;
                if view::sight(visibility, ask.class, &next.event) == Sight::Hidden {
                    continue;
                }
                if events.shown.len() == limit {
                    let at = events.shown.last().map_or(0, |(_, entry)| entry.seq);
                    self.places.insert(Ask { after: number, ..ask }, at);
                    return Ok(Events { more: true, ..events });
                }
                number += 1;
                if number > ask.after {
                    events.shown.push((number, next));
                }
            }
            if last {
                return Ok(events);
            }
        }
    }
}
