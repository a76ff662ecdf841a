//! Who lives through the soak: people who stay, people who pass by, and everything that goes wrong in between.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::Gateway;
use tubebell::config;
use tubebell::model::Settings;
use tubebell::store::Edit;
use tubebell_sim::Simulation;
use tubebell_sim::telegram::{self, TelegramSandbox, Trouble};
use tubebell_sim::world::Playlist;
use tubebell_sim::youtube;

use super::{Hands, Size};
use crate::outside::{self, UNITS};
use crate::store::watch_of;
use crate::story::{ANA, CHANNEL};
use crate::wait::{LIMIT, Limit};

/// What `retention_days` says here, so that ten days are enough to see it.
pub(super) const STATISTICS_KEPT: Duration = Duration::from_secs(3 * 86_400);

/// The channel of the videos that are there from the beginning.
const OTHER: &str = "UCaaaaaaaaaaaaaaaaaaaaaa";

/// The channel of those whom the passers-by watch.
const PASSING: &str = "UCbbbbbbbbbbbbbbbbbbbbbb";

/// What those who stay watch for, in turn.
const RULES: [&str; 5] =
    ["views every 1000", "views any", "likes +5%; title", "views rate > 200/h", "views milestones"];

/// A playlist that people put together: it changes all day long, and is away for some hours of each.
const PLAYLIST: &str = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";

/// What those watch for who watch lists: rules that a list holds, and rules that rest per video.
const RULES_OF_LISTS: [&str; 3] = [
    "upload; views any; views every 50; title",
    "upload; status; views +10%; likes +5",
    "upload; live; views rate > 200/h; views milestones",
];

/// Members that a list holds at most.
pub(super) const MEMBERS_MAX: i64 = 20;

/// Videos that the playlist has at most.
const KEPT_IN_PLAYLIST: usize = 12;

/// A gateway and its outside world.
pub(super) struct Town {
    pub(super) folder: tempfile::TempDir,
    hands: Hands,
    size: Size,
    simulation: Simulation,
    telegram: TelegramSandbox,
    gateway: Option<Gateway>,
    videos: Vec<String>,
    /// Who passes by: number, video, the step at which they leave.
    passers_by: Vec<(i64, String, u64)>,
    passed: i64,
    step: u64,
    /// The playlist, while it is away.
    away: Option<Playlist>,
    premiere: Option<String>,
    hook: u16,
    tasks: TaskTracker,
    stop: CancellationToken,
    watched: rusqlite::Connection,
}

impl Town {
    pub(super) async fn new(hands: Hands, size: Size) -> Town {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let simulation = outside::simulation(hands.clock());
        let videos = simulation.edit(|world| {
            world.add_channel(CHANNEL, "A channel", Some("@achannel"));
            world.add_channel(OTHER, "Another", None);
            let videos = world.add_videos(OTHER, size.videos);
            world.set_playlist(PLAYLIST, "A list", OTHER, &videos[..3]);
            videos
        });
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let options =
            telegram::Options { kept_messages: 20, kept_requests: 100, ..Default::default() };
        let telegram = telegram::serve(&simulation, options).await.unwrap();
        let hook = serve_hooks(&tasks, stop.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tubebell.db");
        let text = format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{0}\"\nfeed_url = \"{0}\"\ndaily_units = {UNITS}\n\
             min_interval = \"5m\"\nmax_interval = \"15m\"\n[telegram]\ntoken = \"{1}\"\napi_url = \"{2}\"\n\
             rate_per_s = 0\nchat_rate_per_s = 0\ngroup_rate_per_min = 0\n\
             [webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n\
             [store]\nurl = \"sqlite://{3}\"\n[access]\nmode = \"invite\"\nallow = [\"telegram:{ANA}\"]\n\
             [operator]\nto = [\"telegram:{ANA}\"]\n[limits]\nretention_days = 3\ngive_up = \"12h\"\n\
             members_per_subject = {MEMBERS_MAX}\n",
            youtube.base_url(),
            telegram.token(),
            telegram.api_url(),
            path.display(),
        );
        let config = config::parse("soak", &text, []).unwrap();
        let gateway = Gateway::start(&config, hands.clock()).await.unwrap();
        telegram.user(ANA, "Ana");
        telegram.say(ANA, ANA, "/start").unwrap();
        let watched = open(&path);
        let mut town = Town {
            folder,
            hands,
            size,
            simulation,
            telegram,
            gateway: Some(gateway),
            videos,
            passers_by: Vec::new(),
            passed: 0,
            step: 0,
            away: None,
            premiere: None,
            hook,
            tasks,
            stop,
            watched,
        };
        town.settle_in().await;
        town
    }

