//! A watch file of a million watches: how long `apply` takes, how much memory, and whom it holds up.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::figures::Figures;
use crate::process::{Gateway, Setup, pause, peak_mb};
use crate::seed::{NEVER, Seed, video_id};
use crate::sink::{Behaviour, Sink};

const WATCHES: u64 = 1_000_000;
const DESTINATIONS: u64 = 10_000;

/// Half of the watches every so many, a quarter by percent, a quarter at any change.
const RULES: [&str; 4] = ["views every 1000", "views +5%", "likes every 100", "views any"];

/// Videos that move once a second while `apply` runs, each with a watcher of its own.
const MOVING: u64 = 20;

/// A new database, then the same file again.
pub(crate) fn apply(figures: &mut Figures) -> anyhow::Result<()> {
    let (_, _, small_mb) = twice(WATCHES / 10)?;
    let (first_s, again_s, peak_mb) = twice(WATCHES)?;
    figures.add("apply_1m_s", first_s, "s");
    figures.add("apply_1m_again_s", again_s, "s");
    figures.add("apply_100k_rss_mb", small_mb, "MB");
    figures.add("apply_1m_rss_mb", peak_mb, "MB");
    Ok(())
}

/// Seconds for the first and the second time, and the peak of memory.
fn twice(watches: u64) -> anyhow::Result<(f64, f64, f64)> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("tubebell.db");
    let file = write_file(folder.path(), watches, watches / 10)?;
    let sink = Sink::start(&Behaviour::default())?;
    let setup = Setup::of(&sink);
    let config = setup.write(folder.path(), &database)?;
    println!("   {watches} watches of {} videos, {DESTINATIONS} destinations", watches / 10);

    let first = Apply::start(&config, &file)?.end(Duration::from_secs(100))?;
    let wanted = format!("{watches} new, 0 changed, 0 pruned, 0 unchanged");
    ensure!(first.said == wanted, "it said: {}", first.said);
    let again = Apply::start(&config, &file)?.end(Duration::from_secs(100))?;
    ensure!(again.said.starts_with("nothing to change: "), "it said: {}", again.said);

    let db = Connection::open(&database)?;
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u64>(0));
    let standing = count("SELECT count(*) FROM subscription WHERE ended_at IS NULL")?;
    let triggers = count("SELECT count(*) FROM \"trigger\"")?;
    ensure!((standing, triggers) == (watches, watches), "{standing} watches, {triggers} triggers");
    Ok((first.took_s, again.took_s, first.peak_mb.max(again.peak_mb)))
}

/// A gateway with videos that move once a second, and beside it an `apply` of a million watches of other videos.
pub(crate) fn holdup(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let videos = WATCHES / 10;
    let seed = Seed {
        watches: videos,
        videos,
        destinations: 1,
        rules: ["views any"; 4],
        address: "webhook:http://127.0.0.1:1/hook/{}".to_owned(),
        // What is applied is of known videos that are not looked at: it is `apply` alone that is in the way.
        next_poll: NEVER,
        others: MOVING,
    };
    let database = seed.database(folder.path())?;
    let behaviour = Behaviour { timed: true, moving_one_in: 1, step: 1, ..Behaviour::default() };
    let sink = Sink::start(&behaviour)?;
    crate::seed::point_to(&database, &sink.base)?;
    let file = write_file(folder.path(), WATCHES, videos)?;
    let polling = "min_interval = \"1s\"\nmax_interval = \"1s\"\n";
    let setup = Setup { polling, ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    pause(Duration::from_secs(10));
    let alone = sink.report()?.after_youtube_ms;
    println!("   {WATCHES} watches beside a gateway that sends {MOVING} messages a second");

    let config = folder.path().join("tubebell.toml");
    let applied = Apply::start(&config, &file)?.end(Duration::from_secs(100))?;
    let wanted = format!("{WATCHES} new, 0 changed, 0 pruned, 0 unchanged");
    ensure!(applied.said == wanted, "it said: {}", applied.said);
    gateway.alive()?;
    let log = gateway.whole_log();
    let error = log.lines().find(|line| line.contains("ERROR") || line.contains("WARN"));
    ensure!(error.is_none(), "the gateway said: {}", error.unwrap_or_default());

    let beside = sink.report()?.after_youtube_ms;
    let beside = beside.get(alone.len()..).unwrap_or_default();
    let wanted = applied.took_s * 10.0;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let enough = beside.len() as f64 > wanted;
    ensure!(enough, "only {} messages in {:.0} s", beside.len(), applied.took_s);
    let most = |samples: &[f64]| samples.iter().copied().fold(0.0, f64::max);
    println!(
        "   {} messages in {:.0} s; without it the slowest took {:.1} ms",
        beside.len(),
        applied.took_s,
        most(&alone)
    );
    figures.add("apply_holdup_ms", most(beside), "ms");
    Ok(())
}

/// A file in which the watches of one video stand far apart.
fn write_file(folder: &Path, watches: u64, videos: u64) -> anyhow::Result<PathBuf> {
    let path = folder.join("watches.csv");
    let mut out = BufWriter::new(File::create(&path)?);
    writeln!(out, "video,rules,to")?;
    for number in 0..watches {
        let (video, place) = (number % videos, number / videos);
        let to = (video * 31 + place * 997) % DESTINATIONS;
        let rule = RULES[usize::try_from((video + place) % 4)?];
        writeln!(out, "{},{rule},webhook:http://127.0.0.1:1/file/{to}", video_id(video + 1))?;
    }
    out.flush()?;
    Ok(path)
}

/// A running `tubebell apply`; killed when dropped.
struct Apply {
    child: Child,
    begun: Instant,
}

/// How it went.
struct Applied {
    /// The last line that it said.
    said: String,
    took_s: f64,
    peak_mb: f64,
}

impl Apply {
    fn start(config: &Path, file: &Path) -> anyhow::Result<Apply> {
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_tubebell"))
            .arg("apply")
            .arg(file)
            .arg("--config")
            .arg(config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the program can't be started: build it with --release")?;
        Ok(Apply { child, begun })
    }

    fn end(mut self, within: Duration) -> anyhow::Result<Applied> {
        let mut peak = 0.0;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            // Of one that has just ended there is nothing to read any more.
            peak = peak_mb(self.child.id()).unwrap_or(peak);
            ensure!(self.begun.elapsed() < within, "apply: not within {within:?}");
            pause(Duration::from_millis(10));
        };
        let took_s = self.begun.elapsed().as_secs_f64();
        let mut said = String::new();
        let mut out = self.child.stdout.take().context("no output")?;
        std::io::Read::read_to_string(&mut out, &mut said)?;
        ensure!(status.success(), "apply ended with {status}: {said}");
        let said = said.lines().last().unwrap_or_default().to_owned();
        Ok(Applied { said, took_s, peak_mb: peak })
    }
}

impl Drop for Apply {
    fn drop(&mut self) {
        // Fails when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
