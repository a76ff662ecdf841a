//! A Schema Registry of our own: Confluent's API on loopback, for Avro.
//!
//! It answers as the real one does, words of errors included, and compares the schemas of a subject as its level of
//! compatibility wants it. What it does not know it refuses. Tests steer it through [`RegistrySim`].
//!
//! Sources: <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>, and the error codes of the
//! registry's `Errors.java`, 7.4 (both read 2026-11).

mod answer;
mod api;
mod compatible;
mod faults;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use tokio::net::TcpListener;

use crate::loopback::{Line, Lines};
use crate::simulation::{Simulation, lock};
pub use faults::Fault;
use state::State;
pub use state::{Level, Request};

/// What the registry is like. The default is on a free port, open to everybody, as Confluent's is at first.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The only name and password that are taken; `None`: nobody signs in.
    pub account: Option<(String, String)>,
    /// The level of subjects that have none of their own. Confluent's begins with `BACKWARD`, Apicurio's with `NONE`.
    pub level: Level,
}

impl Default for Options {
    fn default() -> Options {
        Options { port: 0, account: None, level: Level::Backward }
    }
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    simulation: Simulation,
    options: Options,
    state: Mutex<State>,
}

/// The running registry. It lives until the simulation stops, not until this handle is dropped.
#[derive(Clone)]
pub struct RegistrySim(Arc<Shared>);

impl RegistrySim {
    /// Where its API is.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Lets the next `times` requests fail, or all of them until [`RegistrySim::heal`]; only those to paths that begin so.
    pub fn plan(&self, path: &'static str, fault: Fault, times: impl Into<Option<u32>>) {
        lock(&self.0.state).faults.add(path, fault, times.into());
    }

    /// Drops the planned faults.
    pub fn heal(&self) {
        lock(&self.0.state).faults.clear();
    }

    /// Whether everything that would write is refused, as a registry in the mode `READONLY` does.
    pub fn read_only(&self, is_read_only: bool) {
        lock(&self.0.state).is_read_only = is_read_only;
    }

    /// Sets the level of a subject, as another client would.
    pub fn set_level(&self, subject: &str, level: Level) {
        lock(&self.0.state).subject(subject).level = Some(level);
    }

    /// The level of its own that a subject has.
    #[must_use]
    pub fn level(&self, subject: &str) -> Option<Level> {
        lock(&self.0.state).subjects.get(subject).and_then(|subject| subject.level)
    }

    /// Registers whatever text as a version of a subject, and returns its id; nothing is looked at.
    pub fn put(&self, subject: &str, schema: &str) -> u32 {
        lock(&self.0.state).add(subject, schema)
    }

    /// The schemas of a subject, oldest first.
    #[must_use]
    pub fn schemas(&self, subject: &str) -> Vec<String> {
        let state = lock(&self.0.state);
        let ids = state.subjects.get(subject).map(|subject| subject.versions.clone());
        ids.unwrap_or_default().iter().filter_map(|id| state.schema(*id)).collect()
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0.state).requests.iter().cloned().collect()
    }

    /// How many requests there have been, forgotten ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        lock(&self.0.state).count
    }
}

/// Starts the registry on 127.0.0.1.
///
/// # Errors
///
/// When the port can't be bound.
pub async fn serve(simulation: &Simulation, options: Options) -> io::Result<RegistrySim> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let state = Mutex::new(State::default());
    let shared = Arc::new(Shared { address, simulation: simulation.clone(), options, state });
    let app = Router::new().fallback(api::handle).with_state(Arc::clone(&shared));
    let app = app.into_make_service_with_connect_info::<Line>();
    let stopping = simulation.stopping().clone().cancelled_owned();
    let server = axum::serve(Lines(listener), app).with_graceful_shutdown(stopping);
    simulation.run("schema registry", server);
    Ok(RegistrySim(shared))
}
