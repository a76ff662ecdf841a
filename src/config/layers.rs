//! What was given, before anyone asks what it means: the file, and the environment laid over it.
//!
//! Unknown sections and keys are found here and left out; [`super::known`] says what is meant.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::de::DeValue;

use super::known::{PREFIX, outside, unknown_key, unknown_section, unknown_variable, variable};
use super::text::{IN_QUOTES, is_quoted, trimmed_of_invisible};
use super::toml::{Entry, Found, Origin, Parsed, Raw, Section, Sections, parsed, raw};
use crate::model::{tidied, trimmed};

/// Reads a file; what is unknown in it is reported and left out.
pub(super) fn from_file(text: &str, found: &mut Found) -> Sections {
    let Parsed { sections: mut given, found: broken, outside: strays } = parsed(&tidied(text));
    found.extend(broken);
    let told = |(origin, name, is_list): (Origin, String, bool)| (origin, outside(&name, is_list));
    found.extend(strays.into_iter().map(told));
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
