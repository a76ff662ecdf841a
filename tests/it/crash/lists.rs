//! Kills amid listings, the making of rows, and fan-outs of rules that a channel or playlist holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rusqlite::Connection;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::system_clock;
use tubebell::deliver::IN_FLIGHT_MAX;
use tubebell_sim::Simulation;
use tubebell_sim::world::Playlist;
use tubebell_sim::youtube;

use super::{APPLY, RUN, check_sound, kill_again_and_again, knob, seed};
use crate::outside::{self, UNITS};
use crate::process::Program;
use crate::story::CHANNEL;
use crate::wait::{LIMIT, pause, until};

const PLAYLIST: &str = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";

/// Who watches the channel, and so many others the playlist.
const HOOKS: u32 = 20;
const FIRST_OF_PLAYLIST: u32 = 101;

const RULES: &str = "upload; views any; views every 10; views +15; title; status; likes milestones";

/// What endpoints got, by `webhook-id`: whose it was, its body, and how often it came.
#[derive(Default)]
struct Got {
    bodies: HashMap<String, (u32, String)>,
    copies: usize,
    /// Who has been told of which upload, or of its premiere.
    uploads: BTreeSet<(u32, String)>,
    odd: Option<String>,
}

type Shared = Arc<Mutex<Got>>;

async fn take(
    State(got): State<Shared>,
    Path(to): Path<u32>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    {
        let mut got = got.lock().unwrap();
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let parsed: Value = serde_json::from_str(&body).unwrap();
        for alert in parsed["data"]["alerts"].as_array().unwrap() {
            if alert["rule"] == "upload" {
                let video = parsed["data"]["video"]["id"].as_str().unwrap();
                got.uploads.insert((to, key(video, alert)));
            }
        }
        got.copies += 1;
        let first = got.bodies.entry(id.clone()).or_insert_with(|| (to, body.clone())).clone();
        if first != (to, body) {
            got.odd = Some(format!("{id} came again as something else"));
        }
    }
    // Some stay in flight for a while.
    let mut turns = 0;
    while turns < to % 5 {
        pause().await;
        turns += 1;
    }
    StatusCode::NO_CONTENT
}

/// What was told of a video: that it is there, that it is announced, that it began.
fn key(video: &str, alert: &Value) -> String {
    format!("{video} {}", alert["previous"].as_str().unwrap_or_default())
}

async fn serve(got: Shared, tasks: &TaskTracker, stop: CancellationToken) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/hook/{to}", post(take)).with_state(got);
    tasks.spawn(async move {
        axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await.unwrap();
    });
    port
}

/// A channel and a playlist in which something happens in every round.
struct Lists {
    folder: tempfile::TempDir,
    simulation: Simulation,
    got: Shared,
    /// Those of the channel, the oldest first.
    videos: Vec<String>,
    /// A playlist that is away.
    away: Option<Playlist>,
    premiere: Option<String>,
    round: u64,
    /// What everybody is to be told before the next round.
    wanted: Vec<(u32, String)>,
}

impl Lists {
    async fn new(tasks: &TaskTracker, stop: &CancellationToken) -> Lists {
        let simulation = outside::simulation(system_clock());
        let videos = simulation.edit(|world| {
            let videos = world.add_videos(CHANNEL, 8);
            for video in &videos {
                world.set_counts(video, 105, 1, 1).unwrap();
            }
            world.set_playlist(PLAYLIST, "A list", CHANNEL, &videos[..4]);
            videos
        });
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let got = Shared::default();
        let port = serve(Arc::clone(&got), tasks, stop.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let base = youtube.base_url();
        let config = format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{base}\"\nfeed_url = \"{base}\"\n\
             daily_units = {UNITS}\nmin_interval = \"1s\"\nmax_interval = \"1s\"\n\
             [webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n"
        );
        std::fs::write(folder.path().join("tubebell.toml"), config).unwrap();
        let mut watches = "channel,playlist,rules,to\n".to_owned();
        for n in 1..=HOOKS {
            let (of_list, hook) =
                (FIRST_OF_PLAYLIST - 1 + n, format!("http://127.0.0.1:{port}/hook"));
            writeln!(watches, "{CHANNEL},,{RULES},webhook:{hook}/{n}").unwrap();
            writeln!(watches, ",{PLAYLIST},{RULES},webhook:{hook}/{of_list}").unwrap();
        }
        std::fs::write(folder.path().join("w.csv"), watches).unwrap();
        Lists {
            folder,
            simulation,
            got,
            videos,
            away: None,
            premiere: None,
            round: 0,
            wanted: Vec::new(),
        }
    }

