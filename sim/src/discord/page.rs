//! The page at `/`, and the few requests it makes. A client of the gateway comes to the same address.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, Query, RawQuery, State as Shares};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::command::{CommandKind, CommandOption};
use super::gateway;
use super::handle::DiscordSandbox;
use super::state::State;
use super::{SandboxError, Shared};
use crate::loopback::{self, Frames};
use crate::world::World;
use crate::world::discord::{Author, Channel, ChannelKind, Message, Rights};

/// The page; `{{nonce}}` marks its own style and script.
const PAGE: &str = include_str!("page.html");
/// Messages that the page shows.
const SHOWN_MAX: usize = 100;

/// `GET /`, with or without an upgrade to a WebSocket.
pub(super) async fn page_or_gateway(
    shares: Shares<Arc<Shared>>,
    query: RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => gateway::upgrade(shares, query, upgrade).await,
        Err(_) => {
            let within = shares.look(|state, _| state.options.framed_by);
            loopback::page(PAGE, Frames { within, ..Frames::default() })
        }
    }
}

/// Who looks, and at which channel; without a user the first one, without a channel the first that they see.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    user: Option<u64>,
    channel: Option<u64>,
}

impl Whose {
    fn find(&self, world: &World) -> Option<(u64, u64)> {
        let mut people = world.discord.users.values().filter(|user| !user.is_bot);
        let user = self.user.or_else(|| people.next().map(|user| user.id))?;
        let sees = |channel: &&Channel| is_writable(channel) && sees(world, user, channel);
        let channel = match self.channel {
            Some(id) => world.discord.channels.get(&id).filter(sees),
            None => world.discord.channels.values().find(sees),
        };
        Some((user, channel?.id))
    }
}

fn is_writable(channel: &Channel) -> bool {
    !matches!(channel.kind, ChannelKind::Category | ChannelKind::Forum)
}

fn sees(world: &World, user: u64, channel: &Channel) -> bool {
    match channel.guild {
        None => channel.recipient == Some(user),
        Some(_) => world.discord.rights(user, channel.id).have(Rights::VIEW_CHANNEL),
    }
}

/// `GET /sandbox/messages`: all that the page shows.
pub(super) async fn messages(
    Shares(shared): Shares<Arc<Shared>>,
    Query(whose): Query<Whose>,
) -> Response {
    let screen = shared.look(|state, world| {
        let (user, id) = whose.find(world)?;
        let channel = world.discord.channels.get(&id)?;
        let seen: Vec<&Message> =
            channel.messages.iter().filter(|message| message.is_for(user)).collect();
        let shown = seen.get(seen.len().saturating_sub(SHOWN_MAX)..).unwrap_or_default();
        let guild = channel.guild.and_then(|guild| world.discord.guilds.get(&guild));
        let places = world.discord.channels.values();
        let places = places.filter(|place| is_writable(place) && sees(world, user, place));
        Some(json!({
            "bot": state.options.name,
            // Ids are too large for JavaScript's numbers.
            "user": user.to_string(),
            "channel": id.to_string(),
            "guild": guild.map(|guild| &guild.name),
            "channels": places.map(|place| place_json(state, place)).collect::<Vec<Value>>(),
            "commands": commands(state, channel),
            "hints": state.options.hints,
            "messages": shown.iter().map(|message| bubble(state, world, message)).collect::<Vec<Value>>(),
            "waiting": waiting(state, user, id),
        }))
    });
    match screen {
        Some(screen) => Json(screen).into_response(),
        None => refuse(&SandboxError::UnknownChannel),
    }
}

fn place_json(state: &State, channel: &Channel) -> Value {
    let name = match channel.kind {
        ChannelKind::Dm => state.options.name.as_str(),
        _ => channel.name.as_str(),
    };
    json!({"id": channel.id.to_string(), "name": name, "kind": channel.kind as u8})
}

/// The commands that can be typed there, each subcommand by itself.
fn commands(state: &State, channel: &Channel) -> Value {
    let mut found = Vec::new();
    for command in state.commands_in(channel.guild).filter(|c| c.kind == CommandKind::Slash) {
        leaves(&command.name, &command.description, &command.options, &mut found);
    }
    Value::Array(found)
}

fn leaves(name: &str, description: &str, options: &[CommandOption], found: &mut Vec<Value>) {
    let is_inner = |option: &&CommandOption| matches!(option.kind, 1 | 2);
    let mut inner = options.iter().filter(is_inner).peekable();
    if inner.peek().is_none() {
        let options: Vec<Value> = options
            .iter()
            .map(|option| json!({"name": option.name, "required": option.is_required}))
            .collect();
        found.push(json!({"name": name, "description": description, "options": options}));
        return;
    }
    for option in inner {
        leaves(&format!("{name} {}", option.name), &option.description, &option.options, found);
    }
}

/// What the bot has not answered in time.
fn waiting(state: &State, user: u64, channel: u64) -> Value {
    let own = state.interactions.all().filter(|i| i.user == user && i.channel == channel);
    let late = own.filter(|interaction| interaction.is_late());
    late.map(|interaction| json!(interaction.id.to_string())).collect()
}

