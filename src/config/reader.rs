//! Asks for one key after the other and collects what is wrong with them.
//!
//! A key with a mistake answers with its default, so that a section is one struct literal and all its mistakes are
//! found in one pass; whoever asked throws the result away when there was any.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::known::DEFAULTS;
use super::text::{IN_QUOTES, holds_quotes, secret_of, text};
use super::toml::{Found, Origin, Raw, Sections};
use crate::model::excerpt;

/// What is asked for by `section.key`.
pub(super) struct Reader {
    given: Sections,
    found: Found,
    /// The file that was read, if one was.
    file: Option<PathBuf>,
    /// Files in which secrets stand.
    secret_files: BTreeSet<PathBuf>,
}

impl Reader {
    pub(super) fn new(given: Sections, found: Found, file: Option<&Path>) -> Self {
        let file = file.map(Path::to_owned);
        Reader { given, found, file, secret_files: BTreeSet::new() }
    }

    /// The files in which the secrets stand that were asked for.
    pub(super) fn secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.iter().cloned().collect()
    }

    /// Notes where the secrets of a key stand: the file itself, or those that a `_file` names.
    pub(super) fn note_secrets(&mut self, path: &str) {
        let (section, key) = split(path);
        let Some(entry) = self.given.get(section).and_then(|section| section.keys.get(key)) else {
            return;
        };
        if !key.ends_with("_file") {
            if matches!(entry.origin, Origin::File(..)) {
                self.secret_files.extend(self.file.clone());
            }
            return;
        }
        let named: Vec<&Raw> = match &entry.raw {
            Raw::Table(rows) => rows.iter().map(|(_, raw)| raw).collect(),
            one => vec![one],
        };
        let paths = named.into_iter().filter_map(|raw| text(raw).ok()).map(PathBuf::from);
        self.secret_files.extend(paths);
    }

    /// All mistakes, in the order of the file and then of the variables' names.
    pub(super) fn finish(mut self, name: &str) -> Vec<String> {
        self.found.sort();
        // Beside an error of syntax, what else that line seems to say is guesswork.
        let broken: HashSet<usize> = self
            .found
            .iter()
            .filter_map(|(origin, _)| match origin {
                Origin::File(line, Some(_)) => Some(*line),
                Origin::File(_, None) | Origin::Variable(_) => None,
            })
            .collect();
        let sure = |origin: &Origin| match origin {
            Origin::File(line, None) => !broken.contains(line),
            Origin::File(_, Some(_)) | Origin::Variable(_) => true,
        };
        let line = |(origin, message): (Origin, String)| match origin {
            Origin::File(line, None) => format!("{name}:{line}: {message}"),
            Origin::File(line, Some(column)) => format!("{name}:{line}:{column}: {message}"),
            Origin::Variable(variable) => format!("{}: {message}", excerpt(&variable)),
        };
        self.found.into_iter().filter(|(origin, _)| sure(origin)).map(line).collect()
    }

    /// Whether the section was given, be it empty.
    pub(super) fn on(&self, section: &str) -> bool {
        self.given.contains_key(section)
    }

    /// Whether the key was given, be it with a mistake.
    pub(super) fn is_given(&self, path: &str) -> bool {
        self.origin(path).is_some()
    }

    /// The value of a key that has a default.
    pub(super) fn value<T>(&mut self, path: &str, parse: impl Fn(&Raw) -> Result<T, String>) -> T {
        self.optional(path, &parse).unwrap_or_else(|| {
            let (section, key) = split(path);
            let default = DEFAULTS.get(section).and_then(|section| section.keys.get(key));
            default
                .and_then(|entry| parse(&entry.raw).ok())
                .expect("default.toml is compiled in, and a test reads every default")
        })
    }

    /// The value of a key that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        path: &str,
        parse: impl Fn(&Raw) -> Result<T, String>,
    ) -> Option<T> {
        let (section, key) = split(path);
        let entry = self.given.get(section)?.keys.get(key)?;
        match parse(&entry.raw) {
            Ok(value) => Some(value),
            Err(message) => {
                let origin = entry.origin.clone();
                self.found.push((origin, format!("{path}: {message}")));
                None
            }
        }
    }

    /// A value that its section cannot do without; `where_from` says what to write. `None` after a mistake.
    pub(super) fn needed<T>(
        &mut self,
        path: &str,
        parse: impl Fn(&Raw) -> Result<T, String>,
        where_from: &str,
    ) -> Option<T> {
        if !self.is_given(path)
            && let Some(section) = self.given.get(split(path).0)
        {
            let message = format!("{path} is missing: {where_from}");
            self.found.push((section.origin.clone(), message));
        }
        self.optional(path, parse)
    }

    /// A secret that its section cannot do without; `where_from` says how to get one.
    ///
    /// Empty after a mistake.
    pub(super) fn secret(
        &mut self,
        path: &str,
        check: impl Fn(&str) -> Result<(), String>,
        where_from: &str,
    ) -> SecretString {
        let (section, key) = split(path);
        if self.origin(path).is_none() && self.origin(&format!("{path}_file")).is_none() {
            if let Some(section) = self.given.get(section) {
                let message = format!("{path} is missing ({key} or {key}_file): {where_from}");
                self.found.push((section.origin.clone(), message));
            }
            return SecretString::default();
        }
        let check = |text: &str| match text {
            "" => Err(format!("is empty: {where_from}")),
            text => check(text),
        };
        self.optional_secret(path, check).unwrap_or_default()
    }

    /// A secret that may be absent, given as `<key>` or as `<key>_file`.
    pub(super) fn optional_secret(
        &mut self,
        path: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<SecretString> {
        self.optional_secret_of_lines(path, |text| {
            if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err("holds a space or line break: only the secret itself may stand there"
                    .to_owned());
            }
            check(text)
        })
    }

    /// The same, where a secret may have spaces and several lines.
    pub(super) fn optional_secret_of_lines(
        &mut self,
        path: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<SecretString> {
        let path_of_file = format!("{path}_file");
        self.note_secrets(path);
        self.note_secrets(&path_of_file);
        if let (Some(_), Some(origin)) = (self.origin(path), self.origin(&path_of_file)) {
            self.found.push((
                origin.clone(),
                format!("{path} and {path_of_file} are both given: keep one"),
            ));
            return None;
        }
        let checked = |text: &str| match check(text) {
            _ if holds_quotes(text) => Err(IN_QUOTES.to_owned()),
            Ok(()) => Ok(SecretString::from(text)),
            Err(message) => Err(message),
        };
        self.optional(path, |raw| checked(text(raw)?)).or_else(|| {
            self.optional(&path_of_file, |raw| {
                let file = text(raw)?;
                checked(&secret_of(file)?).map_err(|message| format!("{file}: {message}"))
            })
        })
    }

    /// Reports a mistake in the value of `path`, or else of the first of `others` that was given.
    pub(super) fn mistake(&mut self, path: &str, others: &[&str], message: &str) {
        let origin = [path].iter().chain(others).find_map(|path| self.origin(path)).cloned();
        if let Some(origin) = origin {
            self.found.push((origin, format!("{path}: {message}")));
        }
    }

    fn origin(&self, path: &str) -> Option<&Origin> {
        let (section, key) = split(path);
        Some(&self.given.get(section)?.keys.get(key)?.origin)
    }
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, ""))
}
