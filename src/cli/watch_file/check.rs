//! The file as a whole: every watch read and judged, and no pair of subject and destination twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Mistake, Row, Terms, Watch};
use crate::model::{Address, SubjectRef};

/// Mistakes shown; more would not be read.
const SHOWN_MAX: usize = 20;

/// What is wrong with a file: the first lines, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistakes {
    /// The first of them.
    pub shown: Vec<Mistake>,
    /// How many there are.
    pub count: usize,
}

impl Mistakes {
    fn add(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        for mistake in mistakes {
            self.count += 1;
            if self.shown.len() < SHOWN_MAX {
                self.shown.push(mistake);
            }
        }
    }
}

/// Looks at one row after the other. Its memory is 16 bytes or so per pair of subject and destination.
pub struct Checker<'a> {
    terms: &'a Terms,
    /// The line of every pair, by its hash: at a million pairs, one in forty million files has two that are alike.
    seen: HashMap<u64, u64>,
    mistakes: Mistakes,
}

impl<'a> Checker<'a> {
    /// Begins a file.
    #[must_use]
    pub fn new(terms: &'a Terms) -> Self {
        Checker { terms, seen: HashMap::new(), mistakes: Mistakes::default() }
    }

    /// Judges the next row.
    pub fn look(&mut self, row: &Row) {
        let watch = match Watch::read(row, self.terms) {
            Ok(watch) => watch,
            Err(mistakes) => return self.mistakes.add(mistakes),
        };
        for address in &watch.to {
            match self.seen.entry(hash(address, &watch.subject)) {
                Entry::Vacant(free) => {
                    free.insert(watch.line);
                }
                Entry::Occupied(first) => {
                    let (subject, to, first) = (&watch.subject, address.masked(), first.get());
                    let message = format!("{subject} to {to} stands in line {first} already");
                    self.mistakes.add([Mistake::new(watch.line, message)]);
                }
            }
        }
    }

    /// How many pairs of subject and destination the file has.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn finish(self) -> Result<usize, Mistakes> {
        if self.mistakes.count == 0 { Ok(self.seen.len()) } else { Err(self.mistakes) }
    }
}

fn hash(address: &Address, subject: &SubjectRef) -> u64 {
    let mut hasher = DefaultHasher::new();
    (address, subject).hash(&mut hasher);
    hasher.finish()
}
