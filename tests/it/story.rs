//! A gateway between a simulated YouTube and a sandbox Telegram, for the tests that tell a whole story.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::{Gateway, system_clock};
use tubebell::config::{self, Config};
use tubebell::demo::telegram::{self, TelegramSandbox};
use tubebell::demo::world::{Video, World};
use tubebell::demo::youtube::{self, YouTubeSim};
use tubebell::model::{Address, Settings, SubjectRef, UnixMillis, VideoId};
use tubebell::route::{language, trigger};
use tubebell::store::{Edit, NewRule, WatchEdit};

/// The user who talks to the bot.
pub(crate) const ANA: i64 = 4711;

/// The video of most stories.
pub(crate) const VIDEO: &str = "dQw4w9WgXcQ";

/// A gateway, its outside world, and a folder for its database.
pub(crate) struct Story {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) youtube: YouTubeSim,
    pub(crate) telegram: TelegramSandbox,
    pub(crate) more: String,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Story {
    pub(crate) async fn new() -> Story {
        let clock = system_clock();
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let mut world = World::new(1, clock());
        let channel = "UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap();
        world.add_channel(&channel, "A channel", Some("@achannel"));
        world.add_video(
            Video::new(
                VIDEO.parse().unwrap(),
                channel,
                "Never <b>gonna</b> & @give #you up",
                clock(),
            )
            .with_counts(990, 10, 1),
        );
        let world = Arc::new(Mutex::new(world));
        let youtube =
            youtube::serve(world, Arc::clone(&clock), &tasks, stop.clone()).await.unwrap();
        let telegram =
            telegram::serve(telegram::Options::new(clock), &tasks, stop.clone()).await.unwrap();
        telegram.user(ANA, "Ana");
        telegram.say(ANA, ANA, "hello").unwrap();
        Story {
            folder: tempfile::tempdir().unwrap(),
            youtube,
            telegram,
            more: String::new(),
            tasks,
            stop,
        }
    }

    pub(crate) fn config(&self) -> Config {
        let text = format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{0}\"\nfeed_url = \"{0}\"\nmin_interval = \"1s\"\n\
             max_interval = \"1s\"\n[telegram]\ntoken = \"{1}\"\napi_url = \"{2}\"\n\
             [store]\nurl = \"sqlite://{3}\"\n[access]\nmode = \"open\"\n{4}",
            self.youtube.base_url(),
            self.telegram.token(),
            self.telegram.api_url(),
            self.folder.path().join("tubebell.db").display(),
            self.more,
        );
        config::parse("test", &text, []).unwrap()
    }

    pub(crate) async fn start(&self) -> Gateway {
        Gateway::start(&self.config(), system_clock()).await.unwrap()
    }

    pub(crate) fn set_counts(&self, views: i64, likes: Option<i64>) {
        let id: VideoId = VIDEO.parse().unwrap();
        self.youtube
            .edit(|world| {
                world.set_counts(&id, views.unsigned_abs(), likes.unwrap_or(10).unsigned_abs(), 1)
            })
            .unwrap();
    }

    /// The texts that the bot has sent to Ana.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.telegram.sent(ANA).into_iter().map(|message| message.text).collect()
    }

    /// Waits until the bot has sent Ana a text that contains this.
    pub(crate) async fn hears(&self, part: &str) {
        self.hears_within(part, 15).await;
    }

    /// As [`Story::hears`], with so many seconds of patience.
    pub(crate) async fn hears_within(&self, part: &str, seconds: u64) {
        let heard = self.telegram.wait_for(|sandbox| {
            sandbox.sent(ANA).iter().any(|message| message.text.contains(part))
        });
        if tokio::time::timeout(Duration::from_secs(seconds), heard).await.is_err() {
            panic!("nobody heard `{part}`, but {:#?}", self.texts());
        }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A watch as the operator's file makes it.
pub(crate) fn watch(to: Address, rules: &str) -> Edit {
    let rules = language::parse_set(rules).unwrap();
    Edit::Watch(Box::new(WatchEdit {
        destination: to,
        owner: "operator".into(),
        subject: SubjectRef::Video(VIDEO.parse().unwrap()),
        title: None,
        rules: rules
            .iter()
            .map(|rule| NewRule { text: rule.to_string(), unset: unset(rule), start: None })
            .collect(),
        settings: Settings::default(),
        origin: "test".into(),
        beginning: None,
        limit: None,
    }))
}

fn unset(rule: &tubebell::model::Rule) -> (tubebell::model::Series, i64) {
    let initial = trigger::initial(rule, None).next.unwrap();
    (initial.series, initial.value)
}

/// Starts a story whose video is watched, and waits until its baseline is known.
pub(crate) async fn watched(story: &Story, rules: &str) -> Gateway {
    let gateway = story.start().await;
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, rules)], system_clock()()).await.unwrap();
    baseline(&gateway).await;
    gateway
}

/// Waits until the router has seen the video.
pub(crate) async fn baseline(gateway: &Gateway) {
    let seen = async {
        loop {
            let history =
                gateway.store().history(VIDEO.parse().unwrap(), UnixMillis(0), 1).await.unwrap();
            if history.is_some_and(|history| history.known.is_some()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the video is polled");
}
