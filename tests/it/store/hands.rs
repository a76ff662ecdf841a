//! What every test of the store takes into its hands: names, snapshots, watches, and a plain way of putting messages
//! together. Nothing here knows an engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tubebell::model::{
    Address, Live, NotificationId, Owner, Settings, Snapshot, Status, SubjectRef, UnixMillis,
};
use tubebell::route::{language, trigger};
use tubebell::store::{
    Compose, Composed, ComposedMessage, DeadLetters, NewRule, Outbox, Places, Retention, Unit,
    WatchEdit,
};

use crate::bodies;

/// When the stories begin.
pub(super) const T0: UnixMillis = UnixMillis(1_795_000_000_000);

/// The video of most stories.
pub(super) const VIDEO: &str = "dQw4w9WgXcQ";

/// A chat.
pub(super) const ANA: &str = "telegram:4711";

/// A second, then others.
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// How long things are kept.
pub(super) const KEEP: Retention =
    Retention { statistics: DAY.saturating_mul(30), alerts: DAY.saturating_mul(7) };

pub(super) fn at(address: &str) -> Address {
    address.parse().unwrap()
}

pub(super) fn of(subject: &str) -> SubjectRef {
    subject.parse().unwrap()
}

/// Whoever is behind a chat.
pub(super) fn owner(chat: &str) -> Owner {
    Owner::of(&at(chat))
}

/// A whole snapshot with so many views.
pub(super) fn snapshot(video: &str, now: UnixMillis, views: i64) -> Snapshot {
    Snapshot {
        video_id: video.parse().unwrap(),
        observed_at: now,
        numbers_at: now,
        details_at: now,
        views: Some(views),
        likes: Some(10),
        comments: None,
        title: Some("A title".into()),
        channel_id: None,
        channel_title: None,
        status: Status::Public,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

/// A watch as the operator's file makes it: without a look at the video.
pub(crate) fn watch_of(to: &str, subject: &str, rules: &str) -> WatchEdit {
    let rules = language::parse_set(rules).unwrap();
    WatchEdit {
        destination: at(to),
        owner: Owner::Operator,
        subject: of(subject),
        title: None,
        rules: rules
            .iter()
            .map(|rule| {
                let initial = trigger::initial(&rule.condition, None).next.unwrap();
                let unset = (initial.series, initial.value);
                NewRule {
                    text: rule.to_string(),
                    unset,
                    per_video: trigger::is_per_video(&rule.condition),
                    start: None,
                }
            })
            .collect(),
        settings: Settings::default(),
        origin: "chat".into(),
        beginning: None,
        limit: None,
        videos_limit: None,
    }
}

/// Puts messages together as plainly as can be, and holds them when told to.
pub(super) struct Plain {
    /// Everything that is not urgent is held until then.
    pub(super) quiet_until: AtomicI64,
    /// How many alerts it was shown.
    pub(super) shown: AtomicI64,
    /// How many videos a message of a chat has room for.
    pub(super) videos_per_message: usize,
    /// Whether there are words for what is unspeakable.
    pub(super) has_words: AtomicBool,
}

impl Default for Plain {
    fn default() -> Plain {
        Plain {
            quiet_until: AtomicI64::new(0),
            shown: AtomicI64::new(0),
            videos_per_message: 1,
            has_words: AtomicBool::new(false),
        }
    }
}

impl Compose for Plain {
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed {
        let alerts = || unit.videos.iter().flat_map(|video| &video.alerts);
        self.shown.fetch_add(i64::try_from(alerts().count()).unwrap(), Ordering::Relaxed);
        let settings = &unit.settings.at_most_s.or(unit.destination.settings.at_most_s);
        let spaced = unit
            .last_sent
            .zip(*settings)
            .map_or(i64::MIN, |(sent, s)| sent.plus(Duration::from_secs(s)).0);
        let until = self.quiet_until.load(Ordering::Relaxed).max(spaced);
        let barred = unit.destination.barred.as_ref().map_or(i64::MIN, |barred| barred.until.0);
        let until = if unit.is_urgent { barred } else { until.max(barred) };
        if until > now.0 {
            return Composed::Hold(UnixMillis(until));
        }
        let mut texts = Vec::new();
        for video in &unit.videos {
            let (first, last) = (&video.alerts[0], &video.alerts[video.alerts.len() - 1]);
            if first.rule_text == "title" && first.current.text() == Some("panic") {
                panic!("a title that nobody thought of");
            }
            let has_words = self.has_words.load(Ordering::Relaxed);
            if first.current.text() == Some("unspeakable") && !has_words {
                return Composed::Dead("there are no words for this".into());
            }
            let about = first.video.map_or_else(|| unit.subject.to_string(), |id| id.to_string());
            texts.push(format!("{about} {:?} -> {:?}", first.previous, last.current));
        }
        let each = unit.destination.address.channel().traits().is_told_each_video;
        let per_message = if each { 1 } else { self.videos_per_message };
        let messages = unit.videos.chunks(per_message).zip(texts.chunks(per_message));
        let messages = messages.map(|(videos, texts)| ComposedMessage {
            body: bodies::plain(&texts.join(" + ")),
            video: videos[0].alerts[0].video.filter(|_| videos.len() == 1),
            is_coalesced: videos.iter().flat_map(|video| &video.alerts).count() > 1,
            alerts: videos.iter().flat_map(|video| &video.alerts).map(|alert| alert.id).collect(),
            observed_at: videos[0].alerts[0].observed_at,
        });
        Composed::Send { silent: false, messages: messages.collect(), cancelled: Vec::new() }
    }

    fn is_quiet(&self, _: &Settings, _: &Settings, now: UnixMillis) -> bool {
        self.quiet_until.load(Ordering::Relaxed) > now.0
    }
}

/// Queues all dead letters again; how many there were.
pub(crate) async fn replay_all(store: &dyn Outbox, now: UnixMillis) -> usize {
    replay(store, DeadLetters::All, now).await
}

/// Queues dead letters again, piece by piece.
pub(super) async fn replay(store: &dyn Outbox, which: DeadLetters, now: UnixMillis) -> usize {
    let (mut count, mut after) = (0, Some(NotificationId(0)));
    while let Some(last) = after {
        let replayed = store.replay_dead_letters(which.clone(), last, now).await.unwrap();
        count += replayed.count;
        after = replayed.last;
    }
    count
}

/// Few places for each lane.
#[derive(Default)]
pub(super) struct Few {
    each: usize,
    pub(super) taken: std::sync::Mutex<HashMap<String, usize>>,
}

impl Few {
    pub(super) fn each(each: usize) -> Arc<Few> {
        Arc::new(Few { each, ..Few::default() })
    }
}

impl Places for Few {
    fn free(&self, lane: &str) -> usize {
        self.each - self.taken.lock().unwrap().get(lane).copied().unwrap_or_default()
    }

    fn take(&self, lane: &str, count: usize) {
        *self.taken.lock().unwrap().entry(lane.to_owned()).or_default() += count;
    }

    fn give_back(&self, lane: &str, count: usize) {
        if let Some(taken) = self.taken.lock().unwrap().get_mut(lane) {
            *taken -= count;
        }
    }
}
