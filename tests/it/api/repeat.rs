//! Idempotency keys: a call that is repeated takes effect once, whatever broke between.

use std::time::Duration;

use mazad::cli::market::Market;
use mazad::clock::Clock;
use mazad::config::Config;
use mazad::domain::time::Span;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::START;
use crate::support::app::TestApp;
use crate::support::server::Server;
use crate::support::store::database_url;

const VEHICLES: &str = "/api/v1/users/vehicles";
const REQUESTS: &str = "/api/v1/orders/requests";

fn camry() -> Value {
    json!({"brand_id": 1, "model_id": 101, "year": 2019})
}

fn draft(vehicle: &Value) -> Value {
    json!({"vehicle_id": vehicle, "title": "Bumper", "items": [{"part_name": "Bumper", "quantity": 1}],
        "bidding_duration_s": 3_600})
}

async fn post(app: &TestApp, who: &Person, path: &str, key: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, Some(&who.token), path).header("idempotency-key", key);
    app.send(request.json(body)).await
}

fn replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

/// Makes it look as if the server had died after the effect and before the answer was kept.
async fn lose_the_answer(app: &TestApp) {
    app.tamper("UPDATE idempotency_keys SET status = NULL, reply = NULL").await;
}

async fn count(app: &TestApp, who: &Person, path: &str) -> usize {
    app.get(Some(&who.token), path).await.expect(200)["data"].as_array().unwrap().len()
}

#[actix_web::test]
async fn a_repeated_call_gets_the_first_answer_to_the_byte() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let other = app.person("0502222222", "customer").await;
    let raw = async |key: &str, language: &str| {
        let request = app.request(Method::POST, Some(&owner.token), VEHICLES).header("idempotency-key", key);
        let answer = request.header("accept-language", language).json(&camry()).send().await.unwrap();
        assert_eq!(
            (answer.status(), answer.headers()["content-type"].to_str().unwrap()),
            (201_u16.try_into().unwrap(), "application/json")
        );
        answer.bytes().await.unwrap()
    };
    let first = raw("k1", "ar").await;
    assert_eq!(raw("k1", "en").await, first, "to the byte, whatever the language");
    assert_ne!(raw("k2", "ar").await, first);
    assert_eq!(count(&app, &owner, VEHICLES).await, 2);
    let again = post(&app, &owner, VEHICLES, "k1", &camry()).await;
    assert!(replayed(&again) && again.status == 201, "{again:?}");

    let mut changed = camry();
    changed["year"] = json!(2020);
    let reused = post(&app, &owner, VEHICLES, "k1", &changed).await;
    assert_eq!((reused.status, reused.problem()), (422, "key_reused"));
    // Another account's key of the same name, and another route's.
    assert!(!replayed(&post(&app, &other, VEHICLES, "k1", &camry()).await));
    let vehicle = serde_json::from_slice::<Value>(&first).unwrap()["id"].clone();
    let made = post(&app, &owner, REQUESTS, "k1", &draft(&vehicle)).await;
    assert!(!replayed(&made) && made.status == 201, "{made:?}");
    let repeated = post(&app, &owner, REQUESTS, "k1", &draft(&vehicle)).await;
    assert_eq!((repeated.body["id"].clone(), count(&app, &owner, REQUESTS).await), (made.body["id"].clone(), 1));

    assert_eq!(post(&app, &owner, VEHICLES, "not visible", &camry()).await.problem(), "idempotency_key_invalid");
    app.stop().await;
}

