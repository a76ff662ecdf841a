//! Reads a recording of real numbers, which a [`World`](crate::world::World) plays back.
//!
//! In: the bytes of a CSV file with one row per video and day, as the public "trending" data sets have it. Required columns:
//! `video_id`, `title`, `views`, `likes`, `comment_total`, `date`; `channel_title` is used when present; others are
//! ignored; rows may come in any order. Out: a [`Timeline`] that says what every video looks like at an instant, and
//! the [`Damage`]: the rows that could not be read.
//!
//! Numbers between two recorded days are drawn on a straight line between them, so that there is something to see;
//! they are invented, like the instants. A title changes on the day on which it was recorded.
//!
//! Of two rows for the same video and day the later one in the file wins.

mod date;
mod timeline;

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;

use crate::ids;

use date::RecordedDate;
use timeline::{Point, Recorded};
pub use timeline::{Timeline, Update};

/// Longest title that is believed, in characters; YouTube takes 100. A longer one is several rows in one.
const TITLE_MAX_CHARS: usize = 500;
/// How many damaged rows are kept with their reason; the others are counted.
const DAMAGE_KEPT_MAX: usize = 1_000;
/// How many damaged rows are named to the user.
const DAMAGE_PRINTED_MAX: usize = 10;
/// Longest piece of a damaged value that is quoted, in characters.
const QUOTED_MAX_CHARS: usize = 40;

/// Why a recording can't be played. Follows the path: `days.csv is empty: …`.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It has no header.
    #[error("is empty: it needs a header line with {}", REQUIRED.join(", "))]
    Empty,
    /// A column is missing.
    #[error("has no column {}: the header is `{header}`", missing.join(", "))]
    Columns {
        /// The columns that are missing.
        missing: Vec<&'static str>,
        /// The header as it is, cut.
        header: String,
    },
    /// All rows are damaged, or there are none.
    #[error("holds no usable row ({damage})")]
    NoRows {
        /// What is wrong with them.
        damage: String,
    },
    /// What its reader says.
    #[error("can't be read: {0}")]
    Csv(#[from] csv::Error),
}

/// One row that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The line of the file on which the row starts; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// The rows that were skipped. Printed, it names the first ten and counts the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Damage {
    /// The first thousand of them, in the order of the file.
    pub rows: Vec<Damaged>,
    /// How many there are in all.
    pub total: u64,
}

impl Damage {
    fn add(&mut self, line: u64, reason: String) {
        self.total += 1;
        if self.rows.len() < DAMAGE_KEPT_MAX {
            self.rows.push(Damaged { line, reason });
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            0 => return f.write_str("no damaged rows"),
            1 => f.write_str("1 damaged row skipped")?,
            total => write!(f, "{total} damaged rows skipped")?,
        }
        let mut printed = 0;
        for row in self.rows.iter().take(DAMAGE_PRINTED_MAX) {
            write!(f, "\n  line {}: {}", row.line, row.reason)?;
            printed += 1;
        }
        match self.total.saturating_sub(printed) {
            0 => Ok(()),
            rest => write!(f, "\n  and {rest} more"),
        }
    }
}

/// What was read from a file.
#[derive(Debug)]
pub struct Recording {
    /// What to play.
    pub timeline: Timeline,
    /// What was skipped.
    pub damage: Damage,
    /// How many rows repeated a video and day, and replaced the one before.
    pub repeated: u64,
}

const REQUIRED: [&str; 6] = ["video_id", "title", "views", "likes", "comment_total", "date"];

/// Where in a row each required column stands, in the order of [`REQUIRED`], and the channel's name.
struct Columns {
    required: [usize; REQUIRED.len()],
    channel_title: Option<usize>,
}

impl Columns {
    fn find(header: &csv::ByteRecord) -> Result<Columns, Vec<&'static str>> {
        let position =
            |name: &str| header.iter().position(|field| field.trim_ascii() == name.as_bytes());
        let missing: Vec<_> =
            REQUIRED.into_iter().filter(|name| position(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let required = REQUIRED.map(|name| position(name).unwrap_or(usize::MAX));
        Ok(Columns { required, channel_title: position("channel_title") })
    }
}

/// One row that could be read.
struct Row {
    video: String,
    date: RecordedDate,
    channel_title: String,
    point: Point,
}

/// Text of a damaged row as it may be printed: control characters escaped, cut.
fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(QUOTED_MAX_CHARS).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    format!("{short:?}")
}

fn number(name: &str, text: &str) -> Result<u64, String> {
    // YouTube's counts fit 63 bits.
    let value = text.parse::<u64>().ok().filter(|value| i64::try_from(*value).is_ok());
    value.ok_or_else(|| format!("{name} is {}, not a number of 0 or more", quoted(text)))
}

