//! What operations look at: every metric that a dashboard, an alarm or a page names is told by a server, and is in its docs.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use mazad::domain::time::Span;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::open_request::Open;

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_ours = |word: &&str| word.starts_with("mazad_") || word.starts_with("process_");
    words.filter(is_ours).map(str::to_owned).collect()
}

/// The names under which Prometheus finds what the types of an exposition announce.
fn told(metrics: &str) -> BTreeSet<String> {
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| match kind {
            "counter" => vec![format!("{name}_total")],
            "histogram" => ["bucket", "sum", "count"].iter().map(|part| format!("{name}_{part}")).collect(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

/// What a server tells of others and of Redis where it has any; `redis::processes` looks whether it does.
const OF_SEVERAL: [&str; 6] = [
    "mazad_auctions_followed",
    "mazad_auctions_taken_over_total",
    "mazad_cluster_servers",
    "mazad_commands_handed_on_total",
    "mazad_redis_unanswered_total",
    "mazad_redis_up",
];

/// What the dashboard and the alarms name and these metrics do not tell.
pub(crate) fn missing(metrics: &str) -> Vec<String> {
    let told = told(metrics);
    let named = ["deploy/grafana/mazad.json", "deploy/prometheus/alerts.yml"].map(|path| named(&file(path)));
    named.iter().flatten().filter(|name| !told.contains(*name)).cloned().collect()
}

#[actix_web::test]
async fn every_metric_that_is_looked_at_is_there() {
    let app = TestApp::start().await;
    let (owner, merchant) = (app.person("0501111111", "customer").await, app.merchant("0502222222").await);
    let open = Open::publish(&app, &owner, json!({})).await;
    assert_eq!(open.bid(&app, &merchant, "k1", "500.00", json!({})).await.status, 201);
    assert_eq!(open.bid(&app, &merchant, "k2", "400.00", json!({})).await.problem(), "already_bidding");
    let metrics = app.get(None, "/metrics").await.expect(200).as_str().unwrap().to_owned();
    let missing: Vec<_> = missing(&metrics).into_iter().filter(|name| !OF_SEVERAL.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} is looked at, and no server tells it");
    let line = |text: &str| metrics.lines().any(|line| line == text);
    assert!(
        line("mazad_bids_total{outcome=\"accepted\"} 1") && line("mazad_bids_total{outcome=\"already_bidding\"} 1"),
        "{metrics}"
    );
    assert!(line("mazad_ready 1") && line("mazad_queue_bound{queue=\"commands\"} 8192"), "{metrics}");
    let high = "mazad_queue_high_water{queue=\"commands\"} ";
    assert!(metrics.lines().any(|line| line.strip_prefix(high).is_some_and(|most| most != "0")), "{metrics}");
    app.stop().await;
}

#[actix_web::test]
async fn it_is_told_when_people_were_last_told_anything() {
    let app = TestApp::start().await;
    let age = async || {
        let metrics = app.get(None, "/metrics").await.expect(200).as_str().unwrap().to_owned();
        let line = metrics.lines().find_map(|line| line.strip_prefix("mazad_notices_told_age_seconds ")).unwrap();
        line.parse::<i64>().unwrap()
    };
    app.clock.advance(Span::secs(7_200));
    let told = async || while age().await >= 3_600 {};
    tokio::time::timeout(Duration::from_secs(20), told()).await.expect("a round of the teller");
    app.stop().await;
}

#[test]
fn every_alarm_has_its_paragraph() {
    let manual = file("docs/operations.md");
    let alarms: Vec<_> = file("deploy/prometheus/alerts.yml")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: ").map(str::to_owned))
        .collect();
    assert!(alarms.len() >= 15);
    for alarm in alarms {
        assert!(manual.contains(&format!("**{alarm}**")), "docs/operations.md does not say what {alarm} means");
    }
}
