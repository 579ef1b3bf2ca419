//! A customer's open request, and bids on it.

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;

pub(crate) const REQUESTS: &str = "/api/v1/orders/requests";
pub(crate) const VEHICLES: &str = "/api/v1/users/vehicles";

/// A request that takes bids.
pub(crate) struct Open {
    pub(crate) id: String,
    pub(crate) item: String,
}

impl Open {
    /// Publishes a request of one part, with these fields of its own.
    pub(crate) async fn publish(app: &TestApp, owner: &Person, own: Value) -> Self {
        let token = Some(owner.token.as_str());
        let vehicle = json!({"brand_id": 1, "model_id": 101, "year": 2019});
        let vehicle = app.post(token, VEHICLES, &vehicle).await.expect(201)["id"].clone();
        let mut draft = json!({
            "vehicle_id": vehicle,
            "title": "Front bumper",
            "items": [{"part_name": "Bumper", "quantity": 1}],
            "bidding_duration_s": 3_600,
        });
        draft.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let made = app.post(token, REQUESTS, &draft).await.expect(201);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let open = Self { id: text(&made["id"]), item: text(&made["items"][0]["id"]) };
        app.post(token, &format!("{REQUESTS}/{}/publish", open.id), &json!({})).await.expect(200);
        open
    }

    /// A bid at this price, with these fields of its own.
    pub(crate) async fn bid(&self, app: &TestApp, who: &Person, key: &str, price: &str, own: Value) -> Answer {
        let mut offer = json!({
            "items": [{"request_item_id": self.item, "quantity": 1, "unit_price": price}],
            "delivery_hours": 24,
            "warranty_days": 30,
            "payment_terms": "cash",
        });
        offer.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let path = format!("/api/v1/bidding/requests/{}/bids", self.id);
        let request = app.request(Method::POST, Some(&who.token), &path);
        app.send(request.header("Idempotency-Key", key).json(&offer)).await
    }
}
