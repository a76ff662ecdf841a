//! `tubebell apply`: watches from a file.
//!
//! The file is read twice. The first pass judges all of it and changes nothing when anything is wrong; the second
//! compares it with what stands and writes the differences, in short transactions beside a running gateway. Stopped
//! half-way, the next `apply` completes it. Memory does not grow with the file, but for eight bytes a watch up to two
//! million watches, and a bit.
//!
//! A watch made here has the origin `file:<name of the file>` (or `--name`), and `--prune` removes those with this
//! origin that the file no longer has; where that would end more than half of them, and so what an empty file or half a
//! one asks for, it takes `--prune-all`: else the run ends before it has changed anything. A watch that came from elsewhere and stands in the file belongs to it from
//! then on. A destination that the file names and that is off is on again.

mod enabled;
mod kept;
mod writing;

use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{Progress, counted};
use super::watch_file::{self, Checker, Form, Row, Terms};
use crate::files;
use crate::store::Access;
use enabled::Enabled;
use kept::Kept;
use writing::{Apply, Mode, Pruned};

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
    /// The same, even where that ends most of its watches or all
    #[arg(long)]
    prune_all: bool,
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
        mode: if args.dry_run { Mode::Show } else { Mode::Write },
        now: context.now,
        out: &mut out,
        progress: Progress::new(),
        done: Done::default(),
        kept: Kept::default(),
        enabled: Enabled::new(config.defaults.tz.clone()),
    };
    let prunes = args.prune || args.prune_all;
    let needs_word = |pruned: &Pruned| !args.prune_all && pruned.is_most();
    let shown = args.file.display();
    let refused = |Pruned { all, ending }| {
        let all = counted(all, "watch", "watches");
        Fault::failed(format!(
            "{shown}: --prune would end {ending} of the {all} that this file has brought, so nothing was changed; \
             if that is meant, say --prune-all"
        ))
    };
    let pruned = block_on(async {
        if prunes && !args.prune_all && !args.dry_run {
            let pruned = apply.look(&file, &terms, pairs).await?;
            if needs_word(&pruned) {
                return Err(refused(pruned));
            }
        }
        apply.write(&file, &terms, pairs).await?;
        if prunes { apply.prune().await } else { Ok(Pruned::default()) }
    })?;
    let summary = apply.done.summary(args.dry_run);
    let enabled = apply.enabled.summary(args.dry_run);
    drop(apply);
    for line in enabled {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{summary}")?;
    out.flush()?;
    // A dry run shows the whole difference, and ends as the run would.
    if args.dry_run && needs_word(&pruned) { Err(refused(pruned)) } else { Ok(()) }
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
        file.open()?;
        Ok(file)
    }

    fn unreadable(&self, error: &io::Error) -> Fault {
        Fault::wrong(format!("{}: can't be read: {error}", self.path.display()))
    }

    /// Opens it, from its beginning: it is read twice, which a pipe can't be.
    fn open(&self) -> Result<std::fs::File, Fault> {
        files::open(self.path)
            .map_err(|error| Fault::wrong(format!("{}: {error}", self.path.display())))
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn rows(&self) -> Result<impl Iterator<Item = io::Result<Row>> + use<>, Fault> {
        Ok(watch_file::rows(self.form, BufReader::with_capacity(1 << 16, self.open()?)))
    }

    /// Judges the whole file; returns how many pairs of subject and destination it has.
    fn check(&self, terms: &Terms) -> Result<usize, Fault> {
        let mut checker = Checker::new(terms);
        let mut progress = Progress::new();
        loop {
            progress.begin("checking", "lines", None);
            for row in self.rows()? {
                checker.look(&row.map_err(|error| self.unreadable(&error))?);
                progress.add(1);
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
            more => format!(
                " ({} came from elsewhere and belong to this file now)",
                counted(*more, "of them", "of them")
            ),
        };
        let head = match new + changed + pruned {
            0 => format!("nothing to change: {standing} unchanged{elsewhere}"),
            _ => format!(
                "{}, {}, {}, {}{elsewhere}",
                counted(*new, "new", "new"),
                counted(*changed, "changed", "changed"),
                counted(*pruned, "pruned", "pruned"),
                counted(adopted + unchanged, "unchanged", "unchanged"),
            ),
        };
        if dry_run { format!("{head}; --dry-run: nothing was written") } else { head }
    }
}
