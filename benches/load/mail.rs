//! How many mails leave per second, to the scripted mail server of the simulation, in this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::runtime::Runtime;
use tubebell::app::system_clock;
use tubebell_sim::Simulation;
use tubebell_sim::smtp::{MailSandbox, Options, serve};
use tubebell_sim::world::World;

use crate::deliver::{recorded, waiting};
use crate::figures::Figures;
use crate::probe::runtime;
use crate::process::{Gateway, Setup, wait_for};
use crate::seed::{NEVER, Seed};
use crate::sink::{Behaviour, Sink};

const MAILBOXES: u64 = 5_000;
const VIDEOS: u64 = 10;

/// The running mail server.
struct MailServer {
    sandbox: MailSandbox,
    simulation: Simulation,
    runtime: Runtime,
}

impl MailServer {
    fn start() -> anyhow::Result<MailServer> {
        let (runtime, clock) = (runtime()?, system_clock());
        let world = World::new(1, clock().timestamp());
        let simulation = Simulation::new(world, Arc::new(move || clock().timestamp()));
        let options = Options { kept_messages: 1, kept_commands: 1, ..Options::default() };
        let sandbox = runtime.block_on(serve(&simulation, options))?;
        Ok(MailServer { sandbox, simulation, runtime })
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.runtime.block_on(self.simulation.stop());
    }
}

/// 10 videos, each watched by 5,000 mailboxes, have changed: 50,000 mails wait. Then the gateway starts.
pub(crate) fn deliver(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let wanted = MAILBOXES * VIDEOS;
    let seed = Seed {
        watches: wanted,
        videos: VIDEOS,
        destinations: MAILBOXES,
        rules: ["views any"; 4],
        address: "email:reader-{}@example.org".to_owned(),
        next_poll: NEVER,
        others: 0,
    };
    let database = seed.database(folder.path())?;
    waiting(&database, VIDEOS, wanted)?;
    let sink = Sink::start(&Behaviour::default())?;
    let server = MailServer::start()?;
    println!(
        "   {wanted} mails wait for {MAILBOXES} mailboxes, {VIDEOS} each, of as many videos; without DKIM and pictures, the rate\n   \
         configured away. The server is that of the simulation, on loopback, without TLS."
    );
    let url = server.sandbox.url();
    let setup = Setup { smtp_url: Some(&url), ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let taken = || server.sandbox.counters().taken;
    wait_for(&mut gateway, "the first mail", Duration::from_secs(20), || {
        Ok((taken() > 0).then_some(()))
    })?;
    let (begun, before) = (Instant::now(), taken());
    wait_for(&mut gateway, "all mails", Duration::from_secs(110), || {
        Ok((taken() >= wanted).then_some(()))
    })?;
    let took_s = begun.elapsed().as_secs_f64();
    let cpu_s = gateway.cpu_s()?;
    wait_for(&mut gateway, "all receipts", Duration::from_secs(10), || {
        Ok((recorded(&database)? == wanted).then_some(()))
    })?;
    let counters = server.sandbox.counters();
    ensure!(
        counters.taken == wanted,
        "the server got {} mails instead of {wanted}",
        counters.taken
    );
    ensure!(counters.connections_at_most <= 2, "{counters:?}");
    #[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
    let (count, all) = ((wanted - before) as f64, wanted as f64);
    figures.add("deliver_email", count / took_s, "messages/s");
    figures.add("deliver_email_cpu_us", cpu_s * 1e6 / all, "us/message");
    figures.add("deliver_email_rss_mb", gateway.peak_mb()?, "MB");
    Ok(())
}
