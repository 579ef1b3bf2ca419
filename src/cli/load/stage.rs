//! Sets the scene for a phase: merchants with their requests' heads, and requests to bid on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::stream;

use crate::cli::api_client::ApiClient;
use crate::cli::load::driver::Room;
use crate::cli::load::ledger;
use crate::cli::load::ledger::End;
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
use crate::domain::time::UnixMicros;
use crate::limits;

/// Requests that one customer publishes: fewer than the rules allow, so that a phase never meets that limit.
const REQUESTS_PER_CUSTOMER: usize = 10;

/// Entries up to which a journal is read page by page: the server reads it from the start for each page.
const PAGED_MAX: usize = 2_000;

/// Customers who publish or cancel at the same time, each on a connection of its own.
const AT_A_TIME: usize = 16;

/// When a request takes bids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// From when on; `None` at once.
    pub opens_at: Option<UnixMicros>,
    /// For how long, in seconds.
    pub bidding_secs: u64,
}

/// Opens rooms and remembers whose they are.
pub struct Stage {
    market: Market,
    api: ApiClient,
    authority: String,
    run: String,
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
            run: run.to_owned(),
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

    /// Publishes `count` requests that so many merchants will bid on, open for longer than anything is measured.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn open_rooms(&mut self, count: usize, merchants: usize) -> anyhow::Result<Vec<Rc<Room>>> {
        let hours = Hours { opens_at: None, bidding_secs: self.open_secs };
        self.open_rooms_at(&vec![hours; count], merchants).await
    }

    /// Publishes one request for each of `hours`, in their order.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn open_rooms_at(&mut self, hours: &[Hours], merchants: usize) -> anyhow::Result<Vec<Rc<Room>>> {
        let owners = self.market.customers(hours.len().div_ceil(REQUESTS_PER_CUSTOMER)).await?;
        let lots = owners.into_iter().zip(hours.chunks(REQUESTS_PER_CUSTOMER));
        let publishing = lots.map(|(owner, hours)| self.publish_for(owner, hours, merchants));
        let opened: Vec<_> = stream::iter(publishing).buffered(AT_A_TIME).try_collect().await?;
        let mut rooms = Vec::with_capacity(hours.len());
        for (owner, lot) in opened {
            self.owners.push((owner, lot.iter().map(|room| room.request.clone()).collect()));
            rooms.extend(lot);
        }
        Ok(rooms)
    }

    async fn publish_for(
        &self,
        owner: Person,
        hours: &[Hours],
        merchants: usize,
    ) -> anyhow::Result<(Person, Vec<Rc<Room>>)> {
        let mut api = ApiClient::new(&self.authority, &format!("{}-open", self.run));
        let vehicle = market::add_vehicle(&mut api, &owner.token, "Toyota", "Camry", 2020).await?;
        let mut rooms = Vec::with_capacity(hours.len());
        for hours in hours {
            let published = market::publish(&mut api, &owner.token, &vehicle, &self.spec(*hours)).await?;
            rooms.push(Rc::new(Room {
                request: published.request,
                items: published.items,
                owner: Sender::new(&self.authority, &owner.token),
                prices: Prices::new(merchants, self.items),
                watched: Cell::new(false),
                heard_end: Cell::new(None),
                sent: RefCell::default(),
                acknowledged: RefCell::default(),
            }));
        }
        Ok((owner, rooms))
    }

    /// The bids in the journal of `request`: through the API where that is quick, otherwise from the database.
    ///
    /// # Errors
    /// When either refuses, or the journal's hash chain is broken.
    pub async fn read_journal(&mut self, request: &str, expected: usize) -> anyhow::Result<Entries> {
        if expected > PAGED_MAX {
            return self.market.read_journal(request).await;
        }
        let token = self.owner_of(request)?.token.clone();
        ledger::read_journal(&mut self.api, &token, request).await
    }

    /// When bidding on `request` was to end and when it did, from its journal, through the API.
    ///
    /// # Errors
    /// When the server refuses, or the journal tells no deadline.
    pub async fn read_end(&mut self, request: &str) -> anyhow::Result<End> {
        let token = self.owner_of(request)?.token.clone();
        ledger::read_end(&mut self.api, &token, request).await
    }

    fn owner_of(&self, request: &str) -> anyhow::Result<&Person> {
        let mut owners = self.owners.iter();
        let found = owners.find(|(_, requests)| requests.iter().any(|id| id == request));
        Ok(&found.context("nobody's request")?.0)
    }

    /// Cancels every request, so that the next run does not share the server with this one's.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn clear(&mut self) -> anyhow::Result<()> {
        let (authority, run) = (&self.authority, format!("{}-clear", self.run));
        let cancelling = self.owners.iter().map(async |(owner, requests)| {
            let mut api = ApiClient::new(authority, &run);
            for request in requests {
                let path = format!("/api/v1/orders/requests/{request}/cancel");
                api.post(&owner.token, &path, &serde_json::json!({ "reason": "end of the load test" })).await?;
            }
            anyhow::Ok(())
        });
        stream::iter(cancelling).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        self.owners.clear();
        Ok(())
    }

    fn spec(&self, hours: Hours) -> RequestSpec {
        let part =
            |at: usize| Part { name: format!("Part {at}"), quantity: if at == 0 { 1 } else { FURTHER_QUANTITY } };
        RequestSpec {
            title: "Load test".into(),
            description: String::new(),
            parts: (0..self.items).map(part).collect(),
            bidding_secs: hours.bidding_secs,
            opens_at: hours.opens_at,
            // A deadline that is planned must not be moved by the first bids.
            soft_close_secs: hours.opens_at.map(|_| 0),
            visibility: "open",
            photo: None,
            urgent: false,
        }
    }
}
