//! What a million watches cost while they rest: memory, and the time to the first poll after a start.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::figures::Figures;
use crate::process::{Gateway, Setup, UNLIMITED, wait_for};
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
    let setup = Setup { sink: &sink, telegram: false, rates: UNLIMITED, polling, web: None };
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
