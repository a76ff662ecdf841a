//! What tubebell remembers, seen through the seam: what goes in, what comes out, and that the sums agree.
//!
//! Time is a number that the tests turn; nothing sleeps.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod clock;
mod commands;
mod delivery;
mod ending;
mod holding;
mod keeping;
mod laws;
mod list_laws;
mod listing;
mod moving;
mod opening;
mod poisoned;
mod reaching;
mod routing;
mod sleeping;
mod story;
mod telling;
mod upgrading;
mod watching;

use std::cell::Cell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tubebell::model::{
    Address, Channel, Live, NotificationId, Settings, Snapshot, Status, SubjectRef, UnixMillis,
    VideoId,
};
use tubebell::route::{Budget, Router, language, trigger};
use tubebell::store::{
    Access, Claim, Claimed, Compose, Composed, ComposedMessage, DeadLetters, EMBEDDED_STREAM, Edit,
    Edited, Finished, FinishedAs, Housekeeping, NewRule, Places, Registry, Room, Sqlite, Store, Unit,
    WatchEdit,
};

use crate::bodies;

/// When the stories begin.
const T0: UnixMillis = UnixMillis(1_795_000_000_000);

/// The video of most stories.
const VIDEO: &str = "dQw4w9WgXcQ";

/// A chat.
const ANA: &str = "telegram:4711";

/// A second, then others.
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn at(address: &str) -> Address {
    address.parse().unwrap()
}

fn of(subject: &str) -> SubjectRef {
    subject.parse().unwrap()
}

