//! The people and requests of demo and load.
//!
//! Accounts are written to the database, because nobody can answer a thousand telephones for their one-time codes;
//! vehicles and requests go through the public API like everybody's.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::Ipv4Addr;

use anyhow::Context as _;
use argon2::Argon2;
use argon2::PasswordHasher as _;
use serde_json::Value;
use serde_json::json;

use crate::cli::api_client::ApiClient;
use crate::cli::api_client::text;
use crate::clock::Clock;
use crate::config::Auth;
use crate::config::Config;
use crate::domain::ids::OrderId;
use crate::domain::ids::RequestId;
use crate::domain::ids::ReviewId;
use crate::domain::ids::UserId;
use crate::domain::review::Stars;
use crate::domain::time::UnixMicros;
use crate::domain::user::Phone;
use crate::domain::user::UserKind;
use crate::drivers::bus::Bus;
use crate::flows::keys::Keys;
use crate::flows::revoke::Revoker;
use crate::flows::sign_in::Visitor;
use crate::flows::tokens::Tokens;
use crate::mint::IdMint;
use crate::persistence::Db;
use crate::persistence::StoreOptions;
use crate::persistence::journal;
use crate::persistence::reviews;
use crate::persistence::users;
use crate::persistence::users::NewAccount;
use crate::wire::value::Timestamp;

/// The password of every seeded account. These are no people: a server that holds them is a demonstration.
pub const PASSWORD: &str = "mazad-demo-2026";
/// How long seeded tokens live, in minutes: a demonstration outlasts the usual quarter of an hour.
const TOKEN_MINUTES: u32 = 1_440;
/// The node in the ids of what is seeded, apart from the server's own.
const NODE: u16 = 1_022;
/// Telephone numbers set aside for customers of load tests.
const CUSTOMERS: usize = 9_000_000;

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

/// Somebody to find or to create.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What for.
    pub kind: UserKind,
    /// The name, or a merchant's business name.
    pub name: &'a str,
    /// The telephone number, which tells whether it is there already.
    pub phone: &'a str,
    /// For merchants: the mean of the rated orders in thousandths of a star, and their number.
    pub rated: (i64, i64),
}

/// The door to a server's database and key, on the server's own machine.
pub struct Market {
    db: Db,
    tokens: Tokens,
    ids: IdMint,
    clock: Clock,
    password_hash: String,
    next_customer: Cell<usize>,
}

impl Market {
    /// Opens what this configuration names.
    ///
    /// # Errors
    /// When the database or the key cannot be used.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let clock = Clock::System;
        let options = StoreOptions { url: config.database.url.clone(), readers: 1 };
        let db = Db::open(&options).await.context("the server's database cannot be opened")?;
        let auth = Auth { access_minutes: TOKEN_MINUTES, ..config.auth.clone() };
        let revoker = Revoker::open(db.clone(), clock.clone(), Vec::new(), None, Bus::alone()).await?;
        let keys = Keys::open(&auth, config.environment).context("the server's key cannot be used")?;
        let ids = IdMint::new(clock.clone(), NODE);
        let tokens = Tokens::new(&auth, keys, db.clone(), clock.clone(), revoker, ids, None);
        let hash = Argon2::default().hash_password(PASSWORD.as_bytes());
        let password_hash = hash.map_err(|error| anyhow::anyhow!("cannot hash a password: {error}"))?.to_string();
        // Ten a second: another run has another first customer.
        let next_customer = Cell::new(usize::try_from(clock.now().0 / 100_000)? % CUSTOMERS);
        Ok(Self { db, tokens, ids: IdMint::new(clock.clone(), NODE), clock, password_hash, next_customer })
    }

    /// Finds the account with this telephone number or creates it, proven and verified, and signs it in.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enlist(&self, wanted: Wanted<'_>) -> anyhow::Result<Person> {
        let phone = Phone::parse(wanted.phone).map_err(|_| anyhow::anyhow!("{} is no number", wanted.phone))?;
        let user = match users::find_account_of_phone(&self.db, &phone).await? {
            Some(account) => account.id,
            None => self.create(&wanted, &phone).await?,
        };
        let account = users::find_account(&self.db, user).await?.context("the account is gone")?;
        let visitor =
            Visitor { address: Ipv4Addr::LOCALHOST.into(), device: Some("mazad demo or load".to_owned()), work: None };
        let begun = self.tokens.begin(&account, &visitor).await?;
        let token = begun.with_context(|| format!("{} is suspended", wanted.phone))?.access;
        Ok(Person { user, name: wanted.name.to_owned(), phone: phone.to_string(), token })
    }

    async fn create(&self, wanted: &Wanted<'_>, phone: &Phone) -> anyhow::Result<UserId> {
        let (id, at) = (UserId(self.ids.next()), self.clock.now());
        let account = NewAccount {
            id,
            kind: wanted.kind,
            name: wanted.name.to_owned(),
            phone: phone.clone(),
            email: None,
            password_hash: self.password_hash.clone(),
            locale: "ar",
            at,
        };
        users::insert_account(&self.db, &account).await?;
        users::mark_phone_verified(&self.db, id, at).await?;
        if wanted.kind == UserKind::Merchant {
            // Verified by itself: a market without admins has nobody else.
            users::mark_merchant_verified(&self.db, id, id, at).await?;
            let (mean, orders) = wanted.rated;
            let past = stars_of(mean, orders).map(|stars| {
                let (review, order) = (ReviewId(self.ids.next()), OrderId(self.ids.next()));
                (review, order, stars)
            });
            reviews::insert_past(&self.db, id, &past.collect::<Vec<_>>(), at).await?;
        }
        Ok(id)
    }

    /// So many verified merchants without a name of their own; the same ones at every call.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn merchants(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        self.crowd(UserKind::Merchant, "Load merchant", 590_000_000, count).await
    }

    /// So many customers, others at every call: each may have only so many open requests.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn customers(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        let first = self.next_customer.get();
        self.next_customer.set((first + count) % CUSTOMERS);
        self.crowd(UserKind::Customer, "Load customer", 580_000_000 + first, count).await
    }

    /// Landed totals by place in the journal of `request`, read from the database with the hash chain checked.
    ///
    /// # Errors
    /// When the database refuses, or the chain is broken.
    pub async fn read_journal(&self, request: &str) -> anyhow::Result<HashMap<i64, i64>> {
        let request: RequestId = request.parse().map_err(|_| anyhow::anyhow!("{request} is no request"))?;
        let entries = journal::load(&self.db, request, 0).await?;
        Ok(entries.iter().filter_map(|entry| Some((entry.seq, entry.event.content()?.landed.0))).collect())
    }

    async fn crowd(&self, kind: UserKind, name: &str, first: usize, count: usize) -> anyhow::Result<Vec<Person>> {
        let mut people = Vec::with_capacity(count);
        for number in 0..count {
            let (name, phone) = (format!("{name} {number}"), format!("0{}", first + number));
            people.push(self.enlist(Wanted { kind, name: &name, phone: &phone, rated: (0, 0) }).await?);
        }
        Ok(people)
    }
}