#[actix_web::test]
async fn a_refusal_is_not_kept_and_an_order_is_carried_out_once() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let mut wrong = camry();
    wrong["year"] = json!(1900);
    assert_eq!(post(&app, &owner, VEHICLES, "k", &wrong).await.fields(), ["year"]);
    let vehicle = post(&app, &owner, VEHICLES, "k", &camry()).await.expect(201)["id"].clone();
    let made = post(&app, &owner, REQUESTS, "k", &draft(&vehicle)).await.expect(201);
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    let (publish, extend) = (format!("{path}/publish"), format!("{path}/extend"));
    let body = json!({"extend_by_s": 60});
    assert_eq!(post(&app, &owner, &extend, "e", &body).await.status, 404, "not an auction yet");
    let published = post(&app, &owner, &publish, "p", &json!({})).await.expect(200);
    assert_eq!(post(&app, &owner, &publish, "p", &json!({})).await.expect(200), published);
    assert_eq!(post(&app, &owner, &publish, "p2", &json!({})).await.status, 409);
    let extended = post(&app, &owner, &extend, "e", &body).await.expect(200);
    for _ in 0..5 {
        assert_eq!(post(&app, &owner, &extend, "e", &body).await.expect(200), extended);
    }
    // One key for two requests is a mistake, not a replay.
    let second = post(&app, &owner, REQUESTS, "k2", &draft(&vehicle)).await.expect(201);
    let other = format!("{REQUESTS}/{}/publish", second["id"].as_str().unwrap());
    assert_eq!(post(&app, &owner, &other, "p", &json!({})).await.problem(), "key_reused");
    app.stop().await;
}

#[actix_web::test]
async fn keys_count_where_rates_are_not_limited() {
    let app = TestApp::start_with(Clock::manual(START), |config| config.limits.enabled = false).await;
    let owner = app.person("0501111111", "customer").await;
    for is_again in [false, true] {
        let answer = post(&app, &owner, VEHICLES, "k", &camry()).await;
        assert_eq!((answer.status, replayed(&answer)), (201, is_again));
        assert!(!answer.headers.contains_key("ratelimit"));
    }
    app.stop().await;
}

#[actix_web::test]
async fn many_at_once_make_one() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let body = camry();
    let answers = futures_util::future::join_all((0..40).map(|_| post(&app, &owner, VEHICLES, "k", &body))).await;
    for answer in &answers {
        assert!(answer.status == 201 || answer.problem() == "key_in_progress", "{answer:?}");
        assert!(answer.status == 201 || answer.headers["retry-after"] == "1");
    }
    assert_eq!(answers.iter().filter(|answer| answer.status == 201 && !replayed(answer)).count(), 1);
    assert_eq!(count(&app, &owner, VEHICLES).await, 1);
    app.stop().await;
}

#[actix_web::test]
async fn an_answer_that_was_lost_doubles_no_effect() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    let vehicle = post(&app, &owner, VEHICLES, "v", &camry()).await.expect(201)["id"].clone();
    let made = post(&app, &owner, REQUESTS, "r", &draft(&vehicle)).await.expect(201);
    let path = format!("{REQUESTS}/{}", made["id"].as_str().unwrap());
    let (publish, extend) = (format!("{path}/publish"), format!("{path}/extend"));
    let body = json!({"extend_by_s": 60});
    let published = post(&app, &owner, &publish, "p", &json!({})).await.expect(200);
    let extended = post(&app, &owner, &extend, "e", &body).await.expect(200);
    lose_the_answer(&app).await;
    for (path, key, body) in [(&publish, "p", json!({})), (&extend, "e", body.clone())] {
        assert_eq!(post(&app, &owner, path, key, &body).await.problem(), "key_in_progress", "the lease");
    }
    app.clock.advance(Span::secs(11));
    // Publishing knows its own effect again; moving a deadline does not, and is not done twice.
    let again = post(&app, &owner, &publish, "p", &json!({})).await.expect(200);
    assert_eq!(
        (&again["seq"], &again["hash"], &again["at"]),
        (&published["seq"], &published["hash"], &published["at"])
    );
    for _ in 0..2 {
        let answer = post(&app, &owner, &extend, "e", &body).await;
        assert_eq!((answer.status, answer.problem()), (409, "key_outcome_unknown"));
    }
    assert_eq!(app.get(Some(&owner.token), &path).await.expect(200)["closes_at"], extended["closes_at"]);
    app.stop().await;
}

