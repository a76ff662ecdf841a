//! Whether commands are heard: told by whoever asks for updates or has a connection for them, shown by `/readyz`, and logged when it changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Attempts to hear them that have to fail in a row before `/readyz` says so: with the waits between them, some seconds.
const FAILURES_MIN: u32 = 3;

/// How the last attempts to hear commands went.
#[derive(Debug, Default)]
pub(in crate::app) struct Hearing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Why the last one failed.
    reason: String,
}

impl Hearing {
    /// They are heard.
    pub(super) fn works(&self) {
        let before = std::mem::take(&mut *self.state());
        if before.failures > 0 {
            tracing::info!("commands are heard again");
        }
    }

    /// An attempt failed: logged once for each reason. Returns how many have failed in a row.
    pub(super) fn fails(&self, reason: &str) -> u32 {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.reason != reason {
            tracing::warn!("commands can't be heard: {reason}");
            reason.clone_into(&mut state.reason);
        }
        state.failures
    }

    /// Nothing is tried for a long while.
    pub(super) fn waits(&self, reason: &str) {
        tracing::warn!("commands can't be heard: {reason}");
        self.gives_up(reason);
    }

    /// Nothing is tried any more: this has to be changed first.
    pub(super) fn gives_up(&self, reason: &str) {
        *self.state() = State { failures: FAILURES_MIN, reason: reason.to_owned() };
    }

    /// Why no command is heard, in one line.
    pub(in crate::app) fn trouble(&self) -> Option<String> {
        let state = self.state();
        (state.failures >= FAILURES_MIN).then(|| state.reason.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_no_trouble_and_what_lasts_is_named_until_it_is_over() {
        let hearing = Hearing::default();
        let fails = |reason| (hearing.fails(reason), hearing.trouble());
        assert_eq!(fails("no answer"), (1, None));
        assert_eq!(fails("no answer"), (2, None));
        assert_eq!(fails("nothing new"), (3, Some("nothing new".to_owned())));
        hearing.works();
        assert_eq!(hearing.trouble(), None);
        assert_eq!(fails("nothing new"), (1, None));
    }
}
