//! The server, spoken to byte by byte, and by the client that is used against real ones.

mod client;
mod dialogue;
mod faults;
mod mailbox;
mod real_client;
mod tls;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::{MailSandbox, Options, serve};
use crate::simulation::{Simulation, lock};
use crate::world::World;
use client::Client;

/// A server, and the clock that it goes by.
struct Fixture {
    simulation: Simulation,
    server: MailSandbox,
    now: Arc<Mutex<Timestamp>>,
}

impl Fixture {
    async fn new(options: Options) -> Fixture {
        let now = Arc::new(Mutex::new(Timestamp::UNIX_EPOCH));
        let clock = Arc::clone(&now);
        let world = World::new(1, Timestamp::UNIX_EPOCH);
        let simulation = Simulation::new(world, Arc::new(move || *lock(&clock)));
        let server = serve(&simulation, options).await.unwrap();
        Fixture { simulation, server, now }
    }

    /// Lets the simulation's time pass.
    fn pass(&self, time: Duration) {
        *lock(&self.now) += time;
    }

    /// A client that has said `EHLO`.
    async fn client(&self) -> Client {
        let mut client = Client::connect(self.server.address()).await;
        assert_eq!(client.reply().await, "220 mail.sandbox ESMTP");
        let offers = client.say("EHLO client.example").await;
        assert!(offers.starts_with("250-mail.sandbox\n"), "{offers}");
        client
    }

    /// The letters that were taken, as texts.
    fn taken(&self) -> Vec<String> {
        let mails = self.server.messages().into_iter();
        mails.map(|mail| String::from_utf8(mail.raw.to_vec()).unwrap()).collect()
    }
}
