//! What people read: lines on standard error, progress, and texts of strangers that must not drive a terminal.

use std::io::{IsTerminal, Write};

use crate::render::numbers::grouped;

/// Writes a line to standard error. Where nobody reads it there is nobody to tell.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Whether a character shows as itself: no control character, nothing that turns the direction of a line.
pub(super) fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of strangers, such as a title, in one line.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

/// A number with its noun: `1 watch`, `1,000 watches`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    let number = grouped(i64::try_from(count).unwrap_or(i64::MAX));
    format!("{number} {}", if count == 1 { one } else { many })
}

/// A line on standard error that says how far a long work is; silent where that is no terminal.
pub(super) struct Progress {
    shown: bool,
    enabled: bool,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { shown: false, enabled: std::io::stderr().is_terminal() }
    }

    /// Replaces the line.
    pub(super) fn show(&mut self, text: &str) {
        if self.enabled {
            self.shown = true;
            drop(write!(std::io::stderr(), "\r\x1b[K{text}"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}
