//! A text of TOML as sections, keys and values, each with its place, before anyone asks what it means.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::model::Lines;

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

/// What a text says.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) sections: Sections,
    /// Errors of syntax.
    pub(super) found: Found,
    /// Keys at the top that are no section: where, the name, and whether it holds a list.
    pub(super) outside: Vec<(Origin, String, bool)>,
}

/// Splits a text into sections. Errors of syntax come with line and column; what could be read beside them is still
/// returned, so that its mistakes show in the same run.
pub(super) fn parsed(text: &str) -> Parsed {
    let (root, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text);
    let mut parsed = Parsed::default();
    for error in errors {
        let (line, column) = lines.place(error.span().map_or(0, |span| span.start));
        // Only the message: the error's own display quotes the line, which may hold a secret.
        parsed.found.push((
            Origin::File(line, Some(column)),
            format!("no valid TOML: {}", error.message()),
        ));
    }
    for (name, value) in root.get_ref() {
        let at = |offset: usize| Origin::File(lines.line(offset), None);
        let origin = at(name.span().start);
        let DeValue::Table(table) = value.get_ref() else {
            let is_list = matches!(value.get_ref(), DeValue::Array(_));
            parsed.outside.push((origin, name.get_ref().to_string(), is_list));
            continue;
        };
        let keys = table
            .iter()
            .map(|(key, value)| {
                let origin = at(key.span().start);
                (key.get_ref().to_string(), Entry { origin, raw: raw(value.get_ref()) })
            })
            .collect();
        parsed.sections.insert(name.get_ref().to_string(), Section { origin, keys });
    }
    parsed
}

pub(super) fn raw(value: &DeValue<'_>) -> Raw {
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
