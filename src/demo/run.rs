//! `tubebell demo`: the real gateway between a simulated YouTube and sandboxes of Telegram, Discord and a mail server, in one
//! terminal.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use tubebell_sim::{Simulation, youtube};

use super::scene::{Mailed, Scene, Typed};
use super::show::show;
use super::stand_ins::{MAILBOX, StandIns};
use crate::app::{Gateway, stop_signal, system_clock};
use crate::config;
use crate::files;

/// Units a day of the simulated YouTube: enough to look every second.
const DAILY_UNITS: u64 = 10_000_000;

/// How the demo is to run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// A recording to play instead of the made-up world.
    pub replay: Option<PathBuf>,
    /// How many times faster than life a recording plays.
    pub speed: Option<f64>,
    /// The port of the page that shows phone, Discord and mailbox, on this machine.
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
    let now = clock().timestamp();
    let Scene { world, typed, length } = match &options.replay {
        Some(path) => Scene::replay(path, options.speed, now)?,
        None => Scene::story(now),
    };
    let folder = Folder::new()?;
    let worlds_clock = Arc::clone(&clock);
    let simulation = Simulation::new(world, Arc::new(move || worlds_clock().timestamp()));
    let youtube = youtube::serve(&simulation).await?;
    youtube.daily_units(DAILY_UNITS);
    let stand_ins = StandIns::start(&simulation, &typed, options.port.unwrap_or(0)).await?;
    let config = configuration(&youtube.base_url(), &stand_ins, &folder.0)?;
    mailed(&typed, &folder.0)?;
    let gateway = Gateway::start(&config, clock).await?;

    println!(
        "tubebell demo: no keys, no network. A simulated YouTube, the real gateway, sandboxes of Telegram, Discord and e-mail."
    );
    println!(
        "A phone and a Discord channel, where you can type commands yourself, and a mailbox:  {}",
        stand_ins.page
    );
    println!("Ctrl-C ends it.\n");
    let typing = async {
        stand_ins.type_in(&typed).await?;
        std::future::pending::<anyhow::Result<()>>().await
    };
    let done = tokio::select! {
        () = stopped => Ok(()),
        () = show(&stand_ins, &youtube, gateway.store()) => Ok(()),
        () = curtain(length) => Ok(()),
        failed = typing => failed,
    };
    println!("\nstopping");
    gateway.stop().await;
    simulation.stop().await;
    done
}

/// Says once that nothing more is to come of a recording.
async fn curtain(length: Option<Duration>) {
    if let Some(length) = length {
        tokio::time::sleep(length).await;
        println!("\nThe recording is over: nothing changes any more. Ctrl-C ends the demo.\n");
    }
    std::future::pending::<()>().await;
}

/// Where the configuration of the demo stands, below its folder.
const CONFIG: &str = "demo.toml";

/// Writes the configuration into the folder, and reads it.
fn configuration(
    youtube: &str,
    stand_ins: &StandIns,
    folder: &Path,
) -> anyhow::Result<config::Config> {
    let public = free_address()?;
    let text = format!(
        "[youtube]\napi_key = \"demo\"\nbase_url = \"{youtube}\"\nfeed_url = \"{youtube}\"\n\
         daily_units = {DAILY_UNITS}\nmin_interval = \"1s\"\nmax_interval = \"2s\"\n\
         {}[store]\nurl = \"sqlite://{}\"\n[access]\nmode = \"open\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\npublic_listen = \"{public}\"\npublic_url = \"http://{public}\"\n\
         [defaults]\nat_most = \"5s\"\ntemplates = \"{}\"\n",
        stand_ins.sections(),
        folder.join("demo.db").display(),
        folder.join("templates").display(),
    );
    write(&folder.join(CONFIG), &text)?;
    Ok(config::parse("demo", &text, [])?)
}

/// An address that nobody listens at: links have to name it before anybody does.
fn free_address() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Applies a watch file with what is mailed, as an operator would: by the program itself.
fn mailed(typed: &Typed, folder: &Path) -> anyhow::Result<()> {
    let watch = |Mailed { subject, rules, digest }: &Mailed| {
        let digest = digest.map(|digest| format!("digest = \"{digest}\"\n")).unwrap_or_default();
        format!("[[watch]]\n{subject}\nrules = {rules:?}\nto = [\"email:{MAILBOX}\"]\n{digest}")
    };
    let file = folder.join("watches.toml");
    write(&file, &typed.by_mail.iter().map(watch).collect::<String>())?;
    let applied = Command::new(std::env::current_exe()?)
        .arg("--config")
        .arg(folder.join(CONFIG))
        .arg("apply")
        .arg(&file)
        .env_clear()
        .output()?;
    let said = String::from_utf8_lossy(&applied.stderr);
    anyhow::ensure!(applied.status.success(), "the mails of the demo: {}", said.trim());
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = |error| anyhow::anyhow!("can't write {}: {error}", path.display());
    let mut file = files::make(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
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
