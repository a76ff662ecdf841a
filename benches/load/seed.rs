//! Databases to begin with: many watches of many videos, all of them seen once.
//!
//! Rows are written as `/watch` and the first look would leave them, a million in seconds instead of a minute. A
//! database is made once and copied for each bench.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rusqlite::{Connection, params};
use tubebell::model::{Counts, Rule, UnixMillis, VideoId};
use tubebell::route::{language, trigger};
use tubebell::store::{Access, Sqlite};

use crate::figures::target;

/// What every video has at first.
pub(crate) const VIEWS: i64 = 1_000_000;
pub(crate) const LIKES: i64 = 50_000;
pub(crate) const COMMENTS: i64 = 3_000;
pub(crate) const TITLE: &str = "Never <b>gonna</b> & @give #you up";

/// How many, and how they ring.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Seed {
    pub(crate) watches: u64,
    pub(crate) videos: u64,
    pub(crate) destinations: u64,
    /// The rules of watches: the first four by the watch's place within its video, in turn.
    pub(crate) rules: [&'static str; 4],
    /// What a destination is, with `{}` for its number: `telegram:{}`.
    pub(crate) address: String,
    /// When each video is looked at next, in milliseconds since 1970.
    pub(crate) next_poll: i64,
    /// Further videos, looked at from the start, each with a watcher of its own who rings at any change.
    pub(crate) others: u64,
}

/// All schemas, the oldest first.
const SCHEMAS: [&str; 11] = [
    include_str!("../../src/store/sqlite/schema.sql"),
    include_str!("../../src/store/sqlite/schema_2.sql"),
    include_str!("../../src/store/sqlite/schema_3.sql"),
    include_str!("../../src/store/sqlite/schema_4.sql"),
    include_str!("../../src/store/sqlite/schema_5.sql"),
    include_str!("../../src/store/sqlite/schema_6.sql"),
    include_str!("../../src/store/sqlite/schema_7.sql"),
    include_str!("../../src/store/sqlite/schema_8.sql"),
    include_str!("../../src/store/sqlite/schema_9.sql"),
    include_str!("../../src/store/sqlite/schema_10.sql"),
    include_str!("../../src/store/sqlite/schema_11.sql"),
];

/// What one schema calls otherwise than another.
struct Names {
    member_date: &'static str,
    holder: &'static str,
    /// The column of a destination that says whose it is, and what stands there for the operator.
    operator: (&'static str, &'static str),
}

const NOW: Names = Names { member_date: "at", holder: "holder", operator: ("person", "1") };
const SCHEMA_2: Names =
    Names { member_date: "newness", holder: "video", operator: ("owner", "'operator'") };

/// Far away: nothing is polled.
pub(crate) const NEVER: i64 = 4_000_000_000_000;

/// When the seeds were seen: yesterday at midnight, so that one made today is right all day.
pub(crate) fn seen_at() -> UnixMillis {
    const DAY_MS: i64 = 86_400_000;
    UnixMillis((tubebell::app::system_clock()().0.div_euclid(DAY_MS) - 1) * DAY_MS)
}

/// The id of a video by its number.
pub(crate) fn video_id(number: u64) -> VideoId {
    format!("{number:011}").parse().expect("eleven digits are an id")
}

impl Seed {
    /// Half of the watches every so many, a quarter by percent, a quarter at any change.
    pub(crate) fn mixed(watches: u64) -> Seed {
        Seed {
            watches,
            videos: watches / 10,
            destinations: 10_000,
            rules: ["views every 1000", "views +1%", "views every 500", "views any"],
            address: "telegram:{}".to_owned(),
            next_poll: NEVER,
            others: 0,
        }
    }

    /// A copy of such a database in `folder`.
    pub(crate) fn database(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        self.kept(folder, "", |path| {
            drop(Sqlite::open(path, Access::Run)?);
            self.fill(path, &NOW)
        })
    }

