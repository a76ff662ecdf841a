//! How the process speaks about itself: log lines on standard error, and metrics.
//!
//! Beside the flow, not in it. Labels are words of a fixed list, never ids: their number is bounded.

mod metrics;
mod seldom;

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::TryInitError;

pub use metrics::{By, Count, Metrics, Plain, PollClass, SendClass, seconds};
pub use seldom::Seldom;

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
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colour);
    let layer: Box<dyn tracing_subscriber::Layer<_> + Send + Sync> = match options.format {
        LogFormat::Text => Box::new(layer.with_target(false)),
        LogFormat::Json => Box::new(layer.json().flatten_event(true).with_span_list(false)),
    };
    tracing_subscriber::registry().with(layer).with(filter)
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
