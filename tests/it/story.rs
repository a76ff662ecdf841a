//! A gateway between a simulated YouTube and a sandbox Telegram, for the tests that tell a whole story.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use tubebell::app::{Gateway, TimeLimits, clock, system_clock};
use tubebell::config::{self, Config};
use tubebell::model::{Address, Clock, Owner, Settings, SubjectRef, UnixMillis};
use tubebell::route::{language, trigger};
use tubebell::store::{Edit, Figures, NewRule, WatchEdit};
use tubebell_sim::Simulation;
use tubebell_sim::telegram::{self, Message, TelegramSandbox};
use tubebell_sim::world::Video;
use tubebell_sim::youtube::{self, YouTubeSim};

use crate::outside::{self, UNITS};
use crate::wait::{self, until, within_limit};

/// The user who talks to the bot.
pub(crate) const ANA: i64 = 4711;

/// The video of most stories.
pub(crate) const VIDEO: &str = "dQw4w9WgXcQ";

/// Its channel.
pub(crate) const CHANNEL: &str = "UCuAXFkgsw1L7xaCfnd5JJOw";

/// A gateway, its outside world, and a folder for its database.
pub(crate) struct Story {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) simulation: Simulation,
    pub(crate) youtube: YouTubeSim,
    pub(crate) telegram: TelegramSandbox,
    pub(crate) more: String,
    /// Who may talk to the bot.
    pub(crate) access: &'static str,
    /// Whether the gateway sends as slowly as Telegram asks of bots.
    pub(crate) limited: bool,
}

impl Story {
    /// Gateways are as patient as tests: what they give up does not depend on how much else the machine has to do.
    pub(crate) const TIME_LIMITS: TimeLimits =
        TimeLimits { lookup: wait::LIMIT, stop: wait::LIMIT };

    pub(crate) async fn new() -> Story {
        let simulation = outside::simulation(system_clock());
        simulation.edit(|world| {
            world.add_channel(CHANNEL, "A channel", Some("@achannel"));
            let title = "Never <b>gonna</b> & @give #you up";
            let video = Video::new(VIDEO, CHANNEL, title, world.now());
            world.add_video(video.with_counts(990, 10, 1));
        });
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let telegram = telegram::serve(&simulation, telegram::Options::default()).await.unwrap();
        telegram.user(ANA, "Ana");
        telegram.say(ANA, ANA, "hello").unwrap();
        Story {
            folder: tempfile::tempdir().unwrap(),
            simulation,
            youtube,
            telegram,
            more: String::new(),
            access: "open",
            limited: true,
        }
    }

    /// A story in which neither side counts messages per second.
    pub(crate) async fn quick() -> Story {
        Story { limited: false, ..Story::new().await }
    }

    pub(crate) fn config(&self) -> Config {
        config::parse("test", &self.config_text(), []).unwrap()
    }