/// A whole snapshot with so many views.
fn snapshot(video: &str, now: UnixMillis, views: i64) -> Snapshot {
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
        owner: "operator".into(),
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
struct Plain {
    /// Everything that is not urgent is held until then.
    quiet_until: AtomicI64,
    /// How many alerts it was shown.
    shown: AtomicI64,
    /// How many videos a message of a chat has room for.
    videos_per_message: usize,
}

impl Default for Plain {
    fn default() -> Plain {
        Plain { quiet_until: AtomicI64::new(0), shown: AtomicI64::new(0), videos_per_message: 1 }
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
            if first.current.text() == Some("unspeakable") {
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
pub(crate) async fn replay_all(store: &dyn Store, now: UnixMillis) -> usize {
    replay(store, DeadLetters::All, now).await
}

/// Queues dead letters again, piece by piece.
async fn replay(store: &dyn Store, which: DeadLetters, now: UnixMillis) -> usize {
    let (mut count, mut after) = (0, Some(NotificationId(0)));
    while let Some(last) = after {
        let replayed = store.replay_dead_letters(which.clone(), last, now).await.unwrap();
        count += replayed.count;
        after = replayed.last;
    }
    count
}

/// A database, a clock, and hands to work with both.
/// Few places for each lane.
#[derive(Default)]
struct Few {
    each: usize,
    taken: std::sync::Mutex<HashMap<String, usize>>,
}

impl Few {
    fn each(each: usize) -> Arc<Few> {
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
}

struct Bench {
    folder: tempfile::TempDir,
    store: Option<Arc<dyn Store>>,
    now: Cell<UnixMillis>,
    plain: Arc<Plain>,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench {
            folder: tempfile::tempdir().unwrap(),
            store: None,
            now: Cell::new(T0),
            plain: Arc::new(Plain::default()),
        };
        bench.restart();
        bench
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tubebell.db")
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.store.as_ref().unwrap()
    }

    /// The same database in a new process: nothing that was in flight came back.
    fn restart(&mut self) {
        self.store = None;
        self.store = Some(Arc::new(Sqlite::open(&self.path(), Access::Run).unwrap()));
    }

    fn now(&self) -> UnixMillis {
        self.now.get()
    }

    fn pass(&self, time: Duration) {
        self.now.set(self.now().plus(time));
    }

    async fn edit(&self, edit: Edit) -> Edited {
        let mut edited = self.store().edit(None, vec![edit], self.now()).await.unwrap().unwrap();
        edited.pop().unwrap()
    }

    async fn watch(&self, to: &str, rules: &str) -> Edited {
        self.watch_subject(to, &format!("video:{VIDEO}"), rules).await
    }

    async fn watch_subject(&self, to: &str, subject: &str, rules: &str) -> Edited {
        self.edit(Edit::Watch(Box::new(watch_of(to, subject, rules)))).await
    }

    async fn unwatch(&self, from: &str) -> Edited {
        let subject = of(&format!("video:{VIDEO}"));
        self.edit(Edit::Unwatch { destination: at(from), subject }).await
    }

    async fn mute(&self, who: &str, subject: Option<&str>, until: Option<UnixMillis>) -> Edited {
        let subject = subject.map(of);
        self.edit(Edit::Mute { destination: at(who), subject, until }).await
    }

    /// One second later the video has so many views.
    async fn see(&self, views: i64) {
        self.see_video(VIDEO, views).await;
    }

    async fn see_video(&self, video: &str, views: i64) {
        self.pass(SECOND);
        self.publish(snapshot(video, self.now(), views)).await;
    }

    async fn publish(&self, snapshot: Snapshot) {
        self.store().append(vec![snapshot]).await.unwrap();
        self.route().await;
    }

    /// Routes all that is in the log and left over.
    async fn route(&self) {
        loop {
            let read = self.store().position(EMBEDDED_STREAM, 0).await.unwrap();
            let batch = self.store().read_log(read, 100).await.unwrap();
            if batch.is_empty() {
                break;
            }
            self.store()
                .route(
                    EMBEDDED_STREAM,
                    0,
                    read,
                    self.now(),
                    Box::new(move |tx| {
                        let mut router = Router::new();
                        let mut budget = Budget::new(1_000_000, &|| false);
                        let mut next = read;
                        for (offset, snapshot) in &batch {
                            router.route(tx, snapshot, &mut budget)?;
                            next = offset + 1;
                        }
                        Ok(next)
                    }),
                )
                .await
                .unwrap();
        }
        while self
            .store()
            .fan_out(
                self.now(),
                Box::new(|tx, holder, work| {
                    Router::new().resume(tx, holder, work, &mut Budget::new(1_000_000, &|| false))
                }),
            )
            .await
            .unwrap()
        {}
    }

    async fn turn(&self, channel: Channel, limit: usize, finished: Vec<Finished>) -> Claimed {
        self.turn_within(channel, Room::of(limit), finished).await
    }

    async fn turn_within(&self, channel: Channel, room: Room, finished: Vec<Finished>) -> Claimed {
        let compose = Arc::clone(&self.plain) as _;
        self.store().finish_and_claim(finished, channel, room, self.now(), compose).await.unwrap()
    }

    /// Takes what is due on Telegram.
    async fn claim(&self) -> Vec<Claim> {
        self.turn(Channel::Telegram, 100, Vec::new()).await.claims
    }

    /// Records how an attempt ended, and takes nothing.
    async fn finish(&self, claim: &Claim, result: FinishedAs) {
        let finished = self.finished(claim, result);
        self.turn(claim.address.channel(), 0, vec![finished]).await;
    }

    fn finished(&self, claim: &Claim, result: FinishedAs) -> Finished {
        let at = self.now();
        let (lane_failed, is_probe) = (None, claim.is_probe);
        Finished {
            id: claim.id,
            lane: claim.lane,
            at,
            lane_free_at: at,
            lane_failed,
            is_probe,
            result,
        }
    }

    async fn sent(&self, claim: &Claim) {
        self.finish(claim, FinishedAs::Sent("1".into())).await;
    }

    /// Takes and sends all that is due on Telegram; the bodies.
    async fn send_all(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let claims = self.claim().await;
            if claims.is_empty() {
                return bodies;
            }
            for claim in claims {
                self.sent(&claim).await;
                bodies.push(bodies::text(&claim.body).to_owned());
            }
        }
    }

    /// The first column of the first row.
    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Changes rows behind the store's back.
    fn meddle(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap();
    }

    fn database(&self) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db
    }

    /// How many alerts have this outcome; `waiting` and `in flight` are words for those that have none yet.
    fn count(&self, outcome: &str) -> usize {
        match outcome {
            "waiting" => self
                .sql("SELECT count(*) FROM alert WHERE outcome IS NULL AND notification IS NULL"),
            "in flight" => self.sql(
                "SELECT count(*) FROM alert WHERE outcome IS NULL AND notification IS NOT NULL",
            ),
            other => self.sql(&format!("SELECT count(*) FROM alert WHERE outcome = '{other}'")),
        }
    }

    /// Holds what must always hold; panics with the first law that is broken.
    fn sums(&self) {
        check_sums(&self.database());
    }
}

/// Every alert is somewhere, every lane knows when it is due, and nothing is counted that is not there.
pub(crate) fn check_sums(db: &rusqlite::Connection) {
    check_sums_but_lanes(db);
    let differ: i64 = db
        .query_row(
            "SELECT count(*) FROM lane l WHERE l.in_flight <> (SELECT count(*) FROM notification n
             WHERE n.lane = l.id AND n.state = 'pending' AND n.next_at IS NULL)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(differ, 0, "a lane has more or less in flight than it says");
}

/// The same while a chat has moved with a message in flight, whose slot stays with the old lane.
fn check_sums_but_lanes(db: &rusqlite::Connection) {
    let laws = [
        ("an alert is neither waiting, under way, nor ended with a word", "SELECT count(*) FROM alert a LEFT JOIN notification n ON n.id = a.notification
          WHERE NOT CASE
            WHEN a.outcome IS NULL AND a.notification IS NULL THEN a.ended IS NULL
            WHEN a.outcome IS NULL THEN coalesce(n.state IN ('pending', 'queued'), 0) AND a.ended IS NULL
            WHEN a.outcome = 'sent' THEN coalesce(n.state = 'sent', 0) AND a.ended IS NOT NULL
            WHEN a.outcome = 'dead' THEN coalesce(n.state = 'dead', 1) AND a.ended IS NOT NULL
            WHEN a.outcome LIKE 'cancelled:%' THEN coalesce(n.state = 'cancelled', 1) AND a.ended IS NOT NULL
            ELSE 0 END"),
        ("a waiting alert is not in a unit that knows of it", "SELECT count(*) FROM alert a WHERE a.outcome IS NULL AND a.notification IS NULL
          AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = a.unit AND u.due_at IS NOT NULL AND u.id / 8 = a.subscription)"),
        ("a unit waits with nothing", "SELECT count(*) FROM unit u WHERE u.due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM alert a
          WHERE a.unit = u.id AND a.outcome IS NULL AND a.notification IS NULL)"),
        ("a unit waits for a notification that is not under way", "SELECT count(*) FROM unit u JOIN notification n ON n.id = abs(u.notification)
          WHERE n.state <> 'pending'"),
        ("a unit waits for a notification that is not there", "SELECT count(*) FROM unit u WHERE u.notification IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = abs(u.notification))"),
        ("a part waits for none before it", "SELECT count(*) FROM notification n WHERE n.state = 'queued' AND NOT EXISTS
          (SELECT 1 FROM notification p WHERE p.id = n.id - 1 AND p.state IN ('pending', 'queued') AND p.parts_left = n.parts_left + 1)"),
        ("a part overtakes the one before it", "SELECT count(*) FROM notification n JOIN notification p ON p.id = n.id - 1
          AND p.unit = n.unit AND p.parts_left = n.parts_left + 1 WHERE n.state <> 'queued' AND p.ended IS NULL"),
        ("more is in flight than may be", "SELECT count(*) FROM lane WHERE in_flight NOT BETWEEN 0 AND
          CASE channel WHEN 'telegram' THEN 1 ELSE 16 END"),
        ("a lane sleeps for ever or too long, or is awake too early", "SELECT count(*) FROM (SELECT l.due_at AS due, l.free_at,
              l.in_flight >= CASE WHEN l.channel = 'telegram' OR l.failing >= 8 THEN 1 ELSE 16 END AS full,
              (SELECT min(at) FROM (SELECT min(due_at) AS at FROM unit u WHERE u.lane = l.id AND u.notification IS NULL
               UNION ALL SELECT min(next_at) FROM notification n WHERE n.lane = l.id AND n.state = 'pending')) AS first
            FROM lane l)
          WHERE due IS NOT CASE WHEN full THEN NULL ELSE max(free_at, first) END"),
        ("an ended notification still has a time to be tried", "SELECT count(*) FROM notification
          WHERE state NOT IN ('pending', 'queued') AND (next_at IS NOT NULL OR ended IS NULL)"),
        ("the sums over all alerts are not what is open", "SELECT
            coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'alert'), 0)
            + (SELECT coalesce(sum(CASE outcome WHEN 'replayed' THEN alerts WHEN 'folded' THEN 0 ELSE -alerts END), 0) FROM ledger)
            - (SELECT count(*) FROM alert WHERE outcome IS NULL)"),
    ];
    for (law, sql) in laws {
        let broken: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(broken, 0, "{law}");
    }
}
