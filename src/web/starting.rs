//! What `/healthz` and `/readyz` say before the gateway runs: the process works, and what it is busy with.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::visitors::Visitors;
use super::{host, no_sniffing};

/// What goes on, in one line; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<String>>);

impl Progress {
    /// Says what goes on from now on.
    pub(crate) fn say(&self, line: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = line.into();
    }

    fn line(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves until `stop` is cancelled.
pub(crate) async fn serve_while_starting(
    listener: TcpListener,
    progress: Progress,
    hosts: Vec<String>,
    stop: CancellationToken,
) {
    let not_yet = |State(progress): State<Progress>| async move {
        (StatusCode::SERVICE_UNAVAILABLE, format!("store FAILED {}\n", progress.line()))
    };
    let hosts: host::Hosts = hosts.into();
    let app = Router::new()
        .route("/readyz", get(not_yet))
        .route("/metrics", get(not_yet))
        .route_layer(middleware::from_fn_with_state(hosts, host::by_our_name))
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(middleware::map_response(no_sniffing))
        .with_state(progress);
    let served = axum::serve(Visitors::new(listener), app)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the web server ended");
    }
}
