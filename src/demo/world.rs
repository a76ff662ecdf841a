//! What the simulated YouTube tells about: videos, channels and playlists as plain data.
//!
//! A [`World`] changes in two ways: by itself, when [`World::step`] moves its time (growth, the demo's story, or a
//! recording that is played back), and by the hand of a test. The same seed and the same instants give the same
//! numbers, however often `step` is called in between.

mod edit;
mod growth;
pub mod story;
mod things;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::demo::replay::Timeline;
use crate::model::{ChannelId, PlaylistId, UnixMillis, VideoId};

pub use edit::Unknown;
use growth::TICK;
pub use growth::{Hold, Pace};
pub use things::{Channel, Count, Entry, Playlist, Video, Visibility};

/// Longest silence that is lived through tick by tick: a day. A machine that slept longer skips the rest.
const CATCH_UP_MAX: Duration = Duration::from_secs(86_400);

/// A recording being played back.
#[derive(Debug)]
struct Playback {
    timeline: Timeline,
    per_day: Duration,
    started: UnixMillis,
}

/// Videos, channels, playlists and the time.
#[derive(Debug)]
pub struct World {
    videos: BTreeMap<VideoId, Video>,
    channels: BTreeMap<ChannelId, Channel>,
    playlists: BTreeMap<PlaylistId, Playlist>,
    now: UnixMillis,
    ticked_to: UnixMillis,
    ticks: u64,
    paces: BTreeMap<VideoId, Pace>,
    story: Option<story::Story>,
    playback: Option<Playback>,
    rng: SmallRng,
    serial: u64,
}

impl World {
    /// An empty world in which nothing happens by itself.
    #[must_use]
    pub fn new(seed: u64, now: UnixMillis) -> World {
        World {
            videos: BTreeMap::new(),
            channels: BTreeMap::new(),
            playlists: BTreeMap::new(),
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
    pub fn replay(timeline: Timeline, per_day: Duration, now: UnixMillis) -> World {
        let mut world = World::new(0, now);
        world.playback = Some(Playback { timeline, per_day, started: now });
        world.play_back();
        world
    }

    /// Lets time pass until `now`; an earlier instant changes nothing.
    pub fn step(&mut self, now: UnixMillis) {
        if now <= self.now {
            return;
        }
        let behind = now.since(self.ticked_to);
        if behind > CATCH_UP_MAX {
            self.skip(behind.saturating_sub(CATCH_UP_MAX));
        }
        while self.ticked_to.plus(TICK) <= now {
            self.ticked_to = self.ticked_to.plus(TICK);
            // What happens in this tick is dated by it, not by the moment at which somebody looks.
            self.now = self.ticked_to;
            self.ticks += 1;
            self.grow();
            self.tell();
        }
        self.now = now;
        self.play_back();
    }

    fn skip(&mut self, by: Duration) {
        self.ticked_to = self.ticked_to.plus(by);
        if let Some(story) = &mut self.story {
            story.delay(by);
        }
    }

    fn play_back(&mut self) {
        let Some(playback) = self.playback.take() else { return };
        let elapsed = self.now.since(playback.started);
        for update in playback.timeline.at(elapsed, playback.per_day) {
            self.apply(&update);
        }
        self.playback = Some(playback);
    }

    /// The instant to which time has passed.
    #[must_use]
    pub const fn now(&self) -> UnixMillis {
        self.now
    }

    /// A video, whoever may see it.
    #[must_use]
    pub fn video(&self, id: &VideoId) -> Option<&Video> {
        self.videos.get(id)
    }

    /// All videos, whoever may see them, in the order of their ids.
    pub fn videos(&self) -> impl Iterator<Item = &Video> {
        self.videos.values()
    }

    /// A channel.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
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
    pub fn playlist(&self, id: &PlaylistId) -> Option<Playlist> {
        if let Some(playlist) = self.playlists.get(id) {
            return Some(playlist.clone());
        }
        let channel: ChannelId = format!("UC{}", id.as_str().strip_prefix("UU")?).parse().ok()?;
        let channel = self.channels.get(&channel)?;
        let is_public = |id: &VideoId| {
            self.videos.get(id).is_some_and(|video| video.visibility == Visibility::Public)
        };
        Some(Playlist {
            id: id.clone(),
            title: format!("Uploads from {}", channel.title),
            channel: channel.id.clone(),
            entries: (channel.uploads.iter().rev())
                .filter(|(_, video)| is_public(video))
                .map(|&(added_at, video)| Entry { video, added_at })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests;
