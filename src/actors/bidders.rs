//! What the engine must know of a bidder, looked up before the command and remembered for a moment.
//!
//! The engine decides on facts that it is handed; asking the database for them at every bid would cost more than the
//! bid. What changes in this process is forgotten at once ([`Bidders::forget`], [`Bidders::forget_permission`]), and by the
//! others as soon as they hear of it (`flows/news.rs`); where they hear nothing, they see it `FACTS_FOR` or `PERMISSION_FOR`
//! later. A "no" is never remembered.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::auction::command::Bidder;
use crate::domain::eligibility;
use crate::domain::eligibility::Dealer;
use crate::domain::eligibility::Ties;
use crate::domain::eligibility::Verdict;
use crate::domain::ids::BidId;
use crate::domain::ids::RequestId;
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::drivers::bus::Bus;
use crate::drivers::bus::Topic;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::bids;
use crate::persistence::error::StoreError;
use crate::persistence::requests;
use crate::persistence::users;
use crate::persistence::users::BidderFacts;
use crate::wire::board::Names;
use crate::wire::news::Told;
use crate::wire::request::audience;
use crate::wire::request::audience::Row;
use crate::wire::value::Id;
use crate::wire::value::Name;

/// How old verification, suspension and rating may be.
const FACTS_FOR: Duration = Duration::from_secs(2);
/// How old a "may bid here" may be.
const PERMISSION_FOR: Duration = Duration::from_secs(30);

/// Facts about bidders. Cheap to clone.
#[derive(Clone)]
pub struct Bidders {
    db: Db,
    bus: Bus,
    facts: Cache<UserId, Arc<BidderFacts>>,
    permitted: Cache<(RequestId, UserId), ()>,
    /// Counts what was forgotten. Who read the database before a change and remembers what it read after that was
    /// forgotten sees here that it came too late.
    forgotten: Arc<AtomicU64>,
    /// A bid never changes its request.
    requests: Cache<BidId, RequestId>,
    /// As they were when last looked up. Without an end, because rooms repeat them and cannot wait for the database.
    names: Cache<UserId, Name>,
}

impl Names for Bidders {
    fn name_of(&self, merchant: UserId) -> Option<Name> {
        self.names.get(&merchant)
    }
}

impl Bidders {
    /// Nothing remembered yet.
    #[must_use]
    pub fn new(db: Db, bus: Bus) -> Self {
        let cache = || Cache::builder().max_capacity(limits::BIDDERS_REMEMBERED_MAX);
        Self {
            db,
            bus,
            facts: cache().time_to_live(FACTS_FOR).build(),
            forgotten: Arc::default(),
            permitted: Cache::builder()
                .max_capacity(limits::BIDDERS_REMEMBERED_MAX)
                .time_to_live(PERMISSION_FOR)
                .build(),
            requests: Cache::builder().max_capacity(limits::BIDDERS_REMEMBERED_MAX).build(),
            names: Cache::builder().max_capacity(limits::BIDDERS_REMEMBERED_MAX).build(),
        }
    }

