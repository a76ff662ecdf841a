//! What every test of the store takes into its hands: names, snapshots, watches, and a plain way of putting messages
//! together. Nothing here knows an engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tubebell::model::{
    Address, Digest, Live, NotificationId, Owner, Schedule, Settings, Snapshot, Status, SubjectRef,
    UnixMillis, VideoId,
};
use tubebell::route::{language, trigger};
use tubebell::store::{
    Collected, Compose, Composed, ComposedMessage, Course, DeadLetters, NewRule, Outbox, Places,
    Retention, Unit, VideoAlerts, WatchEdit,
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

/// Puts messages together as plainly as can be, and holds them when told to. Digests and days are those of UTC.
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

impl Plain {
    /// What is said of each video of a unit; or why there are no words.
    fn texts<'a>(&self, unit: &'a Unit) -> Result<Vec<(String, &'a VideoAlerts)>, String> {
        let mut texts = Vec::new();
        for video in &unit.videos {
            let (first, last) = (&video.alerts[0], &video.alerts[video.alerts.len() - 1]);
            if first.rule_text == "title" && first.current.text() == Some("panic") {
                panic!("a title that nobody thought of");
            }
            let has_words = self.has_words.load(Ordering::Relaxed);
            if first.current.text() == Some("unspeakable") && !has_words {
                return Err("there are no words for this".into());
            }
            let about = first.video.map_or_else(|| unit.subject.to_string(), |id| id.to_string());
            texts.push((format!("{about} {:?} -> {:?}", first.previous, last.current), video));
        }
        Ok(texts)
    }

    /// Messages about so many videos each.
    fn messages(texts: &[(String, &VideoAlerts)], each: usize) -> Vec<ComposedMessage> {
        let message = |lines: &[(String, &VideoAlerts)]| {
            let alerts = || lines.iter().flat_map(|(_, video)| &video.alerts);
            let lines: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
            ComposedMessage {
                body: bodies::plain(&lines.join(" + ")),
                video: alerts().next().and_then(|alert| alert.video).filter(|_| lines.len() == 1),
                is_coalesced: alerts().count() > 1,
                alerts: alerts().map(|alert| alert.id).collect(),
                observed_at: alerts().next().unwrap().observed_at,
            }
        };
        texts.chunks(each).map(message).collect()
    }

    fn each(&self, to: &Address) -> usize {
        if to.channel().traits().is_told_each_video { 1 } else { self.videos_per_message }
    }
}

impl Compose for Plain {
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed {
        let alerts = || unit.videos.iter().flat_map(|video| &video.alerts);
        self.shown.fetch_add(i64::try_from(alerts().count()).unwrap(), Ordering::Relaxed);
        let (ours, theirs) = (&unit.settings, &unit.destination.settings);
        let collect = |schedule, is_over_budget| Composed::Collect {
            schedule,
            tz: "UTC".into(),
            is_over_budget,
            latest: now.plus(DAY * 29),
        };
        let schedule = ours.digest.or(theirs.digest).and_then(Digest::schedule);
        if let Some(schedule) = schedule.filter(|_| !unit.is_urgent) {
            return collect(schedule, false);
        }
        let spaced = unit
            .last_sent
            .zip(ours.at_most_s.or(theirs.at_most_s))
            .map_or(i64::MIN, |(sent, s)| sent.plus(Duration::from_secs(s)).0);
        let until = self.quiet_until.load(Ordering::Relaxed).max(spaced);
        let barred = unit.destination.barred.as_ref().map_or(i64::MIN, |barred| barred.until.0);
        let muted = unit.destination.muted_until.max(unit.muted_until).map_or(i64::MIN, |at| at.0);
        let until = if unit.is_urgent { i64::MIN } else { until };
        let until = until.max(barred).max(muted);
        if until > now.0 {
            return Composed::Hold(UnixMillis(until));
        }
        let budget = ours.pings_per_day.or(theirs.pings_per_day).filter(|_| !unit.is_urgent);
        if budget.is_some_and(|pings| unit.pings.today(now, "UTC") >= pings) {
            return collect(Schedule::EVENING, true);
        }
        let texts = match self.texts(unit) {
            Ok(texts) => texts,
            Err(cause) => return Composed::Dead(cause),
        };
        let messages = Plain::messages(&texts, self.each(&unit.destination.address));
        let count = u32::try_from(messages.len()).unwrap();
        let pings = budget.map(|_| unit.pings.and(count, now, "UTC"));
        Composed::Send { silent: false, messages, cancelled: Vec::new(), pings }
    }

    fn digest(
        &self,
        collected: &Collected,
        _: &dyn Fn(&VideoId) -> Course,
        now: UnixMillis,
    ) -> Composed {
        let barred =
            collected.destination.barred.as_ref().map_or(i64::MIN, |barred| barred.until.0);
        let muted = collected.destination.muted_until.map_or(i64::MIN, |until| until.0);
        let quiet = self.quiet_until.load(Ordering::Relaxed);
        let is_ahead = collected.due_at > now;
        let until = if is_ahead { barred } else { barred.max(muted).max(quiet) };
        if until > now.0 {
            return Composed::Hold(UnixMillis(until));
        }
        let texts: Result<Vec<Vec<_>>, _> =
            collected.units.iter().map(|unit| self.texts(unit)).collect();
        let texts: Vec<_> = match texts {
            Ok(texts) => texts.into_iter().flatten().collect(),
            Err(cause) => return Composed::Dead(cause),
        };
        let messages = Plain::messages(&texts, self.each(&collected.destination.address));
        Composed::Send { silent: false, messages, cancelled: Vec::new(), pings: None }
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
