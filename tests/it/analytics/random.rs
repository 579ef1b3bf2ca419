//! A market in which anything happens, counted at any moment by jobs that die at any moment: in the end every figure equals
//! its recount.

use std::time::Duration;

use mazad::domain::analytics::calendar::Day;
use mazad::domain::analytics::facts::Measures;
use mazad::domain::time::Span;
use mazad::flows::rollups::Pace;
use mazad::flows::rollups::Rollups;
use mazad::persistence::analytics::recount;
use mazad::persistence::analytics::sums;
use mazad::persistence::analytics::sums::Filter;
use mazad::persistence::privacy;
use serde_json::Value;
use serde_json::json;

use crate::analytics::assert_whole;
use crate::analytics::count;
use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::open_request::REQUESTS;
use crate::support::store::behind;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's MMIX constants; the upper bits are the better ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.roll(of.len())])
    }
}

struct World {
    app: TestApp,
    dice: Dice,
    customers: Vec<Person>,
    merchants: Vec<Person>,
    admin: Person,
    vehicles: Vec<String>,
    /// Id, item and customer.
    requests: Vec<(String, String, usize)>,
    keys: usize,
}

const PARTS: [&str; 4] = ["Front bumper", "صدام أمامي", "Lamp", "--"];
const CITIES: [&str; 3] = ["Riyadh", "جدة", "Nowhere"];

impl World {
    async fn open(seed: u64) -> Self {
        let app = TestApp::configured(|config| config.auth.access_minutes = 1_440).await;
        let (mut customers, mut merchants, mut vehicles) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..2 {
            let customer = app.person(&format!("05011111{number:02}"), "customer").await;
            let vehicle = json!({"brand_id": number + 1, "model_id": 101 + 100 * number, "year": 2019});
            let made = app.post(Some(&customer.token), "/api/v1/users/vehicles", &vehicle).await.expect(201);
            vehicles.push(made["id"].as_str().unwrap().to_owned());
            customers.push(customer);
        }
        for number in 0..4 {
            merchants.push(app.merchant(&format!("05033333{number:02}")).await);
        }
        let admin = app.admin("0505555555").await;
        Self { app, dice: Dice(seed), customers, merchants, admin, vehicles, requests: Vec::new(), keys: 0 }
    }

    async fn call(&mut self, method: &str, token: &str, path: &str, body: &Value) -> Answer {
        self.keys += 1;
        let call = self.app.request(method.parse().unwrap(), Some(token), path);
        let answer = self.app.send(call.header("idempotency-key", format!("k{}", self.keys)).json(body)).await;
        // Much of it is refused, as it must be; nothing breaks.
        assert!(answer.status < 500, "{method} {path} {body}: {answer:?}");
        answer
    }

    fn draft(&mut self, customer: usize) -> Value {
        let items: Vec<Value> = (0..=self.dice.roll(2))
            .map(|_| json!({"part_name": PARTS[self.dice.roll(PARTS.len())], "quantity": 1}))
            .collect();
        let mut body = json!({"vehicle_id": self.vehicles[customer], "title": "A", "items": items,
            "bidding_duration_s": 86_400, "rules": {"allow_early_close": true, "allow_partial": true}});
        if self.dice.roll(4) > 0 {
            body["city"] = json!(CITIES[self.dice.roll(CITIES.len())]);
        }
        body
    }

    async fn step(&mut self) {
        let request = self.dice.pick(&self.requests).cloned();
        let what = self.dice.roll(30);
        let enough = self.requests.len() > 5;
        let Some((id, item, owner)) = request.filter(|_| enough && what > 0) else {
            let owner = self.dice.roll(self.customers.len());
            let (token, body) = (self.customers[owner].token.clone(), self.draft(owner));
            let made = self.call("POST", &token, REQUESTS, &body).await.expect(201);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            self.requests.push((text(&made["id"]), text(&made["items"][0]["id"]), owner));
            return;
        };
        let token = self.customers[owner].token.clone();
        let path = format!("{REQUESTS}/{id}");
        match what {
            1 => {
                let body = self.draft(owner);
                let answer = self.call("PUT", &token, &path, &body).await;
                if answer.status == 200 {
                    let item = answer.body["items"][0]["id"].as_str().unwrap().to_owned();
                    self.requests.retain(|(other, ..)| *other != id);
                    self.requests.push((id, item, owner));
                }
            }
            2 if self.dice.roll(3) == 0 => {
                if self.call("DELETE", &token, &path, &json!({})).await.status == 204 {
                    self.requests.retain(|(other, ..)| *other != id);
                }
            }
            3..=5 => drop(self.call("POST", &token, &format!("{path}/publish"), &json!({})).await),
            6 | 7 => drop(self.call("POST", &token, &format!("{path}/close"), &json!({})).await),
            8 if self.dice.roll(6) == 0 => {
                drop(self.call("POST", &token, &format!("{path}/cancel"), &json!({"reason": "sold"})).await);
            }
            9..=15 => self.bid(&id, &item).await,
            16 => self.withdraw().await,
            17..=19 => self.accept(&token).await,
            20..=27 => self.order().await,
            _ => self.app.clock.advance(Span::secs(i64::try_from(self.dice.roll(600)).unwrap())),
        }
    }

