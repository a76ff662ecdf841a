//! What must hold for every text from outside: one law per reader, each over arbitrary bytes.
//!
//! Shared by the fuzz targets (`fuzz/targets`, which include this folder) and by the test that runs their corpus, so
//! what a search has found once is asked of every later version. A law panics where it is broken.

pub(crate) mod discord;
pub(crate) mod message;
pub(crate) mod reference;
pub(crate) mod rule;
pub(crate) mod update;
pub(crate) mod watch_file;
pub(crate) mod youtube;

/// Asserts that `line` can stand in a log, on a terminal and in a chat as one line.
#[track_caller]
fn assert_one_line(line: &str) {
    assert!(!line.is_empty(), "says nothing");
    assert!(!line.chars().any(is_unruly), "{line:?}");
}

/// What can begin a line of its own, or steer a terminal.
fn is_unruly(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
