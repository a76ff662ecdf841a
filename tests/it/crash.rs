//! The real process, killed at random instants of fan-outs of 2,000 messages and started again until all is told.
//!
//! `make crash` kills it 200 times; the suite a few times. What is counted is what the receiver got. Beside it: kills amid
//! listings and fan-outs of lists, amid digests, amid alerts for Discord, amid mails, amid a stream through Kafka, and amid the
//! upgrade of an older database.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod ahead;
mod cards;
mod digests;
mod feeds;
mod installation;
mod judge;
#[cfg(feature = "kafka")]
mod kafka;
mod letters;
mod lists;
mod mails;
mod post;
mod receiver;
mod units;
mod upgrade;
mod videos;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio_util::task::TaskTracker;
use tubebell::app::system_clock;
use tubebell::deliver::IN_FLIGHT_MAX;
use tubebell::store::{Access, Registry, Sqlite, WatchFilter};
use tubebell_sim::Simulation;
use tubebell_sim::world::Video;
use tubebell_sim::youtube::{self, YouTubeSim};

use crate::outside::{self, UNITS};
use crate::process::Program;
use crate::story::{CHANNEL, VIDEO};
use crate::wait::{LIMIT, Limit, pause, until};
use judge::{Means, Message, Unrecorded, judge};
use receiver::{BASE_VIEWS, Receiver};

/// Messages of one fan-out: half of them to chats, half to webhooks.
const MESSAGES: usize = 2_000;

