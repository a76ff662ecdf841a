//! What a bot asks about itself, about guilds and channels, and about its commands.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::args::Args;
use super::command;
use super::form::Form;
use super::known::Known;
use super::register;
use super::state::State;
use super::wire;
use crate::world::World;
use crate::world::discord::{Channel, ChannelKind, Guild};

impl State {
    /// `GET /users/@me`
    pub(super) fn get_me(&mut self, world: &mut World, _: &Args) -> Answer {
        let mut me = wire::somebody(world, self.bot());
        for (name, value) in [
            ("mfa_enabled", json!(true)),
            ("locale", json!("en-US")),
            ("verified", json!(true)),
            ("email", Value::Null),
        ] {
            me[name] = value;
        }
        Ok(Reply::Json(me))
    }

    /// `GET /applications/@me`, and the same under `/oauth2`.
    pub(super) fn get_application(&mut self, world: &mut World, _: &Args) -> Answer {
        Ok(Reply::Json(json!({
            "id": wire::id(self.bot()),
            "name": self.options.name,
            "icon": null,
            "description": "",
            "type": null,
            "bot": wire::somebody(world, self.bot()),
            "bot_public": true,
            "bot_require_code_grant": false,
            "verify_key": "0".repeat(64),
            "flags": 0,
            "flags_new": "0",
            "redirect_uris": [],
            "interactions_endpoint_url": null,
            "role_connections_verification_url": null,
            "owner": wire::somebody(world, self.bot()),
            "approximate_guild_count": world.discord.guilds.len(),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": null,
            "eligible_oauth2_scopes": [],
        })))
    }

    /// `GET /gateway`
    pub(super) fn get_gateway(&mut self, _: &mut World, _: &Args) -> Answer {
        Ok(Reply::Json(json!({"url": self.gateway_url()})))
    }

    /// `GET /gateway/bot`
    pub(super) fn get_gateway_bot(&mut self, _: &mut World, _: &Args) -> Answer {
        Ok(Reply::Json(json!({
            "url": self.gateway_url(),
            "shards": 1,
            "session_start_limit": {
                "total": self.options.identifies_per_day,
                "remaining": self.gateway.identifies_left,
                "reset_after": 14_400_000,
                "max_concurrency": 1,
            },
        })))
    }

    /// Where the gateway is.
    pub(super) fn gateway_url(&self) -> String {
        self.base_url.replacen("http", "ws", 1)
    }

    /// `GET /channels/{channel_id}`
    pub(super) fn get_channel(&mut self, world: &mut World, args: &Args) -> Answer {
        let id = args.id("channel_id")?;
        self.visible(world, id)?;
        let found = world.discord.channels.get(&id).ok_or(Known::UnknownChannel)?;
        Ok(Reply::Json(wire::channel(world, found)))
    }

