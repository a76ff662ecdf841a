//! What a rule waits for, as `/why` and `tubebell why` explain it.

use crate::model::{Condition, Event, Metric, Series, Signal, TriggerRow};
use crate::render::numbers::{percent_of_hundredths, signed};
use crate::route::language;
use crate::route::trigger::{self, LOWEST};
use crate::store::RuleStory;

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
    /// Growth within a window. It is computed at each look: there is no value of now to show.
    Window {
        /// Of which count.
        metric: Metric,
        /// So much, such as `+200` or `+5 %`.
        growth: String,
        /// Within so many seconds.
        window_s: u32,
        /// It fires there; otherwise it has fired, and is armed again there.
        is_armed: bool,
    },
}

/// What the rule of a story waits for.
#[must_use]
pub fn state(story: &RuleStory) -> RuleState {
    let condition = language::parse(&story.rule_text).ok().map(|rule| rule.condition);
    match (story.trigger, condition) {
        _ if story.ended => RuleState::Ended,
        _ if story.rule == TriggerRow::NO_RULE => RuleState::Presence,
        (_, Some(Condition::Event(event))) => RuleState::Event(event),
        (None, _) => RuleState::Spent,
        (Some(place), condition) => waiting(story, place, condition.as_ref()),
    }
}

fn waiting(
    story: &RuleStory,
    (series, value): (Series, i64),
    rule: Option<&Condition>,
) -> RuleState {
    let at = series.scale(value);
    // Over a window, a rule that fired waits in the other direction until it is armed again.
    let is_armed = rule.is_none_or(|condition| trigger::series(condition) == series);
    match series.signal {
        Signal::Event(event) => RuleState::Event(event),
        Signal::Gain { metric, window_s } => {
            RuleState::Window { metric, growth: signed(at), window_s, is_armed }
        }
        Signal::Growth { metric, window_s } => {
            RuleState::Window { metric, growth: percent_of_hundredths(at), window_s, is_armed }
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
