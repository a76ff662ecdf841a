//! `tubebell demo`: the real gateway between a simulated YouTube and a sandbox Telegram, in one terminal.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tubebell_sim::telegram::{self, Hint, Limits, TelegramSandbox};
use tubebell_sim::world::{World, story};
use tubebell_sim::{Simulation, youtube};

use super::recording;
use crate::app::{Gateway, stop_signal, system_clock};
use crate::config;
use crate::files;
use crate::store::Store;

/// The person at the phone.
const YOU: i64 = 1000;

/// How much faster than life a recording plays unless told otherwise: a recorded day in ten seconds.
const REPLAY_SPEED: f64 = 8640.0;

/// How many videos of a recording are watched from the start.
const WATCHED_OF_A_RECORDING: usize = 3;

/// Units a day of the simulated YouTube: enough to look every second.
const DAILY_UNITS: u64 = 10_000_000;

/// How the demo is to run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// A recording to play instead of the made-up world.
    pub replay: Option<PathBuf>,
    /// How many times faster than life a recording plays.
    pub speed: Option<f64>,
    /// The port of the phone's page on this machine.
    pub port: Option<u16>,
}

/// Runs the demo until Ctrl-C; nothing is left behind.
///
/// # Errors
///
/// One line: a recording that can't be played, a port that is taken.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(demo(options))
}

async fn demo(options: Options) -> anyhow::Result<()> {
    let stopped = stop_signal()?;
    let clock = system_clock();
    let (world, typed, length) = scene(&options, clock().timestamp())?;
    let folder = Folder::new()?;
    let worlds_clock = Arc::clone(&clock);
    let simulation = Simulation::new(world, Arc::new(move || worlds_clock().timestamp()));
    let youtube = youtube::serve(&simulation).await?;
    youtube.daily_units(DAILY_UNITS);
    let port = options.port.unwrap_or(0);
    let sandbox = telegram::Options {
        port,
        limits: Limits::TELEGRAM,
        hints: hints(&typed),
        ..telegram::Options::default()
    };
    let phone = telegram::serve(&simulation, sandbox)
        .await
        .map_err(|error| anyhow::anyhow!("can't listen on port {port}: {error}"))?;
    phone.user(YOU, "You");
    let config = configuration(&youtube.base_url(), &phone, &folder.0)?;
    let gateway = Gateway::start(&config, clock).await?;

    println!(
        "tubebell demo: no keys, no network. A simulated YouTube, the real gateway, a sandbox Telegram."
    );
    println!("The phone, where you can type commands yourself:  {}", phone.api_url());
    println!("Ctrl-C ends it.\n");
    for command in &typed {
        phone.say(YOU, YOU, command)?;
    }
    tokio::select! {
        () = stopped => {}
        () = show(&phone, &youtube, gateway.store()) => {}
        () = curtain(length) => {}
    }
    println!("\nstopping");
    gateway.stop().await;
    simulation.stop().await;
    Ok(())
}

/// Says once that nothing more is to come of a recording.
async fn curtain(length: Option<Duration>) {
    if let Some(length) = length {
        tokio::time::sleep(length).await;
        println!("\nThe recording is over: nothing changes any more. Ctrl-C ends the demo.\n");
    }
    std::future::pending::<()>().await;
}

/// The world, what the person types at the start, and how long a recording plays.
fn scene(
    options: &Options,
    now: Timestamp,
) -> anyhow::Result<(World, Vec<String>, Option<Duration>)> {
    let Some(path) = &options.replay else {
        let typed = [
            "/start".to_owned(),
            format!("/watch https://youtu.be/{} views milestones; views every 20k", story::FAST),
            format!("/watch {} title; likes +5", story::RENAMED),
            format!("/watch {} upload; live; status", story::HANDLE),
            format!("/watch https://www.youtube.com/watch?v={} status", story::VANISHING),
            format!("/card {}", story::FAST),
            format!("/watch {} views any; status", story::PLAYLIST),
            format!("/digest {} every 30s", story::PLAYLIST),
        ];
        return Ok((World::demo(now.as_millisecond().unsigned_abs(), now), typed.into(), None));
    };
    let recording = recording::read(path)?;
    if recording.damage.total > 0 {
        println!("{}", recording.damage);
    }
    let timeline = recording.timeline;
    let speed = options.speed.unwrap_or(REPLAY_SPEED);
    let per_day = Duration::from_secs_f64((86_400.0 / speed).clamp(0.001, 86_400.0 * 365.0));
    println!(
        "Playing {} days of {} videos, a day in {:.1} s; numbers between two days are interpolated.",
        timeline.days(),
        timeline.videos(),
        per_day.as_secs_f64()
    );
    let mut typed = vec!["/start".to_owned()];
    for video in timeline.liveliest(WATCHED_OF_A_RECORDING) {
        typed.push(format!("/watch {video} views milestones; views +5%; likes +5%; title"));
    }
    let length = timeline.length(per_day);
    Ok((World::replay(timeline, per_day, now), typed, Some(length)))
}

