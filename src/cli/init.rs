//! `tubebell init`: a configuration to fill in.

use std::io::{self, Write};

use super::context::{Context, private_file, stdout};
use super::fault::Fault;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Replaces a configuration that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let path = context.config_path();
    let shown = path.display();
    let failed = |error: &io::Error| Fault::failed(format!("{shown}: can't be written: {error}"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    let mut file = match private_file(path, args.force) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Fault::failed(format!("{shown} exists already: --force replaces it")));
        }
        other => other.map_err(|error| failed(&error))?,
    };
    file.write_all(crate::config::init_text().as_bytes()).map_err(|error| failed(&error))?;
    let option = match path == Context::new(None, Vec::new(), context.now).config_path() {
        true => String::new(),
        false => format!(" --config {shown}"),
    };
    let mut out = stdout();
    writeln!(out, "wrote {shown}\n")?;
    writeln!(out, "Next:")?;
    writeln!(out, "  1. fill in its empty places; it says where to get each key")?;
    writeln!(out, "  2. tubebell check{option}    says what is still wrong")?;
    writeln!(out, "  3. tubebell run{option}      starts, and prints your link to the bot")?;
    Ok(out.flush()?)
}
