//! Tells a watchdog outside that polling works: its silence is the alarm.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::http::Client;
use crate::model::Clock;
use crate::pipeline::PollHealth;
use crate::store::Housekeeping;

/// How often the watchdog is pinged.
const EVERY: Duration = Duration::from_secs(60);

/// Time for one ping.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Polling has stopped when a look is due for so long, and YouTube has answered nothing for as long.
const SILENT_MAX: Duration = Duration::from_secs(2 * 3600);

/// The pinging of `[operator] heartbeat_url`.
pub(super) struct Heartbeat {
    http: Client,
    url: SecretString,
    store: Arc<dyn Housekeeping>,
    health: Arc<PollHealth>,
    clock: Clock,
}

impl Heartbeat {
    /// A heartbeat that has not begun.
    ///
    /// # Errors
    ///
    /// One line when there is no HTTP client to be had.
    pub(super) fn new(
        url: SecretString,
        store: Arc<dyn Housekeeping>,
        health: Arc<PollHealth>,
        clock: Clock,
    ) -> Result<Heartbeat, String> {
        // Watchdogs move, and their old addresses lead to the new ones.
        let http = Client::builder(TIMEOUT, TIMEOUT).redirect(Policy::default());
        let http = Client::new(http, vec![url.clone()]);
        let http = http.map_err(|failure| failure.outermost().to_owned())?;
        Ok(Heartbeat { http, url, store, health, clock })
    }

    /// Pings until `stop` is cancelled, as long as polling works.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.beat() => {}
            }
        }
    }

    async fn beat(&self) {
        if !self.works().await {
            return;
        }
        // The URL is a secret: whoever has it can keep the watchdog quiet.
        if let Err(failure) = self.http.send(|http| http.get(self.url.expose_secret())).await {
            tracing::warn!(error = failure.outermost(), "the heartbeat did not arrive");
        }
    }

    async fn works(&self) -> bool {
        if self.health.refused().is_some() {
            return false;
        }
        let now = (self.clock)();
        match self.store.pulse(now).await {
            Ok(pulse) => is_polled(now.since(self.health.last_ok()), pulse.poll_overdue),
            // What can't be read is not polled either.
            Err(_) => false,
        }
    }
}

/// Whether polling works: YouTube has answered lately, or there was nothing to ask. `overdue` is how long the most
/// overdue video has waited for a look; none where none is due. A process that has just begun has heard nothing yet.
fn is_polled(silent_for: Duration, overdue: Option<Duration>) -> bool {
    silent_for < SILENT_MAX || overdue.is_none_or(|overdue| overdue < SILENT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn silence_is_an_alarm_only_where_something_had_to_be_asked() {
        // Many more videos than the day's units can follow, but YouTube answers.
        assert!(is_polled(HOUR, Some(9 * HOUR)));
        // Nothing is watched, or everything rests for longer than that.
        assert!(is_polled(9 * HOUR, None));
        // The first look after a long rest is due, and made within moments.
        assert!(is_polled(9 * HOUR, Some(Duration::from_secs(5))));
        assert!(!is_polled(2 * HOUR, Some(2 * HOUR)));
    }
}
