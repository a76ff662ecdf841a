//! A Telegram of our own: the Bot API on loopback, with a phone to look at.
//!
//! Everything a bot does with the real server it does here: paths, errors word for word, HTML mode, long polling,
//! limits. Tests steer it through [`TelegramSandbox`]; people open its address in a browser and see the chat.

mod answer;
mod api;
mod autolink;
mod chats;
mod entity;
mod faults;
mod guard;
mod handle;
mod html;
mod keyboard;
mod limits;
mod line;
mod link;
mod markup;
mod params;
mod phone;
mod record;
mod send;
mod state;
mod updates;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use entity::{Entity, EntityKind, Formatted, MentionedUser};
pub use faults::{Fault, Scope, Trouble};
pub use handle::TelegramSandbox;
pub use html::parse as parse_html;
pub use limits::Limits;
pub use params::Params;
pub use record::{BotCommand, Button, CallbackAnswer, Counters, Message, Request};

use crate::model::Clock;
use line::{Line, Lines};
use state::State;

/// How long stopping waits for connections that hang.
const STOP_GRACE: Duration = Duration::from_secs(1);

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

/// What the sandbox is like.
#[derive(Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The only token that is taken.
    pub token: String,
    /// The bot's name, as people see it.
    pub name: String,
    /// The bot's user name.
    pub username: String,
    /// The time, for dates. Limits and long polls go by tokio's clock.
    pub clock: Clock,
    /// How fast the bot may send; unlimited unless set.
    pub limits: Limits,
    /// Whether the bot hears everything in groups, not only what is meant for it.
    pub reads_all_group_messages: bool,
    /// Messages that are kept of each chat.
    pub kept_messages: usize,
    /// Requests that are kept.
    pub kept_requests: usize,
    /// What the page tells a newcomer to type.
    pub hints: Vec<Hint>,
}

/// Something to type, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hint {
    /// The command.
    pub command: String,
    /// What it does, in a few words.
    pub note: String,
}

impl Options {
    /// A sandbox on a free port, without limits.
    #[must_use]
    pub fn new(clock: Clock) -> Options {
        let hint =
            |command: &str, note: &str| Hint { command: command.to_owned(), note: note.to_owned() };
        Options {
            port: 0,
            token: "123456789:AAsandbox-token-that-opens-nothing0".to_owned(),
            name: "tubebell".to_owned(),
            username: "tubebell_bot".to_owned(),
            clock,
            limits: Limits::default(),
            reads_all_group_messages: false,
            kept_messages: 1_000,
            kept_requests: 10_000,
            hints: vec![
                hint("/start", "meet the bot"),
                hint("/watch dQw4w9WgXcQ", "watch a video, by id or link"),
                hint("/list", "what you watch"),
                hint("/help", "everything else"),
            ],
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("username", &self.username)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
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
    stop: CancellationToken,
    state: Mutex<State>,
    /// Counts changes; whoever waits for one listens here.
    changed: watch::Sender<u64>,
}

impl Shared {
    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes whoever waits.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|count| *count += 1);
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves a simulation at worst half a change behind: no reason to stop it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the sandbox on 127.0.0.1. It stops when `stop` is cancelled; `tasks` waits for it.
///
/// # Errors
///
/// When the port can't be bound.
pub async fn serve(
    options: Options,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> io::Result<TelegramSandbox> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        address,
        stop: stop.clone(),
        state: Mutex::new(State::new(options)),
        changed: watch::Sender::new(0),
    });
    let app = Router::new()
        .route("/", get(phone::page))
        .route("/sandbox/messages", get(phone::messages))
        .route("/sandbox/events", get(phone::events))
        .route("/sandbox/say", post(phone::say))
        .route("/sandbox/press", post(phone::press))
        .fallback(api::handle)
        .layer(axum::middleware::from_fn(guard::check))
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<Line>();
    let server =
        axum::serve(Lines(listener), app).with_graceful_shutdown(stop.clone().cancelled_owned());
    tasks.spawn(async move {
        let too_long = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_GRACE).await;
        };
        tokio::select! {
            result = async { server.await } => {
                if let Err(error) = result {
                    tracing::warn!("the Telegram sandbox stopped: {error}");
                }
            }
            () = too_long => {}
        }
    });
    Ok(TelegramSandbox::new(shared))
}
