//! What there is, as the API writes it. Ids are texts.

use serde_json::{Value, json};

use super::components;
use super::state::State;
use crate::world::World;
use crate::world::discord::{
    Attachment, Author, Channel, ChannelKind, Embed, Guild, Member, Message, Origin, Role, User,
    Whom,
};

/// An id as the API writes it.
pub(super) fn id(id: u64) -> Value {
    Value::String(id.to_string())
}

/// Several ids.
fn ids(ids: &[u64]) -> Value {
    ids.iter().map(|one| id(*one)).collect()
}

/// A person or the bot.
pub(super) fn user(user: &User) -> Value {
    json!({
        "id": id(user.id),
        "username": user.name,
        "global_name": null,
        "discriminator": if user.is_bot { "4321" } else { "0" },
        "avatar": null,
        "bot": user.is_bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": null,
    })
}

/// Somebody that may not be there any more.
pub(super) fn somebody(world: &World, who: u64) -> Value {
    world.discord.users.get(&who).map_or_else(|| json!({"id": id(who)}), user)
}

/// A role.
pub(super) fn role(role: &Role, position: usize) -> Value {
    json!({
        "id": id(role.id),
        "name": role.name,
        "permissions": role.rights.0.to_string(),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false,
        "managed": false,
        "mentionable": role.is_mentionable,
        "icon": null,
        "unicode_emoji": null,
        "flags": 0,
    })
}

/// All roles of a guild, that of everybody first.
pub(super) fn roles(guild: &Guild) -> Value {
    let (everybody, others): (Vec<&Role>, _) =
        guild.roles.values().partition(|role| role.id == guild.id);
    let all = everybody.into_iter().chain(others).enumerate();
    all.map(|(position, one)| role(one, position)).collect()
}

/// Somebody in a guild.
pub(super) fn member(world: &World, who: u64, member: &Member) -> Value {
    let roles: Vec<u64> = member.roles.iter().copied().collect();
    json!({
        "user": somebody(world, who),
        "nick": null,
        "avatar": null,
        "banner": null,
        "roles": ids(&roles),
        "joined_at": member.joined_at.to_string(),
        "premium_since": null,
        "communication_disabled_until": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
    })
}

/// A channel of any kind.
pub(super) fn channel(world: &World, channel: &Channel) -> Value {
    let last = channel.messages.back().map(|message| message.id.to_string());
    let mut out = json!({
        "id": id(channel.id),
        "type": channel.kind as u8,
        "last_message_id": last,
        "flags": 0,
    });
    if let Some(guild) = channel.guild {
        out["guild_id"] = id(guild);
        out["name"] = json!(channel.name);
        out["parent_id"] = channel.parent.map_or(Value::Null, id);
        out["rate_limit_per_user"] = json!(0);
    }
    match channel.kind {
        ChannelKind::Dm => {
            let recipients: Vec<Value> =
                channel.recipient.iter().map(|who| somebody(world, *who)).collect();
            out["recipients"] = json!(recipients);
        }
        ChannelKind::Thread => {
            out["owner_id"] = channel.guild.map_or(Value::Null, |guild| {
                world.discord.guilds.get(&guild).map_or(Value::Null, |guild| id(guild.owner))
            });
            out["thread_metadata"] = json!({
                "archived": channel.is_archived,
                "archive_timestamp": world.now().to_string(),
                "auto_archive_duration": 4_320,
                "locked": channel.is_locked,
            });
            out["message_count"] = json!(channel.messages.len());
            out["total_message_sent"] = json!(channel.messages.len());
            out["member_count"] = json!(1);
        }
        ChannelKind::Text | ChannelKind::Category | ChannelKind::Forum => {
            out["position"] = json!(0);
            out["nsfw"] = json!(false);
            out["topic"] = Value::Null;
            out["permission_overwrites"] = overwrites(channel);
        }
    }
    out
}

fn overwrites(channel: &Channel) -> Value {
    let overwrites = channel.overwrites.iter().map(|overwrite| {
        let (whom, kind) = match overwrite.whom {
            Whom::Role(role) => (role, 0),
            Whom::Member(member) => (member, 1),
        };
        json!({
            "id": id(whom),
            "type": kind,
            "allow": overwrite.allow.0.to_string(),
            "deny": overwrite.deny.0.to_string(),
        })
    });
    overwrites.collect()
}

/// A guild as `GET` answers it.
pub(super) fn guild(guild: &Guild) -> Value {
    json!({
        "id": id(guild.id),
        "name": guild.name,
        "icon": null,
        "description": null,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": id(guild.owner),
        "application_id": null,
        "region": "deprecated",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 1,
        "roles": roles(guild),
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
    })
}