    fn database(&self) -> Connection {
        let db = Connection::open(self.folder.path().join("tubebell.db")).unwrap();
        db.busy_timeout(LIMIT).unwrap();
        db
    }

    fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The next round: every video is seen by more people, one is new, one leaves the playlist or is there again.
    fn turn(&mut self) {
        self.round += 1;
        let round = self.round;
        let Lists { simulation, away, premiere, videos, .. } = self;
        let first = videos[0].clone();
        let (new, kind) = simulation.edit(|world| {
            let (video, kind) = match (round % 3, premiere.take()) {
                (1, None) => {
                    let starts_at = world.now() + Duration::from_secs(3600);
                    let video = world.announce_premiere(CHANNEL, "A premiere", starts_at).unwrap();
                    *premiere = Some(video.clone());
                    (video, "upcoming")
                }
                (2, Some(video)) => {
                    world.premiere(&video).unwrap();
                    (video, "started")
                }
                _ => (world.add_upload(CHANNEL, &format!("Upload {round}")).unwrap(), ""),
            };
            if !videos.contains(&video) {
                videos.push(video.clone());
            }
            for video in videos.iter() {
                world.set_counts(video, 105 + 10 * round, round, 1).unwrap();
            }
            world.rename(&first, &format!("The title of round {round}")).unwrap();
            match (round % 4, away.take()) {
                (2, None) => *away = Some(world.remove_playlist(PLAYLIST).unwrap()),
                (_, Some(gone)) => {
                    let videos: Vec<_> = gone.entries.iter().map(|entry| &entry.video).collect();
                    world.set_playlist(PLAYLIST, "A list", CHANNEL, &videos);
                }
                (place, None) => {
                    world.remove_from_playlist(PLAYLIST, &first).unwrap();
                    if place % 2 == 0 {
                        world.add_to_playlist(PLAYLIST, &first, 0).unwrap();
                    }
                    if kind.is_empty() {
                        world.add_to_playlist(PLAYLIST, &video, 0).unwrap();
                    }
                }
            }
            (video, kind)
        });
        let told = format!("{new} {kind}");
        self.wanted = (1..=HOOKS).map(|to| (to, told.clone())).collect();
    }

    /// Whether everybody has been told of this round.
    fn is_told(&self) -> bool {
        let got = self.got.lock().unwrap();
        assert_eq!(got.odd, None);
        self.wanted.iter().all(|wanted| got.uploads.contains(wanted))
    }

    /// Goes on to the next round once everybody has been told of this one.
    fn go_on(&mut self) {
        if self.is_told() {
            self.turn();
        }
    }