fn read_row(record: &csv::ByteRecord, columns: &Columns, width: usize) -> Result<Row, String> {
    if record.len() != width {
        return Err(format!("{} fields where the header has {width}", record.len()));
    }
    let field = |index: usize, name: &str| {
        std::str::from_utf8(record.get(index).unwrap_or_default())
            .map(str::trim)
            .map_err(|_| format!("{name} is not UTF-8"))
    };
    let [video, title, views, likes, comments, date] = columns.required;
    let video = field(video, "video_id")?;
    let title = field(title, "title")?;
    if title.is_empty() {
        return Err("title is empty".to_owned());
    }
    if title.chars().count() > TITLE_MAX_CHARS {
        return Err(format!("title has more than {TITLE_MAX_CHARS} characters"));
    }
    let date = field(date, "date")?;
    let channel_title = match columns.channel_title {
        Some(index) => field(index, "channel_title")?,
        None => "",
    };
    if !ids::is_video(video) {
        return Err(format!("video_id is {}", quoted(video)));
    }
    Ok(Row {
        video: video.to_owned(),
        date: RecordedDate::parse(date).ok_or_else(|| {
            format!("date is {}, not dd.mm, yyyy-mm-dd or yy.dd.mm", quoted(date))
        })?,
        channel_title: channel_title.chars().take(TITLE_MAX_CHARS).collect(),
        point: Point {
            day: 0,
            title: title.to_owned(),
            views: number("views", field(views, "views")?)?,
            likes: number("likes", field(likes, "likes")?)?,
            comments: number("comment_total", field(comments, "comment_total")?)?,
        },
    })
}

/// A channel id made from a channel's name: recordings have none, and the same name must be the same channel.
fn channel_id(title: &str) -> String {
    // FNV-1a in 128 bits, stable over releases and machines.
    let hash = title.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    // 16 bytes are 22 characters of base64url.
    format!("UC{}", BASE64URL_NOPAD.encode(&hash.to_be_bytes()))
}

/// The line on which a record starts that csv found at `position`.
///
/// csv takes the position before it steps over what is left of the line end and over empty lines.
fn line_of(bytes: &[u8], position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    let stepped_over = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + stepped_over.filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>()
}

/// Reads a recording.
///
/// # Errors
///
/// When there is nothing to play; a damaged row is no error.
pub fn parse(bytes: &[u8]) -> Result<Recording, ReplayError> {
    // `flexible`: a row of the wrong width is ours to name, and no reason to stop.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers()?.clone();
    if header.iter().all(|field| field.trim_ascii().is_empty()) {
        return Err(ReplayError::Empty);
    }
    let columns = Columns::find(&header).map_err(|missing| ReplayError::Columns {
        missing,
        header: {
            let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
            names.join(",").chars().filter(|c| !c.is_control()).take(200).collect()
        },
    })?;

    let mut damage = Damage::default();
    let mut repeated = 0;
    let mut rows: BTreeMap<(String, RecordedDate), Row> = BTreeMap::new();
    let mut has_year = None;
    for record in reader.byte_records() {
        let record = record?;
        let line = line_of(bytes, record.position());
        match read_row(&record, &columns, header.len()) {
            // Days with and without a year have no common order: the first row says how it is here.
            Ok(row) if *has_year.get_or_insert(row.date.has_year()) != row.date.has_year() => {
                damage.add(line, "date is of another form than those above".to_owned());
            }
            Ok(row) => {
                let of = (row.video.clone(), row.date);
                repeated += u64::from(rows.insert(of, row).is_some());
            }
            Err(reason) => damage.add(line, reason),
        }
    }
    if rows.is_empty() {
        let damage = damage.to_string().replace('\n', ";");
        return Err(ReplayError::NoRows { damage });
    }
    Ok(Recording { timeline: timeline(rows), damage, repeated })
}

fn timeline(rows: BTreeMap<(String, RecordedDate), Row>) -> Timeline {
    let dates = date::in_order(rows.keys().map(|(_, date)| *date).collect());
    let day_of: BTreeMap<RecordedDate, u32> = dates.into_iter().zip(0..).collect();
    let mut videos: BTreeMap<String, Recorded> = BTreeMap::new();
    for ((video, date), row) in rows {
        let recorded = videos.entry(video).or_insert_with(|| Recorded {
            channel: channel_id(&row.channel_title),
            channel_title: row.channel_title,
            points: Vec::new(),
        });
        recorded.points.push(Point { day: day_of[&date], ..row.point });
    }
    Timeline::new(videos, u32::try_from(day_of.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
