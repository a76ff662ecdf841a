//! Snapshots go through records and come back; everything else ends as a line.

mod avro;
mod changes;
mod json;
mod snapshots;

use proptest::option;
use proptest::prelude::*;

use super::columns::Columns;
use super::*;
use crate::model::{Live, Snapshot, Status, UnixMillis, VideoId};

/// 2026-11-22T12:00:00Z.
const NOW: i64 = 1_795_348_800_000;

const KEY: &[u8] = b"dQw4w9WgXcQ";

fn id() -> VideoId {
    "dQw4w9WgXcQ".parse().unwrap()
}

/// A snapshot after YouTube's.
fn seen() -> Snapshot {
    Snapshot {
        video_id: id(),
        observed_at: UnixMillis(NOW),
        numbers_at: UnixMillis(NOW),
        details_at: UnixMillis(NOW - 600_000),
        views: Some(1_790_123_456),
        likes: Some(18_901_234),
        comments: None,
        title: Some("Rick Astley - Never Gonna Give You Up (Official Video) (4K Remaster)".into()),
        channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".into()),
        channel_title: Some("Rick Astley".into()),
        status: Status::Public,
        live: Live::None,
        published_at: Some(UnixMillis(1_256_453_853_000)),
        duration: Some(213),
        starts_at: None,
    }
}

fn columns() -> Columns {
    VideoRecord::from(&seen()).columns
}

/// Any text that a title can be, hostile ones among them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,200}",
        Just("\u{202e}<b>&amp;\u{0}\u{1b}[31m\"\\{}\u{feff}".to_owned()),
        Just("😀".repeat(1_250)),
    ]
}

prop_compose! {
    /// Any snapshot that the poller may publish.
    fn snapshot()(
        times in (0..NOW * 2, 0..NOW * 2, 0..NOW * 2),
        counts in (option::of(0..i64::MAX), option::of(0..=i64::MAX), option::of(0..2_i64)),
        title in option::weighted(0.9, text()),
        channel in (option::of("UC[A-Za-z0-9_-]{22}"), option::of(text())),
        status in prop_oneof![
            Just(Status::Public), Just(Status::Unlisted), Just(Status::Unavailable)
        ],
        live in prop_oneof![
            Just(Live::None), Just(Live::Upcoming), Just(Live::Live), Just(Live::Completed)
        ],
        told in (option::of(-NOW..NOW * 3), option::of(any::<u32>()), option::of(-NOW..NOW * 3)),
    ) -> Snapshot {
        Snapshot {
            video_id: id(),
            observed_at: UnixMillis(times.0),
            numbers_at: UnixMillis(times.1),
            details_at: UnixMillis(times.2),
            views: counts.0,
            likes: counts.1,
            comments: counts.2,
            title,
            channel_id: channel.0,
            channel_title: channel.1,
            status,
            live,
            published_at: told.0.map(UnixMillis),
            duration: told.1,
            starts_at: told.2.map(UnixMillis),
        }
    }
}

/// What comes back of a snapshot: of a video that is to be forgotten nothing else is told.
fn told(snapshot: &Snapshot) -> Snapshot {
    match snapshot.title {
        Some(_) => snapshot.clone(),
        None => super::snapshot::forgotten(snapshot.video_id, snapshot.observed_at),
    }
}
