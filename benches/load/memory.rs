//! What a million watches cost while they rest: memory, and the time to the first poll after a start. And what bots cost
//! to whom nobody writes.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::figures::Figures;
use crate::process::{Gateway, Setup, pause, wait_for};
use crate::sandbox::Sandbox;
use crate::seed::Seed;
use crate::sink::{Behaviour, Sink};

/// One full sweep over all videos; of a tenth of them everything rings.
pub(crate) fn memory(figures: &mut Figures) -> anyhow::Result<()> {
    let small = sweep(10_000)?;
    let large = sweep(1_000_000)?;
    figures.add("rss_10k_mb", small.0, "MB");
    figures.add("rss_1m_mb", large.0, "MB");
    figures.add("cold_start_10k_ms", small.1, "ms");
    figures.add("cold_start_1m_ms", large.1, "ms");
    Ok(())
}

/// Peak memory in MB and time to the first poll in ms.
fn sweep(watches: u64) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let address = "webhook:http://127.0.0.1:1/hook/{}".to_owned();
    let seed = Seed { address, next_poll: 0, ..Seed::mixed(watches) };
    let database = seed.database(folder.path())?;
    let sink = Sink::start(&Behaviour { moving_one_in: 10, step: 20_000, ..Behaviour::default() })?;
    crate::seed::point_to(&database, &sink.base)?;
    let polling = "min_interval = \"1h\"\n";
    let setup = Setup { polling, ..Setup::of(&sink) };
    let before_s = sink.report()?.now_s;
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let wanted = seed.watches / 10;
    let report = wait_for(&mut gateway, "a full sweep", Duration::from_secs(100), || {
        let report = sink.report()?;
        let is_swept = report.youtube_videos >= seed.videos && report.taken >= wanted;
        Ok(is_swept.then_some(report))
    })?;
    ensure!(report.distinct == wanted, "{} messages instead of {wanted}", report.distinct);
    let first_s = report.youtube_first_s.context("no poll")?;
    println!(
        "   {watches} watches, {} requests for {} videos, {wanted} messages",
        report.youtube_requests, report.youtube_videos
    );
    Ok((gateway.peak_mb()?, (first_s - before_s) * 1e3))
}

/// How long nothing happens.
const REST: Duration = Duration::from_secs(30);

/// 10,000 watches rest; both bots listen, the one of Telegram by asking for updates, the one of Discord at its gateway.
pub(crate) fn idle(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = Seed::mixed(10_000).database(folder.path())?;
    let sink = Sink::start(&Behaviour::default())?;
    let sandbox = Sandbox::start(40)?;
    let setup = Setup { telegram: true, discord: Some(sandbox.bot()), ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "a bot that hears", Duration::from_secs(20), || {
        Ok(sandbox.is_heard().then_some(()))
    })?;
    pause(REST);
    gateway.alive()?;
    ensure!(sandbox.is_heard(), "the connection to the gateway of Discord is gone");
    figures.add("idle_both_mb", gateway.peak_mb()?, "MB");
    Ok(())
}
