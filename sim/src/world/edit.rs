//! Changes of YouTube by hand: what tests, the story and recordings do to it.
//!
//! Who names an id that YouTube could not have has made a mistake, at which these methods panic.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;

use super::{Channel, Entry, Live, Pace, Playlist, Video, Visibility, World};
use crate::ids;
use crate::replay::Update;

/// A test or a script named something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulated YouTube has no {0}")]
pub struct Unknown(String);

impl World {
    /// Adds a channel; one with the same id is renamed and keeps its uploads.
    pub fn add_channel(&mut self, id: &str, title: &str, handle: Option<&str>) {
        assert!(ids::is_channel(id), "no channel has the id {id}");
        let channel = self.channels.entry(id.to_owned()).or_insert_with(|| Channel {
            id: id.to_owned(),
            title: String::new(),
            handle: None,
            subscribers: 123_456,
            uploads: Vec::new(),
        });
        title.clone_into(&mut channel.title);
        channel.handle = handle.map(str::to_owned);
    }

    /// Adds a video to its channel, which is made when it is missing; one with the same id is replaced.
    pub fn add_video(&mut self, video: Video) {
        assert!(ids::is_video(&video.id), "no video has the id {}", video.id);
        if !self.channels.contains_key(&video.channel) {
            let channel = video.channel.clone();
            self.add_channel(&channel, "A channel", None);
        }
        if let Some(old) = self.videos.get(&video.id)
            && let Some(channel) = self.channels.get_mut(&old.channel)
        {
            channel.uploads.retain(|(_, id)| *id != video.id);
        }
        if let Some(channel) = self.channels.get_mut(&video.channel) {
            let at = channel.uploads.partition_point(|(at, _)| *at <= video.published_at);
            channel.uploads.insert(at, (video.published_at, video.id.clone()));
        }
        self.videos.insert(video.id.clone(), video);
    }

