//! The people, guilds and roles of the sandbox, and what administrators do to them; the bot is told what it may hear.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::SandboxError;
use super::handle::DiscordSandbox;
use super::session::GUILDS;
use super::state::State;
use super::wire;
use crate::world::World;
use crate::world::discord::{Guild, Member, Rights, Role, User, Whom};

/// Makes the bot, who is in no guild yet.
pub(super) fn add_bot(state: &State, world: &mut World) {
    let (id, name) = (state.bot(), state.options.name.clone());
    world.discord.users.insert(id, User { id, name, is_bot: true, takes_dms: false });
}

impl DiscordSandbox {
    /// Makes a person.
    pub fn user(&self, id: u64, name: &str) {
        self.change(|_, world| {
            let user = User { id, name: name.to_owned(), is_bot: false, takes_dms: true };
            world.discord.users.insert(id, user);
        });
    }

    /// Makes a guild with its owner and the bot in it. Everybody may look, write, embed, attach and use commands; the
    /// role of everybody has the guild's id.
    pub fn guild(&self, id: u64, name: &str, owner: u64) {
        self.change(|state, world| {
            let member = Member { roles: BTreeSet::new(), joined_at: world.now() };
            let everybody = Role {
                id,
                name: "@everyone".to_owned(),
                rights: Rights::EVERYBODY,
                is_mentionable: false,
            };
            let guild = Guild {
                id,
                name: name.to_owned(),
                owner,
                roles: std::iter::once((id, everybody)).collect(),
                members: [(owner, member.clone()), (state.bot(), member)].into_iter().collect(),
                is_away: false,
            };
            world.discord.guilds.insert(id, guild);
            tell_guild(state, world, id);
        });
    }

    /// Puts a person, or the bot, into a guild, with these roles; who is there gets these roles instead of those before.
    ///
    /// # Errors
    ///
    /// When there is no such guild or user.
    pub fn join(&self, user: u64, guild: u64, roles: &[u64]) -> Result<(), SandboxError> {
        self.change(|state, world| {
            if !world.discord.users.contains_key(&user) {
                return Err(SandboxError::UnknownUser);
            }
            let now = world.now();
            let found = guild_mut(world, guild)?;
            let roles = roles.iter().copied().collect();
            let before = found.members.insert(user, Member { roles, joined_at: now });
            let is_bot = user == state.bot();
            if is_bot && before.is_none() {
                tell_guild(state, world, guild);
            } else if is_bot {
                tell_own_member(state, world, guild);
            }
            Ok(())
        })
    }

    /// Takes a person, or the bot, out of a guild. The bot is told when it is the one.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn remove_member(&self, user: u64, guild: u64) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let was_there = guild_mut(world, guild)?.members.remove(&user).is_some();
            if was_there && user == state.bot() {
                // Its commands of this guild go along.
                state.commands.remove(&Some(guild));
                state.gateway.tell(GUILDS, "GUILD_DELETE", &json!({"id": wire::id(guild)}));
            }
            Ok(())
        })
    }

    /// Takes the bot out of a guild; it is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn remove_bot(&self, guild: u64) -> Result<(), SandboxError> {
        self.remove_member(self.bot(), guild)
    }

    /// Hides a guild by an outage, or ends it; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn outage(&self, guild: u64, is_away: bool) -> Result<(), SandboxError> {
        self.change(|state, world| {
            guild_mut(world, guild)?.is_away = is_away;
            if is_away {
                let told = json!({"id": wire::id(guild), "unavailable": true});
                state.gateway.tell(GUILDS, "GUILD_DELETE", &told);
            } else {
                tell_guild(state, world, guild);
            }
            Ok(())
        })
    }

    /// Ends a guild with all its channels; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn delete_guild(&self, guild: u64) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let found = world.discord.guilds.remove(&guild).ok_or(SandboxError::UnknownGuild)?;
            world.discord.channels.retain(|_, channel| channel.guild != Some(guild));
            forget_webhooks(world);
            state.commands.remove(&Some(guild));
            if found.members.contains_key(&state.bot()) {
                state.gateway.tell(GUILDS, "GUILD_DELETE", &json!({"id": wire::id(guild)}));
            }
            Ok(())
        })
    }

    /// Makes a role, or changes one; the bot is told. The role of everybody has the guild's id.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn role(
        &self,
        guild: u64,
        id: u64,
        name: &str,
        rights: Rights,
        is_mentionable: bool,
    ) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let role = Role { id, name: name.to_owned(), rights, is_mentionable };
            let json = wire::role(&role, 1);
            let before = guild_mut(world, guild)?.roles.insert(id, role);
            let kind = if before.is_some() { "GUILD_ROLE_UPDATE" } else { "GUILD_ROLE_CREATE" };
            tell_member(
                state,
                world,
                guild,
                kind,
                &json!({"guild_id": wire::id(guild), "role": json}),
            );
            Ok(())
        })
    }

    /// Deletes a role; whoever had it has it no more, and the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn delete_role(&self, guild: u64, id: u64) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let found = guild_mut(world, guild)?;
            found.roles.remove(&id);
            let mut of_bot = false;
            for (user, member) in &mut found.members {
                let had = member.roles.remove(&id);
                of_bot |= had && *user == state.bot();
            }
            for channel in world.discord.channels.values_mut() {
                channel.overwrites.retain(|overwrite| overwrite.whom != Whom::Role(id));
            }
            let told = json!({"guild_id": wire::id(guild), "role_id": wire::id(id)});
            tell_member(state, world, guild, "GUILD_ROLE_DELETE", &told);
            if of_bot {
                tell_own_member(state, world, guild);
            }
            Ok(())
        })
    }
}

pub(super) fn guild_mut(world: &mut World, id: u64) -> Result<&mut Guild, SandboxError> {
    world.discord.guilds.get_mut(&id).ok_or(SandboxError::UnknownGuild)
}

/// Webhooks end with their channels.
pub(super) fn forget_webhooks(world: &mut World) {
    let channels = &world.discord.channels;
    world.discord.webhooks.retain(|_, hook| channels.contains_key(&hook.channel));
}

/// Tells the bot something of a guild that it is in.
pub(super) fn tell_member(state: &mut State, world: &World, guild: u64, kind: &str, told: &Value) {
    if state.is_in(&world.discord, guild) {
        state.gateway.tell(GUILDS, kind, told);
    }
}

/// Tells the bot of a guild that it is in.
fn tell_guild(state: &mut State, world: &World, guild: u64) {
    let found = world.discord.guilds.get(&guild).filter(|_| state.is_in(&world.discord, guild));
    if let Some(found) = found {
        let json = state.guild_create(world, found);
        state.gateway.tell(GUILDS, "GUILD_CREATE", &json);
    }
}

/// Tells the bot how it stands in a guild: of itself it hears without a privilege.
fn tell_own_member(state: &mut State, world: &World, guild: u64) {
    let found = world.discord.guilds.get(&guild);
    let Some(member) = found.and_then(|guild| guild.members.get(&state.bot())) else { return };
    let mut json = wire::member(world, state.bot(), member);
    json["guild_id"] = wire::id(guild);
    state.gateway.tell(GUILDS, "GUILD_MEMBER_UPDATE", &json);
}
