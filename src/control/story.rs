//! What a rule waits for, and what its message waits for, as `/why` and `tubebell why` explain it.

use std::time::Duration;

use crate::model::{
    Because, Condition, Effective, Event, Metric, Series, Settings, Signal, TriggerRow, UnixMillis,
};
use crate::render::numbers::{growth_hundredths, percent_of_hundredths, signed};
use crate::route::language;
use crate::route::trigger::{self, LOWEST};
use crate::store::{History, RuleStory, Waits};

/// What a rule waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleState {
    /// Nothing: it is no longer in force.
    Ended,
    /// Nothing: all its values have been passed.
    Spent,
    /// That what is watched is gone, or back. Nobody wrote it.
    Presence,
    /// An event.
    Event(Event),
    /// A number to count from.
    Unset,
    /// Any change of a count.
    Change(Metric),
    /// A value of a count.
    Next {
        /// The count.
        metric: Metric,
        /// The value.
        at: i64,
    },
    /// Growth within a window.
    Window {
        /// Of which count.
        metric: Metric,
        /// So much, such as `+200` or `+5 %`.
        growth: String,
        /// As much as it is now; `None` where the history does not cover the window.
        now: Option<String>,
        /// Within so many seconds.
        window_s: u32,
        /// It fires there; otherwise it has fired, and is armed again there.
        is_armed: bool,
    },
}

/// What holds back what a rule has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The destination takes nothing for now; it is tried again then.
    Barred {
        /// When.
        until: UnixMillis,
    },
    /// These are quiet hours.
    Quiet {
        /// They end then.
        until: UnixMillis,
    },
    /// The watch had a message a short time ago.
    AtMost {
        /// It has at most one in so long.
        at_most: Duration,
        /// So much of that is left.
        left: Duration,
    },
    /// It is collected for a digest.
    Digest {
        /// Which comes then.
        at: UnixMillis,
    },
    /// The messages of the day are used up.
    Budget {
        /// So many there may be.
        pings: u32,
        /// What is over comes then.
        at: UnixMillis,
    },
}

/// What holds back what waits, under the settings of now; `None`: it is about to leave.
#[must_use]
pub fn held(waits: &Waits, defaults: &Effective, now: UnixMillis) -> Option<Held> {
    let settings = Settings::effective(&waits.settings, &waits.destination.settings, defaults);
    let barred = waits.destination.barred.as_ref().map(|barred| barred.until);
    if let Some(until) = barred.filter(|until| *until > now) {
        return Some(Held::Barred { until });
    }
    if waits.digest.is_some() {
        let at = waits.until;
        let pings = settings.pings_per_day.filter(|_| waits.is_over_budget);
        return Some(match pings {
            Some(pings) => Held::Budget { pings, at },
            None => Held::Digest { at },
        });
    }
    if waits.is_urgent {
        return None;
    }
    let hold = settings.hold(waits.last_sent, now)?;
    match hold.because {
        Because::Quiet => Some(Held::Quiet { until: hold.until }),
        Because::AtMost => {
            Some(Held::AtMost { at_most: settings.at_most, left: hold.until.since(now) })
        }
        Because::Barred | Because::Muted | Because::Gathering => None,
    }
}

/// What the rule of a story waits for. `history` has the points of the window of the rule.
#[must_use]
pub fn state(story: &RuleStory, history: Option<&History>, now: UnixMillis) -> RuleState {
    let condition = language::parse(&story.rule_text).ok().map(|rule| rule.condition);
    match (story.trigger, condition) {
        _ if story.ended => RuleState::Ended,
        _ if story.rule == TriggerRow::NO_RULE => RuleState::Presence,
        (_, Some(Condition::Event(event))) => RuleState::Event(event),
        (None, _) => RuleState::Spent,
        (Some(place), condition) => {
            let now = |signal| history.and_then(|history| present(history, signal, now));
            waiting(story, place, condition.as_ref(), now)
        }
    }
}

fn waiting(
    story: &RuleStory,
    (series, value): (Series, i64),
    rule: Option<&Condition>,
    now: impl FnOnce(Signal) -> Option<String>,
) -> RuleState {
    let at = series.scale(value);
    // Over a window, a rule that fired waits in the other direction until it is armed again.
    let is_armed = rule.is_none_or(|condition| trigger::series(condition) == series);
    match series.signal {
        Signal::Event(event) => RuleState::Event(event),
        Signal::Gain { metric, window_s } => {
            let now = now(series.signal);
            RuleState::Window { metric, growth: signed(at), now, window_s, is_armed }
        }
        Signal::Growth { metric, window_s } => {
            let (growth, now) = (percent_of_hundredths(at), now(series.signal));
            RuleState::Window { metric, growth, now, window_s, is_armed }
        }
        Signal::Count(metric) => match (rule, story.now.get(metric)) {
            (Some(Condition::Any(_)), Some(_)) => RuleState::Change(metric),
            _ if !story.unset && value != LOWEST => RuleState::Next { metric, at },
            // It is set at the next look, and counts from the number that is known now.
            (Some(condition), Some(_)) => {
                match trigger::initial(condition, Some(&story.now)).next {
                    None => RuleState::Spent,
                    Some(next) if next.value == LOWEST => RuleState::Unset,
                    Some(next) => RuleState::Next { metric, at: next.series.scale(next.value) },
                }
            }
            _ => RuleState::Unset,
        },
    }
}

