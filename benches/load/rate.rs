//! How close to the limits of Telegram and Discord messages leave, with the limits enforced and a kill in the middle.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::ensure;

use crate::figures::Figures;
use crate::probe::{Router, look, runtime};
use crate::process::{Gateway, Setup, pause, wait_for};
use crate::sandbox::Sandbox;
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
    let setup = Setup { telegram: true, rates: "", ..Setup::of(&sink) };
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

/// Channels of Discord, and messages for each.
const CHANNELS: u64 = 20;
const OF_CHANNEL: u64 = 120;

/// How many of them leave before all channels are at their limit.
const BURST: u64 = CHANNELS * 5;

/// 2,400 messages for 20 channels at Discord's limits: 5 in 5 s of one channel, as its headers say, 50 requests a second in
/// all. So each 5 s begin with 2 s at the limit of all, and end with 3 s at those of the channels. 50 s, a SIGKILL when half
/// of the channels have just come to their limit, another 50 s.
pub(crate) fn discord_rate(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let seed = Seed {
        watches: CHANNELS * OF_CHANNEL,
        videos: OF_CHANNEL,
        destinations: CHANNELS,
        rules: ["views any"; 4],
        address: "discord:{}".to_owned(),
        next_poll: NEVER,
        others: 0,
    };
    let database = seed.database(folder.path())?;
    runtime()?.block_on(async {
        let router = Router::open(&database)?;
        router.log((1..=OF_CHANNEL).map(|video| look(video, 1, 7))).await?;
        router.drain().await
    })?;
    let sink = Sink::start(&Behaviour::default())?;
    let sandbox = Sandbox::start(CHANNELS)?;
    let setup = Setup { discord: Some(sandbox.bot()), ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "a first message", Duration::from_secs(20), || {
        Ok((sandbox.discord.counters().sent > 0).then_some(()))
    })?;
    pause(RUN);
    wait_for(&mut gateway, "channels at their limit", Duration::from_secs(10), || {
        let left = BURST - sandbox.discord.counters().sent % BURST;
        Ok((2..=CHANNELS / 2).contains(&left).then_some(()))
    })?;
    gateway.kill()?;
    let before = sandbox.discord.counters();
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    pause(RUN);
    gateway.alive()?;
    let after = sandbox.discord.counters();
    let sent: Vec<_> = (1..=CHANNELS).flat_map(|channel| sandbox.discord.sent(channel)).collect();
    let told: HashSet<_> = sent
        .iter()
        .map(|message| (message.channel, message.embeds.first().map(|embed| embed.url.clone())))
        .collect();
    let dates = || sent.iter().map(|message| message.date.as_millisecond());
    #[expect(clippy::cast_precision_loss, reason = "a minute, in milliseconds")]
    let seconds = (dates().max().unwrap_or(0) - dates().min().unwrap_or(0)) as f64 / 1e3;
    println!(
        "   {} messages in {seconds:.1} s, the restart included, {} of them after it; {} were sent again under their nonce\n   \
         and shown once, {} are shown twice. Answers with 429: {} before the kill, {} after it.",
        sent.len(),
        after.sent - before.sent,
        after.repeated,
        sent.len() - told.len(),
        before.too_many,
        after.too_many - before.too_many
    );
    ensure!(after.sent < CHANNELS * OF_CHANNEL, "all was sent before the time was up");
    ensure!(after.sent > before.sent, "nothing was sent after the kill:\n{}", gateway.log());
    ensure!(told.len() == sent.len(), "messages are shown twice");
    #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
    let (count, refused) = (sent.len() as f64, after.too_many as f64);
    figures.add("discord_rate", (count - 1.0) / seconds, "messages/s");
    figures.add("discord_429", refused, "answers");
    Ok(())
}
