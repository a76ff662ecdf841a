//! The second pass over the file: what stands is compared with what the file says, and the differences are written.
//!
//! The file is taken a chunk at a time, and of a chunk what differs is written in the order in which it lies in the
//! database: in the order of the file, each watch of a long one would touch other pages than the one before.

use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use super::enabled::Enabled;
use super::kept::Kept;
use super::{Done, Fault, WatchFile};
use crate::cli::terminal::Progress;
use crate::cli::watch_file::{Difference, Terms, Watch, difference};
use crate::model::{Address, Owner, Rule, SubscriptionId, UnixMillis};
use crate::route::trigger;
use crate::store::{Edit, Edited, NewRule, Registry, Sqlite, WatchAt, WatchEdit, WatchFilter};

/// Pairs of subject and destination in a chunk: some 15 MB.
const CHUNK: usize = 32_768;

/// Pairs that are looked up at once.
const LOOK_UP: usize = 1024;

/// Edits that are handed to the store at once; it makes transactions of them.
const EDITS: usize = 4096;

/// Behind every row that there is.
const NEW_PLACES: i64 = 1 << 62;

/// One pair of subject and destination.
#[derive(Clone)]
struct Pair {
    watch: Rc<Watch>,
    /// Which of its destinations.
    to: usize,
}

impl Pair {
    fn address(&self) -> &Address {
        &self.watch.to[self.to]
    }
}

/// A pair to be written.
struct Planned {
    pair: Pair,
    is_new: bool,
    /// Its destination has another address by now.
    is_moved: bool,
    /// Where its subject lies in the database, or is going to.
    place: i64,
}

/// What becomes of the differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing: what the file still has is found out.
    Look,
    /// They are printed.
    Show,
    /// They are written.
    Write,
}

/// How many watches this file once brought, and how many of them it no longer has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pruned {
    pub(super) all: usize,
    pub(super) ending: usize,
}

impl Pruned {
    /// Whether so much ends that the file is rather an empty one, or half of one, than meant.
    pub(super) fn is_most(self) -> bool {
        self.ending.saturating_mul(2) > self.all
    }
}

pub(super) struct Apply<'a, W> {
    /// `None`: there is no database yet, and none is to be made.
    pub(super) store: Option<Sqlite>,
    pub(super) origin: String,
    pub(super) mode: Mode,
    pub(super) now: UnixMillis,
    pub(super) out: &'a mut W,
    pub(super) progress: Progress,
    pub(super) done: Done,
    /// The watches that the file has.
    pub(super) kept: Kept,
    /// Destinations that the file names, and that were off.
    pub(super) enabled: Enabled,
}

