//! Schemas and records against the simulated registry, over HTTP.

#![cfg(feature = "kafka")]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy takes for other code")]

mod answers;
mod records;
mod story;

use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;
use tubebell::bus::record::{Codec, RecordKind};
use tubebell::bus::schema::{Registry, RegistryError, RegistryOptions};
use tubebell::model::{Live, Snapshot, Status, UnixMillis};
use tubebell_sim::Simulation;
use tubebell_sim::registry::{Options, RegistrySim, serve};
use tubebell_sim::world::World;

/// 2026-11-22T12:00:00Z.
const NOW: i64 = 1_795_348_800_000;
const KEY: &[u8] = b"dQw4w9WgXcQ";
const SUBJECT: &str = "youtube_videos-value";

struct Stage {
    simulation: Simulation,
    sim: RegistrySim,
}

impl Stage {
    async fn with(options: Options) -> Stage {
        let now = Timestamp::from_millisecond(NOW).unwrap();
        let simulation = Simulation::new(World::new(1, now), Arc::new(move || now));
        let sim = serve(&simulation, options).await.unwrap();
        Stage { simulation, sim }
    }

    async fn new() -> Stage {
        Stage::with(Options::default()).await
    }

    fn registry(&self) -> Registry {
        registry(&self.sim.base_url(), None)
    }

    /// What was asked, without what was sent along.
    fn asked(&self) -> Vec<String> {
        let line = |request: tubebell_sim::registry::Request| {
            format!("{} {}", request.method, request.path)
        };
        self.sim.requests().into_iter().map(line).collect()
    }
}

pub(crate) fn registry(url: &str, account: Option<(&str, &str)>) -> Registry {
    let options = RegistryOptions {
        url: url.parse().unwrap(),
        user: account.map(|(user, _)| user.to_owned()),
        password: account.map(|(_, password)| SecretString::from(password)),
    };
    Registry::new(options).unwrap()
}

/// A snapshot with all that there is.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        video_id: "dQw4w9WgXcQ".parse().unwrap(),
        observed_at: UnixMillis(NOW),
        numbers_at: UnixMillis(NOW),
        details_at: UnixMillis(NOW - 60_000),
        views: Some(1_790_123_456),
        likes: None,
        comments: Some(0),
        title: Some("\u{202e}<b>Title &amp; \u{0}\"".to_owned()),
        channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
        channel_title: Some("Rick Astley".to_owned()),
        status: Status::Public,
        live: Live::None,
        published_at: Some(UnixMillis(1_256_453_853_000)),
        duration: Some(213),
        starts_at: None,
    }
}

async fn prepare(registry: &Registry) -> Result<u32, RegistryError> {
    registry.prepare(SUBJECT, RecordKind::Video.schema()).await
}

/// A codec whose schemas are registered.
async fn codec(registry: Registry) -> Codec {
    let codec = Codec::avro(registry);
    for (kind, subject) in [
        (RecordKind::Video, SUBJECT),
        (RecordKind::Change, "youtube_changes-value"),
        (RecordKind::Watched, "youtube_watched-value"),
    ] {
        codec.register(kind, subject).await.unwrap();
    }
    codec
}
