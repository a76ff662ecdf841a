//! What fifty thousand digests cost that are all due at one moment, and how long they keep others waiting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::{Connection, params};
use tubebell::app::system_clock;
use tubebell::deliver::Composer;
use tubebell::model::{Channel, Effective, Schedule, UnixMillis};
use tubebell::render::Renderer;
use tubebell::store::Room;

use crate::figures::{Figures, percentile};
use crate::probe::{Router, runtime};
use crate::process::{Gateway, Setup, pause, wait_for};
use crate::seed::{NEVER, Seed};
use crate::sink::{Behaviour, Sink};

/// Chats, each with two watches of two videos.
const CHATS: u64 = 50_000;

/// Chats whose digests have a picture each. Drawing takes a core for some milliseconds.
const CHATS_WITH_PICTURES: u64 = 5_000;

/// Videos that move at each look, once a second, each with a watcher of its own.
const MOVING: u64 = 3;

/// What a claim may take, as a channel without rates has it.
const ROOM: usize = 256;

/// How many counts of a video are known that has a picture.
const LOOKS: u32 = 60;

/// How long after the start of the gateway the digests are due.
const AHEAD: Duration = Duration::from_secs(15);

fn composer(digest: Option<Schedule>) -> anyhow::Result<Arc<Composer>> {
    Ok(Arc::new(Composer {
        renderer: Arc::new(Renderer::new(&[]).map_err(|errors| anyhow::anyhow!("{errors:?}"))?),
        defaults: Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest,
            pings_per_day: None,
        },
        max_age: Duration::from_secs(86_400),
        at_most_max: Duration::from_secs(29 * 86_400),
    }))
}

/// A database in which four videos of each chat have moved; a gateway has looked at them, and collected them for nine
/// o'clock. Of each video so many counts are known since then; of more than one there is a picture. Returns when that is.
fn collected(folder: &Path, chats: u64, looks: u32) -> anyhow::Result<(PathBuf, UnixMillis)> {
    let seed = Seed {
        watches: chats * 2,
        videos: 2,
        destinations: chats,
        rules: ["views any"; 4],
        address: "telegram:{}".to_owned(),
        next_poll: NEVER,
        others: MOVING,
    };
    let database = seed.database(folder)?;
    let now = system_clock()();
    Connection::open(&database)?.execute_batch(&format!(
        "BEGIN;
         INSERT INTO alert (subscription, unit, rule, video, series, previous, current, observed_at)
         SELECT s.id, s.id * 8, s.id, s.subject + 2 * n.column1, t.series, 1000000, 1000000 + s.id, {seen}
         FROM subscription s JOIN \"trigger\" t ON t.id = s.id JOIN (VALUES (0), (1)) n WHERE s.id <= {watches};
         INSERT INTO unit (id, lane, due_at, first)
         SELECT s.id * 8, s.destination, {seen}, (s.id - 1) * 2 + 1 FROM subscription s WHERE s.id <= {watches};
         UPDATE lane SET due_at = {seen} WHERE id <= {chats};
         INSERT OR REPLACE INTO history (video, at, views, likes, comments)
         WITH RECURSIVE look(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM look WHERE n < {looks})
         SELECT v.id, {now} + n * 100, 1000000 + n * v.id, 1, 1 FROM video v, look WHERE v.id <= 4 AND n > 0;
         COMMIT;",
        seen = crate::seed::seen_at().0,
        now = now.0,
        watches = chats * 2,
    ))?;
    let schedule = Schedule::Daily(Schedule::TIME);
    let composer = composer(Some(schedule))?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        let begun = Instant::now();
        loop {
            let (room, composer) = (Room::of(ROOM), Arc::clone(&composer) as _);
            let claimed = router
                .store
                .finish_and_claim(Vec::new(), Channel::Telegram, room, now, composer)
                .await?;
            ensure!(claimed.claims.is_empty(), "something is told as it happens");
            if claimed.next_due().is_none_or(|due| due > now) {
                break;
            }
        }
        println!(
            "   {} units were looked at and collected in {:.1} s",
            chats * 2,
            begun.elapsed().as_secs_f64()
        );
        anyhow::Ok(())
    })?;
    Ok((database, schedule.next_after(now, "UTC", now)))
}

