//! What is told on the gateway, put in a line for the listener in its order: bounded, so that nobody's flood fills the memory.
//! Only what concerns us is parsed, and of that no more than is needed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serenity::model::application::Interaction;
use serenity::model::id::{ApplicationId, ChannelId, GuildId};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::telemetry::LogThrottle;

/// What waits to be looked at. Beyond it whoever asked gets no answer, and asks again.
const WAITING_MAX: usize = 512;

/// Servers that are there and were not looked at yet: more than all shards have. They take no place of what people ask.
const SERVERS_MAX: usize = 65_536;

/// How long reading waits for a place. A connection on which nobody reads for longer would be taken for one that hangs.
const PLACE_TIMEOUT: Duration = Duration::from_millis(250);

/// Lines a minute about what there was no room for, and about what could not be understood.
const LINES_MAX: u32 = 2;

/// What we are told and act on. No `Debug`: an interaction has a token.
pub(super) enum Heard {
    /// A session stands: our application's id.
    Ready(u64),
    /// Somebody gave a command, pressed a button or types.
    Interaction(Box<Interaction>),
    /// The bot was removed from a server.
    ServerGone(u64),
    /// A channel or thread was deleted.
    PlaceGone(u64),
    /// A channel or thread was changed: what kept us from writing there may be over.
    PlaceChanged(u64),
}

/// What an event means to us.
enum Meaning {
    /// It waits for the listener.
    Heard(Heard),
    /// A server is there: at the beginning of a session, or the bot was added.
    ServerBack(u64),
}

/// Hears all events, and keeps those that we act on.
pub(super) struct Ears {
    line: Sender<Heard>,
    servers: Mutex<VecDeque<u64>>,
    server_came: Notify,
    left_out: Mutex<LogThrottle>,
    stepped_over: Mutex<LogThrottle>,
}

#[derive(Deserialize)]
struct Ready {
    application: Named<ApplicationId>,
}

#[derive(Deserialize)]
struct Named<Id> {
    id: Id,
}

#[derive(Deserialize)]
struct Server {
    id: GuildId,
    #[serde(default)]
    unavailable: bool,
}

#[derive(Deserialize)]
struct Place {
    id: ChannelId,
    #[serde(default)]
    thread_metadata: Option<Thread>,
}

#[derive(Deserialize)]
struct Thread {
    archived: bool,
}

impl Ears {
    /// With the end at which what was heard comes out.
    pub(super) fn new() -> (Ears, Receiver<Heard>) {
        let (line, out) = channel(WAITING_MAX);
        let throttle = || Mutex::new(LogThrottle::new(LINES_MAX));
        let ears = Ears {
            line,
            servers: Mutex::default(),
            server_came: Notify::new(),
            left_out: throttle(),
            stepped_over: throttle(),
        };
        (ears, out)
    }

    /// Takes in one event.
    pub(super) async fn hear(&self, name: &str, data: &RawValue) {
        match meaning(name, data.get()) {
            Ok(None) => {}
            Ok(Some(Meaning::ServerBack(server))) => self.came(server),
            Ok(Some(Meaning::Heard(heard))) => {
                if let Heard::ServerGone(server) = heard {
                    // It was there before it is gone, and is not to be back behind that.
                    self.servers().retain(|known| *known != server);
                }
                let is_left_out = self.line.send_timeout(heard, PLACE_TIMEOUT).await.is_err();
                if is_left_out && let Some(more) = pass(&self.left_out) {
                    let line = "Discord tells more at once than can be heard: one is left out";
                    tracing::warn!(more, "{line}");
                }
            }
            Err(Unreadable) => self.step_over(),
        }
    }

    /// Something was told that can't be understood.
    pub(super) fn step_over(&self) {
        if let Some(more) = pass(&self.stepped_over) {
            tracing::warn!(more, "Discord tells what can't be understood: it is stepped over");
        }
    }

    /// The next server that is there and was not looked at yet. May be dropped half-way: nothing is lost.
    pub(super) async fn next_server(&self) -> u64 {
        loop {
            let came = self.server_came.notified();
            if let Some(server) = self.servers().pop_front() {
                return server;
            }
            came.await;
        }
    }

    fn came(&self, server: u64) {
        let mut servers = self.servers();
        if servers.len() < SERVERS_MAX {
            servers.push_back(server);
        }
        drop(servers);
        self.server_came.notify_one();
    }