fn bubble(state: &State, world: &World, message: &Message) -> Value {
    let (name, is_bot) = match &message.author {
        Author::User(user) => {
            (world.discord.users.get(user).map_or("?", |user| user.name.as_str()), false)
        }
        Author::Bot => (state.options.name.as_str(), true),
        Author::Webhook { name, .. } => (name.as_str(), true),
    };
    let asker = message.origin.as_ref().map(|origin| {
        let user = world.discord.users.get(&origin.user);
        json!({"name": user.map_or("?", |user| user.name.as_str()), "command": origin.command})
    });
    let buttons: Vec<Vec<Value>> = message
        .buttons
        .iter()
        .map(|row| {
            row.iter()
                .map(|button| {
                    json!({
                        "style": button.style as u8,
                        "label": button.label,
                        "emoji": button.emoji.as_ref().map(|emoji| &emoji["name"]),
                        "id": button.custom_id,
                        "url": button.url,
                        "off": button.is_disabled,
                    })
                })
                .collect()
        })
        .collect();
    json!({
        "id": message.id.to_string(),
        "name": name,
        "bot": is_bot,
        "asker": asker,
        "date": message.date.as_millisecond(),
        "edited": message.edited.map(Timestamp::as_millisecond),
        "content": message.content,
        "names": names(world, &message.content),
        "embeds": message.embeds.iter().map(|embed| state.embed(message, embed)).collect::<Vec<Value>>(),
        "files": message.attachments.iter().map(|file| {
            json!({"name": file.filename, "url": state.file_url(message, file)})
        }).collect::<Vec<Value>>(),
        "buttons": buttons,
        "loading": message.is_loading(),
        "only": message.only_for.is_some(),
        "silent": message.is_silent(),
        "rings": !message.pings.is_none(),
    })
}

/// What the people, roles and channels that a text mentions are called.
fn names(world: &World, content: &str) -> Value {
    let mut names = json!({});
    for piece in content.split('<').skip(1) {
        let Some((inner, _)) = piece.split_once('>') else { continue };
        let id = inner.trim_start_matches(|c: char| !c.is_ascii_digit());
        let Ok(id) = id.parse::<u64>() else { continue };
        let user = world.discord.users.get(&id).map(|user| &user.name);
        let channel = || world.discord.channels.get(&id).map(|channel| &channel.name);
        let mut guilds = world.discord.guilds.values();
        let role = || guilds.find_map(|guild| guild.roles.get(&id)).map(|role| &role.name);
        if let Some(name) = user.or_else(channel).or_else(role) {
            names[inner] = json!(name);
        }
    }
    names
}

/// `GET /sandbox/events`: an event whenever a screen may have changed.
pub(super) async fn events(
    Shares(shared): Shares<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (changed, stop) = (shared.changed.subscribe(), shared.simulation.stopping().clone());
    loopback::changes(changed, move || shared.look(|state, _| state.screen), stop)
}

/// `GET /attachments/{channel}/{file}/{name}`: a file of a message that is kept.
pub(super) async fn attachment(
    Shares(shared): Shares<Arc<Shared>>,
    Path((channel, file, _)): Path<(u64, u64, String)>,
) -> Response {
    let found = shared.look(|_, world| {
        let channel = world.discord.channels.get(&channel)?;
        let mut files = channel.messages.iter().flat_map(|message| &message.attachments);
        files.find(|held| held.id == file).cloned()
    });
    let Some(found) = found else { return StatusCode::NOT_FOUND.into_response() };
    // What came from elsewhere is shown as a picture, or saved.
    let kind = match found.content_type.as_deref() {
        Some("image/png") => "image/png",
        Some("image/jpeg") => "image/jpeg",
        Some("image/gif") => "image/gif",
        Some("image/webp") => "image/webp",
        _ => "application/octet-stream",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Bytes::copy_from_slice(&found.bytes)).into_response()
}

/// What the page says: a command, when it begins with a slash.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    user: String,
    channel: String,
    text: String,
}

/// `POST /sandbox/say`
pub(super) async fn say(Shares(shared): Shares<Arc<Shared>>, Json(say): Json<Say>) -> Response {
    let (user, channel) = (number(&say.user), number(&say.channel));
    let sandbox = DiscordSandbox::new(shared);
    let said = if say.text.trim_start().starts_with('/') {
        sandbox.type_command(user, channel, &say.text)
    } else {
        sandbox.say(user, channel, &say.text)
    };
    answer(said)
}

/// The button that is pressed on the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    user: String,
    channel: String,
    message: String,
    id: String,
}

/// `POST /sandbox/press`
pub(super) async fn press(
    Shares(shared): Shares<Arc<Shared>>,
    Json(press): Json<Press>,
) -> Response {
    let (user, channel) = (number(&press.user), number(&press.channel));
    let message = number(&press.message);
    answer(DiscordSandbox::new(shared).press(user, channel, message, &press.id))
}

/// An id as the page has it; what is none is nobody's.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn answer(done: Result<u64, SandboxError>) -> Response {
    match done {
        Ok(id) => Json(json!({"id": id.to_string()})).into_response(),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &SandboxError) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()}))).into_response()
}
