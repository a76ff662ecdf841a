//! The real program under load: its configuration, its process, and what the system says of it.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::sink::Sink;

/// How the gateway is set up for a bench.
pub(crate) struct Setup<'a> {
    /// Where everything it talks to is.
    pub(crate) sink: &'a Sink,
    /// Whether Telegram is a channel.
    pub(crate) telegram: bool,
    /// The bot on Discord, where that is a channel.
    pub(crate) discord: Option<DiscordBot<'a>>,
    /// The mail server, where e-mail is a channel.
    pub(crate) smtp_url: Option<&'a str>,
    /// Lines of the section `[telegram]` beside the token and the address.
    pub(crate) rates: &'a str,
    /// Lines of the section `[youtube]` beside the key and the address.
    pub(crate) polling: &'a str,
    /// The port of its health and metrics; `None`: it listens nowhere.
    pub(crate) web: Option<u16>,
    /// Further sections.
    pub(crate) sections: &'a str,
}

/// A bot on Discord.
#[derive(Clone, Copy)]
pub(crate) struct DiscordBot<'a> {
    /// Where Discord is.
    pub(crate) url: &'a str,
    pub(crate) token: &'a str,
    /// Lines of the section `[discord]` beside these two.
    pub(crate) rates: &'a str,
}

/// Rates that are configured away.
const UNLIMITED: &str = "rate_per_s = 0\nchat_rate_per_s = 0\ngroup_rate_per_min = 0\n";

impl<'a> Setup<'a> {
    /// Webhooks alone, without limits.
    pub(crate) fn of(sink: &'a Sink) -> Setup<'a> {
        let (discord, smtp_url, web) = (None, None, None);
        let (rates, polling, sections) = (UNLIMITED, "", "");
        Setup { sink, telegram: false, discord, smtp_url, rates, polling, web, sections }
    }

    fn text(&self, database: &Path) -> String {
        let base = &self.sink.base;
        let mut text = format!(
            "[youtube]\napi_key = \"AIzaBench\"\nbase_url = \"{base}\"\nfeed_url = \"{base}\"\n\
             daily_units = 100000000\n{}[store]\nurl = \"sqlite://{}\"\n[access]\nmode = \"open\"\n\
             [webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n",
            self.polling,
            database.display()
        );
        if let Some(port) = self.web {
            write!(text, "[web]\nlisten = \"127.0.0.1:{port}\"\n")
                .expect("a text can be written to");
        }
        if self.telegram {
            let rates = self.rates;
            write!(text, "[telegram]\ntoken = \"1:bench\"\napi_url = \"{base}\"\n{rates}")
                .expect("a text can be written to");
        }
        if let Some(url) = self.smtp_url {
            write!(
                text,
                "[email]\nsmtp_url = \"{url}\"\nfrom = \"bell@example.org\"\nrate_per_min = 0\n"
            )
            .expect("a text can be written to");
        }
        if let Some(DiscordBot { url, token, rates }) = self.discord {
            write!(text, "[discord]\ntoken = \"{token}\"\napi_url = \"{url}\"\n{rates}")
                .expect("a text can be written to");
        }
        text + self.sections
    }

    /// Writes the configuration for a database into `folder`.
    pub(crate) fn write(&self, folder: &Path, database: &Path) -> std::io::Result<PathBuf> {
        let config = folder.join("tubebell.toml");
        std::fs::write(&config, self.text(database))?;
        Ok(config)
    }
}

/// A running `tubebell run`; killed when dropped.
pub(crate) struct Gateway {
    child: Child,
    log: PathBuf,
}

/// How often the system counts processor time, per second. Source: Linux, `USER_HZ`, the same on all its platforms.
const TICKS_PER_S: f64 = 100.0;

impl Gateway {
    /// Starts the program on a database in `folder`.
    pub(crate) fn start(
        folder: &Path,
        database: &Path,
        setup: &Setup<'_>,
    ) -> anyhow::Result<Gateway> {
        let config = setup.write(folder, database)?;
        let log = folder.join("gateway.log");
        let file = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(env!("CARGO_BIN_EXE_tubebell"))
            .args(["run", "--config"])
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("the gateway can't be started: build it with --release")?;
        Ok(Gateway { child, log })
    }

    /// The last lines that it has logged.
    pub(crate) fn log(&self) -> String {
        let text = self.whole_log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// All that it has logged.
    pub(crate) fn whole_log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Fails when it has ended.
    pub(crate) fn alive(&mut self) -> anyhow::Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "the gateway has ended:\n{}", self.log());
        Ok(())
    }

    /// Processor time used so far, in seconds.
    pub(crate) fn cpu_s(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may hold blanks.
        let rest = text.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |place: usize| -> anyhow::Result<f64> {
            Ok(fields.get(place).context("a short /proc/…/stat")?.parse()?)
        };
        Ok((ticks(11)? + ticks(12)?) / TICKS_PER_S)
    }

    /// The most memory that was resident at a time, in megabytes (10^6 bytes).
    pub(crate) fn peak_mb(&self) -> anyhow::Result<f64> {
        peak_mb(self.child.id())
    }

    /// Asks it to end, as SIGTERM does, and waits for that, at most a minute. Returns how long it took, in seconds.
    pub(crate) fn stop(mut self) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().context("no `kill`")?;
        ensure!(asked.success(), "the gateway can't be asked to end");
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "it ended with {status}; the log ends:\n{}", self.log());
                return Ok(begun.elapsed().as_secs_f64());
            }
            ensure!(begun.elapsed() < Duration::from_secs(60), "it does not end:\n{}", self.log());
            pause(Duration::from_millis(5));
        }
    }

    /// Ends it without a warning, as SIGKILL does.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Fails when it has ended already.
        drop(self.kill());
    }
}

/// The most memory of a process that was resident at a time, in megabytes (10^6 bytes).
pub(crate) fn peak_mb(process: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
    Ok(kib.parse::<f64>()? * 1024.0 / 1e6)
}

/// Asks again and again until there is an answer, at most so long; the gateway has to live meanwhile.
pub(crate) fn wait_for<T>(
    gateway: &mut Gateway,
    what: &str,
    within: Duration,
    mut ask: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        gateway.alive()?;
        ensure!(
            begun.elapsed() < within,
            "{what}: not within {within:?}; the log ends:\n{}",
            gateway.log()
        );
        pause(Duration::from_millis(50));
    }
}

/// Benches measure time that passes, so they let it.
#[expect(clippy::disallowed_methods, reason = "a bench waits for another process")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// While it lives, this process and those that it starts have one core.
pub(crate) struct OneCore {
    before: String,
}

impl OneCore {
    pub(crate) fn new() -> anyhow::Result<OneCore> {
        let shown = taskset(&["-p", "-c"], &std::process::id().to_string())?;
        let before = shown.rsplit(' ').next().unwrap_or_default().trim().to_owned();
        let core = before.split([',', '-']).next().unwrap_or_default().to_owned();
        pin(&core)?;
        Ok(OneCore { before })
    }
}

impl Drop for OneCore {
    fn drop(&mut self) {
        if let Err(error) = pin(&self.before) {
            eprintln!("what follows has one core only: {error:#}");
        }
    }
}

fn pin(cores: &str) -> anyhow::Result<()> {
    taskset(&["-a", "-p", "-c", cores], &std::process::id().to_string()).map(drop)
}

/// Rust's standard library can't choose cores, and this program has no unsafe code.
fn taskset(arguments: &[&str], process: &str) -> anyhow::Result<String> {
    let output = Command::new("taskset").args(arguments).arg(process).output();
    let output = output.context("`taskset` of util-linux is missing")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