    /// Publishes a new video on a channel now, and returns its made-up id.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn add_upload(&mut self, channel: &str, title: &str) -> Result<String, Unknown> {
        if !self.channels.contains_key(channel) {
            return Err(Unknown(format!("channel {channel}")));
        }
        let id = self.fresh_id();
        self.add_video(Video::new(&id, channel, title, self.now));
        Ok(id)
    }

    /// Makes or replaces a playlist of these videos, added now, in this order. They need not exist.
    pub fn set_playlist(
        &mut self,
        id: &str,
        title: &str,
        channel: &str,
        videos: &[impl AsRef<str>],
    ) {
        assert!(ids::is_playlist(id), "no playlist has the id {id}");
        let added_at = self.now;
        let entry = |video: &str| Entry { video: video.to_owned(), added_at };
        let entries = videos.iter().map(|video| entry(video.as_ref())).collect();
        let (id, title, channel) = (id.to_owned(), title.to_owned(), channel.to_owned());
        self.playlists.insert(id.clone(), Playlist { id, title, channel, entries });
    }

    /// Puts a video into a playlist now, at `place`: 0 is the top, anything too large the end. It need not exist.
    ///
    /// # Errors
    ///
    /// When there is no such playlist; so everywhere below.
    pub fn add_to_playlist(&mut self, id: &str, video: &str, place: usize) -> Result<(), Unknown> {
        let added_at = self.now;
        let entries = &mut self.playlist_mut(id)?.entries;
        entries.insert(place.min(entries.len()), Entry { video: video.to_owned(), added_at });
        Ok(())
    }

    /// Takes a video out of a playlist.
    ///
    /// # Errors
    ///
    /// When there is no such playlist.
    pub fn remove_from_playlist(&mut self, id: &str, video: &str) -> Result<(), Unknown> {
        self.playlist_mut(id)?.entries.retain(|entry| entry.video != video);
        Ok(())
    }

    /// Takes a playlist away and hands it over: setting it again brings it back.
    ///
    /// # Errors
    ///
    /// When there is no such playlist.
    pub fn remove_playlist(&mut self, id: &str) -> Result<Playlist, Unknown> {
        self.playlists.remove(id).ok_or_else(|| Unknown(format!("playlist {id}")))
    }

    /// Ends a channel as YouTube does: it is unknown, its videos are deleted and its playlists are gone.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn terminate(&mut self, id: &str) -> Result<(), Unknown> {
        self.channels.remove(id).ok_or_else(|| Unknown(format!("channel {id}")))?;
        self.playlists.retain(|_, playlist| playlist.channel != id);
        for video in self.videos.values_mut().filter(|video| video.channel == id) {
            video.visibility = Visibility::Deleted;
        }
        Ok(())
    }

    /// Announces a premiere: the video stands in the channel's list from now on, and can be seen from `starts_at` on
    /// (see [`World::premiere`]).
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn announce_premiere(
        &mut self,
        channel: &str,
        title: &str,
        starts_at: Timestamp,
    ) -> Result<String, Unknown> {
        let id = self.add_upload(channel, title)?;
        let video = self.video_mut(&id)?;
        (video.live, video.scheduled_at) = (Live::Upcoming, Some(starts_at));
        Ok(id)
    }

    /// A premiere begins and ends: from now on it is a video like any other, published now.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn premiere(&mut self, id: &str) -> Result<(), Unknown> {
        let now = self.now;
        let video = self.video_mut(id)?;
        (video.live, video.started_at, video.ended_at) = (Live::Completed, Some(now), Some(now));
        self.publish(id)
    }

    /// Makes a video public, with now as the date of its publication.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn publish(&mut self, id: &str) -> Result<(), Unknown> {
        let mut video = self.video_mut(id)?.clone();
        (video.visibility, video.published_at) = (Visibility::Public, self.now);
        self.add_video(video);
        Ok(())
    }

    fn playlist_mut(&mut self, id: &str) -> Result<&mut Playlist, Unknown> {
        self.playlists.get_mut(id).ok_or_else(|| Unknown(format!("playlist {id}")))
    }

    /// Adds `count` made-up videos of `channel`, each a second younger than the one before, and returns their ids.
    pub fn add_videos(&mut self, channel: &str, count: u32) -> Vec<String> {
        (0..count)
            .map(|n| {
                let published_at = self.now - Duration::from_secs(u64::from(count - n));
                let id = self.fresh_id();
                self.add_video(Video::new(&id, channel, &format!("Video {n}"), published_at));
                id
            })
            .collect()
    }

    /// 8 bytes as 11 characters of base64url.
    fn fresh_id(&mut self) -> String {
        self.serial += 1;
        // Spread over all bits, so that the ids look like ids; an odd factor maps no two serials to one id.
        let bits = self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        BASE64URL_NOPAD.encode(&bits.to_be_bytes())
    }

    fn video_mut(&mut self, id: &str) -> Result<&mut Video, Unknown> {
        self.videos.get_mut(id).ok_or_else(|| Unknown(format!("video {id}")))
    }

    /// Sets all three counts.
    ///
    /// # Errors
    ///
    /// When there is no such video; so everywhere below.
    pub fn set_counts(
        &mut self,
        id: &str,
        views: u64,
        likes: u64,
        comments: u64,
    ) -> Result<(), Unknown> {
        let video = self.video_mut(id)?;
        (video.views.value, video.likes.value, video.comments.value) = (views, likes, comments);
        Ok(())
    }

    /// Changes the title.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn rename(&mut self, id: &str, title: &str) -> Result<(), Unknown> {
        title.clone_into(&mut self.video_mut(id)?.title);
        Ok(())
    }

    /// Hides or shows the likes, as an owner may.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn hide_likes(&mut self, id: &str, hidden: bool) -> Result<(), Unknown> {
        self.video_mut(id)?.likes.hidden = hidden;
        Ok(())
    }

    /// Switches comments off or on.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn hide_comments(&mut self, id: &str, hidden: bool) -> Result<(), Unknown> {
        self.video_mut(id)?.comments.hidden = hidden;
        Ok(())
    }

    /// Changes who may see a video.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn set_status(&mut self, id: &str, visibility: Visibility) -> Result<(), Unknown> {
        self.video_mut(id)?.visibility = visibility;
        Ok(())
    }

    /// Changes where a broadcast stands, and notes when.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn set_live(&mut self, id: &str, live: Live) -> Result<(), Unknown> {
        let now = self.now;
        let video = self.video_mut(id)?;
        video.live = live;
        let (scheduled, started, ended, viewers) = match live {
            Live::None => (None, None, None, 0),
            Live::Upcoming => (Some(now + Duration::from_secs(3_600)), None, None, 0),
            Live::Live => (video.scheduled_at, Some(now), None, 1_200),
            Live::Completed => (video.scheduled_at, video.started_at.or(Some(now)), Some(now), 0),
        };
        (video.scheduled_at, video.started_at, video.ended_at) = (scheduled, started, ended);
        video.viewers = viewers;
        Ok(())
    }

    /// Lets a video grow by itself from now on.
    ///
    /// # Errors
    ///
    /// When there is no such video.
    pub fn set_pace(&mut self, id: &str, pace: Pace) -> Result<(), Unknown> {
        self.video_mut(id)?;
        self.paces.insert(id.to_owned(), pace);
        Ok(())
    }

    /// Takes over what a recording says of one video, which is published when it is first spoken of.
    pub(super) fn apply(&mut self, update: &Update<'_>) {
        let counts = (update.views, update.likes, update.comments);
        if let Some(video) = self.videos.get_mut(update.video) {
            (video.views.value, video.likes.value, video.comments.value) = counts;
            if video.title != update.title {
                update.title.clone_into(&mut video.title);
            }
            return;
        }
        if self
            .channels
            .get(update.channel)
            .is_none_or(|channel| channel.title != update.channel_title)
        {
            self.add_channel(update.channel, update.channel_title, None);
        }
        let video = Video::new(update.video, update.channel, update.title, self.now);
        self.add_video(video.with_counts(counts.0, counts.1, counts.2));
    }
}
