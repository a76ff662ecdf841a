//! The other side of the sandbox: what people do with the bot, faults, and what came of it all.

use std::sync::Arc;

use serde_json::Value;

use super::acts::Place;
use super::command::Command;
use super::faults::{Fault, Scope};
use super::interaction::Interaction;
use super::limits::Limits;
use super::record::{Counters, Request};
use super::routes::{self, Operation};
use super::session::GatewayFault;
use super::state::State;
use super::{SandboxError, Shared};
use crate::world::World;
use crate::world::discord::{Author, Message};

/// The running sandbox. Clones are the same one; it lives until its simulation stops.
#[derive(Clone)]
pub struct DiscordSandbox(Arc<Shared>);

impl DiscordSandbox {
    pub(super) fn new(shared: Arc<Shared>) -> DiscordSandbox {
        DiscordSandbox(shared)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State, &mut World) -> T) -> T {
        self.0.change(change)
    }

    /// What to put where `https://discord.com` would stand; in a browser it is the page. The gateway is at the same
    /// address, as `GET /api/v10/gateway` says.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.0.look(|state, _| state.base_url.clone())
    }

    /// The token that the sandbox takes.
    #[must_use]
    pub fn token(&self) -> String {
        self.0.look(|state, _| state.options.token.clone())
    }

    /// The bot's id, which is its application's too.
    #[must_use]
    pub fn bot(&self) -> u64 {
        self.0.look(|state, _| state.bot())
    }

    /// Lets a person use a command, by its name with subcommands (`card add`) and its options with their values. The
    /// options are held against the command as it is registered. Returns the interaction's id.
    ///
    /// # Errors
    ///
    /// When there is no such command there, they may not use it, or an option does not fit.
    pub fn command(
        &self,
        user: u64,
        channel: u64,
        name: &str,
        options: &[(&str, Value)],
    ) -> Result<u64, SandboxError> {
        let place = Place { user, channel };
        self.change(|state, world| state.use_command(world, place, name, options, None))
    }

    /// The same from a line, `/card add video:abc`. A text in front of the first name is for the first option.
    ///
    /// # Errors
    ///
    /// As [`DiscordSandbox::command`].
    pub fn type_command(&self, user: u64, channel: u64, line: &str) -> Result<u64, SandboxError> {
        self.change(|state, world| state.type_command(world, Place { user, channel }, line))
    }

    /// Lets a person type an option that has suggestions; the others are as they stand so far. The suggestions are in
    /// [`DiscordSandbox::interaction`].
    ///
    /// # Errors
    ///
    /// As [`DiscordSandbox::command`], and when the option has no suggestions.
    pub fn autocomplete(
        &self,
        user: u64,
        channel: u64,
        name: &str,
        options: &[(&str, Value)],
        focused: &str,
    ) -> Result<u64, SandboxError> {
        let place = Place { user, channel };
        self.change(|state, world| state.use_command(world, place, name, options, Some(focused)))
    }

    /// Lets a person use a command from the menu of a message.
    ///
    /// # Errors
    ///
    /// When there is no such command or message there, or they may not use it.
    pub fn message_command(
        &self,
        user: u64,
        channel: u64,
        message: u64,
        name: &str,
    ) -> Result<u64, SandboxError> {
        let place = Place { user, channel };
        self.change(|state, world| state.use_on_message(world, place, message, name))
    }

    /// Lets a person press a button. Returns the interaction's id.
    ///
    /// # Errors
    ///
    /// When they see no such message, or it has no such button.
    pub fn press(
        &self,
        user: u64,
        channel: u64,
        message: u64,
        custom_id: &str,
    ) -> Result<u64, SandboxError> {
        let place = Place { user, channel };
        self.change(|state, world| state.press(world, place, message, custom_id))
    }

    /// Lets a person fill in the dialogue that was the answer to an interaction. Returns the new interaction's id.
    ///
    /// # Errors
    ///
    /// When there is no such dialogue, or an answer does not fit.
    pub fn fill_in(&self, interaction: u64, answers: &[(&str, &str)]) -> Result<u64, SandboxError> {
        self.change(|state, world| state.fill_in(world, interaction, answers))
    }

    /// Lets a person write. The bot is not told. Returns the message's id.
    ///
    /// # Errors
    ///
    /// When there is no such user or channel, or the text does not fit a message.
    pub fn say(&self, user: u64, channel: u64, text: &str) -> Result<u64, SandboxError> {
        self.change(|state, world| state.say(world, Place { user, channel }, text))
    }

    /// Tells the bot of an interaction once more.
    ///
    /// # Errors
    ///
    /// When there is no such interaction.
    pub fn deliver_again(&self, interaction: u64) -> Result<(), SandboxError> {
        self.change(|state, _| state.repeat(interaction))
    }

    /// An interaction, as it stands now.
    #[must_use]
    pub fn interaction(&self, id: u64) -> Option<Interaction> {
        self.0.look(|state, _| state.interactions.get(id).cloned())
    }

    /// The interactions of late, oldest first.
    #[must_use]
    pub fn interactions(&self) -> Vec<Interaction> {
        self.0.look(|state, _| state.interactions.all().cloned().collect())
    }

    /// The message that answers an interaction, as it stands now.
    #[must_use]
    pub fn response(&self, interaction: u64) -> Option<Message> {
        let Interaction { channel, response, .. } = self.interaction(interaction)?;
        self.message(channel, response?)
    }

    /// A message, as it stands now.
    #[must_use]
    pub fn message(&self, channel: u64, id: u64) -> Option<Message> {
        self.0.look(|_, world| world.discord.channels.get(&channel)?.message(id).cloned())
    }

    /// All messages of a channel, oldest first, also those for one reader.
    #[must_use]
    pub fn messages(&self, channel: u64) -> Vec<Message> {
        self.0.look(|_, world| {
            let channel = world.discord.channels.get(&channel);
            channel.map(|channel| channel.messages.iter().cloned().collect()).unwrap_or_default()
        })
    }

    /// The messages of a channel that somebody sees, oldest first.
    #[must_use]
    pub fn shown(&self, channel: u64, reader: u64) -> Vec<Message> {
        let mut messages = self.messages(channel);
        messages.retain(|message| message.is_for(reader));
        messages
    }

    /// The messages of the bot and of webhooks in a channel, oldest first.
    #[must_use]
    pub fn sent(&self, channel: u64) -> Vec<Message> {
        let mut messages = self.messages(channel);
        messages.retain(|message| !matches!(message.author, Author::User(_)));
        messages
    }

    /// Whether a thread is archived; `None`: there is no such channel.
    #[must_use]
    pub fn is_archived(&self, thread: u64) -> Option<bool> {
        self.0.look(|_, world| Some(world.discord.channels.get(&thread)?.is_archived))
    }

    /// The commands of a guild, or the global ones.
    #[must_use]
    pub fn commands(&self, guild: Option<u64>) -> Vec<Command> {
        self.0.look(|state, _| state.commands.get(&guild).cloned().unwrap_or_default())
    }

    /// Changes how fast a client may ask.
    pub fn limits(&self, limits: Limits) {
        self.change(|state, _| state.options.limits = limits);
    }

    /// Lets the next `times` requests in this scope fail, or all until [`DiscordSandbox::heal`]. Faults that wait for the
    /// same request come one after the other.
    pub fn plan(&self, scope: Scope, fault: Fault, times: impl Into<Option<u32>>) {
        let times = times.into();
        self.change(|state, _| state.plan.add(scope, fault, times));
    }

    /// Drops the planned faults, and lets the gateway answer heartbeats.
    pub fn heal(&self) {
        self.change(|state, _| {
            state.plan.clear();
            state.gateway.acks = true;
            state.gateway.refusals.clear();
        });
    }

    /// Ends a ban for invalid requests.
    pub fn pardon(&self) {
        self.change(|state, _| state.pace.pardon());
    }

    /// Revokes the token (every request gets 401, every new session 4004), or makes it valid again.
    pub fn revoke_token(&self, is_revoked: bool) {
        self.change(|state, _| state.is_revoked = is_revoked);
    }

    /// Does something to the connections of the gateway that are open now.
    pub fn gateway(&self, fault: GatewayFault) {
        self.change(|state, _| state.gateway.order(fault));
    }

    /// Refuses the next session that is to begin with this code.
    pub fn refuse_session(&self, code: u16) {
        self.change(|state, _| state.gateway.refusals.push_back(code));
    }

    /// Lets the gateway answer heartbeats, or not: then its connections are zombies.
    pub fn answer_heartbeats(&self, acks: bool) {
        self.change(|state, _| state.gateway.acks = acks);
    }

    /// Connections of the gateway that have a session.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.0.look(|state, _| state.gateway.connected())
    }

    /// Tells the bot something that the sandbox does not do by itself. `intents` are those that a session needs to hear
    /// of it; 0 is for all.
    pub fn dispatch(&self, intents: u64, kind: &str, data: &Value) {
        self.change(|state, _| state.gateway.tell(intents, kind, data));
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.0.look(|state, _| state.requests.iter().cloned().collect())
    }

    /// Forgets the requests so far; the counters stay.
    pub fn forget_requests(&self) {
        self.change(|state, _| state.requests.clear());
    }

    /// How often things happened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.look(|state, _| state.counters)
    }

    /// The operations that the sandbox has.
    pub fn known_operations() -> impl Iterator<Item = Operation> {
        routes::operations()
    }

    /// Waits until `check` holds; it is asked now and after every change. Wrap it in a time-out where it may never hold.
    pub async fn wait_for(&self, mut check: impl FnMut(&DiscordSandbox) -> bool) {
        let mut changes = self.0.changed.subscribe();
        loop {
            changes.mark_unchanged();
            if check(self) || changes.changed().await.is_err() {
                return;
            }
        }
    }
}
