//! How many messages leave per second, each with a durable record before and after.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;

use crate::figures::Figures;
use crate::probe::{Router, look, runtime};
use crate::process::{DiscordBot, Gateway, Setup, wait_for};
use crate::seed::{NEVER, Seed};
use crate::sink::{Behaviour, Sink};

const DESTINATIONS: u64 = 10_000;
const VIDEOS: u64 = 20;

pub(crate) fn webhook(figures: &mut Figures) -> anyhow::Result<()> {
    run(figures, "webhook", "webhook:http://127.0.0.1:1/hook/{}")
}

pub(crate) fn telegram(figures: &mut Figures) -> anyhow::Result<()> {
    run(figures, "telegram", "telegram:{}")
}

pub(crate) fn discord(figures: &mut Figures) -> anyhow::Result<()> {
    run(figures, "discord", "discord:{}")
}

/// 20 videos, each watched by 10,000 destinations, have changed: 200,000 messages wait, and no two of them can be put
/// together. Then the gateway starts.
fn run(figures: &mut Figures, channel: &str, address: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = Seed {
        watches: DESTINATIONS * VIDEOS,
        videos: VIDEOS,
        destinations: DESTINATIONS,
        rules: ["views any"; 4],
        address: address.to_owned(),
        next_poll: NEVER,
        others: 0,
    };
    let database = seed.database(folder.path())?;
    let sink = Sink::start(&Behaviour::default())?;
    crate::seed::point_to(&database, &sink.base)?;
    let wanted = DESTINATIONS * VIDEOS;
    waiting(&database, VIDEOS, wanted)?;
    println!(
        "   {wanted} alerts wait for {DESTINATIONS} destinations, {VIDEOS} each, of as many videos: no two of one video\n   \
         for one destination. Claimed, rendered, stored with the body, sent, receipt stored, in SQLite: WAL mode,\n   \
         synchronous = NORMAL. The receiver, a process beside it, speaks HTTP/1.1 and answers at once."
    );

    let bot = DiscordBot { url: &sink.base, token: "a.bench.b", rates: "rate_per_s = 0\n" };
    let setup = Setup {
        telegram: channel == "telegram",
        discord: (channel == "discord").then_some(bot),
        ..Setup::of(&sink)
    };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let report = wait_for(&mut gateway, "all messages", Duration::from_secs(110), || {
        let report = sink.report()?;
        Ok((report.taken >= wanted).then_some(report))
    })?;
    let cpu_s = gateway.cpu_s()?;
    ensure!(
        report.taken == wanted && report.distinct == wanted,
        "the receiver got {} messages, {} different ones, instead of {wanted}",
        report.taken,
        report.distinct
    );
    wait_for(&mut gateway, "all receipts", Duration::from_secs(10), || {
        Ok((recorded(&database)? == wanted).then_some(()))
    })?;
    #[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
    let count = wanted as f64;
    figures.add(&format!("deliver_{channel}"), count / report.seconds, "messages/s");
    let name = if channel == "webhook" {
        "deliver_cpu_us".to_owned()
    } else {
        format!("deliver_{channel}_cpu_us")
    };
    figures.add(&name, cpu_s * 1e6 / count, "us/message");
    figures.add(&format!("deliver_{channel}_rss_mb"), gateway.peak_mb()?, "MB");
    Ok(())
}

/// Has all videos change, so that so many alerts wait.
pub(crate) fn waiting(database: &Path, videos: u64, wanted: u64) -> anyhow::Result<()> {
    let waiting = runtime()?.block_on(async {
        let router = Router::open(database)?;
        router.log((1..=videos).map(|video| look(video, 1, 7))).await?;
        router.drain().await?;
        let figures = router.store.figures(tubebell::app::system_clock()()).await?;
        anyhow::Ok(figures.alerts_waiting)
    })?;
    ensure!(waiting == wanted, "{waiting} alerts wait instead of {wanted}");
    Ok(())
}

/// Messages whose receipt is stored, with the body.
pub(crate) fn recorded(database: &Path) -> anyhow::Result<u64> {
    let sql = "SELECT count(*) FROM notification
               WHERE state = 'sent' AND receipt <> '' AND body <> '' AND members <> '[]'";
    Ok(rusqlite::Connection::open(database)?.query_row(sql, [], |row| row.get(0))?)
}
