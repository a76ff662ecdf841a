//! One page that shows the phone, the channels of Discord and the mailbox side by side, each in a frame.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::loopback::{self, Frames};
use crate::simulation::Simulation;

/// The page; `{{nonce}}` marks its own style and script, the others what it shows.
const PAGE: &str = include_str!("page.html");

/// The page's place on this machine. It is taken before there is anything to show, because what is shown has to know by
/// whom: browsers show a page in no frame that it does not name.
#[derive(Debug)]
pub struct Stage {
    listener: TcpListener,
    address: SocketAddr,
}

impl Stage {
    /// Takes a port on 127.0.0.1; 0 is any that is free.
    ///
    /// # Errors
    ///
    /// When the port can't be bound.
    pub async fn bind(port: u16) -> io::Result<Stage> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Stage { listener, address })
    }

    /// The port, for the `framed_by` of what is shown.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The page's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Shows the pages at these addresses until the simulation stops.
    pub fn serve(self, simulation: &Simulation, telegram: &str, discord: &str, mailbox: &str) {
        let html = PAGE.replace("{{telegram}}", telegram).replace("{{discord}}", discord);
        let html = html.replace("{{mailbox}}", mailbox);
        let shown = [telegram.to_owned(), discord.to_owned(), mailbox.to_owned()];
        let page =
            move || async move { loopback::page(&html, Frames { within: None, shown: &shown }) };
        let app = Router::new()
            .route("/", get(page))
            .layer(axum::middleware::from_fn(loopback::check))
            .into_make_service();
        let server = axum::serve(self.listener, app);
        let stopping = simulation.stopping().clone().cancelled_owned();
        simulation.run("stage", server.with_graceful_shutdown(stopping));
    }
}
