//! Values that the samples of all messages are made of.
//!
//! Each message has its samples beside its fields. Together they take every branch of its template. The first is what
//! `preview` shows; in the last everything that can come from outside is hostile.

pub(super) mod news;

use super::link::Link;
use super::numbers::{Ago, Moment, ShortTime};
use crate::model::{ClockTime, Counts, Metric, Picture, PictureMark, Quiet, UnixMillis, VideoId};

/// In every hostile text: where it is found in plain text, a template would let titles ping people.
pub(super) const PROBE: &str = "@tubebell_probe";

pub(super) const HOSTILE: &str =
    "</a></b><b>&amp; \"'>*_`[x](y) @tubebell_probe #tag /stop {{x}} مرحبا 👩‍👩‍👧";
pub(super) const TITLE: &str = "Never Gonna Give You Up (4K Remaster)";
pub(super) const NOW: UnixMillis = UnixMillis(1_795_266_180_000);

pub(super) fn video_id() -> VideoId {
    "dQw4w9WgXcQ".parse().expect("eleven characters of the alphabet")
}

pub(super) fn video() -> Link {
    Link::video(&video_id(), TITLE)
}

pub(super) fn hostile_link() -> Link {
    Link::video(&video_id(), HOSTILE)
}

pub(super) fn channel() -> Link {
    Link {
        title: "Rick Astley".to_owned(),
        url: "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw".to_owned(),
    }
}

pub(super) const BLOCKED: &str = "Forbidden: bot was blocked by the user";

pub(super) fn moment(minutes_ago: i64) -> Moment {
    Moment { at: UnixMillis(NOW.0 - minutes_ago * 60_000), tz: "Europe/Madrid".to_owned() }
}

pub(super) fn short_time(minutes_ago: i64) -> ShortTime {
    let Moment { at, tz } = moment(minutes_ago);
    ShortTime { at, now: NOW, tz }
}

pub(super) fn seen() -> Ago {
    Ago { at: UnixMillis(NOW.0 - 120_000), now: NOW }
}

/// A week in which the views passed a thousand.
pub(super) fn picture() -> Picture {
    let at = |hours_ago: i64| moment(60 * hours_ago).at;
    let points = vec![(at(168), Some(870)), (at(90), Some(1_010)), (at(20), Some(1_240))];
    Picture {
        metric: Metric::Views,
        points: points.into_iter().chain([(NOW, Some(1_240))]).collect(),
        marks: vec![PictureMark::Passed(at(90), 1_000)],
        tz: "Europe/Madrid".to_owned(),
    }
}

pub(super) const fn quiet() -> Quiet {
    Quiet { from: ClockTime { hour: 22, minute: 0 }, to: ClockTime { hour: 8, minute: 0 } }
}

pub(super) const COUNTS: Counts = Counts { views: Some(1_240), likes: Some(56), comments: Some(1) };
pub(super) const HIDDEN: Counts = Counts { views: Some(1_240), likes: None, comments: None };
