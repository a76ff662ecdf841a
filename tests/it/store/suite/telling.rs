//! One message per watch and moment: hands to tell it with. What must hold of it stands in the files below.

mod again;
mod programs;
mod settings;
mod together;

use super::listing::{CHANNEL, id, name, row};
use super::*;
use tubebell::deliver::Composer;
use tubebell::model::{CancelReason, Effective};
use tubebell::render::Renderer;

pub(super) const EVA: &str = "recorder:eva";
pub(super) const HOOK: &str = "webhook:https://a.example/";
pub(super) const ALL: &str = "views any; likes any; comments any";

/// A bench whose messages are made as a gateway makes them.
pub(super) struct Telling {
    pub(super) bench: Bench,
    pub(super) composer: Arc<Composer>,
}

/// A message that left.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) at: UnixMillis,
    pub(super) text: String,
    pub(super) silent: bool,
}

impl Telling {
    pub(super) fn new() -> Telling {
        let defaults = Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        };
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        Telling {
            bench: Bench::new(),
            composer: Arc::new(Composer {
                renderer,
                defaults,
                max_age: DAY,
                at_most_max: DAY * 29,
            }),
        }
    }

    /// A channel of so many videos, all of them seen once, watched by `to`.
    pub(super) async fn of_channel(to: &str, videos: usize, rules: &str) -> Telling {
        let it = Telling::new();
        it.bench.watch_subject(to, CHANNEL, rules).await;
        let old = |n| row(n, T0.minus(100 * DAY).plus(HOUR * u32::try_from(n).unwrap()));
        it.bench.list_within(CHANNEL, (1..=videos).map(old).collect(), true, videos).await;
        it.look(1..=videos, 1_000).await;
        it
    }

    pub(super) async fn set(&self, to: &str, settings: Settings) {
        self.bench.edit(Edit::Set { destination: at(to), subject: None, settings }).await;
    }

    /// One look at many videos: all counts are so high.
    pub(super) async fn look(&self, videos: impl Iterator<Item = usize>, count: i64) {
        self.bench.pass(SECOND);
        let now = self.bench.now();
        let seen = videos.map(|n| Snapshot {
            likes: Some(count),
            comments: Some(count),
            title: Some(format!("title {n}")),
            ..snapshot(&name(n), now, count)
        });
        self.bench.store().append(seen.collect()).await.unwrap();
        self.bench.route().await;
    }

    pub(super) async fn claim(&self, channel: Channel, finished: Vec<Finished>) -> Claimed {
        let composer = Arc::clone(&self.composer) as _;
        let now = self.bench.now();
        self.bench
            .store()
            .finish_and_claim(finished, channel, Room::of(100), now, composer)
            .await
            .unwrap()
    }

    /// Takes and sends what is due on the recorder.
    pub(super) async fn tell(&self) -> Vec<Told> {
        let mut told = Vec::new();
        loop {
            let claims = self.claim(Channel::Recorder, Vec::new()).await.claims;
            if claims.is_empty() {
                return told;
            }
            for claim in claims {
                self.bench.sent(&claim).await;
                let Claim { body, silent, .. } = claim;
                let text = bodies::text(&body).to_owned();
                told.push(Told { at: self.bench.now(), text, silent });
            }
        }
    }

    /// The same for so long, a minute at a time.
    pub(super) async fn tell_for(&self, minutes: u32) -> Vec<Told> {
        let mut told = Vec::new();
        for _ in 0..minutes {
            self.bench.pass(MINUTE);
            told.extend(self.tell().await);
        }
        told
    }

    pub(super) fn waiting(&self) -> usize {
        self.bench.count("waiting")
    }
}

pub(super) fn quiet(hours: &str) -> Settings {
    Settings { quiet: Some(hours.parse().unwrap()), ..Settings::default() }
}

pub(super) fn at_most(time: Duration) -> Settings {
    Settings { at_most_s: Some(time.as_secs()), ..Settings::default() }
}
