//! What people read: lines on standard error, progress, and texts of strangers that must not drive a terminal.

use std::io::{IsTerminal, Stderr, Write};
use std::time::{Duration, Instant};

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

/// How often the line of progress is drawn at most.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// A forecast before that would be a guess.
const FORECAST_AFTER: Duration = Duration::from_secs(3);

/// Cells of the bar.
const BAR: usize = 24;

/// A line on standard error that says how far a long work is, drawn again and again; silent where that is no terminal.
pub(super) struct Progress<W: Write = Stderr> {
    out: W,
    enabled: bool,
    work: Work,
    drawn: Option<Instant>,
}

/// What is shown.
struct Work {
    verb: &'static str,
    noun: &'static str,
    begun: Instant,
    done: usize,
    all: Option<usize>,
}

impl Progress {
    pub(super) fn new() -> Progress {
        let err = std::io::stderr();
        let enabled = err.is_terminal();
        Progress::on(err, enabled)
    }
}

impl<W: Write> Progress<W> {
    fn on(out: W, enabled: bool) -> Progress<W> {
        let work = Work { verb: "", noun: "", begun: Instant::now(), done: 0, all: None };
        Progress { out, enabled, work, drawn: None }
    }

    /// Begins a work on so many things, where it is known how many there are.
    pub(super) fn begin(&mut self, verb: &'static str, noun: &'static str, all: Option<usize>) {
        self.work = Work { verb, noun, begun: Instant::now(), done: 0, all };
    }

    /// So many more are done.
    pub(super) fn add(&mut self, count: usize) {
        self.work.done += count;
        if !self.enabled {
            return;
        }
        let now = Instant::now();
        if self.drawn.is_none_or(|drawn| now.duration_since(drawn) >= DRAWN_EVERY) {
            self.drawn = Some(now);
            let line = self.work.line(now.duration_since(self.work.begun));
            drop(write!(self.out, "\r\x1b[K{line}").and_then(|()| self.out.flush()));
        }
    }
}

impl Work {
    fn line(&self, taken: Duration) -> String {
        let Work { verb, noun, done, .. } = self;
        let number = |count: usize| grouped(i64::try_from(count).unwrap_or(i64::MAX));
        let Some(all) = self.all.filter(|all| *all > 0) else {
            return format!("{verb} {} {noun}", number(*done));
        };
        let share = |of: usize| done.min(&all).saturating_mul(of) / all;
        let (full, percent) = (share(BAR), share(100));
        let bar = format!("{}{}", "#".repeat(full), "-".repeat(BAR - full));
        let mut line =
            format!("{verb} [{bar}] {percent:>3} % {} of {} {noun}", number(*done), number(all));
        if taken >= FORECAST_AFTER && *done > 0 && *done < all {
            let left = taken.as_secs().saturating_mul(as_u64(all - done)) / as_u64(*done);
            line.push_str(&format!(", {left} s left"));
        }
        line
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            drop(write!(self.out, "\r\x1b[K").and_then(|()| self.out.flush()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(done: usize, all: Option<usize>, taken_s: u64, expected: &str) {
        let begun = Instant::now();
        let work = Work { verb: "writing", noun: "watches", begun, done, all };
        assert_eq!(work.line(Duration::from_secs(taken_s)), expected);
    }

    #[test]
    fn progress_says_how_far_the_work_is_and_how_long_it_still_takes() {
        check(12_000, None, 9, "writing 12,000 watches");
        check(0, Some(0), 9, "writing 0 watches");
        check(
            0,
            Some(1_000_000),
            0,
            "writing [------------------------]   0 % 0 of 1,000,000 watches",
        );
        check(
            250_000,
            Some(1_000_000),
            10,
            "writing [######------------------]  25 % 250,000 of 1,000,000 watches, 30 s left",
        );
        check(
            1_000_000,
            Some(1_000_000),
            40,
            "writing [########################] 100 % 1,000,000 of 1,000,000 watches",
        );
    }

    #[test]
    fn progress_is_one_line_drawn_again_on_a_terminal_and_nothing_elsewhere() {
        let mut out = Vec::new();
        let mut progress = Progress::on(&mut out, true);
        progress.begin("writing", "watches", Some(4));
        progress.add(1);
        progress.add(1);
        progress.drawn = progress.drawn.and_then(|drawn| drawn.checked_sub(DRAWN_EVERY));
        progress.add(2);
        drop(progress);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\r\x1b[Kwriting [######------------------]  25 % 1 of 4 watches\
             \r\x1b[Kwriting [########################] 100 % 4 of 4 watches\r\x1b[K"
        );
        let mut silent = Vec::new();
        let mut progress = Progress::on(&mut silent, false);
        progress.begin("writing", "watches", Some(4));
        progress.add(4);
        drop(progress);
        assert!(silent.is_empty());
    }
}