    async fn bid(&mut self, id: &str, item: &str) {
        let merchant = self.dice.roll(self.merchants.len());
        let token = self.merchants[merchant].token.clone();
        let price = format!("{}.{:02}", 100 + self.dice.roll(400), self.dice.roll(100));
        let body = json!({"items": [{"request_item_id": item, "quantity": 1, "unit_price": price}],
            "delivery_hours": 24, "warranty_days": 30, "payment_terms": "cash", "confirmed": true});
        let path = format!("/api/v1/bidding/requests/{id}/bids");
        let answer = self.call("POST", &token, &path, &body).await;
        if let Some(bid) = answer.body["bid_id"].as_str().filter(|_| answer.status == 409) {
            self.call("PUT", &token, &format!("/api/v1/bidding/bids/{bid}"), &body).await;
        }
    }

    async fn withdraw(&mut self) {
        let merchant = self.dice.roll(self.merchants.len());
        let token = self.merchants[merchant].token.clone();
        let own = self.app.get(Some(&token), "/api/v1/bidding/bids?limit=100").await.expect(200);
        let own = own["data"].as_array().unwrap().clone();
        if let Some(bid) = self.dice.pick(&own) {
            let path = format!("/api/v1/bidding/bids/{}", bid["id"].as_str().unwrap());
            self.call("DELETE", &token, &path, &json!({"reason": "sold"})).await;
        }
    }

    async fn accept(&mut self, token: &str) {
        let closed = self.app.get(Some(token), &format!("{REQUESTS}?status=reviewing&limit=100")).await.expect(200);
        let closed = closed["data"].as_array().unwrap().clone();
        let Some(id) = self.dice.pick(&closed).map(|request| request["id"].as_str().unwrap().to_owned()) else {
            return;
        };
        let board =
            self.app.get(Some(token), &format!("/api/v1/bidding/requests/{id}/bids?limit=10")).await.expect(200);
        let rows = board["data"].as_array().unwrap().clone();
        let Some(bid) = self.dice.pick(&rows).map(|row| row["bid"].clone()) else { return };
        self.call("POST", token, &format!("{REQUESTS}/{id}/accept"), &json!({"bid_id": bid})).await;
    }

    /// Somebody does something with an order that there is: mostly what comes next.
    async fn order(&mut self) {
        let orders = self.app.get(Some(&self.admin.token), "/api/v1/orders?limit=100").await.expect(200);
        let orders = orders["data"].as_array().unwrap().clone();
        let Some(order) = self.dice.pick(&orders) else { return };
        let (id, status) = (order["id"].as_str().unwrap().to_owned(), order["status"].as_str().unwrap());
        let steps = ["decline", "cancel", "dispute", "resolve", "review"];
        let step = match (self.dice.roll(5), status) {
            (0, _) => steps[self.dice.roll(steps.len())],
            (_, "pending_confirmation") => "confirm",
            (_, "confirmed") => "prepare",
            (_, "preparing") => "ship",
            (_, "shipped") => "deliver",
            (1 | 2, _) => "review",
            _ => "complete",
        };
        let body = match step {
            "review" => json!({"stars": 1 + self.dice.roll(5)}),
            "decline" | "cancel" | "dispute" | "resolve" => json!({"reason": "because"}),
            _ => json!({}),
        };
        let everybody: Vec<String> =
            self.customers.iter().chain(&self.merchants).chain([&self.admin]).map(|who| who.token.clone()).collect();
        for token in everybody {
            self.call("POST", &token, &format!("/api/v1/orders/{id}/{step}"), &body).await;
        }
    }

