//! A Telegram of our own: the Bot API on loopback, with a phone to look at.
//!
//! Everything a bot does with the real server it does here: paths, errors word for word, HTML mode, long polling,
//! limits. Tests steer it through [`TelegramSandbox`]; people open its address in a browser and see the chat.

mod answer;
mod api;
mod autolink;
mod chats;
mod document;
mod faults;
mod handle;
mod html;
mod keyboard;
mod limits;
mod link;
mod markup;
mod params;
mod phone;
mod photo;
mod record;
mod send;
mod state;
mod updates;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use faults::{Fault, Scope};
pub use handle::TelegramSandbox;
pub use html::parse as parse_html;
pub use limits::Limits;
pub use params::Params;
pub use record::{BotCommand, CallbackAnswer, Counters, Request};

pub use crate::loopback::Hint;
use crate::loopback::{self, Line, Lines};
use crate::simulation::{Simulation, lock};
use crate::world::World;
pub use crate::world::chats::{Button, Document, Message, Photo, Trouble};
pub use crate::world::entity::{Entity, EntityKind, Formatted, MentionedUser};
use state::State;

/// What the reader of a text in HTML mode sees: what Telegram finds by itself (mentions, links) is among the entities.
///
/// # Errors
///
/// As [`parse_html`].
pub fn shown(html: &str) -> Result<Formatted, String> {
    let mut clean = parse_html(html)?.cleaned();
    autolink::add(&mut clean);
    Ok(clean)
}

/// Largest file that a bot may send. Source: <https://core.telegram.org/bots/api#senddocument> (Bot API 10.1).
const DOCUMENT_MAX_BYTES: usize = 50_000_000;

/// What the sandbox is like. The default is on a free port, without limits.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The only token that is taken.
    pub token: String,
    /// The bot's name, as people see it.
    pub name: String,
    /// The bot's user name.
    pub username: String,
    /// How fast the bot may send; unlimited unless set.
    pub limits: Limits,
    /// Whether the bot hears everything in groups, not only what is meant for it.
    pub reads_all_group_messages: bool,
    /// Largest file that the bot may send, in bytes.
    pub document_max_bytes: usize,
    /// Messages that are kept of each chat.
    pub kept_messages: usize,
    /// Requests that are kept.
    pub kept_requests: usize,
    /// What the page tells a newcomer to type.
    pub hints: Vec<Hint>,
    /// The port of a page on this machine that may show this one in a frame.
    pub framed_by: Option<u16>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            token: "123456789:AAsandbox-token-that-opens-nothing0".to_owned(),
            name: "tubebell".to_owned(),
            username: "tubebell_bot".to_owned(),
            limits: Limits::default(),
            reads_all_group_messages: false,
            document_max_bytes: DOCUMENT_MAX_BYTES,
            kept_messages: 1_000,
            kept_requests: 10_000,
            hints: vec![
                Hint::new("/start", "meet the bot"),
                Hint::new("/watch dQw4w9WgXcQ", "watch a video, by id or link"),
                Hint::new("/list", "what you watch"),
                Hint::new("/help", "everything else"),
            ],
            framed_by: None,
        }
    }
}

/// What a test or a person asked of the sandbox that can't be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// Nobody of this id.
    #[error("no such user")]
    UnknownUser,
    /// No chat of this id, or no such topic in it.
    #[error("no such chat")]
    UnknownChat,
    /// No message of this id in the chat; it may be forgotten.
    #[error("no such message")]
    UnknownMessage,
    /// The message has no button with this data.
    #[error("no such button")]
    UnknownButton,
    /// Nothing to say, or more than a message holds.
    #[error("a message has 1 to 4096 characters")]
    Text,
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    simulation: Simulation,
    /// Locked before the world.
    state: Mutex<State>,
    /// Counts changes; whoever waits for one listens here.
    changed: watch::Sender<u64>,
}

impl Shared {
    fn look<T>(&self, look: impl FnOnce(&State, &World) -> T) -> T {
        look(&lock(&self.state), &self.simulation.world())
    }

    /// Changes the server or the world, and wakes whoever waits.
    fn change<T>(&self, change: impl FnOnce(&mut State, &mut World) -> T) -> T {
        let result = change(&mut lock(&self.state), &mut self.simulation.world());
        self.changed.send_modify(|count| *count += 1);
        result
    }
}

/// Starts the sandbox on 127.0.0.1, for the people and chats of this world. Limits and long polls go by tokio's clock.
///
/// # Errors
///
/// When the port can't be bound.
pub async fn serve(simulation: &Simulation, options: Options) -> io::Result<TelegramSandbox> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        address,
        simulation: simulation.clone(),
        state: Mutex::new(State::new(options)),
        changed: watch::Sender::new(0),
    });
    let app = Router::new()
        .route("/", get(phone::page))
        .route("/sandbox/messages", get(phone::messages))
        .route("/sandbox/photo", get(phone::photo))
        .route("/sandbox/document", get(phone::document))
        .route("/sandbox/events", get(phone::events))
        .route("/sandbox/say", post(phone::say))
        .route("/sandbox/press", post(phone::press))
        .fallback(api::handle)
        .layer(axum::middleware::from_fn(loopback::check))
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<Line>();
    let server = axum::serve(Lines(listener), app);
    let stopping = simulation.stopping().clone().cancelled_owned();
    simulation.run("Telegram", server.with_graceful_shutdown(stopping));
    Ok(TelegramSandbox::new(shared))
}
