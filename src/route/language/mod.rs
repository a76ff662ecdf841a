//! The rule language: one line of text to a [`Rule`] and back.
//!
//! `parse(print(rule)) == rule` for every rule that can be written. The printed text is the canonical one: two
//! texts that mean the same print the same.

mod error;
mod grammar;
mod print;

pub(crate) use error::Expected;
pub use error::RuleError;

use crate::model::{Condition, Event, Metric, Rule};

/// Longest text that is read, in characters: a bound on work and on stored rows. The longest canonical text of one
/// rule (a list of [`AT_VALUES_MAX`] values) stays below it.
pub const TEXT_MAX_CHARS: usize = 500;

/// Most rules in one set: each is a trigger per video.
pub const RULES_PER_SET_MAX: usize = 20;

/// Most values of an `at` rule.
pub const AT_VALUES_MAX: usize = 20;

/// Largest number of counts in a rule: a quadrillion, beyond any count, and far from overflow.
pub const COUNT_MAX: i64 = 1_000_000_000_000_000;

/// Largest growth in a rule, in hundredths of a percent.
pub const PERCENT_UP_MAX: u32 = 100_000_000;

/// Largest loss in a rule, in hundredths of a percent: nothing falls by more than all of it.
pub const PERCENT_DOWN_MAX: u32 = 10_000;

/// Shortest window of a rule, in seconds.
pub const WINDOW_MIN_S: u32 = 60;

/// Longest window of a rule, in seconds: statistics are kept for 30 days at most.
pub const WINDOW_MAX_S: u32 = 30 * 86_400;

/// The names of the presets.
pub const PRESETS: [&str; 4] = ["all", "milestones", "quiet", "uploads"];

/// The rules of a preset, none of which is urgent: `all` (any change of any number), `milestones`, `quiet` (milestones and
/// status), `uploads` (new videos and milestones, for channels and playlists).
#[must_use]
pub fn preset(name: &str) -> Option<Vec<Rule>> {
    let milestones = Metric::ALL.map(Condition::Milestones);
    let event = |event| [Condition::Event(event)].into_iter();
    let conditions: Vec<Condition> = match name.to_ascii_lowercase().as_str() {
        "all" => Metric::ALL.map(Condition::Any).into(),
        "milestones" => milestones.into(),
        "quiet" => milestones.into_iter().chain(event(Event::Status)).collect(),
        "uploads" => event(Event::Upload).chain(milestones).collect(),
        _ => return None,
    };
    Some(conditions.into_iter().map(Rule::from).collect())
}

/// Reads one rule.
///
/// # Errors
///
/// Names the first column that can't be read and what could stand there.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    bounded(text)?;
    grammar::one(text).map_err(|failure| failure.at(text))
}

/// Reads rules and names of presets, separated by semicolons, in the order written. Each condition comes once: `status;
/// status!` is `status!`.
///
/// # Errors
///
/// Names the first column that can't be read and what could stand there.
pub fn parse_set(text: &str) -> Result<Vec<Rule>, RuleError> {
    bounded(text)?;
    grammar::set(text).map_err(|failure| failure.at(text))
}

fn bounded(text: &str) -> Result<(), RuleError> {
    match text.char_indices().nth(TEXT_MAX_CHARS) {
        None => Ok(()),
        Some((offset, _)) => {
            let expected = Expected::Thing("a text of at most 500 characters");
            Err(error::Failure::new(text.len() - offset, [expected]).at(text))
        }
    }
}

#[cfg(test)]
pub(in crate::route) mod tests;
