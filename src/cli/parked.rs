//! `tubebell parked`: records of Kafka's that could not be read, and another try.

use std::io::Write;

use clap::Subcommand;
use tokio_util::task::TaskTracker;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{counted, plain};
use crate::bus::{BusError, BusOptions, Letters, Listed, Parked, Replayed, Stays};
use crate::config::Config;
use crate::render::numbers::{Moment, grouped};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists them, newest last, with the reason
    List {
        /// At most so many, the newest
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Writes all of them back to the topic that they came from, and deletes them where they were parked
    Replay,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    // The clients of Kafka begin within a runtime.
    block_on(async {
        let letters = letters(&config)?;
        let topic = letters.topic();
        match args.what {
            What::List { limit } => {
                let listed = letters.list(limit).await.map_err(failed)?;
                shown(&listed.unwrap_or_default(), topic, &config.defaults.tz, stdout())
            }
            What::Replay => told(&letters.replay().await.map_err(failed)?, topic, stdout()),
        }
    })
}

/// The topic, where the configuration has one.
fn letters(config: &Config) -> Result<Letters, Fault> {
    match &config.bus {
        BusOptions::Kafka(options) => Letters::new(options, &TaskTracker::new())
            .map_err(|error| Fault::wrong(error.to_string())),
        BusOptions::Embedded => Err(Fault::wrong(
            "nothing is parked without Kafka: that takes mode = \"kafka\" in [bus], and a section [kafka]",
        )),
    }
}

fn failed(error: BusError) -> Fault {
    Fault::Failed(error.into())
}

fn shown(listed: &Listed, topic: &str, tz: &str, mut out: impl Write) -> Result<(), Fault> {
    let Listed { records, all } = listed;
    for parked in records {
        let at = parked.at.map_or_else(
            || "some time".to_owned(),
            |at| Moment { at, tz: tz.to_owned() }.to_string(),
        );
        let reason = parked.reason.as_deref().unwrap_or("no reason is given");
        let (from, size, key) = (from(parked), size(parked), key(parked));
        writeln!(out, "{at}  {from}  {size}  {key}  {}", plain(reason))?;
    }
    let in_all = counted(*all, "record is parked", "records are parked");
    match (records.len(), all) {
        (_, 0) => writeln!(out, "no record is parked in {topic}")?,
        (shown, all) if shown < *all => {
            writeln!(
                out,
                "{in_all} in {topic}, of which the newest {shown} are shown: see --limit"
            )?;
        }
        _ => writeln!(out, "{in_all} in {topic}")?,
    }
    Ok(out.flush()?)
}

/// Where it came from, as `youtube_videos/0@17`.
fn from(parked: &Parked) -> String {
    match (&parked.topic, parked.origin) {
        (Some(topic), Some((partition, offset))) => {
            format!("{}/{partition}@{offset}", plain(topic))
        }
        (Some(topic), None) => plain(topic),
        (None, _) => {
            let (partition, offset) = parked.place;
            format!("from nowhere (here {partition}@{offset})")
        }
    }
}

fn size(parked: &Parked) -> String {
    let bytes = |count: u64| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        format!("{} {}", grouped(count), if count == 1 { "byte" } else { "bytes" })
    };
    let kept = bytes(parked.kept as u64);
    parked.size.map_or_else(|| kept.clone(), |size| format!("{kept} of {}", bytes(size)))
}

fn key(parked: &Parked) -> String {
    let Some((head, len)) = &parked.key else { return "no key".to_owned() };
    let more = if head.len() < *len { format!("… ({len} bytes)") } else { String::new() };
    format!("key \"{}\"{more}", head.escape_ascii())
}

fn told(replayed: &Replayed, topic: &str, mut out: impl Write) -> Result<(), Fault> {
    for (to, count) in &replayed.written {
        writeln!(
            out,
            "{} back to {to}",
            counted(*count, "record was written", "records were written")
        )?;
    }
    for (parked, stays) in &replayed.named {
        let why = match stays {
            Stays::InPart => format!("only {} were kept", size(parked)),
            Stays::Foreign => "that is no topic which is read here".to_owned(),
        };
        writeln!(out, "left: {}  {}  {why}", from(parked), key(parked))?;
    }
    let more = replayed.left - replayed.named.len();
    if more > 0 {
        writeln!(out, "left: {} more", counted(more, "record", "records"))?;
    }
    if replayed.written.is_empty() && replayed.left == 0 {
        writeln!(out, "no record is parked in {topic}")?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    fn parked() -> Parked {
        Parked {
            at: Some(UnixMillis(1_795_348_800_000)),
            place: (2, 7),
            topic: Some("youtube_videos".to_owned()),
            origin: Some((0, 17)),
            reason: Some("it is no JSON".to_owned()),
            kept: 11,
            size: None,
            key: Some((b"dQw4w9WgXcQ".to_vec(), 11)),
        }
    }

    fn list(records: Vec<Parked>, all: usize) -> String {
        let mut out = Vec::new();
        shown(&Listed { records, all }, "youtube_parked", "UTC", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_says_when_from_where_how_long_and_why() {
        assert_eq!(
            list(vec![parked()], 1),
            "Sun 22 Nov 2026, 12:00 (UTC)  youtube_videos/0@17  11 bytes  key \"dQw4w9WgXcQ\"  it is no JSON\n\
             1 record is parked in youtube_parked\n"
        );
        let in_part = Parked { kept: 64_000, size: Some(950_000), ..parked() };
        let out = list(vec![in_part], 1_200);
        assert!(out.contains("  64,000 bytes of 950,000 bytes  "), "{out}");
        let last = "1,200 records are parked in youtube_parked, of which the newest 1 are shown: see --limit\n";
        assert!(out.ends_with(last), "{out}");
        assert_eq!(list(Vec::new(), 0), "no record is parked in youtube_parked\n");
    }

    #[test]
    fn whatever_a_stranger_writes_is_one_line_that_steers_no_terminal() {
        let hostile = "\u{1b}[2J\n\u{202e}x\r";
        let stranger = Parked {
            at: Some(UnixMillis(i64::MIN)),
            topic: Some(hostile.to_owned()),
            reason: Some(hostile.to_owned()),
            size: Some(u64::MAX),
            key: Some((b"\x1b[2J\n\"\xff\xc3\xa9".to_vec(), 5_000)),
            ..parked()
        };
        let nobody =
            Parked { at: None, topic: None, origin: None, reason: None, key: None, ..parked() };
        let out = list(vec![stranger.clone(), nobody], 2);
        assert_eq!(out.lines().count(), 3, "{out}");
        assert!(
            out.lines().all(|line| line.chars().all(crate::cli::terminal::is_plain)),
            "{out:?}"
        );
        assert!(out.contains(r#"key "\x1b[2J\n\"\xff\xc3\xa9"… (5000 bytes)"#), "{out}");
        let named = vec![(stranger, Stays::Foreign), (parked(), Stays::InPart)];
        let written = [("youtube_videos".to_owned(), 3)].into();
        let mut out = Vec::new();
        told(&Replayed { written, named, left: 4 }, "youtube_parked", &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().next(), Some("3 records were written back to youtube_videos"));
        assert_eq!(out.lines().last(), Some("left: 2 records more"));
        assert!(
            out.lines().all(|line| line.chars().all(crate::cli::terminal::is_plain)),
            "{out:?}"
        );
    }
}
