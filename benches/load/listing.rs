//! A channel that many watch is listed for the first time, and each of its videos is routed for the first time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;
use tubebell::app::system_clock;
use tubebell::model::{Owner, Rule, Settings};
use tubebell::route::{language, trigger};
use tubebell::store::{Access, Edit, ListedMember, Listing, NewRule, Registry, Sqlite, WatchEdit};

use crate::figures::Figures;
use crate::probe::{Router, longest_wait_ms, look, runtime};
use crate::process::{Gateway, Setup, wait_for};
use crate::seed::{NEVER, TITLE, video_id};
use crate::sink::{Behaviour, Sink};

const WATCHERS: u64 = 10_000;
pub(crate) const VIDEOS: u64 = 500;
pub(crate) const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";

/// Presets of the watchers, in turn.
type Presets = &'static [&'static str];

/// Rules without a state per video: a row for each rule.
const ALL: Presets = &["all"];

/// Every tenth watcher has rules with one: a row for each rule and video.
const WITH_UPLOADS: Presets =
    &["all", "all", "all", "all", "all", "all", "all", "all", "all", "uploads"];

fn said(presets: Presets) -> &'static str {
    if presets == ALL { "all" } else { "all, every tenth uploads" }
}

/// How the routing loop takes it, in this process, and how long another write has to wait meanwhile.
pub(crate) fn listing(figures: &mut Figures) -> anyhow::Result<()> {
    route(figures, "listing", ALL)?;
    route(figures, "listing_uploads", WITH_UPLOADS)
}

fn route(figures: &mut Figures, name: &str, presets: Presets) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("tubebell.db");
    let runtime = runtime()?;
    runtime.block_on(watch(&database, presets))?;
    let (took, longest_ms) = runtime.block_on(async {
        let router = Router::open(&database)?;
        let stop = CancellationToken::new();
        let begun = Instant::now();
        let (done, longest_ms) = tokio::join!(
            async {
                let done = list_and_route(&router).await;
                stop.cancel();
                done
            },
            longest_wait_ms(Arc::clone(&router.store), stop.clone()),
        );
        done.map(|()| (begun.elapsed(), longest_ms))
    })?;
    let rows = Rows::read(&database)?;
    ensure!(rows == Rows::wanted(presets), "there are {rows:?}");
    println!(
        "   A channel with {VIDEOS} videos and {WATCHERS} watchers ({}): its first listing, and the first routing of each\n   \
         video. Somebody else writes a row every millisecond, and feels how long a transaction lasts.",
        said(presets)
    );
    figures.add(&format!("{name}_longest_tx_ms"), longest_ms, "ms");
    figures.add(&format!("{name}_s"), took.as_secs_f64(), "s");
    #[expect(clippy::cast_precision_loss, reason = "counts of millions")]
    for (what, count) in [("rows", rows.triggers), ("members", rows.members)] {
        figures.add(&format!("{name}_{what}"), count as f64, "rows");
    }
    Ok(())
}

async fn list_and_route(router: &Router) -> anyhow::Result<()> {
    list(router).await?;
    // Seen after the listing: rules of a list hear only what is seen later.
    let minutes = (system_clock()().0 - crate::seed::seen_at().0) / 60_000 + 1;
    router.log((1..=VIDEOS).map(|video| look(video, minutes, 1))).await?;
    router.drain().await?;
    Ok(())
}

/// The first listing of the channel.
pub(crate) async fn list(router: &Router) -> anyhow::Result<()> {
    let now = system_clock()();
    let subject = router.store.due_subjects(now, 1, LIMITS).await?;
    let subject = subject.first().context("no list is due")?.id;
    let members = (1..=VIDEOS).map(|number| ListedMember {
        id: video_id(number),
        title: Some(TITLE.to_owned()),
        at: Some(crate::seed::seen_at()),
    });
    let listing = Listing {
        subject,
        title: Some("A channel".to_owned()),
        same_as: None,
        memory: "{}".to_owned(),
        members: members.collect(),
        complete: true,
        total: Some(VIDEOS),
        members_max: LIMITS.per_list,
        presence: Some(true),
        next_listing: tubebell::model::UnixMillis(NEVER),
    };
    let listed = router.store.save_listing(listing, now).await?;
    ensure!(listed.joined == LIMITS.per_list, "{} videos joined", listed.joined);
    Ok(())
}

const LIMITS: tubebell::store::ListLimits =
    tubebell::store::ListLimits { per_list: 500, per_owner: 500 };

