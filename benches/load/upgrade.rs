//! A large database of an older version is carried over by the gateway: how long it takes, how much memory, and whether
//! `/healthz` answers meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, params};
use tubebell::model::Counts;
use tubebell::route::{language, trigger};

use crate::figures::Figures;
use crate::process::{Gateway, Setup, pause};
use crate::seed::{COMMENTS, LIKES, NEVER, Seed, TITLE, VIEWS, seen_at, video_id};
use crate::sink::{Behaviour, Sink};

const WATCHES: u64 = 1_000_000;

/// Channels, the videos of each, and their watchers: every tenth has rules with a state per video.
const CHANNELS: u64 = 5;
const VIDEOS: u64 = 500;
const WATCHERS: u64 = 120;

pub(crate) fn upgrade(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let address = "webhook:http://127.0.0.1:1/hook/{}".to_owned();
    let seed = Seed { address, ..Seed::mixed(WATCHES) };
    let tag = format!("{CHANNELS} {VIDEOS} {WATCHERS} {}", include_str!("upgrade.rs"));
    let database = seed.older_database(folder.path(), &tag, |db| add_channels(db, &seed))?;
    let before = Sizes::read(&database)?;
    let sink = Sink::start(&Behaviour::default())?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let setup = Setup { web: Some(port), ..Setup::of(&sink) };

    let begun = Instant::now();
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let mut seen = Seen::default();
    let took = loop {
        gateway.alive()?;
        ensure!(begun.elapsed() < Duration::from_secs(600), "the upgrade does not end");
        if let Some(line) = seen.ask(port, begun)?
            && !line.contains("an upgrade is under way")
            && !line.contains("the database is being opened")
        {
            break begun.elapsed();
        }
        pause(Duration::from_millis(10));
    };
    let peak_mb = gateway.peak_mb()?;
    let stop_s = gateway.stop()?;
    let after = Sizes::read(&database)?;
    ensure!(
        after.schema > before.schema && !after.is_under_way,
        "it is not carried over: {after:?}"
    );
    println!(
        "   {WATCHES} watches of {} videos, and {CHANNELS} channels of {VIDEOS} videos with {WATCHERS} watchers each:\n   \
         {} triggers become {}, {} MB become {}. Names and indexes in {:.1} s, the rows in the rest.\n   \
         /healthz answered {} times; it stopped in {stop_s:.2} s.",
        seed.videos,
        before.triggers,
        after.triggers,
        before.bytes / 1_000_000,
        after.bytes / 1_000_000,
        seen.opened.unwrap_or_default().as_secs_f64(),
        seen.answers
    );
    figures.add("migrate_1m_s", took.as_secs_f64(), "s");
    figures.add("migrate_rss_mb", peak_mb, "MB");
    figures.add("migrate_healthz_ms", seen.longest.as_secs_f64() * 1e3, "ms");
    Ok(())
}

/// What a visitor has seen.
#[derive(Default)]
struct Seen {
    /// How often `/healthz` has answered, and the longest wait for it.
    answers: u64,
    longest: Duration,
    /// When the file was open: the new names and indexes stand.
    opened: Option<Duration>,
}

impl Seen {
    /// What `/readyz` says; `None` while nobody listens yet.
    fn ask(&mut self, port: u16, begun: Instant) -> anyhow::Result<Option<String>> {
        let asked = Instant::now();
        let health = match get(port, "/healthz") {
            Ok(health) => health,
            // At first nobody listens, for as long as a process takes to begin.
            Err(_) if self.answers == 0 && begun.elapsed() < Duration::from_secs(2) => {
                return Ok(None);
            }
            Err(error) => return Err(error).context("/healthz does not answer"),
        };
        ensure!(health.ends_with("ok\n"), "/healthz says {health}");
        self.longest = self.longest.max(asked.elapsed());
        self.answers += 1;
        let line = get(port, "/readyz").context("/readyz does not answer")?;
        if self.opened.is_none() && !line.contains("is being opened") {
            self.opened = Some(begun.elapsed());
        }
        Ok(Some(line))
    }
}

fn get(port: u16, path: &str) -> std::io::Result<String> {
    const TIMEOUT: Duration = Duration::from_secs(20);
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[derive(Debug)]
struct Sizes {
    schema: i64,
    is_under_way: bool,
    triggers: u64,
    bytes: u64,
}

impl Sizes {
    fn read(database: &std::path::Path) -> anyhow::Result<Sizes> {
        let db = Connection::open(database)?;
        let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(Sizes {
            schema: number("PRAGMA user_version")?,
            is_under_way: number("SELECT count(*) FROM meta WHERE key = 'migration'")? > 0,
            triggers: u64::try_from(number("SELECT count(*) FROM \"trigger\"")?)?,
            bytes: database.metadata()?.len(),
        })
    }
}

/// Channels as schema 2 has them: a row for each rule and video, whatever the rule.
fn add_channels(db: &Connection, seed: &Seed) -> anyhow::Result<()> {
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN")?;
    let base = Counts { views: Some(VIEWS), likes: Some(LIKES), comments: Some(COMMENTS) };
    let at = seen_at().0;
    for channel in 0..CHANNELS {
        db.execute(
            "INSERT INTO subject (ref, title, playlist, total, listed_at, full_at, next_listing)
             VALUES (?1, 'A channel', ?2, ?3, ?4, ?4, ?5)",
            params![
                format!("channel:UC{channel:022}"),
                format!("UU{channel:022}"),
                VIDEOS,
                at,
                NEVER
            ],
        )?;
        let subject = db.last_insert_rowid();
        let first = seed.videos + 1 + channel * VIDEOS;
        for number in first..first + VIDEOS {
            let id = video_id(number);
            db.prepare_cached(
                "INSERT INTO video (id, ref, title, next_poll) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![number, id.as_str(), TITLE, NEVER])?;
            db.prepare_cached("INSERT INTO member (subject, video, newness) VALUES (?1, ?2, ?3)")?
                .execute(params![subject, number, at])?;
            db.prepare_cached(
                "INSERT INTO seen VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?3, ?4, ?5, ?6, 'public', 'none')",
            )?
            .execute(params![number, at, VIEWS, LIKES, COMMENTS, TITLE])?;
        }
        for watcher in 1..=WATCHERS {
            db.prepare_cached(
                "INSERT INTO subscription (destination, subject, origin, created_at)
                 VALUES (?1, ?2, 'file:bench.csv', ?3)",
            )?
            .execute(params![watcher, subject, at - 1000])?;
            let subscription = db.last_insert_rowid();
            let preset = if watcher % 10 == 0 { "uploads" } else { "all" };
            for rule in language::preset(preset).unwrap_or_default() {
                let initial = |base| trigger::initial(&rule.condition, base).next;
                let unset = initial(None).context("a rule that waits")?;
                let next = initial(Some(&base)).context("a rule that waits")?;
                db.prepare_cached(
                    "INSERT INTO rule (subscription, text, series, value, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    subscription,
                    rule.to_string(),
                    unset.series.code(),
                    unset.value,
                    at - 1000
                ])?;
                db.prepare_cached(
                    "INSERT INTO \"trigger\" (video, series, value, rule, base, since)
                     SELECT video, ?2, ?3, ?4, ?5, ?6 FROM member WHERE subject = ?1",
                )?
                .execute(params![
                    subject,
                    next.series.code(),
                    next.value,
                    db.last_insert_rowid(),
                    next.base,
                    at - 1000
                ])?;
            }
        }
    }
    Ok(db.execute_batch("COMMIT")?)
}
