//! Reads the operator's folder of templates, as `render` is pure.

use std::io;
use std::path::{Path, PathBuf};

/// Largest template, in bytes: far more than a message can have.
const TEMPLATE_MAX_BYTES: u64 = 1 << 20;

/// Why the folder of templates could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// A file or folder can't be read.
    #[error("{}: can't be read", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file that is no template.
    #[error("{}: is larger than 1 MiB: no template is", .0.display())]
    TooLarge(PathBuf),
}

/// Reads every `<message>/<file>.hbs` of `folder`: the path relative to it with `/`, and the text.
///
/// A folder that does not exist is an empty one, and files of other kinds (notes, what an editor leaves) are not looked
/// at.
///
/// # Errors
///
/// See [`TemplatesError`].
pub fn templates(folder: &Path) -> Result<Vec<(String, String)>, TemplatesError> {
    let mut found = Vec::new();
    for (name, path) in entries(folder, true)? {
        if !path.is_dir() {
            continue;
        }
        for (file, path) in entries(&path, false)? {
            if !file.ends_with(".hbs") || file.starts_with('.') {
                continue;
            }
            let io = |cause| TemplatesError::Io { path: path.clone(), cause };
            if std::fs::metadata(&path).map_err(io)?.len() > TEMPLATE_MAX_BYTES {
                return Err(TemplatesError::TooLarge(path));
            }
            let text = std::fs::read_to_string(&path).map_err(io)?;
            // The byte order mark of Windows would stand in every message.
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
            found.push((format!("{name}/{file}"), text));
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path, may_lack: bool) -> Result<Vec<(String, PathBuf)>, TemplatesError> {
    let io = |cause| TemplatesError::Io { path: folder.to_owned(), cause };
    let listing = match std::fs::read_dir(folder) {
        Err(error) if may_lack && error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(io)?,
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(io)?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(entries)
}
