//! Spans of a trace: http request → command → commit, where a collector is told of them. Elsewhere none is made, and whoever
//! asks for one pays a look at a thread's own memory.
//!
//! A span has the route's template, the method, the status and its times: nothing that came with a request, and no id but its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::SpanKind;
use opentelemetry::trace::Status;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::trace::Tracer as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_sdk::trace::SdkTracerProvider;

tokio::task_local! {
    /// The span of what this task does.
    static HERE: Span;
}

/// Where spans go. Cheap to clone; by default nowhere.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Parts>>);

#[derive(Debug)]
struct Parts {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Spans that this provider is told of.
    #[must_use]
    pub fn to(provider: SdkTracerProvider) -> Self {
        let tracer = provider.tracer("mazad");
        Self(Some(Arc::new(Parts { provider, tracer })))
    }

    /// Begins the span of an http request that continues the caller's trace, whose headers `header` reads; `None` where nobody
    /// is told of it.
    pub fn request<'a>(
        &self,
        method: &'static str,
        route: &'static str,
        header: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Span> {
        let tracer = &self.0.as_ref()?.tracer;
        let told = ["traceparent", "tracestate"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), header(name)?.to_owned())));
        let told: HashMap<String, String> = told.collect();
        let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &told);
        let begun = tracer
            .span_builder(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_attributes([KeyValue::new("http.request.method", method), KeyValue::new("http.route", route)])
            .start_with_context(tracer, &caller);
        let span = Span { tracer: tracer.clone(), context: caller.with_span(begun) };
        span.context.span().is_recording().then_some(span)
    }

    /// Hands over what was not told yet, for so long at most.
    pub async fn end(&self, longest: Duration) {
        let Some(parts) = self.0.clone() else { return };
        // It waits for the exporter, whose calls are made by the runtime that this is called on.
        let ended = tokio::task::spawn_blocking(move || parts.provider.shutdown_with_timeout(longest));
        if !matches!(ended.await, Ok(Ok(()))) {
            tracing::warn!("the last spans were not told to the collector");
        }
    }
}

/// A span under way; it ends when it is dropped everywhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Span {
    tracer: SdkTracer,
    context: Context,
}

impl Span {
    /// Begins a span below this one.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        let begun = self.tracer.span_builder(name).start_with_context(&self.tracer, &self.context);
        Self { tracer: self.tracer.clone(), context: self.context.with_span(begun) }
    }

    /// The ids of trace and span, in hexadecimal digits.
    #[must_use]
    pub fn ids(&self) -> (String, String) {
        let span = self.context.span();
        (span.span_context().trace_id().to_string(), span.span_context().span_id().to_string())
    }

    /// Ends the span of an http request.
    pub fn answered(&self, status: u16) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// Runs something that belongs to a span, if there is one.
pub async fn within<F: Future>(span: Option<Span>, work: F) -> F::Output {
    match span {
        Some(span) => HERE.scope(span, work).await,
        None => work.await,
    }
}

/// The span of what runs here; `None` where nobody is told of it.
#[must_use]
pub fn here() -> Option<Span> {
    HERE.try_with(Span::clone).ok()
}