    /// Those who stay: chats, endpoints, one that never answers, one that does not exist, one that is muted for ever.
    async fn settle_in(&mut self) {
        for chat in 1..=self.size.chats {
            let id = -chat;
            self.telegram.group(id, "A group", &[ANA], &[]);
            let place = usize::try_from(chat).unwrap();
            let video = &self.videos[place % self.videos.len()];
            let rules = RULES[place % RULES.len()];
            let to = match chat % 4 {
                0 => format!("webhook:http://127.0.0.1:{}/ok/{chat}", self.hook),
                _ => format!("telegram:{id}"),
            };
            self.watch(&to, &format!("video:{video}"), rules, (chat % 3 == 0).then_some(3600))
                .await;
        }
        let video = format!("video:{}", self.videos[0]);
        let ill = format!("webhook:http://127.0.0.1:{}/ill", self.hook);
        self.watch(&ill, &video, "views any", Some(3 * 3600)).await;
        self.watch("telegram:-900", &video, "views any", None).await;
        self.telegram.group(-900, "A muted group", &[ANA], &[]);
        let until = Some(self.hands.now().plus(Duration::from_secs(400 * 86_400)));
        let destination = "telegram:-900".parse().unwrap();
        self.edit(Edit::Mute { destination, subject: None, until }).await;
        let ana = format!("telegram:{ANA}");
        self.watch(&ana, &format!("channel:{CHANNEL}"), "upload; views milestones", None).await;
        for (place, rules) in RULES_OF_LISTS.into_iter().enumerate() {
            let id = -800 - i64::try_from(place).unwrap();
            self.telegram.group(id, "A group with lists", &[ANA], &[]);
            let to = format!("telegram:{id}");
            self.watch(&to, &format!("playlist:{PLAYLIST}"), rules, None).await;
            self.watch(&to, &format!("channel:{CHANNEL}"), rules, Some(3600)).await;
        }
    }

    async fn edit(&self, edit: Edit) {
        let store = self.gateway.as_ref().unwrap().store();
        store.edit(None, vec![edit], self.hands.now()).await.unwrap();
    }

    async fn watch(&self, to: &str, subject: &str, rules: &str, at_most_s: Option<u64>) {
        let settings = Settings { at_most_s, ..Settings::default() };
        let watch =
            Box::new(tubebell::store::WatchEdit { settings, ..watch_of(to, subject, rules) });
        self.edit(Edit::Watch(watch)).await;
    }

    /// What happens in one step of a day.
    pub(super) async fn live(&mut self, day: u32, step: u32, steps: u32) {
        self.step += 1;
        let grown = self.step;
        self.simulation.edit(|world| {
            for (place, id) in self.videos.iter().enumerate() {
                let place = u64::try_from(place).unwrap();
                let likes = 100 + grown * (1 + place % 3) / 10;
                world.set_counts(id, 500 + grown * (1 + place % 40), likes, grown / 50).unwrap();
            }
        });
        if step.is_multiple_of(steps / 24) {
            self.hour(step / (steps / 24), u64::from(steps)).await;
        }
        if step == 0 {
            self.morning(day).await;
        }
    }

