//! A Discord of our own: the API (v10) and its gateway on loopback, with a page to look at.
//!
//! Everything a bot or a webhook does with the real server it does here: paths, errors with their codes, limits by their
//! headers, sessions, interactions. Where the real one is not known exactly, this one is the stricter. Tests steer it
//! through [`DiscordSandbox`]; people open its address in a browser and see the channels.

mod acts;
mod answer;
mod api;
mod args;
mod body;
mod command;
mod components;
mod draft;
mod embeds;
mod faults;
mod form;
mod gateway;
mod guilds;
mod handle;
mod identify;
mod interaction;
mod known;
mod limits;
mod mentions;
mod page;
mod people;
mod places;
mod post;
mod record;
mod register;
mod respond;
mod routes;
mod send;
mod session;
mod state;
mod typed;
mod webhooks;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use command::{Choice, Command, CommandKind, CommandOption};
pub use components::{Modal, ModalInput};
pub use faults::{Fault, Scope};
pub use handle::DiscordSandbox;
pub use interaction::{Answered, Interaction, InteractionKind};
pub use limits::{LimitScope, Limits, Rate};
pub use record::{Counters, Request};
pub use routes::Operation;
pub use session::GatewayFault;

pub use crate::loopback::Hint;
use crate::loopback::{self, Line, Lines};
use crate::simulation::{Simulation, lock};
use crate::world::World;
pub use crate::world::discord::{
    Attachment, Author, Button, ButtonStyle, ChannelKind, Embed, EmbedAuthor, EmbedField,
    EmbedFooter, EmbedImage, Message, Origin, Pings, Rights, Whom,
};
use state::State;

/// What the sandbox is like. The default is on a free port, without limits.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The only token that is taken. It begins with the bot's id in base64, as libraries expect.
    pub token: String,
    /// The bot's id, which is its application's too.
    pub bot: u64,
    /// The bot's name.
    pub name: String,
    /// How fast a client may ask; unlimited unless set.
    pub limits: Limits,
    /// How often a client of the gateway has to show that it lives.
    pub heartbeat_every: Duration,
    /// How late it may be; then it is closed.
    pub heartbeat_patience: Duration,
    /// How long the first answer to an interaction may take.
    /// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding> (read 2026-11).
    pub answer_within: Duration,
    /// Sessions that may begin in a day; one more, and the token is no more.
    pub identifies_per_day: u32,
    /// Whether the bot may hear of members, of presences, and of what people write.
    pub privileged_intents: bool,
    /// What becomes of embeds where the bot may show none.
    pub embeds_barred: EmbedsBarred,
    /// Largest file of a message, in bytes.
    /// Source: <https://docs.discord.com/developers/reference#uploading-files> (read 2026-11).
    pub file_max_bytes: usize,
    /// Messages that are kept of each channel.
    pub kept_messages: usize,
    /// Requests that are kept.
    pub kept_requests: usize,
    /// What the page tells a newcomer to type.
    pub hints: Vec<Hint>,
    /// The port of a page on this machine that may show this one in a frame.
    pub framed_by: Option<u16>,
}

/// What becomes of embeds where the bot lacks the right to show them. It is not documented, so both can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmbedsBarred {
    /// They are left out without a word; a message of nothing else is empty (50006).
    #[default]
    Dropped,
    /// The message is refused (50013).
    Refused,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            token: "MTAwMDAwMDAwMDAwMDAwMDAwMQ.GxSboQ.opens-nothing-of-anybodys-at-all0000AA"
                .to_owned(),
            bot: 1_000_000_000_000_000_001,
            name: "tubebell".to_owned(),
            limits: Limits::default(),
            heartbeat_every: Duration::from_millis(41_250),
            heartbeat_patience: Duration::from_millis(20_625),
            answer_within: Duration::from_secs(3),
            identifies_per_day: 1_000,
            privileged_intents: false,
            embeds_barred: EmbedsBarred::default(),
            file_max_bytes: 10 << 20,
            kept_messages: 1_000,
            kept_requests: 10_000,
            hints: Vec::new(),
            framed_by: None,
        }
    }
}

/// What a test or a person asked of the sandbox that can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// Nobody of this id.
    #[error("no such user")]
    UnknownUser,
    /// No guild of this id.
    #[error("no such server")]
    UnknownGuild,
    /// No channel of this id.
    #[error("no such channel")]
    UnknownChannel,
    /// No message of this id that they see; it may be forgotten.
    #[error("no such message")]
    UnknownMessage,
    /// The message has no button with this id that can be pressed.
    #[error("no such button")]
    UnknownButton,
    /// No command of this name is registered there.
    #[error("no such command")]
    UnknownCommand,
    /// No interaction of this id, or it has no dialogue.
    #[error("no such interaction")]
    UnknownInteraction,
    /// They do not see the channel, or may not use the command.
    #[error("not allowed")]
    NotAllowed,
    /// An option that does not fit the command as it is registered.
    #[error("{name} {reason}")]
    Option {
        /// The option or subcommand.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nothing to say, or more than a message holds.
    #[error("a message has 1 to 2000 characters")]
    Text,
}

/// What all connections share.
struct Shared {
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
        let result = self.change_quietly(change);
        self.changed.send_modify(|count| *count += 1);
        result
    }

    /// The same for what nobody waits for.
    fn change_quietly<T>(&self, change: impl FnOnce(&mut State, &mut World) -> T) -> T {
        change(&mut lock(&self.state), &mut self.simulation.world())
    }
}

/// Starts the sandbox on 127.0.0.1, for the people and guilds of this world. Limits, sessions and the time for an answer
/// go by tokio's clock; nonces and dates go by the world's.
///
/// # Errors
///
/// When the port can't be bound.
pub async fn serve(simulation: &Simulation, options: Options) -> io::Result<DiscordSandbox> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address: SocketAddr = listener.local_addr()?;
    let state = State::new(options, format!("http://{address}"));
    people::add_bot(&state, &mut simulation.world());
    let shared = Arc::new(Shared {
        simulation: simulation.clone(),
        state: Mutex::new(state),
        changed: watch::Sender::new(0),
    });
    let app = Router::new()
        .route("/", get(page::page_or_gateway))
        .route("/sandbox/messages", get(page::messages))
        .route("/sandbox/events", get(page::events))
        .route("/sandbox/say", post(page::say))
        .route("/sandbox/press", post(page::press))
        .route("/attachments/{channel}/{file}/{name}", get(page::attachment))
        .fallback(api::handle)
        .layer(axum::middleware::from_fn(loopback::check))
        .with_state(Arc::clone(&shared))
        .into_make_service_with_connect_info::<Line>();
    let server = axum::serve(Lines(listener), app);
    let stopping = simulation.stopping().clone().cancelled_owned();
    simulation.run("Discord", server.with_graceful_shutdown(stopping));
    Ok(DiscordSandbox::new(shared))
}
