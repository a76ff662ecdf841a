//! How the process speaks about itself: log lines on standard error, and metrics.
//!
//! Beside the flow, not in it. Labels are words of a fixed list, never ids: their number is bounded.

mod log_throttle;
mod metrics;

use std::io::{self, IsTerminal, Write};

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::TryInitError;

pub(crate) use log_throttle::LogThrottle;
pub use metrics::Metrics;
pub(crate) use metrics::{By, Count, Plain, PollClass, SendClass, seconds};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Text,
    /// For programs: one object a line.
    Json,
}

/// `[log]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// The least important level that is written.
    pub level: Level,
    /// The form.
    pub format: LogFormat,
}

/// Starts logging to standard error, once per process.
///
/// # Errors
///
/// When the process logs already.
pub fn start_logging(options: LogOptions) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let colour = std::io::stderr().is_terminal();
    subscriber(options, colour, std::io::stderr).try_init()
}

/// The subscriber behind [`start_logging`], writing to `writer`.
fn subscriber<W>(
    options: LogOptions,
    colour: bool,
    writer: W,
) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Libraries log URLs and headers from `debug` on, and a bot's token is part of its URL: they stay at `warn`.
    let level = LevelFilter::from_level(options.level);
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        // It writes what it can't read into its warnings, with the token by which an interaction is answered.
        .with_target("serenity", LevelFilter::OFF)
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let writer = OneLine { to: writer, colour };
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colour);
    let layer: Box<dyn tracing_subscriber::Layer<_> + Send + Sync> = match options.format {
        LogFormat::Text => Box::new(layer.with_target(false)),
        LogFormat::Json => Box::new(layer.json().flatten_event(true).with_span_list(false)),
    };
    tracing_subscriber::registry().with(layer).with(filter)
}

/// Keeps each event on its own line and away from the terminal: fields printed by their `Display` arrive as strangers
/// wrote them.
struct OneLine<M> {
    to: M,
    /// Colours pass: the only escapes that are ours.
    colour: bool,
}

/// The writer of one event.
struct Line<W> {
    to: W,
    colour: bool,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { to: self.to.make_writer(), colour: self.colour }
    }
}

impl<W: Write> Write for Line<W> {
    /// The layer hands over an event in one piece, with the line break that ends it.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        if line.contains(char::is_control) {
            self.to.write_all((tamed(line, self.colour) + "\n").as_bytes())?;
        } else {
            self.to.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The text with spaces for control characters; with `colour`, sequences that set a colour stay.
fn tamed(text: &str, colour: bool) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let sets_colour = after.strip_prefix('[').is_some_and(|code| {
            code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
        });
        tamed.push(if c.is_control() && !(colour && c == '\u{1b}' && sets_colour) {
            ' '
        } else {
            c
        });
        rest = after;
    }
    tamed
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What a logger with these options writes, without the time.
    fn logged(level: Level, format: LogFormat, log: impl FnOnce()) -> String {
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&written);
        let subscriber =
            subscriber(LogOptions { level, format }, false, move || Shared(Arc::clone(&writer)));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_carry_the_fields_and_the_message() {
        let text = logged(Level::INFO, LogFormat::Json, || {
            tracing::info!(video.id = "dQw4w9WgXcQ", wait_ms = 5, "waiting");
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "waiting");
        assert_eq!(line["video.id"], "dQw4w9WgXcQ");
        assert_eq!(line["wait_ms"], 5);
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn what_strangers_write_can_not_begin_a_log_line_or_steer_a_terminal() {
        let title = "x\r\n2026-11-21T13:03:00Z ERROR the database is gone\u{1b}[2J\u{7}\u{9b}2J";
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(Level::INFO, format, || {
                tracing::warn!(title, shown = %title, "told {title}");
            });
            let line = text.strip_suffix('\n').expect("a line");
            assert!(line.contains("the database is gone"), "{line:?}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn on_a_terminal_colours_pass_and_nothing_else_does() {
        let line =
            "\u{1b}[33mWARN\u{1b}[0m \u{1b}]0;title\u{7} \u{1b}[2J\u{9b}1m\r\n \u{1b}[1;31mx";
        assert_eq!(tamed(line, true), "\u{1b}[33mWARN\u{1b}[0m  ]0;title   [2J 1m   \u{1b}[1;31mx");
        assert!(!tamed(line, false).contains(char::is_control));
    }

    #[test]
    fn text_lines_have_no_colour_codes_off_a_terminal() {
        let text = logged(Level::INFO, LogFormat::Text, || tracing::warn!(wait_ms = 5, "waiting"));
        assert!(text.ends_with("WARN waiting wait_ms=5\n"), "{text:?}");
    }

    #[test]
    fn the_level_is_ours_and_libraries_stay_at_warn() {
        let text = logged(Level::DEBUG, LogFormat::Text, || {
            tracing::trace!("ours, too fine");
            tracing::debug!("ours");
            tracing::debug!(target: "reqwest::connect", "theirs, with a URL");
            tracing::warn!(target: "reqwest::connect", "theirs, a warning");
        });
        assert!(text.contains("ours") && text.contains("theirs, a warning"), "{text}");
        assert!(!text.contains("too fine") && !text.contains("with a URL"), "{text}");
    }
}
