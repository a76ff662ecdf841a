//! What was given, before anyone asks what it means: sections, keys and values, each with its place.
//!
//! Unknown sections and keys are found here and left out; [`super::known`] says what is meant.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::de::{DeTable, DeValue};

use crate::model::{Lines, is_invisible, tidied, trimmed};

use super::known::{PREFIX, outside, unknown_key, unknown_section, unknown_variable, variable};

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A line of the file, from 1; with a column, from 1, where the line alone would not do.
    File(usize, Option<usize>),
    /// A variable of the environment, by name.
    Variable(String),
}

/// A value as it was written. No `Debug`: it may be a secret.
#[derive(Clone)]
pub(super) enum Raw {
    Text(String),
    /// `None`: beyond 64 bits.
    Integer(Option<i64>),
    Bool(bool),
    List(Vec<Raw>),
    Table(Vec<(String, Raw)>),
    /// A float or a date, which no key takes.
    Other(&'static str),
}

impl Raw {
    /// What it is, for messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Raw::Text(_) => "text",
            Raw::Integer(_) => "a whole number",
            Raw::Bool(_) => "true or false",
            Raw::List(_) => "a list",
            Raw::Table(_) => "a section",
            Raw::Other(kind) => kind,
        }
    }
}

/// One key with its value.
pub(super) struct Entry {
    pub(super) origin: Origin,
    pub(super) raw: Raw,
}

/// One section.
pub(super) struct Section {
    /// What switched it on.
    pub(super) origin: Origin,
    pub(super) keys: BTreeMap<String, Entry>,
}

/// All sections by name.
pub(super) type Sections = BTreeMap<String, Section>;

/// What is wrong, and where.
pub(super) type Found = Vec<(Origin, String)>;

/// Reads a file; what is unknown in it is reported and left out.
pub(super) fn from_file(text: &str, found: &mut Found) -> Sections {
    let mut given = sections(&tidied(text), found);
    given.retain(|name, section| match unknown_section(name) {
        None => true,
        Some(message) => {
            found.push((section.origin.clone(), message));
            false
        }
    });
    for (name, section) in &mut given {
        section.keys.retain(|key, entry| match unknown_key(name, key) {
            None => true,
            Some(message) => {
                found.push((entry.origin.clone(), message));
                false
            }
        });
    }
    given
}

/// Lays the variables that concern us over what the file gave.
pub(super) fn lay_environment(
    given: &mut Sections,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    found: &mut Found,
) {
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if is_service_link(name) {
            continue;
        }
        let origin = Origin::Variable(name.to_owned());
        let Some((section, key, example)) = variable(name) else {
            found.push((origin, unknown_variable(name)));
            continue;
        };
        let Ok(value) = value.into_string() else {
            found.push((origin, "is not valid UTF-8".to_owned()));
            continue;
        };
        let value = trimmed_of_invisible(&value).to_owned();
        if is_quoted(&value) {
            found.push((origin, IN_QUOTES.to_owned()));
            continue;
        }
        let target = given
            .entry(section.to_owned())
            .or_insert_with(|| Section { origin: origin.clone(), keys: BTreeMap::new() });
        // A secret given one way replaces one that the file gives the other way; given both ways in the environment
        // it is a mistake, which the reader reports.
        let twin = key.strip_suffix("_file").map_or_else(|| format!("{key}_file"), str::to_owned);
        if target.keys.get(&twin).is_some_and(|entry| matches!(entry.origin, Origin::File(..))) {
            target.keys.remove(&twin);
        }
        let raw = from_variable(value, example);
        target.keys.insert(key.to_owned(), Entry { origin, raw });
    }
}

/// Said of a value in quotes that nobody takes off.
pub(super) const IN_QUOTES: &str = "holds quotes: write the value without them (env files and small files are taken as \
                                    they stand, quotes and all)";

/// Whether a text stands in quotes, as in an env file that is read by Docker or systemd's older versions.
fn is_quoted(text: &str) -> bool {
    let text = text.trim();
    let within = |quote| text.strip_prefix(quote).is_some_and(|rest: &str| rest.ends_with(quote));
    within('"') || within('\'')
}

/// The text without what nobody sees at its ends; white space is left for each key to judge.
pub(super) fn trimmed_of_invisible(text: &str) -> &str {
    text.trim_matches(is_invisible)
}

/// Kubernetes gives every pod the variables `TUBEBELL_SERVICE_HOST`, `TUBEBELL_PORT_8080_TCP`, … of a service that is
/// called tubebell; they are nobody's mistake.
/// Source: <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or_default();
    !rest.contains("__")
        && (rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_"))
}

fn from_variable(value: String, example: &Raw) -> Raw {
    match example {
        Raw::Text(_) => Raw::Text(value),
        Raw::List(_) if !value.trim_start().starts_with('[') => Raw::List(
            value
                .split(',')
                .map(trimmed)
                .filter(|item| !item.is_empty())
                .map(|item| Raw::Text(item.to_owned()))
                .collect(),
        ),
        Raw::Integer(_) | Raw::Bool(_) | Raw::List(_) | Raw::Table(_) | Raw::Other(_) => {
            DeValue::parse(trimmed(&value))
                .map_or_else(|_| Raw::Text(value.clone()), |parsed| raw(parsed.get_ref()))
        }
    }
}

/// Splits a text into sections. Errors of syntax are reported with line and column; what could be read beside them
/// is still returned, so that its mistakes show in the same run.
pub(super) fn sections(text: &str, found: &mut Found) -> Sections {
    let (root, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text);
    for error in errors {
        let (line, column) = lines.place(error.span().map_or(0, |span| span.start));
        // Only the message: the error's own display quotes the line, which may hold a secret.
        found.push((
            Origin::File(line, Some(column)),
            format!("no valid TOML: {}", error.message()),
        ));
    }
    let mut sections = Sections::new();
    for (name, value) in root.get_ref() {
        let at = |offset: usize| Origin::File(lines.line(offset), None);
        let origin = at(name.span().start);
        let DeValue::Table(table) = value.get_ref() else {
            found.push((
                origin,
                outside(name.get_ref(), matches!(value.get_ref(), DeValue::Array(_))),
            ));
            continue;
        };
        let keys = table
            .iter()
            .map(|(key, value)| {
                let origin = at(key.span().start);
                (key.get_ref().to_string(), Entry { origin, raw: raw(value.get_ref()) })
            })
            .collect();
        sections.insert(name.get_ref().to_string(), Section { origin, keys });
    }
    sections
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => {
            Raw::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Boolean(value) => Raw::Bool(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Table(table) => Raw::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), raw(value.get_ref())))
                .collect(),
        ),
        DeValue::Float(_) => Raw::Other("a number with a point"),
        DeValue::Datetime(_) => Raw::Other("a date or time"),
    }
}
