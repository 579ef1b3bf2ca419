//! `[telemetry]`: who is told of requests as traces.

use serde::Deserialize;

/// `[telemetry]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Address of a collector that speaks OTLP over HTTP; empty for none.
    pub otlp_endpoint: String,
    /// What this service is called there.
    pub service_name: String,
    /// The part of traces that begin here which is told, in percent; a caller's own decision counts before it.
    pub sampled_percent: u32,
}

impl Telemetry {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let endpoint = &self.otlp_endpoint;
        if !endpoint.is_empty() && !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) {
            faults.push("telemetry.otlp_endpoint must begin with http:// or https://, or be empty".to_owned());
        }
        if self.service_name.is_empty() {
            faults.push("telemetry.service_name must have at least one character".to_owned());
        }
        if self.sampled_percent > 100 {
            faults.push("telemetry.sampled_percent must lie between 0 and 100".to_owned());
        }
    }
}
