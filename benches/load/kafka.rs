//! The stream through Kafka: how much goes into a topic and out of it, through routing, and how soon an alert is sent.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio_util::sync::CancellationToken;
use tubebell::app::system_clock;
use tubebell::bus::Bus;
use tubebell::deliver::Wakers;
use tubebell::model::Snapshot;
use tubebell::pipeline::Routing;
use tubebell::store::{Access, Housekeeping as _, Sqlite};
use tubebell::telemetry::Metrics;

use crate::figures::Figures;
use crate::probe::{look, per_second, runtime};
use crate::process::{Gateway, Setup, wait_for};
use crate::seed::Seed;
use crate::sink::{Behaviour, Sink};
use crate::topic::{By, Topics};

/// What is looked at: as often as in `changes_idle`.
const VIDEOS: u64 = 100_000;
const LOOKS: i64 = 3;

/// Snapshots that one call publishes at most.
const PIECE: usize = 1_000;

fn looks(count: i64) -> impl Iterator<Item = Snapshot> {
    (1..=count).flat_map(|nth| (1..=VIDEOS).map(move |video| look(video, nth, 1)))
}

/// Each look with the one before it.
fn changes(count: i64) -> impl Iterator<Item = (Snapshot, Snapshot)> {
    (1..=count).flat_map(|nth| {
        (1..=VIDEOS).map(move |video| (look(video, nth - 1, 1), look(video, nth, 1)))
    })
}

fn seed() -> Seed {
    Seed {
        rules: ["views every 1000", "views +1%", "views every 500", "views +5%"],
        ..Seed::mixed(10 * VIDEOS)
    }
}

async fn publish(
    bus: &Bus,
    snapshots: impl Iterator<Item = Snapshot>,
    piece: usize,
) -> anyhow::Result<(u64, Duration)> {
    let mut snapshots = snapshots.peekable();
    // Topics and schemas are made with the first record.
    bus.sink.publish(snapshots.next().into_iter().collect()).await?;
    let (begun, mut count) = (Instant::now(), 1);
    while snapshots.peek().is_some() {
        let piece: Vec<Snapshot> = snapshots.by_ref().take(piece).collect();
        count += piece.len() as u64;
        bus.sink.publish(piece).await?;
    }
    Ok((count, begun.elapsed()))
}

/// Into a topic and out of it, in both formats.
pub(crate) fn stream(figures: &mut Figures) -> anyhow::Result<()> {
    println!(
        "   Three looks at {VIDEOS} videos are published, {PIECE} at a time, and once 50 at a time as the poller does; then\n   \
         the topic is read by librdkafka alone and by the gateway's stream, which decodes and checks each record."
    );
    for (format, is_json) in [("", false), ("_json", true)] {
        let Some(topics) = Topics::new("kafka_produce, kafka_bare_consumer, kafka_intake") else {
            return Ok(());
        };
        let folder = tempfile::tempdir()?;
        let store = Arc::new(Sqlite::open(&folder.path().join("t.db"), Access::Run)?);
        runtime()?.block_on(async {
            let bus = topics.open(&store, By::Builtin, is_json)?;
            let (count, took) = publish(&bus, looks(LOOKS), PIECE).await?;
            figures.add(&format!("kafka_produce{format}"), per_second(count, took), "snapshots/s");
            let took = topics.read_bare("youtube_videos", count)?;
            figures.add(
                &format!("kafka_bare_consumer{format}"),
                per_second(count, took),
                "records/s",
            );
            let took = take_in(&bus, count).await?;
            figures.add(&format!("kafka_intake{format}"), per_second(count, took), "snapshots/s");
            let (count, took) = publish(&bus, looks(1), 50).await?;
            figures.add(
                &format!("kafka_produce_50{format}"),
                per_second(count, took),
                "snapshots/s",
            );
            anyhow::Ok(())
        })?;
    }
    Ok(())
}

