//! `tubebell apply`: watches from a file.
//!
//! The file is read twice. The first pass judges all of it and changes nothing when anything is wrong; the second
//! compares a batch at a time with what stands and writes the differences, each batch in one short transaction beside
//! a running gateway. Stopped half-way, the next `apply` completes it.
//!
//! A watch made here has the origin `file:<name of the file>` (or `--name`), and `--prune` removes those with this
//! origin that the file no longer has. A watch that came from elsewhere and stands in the file belongs to it from
//! then on.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{Progress, counted, say};
use super::watch_file::{self, Checker, Difference, Form, Row, Terms, Watch, difference};
use crate::model::{Address, UnixMillis};
use crate::route::trigger;
use crate::store::{Access, Edit, Edited, NewRule, Sqlite, Store, WatchEdit, WatchFilter};

/// Pairs of subject and destination that are compared and written at once: a transaction of some ten milliseconds.
const BATCH: usize = 500;

/// Whose the destinations of a watch file are.
const OWNER: &str = "operator";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The watch file: .toml or .csv
    file: PathBuf,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Also removes watches that this file once brought and no longer has
    #[arg(long)]
    prune: bool,
    /// Under which name its watches are remembered, for --prune [default: the file's name without folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    let file = WatchFile::new(&args.file)?;
    let terms = Terms::new(&config, context.now);
    let pairs = file.check(&terms)?;

    let store = if args.dry_run && !config.store.path.exists() {
        None // Looking makes no database.
    } else {
        let access = if args.dry_run { Access::Existing } else { Access::Tool };
        Some(context.store(&config, access)?)
    };
    let name = args.name.clone().unwrap_or_else(|| file.name());
    let mut out = stdout();
    let mut apply = Apply {
        store,
        origin: format!("file:{name}"),
        dry_run: args.dry_run,
        now: context.now,
        out: &mut out,
        progress: Progress::new(),
        done: Done::default(),
        kept: HashSet::new(),
    };
    block_on(async {
        apply.write(&file, &terms, pairs).await?;
        if args.prune { apply.prune().await } else { Ok(()) }
    })?;
    let summary = apply.done.summary(args.dry_run);
    drop(apply);
    writeln!(out, "{summary}")?;
    Ok(out.flush()?)
}

/// The file that is applied.
struct WatchFile<'a> {
    path: &'a Path,
    form: Form,
}

impl<'a> WatchFile<'a> {
    fn new(path: &'a Path) -> Result<Self, Fault> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let form = match extension.as_str() {
            "toml" => Form::Toml,
            "csv" => Form::Csv,
            _ => {
                let shown = path.display();
                return Err(Fault::wrong(format!("{shown}: a watch file ends in .toml or .csv")));
            }
        };
        let file = WatchFile { path, form };
        let is_file = std::fs::metadata(path).map_err(|error| file.unreadable(&error))?.is_file();
        if !is_file {
            // It is read twice, which a pipe can't be.
            return Err(Fault::wrong(format!("{}: is no regular file", path.display())));
        }
        Ok(file)
    }

    fn unreadable(&self, error: &io::Error) -> Fault {
        Fault::wrong(format!("{}: can't be read: {error}", self.path.display()))
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn rows(&self) -> Result<impl Iterator<Item = io::Result<Row>> + use<>, Fault> {
        let file = File::open(self.path).map_err(|error| self.unreadable(&error))?;
        Ok(watch_file::rows(self.form, BufReader::with_capacity(1 << 16, file)))
    }

    /// Judges the whole file; returns how many pairs of subject and destination it has.
    fn check(&self, terms: &Terms) -> Result<usize, Fault> {
        let mut checker = Checker::new(terms);
        let mut progress = Progress::new();
        loop {
            for (index, row) in self.rows()?.enumerate() {
                checker.look(&row.map_err(|error| self.unreadable(&error))?);
                if index % 10_000 == 9_999 {
                    progress.show(&format!("checked {}", counted(index + 1, "watch", "watches")));
                }
            }
            if !checker.goes_on() {
                break;
            }
        }
        checker.finish().map_err(|mistakes| {
            let shown = self.path.display();
            let mut details: Vec<String> = mistakes
                .shown
                .iter()
                .map(|mistake| format!("{shown}:{}: {}", mistake.line, mistake.message))
                .collect();
            if mistakes.count > details.len() {
                let more = mistakes.count - details.len();
                details.push(format!("… and {}", counted(more, "more mistake", "more mistakes")));
            }
            let count = counted(mistakes.count, "mistake", "mistakes");
            Fault::Wrong { details, summary: format!("{count} in {shown}: nothing was changed") }
        })
    }
}

/// What has been done so far, by pair of subject and destination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Done {
    new: usize,
    changed: usize,
    adopted: usize,
    unchanged: usize,
    pruned: usize,
}

impl Done {
    fn summary(&self, dry_run: bool) -> String {
        let Done { new, changed, adopted, unchanged, pruned } = self;
        let standing = counted(adopted + unchanged, "watch", "watches");
        let elsewhere = match adopted {
            0 => String::new(),
            1 => " (one of them came from elsewhere and belongs to this file now)".to_owned(),
            _ => format!(" ({adopted} of them came from elsewhere and belong to this file now)"),
        };
        let head = match new + changed + pruned {
            0 => format!("nothing to change: {standing} unchanged{elsewhere}"),
            _ => format!(
                "{new} new, {changed} changed, {pruned} pruned, {} unchanged{elsewhere}",
                adopted + unchanged
            ),
        };
        if dry_run { format!("{head}; --dry-run: nothing was written") } else { head }
    }
}

