//! Reads the operator's templates, which lie over the built-in ones.

use std::path::Path;

/// The largest template file taken; the built-in ones are below 4 KiB.
const FILE_MAX_BYTES: u64 = 256 * 1024;

/// Files taken at most.
const FILES_MAX: usize = 200;

/// The files of a folder and of its folders, as path relative to it (with `/`) and text. No folder, no files.
///
/// # Errors
///
/// One line that names the file.
pub fn read_templates(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, "", &mut files)?;
    }
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), String> {
    let cant = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let entries = std::fs::read_dir(folder).map_err(|error| cant(folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| cant(folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Files of editors and file managers are nobody's templates.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            if prefix.is_empty() {
                collect(&path, &format!("{name}/"), files)?;
            }
            continue;
        }
        let size = path.metadata().map_err(|error| cant(&path, &error))?.len();
        if size > FILE_MAX_BYTES || files.len() == FILES_MAX {
            return Err(cant(&path, &"too large, or too many files, for templates"));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| cant(&path, &error))?;
        files.push((format!("{prefix}{name}"), text));
    }
    Ok(())
}
