//! How long answers take tells nothing of accounts.
//!
//! Of each way in, so many answers for somebody who has an account and as many for nobody are taken in turn, by the toss of a
//! coin. The measure is the chance that an answer of one kind takes longer than one of the other: one half where time tells
//! nothing. A few answers, which every run of the tests takes, find what is gross (a password that is not hashed); a thousand,
//! taken by hand on a quiet machine, find a millisecond:
//!
//! ```sh
//! MAZAD_TIMING_SAMPLES=1000 cargo test --test it timing:: -- --test-threads 1 --nocapture
//! ```
//!
//! `MAZAD_TIMING_FILE` names a file to which they are added and which is judged as a whole, for runs in pieces.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;
use std::time::Instant;

use mazad::domain::time::Span;
use mazad::domain::user::Phone;
use reqwest::Method;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;

use crate::support::app::PASSWORD;
use crate::support::app::TestApp;

/// How many answers of each kind are taken, and how far from one half the chance may be: by luck alone it is no further in all
/// but one of a hundred thousand runs with few, in all but one of ten thousand with a thousand.
const FEW: (usize, f64) = (40, 0.3);
const MANY: f64 = 0.05;
/// A phone that has an account; the pool turns, so that no phone's day is full.
const POOL: u32 = 10;

/// A coin that falls the same in every run.
struct Coin(u64);

impl Coin {
    fn toss(&mut self) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 63 == 1
    }
}

/// The chance that one of `some` is longer than one of `others`; equals count half.
fn chance(some: &[Duration], others: &[Duration]) -> f64 {
    let mut sorted = others.to_vec();
    sorted.sort();
    let halves: usize = some
        .iter()
        .map(|one| sorted.partition_point(|other| other < one) + sorted.partition_point(|other| other <= one))
        .sum();
    let (halves, pairs) = (u32::try_from(halves).unwrap(), u32::try_from(some.len() * others.len()).unwrap());
    f64::from(halves) / 2.0 / f64::from(pairs)
}

fn known(number: u32) -> String {
    format!("05011111{:02}", number % POOL)
}

fn unknown(number: u32) -> String {
    format!("0502{number:06}")
}

/// Somebody at each phone of the pool, and the visitor somewhere else.
async fn town() -> TestApp {
    let mut app = TestApp::start().await;
    for number in 0..POOL {
        app.person(&known(number), "customer").await;
    }
    app.move_to([127, 0, 0, 2]);
    app
}

fn post(app: &TestApp, path: &str, body: &Value) -> RequestBuilder {
    app.request(Method::POST, None, &format!("/api/v1/auth/{path}")).json(body)
}

/// Takes the answers and judges them. `ask` makes the call for somebody, or for nobody.
async fn compare(app: &TestApp, way: &str, status: u16, ask: impl Fn(bool, u32) -> RequestBuilder) {
    let samples = std::env::var("MAZAD_TIMING_SAMPLES").ok().map(|samples| samples.parse().unwrap());
    let (samples, bar) = samples.map_or(FEW, |samples| (samples, MANY));
    let (mut coin, mut taken, mut number) = (Coin(1), [Vec::new(), Vec::new()], 0);
    // The first few pay for connections and caches.
    let warm = 6;
    while taken.iter().any(|kind| kind.len() < samples) {
        number += 1;
        // A day later no limit counts what was before.
        app.clock.advance(Span::hours(25));
        let mut somebody = coin.toss();
        if taken[usize::from(somebody)].len() == samples {
            somebody = !somebody;
        }
        let request = ask(somebody, number);
        let began = Instant::now();
        let answer = app.send(request).await;
        let took = began.elapsed();
        assert_eq!(answer.status, status, "{way} {somebody}: {answer:?}");
        if number > warm {
            taken[usize::from(somebody)].push(took);
        }
    }
    if let Some(file) = std::env::var_os("MAZAD_TIMING_FILE") {
        taken = pool(&file, way, &taken);
    }
    let [nobody, somebody] = &taken;
    let chance = chance(somebody, nobody);
    println!("{way}: {chance:.3} of {} and {} answers", somebody.len(), nobody.len());
    assert!((chance - 0.5).abs() <= bar, "{way}: somebody's answer takes longer with a chance of {chance:.3}");
}

/// Adds what was taken to a file and reads all that it has of this way in.
fn pool(file: &std::ffi::OsStr, way: &str, taken: &[Vec<Duration>; 2]) -> [Vec<Duration>; 2] {
    let mut lines = String::new();
    for (kind, answers) in taken.iter().enumerate() {
        for took in answers {
            writeln!(lines, "{way} {kind} {}", took.as_micros()).unwrap();
        }
    }
    std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(lines.as_bytes()).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let mut all = [Vec::new(), Vec::new()];
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == way {
            all[words[1].parse::<usize>().unwrap()].push(Duration::from_micros(words[2].parse().unwrap()));
        }
    }
    all
}

#[actix_web::test]
async fn of_a_login() {
    let app = town().await;
    compare(&app, "login", 401, |somebody, number| {
        let phone = if somebody { known(number) } else { unknown(number) };
        post(&app, "login", &json!({"phone": phone, "password": "not this one"}))
    })
    .await;
    app.stop().await;
}

#[actix_web::test]
async fn of_a_forgotten_password() {
    let app = town().await;
    compare(&app, "forgot-password", 202, |somebody, number| {
        let phone = if somebody { known(number) } else { unknown(number) };
        post(&app, "forgot-password", &json!({"phone": phone}))
    })
    .await;
    let sms = app.running.app.sign_in.codes().sms();
    assert!(sms.last_to(&Phone::parse(&known(0)).unwrap()).unwrap().contains("code"), "somebody was written to");
    app.stop().await;
}

#[actix_web::test]
async fn of_a_registration() {
    let app = town().await;
    compare(&app, "register", 201, |somebody, number| {
        let phone = if somebody { known(number) } else { unknown(number) };
        post(&app, "register", &json!({"name": "Sara", "phone": phone, "password": PASSWORD, "type": "customer"}))
    })
    .await;
    app.stop().await;
}

#[actix_web::test]
async fn of_another_code() {
    let app = town().await;
    let mut waiting = Vec::new();
    app.clock.advance(Span::secs(61));
    // Who registers with a phone that has an account gets an id of nobody.
    for (number, phone) in (0..POOL).flat_map(|number| [(number, unknown(number)), (number, known(number))]) {
        let body = json!({"name": "Sara", "phone": phone, "password": PASSWORD, "type": "customer"});
        let answer = app.send(post(&app, "register", &body)).await.expect(201);
        waiting.push((number, phone == unknown(number), answer["user_id"].clone()));
    }
    compare(&app, "resend-otp", 200, |somebody, number| {
        let of = |(at, real, _): &&(u32, bool, Value)| *at == number % POOL && *real == somebody;
        let (_, _, user) = waiting.iter().find(of).unwrap();
        post(&app, "resend-otp", &json!({"user_id": user}))
    })
    .await;
    app.stop().await;
}

#[test]
fn a_difference_would_be_seen() {
    let even: Vec<Duration> = (0..100).map(Duration::from_millis).collect();
    let later: Vec<Duration> = even.iter().map(|took| *took + Duration::from_millis(10)).collect();
    assert!((chance(&even, &even) - 0.5).abs() < 1e-9);
    assert!(chance(&later, &even) > 0.55 && chance(&even, &later) < 0.45);
    assert!((chance(&[Duration::from_secs(1)], &even) - 1.0).abs() < 1e-9);
}
