//! The file as a whole: every watch read and judged, and no pair of subject and destination twice.
//!
//! Pairs are told apart by a hash of eight bytes. As many hashes as have room are compared at one look at the file; of
//! a longer file each look compares a share of all hashes, so that memory has a bound and nothing is written to disk.
//! Two million pairs have room; a file with that many, or fewer, is looked at once unless it has mistakes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

use super::{Mistake, Row, Terms, Watch};
use crate::model::{Address, SubjectRef};

/// Mistakes shown; more would not be read.
const SHOWN_MAX: usize = 20;

/// Hashes that are compared at once: 16 MiB.
const ROOM: usize = 1 << 21;

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
            // By line, whichever look has found it.
            let at = self.shown.partition_point(|shown| shown.line <= mistake.line);
            if at < SHOWN_MAX {
                self.shown.truncate(SHOWN_MAX - 1);
                self.shown.insert(at, mistake);
            }
        }
    }
}

/// Looks at the rows of a file, from its beginning for as often as it asks for.
pub struct Checker<'a> {
    terms: &'a Terms,
    look: Look,
    room: usize,
    /// Hashes in this range are compared now; those below it have been.
    range: RangeInclusive<u64>,
    pairs: usize,
    mistakes: Mistakes,
}

/// What a look at the file is for.
enum Look {
    /// Judges every row and collects hashes.
    First(Hashes),
    /// Collects hashes of another range.
    Next(Hashes),
    /// Names the lines of the pairs that stand in the file more than once.
    Twins(Twins),
}

impl<'a> Checker<'a> {
    /// Begins a file.
    #[must_use]
    pub fn new(terms: &'a Terms) -> Self {
        Checker::with_room(terms, ROOM)
    }

    /// A checker that compares so many hashes at once, at least two.
    pub(super) fn with_room(terms: &'a Terms, room: usize) -> Self {
        Checker {
            terms,
            look: Look::First(Hashes::default()),
            room,
            range: 0..=Hashes::MAX,
            pairs: 0,
            mistakes: Mistakes::default(),
        }
    }

    /// Looks at the next row.
    pub fn look(&mut self, row: &Row) {
        let is_first = matches!(self.look, Look::First(_));
        let watch = match Watch::read(row, self.terms) {
            Ok(watch) => watch,
            Err(mistakes) if is_first => return self.mistakes.add(mistakes),
            Err(_) => return,
        };
        self.pairs += if is_first { watch.to.len() } else { 0 };
        for address in &watch.to {
            let hash = hash(address, &watch.subject);
            if !self.range.contains(&hash) {
                continue;
            }
            match &mut self.look {
                Look::First(hashes) | Look::Next(hashes) => {
                    hashes.add(hash, &mut self.range, self.room);
                }
                Look::Twins(twins) => {
                    if let Some(first) = twins.meet(hash, watch.line) {
                        let (subject, to) = (&watch.subject, address.masked());
                        let message = format!("{subject} to {to} stands in line {first} already");
                        self.mistakes.add([Mistake::new(watch.line, message)]);
                    }
                }
            }
        }
    }

    /// Ends a look; whether the file is to be looked at once more, from its beginning.
    pub fn goes_on(&mut self) -> bool {
        if let Look::First(hashes) | Look::Next(hashes) = &mut self.look {
            let twins = std::mem::take(hashes).twins();
            if !twins.hashes.is_empty() {
                self.look = Look::Twins(twins);
                return true;
            }
        }
        let Some(next) = self.range.end().checked_add(1).filter(|next| *next <= Hashes::MAX) else {
            return false;
        };
        self.range = next..=Hashes::MAX;
        self.look = Look::Next(Hashes::default());
        true
    }

    /// How many pairs of subject and destination the file has.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn finish(self) -> Result<usize, Mistakes> {
        if self.mistakes.count == 0 { Ok(self.pairs) } else { Err(self.mistakes) }
    }
}

/// Hashes of 63 bits: at a million pairs, one in twenty million files has two that are alike.
///
/// Handles that differ in case alone have one hash: YouTube takes them for one channel.
fn hash(address: &Address, subject: &SubjectRef) -> u64 {
    let mut hasher = DefaultHasher::new();
    (address, subject.folded().as_ref()).hash(&mut hasher);
    hasher.finish() >> 1
}

/// The hashes of a range: each is moved up by one bit, and the lowest bit says whether it came more than once.
#[derive(Default)]
struct Hashes(Vec<u64>);

impl Hashes {
    /// The largest hash.
    const MAX: u64 = u64::MAX >> 1;

    fn add(&mut self, hash: u64, range: &mut RangeInclusive<u64>, room: usize) {
        if self.0.len() == room {
            self.merge();
            // Half of the range is left for a later look, for as often as it takes to have room again.
            while self.0.len() > room / 2 && range.start() < range.end() {
                let middle = range.start() + (range.end() - range.start()) / 2;
                *range = *range.start()..=middle;
                self.0.retain(|kept| kept >> 1 <= middle);
            }
        }
        if range.contains(&hash) {
            self.0.push(hash << 1);
        }
    }

    /// Sorts, and makes one of those that are alike.
    fn merge(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by(|next, kept| {
            let alike = *next >> 1 == *kept >> 1;
            if alike {
                *kept |= 1;
            }
            alike
        });
    }

    fn twins(mut self) -> Twins {
        self.merge();
        self.0.retain(|hash| hash & 1 == 1);
        self.0.iter_mut().for_each(|hash| *hash >>= 1);
        Twins { first: vec![None; self.0.len()], hashes: self.0 }
    }
}

/// Hashes that came more than once, sorted, and the line in which each was first met.
struct Twins {
    hashes: Vec<u64>,
    first: Vec<Option<u64>>,
}

impl Twins {
    /// The line in which this pair was met before.
    fn meet(&mut self, hash: u64, line: u64) -> Option<u64> {
        let at = self.hashes.binary_search(&hash).ok()?;
        let before = self.first[at];
        self.first[at].get_or_insert(line);
        before
    }
}
