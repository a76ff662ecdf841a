//! The strict Discord of the simulation, in this process: a bot in one server with so many channels, numbered from 1.

use std::sync::Arc;

use tokio::runtime::Runtime;
use tubebell::app::system_clock;
use tubebell_sim::Simulation;
use tubebell_sim::discord::{DiscordSandbox, Limits, Options, serve};
use tubebell_sim::world::World;

use crate::probe::runtime;
use crate::process::DiscordBot;

const OWNER: u64 = 1_000_001;
const SERVER: u64 = 1_000_002;

/// The running sandbox.
pub(crate) struct Sandbox {
    pub(crate) discord: DiscordSandbox,
    url: String,
    token: String,
    simulation: Simulation,
    runtime: Runtime,
}

impl Sandbox {
    /// Starts it, with Discord's limits.
    pub(crate) fn start(channels: u64) -> anyhow::Result<Sandbox> {
        let (runtime, clock) = (runtime()?, system_clock());
        let world = World::new(1, clock().timestamp());
        let simulation = Simulation::new(world, Arc::new(move || clock().timestamp()));
        let options = Options { limits: Limits::DISCORD, ..Options::default() };
        let discord = runtime.block_on(serve(&simulation, options))?;
        discord.user(OWNER, "ana");
        discord.guild(SERVER, "a server", OWNER);
        for channel in 1..=channels {
            discord.channel(SERVER, channel, &format!("alerts-{channel}"))?;
        }
        let (url, token) = (discord.base_url(), discord.token());
        Ok(Sandbox { discord, url, token, simulation, runtime })
    }

    /// Its bot, within the limits that are configured by default.
    pub(crate) fn bot(&self) -> DiscordBot<'_> {
        DiscordBot { url: &self.url, token: &self.token, rates: "" }
    }

    /// Whether the bot hears what is told, and its commands are known.
    pub(crate) fn is_heard(&self) -> bool {
        self.discord.connected() == 1 && !self.discord.commands(None).is_empty()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.runtime.block_on(self.simulation.stop());
    }
}
