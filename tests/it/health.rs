//! Readiness and liveness, by what goes wrong: each fault is named, costs the right one of the two, and heals by itself.

use std::time::Duration;
use std::time::Instant;

use mazad::config::FilesDriver;
use mazad::config::SmsDriver;
use mazad::domain::time::Span;
use sqlx::Connection as _;
use sqlx::SqliteConnection;

use crate::support::app::Answer;
use crate::support::app::TestApp;
use crate::support::open_request::Open;
use crate::support::store::file_url;

const READY: &str = "/health/ready";
const LIVE: &str = "/health/live";
/// Longer than any of the times after which something counts as wrong; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

fn failing(answer: &Answer) -> Vec<String> {
    let words = answer.body["failing"].as_array().cloned().unwrap_or_default();
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// Asks until the answer has this status and names this; an empty word names nothing.
async fn until(app: &TestApp, path: &str, status: u16, word: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = app.get(None, path).await;
        let named = failing(&answer);
        if answer.status == status && (word.is_empty() || named.iter().any(|name| name.starts_with(word))) {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} is not {status} {word:?}: {answer:?}");
        tokio::task::yield_now().await;
    }
}

async fn is_well(app: &TestApp) {
    until(app, READY, 200, "").await;
    until(app, LIVE, 200, "").await;
}

#[actix_web::test]
async fn a_healthy_server_says_so_whatever_the_clock_and_the_neighbours_do() {
    // Nobody listens at these addresses: codes cannot be sent, files not be stored.
    let app = TestApp::configured(|config| {
        config.sms.driver = SmsDriver::Unifonic;
        config.sms.api_key = "key".to_owned().into();
        config.sms.endpoint = "http://127.0.0.1:9".to_owned();
        config.files.driver = FilesDriver::S3;
        config.files.endpoint = "http://127.0.0.1:9".to_owned();
    })
    .await;
    is_well(&app).await;
    // The age of a commit is not measured by a clock that somebody sets.
    for step in [Span::secs(3_600), Span::secs(-7_200)] {
        app.clock.advance(step);
        let answer = app.get(None, READY).await.expect(200);
        assert!(answer["last_commit_age_ms"].as_u64().unwrap() <= 2_000, "{answer}");
    }
    is_well(&app).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_server_that_goes_down_takes_no_bids_and_answers_everything_else() {
    let app = TestApp::start().await;
    let (owner, merchant) = (app.person("0501111111", "customer").await, app.merchant("0502222222").await);
    let open = Open::publish(&app, &owner, serde_json::json!({})).await;
    assert_eq!(open.bid(&app, &merchant, "k1", "500.00", serde_json::json!({})).await.status, 201);
    app.running.app.admission.stop();
    let answer = app.get(None, READY).await;
    assert_eq!((answer.status, answer.problem(), failing(&answer)), (503, "not_ready", vec!["stopping".to_owned()]));
    let refused = open.bid(&app, &merchant, "k2", "400.00", serde_json::json!({})).await;
    assert_eq!(
        (refused.status, refused.problem(), &refused.headers["retry-after"]),
        (503, "stopping", &"1".parse().unwrap())
    );
    assert_eq!(app.get(None, LIVE).await.status, 200, "a restart is no remedy for a restart");
    let board = app.get(Some(&owner.token), &format!("/api/v1/bidding/requests/{}/bids", open.id)).await.expect(200);
    assert_eq!(board["data"].as_array().unwrap().len(), 1, "{board}");
    app.stop().await;
}

#[actix_web::test]
async fn a_database_that_is_locked_ends_readiness_until_it_is_free() {
    // A file; a server locks rows.
    let dir = tempfile::tempdir().unwrap();
    let url = file_url(dir.path());
    let app = TestApp::configured(|config| config.database.url.clone_from(&url)).await;
    is_well(&app).await;
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    until(&app, READY, 503, "writing").await;
    assert_eq!(app.get(None, LIVE).await.status, 200);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    is_well(&app).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_database_that_is_gone_is_named_and_is_no_reason_for_a_restart() {
    let app = TestApp::start().await;
    is_well(&app).await;
    app.running.app.db.close().await;
    let answer = until(&app, READY, 503, "database").await;
    assert_eq!(answer.problem(), "not_ready");
    until(&app, READY, 503, "commit").await;
    assert_eq!(app.get(None, LIVE).await.status, 200);
    app.stop().await;
}

#[actix_web::test]
async fn a_schema_that_lacks_a_step_is_not_ready_and_one_that_has_more_is() {
    let app = TestApp::start().await;
    is_well(&app).await;
    app.tamper("INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1").await;
    is_well(&app).await;
    app.tamper("DELETE FROM _sqlx_migrations WHERE version > 3").await;
    let answer = until(&app, READY, 503, "schema").await;
    assert_eq!(failing(&answer), ["schema"]);
    assert_eq!(app.get(None, LIVE).await.status, 200);
    app.stop().await;
}

#[actix_web::test]
async fn a_thread_that_blocks_is_named_and_only_that_one() {
    let app = TestApp::start().await;
    is_well(&app).await;
    let mut kinds = Vec::new();
    for (number, arbiter) in app.running.arbiters.iter().enumerate() {
        let (release, blocked) = std::sync::mpsc::sync_channel::<()>(0);
        // As a library that waits, or a lock that is never given back.
        assert!(arbiter.spawn_fn(move || {
            let _ = blocked.recv();
        }));
        let answer = until(&app, LIVE, 503, "").await;
        let named = failing(&answer);
        let [name] = named.as_slice() else { panic!("{named:?}") };
        assert!(name.ends_with(&format!(" {number}")), "{name} is not thread {number}");
        kinds.push(name.split(' ').next().unwrap().to_owned());
        until(&app, READY, 503, "threads").await;
        drop(release);
        is_well(&app).await;
    }
    kinds.dedup();
    assert_eq!(kinds, ["control", "notices", "rooms", "journal", "auctions", "rollups"]);
    app.stop().await;
}