    /// The facts about an account; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn facts(&self, user: UserId) -> Result<Option<Arc<BidderFacts>>, StoreError> {
        if let Some(facts) = self.facts.get(&user) {
            return Ok(Some(facts));
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let Some(facts) = users::find_bidder_facts(&self.db, user).await? else { return Ok(None) };
        self.names.insert(user, Name(facts.name.as_str().into()));
        let facts = Arc::new(facts);
        self.facts.insert(user, Arc::clone(&facts));
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.facts.invalidate(&user);
        }
        Ok(Some(facts))
    }

    /// Forgets the facts about an account in every process, after their change was committed.
    pub fn forget(&self, user: UserId) {
        self.forget_here(user);
        self.bus.publish(Topic::Fleet, Told::AccountChanged { user: Id(user) }.to_bytes());
    }

    /// The same in this process, whatever others know.
    pub fn forget_here(&self, user: UserId) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.facts.invalidate(&user);
    }

    /// Forgets everything that may have changed elsewhere without this process hearing of it.
    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.facts.invalidate_all();
        self.permitted.invalidate_all();
    }

    /// Forgets in this process that a merchant may bid in these requests, after the change was committed.
    pub fn forget_permission(&self, merchant: UserId, requests: &[RequestId]) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        for request in requests {
            self.permitted.invalidate(&(*request, merchant));
        }
    }

    /// An account as the bidder in a request.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn bidder(&self, user: UserId, request: RequestId) -> Result<Bidder, StoreError> {
        let facts = self.facts(user).await?;
        let facts = facts.as_deref();
        let merchant = facts.is_some_and(|facts| facts.merchant);
        Ok(Bidder {
            user,
            merchant,
            verified: facts.is_some_and(|facts| facts.verified),
            suspended: facts.is_some_and(|facts| facts.suspended),
            eligible: merchant && self.verdict(request, user).await? == Verdict::Eligible,
            rating_milli: facts.map_or(0, |facts| facts.rating_milli),
            rated_orders: facts.map_or(0, |facts| facts.rated_orders),
        })
    }

    /// Why an account may not bid anywhere, in the order of rules §2, check 1.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn standing(&self, user: UserId) -> Result<Option<Refusal>, StoreError> {
        let facts = self.facts(user).await?;
        Ok(match facts.as_deref() {
            Some(facts) if !facts.merchant => Some(Refusal::NotAMerchant),
            Some(facts) if !facts.verified => Some(Refusal::NotVerified),
            Some(facts) if facts.suspended => Some(Refusal::Suspended),
            Some(_) => None,
            None => Some(Refusal::NotAMerchant),
        })
    }

    /// Whether a merchant may bid in a request (rules §2, check 5).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn verdict(&self, request: RequestId, merchant: UserId) -> Result<Verdict, StoreError> {
        if self.permitted.contains_key(&(request, merchant)) {
            return Ok(Verdict::Eligible);
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let Some(row) = requests::find_admittance(&self.db, request, merchant).await? else {
            return Ok(Verdict::Hidden);
        };
        let dealer = self.dealer(merchant).await?;
        let asked = Row {
            brand: row.brand_id,
            part_groups: row.part_groups.as_deref(),
            city: row.city.as_deref(),
            rules: &row.rules,
            ring: row.ring,
        };
        let ties = Ties { invited: row.invited, blocked: row.blocked, has_bid: row.has_bid };
        let verdict = eligibility::judge(&asked.asked(), &dealer, ties);
        if verdict == Verdict::Eligible {
            self.permitted.insert((request, merchant), ());
            if self.forgotten.load(Ordering::SeqCst) != before {
                self.permitted.invalidate(&(request, merchant));
            }
        }
        Ok(verdict)
    }

    /// What a merchant deals in.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn dealer(&self, merchant: UserId) -> Result<Dealer, StoreError> {
        Ok(self.facts(merchant).await?.map_or_else(Dealer::default, |facts| {
            audience::dealer(&facts.specializations, &facts.service_areas, facts.rating_milli)
        }))
    }

    /// The request that a bid belongs to.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn request_of(&self, bid: BidId) -> Result<Option<RequestId>, StoreError> {
        if let Some(request) = self.requests.get(&bid) {
            return Ok(Some(request));
        }
        let found = bids::find_bid(&self.db, bid).await?.map(|bid| bid.request_id);
        if let Some(request) = found {
            self.remember(bid, request);
        }
        Ok(found)
    }

    /// Looks the names of merchants up that are not known yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn learn_names(&self, merchants: impl Iterator<Item = UserId>) -> Result<(), StoreError> {
        let unknown: Vec<UserId> = merchants.filter(|merchant| !self.names.contains_key(merchant)).collect();
        for some in unknown.chunks(limits::PAGE_MAX as usize) {
            for (merchant, name) in bids::names_of(&self.db, some).await? {
                self.names.insert(merchant, Name(name.into()));
            }
        }
        Ok(())
    }

    /// Remembers where a bid belongs that was just placed.
    pub fn remember(&self, bid: BidId, request: RequestId) {
        self.requests.insert(bid, request);
    }
}
