//! A watch of the file beside the one that stands.

use std::time::Duration;

use super::{Watch, until};
use crate::model::Settings;
use crate::store::Standing;

/// What `apply` does about one pair of subject and destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Difference {
    /// It is made.
    New,
    /// It is brought to what the file says: what differs, in words.
    Changed(Vec<String>),
    /// It rings just so, and came from elsewhere: from now on it belongs to the file.
    Adopted,
    /// Nothing.
    None,
}

/// Compares a watch with the one that stands, for a file whose watches have this origin.
pub(in crate::cli) fn difference(
    watch: &Watch,
    standing: Option<&Standing>,
    origin: &str,
) -> Difference {
    let Some(row) = standing else { return Difference::New };
    let mut changes = Vec::new();
    let wanted: Vec<String> = watch.rules.iter().map(ToString::to_string).collect();
    for rule in wanted.iter().filter(|rule| !row.rules.contains(rule)) {
        changes.push(format!("+\"{rule}\""));
    }
    for rule in row.rules.iter().filter(|rule| !wanted.contains(rule)) {
        changes.push(format!("-\"{rule}\""));
    }
    settings(&row.settings, &watch.settings, &mut changes);
    match (changes.is_empty(), row.origin == origin) {
        (false, _) => Difference::Changed(changes),
        (true, false) => Difference::Adopted,
        (true, true) => Difference::None,
    }
}

fn settings(before: &Settings, after: &Settings, changes: &mut Vec<String>) {
    if before == after {
        return;
    }
    let mut add = |name: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            let word = |text: Option<String>| text.unwrap_or_else(|| "default".to_owned());
            changes.push(format!("{name} {} → {}", word(before), word(after)));
        }
    };
    let length = |seconds: u64| Settings::print_duration(Duration::from_secs(seconds));
    // What is mentioned is set of a destination alone.
    let Settings { at_most_s, quiet, tz, until, digest, pings_per_day, mentions: _ } = before;
    add("at_most", at_most_s.map(length), after.at_most_s.map(length));
    add("quiet", quiet.map(|q| q.to_string()), after.quiet.map(|q| q.to_string()));
    add("tz", tz.clone(), after.tz.clone());
    add(
        "until",
        until.map(|at| until::print(at, None)),
        after.until.map(|at| until::print(at, None)),
    );
    add("digest", digest.map(|d| d.to_string()), after.digest.map(|d| d.to_string()));
    let pings = Settings::print_pings_per_day;
    add("pings_per_day", pings_per_day.map(pings), after.pings_per_day.map(pings));
}
