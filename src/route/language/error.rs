//! What is wrong with a rule: where, what was expected there, and what stands there instead.

use std::fmt;

use winnow::error::ParserError;

/// What could stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This word or sign.
    Word(&'static str),
    /// A thing so described.
    Thing(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Word(word) => write!(f, "\"{word}\""),
            Expected::Thing(thing) => f.write_str(thing),
        }
    }
}

/// Why a text is no rule. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The column, in characters, from 1.
    pub column: usize,
    /// What could stand there.
    pub expected: Vec<Expected>,
    /// What stands there, as typed and of bounded length; empty at the end of the text.
    pub found: String,
    /// The expected word that is most like the one found.
    pub suggestion: Option<&'static str>,
}

impl std::error::Error for RuleError {}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: expected ", self.column)?;
        for (index, expected) in self.expected.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.expected.len() => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            expected.fmt(f)?;
        }
        if self.found.is_empty() {
            f.write_str(", found the end")?;
        } else {
            // Escaped: the text goes to logs and terminals.
            write!(f, ", found \"{}\"", self.found.escape_debug())?;
        }
        match self.suggestion {
            Some(word) => write!(f, " - did you mean \"{word}\"?"),
            None => Ok(()),
        }
    }
}

/// Characters of a rule shown around a mistake: what fits into one line of a phone.
const PICTURE_CHARS: usize = 40;

impl RuleError {
    /// Two lines that show `text`, or the part of it around the mistake, and point at it.
    #[must_use]
    pub fn explain(&self, text: &str) -> String {
        let skip = self.column.saturating_sub(PICTURE_CHARS / 2);
        let skip = if skip < 2 { 0 } else { skip };
        let shown: String = text
            .chars()
            .skip(skip)
            .take(PICTURE_CHARS)
            .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
            .collect();
        let lead = if skip == 0 { "" } else { "…" };
        let pad = " ".repeat(lead.chars().count() + (self.column - 1).saturating_sub(skip));
        let carets = "^".repeat(self.found.chars().count().max(1));
        format!("{lead}{shown}\n{pad}{carets}")
    }
}

/// A mistake inside winnow, where places are counted from the end.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// Bytes from the mistake to the end of the text.
    rest: usize,
    /// Length of what is wrong, in bytes, where it is not just the word that stands there.
    len: Option<usize>,
    expected: Vec<Expected>,
}

impl Failure {
    pub(super) fn new(rest: usize, expected: impl Into<Vec<Expected>>) -> Failure {
        Failure { rest, len: None, expected: expected.into() }
    }

    pub(super) fn spanning(self, len: usize) -> Failure {
        Failure { len: Some(len), ..self }
    }

    /// Turns it into the error that a user sees.
    pub(super) fn at(self, text: &str) -> RuleError {
        let (before, rest) = text.split_at(text.len() - self.rest);
        let word = |c: &char| c.is_alphanumeric();
        let found: String = match self.len {
            Some(len) => rest.get(..len).unwrap_or(rest).chars().take(FOUND_CHARS).collect(),
            None if rest.starts_with(|c| word(&c)) => {
                rest.chars().take_while(word).take(FOUND_CHARS).collect()
            }
            None => rest.chars().take(1).collect(),
        };
        RuleError {
            column: before.chars().count() + 1,
            suggestion: nearest(&found, &self.expected),
            expected: self.expected,
            found,
        }
    }
}

/// Most characters of a wrong word that are repeated.
const FOUND_CHARS: usize = 24;

fn nearest(found: &str, expected: &[Expected]) -> Option<&'static str> {
    /// Below it a suggestion would be a guess: "any" is like "an" (0.67), "foo" is like nothing.
    const LIKENESS_MIN: f64 = 0.6;
    let found = found.to_lowercase();
    expected
        .iter()
        .filter_map(|expected| match expected {
            Expected::Word(word) => Some(*word),
            Expected::Thing(_) => None,
        })
        .map(|word| (strsim::normalized_damerau_levenshtein(&found, word), word))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, word)| word)
}

impl<'a> ParserError<&'a str> for Failure {
    type Inner = Failure;

    fn from_input(input: &&'a str) -> Failure {
        Failure::new(input.len(), [])
    }

    /// Of two branches the one that came further tells more; equal ones tell both.
    fn or(mut self, other: Failure) -> Failure {
        match self.rest.cmp(&other.rest) {
            std::cmp::Ordering::Less => self,
            std::cmp::Ordering::Greater => other,
            std::cmp::Ordering::Equal => {
                self.expected.extend(other.expected);
                self
            }
        }
    }

    fn into_inner(self) -> Result<Failure, Failure> {
        Ok(self)
    }
}
