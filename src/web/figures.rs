//! What the store says about itself, as metrics.

use std::time::Duration;

use crate::model::{CancelReason, Channel, UnixMillis};
use crate::store::{Figures, Pulse};
use crate::telemetry::{By, Count, Metrics, Plain, seconds};

/// Shows a pulse: at every visit.
pub(super) fn show_pulse(metrics: &Metrics, pulse: &Pulse) {
    let ledger = &pulse.ledger;
    metrics.set_alerts("created", None, ledger.created);
    metrics.set_alerts("replayed", None, ledger.replayed);
    metrics.set_alerts("folded", None, ledger.folded);
    metrics.set_alerts("sent", None, ledger.sent);
    metrics.set_alerts("dead", None, ledger.dead);
    for (reason, alerts) in CancelReason::ALL.into_iter().zip(ledger.cancelled) {
        metrics.set_alerts("cancelled", Some(reason), alerts);
    }
    metrics.set(Plain::Waiting, real(ledger.open()));
    metrics.set(Plain::Unrouted, real(pulse.log_backlog));
    metrics.set(Plain::PollOverdue, age(pulse.poll_overdue));
    metrics.set(Plain::Bytes, real(pulse.bytes));
    metrics.set(Plain::FreeBytes, real(pulse.free_bytes));
    metrics.set(Plain::WalBytes, real(pulse.wal_bytes));
    for (channel, notifications) in shown(pulse.in_flight) {
        metrics.set_by(By::InFlight, channel.name(), real(notifications));
    }
    for (channel, oldest) in shown(pulse.oldest_due) {
        metrics.set_by(By::QueueAge, channel.name(), age(oldest));
    }
    for (channel, oldest) in shown(pulse.oldest_digest) {
        metrics.set_by(By::DigestAge, channel.name(), age(oldest));
    }
    for thread in &pulse.threads {
        metrics.set_count(Count::StoreJobs, thread.name, thread.jobs);
        metrics.set_busy(thread.name, thread.busy);
        metrics.set_by(By::StoreQueue, thread.name, real(thread.queued));
    }
    for (class, errors) in &pulse.errors {
        metrics.set_count(Count::StoreErrors, class, *errors);
    }
}

/// What a gateway shows of figures in the order of [`Channel::ALL`].
fn shown<T>(figures: impl IntoIterator<Item = T>) -> impl Iterator<Item = (Channel, T)> {
    Channel::ALL.into_iter().zip(figures).filter(|(channel, _)| !channel.traits().is_for_tests)
}

/// Shows what was counted at `now`.
pub(crate) fn show_figures(metrics: &Metrics, figures: &Figures, now: UnixMillis) {
    metrics.set(Plain::Videos, real(figures.videos));
    metrics.set(Plain::Watches, real(figures.watches));
    metrics.set(Plain::Fanouts, real(figures.fanouts));
    metrics.set(Plain::DueLanes, real(figures.lanes_due));
    metrics.set(Plain::DeadLetters, real(figures.dead_letters));
    metrics.set_by(By::QueueAlerts, "in_flight", real(figures.alerts_in_flight));
    let waiting = figures.alerts_waiting.saturating_sub(figures.alerts_in_flight);
    metrics.set_by(By::QueueAlerts, "waiting", real(waiting));
    #[expect(clippy::cast_precision_loss, reason = "a difference that should be nothing")]
    metrics.set(Plain::Unaccounted, figures.unaccounted() as f64);
    for (table, rows) in &figures.rows {
        metrics.set_by(By::Rows, table, real(*rows));
    }
    metrics.set(Plain::CountedTime, seconds(now));
}

/// Shows the memory of the process, where the system tells.
pub(super) fn show_memory(metrics: &Metrics) {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    if let Some(kib) = kib {
        metrics.set(Plain::Resident, real(kib.saturating_mul(1024)));
    }
}

fn age(late: Option<Duration>) -> f64 {
    late.unwrap_or_default().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "exact up to nine quadrillions")]
const fn real(count: u64) -> f64 {
    count as f64
}
