//! The watch file: what `apply` reads and `export` writes. Pure but for the reader it is given.
//!
//! Two forms with the same names: TOML (a `[[watch]]` each) and CSV (a line each, the names in the first one). Both
//! are read a watch at a time, so that memory does not grow with the file:
//! [`columns`] names what may be written, [`toml`] and [`csv`] make a [`Row`] of each watch, [`meaning`] makes a
//! [`Watch`] of a row or says what is wrong with it, [`check`] looks at the file as a whole, [`mod@difference`] compares
//! a watch with the one that stands, and [`mod@print`] writes one.
//!
//! In CSV an empty cell is an absent one, a line of empty cells is none, and a column of empty cells needs no name; `rules` are separated by `;`, and `to` by spaces or by a `;` in front of the
//! next destination (a URL may hold a `;` of its own). In TOML a date and a number of messages may stand without quotes.

mod check;
mod columns;
mod csv;
mod difference;
mod meaning;
mod print;
mod toml;
mod until;

use std::fmt;
use std::io::{self, BufRead};

use crate::model::{tidied, trimmed};

pub use check::Checker;
pub(super) use columns::Column;
pub(super) use difference::{Difference, difference};
pub use meaning::{Terms, Watch};
pub use print::Printer;

/// The form of a watch file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A `[[watch]]` each.
    Toml,
    /// A line each.
    Csv,
}

/// A text of the file, trimmed, and the line it stands in, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) line: u64,
}

/// One watch as it is written, before anyone asks what it means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Where it begins.
    pub(super) line: u64,
    /// What it sets. A column that takes one text has one cell.
    pub(super) cells: Vec<(Column, Vec<Cell>)>,
    /// What could not be read. A row without cells stands for a mistake beside the watches.
    pub(super) mistakes: Vec<Mistake>,
}

impl Cell {
    /// Takes a text of the file, without what nobody sees around its words.
    fn new(text: &str, line: u64) -> Cell {
        Cell { text: trimmed(&tidied(text)).to_owned(), line }
    }
}

impl Row {
    fn wrong(line: u64, message: impl Into<String>) -> Row {
        Row { line, cells: Vec::new(), mistakes: vec![Mistake::new(line, message)] }
    }

    fn list(&self, column: Column) -> Option<&[Cell]> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cells)| cells.as_slice())
    }

    fn one(&self, column: Column) -> Option<&Cell> {
        self.list(column).and_then(<[Cell]>::first)
    }
}

/// What is wrong, and where. Never repeats the address of a webhook, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there, on one line.
    pub message: String,
}

impl Mistake {
    fn new(line: u64, message: impl Into<String>) -> Mistake {
        Mistake { line, message: message.into() }
    }
}

/// Reads a file of this form, a watch at a time.
///
/// A failure of `input` ends the rows; everything that is wrong with the text is in them.
pub fn rows<'a>(
    form: Form,
    input: impl BufRead + 'a,
) -> Box<dyn Iterator<Item = io::Result<Row>> + 'a> {
    match form {
        Form::Toml => Box::new(toml::Rows::new(input)),
        Form::Csv => Box::new(csv::Rows::new(input)),
    }
}

/// Longest text of the file that a message repeats, in characters.
const QUOTED_CHARS: usize = 60;

/// A text of the file in a message: on one line, without control characters, not long.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(QUOTED_CHARS).collect();
        let more = if shown.len() < self.0.len() { "…" } else { "" };
        write!(f, "\"{}{more}\"", shown.escape_debug())
    }
}

#[cfg(test)]
mod tests;