/// A number from the environment, for runs that are longer than the suite's or repeat one of them.
#[expect(clippy::disallowed_methods, reason = "the knobs of a test, not of the program")]
fn knob(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn seed() -> u64 {
    let seed = knob("CRASH_SEED").unwrap_or_else(rand::random);
    println!("CRASH_SEED={seed}");
    seed
}

/// Kills `run` in a folder so many times: while it opens the database, for which it has once worked for `start`, and amid
/// its work. `meanwhile` goes on with what happens in the world.
async fn kill_again_and_again(
    folder: &Path,
    kills: u64,
    start: Duration,
    rng: &mut SmallRng,
    mut meanwhile: impl FnMut(),
) {
    for kill in 0..kills {
        let mut program = Program::start(folder, "run", &RUN);
        let instant = match kill % 3 {
            0 => start.mul_f64(rng.random()),
            _ => start + FAN_OUT.mul_f64(2.0 * rng.random::<f64>()),
        };
        has_worked(&mut program, instant, &mut meanwhile).await;
        program.signal("KILL");
        assert_eq!(program.end().await.code(), None, "{}", program.err(folder));
    }
}

/// The database in a folder as a killed process has left it. Only read: bringing it in order is for the next one.
fn as_left(folder: &Path) -> Connection {
    let path = folder.join("tubebell.db");
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    db
}

/// Panics where a database is damaged, or its sums do not agree.
fn check_sound(db: &Connection) {
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    crate::store::check_sums(db);
}

/// At what a kill is aimed.
#[derive(Debug, Clone, Copy)]
enum Aim {
    /// After so much work since the start, while the database is opened and what was in flight is released.
    Start,
    /// After so much work since YouTube was asked: numbers are stored, routed, fanned out, and the first are sent.
    FanOut,
    /// When so many of a fan-out have been told.
    Sending,
}

/// A part of the work of a fan-out, from its beginning.
const FAN_OUT: Duration = Duration::from_millis(200);

/// A process that has worked no longer than this in so many looks has nothing more to do: it only looks at its clocks.
const AT_REST: Duration = Duration::from_millis(20);
const REST_LOOKS: u32 = 300;

/// What is started.
const RUN: [&str; 3] = ["run", "--config", "tubebell.toml"];
const APPLY: [&str; 4] = ["apply", "w.csv", "--config", "tubebell.toml"];

const AIMS: [Aim; 3] = [Aim::Start, Aim::FanOut, Aim::Sending];

/// A simulated YouTube, a receiver, and a folder with a database.
struct Scene {
    folder: tempfile::TempDir,
    simulation: Simulation,
    youtube: YouTubeSim,
    receiver: Receiver,
    unrecorded: Unrecorded,
    rng: SmallRng,
    /// The fan-out under way, counted from 1; 0 until the first.
    round: u32,
    /// How many had been told of it at the last look, and how long the next of them may take while the process lives.
    progress: (usize, Limit),
    /// How much work a start is, as the first one was.
    start: Duration,
    /// How much work the first apply was.
    apply: Duration,
}

impl Scene {
    async fn new(seed: u64) -> Scene {
        let simulation = outside::simulation(system_clock());
        simulation.edit(|world| {
            let video = Video::new(VIDEO, CHANNEL, "Never gonna", world.now());
            world.add_video(video.with_counts(u64::from(BASE_VIEWS), 1, 1));
        });
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let receiver = Receiver::start(&TaskTracker::new(), seed).await;
        let scene = Scene {
            folder: tempfile::tempdir().unwrap(),
            simulation,
            youtube,
            receiver,
            unrecorded: Unrecorded::new(),
            rng: SmallRng::seed_from_u64(seed),
            round: 0,
            progress: (0, Limit::from_now()),
            start: Duration::ZERO,
            apply: Duration::ZERO,
        };
        scene.prepare(scene.folder.path());
        scene
    }

    /// Writes the configuration and the watch file.
    fn prepare(&self, folder: &Path) {
        let (youtube, receiver) = (self.youtube.base_url(), self.receiver.port);
        let config = format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{youtube}\"\nfeed_url = \"{youtube}\"\n\
             daily_units = {UNITS}\nmin_interval = \"1s\"\nmax_interval = \"1s\"\n\
             [telegram]\ntoken = \"1:A\"\napi_url = \"http://127.0.0.1:{receiver}\"\n\
             rate_per_s = 0\nchat_rate_per_s = 0\ngroup_rate_per_min = 0\n\
             [webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n"
        );
        std::fs::write(folder.join("tubebell.toml"), config).unwrap();
        let mut watches = "video,rules,to\n".to_owned();
        for number in 1..=MESSAGES / 2 {
            writeln!(watches, "{VIDEO},views any,telegram:{number}").unwrap();
            let hook = format!("webhook:http://127.0.0.1:{receiver}/hook/{number}");
            writeln!(watches, "{VIDEO},views any,{hook}").unwrap();
        }
        std::fs::write(folder.join("w.csv"), watches).unwrap();
    }

    fn run(&self) -> Program {
        self.receiver.begin_life();
        Program::start(self.folder.path(), "run", &RUN)
    }

    async fn kill(&mut self, mut program: Program) {
        program.signal("KILL");
        let status = program.end().await;
        assert_eq!(status.code(), None, "ended by itself: {}", program.err(self.folder.path()));
        self.receiver.drained().await;
        let unrecorded = self.unrecorded();
        self.unrecorded.insert(self.receiver.life(), unrecorded);
        self.progress.1 = Limit::from_now();
    }

    /// What the killed process had not recorded as sent.
    fn unrecorded(&self) -> HashSet<Message> {
        let db = as_left(self.folder.path());
        let pending =
            "SELECT d.address, a.current FROM notification n JOIN alert a ON a.id = n.newest
             JOIN destination d ON d.id = n.destination WHERE n.state = 'pending'";
        let mut pending = db.prepare(pending).unwrap();
        let rows = pending.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| {
            let (address, views): (String, u32) = row.unwrap();
            let means = match address.split(':').next() {
                Some("telegram") => Means::Telegram,
                _ => Means::Webhook,
            };
            let to = address.rsplit(['/', ':']).next().unwrap().parse().unwrap();
            Message { means, to, round: views - BASE_VIEWS }
        })
        .collect()
    }

    /// Applies the watch file and starts the process for the first time; measures how much work a start is.
    async fn first_run(&mut self) -> Program {
        let mut apply = Program::start(self.folder.path(), "apply", &APPLY);
        until("the end of an apply", async || {
            self.apply = self.apply.max(apply.worked());
            apply.has_ended()
        })
        .await;
        assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(self.folder.path()));
        let program = self.run();
        until("listening", async || self.receiver.listened() > 0).await;
        self.start = program.worked();
        program
    }

    /// Lets a process see the numbers for the first time, which is silent.
    async fn baseline(&mut self, mut program: Program) {
        let db = self.database();
        let seen = "SELECT (SELECT count(*) FROM seen) > 0 AND NOT EXISTS (SELECT 1 FROM fanout)";
        let seen = async || db.query_row(seen, [], |row| row.get::<_, bool>(0)).unwrap();
        until("a baseline", seen).await;
        program.signal("TERM");
        assert_eq!(program.end().await.code(), Some(0));
        self.receiver.drained().await;
        self.next_round();
    }

    /// The next numbers, once all have been told of the last ones.
    fn next_round(&mut self) {
        self.round += 1;
        self.progress = (0, Limit::from_now());
        let views = u64::from(BASE_VIEWS + self.round);
        self.youtube.forget_requests();
        self.simulation.edit(|world| world.set_counts(VIDEO, views, 1, 1)).unwrap();
    }

    /// How many have been told of the fan-out under way; when it was all, the next one begins.
    fn told(&mut self) -> usize {
        let told = self.receiver.told(self.round);
        if told == MESSAGES {
            self.next_round();
            return 0;
        }
        if told > self.progress.0 {
            self.progress = (told, Limit::from_now());
        }
        let late = self.progress.1.is_over();
        assert!(!late, "lost: {told} of {MESSAGES} were told of fan-out {}", self.round);
        told
    }

    /// Waits for the instant at which a running process is to be killed.
    async fn instant(&mut self, aim: Aim, program: &mut Program) {
        match aim {
            Aim::Start => {
                let instant = self.start.mul_f64(self.rng.random_range(0.0..1.2));
                has_worked(program, instant, || ()).await;
            }
            Aim::FanOut => {
                while self.told() > 0 || !self.was_asked() {
                    pause().await;
                }
                let instant = program.worked() + FAN_OUT.mul_f64(self.rng.random());
                has_worked(program, instant, || ()).await;
            }
            Aim::Sending => {
                // Of the next one, when this one is further already.
                let wanted = self.rng.random_range(1..MESSAGES);
                while self.told() > wanted {
                    pause().await;
                }
                let round = self.round;
                while self.told() < wanted && self.round == round {
                    pause().await;
                }
            }
        }
    }

    /// Waits until the store knows what the receiver knows of the fan-outs up to one.
    async fn recorded(&self, round: u32) {
        let db = self.database();
        let untold = "SELECT count(*) FROM alert WHERE current <= ?1 AND outcome IS NOT 'sent'";
        let untold = || db.query_row(untold, [BASE_VIEWS + round], |row| row.get::<_, i64>(0));
        until("that all is recorded as sent", async || untold().unwrap() == 0).await;
    }

    fn database(&self) -> Connection {
        let db = Connection::open(self.folder.path().join("tubebell.db")).unwrap();
        db.busy_timeout(LIMIT).unwrap();
        db
    }

    fn was_asked(&self) -> bool {
        self.youtube.requests().iter().any(|request| request.path.contains("batch"))
    }
}

