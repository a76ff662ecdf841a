//! The metrics of the process: names, meanings, and what stands in them.
//!
//! Three tables hold their names and help: [`Plain`] gauges, gauges [`By`] one label, and counters that [`Count`] by
//! one label. `docs/metrics.md` lists all of them for operators, and a test holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::model::{CancelReason, Channel, Suppressed, UnixMillis};

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
    /// The recipient takes nothing for now.
    Barred,
    /// The recipient is gone.
    Gone,
    /// The recipient has moved.
    Moved,
    /// Our credentials were refused.
    Unauthorized,
}

impl SendClass {
    /// All classes.
    pub const ALL: [SendClass; 10] = [
        SendClass::Sent,
        SendClass::Wait,
        SendClass::Transient,
        SendClass::Unreachable,
        SendClass::Ambiguous,
        SendClass::Rejected,
        SendClass::Barred,
        SendClass::Gone,
        SendClass::Moved,
        SendClass::Unauthorized,
    ];

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
            SendClass::Barred => "barred",
            SendClass::Gone => "gone",
            SendClass::Moved => "moved",
            SendClass::Unauthorized => "unauthorized",
        }
    }
}

/// How one question to YouTube ended: an answer that was recorded, or a class of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PollClass {
    /// An answer.
    Ok,
    /// The day's units are used up.
    Quota,
    /// Too many within a minute.
    Burst,
    /// The key is refused, or may not use the API.
    Refused,
    /// This may not be seen.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Our request is wrong.
    Rejected,
    /// What came can't be read.
    BadAnswer,
    /// No connection, or no answer in time.
    Unreachable,
    /// YouTube has a problem of its own.
    Transient,
    /// An answer that could not be recorded.
    Unrecorded,
}

impl PollClass {
    /// All classes.
    pub const ALL: [PollClass; 11] = [
        PollClass::Ok,
        PollClass::Quota,
        PollClass::Burst,
        PollClass::Refused,
        PollClass::Forbidden,
        PollClass::NotFound,
        PollClass::Rejected,
        PollClass::BadAnswer,
        PollClass::Unreachable,
        PollClass::Transient,
        PollClass::Unrecorded,
    ];

    /// The word in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PollClass::Ok => "ok",
            PollClass::Quota => "quota",
            PollClass::Burst => "burst",
            PollClass::Refused => "refused",
            PollClass::Forbidden => "forbidden",
            PollClass::NotFound => "not_found",
            PollClass::Rejected => "rejected",
            PollClass::BadAnswer => "bad_answer",
            PollClass::Unreachable => "unreachable",
            PollClass::Transient => "transient",
            PollClass::Unrecorded => "unrecorded",
        }
    }
}

/// What a table says of each of its metrics.
trait Table: Copy + 'static {
    const ALL: &[Self];
    fn name(self) -> &'static str;
    fn help(self) -> &'static str;
    /// Empty where there is none.
    fn label(self) -> &'static str;
}

/// A table of metrics: a variant, its name, its help, and the label where there is one.
macro_rules! table {
    ($(#[$doc:meta])* $table:ident { $($variant:ident $name:literal $label:literal $help:literal)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $table {
            $(#[doc = $help] $variant,)*
        }

        impl Table for $table {
            const ALL: &[$table] = &[$($table::$variant),*];

            fn name(self) -> &'static str {
                match self { $($table::$variant => $name,)* }
            }

            fn help(self) -> &'static str {
                match self { $($table::$variant => $help,)* }
            }

            fn label(self) -> &'static str {
                match self { $($table::$variant => $label,)* }
            }
        }
    };
}

