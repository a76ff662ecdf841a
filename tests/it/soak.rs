//! Ten days of a busy gateway in minutes: everything that it keeps is level once the retentions have set in.
//!
//! It is the gateway of `run` between the simulated YouTube and the sandbox Telegram. Only time is passed in: tokio's
//! clock is paused and moved on by hand, and the gateway's clock with it. `make soak` prints the days; the suite runs
//! ten smaller ones.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod town;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tubebell::model::{Clock, UnixMillis};

use town::{MEMBERS_MAX, STATISTICS_KEPT, Town};

const DAY: Duration = Duration::from_secs(86_400);

/// How long ended alerts are kept: what `app` says.
const ALERTS_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Sweeps go by the minute and walk large tables in turns: what is due to go may stay so much longer.
const SWEPT_WITHIN: Duration = Duration::from_secs(4 * 3600);

/// Tables that grow with what people do, and are no leak: one row per accepted invitation.
const MAY_GROW: [&str; 1] = ["person"];

/// Time, turned by hand.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Hands {
        // 2026-11-18T10:40:00Z
        Hands(Arc::new(AtomicI64::new(1_795_000_000_000)))
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }

    async fn pass(&self, time: Duration) {
        self.0.store(self.now().plus(time).0, Ordering::SeqCst);
        tokio::time::advance(time).await;
    }
}

/// How much of it.
#[derive(Clone, Copy)]
struct Size {
    days: u32,
    step: Duration,
    videos: u32,
    chats: i64,
    /// New chats, with a new video each, that come every hour and leave after a day.
    passers_by: i64,
}

/// What there is at the end of a day.
#[derive(Debug)]
struct Day {
    rows: BTreeMap<String, i64>,
    /// The database and its log, in bytes.
    bytes: u64,
    wal_bytes: u64,
    /// `VmRSS`, where the system tells.
    rss_bytes: Option<u64>,
}

