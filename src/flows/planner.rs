//! Decides by which ways notices go out, and puts them into people's lists.
//!
//! Notices are written with what made them true and nothing else (`persistence/outbox.rs`). Here they are looked at in
//! pages, as soon as the commit is through that wrote them (`persistence/wake.rs`), and on without a pause while there are more.
//! Every process does so: a page is written only where every notice of it is still new, so of two that took the same one starts
//! again. What nobody was woken for, because whoever wrote it died, the next look finds.

use std::collections::BTreeSet;
use std::time::Duration;
use std::time::Instant;

use crate::actors::cluster::Cluster;
use crate::actors::inbox::Inbox;
use crate::clock::Clock;
use crate::domain::ids::NoticeId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::notice::Channel;
use crate::domain::notice::Notice;
use crate::domain::notice_plan;
use crate::domain::notice_plan::Delivery;
use crate::limits;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::error::StoreError;
use crate::persistence::notice_json;
use crate::persistence::planning;
use crate::persistence::planning::Held;
use crate::persistence::planning::New;
use crate::persistence::planning::NewDigest;
use crate::persistence::planning::Planned;
use crate::persistence::told;
use crate::persistence::wake::Work;

/// How often it is looked whether there is anything new of which nobody said so.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After a failure, and where another process is at the same page, the next look comes sooner.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// What is written within so long is planned together: one transaction in place of several.
const GATHER: Duration = Duration::from_millis(20);
/// How often it is looked whether a digest is due.
const DIGESTS_EVERY: Duration = Duration::from_secs(15);

/// Who plans. Cheap to clone.
#[derive(Clone)]
pub struct Planner {
    db: Db,
    clock: Clock,
    ids: IdMint,
    inbox: Inbox,
}

impl Planner {
    /// A planner for the notices of this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, ids: IdMint, inbox: Inbox) -> Self {
        Self { db, clock, ids, inbox }
    }

    /// Plans for as long as it is polled.
    pub async fn keep_planning(self, cluster: Cluster) {
        let mut bell = self.db.bells().listen(Work::Planning);
        let mut digests_at = Instant::now();
        loop {
            match self.plan_all().await {
                Ok(_) => bell.wait(LOOK_EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "notices wait to be planned");
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
            if digests_at.elapsed() >= DIGESTS_EVERY {
                digests_at = Instant::now();
                if cluster.leads()
                    && let Err(error) = self.write_digests().await
                {
                    tracing::warn!(%error, "digests wait to be written");
                }
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// Plans until nothing is new, and tells how many it planned.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not written stays new.
    pub async fn plan_all(&self) -> Result<usize, StoreError> {
        let mut all = 0;
        loop {
            let page = planning::list_new(&self.db, limits::PLANNED_NOTICES_MAX).await?;
            let count = page.len();
            if count == 0 {
                return Ok(all);
            }
            if !self.plan(page).await? {
                // Another process is at it.
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            }
            all += count;
            if count < limits::PLANNED_NOTICES_MAX as usize {
                return Ok(all);
            }
        }
    }

    /// Plans a page; `false` where another process was faster.
    async fn plan(&self, page: Vec<New>) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut users: Vec<UserId> = page.iter().map(|new| new.user_id).collect();
        users.sort_unstable();
        users.dedup();
        let mut people = planning::list_people(&self.db, &users).await?;
        let mut planned = Vec::with_capacity(page.len());
        for New { id, user_id: user, facts } in page {
            let (place, deliveries) = match people.get_mut(&user) {
                Some(person) => {
                    // Later than whatever was there before, also where that was forgotten long ago.
                    person.place = now.0.max(person.place.saturating_add(1));
                    (
                        Some(person.place),
                        ways(id, &facts, |notice| notice_plan::plan(notice, &person.wishes, &person.reach, now)),
                    )
                }
                None => (None, Vec::new()),
            };
            planned.push(Planned { id, user, place, deliveries });
        }
        let is_written = planning::write(&self.db, &planned, now).await?;
        if is_written {
            self.inbox.changed(&users);
        }
        Ok(is_written)
    }

    /// Writes the digests that are due, and tells how many.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was not written stays due.
    pub async fn write_digests(&self) -> Result<usize, StoreError> {
        let (now, mut all) = (self.clock.now(), 0);
        loop {
            let users = planning::list_due_digests(&self.db, now, limits::PLANNED_NOTICES_MAX).await?;
            if users.is_empty() {
                return Ok(all);
            }
            let mut people = planning::list_people(&self.db, &users).await?;
            for user in users {
                let held = planning::list_held(&self.db, user, now).await?;
                let asked = held.iter().filter_map(request_of).collect();
                let open = told::list_open(&self.db, &asked, now).await?;
                let notice = digest(open);
                let person = people.remove(&user).unwrap_or_default();
                let mut deliveries = notice
                    .iter()
                    .flat_map(|notice| notice_plan::plan(notice, &person.wishes, &person.reach, now))
                    .collect::<Vec<_>>();
                deliveries.retain(|way| held.iter().any(|held| Channel::find(&held.channel) == Some(way.channel)));
                let id = NoticeId(self.ids.next());
                let digest = NewDigest { id, user, notice, deliveries, now, held: held.len() };
                if !planning::write_digest(&self.db, digest).await? {
                    return Ok(all);
                }
                all += 1;
            }
        }
    }
}

/// The ways of a notice. One that cannot be read takes none: it would stop all behind it for ever.
fn ways(id: NoticeId, facts: &str, plan: impl FnOnce(&Notice) -> Vec<Delivery>) -> Vec<Delivery> {
    match notice_json::read(facts) {
        Ok(notice) => plan(&notice),
        Err(error) => {
            tracing::error!(notice.id = %id, %error, "a notice cannot be read and goes out by no way");
            Vec::new()
        }
    }
}

fn request_of(held: &Held) -> Option<RequestId> {
    notice_json::read(&held.facts).ok()?.request()
}

/// What waited, in one; nothing where none of it takes bids any more.
fn digest(open: BTreeSet<RequestId>) -> Option<Notice> {
    let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let requests = open.into_iter().rev().take(limits::DIGEST_REQUESTS_MAX).collect();
    (count > 0).then_some(Notice::Digest { requests, count })
}
