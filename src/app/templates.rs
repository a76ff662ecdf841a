//! Reads the operator's folder of templates, as `render` is pure.

use std::fs::ReadDir;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{self, FileError};

/// Largest template, in bytes: far more than a message can have. Parsing counts lines from the beginning for each tag.
const TEMPLATE_MAX_BYTES: u64 = 64 * 1024;

/// Most templates: more than there are messages.
const TEMPLATES_MAX: usize = 100;

/// Why the folder of templates could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// A file or folder in it.
    #[error("{}: {cause}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: FileError,
    },
    /// It is no folder of templates.
    #[error("{}: holds more than {TEMPLATES_MAX} templates: there are not as many messages", .0.display())]
    TooMany(PathBuf),
}

/// Reads every `<message>/<file>.hbs` of `folder`: the path relative to it with `/`, and the text.
///
/// A folder that does not exist is an empty one. What begins with a dot, and files of other kinds (notes, what an editor
/// leaves) are not looked at. Links lead to files in this folder, or are refused: who gives templates gives no other file
/// of this machine.
///
/// # Errors
///
/// See [`TemplatesError`].
pub fn templates(folder: &Path) -> Result<Vec<(String, String)>, TemplatesError> {
    let mut found = Vec::new();
    let messages = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        other => other.map_err(|cause| wrong(folder, FileError::Io(cause)))?,
    };
    for message in entries(folder, messages) {
        let (name, path) = message?;
        if name.starts_with('.') || !path.is_dir() {
            continue;
        }
        let real = files::within(folder, &path).map_err(|cause| wrong(&path, cause))?;
        let files = std::fs::read_dir(real).map_err(|cause| wrong(&path, FileError::Io(cause)))?;
        for file in entries(&path, files) {
            let (file, path) = file?;
            if file.starts_with('.') || !file.ends_with(".hbs") {
                continue;
            }
            if found.len() == TEMPLATES_MAX {
                return Err(TemplatesError::TooMany(folder.to_owned()));
            }
            found.push((format!("{name}/{file}"), text(folder, &path)?));
        }
    }
    found.sort();
    Ok(found)
}

fn wrong(path: &Path, cause: FileError) -> TemplatesError {
    TemplatesError::File { path: path.to_owned(), cause }
}

/// The names in a folder, each with its path.
fn entries(
    folder: &Path,
    listing: ReadDir,
) -> impl Iterator<Item = Result<(String, PathBuf), TemplatesError>> {
    listing.map(move |entry| {
        let name = entry.map_err(|cause| wrong(folder, FileError::Io(cause)))?.file_name();
        Ok((name.to_string_lossy().into_owned(), folder.join(&name)))
    })
}

fn text(folder: &Path, path: &Path) -> Result<String, TemplatesError> {
    let real = files::within(folder, path);
    let text = real.and_then(|real| files::read_text(&real, TEMPLATE_MAX_BYTES));
    let text = text.map_err(|cause| wrong(path, cause))?;
    // The byte order mark of Windows would stand in every message.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}
