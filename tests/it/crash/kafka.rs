//! Kills of a gateway whose stream runs through a real Kafka: nothing is lost or decided twice, positions only grow, and other
//! programs get every change, again only what a kill cut off.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::model::Mirrored;

use super::installation::Installation;
use super::receiver::BASE_VIEWS;
use super::videos::{self, video};
use super::{FAN_OUT, RUN, as_left, has_worked, knob, seed};
use crate::kafka::gateway::sections;
use crate::process::Program;
use crate::real::{services, stream::all};
use crate::wait::{pause, until};

const VIDEOS: u32 = 8;

/// Who watches all of them.
const HOOKS: u32 = 4;

/// At what a kill is aimed.
#[derive(Debug, Clone, Copy)]
enum Aim {
    /// The database is opened, and partitions get their positions.
    Start,
    /// Any instant of its work.
    Work,
    /// A change is decided and stored, and Kafka has not acknowledged it.
    Mirror,
}

const AIMS: [Aim; 3] = [Aim::Mirror, Aim::Work, Aim::Start];

/// What endpoints got, by `webhook-id`: whose it was, its body, and how often it came.
#[derive(Default)]
struct Got {
    bodies: HashMap<String, (u32, String, usize)>,
    told: BTreeSet<(u32, String, u32)>,
}

type Shared = Arc<Mutex<Got>>;

async fn take(
    State(got): State<Shared>,
    Path(to): Path<u32>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let turns = {
        let mut got = got.lock().unwrap();
        for alert in alerts(&body) {
            got.told.insert((to, alert.0, alert.1));
        }
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let first = got.bodies.entry(id).or_insert_with(|| (to, body.clone(), 0));
        assert_eq!((first.0, &first.1), (to, &body), "it came again as something else");
        first.2 += 1;
        to % 3
    };
    // Some stay in flight for a while.
    for _ in 0..turns {
        pause().await;
    }
    StatusCode::NO_CONTENT
}

/// The alerts of a message: the video, and the round.
fn alerts(body: &str) -> Vec<(String, u32)> {
    let body: Value = serde_json::from_str(body).unwrap();
    let video = body["data"]["video"]["id"].as_str().unwrap().to_owned();
    let alerts = body["data"]["alerts"].as_array().unwrap().iter();
    let rounds = alerts.map(|alert| {
        let views = u32::try_from(alert["current"].as_u64().unwrap()).unwrap();
        (video.clone(), views - BASE_VIEWS)
    });
    rounds.collect()
}

/// A change as others know it: the video, and when it was seen.
type Change = (String, i64);

struct Bell {
    at: Installation,
    got: Shared,
    servers: String,
    prefix: String,
    round: u32,
    /// The positions as the last kill left them.
    positions: BTreeMap<(String, i32), i64>,
    /// How often a kill left a change without Kafka's word that it has it.
    left: HashMap<Change, usize>,
}