table! {
    /// Gauges without a label.
    Plain {
        StartTime "start_time_seconds" "" "When the process began, in seconds since 1970"
        Resident "resident_memory_bytes" "" "Memory that the process holds"
        PollerUp "poller_up" "" "Whether the last question to YouTube was answered: 1 or 0"
        LastPoll "last_poll_time_seconds" "" "When YouTube last answered, in seconds since 1970; 0: not since the start"
        PollOverdue "poll_overdue_seconds" "" "How long the most overdue video has waited for a look"
        QuotaReset "youtube_reset_time_seconds" "" "When YouTube gives the day's units anew, in seconds since 1970"
        Videos "videos" "" "Videos that are looked at"
        Watches "watches" "" "Running watches"
        Unrouted "unrouted_snapshots" "" "Snapshots in the log that were not routed yet"
        Fanouts "fanout_pieces" "" "Changes of videos with many watchers that are not routed to the end yet"
        Waiting "waiting_alerts" "" "Alerts that have not ended: created + replayed - folded - sent - cancelled - dead"
        Unaccounted "unaccounted_alerts" "" "Alerts that have not ended as the sums say, less those that were counted: 0, or there is a defect"
        DueLanes "due_lanes" "" "Destinations that could be told something now"
        DeadLetters "dead_letters" "" "Notifications that could not be delivered"
        Bytes "store_bytes" "" "Size of the database"
        FreeBytes "store_free_bytes" "" "Part of the database that is free for new rows"
        WalBytes "store_wal_bytes" "" "Size of the database's write-ahead log"
        ChangesBehind "changes_behind_seconds" "" "How far the newest change that was read lies behind the newest snapshot that was published; with Kafka alone"
        CountedTime "counted_time_seconds" "" "When rows were last counted, in seconds since 1970"
    }
}

table! {
    /// Gauges by one label.
    By {
        PartReady "part_ready" "part" "Whether a part of the gateway works, as /readyz says: 1 or 0"
        UsedUnits "youtube_used_units" "bucket" "Units of YouTube's quota used since midnight Pacific Time"
        LeftUnits "youtube_left_units" "bucket" "Units of YouTube's quota left until midnight Pacific Time; 0 when YouTube says so"
        QueueAlerts "queue_alerts" "state" "Alerts that have not ended: waiting, or in flight, which is in a notification that is sent or tried again"
        QueueAge "queue_age_seconds" "channel" "How long the destination that has waited the longest past its time has waited"
        DigestAge "digest_age_seconds" "channel" "How long the digest that has waited the longest past its time has waited"
        InFlight "in_flight_notifications" "channel" "Notifications on their way now"
        Rows "store_rows" "table" "Rows of a table"
        StoreQueue "store_queue_jobs" "thread" "Transactions that wait for a thread of the store"
    }
}

table! {
    /// Counters by one label.
    Count {
        Polls "polls" "result" "Questions to YouTube by how they ended"
        Routed "routed_snapshots" "sight" "Snapshots routed, by what they were: changed, same, first, late, unwatched, forgotten"
        Suppressions "suppressions" "reason" "Rules that were crossed and made no alert"
        LeftOut "left_out_records" "why" "Records of Kafka's that were not routed: parked, tombstone, expired (gone before they were read)"
        StoreErrors "store_errors" "class" "Errors that the store has answered with"
        StoreJobs "store_jobs" "thread" "Transactions of the store"
    }
}

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Real = Gauge<f64, AtomicU64>;

/// All metrics of the process. Clones count into the same numbers.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    plain: Vec<Real>,
    by: Vec<Family<Labels<1>, Real>>,
    counts: Vec<Family<Labels<1>, Counter>>,
    snapshots: Counter,
    alerts: Family<Labels<2>, Counter>,
    notifications: Family<Labels<2>, Counter>,
    busy: Family<Labels<1>, Counter<f64, AtomicU64>>,
    latency: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

