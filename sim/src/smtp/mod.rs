//! A mail server of our own: SMTP on loopback, with a mailbox to look at.
//!
//! It takes letters from the real client as RFC 5321 has it, strictly, and delivers them to nobody. Tests steer it through
//! [`MailSandbox`]: what it offers, what it refuses, where it falls silent. People open its page in a browser and read.

mod address;
mod auth;
mod command;
mod faults;
mod handle;
mod html;
mod letter;
mod line;
mod options;
mod page;
mod record;
mod reply;
mod session;
mod state;
mod wire;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::Listener as _;
use jiff::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use faults::{Fault, Scope, Stage};
pub use handle::MailSandbox;
pub use letter::{Letter, Mailbox, Picture};
pub use options::{Account, Auth, Options, Tls};
pub use record::{Command, Counters, Mail};
pub use reply::{Enhanced, Reply};

use crate::loopback::{self, CuttableStream, Lines};
use crate::simulation::{Simulation, lock};
use session::Session;
use state::State;

/// How long one client too many may take to read that it is one.
const TURN_AWAY_WITHIN: Duration = Duration::from_secs(1);

/// What all connections share.
struct Shared {
    address: SocketAddr,
    page_address: SocketAddr,
    simulation: Simulation,
    state: Mutex<State>,
    /// Counts changes; whoever waits for one listens here.
    changed: watch::Sender<u64>,
    /// Counts releases; connections that hang listen here.
    released: watch::Sender<u64>,
    /// Is cancelled when nobody holds the handle any more: then nobody can release what hangs.
    abandoned: CancellationToken,
}

impl Shared {
    fn now(&self) -> Timestamp {
        self.simulation.world().now()
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.state))
    }

    /// Changes what the server knows, and wakes whoever waits.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut lock(&self.state));
        self.changed.send_modify(|count| *count += 1);
        result
    }
}

/// Starts the mail server and its page, both on 127.0.0.1. Letters are dated by the simulation's clock, which greylisting
/// goes by as well; a client that says nothing is waited for by tokio's.
///
/// # Errors
///
/// When a port can't be bound.
pub async fn serve(simulation: &Simulation, options: Options) -> io::Result<MailSandbox> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let pages = TcpListener::bind((Ipv4Addr::LOCALHOST, options.page_port)).await?;
    let shared = Arc::new(Shared {
        address: listener.local_addr()?,
        page_address: pages.local_addr()?,
        simulation: simulation.clone(),
        state: Mutex::new(State::new(options)),
        changed: watch::Sender::new(0),
        released: watch::Sender::new(0),
        abandoned: CancellationToken::new(),
    });
    let app = Router::new()
        .route("/", get(page::page))
        .route("/sandbox/letters", get(page::letters))
        .route("/sandbox/letter", get(page::letter))
        .route("/sandbox/html", get(page::html))
        .route("/sandbox/events", get(page::events))
        .layer(axum::middleware::from_fn(loopback::check))
        .with_state(Arc::clone(&shared))
        .into_make_service();
    let stopping = simulation.stopping().clone().cancelled_owned();
    simulation.run("mailbox", axum::serve(pages, app).with_graceful_shutdown(stopping));
    simulation.run("mail server", accept(Arc::clone(&shared), Lines(listener)));
    Ok(MailSandbox::new(shared))
}

/// Takes connections until the simulation stops.
async fn accept(shared: Arc<Shared>, mut lines: Lines) -> io::Result<()> {
    let stop = shared.simulation.stopping().clone();
    loop {
        let (stream, _) = tokio::select! {
            accepted = lines.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        match Present::enter(&shared) {
            Some(present) => {
                let stop = stop.clone();
                shared.simulation.run("mail connection", async move {
                    tokio::select! {
                        () = Session::hold(present, stream) => {}
                        () = stop.cancelled() => {}
                    }
                    Ok(())
                });
            }
            None => turn_away(stream).await,
        }
    }
}

/// Tells a client that there are too many.
async fn turn_away(mut stream: CuttableStream) {
    let said = format!("{}\r\n", Reply::TOO_MANY_CONNECTIONS);
    let telling = async {
        if stream.write_all(said.as_bytes()).await.is_ok() {
            stream.shutdown().await.unwrap_or_default();
        }
    };
    // Whoever does not read it in time goes without.
    tokio::time::timeout(TURN_AWAY_WITHIN, telling).await.unwrap_or_default();
}

/// One connection that is counted as being there.
struct Present {
    shared: Arc<Shared>,
    /// Counted from 1.
    number: u64,
}

impl Present {
    /// Counts a connection in; `None`: there are as many as may be.
    fn enter(shared: &Arc<Shared>) -> Option<Present> {
        let number = shared.change(State::connected)?;
        Some(Present { shared: Arc::clone(shared), number })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.shared.change(|state| state.counters.connections_now -= 1);
    }
}
