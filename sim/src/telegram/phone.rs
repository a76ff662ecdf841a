//! The phone: the page at `/`, and the few requests it makes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State as Shares};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::State;
use super::{SandboxError, Shared, TelegramSandbox};
use crate::loopback::{self, Frames};
use crate::world::World;
use crate::world::chats::Message;

/// The page; `{{nonce}}` marks its own style and script.
const PAGE: &str = include_str!("page.html");
/// Messages that the page shows.
const SHOWN_MAX: usize = 200;
/// Answers to buttons that the page is told of.
const TOASTS_MAX: usize = 20;

/// Whose phone it is, and what it shows; without a user the first one's.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    user: Option<i64>,
    chat: Option<i64>,
}

impl Whose {
    fn find(&self, world: &World) -> Option<(i64, i64)> {
        let user = self.user.or_else(|| world.users.keys().next().copied())?;
        world.users.contains_key(&user).then_some((user, self.chat.unwrap_or(user)))
    }
}

/// `GET /`
pub(super) async fn page(Shares(shared): Shares<Arc<Shared>>) -> Response {
    let within = shared.look(|state, _| state.options.framed_by);
    loopback::page(PAGE, Frames { within, ..Frames::default() })
}

/// `GET /sandbox/messages`: all that the page shows.
pub(super) async fn messages(
    Shares(shared): Shares<Arc<Shared>>,
    Query(whose): Query<Whose>,
) -> Response {
    let screen = shared.look(|state, world| {
        let (user, chat) = whose.find(world)?;
        let person = world.users.get(&user)?;
        let held = world.chats.get(&chat)?;
        let skipped = held.messages.len().saturating_sub(SHOWN_MAX);
        let shown: Vec<Value> =
            held.messages.iter().skip(skipped).map(|m| bubble(state, world, m, user)).collect();
        let own: Vec<_> = state.answers.iter().filter(|answer| answer.user == user).collect();
        let toasts = own.get(own.len().saturating_sub(TOASTS_MAX)..).unwrap_or_default();
        Some(json!({
            "bot": {"name": state.options.name, "username": state.options.username},
            "user": {"id": user, "name": person.name},
            "chat": {"id": chat, "title": held.title, "private": held.is_private()},
            "started": held.is_started,
            "commands": state.menu(chat),
            "hints": state.options.hints,
            "messages": shown,
            "toasts": toasts,
        }))
    });
    match screen {
        Some(screen) => Json(screen).into_response(),
        None => refuse(SandboxError::UnknownUser),
    }
}

fn bubble(state: &State, world: &World, message: &Message, reader: i64) -> Value {
    let writer = message.from.and_then(|id| world.users.get(&id));
    // Another address for another photo or file, or the page would show the one that it has.
    let at = message.edited.unwrap_or(message.date).as_millisecond();
    let url = |kind: &str| {
        let (chat, id) = (message.chat, message.id);
        format!("/sandbox/{kind}?chat={chat}&message={id}&at={at}")
    };
    json!({
        "id": message.id,
        "mine": message.from == Some(reader),
        "name": writer.map_or(state.options.name.as_str(), |user| user.name.as_str()),
        "date": message.date.as_millisecond(),
        "edited": message.edited.map(Timestamp::as_millisecond),
        "photo": message.photo.as_ref().map(|photo| {
            json!({"url": url("photo"), "width": photo.width, "height": photo.height})
        }),
        "document": message.document.as_ref().map(|document| {
            json!({"url": url("document"), "name": document.name, "bytes": document.bytes.len()})
        }),
        "text": message.text,
        "entities": message.entities,
        "buttons": message.buttons,
        "silent": message.silent,
    })
}

/// Which photo, or file.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    chat: i64,
    message: i64,
}

/// `GET /sandbox/photo`
pub(super) async fn photo(
    Shares(shared): Shares<Arc<Shared>>,
    Query(Which { chat, message }): Query<Which>,
) -> Response {
    let photo = shared.look(|_, world| world.chats.get(&chat)?.message(message)?.photo.clone());
    let Some(photo) = photo else { return refuse(SandboxError::UnknownMessage) };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Bytes::copy_from_slice(&photo.bytes)).into_response()
}

/// `GET /sandbox/document`: a file, which the browser saves and never shows, as what is in it came from elsewhere. The page has
/// its name.
pub(super) async fn document(
    Shares(shared): Shares<Arc<Shared>>,
    Query(Which { chat, message }): Query<Which>,
) -> Response {
    let found = shared.look(|_, world| world.chats.get(&chat)?.message(message)?.document.clone());
    let Some(document) = found else { return refuse(SandboxError::UnknownMessage) };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Bytes::copy_from_slice(&document.bytes)).into_response()
}

/// `GET /sandbox/events`: an event whenever a screen may have changed.
pub(super) async fn events(
    Shares(shared): Shares<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (changed, stop) = (shared.changed.subscribe(), shared.simulation.stopping().clone());
    loopback::changes(changed, move || shared.look(State::screen), stop)
}

/// What the page says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    user: i64,
    chat: i64,
    text: String,
}

/// `POST /sandbox/say`
pub(super) async fn say(Shares(shared): Shares<Arc<Shared>>, Json(say): Json<Say>) -> Response {
    match TelegramSandbox::new(shared).say(say.user, say.chat, &say.text) {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(error) => refuse(error),
    }
}

/// The button that is pressed on the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Press {
    user: i64,
    chat: i64,
    message_id: i64,
    data: String,
}

/// `POST /sandbox/press`
pub(super) async fn press(
    Shares(shared): Shares<Arc<Shared>>,
    Json(press): Json<Press>,
) -> Response {
    let pressed =
        TelegramSandbox::new(shared).press(press.user, press.chat, press.message_id, &press.data);
    match pressed {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(error) => refuse(error),
    }
}

fn refuse(error: SandboxError) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()}))).into_response()
}
