//! The collector of traces: OTLP over HTTP, from a bounded queue on a thread of its own.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::Bytes;
use opentelemetry_http::HttpClient;
use opentelemetry_http::HttpError;
use opentelemetry_http::Request;
use opentelemetry_http::Response;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_otlp::WithHttpConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::BatchConfigBuilder;
use opentelemetry_sdk::trace::BatchSpanProcessor;
use opentelemetry_sdk::trace::Sampler;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::config;
use crate::limits;

/// Time for one call.
const PATIENCE: Duration = Duration::from_secs(limits::OUTBOUND_SECS_MAX);
/// Spans are gathered for so long.
const EVERY: Duration = Duration::from_secs(1);
/// Where a collector takes traces (OpenTelemetry Protocol 1.5, OTLP/HTTP request).
const PATH: &str = "/v1/traces";

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The address cannot be called.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    /// The exporter cannot be made.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}

/// The provider of spans that the settings ask for; `None` where nobody is told of any. Must run inside a runtime, which makes
/// the calls. What does not fit into the queue is dropped: a collector that is away costs spans and nothing else.
///
/// # Errors
/// [`CollectorError`] in one line.
pub fn open(settings: &config::Telemetry) -> Result<Option<SdkTracerProvider>, CollectorError> {
    if settings.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    // No redirects, no proxy: both would lead elsewhere than where the settings say.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(PATIENCE);
    let client = client.build()?;
    let client = Caller { client, runtime: Handle::current(), is_away: AtomicBool::new(false) };
    let endpoint = settings.otlp_endpoint.trim_end_matches('/');
    let endpoint = if endpoint.ends_with(PATH) { endpoint.to_owned() } else { format!("{endpoint}{PATH}") };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .with_timeout(PATIENCE)
        .build()?;
    let bounds = BatchConfigBuilder::default()
        .with_max_queue_size(limits::SPANS_WAITING_MAX)
        .with_scheduled_delay(EVERY)
        .build();
    let share = f64::from(settings.sampled_percent) / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
        .with_resource(Resource::builder_empty().with_service_name(settings.service_name.clone()).build())
        .build();
    Ok(Some(provider))
}

/// Makes the exporter's calls on our runtime; its own thread has none.
#[derive(Debug)]
struct Caller {
    client: reqwest::Client,
    runtime: Handle,
    is_away: AtomicBool,
}

#[async_trait]
impl HttpClient for Caller {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let called = self.runtime.spawn(async move {
            let answer = client.execute(request).await?.error_for_status()?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let answer = called.await?;
        let is_away = answer.is_err();
        // Said once when it goes and once when it comes back.
        if self.is_away.swap(is_away, Ordering::Relaxed) != is_away {
            match &answer {
                Ok(_) => tracing::info!("the collector of traces is back"),
                Err(error) => tracing::warn!(%error, "the collector of traces is away; spans are dropped"),
            }
        }
        let (status, body) = answer?;
        Ok(Response::builder().status(status).body(body)?)
    }
}
