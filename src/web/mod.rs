//! Health and metrics over HTTP, and, on a listener of its own, what strangers are served.
//!
//! `/healthz`: the process works. `/readyz`: store, polling and channels work and commands are heard, or what is wrong.
//! `/metrics`: for Prometheus. The last two answer only who asks by a name of ours.

mod figures;
mod host;
mod public;
mod starting;
mod visitors;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use figures::show_figures;
pub use public::Public;
pub(crate) use starting::{Progress, serve_while_starting};
use visitors::Visitors;

use crate::model::Clock;
use crate::store::{Housekeeping, Pulse};
use crate::telemetry::{By, Metrics};

/// A part that may be ill, asked at each request: `Some` says in one line what is wrong.
pub type Check = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// How long a question to the store may take before it counts as not reachable.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that the pages show.
pub struct Web {
    /// The store.
    pub store: Arc<dyn Housekeeping>,
    /// Counts.
    pub metrics: Metrics,
    /// The parts of `/readyz`, by name.
    pub checks: Vec<(&'static str, Check)>,
    /// The clock.
    pub clock: Clock,
    /// Names under which the pages are read, beside addresses and names without a dot.
    pub hosts: Vec<String>,
}

/// Binds the address that stands under a key of `[web]`.
///
/// # Errors
///
/// One line that names the address.
pub async fn bind(key: &str, listen: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(listen)
        .await
        .map_err(|error| format!("can't listen on {listen} ([web] {key}): {error}"))
}

impl Web {
    /// Serves until `stop` is cancelled.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) {
        let hosts: host::Hosts = self.hosts.clone().into();
        let app = Router::new()
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .route_layer(middleware::from_fn_with_state(hosts, host::by_our_name))
            .route("/healthz", get(|| async { "ok\n" }))
            .layer(middleware::map_response(no_sniffing))
            .with_state(Arc::new(self));
        let served = axum::serve(Visitors::new(listener), app)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the web server ended");
        }
    }
}

async fn no_sniffing(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

impl Web {
    /// The store's pulse, or in one line why there is none.
    async fn pulse(&self) -> Result<Pulse, String> {
        let now = (self.clock)();
        match tokio::time::timeout(STORE_TIMEOUT, self.store.pulse(now)).await {
            Ok(pulse) => pulse.map_err(|error| error.to_string()),
            Err(_) => Err("the database does not answer".to_owned()),
        }
    }

    /// Each part, and what is wrong with it.
    fn parts(&self, store: Option<String>) -> Vec<(&'static str, Option<String>)> {
        // It may be read all the same; whether it can be written, the last attempt has shown.
        let store = store.or_else(|| self.store.trouble());
        let checks = self.checks.iter().map(|(name, check)| (*name, check()));
        std::iter::once(("store", store)).chain(checks).collect()
    }
}

async fn ready(State(web): State<Arc<Web>>) -> (StatusCode, String) {
    let mut lines = Vec::new();
    let mut status = StatusCode::OK;
    let store = web.pulse().await.err();
    for (name, ill) in web.parts(store) {
        match ill {
            None => lines.push(format!("{name} ok\n")),
            Some(reason) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                lines.push(format!("{name} FAILED {reason}\n"));
            }
        }
    }
    (status, lines.concat())
}

async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let pulse = web.pulse().await;
    if let Ok(pulse) = &pulse {
        figures::show_pulse(&web.metrics, pulse);
    }
    for (part, ill) in web.parts(pulse.err()) {
        web.metrics.set_by(By::PartReady, part, if ill.is_none() { 1.0 } else { 0.0 });
    }
    figures::show_memory(&web.metrics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], web.metrics.render()).into_response()
}
