//! Values that are text, as they are taken: secrets and paths among them.

use std::path::Path;

use super::toml::Raw;
use crate::files;
use crate::model::is_invisible;

/// Longest secret that is read from a file, in bytes: keeps mixed-up paths from filling the memory.
const SECRET_MAX_BYTES: u64 = 64 * 1024;

/// Longest path, in bytes: what all systems take. Messages repeat paths.
const PATH_MAX_BYTES: usize = 1024;

/// Said of a value in quotes that nobody takes off.
pub(super) const IN_QUOTES: &str = "holds quotes: write the value without them (env files and small files are taken as \
                                    they stand, quotes and all)";

/// A value that must be text.
pub(super) fn text(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::Text(text) => Ok(trimmed_of_invisible(text)),
        Raw::Integer(_) | Raw::Bool(_) | Raw::List(_) | Raw::Table(_) | Raw::Other(_) => {
            Err(format!("expected text in quotes, not {}", raw.kind()))
        }
    }
}

/// The text without what nobody sees at its ends; white space is left for each key to judge.
pub(super) fn trimmed_of_invisible(text: &str) -> &str {
    text.trim_matches(is_invisible)
}

/// Whether a text stands in quotes, as in an env file that is read by Docker or systemd's older versions.
pub(super) fn is_quoted(text: &str) -> bool {
    let text = text.trim();
    let within = |quote| text.strip_prefix(quote).is_some_and(|rest: &str| rest.ends_with(quote));
    within('"') || within('\'')
}

/// Whether a quote stands at an end of a secret: none has one there.
pub(super) fn holds_quotes(text: &str) -> bool {
    let quotes = ['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»'];
    text.starts_with(quotes) || text.ends_with(quotes)
}

/// The content of a secret's file, without line breaks and invisible characters (a byte order mark) at its ends.
pub(super) fn secret_of(path: &str) -> Result<String, String> {
    let told = |error: files::FileError| format!("{path} {error}");
    let text = files::read_text(Path::new(bounded(path)?), SECRET_MAX_BYTES).map_err(told)?;
    let is_around = |c: char| matches!(c, '\r' | '\n') || is_invisible(c);
    Ok(text.trim_start_matches(is_invisible).trim_end_matches(is_around).to_owned())
}

/// The path, if it is no longer than a path can be.
pub(super) fn bounded(path: &str) -> Result<&str, String> {
    if path.len() > PATH_MAX_BYTES {
        return Err(format!("has {} bytes: no path has more than {PATH_MAX_BYTES}", path.len()));
    }
    Ok(path)
}
