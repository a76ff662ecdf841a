//! `tubebell export`: the running watches as a file that `apply` reads.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::{counted, say};
use super::watch_file::Printer;
use crate::files;
use crate::model::UnixMillis;
use crate::store::{Access, Registry, Sqlite, WatchFilter};

/// Watches read at once: a bound on memory.
const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file (TOML); without it, standard output
    file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    let tz = &config.defaults.tz;
    let Some(path) = &args.file else {
        return block_on(write(&store, stdout(), context.now, tz)).map(drop);
    };
    let shown = path.display();
    // It holds the addresses of webhooks, which are as good as passwords.
    let file = match files::make(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Fault::failed(format!("{shown} exists already: name a new file")));
        }
        other => {
            other.map_err(|error| Fault::failed(format!("{shown}: can't be written: {error}")))?
        }
    };
    let written = block_on(write(&store, BufWriter::new(file), context.now, tz))?;
    say(&format!("wrote {} to {shown}", counted(written, "watch", "watches")));
    Ok(())
}

async fn write(store: &Sqlite, out: impl Write, now: UnixMillis, tz: &str) -> Result<usize, Fault> {
    let mut printer = Printer::new(out, now, tz)?;
    let mut after = 0;
    loop {
        let page = store.watches(WatchFilter::All, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.0;
        for row in page {
            printer.add(row)?;
        }
    }
    Ok(printer.finish()?)
}