    async fn hour(&mut self, hour: u32, steps: u64) {
        let there = std::mem::take(&mut self.passers_by);
        let (gone, left): (Vec<_>, _) =
            there.into_iter().partition(|(.., until)| *until <= self.step);
        self.passers_by = left;
        for (id, video, _) in gone {
            let destination = format!("telegram:{id}").parse().unwrap();
            let subject = format!("video:{video}").parse().unwrap();
            self.edit(Edit::Unwatch { destination, subject }).await;
        }
        for _ in 0..self.size.passers_by {
            self.passed += 1;
            let id = -1_000_000 - self.passed;
            let grown = u64::try_from(self.passed).unwrap();
            let video = self.simulation.edit(|world| {
                let video = world.add_videos(PASSING, 1).remove(0);
                world.set_counts(&video, grown, 1, 1).unwrap();
                video
            });
            self.telegram.group(id, "A passing group", &[ANA], &[]);
            // Some of them can't be reached.
            match self.passed % 5 {
                0 => self.telegram.trouble(id, Trouble::Kicked),
                1 => self.telegram.trouble(id, Trouble::NoRights),
                _ => {}
            }
            self.watch(
                &format!("telegram:{id}"),
                &format!("video:{video}"),
                "views any; title",
                None,
            )
            .await;
            self.passers_by.push((id, video, self.step + steps));
        }
        // Their videos move a little, so that they hear of them.
        let stays = &self.videos[usize::try_from(hour).unwrap() % self.videos.len()];
        let title = format!("A title of step {}", self.step);
        self.simulation.edit(|world| {
            for (_, video, _) in &self.passers_by {
                let views = world.video(video).unwrap().views.value + 7;
                world.set_counts(video, views, 1, 1).unwrap();
            }
            world.rename(stays, &title).unwrap();
            if hour.is_multiple_of(6) {
                world.add_upload(CHANNEL, "An upload").unwrap();
            }
        });
        let stays = stays.clone();
        self.lists(hour).await;
        if !hour.is_multiple_of(3) {
            return;
        }
        let text = match (hour / 3) % 4 {
            0 => format!("/watch {stays} views every {}", 100 + self.step),
            1 => format!("/why {stays}"),
            2 => format!("/mute {stays} 1h"),
            _ => format!("/unwatch {stays}"),
        };
        self.say(ANA, &text, "").await;
    }

    /// Videos are added to the playlist, leave it and come back; it is away for a part of the day. There are premieres,
    /// and every day somebody watches the lists for some hours, with rules of their own.
    async fn lists(&mut self, hour: u32) {
        let Town { simulation, videos, away, premiere, .. } = self;
        let mine = &videos[usize::try_from(hour / 2).unwrap() % videos.len()];
        simulation.edit(|world| {
            match (hour % 24, away.take()) {
                (18, None) => *away = Some(world.remove_playlist(PLAYLIST).unwrap()),
                (18..=21, Some(gone)) => *away = Some(gone),
                (_, Some(gone)) => {
                    let videos: Vec<_> = gone.entries.iter().map(|entry| &entry.video).collect();
                    world.set_playlist(PLAYLIST, "A list", &gone.channel, &videos);
                }
                (hour, None) => {
                    world.remove_from_playlist(PLAYLIST, mine).unwrap();
                    if hour % 2 == 0 {
                        world.add_to_playlist(PLAYLIST, mine, 0).unwrap();
                    }
                    if hour % 4 == 1 {
                        let new = world.add_upload(CHANNEL, "New in the list").unwrap();
                        world.add_to_playlist(PLAYLIST, &new, 0).unwrap();
                        // No more than are remembered: what is back has a new date here, other than on YouTube.
                        let entries = world.playlist(PLAYLIST).unwrap().entries;
                        for entry in entries.iter().skip(KEPT_IN_PLAYLIST) {
                            world.remove_from_playlist(PLAYLIST, &entry.video).unwrap();
                        }
                    }
                }
            }
            match (hour % 8, premiere.take()) {
                (3, None) => {
                    let starts_at = world.now() + Duration::from_secs(2 * 3600);
                    let video = world.announce_premiere(CHANNEL, "A premiere", starts_at);
                    *premiere = Some(video.unwrap());
                }
                (5, Some(video)) => world.premiere(&video).unwrap(),
                (_, waits) => *premiere = waits,
            }
        });
        let to = format!("telegram:-{}", 850 + hour % 2);
        let (place, subject) = (usize::try_from(hour).unwrap() % 3, format!("playlist:{PLAYLIST}"));
        if hour.is_multiple_of(4) {
            self.telegram.group(-850 - i64::from(hour % 2), "Some hours", &[ANA], &[]);
            self.watch(&to, &subject, RULES_OF_LISTS[place], None).await;
        } else if hour % 4 == 2 {
            let destination = to.parse().unwrap();
            self.edit(Edit::Unwatch { destination, subject: subject.parse().unwrap() }).await;
        }
    }

