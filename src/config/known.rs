//! What may be given: the sections and keys of `config/default.toml`, and what to say of any other.
//!
//! There, a key without default stands commented out: the text as it is gives the defaults, and the text with these
//! lines uncommented gives the known keys, with an example each whose type tells how a variable's text is to be read.

use std::sync::LazyLock;

use super::toml::{Entry, Raw, Sections, parsed};
use crate::model::excerpt;

/// The text of `config/default.toml`.
pub(super) const DEFAULT_TOML: &str = include_str!("../../config/default.toml");

/// What the variables that concern us begin with.
pub(super) const PREFIX: &str = "TUBEBELL_";

/// The keys that have a default.
pub(super) static DEFAULTS: LazyLock<Sections> = LazyLock::new(|| parsed(DEFAULT_TOML).sections);

/// All keys, those without default with their example.
pub(super) static KNOWN: LazyLock<Sections> =
    LazyLock::new(|| parsed(&uncommented(DEFAULT_TOML)).sections);

/// Whether a line is a key that stands commented out: prose has a space after the `#`.
pub(super) fn is_commented_key(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || "[\"".contains(c)))
}

fn uncommented(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        all.push_str(if is_commented_key(line) {
            line.strip_prefix('#').unwrap_or(line)
        } else {
            line
        });
        all.push('\n');
    }
    all
}

fn variable_name(section: &str, key: &str) -> String {
    format!("{PREFIX}{}__{}", section.to_ascii_uppercase(), key.to_ascii_uppercase())
}

pub(super) fn variable(name: &str) -> Option<(&'static str, &'static str, &'static Raw)> {
    all_known()
        .find(|(section, key, _)| variable_name(section, key) == name)
        .map(|(section, key, entry)| (section, key, &entry.raw))
}

fn all_known() -> impl Iterator<Item = (&'static str, &'static str, &'static Entry)> {
    KNOWN.iter().flat_map(|(section, content)| {
        content.keys.iter().map(move |(key, entry)| (section.as_str(), key.as_str(), entry))
    })
}

pub(super) fn unknown_section(name: &str) -> Option<String> {
    if KNOWN.contains_key(name) {
        return None;
    }
    let sections = KNOWN.keys().map(String::as_str);
    let near = nearest(name, sections.clone());
    let name = excerpt(name);
    Some(match near {
        Some(near) => format!("unknown section [{name}]: did you mean [{near}]?"),
        None => format!(
            "unknown section [{name}]: known are {}",
            sections.collect::<Vec<_>>().join(", ")
        ),
    })
}

pub(super) fn unknown_key(section: &str, key: &str) -> Option<String> {
    let known = &KNOWN.get(section)?.keys;
    if known.contains_key(key) {
        return None;
    }
    let near = nearest(key, known.keys().map(String::as_str));
    let elsewhere = all_known().find(|(_, name, _)| *name == key);
    let key = excerpt(key);
    if let Some(near) = near {
        return Some(format!("unknown key {section}.{key}: did you mean {near}?"));
    }
    Some(match elsewhere {
        Some((other, ..)) => {
            format!(
                "unknown key {section}.{key}: did you mean {other}.{key}, in section [{other}]?"
            )
        }
        None => format!(
            "unknown key {section}.{key}: [{section}] has {}",
            known.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    })
}

pub(super) fn unknown_variable(name: &str) -> String {
    let names: Vec<String> =
        all_known().map(|(section, key, _)| variable_name(section, key)).collect();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("unknown variable: did you mean {near}?"),
        None => format!(
            "unknown variable: write {PREFIX}<SECTION>__<KEY>, as in {}",
            variable_name("youtube", "api_key")
        ),
    }
}

/// Longest word for which a known one is suggested, in bytes.
const NEAR_MAX_BYTES: usize = 64;

/// The most similar of `candidates`, if one is similar enough to be meant: one edit in three letters.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that long is a slip, and comparing takes room for each pair of letters.
    let lower = if word.len() <= NEAR_MAX_BYTES { word.to_lowercase() } else { return None };
    let lower = lower.strip_prefix("tubebell_").unwrap_or(&lower);
    candidates
        .map(|name| {
            let own = name.to_lowercase();
            let own = own.strip_prefix("tubebell_").unwrap_or(&own);
            let edits = strsim::damerau_levenshtein(lower, own);
            (edits, own.chars().count().max(3) / 3, name)
        })
        .filter(|(edits, bound, _)| edits <= bound)
        .min_by_key(|(edits, ..)| *edits)
        .map(|(.., name)| name)
}

/// What to say of a top-level key that is no section.
pub(super) fn outside(name: &str, list: bool) -> String {
    if KNOWN.contains_key(name) {
        let brackets = if list { " in single brackets" } else { "" };
        return format!("{name} is a section: write [{name}]{brackets}, and its keys below");
    }
    match all_known().find(|(_, key, _)| *key == name) {
        Some((section, ..)) => format!("{name} stands in no section: write it below [{section}]"),
        None => unknown_section(name).unwrap_or_default(),
    }
}
