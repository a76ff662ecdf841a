//! Watch files in CSV, a line at a time: the names of the columns first, then one watch a line.
//!
//! No cell of a watch holds a line break, so a line of the file is a watch: a quote that is left open spoils its own
//! line and not all that follow, and the number of a line is that of any editor.
//!
//! Spreadsheets leave lines and columns whose cells are all empty; they mean nothing, and need no name.

use std::collections::HashSet;
use std::io::{self, BufRead, Read};

use super::{Cell, Column, Mistake, Row};
use crate::model::{Channel, tidied, trimmed};

/// Longest line, in bytes: far more than a watch can mean, and a bound on memory.
const LINE_MAX_BYTES: usize = 1 << 20;

/// The watches of a file.
pub(super) struct Rows<R> {
    input: R,
    /// The line being read, and its number from 1.
    text: Vec<u8>,
    line: u64,
    /// Its cells.
    record: ::csv::ByteRecord,
    columns: Option<Columns>,
    ended: bool,
}

/// What the first line names, and `None` for each column without a name; none of these at the end.
type Names = Vec<Option<Column>>;

/// The columns of a file.
struct Columns {
    names: Names,
    /// A cell that stands under no name was told: once is enough.
    is_unnamed_told: bool,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        Rows {
            input,
            text: Vec::new(),
            line: 0,
            record: ::csv::ByteRecord::new(),
            columns: None,
            ended: false,
        }
    }

    /// Reads the next line that is not blank; false at the end.
    fn read_line(&mut self) -> io::Result<bool> {
        let room = u64::try_from(LINE_MAX_BYTES + 1).unwrap_or(u64::MAX);
        loop {
            self.text.clear();
            self.line += 1;
            if self.input.by_ref().take(room).read_until(b'\n', &mut self.text)? == 0 {
                return Ok(false);
            }
            if self.line == 1 && self.text.starts_with(b"\xef\xbb\xbf") {
                self.text.drain(..3); // The byte order mark of Windows.
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Splits the line into cells.
    fn split(&mut self) -> Result<(), &'static str> {
        let text = self.text.trim_ascii_end();
        if text.len() > LINE_MAX_BYTES {
            return Err("is longer than 1 MiB");
        }
        let quotes = text.iter().filter(|byte| **byte == b'"').count();
        if quotes % 2 == 1 {
            return Err("a quote is left open");
        }
        if text.contains(&b'\r') {
            return Err("lines end with a line feed");
        }
        if quotes == 0 {
            // Nearly every line; a reader of CSV, which is built per line, costs more than all else about it.
            self.record.clear();
            for cell in text.split(|byte| *byte == b',') {
                self.record.push_field(cell.trim_ascii());
            }
            return Ok(());
        }
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // The number of cells is ours to judge, with a message of ours.
            .trim(::csv::Trim::All)
            .buffer_capacity(text.len())
            .from_reader(text);
        match reader.read_byte_record(&mut self.record) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err("is no line of CSV"),
        }
    }

    fn fallible_next(&mut self) -> io::Result<Option<Row>> {
        loop {
            if !self.read_line()? {
                self.ended = true;
                let is_blank = self.columns.is_none();
                return Ok(is_blank.then(|| Row::wrong(1, "the first line names the columns")));
            }
            let line = self.line;
            if let Err(message) = self.split() {
                // Without its first line, or in the middle of one, the rest means nothing.
                self.ended = self.columns.is_none() || self.text.len() > LINE_MAX_BYTES;
                return Ok(Some(Row::wrong(line, message)));
            }
            if is_empty(&self.record) {
                continue;
            }
            if let Some(columns) = &mut self.columns {
                return Ok(Some(columns.row(&self.record, line)));
            }
            match header(&self.record, line) {
                Ok(names) => self.columns = Some(Columns { names, is_unnamed_told: false }),
                Err(row) => {
                    self.ended = true;
                    return Ok(Some(row));
                }
            }
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<io::Result<Row>> {
        if self.ended {
            return None;
        }
        let row = self.fallible_next().transpose();
        self.ended |= matches!(row, Some(Err(_)));
        row
    }
}

/// Whether nothing is written in a line.
fn is_empty(record: &::csv::ByteRecord) -> bool {
    record.iter().all(is_blank)
}

fn is_blank(cell: &[u8]) -> bool {
    cell.is_empty() || std::str::from_utf8(cell).is_ok_and(|text| trimmed(text).is_empty())
}

fn header(record: &::csv::ByteRecord, line: u64) -> Result<Names, Row> {
    let mut names = Names::new();
    let mut seen = HashSet::new();
    let mut row = Row { line, ..Row::default() };
    for name in record {
        if is_blank(name) {
            names.push(None);
            continue;
        }
        let name = String::from_utf8_lossy(name);
        match Column::from_name(trimmed(&name)) {
            Ok(column) if !seen.insert(column) => {
                let message = format!("column {} stands here twice", column.name());
                row.mistakes.push(Mistake::new(line, message));
            }
            Ok(column) => names.push(Some(column)),
            Err(message) if record.len() == 1 && name.contains([';', '\t']) => {
                row.mistakes.push(Mistake::new(
                    line,
                    format!("column {message}; columns are separated by commas"),
                ));
            }
            Err(message) => row.mistakes.push(Mistake::new(line, format!("column {message}"))),
        }
    }
    while names.last().is_some_and(Option::is_none) {
        names.pop();
    }
    if row.mistakes.is_empty() { Ok(names) } else { Err(row) }
}

impl Columns {
    fn row(&mut self, record: &::csv::ByteRecord, line: u64) -> Row {
        let named = self.names.len();
        let unnamed = record
            .iter()
            .enumerate()
            .find(|(at, cell)| !is_blank(cell) && !matches!(self.names.get(*at), Some(Some(_))));
        if record.len() < named || unnamed.is_some_and(|(at, _)| at >= named) {
            // Empty cells at the end mean nothing.
            let cells = record.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
            let cells = if record.len() < named { record.len() } else { cells };
            let cells = if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
            return Row::wrong(line, format!("has {cells}, and the first line names {named}"));
        }
        let mut row = Row { line, ..Row::default() };
        if let Some((at, _)) = unnamed
            && !std::mem::replace(&mut self.is_unnamed_told, true)
        {
            let message = format!(
                "cell {} stands in a column without a name: name it in the first line, or empty it",
                at + 1
            );
            row.mistakes.push(Mistake::new(line, message));
        }
        for (column, bytes) in self.names.iter().zip(record) {
            let Some(column) = column else { continue };
            let Ok(text) = std::str::from_utf8(bytes) else {
                return Row::wrong(line, format!("{} is not UTF-8", column.name()));
            };
            cells(*column, text, &mut row);
        }
        row
    }
}

/// Adds what the cell of a column says.
fn cells(column: Column, text: &str, row: &mut Row) {
    let line = row.line;
    let text = tidied(text);
    let text = trimmed(&text);
    let cell = |text: &str| Cell::new(text, line);
    let cells: Vec<Cell> = match column {
        Column::Rules => text.split(';').map(cell).filter(|rule| !rule.text.is_empty()).collect(),
        Column::To => {
            let found = destinations(text);
            if found.iter().any(|word| has_comma_between(word)) {
                let message = "to: destinations are separated by spaces or `;`, not by commas";
                row.mistakes.push(Mistake::new(line, message.to_owned()));
                return;
            }
            found.into_iter().map(cell).collect()
        }
        _ if text.is_empty() => Vec::new(),
        _ => vec![cell(text)],
    };
    if !cells.is_empty() {
        row.cells.push((column, cells));
    } else if !text.is_empty() {
        let message = format!("{} is empty but for its separators", column.name());
        row.mistakes.push(Mistake::new(line, message));
    }
}

/// Whether a word of a list of destinations is there with a comma for a separator.
fn has_comma_between(word: &str) -> bool {
    word.ends_with(',') || word.match_indices(',').any(|(at, _)| begins_address(word, at + 1))
}

/// Whether an address of a known channel begins at a place.
fn begins_address(word: &str, at: usize) -> bool {
    Channel::ALL.iter().any(|channel| {
        let rest = word.get(at..).and_then(|rest| rest.strip_prefix(channel.name()));
        rest.is_some_and(|rest| rest.starts_with(':'))
    })
}

/// Splits a list of destinations: at spaces, and at a `;` that ends one or has the next one behind it.
fn destinations(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let mut start = 0;
        for (at, _) in word.match_indices(';') {
            if begins_address(word, at + 1) {
                found.extend(word.get(start..at));
                start = at + 1;
            }
        }
        found.extend(word.get(start..));
    }
    found.into_iter().map(|word| word.trim_matches(';')).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<u8>> {
        let mut rows = Rows::new(text.as_bytes());
        assert!(rows.read_line().unwrap());
        rows.split().unwrap();
        rows.record.iter().map(<[u8]>::to_owned).collect()
    }

    proptest! {
        #[test]
        fn a_line_with_quotes_and_the_same_one_without_have_the_same_cells(
            line in proptest::collection::vec("[ \t]{0,2}[a-z;:/é ]{0,6}[ \t]{0,2}", 1..6),
        ) {
            let bare = format!("x,{}", line.join(","));
            let quoted = format!("\"x\",{}", line.join(","));
            prop_assert_eq!(cells(&bare), cells(&quoted));
        }
    }

    #[test]
    fn destinations_are_separated_by_spaces_or_semicolons_and_urls_keep_their_own() {
        for (text, expected) in [
            ("telegram:1", vec!["telegram:1"]),
            ("telegram:1 telegram:2", vec!["telegram:1", "telegram:2"]),
            ("telegram:1;telegram:2", vec!["telegram:1", "telegram:2"]),
            ("telegram:1; telegram:2;", vec!["telegram:1", "telegram:2"]),
            (
                "webhook:https://example.org/a;b=c;telegram:2",
                vec!["webhook:https://example.org/a;b=c", "telegram:2"],
            ),
            ("; ;", vec![]),
        ] {
            assert_eq!(destinations(text), expected, "{text}");
        }
        for text in ["telegram:1,", "telegram:1,telegram:2", "webhook:https://a.b/c,telegram:2"] {
            assert!(has_comma_between(text), "{text}");
        }
        assert!(!has_comma_between("webhook:https://a.b/c,d"));
    }
}