    pub(crate) fn config_text(&self) -> String {
        let rates = if self.limited {
            ""
        } else {
            "rate_per_s = 0\nchat_rate_per_s = 0\ngroup_rate_per_min = 0\n"
        };
        format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{0}\"\nfeed_url = \"{0}\"\ndaily_units = {UNITS}\nmin_interval = \"1s\"\n\
             max_interval = \"1s\"\n[telegram]\ntoken = \"{1}\"\napi_url = \"{2}\"\n{rates}\
             [store]\nurl = \"sqlite://{3}\"\n[access]\nmode = \"{4}\"\n{5}",
            self.youtube.base_url(),
            self.telegram.token(),
            self.telegram.api_url(),
            self.folder.path().join("tubebell.db").display(),
            self.access,
            self.more,
        )
    }

    pub(crate) async fn start(&self) -> Gateway {
        self.start_at(system_clock()).await
    }

    /// Starts a gateway that goes by this clock.
    pub(crate) async fn start_at(&self, clock: Clock) -> Gateway {
        Gateway::start_with(&self.config(), clock, Story::TIME_LIMITS).await.unwrap()
    }

    /// Starts a gateway with other time limits.
    pub(crate) async fn start_with(&self, time_limits: TimeLimits) -> Gateway {
        Gateway::start_with(&self.config(), system_clock(), time_limits).await.unwrap()
    }

    pub(crate) fn set_counts(&self, views: i64, likes: Option<i64>) {
        let (views, likes) = (views.unsigned_abs(), likes.unwrap_or(10).unsigned_abs());
        self.simulation.edit(|world| world.set_counts(VIDEO, views, likes, 1)).unwrap();
    }

    /// The texts that the bot has sent to Ana.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.telegram.sent(ANA).into_iter().map(|message| message.text).collect()
    }

    /// Waits until the bot has sent Ana a text that contains this.
    pub(crate) async fn hears(&self, part: &str) {
        let heard = self.telegram.wait_for(|sandbox| {
            sandbox.sent(ANA).iter().any(|message| message.text.contains(part))
        });
        if within_limit(heard).await.is_none() {
            panic!("nobody heard `{part}`, but {:#?}", self.texts());
        }
    }

    /// Ana types this; returns the answer that contains `part`.
    pub(crate) async fn ask(&self, text: &str, part: &str) -> Message {
        self.ask_as(ANA, ANA, None, text, part).await
    }

    /// As [`Story::ask`], from anybody and anywhere.
    pub(crate) async fn ask_as(
        &self,
        user: i64,
        chat: i64,
        thread: Option<i64>,
        text: &str,
        part: &str,
    ) -> Message {
        let said = self.telegram.say_in(user, chat, thread, text).unwrap();
        let answer = self.told(chat, said, part, &format!("to `{text}`")).await;
        assert_eq!(answer.thread, thread, "{text}");
        answer
    }

    /// Waits until the bot has sent to this chat, after that message, a text that contains this.
    pub(crate) async fn told(&self, chat: i64, after: i64, part: &str, why: &str) -> Message {
        let find = |sandbox: &TelegramSandbox| {
            let mut sent = sandbox.sent(chat).into_iter();
            sent.find(|message| message.id > after && message.text.contains(part))
        };
        let heard = self.telegram.wait_for(|sandbox| find(sandbox).is_some());
        if within_limit(heard).await.is_none() {
            let texts: Vec<_> = self.telegram.sent(chat).into_iter().map(|m| m.text).collect();
            panic!("no `{part}` {why}, but {texts:#?}");
        }
        find(&self.telegram).unwrap()
    }

    /// Somebody presses the button with this label; returns what the bot shows for a moment.
    pub(crate) async fn press_as(&self, user: i64, message: &Message, label: &str) -> String {
        let button = message.buttons.iter().flatten().find(|button| button.text.contains(label));
        let data = button.and_then(|button| button.data.clone());
        let data = data.unwrap_or_else(|| panic!("no button `{label}`: {:?}", message.buttons));
        let press = self.telegram.press(user, message.chat, message.id, &data).unwrap();
        let find = |sandbox: &TelegramSandbox| {
            sandbox.answers().into_iter().find(|answer| answer.id == press).map(|a| a.text)
        };
        let answered = self.telegram.wait_for(|sandbox| find(sandbox).is_some());
        within_limit(answered).await.unwrap_or_else(|| panic!("`{label}` is not answered"));
        find(&self.telegram).unwrap()
    }

    /// How many messages were refused and wait to be tried again.
    pub(crate) fn waits(&self) -> i64 {
        self.count("SELECT count(*) FROM notification WHERE attempts = 1 AND next_at IS NOT NULL")
    }

    /// How many watches have something in a digest.
    pub(crate) fn collected(&self) -> i64 {
        self.count("SELECT count(*) FROM unit WHERE collected_in IS NOT NULL")
    }

    fn count(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open(self.folder.path().join("tubebell.db")).unwrap();
        db.busy_timeout(crate::wait::LIMIT).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Ends the story, in which the bot has kept to the rules of both services.
    pub(crate) async fn end(self) {
        let counters = self.telegram.counters();
        assert_eq!((counters.unknown_parameters, counters.impatient), (0, 0), "{counters:?}");
        if self.limited {
            assert_eq!(counters.too_many, 0, "{counters:?}");
        }
        crate::notifiers::telegram_spec::check_requests(&self.telegram.requests());
        crate::source::spec::check_requests(
            self.youtube.requests().iter().map(|request| (&*request.path, &*request.query)),
        );
        self.simulation.stop().await;
    }
}

/// A clock that goes on with tokio's: where that is stopped or moved by hand, so is this one.
pub(crate) fn clock_of_tokio() -> Clock {
    let (begun, start) = (tokio::time::Instant::now(), clock());
    Arc::new(move || start.plus(begun.elapsed()))
}

/// A watch as the operator's file makes it.
pub(crate) fn watch(to: Address, rules: &str) -> Edit {
    let rules = language::parse_set(rules).unwrap();
    Edit::Watch(Box::new(WatchEdit {
        destination: to,
        owner: Owner::Operator,
        subject: SubjectRef::Video(VIDEO.parse().unwrap()),
        title: None,
        rules: rules
            .iter()
            .map(|rule| NewRule {
                text: rule.to_string(),
                unset: unset(&rule.condition),
                per_video: trigger::is_per_video(&rule.condition),
                start: None,
            })
            .collect(),
        settings: Settings::default(),
        origin: "test".into(),
        beginning: None,
        limit: None,
        videos_limit: None,
    }))
}

fn unset(condition: &tubebell::model::Condition) -> (tubebell::model::Series, i64) {
    let initial = trigger::initial(condition, None).next.unwrap();
    (initial.series, initial.value)
}

/// Starts a story whose video is watched, and waits until its baseline is known.
pub(crate) async fn watched(story: &Story, rules: &str) -> Gateway {
    let gateway = story.start().await;
    watch_as_ana(&gateway, rules).await;
    gateway
}

/// Ana watches the video, whose baseline is known then.
pub(crate) async fn watch_as_ana(gateway: &Gateway, rules: &str) {
    let ana = Address::Telegram { chat: ANA, thread: None };
    gateway.store().edit(None, vec![watch(ana, rules)], system_clock()()).await.unwrap();
    baseline(gateway).await;
}

/// Waits until every receipt is recorded: what a person has heard is told in the store too.
pub(crate) async fn recorded(gateway: &Gateway) {
    until("that receipts are recorded", async || figures(gateway).await.alerts_waiting == 0).await;
}

/// Waits until everything that was seen so far is routed: who was to hear of it, and what was held back.
pub(crate) async fn routed(gateway: &Gateway) {
    until("that all is routed", async || {
        let figures = figures(gateway).await;
        (figures.log_backlog, figures.fanouts) == (0, 0)
    })
    .await;
}

async fn figures(gateway: &Gateway) -> Figures {
    gateway.store().figures(system_clock()()).await.unwrap()
}

/// Waits until the router has seen the video.
pub(crate) async fn baseline(gateway: &Gateway) {
    until("that the video is polled", async || {
        let history = gateway.store().history(VIDEO.parse().unwrap(), UnixMillis(0), 1).await;
        history.unwrap().is_some_and(|history| history.known.is_some())
    })
    .await;
}
