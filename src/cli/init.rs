//! `tubebell init`: a configuration to fill in.

use std::io::{self, Write};

use super::context::{Context, stdout};
use super::fault::Fault;
use crate::files;

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
        files::make_folder(folder).map_err(|error| failed(&error))?;
    }
    if args.force {
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.is_symlink() => {
                return Err(Fault::failed(format!("{shown} is a link: name the file itself")));
            }
            // Made anew: who has opened the old one reads nothing of what is filled in.
            Ok(_) => std::fs::remove_file(path).map_err(|error| failed(&error))?,
            Err(_) => {}
        }
    }
    let mut file = match files::make(path) {
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