/// From a millisecond, a tenth of what is aimed at when nothing queues, to twelve hours, a night of quiet.
const LATENCY_BUCKETS_S: [f64; 22] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0,
    300.0, 900.0, 3600.0, 7200.0, 21600.0, 43200.0,
];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes and registers them, all at zero: what has not happened yet can be told from what is not measured.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Metrics {
            registry: Arc::default(),
            plain: Plain::ALL.iter().map(|_| Real::default()).collect(),
            by: By::ALL.iter().map(|_| Family::default()).collect(),
            counts: Count::ALL.iter().map(|_| Family::default()).collect(),
            snapshots: Counter::default(),
            alerts: Family::default(),
            notifications: Family::default(),
            busy: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS_S)),
        };
        metrics.registry = Arc::new(metrics.registered());
        for class in PollClass::ALL {
            metrics.add(Count::Polls, class.name(), 0);
        }
        for reason in Suppressed::ALL {
            metrics.add(Count::Suppressions, reason.name(), 0);
        }
        for why in ["parked", "tombstone", "expired"] {
            metrics.add(Count::LeftOut, why, 0);
        }
        metrics
    }

    fn registered(&self) -> Registry {
        // Counters get `_total` and the info `_info` from the encoder.
        let mut registry = Registry::with_prefix("tubebell");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", build);
        for (gauge, metric) in Plain::ALL.iter().zip(&self.plain) {
            registry.register(gauge.name(), gauge.help(), metric.clone());
        }
        for (gauge, metric) in By::ALL.iter().zip(&self.by) {
            registry.register(gauge.name(), gauge.help(), metric.clone());
        }
        for (count, metric) in Count::ALL.iter().zip(&self.counts) {
            registry.register(count.name(), count.help(), metric.clone());
        }
        registry.register("snapshots", "Snapshots published", self.snapshots.clone());
        let help = "Alerts since the database was made, by what became of them: created, replayed, folded, sent, cancelled with a reason, dead";
        registry.register("alerts", help, self.alerts.clone());
        let help = "Attempts to send a notification, by channel and result";
        registry.register("notifications", help, self.notifications.clone());
        let help = "How long threads of the store have worked";
        registry.register_with_unit("store_busy", help, Unit::Seconds, self.busy.clone());
        let help = "From the observation of a change to the receipt of its notification";
        registry.register_with_unit("send_latency", help, Unit::Seconds, self.latency.clone());
        registry
    }

    /// Makes a channel's series, so that they are there before its first message.
    pub fn expect(&self, channel: Channel) {
        for class in SendClass::ALL {
            drop(self.notifications.get_or_create(&labels(channel, class)));
        }
        drop(self.latency.get_or_create(&[("channel", channel.name())]));
    }

    /// Says how a gauge without a label stands.
    pub fn set(&self, gauge: Plain, value: f64) {
        self.plain[gauge as usize].set(value);
    }

    /// Says how a gauge stands for one value of its label, a word of a fixed list.
    pub fn set_by(&self, gauge: By, word: &'static str, value: f64) {
        self.by[gauge as usize].get_or_create(&[(gauge.label(), word)]).set(value);
    }

    /// Counts so many more of a word of a fixed list.
    pub fn add(&self, count: Count, word: &'static str, more: u64) {
        self.counts[count as usize].get_or_create(&[(count.label(), word)]).inc_by(more);
    }

    /// Counts published snapshots.
    pub fn published(&self, snapshots: u64) {
        self.snapshots.inc_by(snapshots);
    }

    /// Takes over a count that somebody else keeps.
    pub fn set_count(&self, count: Count, word: &'static str, total: u64) {
        let counter = self.counts[count as usize].get_or_create(&[(count.label(), word)]);
        counter.inner().store(total, Ordering::Relaxed);
    }

    /// Counts one question to YouTube, and says whether polling works.
    pub fn polled(&self, class: PollClass, now: UnixMillis) {
        self.add(Count::Polls, class.name(), 1);
        match class {
            PollClass::Ok => {
                self.set(Plain::PollerUp, 1.0);
                self.set(Plain::LastPoll, seconds(now));
            }
            // What has no units left, is gone or is private says nothing about polling.
            PollClass::Quota | PollClass::NotFound | PollClass::Forbidden => {}
            PollClass::Burst
            | PollClass::Refused
            | PollClass::Rejected
            | PollClass::BadAnswer
            | PollClass::Unreachable
            | PollClass::Transient
            | PollClass::Unrecorded => self.set(Plain::PollerUp, 0.0),
        }
    }

    /// Takes over how many alerts had this outcome, as the store sums them up.
    pub fn set_alerts(&self, outcome: &'static str, reason: Option<CancelReason>, total: u64) {
        let labels = [("outcome", outcome), ("reason", reason.map_or("", CancelReason::name))];
        self.alerts.get_or_create(&labels).inner().store(total, Ordering::Relaxed);
    }

    /// Counts one attempt to send.
    pub fn attempted(&self, channel: Channel, class: SendClass) {
        self.notifications.get_or_create(&labels(channel, class)).inc();
    }

    /// Takes over how long a thread of the store has worked.
    pub fn set_busy(&self, thread: &'static str, busy: Duration) {
        let counter = self.busy.get_or_create(&[("thread", thread)]);
        counter.inner().store(busy.as_secs_f64().to_bits(), Ordering::Relaxed);
    }

    /// Notes how long after the observation the receipt came.
    pub fn delivered_after(&self, channel: Channel, latency: Duration) {
        self.latency.get_or_create(&[("channel", channel.name())]).observe(latency.as_secs_f64());
    }

    /// Prints all metrics in the text format of `OpenMetrics`, which Prometheus reads.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String does not fail");
        text
    }
}