/// All of them are put together, rendered, and stored with their bodies, and none is sent.
pub(crate) fn put_together(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (database, due_at) = collected(folder.path(), CHATS, LOOKS)?;
    let composer = composer(None)?;
    let (mut taken, mut longest) = (0, Duration::ZERO);
    let took = runtime()?.block_on(async {
        let router = Router::open(&database)?;
        let begun = Instant::now();
        while taken < CHATS {
            let (room, composer) = (Room::of(ROOM), Arc::clone(&composer) as _);
            let claim = Instant::now();
            let claimed = router
                .store
                .finish_and_claim(Vec::new(), Channel::Telegram, room, due_at, composer)
                .await?;
            longest = longest.max(claim.elapsed());
            ensure!(!claimed.claims.is_empty(), "{taken} digests, and no more");
            taken += claimed.claims.len() as u64;
        }
        anyhow::Ok(begun.elapsed())
    })?;
    let told = "SELECT count(*) FROM alert a JOIN notification n ON n.id = a.notification WHERE n.kind = 'digest'";
    let told: u64 = Connection::open(&database)?.query_row(told, [], |row| row.get(0))?;
    ensure!(told == CHATS * 4, "{told} alerts were told");
    println!(
        "   {CHATS} chats, each four videos in two watches, all due at one moment: {taken} digests, put together and stored\n   \
         with their bodies. The longest transaction took {:.0} ms.",
        longest.as_secs_f64() * 1e3
    );
    figures.add("digest_50k_s", took.as_secs_f64(), "s");
    Ok(())
}

/// The same in a running gateway, beside videos whose watchers are told as it happens.
pub(crate) fn holdup(figures: &mut Figures) -> anyhow::Result<()> {
    let longest = held_up(CHATS, 0)?;
    figures.add("digest_holdup_ms", longest, "ms");
    let longest = held_up(CHATS_WITH_PICTURES, LOOKS)?;
    figures.add("digest_pictures_holdup_ms", longest, "ms");
    Ok(())
}

/// The longest that a message waited beside the digests of so many chats, in milliseconds.
fn held_up(chats: u64, looks: u32) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let (database, _) = collected(folder.path(), chats, looks)?;
    let behaviour = Behaviour {
        timed: true,
        untimed_to: i64::try_from(chats)?,
        moving_one_in: 1,
        step: 1,
        ..Behaviour::default()
    };
    let sink = Sink::start(&behaviour)?;
    let due_at = system_clock()().plus(AHEAD).0;
    let db = Connection::open(&database)?;
    for sql in [
        "UPDATE digest SET next_at = ?1",
        "UPDATE unit SET due_at = ?1 WHERE id < 0",
        "UPDATE lane SET digest_at = ?1 WHERE digest_at IS NOT NULL",
    ] {
        db.execute(sql, params![due_at])?;
    }
    drop(db);
    let polling = "min_interval = \"1s\"\nmax_interval = \"1s\"\n";
    let setup = Setup { telegram: true, polling, ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let all = wait_for(&mut gateway, "all digests", Duration::from_secs(170), || {
        let report = sink.report()?;
        let digests = report.taken - report.after_youtube_ms.len() as u64;
        Ok((digests >= chats).then_some(report))
    })?;
    pause(Duration::from_secs(5));
    gateway.alive()?;
    let mut report = sink.report()?;
    ensure!(report.taken == report.distinct, "messages came twice");
    let samples = report.after_youtube_ms.len();
    ensure!(samples >= 30, "only {samples} messages; the log ends:\n{}", gateway.log());
    let longest = percentile(&mut report.after_youtube_ms, 1.0);
    let median = percentile(&mut report.after_youtube_ms, 0.5);
    println!(
        "   {chats} digests leave at one moment, in {:.1} s; {samples} messages of {MOVING} videos that move once a second\n   \
         beside them: median {median:.1} ms.",
        all.seconds - AHEAD.as_secs_f64()
    );
    Ok(longest)
}
