//! What keeps a message back that is not urgent.

use super::{Effective, UnixMillis};

/// Why something that could be told is not told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The destination takes nothing for now.
    Barred,
    /// The destination or the watch is muted.
    Muted,
    /// These are quiet hours.
    Quiet,
    /// The last message was sent too short a time ago.
    AtMost,
    /// More of it may come within seconds.
    Gathering,
}

/// Until when something waits, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Until then.
    pub until: UnixMillis,
    /// Why.
    pub because: Because,
}

impl Hold {
    /// The last of several holds to end that have not ended yet.
    #[must_use]
    pub fn last(holds: impl IntoIterator<Item = Hold>, now: UnixMillis) -> Option<Hold> {
        holds.into_iter().filter(|hold| hold.until > now).max_by_key(|hold| hold.until)
    }
}

impl Effective {
    /// What people have set that holds a message back at `now`; `last_sent`: when the last one of its watch left.
    ///
    /// Where it ends, another may begin: whoever waits asks again then.
    #[must_use]
    pub fn hold(&self, last_sent: Option<UnixMillis>, now: UnixMillis) -> Option<Hold> {
        let quiet = self.quiet.and_then(|quiet| quiet.until(&self.tz, now));
        let quiet = quiet.map(|until| Hold { until, because: Because::Quiet });
        let spaced = last_sent.map(|sent| sent.plus(self.at_most));
        let spaced = spaced.map(|until| Hold { until, because: Because::AtMost });
        Hold::last(quiet.into_iter().chain(spaced), now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[test]
    fn of_two_holds_the_one_that_lasts_longer_is_named() {
        let now = at("2026-11-22T22:00:00Z");
        let settings = |at_most: u64| Effective {
            at_most: Duration::from_secs(at_most),
            quiet: Some("21:00-23:00".parse().unwrap()),
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        };
        let sent = Some(now.minus(Duration::from_secs(60)));
        let hold = |at_most, sent| settings(at_most).hold(sent, now);
        let quiet = Some(Hold { until: at("2026-11-22T23:00:00Z"), because: Because::Quiet });
        assert_eq!((hold(900, None), hold(900, sent)), (quiet, quiet));
        let until = at("2026-11-23T21:59:00Z");
        assert_eq!(hold(86_400, sent), Some(Hold { until, because: Because::AtMost }));
        let day = at("2026-11-22T12:00:00Z");
        assert_eq!(settings(0).hold(Some(day), day), None);
    }
}