/// The growth over the window of a signal that ends now; `None` where the history does not cover it.
fn present(history: &History, signal: Signal, now: UnixMillis) -> Option<String> {
    let (Signal::Gain { metric, window_s } | Signal::Growth { metric, window_s }) = signal else {
        return None;
    };
    let start = now.minus(Duration::from_secs(u64::from(window_s)));
    let before = history.points.iter().rev().skip_while(|(at, _)| *at > start);
    let from = before.map(|(_, counts)| counts.get(metric)).find(Option::is_some)??;
    let to = history.known.as_ref()?.last.get(metric)?;
    match signal {
        Signal::Growth { .. } => growth_hundredths(from, to).map(percent_of_hundredths),
        Signal::Gain { .. } | Signal::Count(_) | Signal::Event(_) => {
            Some(signed(to.saturating_sub(from)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Counts, DestinationId, Known, Live, PersonKey, Pings, Schedule, Status};
    use crate::store::{Barred, DestinationRow};

    const NOW: UnixMillis = UnixMillis(1_795_266_180_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn defaults() -> Effective {
        Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".to_owned(),
            until: None,
            digest: None,
            pings_per_day: None,
        }
    }

    fn waits(settings: Settings) -> Waits {
        Waits {
            until: NOW.plus(HOUR),
            digest: None,
            is_over_budget: false,
            is_urgent: false,
            last_sent: Some(NOW.minus(HOUR)),
            muted_until: None,
            settings,
            destination: DestinationRow {
                id: DestinationId(1),
                address: "telegram:1".parse().unwrap(),
                person: PersonKey::OPERATOR,
                settings: Settings::default(),
                muted_until: None,
                disabled: None,
                off_since: None,
                is_refused: false,
                barred: None,
            },
            pings: Pings::default(),
        }
    }

    fn of(waits: &Waits) -> Option<Held> {
        held(waits, &defaults(), NOW)
    }

    #[test]
    fn what_is_set_says_what_holds_a_message_back() {
        assert_eq!(of(&waits(Settings::default())), None);
        // 13:03 in UTC.
        let quiet = Settings { quiet: "13:00-14:00".parse().ok(), ..Settings::default() };
        let until = NOW.plus(Duration::from_secs(57 * 60));
        assert_eq!(of(&waits(quiet.clone())), Some(Held::Quiet { until }));
        let seldom = Settings { at_most_s: Some(2 * 3600), ..Settings::default() };
        let at_most = Held::AtMost { at_most: 2 * HOUR, left: HOUR };
        assert_eq!(of(&waits(seldom)), Some(at_most));
        assert_eq!(of(&Waits { is_urgent: true, ..waits(quiet) }), None);
    }

    #[test]
    fn a_digest_says_when_it_comes_and_whether_the_messages_of_the_day_are_used_up() {
        let at = NOW.plus(HOUR);
        let digest = Some((Schedule::EVENING, "UTC".to_owned()));
        let collected = |settings| Waits { digest: digest.clone(), ..waits(settings) };
        assert_eq!(of(&collected(Settings::default())), Some(Held::Digest { at }));
        let ten = Settings { pings_per_day: Some(10), ..Settings::default() };
        assert_eq!(of(&collected(ten.clone())), Some(Held::Digest { at }));
        let over = Waits { is_over_budget: true, ..collected(ten) };
        assert_eq!(of(&over), Some(Held::Budget { pings: 10, at }));
        // The limit was lifted meanwhile: what was collected stays so.
        let over = Waits { is_over_budget: true, ..collected(Settings::default()) };
        assert_eq!(of(&over), Some(Held::Digest { at }));
    }

    #[test]
    fn a_destination_that_takes_nothing_holds_back_all() {
        let until = NOW.plus(HOUR);
        let mut waits = Waits { is_urgent: true, ..waits(Settings::default()) };
        waits.destination.barred =
            Some(Barred { reason: "no rights".to_owned(), since: NOW, until });
        assert_eq!(of(&waits), Some(Held::Barred { until }));
    }

    #[test]
    fn a_window_has_a_value_of_now_where_the_history_covers_it() {
        let counts = |views| Counts { views: Some(views), likes: None, comments: None };
        let at = |minutes: u64| NOW.minus(Duration::from_secs(minutes * 60));
        let history = History {
            title: None,
            known: Some(Known {
                observed_at: NOW,
                numbers_at: NOW,
                last: counts(10_320),
                highest: counts(10_320),
                title: String::new(),
                status: Status::Public,
                live: Live::None,
            }),
            points: vec![(at(70), counts(10_000)), (at(10), counts(10_200))],
        };
        let now = |signal| present(&history, signal, NOW);
        let growth = |window_s| Signal::Growth { metric: Metric::Views, window_s };
        assert_eq!(now(growth(3600)).as_deref(), Some("+3.20 %"));
        assert_eq!(now(growth(600)).as_deref(), Some("+1.17 %"));
        assert_eq!(now(growth(7200)), None);
        let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
        assert_eq!(now(gain).as_deref(), Some("+320"));
        let likes = Signal::Gain { metric: Metric::Likes, window_s: 3600 };
        assert_eq!(now(likes), None);
    }
}
