//! Tells a watchdog outside that polling works: its silence is the alarm.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::model::Clock;
use crate::pipeline::PollHealth;

/// How often the watchdog is pinged.
const EVERY: Duration = Duration::from_secs(60);

/// Polling works as long as YouTube has answered within this time.
const ALIVE: Duration = Duration::from_secs(2 * 3600);

/// The pinging of `[operator] heartbeat_url`.
pub(super) struct Heartbeat {
    http: reqwest::Client,
    url: SecretString,
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
        health: Arc<PollHealth>,
        clock: Clock,
    ) -> Result<Heartbeat, String> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| error.without_url().to_string())?;
        Ok(Heartbeat { http, url, health, clock })
    }

    /// Pings until `stop` is cancelled, as long as polling works.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let works = self.health.refused().is_none()
                && (self.clock)().since(self.health.last_ok()) < ALIVE;
            if !works {
                continue;
            }
            // The URL is a secret: whoever has it can keep the watchdog quiet.
            if let Err(error) = self.http.get(self.url.expose_secret()).send().await {
                tracing::warn!(error = %error.without_url(), "the heartbeat did not arrive");
            }
        }
    }
}
