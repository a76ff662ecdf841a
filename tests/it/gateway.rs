//! The whole gateway against a simulated YouTube and a sandbox Telegram, over HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::{Gateway, system_clock};
use tubebell::config::{self, Config};
use tubebell::demo::telegram::{self, TelegramSandbox, Trouble};
use tubebell::demo::world::{Video, World};
use tubebell::demo::youtube::{self, Fault, YouTubeSim};
use tubebell::model::{Address, Settings, SubjectRef, UnixMillis, VideoId};
use tubebell::route::{language, trigger};
use tubebell::store::{Edit, Edited, NewRule, WatchEdit};

/// The user who talks to the bot.
pub const ANA: i64 = 4711;

/// The video of most stories.
pub const VIDEO: &str = "dQw4w9WgXcQ";

/// A gateway, its outside world, and a folder for its database.
pub struct Story {
    pub folder: tempfile::TempDir,
    pub youtube: YouTubeSim,
    pub telegram: TelegramSandbox,
    pub more: String,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Story {
    pub async fn new() -> Story {
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
        let youtube = youtube::serve(world, clock.clone(), &tasks, stop.clone()).await.unwrap();
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

    pub fn config(&self) -> Config {
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

    pub async fn start(&self) -> Gateway {
        Gateway::start(&self.config(), system_clock()).await.unwrap()
    }

    pub fn set_counts(&self, views: i64, likes: Option<i64>) {
        let id: VideoId = VIDEO.parse().unwrap();
        self.youtube
            .edit(|world| {
                world.set_counts(&id, views.unsigned_abs(), likes.unwrap_or(10).unsigned_abs(), 1)
            })
            .unwrap();
    }

    /// The texts that the bot has sent to Ana.
    pub fn texts(&self) -> Vec<String> {
        self.telegram.sent(ANA).into_iter().map(|message| message.text).collect()
    }

    /// Waits until the bot has sent Ana a text that contains this.
    pub async fn hears(&self, part: &str) {
        self.hears_within(part, 15).await;
    }

    /// As [`Story::hears`], with so many seconds of patience.
    pub async fn hears_within(&self, part: &str, seconds: u64) {
        let heard = self.telegram.wait_for(|sandbox| {
            sandbox.sent(ANA).iter().any(|message| message.text.contains(part))
        });
        if tokio::time::timeout(Duration::from_secs(seconds), heard).await.is_err() {
            panic!("nobody heard `{part}`, but {:#?}", self.texts());
        }
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A watch as the operator's file makes it.
pub fn watch(to: Address, rules: &str) -> Edit {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_youtube_rings_on_telegram() {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    let message = story.telegram.sent(ANA).pop().unwrap();
    assert!(message.text.contains("Never <b>gonna</b> & @give #you up"), "{}", message.text);
    gateway.stop().await;
    story.end().await;
}

/// Starts a story whose video is watched, and waits until its baseline is known.
async fn watched(story: &Story, rules: &str) -> Gateway {
    let gateway = story.start().await;
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, rules)], system_clock()()).await.unwrap();
    baseline(&gateway).await;
    gateway
}

/// Waits until the router has seen the video.
async fn baseline(gateway: &Gateway) {
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

#[tokio::test(flavor = "multi_thread")]
async fn whatever_youtube_answers_the_change_is_told_in_the_end() {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.youtube.faults(|faults| {
        for fault in [Fault::Server(503), Fault::CutShort, Fault::NotJson, Fault::Huge(10_000_000)]
        {
            faults.plan(None, fault, 1);
        }
    });
    story.set_counts(1005, None);
    story.hears_within("passed 1,000", 60).await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_gateway_goes_on_where_it_was_and_tells_nothing_twice() {
    let story = Story::new().await;
    let gateway = watched(&story, "views every 1000").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    let begun = std::time::Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    // Meanwhile: corrected down, and up past the next multiple.
    story.set_counts(2005, None);
    let gateway = story.start().await;
    story.hears("passed 2,000").await;
    let told = story.texts();
    assert_eq!(told.iter().filter(|text| text.contains("passed 1,000")).count(), 1, "{told:#?}");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_on_the_same_database_is_refused() {
    let story = Story::new().await;
    let gateway = story.start().await;
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("is in use by another `tubebell run`"), "{refused}");
    gateway.stop().await;
    // Once the first has gone, the next one may.
    story.start().await.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_bot_token_is_one_clear_line() {
    let story = Story::new().await;
    story.telegram.revoke_token(true);
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("check telegram.token") && !line.contains('\n'), "{line}");
    assert!(!line.contains(&story.telegram.token()));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_with_a_typo_is_refused_with_file_line_and_field() {
    let mut story = Story::new().await;
    let templates = story.folder.path().join("templates");
    std::fs::create_dir_all(templates.join("alert")).unwrap();
    std::fs::write(templates.join("alert/telegram.html.hbs"), "{{titel}}").unwrap();
    story.more = format!("[defaults]\ntemplates = \"{}\"\n", templates.display());
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("alert/telegram.html.hbs") && line.contains("titel"), "{line}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_polling_and_the_operator_hears_of_it_once() {
    let mut story = Story::new().await;
    story.more =
        format!("[operator]\nto = [\"telegram:{ANA}\"]\n[web]\nlisten = \"127.0.0.1:0\"\n");
    story.youtube.faults(|faults| faults.plan(None, Fault::BadKey, None));
    let gateway = story.start().await;
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, "views any")], system_clock()()).await.unwrap();
    story.hears("API key").await;
    let ready = format!("http://{}/readyz", gateway.web.unwrap());
    let answer = reqwest::get(&ready).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("youtube FAILED"));
    let metrics = format!("http://{}/metrics", gateway.web.unwrap());
    let metrics = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("tubebell_poller_up 0") && !metrics.contains("AIza"), "{metrics}");
    assert_eq!(story.texts().len(), 1, "{:#?}", story.texts());
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_blocked_the_bot_is_disabled_and_others_are_told() {
    let story = Story::new().await;
    let gateway = watched(&story, "views any").await;
    story.telegram.user(5, "Ben");
    story.telegram.say(5, 5, "hello").unwrap();
    let ben = Address::Telegram { chat: 5, thread: None };
    gateway
        .store()
        .edit(None, vec![watch(ben.clone(), "views any")], system_clock()())
        .await
        .unwrap();
    story.telegram.trouble(5, Trouble::Blocked);
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    let disabled = async {
        loop {
            let row = gateway.store().destination(&ben).await.unwrap().unwrap();
            if row.disabled.is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), disabled).await.expect("it is disabled");
    gateway.stop().await;
    story.end().await;
}