    /// Waits until all that has happened is told.
    async fn settled(&self) {
        let untold = "SELECT (SELECT count(*) FROM fanout) + (SELECT count(*) FROM log)
             + (SELECT count(*) FROM alert WHERE outcome IS NULL)
             + (SELECT count(*) FROM subject WHERE gone_at IS NOT NULL)
             + (SELECT count(*) FROM seen n JOIN member m ON m.video = n.video JOIN subject u ON u.id = m.subject
                WHERE m.left_at IS NULL AND u.ref LIKE 'channel:%' AND n.views < ";
        let untold = format!("{untold} {})", 105 + 10 * self.round);
        until("that everything is told", async || self.is_told() && self.number(&untold) == 0)
            .await;
    }

    /// Nothing lost, each upload told once, each passed value told once.
    fn judge(&self) -> usize {
        let got = self.got.lock().unwrap();
        let mut uploads: BTreeMap<(u32, String), usize> = BTreeMap::new();
        let mut marks: BTreeMap<(u32, String), Vec<i64>> = BTreeMap::new();
        let mut news: BTreeMap<u32, [usize; 2]> = BTreeMap::new();
        for (to, body) in got.bodies.values() {
            let body: Value = serde_json::from_str(body).unwrap();
            let video = body["data"]["video"]["id"].as_str().unwrap_or_default();
            for alert in body["data"]["alerts"].as_array().unwrap() {
                match alert["rule"].as_str() {
                    Some("upload") => *uploads.entry((*to, key(video, alert))).or_default() += 1,
                    Some("views every 10") => {
                        let passed = alert["passed"].as_array().unwrap();
                        let passed = passed.iter().map(|mark| mark.as_i64().unwrap());
                        marks.entry((*to, video.to_owned())).or_default().extend(passed);
                    }
                    None if video.is_empty() => {
                        news.entry(*to).or_default()[usize::from(alert["current"] == "public")] +=
                            1;
                    }
                    _ => {}
                }
            }
        }
        let twice: Vec<_> = uploads.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "told twice: {twice:?}");
        let last = 100 + 10 * i64::try_from(self.round).unwrap();
        for ((to, video), marks) in &mut marks {
            marks.sort_unstable();
            let is_in_channel = *to <= HOOKS;
            assert!(marks.is_sorted_by(|one, other| one < other), "{to} {video}: {marks:?}");
            let is_whole = marks.windows(2).all(|pair| pair[0] + 10 == pair[1]);
            assert!(is_whole || !is_in_channel, "lost: {to} {video}: {marks:?}");
            assert!(marks.last() == Some(&last) || !is_in_channel, "{to} {video}: {marks:?}");
        }
        // Of a list that is gone or back everybody hears the same.
        let told: BTreeSet<_> = news.values().collect();
        assert!(told.len() <= 1, "{news:?}");
        assert!(news.is_empty() || news.len() == usize::try_from(HOOKS).unwrap(), "{news:?}");
        println!("{} uploads and premieres, lists gone and back: {told:?}", uploads.len());
        got.copies - got.bodies.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_listings_and_fan_outs_of_lists_it_tells_each_upload_once() {
    let kills = knob("CRASH_KILLS").unwrap_or(6);
    let mut rng = SmallRng::seed_from_u64(seed());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut lists = Lists::new(&tasks, &stop).await;
    let folder = lists.folder.path().to_owned();
    let mut apply = Program::start(&folder, "apply", &APPLY);
    assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(&folder));

    // Everything is seen once, silently.
    let mut program = Program::start(&folder, "run", &RUN);
    let seen = "SELECT (SELECT count(*) FROM seen) = 8 AND (SELECT count(*) FROM subject WHERE members = 0) = 0
                AND NOT EXISTS (SELECT 1 FROM fanout)";
    until("a first look", async || lists.number(seen) == 1).await;
    let start = program.worked();
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    lists.turn();

    kill_again_and_again(&folder, kills, start, &mut rng, || lists.go_on()).await;
    let mut program = Program::start(&folder, "run", &RUN);
    // So that the playlist is there at the end, and whoever is new has been told of.
    let last = lists.round + 4;
    while lists.round < last || lists.away.is_some() {
        until("that everybody is told of a round", async || lists.is_told()).await;
        lists.turn();
    }
    lists.settled().await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    stop.cancel();
    lists.simulation.stop().await;

    let second = lists.judge();
    println!("{kills} kills, {} rounds, {second} second copies", lists.round);
    let most = usize::try_from(kills).unwrap() * IN_FLIGHT_MAX;
    assert!(second <= most, "{second} second copies after {kills} kills");
    let db = lists.database();
    check_sound(&db);
    // One row of a rule and video, whatever came between.
    let doubled = "SELECT count(*) FROM (SELECT 1 FROM \"trigger\" GROUP BY rule, holder HAVING count(*) > 1)";
    assert_eq!(lists.number(doubled), 0);
}
