//! How close to Telegram's limits messages leave, with the limits enforced and a kill in the middle.

use std::time::Duration;

use anyhow::ensure;

use crate::figures::Figures;
use crate::probe::{Router, look, runtime};
use crate::process::{Gateway, Setup, pause, wait_for};
use crate::seed::{NEVER, Seed};
use crate::sink::{Behaviour, Sink};

const CHATS: u64 = 1_000;
const VIDEOS: u64 = 4;
const RUN: Duration = Duration::from_secs(50);

/// 4,000 messages for 1,000 chats, four each, at 30 a second, 1 a second and chat: 50 s, a SIGKILL, another 50 s.
pub(crate) fn telegram_rate(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = Seed {
        watches: CHATS * VIDEOS,
        videos: VIDEOS,
        destinations: CHATS,
        rules: ["views any"; 4],
        address: "telegram:{}".to_owned(),
        next_poll: NEVER,
        others: 0,
    };
    let database = seed.database(folder.path())?;
    // Every hundredth chat is a group, which takes 20 a minute.
    rusqlite::Connection::open(&database)?.execute_batch(
        "UPDATE lane SET key = 'telegram:-' || id WHERE id % 100 = 0;
         UPDATE destination SET address = 'telegram:-' || id WHERE id % 100 = 0;",
    )?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        router.log((1..=VIDEOS).map(|video| look(video, 1, 7))).await?;
        router.drain().await
    })?;
    let sink = Sink::start(&Behaviour { limited: true, ..Behaviour::default() })?;
    let setup = Setup { sink: &sink, telegram: true, rates: "", polling: "", web: None };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "a first message", Duration::from_secs(5), || {
        Ok((sink.report()?.taken > 0).then_some(()))
    })?;
    pause(RUN);
    gateway.kill()?;
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    pause(RUN);
    gateway.alive()?;
    let report = sink.report()?;
    #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
    let (taken, repeated, refused) =
        (report.taken as f64, (report.taken - report.distinct) as f64, report.refused as f64);
    println!(
        "   {taken} messages in {:.1} s, the restart included; {repeated} came twice",
        report.seconds
    );
    ensure!(report.taken < CHATS * VIDEOS, "all was sent before the time was up");
    ensure!(report.taken - report.distinct <= 1, "{repeated} messages came twice");
    figures.add("telegram_rate", (taken - 1.0) / report.seconds, "messages/s");
    figures.add("telegram_429", refused, "answers");
    Ok(())
}