/// One pair of subject and destination.
struct Pair {
    watch: std::rc::Rc<Watch>,
    address: Address,
}

struct Apply<'a, W> {
    /// `None`: there is no database yet, and none is to be made.
    store: Option<Sqlite>,
    origin: String,
    dry_run: bool,
    now: UnixMillis,
    out: &'a mut W,
    progress: Progress,
    done: Done,
    /// The rows of the watches that the file has.
    kept: HashSet<i64>,
}

impl<W: Write> Apply<'_, W> {
    async fn write(
        &mut self,
        file: &WatchFile<'_>,
        terms: &Terms,
        pairs: usize,
    ) -> Result<(), Fault> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut seen = 0;
        for row in file.rows()? {
            let row = row.map_err(|error| file.unreadable(&error))?;
            let watch = Watch::read(&row, terms).map_err(|_| {
                let shown = file.path.display();
                Fault::failed(format!("{shown} was changed while it was read: apply it again"))
            })?;
            let watch = std::rc::Rc::new(watch);
            for address in watch.to.clone() {
                batch.push(Pair { watch: std::rc::Rc::clone(&watch), address });
                if batch.len() == BATCH {
                    seen += batch.len();
                    self.write_batch(std::mem::take(&mut batch)).await?;
                    self.progress
                        .show(&format!("{seen} of {}", counted(pairs, "watch", "watches")));
                }
            }
        }
        self.write_batch(batch).await
    }

    async fn write_batch(&mut self, batch: Vec<Pair>) -> Result<(), Fault> {
        let keys = batch.iter().map(|p| (p.address.clone(), p.watch.subject.clone())).collect();
        let standing = match &self.store {
            Some(store) => store.watches_at(keys).await?,
            None => batch.iter().map(|_| None).collect(),
        };
        let mut edits = Vec::new();
        let mut lines = Vec::new();
        for (pair, standing) in batch.iter().zip(&standing) {
            let Pair { watch, address } = pair;
            if let Some(row) = standing
                && !self.kept.insert(row.id.0)
            {
                say(&moved(address, watch.line));
                continue;
            }
            let difference = difference(watch, standing.as_ref(), &self.origin);
            let (sign, what) = match &difference {
                Difference::New => {
                    self.done.new += 1;
                    ('+', rules(watch))
                }
                Difference::Changed(changes) => {
                    self.done.changed += 1;
                    ('~', changes.join(", "))
                }
                Difference::Adopted => {
                    self.done.adopted += 1;
                    (' ', String::new())
                }
                Difference::None => {
                    self.done.unchanged += 1;
                    continue;
                }
            };
            if self.dry_run {
                if difference != Difference::Adopted {
                    let (subject, to) = (&watch.subject, address.masked());
                    writeln!(self.out, "{sign} {subject} to {to}: {what} (line {})", watch.line)?;
                }
                continue;
            }
            lines.push((watch.line, address, difference == Difference::New));
            edits.push(Edit::Watch(Box::new(WatchEdit {
                destination: address.clone(),
                owner: OWNER.to_owned(),
                subject: watch.subject.clone(),
                title: None,
                rules: watch.rules.iter().map(new_rule).collect(),
                settings: watch.settings.clone(),
                origin: self.origin.clone(),
                beginning: None,
                limit: None,
            })));
        }
        let Some(store) = self.store.as_ref().filter(|_| !edits.is_empty()) else { return Ok(()) };
        // Without a mark the edits always have their effect.
        let edited = store.edit(None, edits, self.now).await?.unwrap_or_default();
        for (edited, (line, address, is_new)) in edited.into_iter().zip(lines) {
            if let Edited::Watched { subscription, .. } = edited
                && !self.kept.insert(subscription.0)
                && is_new
            {
                say(&moved(address, line));
            }
        }
        Ok(())
    }

    /// Removes the watches of this origin that the file did not name.
    async fn prune(&mut self) -> Result<(), Fault> {
        let Some(store) = &self.store else { return Ok(()) };
        let mut after = 0;
        loop {
            let filter = WatchFilter::Origin(self.origin.clone());
            let page = store.watches(filter, after, BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id.0;
            let mut edits = Vec::new();
            for row in page.into_iter().filter(|row| !self.kept.contains(&row.id.0)) {
                self.done.pruned += 1;
                if self.dry_run {
                    let to = row.destination.address.masked();
                    writeln!(self.out, "- {} to {to}: {}", row.subject, row.rules.join("; "))?;
                } else {
                    let destination = row.destination.address;
                    edits.push(Edit::Unwatch { destination, subject: row.subject });
                }
            }
            if !edits.is_empty() {
                store.edit(None, edits, self.now).await?;
            }
            self.progress.show(&format!("{} pruned", self.done.pruned));
        }
    }
}

fn rules(watch: &Watch) -> String {
    watch.rules.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Two addresses of the file became one chat since it was written.
fn moved(address: &Address, line: u64) -> String {
    let to = address.masked();
    format!("line {line}: {to} has moved to a chat that another line names: left out")
}

/// A rule without a base: its first observation, which is silent, gives it one.
fn new_rule(rule: &crate::model::Rule) -> NewRule {
    let unset = trigger::initial(rule, None).next;
    let unset = unset.expect("nothing is known yet, so no value of the rule can have been passed");
    NewRule { text: rule.to_string(), unset: (unset.series, unset.value), start: None }
}