    /// A guild that the bot is in.
    fn own_guild<'a>(&self, world: &'a World, args: &Args) -> Result<&'a Guild, Refusal> {
        let id = args.id("guild_id")?;
        let found = world.discord.guilds.get(&id).filter(|_| self.is_in(&world.discord, id));
        let found = found.ok_or(Known::UnknownGuild)?;
        if found.is_away {
            return Err(Known::MissingAccess.into());
        }
        Ok(found)
    }

    /// `GET /guilds/{guild_id}`
    pub(super) fn get_guild(&mut self, world: &mut World, args: &Args) -> Answer {
        let guild = self.own_guild(world, args)?;
        let mut out = wire::guild(guild);
        if args.is_true("with_counts") {
            out["approximate_member_count"] = json!(guild.members.len());
            out["approximate_presence_count"] = json!(guild.members.len());
        }
        Ok(Reply::Json(out))
    }

    /// `GET /guilds/{guild_id}/channels`: all, also those that the bot does not see.
    pub(super) fn list_channels(&mut self, world: &mut World, args: &Args) -> Answer {
        let guild = self.own_guild(world, args)?.id;
        let channels = world.discord.channels_of(guild);
        Ok(Reply::Json(channels.map(|channel| wire::channel(world, channel)).collect()))
    }

    /// `GET /guilds/{guild_id}/roles`
    pub(super) fn list_roles(&mut self, world: &mut World, args: &Args) -> Answer {
        Ok(Reply::Json(wire::roles(self.own_guild(world, args)?)))
    }

    /// `GET /guilds/{guild_id}/members/{user_id}`
    pub(super) fn get_member(&mut self, world: &mut World, args: &Args) -> Answer {
        let guild = self.own_guild(world, args)?;
        let user = args.id("user_id")?;
        if !world.discord.users.contains_key(&user) {
            return Err(Known::UnknownUser.into());
        }
        let member = guild.members.get(&user).ok_or(Known::UnknownMember)?;
        Ok(Reply::Json(wire::member(world, user, member)))
    }

    /// `POST /users/@me/channels`: the conversation with somebody, which may be new.
    pub(super) fn create_dm(&mut self, world: &mut World, args: &Args) -> Answer {
        let body = args.body.object()?;
        let mut form = Form::default();
        let user = match body.get("recipient_id").filter(|id| !id.is_null()) {
            Some(id) => form.snowflake(id, "recipient_id"),
            None => {
                form.required("recipient_id");
                None
            }
        };
        form.check()?;
        let user =
            user.filter(|user| world.discord.users.contains_key(user) && *user != self.bot());
        let id = conversation(world, user.ok_or(Known::UnknownUser)?);
        let found = world.discord.channels.get(&id).ok_or(Known::UnknownChannel)?;
        Ok(Reply::Json(wire::channel(world, found)))
    }

    /// Whose commands a path names: those of a guild, or the global ones.
    fn holder(&self, world: &World, args: &Args) -> Result<Option<u64>, Refusal> {
        if args.id("application_id")? != self.bot() {
            return Err(Known::NotOfThisApplication.into());
        }
        if args.text("guild_id").is_empty() {
            return Ok(None);
        }
        let guild = args.id("guild_id")?;
        if !self.is_in(&world.discord, guild) {
            return Err(Known::MissingAccess.into());
        }
        Ok(Some(guild))
    }

    /// `GET /applications/{application_id}/commands`, and those of a guild.
    pub(super) fn list_commands(&mut self, world: &mut World, args: &Args) -> Answer {
        let holder = self.holder(world, args)?;
        Ok(Reply::Json(self.commands_json(holder)))
    }

    fn commands_json(&self, holder: Option<u64>) -> Value {
        let commands = self.commands.get(&holder).into_iter().flatten();
        commands.map(|command| command::json(command, self.bot())).collect()
    }

    /// `PUT /applications/{application_id}/commands`, and those of a guild: these and no others.
    pub(super) fn set_commands(&mut self, world: &mut World, args: &Args) -> Answer {
        let holder = self.holder(world, args)?;
        let mut form = Form::default();
        let list = args.body.json.as_array();
        if list.is_none() && !args.body.json.is_null() {
            form.wrong("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        }
        let mut commands = register::read(&mut form, list.map_or(&[][..], Vec::as_slice));
        form.check()?;
        let before = self.commands.get(&holder).cloned().unwrap_or_default();
        let known = |command: &command::Command| {
            let mut before = before.iter();
            before.find(|old| old.kind == command.kind && old.name == command.name)
        };
        let new = commands.iter().filter(|command| known(command).is_none()).count();
        if !self.may_create(world.now(), holder, new) {
            return Err(Known::TooManyNewCommands.into());
        }
        for command in &mut commands {
            command.id = known(command).map_or_else(|| world.snowflake(), |old| old.id);
            command.version = world.snowflake();
            command.guild = holder;
        }
        self.commands.insert(holder, commands);
        self.screen += 1;
        Ok(Reply::Json(self.commands_json(holder)))
    }
}

/// The conversation with somebody, who is there.
pub(super) fn conversation(world: &mut World, user: u64) -> u64 {
    if let Some(id) = world.discord.conversation(user) {
        return id;
    }
    let id = world.snowflake();
    let mut channel = Channel::new(id, ChannelKind::Dm, "");
    channel.recipient = Some(user);
    world.discord.channels.insert(id, channel);
    id
}
