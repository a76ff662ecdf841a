//! A stand-in for YouTube: the parts of the Data API v3 and of its feeds that tubebell asks, on loopback.
//!
//! It is as strict as the real one where that is known (see each file for its sources): counts are strings and are
//! left out when hidden, private and deleted videos are missing without a word, every request is charged to a daily
//! bucket that is emptied at midnight in California, and what can go wrong on the way can be switched on with
//! [`Faults`]. What it does not know it refuses: a parameter or part that real YouTube might take and this one does
//! not simulate is an error rather than a silent difference.
//!
//! The life of a request: recorded → fault drawn → key → quota charged → answered from the [`World`] → `fields` →
//! `ETag` → damaged, if so drawn → sent.

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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::demo::world::World;
use crate::model::{Clock, UnixMillis};

pub use bucket::Bucket;
use errors::ApiError;
pub use faults::{BucketRule, Fault, Faults, QuotaShape};
use quota::Ledger;
pub use request::{Endpoint, KeyPlace, RecordedRequest};
use request::{Params, key_of};
use wire::Answer;

/// How many requests are remembered; older ones are forgotten.
const RECORDED_MAX: usize = 4_096;
/// How long connections may finish after the stop; a client that does not read must not hold up the program.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What the handlers share.
struct Shared {
    world: Arc<Mutex<World>>,
    now: Clock,
    stop: CancellationToken,
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

/// Takes a lock whose holder may have panicked: the data is a simulation's, and half a change of it is harmless.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The running server. It lives until the token is cancelled, not until this handle is dropped.
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

    /// The world it tells about.
    #[must_use]
    pub fn world(&self) -> &Arc<Mutex<World>> {
        &self.shared.world
    }

    /// Changes the world, for tests: `sim.edit(|world| world.rename(&id, "new"))`.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut lock(&self.shared.world))
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
        lock(&self.shared.state).ledger.used(bucket, (self.shared.now)())
    }
}

/// Starts the server on a free port of 127.0.0.1. It stops when `stop` is cancelled; `tasks` waits for it.
///
/// Every request first lets time pass in the world until `now()`, so nobody else needs to step it.
///
/// # Errors
///
/// When no port can be bound.
pub async fn serve(
    world: Arc<Mutex<World>>,
    now: Clock,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> io::Result<YouTubeSim> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let state = Mutex::new(Inner {
        faults: Faults::default(),
        ledger: Ledger::default(),
        requests: VecDeque::new(),
        rng: SmallRng::seed_from_u64(0),
    });
    let shared = Arc::new(Shared { world, now, stop: stop.clone(), state });
    let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tasks.spawn(async move {
        let too_long = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        tokio::select! {
            result = async { server.await } => {
                if let Err(error) = result {
                    tracing::warn!("the simulated YouTube stopped: {error}");
                }
            }
            () = too_long => {}
        }
    });
    Ok(YouTubeSim { address, shared })
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, _body) = request.into_parts();
    let now = (shared.now)();
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
    match fault {
        Some(Fault::Hang) => shared.stop.cancelled().await,
        Some(Fault::Slow(by)) => {
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = tokio::time::sleep(by) => {}
            }
        }
        _ => {}
    }
    let answer = match endpoint {
        None => Answer::html(404, "Not Found"),
        Some(Endpoint::Feed) => shared.feed(&params, fault, now),
        Some(endpoint) => {
            let key = key_of(&head.headers, &params);
            match shared.list(endpoint, &params, key.as_deref(), fault, now) {
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
        now: UnixMillis,
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
        ledger.charge(bucket, faults, now)?;
        match fault {
            Some(Fault::QuotaUsedUp(shape)) => {
                return Err(ledger.used_up(bucket, faults.rule(bucket).units, shape));
            }
            Some(Fault::TooFast) => return Err(ApiError::too_fast(faults.per_minute.unwrap_or(0))),
            Some(Fault::Server(code)) => return Err(ApiError::server(code)),
            _ => {}
        }
        let mut world = lock(&self.world);
        world.step(now);
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
    fn feed(&self, params: &Params, fault: Option<Fault>, now: UnixMillis) -> Answer {
        let mut state = lock(&self.state);
        let Inner { faults, rng, .. } = &mut *state;
        if let Some(code) = faults.draw_feed_failure(rng) {
            return Answer::html(code, "Error");
        }
        if let Some(Fault::Server(code)) = fault {
            return Answer::html(code, "Error");
        }
        let mut world = lock(&self.world);
        world.step(now);
        feed::answer(&world, params)
    }
}
