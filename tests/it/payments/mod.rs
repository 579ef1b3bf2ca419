//! Paying for an order: by hand, and at a stand-in for the gateway (`support::moyasar`).

mod called_off;
mod gateway;
mod manual;

use mazad::cli::audit_payments;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::moyasar::Moyasar;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;

const PAYMENTS: &str = "/api/v1/payments";

/// An order of 1 000.00 SAR, and those who have to do with it.
struct Trade {
    app: TestApp,
    customer: Person,
    merchant: Person,
    admin: Person,
    order: String,
}

impl Trade {
    async fn of(app: TestApp) -> Self {
        let customer = app.person("0501111111", "customer").await;
        let (merchant, admin) = (app.merchant("0502222222").await, app.admin("0503333333").await);
        let order = order(&app, &customer, &merchant).await;
        Self { app, customer, merchant, admin, order }
    }

    /// The same with another order of theirs.
    async fn next(self) -> Self {
        let order = order(&self.app, &self.customer, &self.merchant).await;
        Self { order, ..self }
    }

    async fn begin(&self, method: &str, key: &str) -> Answer {
        let body = json!({"order_id": self.order, "method": method});
        self.send(&self.customer, PAYMENTS, key, &body).await
    }

    /// How the order can be paid, as this customer hears it.
    async fn methods(&self, who: &Person) -> Answer {
        self.app.get(Some(&who.token), &format!("/api/v1/orders/{}/payment-methods", self.order)).await
    }

    /// A payment that was begun: its id.
    async fn begun(&self, method: &str) -> String {
        text(&self.begin(method, method).await.expect(201)["id"])
    }

    /// A card that was charged, as the gateway's webhook says: its payment and the gateway's page.
    async fn paid_card(&self, gateway: &Moyasar) -> (String, String) {
        let id = self.begun("card").await;
        let invoice = gateway.invoice_of(&id);
        gateway.attempt(&invoice, "paid");
        assert_eq!(self.knock(&gateway.event("e", "payment_paid", &invoice)).await.status, 204);
        (id, invoice)
    }

    async fn send(&self, who: &Person, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.app.request(Method::POST, Some(&who.token), path).header("idempotency-key", key);
        self.app.send(request.json(body)).await
    }

    async fn confirm(&self, who: &Person, id: &str) -> Answer {
        self.send(who, &format!("{PAYMENTS}/{id}/confirm"), "confirm", &json!({})).await
    }

    async fn refund(&self, who: &Person, id: &str, amount: Option<&str>, key: &str) -> Answer {
        let body = amount.map_or(json!({}), |amount| json!({"amount": amount}));
        self.send(who, &format!("{PAYMENTS}/{id}/refund"), key, &body).await
    }

    async fn read(&self, id: &str) -> Value {
        self.app.get(Some(&self.customer.token), &format!("{PAYMENTS}/{id}")).await.expect(200)
    }

    /// Where a payment stands: its state, what came in and what went back.
    async fn sums(&self, id: &str) -> (String, String, String) {
        let read = self.read(id).await;
        (text(&read["status"]), text(&read["captured"]), text(&read["refunded"]))
    }

    async fn step(&self, step: &str) {
        self.step_by(&self.merchant, step, &json!({})).await.expect(200);
    }

    async fn step_by(&self, who: &Person, step: &str, body: &Value) -> Answer {
        self.app.post(Some(&who.token), &format!("/api/v1/orders/{}/{step}", self.order), body).await
    }

    /// The customer calls the order off.
    async fn cancel(&self) -> Answer {
        self.step_by(&self.customer, "cancel", &json!({"reason": "sold"})).await
    }

    /// The payments that somebody sees, of which, in one line.
    async fn list(&self, who: &Person, which: &str) -> String {
        let list = self.app.get(Some(&who.token), &format!("{PAYMENTS}?{which}")).await.expect(200);
        list["data"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect::<Vec<_>>().join(" ")
    }

    /// A gateway's webhook.
    async fn knock(&self, event: &Value) -> Answer {
        self.app.post(None, &format!("{PAYMENTS}/webhooks/moyasar"), event).await
    }

    /// Time passes and the sweeper looks.
    async fn sweep(&self, secs: i64) {
        self.app.clock.advance(Span::secs(secs));
        self.app.running.app.payments.sweep().await.unwrap();
    }

    /// What the audit says.
    async fn audit(&self) -> Result<String, String> {
        audit_payments::audit(&self.app.running.app.db).await.map_err(|error| error.to_string())
    }
}

async fn order(app: &TestApp, customer: &Person, merchant: &Person) -> String {
    let open = Open::publish(app, customer, json!({"rules": {"allow_early_close": true}})).await;
    let bid = open.bid(app, merchant, "bid", "1000.00", json!({})).await.expect(201)["bid"]["id"].clone();
    let path = format!("{REQUESTS}/{}", open.id);
    app.post(Some(&customer.token), &format!("{path}/close"), &json!({})).await.expect(200);
    let call = app.request(Method::POST, Some(&customer.token), &format!("{path}/accept"));
    let made = app.send(call.header("idempotency-key", &open.id).json(&json!({"bid_id": bid}))).await.expect(201);
    text(&made["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn sums(state: &str, captured: &str, refunded: &str) -> (String, String, String) {
    (state.to_owned(), captured.to_owned(), refunded.to_owned())
}