fn hints(typed: &[String]) -> Vec<Hint> {
    let mut hints = vec![Hint::new("/list", "what is watched")];
    hints.extend(typed.get(1).map(|command| Hint::new(command, "watch a video")));
    hints.extend([
        Hint::new(&format!("/watch {}", story::BROADCAST), "a stream that goes live"),
        Hint::new("/why 1", "why there was, or was not, a message"),
        Hint::new("/card 1", "its numbers in a message that moves"),
        Hint::new("/digest now", "what is collected so far"),
        Hint::new("/rules", "everything a rule can say"),
        Hint::new("/mute 1h", "an hour of peace"),
    ]);
    hints
}

fn configuration(
    youtube: &str,
    phone: &TelegramSandbox,
    folder: &Path,
) -> anyhow::Result<config::Config> {
    let text = format!(
        "[youtube]\napi_key = \"demo\"\nbase_url = \"{youtube}\"\nfeed_url = \"{youtube}\"\n\
         daily_units = {DAILY_UNITS}\nmin_interval = \"1s\"\nmax_interval = \"2s\"\n\
         [telegram]\ntoken = \"{}\"\napi_url = \"{}\"\n\
         [store]\nurl = \"sqlite://{}\"\n[access]\nmode = \"open\"\n\
         [defaults]\nat_most = \"5s\"\ntemplates = \"{}\"\n",
        phone.token(),
        phone.api_url(),
        folder.join("demo.db").display(),
        folder.join("templates").display(),
    );
    Ok(config::parse("demo", &text, [])?)
}

/// A folder of our own that goes with the demo.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Folder> {
        let path = std::env::temp_dir().join(format!(
            "tubebell-demo-{}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        ));
        files::make_new_folder(&path)
            .map_err(|error| anyhow::anyhow!("can't make {}: {error}", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

/// Prints each message as it comes and as it is edited, and a status line under them where there is a terminal.
async fn show(phone: &TelegramSandbox, youtube: &youtube::YouTubeSim, store: Arc<dyn Store>) {
    let is_terminal = std::io::stdout().is_terminal();
    // The last message, and the last edit of all of them.
    let (mut shown, mut edited) = (0, None);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let news = phone.wait_for(|phone| phone.messages(YOU).iter().any(|m| m.id > shown));
        tokio::select! {
            () = news => {}
            _ = ticks.tick() => {}
        }
        let messages = phone.messages(YOU);
        let mut out = String::new();
        let (seen, seen_edits) = (shown, edited);
        let is_news =
            |message: &&telegram::Message| message.id > seen || message.edited > seen_edits;
        for message in messages.iter().filter(is_news) {
            out.push_str(&bubble(message));
            shown = shown.max(message.id);
            edited = edited.max(message.edited);
        }
        let status = status(phone, youtube, &*store).await;
        // A reader that has gone away (a closed pipe) ends nothing: the page goes on.
        let mut stdout = std::io::stdout();
        let written = if is_terminal {
            write!(stdout, "\r\x1b[2K{out}\x1b[2m{status}\x1b[0m")
        } else {
            write!(stdout, "{out}")
        };
        drop(written.and_then(|()| stdout.flush()));
    }
}

async fn status(
    phone: &TelegramSandbox,
    youtube: &youtube::YouTubeSim,
    store: &dyn Store,
) -> String {
    let figures = store.figures(system_clock()()).await.unwrap_or_default();
    format!(
        "{} videos watched · {} requests to YouTube · {} messages sent · {} alerts waiting",
        figures.videos,
        youtube.used(youtube::Bucket::Default) + youtube.used(youtube::Bucket::BatchStats),
        phone.counters().sent,
        figures.alerts_waiting,
    )
}

fn bubble(message: &telegram::Message) -> String {
    let (who, mark) = if message.from.is_some() { ("you", '>') } else { ("tubebell", '|') };
    let (at, how) = match message.edited {
        Some(at) => (at, " (edited)"),
        None => (message.date, ""),
    };
    let mut text = format!("{} {who}{how}\n", at.strftime("%H:%M:%S"));
    for line in message.text.lines() {
        text.push_str(&format!("  {mark} {}\n", printable(line)));
    }
    for row in &message.buttons {
        let labels: Vec<String> =
            row.iter().map(|button| format!("[ {} ]", printable(&button.text))).collect();
        text.push_str(&format!("  {mark} {}\n", labels.join(" ")));
    }
    text.push('\n');
    text
}

/// Titles are hostile: a control character could rule the terminal.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