/// Whole stars of so many orders whose mean is this, in thousandths of a star, as nearly as whole stars allow.
fn stars_of(mean_milli: i64, orders: i64) -> impl Iterator<Item = Stars> {
    let sum = (mean_milli * orders + 500) / 1_000;
    (0..orders).filter_map(move |at| Stars::new((sum * (at + 1) / orders) - (sum * at / orders)))
}

// ------------------------------------------------------------------ through the public API

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
    /// From when on; `None` at once.
    pub opens_at: Option<UnixMicros>,
    /// Window and extension of the soft close, in seconds; `None` as the rules have it.
    pub soft_close_secs: Option<u32>,
    /// Who sees what, as on the wire.
    pub visibility: &'static str,
    /// Whether it is urgent.
    pub urgent: bool,
    /// A file of the customer's that it shows.
    pub photo: Option<String>,
}

/// A published request.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its id.
    pub request: String,
    /// The ids of its items, in the order of the parts.
    pub items: Vec<String>,
}

/// Adds a vehicle of this brand and model, by their English names, and returns its id.
///
/// # Errors
/// When the catalogue does not know them or the server refuses.
pub async fn add_vehicle(
    api: &mut ApiClient,
    token: &str,
    brand: &str,
    model: &str,
    year: i64,
) -> anyhow::Result<String> {
    let brands = api.get(token, &format!("/api/v1/catalog/brands?q={brand}")).await?;
    let brand_id = id_of(&brands, brand)?;
    let models = api.get(token, &format!("/api/v1/catalog/brands/{brand_id}/models")).await?;
    let body = json!({ "brand_id": brand_id, "model_id": id_of(&models, model)?, "year": year });
    let vehicle = api.post(token, "/api/v1/users/vehicles", &body).await?;
    Ok(text(&vehicle, "id")?.to_owned())
}

fn id_of(list: &Value, name: &str) -> anyhow::Result<i64> {
    let entries = list.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = entries.iter().find(|entry| entry.get("name_en").and_then(Value::as_str) == Some(name));
    named.and_then(|entry| entry.get("id")?.as_i64()).with_context(|| format!("the catalogue has no {name}"))
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
        "opens_at": spec.opens_at.map(Timestamp),
        "images": spec.photo.as_slice(),
        "urgency_level": if spec.urgent { "urgent" } else { "normal" },
        "rules": { "visibility": spec.visibility, "soft_close_s": spec.soft_close_secs },
    });
    let draft = api.post(token, "/api/v1/orders/requests", &body).await?;
    let request = text(&draft, "id")?.to_owned();
    api.post(token, &format!("/api/v1/orders/requests/{request}/publish"), &json!({})).await?;
    let items = draft.get("items").and_then(Value::as_array).context("a request has \"items\"")?;
    let items = items.iter().map(|item| text(item, "id").map(str::to_owned)).collect::<anyhow::Result<_>>()?;
    Ok(Published { request, items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_has_its_mean() {
        for (mean, orders) in [(4_700, 210), (4_000, 12), (3_600, 58), (5_000, 1), (0, 0)] {
            let stars: Vec<i64> = stars_of(mean, orders).map(Stars::milli).collect();
            assert_eq!(i64::try_from(stars.len()).unwrap(), orders, "{mean}");
            let sum: i64 = stars.iter().sum();
            assert!((sum - mean * orders).abs() <= 500, "{mean} × {orders}: {sum}");
        }
    }

    #[test]
    fn the_catalogue_is_searched_by_english_name() {
        let list = json!({ "data": [{ "id": 1, "name_en": "Toyota", "name": "تويوتا" }] });
        assert_eq!(id_of(&list, "Toyota").unwrap(), 1);
        assert!(id_of(&list, "Lada").is_err());
    }
}
