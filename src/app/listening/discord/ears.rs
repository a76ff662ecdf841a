//! What serenity hears, put in a line for the listener: bounded, so that nobody's flood fills the memory.

use std::sync::{Mutex, PoisonError};

use serenity::all::{Context, Event, Interaction, RawEventHandler};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::counter::Counter;
use crate::telemetry::LogThrottle;

/// What waits to be looked at. Beyond it whoever asked gets no answer, and asks again.
const WAITING_MAX: usize = 512;

/// Lines a minute about what there was no room for.
const LINES_MAX: u32 = 2;

/// What we are told and act on.
#[derive(Debug)]
pub(super) enum Heard {
    /// A session stands: our application's id.
    Ready(u64),
    /// Somebody gave a command, pressed a button or types.
    Interaction(Box<Interaction>),
    /// The bot was removed from a server.
    ServerGone(u64),
    /// A server is there: at the beginning of a session, or the bot was added.
    ServerBack(u64),
    /// A channel or thread was deleted.
    PlaceGone(u64),
    /// A channel or thread was changed: what kept us from writing there may be over.
    PlaceChanged(u64),
}

/// Hears all events, and keeps those that we act on.
pub(super) struct Ears {
    line: Sender<Heard>,
    heard: Counter,
    readies: Counter,
    left_out: Mutex<LogThrottle>,
}

impl Ears {
    /// With the end at which what was heard comes out.
    pub(super) fn new() -> (Ears, Receiver<Heard>) {
        let (line, out) = channel(WAITING_MAX);
        let left_out = Mutex::new(LogThrottle::new(LINES_MAX));
        (Ears { line, heard: Counter::default(), readies: Counter::default(), left_out }, out)
    }

    /// How many events there were.
    pub(super) fn heard(&self) -> u64 {
        self.heard.count()
    }

    /// How often a session stood.
    pub(super) fn readies(&self) -> u64 {
        self.readies.count()
    }

    fn hear(&self, event: Event) {
        self.heard.add();
        if matches!(event, Event::Ready(_) | Event::Resumed(_)) {
            self.readies.add();
        }
        let Some(heard) = heard(event) else { return };
        if self.line.try_send(heard).is_err() {
            let mut lines = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(more) = lines.pass(std::time::Instant::now()) {
                tracing::warn!(
                    more,
                    "Discord tells more at once than can be heard: one is left out"
                );
            }
        }
    }
}

/// What an event means to us; `None`: nothing.
fn heard(event: Event) -> Option<Heard> {
    Some(match event {
        Event::Ready(event) => Heard::Ready(event.ready.application.id.get()),
        Event::InteractionCreate(event) => Heard::Interaction(Box::new(event.interaction)),
        // One that is away for a while is told as gone, too.
        Event::GuildDelete(event) if !event.guild.unavailable => {
            Heard::ServerGone(event.guild.id.get())
        }
        Event::GuildCreate(event) => Heard::ServerBack(event.guild.id.get()),
        Event::ChannelDelete(event) => Heard::PlaceGone(event.channel.id.get()),
        Event::ThreadDelete(event) => Heard::PlaceGone(event.thread.id.get()),
        Event::ChannelUpdate(event) => Heard::PlaceChanged(event.channel.id.get()),
        Event::ThreadUpdate(event) => {
            let archived = event.thread.thread_metadata.is_some_and(|thread| thread.archived);
            if archived {
                return None;
            }
            Heard::PlaceChanged(event.thread.id.get())
        }
        _ => return None,
    })
}

#[serenity::async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, _: Context, event: Event) {
        self.hear(event);
    }
}
