//! How the process speaks about itself: log lines on standard error, and metrics.
//!
//! Beside the flow, not in it. Labels are words of a fixed list, never ids: their number is bounded.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::TryInitError;

use crate::model::{CancelReason, Channel, Suppressed};

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

/// How one attempt to send ended: a receipt, or a class of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendClass {
    /// A receipt.
    Sent,
    /// The channel wants this destination to wait.
    Wait,
    /// This attempt failed, another may not.
    Transient,
    /// The channel can't be reached.
    Unreachable,
    /// No answer came: it may have arrived, and a retry may be a duplicate.
    Ambiguous,
    /// The message will never be taken.
    Rejected,
    /// The recipient is gone.
    Gone,
    /// The recipient has moved.
    Moved,
    /// Our credentials were refused.
    Unauthorized,
}

impl SendClass {
    /// The word in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SendClass::Sent => "sent",
            SendClass::Wait => "wait",
            SendClass::Transient => "transient",
            SendClass::Unreachable => "unreachable",
            SendClass::Ambiguous => "ambiguous",
            SendClass::Rejected => "rejected",
            SendClass::Gone => "gone",
            SendClass::Moved => "moved",
            SendClass::Unauthorized => "unauthorized",
        }
    }
}

/// What became of alerts. `Created` is the sum of the others and of those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertStep {
    /// A rule fired.
    Created,
    /// A notification that holds it was taken.
    Sent,
    /// Not told, on purpose.
    Cancelled(CancelReason),
    /// Not told, because it could not be.
    Dead,
}

impl AlertStep {
    const fn labels(self) -> [(&'static str, &'static str); 2] {
        let (outcome, reason) = match self {
            AlertStep::Created => ("created", ""),
            AlertStep::Sent => ("sent", ""),
            AlertStep::Cancelled(reason) => ("cancelled", reason.name()),
            AlertStep::Dead => ("dead", ""),
        };
        [("outcome", outcome), ("reason", reason)]
    }
}

type ByOne = Family<[(&'static str, &'static str); 1], Counter>;
type ByTwo = Family<[(&'static str, &'static str); 2], Counter>;

/// All metrics of the process. Clones count into the same numbers.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    polls: ByOne,
    youtube_units: Family<[(&'static str, &'static str); 1], Gauge>,
    backlog: Family<[(&'static str, &'static str); 1], Gauge>,
    snapshots: Counter,
    changes_late: Counter,
    alerts: ByTwo,
    suppressions: ByOne,
    notifications: ByTwo,
    latency: Histogram,
    waiting: Gauge,
    poller_up: Gauge,
}

