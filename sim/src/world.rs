//! What all servers tell about, as plain data: YouTube's videos, channels and playlists; Telegram's people, chats and
//! messages; Discord's people, guilds, channels and messages; and the time.
//!
//! A [`World`] changes in two ways: by itself, when [`World::step`] moves its time (growth, the demo's story, or a
//! recording that is played back), and by hand: a test edits videos, people and bots write in chats. The same seed and
//! the same instants give the same numbers, however often `step` is called in between.

pub(crate) mod chats;
pub(crate) mod discord;
mod edit;
pub(crate) mod entity;
mod growth;
pub mod story;
mod videos;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::replay::Timeline;

use chats::{Chat, User};
pub use edit::Unknown;
use growth::TICK;
pub use growth::{Hold, Pace};
pub use videos::{Channel, Count, Entry, Live, Playlist, Video, Visibility};

/// Longest silence that is lived through tick by tick: a day. A machine that slept longer skips the rest.
const CATCH_UP_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A recording being played back.
#[derive(Debug)]
struct Playback {
    timeline: Timeline,
    per_day: Duration,
    started: Timestamp,
}

/// Everything there is, and the time.
#[derive(Debug)]
pub struct World {
    videos: BTreeMap<String, Video>,
    channels: BTreeMap<String, Channel>,
    playlists: BTreeMap<String, Playlist>,
    /// Telegram's, by their ids.
    pub(crate) users: BTreeMap<i64, User>,
    /// Telegram's, by their ids; a private chat has the id of its user.
    pub(crate) chats: BTreeMap<i64, Chat>,
    /// Ids of messages rise over all chats.
    pub(crate) last_message_id: i64,
    pub(crate) discord: discord::Discord,
    now: Timestamp,
    ticked_to: Timestamp,
    ticks: u64,
    paces: BTreeMap<String, Pace>,
    story: Option<story::Story>,
    playback: Option<Playback>,
    rng: SmallRng,
    serial: u64,
}

impl World {
    /// An empty world in which nothing happens by itself.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> World {
        World {
            videos: BTreeMap::new(),
            channels: BTreeMap::new(),
            playlists: BTreeMap::new(),
            users: BTreeMap::new(),
            chats: BTreeMap::new(),
            last_message_id: 0,
            discord: discord::Discord::default(),
            now,
            ticked_to: now,
            ticks: 0,
            paces: BTreeMap::new(),
            story: None,
            playback: None,
            rng: SmallRng::seed_from_u64(seed),
            serial: 0,
        }
    }

    /// A world that plays `timeline` back from `now` on, one recorded day in `per_day`.
    #[must_use]
    pub fn replay(timeline: Timeline, per_day: Duration, now: Timestamp) -> World {
        let mut world = World::new(0, now);
        world.playback = Some(Playback { timeline, per_day, started: now });
        world.play_back();
        world
    }

    /// Lets time pass until `now`; an earlier instant changes nothing.
    pub fn step(&mut self, now: Timestamp) {
        if now <= self.now {
            return;
        }
        let behind = now.duration_since(self.ticked_to);
        if behind > CATCH_UP_MAX {
            self.skip(behind - CATCH_UP_MAX);
        }
        while now.duration_since(self.ticked_to) >= TICK {
            self.ticked_to += TICK;
            // What happens in this tick is dated by it, not by the moment at which somebody looks.
            self.now = self.ticked_to;
            self.ticks += 1;
            self.grow();
            self.tell();
        }
        self.now = now;
        self.play_back();
    }

    fn skip(&mut self, by: SignedDuration) {
        self.ticked_to += by;
        if let Some(story) = &mut self.story {
            story.delay(by);
        }
    }

    fn play_back(&mut self) {
        let Some(playback) = self.playback.take() else { return };
        let elapsed = self.now.duration_since(playback.started).unsigned_abs();
        for update in playback.timeline.at(elapsed, playback.per_day) {
            self.apply(&update);
        }
        self.playback = Some(playback);
    }

    /// The instant to which time has passed.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// A video, whoever may see it.
    #[must_use]
    pub fn video(&self, id: &str) -> Option<&Video> {
        self.videos.get(id)
    }

    /// All videos, whoever may see them, in the order of their ids.
    pub fn videos(&self) -> impl Iterator<Item = &Video> {
        self.videos.values()
    }

    /// A channel.
    #[must_use]
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// All channels, in the order of their ids.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values()
    }

    /// The channel with this handle, written with or without `@` and in any case.
    #[must_use]
    pub fn channel_of_handle(&self, handle: &str) -> Option<&Channel> {
        let name = |text: &str| text.strip_prefix('@').unwrap_or(text).to_lowercase();
        let wanted = name(handle);
        self.channels
            .values()
            .find(|channel| channel.handle.as_deref().map(name).as_ref() == Some(&wanted))
    }

    /// The playlists somebody made, in the order of their ids; uploads are not among them.
    pub fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        self.playlists.values()
    }

    /// A playlist: one that somebody made, with whatever stands in it, or a channel's uploads, the public ones,
    /// newest first.
    #[must_use]
    pub fn playlist(&self, id: &str) -> Option<Playlist> {
        if let Some(playlist) = self.playlists.get(id) {
            return Some(playlist.clone());
        }
        let channel = self.channels.get(&format!("UC{}", id.strip_prefix("UU")?))?;
        let is_public = |id: &str| {
            self.videos.get(id).is_some_and(|video| video.visibility == Visibility::Public)
        };
        Some(Playlist {
            id: id.to_owned(),
            title: format!("Uploads from {}", channel.title),
            channel: channel.id.clone(),
            entries: (channel.uploads.iter().rev())
                .filter(|(_, video)| is_public(video))
                .map(|(added_at, video)| Entry { video: video.clone(), added_at: *added_at })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests;
