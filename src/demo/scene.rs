//! What is played: a world, what is typed in it at the start, and what a newcomer can type.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tubebell_sim::telegram::Hint;
use tubebell_sim::world::{World, story};

use super::recording;

/// How much faster than life a recording plays unless told otherwise: a recorded day in ten seconds.
const REPLAY_SPEED: f64 = 8640.0;

/// How many videos of a recording are watched from the start.
const WATCHED_OF_A_RECORDING: usize = 3;

/// What makes a channel the feed of its server.
const FEED: &str = "/feed here";

/// A world, and what is typed in it.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) typed: Typed,
    /// How long it plays; `None`: as long as somebody looks.
    pub(super) length: Option<Duration>,
}

/// What the person types at the start.
pub(super) struct Typed {
    /// On the phone.
    pub(super) on_telegram: Vec<String>,
    /// In the channel for alerts on Discord.
    pub(super) on_discord: Vec<String>,
    /// What is mailed: nobody types in a mailbox, so it stands in a watch file.
    pub(super) by_mail: Vec<Mailed>,
}

/// A watch that goes to the mailbox.
pub(super) struct Mailed {
    /// What is watched, as a line of a watch file.
    pub(super) subject: String,
    pub(super) rules: &'static [&'static str],
    pub(super) digest: Option<&'static str>,
}

impl Mailed {
    fn video(id: &str, rules: &'static [&'static str]) -> Mailed {
        Mailed { subject: format!("video = \"{id}\""), rules, digest: None }
    }
}

impl Scene {
    /// The made-up world, and its story.
    pub(super) fn story(now: Timestamp) -> Scene {
        let on_telegram = [
            "/start".to_owned(),
            format!("/watch https://youtu.be/{} views milestones; views every 20k", story::FAST),
            format!("/watch {} title; likes +5", story::RENAMED),
            format!("/watch {} upload; live; status", story::HANDLE),
            format!("/watch https://www.youtube.com/watch?v={} status", story::VANISHING),
            format!("/card {}", story::FAST),
            format!("/watch {} views any; status", story::PLAYLIST),
            format!("/digest {} every 30s", story::PLAYLIST),
        ];
        let on_discord = [
            FEED.to_owned(),
            format!("/watch video:{} rule:title", story::RENAMED),
            format!("/watch video:{} rule:views milestones; views every 10k", story::FAST),
            format!("/watch video:{} rule:upload; live", story::HANDLE),
        ];
        let digested = Mailed {
            subject: format!("playlist = \"{}\"", story::PLAYLIST),
            rules: &["views any", "likes any"],
            digest: Some("every 30s"),
        };
        let by_mail = vec![
            Mailed::video(story::FAST, &["views milestones", "views every 50k"]),
            Mailed::video(story::RENAMED, &["title"]),
            digested,
        ];
        Scene {
            world: World::demo(now.as_millisecond().unsigned_abs(), now),
            typed: Typed {
                on_telegram: on_telegram.into(),
                on_discord: on_discord.into(),
                by_mail,
            },
            length: None,
        }
    }

    /// A recording, played so many times faster than life.
    ///
    /// # Errors
    ///
    /// One line, when it can't be played.
    pub(super) fn replay(path: &Path, speed: Option<f64>, now: Timestamp) -> anyhow::Result<Scene> {
        let recording = recording::read(path)?;
        if recording.damage.total > 0 {
            println!("{}", recording.damage);
        }
        let timeline = recording.timeline;
        let speed = speed.unwrap_or(REPLAY_SPEED);
        let per_day = Duration::from_secs_f64((86_400.0 / speed).clamp(0.001, 86_400.0 * 365.0));
        println!(
            "Playing {} days of {} videos, a day in {:.1} s; numbers between two days are interpolated.",
            timeline.days(),
            timeline.videos(),
            per_day.as_secs_f64()
        );
        let (mut on_telegram, mut on_discord) = (vec!["/start".to_owned()], vec![FEED.to_owned()]);
        let mut by_mail = Vec::new();
        for video in timeline.liveliest(WATCHED_OF_A_RECORDING) {
            let rules = "views milestones; views +5%; likes +5%; title";
            on_telegram.push(format!("/watch {video} {rules}"));
            on_discord.push(format!("/watch video:{video} rule:{rules}"));
            by_mail.push(Mailed::video(video, &["views milestones", "title"]));
        }
        let length = Some(timeline.length(per_day));
        let world = World::replay(timeline, per_day, now);
        Ok(Scene { world, typed: Typed { on_telegram, on_discord, by_mail }, length })
    }
}

impl Typed {
    /// What can be typed on the phone.
    pub(super) fn telegram_hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("/list", "what is watched")];
        hints.extend(self.on_telegram.get(1).map(|command| Hint::new(command, "watch a video")));
        hints.extend([
            Hint::new(&format!("/watch {}", story::BROADCAST), "a stream that goes live"),
            Hint::new("/why 1", "why there was, or was not, a message"),
            Hint::new("/card 1", "its numbers in a message that moves"),
            Hint::new("/digest now", "what is collected so far"),
            Hint::new("/rules", "everything a rule can say"),
            Hint::new("/mute 1h", "an hour of peace"),
        ]);
        hints
    }

    /// What can be typed on Discord.
    pub(super) fn discord_hints(&self) -> Vec<Hint> {
        let mut hints = vec![Hint::new("/list", "what is watched in this server")];
        hints.extend(self.on_discord.get(1).map(|command| Hint::new(command, "watch a video")));
        hints.extend([
            Hint::new("/why video:1", "why there was, or was not, a message"),
            Hint::new("/stats video:1", "its numbers, with a picture"),
            Hint::new("/card video:1", "its numbers in a message that moves"),
            Hint::new("/digest when:every 30s", "collect, and tell it at a time"),
            Hint::new("/mute for:1h", "an hour of peace"),
        ]);
        hints
    }
}