const fn labels(channel: Channel, class: SendClass) -> Labels<2> {
    [("channel", channel.name()), ("result", class.name())]
}

/// A moment as Prometheus has it.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact for the next 200,000 years")]
pub(crate) fn seconds(at: UnixMillis) -> f64 {
    at.0 as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_shows_under_its_name() {
        let metrics = Metrics::new();
        let counting = metrics.clone();
        counting.polled(PollClass::Ok, UnixMillis(1_500));
        counting.set_by(By::UsedUnits, "stats", 3.0);
        counting.set(Plain::Videos, 9.0);
        counting.published(2);
        counting.add(Count::Routed, "late", 1);
        counting.set_alerts("created", None, 4);
        counting.set_alerts("cancelled", Some(CancelReason::NetZero), 2);
        counting.add(Count::Suppressions, Suppressed::Muted.name(), 1);
        counting.attempted(Channel::Telegram, SendClass::Wait);
        counting.delivered_after(Channel::Telegram, Duration::from_millis(1500));
        counting.set_busy("writer", Duration::from_millis(250));
        counting.set_count(Count::StoreJobs, "writer", 7);
        let text = metrics.render();
        for line in [
            concat!("tubebell_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "tubebell_polls_total{result=\"ok\"} 1",
            "tubebell_polls_total{result=\"refused\"} 0",
            "tubebell_last_poll_time_seconds 1.5",
            "tubebell_youtube_used_units{bucket=\"stats\"} 3.0",
            "tubebell_videos 9.0",
            "tubebell_snapshots_total 2",
            "tubebell_routed_snapshots_total{sight=\"late\"} 1",
            "tubebell_alerts_total{outcome=\"created\",reason=\"\"} 4",
            "tubebell_alerts_total{outcome=\"cancelled\",reason=\"net_zero\"} 2",
            "tubebell_suppressions_total{reason=\"muted\"} 1",
            "tubebell_notifications_total{channel=\"telegram\",result=\"wait\"} 1",
            "tubebell_send_latency_seconds_sum{channel=\"telegram\"} 1.5",
            "tubebell_send_latency_seconds_bucket{le=\"2.0\",channel=\"telegram\"} 1",
            "tubebell_store_busy_seconds_total{thread=\"writer\"} 0.25",
            "tubebell_store_jobs_total{thread=\"writer\"} 7",
            "tubebell_poller_up 1.0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn a_poll_that_fails_shows_as_ill_health_until_one_works() {
        let metrics = Metrics::new();
        let up = || {
            let text = metrics.render();
            text.lines()
                .find_map(|line| line.strip_prefix("tubebell_poller_up ").map(str::to_owned))
        };
        metrics.polled(PollClass::Ok, UnixMillis(1));
        metrics.polled(PollClass::Unreachable, UnixMillis(2));
        assert_eq!(up().as_deref(), Some("0.0"));
        metrics.polled(PollClass::Ok, UnixMillis(3));
        // Playlists go, and units end: neither means that polling is ill.
        metrics.polled(PollClass::NotFound, UnixMillis(4));
        metrics.polled(PollClass::Quota, UnixMillis(5));
        assert_eq!(up().as_deref(), Some("1.0"));
    }
}
