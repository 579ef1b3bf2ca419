//! Sets the scene for a phase: merchants with their requests' heads, and requests to bid on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::Context as _;

use crate::cli::api_client::ApiClient;
use crate::cli::load::driver::Room;
use crate::cli::load::ledger;
use crate::cli::load::ledger::Entries;
use crate::cli::load::options::LoadOptions;
use crate::cli::load::plan::FURTHER_QUANTITY;
use crate::cli::load::plan::Prices;
use crate::cli::load::plan::Sender;
use crate::cli::market;
use crate::cli::market::Market;
use crate::cli::market::Part;
use crate::cli::market::Person;
use crate::cli::market::RequestSpec;
use crate::limits;

/// Requests that one customer publishes: fewer than the rules allow, so that a phase never meets that limit.
const REQUESTS_PER_CUSTOMER: usize = 10;

/// Entries up to which a journal is read page by page: the server reads it from the start for each page.
const PAGED_MAX: usize = 2_000;

/// Opens rooms and remembers whose they are.
pub struct Stage {
    market: Market,
    api: ApiClient,
    authority: String,
    items: usize,
    /// How long the requests stay open, in seconds: nothing may close while it is measured.
    open_secs: u64,
    owners: Vec<(Person, Vec<String>)>,
}

impl Stage {
    /// A stage for this run.
    #[must_use]
    pub fn new(market: Market, authority: &str, run: &str, options: &LoadOptions) -> Self {
        let phase = options.duration + options.warmup + 600;
        let phases = u64::try_from(options.what.len() + options.room_bids.len()).unwrap_or(16);
        let longest = u64::try_from(limits::BIDDING_SECS_MAX).unwrap_or(3_600);
        Self {
            market,
            api: ApiClient::new(authority, &format!("{run}-stage")),
            authority: authority.to_owned(),
            items: usize::from(options.items),
            open_secs: (phase * phases).clamp(3_600, longest),
            owners: Vec::new(),
        }
    }

    /// Verified merchants with tokens.
    ///
    /// # Errors
    /// When the database or the key cannot be used.
    pub async fn merchants(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        self.market.merchants(count).await
    }

    /// Publishes `count` requests that so many merchants will bid on.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn open_rooms(&mut self, count: usize, merchants: usize) -> anyhow::Result<Vec<Rc<Room>>> {
        let mut rooms = Vec::with_capacity(count);
        for owner in self.market.customers(count.div_ceil(REQUESTS_PER_CUSTOMER)).await? {
            let vehicle = market::add_vehicle(&mut self.api, &owner.token, "Toyota", "Camry", 2020).await?;
            let mut requests = Vec::new();
            for _ in 0..REQUESTS_PER_CUSTOMER.min(count - rooms.len()) {
                let spec = self.spec();
                let published = market::publish(&mut self.api, &owner.token, &vehicle, &spec).await?;
                requests.push(published.request.clone());
                rooms.push(Rc::new(Room {
                    request: published.request,
                    items: published.items,
                    owner: Sender::new(&self.authority, &owner.token),
                    prices: Prices::new(merchants, self.items),
                    watched: Cell::new(false),
                    sent: RefCell::default(),
                    acknowledged: RefCell::default(),
                }));
            }
            self.owners.push((owner, requests));
        }
        Ok(rooms)
    }

    /// The bids in the journal of `request`: through the API where that is quick, otherwise from the database.
    ///
    /// # Errors
    /// When either refuses, or the journal's hash chain is broken.
    pub async fn read_journal(&mut self, request: &str, expected: usize) -> anyhow::Result<Entries> {
        if expected > PAGED_MAX {
            return self.market.read_journal(request).await;
        }
        let (owner, _) = self
            .owners
            .iter()
            .find(|(_, requests)| requests.iter().any(|id| id == request))
            .context("nobody's request")?;
        ledger::read_journal(&mut self.api, &owner.token, request).await
    }

    /// Cancels every request, so that the next run does not share the server with this one's.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn clear(&mut self) -> anyhow::Result<()> {
        for (owner, requests) in &self.owners {
            for request in requests {
                let path = format!("/api/v1/orders/requests/{request}/cancel");
                self.api.post(&owner.token, &path, &serde_json::json!({ "reason": "end of the load test" })).await?;
            }
        }
        self.owners.clear();
        Ok(())
    }

    fn spec(&self) -> RequestSpec {
        let part =
            |at: usize| Part { name: format!("Part {at}"), quantity: if at == 0 { 1 } else { FURTHER_QUANTITY } };
        RequestSpec {
            title: "Load test".into(),
            description: String::new(),
            parts: (0..self.items).map(part).collect(),
            bidding_secs: self.open_secs,
            visibility: "open",
            urgent: false,
        }
    }
}
