//! How long after YouTube's answer a message is at the receiver, of a gateway with nothing else to do.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use rusqlite::Connection;
use tubebell::model::{Address, Body};

use crate::figures::{Figures, percentile};
use crate::probe::{Router, runtime};
use crate::process::{Gateway, Setup, pause};
use crate::seed::{NEVER, Seed};
use crate::sink::{Behaviour, Sink};
#[cfg(feature = "kafka")]
use crate::topic::{By, Topics};

/// Three videos that move at each look, once a second, each with a watcher of its own.
const MOVING: u64 = 3;
const RUN: Duration = Duration::from_secs(80);

fn seed(address: &str) -> Seed {
    Seed {
        watches: 0,
        videos: 1,
        destinations: 1,
        rules: ["views any"; 4],
        address: address.to_owned(),
        next_poll: NEVER,
        others: MOVING,
    }
}

/// What else there is.
#[derive(Default)]
struct Beside {
    telegram: bool,
    hanging_hosts: usize,
    /// Further sections of the configuration.
    sections: String,
}

pub(crate) fn change_to_send(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = seed("webhook:http://127.0.0.1:1/hook/{}").database(folder.path())?;
    run(figures, folder.path(), &database, &Beside::default(), "change_to_send_p99_ms")
}

/// The same beside endpoints that never answer: 600 of one host and one of each of 50 hosts, with a message each that is tried
/// again and again.
pub(crate) fn others_hanging(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let database = seed("webhook:http://127.0.0.1:1/hook/{}").database(folder.path())?;
    run(
        figures,
        folder.path(),
        &database,
        &Beside { hanging_hosts: 50, ..Beside::default() },
        "others_hanging_p99_ms",
    )
}

/// The same through topics of Kafka's, whose changes the gateway finds itself.
#[cfg(feature = "kafka")]
pub(crate) fn kafka(figures: &mut Figures) -> anyhow::Result<()> {
    const NAME: &str = "kafka_poll_to_alert_p99_ms";
    let Some(topics) = Topics::new(NAME) else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let database = seed("webhook:http://127.0.0.1:1/hook/{}").database(folder.path())?;
    let beside = Beside { sections: topics.sections(By::Builtin), ..Beside::default() };
    run(figures, folder.path(), &database, &beside, NAME)
}

/// Queues a message to each of the endpoints that never answer.
fn hang(database: &Path, base: &str, hosts: usize) -> anyhow::Result<()> {
    let of = |host: usize, path: usize| -> anyhow::Result<(Address, Body)> {
        let url = base.replace("127.0.0.1", &format!("127.0.1.{host}"));
        Ok((format!("webhook:{url}/hang/{path}").parse()?, Body::Json("{}".to_owned())))
    };
    let to = (0..600).map(|path| of(1, path)).chain((0..hosts).map(|host| of(host + 2, 0)));
    let to = to.collect::<anyhow::Result<Vec<_>>>()?;
    runtime()?.block_on(async {
        let router = Router::open(database)?;
        router.store.notice(None, to, tubebell::app::system_clock()()).await?;
        Ok(())
    })
}

/// The same beside a chat that must wait an hour, with a million alerts of 100,000 watches waiting for it.
pub(crate) fn others(figures: &mut Figures) -> anyhow::Result<()> {
    const WAITING: u64 = 1_000_000;
    let folder = tempfile::tempdir()?;
    let seed = Seed { watches: 100_000, videos: 100_000, ..seed("telegram:{}") };
    let database = seed.database(folder.path())?;
    let in_an_hour = tubebell::app::system_clock()().0 + 3_600_000;
    Connection::open(&database)?.execute_batch(&format!(
        "WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < {WAITING} - 1)
         INSERT INTO alert (subscription, unit, rule, video, series, previous, current, observed_at)
         SELECT x % 100000 + 1, (x % 100000 + 1) * 8, x % 100000 + 1, x % 100000 + 1, t.series, 5, 6, {} FROM n
         JOIN \"trigger\" t ON t.id = x % 100000 + 1;
         INSERT INTO unit (id, lane, due_at, first)
         SELECT id * 8, 1, {}, id FROM subscription WHERE id <= 100000;
         UPDATE lane SET free_at = {in_an_hour}, due_at = {in_an_hour} WHERE id = 1;",
        crate::seed::seen_at().0,
        crate::seed::seen_at().0,
    ))?;
    run(
        figures,
        folder.path(),
        &database,
        &Beside { telegram: true, ..Beside::default() },
        "others_p99_ms",
    )
}

fn run(
    figures: &mut Figures,
    folder: &Path,
    database: &Path,
    Beside { telegram, hanging_hosts, sections }: &Beside,
    name: &str,
) -> anyhow::Result<()> {
    let behaviour = Behaviour {
        timed: true,
        moving_one_in: 1,
        step: 1,
        many_hosts: *hanging_hosts > 0,
        ..Behaviour::default()
    };
    let sink = Sink::start(&behaviour)?;
    crate::seed::point_to(database, &sink.base)?;
    if *hanging_hosts > 0 {
        hang(database, &sink.base, *hanging_hosts)?;
    }
    let polling = "min_interval = \"1s\"\nmax_interval = \"1s\"\n";
    let setup = Setup { telegram: *telegram, polling, sections, ..Setup::of(&sink) };
    let mut gateway = Gateway::start(folder, database, &setup)?;
    pause(RUN);
    gateway.alive()?;
    let mut report = sink.report()?;
    let samples = report.after_youtube_ms.len();
    ensure!(samples >= 150, "only {samples} messages; the log ends:\n{}", gateway.log());
    ensure!(report.taken == report.distinct, "messages came twice");
    let median = percentile(&mut report.after_youtube_ms, 0.5);
    let most = percentile(&mut report.after_youtube_ms, 1.0);
    println!(
        "   {MOVING} videos move at each look, once a second, each with a watcher of its own; timed by the other side,\n   \
         which is YouTube and the receiver: from its answer with the new number to the request with the message."
    );
    println!("   {samples} messages: median {median:.2} ms, at most {most:.2} ms");
    figures.add(name, percentile(&mut report.after_youtube_ms, 0.99), "ms");
    Ok(())
}