impl<W: Write> Apply<'_, W> {
    /// Brings the database to what the file says; `pairs` is how many it has.
    pub(super) async fn write(
        &mut self,
        file: &WatchFile<'_>,
        terms: &Terms,
        pairs: usize,
    ) -> Result<(), Fault> {
        let verb = if self.mode == Mode::Look { "comparing" } else { "writing" };
        self.progress.begin(verb, "watches", Some(pairs));
        let mut chunk = Vec::new();
        for row in file.rows()? {
            let row = row.map_err(|error| file.unreadable(&error))?;
            let watch = Watch::read(&row, terms).map_err(|_| {
                let shown = file.path.display();
                Fault::failed(format!("{shown} was changed while it was read: apply it again"))
            })?;
            let watch = Rc::new(watch);
            for to in 0..watch.to.len() {
                chunk.push(Pair { watch: Rc::clone(&watch), to });
                if chunk.len() == CHUNK {
                    self.write_chunk(&chunk).await?;
                    chunk.clear();
                }
            }
        }
        self.write_chunk(&chunk).await
    }

    async fn write_chunk(&mut self, chunk: &[Pair]) -> Result<(), Fault> {
        let mut planned = Vec::new();
        let mut moved = Vec::new();
        let mut enabling = Vec::new();
        // New subjects get their rows one after the other, in the order in which they come.
        let mut new_places = HashMap::new();
        for pairs in chunk.chunks(LOOK_UP) {
            for (pair, at) in pairs.iter().zip(self.look_up(pairs).await?) {
                if let Some((destination, shut)) = &at.shut
                    && self.mode != Mode::Look
                    && self.enabled.add(*destination, pair.address(), shut)
                {
                    enabling.push(Edit::Alive { destination: pair.address().clone() });
                }
                if at.moved {
                    moved.push(pair.clone());
                    continue;
                }
                let next = NEW_PLACES + i64::try_from(new_places.len()).unwrap_or(0);
                let place = at.subject.unwrap_or_else(|| {
                    *new_places.entry(pair.watch.subject.clone()).or_insert(next)
                });
                if let Some(is_new) = self.compare(pair, &at)? {
                    let is_moved = false;
                    planned.push(Planned { pair: pair.clone(), is_new, is_moved, place });
                }
            }
        }
        if self.mode == Mode::Write {
            self.apply_edits(enabling).await?;
        }
        if planned.len() > EDITS {
            planned.sort_by_key(|planned| planned.place);
        }
        self.edit(planned).await?;
        // One after the other, and last: that a chat is named twice, by its old address too, is seen when the watch of
        // the other line stands.
        for pair in moved {
            let at = self.look_up(std::slice::from_ref(&pair)).await?;
            for at in at {
                if let Some(is_new) = self.compare(&pair, &at)? {
                    let (pair, is_moved) = (pair.clone(), at.moved);
                    self.edit(vec![Planned { pair, is_new, is_moved, place: 0 }]).await?;
                }
            }
        }
        Ok(())
    }

    async fn look_up(&self, pairs: &[Pair]) -> Result<Vec<WatchAt>, Fault> {
        match &self.store {
            Some(store) => {
                let key = |pair: &Pair| (pair.address().clone(), pair.watch.subject.clone());
                Ok(store.watches_at(pairs.iter().map(key).collect()).await?)
            }
            None => {
                let nothing = WatchAt { watch: None, moved: false, subject: None, shut: None };
                Ok(vec![nothing; pairs.len()])
            }
        }
    }

    /// Whether a pair is to be written, and is new then.
    fn compare(&mut self, pair: &Pair, at: &WatchAt) -> Result<Option<bool>, Fault> {
        let (watch, address) = (&pair.watch, pair.address());
        if let Some(standing) = &at.watch
            && !self.kept.insert(standing.id.0)
        {
            if self.mode != Mode::Look {
                self.progress.say(&doubled(pair, at.moved));
            }
            return Ok(None);
        }
        let difference = difference(watch, at.watch.as_ref(), &self.origin);
        let (sign, what) = match &difference {
            Difference::New => {
                self.done.new += 1;
                ('+', (self.mode == Mode::Show).then(|| rules(watch)))
            }
            Difference::Changed(changes) => {
                self.done.changed += 1;
                ('~', Some(changes.join(", ")))
            }
            Difference::Adopted => {
                self.done.adopted += 1;
                (' ', None)
            }
            Difference::None => {
                self.done.unchanged += 1;
                self.progress.add(1);
                return Ok(None);
            }
        };
        if self.mode == Mode::Write {
            return Ok(Some(difference == Difference::New));
        }
        if let Some(what) = what.filter(|_| self.mode == Mode::Show) {
            let (subject, to) = (&watch.subject, address.masked());
            writeln!(self.out, "{sign} {subject} to {to}: {what} (line {})", watch.line)?;
        }
        self.progress.add(1);
        Ok(None)
    }

    async fn edit(&mut self, planned: Vec<Planned>) -> Result<(), Fault> {
        for planned in planned.chunks(EDITS) {
            let edits = planned.iter().map(|planned| self.watch_edit(&planned.pair)).collect();
            let edited = self.apply_edits(edits).await?;
            for (planned, edited) in planned.iter().zip(edited) {
                if let Edited::Watched { subscription, .. } = edited
                    && !self.kept.insert(subscription.0)
                    && planned.is_new
                {
                    self.progress.say(&doubled(&planned.pair, planned.is_moved));
                }
            }
        }
        Ok(())
    }

    /// Applies edits in as many transactions as it takes.
    async fn apply_edits(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Fault> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let edits: Arc<[Edit]> = edits.into();
        let mut done = Vec::with_capacity(edits.len());
        while done.len() < edits.len() {
            let some = store.edit_some(Arc::clone(&edits), done.len(), self.now).await?;
            let some_edits = edits.iter().skip(done.len()).take(some.len());
            let is_of_a_watch = |edit: &&Edit| !matches!(edit, Edit::Alive { .. });
            self.progress.add(some_edits.filter(is_of_a_watch).count());
            done.extend(some);
        }
        Ok(done)
    }

    fn watch_edit(&self, Pair { watch, to }: &Pair) -> Edit {
        Edit::Watch(Box::new(WatchEdit {
            destination: watch.to[*to].clone(),
            owner: Owner::Operator,
            subject: watch.subject.clone(),
            title: None,
            rules: watch.rules.iter().map(new_rule).collect(),
            settings: watch.settings.clone(),
            origin: self.origin.clone(),
            beginning: None,
            limit: None,
            videos_limit: None,
        }))
    }

    /// Counts what [`Apply::prune`] would remove, by a look at the whole file. Nothing is written or said.
    pub(super) async fn look(
        &mut self,
        file: &WatchFile<'_>,
        terms: &Terms,
        pairs: usize,
    ) -> Result<Pruned, Fault> {
        let mode = std::mem::replace(&mut self.mode, Mode::Look);
        self.write(file, terms, pairs).await?;
        let pruned = self.prune().await?;
        (self.mode, self.done, self.kept) = (mode, Done::default(), Kept::default());
        Ok(pruned)
    }

    /// Removes the watches of this origin that the file did not name.
    pub(super) async fn prune(&mut self) -> Result<Pruned, Fault> {
        let verb = if self.mode == Mode::Look { "comparing" } else { "pruning" };
        self.progress.begin(verb, "watches", None);
        let mut pruned = Pruned::default();
        let mut after = SubscriptionId(0);
        while let Some(store) = &self.store {
            let page = store.watches_from(&self.origin, after, EDITS).await?;
            let Some(last) = page.last() else { break };
            let begin = std::mem::replace(&mut after, *last);
            let ending = page.iter().filter(|id| !self.kept.contains(id.0)).count();
            pruned.all += page.len();
            pruned.ending += ending;
            if ending == 0 || self.mode == Mode::Look {
                continue; // Nearly always: all else about them need not be read.
            }
            let filter = WatchFilter::Origin(self.origin.clone());
            let rows = store.watches(filter, begin.0, page.len()).await?;
            let mut edits = Vec::new();
            // Where a watch has ended meanwhile, the first of the next page come along.
            let rows = rows.into_iter().filter(|row| row.id.0 <= after.0);
            for row in rows.filter(|row| !self.kept.contains(row.id.0)) {
                self.done.pruned += 1;
                if self.mode == Mode::Show {
                    let to = row.destination.address.masked();
                    writeln!(self.out, "- {} to {to}: {}", row.subject, row.rules.join("; "))?;
                } else {
                    let destination = row.destination.address;
                    edits.push(Edit::Unwatch { destination, subject: row.subject });
                }
            }
            self.apply_edits(edits).await?;
        }
        Ok(pruned)
    }
}

fn rules(watch: &Watch) -> String {
    watch.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Two addresses of the file became one chat since it was written, or two names turned out to be one channel's.
fn doubled(Pair { watch, to }: &Pair, is_moved: bool) -> String {
    let (line, to) = (watch.line, watch.to[*to].masked());
    if is_moved {
        format!("line {line}: {to} has moved to a chat that another line names: left out")
    } else {
        format!(
            "line {line}: {} to {to} is on another line under another name of the channel: left out",
            watch.subject
        )
    }
}

/// A rule without a base: its first observation, which is silent, gives it one.
fn new_rule(rule: &Rule) -> NewRule {
    let unset = trigger::initial(&rule.condition, None).next;
    let unset = unset.expect("nothing is known yet, so no value of the rule can have been passed");
    NewRule {
        text: rule.to_string(),
        unset: (unset.series, unset.value),
        per_video: trigger::is_per_video(&rule.condition),
        start: None,
    }
}
