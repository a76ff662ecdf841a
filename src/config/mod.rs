//! The configuration: a TOML file and the environment become one typed [`Config`], or all their mistakes at once.
//!
//! In: the text of the file and the variables `TUBEBELL_…`. Out: plain options for each module, or one line per mistake
//! that says where it stands and what to write. `config/default.toml` is the single source of known keys and defaults:
//! [`known`] reads it like any other file, [`options`] says what each key means. Imported by `app` and `cli` only.

mod known;
mod layers;
mod options;
mod reader;
mod text;
mod toml;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::files::{self, FileError};
pub use options::Config;
pub(crate) use options::DefaultOptions;

/// Longest configuration, in bytes: far more than all keys take.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// Everything that is wrong with a configuration, one line each. No line holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Reads the file at `path`, if one is given, and lays the variables of `environment` over it.
///
/// # Errors
///
/// All mistakes at once; a file that cannot be read is one of them.
pub fn load(
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, Mistakes> {
    let (name, text) = read(path)?;
    finished(given(&text, path, environment), &name)
}

/// Reads where the operator's templates are, and nothing else: looking at a message needs no keys.
///
/// # Errors
///
/// What is wrong with that key, what can't be read, and what is unknown.
pub fn templates(
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<PathBuf, Mistakes> {
    let (name, text) = read(path)?;
    let mut reader = given(&text, path, environment);
    let folder = options::templates(&mut reader);
    match reader.finish(&name) {
        lines if lines.is_empty() => Ok(folder),
        lines => Err(Mistakes(lines)),
    }
}

/// The name of a file in messages, and its text.
fn read(path: Option<&Path>) -> Result<(String, String), Mistakes> {
    let Some(path) = path else { return Ok(("configuration".to_owned(), String::new())) };
    match files::read_text(path, FILE_MAX_BYTES) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(error) => {
            let is_missing = matches!(&error, FileError::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound);
            let hint = if is_missing { "; `tubebell init` writes one to start from" } else { "" };
            Err(Mistakes(vec![format!("{}: {error}{hint}", path.display())]))
        }
    }
}

fn given(
    text: &str,
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> reader::Reader {
    let mut mistakes = Vec::new();
    let mut given = layers::from_file(text, &mut mistakes);
    layers::lay_environment(&mut given, environment, &mut mistakes);
    reader::Reader::new(given, mistakes, path)
}

/// Reads the text of a configuration; `name` is what its mistakes are reported under.
///
/// Reads the files that `<key>_file` names, and nothing else.
///
/// # Errors
///
/// All mistakes at once.
pub fn parse(
    name: &str,
    text: &str,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Config, Mistakes> {
    finished(given(text, None, environment), name)
}

fn finished(mut reader: reader::Reader, name: &str) -> Result<Config, Mistakes> {
    let config = options::read(&mut reader);
    match reader.finish(name) {
        lines if lines.is_empty() => Ok(config),
        lines => Err(Mistakes(lines)),
    }
}

/// The environment of this process, for [`load`].
#[must_use]
pub fn environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// The configuration that `tubebell init` writes: what a newcomer has to fill in, and where to get it.
#[must_use]
pub fn init_text() -> String {
    include_str!("init.toml").to_owned()
}

#[cfg(test)]
mod tests;
