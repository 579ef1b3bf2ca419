//! The people and requests of demo and load.
//!
//! Accounts are written to the database, because nobody can answer a thousand telephones for their one-time codes;
//! vehicles and requests go through the public API like everybody's.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::api_client::{ApiClient, text};
use crate::domain::ids::UserId;

/// An account that can call the API.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub user: UserId,
    /// The name.
    pub name: String,
    /// The telephone number to sign in with.
    pub phone: String,
    /// An access token.
    pub token: String,
}

/// One part of a request.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// Pieces.
    pub quantity: i64,
}

/// A request to publish.
#[derive(Clone, Debug)]
pub struct RequestSpec {
    /// The title.
    pub title: String,
    /// What else there is to say.
    pub description: String,
    /// The parts.
    pub parts: Vec<Part>,
    /// How long bids are taken, in seconds.
    pub bidding_secs: u64,
    /// Who sees what, as on the wire.
    pub visibility: &'static str,
    /// Whether it is urgent.
    pub urgent: bool,
}

/// A published request.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its id.
    pub request: String,
    /// The ids of its items, in the order of the parts.
    pub items: Vec<String>,
}

/// The door to the database and the key of a server on this machine.
pub struct Market {}

impl Market {
    /// Opens the data folder of a server.
    ///
    /// # Errors
    /// When there is no database or no key in it.
    pub async fn open(data: &Path) -> anyhow::Result<Self> {
        anyhow::bail!("{}", data.display())
    }

    /// So many customers, made anew.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn customers(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        anyhow::bail!("{count}")
    }

    /// So many verified merchants.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn merchants(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        anyhow::bail!("{count}")
    }
}

/// Adds a vehicle and returns its id.
///
/// # Errors
/// When the server refuses.
pub async fn add_vehicle(api: &mut ApiClient, token: &str, number: usize) -> anyhow::Result<String> {
    let body = json!({ "number": number });
    let vehicle = api.post(token, "/api/v1/users/vehicles", &body).await?;
    Ok(text(&vehicle, "id")?.to_owned())
}

/// Creates a request and publishes it.
///
/// # Errors
/// When the server refuses either.
pub async fn publish(api: &mut ApiClient, token: &str, vehicle: &str, spec: &RequestSpec) -> anyhow::Result<Published> {
    let items: Vec<Value> =
        spec.parts.iter().map(|part| json!({ "part_name": part.name, "quantity": part.quantity })).collect();
    let body = json!({
        "vehicle_id": vehicle,
        "title": spec.title,
        "description": spec.description,
        "items": items,
        "bidding_duration_s": spec.bidding_secs,
        "urgency_level": if spec.urgent { "high" } else { "normal" },
        "rules": { "visibility": spec.visibility },
    });
    let draft = api.post(token, "/api/v1/orders/requests", &body).await?;
    let request = text(&draft, "id")?.to_owned();
    api.post(token, &format!("/api/v1/orders/requests/{request}/publish"), &json!({})).await?;
    let items = draft.get("items").and_then(Value::as_array).context("a request has \"items\"")?;
    let items = items.iter().map(|item| text(item, "id").map(str::to_owned)).collect::<anyhow::Result<_>>()?;
    Ok(Published { request, items })
}
