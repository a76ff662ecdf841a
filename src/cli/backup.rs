//! `tubebell backup`: a copy of the database, beside a running gateway.

use std::io::Write;
use std::path::PathBuf;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use crate::store::{Access, Housekeeping, Sqlite, StoreError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file
    file: PathBuf,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    let store = match Sqlite::open(&config.store.path, Access::Existing) {
        Err(StoreError::Older { .. }) => {
            return Err(Fault::failed(
                "the database is of an older version: its own program makes the copy (`tubebell backup` of that version), or copy the file and those with -wal and -shm while tubebell is stopped",
            ));
        }
        other => other?,
    };
    block_on(async { Ok(store.backup(&args.file).await?) })?;
    let mut out = stdout();
    writeln!(
        out,
        "wrote {}: to restore it, stop tubebell, put it in the place of {path}, and remove {path}-wal and {path}-shm",
        args.file.display(),
        path = config.store.path.display()
    )?;
    Ok(out.flush()?)
}
