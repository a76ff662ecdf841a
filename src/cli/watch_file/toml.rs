//! Watch files in TOML, a `[[watch]]` at a time.
//!
//! The file is cut before every line that begins a `[[watch]]`, and each piece is parsed alone: a whole document of a
//! million watches would take gigabytes. The one text that this reads otherwise than TOML does, a multi-line string
//! with such a line in it, has no place in a watch and ends as a mistake.

use std::io::{self, BufRead, Read};

use toml::de::{DeTable, DeValue};

use super::{Cell, Column, Row};
use crate::model::{Lines, tidied};

/// Longest piece, in bytes: far more than a watch can mean, and a bound on memory.
const PIECE_MAX_BYTES: usize = 1 << 20;

/// The watches of a file.
pub(super) struct Rows<R> {
    input: R,
    /// The first line of the next piece, if it has been read already.
    ahead: Vec<u8>,
    /// The line that comes next, from 1.
    line: u64,
    /// Watches of a piece that were not handed out yet; most pieces have one.
    ready: std::vec::IntoIter<Row>,
    ended: bool,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        Rows { input, ahead: Vec::new(), line: 1, ready: Vec::new().into_iter(), ended: false }
    }

    /// The lines up to the next `[[watch]]`, and the number of the first; `None` at the end.
    fn piece(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let first = self.line;
        let mut piece = std::mem::take(&mut self.ahead);
        self.line += u64::from(!piece.is_empty());
        loop {
            let start = piece.len();
            let room = (PIECE_MAX_BYTES + 1).saturating_sub(start);
            let room = u64::try_from(room).unwrap_or(u64::MAX);
            self.input.by_ref().take(room).read_until(b'\n', &mut piece)?;
            if piece.len() == start {
                self.ended = true;
                return Ok((!piece.is_empty()).then_some((first, piece)));
            }
            if piece.len() > PIECE_MAX_BYTES {
                return Ok(Some((first, piece)));
            }
            if start > 0 && begins_watch(&piece[start..]) {
                self.ahead = piece.split_off(start);
                return Ok(Some((first, piece)));
            }
            self.line += 1;
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<io::Result<Row>> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            match self.piece() {
                Ok(None) => return None,
                Ok(Some((line, piece))) => {
                    if piece.len() > PIECE_MAX_BYTES {
                        self.ended = true;
                        return Some(Ok(Row::wrong(line, "from here on, 1 MiB is one watch")));
                    }
                    self.ready = read(&piece, line).into_iter();
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

fn begins_watch(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.strip_prefix(b"[[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"watch"))
}

/// The watches of one piece that begins in line `first`.
fn read(piece: &[u8], first: u64) -> Vec<Row> {
    let text = match std::str::from_utf8(piece) {
        // What nobody sees (the mark that Windows puts first, too) would make a line that looks right a wrong one.
        Ok(text) => &*tidied(text),
        Err(error) => {
            let before = &piece[..error.valid_up_to()];
            let breaks = before.iter().filter(|byte| **byte == b'\n').count();
            return vec![Row::wrong(nth(first, breaks + 1), "is not UTF-8")];
        }
    };
    let lines = Lines::new(text);
    let at = |offset: usize| nth(first, lines.line(offset));
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // Beside an error of syntax, what else stands there is guesswork.
        return errors
            .into_iter()
            .map(|error| {
                let line = at(error.span().map_or(0, |span| span.start));
                Row::wrong(line, format!("no valid TOML: {}", error.message()))
            })
            .collect();
    }
    let mut rows = Vec::new();
    for (name, value) in root.get_ref() {
        let line = at(name.span().start);
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("watch", DeValue::Array(items)) => {
                for item in items {
                    let line = at(item.span().start);
                    rows.push(match item.get_ref() {
                        DeValue::Table(table) => row(table, line, &at),
                        _ => Row::wrong(line, "a watch is a table: write [[watch]]"),
                    });
                }
            }
            ("watch", _) => rows.push(Row::wrong(line, "write [[watch]], in double brackets")),
            (other, _) => {
                let message = match Column::from_name(other) {
                    Ok(_) => format!("{other} stands in no watch: write it below [[watch]]"),
                    Err(_) => format!(
                        "{} is not known: a watch file has [[watch]] only",
                        super::Quoted(other)
                    ),
                };
                rows.push(Row::wrong(line, message));
            }
        }
    }
    rows.sort_by_key(|row| row.line); // A table of TOML is sorted by name.
    rows
}

/// The number of a line of the file: the `line`-th, from 1, of a piece that begins in line `first`.
fn nth(first: u64, line: usize) -> u64 {
    first.saturating_add(u64::try_from(line).unwrap_or(u64::MAX)).saturating_sub(1)
}

fn row(table: &DeTable<'_>, line: u64, at: &dyn Fn(usize) -> u64) -> Row {
    let mut row = Row { line, ..Row::default() };
    for (key, value) in table {
        let line = at(key.span().start);
        let column = match Column::from_name(key.get_ref()) {
            Ok(column) => column,
            Err(message) => {
                row.mistakes.push(super::Mistake::new(line, message));
                continue;
            }
        };
        let mut cells = Vec::new();
        match value.get_ref() {
            DeValue::Array(items) if column.is_list() => {
                for item in items {
                    match scalar(column, item.get_ref()) {
                        Ok(text) => cells.push(Cell::new(&text, at(item.span().start))),
                        Err(message) => {
                            row.mistakes.push(super::Mistake::new(at(item.span().start), message));
                        }
                    }
                }
                if items.is_empty() {
                    let name = column.name();
                    let message = format!("{name} is empty: fill it in or take the line out");
                    row.mistakes.push(super::Mistake::new(line, message));
                }
            }
            other => match scalar(column, other) {
                Ok(text) => cells.push(Cell::new(&text, line)),
                Err(message) => row.mistakes.push(super::Mistake::new(line, message)),
            },
        }
        row.cells.push((column, cells));
    }
    row
}

fn scalar(column: Column, value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        // A date may stand without quotes.
        DeValue::Datetime(date) if column == Column::Until => Ok(date.to_string()),
        // And a number. One beyond 64 bits is no number of messages either.
        DeValue::Integer(number) if column == Column::PingsPerDay => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            Ok(read.map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()))
        }
        _ => {
            let taken = match column {
                Column::PingsPerDay => "a whole number, or \"off\"",
                list if list.is_list() => "a list of texts in quotes",
                _ => "a text in quotes",
            };
            Err(format!("{} takes {taken}", column.name()))
        }
    }
}
