//! A stand-in for YouTube: the parts of the Data API v3 and of its feeds that tubebell asks, on loopback.
//!
//! It is as strict as the real one where that is known (see each file for its sources): counts are strings and are
//! left out when hidden, private and deleted videos are missing without a word, every request is charged to a daily
//! bucket that is emptied at midnight in California, and what can go wrong on the way can be switched on with
//! [`Faults`]. What it does not know it refuses: a parameter or part that real YouTube might take and this one does
//! not simulate is an error rather than a silent difference.
//!
//! The life of a request: recorded → fault drawn → key → quota charged → answered from the
//! [`World`](crate::world::World) → `fields` → `ETag` → damaged, if so drawn → sent.

mod bucket;
mod errors;
mod faults;
mod feed;
mod fields;
mod lists;
mod quota;
mod request;
mod resources;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::net::TcpListener;

use crate::simulation::{Simulation, lock};

pub use bucket::Bucket;
use errors::ApiError;
pub use faults::{BucketRule, Fault, Faults, QuotaShape};
use quota::Ledger;
pub use request::{Endpoint, KeyPlace, RecordedRequest};
use request::{Params, key_of};
use wire::Answer;

/// How many requests are remembered; older ones are forgotten.
const RECORDED_MAX: usize = 4_096;

/// What the handlers share.
struct Shared {
    simulation: Simulation,
    /// Locked before the world.
    state: Mutex<Inner>,
}

/// What changes behind the scenes of the server.
struct Inner {
    faults: Faults,
    ledger: Ledger,
    requests: VecDeque<RecordedRequest>,
    /// For the order of items and the failures of feeds; always the same seed, so that a test repeats itself.
    rng: SmallRng,
}

/// The running server. It lives until the simulation stops, not until this handle is dropped.
pub struct YouTubeSim {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl YouTubeSim {
    /// What to put where `https://www.googleapis.com` and `https://www.youtube.com` would stand.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how many units each bucket has for a day.
    pub fn daily_units(&self, units: u64) {
        self.faults(|faults| {
            (faults.default_bucket.units, faults.batch_stats_bucket.units) = (units, units);
        });
    }

    /// Switches faults on and off.
    pub fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut lock(&self.shared.state).faults)
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared.state).requests.iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.shared.state).requests.clear();
    }

    /// How many units of a bucket were used since the last midnight in California.
    #[must_use]
    pub fn used(&self, bucket: Bucket) -> u64 {
        let mut state = lock(&self.shared.state);
        state.ledger.used(bucket, self.shared.simulation.world().now())
    }
}

/// Starts the server on a free port of 127.0.0.1, for the videos and channels of this world.
///
/// # Errors
///
/// When no port can be bound.
pub async fn serve(simulation: &Simulation) -> io::Result<YouTubeSim> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let state = Mutex::new(Inner {
        faults: Faults::default(),
        ledger: Ledger::default(),
        requests: VecDeque::new(),
        rng: SmallRng::seed_from_u64(0),
    });
    let shared = Arc::new(Shared { simulation: simulation.clone(), state });
    let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
    let stopping = simulation.stopping().clone().cancelled_owned();
    simulation.run("YouTube", axum::serve(listener, app).with_graceful_shutdown(stopping));
    Ok(YouTubeSim { address, shared })
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, _body) = request.into_parts();
    let now = shared.simulation.world().now();
    let params = Params::read(&head.uri);
    let endpoint = if head.method == Method::GET { Endpoint::of(head.uri.path()) } else { None };
    let fault = {
        let mut state = lock(&shared.state);
        if state.requests.len() >= RECORDED_MAX {
            state.requests.pop_front();
        }
        let recorded = RecordedRequest::of(&head, &params, now);
        state.requests.push_back(recorded);
        endpoint.and_then(|endpoint| state.faults.draw(endpoint))
    };
    let stopping = shared.simulation.stopping();
    match fault {
        Some(Fault::Hang) => stopping.cancelled().await,
        Some(Fault::Slow(by)) => {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = tokio::time::sleep(by) => {}
            }
        }
        _ => {}
    }
    let answer = match endpoint {
        None => Answer::html(404, "Not Found"),
        Some(Endpoint::Feed) => shared.feed(&params, fault),
        Some(endpoint) => {
            let key = key_of(&head.headers, &params);
            match shared.list(endpoint, &params, key.as_deref(), fault) {
                Ok(body) => Answer::json(&body, &params, &head.headers),
                Err(error) => Answer::error(&error, &params),
            }
        }
    };
    wire::send(answer, fault, &head.headers)
}

impl Shared {
    /// Answers a request for data: who asks, what it costs, what it says.
    fn list(
        &self,
        endpoint: Endpoint,
        params: &Params,
        key: Option<&str>,
        fault: Option<Fault>,
    ) -> Result<serde_json::Value, ApiError> {
        let mut state = lock(&self.state);
        let Inner { faults, ledger, rng, .. } = &mut *state;
        let bucket = Bucket::of(endpoint);
        // Before the charge: Google does not know whom to charge.
        let key = key.ok_or_else(ApiError::no_key)?;
        if fault == Some(Fault::BadKey) || faults.api_key.as_deref().is_some_and(|own| own != key) {
            return Err(ApiError::bad_key());
        }
        if fault == Some(Fault::NotEnabled) {
            return Err(ApiError::not_enabled());
        }
        let world = self.simulation.world();
        ledger.charge(bucket, faults, world.now())?;
        match fault {
            Some(Fault::QuotaUsedUp(shape)) => {
                return Err(ledger.used_up(bucket, faults.rule(bucket).units, shape));
            }
            Some(Fault::TooFast) => return Err(ApiError::too_fast(faults.per_minute.unwrap_or(0))),
            Some(Fault::Server(code)) => return Err(ApiError::server(code)),
            _ => {}
        }
        let body = lists::answer(endpoint, &world, params, faults, rng)?;
        match params.one("fields") {
            None => Ok(body),
            Some(text) => {
                let fields = fields::Fields::parse(text).ok_or_else(|| ApiError::fields(text))?;
                Ok(fields.select(&body))
            }
        }
    }

    /// Answers a request for a feed: no key, no charge, and no reliability.
    fn feed(&self, params: &Params, fault: Option<Fault>) -> Answer {
        let mut state = lock(&self.state);
        let Inner { faults, rng, .. } = &mut *state;
        if let Some(code) = faults.draw_feed_failure(rng) {
            return Answer::html(code, "Error");
        }
        if let Some(Fault::Server(code)) = fault {
            return Answer::html(code, "Error");
        }
        feed::answer(&self.simulation.world(), params)
    }
}