    /// A job that is ended somewhere on its way, with whatever it has under way.
    async fn count_and_die(&mut self) {
        let mut job = Rollups::new(&self.app.running.app.db, self.app.clock.clone());
        let after = Duration::from_micros(u64::try_from(self.dice.roll(20_000)).unwrap());
        let _ = tokio::time::timeout(after, job.round(Pace::FULL)).await;
        // Whatever it has done by now is right, as far as it came.
        let found = recount::compare(&self.app.running.app.db).await.unwrap();
        assert_eq!(found.fault, None);
    }
}

async fn market(seed: u64) {
    let mut world = World::open(seed).await;
    for turn in 0..300 {
        world.step().await;
        if world.dice.roll(8) == 0 || turn == 200 {
            world.count_and_die().await;
        }
    }
    count(&world.app).await;
    let counted = assert_whole(&world.app).await;
    assert_eq!(counted, u64::try_from(world.requests.len()).unwrap());
    // It was a market: much of what can happen did.
    let sum = sum(&world.app).await;
    for (name, least, told) in [
        ("drafts", 1, sum.drafts),
        ("expired", 1, sum.expired),
        ("accepted", 2, sum.accepted),
        ("completed", 1, sum.completed),
        ("bids", 10, sum.bids),
        ("reviews", 1, sum.customer_reviews + sum.merchant_reviews),
    ] {
        assert!(told >= least, "{name}: {told} in {sum:?}");
    }
    let mut job = Rollups::new(&world.app.running.app.db, world.app.clock.clone());
    assert_eq!(job.round(Pace::FULL).await.unwrap(), 0, "what did not change is not counted again");
    world.app.stop().await;
}

async fn sum(app: &TestApp) -> Measures {
    let all = Filter { from: Day::FIRST, to: Day::LAST, part: String::new(), city: String::new(), brand: 0 };
    sums::sum(&app.running.app.db, &all).await.unwrap()
}

#[actix_web::test]
async fn every_figure_equals_its_recount() {
    market(1).await;
}

#[actix_web::test]
async fn and_so_it_does_in_another_market() {
    market(4_711).await;
}

/// Who is erased leaves the figures of others as they were, and no word of theirs in them.
#[actix_web::test]
async fn what_is_erased_leaves_the_figures() {
    let app = TestApp::start().await;
    let customer = app.person("0501111111", "customer").await;
    let own = json!({"city": "Secretville", "items": [{"part_name": "Bumper of Somebody", "quantity": 1}]});
    let open = Open::publish(&app, &customer, own).await;
    app.post(Some(&customer.token), &format!("{REQUESTS}/{}/cancel", open.id), &json!({"reason": "sold"}))
        .await
        .expect(200);
    let vehicle = json!({"brand_id": 1, "model_id": 101, "year": 2019});
    let vehicle = app.post(Some(&customer.token), "/api/v1/users/vehicles", &vehicle).await.expect(201)["id"].clone();
    let draft = json!({"vehicle_id": vehicle, "title": "A", "bidding_duration_s": 60, "items": [{"part_name": "Lamp", "quantity": 1}]});
    app.post(Some(&customer.token), REQUESTS, &draft).await.expect(201);
    count(&app).await;
    assert_eq!(assert_whole(&app).await, 2);
    let db = &app.running.app.db;
    let erased = privacy::erase(db, customer.id.parse().unwrap(), app.clock.now()).await.unwrap();
    assert!(erased.is_none());
    count(&app).await;
    assert_eq!(assert_whole(&app).await, 1);
    let sum = sum(&app).await;
    assert_eq!((sum.requests, sum.cancelled, sum.drafts), (1, 1, 0));
    let told = "SELECT (SELECT COUNT(*) FROM request_sums WHERE part_key <> '' OR city_key <> '') + (SELECT COUNT(*) FROM \
                part_sums) + (SELECT COUNT(*) FROM request_facts WHERE parts <> '' OR city_key IS NOT NULL)";
    let (rows,): (i64,) = behind!(db, pool => sqlx::query_as(told).fetch_one(pool).await.unwrap());
    assert_eq!(rows, 0, "a word of theirs is left");
    app.stop().await;
}