/// Waits until a process has worked for so long, has nothing more to do, or has ended. `meanwhile` goes on with what
/// happens in the world.
async fn has_worked(program: &mut Program, instant: Duration, mut meanwhile: impl FnMut()) {
    let (mut most, mut rested) = (Duration::ZERO, 0);
    until("work", async || {
        meanwhile();
        let worked = program.worked();
        rested = if worked > most + AT_REST { 0 } else { rested + 1 };
        most = if rested == 0 { worked } else { most };
        worked >= instant || rested == REST_LOOKS || program.has_ended()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_it_tells_everybody_and_repeats_only_what_was_in_flight() {
    let kills = knob("CRASH_KILLS").unwrap_or(6);
    let mut scene = Scene::new(seed()).await;
    let begun = Instant::now();
    let program = scene.first_run().await;
    scene.baseline(program).await;

    let mut killed = [0; AIMS.len()];
    for kill in 0..kills {
        let mut program = scene.run();
        let aim = usize::try_from(kill).unwrap() % AIMS.len();
        scene.instant(AIMS[aim], &mut program).await;
        scene.kill(program).await;
        killed[aim] += 1;
    }
    let mut program = scene.run();
    let last = scene.round;
    while scene.told() > 0 || scene.round == last {
        pause().await;
    }
    scene.recorded(last).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0));
    scene.receiver.drained().await;
    scene.simulation.stop().await;

    // What began after the last complete fan-out is not judged for completeness, only for copies.
    let rounds = last;
    let copies = scene.receiver.copies();
    let tally = judge(&copies, &scene.unrecorded, IN_FLIGHT_MAX);
    let tally = tally.unwrap_or_else(|wrong| panic!("{wrong}"));
    let wanted = usize::try_from(rounds).unwrap() * MESSAGES;
    let complete: usize = (1..=rounds).map(|round| scene.receiver.told(round)).sum();
    let by = |means| tally.repeated.get(&means).copied().unwrap_or(0);
    println!(
        "{} kills in {:?}: {} at start, {} at fan-outs, {} while sending\n\
         {rounds} fan-outs of {MESSAGES}: {complete} of {wanted} messages received, {} lost\n\
         {} requests; second copies: {} by Telegram, {} by webhook under the id of the first, {} under another\n\
         at most {} second copies after one kill, of {IN_FLIGHT_MAX} in flight; the latest {} requests and {:?} after its answer",
        kills,
        begun.elapsed(),
        killed[0],
        killed[1],
        killed[2],
        wanted - complete,
        copies.len(),
        by(Means::Telegram),
        by(Means::Webhook),
        tally.unrecognised - by(Means::Telegram),
        tally.most_after_one_kill,
        tally.latest.0,
        tally.latest.1,
    );
    assert_eq!(complete, wanted);
    assert_eq!(tally.unrecognised, by(Means::Telegram));

    check_sound(&scene.database());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_an_apply_that_are_killed_are_completed_by_the_next() {
    let kills = knob("CRASH_KILLS").unwrap_or(6).div_ceil(4);
    let mut scene = Scene::new(seed()).await;
    let program = scene.first_run().await;
    scene.kill(program).await;
    let mut left = Vec::new();
    for _ in 0..kills {
        // A database of its own each time: making it is killed, too.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        scene.prepare(path);
        for (arguments, whole) in [(&RUN[..], scene.start), (&APPLY[..], scene.apply)] {
            let mut program = Program::start(path, "killed", arguments);
            has_worked(&mut program, whole.mul_f64(scene.rng.random()), || ()).await;
            if !program.has_ended() {
                program.signal("KILL");
            }
            program.end().await;
        }
        let mut apply = Program::start(path, "apply", &APPLY);
        assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(path));
        let first = apply.out(path).split(' ').next().unwrap().to_owned();
        left.push(if first == "nothing" { "0".to_owned() } else { first });
        let mut again = Program::start(path, "again", &APPLY);
        assert_eq!(again.end().await.code(), Some(0), "{}", again.err(path));
        assert_eq!(again.out(path).trim(), "nothing to change: 2,000 watches unchanged");
        let store = Sqlite::open(&path.join("tubebell.db"), Access::Run).unwrap();
        let watches = store.watches(WatchFilter::All, 0, MESSAGES + 1).await.unwrap();
        assert_eq!(watches.len(), MESSAGES);
        assert!(watches.iter().all(|watch| watch.rules == ["views any"]));
    }
    println!(
        "start and apply killed {kills} times; the next apply made, of {MESSAGES} watches: {}",
        left.join(", ")
    );
    scene.simulation.stop().await;
}
