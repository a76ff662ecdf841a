//! What people read: lines on standard error, progress, and texts of strangers that must not drive a terminal.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::model::is_blank;
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

/// A text of strangers, such as a title, in one line; in place of one that shows nothing, words that say so.
pub(super) fn plain(text: &str) -> String {
    if is_blank(text) && !text.is_empty() {
        return "(nothing to be seen)".to_owned();
    }
    text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

/// A number with its noun: `1 watch`, `1,000 watches`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    let number = grouped(i64::try_from(count).unwrap_or(i64::MAX));
    format!("{number} {}", if count == 1 { one } else { many })
}

/// How often the line of progress is drawn at most, in a second.
const DRAWN_PER_S: u8 = 10;

/// A forecast before that would be a guess.
const FORECAST_AFTER: Duration = Duration::from_secs(3);

/// A line on standard error that says how far a long work is, drawn again and again; silent where that is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Before any work.
    pub(super) fn new() -> Progress {
        Progress(ProgressBar::hidden())
    }

    /// Begins a work on so many things, where it is known how many there are. The line of the last work goes away.
    pub(super) fn begin(&mut self, verb: &'static str, noun: &'static str, all: Option<usize>) {
        self.0 = bar(ProgressDrawTarget::stderr_with_hz(DRAWN_PER_S), verb, noun, all);
    }

    /// So many more are done.
    pub(super) fn add(&self, count: usize) {
        self.0.inc(as_u64(count));
    }

    /// Writes a line to standard error, above that of progress.
    pub(super) fn say(&self, line: &str) {
        self.0.suspend(|| say(line));
    }
}

/// A bar that clears its line when it is dropped.
fn bar(
    target: ProgressDrawTarget,
    verb: &'static str,
    noun: &'static str,
    all: Option<usize>,
) -> ProgressBar {
    let all = all.filter(|all| *all > 0).map(as_u64);
    let template = match all {
        Some(_) => "{prefix} [{bar:24}] {percent:>3} % {human_pos} of {human_len} {msg}{left}",
        None => "{prefix} {human_pos} {msg}",
    };
    let style = ProgressStyle::with_template(template).expect("a literal, tested below");
    let style = style.progress_chars("#-").with_key("left", forecast);
    ProgressBar::with_draw_target(all, target)
        .with_style(style)
        .with_prefix(verb)
        .with_message(noun)
}

/// How long the work will still take.
fn forecast(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.elapsed() >= FORECAST_AFTER && state.fraction() < 1.0 {
        write!(out, ", {:#} left", HumanDuration(state.eta())).ok();
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps what was written; a cleared line is a line break.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn add(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
            Ok(())
        }

        fn lines(&self) -> Vec<String> {
            let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            text.split('\n')
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.add(text).and_then(|()| self.add("\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.add(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.add("\n")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest::proptest! {
        #[test]
        fn of_any_text_something_is_seen_and_nothing_steers_a_terminal(
            text in "[a\u{0}-\u{20}\u{ad}\u{301}\u{3164}\u{2800}\u{180e}\u{200b}-\u{2069}\u{fe00}-\u{fe0f}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}\u{1d159}]{1,20}",
        ) {
            let shown = plain(&text);
            proptest::prop_assert!(!is_blank(&shown), "{shown:?}");
            proptest::prop_assert!(shown.chars().all(is_plain), "{shown:?}");
        }
    }

    #[track_caller]
    fn check(done: usize, all: Option<usize>, expected: &str) {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let progress = Progress(bar(target, "writing", "watches", all));
        progress.add(done);
        drop(progress);
        assert_eq!(screen.lines(), [expected]);
    }

    #[test]
    fn progress_says_how_far_the_work_is() {
        check(12_000, None, "writing 12,000 watches");
        check(0, Some(0), "writing 0 watches");
        check(
            250_000,
            Some(1_000_000),
            "writing [######------------------]  25 % 250,000 of 1,000,000 watches",
        );
        check(7, Some(7), "writing [########################] 100 % 7 of 7 watches");
    }
}