    /// Every day somebody is invited, watches, blocks the bot, and a stranger writes.
    async fn morning(&mut self, day: u32) {
        let (guest, stranger) = (50_000 + i64::from(day), 60_000 + i64::from(day));
        self.telegram.user(stranger, "A stranger");
        self.telegram.user(guest, "A guest");
        self.say(stranger, "/start", "").await;
        let said = self.say(ANA, "/invite", "start=").await;
        let code = said.split("start=").nth(1).unwrap().split_whitespace().next().unwrap();
        self.say(guest, &format!("/start {code}"), "").await;
        let video = &self.videos[usize::try_from(day).unwrap() % self.videos.len()];
        self.say(guest, &format!("/watch {video} views any"), "Watching").await;
        self.say(guest, &format!("/unwatch {video}"), "No longer").await;
        self.telegram.block(guest);
    }

    /// Somebody types this, and the bot has said something with these words; gives what it said.
    async fn say(&self, user: i64, text: &str, words: &str) -> String {
        let typed = self.telegram.say(user, user, text).unwrap();
        let limit = Limit::from_now();
        loop {
            // Telegram holds a question back that is asked again.
            self.settle().await;
            self.hands.pass(Duration::from_secs(2)).await;
            let said = self.telegram.sent(user);
            let answer = said.iter().find(|said| said.id > typed && said.text.contains(words));
            if let Some(answer) = answer {
                self.settle().await;
                return answer.text.clone();
            }
            assert!(!limit.is_over(), "no \"{words}\" after {text}: {said:?}");
        }
    }

    pub(super) fn database(&self) -> rusqlite::Connection {
        open(&self.folder.path().join("tubebell.db"))
    }

    /// Waits until the gateway has done what there was to do at this moment: nothing is written or sent any more.
    pub(super) async fn settle(&self) {
        let limit = Limit::from_now();
        let store = self.gateway.as_ref().unwrap().store();
        let mut quiet = 0;
        let mut before = None;
        while quiet < 3 {
            assert!(!limit.is_over(), "it never comes to rest");
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            // Behind everything that waits for the writer and the reader; changes nothing.
            store.clear_notice("nothing").await.unwrap();
            store.load("nothing").await.unwrap();
            let version: i64 =
                self.watched.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap();
            let now = Some((version, self.telegram.counters()));
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
        }
    }

    pub(super) async fn stop(mut self) {
        self.gateway.take().unwrap().stop().await;
        self.simulation.stop().await;
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn open(path: &std::path::Path) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path).unwrap();
    db.busy_timeout(LIMIT).unwrap();
    db
}

/// Endpoints: `/ok/…` takes everything, `/ill` nothing.
async fn serve_hooks(tasks: &TaskTracker, stop: CancellationToken) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new()
        .route("/ok/{chat}", post(|| async { StatusCode::NO_CONTENT }))
        .route("/ill", post(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    tasks.spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned());
        served.await.unwrap();
    });
    port
}