/// Reads so many snapshots, as the router would.
async fn take_in(bus: &Bus, count: u64) -> anyhow::Result<Duration> {
    let (begun, mut came) = (Instant::now(), 0);
    while came < count {
        let batch = bus.stream.read(PIECE).await?;
        came += batch.snapshots.len() as u64;
        if batch.is_empty() {
            bus.stream.ready().await;
        }
    }
    ensure!(came == count, "{came} snapshots instead of {count}");
    Ok(begun.elapsed())
}

/// Through routing: changes that ksqlDB has found, and those that the gateway finds itself.
pub(crate) fn route(figures: &mut Figures) -> anyhow::Result<()> {
    println!(
        "   The watches and looks of changes_idle, through topics: {VIDEOS} videos with ten watches each, three looks, nothing\n   \
         rings. Once as changes that ksqlDB has found; once found in the transaction that routes, and published."
    );
    for (name, by) in [("kafka_route", By::Ksqldb), ("kafka_route_builtin", By::Builtin)] {
        let Some(topics) = Topics::new(name) else { continue };
        let folder = tempfile::tempdir()?;
        let database = seed().database(folder.path())?;
        runtime()?.block_on(async {
            let store = Arc::new(Sqlite::open(&database, Access::Run)?);
            let bus = topics.open(&store, by, false)?;
            let count = match by {
                By::Ksqldb => topics.fill_changes(changes(LOOKS)).await?,
                By::Builtin => publish(&bus, looks(LOOKS), PIECE).await?.0,
            };
            let (count, took) = routed(&store, bus, &database, count).await?;
            let waiting = store.figures(system_clock()()).await?.alerts_waiting;
            ensure!(waiting == 0, "{waiting} alerts although nothing rings");
            figures.add(name, per_second(count, took), "snapshots/s");
            anyhow::Ok(())
        })?;
    }
    Ok(())
}

/// Routes a topic to its end, with the work beside it; how many records behind the first piece, and how long that took.
async fn routed(
    store: &Arc<Sqlite>,
    bus: Bus,
    database: &Path,
    count: u64,
) -> anyhow::Result<(u64, Duration)> {
    let routing = Routing {
        store: Arc::clone(store) as _,
        stream: bus.stream,
        clock: system_clock(),
        metrics: Metrics::new(),
        wakers: Wakers::default(),
    };
    let stop = CancellationToken::new();
    let beside = futures_util::future::join_all(bus.tasks);
    let ended = async {
        // Until the first piece the client finds its way to the topic, which a table of the store is spared.
        let first = Topics::until_routed(database, 1).await;
        let begun = Instant::now();
        let done = Topics::until_routed(database, count).await;
        let took = begun.elapsed();
        stop.cancel();
        Ok((done? - first?, took))
    };
    let ((), took, _) =
        tokio::join!(routing.run(stop.clone()), ended, stop.run_until_cancelled(beside));
    took
}

/// Ten looks at all videos wait in the topic when the gateway starts.
pub(crate) fn memory(figures: &mut Figures) -> anyhow::Result<()> {
    const WAITING: i64 = 10;
    let Some(topics) = Topics::new("kafka_rss_mb") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let database = seed().database(folder.path())?;
    let count = runtime()?.block_on(topics.fill_changes(changes(WAITING)))?;
    let sink = Sink::start(&Behaviour::default())?;
    let sections = topics.sections(By::Ksqldb);
    let setup = Setup { sections: &sections, ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder.path(), &database, &setup)?;
    let (begun, beside) = (Instant::now(), rusqlite::Connection::open(&database)?);
    wait_for(&mut gateway, "the whole topic", Duration::from_secs(300), || {
        Ok((Topics::routed(&beside)? >= count).then_some(()))
    })?;
    println!(
        "   {count} changes wait in the topic when `run` starts, with the watches of kafka_route; all were routed {:.1} s after",
        begun.elapsed().as_secs_f64()
    );
    figures.add("kafka_rss_mb", gateway.peak_mb()?, "MB");
    let used = Duration::from_secs_f64(gateway.cpu_s()?);
    figures.add("kafka_cpu_us", 1e6 / per_second(count, used), "µs");
    Ok(())
}
