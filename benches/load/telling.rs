//! What a quiet night of a channel costs in the morning, and what a receiver that refuses messages costs the others.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::Connection;
use tubebell::app::system_clock;
use tubebell::deliver::Composer;
use tubebell::model::{Address, Channel, Effective, Settings, Snapshot, UnixMillis};
use tubebell::render::Renderer;
use tubebell::store::{Edit, Room};

use crate::figures::Figures;
use crate::listing;
use crate::probe::{Router, look, runtime};
use crate::process::{Gateway, Setup, wait_for};
use crate::sink::{Behaviour, Sink};

/// Looks at each video in a night of eight hours, one a minute.
const LOOKS: i64 = 480;

/// Messages for one endpoint.
const MESSAGES: u64 = 100_000;

/// A channel of 500 videos with a watcher on `all`, who sleeps: every count moves at every look.
pub(crate) fn folded_night(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("tubebell.db");
    runtime()?.block_on(async {
        listing::watch_by(&database, 1, "telegram:", &["all"]).await?;
        let router = Router::open(&database)?;
        listing::list(&router).await?;
        let to: Address = "telegram:1".parse()?;
        let quiet = Settings { quiet: Some("00:00-23:59".parse()?), ..Settings::default() };
        let set = |to: &Address, settings| {
            vec![Edit::Set { destination: to.clone(), subject: None, settings }]
        };
        router.store.edit(None, set(&to, quiet), system_clock()()).await?;
        let minutes = (system_clock()().0 - crate::seed::seen_at().0) / 60_000 + 2;
        let begun = Instant::now();
        for nth in 0..LOOKS {
            let moved = |video| Snapshot {
                views: Some(1_000_000 + nth),
                likes: Some(50_000 + nth),
                comments: Some(3_000 + nth),
                ..look(video, minutes + nth, 1)
            };
            router.log((1..=listing::VIDEOS).map(moved)).await?;
            router.drain().await?;
        }
        let took = begun.elapsed();
        let waiting = router.store.figures(system_clock()()).await?.alerts_waiting;
        ensure!(waiting == listing::VIDEOS * 3, "{waiting} alerts wait");
        println!(
            "   A channel of {} videos with a watcher on `all` and quiet hours: {LOOKS} looks, each count moved at each.\n   \
             {waiting} alerts wait; {:.0} were folded a second.",
            listing::VIDEOS,
            (LOOKS - 1) as f64 * waiting as f64 / took.as_secs_f64()
        );
        router.store.edit(None, set(&to, Settings::default()), system_clock()()).await?;
        let composer = Arc::new(Composer {
            renderer: Arc::new(Renderer::new(&[]).map_err(|errors| anyhow::anyhow!("{errors:?}"))?),
            defaults: Effective {
                at_most: Duration::ZERO,
                quiet: None,
                tz: "UTC".into(),
                until: None,
                digest: None,
                pings_per_day: None,
            },
            max_age: Duration::from_secs(86_400),
            at_most_max: Duration::from_secs(29 * 86_400),
        });
        let morning = UnixMillis(crate::seed::seen_at().0 + (minutes + LOOKS) * 60_000);
        let begun = Instant::now();
        let claimed = router
            .store
            .finish_and_claim(Vec::new(), Channel::Telegram, Room::of(1), morning, composer)
            .await?;
        let took = begun.elapsed();
        ensure!(claimed.claims.len() == 1, "{} messages were taken", claimed.claims.len());
        figures.add("folded_night_ms", took.as_secs_f64() * 1e3, "ms");
        Ok(())
    })
}

/// A database in which so many messages for one endpoint are in a state.
fn messages(folder: &Path, state: &str) -> anyhow::Result<std::path::PathBuf> {
    let database = folder.join("tubebell.db");
    runtime()?.block_on(listing::watch_by(
        &database,
        1,
        "webhook:http://127.0.0.1:1/hook/",
        &["all"],
    ))?;
    let now = system_clock()().0;
    let (next, ended, outcome) = if state == "dead" {
        ("NULL", now.to_string(), "'dead'")
    } else {
        ("1", "NULL".to_owned(), "NULL")
    };
    Connection::open(&database)?.execute_batch(&format!(
        "BEGIN;
         WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {MESSAGES})
         INSERT INTO alert (subscription, unit, rule, video, series, previous, current, observed_at, notification, outcome, ended)
         SELECT 1, 8, 1, 1, 0, 5, 6, {now}, x, {outcome}, {ended} FROM n;
         WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {MESSAGES})
         INSERT INTO notification (lane, destination, subscription, unit, video, newest, kind, body, members, silent,
             observed_at, created_at, state, next_at, ended, public_id)
         SELECT 1, 1, 1, 8, 1, x, 'single', '{{\"type\":\"alert.fired\",\"data\":{{\"n\":' || x || '}}}}', '[' || x || ']', 0,
             {now}, {now}, '{state}', {next}, {ended}, x * 7919 FROM n;
         UPDATE lane SET due_at = {next};
         COMMIT;"
    ))?;
    Ok(database)
}

/// 100,000 dead letters of one endpoint are queued again beside the running gateway, and delivered.
pub(crate) fn replay(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = messages(folder.path(), "dead")?;
    let sink = Sink::start(&Behaviour::default())?;
    crate::seed::point_to(&database, &sink.base)?;
    let setup = Setup::of(&sink);
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "the start", Duration::from_secs(20), || {
        Ok(sink.report()?.youtube_first_s.is_some().then_some(()))
    })?;
    let begun = Instant::now();
    let config = setup.write(folder.path(), &database)?;
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_tubebell"))
        .args(["dead-letters", "replay", "--all", "--config"])
        .arg(&config)
        .output()?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let queued_s = begun.elapsed().as_secs_f64();
    let report = wait_for(&mut gateway, "all messages", Duration::from_secs(300), || {
        let report = sink.report()?;
        Ok((report.distinct >= MESSAGES).then_some(report))
    })?;
    println!(
        "   {MESSAGES} dead letters of one endpoint: queued again in {queued_s:.1} s, and delivered in {:.1} s once the\n   \
         gateway has looked, which it does at least every 30 s.",
        report.seconds
    );
    figures.add("replay_100k_s", queued_s + report.seconds, "s");
    Ok(())
}

/// One endpoint that refuses every tenth message each time, against one that takes them all.
pub(crate) fn failing_lane(figures: &mut Figures) -> anyhow::Result<()> {
    let mut rates = Vec::new();
    for refusing_one_in in [0, 10] {
        let folder = tempfile::tempdir()?;
        let database = messages(folder.path(), "pending")?;
        let sink = Sink::start(&Behaviour { refusing_one_in, ..Behaviour::default() })?;
        crate::seed::point_to(&database, &sink.base)?;
        let setup = Setup::of(&sink);
        let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
        // A tenth by the number of the id: nearly so.
        let wanted = if refusing_one_in == 0 { MESSAGES } else { MESSAGES * 89 / 100 };
        let report = wait_for(&mut gateway, "all that is taken", Duration::from_secs(300), || {
            let report = sink.report()?;
            Ok((report.distinct >= wanted).then_some(report))
        })?;
        rates.push(report.taken as f64 / report.seconds);
    }
    println!(
        "   {MESSAGES} messages for one endpoint, of which it takes all, or refuses every tenth at each attempt (400)."
    );
    figures.add("deliver_healthy_lane", rates[0], "messages/s");
    figures.add("deliver_failing_lane", rates[1], "messages/s");
    Ok(())
}
