//! What people were told, over any wire: the list, the live feed, and the word that there is something new.

use std::collections::BTreeMap;

use actix::Addr;

use crate::actors::feeds::Feeds;
use crate::actors::feeds::Hint;
use crate::actors::subjects::Subjects;
use crate::actors::supervision;
use crate::domain::ids::NoticeId;
use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::drivers::bus::Bus;
use crate::drivers::bus::Topic;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::Page;
use crate::persistence::error::StoreError;
use crate::persistence::inbox;
use crate::persistence::inbox::Listed;
use crate::persistence::notice_json;
use crate::wire::news::Told;
use crate::wire::notice;
use crate::wire::notification::Entry;
use crate::wire::notification::NotificationBody;
use crate::wire::problem::Language;
use crate::wire::value::Id;

/// Everybody's list. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    db: Db,
    feeds: Addr<Feeds>,
    bus: Bus,
}

/// What came behind a place of somebody's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// The place behind which to go on.
    pub place: i64,
    /// What came, in order, each with its place.
    pub notices: Vec<(i64, NotificationBody)>,
    /// Whether that is not all: the list has it.
    pub missed: bool,
    /// How many are not read.
    pub unread: i64,
}

impl Inbox {
    /// The lists of this database, whose sockets here are in the care of `feeds`.
    #[must_use]
    pub fn new(db: Db, feeds: Addr<Feeds>, bus: Bus) -> Self {
        Self { db, feeds, bus }
    }

    /// Whoever looks after the sockets.
    #[must_use]
    pub const fn feeds(&self) -> &Addr<Feeds> {
        &self.feeds
    }

    /// A page of somebody's list, newest first, each with its place; [`Page::before`] is a place.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn page(
        &self,
        user: UserId,
        unread: bool,
        page: Page,
        language: Language,
    ) -> Result<Vec<(i64, NotificationBody)>, StoreError> {
        self.bodies(inbox::list(&self.db, user, unread, page).await?, language).await
    }

    /// What somebody missed since a notice, or how their list stands.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn since(&self, user: UserId, since: Option<NoticeId>, language: Language) -> Result<Caught, StoreError> {
        let Some(notice) = since else { return self.standing(user, false).await };
        match inbox::find_place(&self.db, user, notice).await? {
            Some(place) => self.after(user, place, language).await,
            // Forgotten since, or never theirs.
            None => self.standing(user, true).await,
        }
    }

    /// What came behind a place.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn after(&self, user: UserId, place: i64, language: Language) -> Result<Caught, StoreError> {
        let rows = inbox::list_after(&self.db, user, place, limits::FEED_NOTICES_MAX + 1).await?;
        if rows.len() > limits::FEED_NOTICES_MAX as usize {
            return self.standing(user, true).await;
        }
        let place = rows.last().map_or(place, |last| last.place);
        let notices = self.bodies(rows, language).await?;
        Ok(Caught { place, notices, missed: false, unread: inbox::count_unread(&self.db, user).await? })
    }

    async fn standing(&self, user: UserId, missed: bool) -> Result<Caught, StoreError> {
        let place = inbox::last_place(&self.db, user).await?;
        Ok(Caught { place, notices: Vec::new(), missed, unread: inbox::count_unread(&self.db, user).await? })
    }

    /// Says that these people's lists changed: to their sockets here and at other processes. May be lost anywhere; they look
    /// every two seconds.
    pub fn changed(&self, users: &[UserId]) {
        for some in users.chunks(limits::PAGE_MAX as usize) {
            let told = some.iter().copied().map(Id).collect();
            self.bus.publish(Topic::Fleet, Told::NoticesFor { users: told }.to_bytes());
            self.changed_here(some);
        }
    }

    /// The same in this process alone.
    pub fn changed_here(&self, users: &[UserId]) {
        supervision::post(&self.feeds, Hint { users: users.into() });
    }

    async fn bodies(&self, rows: Vec<Listed>, language: Language) -> Result<Vec<(i64, NotificationBody)>, StoreError> {
        let ids: Vec<NoticeId> = rows.iter().map(|row| row.id).collect();
        let mut channels: BTreeMap<NoticeId, Vec<Channel>> = BTreeMap::new();
        for (id, word) in inbox::list_channels(&self.db, &ids).await? {
            channels.entry(id).or_default().extend(Channel::find(&word));
        }
        let mut notices = Vec::with_capacity(rows.len());
        for row in rows {
            let notice = notice_json::read(&row.facts)?;
            notices.push((row, notice));
        }
        let subjects = Subjects::read(&self.db, notices.iter().map(|(_, notice)| notice)).await?;
        let body = |(row, notice)| {
            let Listed { id, place, created_at, read_at, .. } = row;
            let text = notice::render(&notice, &subjects.of(&notice), language);
            let mut channels = channels.remove(&id).unwrap_or_default();
            channels.sort_unstable();
            (place, NotificationBody::new(Entry { id, channels, created_at, read_at }, &notice, text))
        };
        Ok(notices.into_iter().map(body).collect())
    }
}
