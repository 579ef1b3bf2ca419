//! Traces, as a collector gets them: a stub decodes what arrives.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::web;
use actix_web::web::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::open_request::Open;

/// What a collector was sent.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<Bytes>>>);

impl Taken {
    fn spans(&self) -> Vec<Span> {
        let taken = self.0.lock().unwrap();
        let decoded = taken.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        decoded.flat_map(|body| body.resource_spans).flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect()
    }

    fn holds(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|body| body.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}

async fn take(taken: web::Data<Taken>, body: Bytes) -> HttpResponse {
    taken.0.lock().unwrap().push(body);
    HttpResponse::Ok().content_type("application/x-protobuf").finish()
}

/// A collector on a port of its own.
fn collector() -> (String, Taken) {
    let taken = Taken::default();
    let data = web::Data::new(taken.clone());
    let server = HttpServer::new(move || App::new().app_data(data.clone()).route("/v1/traces", web::post().to(take)));
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, taken)
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A bid that comes with this header, and the header that answers.
async fn bid(app: &TestApp, open: &Open, token: &str, key: &str, price: &str, traceparent: &str) -> String {
    let offer = json!({"items": [{"request_item_id": open.item, "quantity": 1, "unit_price": price}], "delivery_hours": 24,
        "warranty_days": 30, "payment_terms": "cash", "notes": "canary of the notes"});
    let path = format!("/api/v1/bidding/requests/{}/bids", open.id);
    let request =
        app.request(Method::POST, Some(token), &path).header("Idempotency-Key", key).header("traceparent", traceparent);
    let answer = app.send(request.json(&offer)).await;
    assert!([201, 409].contains(&answer.status), "{answer:?}");
    answer.headers["traceresponse"].to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_bid_is_a_request_a_command_and_a_commit_and_nothing_of_it_is_told() {
    let (url, taken) = collector();
    let app = TestApp::configured(|config| config.telemetry.otlp_endpoint = url).await;
    let (owner, merchant) = (app.person("0501111111", "customer").await, app.merchant("0502222222").await);
    let open = Open::publish(&app, &owner, json!({})).await;
    let told = bid(&app, &open, &merchant.token, "key-canary", "512.34", &format!("00-{TRACE}-{PARENT}-01")).await;
    // Not sampled by the caller: nobody is told.
    let other = TRACE.replace('0', "1");
    bid(&app, &open, &merchant.token, "key-canary-2", "511.00", &format!("00-{other}-{PARENT}-00")).await;
    assert_eq!(app.get(None, "/health/live").await.status, 200);
    app.stop().await;

    let spans = taken.spans();
    let of_bid: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let [request, command, commit] = ["POST /api/v1/bidding/requests/{id}/bids", "command", "commit"]
        .map(|name| *of_bid.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {of_bid:#?}")));
    assert_eq!(of_bid.len(), 3, "{of_bid:#?}");
    assert_eq!(
        (hex(&request.parent_span_id).as_str(), request.kind),
        (PARENT, 2),
        "a server's span in the caller's trace"
    );
    assert_eq!((&command.parent_span_id, &commit.parent_span_id), (&request.span_id, &command.span_id));
    assert_eq!(told, format!("00-{TRACE}-{}-01", hex(&request.span_id)), "the caller is told of the span");
    for span in [request, command, commit] {
        assert!(span.start_time_unix_nano > 0 && span.end_time_unix_nano > span.start_time_unix_nano, "{span:?}");
    }
    assert!(commit.start_time_unix_nano >= command.start_time_unix_nano);
    assert!(commit.end_time_unix_nano <= request.end_time_unix_nano, "answered after it was durable");
    assert!(spans.iter().all(|span| hex(&span.trace_id) != other && !span.name.contains("health")), "{spans:#?}");
    // What begins here is told too.
    assert!(spans.iter().any(|span| span.name == "POST /api/v1/auth/register" && span.parent_span_id.is_empty()));
    let known = ["http.request.method", "http.route", "http.response.status_code"];
    for attribute in spans.iter().flat_map(|span| &span.attributes) {
        assert!(known.contains(&attribute.key.as_str()), "{attribute:?}");
    }
    let content = ["canary", "512.34", "0501111111", "1111111", &open.id, &merchant.id, &merchant.token, &owner.token];
    for word in content {
        assert!(!taken.holds(word), "{word} is in a span");
    }
}

#[actix_web::test]
async fn a_collector_that_is_away_costs_nothing_but_its_spans() {
    let app = TestApp::configured(|config| config.telemetry.otlp_endpoint = "http://127.0.0.1:9".to_owned()).await;
    let (owner, merchant) = (app.person("0501111111", "customer").await, app.merchant("0502222222").await);
    let open = Open::publish(&app, &owner, json!({})).await;
    bid(&app, &open, &merchant.token, "k", "500.00", &format!("00-{TRACE}-{PARENT}-01")).await;
    assert_eq!(app.get(None, "/health/ready").await.status, 200);
    let begun = Instant::now();
    app.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
