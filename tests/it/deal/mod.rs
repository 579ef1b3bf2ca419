//! From the accepted bid to the review.

mod invoice;
mod moved;
mod notices;
mod privacy;
mod race;
mod result;
mod room;
mod steps;
mod time;
mod way;

use mazad::domain::ids::OrderId;
use mazad::domain::ids::RequestId;
use mazad::persistence::orders;
use mazad::persistence::orders::Order;
use mazad::persistence::outbox::Moment;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

/// A customer, some merchants, and a request with a bid of each.
pub(crate) struct Deal {
    pub(crate) app: TestApp,
    pub(crate) customer: Person,
    pub(crate) merchants: Vec<Person>,
    pub(crate) open: Open,
    pub(crate) bids: Vec<String>,
}

impl Deal {
    /// A closed request of one part: the first merchant bids the first price, and so on.
    async fn closed(prices: &[&str]) -> Self {
        Self::of(TestApp::start().await, prices, json!({})).await
    }

    pub(crate) async fn of(app: TestApp, prices: &[&str], own: Value) -> Self {
        let customer = app.person("0501111111", "customer").await;
        let mut merchants = Vec::new();
        for number in 0..prices.len() {
            merchants.push(app.merchant(&format!("05333333{number:02}")).await);
        }
        let (open, bids) = auction(&app, &customer, &merchants, prices, own).await;
        Self { app, customer, merchants, open, bids }
    }

    /// The same with the first bid accepted.
    async fn accepted(prices: &[&str]) -> (Self, String) {
        let deal = Self::closed(prices).await;
        let order = deal.accept(&deal.bids[0], "first").await.expect(201);
        let id = order["id"].as_str().unwrap().to_owned();
        (deal, id)
    }

    pub(crate) async fn accept(&self, bid: &str, key: &str) -> Answer {
        accept(&self.app, &self.customer, &self.open.id, bid, key).await
    }

    /// A step of an order by somebody.
    async fn step(&self, who: &Person, order: &str, step: &str) -> Answer {
        self.app.post(Some(&who.token), &format!("/api/v1/orders/{order}/{step}"), &body_of(step)).await
    }

    /// Steps of the merchant up to the delivery.
    async fn deliver(&self, order: &str) {
        for step in ["confirm", "prepare", "ship", "deliver"] {
            self.step(&self.merchants[0], order, step).await.expect(200);
        }
    }

    async fn order(&self, who: &Person, order: &str) -> Answer {
        self.app.get(Some(&who.token), &format!("/api/v1/orders/{order}")).await
    }

    async fn stored(&self, order: &str) -> Order {
        let id: OrderId = order.parse().unwrap();
        orders::find(&self.app.running.app.db, id).await.unwrap().unwrap()
    }

    async fn status(&self) -> String {
        let request = self.app.get(Some(&self.customer.token), &format!("{REQUESTS}/{}", self.open.id)).await;
        request.expect(200)["status"].as_str().unwrap().to_owned()
    }

    fn moment(&self) -> Moment<'_> {
        Moment { at: self.app.clock.now(), ids: &self.app.running.app.ids }
    }

    fn request(&self) -> RequestId {
        self.open.id.parse().unwrap()
    }
}

/// What a step is called with.
fn body_of(step: &str) -> Value {
    match step {
        "decline" | "cancel" | "return" | "dispute" | "resolve" => json!({"reason": "because"}),
        "review" => json!({"stars": 4}),
        _ => json!({}),
    }
}

async fn accept(app: &TestApp, who: &Person, request: &str, bid: &str, key: &str) -> Answer {
    let call = app.request(Method::POST, Some(&who.token), &format!("{REQUESTS}/{request}/accept"));
    app.send(call.header("idempotency-key", key).json(&json!({"bid_id": bid}))).await
}

/// Publishes, bids and closes.
async fn auction(
    app: &TestApp,
    customer: &Person,
    merchants: &[Person],
    prices: &[&str],
    own: Value,
) -> (Open, Vec<String>) {
    let mut with = json!({"rules": {"allow_early_close": true}});
    with.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let open = Open::publish(app, customer, with).await;
    let mut bids = Vec::new();
    for (merchant, price) in merchants.iter().zip(prices) {
        let placed = open.bid(app, merchant, "bid", price, json!({})).await.expect(201);
        bids.push(placed["bid"]["id"].as_str().unwrap().to_owned());
    }
    close(app, customer, &open.id).await;
    (open, bids)
}

async fn close(app: &TestApp, customer: &Person, request: &str) {
    let closed = app.post(Some(&customer.token), &format!("{REQUESTS}/{request}/close"), &json!({})).await;
    assert_eq!(closed.expect(200)["status"], "reviewing");
}
