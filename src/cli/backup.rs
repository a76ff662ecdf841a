//! `tubebell backup`: a copy of the database, beside a running gateway.

use std::io::Write;
use std::path::PathBuf;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use crate::store::{Access, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file
    file: PathBuf,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    block_on(async { Ok(store.backup(&args.file).await?) })?;
    let mut out = stdout();
    writeln!(
        out,
        "wrote {}: to restore it, stop tubebell and put it in the place of {}",
        args.file.display(),
        config.store.path.display()
    )?;
    Ok(out.flush()?)
}
