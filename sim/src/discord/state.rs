//! What the sandbox knows beside the world: its bot, what that registered and was told, and what goes wrong.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::Options;
use super::answer::Refusal;
use super::command::Command;
use super::faults::{Fault, Scope};
use super::interaction::Interactions;
use super::limits::Pace;
use super::record::{Counters, Request};
use super::session::Gateway;
use crate::plan::Plan;
use crate::world::World;
use crate::world::discord::{Discord, Rights};

/// Messages of which is known under which nonce they were sent.
const NONCES_MAX: usize = 10_000;
/// "The past few minutes" in which a nonce is known.
/// Source: <https://discord.com/developers/docs/resources/message#create-message> (read 2026-11).
const NONCE_LASTS: Duration = Duration::from_secs(5 * 60);
/// New commands of a guild, and global ones, in a day.
/// Source: <https://discord.com/developers/docs/interactions/application-commands#registering-a-command>.
const CREATES_PER_DAY_MAX: usize = 200;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The state.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: Options,
    /// Where the sandbox is, for addresses of files.
    pub(super) base_url: String,
    pub(super) plan: Plan<Scope, Fault>,
    pub(super) pace: Pace,
    pub(super) requests: VecDeque<Request>,
    pub(super) counters: Counters,
    pub(super) gateway: Gateway,
    pub(super) interactions: Interactions,
    /// By guild; those of none are global.
    pub(super) commands: BTreeMap<Option<u64>, Vec<Command>>,
    creates: VecDeque<(Timestamp, Option<u64>)>,
    /// When, under which nonce, in which channel, which message.
    nonces: VecDeque<(Timestamp, Value, u64, u64)>,
    pub(super) is_revoked: bool,
    /// Counts changes of what a page may show.
    pub(super) screen: u64,
}

impl State {
    pub(super) fn new(options: Options, base_url: String) -> State {
        State {
            gateway: Gateway::new(options.identifies_per_day),
            options,
            base_url,
            plan: Plan::default(),
            pace: Pace::default(),
            requests: VecDeque::new(),
            counters: Counters::default(),
            interactions: Interactions::default(),
            commands: BTreeMap::new(),
            creates: VecDeque::new(),
            nonces: VecDeque::new(),
            is_revoked: false,
            screen: 0,
        }
    }

    /// The bot's id, which is its application's too.
    pub(super) fn bot(&self) -> u64 {
        self.options.bot
    }

    /// What the bot may do in a channel.
    pub(super) fn rights(&self, world: &Discord, channel: u64) -> Rights {
        world.rights(self.bot(), channel)
    }

    /// Counts a refusal, and what follows of it.
    pub(super) fn count(&mut self, refusal: &Refusal, now: Instant) {
        if refusal.status == 429 {
            self.counters.too_many += 1;
        } else {
            self.counters.refused += 1;
        }
        if refusal.is_invalid() {
            self.counters.invalid += 1;
            self.pace.invalid(self.options.limits, now);
        }
    }

    /// Keeps a request.
    pub(super) fn record(&mut self, request: Request) {
        while self.requests.len() >= self.options.kept_requests.max(1) {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Whether the bot is in a guild.
    pub(super) fn is_in(&self, world: &Discord, guild: u64) -> bool {
        world.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&self.bot()))
    }

    /// The channel and the id of the message that was sent under this nonce in the past few minutes.
    pub(super) fn sent_under(&self, world: &World, nonce: &Value) -> Option<(u64, u64)> {
        let is_lasting =
            |at: Timestamp| world.now().duration_since(at).unsigned_abs() < NONCE_LASTS;
        let mut nonces = self.nonces.iter().rev();
        let found = nonces.find(|(at, known, ..)| known == nonce && is_lasting(*at));
        found.map(|(_, _, channel, message)| (*channel, *message))
    }

    /// Remembers under which nonce a message was sent.
    pub(super) fn note_nonce(&mut self, world: &World, nonce: Value, channel: u64, message: u64) {
        if self.nonces.len() >= NONCES_MAX {
            self.nonces.pop_front();
        }
        self.nonces.push_back((world.now(), nonce, channel, message));
    }

    /// Counts commands that are new; returns whether there may be so many in a day.
    pub(super) fn may_create(&mut self, now: Timestamp, guild: Option<u64>, new: usize) -> bool {
        self.creates.retain(|(at, _)| now.duration_since(*at).unsigned_abs() < DAY);
        let before = self.creates.iter().filter(|(_, of)| *of == guild).count();
        if before + new > CREATES_PER_DAY_MAX {
            return false;
        }
        self.creates.extend(std::iter::repeat_n((now, guild), new));
        true
    }

    /// The commands that somebody can use in a guild, or in the conversation with the bot.
    pub(super) fn commands_in(&self, guild: Option<u64>) -> impl Iterator<Item = &Command> {
        let own = guild.and_then(|guild| self.commands.get(&Some(guild)));
        let place = u64::from(guild.is_none());
        let global = self.commands.get(&None);
        let fits = move |command: &&Command| {
            command.contexts.as_ref().is_none_or(|list| list.contains(&place))
        };
        own.into_iter().flatten().chain(global.into_iter().flatten().filter(fits))
    }
}