/// From ten milliseconds, when nothing queues, to six hours, a night of quiet.
const LATENCY_BUCKETS_S: [f64; 18] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
    3600.0, 7200.0, 21600.0,
];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes and registers them, all at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Metrics {
            registry: Arc::default(),
            polls: ByOne::default(),
            youtube_units: Family::default(),
            backlog: Family::default(),
            snapshots: Counter::default(),
            changes_late: Counter::default(),
            alerts: ByTwo::default(),
            suppressions: ByOne::default(),
            notifications: ByTwo::default(),
            latency: Histogram::new(LATENCY_BUCKETS_S),
            waiting: Gauge::default(),
            poller_up: Gauge::default(),
        };
        metrics.registry = Arc::new(metrics.registered());
        metrics
    }

    fn registered(&self) -> Registry {
        // Counters get `_total` and the info `_info` from the encoder.
        let mut registry = Registry::with_prefix("tubebell");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", build);
        registry.register("polls", "Polls of YouTube by result", self.polls.clone());
        let help = "Units of YouTube's quota used since midnight Pacific Time, by bucket";
        registry.register("youtube_used_units", help, self.youtube_units.clone());
        let help = "What stands in the store: videos, watches, and what is still to be done";
        registry.register("store_rows", help, self.backlog.clone());
        registry.register("snapshots", "Snapshots published", self.snapshots.clone());
        let help = "Snapshots not newer than the last one handled, which fire nothing";
        registry.register("changes_late", help, self.changes_late.clone());
        let help = "Alerts since the start by outcome: created = sent + cancelled + dead + those that wait";
        registry.register("alerts", help, self.alerts.clone());
        let help = "Rules that were crossed and made no alert, by reason";
        registry.register("suppressions", help, self.suppressions.clone());
        let help = "Attempts to send a notification, by channel and result";
        registry.register("notifications", help, self.notifications.clone());
        let help = "From the observation of a change to the receipt of its notification";
        registry.register_with_unit("send_latency", help, Unit::Seconds, self.latency.clone());
        let help = "Alerts that wait for their destination";
        registry.register("waiting_alerts", help, self.waiting.clone());
        let help = "Whether the last poll of YouTube worked: 1 or 0";
        registry.register("poller_up", help, self.poller_up.clone());
        registry
    }

    /// Counts one poll, and says whether polling works.
    pub fn polled(&self, worked: bool) {
        let result = if worked { "ok" } else { "error" };
        self.polls.get_or_create(&[("result", result)]).inc();
        self.poller_up.set(i64::from(worked));
    }

    /// Says how many units of one of YouTube's buckets are used since the last reset.
    pub fn set_used_units(&self, bucket: &'static str, units: u32) {
        self.youtube_units.get_or_create(&[("bucket", bucket)]).set(i64::from(units));
    }

    /// Says how many rows of a kind the store holds.
    pub fn set_rows(&self, kind: &'static str, rows: u64) {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.backlog.get_or_create(&[("kind", kind)]).set(rows);
    }

    /// Counts published snapshots.
    pub fn published(&self, snapshots: u64) {
        self.snapshots.inc_by(snapshots);
    }

    /// Counts snapshots that came too late to fire anything.
    pub fn late(&self, snapshots: u64) {
        self.changes_late.inc_by(snapshots);
    }

    /// Counts what became of alerts.
    pub fn alerts(&self, step: AlertStep, alerts: u64) {
        self.alerts.get_or_create(&step.labels()).inc_by(alerts);
    }

    /// Counts rules that were crossed and made no alert.
    pub fn suppressed(&self, reason: Suppressed, rules: u64) {
        self.suppressions.get_or_create(&[("reason", reason.name())]).inc_by(rules);
    }

    /// Counts one attempt to send.
    pub fn attempted(&self, channel: Channel, class: SendClass) {
        let labels = [("channel", channel.name()), ("result", class.name())];
        self.notifications.get_or_create(&labels).inc();
    }

    /// Notes how long after the observation the receipt came.
    pub fn delivered_after(&self, latency: Duration) {
        self.latency.observe(latency.as_secs_f64());
    }

    /// Says how many alerts wait now.
    pub fn set_waiting(&self, alerts: u64) {
        self.waiting.set(i64::try_from(alerts).unwrap_or(i64::MAX));
    }

    /// Prints all metrics in the text format of `OpenMetrics`, which Prometheus reads.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String does not fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

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
    fn every_count_shows_under_its_name() {
        let metrics = Metrics::new();
        let counting = metrics.clone();
        counting.polled(true);
        counting.set_used_units("stats", 3);
        counting.set_rows("videos", 9);
        counting.published(2);
        counting.late(1);
        counting.alerts(AlertStep::Created, 4);
        counting.alerts(AlertStep::Cancelled(CancelReason::NetZero), 2);
        counting.suppressed(Suppressed::Muted, 1);
        counting.attempted(Channel::Telegram, SendClass::Wait);
        counting.delivered_after(Duration::from_millis(1500));
        counting.set_waiting(2);
        let text = metrics.render();
        for line in [
            concat!("tubebell_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "tubebell_polls_total{result=\"ok\"} 1",
            "tubebell_youtube_used_units{bucket=\"stats\"} 3",
            "tubebell_store_rows{kind=\"videos\"} 9",
            "tubebell_snapshots_total 2",
            "tubebell_changes_late_total 1",
            "tubebell_alerts_total{outcome=\"created\",reason=\"\"} 4",
            "tubebell_alerts_total{outcome=\"cancelled\",reason=\"net_zero\"} 2",
            "tubebell_suppressions_total{reason=\"muted\"} 1",
            "tubebell_notifications_total{channel=\"telegram\",result=\"wait\"} 1",
            "tubebell_send_latency_seconds_sum 1.5",
            "tubebell_send_latency_seconds_bucket{le=\"2.0\"} 1",
            "tubebell_waiting_alerts 2",
            "tubebell_poller_up 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn a_poll_that_fails_shows_as_ill_health_until_one_works() {
        let metrics = Metrics::new();
        metrics.polled(false);
        assert!(metrics.render().contains("tubebell_poller_up 0"));
        metrics.polled(true);
        assert!(metrics.render().contains("tubebell_poller_up 1"));
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