#[actix_web::test]
async fn who_hangs_up_is_told_later_what_became_of_it() {
    let app = TestApp::start().await;
    let owner = app.person("0501111111", "customer").await;
    for number in 0..20 {
        let key = format!("k{number}");
        let request = app.request(Method::POST, Some(&owner.token), VEHICLES).header("idempotency-key", &key);
        // Some are cut before they are read, some while they run, some after they were answered.
        let _ = request.timeout(Duration::from_micros(300 * number)).json(&camry()).send().await;
    }
    for number in 0..20 {
        let key = format!("k{number}");
        let mut answer = post(&app, &owner, VEHICLES, &key, &camry()).await;
        while answer.status == 409 {
            assert_eq!(answer.problem(), "key_in_progress");
            answer = post(&app, &owner, VEHICLES, &key, &camry()).await;
        }
        assert_eq!(answer.status, 201);
    }
    assert_eq!(count(&app, &owner, &format!("{VEHICLES}?limit=100")).await, 20);
    app.stop().await;
}

/// Sends until there is an answer that says what became of it, through restarts.
async fn settle(client: &reqwest::Client, url: &str, token: &str, key: &str, body: &Value) -> Option<Value> {
    let request = client.post(url).bearer_auth(token).header("idempotency-key", key).json(body);
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.ok()?;
    assert!(status < 300 || body["code"] == "key_in_progress", "{status} {body}");
    (status < 300).then_some(body)
}

#[actix_web::test]
async fn killed_between_effect_and_answer_nothing_is_doubled_or_lost() {
    const CYCLES: usize = 6;
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::load(None).unwrap();
    config.database.url = database_url(dir.path());
    config.auth.key_dir = dir.path().to_owned();
    let mut server = Server::start(dir.path(), &[]);
    let owner = Market::open(&config).await.unwrap().customers(1).await.unwrap().remove(0);
    let client = reqwest::Client::new();
    let vehicle = settle(&client, &format!("{}{VEHICLES}", server.url), &owner.token, "car", &camry()).await.unwrap();
    let body = draft(&vehicle["id"]);
    let mut acknowledged = std::collections::HashMap::new();
    let mut open: Vec<String> = Vec::new();
    for cycle in 0..CYCLES {
        let url = format!("{}{REQUESTS}", server.url);
        let keys: Vec<String> = (0..25).map(|number| format!("{cycle}-{number}")).collect();
        let sending =
            futures_util::future::join_all(keys.iter().map(|key| settle(&client, &url, &owner.token, key, &body)));
        // Killed in the midst of them: sooner in each cycle.
        let killing = async {
            tokio::time::sleep(Duration::from_millis(5 * (CYCLES - cycle) as u64)).await;
            server.kill();
        };
        let (answers, ()) = futures_util::future::join(sending, killing).await;
        for (key, answer) in keys.into_iter().zip(answers) {
            match answer {
                Some(answer) => drop(acknowledged.insert(key, answer["id"].clone())),
                None => open.push(key),
            }
        }
        server = Server::start(dir.path(), &[]);
    }
    assert!(!open.is_empty(), "every kill came too late to test anything");
    let url = format!("{}{REQUESTS}", server.url);
    for key in open {
        let mut patience = 600;
        let answer = loop {
            if let Some(answer) = settle(&client, &url, &owner.token, &key, &body).await {
                break answer;
            }
            patience -= 1;
            assert!(patience > 0, "{key} never settles");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        acknowledged.insert(key, answer["id"].clone());
    }
    // What was acknowledged before is acknowledged again, in the same words.
    for (key, id) in &acknowledged {
        assert_eq!(settle(&client, &url, &owner.token, key, &body).await.unwrap()["id"], *id, "{key}");
    }
    let mut listed = Vec::new();
    let mut page = format!("{url}?limit=100");
    loop {
        let list: Value = client.get(&page).bearer_auth(&owner.token).send().await.unwrap().json().await.unwrap();
        listed
            .extend(list["data"].as_array().unwrap().iter().map(|request| request["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = list["next_cursor"].as_str() else { break };
        page = format!("{url}?limit=100&cursor={cursor}");
    }
    assert_eq!(listed.len(), CYCLES * 25);
    assert_eq!(acknowledged.len(), CYCLES * 25);
    assert!(acknowledged.values().all(|id| listed.iter().any(|known| id == known)));
}