/// The real program: how much memory it takes, and how soon it ends when it is asked to in the middle.
pub(crate) fn gateway(figures: &mut Figures) -> anyhow::Result<()> {
    let (_, peak_mb) = first_listing(ALL)?;
    figures.add("listing_rss_mb", peak_mb, "MB");
    let (stop_s, peak_mb) = first_listing(WITH_UPLOADS)?;
    figures.add("listing_uploads_rss_mb", peak_mb, "MB");
    figures.add("listing_stop_s", stop_s, "s");
    Ok(())
}

/// How long a stop in the middle took, in s, and the peak of memory, in MB.
fn first_listing(presets: Presets) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let database = folder.path().join("tubebell.db");
    runtime()?.block_on(watch(&database, presets))?;
    let sink = Sink::start(&Behaviour { uploads: VIDEOS, ..Behaviour::default() })?;
    let polling = "min_interval = \"1h\"\n";
    let setup = Setup { polling, ..Setup::of(&sink) };
    let db = Connection::open(&database)?;
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u64>(0));

    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "the first video", Duration::from_secs(60), || {
        Ok((count("SELECT count(*) FROM seen")? > 0).then_some(()))
    })?;
    let peak_mb = gateway.peak_mb()?;
    let stop_s = gateway.stop()?;
    let done = count("SELECT count(*) FROM seen")?;
    println!("   {}: stopped in {stop_s:.2} s, {done} of {VIDEOS} videos seen", said(presets));

    let begun = Instant::now();
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    wait_for(&mut gateway, "all videos", Duration::from_secs(600), || {
        let is_done = count("SELECT count(*) FROM seen")? == VIDEOS
            && count("SELECT (SELECT count(*) FROM log) + (SELECT count(*) FROM fanout)")? == 0;
        Ok(is_done.then_some(()))
    })?;
    let rows = Rows::read(&database)?;
    ensure!(rows == Rows::wanted(presets), "there are {rows:?}");
    println!("   the rest in {:.1} s", begun.elapsed().as_secs_f64());
    Ok((stop_s, peak_mb.max(gateway.peak_mb()?)))
}

#[derive(Debug, PartialEq, Eq)]
struct Rows {
    triggers: u64,
    members: u64,
}

impl Rows {
    fn read(database: &Path) -> anyhow::Result<Rows> {
        let db = Connection::open(database)?;
        let count = |sql: &str| db.query_row(sql, [], |row| row.get(0));
        Ok(Rows {
            triggers: count("SELECT count(*) FROM \"trigger\"")?,
            members: count("SELECT count(*) FROM member")?,
        })
    }

    fn wanted(presets: Presets) -> Rows {
        let of = |rule: &Rule| if trigger::is_per_video(&rule.condition) { VIDEOS } else { 1 };
        let rows = |preset: &&str| rules(preset).iter().map(of).sum::<u64>();
        let watchers = WATCHERS / presets.len() as u64;
        Rows { triggers: presets.iter().map(rows).sum::<u64>() * watchers, members: VIDEOS }
    }
}

fn rules(preset: &str) -> Vec<Rule> {
    language::preset(preset).unwrap_or_default()
}

/// A database in which all watch the channel, which was never listed.
async fn watch(database: &Path, presets: Presets) -> anyhow::Result<()> {
    watch_by(database, WATCHERS, "webhook:http://127.0.0.1:1/hook/", presets).await
}

/// The same of so many watchers, at the addresses that begin so.
pub(crate) async fn watch_by(
    database: &Path,
    watchers: u64,
    address: &str,
    presets: Presets,
) -> anyhow::Result<()> {
    let store = Sqlite::open(database, Access::Run)?;
    let now = system_clock()();
    let numbers: Vec<u64> = (1..=watchers).collect();
    for piece in numbers.chunks(500) {
        let edit = |number: &u64| -> anyhow::Result<Edit> {
            let preset = presets[usize::try_from(*number)? % presets.len()];
            let rules = rules(preset).iter().map(new_rule).collect::<anyhow::Result<_>>()?;
            Ok(Edit::Watch(Box::new(WatchEdit {
                destination: format!("{address}{number}").parse()?,
                owner: Owner::Operator,
                subject: CHANNEL.parse()?,
                title: None,
                rules,
                settings: Settings::default(),
                origin: "file:bench.csv".to_owned(),
                beginning: None,
                limit: None,
                videos_limit: None,
            })))
        };
        store.edit(None, piece.iter().map(edit).collect::<anyhow::Result<_>>()?, now).await?;
    }
    Ok(())
}

fn new_rule(rule: &Rule) -> anyhow::Result<NewRule> {
    let unset = trigger::initial(&rule.condition, None).next.context("a rule that waits")?;
    Ok(NewRule {
        text: rule.to_string(),
        unset: (unset.series, unset.value),
        per_video: trigger::is_per_video(&rule.condition),
        start: None,
    })
}