impl Bell {
    async fn new(servers: String, tasks: &TaskTracker, stop: &CancellationToken) -> Bell {
        let got = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/hook/{to}", post(take)).with_state(Arc::clone(&got));
        let end = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(end).await.unwrap();
        });
        let at = Installation::without_channels(|world| videos::add(world, VIDEOS)).await;
        let prefix = format!("{}_", services::new_name("crash"));
        at.configure(
            "[webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n",
        );
        at.configure(&sections(&servers, &prefix, "format = \"json\"\n"));
        let mut watches = "video,rules,to\n".to_owned();
        for number in 0..VIDEOS {
            for to in 1..=HOOKS {
                let id = video(number);
                writeln!(watches, "{id},views any,webhook:http://127.0.0.1:{port}/hook/{to}")
                    .unwrap();
            }
        }
        std::fs::write(at.folder.path().join("w.csv"), watches).unwrap();
        let (positions, left) = (BTreeMap::new(), HashMap::new());
        Bell { at, got, servers, prefix, round: 0, positions, left }
    }

    /// All videos move.
    fn turn(&mut self) {
        self.round += 1;
        videos::turn(&self.at.simulation, 0..VIDEOS, self.round);
    }

    /// Whether everybody has been told of this round.
    fn is_told(&self) -> bool {
        let (got, round) = (self.got.lock().unwrap(), self.round);
        (1..=HOOKS).all(|to| (0..VIDEOS).all(|of| got.told.contains(&(to, video(of), round))))
    }

    /// Goes on to the next round once everybody has been told of this one.
    fn go_on(&mut self) {
        if self.is_told() {
            self.turn();
        }
    }

    /// Runs the gateway until the instant at which it is to be killed, kills it, and looks at what it leaves.
    async fn run_and_kill(&mut self, aim: Aim, start: Duration, rng: &mut SmallRng) {
        let folder = self.at.folder.path().to_owned();
        let mut program = Program::start(&folder, "run", &RUN);
        match aim {
            Aim::Start => has_worked(&mut program, start.mul_f64(rng.random()), || ()).await,
            Aim::Work => {
                let instant = start + FAN_OUT.mul_f64(2.0 * rng.random::<f64>());
                has_worked(&mut program, instant, || self.go_on()).await;
            }
            Aim::Mirror => {
                has_worked(&mut program, start.mul_f64(0.8), || ()).await;
                let db = self.at.database();
                let waits = "SELECT EXISTS (SELECT 1 FROM mirror WHERE record LIKE '{\"change\"%')";
                let begun = self.round;
                // A machine that is busy may look too late again and again.
                until("a change that waits", async || {
                    self.go_on();
                    self.round > begun + 3 || db.query_row(waits, [], |row| row.get(0)).unwrap()
                })
                .await;
            }
        }
        program.signal("KILL");
        assert_eq!(program.end().await.code(), None, "{}", program.err(&folder));
        self.look_at(&as_left(&folder));
    }

    /// No position is lower than before.
    fn look_at(&mut self, db: &Connection) {
        let mut rows = db.prepare("SELECT stream, partition, next FROM position").unwrap();
        let rows = rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        let now: BTreeMap<(String, i32), i64> = rows.map(Result::unwrap).collect();
        for (of, before) in &self.positions {
            let is = now.get(of).copied().unwrap_or_default();
            assert!(is >= *before, "{of:?} went back from {before} to {is}");
        }
        self.positions = now;
        for change in waiting(db) {
            *self.left.entry(change).or_default() += 1;
        }
    }

    /// Everybody was told of each round of each video once, and came to know it once.
    fn judge_alerts(&self) -> usize {
        let got = self.got.lock().unwrap();
        let mut told: BTreeMap<(u32, String, u32), usize> = BTreeMap::new();
        for (to, body, _) in got.bodies.values() {
            for (video, round) in alerts(body) {
                *told.entry((*to, video, round)).or_default() += 1;
            }
        }
        let twice: Vec<_> = told.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "decided twice: {twice:?}");
        let all = usize::try_from(HOOKS * VIDEOS * self.round).unwrap();
        assert_eq!(told.len(), all, "lost");
        let alerts = "SELECT count(*), count(DISTINCT rule || ' ' || video || ' ' || current),
                      count(*) FILTER (WHERE outcome = 'sent') FROM alert";
        let db = self.at.database();
        let alerts = db.query_row(alerts, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        assert_eq!(alerts, Ok((all, all, all)));
        got.bodies.values().map(|(.., copies)| copies - 1).sum()
    }

    /// Every change of each video stands in `youtube_changes`, each behind the one before it, and comes again only where a kill
    /// has left it unacknowledged. Returns how many came again.
    fn judge_mirror(&self) -> usize {
        let mut of_videos: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (_, key, value, _) in all(&self.servers, &format!("{}youtube_changes", self.prefix)) {
            let value = serde_json::from_slice(&value.unwrap()).unwrap();
            of_videos.entry(String::from_utf8(key).unwrap()).or_default().push(value);
        }
        assert_eq!(of_videos.len(), usize::try_from(VIDEOS).unwrap());
        let mut again: HashMap<Change, usize> = HashMap::new();
        for (id, records) in &of_videos {
            let (mut known, mut last) = (HashMap::new(), None);
            let mut views = Vec::new();
            for record in records {
                let at = record["OBSERVED_AT_CURRENT"].as_i64().unwrap();
                if let Some(first) = known.get(&at) {
                    assert_eq!(*first, record, "it came again as something else");
                    *again.entry((id.clone(), at)).or_default() += 1;
                    continue;
                }
                known.insert(at, record);
                let linked =
                    last.is_none_or(|last| columns(last, "CURRENT") == columns(record, "PREVIOUS"));
                assert!(linked, "{record} does not go on where {last:?} ends");
                views.push(record["VIEWS_CURRENT"].as_i64().unwrap());
                last = Some(record);
            }
            let rounds: Vec<i64> =
                (0..=self.round).map(|round| (BASE_VIEWS + round).into()).collect();
            views.dedup();
            assert_eq!(views, rounds, "of {id}");
        }
        for (change, times) in &again {
            let kills = self.left.get(change).copied().unwrap_or_default();
            assert!(
                *times <= kills,
                "{change:?} came again {times} times, and {kills} kills left it"
            );
        }
        again.values().sum()
    }
}