    /// The same as a version of schema 2 has left it, with what `more` adds; `tag` tells one `more` from another.
    pub(crate) fn older_database(
        &self,
        folder: &Path,
        tag: &str,
        more: impl Fn(&Connection) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        self.kept(folder, tag, |path| {
            let db = Connection::open(path)?;
            for schema in &SCHEMAS[..2] {
                db.execute_batch(schema)?;
            }
            db.execute_batch("PRAGMA user_version = 2; PRAGMA journal_mode = WAL;")?;
            self.fill(path, &SCHEMA_2)?;
            more(&db)?;
            Ok(db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
        })
    }

    fn kept(
        &self,
        folder: &Path,
        tag: &str,
        make: impl Fn(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let kept = target().join("bench-seeds");
        std::fs::create_dir_all(&kept)?;
        let mut hasher = DefaultHasher::new();
        (self, tag, seen_at().0, include_str!("seed.rs"), SCHEMAS).hash(&mut hasher);
        let whole = kept.join(format!("{:016x}.db", hasher.finish()));
        if !whole.exists() {
            println!("   making {} watches of {} videos (once)", self.watches, self.videos);
            let part = kept.join("part.db");
            drop(std::fs::remove_file(&part));
            make(&part).context("the database to begin with can't be made")?;
            std::fs::rename(part, &whole)?;
        }
        let copy = folder.join("tubebell.db");
        std::fs::copy(&whole, &copy)?;
        // On the disk before anything is measured: what waits for the disk would wait for the copy, too.
        std::fs::File::open(&copy)?.sync_all()?;
        Ok(copy)
    }

    fn fill(&self, path: &Path, names: &Names) -> anyhow::Result<()> {
        let mut db = Connection::open(path)?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000",
        )?;
        let tx = db.transaction()?;
        self.fill_videos(&tx, names)?;
        self.fill_destinations(&tx, names)?;
        self.fill_watches(&tx, names)?;
        tx.commit()?;
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }

    fn fill_videos(&self, db: &Connection, names: &Names) -> anyhow::Result<()> {
        let mut video =
            db.prepare("INSERT INTO video (id, ref, title, next_poll) VALUES (?1, ?2, ?3, ?4)")?;
        let mut subject = db.prepare("INSERT INTO subject (id, ref, title) VALUES (?1, ?2, ?3)")?;
        let date = names.member_date;
        let mut member =
            db.prepare(&format!("INSERT INTO member (subject, video, {date}) VALUES (?1, ?1, 1)"))?;
        let mut seen = db.prepare(
            "INSERT INTO seen VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?3, ?4, ?5, ?6, 'public', 'none')",
        )?;
        for number in 1..=self.videos + self.others {
            let id = video_id(number);
            let next_poll = if number <= self.videos { self.next_poll } else { 0 };
            video.execute(params![number, id.as_str(), TITLE, next_poll])?;
            subject.execute(params![number, format!("video:{id}"), TITLE])?;
            member.execute([number])?;
            seen.execute(params![number, seen_at().0, VIEWS, LIKES, COMMENTS, TITLE])?;
        }
        Ok(())
    }

    fn fill_destinations(&self, db: &Connection, names: &Names) -> anyhow::Result<()> {
        let channel = self.address.split(':').next().unwrap_or_default();
        let mut lane = db.prepare("INSERT INTO lane (id, key, channel) VALUES (?1, ?2, ?3)")?;
        let (whose, operator) = names.operator;
        let mut destination = db.prepare(&format!(
            "INSERT INTO destination (id, address, lane, {whose}) VALUES (?1, ?2, ?1, {operator})"
        ))?;
        for number in 1..=self.destinations + self.others {
            let address = self.address.replace("{}", &number.to_string());
            lane.execute(params![number, address, channel])?;
            destination.execute(params![number, address])?;
        }
        Ok(())
    }

    /// The video of a watch, its place among the watches of that video, and its destination.
    fn watch(&self, number: u64) -> (u64, u64, u64) {
        if let Some(other) = number.checked_sub(self.watches + 1) {
            return (self.videos + other + 1, 3, self.destinations + other + 1);
        }
        // Watches of one video stand apart, as people make them.
        let video = (number - 1) % self.videos + 1;
        let place = (number - 1) / self.videos;
        (video, place, (video * 31 + place) % self.destinations + 1)
    }

    fn fill_watches(&self, db: &Connection, names: &Names) -> anyhow::Result<()> {
        let mut subscription = db.prepare(
            "INSERT INTO subscription (id, destination, subject, origin, created_at)
             VALUES (?1, ?2, ?3, 'file:bench.csv', ?4)",
        )?;
        let mut rule = db.prepare(
            "INSERT INTO rule (id, subscription, text, series, value, created_at)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5)",
        )?;
        let holder = names.holder;
        let mut trigger = db.prepare(&format!(
            "INSERT INTO \"trigger\" (id, {holder}, series, value, rule, base, since)
             VALUES (?1, ?2, ?3, ?4, ?1, ?5, ?6)",
        ))?;
        let base = Counts { views: Some(VIEWS), likes: Some(LIKES), comments: Some(COMMENTS) };
        let rules: Vec<Rule> =
            self.rules.iter().map(|text| language::parse(text)).collect::<Result<_, _>>()?;
        for number in 1..=self.watches + self.others {
            let (video, place, destination) = self.watch(number);
            let text = self.rules[usize::try_from(place % 4)?];
            let parsed = &rules[usize::try_from(place % 4)?];
            let unset =
                trigger::initial(&parsed.condition, None).next.context("a rule that waits")?;
            let next = trigger::initial(&parsed.condition, Some(&base))
                .next
                .context("a rule that waits")?;
            subscription.execute(params![number, destination, video, seen_at().0 - 1000])?;
            rule.execute(params![
                number,
                text,
                unset.series.code(),
                unset.value,
                seen_at().0 - 1000
            ])?;
            trigger.execute(params![
                number,
                video,
                next.series.code(),
                next.value,
                next.base,
                seen_at().0 - 1000
            ])?;
        }
        Ok(())
    }
}

/// Points the webhooks of a database to where the sink listens.
pub(crate) fn point_to(database: &Path, base: &str) -> anyhow::Result<()> {
    let db = Connection::open(database)?;
    for (table, column) in [("destination", "address"), ("lane", "key")] {
        db.execute(
            &format!("UPDATE {table} SET {column} = replace({column}, 'http://127.0.0.1:1', ?1)"),
            [base],
        )?;
    }
    Ok(())
}