    fn servers(&self) -> MutexGuard<'_, VecDeque<u64>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a line is written, and how many were not.
fn pass(throttle: &Mutex<LogThrottle>) -> Option<u32> {
    throttle.lock().unwrap_or_else(PoisonError::into_inner).pass(std::time::Instant::now())
}

/// An event can't be understood. Why is not said: it would quote the event.
struct Unreadable;

/// What an event means to us; `None`: nothing, and it is not parsed.
fn meaning(name: &str, data: &str) -> Result<Option<Meaning>, Unreadable> {
    let heard = match name {
        "READY" => Heard::Ready(parsed::<Ready>(data)?.application.id.get()),
        "INTERACTION_CREATE" => Heard::Interaction(Box::new(parsed(data)?)),
        "GUILD_CREATE" => {
            let Server { id, unavailable } = parsed(data)?;
            return Ok((!unavailable).then_some(Meaning::ServerBack(id.get())));
        }
        "GUILD_DELETE" => {
            // One that is away for a while is told as gone, too.
            let Server { id, unavailable: false } = parsed(data)? else { return Ok(None) };
            Heard::ServerGone(id.get())
        }
        "CHANNEL_DELETE" | "THREAD_DELETE" => Heard::PlaceGone(parsed::<Place>(data)?.id.get()),
        "CHANNEL_UPDATE" | "THREAD_UPDATE" => {
            let Place { id, thread_metadata } = parsed(data)?;
            if thread_metadata.is_some_and(|thread| thread.archived) {
                return Ok(None);
            }
            Heard::PlaceChanged(id.get())
        }
        _ => return Ok(None),
    };
    Ok(Some(Meaning::Heard(heard)))
}

fn parsed<T: DeserializeOwned>(data: &str) -> Result<T, Unreadable> {
    serde_json::from_str(data).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    async fn hear(ears: &Ears, name: &str, data: serde_json::Value) {
        ears.hear(name, &serde_json::value::to_raw_value(&data).unwrap()).await;
    }

    /// What an event means, in a word.
    fn means(name: &str, data: &serde_json::Value) -> String {
        match meaning(name, &data.to_string()) {
            Err(Unreadable) => "unreadable".to_owned(),
            Ok(None) => "nothing".to_owned(),
            Ok(Some(Meaning::ServerBack(id))) => format!("back {id}"),
            Ok(Some(Meaning::Heard(heard))) => match heard {
                Heard::Ready(id) => format!("ready {id}"),
                Heard::Interaction(asked) => format!("asked {}", asked.id()),
                Heard::ServerGone(id) => format!("gone {id}"),
                Heard::PlaceGone(id) => format!("deleted {id}"),
                Heard::PlaceChanged(id) => format!("changed {id}"),
            },
        }
    }

    #[test]
    fn only_what_concerns_us_is_parsed_and_that_no_further_than_needed() {
        for (name, data, expected) in [
            ("READY", json!({"application": {"id": "7"}, "guilds": 1}), "ready 7"),
            ("GUILD_CREATE", json!({"id": "7", "channels": 1}), "back 7"),
            ("GUILD_CREATE", json!({"id": "7", "unavailable": true}), "nothing"),
            ("GUILD_DELETE", json!({"id": "7"}), "gone 7"),
            ("GUILD_DELETE", json!({"id": "7", "unavailable": true}), "nothing"),
            ("CHANNEL_DELETE", json!({"id": "7", "type": 99}), "deleted 7"),
            ("THREAD_DELETE", json!({"id": "7"}), "deleted 7"),
            ("CHANNEL_UPDATE", json!({"id": "7"}), "changed 7"),
            (
                "THREAD_UPDATE",
                json!({"id": "7", "thread_metadata": {"archived": false}}),
                "changed 7",
            ),
            ("THREAD_UPDATE", json!({"id": "7", "thread_metadata": {"archived": true}}), "nothing"),
            ("NEW", json!(null), "nothing"),
            ("INTERACTION_CREATE", json!({"id": "7", "token": "x"}), "unreadable"),
            ("GUILD_DELETE", json!({"id": {}}), "unreadable"),
            ("CHANNEL_DELETE", json!([]), "unreadable"),
        ] {
            assert_eq!(means(name, &data), expected, "{name} {data}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn servers_without_number_take_no_place_of_what_people_ask() {
        let (ears, mut heard) = Ears::new();
        for id in 1..=5_000_u64 {
            hear(&ears, "GUILD_CREATE", json!({"id": id.to_string()})).await;
        }
        hear(&ears, "CHANNEL_DELETE", json!({"id": "9"})).await;
        assert!(matches!(heard.try_recv(), Ok(Heard::PlaceGone(9))));
        for id in 1..=5_000 {
            assert_eq!(ears.next_server().await, id);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_finds_no_place_is_left_out_after_a_moment_and_what_waits_keeps_its_order() {
        let (ears, mut heard) = Ears::new();
        for id in 1..=WAITING_MAX + 2 {
            hear(&ears, "CHANNEL_DELETE", json!({"id": id.to_string()})).await;
        }
        for id in 1..=WAITING_MAX as u64 {
            assert!(matches!(heard.try_recv(), Ok(Heard::PlaceGone(place)) if place == id));
        }
        assert!(heard.try_recv().is_err());
    }
}