impl State {
    /// A guild as the gateway tells it, with all that is in it.
    pub(super) fn guild_create(&self, world: &World, of: &Guild) -> Value {
        let mut out = guild(of);
        let own = of.members.get(&self.bot());
        let channels = world.discord.channels_of(of.id);
        out["channels"] = channels.map(|one| channel(world, one)).collect();
        let threads = world.discord.open_threads(of.id);
        out["threads"] = threads.map(|one| channel(world, one)).collect();
        out["members"] = own.iter().map(|own| member(world, self.bot(), own)).collect();
        out["member_count"] = json!(of.members.len());
        out["joined_at"] = json!(own.map(|own| own.joined_at.to_string()));
        out["large"] = json!(false);
        out["unavailable"] = json!(false);
        for name in ["voice_states", "presences", "stage_instances", "guild_scheduled_events"] {
            out[name] = json!([]);
        }
        out["soundboard_sounds"] = json!([]);
        out
    }

    /// A message.
    pub(super) fn message(&self, world: &World, message: &Message) -> Value {
        let attachments = message.attachments.iter().map(|file| self.attachment(message, file));
        let mentioned = message.pings.users.iter().map(|who| somebody(world, *who));
        let mut out = json!({
            "id": id(message.id),
            "type": kind(message),
            "channel_id": id(message.channel),
            "author": self.author(world, &message.author),
            "content": message.content,
            "timestamp": message.date.to_string(),
            "edited_timestamp": message.edited.map(|at| at.to_string()),
            "tts": false,
            "mention_everyone": message.pings.everyone,
            "mentions": mentioned.collect::<Vec<Value>>(),
            "mention_roles": ids(&message.pings.roles),
            "attachments": attachments.collect::<Vec<Value>>(),
            "embeds": message.embeds.iter().map(|embed| self.embed(message, embed)).collect::<Vec<Value>>(),
            "components": components::json(&message.buttons),
            "flags": message.flags,
            "pinned": false,
        });
        if let Some(nonce) = &message.nonce {
            out["nonce"] = nonce.clone();
        }
        if let Author::Webhook { id: webhook, .. } = message.author {
            out["webhook_id"] = id(webhook);
        }
        if let Some(origin) = &message.origin {
            out["webhook_id"] = id(self.bot());
            out["application_id"] = id(self.bot());
            out["interaction_metadata"] = metadata(world, message, origin);
        }
        if let Some(replied) = message.reply_to {
            out["message_reference"] =
                json!({"type": 0, "channel_id": id(message.channel), "message_id": id(replied)});
        }
        out
    }

    fn author(&self, world: &World, author: &Author) -> Value {
        match author {
            Author::User(who) => somebody(world, *who),
            Author::Bot => somebody(world, self.bot()),
            Author::Webhook { id: webhook, name } => json!({
                "id": id(*webhook),
                "username": name,
                "global_name": null,
                "discriminator": "0000",
                "avatar": null,
                "bot": true,
                "public_flags": 0,
                "flags": 0,
                "primary_guild": null,
            }),
        }
    }

    /// Where a file of a message is.
    pub(super) fn file_url(&self, message: &Message, file: &Attachment) -> String {
        format!("{}/attachments/{}/{}/{}", self.base_url, message.channel, file.id, file.filename)
    }

    fn attachment(&self, message: &Message, file: &Attachment) -> Value {
        let url = self.file_url(message, file);
        let mut out = json!({
            "id": id(file.id),
            "filename": file.filename,
            "size": file.bytes.len(),
            "url": url,
            "proxy_url": url,
        });
        for (name, text) in
            [("content_type", &file.content_type), ("description", &file.description)]
        {
            if let Some(text) = text {
                out[name] = json!(text);
            }
        }
        out
    }

    /// An embed, with the addresses of the files that it names.
    pub(super) fn embed(&self, message: &Message, embed: &Embed) -> Value {
        let mut out = json!(embed);
        out["type"] = json!("rich");
        for place in ["/image/url", "/thumbnail/url", "/author/icon_url", "/footer/icon_url"] {
            let Some(url) = out.pointer_mut(place) else { continue };
            let named = url.as_str().and_then(|url| url.strip_prefix("attachment://"));
            let file =
                named.and_then(|name| message.attachments.iter().find(|f| f.filename == name));
            if let Some(file) = file {
                *url = json!(self.file_url(message, file));
            }
        }
        out
    }
}

/// Discord's number of a kind of message.
fn kind(message: &Message) -> u8 {
    match (&message.origin, message.reply_to) {
        (Some(origin), _) if origin.kind == 2 => 20,
        (_, Some(_)) => 19,
        _ => 0,
    }
}

fn metadata(world: &World, message: &Message, origin: &Origin) -> Value {
    let mut out = json!({
        "id": id(origin.interaction),
        "type": origin.kind,
        "user": somebody(world, origin.user),
        "authorizing_integration_owners": {},
    });
    if origin.kind == 3 {
        // Discord names the message whose button was pressed; here it is the one that was changed or written.
        out["interacted_message_id"] = id(message.reply_to.unwrap_or(message.id));
    } else if origin.kind == 5 {
        out["triggering_interaction_metadata"] = json!({
            "id": id(origin.interaction),
            "type": 2,
            "user": somebody(world, origin.user),
            "authorizing_integration_owners": {},
        });
    }
    out
}