impl Day {
    fn measure(town: &Town) -> Day {
        let db = town.database();
        let names =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let mut names = db.prepare(names).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        let count = |name: &str| {
            let sql = format!("SELECT count(*) FROM \"{name}\"");
            db.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        let rows = names.map(|name| (name.clone(), count(&name))).collect();
        let size = |end: &str| {
            let path = town.folder.path().join(format!("tubebell.db{end}"));
            path.metadata().map_or(0, |found| found.len())
        };
        Day { rows, bytes: size(""), wal_bytes: size("-wal"), rss_bytes: rss_bytes() }
    }

    fn print(&self, day: u32, took: Duration) {
        let rows: Vec<String> = self
            .rows
            .iter()
            .filter(|(_, rows)| **rows > 0)
            .map(|(name, rows)| format!("{name} {rows}"))
            .collect();
        println!(
            "day {day:2} ({:3} s): {:.1} MB, log {:.1} MB, memory {:.1} MB\n        {}",
            took.as_secs(),
            megabytes(self.bytes),
            megabytes(self.wal_bytes),
            megabytes(self.rss_bytes.unwrap_or(0)),
            rows.join(" · ")
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "for printing")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The memory of this process, of which the gateway is a part.
fn rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// No more than a tenth above, and a few rows.
fn is_level(earlier: u64, later: u64, slack: u64) -> bool {
    later <= earlier + earlier / 10 + slack
}

async fn soak(size: Size) -> Vec<Day> {
    // While a blocking task runs, paused time stands still instead of jumping to the next timer.
    let (held, hold) = std::sync::mpsc::channel::<()>();
    let holder = tokio::task::spawn_blocking(move || hold.recv().is_err());
    let hands = Hands::new();
    let mut town = Town::new(hands.clone(), size).await;
    let steps = u32::try_from(DAY.as_millis() / size.step.as_millis()).unwrap();
    let mut days = Vec::new();
    for day in 1..=size.days {
        let begun = Instant::now();
        for step in 0..steps {
            town.live(day, step, steps).await;
            hands.pass(size.step).await;
            town.settle().await;
        }
        let measured = Day::measure(&town);
        measured.print(day, begun.elapsed());
        days.push(measured);
    }
    check_retention(&town, hands.now());
    check_lists(&town);
    town.stop().await;
    drop(held);
    assert!(holder.await.unwrap());
    days
}

/// Both retentions have set in: there was more, and what is left is as young as it has to be.
fn check_retention(town: &Town, now: UnixMillis) {
    let db = town.database();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    for (table, column, kept) in [
        ("alert", "ended", ALERTS_KEPT),
        ("notification", "ended", ALERTS_KEPT),
        ("suppression", "last", ALERTS_KEPT),
        ("history", "at", STATISTICS_KEPT),
        ("notice", "at", STATISTICS_KEPT),
    ] {
        let before = now.minus(kept).0;
        let swept = now.minus(kept + SWEPT_WITHIN).0;
        // Of a count that has not changed since, the last value before the end still holds.
        let holds = if table == "history" { number("SELECT count(*) FROM video") } else { 0 };
        let old = number(&format!("SELECT count(*) FROM {table} WHERE {column} < {swept}"));
        assert!(old <= holds, "{table}: {old} rows are older than {kept:?}");
        let young =
            number(&format!("SELECT min({column}) FROM {table} WHERE {column} >= {before}"));
        println!(
            "{table}: the oldest of its time is {:.1} days old",
            now.since(UnixMillis(young)).as_secs_f64() / 86_400.0
        );
    }
    for table in ["alert", "notification", "video", "rule", "destination"] {
        let ever = number(&format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'"));
        let left = number(&format!("SELECT count(*) FROM {table}"));
        println!("{table}: {left} rows left of {ever}");
        assert!(left < ever, "nothing of {table} ever went");
    }
    let waiting = number("SELECT count(*) FROM alert WHERE outcome IS NULL");
    println!("alerts that wait: {waiting}");
    crate::store::check_sums(&db);
}

/// Lists remember a bounded number of members that left, and rules of lists have no row of what is gone.
fn check_lists(town: &Town) {
    let db = town.database();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let most = |left: &str| {
        let sql = format!(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM member WHERE {left} GROUP BY subject)"
        );
        number(&sql)
    };
    let (held, remembered) = (most("left_at IS NULL"), most("left_at IS NOT NULL"));
    println!("members of a list: at most {held}, and {remembered} that left");
    assert!(held <= MEMBERS_MAX, "{held} members");
    // Those that a listing has just taken out come on top until the sweep was there.
    assert!(remembered <= 2 * MEMBERS_MAX, "{remembered} members that left");
    let rows = number(
        "SELECT count(*) FROM \"trigger\" t JOIN rule r ON r.id = t.rule WHERE r.list IS NOT NULL",
    );
    let wanted = number(
        "SELECT count(*) FROM rule r JOIN member m ON m.subject = r.list AND m.left_at IS NULL
         WHERE r.ended_at IS NULL",
    );
    println!("rows of rules of lists: {rows}, of at most {wanted}");
    assert!(rows <= wanted + 2 * MEMBERS_MAX, "{rows} rows, where {wanted} are enough");
    for (what, rule) in [("uploads", "r.text = 'upload'"), ("lists gone and back", "a.rule = 0")] {
        let told = number(&format!(
            "SELECT count(*) FROM alert a LEFT JOIN rule r ON r.id = a.rule WHERE {rule}"
        ));
        println!("{what} that were told: {told}");
        assert!(told > 0, "no {what} were told");
    }
    let twice: Option<String> = db
        .query_row(
            "SELECT group_concat(u.ref || ' ' || v || ' ' || n) FROM (SELECT a.subscription AS s, a.video AS v, count(*) AS n
             FROM alert a JOIN rule r ON r.id = a.rule WHERE r.text = 'upload'
             GROUP BY a.rule, a.video, a.previous HAVING count(*) > 1)
             JOIN subscription w ON w.id = s JOIN subject u ON u.id = w.subject",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(twice, None, "uploads were told twice");
    assert_eq!(number("SELECT count(*) FROM fanout"), 0);
}

fn check_level(days: &[Day], with_memory: bool) {
    let (earlier, later) = (&days[days.len() - 3], &days[days.len() - 1]);
    for (table, rows) in &later.rows {
        let before = earlier.rows[table];
        let level = is_level(before.unsigned_abs(), rows.unsigned_abs(), 20);
        let exempt = MAY_GROW.contains(&table.as_str());
        assert!(level || exempt, "{table} grows: {before} rows two days ago, {rows} now");
    }
    assert!(
        is_level(earlier.bytes, later.bytes, 500_000),
        "the database grows: {} to {} bytes",
        earlier.bytes,
        later.bytes
    );
    // `journal_size_limit`, and what one transaction may add.
    assert!(later.wal_bytes < 70_000_000, "the log of the database: {} bytes", later.wal_bytes);
    match (earlier.rss_bytes, later.rss_bytes) {
        (Some(before), Some(now)) if with_memory => {
            assert!(is_level(before, now, 4_000_000), "memory grows: {before} to {now} bytes");
        }
        (Some(_), Some(_)) => {}
        _ => crate::skipped("this system does not tell how much memory a process has"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_level_after_ten_days() {
    #[expect(clippy::disallowed_methods, reason = "the knob of a test, not of the program")]
    let days = std::env::var("SOAK_DAYS").ok().map(|text| text.parse().unwrap());
    let size = match days {
        Some(days) => Size {
            days: u32::max(days, 10),
            step: Duration::from_secs(120),
            videos: 40,
            chats: 120,
            passers_by: 2,
        },
        None => {
            Size { days: 10, step: Duration::from_secs(1800), videos: 6, chats: 10, passers_by: 1 }
        }
    };
    let measured = soak(size).await;
    // In the suite, other tests share the process and its memory.
    check_level(&measured, days.is_some());
}