/// The changes that are stored and not acknowledged.
fn waiting(db: &Connection) -> Vec<Change> {
    let mut rows = db.prepare("SELECT record FROM mirror").unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let changes = rows.filter_map(|record| match serde_json::from_str(&record.unwrap()).unwrap() {
        Mirrored::Change { current, .. } => {
            Some((current.video_id.to_string(), current.observed_at.0))
        }
        _ => None,
    });
    changes.collect()
}

/// One side of a change, without the times at which it was looked at: looks that find nothing new move these too.
fn columns(record: &Value, side: &str) -> BTreeMap<String, Value> {
    let columns = record.as_object().unwrap().iter().filter_map(|(name, value)| {
        let name = name.strip_suffix(side)?;
        let is_time = ["OBSERVED_AT_", "NUMBERS_AT_", "DETAILS_AT_"].contains(&name);
        (!is_time).then(|| (name.to_owned(), value.clone()))
    });
    columns.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_amid_a_stream_through_kafka_it_tells_all_once_and_others_every_change() {
    let Some(servers) = services::kafka() else { return };
    let kills = knob("CRASH_KILLS").map_or(4, |kills| kills.div_ceil(4));
    let mut rng = SmallRng::seed_from_u64(seed());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut bell = Bell::new(servers.to_string(), &tasks, &stop).await;
    let folder = bell.at.folder.path().to_owned();
    let start = bell.at.begin(VIDEOS).await;
    bell.turn();
    for kill in 0..kills {
        let aim = AIMS[usize::try_from(kill).unwrap() % AIMS.len()];
        bell.run_and_kill(aim, start, &mut rng).await;
    }
    let program = Program::start(&folder, "run", &RUN);
    for is_more in [false, true] {
        if is_more {
            bell.turn();
        }
        until("that all are told", async || bell.is_told()).await;
    }
    let db = bell.at.database();
    until("that others are told", async || waiting(&db).is_empty()).await;
    bell.at.finish(program).await;
    bell.look_at(&bell.at.database());
    stop.cancel();
    bell.at.simulation.stop().await;

    let copies = bell.judge_alerts();
    let (left, again) = (bell.left.values().sum::<usize>(), bell.judge_mirror());
    println!(
        "{} rounds of {} alerts; kills left {left} changes unacknowledged, of which {again} came again",
        bell.round,
        HOOKS * VIDEOS
    );
    bell.at.judge(kills, copies, usize::try_from(HOOKS * VIDEOS).unwrap());
}
